"""The mails of the shared corpus, for the tests that read real input."""

import csv
import mailbox
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3] / "../shared/corpus"


def mails(*, core: bool) -> Iterator[tuple[str, bytes]]:
    """Give name and octets of each mail; ``core`` is the smaller set, without the mbox files."""
    if not (ROOT / "INDEX.csv").exists():
        return
    with (ROOT / "INDEX.csv").open(encoding="utf-8", newline="") as rows:
        for row in csv.DictReader(rows):
            if core and row["core"] != "1":
                continue
            if row["kind"] == "mail":
                yield row["path"], (ROOT / row["path"]).read_bytes()
            elif row["kind"] == "mbox" and not core:
                box = mailbox.mbox(ROOT / row["path"], create=False)
                for key in box.iterkeys():
                    yield f"{row['path']}#{key}", box.get_bytes(key)
                box.close()

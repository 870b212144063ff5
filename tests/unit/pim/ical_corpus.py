"""The calendars of the shared corpus, for the tests that read real input."""

import csv
from collections.abc import Iterator

from tests.unit.mime.corpus import ROOT


def calendars(*, core: bool) -> Iterator[tuple[str, bytes]]:
    """Give path and octets of each calendar; ``core`` is the smaller set."""
    if not (ROOT / "INDEX.csv").exists():
        return
    with (ROOT / "INDEX.csv").open(encoding="utf-8", newline="") as rows:
        for row in csv.DictReader(rows):
            if row["kind"] == "ical" and (row["core"] == "1" or not core):
                yield row["path"].removeprefix("ical/"), (ROOT / row["path"]).read_bytes()

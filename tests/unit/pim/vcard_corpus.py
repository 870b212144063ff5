"""The vCards of the shared corpus, one by one."""

import csv
from collections.abc import Iterator
from pathlib import Path

from carbonio_mobile.pim.vcardcard import split_cards

ROOT = Path(__file__).resolve().parents[3] / "../shared/corpus"


def files() -> Iterator[tuple[str, bytes]]:
    """Give name and octets of each file; none where the corpus is absent."""
    if not (ROOT / "INDEX.csv").exists():
        return
    with (ROOT / "INDEX.csv").open(encoding="utf-8", newline="") as rows:
        for row in csv.DictReader(rows):
            if row["kind"] == "vcard":
                yield row["path"], (ROOT / row["path"]).read_bytes()


def cards() -> Iterator[tuple[str, bytes]]:
    """Give name and octets of each card; a file may hold none, or many."""
    for path, source in files():
        for number, card in enumerate(split_cards(source)):
            yield f"{path}#{number}", card

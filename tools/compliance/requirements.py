"""The requirement rows that a server answers for.

Source: ../shared/protocol/requirements, one table per specification.
"""

import csv
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
FOLDER: Final = ROOT / "../shared/protocol/requirements"
UNSCOPED: Final = frozenset({"MS-ASDTYPE", "MS-ASWBXML"})
"""Specifications whose tables say nothing of scope: all their normative rows count."""

_ID = re.compile(r"(MS-AS[A-Z]+)_R(\d+)")
_CONTEXT = re.compile(r"\s*\[In ([^\]]*)\]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One requirement: its id, where it stands, and its text (never copied into a document)."""

    id: str
    section: str
    text: str
    server: bool

    @property
    def specification(self) -> str:
        """``MS-ASCMD``, from the id: a table also carries rows of other specifications."""
        return self.id.partition("_")[0]

    @property
    def number(self) -> int:
        """What follows the R."""
        return int(self.id.partition("_R")[2])

    @property
    def place(self) -> str:
        """What the row's own text says that it is about: ``Class(Sync)``; empty if it does not."""
        found = _CONTEXT.match(self.text)
        return "" if found is None else found[1].strip()

    @property
    def order(self) -> tuple[object, ...]:
        """By specification, section and number."""
        return self.specification, section_order(self.section), self.number


def section_order(section: str) -> tuple[int, ...]:
    """Give a key that sorts 2.2.10 behind 2.2.9."""
    return tuple(int(part) for part in re.findall(r"\d+", section))


def counts(entry: dict[str, str], specification: str) -> bool:
    """Tell whether a row binds a server, in the sense of docs/compliance.md."""
    if entry["Normative"] != "Normative":
        return False
    if specification in UNSCOPED:
        return True
    checked = entry["Verification"] in {"Adapter", "Test Case"}
    return entry["Scope"] == "Server" or (entry["Scope"] == "Both" and checked)


def read(folder: Path = FOLDER) -> tuple[list[Row], set[str]]:
    """Give the rows that bind a server, in order, each id once; and every id there is.

    A row that stands in several tables is taken from the table of its own specification.
    """
    rows: dict[str, Row] = {}
    known: set[str] = set()
    own: set[str] = set()
    for path in sorted(folder.glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as lines:
            for entry in csv.DictReader(lines):
                name = entry["ReqID"]
                found = _ID.fullmatch(name)
                if found is None:
                    continue
                known.add(name)
                if name in own or not counts(entry, found[1]):
                    continue
                if found[1] == path.stem:
                    own.add(name)
                rows[name] = Row(
                    id=name,
                    section=entry["DocSect"],
                    text=" ".join(entry["Description"].split()),
                    server=entry["Scope"] == "Server",
                )
    return sorted(rows.values(), key=lambda row: row.order), known

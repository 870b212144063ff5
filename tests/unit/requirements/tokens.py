"""The rows of MS-ASWBXML 2.1.2.1: which tag has which token in which versions."""

import re
from dataclasses import dataclass

from carbonio_mobile.eas.version import Version
from tools.compliance.requirements import Row

_TOKEN = re.compile(
    r"In Code Page (?P<page>\d+):.*\[Tag name\]\s*(?P<name>\w+).*?\[Token\].*?0x(?P<token>\w\w)"
    r"(?:\s*\[supports protocol versions\]\s*(?P<versions>.*))?"
)
_PAGE = re.compile(
    r"\[Code page\] (?P<page>\d+)\s*\[that indicates\] \[XML namespace\] (?P<name>\w+)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRow:
    """One tag; ``versions`` is empty where the row does not tell them."""

    page: int
    token: int
    name: str
    versions: frozenset[str]


def token_row(row: Row) -> TokenRow | None:
    """Read a row about a tag; None for any other."""
    found = _TOKEN.search(row.text)
    if found is None:
        return None
    told = found["versions"] or ""
    listed = frozenset(re.findall(r"\d+\.\d", told))
    every = frozenset(version.text for version in Version)
    return TokenRow(
        page=int(found["page"]),
        token=int(found["token"], 16),
        name=found["name"],
        versions=every if told.startswith("All") and not listed else listed,
    )


def page_row(row: Row) -> tuple[int, str] | None:
    """Read a row about a page: (number, namespace); None for any other."""
    found = _PAGE.search(row.text)
    return None if found is None else (int(found["page"]), found["name"])

"""Tasks and notes for the tests of their elements, and the rows of the requirements."""

import csv
import re

import pytest

from carbonio_mobile.eas.bodyoptions import BodyOptions
from carbonio_mobile.eas.items.context import Author, Viewer
from carbonio_mobile.eas.version import Version
from carbonio_mobile.ids import FolderId, ItemId, ItemVersion
from carbonio_mobile.pim.item import ObjectItem, Record
from carbonio_mobile.wbxml.codepages import AirSync
from carbonio_mobile.wbxml.elements import Element
from carbonio_mobile.wbxml.tokens import Tag
from tests.unit.eas.eas_mails import ROOT

NOW = 1_772_000_000.0
NOBODY = Viewer()

_REQUIREMENTS = ROOT / "../shared/protocol/requirements"


def author(version: Version = Version.V16_1) -> Author:
    return Author(
        version=version,
        now=NOW,
        address="me@example.com",
        display_name="Me",
        addresses=frozenset({"me@example.com"}),
        new_uid="new-uid",
    )


def item(record: Record) -> ObjectItem:
    return ObjectItem(
        item=ItemId(7),
        folder=FolderId("5"),
        version=ItemVersion("1"),
        received=NOW - 60,
        record=record,
    )


def rows(specification: str, pattern: str) -> list[object]:
    """Give the groups of the rows that say such a thing, each under its id."""
    table = _REQUIREMENTS / f"{specification}.csv"
    if not table.exists():
        return [pytest.param((), marks=pytest.mark.skip("the requirements are not here"))]
    found = []
    with table.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            match = re.match(pattern, row["Description"], re.DOTALL)
            if match and row["Normative"] == "Normative" and row["Scope"] in ("Server", "Both"):
                found.append(pytest.param(match.groups(), id=row["ReqID"]))
    assert found
    return found


def descendants(elements: list[Element]) -> list[Element]:
    return [one for element in elements for one in (element, *descendants(element.children))]


def find(elements: list[Element], tag: Tag) -> Element | None:
    return next((one for one in descendants(elements) if one.tag is tag), None)


def value(elements: list[Element], tag: Tag) -> str | None:
    found = find(elements, tag)
    return None if found is None else found.string


def data(*children: Element) -> Element:
    """Put what a device sends into its container."""
    return Element(AirSync.ApplicationData, list(children))


WHOLE = BodyOptions()
"""Options that say nothing of bodies."""

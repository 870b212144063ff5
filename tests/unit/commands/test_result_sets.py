"""Later pages of a search are of the set that the first page was of.

Spec: MS-ASCMD 2.2.3.144.
"""

import pytest

from carbonio_mobile.testing.rig import Rig
from carbonio_mobile.wbxml import Element
from carbonio_mobile.wbxml.codepages import Email, Search
from tests.unit.commands.checked import CheckedPhone
from tests.unit.commands.test_rows_search import search, store, words


def page(phone: CheckedPhone, rows: str, *options: Element) -> tuple[list[str], str]:
    """Search for "alpha"; gives the subjects of these rows and the total."""
    asked = (Element(Search.Range, rows), *options)
    found = store(phone, search(words("alpha"), options=asked))
    subjects = []
    for result in found.find_all(Search.Result):
        properties = result.find(Search.Properties)
        assert properties is not None
        subjects.append(properties.value(Email.Subject, ""))
    return subjects, found.value(Search.Total, "")


def deliver(rig: Rig, *names: str) -> None:
    for name in names:
        rig.deliver(f"From: m@example.com\r\nSubject: {name}\r\n\r\nalpha\r\n".encode())
        rig.clock.advance(1)


@pytest.mark.parametrize("version", ["12.1", "16.1"])
def test_pages_are_of_one_set(version: str) -> None:
    """MS-ASCMD R3748, R3749, R3750, R5426: mail that arrives meanwhile shifts no row.

    A first page, another query, or RebuildResults makes the set anew.
    """
    rig = Rig()
    phone = CheckedPhone(rig, version=version)
    deliver(rig, "one", "two", "three", "four")
    assert page(phone, "0-1") == (["four", "three"], "4")
    deliver(rig, "five")
    assert page(phone, "2-3") == (["two", "one"], "4")
    assert page(phone, "2-3", Element(Search.RebuildResults)) == (["three", "two"], "5")
    assert page(phone, "0-1") == (["five", "four"], "5")
    deliver(rig, "six")
    store(phone, search(words("beta"), options=(Element(Search.Range, "1-2"),)))
    assert page(phone, "2-3") == (["three", "two"], "5")
    assert page(phone, "0-1") == (["six", "five"], "6")

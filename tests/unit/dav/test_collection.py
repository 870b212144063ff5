"""What each server's listing says of its calendars and address books."""

import pytest
from lxml import etree

from carbonio_mobile.dav.collection import Collection, Kind, read_collection
from carbonio_mobile.dav.hrefs import path, read_url
from carbonio_mobile.dav.multistatus import read_multistatus
from carbonio_mobile.dav.names import CALENDAR_MULTIGET, SYNC_REPORT, clark
from carbonio_mobile.dav.properties import (
    ALL_COMPONENTS,
    colour_in,
    components_in,
    hrefs_in,
    number_in,
    privileges_in,
    vcard_versions_in,
)
from tests.unit.dav.shapes import CYRUS, HOME, NEXTCLOUD, RADICALE, SOGO, XANDIKOS, ZIMBRA


def listed(octets: bytes, principal: str = "/john@example.com/") -> list[Collection]:
    who = read_url(f"https://dav.example.com{principal}")
    found = (
        read_collection(one, principal=who) for one in read_multistatus(octets, HOME).responses
    )
    return [one for one in found if one is not None]


def test_radicale() -> None:
    """A calendar with all that this product asks for; the home itself is none."""
    (one,) = listed(RADICALE)
    assert one == Collection(
        url=read_url("https://dav.example.com/john@example.com/calendar/"),
        kind=Kind.CALENDAR,
        name="Work & play",
        components=frozenset(("VEVENT", "VTODO")),
        colour="#FF00AA",
        order=3,
        ctag='"2a98"',
        sync_token="http://radicale.org/ns/sync/e3b0",
        reports=frozenset((SYNC_REPORT, CALENDAR_MULTIGET)),
    )
    assert one.can_sync
    assert one.can_multiget


def test_xandikos() -> None:
    """Reports without the element around them; components not told: all (RFC 4791 5.2.3)."""
    (one,) = listed(XANDIKOS)
    assert one.reports == {SYNC_REPORT, CALENDAR_MULTIGET}
    assert one.components == ALL_COMPONENTS
    assert (one.ctag, one.is_read_only, one.is_shared) == ("ae44", False, False)


def test_cyrus_shared_calendar() -> None:
    """Another's calendar, to be read only; the inbox of scheduling is no calendar."""
    (one,) = listed(CYRUS, "/dav/principals/user/john@example.com/")
    assert (one.name, one.is_shared, one.is_read_only) == ("Mary", True, True)
    assert one.size_max == 2147483647
    assert not one.can_sync
    assert one.can_multiget


def test_zimbra() -> None:
    """Tasks and contacts side by side; ctag only; rights spelled out one by one."""
    tasks, contacts = listed(ZIMBRA, "/principals/users/john@example.com")
    assert (tasks.components, tasks.is_read_only, tasks.is_shared) == ({"VTODO"}, False, False)
    assert (tasks.can_sync, tasks.ctag) == (False, "1-512-512")
    assert (contacts.kind, contacts.size_max) == (Kind.ADDRESS_BOOK, 10_485_760)
    assert contacts.vcard_versions == {"3.0"}


def test_sogo_and_nextcloud() -> None:
    """A server that is silent on rights may take changes; deleted calendars are not shown."""
    (book,) = listed(SOGO, "/SOGo/dav/john/")
    assert (book.name, book.is_read_only, book.is_shared) == ("Personal Address Book", False, False)
    (book,) = listed(NEXTCLOUD)
    assert book.vcard_versions == {"3.0", "4.0"}
    assert path(book.url) == "/remote.php/dav/addressbooks/users/john/contacts/"


def test_a_collection_without_a_name_is_called_as_its_address() -> None:
    """RFC 4918 15.2: displayname need not be there."""
    octets = RADICALE.replace(b"<displayname>Work &amp; play</displayname>", b"")
    assert listed(octets)[0].name == "calendar"


@pytest.mark.parametrize(
    ("text", "colour"),
    [("#ff00aa", "#FF00AA"), ("#FF00AACC", "#FF00AA"), ("red", ""), ("#12345", ""), ("", ""),
     ("#FF00AAC", "")],
)  # fmt: skip
def test_colours(text: str, colour: str) -> None:
    """Apple's has the alpha at its end."""
    assert colour_in(text) == colour


@pytest.mark.parametrize(
    ("text", "number"),
    [("0", 0), ("12", 12), ("-1", None), ("²", None), ("", None), ("9" * 30, None)],
)
def test_numbers(text: str, number: int | None) -> None:
    """Sizes and orders are counted from 0 up."""
    assert number_in(text) == number


def test_absent_properties() -> None:
    """What a server does not tell is unknown, or what the standard says then."""
    assert privileges_in(None) is None
    assert components_in(None) == ALL_COMPONENTS
    assert vcard_versions_in(None) == {"3.0"}
    assert hrefs_in(None) == ()


def test_components_in_small_letters() -> None:
    """Names of components are compared without case (RFC 5545 2)."""
    element = etree.Element("x")
    etree.SubElement(element, clark("C:comp")).set("name", "vevent")
    assert components_in(element) == {"VEVENT"}

"""Answers resource by resource, of every server's way of writing them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from carbonio_mobile.dav.documents import clean
from carbonio_mobile.dav.hrefs import child, path, read_url
from carbonio_mobile.dav.multistatus import read_multistatus, read_status
from carbonio_mobile.dav.names import CTAG, DISPLAY_NAME, ETAG, clark
from carbonio_mobile.errors import ProtocolError
from tests.unit.dav.shapes import CYRUS, HOME, RADICALE, SOGO, XANDIKOS, ZIMBRA

BASE = read_url("https://dav.example.com/cal/")


@pytest.mark.parametrize(
    ("octets", "paths"),
    [
        (RADICALE, ["/john@example.com/", "/john@example.com/calendar/"]),
        (XANDIKOS, ["/john@example.com/calendars/calendar/"]),
        (CYRUS, ["/john@example.com/mary@example.com.Default/", "/john@example.com/Inbox/"]),
        (ZIMBRA, ["/dav/john@example.com/Tasks/", "/dav/john@example.com/Contacts/"]),
        (SOGO, ["/SOGo/dav/john/Contacts/personal/"]),
    ],
)
def test_prefixes_order_and_escapes_do_not_matter(octets: bytes, paths: list[str]) -> None:
    """RFC 4918 14.16 to 14.22, written in five ways."""
    assert [path(one.url) for one in read_multistatus(octets, HOME).responses] == paths


def test_found_and_refused() -> None:
    """Properties stand under the status of their propstat."""
    home, calendar = read_multistatus(RADICALE, HOME).responses
    assert home.is_there
    assert home.refused[CTAG] == 404
    assert home.text(DISPLAY_NAME) == ""
    assert calendar.text(DISPLAY_NAME) == "Work & play"
    assert calendar.text(CTAG) == '"2a98"'


def test_a_page_of_changes() -> None:
    """RFC 6578 3.6: changed, gone, and 507 for the collection itself where there is more."""
    found = read_multistatus(
        b'<multistatus xmlns="DAV:">'
        b'<response><href>/cal/1.ics</href><propstat><prop><getetag>"1"</getetag></prop>'
        b"<status>HTTP/1.1 200 OK</status></propstat></response>"
        b"<response><href>/cal/2.ics</href><status>HTTP/1.1 404 Not Found</status></response>"
        b"<response><href>/cal/</href><status>HTTP/1.1 507 Insufficient Storage</status>"
        b"<error><number-of-matches-within-limits/></error></response>"
        b"<sync-token> data:,7 </sync-token></multistatus>",
        BASE,
    )
    assert found.sync_token == "data:,7"
    assert [(one.status, one.is_there) for one in found.responses] == [
        (200, True),
        (404, False),
        (507, False),
    ]
    assert found.responses[2].conditions == {clark("D:number-of-matches-within-limits")}


def test_why_a_property_was_refused() -> None:
    """RFC 4918 14.22: a condition may stand beside the status of properties."""
    (found,) = read_multistatus(
        b'<multistatus xmlns="DAV:"><response><href>/cal/</href><propstat><prop><displayname/>'
        b"</prop><status>HTTP/1.1 403 No</status><error><cannot-modify-protected-property/></error>"
        b"</propstat></response></multistatus>",
        BASE,
    ).responses
    assert found.refused == {DISPLAY_NAME: 403}
    assert found.conditions == {clark("D:cannot-modify-protected-property")}


def test_several_hrefs_share_a_status() -> None:
    """RFC 4918 14.24: one response may stand for many resources."""
    found = read_multistatus(
        b'<multistatus xmlns="DAV:"><response><href>/cal/1</href><href>/cal/2</href>'
        b"<status>HTTP/1.1 424 Failed Dependency</status></response></multistatus>",
        BASE,
    )
    assert [(path(one.url), one.status) for one in found.responses] == [
        ("/cal/1", 424),
        ("/cal/2", 424),
    ]


@pytest.mark.parametrize(
    "octets",
    [
        b'<propertyupdate xmlns="DAV:"/>',
        b"<multistatus/>",
        b'<multistatus xmlns="DAV:"><response/></multistatus>',
        b'<multistatus xmlns="DAV:"><response><href>gopher://x/</href></response></multistatus>',
        b'<m:multistatus xmlns:m="DAV:"><m:response><m:status/></m:response></m:multistatus>',
        b'<multistatus xmlns="DAV:"><sync-token>' + b"x" * 9000 + b"</sync-token></multistatus>",
    ],
)
def test_what_is_no_multistatus(octets: bytes) -> None:
    """Another document, a resource without a name, a status that is none, a token without end."""
    with pytest.raises(ProtocolError):
        read_multistatus(octets, BASE)


@pytest.mark.parametrize(
    ("line", "status"),
    [("HTTP/1.1 200 OK", 200), (" HTTP/2 404", 404), ("HTTP/1.1 507 Insufficient Storage", 507)],
)
def test_status_lines(line: str, status: int) -> None:
    """RFC 4918 14.28."""
    assert read_status(line) == status


TEXTS = st.text(alphabet=st.characters(codec="utf-8"), max_size=20).map(
    lambda text: clean(text).replace("\r", "").strip()
)
NAMES = st.text(alphabet=st.characters(codec="utf-8"), min_size=1, max_size=20).filter(
    lambda text: text not in {".", ".."}
)
MEMBERS = st.dictionaries(NAMES, st.tuples(TEXTS, st.sampled_from([200, 403, 404])), max_size=6)


@given(MEMBERS, TEXTS)
def test_round_trip(members: dict[str, tuple[str, int]], token: str) -> None:
    """What a server writes of its resources is what is read of them."""
    root = etree.Element(clark("D:multistatus"), nsmap={None: "DAV:"})
    for name, (text, status) in members.items():
        response = etree.SubElement(root, clark("D:response"))
        etree.SubElement(response, clark("D:href")).text = path(child(BASE, name))
        propstat = etree.SubElement(response, clark("D:propstat"))
        properties = etree.SubElement(propstat, clark("D:prop"))
        etree.SubElement(properties, DISPLAY_NAME).text = text
        etree.SubElement(propstat, clark("D:status")).text = f"HTTP/1.1 {status} So"
    etree.SubElement(root, clark("D:sync-token")).text = token
    found = read_multistatus(etree.tostring(root), BASE)
    assert found.sync_token == token
    assert [one.url for one in found.responses] == [child(BASE, name) for name in members]
    for one, (text, status) in zip(found.responses, members.values(), strict=True):
        assert one.text(DISPLAY_NAME) == (text if status == 200 else "")
        assert one.refused.get(DISPLAY_NAME, 200) == status
        assert ETAG not in one.found

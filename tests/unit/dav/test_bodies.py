"""Requests say what was meant, in the form that the standards give."""

import pytest
from lxml import etree

from carbonio_mobile.dav import bodies
from carbonio_mobile.dav.collection import Kind
from carbonio_mobile.dav.documents import read_document
from carbonio_mobile.dav.hrefs import read_url
from carbonio_mobile.dav.names import COLOUR, DISPLAY_NAME, ETAG, ORDER, short


def tree(octets: bytes) -> object:
    """Give a document as nested tuples of short names, attributes and texts."""

    def shape(element: etree._Element) -> object:
        inner = [shape(one) for one in element]
        return (short(str(element.tag)), *(dict(element.attrib) and [dict(element.attrib)]),
                *([element.text] if element.text else []), *inner)  # fmt: skip

    return shape(read_document(octets))


def test_propfind() -> None:
    """RFC 4918 14.20."""
    assert tree(bodies.propfind([ETAG, COLOUR])) == (
        "D:propfind", ("D:prop", ("D:getetag",), ("I:calendar-color",)),
    )  # fmt: skip


def test_proppatch_sets_and_removes() -> None:
    """RFC 4918 9.2; control characters cannot be sent."""
    assert tree(bodies.proppatch({DISPLAY_NAME: "A\x00 & b", COLOUR: ""})) == (
        "D:propertyupdate",
        ("D:set", ("D:prop", ("D:displayname", "A & b"))),
        ("D:remove", ("D:prop", ("I:calendar-color",))),
    )


def test_mkcalendar_and_mkcol() -> None:
    """RFC 4791 9.2, RFC 5689 5.1."""
    assert tree(bodies.mkcalendar({DISPLAY_NAME: "x"}, ["VTODO", "VEVENT"])) == (
        "C:mkcalendar",
        ("D:set", ("D:prop", ("D:displayname", "x"), (
            "C:supported-calendar-component-set",
            ("C:comp", {"name": "VEVENT"}), ("C:comp", {"name": "VTODO"}),
        ))),
    )  # fmt: skip
    assert tree(bodies.mkcol(Kind.ADDRESS_BOOK, {})) == (
        "D:mkcol",
        ("D:set", ("D:prop", ("D:resourcetype", ("D:collection",), ("A:addressbook",)))),
    )


def test_shown() -> None:
    """Books have a name only; what is None is not touched."""
    assert bodies.shown(Kind.CALENDAR, "n", None, 0) == {DISPLAY_NAME: "n", ORDER: "0"}
    assert bodies.shown(Kind.ADDRESS_BOOK, None, "#FFFFFF", 1) == {}


def test_sync_collection() -> None:
    """RFC 6578 6.1: the elements in their order, the limit only where one is wished for."""
    assert tree(bodies.sync_collection("t", page=100)) == (
        "D:sync-collection", ("D:sync-token", "t"), ("D:sync-level", "1"),
        ("D:limit", ("D:nresults", "100")), ("D:prop", ("D:getetag",)),
    )  # fmt: skip
    assert "nresults" not in bodies.sync_collection("", page=None).decode()


def test_multiget() -> None:
    """RFC 4791 9.10, RFC 6352 10.7: paths, escaped; a version only where one is asked for."""
    url = read_url("https://dav.example.com/a b/ü.ics")
    assert tree(bodies.multiget(Kind.CALENDAR, [url])) == (
        "C:calendar-multiget", ("D:prop", ("D:getetag",), ("C:calendar-data",)),
        ("D:href", "/a%20b/%C3%BC.ics"),
    )  # fmt: skip
    assert tree(bodies.multiget(Kind.ADDRESS_BOOK, [], vcard_version="4.0")) == (
        "A:addressbook-multiget",
        ("D:prop", ("D:getetag",),
         ("A:address-data", {"content-type": "text/vcard", "version": "4.0"})),
    )  # fmt: skip


def test_queries_by_time() -> None:
    """RFC 4791 9.9: UTC, the end left out; open ends have no attribute."""
    assert tree(bodies.calendar_query("VEVENT", 0.0, None)) == (
        "C:calendar-query", ("D:prop", ("D:getetag",)),
        ("C:filter", ("C:comp-filter", {"name": "VCALENDAR"},
                      ("C:comp-filter", {"name": "VEVENT"},
                       ("C:time-range", {"start": "19700101T000000Z"})))),
    )  # fmt: skip
    assert tree(bodies.series_query("VEVENT")) == (
        "C:calendar-query", ("D:prop", ("D:getetag",)),
        ("C:filter", ("C:comp-filter", {"name": "VCALENDAR"},
                      ("C:comp-filter", {"name": "VEVENT"},
                       ("C:prop-filter", {"name": "RRULE"})))),
    )  # fmt: skip
    assert "time-range" not in bodies.calendar_query("VTODO", None, None).decode()
    assert tree(bodies.free_busy_query(86400.0, 172800.9)) == (
        "C:free-busy-query",
        ("C:time-range", {"start": "19700102T000000Z", "end": "19700103T000000Z"}),
    )


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(1e30, "99991231T235959Z"), (-1e30, "00010101T000000Z"), (float("inf"), "99991231T235959Z")],
)
def test_times_beyond_the_calendar(seconds: float, text: str) -> None:
    """An open end may be any number."""
    assert bodies.moment(seconds) == text

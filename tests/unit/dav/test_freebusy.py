"""When people are busy: the question written, the answers read."""

import pytest

from carbonio_mobile.dav.freebusy import (
    Availability,
    Period,
    free_busy_request,
    read_periods,
    read_schedule_response,
)
from carbonio_mobile.errors import ProtocolError

BUSY = (
    b"BEGIN:VCALENDAR\r\nBEGIN:VFREEBUSY\r\n"
    b"FREEBUSY;FBTYPE=BUSY-TENTATIVE:19700101T000100Z/PT1H30M\r\n"
    b"FREEBUSY;FBTYPE=FREE:19700101T000000Z/19700102T000000Z\r\n"
    b"FREEBUSY:19700101T000000Z/19700101T000\r\n 010Z,19700101T000030Z/P1D\r\n"
    b"FREEBUSY:nonsense,19700101T000010Z/19700101T000000Z,99999999T999999Z/PT1H,x/y\r\n"
    b"END:VFREEBUSY\r\nEND:VCALENDAR\r\n"
)


def test_periods() -> None:
    """RFC 5545 3.8.2.6: both forms, several in a line, folded; what is free or broken is not."""
    assert read_periods(BUSY) == (
        Period(0.0, 10.0, "BUSY"),
        Period(30.0, 86_430.0, "BUSY"),
        Period(60.0, 5460.0, "BUSY-TENTATIVE"),
    )


@pytest.mark.parametrize(
    ("text", "seconds"), [("P2W", 1_209_600), ("PT5S", 5), ("+P1DT2H3M4S", 93_784)]
)
def test_durations(text: str, seconds: int) -> None:
    """RFC 5545 3.3.6."""
    source = f"BEGIN:VCALENDAR\nFREEBUSY:19700101T000000Z/{text}\n".encode()
    assert read_periods(source) == (Period(0.0, float(seconds), "BUSY"),)


def test_periods_are_bounded() -> None:
    """A server without end is not read to its end."""
    line = b"FREEBUSY:" + b",".join([b"19700101T000000Z/PT1H"] * 1000) + b"\r\n"
    assert len(read_periods(b"BEGIN:VCALENDAR\r\n" + line * 30)) == 20_000


def test_what_is_no_calendar() -> None:
    """An error page has no busy times; it is no calendar either."""
    with pytest.raises(ProtocolError):
        read_periods(b"<html>")


def test_request() -> None:
    """RFC 6638 5.1: METHOD:REQUEST, organizer and attendees; lines folded at 75 octets."""
    long = "ä" * 60 + "@example.com"
    octets = free_busy_request("john@x", ["mary@x", long], 0.0, 60.0, uid="u", now=1.0)
    assert all(len(line) <= 75 for line in octets.split(b"\r\n"))
    text = octets.replace(b"\r\n ", b"").decode()
    for line in (
        "METHOD:REQUEST", "UID:u", "DTSTAMP:19700101T000001Z", "DTSTART:19700101T000000Z",
        "DTEND:19700101T000100Z", "ORGANIZER:mailto:john@x", "ATTENDEE:mailto:mary@x",
        f"ATTENDEE:mailto:{long}",
    ):  # fmt: skip
        assert f"\r\n{line}\r\n" in text


@pytest.mark.parametrize("address", ["", "a@b\r\nMETHOD:CANCEL", "a b@c", '"x"@y', "x" * 2000])
def test_addresses_that_would_break_a_request(address: str) -> None:
    """Nothing of an address becomes a line of its own."""
    with pytest.raises(ProtocolError):
        free_busy_request("john@x", [address], 0.0, 1.0, uid="u", now=0.0)


def test_schedule_response() -> None:
    """RFC 6638 10.2: known, unknown, and as Cyrus and as the drafts write recipients."""
    octets = (
        '<C:schedule-response xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><C:response>'
        "<C:recipient><D:href>mailto:mary@x</D:href></C:recipient>"
        "<C:request-status>2.0;Success</C:request-status>"
        f"<C:calendar-data>{BUSY.decode()}</C:calendar-data></C:response><C:response>"
        "<C:recipient>mailto:nobody@x</C:recipient>"
        "<C:request-status>3.7;Invalid calendar user</C:request-status></C:response>"
        "</C:schedule-response>"
    ).encode()
    mary, nobody = read_schedule_response(octets)
    assert (mary.address, mary.status) == ("mary@x", "2.0")
    assert mary.periods is not None
    assert len(mary.periods) == 3
    assert nobody == Availability(address="nobody@x", status="3.7", periods=None)
    with pytest.raises(ProtocolError):
        read_schedule_response(b"<a/>")

"""Free and busy, asked of calendars and of people."""

from twisted.trial.unittest import SynchronousTestCase

from carbonio_mobile.dav.collection import Collection, Kind
from carbonio_mobile.dav.faults import Unreadable
from carbonio_mobile.dav.freebusy import Period
from carbonio_mobile.dav.hrefs import read_url
from carbonio_mobile.dav.names import FREE_BUSY_QUERY
from carbonio_mobile.errors import NotAllowed
from carbonio_mobile.mailbox.davclient.busy import busy_in, busy_people
from tests.unit.mailbox.gateway.davrig import SITE, Peer, Reply

OUTBOX = read_url(SITE + "out/")
CAL = Collection(
    url=read_url(SITE + "cal/"),
    kind=Kind.CALENDAR,
    name="x",
    reports=frozenset((FREE_BUSY_QUERY,)),
)
BUSY = b"BEGIN:VCALENDAR\r\nFREEBUSY:19700101T000000Z/PT1H\r\nEND:VCALENDAR\r\n"
ANSWER = (
    b'<C:schedule-response xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><C:response>'
    b"<C:recipient><D:href>mailto:mary@x</D:href></C:recipient>"
    b"<C:request-status>2.0;Success</C:request-status>"
    b"<C:calendar-data>" + BUSY + b"</C:calendar-data></C:response></C:schedule-response>"
)


class BusyTests(SynchronousTestCase):
    """RFC 4791 7.10 and RFC 6638 5."""

    def test_calendar(self) -> None:
        """A report whose answer is a calendar."""
        peer = Peer(lambda _: Reply(200, BUSY))
        found = peer.run(busy_in(peer.connection(), CAL, 0.0, 7200.0))
        self.assertEqual(found, (Period(0.0, 3600.0, "BUSY"),))
        self.assertIn(b"free-busy-query", peer.asked[0].body)

    def test_servers_that_do_not_say(self) -> None:
        """No such report: not asked at all. (Radicale 3.1 answers it with an empty multistatus.)"""
        silent = Collection(url=CAL.url, kind=Kind.CALENDAR, name="x")
        peer = Peer(lambda _: Reply(200, BUSY))
        with self.assertRaises(NotAllowed):
            peer.run(busy_in(peer.connection(), silent, 0.0, 1.0))
        self.assertEqual(peer.asked, [])
        peer = Peer(lambda _: Reply(200, b"<html/>"))
        with self.assertRaises(Unreadable):
            peer.run(busy_in(peer.connection(), CAL, 0.0, 1.0))

    def test_people(self) -> None:
        """The question goes to the outbox, with the headers of the old drafts beside it."""
        peer = Peer(lambda _: Reply(200, ANSWER))
        work = busy_people(peer.connection(), OUTBOX, "john@x", ["mary@x"], 0.0, 1.0, uid="u")
        (found,) = peer.run(work)
        self.assertEqual((found.address, found.periods), ("mary@x", (Period(0.0, 3600.0, "BUSY"),)))
        (asked,) = peer.asked
        self.assertEqual((asked.method, asked.path), ("POST", "/out/"))
        self.assertEqual(asked.headers["originator"], "mailto:john@x")
        self.assertEqual(asked.headers["recipient"], "mailto:mary@x")
        self.assertTrue(asked.headers["content-type"].startswith("text/calendar"))

    def test_people_that_cannot_be_asked(self) -> None:
        """Too many, no addresses, not allowed."""
        peer = Peer(lambda _: Reply(403))
        for people in (["a@b"] * 101, ["a b"], ["a@b"]):
            with self.assertRaises(NotAllowed):
                peer.run(busy_people(peer.connection(), OUTBOX, "j@x", people, 0.0, 1.0, uid="u"))
        self.assertEqual(len(peer.asked), 1)

    def test_addresses_beyond_ascii(self) -> None:
        """They stand in the body, and in no header."""
        peer = Peer(lambda _: Reply(200, ANSWER))
        work = busy_people(peer.connection(), OUTBOX, "john@x", ["märy@x"], 0.0, 1.0, uid="u")
        peer.run(work)
        self.assertNotIn("recipient", peer.asked[0].headers)

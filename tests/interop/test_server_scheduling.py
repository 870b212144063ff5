"""What we store in a calendar of Cyrus has it invite, update, answer and cancel (RFC 6638).

So nobody else needs to mail it: :meth:`IObjects.schedules`.
"""

from dataclasses import replace
from datetime import UTC, datetime
from typing import ClassVar

from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.task import deferLater
from twisted.trial.unittest import TestCase

from carbonio_mobile.dav.collection import Collection
from carbonio_mobile.dav.freebusy import Availability
from carbonio_mobile.dav.hrefs import read_url
from carbonio_mobile.ids import AccountId
from carbonio_mobile.mailbox.davclient.busy import busy_people
from carbonio_mobile.mailbox.davclient.changes import DavChanges
from carbonio_mobile.mailbox.davclient.collections import DavCollections
from carbonio_mobile.mailbox.davclient.connection import Credentials, DavConnection
from carbonio_mobile.mailbox.davclient.discovery import Homes, discover
from carbonio_mobile.mailbox.davclient.endpoint import DavTrust
from carbonio_mobile.mailbox.davclient.items import DavItems, Item
from carbonio_mobile.mailbox.davclient.site import DavBounds, dav_site
from carbonio_mobile.mailbox.gateway.objects.busytimes import DavBusy
from carbonio_mobile.pim.event import Event
from carbonio_mobile.pim.events import read_event, write_event
from carbonio_mobile.pim.freebusy import Busy
from carbonio_mobile.pim.itipanswer import (
    ACCEPT,
    DECLINE,
    TENTATIVELY,
    Response,
    answered,
    own_attendee,
)
from carbonio_mobile.pim.itipsend import resequenced
from tests.peers.cyrus import Cyrus, requires_cyrus
from tests.peers.davserver import JOHN, MARY, PASSWORD
from tests.unit.pim.meetings import meeting, moved, people, weekly

NOW = datetime(2034, 12, 1, tzinfo=UTC).timestamp()
START = datetime(2035, 1, 9, 10, tzinfo=UTC).timestamp()
DAY = 86_400.0
"""In years to come: what is long over is not announced. Cyrus counts no further than 2038."""


class Person:
    """Somebody with a calendar, who changes events as a phone of 16.x has us change them."""

    def __init__(self, name: str, connection: DavConnection, homes: Homes, at: Collection) -> None:
        self.name, self.connection, self.homes, self.calendar = name, connection, homes, at
        self.items = DavItems(connection, at, page=50)

    async def entry(self, uid: str) -> Item | None:
        """Give the entry of a meeting as it is now."""
        found = await DavChanges(self.connection, page=100).changes(self.calendar, "", {})
        page = await self.items.read(list(found.changed))
        return next((one for one in page.items if read_event(one.source).uid == uid), None)

    async def event(self, uid: str) -> Event:
        """Give the event of the entry."""
        entry = await self.entry(uid)
        assert entry is not None
        return read_event(entry.source)

    async def store(self, uid: str, event: Event) -> None:
        """Store the entry changed, as a patch of what it was."""
        entry = await self.entry(uid)
        assert entry is not None
        assert entry.etag is not None
        source = write_event(entry.source, event, now=NOW)
        await self.items.replace(entry.url, source, entry.etag)

    async def change(self, uid: str, **details: object) -> None:
        """Change what the meeting says, as its organiser."""
        before = await self.event(uid)
        after = replace(before, details=replace(before.details, **details))  # type: ignore[arg-type]
        await self.store(uid, resequenced(before, after, frozenset((self.name,))))

    async def answer(self, uid: str, answer: int, instance: float | None = None) -> None:
        """Answer an invitation."""
        before = await self.event(uid)
        who = own_attendee(before, frozenset((self.name,)), self.name, "")
        response = Response(answer=answer, instance=instance)
        after = answered(before, who, response, now=NOW, intended_busy=2)
        if after is None:
            await self.delete(uid)
        else:
            await self.store(uid, after)

    async def delete(self, uid: str) -> None:
        entry = await self.entry(uid)
        assert entry is not None
        await self.items.delete(entry.url, entry.etag)

    async def status(self, uid: str) -> dict[str, int]:
        """Give the answers of the attendees, as this calendar has them."""
        event = await self.event(uid)
        return {one.address: one.status for one in event.details.attendees}


@requires_cyrus
class SchedulingTests(TestCase):
    """John invites Mary; both have accounts on one Cyrus."""

    timeout = 120
    cyrus: ClassVar[Cyrus]

    @classmethod
    def setUpClass(cls) -> None:
        cls.cyrus = Cyrus.started()

    @classmethod
    def tearDownClass(cls) -> None:
        cls.cyrus.remove()

    async def setUp(self) -> None:
        self.site = dav_site(
            read_url(self.cyrus.url),
            reactor=reactor,
            trust=DavTrust(authority_pem=b"", authority=""),
            bounds=DavBounds(total_s=60.0),
        )
        self.addCleanup(lambda: deferLater(reactor, 0.05))
        self.addCleanup(lambda: Deferred.fromCoroutine(self.site.stop()))
        self.john, self.mary = await self.person(JOHN), await self.person(MARY)

    async def person(self, name: str) -> Person:
        connection = DavConnection(self.site, Credentials(login=name, password=PASSWORD))
        homes = await discover(connection)
        assert homes.schedules
        assert homes.default_calendar is not None
        at = await DavCollections(connection, homes).describe(homes.default_calendar)
        return Person(name, connection, homes, at)

    async def invite(self, uid: str, **changes: object) -> Event:
        """Have John store a new meeting, as a phone adds it."""
        event = meeting(
            uid=uid, start=START, end=START + 3600, dtstamp=NOW, attendees=people(MARY), **changes
        )
        await self.john.items.add(f"{uid}.ics", write_event(None, event, now=NOW))
        return event

    async def test_a_meeting_from_its_invitation_to_its_end(self) -> None:
        """RFC 6638 3.2.1, 3.2.2: each of our writes is taken, and the other one learns of it."""
        await self.invite("whole")
        theirs = await self.mary.event("whole")
        self.assertEqual((theirs.organizer_address, theirs.details.subject), (JOHN, "Plans"))
        for answer, status in ((TENTATIVELY, 2), (ACCEPT, 3)):
            await self.mary.answer("whole", answer)
            self.assertEqual(await self.john.status("whole"), {MARY: status})
        await self.john.change("whole", subject="Other plans")
        theirs = await self.mary.event("whole")
        self.assertEqual(theirs.details.subject, "Other plans")
        self.assertGreaterEqual(theirs.sequence, 1)
        await self.john.change("whole", start=START + 7200, end=START + 10_800)
        theirs = await self.mary.event("whole")
        self.assertEqual(theirs.details.start, START + 7200)
        self.assertEqual(await self.mary.status("whole"), {MARY: 5})
        await self.mary.answer("whole", ACCEPT)
        self.assertEqual(await self.john.status("whole"), {MARY: 3})
        await self.john.delete("whole")
        entry = await self.mary.entry("whole")
        self.assertTrue(entry is None or read_event(entry.source).details.is_cancelled)

    async def test_a_decline(self) -> None:
        """The entry that goes is the answer."""
        await self.invite("declined")
        await self.mary.answer("declined", DECLINE)
        self.assertIsNone(await self.mary.entry("declined"))
        self.assertEqual(await self.john.status("declined"), {MARY: 4})

    async def test_one_of_a_series(self) -> None:
        """RFC 6638 3.2: what the organiser moves, and what an attendee says of it alone.

        Of an occurrence that the organiser changed: to one that stands only in the attendee's
        entry Cyrus 3.6.1 says the answer was delivered, and does not enter it.
        """
        monday = START - DAY
        third = monday + 14 * DAY
        series = weekly(
            uid="series", start=monday, end=monday + 3600, dtstamp=NOW, attendees=people(MARY)
        )
        await self.john.items.add("series.ics", write_event(None, series, now=NOW))
        await self.mary.answer("series", ACCEPT)
        self.assertEqual(await self.john.status("series"), {MARY: 3})
        ours = await self.john.event("series")
        after = replace(ours, exceptions=(moved(ours, third),))
        await self.john.store("series", resequenced(ours, after, frozenset((JOHN,))))
        theirs = await self.mary.event("series")
        starts = {one.original: one.details.start for one in theirs.exceptions if one.details}
        self.assertEqual(starts, {third: third + 3600})
        for answer, status in ((TENTATIVELY, 2), (ACCEPT, 3), (DECLINE, 4)):
            await self.mary.answer("series", answer, third)
            (changed,) = (await self.john.event("series")).exceptions
            assert changed.details is not None
            self.assertEqual([one.status for one in changed.details.attendees], [status])

    async def test_busy_times(self) -> None:
        """RFC 6638 5: John sees when Mary is busy, by her address."""
        await self.invite("busy", busy_status=2)
        await self.mary.answer("busy", ACCEPT)

        async def ask(
            account: AccountId, addresses: object, start: float, end: float
        ) -> tuple[Availability, ...]:
            john, outbox = self.john.connection, self.john.homes.outbox
            assert outbox is not None
            return await busy_people(john, outbox, JOHN, addresses, start, end, uid="q")  # type: ignore[arg-type]

        busy = DavBusy(ask)
        found = await busy.busy(AccountId("j"), [MARY, "x@example.net"], START - DAY, START + DAY)
        self.assertEqual(set(found), {MARY})
        self.assertIn(Busy(START, START + 3600, 2), found[MARY])

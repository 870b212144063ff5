"""Meetings on Dovecot and a calendar server: by mail with Radicale, by the server with Cyrus."""

from pathlib import Path
from typing import Any, ClassVar

from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.task import deferLater
from twisted.internet.threads import deferToThread
from twisted.trial.unittest import TestCase

from carbonio_mobile.accounts.memory import MemoryAccounts
from carbonio_mobile.ids import AccountId, FolderId, OperationId
from carbonio_mobile.mailbox.delivery.scheduling import Scheduling
from carbonio_mobile.mailbox.gateway.mail.meetings import MeetingMail
from carbonio_mobile.mailbox.memory import no_quota
from carbonio_mobile.mime.mailitem import BodyWish, MailItem
from carbonio_mobile.pim.event import Event
from carbonio_mobile.pim.events import write_event
from carbonio_mobile.service.process import ReactorOfDay
from carbonio_mobile.sync.changes import NEWEST, OLDEST
from carbonio_mobile.sync.folders import FolderKind
from carbonio_mobile.testing.contracts.mailbox_fixture import RecordingSink
from tests.peers.cyrus import Cyrus, requires_cyrus
from tests.peers.davserver import DavServer
from tests.peers.dovecot import JOHN, Dovecot, requires_dovecot
from tests.peers.gateway import Gateway
from tests.peers.radicale import Radicale, requires_radicale
from tests.unit.commands.meetingcase import mail
from tests.unit.pim.meetings import EVE, MARY, ics, meeting, people


class GatewayMeetings:
    """John's mailbox on two servers, and what applies the meeting mail that he reads."""

    timeout = 90
    peer_class: ClassVar[type[DavServer]]
    peer: ClassVar[DavServer]
    dovecot: ClassVar[Dovecot]
    schedules: ClassVar[bool]

    @classmethod
    def setUpClass(cls) -> None:
        cls.dovecot = Dovecot.started()
        cls.peer = cls.peer_class.started()

    @classmethod
    def tearDownClass(cls) -> None:
        cls.dovecot.remove()
        cls.peer.remove()

    async def setUp(self) -> None:
        accounts = MemoryAccounts(clock=reactor.seconds)
        self.account = accounts.add(JOHN, "x")
        self.gateway = Gateway(
            Path(self.mktemp()),  # type: ignore[attr-defined]
            self.dovecot,
            user_of=self.user_of,
            dav_url=self.peer.url,
            authority=getattr(self.peer, "authority", None),
            sink=RecordingSink(),
            quota_of=no_quota,
            message_limit_bytes=1 << 20,
        )
        self.addCleanup(lambda: Deferred.fromCoroutine(self.gateway.stop()))  # type: ignore[attr-defined]
        clock = ReactorOfDay(reactor).seconds
        self.arrivals = MeetingMail(
            accounts=accounts,
            scheduling=Scheduling(in_thread=deferToThread, clock=clock),
            clock=clock,
        )
        self.box = await self.gateway.mailboxes.open(self.account)

    def user_of(self, _account: AccountId) -> str:
        return JOHN

    async def folder(self, kind: FolderKind) -> FolderId:
        found = (await self.box.hierarchy()).standard(kind)
        assert found is not None
        return found.id

    async def arrive(self, source: bytes) -> MailItem:
        """Have the mail server deliver a mail, and a phone read it."""
        inbox = await self.folder(FolderKind.INBOX)
        count = await self.box.count(inbox, below=NEWEST, down_to=OLDEST)
        await deferToThread(self.dovecot.deliver, source, JOHN)
        page = await self.box.listing(inbox, below=NEWEST, down_to=OLDEST, limit=100)
        while len(page.heads) == count:
            await deferLater(reactor, 0.02)
            page = await self.box.listing(inbox, below=NEWEST, down_to=OLDEST, limit=100)
        newest = max(head.item for head in page.heads)
        mails = await self.box.read(inbox, [newest], BodyWish())
        self.arrivals.seen(self.box, mails.values())
        await self.arrivals.settle()
        return mails[newest]

    async def events(self, uid: str) -> list[Event]:
        """Give the events of a UID in the calendar."""
        calendar = await self.folder(FolderKind.CALENDAR)
        page = await self.box.listing(calendar, below=NEWEST, down_to=OLDEST, limit=100)
        read = await self.box.objects(calendar, [head.item for head in page.heads])
        events = [one.record for one in read.values() if isinstance(one.record, Event)]
        return [one for one in events if one.uid == uid]

    async def test_who_tells(self) -> None:
        """RFC 6638: the calendar tells, other folders never do."""
        told = {}
        for folder in (await self.box.hierarchy()).folders:
            told[folder.kind] = await self.box.schedules(folder.id)
        case: Any = self
        case.assertEqual(told[FolderKind.CALENDAR], self.schedules)
        case.assertFalse(told[FolderKind.INBOX])


@requires_dovecot
@requires_radicale
class RadicaleTests(GatewayMeetings, TestCase):
    """A calendar server that only stores."""

    peer_class = Radicale
    schedules = False

    async def test_from_the_invitation_to_the_cancellation(self) -> None:
        """MS-ASEMAIL_R17, RFC 5546: what the mail says stands in the calendar when it is read."""
        await self.arrive(mail(ics(uid="theirs")))
        (event,) = await self.events("theirs")
        self.assertEqual((event.uid, event.organizer_address), ("theirs", MARY))
        await self.arrive(mail(ics(uid="theirs", sequence=1, summary="Other plans")))
        (event,) = await self.events("theirs")
        self.assertEqual(event.details.subject, "Other plans")
        await self.arrive(mail(ics("CANCEL", uid="theirs", sequence=2), "CANCEL"))
        (event,) = await self.events("theirs")
        self.assertTrue(event.details.is_cancelled)

    async def test_an_answer(self) -> None:
        """RFC 5546 3.2.3: the organiser's calendar has it."""
        calendar = await self.folder(FolderKind.CALENDAR)
        source = write_event(None, meeting(uid="ours", attendees=people(MARY)), now=0.0)
        await self.box.add_object(calendar, source, operation=OperationId("ours"))
        words = (f"PARTSTAT=DECLINED:mailto:{MARY}",)
        await self.arrive(mail(ics("REPLY", uid="ours", organizer=JOHN, attendees=words), "REPLY"))
        (event,) = await self.events("ours")
        self.assertEqual([one.status for one in event.details.attendees], [4])


@requires_dovecot
@requires_cyrus
class CyrusTests(GatewayMeetings, TestCase):
    """A calendar server that schedules."""

    peer_class = Cyrus
    schedules = True

    async def test_an_invitation_is_left_to_the_server(self) -> None:
        """Nothing is entered here."""
        await self.arrive(mail(ics(uid="theirs")))
        self.assertEqual(await self.events("theirs"), [])

    async def test_what_is_mailed_about_a_meeting_that_stands_there(self) -> None:
        """An answer, another time and a cancellation from elsewhere; Cyrus lets them be entered."""
        calendar = await self.folder(FolderKind.CALENDAR)
        source = write_event(None, meeting(uid="ours", attendees=people(EVE)), now=0.0)
        await self.box.add_object(calendar, source, operation=OperationId("ours"))
        words = (f"PARTSTAT=DECLINED:mailto:{EVE}",)
        reply = mail(ics("REPLY", uid="ours", organizer=JOHN, attendees=words), "REPLY", sender=EVE)
        await self.arrive(reply)
        (event,) = await self.events("ours")
        self.assertEqual([one.status for one in event.details.attendees], [4])
        theirs = meeting(uid="other", organizer=EVE, attendees=people(JOHN))
        await self.box.add_object(
            calendar, write_event(None, theirs, now=0.0), operation=OperationId("other")
        )
        for method, sequence in (("REQUEST", 1), ("CANCEL", 2)):
            said = ics(method, uid="other", organizer=EVE, sequence=sequence, summary="Other plans")
            await self.arrive(mail(said, method, sender=EVE))
        (event,) = await self.events("other")
        self.assertEqual(event.details.subject, "Other plans")
        self.assertTrue(event.details.is_cancelled)

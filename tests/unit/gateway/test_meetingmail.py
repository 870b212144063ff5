"""Meeting mail that a phone reads changes the calendar, once, where the server does not do it."""

from typing import Any

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from carbonio_mobile.errors import Unavailable
from carbonio_mobile.ids import FolderId, ItemId, ServerId
from carbonio_mobile.mailbox.gateway.mail.meetings import INVITED_WITHIN_S, MeetingMail
from carbonio_mobile.mailbox.memory import MemoryMailbox
from carbonio_mobile.mime.mailitem import BodyWish, MailItem
from carbonio_mobile.pim.event import Event
from carbonio_mobile.testing.rig import Rig, now
from tests.unit.commands.meetingcase import Meetings, mail
from tests.unit.pim.meetings import JOHN, MARY, ics, meeting, people


class MeetingMailTests(SynchronousTestCase):
    """John's Inbox on a mail server; a phone reads what Mary sent."""

    def setUp(self) -> None:
        self.rig = Rig()
        self.meetings = Meetings(self.rig)
        self.box: Any = self.rig.mailbox()
        self.start()

    def start(self, **more: int) -> None:
        """Begin as after a restart."""
        self.mail = MeetingMail(
            accounts=self.rig.accounts,
            scheduling=self.meetings.scheduling,
            clock=self.rig.clock.seconds,
            **more,
        )

    def arrive(self, source: bytes, *, age_s: float = 0.0) -> MailItem:
        head = self.rig.deliver(source, age_s=age_s)
        return self.read(head.item)

    def read(self, item: ItemId) -> MailItem:
        found = now(self.box.read(self.meetings.inbox, [item], BodyWish()))
        return found[item]  # type: ignore[no-any-return]

    def seen(self, *mails: MailItem) -> list[Event]:
        """Have mails read by a phone; gives the calendar."""
        self.mail.seen(self.box, mails)
        now(self.mail.settle())
        return self.meetings.events()

    def test_an_invitation(self) -> None:
        """MS-ASEMAIL_R17: it is in the calendar, once however often it is read."""
        one = self.arrive(mail(ics()))
        for _ in range(3):
            (event,) = self.seen(one, one)
            self.assertEqual((event.uid, event.organizer_address), ("meeting-1", MARY))

    def test_what_was_deleted_stays_so(self) -> None:
        """Over a restart too."""
        one = self.arrive(mail(ics()))
        self.seen(one)
        (entry,) = self.meetings.objects()
        now(self.box.delete(entry.folder, [entry.item]))
        self.assertEqual(self.seen(one), [])
        self.start()
        self.assertEqual(self.seen(one), [])

    def test_an_answer_and_a_cancellation(self) -> None:
        """RFC 5546 3.2.3, 3.2.5: an answer of whatever age is entered, a cancelled meeting told."""
        self.meetings.put(meeting(attendees=people(MARY)))
        words = (f"PARTSTAT=ACCEPTED:mailto:{MARY}",)
        reply = mail(ics("REPLY", organizer=JOHN, attendees=words), "REPLY")
        (event,) = self.seen(self.arrive(reply, age_s=2 * INVITED_WITHIN_S))
        self.assertEqual([one.status for one in event.details.attendees], [3])
        self.seen(self.arrive(mail(ics(uid="theirs"))))
        self.seen(self.arrive(mail(ics("CANCEL", uid="theirs", sequence=1), "CANCEL")))
        (theirs,) = [one for one in self.meetings.events() if one.uid == "theirs"]
        self.assertTrue(theirs.details.is_cancelled)

    def test_what_changes_nothing(self) -> None:
        """Other mail, and an invitation of long ago."""
        old = self.arrive(mail(ics()), age_s=INVITED_WITHIN_S + 1)
        self.assertEqual(self.seen(old, self.arrive(b"Subject: x\r\n\r\nx\r\n")), [])

    def test_where_the_server_does_it(self) -> None:
        """RFC 6638: nobody else enters anything; what stands there is brought up to date."""

        async def schedules(_box: MemoryMailbox, _folder: FolderId) -> bool:
            return True

        self.patch(MemoryMailbox, "schedules", schedules)
        self.assertEqual(self.seen(self.arrive(mail(ics()))), [])
        self.meetings.put(meeting(uid="ours", attendees=people(MARY)))
        words = (f"PARTSTAT=DECLINED:mailto:{MARY}",)
        answer = mail(ics("REPLY", uid="ours", organizer=JOHN, attendees=words), "REPLY")
        (event,) = self.seen(self.arrive(answer))
        self.assertEqual([one.status for one in event.details.attendees], [4])

    def test_a_server_that_is_away(self) -> None:
        """The mail is taken up when it is read again."""
        one = self.arrive(mail(ics()))

        async def fail(*_args: Any, **_more: Any) -> Any:
            raise Unavailable("away")

        for name, logged in (("hierarchy", 0), ("find_uid", 1), ("add_object", 1)):
            with self.subTest(name=name):
                patched = self.patch(MemoryMailbox, name, fail)
                self.assertEqual(self.seen_only(one), 0)
                self.assertEqual(len(self.flushLoggedErrors(Unavailable)), logged)
                patched.restore()
        self.assertEqual(len(self.seen(one)), 1)

    def seen_only(self, one: MailItem) -> int:
        """Have a mail read while something is away; gives how many mails are dealt with."""
        self.mail.seen(self.box, [one])
        now(self.mail.settle())
        return len(self.mail._known)

    def test_bounds(self) -> None:
        """A few at a time; no more wait than may; no more are remembered."""
        self.start(known_most=3, at_once=2, waiting_most=4)
        waiting: list[Deferred[None]] = []
        asked: list[str] = []
        find_uid = MemoryMailbox.find_uid

        async def slow(box: MemoryMailbox, uid: str) -> Any:
            waiting.append(Deferred())
            asked.append(uid)
            await waiting[-1]
            return await find_uid(box, uid)

        self.patch(MemoryMailbox, "find_uid", slow)
        mails = [self.arrive(mail(ics(uid=f"m{number}"))) for number in range(6)]
        self.mail.seen(self.box, mails)
        self.assertEqual(len(waiting), 2)
        done = 0
        while done < len(waiting):
            waiting[done].callback(None)
            done += 1
        self.assertEqual(asked, ["m0", "m1", "m2", "m3"])
        now(self.mail.settle())
        self.assertLessEqual(len(self.mail._known), 3)
        self.assertEqual(len(self.meetings.events()), 4)

    def test_a_mail_that_is_gone(self) -> None:
        """Nothing is left to do."""
        one = self.arrive(mail(ics()))
        named = ServerId(self.meetings.inbox, one.item)
        now(self.box.delete(named.folder, [named.item]))
        self.assertEqual(self.seen(one), [])

"""Meeting mail on its way: what it does to the calendars of both sides."""

from dataclasses import replace

from twisted.internet.defer import Deferred

from carbonio_mobile.errors import Conflict, Unavailable
from carbonio_mobile.ids import AccountId, OperationId
from carbonio_mobile.mailbox.delivery.local import SENT, standard_folder
from carbonio_mobile.mailbox.delivery.outbox import Outbox
from carbonio_mobile.pim.event import Event
from carbonio_mobile.pim.events import write_event
from carbonio_mobile.pim.itipmessages import invitation
from carbonio_mobile.sync.changes import NEWEST, OLDEST
from carbonio_mobile.sync.folders import FolderKind
from tests.unit.commands.meetingcase import mail
from tests.unit.delivery.rig import NOW, DeliveryCase
from tests.unit.pim.meetings import DAY, JOHN, MARY, START, ics, meeting, people, weekly

CALENDAR = standard_folder(FolderKind.CALENDAR)
WEEK = 7 * DAY


class SchedulingCase(DeliveryCase):
    """John organises, Mary attends; or the other way round."""

    def setUp(self) -> None:
        super().setUp()
        self.outbox: Outbox = self.make_outbox()
        self.outbox.start()

    async def events(self, account: AccountId) -> list[Event]:
        box = await self.mailboxes.open(account)
        page = await box.listing(CALENDAR, below=NEWEST, down_to=OLDEST, limit=100)
        items = sorted(head.item for head in page.heads)
        read = await box.objects(CALENDAR, items)
        return [one.record for one in read.values() if isinstance(one.record, Event)]

    async def post(self, source: bytes, sender: AccountId, to: str, *, operation: str = "") -> None:
        """Send a mail from one account here to another and wait until it is there."""
        self.numbers += 1
        await self.outbox.submit(
            sender,
            source,
            sender=MARY if sender == self.mary else JOHN,
            recipients=[to],
            sent_copy=source,
            operation=OperationId(operation or f"op-{self.numbers}"),
        )
        await self.settled(self.outbox)

    async def hold(self, event: Event) -> None:
        """Put a meeting into John's calendar."""
        box = await self.mailboxes.open(self.john)
        source = write_event(None, event, now=NOW)
        await box.add_object(CALENDAR, source, operation=OperationId("held"))


class SchedulingTests(SchedulingCase):
    """Between accounts of this server."""

    def test_an_invitation_stands_in_inbox_and_calendar(self) -> Deferred[None]:
        """Before the delivery is reported done."""

        async def run() -> None:
            event = meeting(attendees=people(MARY))
            calendar = invitation(event, None, now=NOW)
            await self.post(mail(calendar, sender=JOHN, to=(MARY,)), self.john, MARY)
            (letter,) = await self.mail(self.mary)
            self.assertEqual(letter.record.message_class, "IPM.Schedule.Meeting.Request")
            (found,) = await self.events(self.mary)
            self.assertEqual((found.uid, found.response), ("meeting-1", 5))
            self.assertEqual(found.organizer_address, JOHN)
            self.assertEqual(await self.events(self.john), [])
            self.assertEqual(len(await self.mail(self.john, SENT)), 1)

        return Deferred.fromCoroutine(run())

    def test_an_answer_reaches_the_organisers_copy(self) -> Deferred[None]:
        """RFC 5546 3.2.3: Mary's status."""

        async def run() -> None:
            await self.hold(meeting(attendees=people(MARY)))
            line = f"PARTSTAT=ACCEPTED:mailto:{MARY}"
            reply = ics("REPLY", organizer=JOHN, attendees=(line,))
            await self.post(mail(reply, "REPLY"), self.mary, JOHN)
            (found,) = await self.events(self.john)
            self.assertEqual(found.details.attendees[0].status, 3)

        return Deferred.fromCoroutine(run())

    def test_an_answer_in_anothers_name_does_not(self) -> Deferred[None]:
        """Who may write as whom is decided where the mail is handed in."""

        async def run() -> None:
            await self.hold(meeting(attendees=people("bob@example.com")))
            line = "PARTSTAT=DECLINED:mailto:bob@example.com"
            reply = ics("REPLY", organizer=JOHN, attendees=(line,))
            await self.post(mail(reply, "REPLY"), self.mary, JOHN)
            (found,) = await self.events(self.john)
            self.assertEqual(found.details.attendees[0].status, 5)
            self.assertEqual(len(await self.mail(self.john)), 1)

        return Deferred.fromCoroutine(run())

    def test_several_messages_of_one_meeting(self) -> Deferred[None]:
        """An occurrence first, then its series, an update, the end."""

        async def run() -> None:
            rule = ("RRULE:FREQ=WEEKLY;COUNT=10;BYDAY=MO",)
            second = ("RECURRENCE-ID;TZID=Europe/Rome:20270125T100000",)
            third = ("RECURRENCE-ID;TZID=Europe/Rome:20270201T100000",)
            for more in (second, third):
                await self.post(mail(ics(more=more)), self.mary, JOHN)
            self.assertEqual(
                [one.recurrence_id for one in await self.events(self.john)],
                [START + WEEK, START + 2 * WEEK],
            )
            await self.post(mail(ics(more=rule)), self.mary, JOHN)
            (series,) = await self.events(self.john)
            self.assertIsNotNone(series.recurrence)
            await self.post(mail(ics(more=rule, sequence=1, summary="Other")), self.mary, JOHN)
            (series,) = await self.events(self.john)
            self.assertEqual(series.details.subject, "Other")
            off = ics("CANCEL", more=rule, sequence=2)
            await self.post(mail(off, "CANCEL"), self.mary, JOHN)
            (series,) = await self.events(self.john)
            self.assertTrue(series.details.is_cancelled)
            self.assertEqual(len(await self.mail(self.john)), 5)

        return Deferred.fromCoroutine(run())

    def test_a_delivery_that_is_repeated_has_one_effect(self) -> Deferred[None]:
        """What the user deleted meanwhile does not come back."""

        async def run() -> None:
            source = mail(ics())
            account = await self.accounts.account(self.john)
            local = self.outbox.local
            letter = local.letter(
                source, sender=MARY, recipients=[JOHN], token="t1", origin="", protocol="LMTP"
            )
            await local.deliver(account, letter)
            box = await self.mailboxes.open(self.john)
            (found,) = await box.find_uid("meeting-1")
            await local.deliver(account, letter)
            self.assertEqual(await box.find_uid("meeting-1"), [found])
            await box.delete(CALENDAR, [found.item])
            await local.deliver(account, letter)
            self.assertEqual(await box.find_uid("meeting-1"), [])
            self.assertEqual(len(await self.mail(self.john)), 1)

        return Deferred.fromCoroutine(run())

    def test_spam_makes_no_entry(self) -> Deferred[None]:
        """An advertisement in the calendar would be worse than one in the Inbox."""

        async def run() -> None:
            await self.post(b"X-Spam-Flag: YES\r\n" + mail(ics()), self.mary, JOHN)
            self.assertEqual(await self.events(self.john), [])
            self.assertEqual(len(await self.mail(self.john)), 1)

        return Deferred.fromCoroutine(run())


class FaultTests(SchedulingCase):
    """The mail is never lost for its calendar."""

    def test_a_calendar_that_cannot_be_written(self) -> Deferred[None]:
        """It is logged, and the mail stands in the Inbox."""

        async def run() -> None:
            box = await self.mailboxes.open(self.john)

            async def away(*_: object, **__: object) -> None:
                raise Unavailable("locked")

            self.patch(box, "add_object", away)
            await self.post(mail(ics()), self.mary, JOHN)
            self.assertEqual(len(await self.mail(self.john)), 1)
            self.assertEqual(len(self.flushLoggedErrors(Unavailable)), 1)

        return Deferred.fromCoroutine(run())

    def test_an_entry_that_changes_meanwhile(self) -> Deferred[None]:
        """It is read again; in the end it is left alone."""

        async def run() -> None:
            await self.post(mail(ics()), self.mary, JOHN)
            box = await self.mailboxes.open(self.john)
            replace_object, tries, failing = box.replace_object, [], 3

            async def meddled(*args: object, **named: object) -> object:
                tries.append(args)
                if len(tries) <= failing:
                    raise Conflict("changed")
                return await replace_object(*args, **named)

            self.patch(box, "replace_object", meddled)
            await self.post(mail(ics(sequence=1)), self.mary, JOHN)
            self.assertEqual([one.sequence for one in await self.events(self.john)], [1])
            failing = 1000
            await self.post(mail(ics(sequence=2)), self.mary, JOHN)
            self.assertEqual([one.sequence for one in await self.events(self.john)], [1])
            self.assertEqual(len(await self.mail(self.john)), 3)

        return Deferred.fromCoroutine(run())

    def test_an_invitation_to_an_own_series_changes_nothing(self) -> Deferred[None]:
        """Whoever sends it."""

        async def run() -> None:
            own = replace(weekly(attendees=people(MARY)), sequence=0)
            await self.hold(own)
            before = await self.events(self.john)
            for organizer in (MARY, JOHN):
                await self.post(
                    mail(ics(sequence=9, organizer=organizer, summary="Mine")), self.mary, JOHN
                )
            self.assertEqual(await self.events(self.john), before)

        return Deferred.fromCoroutine(run())

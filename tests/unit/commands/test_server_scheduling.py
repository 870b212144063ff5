"""Calendars whose server invites and answers by itself: nobody is told twice, and nobody not."""

import re
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from carbonio_mobile.commands import meetings, sendmail
from carbonio_mobile.eas.times import format_datetime
from carbonio_mobile.eas.version import Version
from carbonio_mobile.ids import FolderId, OperationId
from carbonio_mobile.mailbox.memory import MemoryMailbox
from carbonio_mobile.pim.events import write_event
from carbonio_mobile.sync.folders import FolderKind
from carbonio_mobile.testing.rig import NOW, Rig
from carbonio_mobile.wbxml import Element
from carbonio_mobile.wbxml.codepages import Calendar, ComposeMail
from tests.unit.commands.calls import CommandTests, done
from tests.unit.commands.checked import CheckedPhone
from tests.unit.commands.meetingcase import calendar_in, mail, parsed
from tests.unit.commands.objectphone import (
    CALENDAR,
    ObjectPhone,
    Objects,
    add,
    change,
    delete,
    event,
)
from tests.unit.commands.test_meeting_forward import ForwardCase, body, forwardees
from tests.unit.commands.test_meetingresponse_command import (
    ACCEPT,
    DECLINE,
    TENTATIVE,
    MeetingResponseCase,
    send,
)
from tests.unit.pim.meetings import BOB, DAY, EVE, JOHN, MARY, START, ics, meeting, people, weekly


def scheduling(case: Any, *, is_on: bool = True) -> list[FolderId]:
    """Let all calendars of a test tell this; gives the folders that were asked about."""
    asked: list[FolderId] = []

    async def schedules(_box: MemoryMailbox, folder: FolderId) -> bool:
        asked.append(folder)
        return is_on

    case.patch(MemoryMailbox, "schedules", schedules)
    return asked


def noting(case: Any) -> list[str]:
    """Have calendars note what became of the mail to organisers: what stands last in the list."""
    statuses: list[str] = []
    line = re.compile(rb"^ORGANIZER(;SCHEDULE-STATUS=[^;:]*)?", re.MULTILINE)
    for name in ("add_object", "replace_object"):
        store = getattr(MemoryMailbox, name)

        async def noted(box: Any, *place: Any, store: Any = store, **more: Any) -> Any:
            *where, source = place
            text = line.sub(b"ORGANIZER;SCHEDULE-STATUS=" + statuses[-1].encode(), source)
            return await store(box, *where, text, **more)

        case.patch(MemoryMailbox, name, noted)
    return statuses


def with_guest() -> list[Element]:
    attendee = [Element(Calendar.Email, MARY), Element(Calendar.Name, "Mary")]
    return [Element(Calendar.Attendees, [Element(Calendar.Attendee, attendee)])]


class StoringTests(SynchronousTestCase):
    """Sync of devices of 16.x."""

    def sent(self, version: str, *, is_on: bool) -> list[str]:
        """Give the methods of what is mailed for an Add, a Change and a Delete, in order."""
        place = Objects(Rig(), CALENDAR)
        asked = scheduling(self, is_on=is_on)
        phone = ObjectPhone(place.rig, version)
        phone.settle(place.folder)
        said = phone.one(place.folder, add([*event("Plan", "", version), *with_guest()]))
        self.assertEqual(said.status, "1")
        new = [*event("Other plan", "", version), *with_guest()]
        changed = phone.one(place.folder, change(said.name, *new))
        self.assertEqual(changed.status, "1")
        self.assertEqual(place.get(said.name).record.sequence, 1)  # type: ignore[union-attr]
        phone.one(place.folder, delete(said.name))
        self.assertEqual(place.names(), set())
        self.assertEqual(set(asked), {place.folder})
        taken = place.rig.submission.taken.values()
        return [calendar_in(parsed(one.message)).method for one in taken]

    def test_what_is_stored_is_told_by_one(self) -> None:
        """MS-ASCMD_R7478, RFC 6638 3.2.1: the calendar's server, or this one where it does not."""
        for version in ("16.0", "16.1"):
            told = self.sent(version, is_on=False)
            self.assertEqual(told, ["REQUEST", "REQUEST", "CANCEL"])
            self.assertEqual(self.sent(version, is_on=True), [])

    def test_the_sequence_counts_up_all_the_same(self) -> None:
        """RFC 5546 2.1.4: it is the organiser's client that counts it."""
        rig = CommandTests()
        rig.setUp()
        call = rig.rig.call("Sync", None, Version.V16_1)
        other = meeting(subject="Other")
        after = done(meetings.mail_changes(call, meeting(), other, by_server=True))
        self.assertEqual(after.sequence, 1)
        self.assertEqual(rig.rig.submission.taken, {})


class AnswerTests(MeetingResponseCase):
    """MeetingResponse of 16.x, where the calendar's server answers the organiser."""

    def setUp(self) -> None:
        self.use("16.1")

    def use(self, version: str) -> None:
        MeetingResponseCase.setUp(self)
        self.phone = CheckedPhone(self.rig, version=version)
        self.asked = scheduling(self)

    def mailed(self) -> list[Any]:
        return [parsed(one.message) for one in self.meetings.sent()]

    def test_the_server_answers(self) -> None:
        """RFC 6638 3.2.2: what it learns from the calendar is not mailed; who was invited by mail
        too, and whoever has no entry yet, gets the same.
        """
        for schedule in (True, False):
            for answer, response in ((ACCEPT, 3), (TENTATIVE, 2)):
                self.use("16.1")
                item = self.meetings.arrive(mail(ics()), schedule=schedule)
                status, named = self.answer(item, answer, send=send())
                self.assertEqual(status, "1")
                self.assertTrue(named)
                event = self.meetings.event()
                self.assertEqual(event.details.attendees[0].status, response)
                self.assertEqual(self.mailed(), [])
                self.assertEqual(self.asked, [self.meetings.calendar])
                self.assertEqual(self.meetings.mails(), 0)

    def test_a_decline(self) -> None:
        """An entry that goes tells the server; where there is none, only a mail can tell."""
        for schedule, count in ((True, 0), (False, 1)):
            self.use("16.1")
            item = self.meetings.arrive(mail(ics()), schedule=schedule)
            self.assertEqual(self.answer(item, DECLINE, send=send()), ("1", None))
            self.assertEqual(self.meetings.events(), [])
            self.assertEqual(len(self.mailed()), count)

    def test_words_go_as_words(self) -> None:
        """What the user wrote is not lost; an empty text is none, whatever its tags."""
        for text, kind, count in (
            ("I come later", "1", 1),
            ("<p>I come later</p>", "2", 1),
            ("", "1", 0),
            ("<html><body> <br></body></html>", "2", 0),
        ):
            self.use("16.1")
            self.answer(self.invited(), send=send(text, kind=kind))
            messages = self.mailed()
            self.assertEqual(len(messages), count, text)
            for message in messages:
                self.assertEqual(message["Subject"], "Accepted: Plans")
                self.assertEqual(message["To"], MARY)
                kinds = {one.get_content_type() for one in message.walk()}
                self.assertNotIn("text/calendar", kinds)
                self.assertIn("I come later", message.get_body(("plain",)).get_content())

    def test_what_the_server_could_not_deliver(self) -> None:
        """RFC 6638 3.2.9: an answer that the server notes as failed is mailed as one."""
        statuses = noting(self)
        for status, count in (("1.1", 0), ("2.0", 0), ("5.2", 1), ('"1.1,3.7"', 1)):
            for schedule in (True, False):
                self.use("16.1")
                statuses.append(status)
                item = self.meetings.arrive(mail(ics()), schedule=schedule)
                self.assertEqual(self.answer(item, ACCEPT, send=send())[0], "1")
                self.assertEqual(len(self.mailed()), count, (status, schedule))
                for message in self.mailed():
                    self.assertEqual(message["To"], MARY)
                    self.assertEqual(calendar_in(message).method, "REPLY")

    def test_a_decline_after_what_could_not_be_delivered(self) -> None:
        """What the server noted last tells of the organiser whether it reaches them."""
        statuses = noting(self)
        for status, methods in (("1.1", []), ("5.2", ["REPLY", "REPLY"])):
            self.use("16.1")
            statuses.append(status)
            _, event = self.answer(self.invited(), ACCEPT, send=send())
            self.assertEqual(self.answer(event, DECLINE, send=send()), ("1", None))
            self.assertEqual([calendar_in(one).method for one in self.mailed()], methods)

    def test_another_time_is_mailed(self) -> None:
        """RFC 6638 knows no COUNTER."""
        self.answer(self.invited(), TENTATIVE, send=send(proposed=(START + 60, START + 3660)))
        (message,) = self.mailed()
        self.assertEqual(calendar_in(message).method, "COUNTER")

    def test_without_an_answer(self) -> None:
        """A device that wants none sent has none sent here."""
        self.answer(self.invited())
        self.assertEqual((self.mailed(), self.asked), ([], []))


class ForwardTests(ForwardCase):
    """Guests of an own meeting become attendees, whom the server invites."""

    def setUp(self) -> None:
        super().setUp()
        scheduling(self)

    def test_an_own_meeting(self) -> None:
        """The forward is a note without a calendar; the guest is an attendee."""
        for note, expected in (("Please come", "Please come"), ("", "Room 1")):
            ForwardCase.setUp(self)
            item = self.meetings.put(meeting(attendees=people(MARY)))
            self.assertEqual(self.send(item, forwardees(EVE), body(note)), "")
            (taken,) = self.meetings.sent()
            message = parsed(taken.message)
            self.assertEqual((taken.recipients, message["Subject"]), ((EVE,), "FW: Plans"))
            self.assertEqual({one.get_content_type() for one in message.walk()}, {"text/plain"})
            self.assertIn(expected, message.get_content())
            guests = [one.address for one in self.meetings.event().details.attendees]
            self.assertEqual(guests, [MARY, EVE])

    def test_what_no_server_invites_to(self) -> None:
        """Another's meeting, and one occurrence of an own one, go with their calendar."""
        theirs = self.foreign()
        self.assertEqual(self.send(theirs, forwardees(EVE)), "")
        own = self.meetings.put(weekly(uid="own", attendees=people(MARY)))
        instance = format_datetime(START + 7 * DAY)
        self.assertEqual(self.send(own, forwardees(EVE), instance=instance), "")
        told = [one for one in self.meetings.sent() if one.recipients == (EVE,)]
        methods = [calendar_in(parsed(one.message)).method for one in told]
        self.assertEqual(methods, ["REQUEST", "REQUEST"])


class MailOfDevicesTests(CommandTests):
    """Devices below 16.0 mail invitations themselves."""

    def store(self, *guests: str, organizer: str = JOHN) -> None:
        source = write_event(None, meeting(organizer=organizer, attendees=people(*guests)), now=NOW)
        calendar = done(self.rig.mailbox.hierarchy()).standard(FolderKind.CALENDAR)
        assert calendar is not None
        name = OperationId(f"put-{organizer}")
        done(self.rig.mailbox.add_object(calendar.id, source, operation=name))

    def send(self, *to: str, method: str = "REQUEST") -> list[tuple[str, ...]]:
        """Send a meeting mail; gives the recipients of what goes out."""
        self.rig.submission.taken.clear()
        calendar = ics(method, organizer=JOHN)
        mime = mail(calendar, method, sender=JOHN, to=to)
        children = [
            Element(ComposeMail.ClientId, f"c{to}{method}{self.id()}"[:40]),
            Element(ComposeMail.Mime, mime),
        ]
        document = Element(ComposeMail.SendMail, children)
        done(sendmail.respond(self.rig.call("SendMail", document, Version.V14_1)))
        return [one.recipients for one in self.rig.submission.taken.values()]

    def test_whom_the_server_invites(self) -> None:
        """Attendees of a stored meeting have it from the server; others get the mail."""
        scheduling(self)
        self.store(MARY)
        self.assertEqual(self.send(MARY), [])
        self.assertEqual(self.send(MARY, EVE), [(EVE,)])
        self.assertEqual(self.send(MARY, method="CANCEL"), [(MARY,)])

    def test_whom_it_does_not(self) -> None:
        """Where it does not schedule, before the meeting is stored, or where it is another's."""
        scheduling(self, is_on=False)
        self.store(MARY)
        self.assertEqual(self.send(MARY), [(MARY,)])
        self.setUp()
        scheduling(self)
        self.assertEqual(self.send(MARY), [(MARY,)])
        self.setUp()
        self.store(MARY, organizer=BOB)
        self.assertEqual(self.send(MARY), [(MARY,)])

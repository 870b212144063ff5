"""Meeting mail that the server sends for organisers, and the guard of what devices send."""

from dataclasses import replace
from typing import Any

from carbonio_mobile.commands import meetings, sendmail
from carbonio_mobile.eas.version import Version
from carbonio_mobile.pim.event import Event
from carbonio_mobile.pim.events import write_event
from carbonio_mobile.wbxml import Element
from carbonio_mobile.wbxml.codepages import ComposeMail
from tests.unit.commands.calls import NOW, CommandTests, done
from tests.unit.commands.meetingcase import calendar_in, mail, parsed
from tests.unit.pim.meetings import (
    BOB,
    DAY,
    EVE,
    JOHN,
    MARY,
    START,
    ics,
    meeting,
    moved,
    people,
    weekly,
)


class ChangeTests(CommandTests):
    """What an organiser's device of 16.x need not mail."""

    def change(
        self,
        before: Event | None,
        after: Event | None,
        version: Version = Version.V16_1,
        **more: Any,
    ) -> Event | None:
        call = self.rig.call("Sync", None, version)
        return done(meetings.mail_changes(call, before, after, **more))

    def sent(self) -> list[Any]:
        return list(self.rig.submission.taken.values())

    def told(self) -> list[tuple[str, str]]:
        """Give method and recipient of all that was sent."""
        found = []
        for one in self.sent():
            (recipient,) = one.recipients
            found.append((calendar_in(parsed(one.message)).method, recipient))
        return found

    def test_a_new_meeting_is_mailed_to_each_attendee(self) -> None:
        """MS-ASCMD_R7478: with From, subject and text, one Sent copy."""
        after = self.change(None, meeting(reminder_min=5, categories=("red",)))
        self.assertEqual(after, meeting(reminder_min=5, categories=("red",)))
        self.assertEqual(self.told(), [("REQUEST", MARY), ("REQUEST", BOB)])
        self.assertEqual([one.sent_copy is not None for one in self.sent()], [True, False])
        first, second = self.sent()
        self.assertEqual(first.message, second.message)
        message = parsed(first.message)
        self.assertEqual((first.sender, message["Subject"]), (JOHN, "Plans"))
        self.assertIn("john@example.com", message["From"])
        self.assertEqual(message["To"], f"Mary <{MARY}>, Bob <{BOB}>")
        found = calendar_in(message)
        event = found.event
        self.assertEqual((event.uid, event.organizer_address), ("meeting-1", JOHN))
        self.assertEqual((event.details.start, event.details.subject), (START, "Plans"))
        self.assertEqual((event.details.reminder_min, event.details.categories), (None, ()))
        self.assertTrue(event.response_requested)
        self.assertNotIn(b"X-CARBONIO-MOBILE", found.source)

    def test_below_16_the_device_mails(self) -> None:
        """classes.md 7.6."""
        for version in (Version.V2_5, Version.V12_1, Version.V14_1):
            self.assertEqual(self.change(None, meeting(), version), meeting())
        self.assertEqual(self.sent(), [])

    def test_a_change_that_is_repeated_is_mailed_once(self) -> None:
        """client-quirks 5.9, P1: whatever the phone repeats, and whenever."""
        changed = meeting(subject="Other")
        for n in range(50):
            self.rig.now = NOW + n * 1000
            after = self.change(meeting(), changed)
            assert after is not None
            self.assertEqual(after.sequence, 1)
        self.assertEqual(self.told(), [("REQUEST", MARY), ("REQUEST", BOB)])

    def test_another_device_that_does_the_same_mails_nothing(self) -> None:
        """The name of what is told does not follow from the device."""
        self.change(None, meeting())
        call = self.rig.call("Sync", None, Version.V16_0)
        key = replace(call.device.key, device="other")
        call = replace(call, device=replace(call.device, key=key))
        done(meetings.mail_changes(call, None, meeting()))
        self.assertEqual(len(self.sent()), 2)

    def test_a_cancellation_names_whom_it_is_for(self) -> None:
        """RFC 5546 3.2.5."""
        self.change(meeting(), meeting(attendees=people(MARY)))
        self.change(meeting(sequence=1), None)
        gone, *off = self.sent()
        message = parsed(gone.message)
        found = calendar_in(message)
        self.assertEqual((message["Subject"], gone.recipients), ("Canceled: Plans", (BOB,)))
        self.assertEqual((found.method, found.event.sequence), ("CANCEL", 1))
        self.assertTrue(found.says_cancelled)
        self.assertEqual([one.address for one in found.event.details.attendees], [BOB])
        last = calendar_in(parsed(off[0].message))
        self.assertEqual(last.event.sequence, 2)
        self.assertEqual(len(last.event.details.attendees), 2)

    def test_an_occurrence_is_told_alone(self) -> None:
        """RFC 5546 3.2.2: RECURRENCE-ID, and no rule."""
        series = weekly()
        at = START + 7 * DAY
        self.change(series, replace(series, exceptions=(moved(series, at, subject="Later"),)))
        message = parsed(self.sent()[0].message)
        event = calendar_in(message).event
        self.assertEqual(message["Subject"], "Later")
        self.assertEqual((event.recurrence_id, event.recurrence), (at, None))
        self.assertEqual(event.details.start, at + 3600)

    def test_what_activesync_cannot_say_goes_along(self) -> None:
        """design.md 2: the invitation is made from the stored text."""
        source = write_event(None, meeting(), now=NOW).replace(
            b"END:VEVENT", b"X-SOMETHING:kept\r\nX-CARBONIO-MOBILE-Z:no\r\nEND:VEVENT"
        )
        self.change(meeting(), meeting(subject="Other"), source=source)
        found = calendar_in(parsed(self.sent()[0].message))
        self.assertIn(b"X-SOMETHING:kept", found.source)
        self.assertNotIn(b"X-CARBONIO-MOBILE", found.source)
        self.assertEqual(found.event.details.subject, "Other")

    def test_three_hundred_attendees(self) -> None:
        """client-quirks 12."""
        guests = people(*(f"a{n}@example.org" for n in range(300)))
        self.change(None, meeting(attendees=guests))
        self.assertEqual(len(self.told()), 300)

    def test_an_attendees_change_is_nobodys_business(self) -> None:
        """client-quirks 8.7."""
        before = meeting(organizer=MARY, attendees=people(JOHN, BOB))
        after = replace(before, details=replace(before.details, subject="Mine"))
        self.assertEqual(self.change(before, after), after)
        self.change(before, None)
        self.assertEqual(self.sent(), [])


class GuardTests(CommandTests):
    """client-quirks 5.9: per meeting and attendee at most one mail per sequence."""

    def setUp(self) -> None:
        super().setUp()
        self.number = 0

    def send(self, source: bytes, *, later_s: float = 1000.0) -> None:
        """Send a message as a new one: another ClientId, date, id and boundary."""
        self.number += 1
        self.rig.now += later_s
        fresh = source.replace(b"invitation@", b"n%d@" % self.number)
        fresh = fresh.replace(b"=_a", b"=_b%d" % self.number)
        children = [
            Element(ComposeMail.ClientId, f"c{self.number}"),
            Element(ComposeMail.SaveInSentItems),
            Element(ComposeMail.Mime, fresh),
        ]
        document = Element(ComposeMail.SendMail, children)
        call = self.rig.call("SendMail", document, Version.V14_1)
        self.assertIsNone(done(sendmail.respond(call)).document)

    def invitation(self, *to: str, method: str = "REQUEST", **more: Any) -> bytes:
        stamp = f"20270114T0800{self.number:02d}Z"
        calendar = ics(method, **{"organizer": JOHN, "stamp": stamp, **more})
        return mail(calendar, method, sender=JOHN, to=to or (MARY,))

    def recipients(self) -> list[tuple[str, ...]]:
        return [one.recipients for one in self.rig.submission.taken.values()]

    def test_fifty_repeats_of_an_invitation_are_one_mail(self) -> None:
        """Each as a new message, over most of a day."""
        for _ in range(50):
            self.send(self.invitation())
        self.assertEqual(self.recipients(), [(MARY,)])

    def test_below_14_too(self) -> None:
        """Where a message has no ClientId."""
        for n in range(50):
            self.rig.now += 1000
            source = self.invitation().replace(b"invitation@", b"n%d@" % n)
            call = self.rig.call("SendMail", None, Version.V12_1, body=source, save_in_sent=True)
            done(sendmail.respond(call))
        self.assertEqual(self.recipients(), [(MARY,)])

    def test_only_those_get_it_who_were_not_told(self) -> None:
        """A new attendee gets the invitation, the others not again."""
        self.send(self.invitation(MARY))
        self.send(self.invitation(MARY, BOB))
        self.send(self.invitation(BOB, MARY))
        self.assertEqual(self.recipients(), [(MARY,), (BOB,)])

    def test_whatever_is_new_goes_out(self) -> None:
        """Another sequence, time, subject, text, attendee, occurrence, meeting, method."""
        eve = f"PARTSTAT=NEEDS-ACTION:mailto:{EVE}"
        second = ("RECURRENCE-ID:20270125T090000Z",)
        news = [
            self.invitation(),
            self.invitation(sequence=1),
            self.invitation(sequence=1, end="DTEND:20270118T120000Z"),
            self.invitation(sequence=1, summary="Other"),
            self.invitation(sequence=1, summary="Other", attendees=(eve,)),
            self.invitation(sequence=1, more=second),
            self.invitation(uid="other"),
            self.invitation(method="CANCEL"),
            self.invitation(),
            self.invitation().replace(b"Let us meet.", b"Let us meet at last."),
            self.invitation().replace(b"Subject: Plans", b"Subject: Our plans"),
        ]
        for count, source in enumerate(news, 1):
            self.send(source)
            self.assertEqual(len(self.recipients()), count)
            self.send(source)
            self.assertEqual(len(self.recipients()), count)

    def test_an_answer_may_be_changed_back(self) -> None:
        """And the same one be sent again after a while, for the organiser may ask again."""
        answers = [f"PARTSTAT={one}:mailto:{JOHN}" for one in ("ACCEPTED", "DECLINED", "ACCEPTED")]
        for line in answers:
            for _ in range(20):
                reply = self.invitation(method="REPLY", organizer=MARY, attendees=(line,))
                self.send(reply, later_s=10)
        self.assertEqual(len(self.recipients()), 3)
        self.send(self.invitation(method="REPLY", organizer=MARY, attendees=(line,)), later_s=601)
        self.assertEqual(len(self.recipients()), 4)

    def test_a_week_later_it_is_no_repeat(self) -> None:
        """Somebody may have lost it."""
        self.send(self.invitation())
        self.send(self.invitation(), later_s=7 * DAY)
        self.assertEqual(len(self.recipients()), 2)

    def test_ordinary_mail_is_not_looked_at(self) -> None:
        """The same words to the same person twice are two letters."""
        for _ in range(2):
            self.send(b"To: mary@example.com\r\nSubject: x\r\n\r\nHello\r\n")
        self.assertEqual(len(self.recipients()), 2)

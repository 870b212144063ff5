"""MeetingResponse, from request to answer, over memory backends."""

from dataclasses import replace

from twisted.trial.unittest import SynchronousTestCase

from carbonio_mobile.eas.longid import LongId
from carbonio_mobile.eas.times import format_compact, format_datetime
from carbonio_mobile.errors import Conflict, Unavailable
from carbonio_mobile.ids import ServerId
from carbonio_mobile.pim.event import Event, Occurrence
from carbonio_mobile.pim.events import write_event
from carbonio_mobile.sync.folders import FolderKind
from carbonio_mobile.testing.rig import NOW, Rig, now
from carbonio_mobile.wbxml import Element
from carbonio_mobile.wbxml.codepages import (
    AirSyncBase,
    Calendar,
    Email,
    MeetingResponse,
    Search,
)
from tests.unit.commands.checked import ALL_VERSIONS, CheckedPhone
from tests.unit.commands.meetingcase import Meetings, calendar_in, mail, parsed
from tests.unit.pim.meetings import DAY, JOHN, MARY, START, ics, meeting, people, weekly

ACCEPT, TENTATIVE, DECLINE = "1", "2", "3"
WEEK = 7 * DAY
RULE = ("RRULE:FREQ=WEEKLY;COUNT=10;BYDAY=MO",)


def request(
    item: str | None,
    answer: str = ACCEPT,
    *,
    folder: str | None = None,
    long_id: str | None = None,
    instance: str | None = None,
    send: Element | None = None,
) -> Element:
    """Give one Request."""
    if folder is None and item is not None:
        folder = item.rpartition(":")[0]
    return Element(
        MeetingResponse.Request,
        [
            Element(MeetingResponse.UserResponse, answer),
            Element(MeetingResponse.CollectionId, folder) if folder else None,
            Element(MeetingResponse.RequestId, item) if item else None,
            Element(Search.LongId, long_id) if long_id else None,
            None if instance is None else Element(MeetingResponse.InstanceId, instance),
            send,
        ],
    )


def send(
    text: str | None = None, *, kind: str = "1", proposed: tuple[float, float] | None = None
) -> Element:
    """Give a SendResponse."""
    body = None
    if text is not None:
        body = Element(
            AirSyncBase.Body, [Element(AirSyncBase.Type, kind), Element(AirSyncBase.Data, text)]
        )
    times = []
    if proposed is not None:
        tags = (MeetingResponse.ProposedStartTime, MeetingResponse.ProposedEndTime)
        times = [Element(tag, format_compact(at)) for tag, at in zip(tags, proposed, strict=True)]
    return Element(MeetingResponse.SendResponse, [body, *times])


class MeetingResponseCase(SynchronousTestCase):
    """John with a phone of 14.1; Mary invites."""

    def setUp(self) -> None:
        self.rig = Rig()
        self.meetings = Meetings(self.rig)
        self.phone = CheckedPhone(self.rig, version="14.1")

    def use(self, version: str) -> None:
        """Begin anew with another version."""
        self.setUp()
        self.phone = CheckedPhone(self.rig, version=version)

    def results(self, *requests: Element) -> list[Element]:
        document = Element(MeetingResponse.MeetingResponse, list(requests))
        return list(self.phone.ask("MeetingResponse", document))

    def answer(self, *args: str | None, **named: str | Element | None) -> tuple[str, str | None]:
        """Post one answer; gives status and calendar id."""
        (result,) = self.results(request(*args, **named))  # type: ignore[arg-type]
        return (
            result.value(MeetingResponse.Status, ""),
            result.value(MeetingResponse.CalendarId),
        )

    def invited(self, **more: object) -> str:
        return self.meetings.arrive(mail(ics(**more)))  # type: ignore[arg-type]

    def series(self, **changes: object) -> str:
        """Give John a series of Mary's."""
        event = weekly(organizer=MARY, attendees=people(JOHN), response=5, busy_status=1)
        return self.meetings.put(replace(event, **changes))  # type: ignore[arg-type]


class AnswerTests(MeetingResponseCase):
    """What an answer does."""

    def test_an_accepted_meeting_is_in_the_calendar(self) -> None:
        """MS-ASCMD_R831, MS-ASCMD_R830, MS-ASCMD_R3843, MS-ASCMD_R5071,
        MS-ASCMD_R5089, MS-ASCMD_R5723, MS-ASCMD_R4180, MS-ASCMD_R3807, MS-ASCMD_R5868: at every
        version the entry that the invitation made is updated and named.

        MS-ASCMD_R6064, MS-ASCMD_R6065, MS-ASCMD_R6066, MS-ASCMD_R6067, MS-ASCMD_R6067100601.
        """
        for version in ALL_VERSIONS:
            self.use(version)
            item = self.invited()
            (entry,) = self.meetings.objects()
            named = str(ServerId(entry.folder, entry.item))
            self.assertEqual(self.answer(item), ("1", named), version)
            event = self.meetings.event()
            self.assertEqual((event.response, event.details.busy_status), (3, 2))
            self.assertEqual(event.replied_at, NOW)
            self.assertEqual(event.details.attendees[0].status, 3)
            self.assertLessEqual(len(named), 64)
            self.assertEqual(self.meetings.sent(), [], "below 16.0 the device sends the mail")

    def test_an_accepted_meeting_that_was_not_there_is_added(self) -> None:
        """MS-ASCMD_R831, MS-ASCMD_R5678: a new item, and its server id."""
        for answer, response, busy in ((ACCEPT, 3, 2), (TENTATIVE, 2, 1)):
            self.use("14.1")
            item = self.meetings.arrive(mail(ics()), schedule=False)
            status, named = self.answer(item, answer)
            (entry,) = self.meetings.objects()
            self.assertEqual((status, named), ("1", str(ServerId(entry.folder, entry.item))))
            event = self.meetings.event()
            self.assertEqual((event.response, event.details.busy_status), (response, busy))

    def test_a_tentative_answer(self) -> None:
        """MS-ASCMD_R5790, MS-ASCMD_R5724: the entry is updated and named."""
        item = self.invited()
        status, named = self.answer(item, TENTATIVE)
        self.assertEqual(status, "1")
        self.assertTrue(named)
        event = self.meetings.event()
        self.assertEqual((event.response, event.details.attendees[0].status), (2, 2))

    def test_a_declined_meeting_leaves_the_calendar(self) -> None:
        """MS-ASCMD_R837, MS-ASCMD_R5072, MS-ASCMD_R5725: no CalendarId, no entry."""
        for version in ALL_VERSIONS:
            self.use(version)
            self.assertEqual(self.answer(self.invited(), DECLINE), ("1", None))
            self.assertEqual(self.meetings.events(), [])

    def test_the_request_goes_to_the_trash(self) -> None:
        """commands.md 12: it disappears from the Inbox."""
        self.answer(self.invited())
        self.assertEqual(self.meetings.mails(), 0)
        self.assertEqual(self.meetings.mails(FolderKind.TRASH), 1)

    def test_the_organisers_busy_status_counts_for_who_accepts(self) -> None:
        """And is remembered for an answer from the calendar."""
        self.invited(more=("X-MICROSOFT-CDO-INTENDEDSTATUS:OOF",))
        (entry,) = self.meetings.objects()
        self.answer(str(ServerId(entry.folder, entry.item)))
        self.assertEqual(self.meetings.event().details.busy_status, 3)

    def test_the_calendar_item_may_be_named(self) -> None:
        """MS-ASCMD_R5707, MS-ASCMD_R5708, MS-ASCMD_R5709; client-quirks 4.6: at any version, for
        Outlook does so; an answer may be changed.
        """
        for version in ALL_VERSIONS:
            self.use(version)
            self.invited()
            (entry,) = self.meetings.objects()
            named = str(ServerId(entry.folder, entry.item))
            for answer, response in ((ACCEPT, 3), (TENTATIVE, 2), (ACCEPT, 3)):
                self.assertEqual(self.answer(named, answer), ("1", named))
                self.assertEqual(self.meetings.event().response, response)
            self.assertEqual(self.answer(named, DECLINE), ("1", None))
            self.assertEqual(self.meetings.events(), [])

    def test_a_search_hit_may_be_named(self) -> None:
        """MS-ASCMD_R5374: without a RequestId in the request there is none in the answer."""
        item = ServerId.parse(self.invited())
        (result,) = self.results(request(None, long_id=str(LongId(item.folder, item.item))))
        self.assertEqual(result.value(MeetingResponse.Status), "1")
        self.assertFalse(result.has(MeetingResponse.RequestId))

    def test_a_forwarded_invitation_makes_a_guest(self) -> None:
        """John is not among the attendees: he is one from then on."""
        item = self.invited(attendees=())
        self.assertEqual(self.answer(item)[0], "1")
        (john,) = self.meetings.event().details.attendees
        self.assertEqual((john.address, john.kind, john.status), (JOHN, 2, 3))

    def test_an_old_invitation_answers_for_the_newest_version(self) -> None:
        """The entry stays at what the update said."""
        item = self.invited()
        self.invited(sequence=1, summary="Newer")
        self.assertEqual(self.answer(item)[0], "1")
        event = self.meetings.event()
        self.assertEqual((event.details.subject, event.response), ("Newer", 3))

    def test_requests_are_answered_one_by_one_in_order(self) -> None:
        """MS-ASCMD_R3840, MS-ASCMD_R2508, MS-ASCMD_R2511, MS-ASCMD_R2731, MS-ASCMD_R4175: a Result
        with a Status each; MS-ASCMD_R2467.
        """
        items = [self.invited(uid=f"m{n}") for n in range(3)]
        results = self.results(
            request(items[0]), request("2:999"), request(items[1], DECLINE), request(items[2])
        )
        self.assertEqual(
            [
                (one.value(MeetingResponse.RequestId), one.value(MeetingResponse.Status))
                for one in results
            ],
            [(items[0], "1"), ("2:999", "2"), (items[1], "1"), (items[2], "1")],
        )
        self.assertEqual(len(self.meetings.events()), 2)


class InstanceTests(MeetingResponseCase):
    """One occurrence of a series."""

    def at(self, week: int) -> str:
        return format_datetime(START + week * WEEK)

    def test_one_occurrence_is_answered(self) -> None:
        """MS-ASCMD_R6708, MS-ASCMD_R6711: InstanceId comes back; the others are not touched."""
        for version in ("14.1", "16.0", "16.1"):
            self.use(version)
            item = self.series()
            (result,) = self.results(request(item, instance=self.at(1)))
            self.assertEqual(result.value(MeetingResponse.Status), "1")
            self.assertEqual(result.value(MeetingResponse.InstanceId), self.at(1))
            self.assertEqual(result.value(MeetingResponse.CalendarId), item)
            event = self.meetings.event()
            (one,) = event.exceptions
            self.assertEqual((one.original, one.response, one.replied_at), (START + WEEK, 3, NOW))
            self.assertEqual(event.response, 5)

    def test_one_occurrence_is_declined(self) -> None:
        """It is taken out, the series stays; MS-ASCMD_R837."""
        item = self.series()
        self.assertEqual(self.answer(item, DECLINE, instance=self.at(1)), ("1", None))
        self.assertEqual(self.meetings.event().exceptions, (Occurrence(original=START + WEEK),))

    def test_without_an_instance_all_are_answered(self) -> None:
        """MS-ASCMD_R3191: exceptions too."""
        item = self.series()
        self.answer(item, TENTATIVE, instance=self.at(2))
        self.answer(item, ACCEPT)
        event = self.meetings.event()
        self.assertEqual((event.response, event.exceptions[0].response), (3, 3))

    def test_what_an_instance_may_not_be(self) -> None:
        """MS-ASCMD_R3195 (104), MS-ASCMD_R3196 (146), MS-ASCMD_R4185, MS-ASCMD_R4186 (2)."""
        series, mail_id = self.series(), self.invited(uid="single")
        single = str(ServerId(self.meetings.calendar, self.meetings.objects()[1].item))
        gone = self.at(3)
        self.answer(series, DECLINE, instance=gone)
        table = [
            (series, "20270125T090000Z", "104"),
            (series, "2027-01-25", "104"),
            (series, "2027-13-25T09:00:00.000Z", "104"),
            (series, "2027-01-26T09:00:00.000Z", "2"),
            (series, self.at(10), "2"),
            (series, gone, "2"),
            (series, "", "2"),
            (single, self.at(0), "146"),
            (mail_id, self.at(0), "2"),
        ]
        for item, instance, status in table:
            with self.subTest(instance=instance, item=item):
                self.assertEqual(self.answer(item, instance=instance), (status, None))

    def test_versions_that_do_not_know_instances(self) -> None:
        """MS-ASCMD_R6712: status 2, and nothing is done."""
        for version in ("2.5", "12.0", "12.1", "14.0"):
            self.use(version)
            item = self.series()
            document = Element(
                MeetingResponse.MeetingResponse, [request(item, instance=self.at(1))]
            )
            response = self.phone.send("MeetingResponse", document)
            (result,) = self.phone.told(response, "MeetingResponse")
            self.assertEqual(result.value(MeetingResponse.Status), "2")
            self.assertEqual(self.meetings.event().exceptions, ())

    def test_an_orphan_is_answered_by_its_own_instance(self) -> None:
        """Its entry is that one occurrence."""
        item = self.series(recurrence=None, recurrence_id=START)
        self.assertEqual(self.answer(item, instance=self.at(1)), ("2", None))
        self.assertEqual(self.answer(item, instance=self.at(0)), ("1", item))
        self.assertEqual(self.answer(item, DECLINE, instance=self.at(0)), ("1", None))
        self.assertEqual(self.meetings.events(), [])


class RefusalTests(MeetingResponseCase):
    """What cannot be answered."""

    def test_own_meetings_and_what_is_no_meeting(self) -> None:
        """MS-ASCMD_R4182, MS-ASCMD_R4183, MS-ASCMD_R4184: status 2."""
        own = self.meetings.put(meeting(attendees=people(MARY)))
        plain = self.meetings.put(meeting(uid="p", organizer="", attendees=()))
        letter = self.meetings.arrive(b"From: mary@example.com\r\nSubject: hello\r\n\r\nHello\r\n")
        foreign = self.meetings.arrive(mail(ics(uid="x", organizer=JOHN)))
        off = self.meetings.arrive(mail(ics("CANCEL", uid="y"), "CANCEL"))
        before = self.meetings.events()
        for item in (own, plain, letter, foreign, off, "2:4711", "4711:1", "no id of ours"):
            with self.subTest(item=item):
                self.assertEqual(self.answer(item, folder="2"), ("2", None))
        self.assertEqual(self.meetings.events(), before)
        self.assertEqual(self.meetings.mails(), 3)

    def test_a_cancelled_meeting_can_only_be_removed(self) -> None:
        """Declining takes it off the calendar."""
        item = self.invited()
        self.meetings.arrive(mail(ics("CANCEL", sequence=1), "CANCEL"))
        self.assertEqual(self.answer(item)[0], "2")
        self.assertEqual(self.answer(item, DECLINE), ("1", None))
        self.assertEqual(self.meetings.events(), [])

    def test_ids_that_do_not_go_together(self) -> None:
        """MS-ASCMD_R4821, MS-ASCMD_R7036: 105 from 14.0 on."""
        item = self.invited()
        named = ServerId.parse(item)
        long_id = str(LongId(named.folder, named.item))
        self.assertEqual(self.answer(item, long_id=long_id), ("105", None))
        self.assertEqual(self.answer(None, folder="2"), ("2", None))
        self.assertEqual(self.answer(item, "4"), ("2", None))
        self.assertEqual(self.answer(None, long_id="nonsense"), ("2", None))

    def test_a_hundred_answers_at_most(self) -> None:
        """MS-ASCMD_R5650: 103."""
        many = [request("2:999")] * 101
        (result,) = self.results(*many)
        self.assertEqual(result.value(MeetingResponse.Status), "103")
        self.assertEqual(len(self.results(*many[:100])), 100)
        for version, requests in (("12.1", many), ("12.1", []), ("2.5", many)):
            self.phone = CheckedPhone(self.rig, version=version)
            document = Element(MeetingResponse.MeetingResponse, list(requests))
            self.assertEqual(self.phone.send("MeetingResponse", document).code, 400)

    def test_a_mailbox_that_is_away(self) -> None:
        """MS-ASCMD_R4189: 3, and a repeat tries again."""
        item = self.invited()
        box = self.rig.mailbox()

        def away(*_: object, **__: object) -> None:
            raise Unavailable("locked")

        self.patch(box, "replace_object", away)
        self.assertEqual(self.answer(item), ("3", None))
        self.meetings = Meetings(self.rig)
        del box.replace_object
        self.assertEqual(self.answer(item)[0], "1")

    def test_a_failing_answer_is_looked_at_once(self) -> None:
        """client-quirks 4.6: it is repeated without pause."""
        self.answer("2:999")
        asked = []
        self.patch(self.rig.mailbox(), "read", lambda *_: asked.append(1))
        for _ in range(50):
            self.assertEqual(self.answer("2:999"), ("2", None))
        self.assertEqual(asked, [])


class MailTests(MeetingResponseCase):
    """The mail that the server sends from 16.0 on."""

    def reply(self) -> tuple[object, object]:
        (sent,) = self.meetings.sent()
        self.assertEqual((sent.sender, sent.recipients), (JOHN, (MARY,)))
        self.assertEqual(sent.sent_copy, sent.message)
        message = parsed(sent.message)
        self.assertEqual(message["In-Reply-To"], "<invitation@example.com>")
        return message, calendar_in(message)

    def test_no_mail_without_send_response(self) -> None:
        """MS-ASCMD_R7113; below 16.0 the element is not known (MS-ASCMD_R268)."""
        self.use("16.1")
        self.answer(self.invited())
        self.assertEqual(self.meetings.sent(), [])

    def test_an_empty_send_response_sends_no_text(self) -> None:
        """MS-ASCMD_R7114, MS-ASCMD_R6062."""
        for version in ("16.0", "16.1"):
            for answer, word, status in (
                (ACCEPT, "Accepted", 3),
                (TENTATIVE, "Tentative", 2),
                (DECLINE, "Declined", 4),
            ):
                self.use(version)
                self.answer(self.invited(), answer, send=send())
                message, found = self.reply()
                self.assertEqual(message["Subject"], f"{word}: Plans")  # type: ignore[index]
                body = message.get_body(("plain",))  # type: ignore[attr-defined]
                self.assertEqual(body.get_content().strip(), "")
                self.assertEqual(found.method, "REPLY")  # type: ignore[attr-defined]
                event: Event = found.event  # type: ignore[attr-defined]
                self.assertEqual(event.uid, "meeting-1")
                self.assertEqual(
                    [(one.address, one.status) for one in event.details.attendees], [(JOHN, status)]
                )

    def test_the_text_goes_along(self) -> None:
        """MS-ASCMD_R7115: plain or HTML; programs find it as the comment."""
        for kind, text in (("1", "See you, Mary"), ("2", "<p>See <b>you</b>, Mary</p>")):
            self.use("16.1")
            self.answer(self.invited(), send=send(text, kind=kind))
            message, found = self.reply()
            self.assertIn("See you, Mary", message.get_body(("plain",)).get_content())  # type: ignore[attr-defined]
            self.assertIn("See you, Mary", found.comment)  # type: ignore[attr-defined]
            html = message.get_body(("html",))  # type: ignore[attr-defined]
            self.assertEqual(html is not None, kind == "2")

    def test_another_time_is_proposed(self) -> None:
        """MS-ASCMD_R69901704, MS-ASCMD_R69901725: 16.1, both ends of it."""
        self.use("16.1")
        item = self.invited()
        times = (START + DAY, START + DAY + 1800)
        self.assertEqual(self.answer(item, TENTATIVE, send=send("", proposed=times))[0], "1")
        message, found = self.reply()
        self.assertEqual(message["Subject"], "New Time Proposed: Plans")  # type: ignore[index]
        details = found.event.details  # type: ignore[attr-defined]
        self.assertEqual(found.method, "COUNTER")  # type: ignore[attr-defined]
        self.assertEqual((details.start, details.end), times)
        event = self.meetings.event()
        self.assertEqual((event.details.start, event.details.attendees[0].proposed), (START, times))

    def test_half_a_proposal_is_none(self) -> None:
        """MS-ASCMD_R69901704, MS-ASCMD_R69901725."""
        self.use("16.1")
        item = self.invited()
        for tag in (MeetingResponse.ProposedStartTime, MeetingResponse.ProposedEndTime):
            for text in ("20270119T090000Z", "nonsense"):
                half = Element(MeetingResponse.SendResponse, [Element(tag, text)])
                self.assertEqual(self.answer(item, send=half), ("2", None))
        self.assertEqual(self.meetings.sent(), [])

    def test_an_occurrence_is_named_in_the_mail(self) -> None:
        """RFC 5546 3.2.3: by its RECURRENCE-ID."""
        self.use("16.1")
        item = self.series()
        self.answer(item, instance=format_datetime(START + WEEK), send=send())
        (sent,) = self.meetings.sent()
        found = calendar_in(parsed(sent.message))
        self.assertEqual(found.event.recurrence_id, START + WEEK)
        self.assertEqual(found.event.details.start, START + WEEK)

    def test_who_was_invited_by_an_alias_answers_by_it(self) -> None:
        """Else the organiser's program finds nobody of that name."""
        alias = "johnny@example.com"
        self.use("16.1")
        self.rig.accounts.remove(self.rig.account)
        self.rig.accounts.add(Rig.ADDRESS, Rig.PASSWORD, aliases=[alias])
        line = f"PARTSTAT=NEEDS-ACTION:mailto:{alias}"
        self.answer(self.invited(attendees=(line,)), send=send())
        (sent,) = self.meetings.sent()
        self.assertEqual(sent.sender, alias)
        found = calendar_in(parsed(sent.message))
        self.assertEqual(found.event.details.attendees[0].address, alias)


class RepeatTests(MeetingResponseCase):
    """Answers that get lost, and devices that repeat."""

    def test_a_repeated_answer_has_the_same_result_and_no_second_effect(self) -> None:
        """P1: the mail goes out once, the entry is the same."""
        for answer in (ACCEPT, TENTATIVE, DECLINE):
            for known in (True, False):
                self.use("16.1")
                item = self.meetings.arrive(mail(ics()), schedule=known)
                first = self.answer(item, answer, send=send("yes"))
                before = self.meetings.objects()
                for _ in range(50):
                    self.assertEqual(self.answer(item, answer, send=send("yes")), first)
                self.assertEqual(len(self.meetings.sent()), 1)
                self.assertEqual(self.meetings.objects(), before)

    def test_a_repeat_after_the_memory_was_lost(self) -> None:
        """A crash before the answer was remembered: the same again, found by its operation."""
        for answer in (ACCEPT, TENTATIVE, DECLINE):
            self.use("16.1")
            item = self.meetings.arrive(mail(ics()), schedule=False)
            keys = self.rig.store
            saved = keys.commit

            async def lost(*_: object) -> None:
                raise Unavailable("killed")

            keys.commit = lost  # type: ignore[method-assign]
            self.phone.send(
                "MeetingResponse",
                Element(MeetingResponse.MeetingResponse, [request(item, answer, send=send("yes"))]),
            )
            keys.commit = saved  # type: ignore[method-assign]
            self.assertEqual(self.answer(item, answer, send=send("yes"))[0], "1")
            self.assertEqual(len(self.meetings.sent()), 1)
            self.assertEqual(len(self.meetings.events()), answer != DECLINE)

    def test_a_mind_may_be_changed_and_changed_again(self) -> None:
        """Each change is told: the third mail says what the first said, and is news."""
        self.use("16.1")
        self.invited()
        (entry,) = self.meetings.objects()
        named = str(ServerId(entry.folder, entry.item))
        for count, answer in enumerate((ACCEPT, TENTATIVE, ACCEPT, TENTATIVE), 1):
            self.answer(named, answer, send=send())
            self.assertEqual(len(self.meetings.sent()), count)

    def test_an_event_that_changes_meanwhile_is_read_again(self) -> None:
        """The answer is entered into what is there then, once told."""
        self.use("16.1")
        item = self.invited()
        box = self.rig.mailbox()
        replace_object, tries = box.replace_object, []

        async def meddled(*args: object, **named: object) -> object:
            tries.append(args)
            if len(tries) < 3:
                raise Conflict("changed")
            return await replace_object(*args, **named)

        self.patch(box, "replace_object", meddled)
        self.assertEqual(self.answer(item, send=send())[0], "1")
        self.assertEqual((len(tries), len(self.meetings.sent())), (3, 1))

    def test_another_device_answers_too(self) -> None:
        """Its answer is its own."""
        item = self.invited()
        self.answer(item)
        self.phone = CheckedPhone(self.rig, version="14.1", device="phone2")
        self.assertEqual(self.answer(item, DECLINE), ("1", None))
        self.assertEqual(self.meetings.events(), [])

    def test_what_the_text_layer_wrote_is_what_was_invited(self) -> None:
        """design.md 2: a change is a patch."""
        item = self.invited(more=("X-SOMETHING:kept",))
        self.answer(item)
        (entry,) = self.meetings.objects()
        self.assertIn(b"X-SOMETHING:kept\r\n", entry.source)
        self.assertEqual(write_event(entry.source, self.meetings.event(), now=NOW), entry.source)
        self.assertEqual(now(self.rig.mailbox().find_uid("meeting-1"))[0], entry)


class SyncTests(MeetingResponseCase):
    """What the attendee's device is told by Sync."""

    def test_invitation_and_entry_are_synced(self) -> None:
        """MS-ASCMD_R7480, MS-ASCMD_R7481, MS-ASEMAIL_R16, MS-ASEMAIL_R17: in both folders;
        MS-ASCMD_R5068, MS-ASCMD_R5828, MS-ASCMD_R5085: as a meeting request.

        MS-ASCMD_R5094: after the answer the entry is told as it is then; MS-ASCAL_R418,
        MS-ASCAL_R414, MS-ASCAL_R412: ResponseType; MS-ASCAL_R312.
        """
        for answer, told in ((ACCEPT, "3"), (TENTATIVE, "2")):
            self.use("14.1")
            inbox, calendar = self.meetings.inbox, self.meetings.calendar
            self.phone.prime(inbox)
            self.phone.prime(calendar)
            item = self.invited()
            self.phone.settle(inbox)
            self.phone.settle(calendar)
            request_mail = self.phone.items[inbox][item]
            self.assertEqual(request_mail.value(Email.MessageClass), "IPM.Schedule.Meeting.Request")
            self.assertTrue(request_mail.has(Email.MeetingRequest))
            ((entry, shown),) = self.phone.items[calendar].items()
            self.assertEqual(shown.value(Calendar.ResponseType), "5")
            self.assertEqual(shown.value(Calendar.MeetingStatus), "3")
            self.assertEqual(self.answer(item, answer), ("1", entry))
            self.phone.settle(inbox)
            self.phone.settle(calendar)
            self.assertEqual(self.phone.items[inbox], {})
            self.assertEqual(self.phone.items[calendar][entry].value(Calendar.ResponseType), told)

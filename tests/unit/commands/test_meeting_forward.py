"""SmartForward and SmartReply of a calendar item."""

from dataclasses import replace
from email.message import EmailMessage

from twisted.trial.unittest import SynchronousTestCase

from carbonio_mobile.eas.times import format_datetime
from carbonio_mobile.pim.text import Text
from carbonio_mobile.testing.rig import Rig
from carbonio_mobile.wbxml import Element
from carbonio_mobile.wbxml.codepages import AirSyncBase, ComposeMail
from tests.unit.commands.checked import CheckedPhone
from tests.unit.commands.meetingcase import Meetings, calendar_in, mail, parsed
from tests.unit.pim.meetings import BOB, DAY, EVE, JOHN, MARY, START, ics, meeting, people, weekly

WEEK = 7 * DAY
MIME = (
    b"From: john@example.com\r\nTo: eve@example.com\r\nSubject: Fwd: Plans\r\n"
    b"Content-Type: text/plain; charset=utf-8\r\n\r\nPlease come\r\n"
)


def forwardees(*addresses: str) -> Element:
    """Give a Forwardees element."""
    return Element(
        ComposeMail.Forwardees,
        [
            Element(
                ComposeMail.Forwardee,
                [
                    Element(ComposeMail.Email, one) if one else None,
                    Element(ComposeMail.Name, one.partition("@")[0].title()),
                ],
            )
            for one in addresses
        ],
    )


def body(text: str, kind: str = "1") -> Element:
    """Give a Body."""
    return Element(
        AirSyncBase.Body, [Element(AirSyncBase.Type, kind), Element(AirSyncBase.Data, text)]
    )


class ForwardCase(SynchronousTestCase):
    """John with a phone, and meetings of Mary's and of his own."""

    def setUp(self) -> None:
        self.rig = Rig()
        self.meetings = Meetings(self.rig)
        self.phone = CheckedPhone(self.rig, version="16.1")
        self.clients = 0

    def send(
        self,
        item: str,
        *children: Element,
        command: str = "SmartForward",
        instance: str | None = None,
        client: str = "",
    ) -> str:
        """Send; gives the status, empty for success."""
        self.clients += 1
        root = ComposeMail.SmartForward if command == "SmartForward" else ComposeMail.SmartReply
        source = [
            Element(ComposeMail.FolderId, item.rpartition(":")[0]),
            Element(ComposeMail.ItemId, item),
            Element(ComposeMail.InstanceId, instance) if instance else None,
        ]
        document = Element(
            root,
            [
                Element(ComposeMail.ClientId, client or f"c{self.clients}"),
                Element(ComposeMail.Source, source),
                *children,
            ],
        )
        response = self.phone.send(command, document)
        if not response.body:
            self.assertEqual(response.code, 200)
            return ""
        return self.phone.told(response, command).value(ComposeMail.Status, "")

    def foreign(self, **changes: object) -> str:
        return self.meetings.put(
            replace(weekly(organizer=MARY, attendees=people(JOHN)), **changes)  # type: ignore[arg-type]
        )

    def forwards(self) -> tuple[EmailMessage, EmailMessage | None]:
        """Give the forward, and what the organiser was told."""
        first, *rest = self.meetings.sent()
        if not rest:
            return parsed(first.message), None
        (notice,) = rest
        self.assertEqual(notice.recipients, (MARY,))
        return parsed(first.message), parsed(notice.message)


class ForwardeesTests(ForwardCase):
    """16.x: the server writes the message."""

    def test_a_meeting_is_passed_on(self) -> None:
        """MS-ASCMD_R539, MS-ASCMD_R5834: the whole series; R7487: the organiser stays, and is told.

        The forwardees are guests of it.
        """
        for version in ("16.0", "16.1"):
            self.setUp()
            self.phone = CheckedPhone(self.rig, version=version)
            item = self.foreign(client_uid="private")
            self.assertEqual(self.send(item, forwardees(EVE, BOB), body("Please come")), "")
            message, notice = self.forwards()
            self.assertEqual(self.meetings.sent()[0].recipients, (EVE, BOB))
            self.assertEqual(message["Subject"], "FW: Plans")
            self.assertIn(JOHN, message["From"])
            plain = message.get_body(("plain",))
            assert plain is not None
            self.assertEqual(plain.get_content().strip(), "Please come")
            found = calendar_in(message)
            self.assertEqual((found.method, found.event.organizer_address), ("REQUEST", MARY))
            self.assertIsNotNone(found.event.recurrence)
            guests = found.event.details.attendees
            self.assertEqual([(one.address, one.kind) for one in guests],
                             [(JOHN, 1), (EVE, 2), (BOB, 2)])  # fmt: skip
            self.assertNotIn(b"X-CARBONIO-MOBILE", found.source)
            assert notice is not None
            self.assertEqual(notice["Subject"], "Meeting Forward Notification: Plans")
            self.assertIn(EVE, notice.get_body(("plain",)).get_content())  # type: ignore[union-attr]

    def test_a_forward_that_is_repeated_is_sent_once(self) -> None:
        """client-quirks 5.9: bursts; under one ClientId and under new ones."""
        item = self.foreign()
        for n in range(50):
            self.rig.clock.advance(1000)
            client = "same" if n % 2 else ""
            self.assertEqual(self.send(item, forwardees(EVE), client=client), "")
        self.assertEqual([one.recipients for one in self.meetings.sent()], [(EVE,), (MARY,)])

    def test_an_occurrence_is_passed_on_alone(self) -> None:
        """MS-ASCMD_R538."""
        item = self.foreign()
        at = START + WEEK
        self.assertEqual(self.send(item, forwardees(EVE), instance=format_datetime(at)), "")
        event = calendar_in(self.forwards()[0]).event
        self.assertEqual((event.recurrence_id, event.recurrence), (at, None))

    def test_guests_of_an_own_meeting_become_attendees(self) -> None:
        """Who organises tells nobody else, and keeps count of whom they invited."""
        item = self.meetings.put(meeting())
        self.assertEqual(self.send(item, forwardees(EVE)), "")
        self.assertEqual(self.send(item, forwardees(EVE), client="c1"), "")
        self.assertEqual(len(self.meetings.sent()), 1)
        guests = self.meetings.event().details.attendees
        self.assertEqual([one.address for one in guests], [MARY, BOB, EVE])
        self.assertEqual((guests[2].kind, guests[2].status), (2, 5))

    def test_an_invitation_may_be_named_too(self) -> None:
        """commands.md 11: what is forwarded is the meeting, whichever of the two is named."""
        item = self.meetings.arrive(mail(ics()))
        self.assertEqual(self.send(item, forwardees(EVE), body("<b>x</b>", "2")), "")
        message = parsed(self.meetings.sent()[0].message)
        self.assertEqual(calendar_in(message).event.uid, "meeting-1")
        self.assertIsNotNone(message.get_body(("html",)))

    def test_what_is_refused(self) -> None:
        """MS-ASCMD_R7467, MS-ASCMD_R7468 (178); MS-ASCMD_R7470 (179);
        MS-ASCMD_R541 (104); MS-ASCMD_R4919 (146).
        """
        item = self.foreign()
        single = self.meetings.put(meeting(uid="single", organizer=MARY))
        letter = self.meetings.arrive(b"From: mary@example.com\r\nSubject: hello\r\n\r\nHello\r\n")
        mime = Element(ComposeMail.Mime, MIME)
        at = format_datetime(START + WEEK)
        some = forwardees(EVE)
        empty = Element(AirSyncBase.Body, [Element(AirSyncBase.Type, "1")])
        table: list[tuple[str, str | None, tuple[Element, ...], str]] = [
            (item, None, (some, mime), "178"),
            (item, None, (some, Element(ComposeMail.SaveInSentItems)), "178"),
            (item, None, (body("x"), Element(ComposeMail.ReplaceMime), mime), "178"),
            (item, None, (body("x"),), "179"),
            (item, None, (forwardees(),), "179"),
            (item, None, (forwardees(""),), "179"),
            (item, None, (forwardees("no address"),), "179"),
            (item, None, (some, empty), "179"),
            (letter, None, (some,), "179"),
            (item, "nonsense", (some,), "104"),
            (item, format_datetime(START + DAY), (some,), "104"),
            (single, at, (some,), "146"),
            ("10:999", None, (some,), "150"),
            ("4711:1", None, (some,), "150"),
        ]
        for source, instance, children, status in table:
            with self.subTest(status=status, source=source, children=children):
                self.assertEqual(self.send(source, *children, instance=instance), status)
        self.assertEqual(self.meetings.sent(), [])


class MimeTests(ForwardCase):
    """The device writes; the meeting is added."""

    def test_a_forward_carries_the_meeting(self) -> None:
        """MS-ASCMD_R538, MS-ASCMD_R539, MS-ASCMD_R5834; the text says when and where it is."""
        item = self.foreign(details=replace(
            weekly(organizer=MARY).details, body=Text(plain="Bring cake")
        ))  # fmt: skip
        self.phone = CheckedPhone(self.rig, version="14.1")
        self.assertEqual(self.send(item, Element(ComposeMail.Mime, MIME)), "")
        message = parsed(self.meetings.sent()[0].message)
        found = calendar_in(message)
        self.assertEqual((found.method, found.event.organizer_address), ("REQUEST", MARY))
        self.assertIsNotNone(found.event.recurrence)
        plain = message.get_body(("plain",))
        assert plain is not None
        text = plain.get_content()
        for words in ("Please come", "When: 2027-01-18 10:00 to 11:00", "Room 1", "Bring cake"):
            self.assertIn(words, text)
        at = format_datetime(START + WEEK)
        self.assertEqual(self.send(item, Element(ComposeMail.Mime, MIME), instance=at), "")
        event = calendar_in(parsed(self.meetings.sent()[1].message)).event
        self.assertEqual(event.recurrence_id, START + WEEK)

    def test_in_the_form_of_old_versions(self) -> None:
        """commands.md 11: the event stands in the URL, the message is the body."""
        for version in ("2.5", "12.1"):
            self.setUp()
            self.phone = CheckedPhone(self.rig, version=version)
            item = self.foreign()
            query = f"&CollectionId={item.partition(':')[0]}&ItemId={item}&SaveInSent=T"
            headers = {"content-type": "message/rfc822"}
            for command, carries in (("SmartForward", True), ("SmartReply", False)):
                response = self.phone.send(command, body=MIME, query=query, headers=headers)
                self.assertEqual((response.code, response.body), (200, b""))
                message = parsed(self.meetings.sent()[-1].message)
                kinds = [one.get_content_type() for one in message.walk()]
                self.assertEqual("text/calendar" in kinds, carries)

    def test_with_replace_mime_all_is_the_devices(self) -> None:
        """MS-ASCMD_R3775."""
        self.phone = CheckedPhone(self.rig, version="14.1")
        replaced = Element(ComposeMail.ReplaceMime)
        self.assertEqual(self.send(self.foreign(), replaced, Element(ComposeMail.Mime, MIME)), "")
        message = parsed(self.meetings.sent()[0].message)
        plain = message.get_body(("plain",))
        assert plain is not None
        self.assertEqual(plain.get_content().strip(), "Please come")
        self.assertFalse(message.is_multipart())

    def test_a_reply_quotes_the_meeting(self) -> None:
        """MS-ASCMD_R5420, MS-ASCMD_R576: the whole, or one occurrence (R575)."""
        self.phone = CheckedPhone(self.rig, version="14.1")
        item = self.foreign()
        for instance, words in ((None, "2027-01-18"), (START + WEEK, "2027-01-25")):
            at = None if instance is None else format_datetime(instance)
            mime = Element(ComposeMail.Mime, MIME)
            self.assertEqual(self.send(item, mime, command="SmartReply", instance=at), "")
            message = parsed(self.meetings.sent()[-1].message)
            plain = message.get_body(("plain",))
            assert plain is not None
            self.assertIn("Please come", plain.get_content())
            self.assertIn(words, plain.get_content())
            self.assertIsNone(message["In-Reply-To"])

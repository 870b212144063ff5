"""Out of office from the device that sets it to the answer that a sender gets."""

import re
from email import message_from_bytes, policy

from carbonio_mobile.eas.times import format_datetime
from carbonio_mobile.ids import OperationId
from carbonio_mobile.mailbox.delivery.local import INBOX
from carbonio_mobile.pim.contact import Contact
from carbonio_mobile.pim.objects import write_object
from carbonio_mobile.sync.folders import FolderKind
from carbonio_mobile.testing.rig import Rig
from carbonio_mobile.testing.rig import now as done
from carbonio_mobile.wbxml import Element, Tag
from carbonio_mobile.wbxml.codepages import AirSync, Contacts
from carbonio_mobile.wbxml.codepages import Settings as Page
from tests.unit.commands import asking
from tests.unit.commands.checked import CheckedPhone
from tests.unit.commands.phone import commands
from tests.unit.delivery.rig import NOW, DeliveryCase, FakeRelay

INTERNAL, KNOWN, UNKNOWN = (
    Page.AppliesToInternal,
    Page.AppliesToExternalKnown,
    Page.AppliesToExternalUnknown,
)
VERSIONS = ("12.1", "14.0", "14.1", "16.0", "16.1")


def reply(audience: Tag, text: str, form: str = "Text", *, enabled: bool = True) -> Element:
    """An OofMessage."""
    return Element(
        Page.OofMessage,
        [
            Element(audience),
            Element(Page.Enabled, str(int(enabled))),
            Element(Page.ReplyMessage, text) if text else None,
            Element(Page.BodyType, form) if text else None,
        ],
    )


ALL = (
    reply(INTERNAL, "For colleagues."),
    reply(KNOWN, "<p>For <b>friends</b></p>", "HTML"),
    reply(UNKNOWN, "For strangers."),
)


class OutOfOfficeTests(DeliveryCase):
    """John's phone says that he is away; colleagues, friends and strangers write to him."""

    def setUp(self) -> None:
        super().setUp()
        self.rig = Rig()
        assert self.rig.clock.seconds() == NOW
        self.accounts, self.mailboxes = self.rig.accounts, self.rig.mailboxes
        self.john = self.rig.account
        self.mary = self.accounts.add("mary@example.com", "x", displayName="Mary")
        self.phone = CheckedPhone(self.rig, version="16.1")
        self.relay = FakeRelay()
        self.outbox = self.make_outbox(self.relay)
        self.outbox.start()

    def oof(self, state: str, *messages: Element, version: str = "16.1", **times: float) -> None:
        """Set out of office from John's device; ``start`` and ``end`` are offsets from now."""
        tags = {"start": Page.StartTime, "end": Page.EndTime}
        when = [
            Element(tags[name], format_datetime(NOW + offset)) for name, offset in times.items()
        ]
        wanted = Element(Page.Set, [Element(Page.OofState, state), *when, *messages])
        phone = CheckedPhone(self.rig, version=version, device="p" + version.replace(".", ""))
        answer = phone.ask("Settings", Element(Page.Settings, [Element(Page.Oof, [wanted])]))
        oof = answer.find(Page.Oof)
        assert oof is not None
        self.assertEqual(oof.value(Page.Status), "1")

    def befriend(self, address: str) -> None:
        """Have John's phone add a contact."""
        contacts = self.rig.folder(FolderKind.CONTACTS)
        self.phone.prime(contacts)
        answer = self.phone.sync(
            contacts,
            commands(
                asking.add(
                    address,
                    Element(Contacts.FileAs, "Ann"),
                    Element(Contacts.Email2Address, f'"Ann" <{address}>'),
                )
            ),
        )
        assert answer is not None
        self.assertEqual(answer.value(AirSync.Status), "1")

    async def write(self, sender: str, *more: str, envelope: str | None = None) -> str | None:
        """Have John get a letter; gives the text of the answer, None where there is none."""
        self.numbers += 1
        before, inbox = len(self.relay.taken), len(await self.mail(self.mary, INBOX))
        head = (
            f"From: <{sender}>",
            "To: <john@example.com>",
            "Subject: Hello",
            *more,
            "",
            "Hi",
            "",
        )
        await self.outbox.submit(
            self.mary,
            "\r\n".join(head).encode(),
            sender=sender if envelope is None else envelope,
            recipients=["john@example.com"],
            sent_copy=None,
            operation=OperationId(f"op-{self.numbers}"),
        )
        await self.settled(self.outbox)
        await self.until(lambda: not self.outbox._answering)
        await self.settled(self.outbox)
        inside = await self.mail(self.mary, INBOX)
        if len(inside) > inbox:
            return inside[0].text.decode().strip()
        return body(self.relay.taken[-1][2]) if len(self.relay.taken) > before else None

    async def test_three_audiences(self) -> None:
        """MS-ASCMD_R783, MS-ASCMD_R786, MS-ASCMD_R787, MS-ASCMD_R793, MS-ASCMD_R795,
        MS-ASCMD_R796, MS-ASCMD_R802, MS-ASCMD_R804, MS-ASCMD_R805, MS-ASCMD_R5866,
        MS-ASCMD_R5867, MS-ASCMD_R3513, MS-ASCMD_R3532: each gets its own, in its own form.
        """
        self.oof("1", *ALL)
        self.befriend("ann@example.org")
        self.assertEqual(await self.write("mary@example.com"), "For colleagues.")
        self.assertEqual(await self.write("bob@example.net"), "For strangers.")
        plain = message_from_bytes(self.relay.taken[-1][2], policy=policy.default)
        self.assertEqual(plain.get_content_type(), "text/plain")
        self.assertIn("friends", await self.write("Ann@Example.org") or "")
        both = message_from_bytes(self.relay.taken[-1][2], policy=policy.default)
        types = [part.get_content_type() for part in both.walk()]
        self.assertIn("text/html", types)
        self.assertIn("text/plain", types)

    async def test_each_audience_by_itself(self) -> None:
        """MS-ASCMD_R785, MS-ASCMD_R794, MS-ASCMD_R803: Enabled says who gets an answer at all."""
        self.befriend("ann@example.org")
        senders = {
            INTERNAL: "mary@example.com",
            KNOWN: "ann@example.org",
            UNKNOWN: "bob@example.net",
        }
        for number, told in enumerate(senders):
            self.clock.advance(10 * 86_400)
            self.oof("1", *(reply(one, f"Text {number}", enabled=one is told) for one in senders))
            for audience, sender in senders.items():
                expected = f"Text {number}" if audience is told else None
                self.assertEqual(await self.write(sender), expected, (told, audience))

    async def test_every_version_sets_it(self) -> None:
        """MS-ASCMD_R6177, MS-ASCMD_R6178, MS-ASCMD_R6179, MS-ASCMD_R6180, MS-ASCMD_R6180100701,
        MS-ASCMD_R6181, MS-ASCMD_R6182, MS-ASCMD_R6183, MS-ASCMD_R6184, MS-ASCMD_R6184100701,
        MS-ASCMD_R6870, MS-ASCMD_R6871, MS-ASCMD_R6872, MS-ASCMD_R6873, MS-ASCMD_R6873101701,
        MS-ASCMD_R6874, MS-ASCMD_R6875, MS-ASCMD_R6876, MS-ASCMD_R6877, MS-ASCMD_R6877101701,
        MS-ASCMD_R6878, MS-ASCMD_R6879, MS-ASCMD_R6880, MS-ASCMD_R6881, MS-ASCMD_R6881101701,
        MS-ASCMD_R7023, MS-ASCMD_R7024, MS-ASCMD_R7025, MS-ASCMD_R7026, MS-ASCMD_R7026101801.
        """
        self.befriend("ann@example.org")
        for version in VERSIONS:
            self.clock.advance(10 * 86_400)
            texts = {one: f"{one.name} {version}" for one in (INTERNAL, KNOWN, UNKNOWN)}
            self.oof("1", *(reply(*each) for each in texts.items()), version=version)
            self.assertEqual(await self.write("mary@example.com"), texts[INTERNAL])
            self.assertEqual(await self.write("ann@example.org"), texts[KNOWN])
            self.assertEqual(await self.write("bob@example.net"), texts[UNKNOWN])

    async def test_times(self) -> None:
        """MS-ASCMD_R3531, MS-ASCMD_R3533: between the two times, and not when it is off."""
        self.oof("2", *ALL, start=100, end=200)
        self.assertIsNone(await self.write("bob@example.net"))
        self.clock.advance(100)
        self.assertEqual(await self.write("bob@example.net"), "For strangers.")
        self.clock.advance(99)
        self.assertEqual(await self.write("cid@example.net"), "For strangers.")
        self.clock.advance(1)
        self.assertIsNone(await self.write("dan@example.net"))
        self.oof("1")
        self.assertEqual(await self.write("dan@example.net"), "For strangers.")
        self.oof("0")
        self.assertIsNone(await self.write("eve@example.net"))

    async def test_once_for_each_sender_and_period(self) -> None:
        """RFC 3834 section 2: colleagues, friends and strangers alike, whatever they write."""
        self.oof("1", *ALL)
        self.befriend("ann@example.org")
        for sender in ("mary@example.com", "ann@example.org", "bob@example.net"):
            self.assertIsNotNone(await self.write(sender))
            self.assertIsNone(await self.write(sender))
            self.assertIsNone(await self.write(sender.upper()))
        self.clock.advance(3 * 86_400)
        self.assertIsNotNone(await self.write("bob@example.net"))

    async def test_never_to_lists_machines_and_loops(self) -> None:
        """RFC 3834 section 2, RFC 2919, RFC 2369: for any audience; the next person is answered."""
        self.oof("1", *ALL)
        self.befriend("ann@example.org")
        for sender in ("mary@example.com", "ann@example.org", "bob@example.net"):
            for more in (
                "List-Id: <a.example.org>",
                "List-Unsubscribe: <mailto:leave@example.org>",
                "List-Post: NO",
                "Precedence: bulk",
                "Precedence: list",
                "Precedence: junk",
                "Auto-Submitted: auto-replied",
                "Auto-Submitted: auto-generated; owner-email=x@example.org",
                "X-Auto-Response-Suppress: All",
                "X-Spam-Flag: YES",
            ):
                self.assertIsNone(await self.write(sender, more), more)
            self.assertIsNone(await self.write(sender, envelope=""))
            self.assertIsNotNone(await self.write(sender, "Auto-Submitted: no"))

    async def test_its_own_answer_is_not_answered(self) -> None:
        """RFC 3834 section 2: what goes out is marked, and comes from nobody."""
        self.oof("1", *ALL)
        await self.write("bob@example.net")
        sender, recipients, source = self.relay.taken[-1]
        self.assertEqual((sender, recipients), ("", ("bob@example.net",)))
        for mark in (b"Auto-Submitted: auto-replied", b"Precedence: bulk"):
            self.assertIn(mark, source)
        head = source.decode().split("\r\n\r\n")[0].split("\r\n")
        marks = [line for line in head if re.match("Auto-Submitted|Precedence", line)]
        self.assertIsNone(await self.write("cid@example.net", *marks))

    async def test_who_only_looks_like_a_contact(self) -> None:
        """An address that stands in a note, or is part of another one, is a stranger's."""
        contacts = self.rig.folder(FolderKind.CONTACTS)
        box = self.rig.mailbox()
        for number, contact in enumerate(
            (
                Contact(uid="a", file_as="bob@example.net", email1_address="other@example.net"),
                Contact(uid="b", email1_address="not.bob@example.net"),
                Contact(uid="c", email1_address="bob@example.network"),
            )
        ):
            source = write_object(None, contact, now=NOW)
            done(box.add_object(contacts, source, operation=OperationId(f"c{number}")))
        cache = Contact(uid="r", email1_address="bob@example.net", weighted_rank=5)
        source = write_object(None, cache, now=NOW)
        done(
            box.add_object(
                self.rig.folder(FolderKind.RECIPIENT_CACHE), source, operation=OperationId("r")
            )
        )
        self.oof("1", *ALL)
        self.assertEqual(await self.write("bob@example.net"), "For strangers.")


def body(source: bytes) -> str:
    """Give the plain text of a message."""
    part = message_from_bytes(source, policy=policy.default).get_body(("plain",))
    assert part is not None
    text: str = part.get_content()
    return text.strip()

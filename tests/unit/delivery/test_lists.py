"""Mail to distribution lists: from our own users by the queue, from elsewhere by LMTP."""

from collections.abc import Mapping, Sequence
from typing import Any

from twisted.internet.testing import StringTransport

from carbonio_mobile.errors import TooLarge, Unavailable
from carbonio_mobile.mailbox.delivery.lmtp import LmtpFactory, LmtpLimits
from carbonio_mobile.mailbox.delivery.outbox import Outbox
from carbonio_mobile.mailbox.delivery.outcome import NO_SUCH_USER
from carbonio_mobile.testing.contracts.mailbox_fixture import message
from tests.unit.delivery.rig import DeliveryCase, FakeRelay

TEAM = "team@example.com"


class Lists:
    """Lists as a test has them; ``fault`` is raised instead of an answer."""

    def __init__(self) -> None:
        self.members: dict[str, tuple[str, ...]] = {}
        self.fault: Exception | None = None

    async def expansions(self, addresses: Sequence[str]) -> Mapping[str, Sequence[str]]:
        if self.fault is not None:
            raise self.fault
        return {each: self.members[each.lower()] for each in addresses if each in self.members}


class ListCase(DeliveryCase):
    """An outbox with a list of John, Mary and Ann, who is elsewhere."""

    def setUp(self) -> None:
        super().setUp()
        self.lists = Lists()
        self.lists.members[TEAM] = ("ann@example.org", "john@example.com", "mary@example.com")
        self.relay = FakeRelay()

    def begin(self) -> Outbox:
        outbox = self.make_outbox(self.relay, lists=self.lists)
        outbox.start()
        return outbox


class OwnMailTests(ListCase):
    """Mail of our own users."""

    async def test_members_get_it_once(self) -> None:
        """Each member has one copy, also who is a recipient beside; the relay gets the others."""
        outbox = self.begin()
        await self.submit(outbox, TEAM, "mary@example.com", "eve@example.org")
        await self.settled(outbox)
        self.assertEqual([1, 1], [len(await self.mail(who)) for who in (self.john, self.mary)])
        ((sender, recipients, _),) = self.relay.taken
        self.assertEqual("john@example.com", sender)
        self.assertEqual({"ann@example.org", "eve@example.org"}, set(recipients))

    async def test_failure_is_reported(self) -> None:
        """Who writes to a list learns which member was not reached."""
        self.relay.answers["ann@example.org"] = NO_SUCH_USER
        outbox = self.begin()
        await self.submit(outbox, TEAM)
        await self.settled(outbox)
        bounce, _ = await self.mail(self.john)
        self.assertIn(b"ann@example.org", bounce.source)

    async def test_list_that_cannot_be_expanded(self) -> None:
        """Nothing is taken for a list that is too large, or that cannot be looked up."""
        outbox = self.begin()
        for fault in (TooLarge("too many members"), Unavailable("busy")):
            self.lists.fault = fault
            with self.assertRaises(type(fault)):
                await self.submit(outbox, TEAM)
        self.assertEqual(0, await outbox.waiting())


class StrangersMailTests(ListCase):
    """Mail that comes by LMTP."""

    def connect(self, outbox: Outbox) -> Any:
        factory = LmtpFactory(
            outbox.local, limits=LmtpLimits(), clock=self.clock, lists=outbox.lists
        )
        protocol: Any = factory.buildProtocol(None)
        self.wire = StringTransport()
        protocol.makeConnection(self.wire)
        protocol.dataReceived(b"LHLO mx.example.net\r\nMAIL FROM:<eve@example.org>\r\n")
        self.wire.clear()
        return protocol

    async def lines(self, count: int) -> list[str]:
        await self.until(lambda: len(self.wire.value().splitlines()) >= count)
        return self.wire.value().decode().splitlines()

    async def test_delivery_to_all(self) -> None:
        """The list is accepted, and each member gets the message, marked with the list."""
        outbox = self.begin()
        protocol = self.connect(outbox)
        protocol.dataReceived(b"RCPT TO:<team@example.com>\r\nDATA\r\n" + message() + b".\r\n")
        self.assertEqual(["250 2.1.5 ok", "250 2.0.0 delivered"], (await self.lines(3))[::2])
        await self.settled(outbox)
        for who in (self.john, self.mary):
            (item,) = await self.mail(who)
            self.assertIn(b"Delivered-To: team@example.com\r\n", item.source)
            self.assertIn(b"Return-Path: <eve@example.org>\r\n", item.source)
        ((sender, recipients, sent),) = self.relay.taken
        self.assertEqual(("eve@example.org", ("ann@example.org",)), (sender, recipients))
        self.assertTrue(sent.startswith(b"Delivered-To: team@example.com\r\nReceived: "))

    async def test_report_goes_to_the_stranger(self) -> None:
        """Whose mail to a member failed is told so, by the relay."""
        self.relay.answers["ann@example.org"] = NO_SUCH_USER
        outbox = self.begin()
        protocol = self.connect(outbox)
        protocol.dataReceived(b"RCPT TO:<team@example.com>\r\nDATA\r\n" + message() + b".\r\n")
        await self.lines(3)
        await self.settled(outbox)
        self.assertEqual(("", ("eve@example.org",)), self.relay.taken[-1][:2])
        self.assertIn(b"ann@example.org", self.relay.taken[-1][2])

    async def test_circle(self) -> None:
        """What the list itself sent on before is refused."""
        outbox = self.begin()
        protocol = self.connect(outbox)
        again = b"Delivered-To: Team@example.com\r\n" + message()
        protocol.dataReceived(b"RCPT TO:<team@example.com>\r\nDATA\r\n" + again + b".\r\n")
        self.assertEqual("554 5.4.6 the message goes in circles", (await self.lines(3))[-1])
        self.assertEqual(0, await outbox.waiting())

    async def test_refusals(self) -> None:
        """An empty list, one that is too large and one that cannot be looked up take nothing."""
        protocol = self.connect(self.begin())
        rcpt = b"RCPT TO:<team@example.com>\r\n"
        self.lists.members[TEAM] = ()
        protocol.dataReceived(rcpt)
        self.lists.fault = TooLarge("x")
        protocol.dataReceived(rcpt)
        self.lists.fault = Unavailable("x")
        protocol.dataReceived(rcpt)
        self.assertEqual(
            [
                "550 5.1.1 the distribution list has no members",
                "550 5.3.4 the distribution list is too large",
                "451 4.3.0 the mailbox cannot be written just now",
            ],
            await self.lines(3),
        )

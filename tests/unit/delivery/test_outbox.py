"""Mail that devices hand over: where it goes, once, whatever happens in between."""

import os

from twisted.internet.defer import Deferred
from zope.interface.verify import verifyObject

from carbonio_mobile.errors import OverQuota, TooLarge, Unavailable
from carbonio_mobile.ids import OperationId
from carbonio_mobile.interfaces import ISubmission
from carbonio_mobile.mailbox.delivery.outcome import MAILBOX_CLOSED, Outcome
from carbonio_mobile.mailbox.delivery.schedule import RetrySchedule
from carbonio_mobile.testing.contracts.mailbox_fixture import message
from tests.unit.delivery.rig import DeliveryCase, FakeRelay

BUSY = Outcome(code=451, status="4.7.1", text="greylisted", remote="relay.example.net")
REFUSED = Outcome(code=550, status="5.1.1", text="no mailbox", remote="relay.example.net")


class OutboxTests(DeliveryCase):
    """Submission, local delivery, the Sent copy."""

    def test_interface(self) -> None:
        """The outbox is what commands submit to."""
        verifyObject(ISubmission, self.make_outbox())

    async def test_local_delivery(self) -> None:
        """Mail to names and aliases here reaches their inboxes, with its way told on top."""
        outbox = self.make_outbox()
        outbox.start()
        source = message("Hello", "..dots\r\n.\r\nand more")
        self.assertTrue(await self.submit(outbox, "MARY@example.com", source=source))
        await self.settled(outbox)
        (item,) = await self.mail(self.mary)
        self.assertTrue(item.source.endswith(source))
        head = item.source[: -len(source)].decode()
        self.assertTrue(head.startswith("Return-Path: <john@example.com>\r\nDelivered-To: MARY@"))
        self.assertIn("\r\nReceived: by mail.example.com (carbonio-mobile) with HTTP id ", head)
        self.assertEqual(self.clock.seconds(), item.received)
        self.assertIn((self.mary, item.folder, True), self.sink.told)
        self.assertEqual([], await self.mail(self.john))

    async def test_sent_copy(self) -> None:
        """The Sent copy is stored once, read, with what recipients do not see."""
        outbox = self.make_outbox()
        outbox.start()
        copy = b"Bcc: secret@example.org\r\n" + message()
        await self.submit(outbox, "mary@example.com", source=message(), sent_copy=copy)
        await self.settled(outbox)
        (item,) = await self.sent()
        self.assertEqual(copy, item.source)
        self.assertTrue(item.state.read)
        (item,) = await self.mail(self.mary)
        self.assertNotIn(b"secret", item.source)

    async def test_equal_sent_copy(self) -> None:
        """A Sent copy equal to the message is stored as well."""
        outbox = self.make_outbox()
        outbox.start()
        await self.submit(outbox, "mary@example.com", source=message(), sent_copy=message())
        await self.settled(outbox)
        self.assertEqual([message()], [item.source for item in await self.sent()])

    async def test_once_per_operation(self) -> None:
        """A repeated operation is told from a new one, after a restart as well (P1)."""
        outbox = self.make_outbox()
        outbox.start()
        self.assertTrue(await self.submit(outbox, "mary@example.com", operation="a"))
        self.assertFalse(await self.submit(outbox, "mary@example.com", operation="a"))
        await self.settled(outbox)
        await outbox.stop()
        outbox = self.make_outbox()
        outbox.start()
        self.assertFalse(await self.submit(outbox, "mary@example.com", operation="a"))
        self.assertTrue(await self.submit(outbox, "mary@example.com", operation="b"))
        await self.settled(outbox)
        self.assertEqual(2, len(await self.mail(self.mary)))

    async def test_operations_are_of_accounts(self) -> None:
        """Two accounts may use the same name for an operation."""
        outbox = self.make_outbox()
        outbox.start()
        await self.submit(outbox, "mary@example.com", operation="a")
        taken = await outbox.submit(
            self.mary,
            message(),
            sender="mary@example.com",
            recipients=["john@example.com"],
            sent_copy=None,
            operation="a",
        )
        self.assertTrue(taken)
        await self.settled(outbox)
        self.assertEqual(1, len(await self.mail(self.john)))

    async def test_taken_before_start(self) -> None:
        """What an earlier process took over goes out when the next one starts."""
        outbox = self.make_outbox()
        await self.submit(outbox, "mary@example.com", sent_copy=message())
        await outbox.stop()
        self.assertEqual([], await self.mail(self.mary))
        outbox = self.make_outbox()
        outbox.start()
        await self.settled(outbox)
        self.assertEqual(1, len(await self.mail(self.mary)))
        self.assertEqual(1, len(await self.sent()))

    async def test_two_addresses_of_an_account(self) -> None:
        """Whoever is named by two addresses gets one message."""
        outbox = self.make_outbox()
        outbox.start()
        await self.submit(
            outbox, "john@example.com", "johnny@example.com", "john+lists@example.com"
        )
        await self.settled(outbox)
        self.assertEqual(1, len(await self.mail(self.john)))

    async def test_many_messages(self) -> None:
        """More than can be worked on at a time all arrive."""
        outbox = self.make_outbox(local_most=3)
        outbox.start()
        for _ in range(25):
            await self.submit(outbox, "mary@example.com")
        await self.settled(outbox)
        self.assertEqual(25, len(await self.mail(self.mary)))

    async def test_too_large(self) -> None:
        """A message beyond the limit is refused and not queued."""
        outbox = self.make_outbox()
        with self.assertRaises(TooLarge):
            await self.submit(outbox, "mary@example.com", source=b"x" * (1 << 20) + b"x")
        self.assertEqual(0, await outbox.waiting())

    async def test_too_much_waiting(self) -> None:
        """An account whose mail does not go out may not send without bound; others may."""
        outbox = self.make_outbox(waiting_count=2)
        await self.submit(outbox, "mary@example.com", operation="a")
        await self.submit(outbox, "mary@example.com")
        with self.assertRaises(OverQuota):
            await self.submit(outbox, "mary@example.com", operation="refused")
        self.assertFalse(await self.submit(outbox, "mary@example.com", operation="a"))
        self.assertFalse(await outbox.was_taken(OperationId("refused")), "it left nothing")
        await outbox.submit(
            self.mary,
            message(),
            sender="mary@example.com",
            recipients=["john@example.com"],
            sent_copy=None,
            operation=OperationId("b"),
        )
        outbox.start()
        await self.settled(outbox)
        self.assertTrue(await self.submit(outbox, "mary@example.com", operation="refused"))

    async def test_too_many_bytes_waiting(self) -> None:
        """The same for their size, the Sent copy included."""
        outbox = self.make_outbox(waiting_bytes=50_000)
        await self.submit(outbox, "mary@example.com", source=os.urandom(20_000))
        with self.assertRaises(OverQuota):
            await self.submit(
                outbox, "mary@example.com", source=os.urandom(20_000), sent_copy=os.urandom(20_000)
            )
        self.assertEqual(1, await outbox.waiting())

    async def test_disk_nearly_full(self) -> None:
        """Nothing is taken while little of the disk is free; what was taken before is known."""
        outbox = self.make_outbox()
        await self.submit(outbox, "mary@example.com", operation="a")
        await outbox.stop()
        outbox = self.make_outbox(free_bytes=1 << 62)
        with self.assertRaises(Unavailable):
            await self.submit(outbox, "mary@example.com")
        self.assertFalse(await self.submit(outbox, "mary@example.com", operation="a"))

    async def test_was_taken(self) -> None:
        """An operation is known once it was taken, and after a restart."""
        outbox = self.make_outbox()
        self.assertFalse(await outbox.was_taken(OperationId("a")))
        await self.submit(outbox, "mary@example.com", operation="a")
        await outbox.stop()
        outbox = self.make_outbox()
        self.assertTrue(await outbox.was_taken(OperationId("a")))
        self.assertFalse(await outbox.was_taken(OperationId("b")))

    async def test_full_mailbox_bounces(self) -> None:
        """A recipient whose mailbox is full gets nothing; the sender is told at once."""
        outbox = self.make_outbox()
        outbox.start()
        self.quotas[self.mary] = 10
        await self.submit(outbox, "mary@example.com", source=message("Big"))
        await self.settled(outbox)
        self.assertEqual([], await self.mail(self.mary))
        (report,) = await self.mail(self.john)
        self.assertEqual("Undeliverable: Big", report.record.subject)
        self.assertIn(b"mary@example.com\r\n    the mailbox is full", report.text)
        self.assertIn(b"Status: 5.2.2", report.source)
        self.assertTrue(report.source.startswith(b"Return-Path: <>\r\n"))

    async def test_full_sender_gets_report_later(self) -> None:
        """A report waits until there is room for it; a Sent copy does so, too."""
        outbox = self.make_outbox()
        outbox.start()
        self.quotas[self.john] = 10
        await self.submit(outbox, "nobody@example.com", sent_copy=message())
        await self.settled(outbox, left=2)
        await self.until(lambda: len(self.clock.getDelayedCalls()) >= 2)
        self.assertEqual([], await self.mail(self.john))
        del self.quotas[self.john]
        self.clock.advance(60)
        await self.settled(outbox)
        self.assertEqual(1, len(await self.mail(self.john)))
        self.assertEqual(1, len(await self.sent()))

    async def test_closed_account(self) -> None:
        """Mail to a closed account is reported, to one in maintenance it waits."""
        outbox = self.make_outbox()
        outbox.start()
        self.accounts.set_attributes(self.mary, zimbraAccountStatus="maintenance")
        await self.submit(outbox, "mary@example.com")
        await self.until(lambda: len(self.clock.getDelayedCalls()) >= 2)
        self.accounts.set_attributes(self.mary, zimbraAccountStatus="closed")
        self.clock.advance(60)
        await self.settled(outbox)
        self.assertEqual([], await self.mail(self.mary))
        (report,) = await self.mail(self.john)
        self.assertIn(MAILBOX_CLOSED.text.encode(), report.text)

    async def test_loop(self) -> None:
        """A message that passed a hundred servers goes no further."""
        outbox = self.make_outbox()
        outbox.start()
        await self.submit(
            outbox, "mary@example.com", source=b"Received: by a\r\n" * 101 + message()
        )
        await self.settled(outbox)
        self.assertEqual([], await self.mail(self.mary))
        (report,) = await self.mail(self.john)
        self.assertIn(b"Status: 5.4.6", report.source)

    async def test_no_relay(self) -> None:
        """Without a relay mail to others comes back with the reason, to some of many as well."""
        outbox = self.make_outbox()
        outbox.start()
        await self.submit(outbox, "nobody@example.com", "ann@example.org", "mary@example.com")
        await self.settled(outbox)
        self.assertEqual(1, len(await self.mail(self.mary)))
        (report,) = await self.mail(self.john)
        self.assertIn(b"nobody@example.com\r\n    there is no such address", report.text)
        self.assertIn(b"not set up to send mail to other servers", report.text)

    async def test_postmaster(self) -> None:
        """Mail to the postmaster of any domain goes to the account named for it."""
        outbox = self.make_outbox(postmaster="mary@example.com")
        outbox.start()
        await self.submit(outbox, "postmaster@example.com", "PostMaster")
        await self.settled(outbox)
        self.assertEqual(1, len(await self.mail(self.mary)))


class RelayedTests(DeliveryCase):
    """What goes to other servers."""

    def setUp(self) -> None:
        super().setUp()
        self.relay = FakeRelay()
        self.outbox = self.make_outbox(
            self.relay, schedule=RetrySchedule(delays_s=(60, 600), give_up_s=3600)
        )
        self.outbox.start()

    async def tried(self, times: int) -> None:
        """Wait until the relay was tried and the attempt is settled."""
        await self.until(lambda: len(self.relay.taken) == times)
        await self.until(lambda: not self.outbox._relay_work._running)
        await self.until(lambda: self.outbox._relay_work._look is None)

    async def test_relayed(self) -> None:
        """What is not ours goes to the relay, all in one; what is ours does not."""
        await self.submit(
            self.outbox, "ann@example.org", "mary@example.com", "bob@example.net", source=message()
        )
        await self.settled(self.outbox)
        expected = ("john@example.com", ("ann@example.org", "bob@example.net"), message())
        self.assertEqual([expected], self.relay.taken)
        self.assertEqual(1, len(await self.mail(self.mary)))

    async def test_hundred_at_a_time(self) -> None:
        """Many recipients are sent to in several transactions, each one once."""
        everybody = [f"u{n}@example.org" for n in range(230)]
        await self.submit(self.outbox, *everybody)
        await self.settled(self.outbox)
        self.assertEqual([100, 100, 30], [len(one[1]) for one in self.relay.taken])
        self.assertEqual(sorted(everybody), sorted(a for one in self.relay.taken for a in one[1]))

    async def test_hundreds_are_deferred(self) -> None:
        """Where nobody of a hundred is accepted the rest waits as well; all come in the end."""
        everybody = [f"u{n:03}@example.org" for n in range(230)]
        self.relay.answers = dict.fromkeys(everybody, BUSY)
        await self.submit(self.outbox, *everybody)
        await self.tried(1)
        self.relay.answers = dict.fromkeys(everybody[:7], BUSY)
        self.clock.advance(60)
        await self.tried(4)
        self.clock.advance(599)
        await self.tried(4)
        self.relay.answers = {}
        self.clock.advance(1)
        await self.settled(self.outbox)
        self.assertEqual([100, 100, 100, 30, 7], [len(one[1]) for one in self.relay.taken])

    async def test_hundreds_are_given_up(self) -> None:
        """When the time is up everybody is reported, each once."""
        everybody = [f"u{n:03}@example.org" for n in range(230)]
        self.relay.answers = dict.fromkeys(everybody, BUSY)
        await self.submit(self.outbox, *everybody)
        await self.tried(1)
        self.clock.advance(3600)
        await self.settled(self.outbox)
        reports = await self.mail(self.john)
        told = b"".join(report.text for report in reports)
        self.assertEqual([1] * 230, [told.count(one.encode()) for one in everybody])

    async def test_found_out_while_relaying(self) -> None:
        """Who is found not to be ours while others are being relayed is not forgotten."""
        self.accounts.find, self.asked = self.find_later, 0
        self.relay.held = Deferred()
        await self.submit(self.outbox, "ann@example.org", "slow@example.org")
        local = self.outbox._local_work
        await self.until(lambda: local._alarm is not None and not local._running)
        await self.until(lambda: bool(self.outbox._relay_work._running))
        self.clock.advance(60)
        await self.until(lambda: self.asked == 2 and not local._running)
        self.relay.held.callback(None)
        await self.settled(self.outbox)
        self.assertEqual(
            [("ann@example.org",), ("slow@example.org",)], [one[1] for one in self.relay.taken]
        )

    async def find_later(self, address: str) -> None:
        """Know nobody; of one address not even that at first."""
        self.asked += address.startswith("slow")
        if address.startswith("slow") and self.asked == 1:
            raise Unavailable("busy")

    async def test_refused_recipient(self) -> None:
        """A recipient refused for good is reported at once; the others are not concerned."""
        self.relay.answers["ann@example.org"] = REFUSED
        await self.submit(self.outbox, "ann@example.org", "bob@example.net")
        await self.settled(self.outbox)
        (report,) = await self.mail(self.john)
        self.assertIn(b"550 5.1.1 no mailbox", report.text)
        self.assertNotIn(b"bob@", report.text)
        self.assertIn(b"Remote-MTA: dns; relay.example.net", report.source)

    async def test_retries(self) -> None:
        """A temporary failure is tried again on schedule, for that recipient only."""
        self.relay.answers["ann@example.org"] = BUSY
        await self.submit(self.outbox, "ann@example.org", "bob@example.net")
        await self.tried(1)
        self.clock.advance(59)
        await self.tried(1)
        self.clock.advance(1)
        await self.tried(2)
        self.assertEqual(("ann@example.org",), self.relay.taken[1][1])
        del self.relay.answers["ann@example.org"]
        self.clock.advance(600)
        await self.settled(self.outbox)
        self.assertEqual([], await self.mail(self.john))

    async def test_retry_time_survives_restart(self) -> None:
        """The time of the next attempt is kept on disk."""
        self.relay.answers["ann@example.org"] = BUSY
        await self.submit(self.outbox, "ann@example.org")
        await self.tried(1)
        await self.outbox.stop()
        self.outbox = self.make_outbox(self.relay)
        self.outbox.start()
        self.clock.advance(30)
        await self.tried(1)
        self.clock.advance(30)
        await self.tried(2)

    async def test_given_up(self) -> None:
        """After its time a message comes back with the last answer."""
        self.relay.answers["ann@example.org"] = BUSY
        await self.submit(self.outbox, "ann@example.org")
        for attempt in range(1, 7):
            await self.tried(attempt)
            self.clock.advance(600)
        await self.settled(self.outbox)
        (report,) = await self.mail(self.john)
        self.assertIn(b"451 4.7.1 greylisted", report.text)
        self.assertIn(b"Status: 5.4.7", report.source)
        self.assertEqual(7, len(self.relay.taken))

    async def test_no_report_on_a_report(self) -> None:
        """Mail from the empty address that fails is dropped."""
        self.relay.answers["ann@example.org"] = REFUSED
        await self.outbox.submit(
            self.john,
            message(),
            sender="",
            recipients=["ann@example.org"],
            sent_copy=None,
            operation="x",
        )
        await self.settled(self.outbox)
        self.assertEqual([], await self.mail(self.john))

    async def test_report_follows_a_renamed_account(self) -> None:
        """A report reaches its account although the sender's address is nobody's any more."""
        self.relay.answers["ann@example.org"] = REFUSED
        await self.outbox.submit(
            self.john,
            message(),
            sender="old@example.com",
            recipients=["ann@example.org"],
            sent_copy=None,
            operation="x",
        )
        await self.settled(self.outbox)
        self.assertEqual(1, len(await self.mail(self.john)))

    async def test_slow_relay_does_not_hold_up_local_mail(self) -> None:
        """While the relay hangs, mail within the house arrives."""
        self.relay.held = Deferred()
        for _ in range(30):
            await self.submit(self.outbox, "ann@example.org")
        await self.submit(self.outbox, "mary@example.com")
        while not await self.mail(self.mary):
            await self.settled(self.outbox, left=30)
        self.relay.held.callback(None)
        await self.settled(self.outbox)
        self.assertEqual(30, len(self.relay.taken))

"""Attempts when the queue cannot be written, or a message cannot be worked on."""

import sqlite3
from contextlib import closing
from typing import Any

from carbonio_mobile.errors import Corrupt, Unavailable
from carbonio_mobile.mailbox.delivery import queue, reports, stages
from carbonio_mobile.mailbox.delivery.database import OUTBOX_FILE
from carbonio_mobile.mailbox.delivery.outcome import Outcome
from carbonio_mobile.mailbox.delivery.schedule import RetrySchedule
from carbonio_mobile.testing.contracts.mailbox_fixture import message
from tests.unit.delivery.rig import DeliveryCase, FakeRelay

REFUSED = Outcome(code=550, status="5.1.1", text="no mailbox", remote="relay.example.net")


class Fault:
    """A step that fails while it is told to; ``tries`` counts."""

    def __init__(self, step: Any, fault: Exception) -> None:
        self.step = step
        self.fault: Exception | None = fault
        self.tries = 0

    def __call__(self, *args: Any, **more: Any) -> Any:
        self.tries += 1
        if self.fault is not None:
            raise self.fault
        return self.step(*args, **more)


class StagesCase(DeliveryCase):
    """An outbox whose relay takes everything; five minutes until it gives up."""

    def setUp(self) -> None:
        super().setUp()
        self.relay = FakeRelay()
        self.outbox = self.start()

    def start(self) -> Any:
        schedule = RetrySchedule(delays_s=(60, 120), give_up_s=300)
        outbox = self.make_outbox(self.relay, schedule=schedule)
        outbox.start()
        return outbox

    def break_step(self, name: str, fault: Exception) -> Fault:
        """Let a step of the queue fail as the stages see it."""
        broken = Fault(getattr(queue, name), fault)
        self.patch(stages, name, broken)
        return broken

    def database(self) -> Any:
        return closing(sqlite3.connect(self.data_dir / OUTBOX_FILE, isolation_level=None))

    def columns(self, text: str) -> tuple[Any, ...]:
        with self.database() as db:
            row: tuple[Any, ...] = db.execute(f"SELECT {text} FROM submission").fetchone()
            return row

    async def resting(self) -> None:
        """Wait until all work rests or is done with."""
        runners = (self.outbox._local_work, self.outbox._relay_work)
        await self.until(lambda: not any(one._running or one._look is not None for one in runners))


class UnwritableQueueTests(StagesCase):
    """The disk is full."""

    async def test_nothing_is_sent_that_cannot_be_noted(self) -> None:
        """Mail goes out after its attempt was committed; else not at all, until it can be."""
        begin = self.break_step("begin", Unavailable("disk full"))
        envelope = self.break_step("load_envelope", Unavailable("disk full"))
        await self.submit(self.outbox, "ann@example.org")
        for tries, pause_s in enumerate((15, 30, 60, 120), start=1):
            await self.until(lambda tries=tries: begin.tries == tries)
            await self.until(lambda: bool(self.outbox._relay_work._resting))
            if tries < 4:
                self.clock.advance(pause_s)
        self.assertEqual([], self.relay.taken)
        begin.fault = envelope.fault = None
        self.clock.advance(120)
        await self.settled(self.outbox)
        self.assertEqual(1, len(self.relay.taken))
        self.assertEqual(4, len(self.flushLoggedErrors(Unavailable)))

    async def test_sent_once(self) -> None:
        """What the relay took is not sent again while only its settlement cannot be written."""
        self.relay.answers["bad@example.org"] = REFUSED
        settle = self.break_step("settle", Unavailable("disk full"))
        with_local_done = queue.settle

        def local_only(*args: Any, settlement: Any, **more: Any) -> Any:
            step = with_local_done if settlement.stage is queue.Stage.LOCAL else settle
            return step(*args, settlement=settlement, **more)

        self.patch(stages, "settle", local_only)
        await self.submit(self.outbox, "ann@example.org", "bad@example.org")
        for tries, pause_s in enumerate((15, 30, 60, 120, 240, 480, 900, 900), start=1):
            await self.until(lambda tries=tries: settle.tries == tries)
            await self.until(lambda: bool(self.outbox._relay_work._resting))
            if tries == 8:
                settle.fault = None
            self.clock.advance(pause_s)
        await self.settled(self.outbox)
        self.assertEqual(1, len(self.relay.taken))
        (report,) = await self.mail(self.john)
        self.assertIn(b"bad@example.org", report.text)
        self.flushLoggedErrors(Unavailable)

    async def test_settled_at_the_stop(self) -> None:
        """A stop writes down what could not be before, so that the next start sends nothing."""
        settle = self.break_step("settle", Unavailable("disk full"))
        await self.submit(self.outbox, "mary@example.com")
        await self.until(lambda: bool(self.outbox._local_work._resting))
        settle.fault = None
        await self.outbox.stop()
        self.assertEqual(2, settle.tries)
        self.outbox = self.start()
        await self.settled(self.outbox)
        self.assertEqual(1, len(await self.mail(self.mary)))
        self.flushLoggedErrors(Unavailable)

    async def test_killed_before_it_was_settled(self) -> None:
        """After a kill between the relay's word and the commit the next attempt is on schedule."""
        self.break_step("settle", Unavailable("disk full"))
        with self.database() as db:
            number = await self.submitted_to_relay(db)
        await self.until(lambda: bool(self.outbox._relay_work._resting))
        self.assertEqual(1, len(self.relay.taken))
        self.assertEqual((self.clock.seconds() + 60, 1), self.columns("relay_at, relay_attempts"))
        self.assertEqual(1, number)
        self.flushLoggedErrors(Unavailable)

    async def submitted_to_relay(self, db: sqlite3.Connection) -> int:
        """Submit and pretend that an earlier process did the local half."""
        await self.outbox.stop()
        outbox = self.make_outbox(self.relay)
        await self.submit(outbox, "ann@example.org")
        await outbox.stop()
        db.execute("UPDATE submission SET local_at = NULL, relay_at = 1")
        db.execute("UPDATE recipient SET relayed = 1")
        self.outbox = self.start()
        return int(db.execute("SELECT count(*) FROM submission").fetchone()[0])


class PoisonTests(StagesCase):
    """A message that no attempt gets through."""

    async def give_up(self) -> int:
        """Let the time pass; gives how many minutes that took."""
        for minutes in range(20):
            await self.resting()
            if await self.outbox.waiting() == 0:
                return minutes
            self.clock.advance(60)
        raise AssertionError("tried for ever")

    async def test_unreadable_message(self) -> None:
        """A message that cannot be read is reported when its time is up, and set aside."""
        await self.outbox.stop()
        outbox = self.make_outbox(self.relay)
        await self.submit(outbox, "mary@example.com", "ann@example.org")
        await outbox.stop()
        with self.database() as db:
            db.execute("UPDATE submission SET message = x'0102'")
        self.outbox = self.start()
        self.assertLess(await self.give_up(), 7)
        await self.settled(self.outbox)
        (report,) = await self.mail(self.john)
        for address in (b"mary@example.com", b"ann@example.org"):
            self.assertIn(address, report.text)
        self.assertEqual((b"\1\2", self.clock.seconds()), self.columns("message, set_aside_at"))
        self.assertEqual([], self.relay.taken)
        self.assertEqual(4, len(self.flushLoggedErrors(Corrupt)))
        self.clock.advance(31 * 86_400)
        await self.until(lambda: self.columns("count(*)") == (0,))

    async def test_bug_at_the_relay(self) -> None:
        """The same where sending it raises; who has it already is not reported."""

        async def fail(*_: object) -> Any:
            raise ZeroDivisionError

        self.relay.send = fail  # type: ignore[method-assign]
        await self.submit(self.outbox, "mary@example.com", "ann@example.org")
        await self.give_up()
        await self.settled(self.outbox)
        (report,) = await self.mail(self.john)
        self.assertIn(b"ann@example.org", report.text)
        self.assertNotIn(b"mary@example.com", report.text)
        self.assertEqual(1, len(await self.mail(self.mary)))
        self.assertEqual(4, len(self.flushLoggedErrors(ZeroDivisionError)))

    async def test_attempts_survive_a_restart(self) -> None:
        """Failed attempts are counted in the file, so the pauses go on growing."""

        async def fail(*_: object) -> Any:
            raise ZeroDivisionError

        self.relay.send = fail  # type: ignore[method-assign]
        await self.submit(self.outbox, "ann@example.org")
        await self.resting()
        self.assertEqual((1, self.clock.seconds() + 60), self.columns("relay_attempts, relay_at"))
        await self.outbox.stop()
        self.outbox = self.start()
        self.clock.advance(60)
        await self.resting()
        self.assertEqual((2, self.clock.seconds() + 120), self.columns("relay_attempts, relay_at"))
        self.flushLoggedErrors(ZeroDivisionError)

    async def test_unreportable(self) -> None:
        """A report that cannot be made of the message is a plain one."""

        def fail(*_: object, **__: object) -> Any:
            raise ZeroDivisionError

        self.patch(reports, "bounce", fail)
        self.relay.answers["ann@example.org"] = REFUSED
        await self.submit(self.outbox, "ann@example.org", source=message())
        await self.settled(self.outbox)
        (report,) = await self.mail(self.john)
        self.assertEqual("Undeliverable", report.record.subject)
        self.assertIn(b"ann@example.org: 550 5.1.1 no mailbox", report.text)
        self.assertTrue(report.record.automatic)
        self.assertEqual(1, len(self.relay.taken))
        self.assertEqual(1, len(self.flushLoggedErrors(ZeroDivisionError)))

"""The queue's thread and its runner when things go wrong."""

import sqlite3
from collections.abc import Callable, Collection, Sequence
from contextlib import closing
from functools import partial
from importlib.resources import files
from pathlib import Path
from typing import Any

from twisted.internet import reactor
from twisted.internet.defer import Deferred, gatherResults
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase, TestCase

from carbonio_mobile.errors import NotFound, StoreError, Unavailable
from carbonio_mobile.ids import AccountId, OperationId
from carbonio_mobile.mailbox.delivery.database import OUTBOX_FILE, QueueThread, open_queue
from carbonio_mobile.mailbox.delivery.queue import (
    REMEMBERED_S,
    Recipient,
    Room,
    Stage,
    Submission,
    load,
    prune,
    take,
    waiting,
)
from carbonio_mobile.mailbox.delivery.runner import Runner
from carbonio_mobile.mailbox.delivery.schedule import RetrySchedule
from carbonio_mobile.mailbox.embedded.blobs import packed

JOHN = AccountId("john")
MAIL = Submission(
    account=JOHN, sender="a@b.c", message=b"x", recipients=(Recipient(address="d@e.f"),)
)
ROOM = Room(messages_count=100, account_bytes=1 << 20, free_bytes=0, directory=Path())


def taking(operation: str, now: float = 1.0) -> Callable[[sqlite3.Connection], Any]:
    """Give the step that takes a submission."""
    return partial(take, submission=MAIL, operation=OperationId(operation), now=now, room=ROOM)


class QueueThreadTests(TestCase):
    """Steps, their commits, their failures."""

    timeout = 20

    def setUp(self) -> None:
        self.path = Path(self.mktemp()) / OUTBOX_FILE
        self.path.parent.mkdir(parents=True)
        self.queue = self.open()

    def open(self) -> QueueThread:
        opening = partial(open_queue, self.path, busy_s=0.05, durable=False)
        queue = QueueThread(opening, reactor=reactor)
        self.addCleanup(queue.stop)
        return queue

    async def test_failing_step(self) -> None:
        """A step that raises leaves nothing and disturbs no other of its commit."""

        def fail(db: sqlite3.Connection) -> None:
            taking("half")(db)
            raise NotFound("as asked")

        first, failed, last = (self.queue.run(one) for one in (taking("a"), fail, taking("b")))
        await first
        await self.assertFailure(failed, NotFound)
        await last
        self.assertEqual(2, await self.queue.run(waiting))
        self.assertIsNotNone(await self.queue.run(taking("half")))

    async def test_statement_that_fails(self) -> None:
        """A step whose SQL fails is Corrupt or Unavailable for itself only."""
        steps = [taking("a"), lambda db: db.execute("NONSENSE"), taking("b")]
        first, failed, last = (self.queue.run(one) for one in steps)
        await gatherResults([first, last])
        await self.assertFailure(failed, StoreError)
        self.assertEqual(2, await self.queue.run(waiting))

    async def test_locked(self) -> None:
        """While another process holds the file all fails; then it works again, by itself."""
        await self.queue.run(taking("a"))
        with closing(sqlite3.connect(self.path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            await self.assertFailure(self.queue.run(taking("b")), Unavailable)
        self.assertIsNotNone(await self.queue.run(taking("b")))

    async def test_newer_schema(self) -> None:
        """A file of a newer program is left alone."""
        with closing(sqlite3.connect(self.path)) as db:
            db.execute("PRAGMA user_version = 99")
        await self.assertFailure(self.queue.run(waiting), StoreError)

    async def test_private(self) -> None:
        """Nobody else may read the file."""
        await self.queue.run(waiting)
        self.assertEqual(0o600, self.path.stat().st_mode & 0o777)

    async def test_stopped(self) -> None:
        """After a stop what was asked for before is done, and nothing is taken any more."""
        taken = self.queue.run(taking("a"))
        stopped = self.queue.stop()
        await self.assertFailure(self.queue.run(waiting), Unavailable)
        await stopped
        self.assertIsNotNone(await taken)
        self.assertEqual(1, await self.open().run(waiting))

    async def test_prune(self) -> None:
        """Operations are forgotten after thirty days, not before."""
        await self.queue.run(taking("old", now=1.0))
        await self.queue.run(taking("new", now=2.0))
        await self.queue.run(partial(prune, now=REMEMBERED_S + 1.5))
        self.assertIsNotNone(await self.queue.run(taking("old")))
        self.assertIsNone(await self.queue.run(taking("new")))


class UpgradeTests(TestCase):
    """Files of earlier versions."""

    async def test_first_schema(self) -> None:
        """What waits in a file of the first schema goes on, and bounds hold for what comes."""
        path = Path(self.mktemp()) / OUTBOX_FILE
        path.parent.mkdir(parents=True)
        script = files("carbonio_mobile.mailbox.delivery").joinpath("sql/outbox-v1.sql")
        with closing(sqlite3.connect(path)) as db:
            db.executescript(script.read_text() + "PRAGMA user_version = 1;")
            row = (1, "t", "john", "a@b.c", 1, packed(b"old"), None, 1, 0, None, 0)
            db.execute(f"INSERT INTO submission VALUES ({', '.join('?' * 11)})", row)
            db.execute("INSERT INTO recipient VALUES (1, 'd@e.f', NULL, 0, '')")
            db.execute("INSERT INTO operation VALUES ('john', 'op', 1)")
            db.commit()
        opening = partial(open_queue, path, busy_s=0.05, durable=False)
        queue = QueueThread(opening, reactor=reactor)
        self.addCleanup(queue.stop)
        queued = await queue.run(partial(load, number=1, stage=Stage.LOCAL, now=2.0))
        self.assertEqual(b"old", queued.submission.message)
        self.assertIsNone(await queue.run(taking("op")))
        self.assertIsNotNone(await queue.run(taking("new")))
        self.assertEqual(2, await queue.run(waiting))


class Table:
    """Work that is due at times."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.at: dict[int, float] = {}
        self.fault: Exception | None = None
        self.begun: list[int] = []

    async def due(self, busy: Collection[int], limit: int) -> tuple[Sequence[int], float | None]:
        if self.fault is not None:
            raise self.fault
        left = sorted((at, number) for number, at in self.at.items() if number not in busy)
        ready = [number for at, number in left if at <= self.clock.seconds()][:limit]
        later = [at for at, number in left if number not in ready]
        return ready, later[0] if later else None


class RunnerTests(SynchronousTestCase):
    """When work begins."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.table = Table(self.clock)
        self.runner = Runner(due=self.table.due, work=self.work, most=2, clock=self.clock)
        self.held: dict[int, Deferred[None]] = {}

    async def work(self, number: int) -> None:
        self.table.begun.append(number)
        self.held[number] = Deferred()
        await self.held[number]
        del self.table.at[number]

    def end(self, number: int, result: Any = None) -> None:
        held = self.held.pop(number)
        held.errback(result) if isinstance(result, Exception) else held.callback(None)

    def test_bounded(self) -> None:
        """So much at a time and no more; the next begins when one ends."""
        self.table.at = dict.fromkeys((1, 2, 3, 4), 0.0)
        self.runner.start()
        self.runner.offer(3)
        self.assertEqual([1, 2], self.table.begun)
        self.end(2)
        self.assertEqual([1, 2, 3], self.table.begun)
        self.end(1)
        self.end(3)
        self.end(4)
        self.assertEqual({}, self.table.at)

    def test_offered(self) -> None:
        """What is offered begins at once, and not twice."""
        self.runner.offer(1)
        self.assertEqual([], self.table.begun, "not started")
        self.runner.start()
        self.table.at[1] = 0.0
        self.runner.offer(1)
        self.runner.offer(1)
        self.runner.wake()
        self.assertEqual([1], self.table.begun)

    def test_time(self) -> None:
        """What is due later begins at its time."""
        self.table.at = {1: 10.0, 2: 20.0}
        self.runner.start()
        self.clock.advance(9)
        self.assertEqual([], self.table.begun)
        self.clock.advance(1)
        self.assertEqual([1], self.table.begun)
        self.end(1)
        self.clock.advance(10)
        self.assertEqual([1, 2], self.table.begun)

    def test_due_during_the_look(self) -> None:
        """What becomes due while the queue is being read begins as well."""
        look: Deferred[None] = Deferred()
        read = self.table.due

        async def slow(busy: Collection[int], limit: int) -> tuple[Sequence[int], float | None]:
            found = await read(busy, limit)
            await look
            return found

        self.runner = Runner(due=slow, work=self.work, most=2, clock=self.clock)
        self.table.at = {1: 10.0}
        self.runner.start()
        self.clock.advance(10)
        look.callback(None)
        self.assertEqual([1], self.table.begun)

    def test_failure_rests(self) -> None:
        """Work that fails unexpectedly is logged and taken up again after a pause; others go on."""
        self.table.at = {1: 0.0, 2: 0.0}
        self.runner.start()
        self.end(1, ZeroDivisionError())
        self.assertEqual(1, len(self.flushLoggedErrors(ZeroDivisionError)))
        self.end(2)
        self.runner.offer(1)
        self.assertEqual([1, 2], self.table.begun)
        self.clock.advance(15)
        self.assertEqual([1, 2, 1], self.table.begun)

    def test_pauses_grow(self) -> None:
        """Where the same fails again and again the pauses double up to a quarter of an hour."""
        self.table.at = {1: 0.0}
        self.runner.start()
        for pause_s in (15, 30, 60, 120, 240, 480, 900, 900):
            self.end(1, Unavailable("disk full"))
            self.clock.advance(pause_s - 1)
            self.assertEqual({}, self.held)
            self.clock.advance(1)
        self.end(1)
        self.table.at = {1: self.clock.seconds()}
        self.runner.wake()
        self.end(1, Unavailable("disk full"))
        self.clock.advance(15)
        self.assertIn(1, self.held, "one that succeeded begins with the short pause again")

    def test_unreadable_queue(self) -> None:
        """A queue that cannot be read is looked at again after a pause."""
        self.table.at = {1: 0.0}
        self.table.fault = Unavailable("disk full")
        self.runner.start()
        self.assertEqual(1, len(self.flushLoggedErrors(Unavailable)))
        self.table.fault = None
        self.clock.advance(15)
        self.assertEqual([1], self.table.begun)

    def test_stop(self) -> None:
        """A stop waits for what is under way and begins nothing; no delayed call is left."""
        self.table.at = {1: 0.0, 2: 0.0, 3: 0.0, 4: 100.0}
        self.runner.start()
        self.end(2, ZeroDivisionError())
        self.flushLoggedErrors(ZeroDivisionError)
        stopped = Deferred.fromCoroutine(self.runner.stop())
        self.assertNoResult(stopped)
        for number in list(self.held):
            self.end(number)
        self.successResultOf(stopped)
        self.assertEqual([1, 2, 3], self.table.begun)
        self.assertEqual([], self.clock.getDelayedCalls())


def test_schedule() -> None:
    """Delays rise, the last one holds, the last attempt is made when the time is up."""
    schedule = RetrySchedule(delays_s=(60, 600), give_up_s=1000)
    assert schedule.next_at(100.0, 1, 100.0) == 160.0
    assert schedule.next_at(160.0, 2, 100.0) == 760.0
    assert schedule.next_at(760.0, 3, 100.0) == 1100.0
    assert schedule.next_at(1100.0, 4, 100.0) is None

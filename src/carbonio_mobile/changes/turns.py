"""Give the requests of one device their turns: one at a time, in order of arrival.

A request that waits for changes parks its turn meanwhile, and is superseded by a newer one of the
same command.

Spec: MS-ASCMD 2.2.1.13 (Ping), 2.2.1.21 (Sync): a client that sends a new one gave up the old.
"""

from collections.abc import Callable, Sequence
from enum import Enum
from time import monotonic

from twisted.internet.defer import Deferred, fail, succeed
from zope.interface import implementer

from carbonio_mobile.errors import Unavailable
from carbonio_mobile.ids import DeviceKey
from carbonio_mobile.interfaces import ITurn, ITurns, IWatch
from carbonio_mobile.sync.doing import Doing


class Phase(Enum):
    """Where a turn stands."""

    WAITING = "in the queue, to begin or to resume"
    HOLDING = "the one at work"
    PARKED = "lets others go on"
    FINISHED = "over"


@implementer(ITurns)
class DeviceTurns:
    """The turns of all devices of this process; a device without requests costs nothing.

    A request that would be more than the ``queue_limit``-th to wait for its device is refused.
    ``clock`` gives seconds that nobody sets.
    """

    def __init__(self, *, queue_limit: int, clock: Callable[[], float] = monotonic) -> None:
        self._queue_limit = queue_limit
        self._clock = clock
        self._lines: dict[DeviceKey, Line] = {}

    def __len__(self) -> int:
        """Tell how many devices have a request here, parked ones included."""
        return len(self._lines)

    def begin(self, key: DeviceKey, *, command: str) -> "Deferred[Turn]":
        """Wait for the device's other requests in order of arrival, then give the turn.

        Raises: Unavailable (more requests wait for this device than any sane one sends).
        """
        line = self._lines.get(key)
        if line is None:
            line = self._lines[key] = Line(self, key)
        elif len(line.queue) >= self._queue_limit:
            return fail(Unavailable("too many requests of one device at once"))
        turn = Turn(line, command)
        outdated = line.supersede(command)
        line.turns.append(turn)
        begun = line.take(turn)
        for watch in outdated:
            watch.end()
        return begun

    def wake(self, key: DeviceKey) -> None:
        """End what is parked for a device, as newer requests would."""
        line = self._lines.get(key)
        for watch in () if line is None else line.parked():
            watch.end()

    def doing(self, key: DeviceKey) -> Sequence[Doing]:
        """Tell what the device's requests are at, the one that came first before the others."""
        line = self._lines.get(key)
        return [] if line is None else [turn.doing() for turn in line.turns]

    def now(self) -> float:
        """Give the present time of the steady clock."""
        return self._clock()

    def forget(self, key: DeviceKey) -> None:
        """Drop the line of a device that has no requests any more."""
        del self._lines[key]


class Line:
    """The turns of one device: one holds, others queue for it, some are parked."""

    __slots__ = ("_home", "_key", "_passing", "holder", "queue", "turns")

    def __init__(self, home: DeviceTurns, key: DeviceKey) -> None:
        self._home = home
        self._key = key
        self._passing = False
        self.holder: Turn | None = None
        self.queue: list[Turn] = []
        self.turns: list[Turn] = []

    def parked(self) -> list[IWatch]:
        """Give what the parked turns wait for."""
        return [turn.watch for turn in self.turns if turn.watch is not None]

    def now(self) -> float:
        """Give the present time of the steady clock."""
        return self._home.now()

    def supersede(self, command: str) -> list[IWatch]:
        """Mark the turns of a command as outdated; gives the watches of those that are parked."""
        watches = []
        for turn in self.turns:
            if turn.command == command:
                turn.superseded = True
                if turn.watch is not None:
                    watches.append(turn.watch)
        return watches

    def take(self, turn: "Turn") -> "Deferred[Turn]":
        """Let a turn hold, now or when those before it have let go."""
        if self.holder is None and not self.queue:
            self.holder = turn
            turn.phase = Phase.HOLDING
            return succeed(turn)
        turn.phase = Phase.WAITING
        turn.waiter = Deferred(turn.cancelled)
        self.queue.append(turn)
        return turn.waiter

    def pass_on(self) -> None:
        """Give the right to the next in the queue, if it is free.

        The next one may let go within its callback: that returns here and goes on in this loop, so
        that a long queue does not become a deep stack.
        """
        if self._passing:
            return
        self._passing = True
        while self.holder is None and self.queue:
            turn = self.queue.pop(0)
            self.holder = turn
            turn.go()
        self._passing = False
        if not self.turns:
            self._home.forget(self._key)


@implementer(ITurn)
class Turn:
    """The right of one request to work on its device's state, alone."""

    __slots__ = ("_line", "command", "phase", "since", "superseded", "waiter", "watch")

    def __init__(self, line: Line, command: str) -> None:
        self._line = line
        self.command = command
        self.phase = Phase.WAITING
        self.since = line.now()
        self.superseded = False
        self.watch: IWatch | None = None
        self.waiter: Deferred[Turn] | None = None

    def park(self, watch: IWatch) -> None:
        """Let other requests of the device go on while this one waits.

        The watch is ended by a newer request of the same command; at once, if one came already.
        """
        if self.phase is not Phase.HOLDING:
            raise RuntimeError(f"cannot park a turn that is {self.phase.value}")
        self.phase = Phase.PARKED
        self.since = self._line.now()
        self.watch = watch
        self._let_go()
        if self.superseded:
            watch.end()

    def resume(self) -> Deferred[None]:
        """Take the right again after parking, behind those that wait for it already."""
        if self.phase is not Phase.PARKED:
            raise RuntimeError(f"cannot resume a turn that is {self.phase.value}")
        self.watch = None
        return self._line.take(self).addCallback(_nothing)

    def finish(self) -> None:
        """Give the right up for good; may be called again, and in any phase."""
        phase, self.phase = self.phase, Phase.FINISHED
        if phase is Phase.WAITING:
            self._leave_queue()
        if phase is not Phase.FINISHED:
            self.watch = None
            self._line.turns.remove(self)
            self._let_go()

    def doing(self) -> Doing:
        """Tell what the request is at."""
        return Doing(
            command=self.command,
            phase=self.phase.value,
            since=self.since,
            folders=0 if self.watch is None else self.watch.width,
            parked=self.phase is Phase.PARKED,
        )

    def go(self) -> None:
        """Tell the request that it holds the right now."""
        self.phase = Phase.HOLDING
        waiter, self.waiter = self.waiter, None
        if waiter is not None:
            waiter.callback(self)

    def cancelled(self, _waiter: "Deferred[Turn]") -> None:
        """Leave the queue: the client of this request is gone."""
        self.finish()

    def _leave_queue(self) -> None:
        self._line.queue.remove(self)
        waiter, self.waiter = self.waiter, None
        if waiter is not None:
            waiter.cancel()

    def _let_go(self) -> None:
        if self._line.holder is self:
            self._line.holder = None
        self._line.pass_on()


def _nothing(_turn: Turn) -> None:
    """Keep the turn out of the result of resuming."""

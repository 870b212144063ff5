"""Wake the parked requests of an account when something comes into the folders that they watch.

Foreign code (what follows a wait) never runs inside a report: it runs in the next turn of the
reactor, and of very many requests that are due at once only :data:`WAKES_A_TURN` go on in each
turn.

Spec: MS-ASCMD 2.2.1.13 (Ping), 2.2.1.21 (Sync with Wait or HeartbeatInterval).
"""

from collections import deque
from collections.abc import Collection

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from zope.interface import implementer

from carbonio_mobile.changes.interest import Tally
from carbonio_mobile.changes.watch import Watch
from carbonio_mobile.changes.wheel import TimerWheel
from carbonio_mobile.ids import AccountId, FolderId
from carbonio_mobile.interfaces import IChangeHub, IChangeSink, IInterest

WAKES_A_TURN = 50
"""How many requests go on in one turn of the reactor; each then costs a millisecond or so."""

HEARTBEAT_SLOT_S = 1.0
SHORT_SLOT_S = 0.05
SHORT_WAIT_S = 10.0
"""Waits below this are kept in the wheel of short slots."""


@implementer(IChangeHub, IChangeSink)
class ChangeHub:
    """The watches of one process, by account. ``interest`` is told what is watched."""

    def __init__(self, clock: IReactorTime, *, interest: IInterest | None = None) -> None:
        self.waiting = 0
        """How many waits go on."""
        self.releasing = False
        """Whether the process is ending."""
        self._clock = clock
        self._accounts: dict[AccountId, tuple[Watch, ...]] = {}  # most have one
        self._long = TimerWheel(clock, slot_s=HEARTBEAT_SLOT_S)
        self._short = TimerWheel(clock, slot_s=SHORT_SLOT_S)
        self._ready: deque[Watch] = deque()
        self._turn: IDelayedCall | None = None
        self._released: Deferred[None] = Deferred()
        self._tally = None if interest is None else Tally(interest)

    def tell(self, interest: IInterest) -> None:
        """Tell somebody what is watched from now on; to be called before the first watch begins."""
        self._tally = Tally(interest)

    def watch(
        self, account: AccountId, folders: Collection[FolderId], *, latency_s: float
    ) -> Watch:
        """Begin to notice arrivals in these folders and changes of the hierarchy."""
        watch = Watch(self, account, folders, latency_s)
        self._accounts[account] = (*self._accounts.get(account, ()), watch)
        if self._tally is not None:
            self._tally.add(account, watch.named)
        return watch

    def folder_changed(self, account: AccountId, folder: FolderId, *, arrival: bool) -> None:
        """Tell the account's watches of an arrival; other changes wake nobody."""
        if arrival:
            for watch in self._accounts.get(account, ()):
                if watch.watches(folder):
                    watch.notice(folder)

    def hierarchy_changed(self, account: AccountId) -> None:
        """Tell the account's watches that its folders changed."""
        for watch in self._accounts.get(account, ()):
            watch.notice(None)

    def send_back(self) -> None:
        """End all waits as if the folders had changed: the phones ask again, and are put off."""
        for account in list(self._accounts):
            self.hierarchy_changed(account)

    def release_all(self, spread_s: float) -> Deferred[None]:
        """Let all waits end as if time were up, evenly over ``spread_s``; fires when none is left.

        Called once, at the end of the process: the phones come back spread as well. Waits that
        begin later end in the next turn of the reactor.
        """
        self.releasing = True
        waits = [watch for mine in self._accounts.values() for watch in mine if watch.waits]
        for number, watch in enumerate(waits):
            watch.sooner(spread_s * number / len(waits))
        self._tell_if_released()
        return self._released

    def set_timer(self, watch: Watch, seconds: float) -> None:
        """Let a watch expire in ``seconds``."""
        wheel = self._short if seconds < SHORT_WAIT_S else self._long
        wheel.add(watch, max(seconds, 0.0))

    def make_ready(self, watch: Watch) -> None:
        """Let a watch's wait fire in one of the next turns of the reactor."""
        self._ready.append(watch)
        if self._turn is None:
            self._turn = self._clock.callLater(0, self._wake_some)

    def wait_began(self) -> None:
        """Count a wait."""
        self.waiting += 1

    def wait_ended(self) -> None:
        """Count a wait off."""
        self.waiting -= 1
        self._tell_if_released()

    def forget(self, watch: Watch) -> None:
        """Take a watch out that is about to be closed."""
        others = tuple(other for other in self._accounts[watch.account] if other is not watch)
        if others:
            self._accounts[watch.account] = others
        else:
            del self._accounts[watch.account]
        if self._tally is not None:
            self._tally.take(watch.account, watch.named)

    def _wake_some(self) -> None:
        self._turn = None
        for _ in range(min(WAKES_A_TURN, len(self._ready))):
            self._ready.popleft().fire()
        if self._ready and self._turn is None:
            self._turn = self._clock.callLater(0, self._wake_some)

    def _tell_if_released(self) -> None:
        if self.releasing and not self.waiting and not self._released.called:
            self._released.callback(None)

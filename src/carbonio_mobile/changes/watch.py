"""Collect what one parked request is waiting for, and end its wait.

Spec: MS-ASCMD 2.2.1.13 (Ping), 2.2.1.21 (Sync with Wait or HeartbeatInterval).
"""

from collections.abc import Collection, Sequence
from typing import Protocol

from twisted.internet.defer import Deferred, succeed
from zope.interface import implementer

from carbonio_mobile.changes.wheel import Timer
from carbonio_mobile.ids import AccountId, FolderId
from carbonio_mobile.interfaces import IWatch
from carbonio_mobile.sync.wake import TIME_UP, Wake

SUPERSEDED = Wake(superseded=True)


class Home(Protocol):
    """What a watch needs of its hub."""

    releasing: bool

    def set_timer(self, watch: "Watch", seconds: float) -> None:
        """Let the watch expire in ``seconds``."""

    def make_ready(self, watch: "Watch") -> None:
        """Have the watch fire in one of the next turns of the reactor."""

    def wait_began(self) -> None:
        """Count a wait."""

    def wait_ended(self) -> None:
        """Count a wait off."""

    def forget(self, watch: "Watch") -> None:
        """Take a closed watch out."""


@implementer(IWatch)
class Watch(Timer):
    """One party waiting for changes; there are tens of thousands, so it is kept small.

    What was noticed is collected whether a wait goes on or not, and told once. The timer stands for
    the end of the wait; the first thing noticed draws it nearer, to the end of the latency.
    """

    __slots__ = ("_home", "_latency_s", "_noticed", "_waiter", "account", "folders")

    def __init__(
        self, home: Home, account: AccountId, folders: Collection[FolderId], latency_s: float
    ) -> None:
        super().__init__()
        self.account = account
        # One string with a space around each id (no id holds one) takes a fifth of the memory of a
        # set of strings, and is searched in as little time. It is empty once the watch is closed.
        self.folders = f" {' '.join(folders)} "
        self._home = home
        self._latency_s = latency_s
        self._noticed = TIME_UP
        self._waiter: Deferred[Wake] | None = None

    @property
    def waits(self) -> bool:
        """Whether a wait goes on."""
        return self._waiter is not None

    @property
    def width(self) -> int:
        """How many folders are watched."""
        return len(self.folders.split())

    @property
    def named(self) -> Sequence[FolderId]:
        """The folders that are watched, as they were named."""
        return [FolderId(one) for one in self.folders.split()]

    def watches(self, folder: FolderId) -> bool:
        """Tell whether arrivals in this folder are to be noticed."""
        return f" {folder} " in self.folders

    def wait(self, seconds: float) -> Deferred[Wake]:
        """Fire at the first arrival or hierarchy change since the watch began, or when time is up.

        A heartbeat ends at most a second late, never early. What is told is forgotten (but for
        being superseded), so that a further wait is for further changes. One wait at a time.
        """
        if not self.folders or self._waiter is not None:
            raise RuntimeError("the watch is closed, or in a wait already")
        if self._noticed is not TIME_UP:
            return succeed(self._tell())
        waiter: Deferred[Wake] = Deferred(self._cancelled)
        self._waiter = waiter
        self._home.wait_began()
        if self._home.releasing:
            self._home.make_ready(self)
        else:
            self._home.set_timer(self, seconds)
        return waiter

    def notice(self, folder: FolderId | None) -> None:
        """Note an arrival in a folder, or with None a change of the hierarchy."""
        first = self._noticed is TIME_UP
        folders = self._noticed.folders
        self._noticed = Wake(
            folders=folders if folder is None else folders | {folder},
            hierarchy=folder is None or self._noticed.hierarchy,
            superseded=self._noticed.superseded,
        )
        if first and self._waiter is not None:
            self.sooner(self._latency_s)

    def sooner(self, seconds: float) -> None:
        """End the wait that goes on in ``seconds``, if it would last longer."""
        if seconds <= 0:
            self.expire()
        elif seconds < self.left_s():
            self._home.set_timer(self, seconds)

    def end(self) -> None:
        """Make a wait fire now as superseded, or the next one as soon as it begins."""
        self._noticed = SUPERSEDED
        self.fire()

    def close(self) -> None:
        """Stop watching; a wait that goes on is cancelled."""
        if not self.folders:
            return
        self._home.forget(self)
        self.folders = ""
        if self._waiter is not None:
            self._waiter.cancel()

    def expire(self) -> None:
        """Let the wait end: time is up, or the latency is over."""
        self.unset()
        self._home.make_ready(self)

    def fire(self) -> None:
        """End the wait, if one goes on (it may have ended since this became due)."""
        waiter = self._waiter
        if waiter is not None:
            self._end_wait()
            waiter.callback(self._tell())

    def _tell(self) -> Wake:
        told = self._noticed
        self._noticed = SUPERSEDED if told.superseded else TIME_UP
        return told

    def _cancelled(self, _waiter: Deferred[Wake]) -> None:
        self._end_wait()
        self.close()

    def _end_wait(self) -> None:
        self._waiter = None
        self.unset()
        self._home.wait_ended()

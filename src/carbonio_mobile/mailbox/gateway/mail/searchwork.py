"""One search of an account: under way, or done a little while ago.

It looks into one mailbox after the other, on one connection, and goes on when those who asked no
longer wait: what it finds by then is for their next question.
"""

from collections import deque
from collections.abc import Awaitable, Callable, Iterable

from twisted.internet.defer import Deferred

from carbonio_mobile.errors import StoreError
from carbonio_mobile.mailbox.mirror.links import FolderLink

MOST_ROWS = 2_000
"""So many hits are kept, the newest."""

Row = tuple[float, int, int]
"""When a message arrived, its folder and its number."""

Look = Callable[[FolderLink], Awaitable[list[Row]]]
"""Gives the hits in a mailbox. Raises: StoreError."""


class SearchWork:
    """Looks into mailboxes in their order.

    ``rows`` are the hits so far, newest first, ``total`` counts also those not kept; ``stamp`` is
    what the caller knows the state of the mirror by in which the search began.
    """

    def __init__(self, links: Iterable[FolderLink], look: Look, *, stamp: int, now: float) -> None:
        self.rows: list[Row] = []
        self.total = 0
        self.stamp = stamp
        self.begun_at = now
        self.waiting = 0
        self._left = deque(links)
        self._look = look
        self._running: Deferred[None] | None = None
        self._fault: StoreError | None = None

    @property
    def is_whole(self) -> bool:
        """Whether all mailboxes were looked into."""
        return not self._left

    @property
    def is_running(self) -> bool:
        """Whether it is at work."""
        return self._running is not None

    def start(self) -> None:
        """Go to work, where there is something left and it is not at work."""
        if self._left and self._running is None:
            self._fault = None
            running = Deferred.fromCoroutine(self._run())
            if not running.called:
                self._running = running
            running.addBoth(self._over)

    def give_up(self) -> None:
        """Look into no further mailbox."""
        self._left.clear()

    def fault(self) -> StoreError | None:
        """Give what ended the work before its end, once."""
        fault, self._fault = self._fault, None
        return fault

    def ended(self) -> Deferred[None]:
        """Wait until it is no longer at work; cancelling ends the wait only."""
        waiter: Deferred[None] = Deferred()
        if self._running is None:
            waiter.callback(None)
        else:
            self._running.addBoth(lambda result: _tell(waiter, result))
        return waiter

    def _over(self, _: None) -> None:
        self._running = None

    async def _run(self) -> None:
        while self._left:
            link = self._left[0]
            try:
                found = await self._look(link)
            except StoreError as exc:
                self._fault = exc
                return
            if self._left and self._left[0] is link:
                self._left.popleft()
            self._take(found)

    def _take(self, found: list[Row]) -> None:
        self.total += len(found)
        self.rows = sorted((*self.rows, *found), reverse=True)[:MOST_ROWS]


def _tell(waiter: Deferred[None], result: None) -> None:
    if not waiter.called:
        waiter.callback(None)
    return result

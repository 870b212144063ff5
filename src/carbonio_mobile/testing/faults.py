"""Stores that fail when a test says so, around any store."""

from collections.abc import Collection, Mapping

from zope.interface import implementer

from carbonio_mobile.ids import DeviceKey
from carbonio_mobile.interfaces import ISyncStates


@implementer(ISyncStates)
class FaultySyncStates:
    """Sync states whose next calls fail with the errors given to :meth:`fail_next`, in that order.

    A commit that fails has been done or not, as ``after`` says: a caller cannot know which it was
    when a connection breaks, or the process dies, between the commit and its acknowledgement.
    """

    def __init__(self, states: ISyncStates) -> None:
        self._states = states
        self._errors: list[tuple[Exception, bool]] = []

    def fail_next(self, *errors: Exception, after: bool = False) -> None:
        """Let the next calls fail; with ``after``, once they have had their effect."""
        self._errors.extend((error, after) for error in errors)

    async def load(self, key: DeviceKey, names: Collection[str]) -> Mapping[str, str]:
        """Load, or fail."""
        error, _after = self._take()
        if error is not None:
            raise error
        return await self._states.load(key, names)

    async def commit(self, key: DeviceKey, documents: Mapping[str, str | None]) -> None:
        """Commit, or fail before or after it."""
        error, after = self._take()
        if error is not None and not after:
            raise error
        await self._states.commit(key, documents)
        if error is not None:
            raise error

    def _take(self) -> tuple[Exception | None, bool]:
        return self._errors.pop(0) if self._errors else (None, False)

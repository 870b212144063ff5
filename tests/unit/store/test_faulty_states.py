"""The failing store for tests fails as it was told, and is else the store that it wraps."""

from twisted.internet.defer import Deferred

from carbonio_mobile.errors import Unavailable
from carbonio_mobile.store.memory import MemoryStore
from carbonio_mobile.testing.contracts.states import KEY, SyncStatesContract
from carbonio_mobile.testing.faults import FaultySyncStates


class FaultySyncStatesTests(SyncStatesContract):
    """The contract, and the faults."""

    def setUp(self) -> None:
        self.states = FaultySyncStates(MemoryStore())

    async def test_fails_before(self) -> None:
        """A commit that fails before it is done leaves no trace; the next one is done."""
        self.states.fail_next(Unavailable("full"))
        await self.assertFailure(Deferred.fromCoroutine(self._commit({"a": "1"})), Unavailable)
        self.assertEqual({}, await self.load("a"))
        await self._commit({"a": "2"})
        self.assertEqual({"a": "2"}, await self.load("a"))

    async def test_fails_after(self) -> None:
        """A commit that fails after it is done has had its effect."""
        self.states.fail_next(Unavailable("gone"), after=True)
        await self.assertFailure(Deferred.fromCoroutine(self._commit({"a": "1"})), Unavailable)
        self.assertEqual({"a": "1"}, await self.load("a"))

    async def test_failing_loads(self) -> None:
        """Loads fail as well, as often as was said."""
        self.states.fail_next(Unavailable("one"), Unavailable("two"))
        for _ in range(2):
            load = Deferred.fromCoroutine(self.states.load(KEY, ["a"]))
            await self.assertFailure(load, Unavailable)
        self.assertEqual({}, await self.load("a"))


# pytest collects what a module holds: the suite itself is not for collection.
del SyncStatesContract

"""What every store of sync states does."""

from twisted.internet.defer import Deferred, gatherResults
from twisted.trial.unittest import TestCase
from zope.interface.verify import verifyObject

from carbonio_mobile.ids import AccountId, DeviceId, DeviceKey
from carbonio_mobile.interfaces import ISyncStates

KEY = DeviceKey(AccountId("a-1"), DeviceId("ab12"))
OTHER = DeviceKey(AccountId("a-2"), DeviceId("ab12"))


class SyncStatesContract(TestCase):
    """Subclass it together with a ``setUp`` that sets ``states``."""

    states: ISyncStates

    async def load(self, *names: str, key: DeviceKey = KEY) -> dict[str, str]:
        """Give documents as a plain dictionary."""
        return dict(await self.states.load(key, names))

    def test_provides_the_interface(self) -> None:
        """It has the methods of ISyncStates, with their signatures."""
        verifyObject(ISyncStates, self.states)

    async def test_nothing_stored(self) -> None:
        """Names that do not exist are left out; no names give nothing."""
        self.assertEqual({}, await self.load("a", "b"))
        self.assertEqual({}, await self.load())

    async def test_documents_come_back(self) -> None:
        """Documents are read back as they were stored, and only those that were asked for."""
        stored = {"empty": "", "": "no name", "text ☃ 𝄞": "{'a': [1]}\n;--", "long": "x" * 300_000}
        await self.states.commit(KEY, stored)
        self.assertEqual(stored, await self.load(*stored, "missing"))
        self.assertEqual({"empty": ""}, await self.load("empty"))

    async def test_many_names(self) -> None:
        """Any number of names may be asked for at once, the same one repeatedly too."""
        stored = {f"n{number}": str(number) for number in range(150)}
        await self.states.commit(KEY, dict(stored))
        for count in (1, 2, 3, 5, 31, 32, 33, 64, 100, 150):
            wanted = list(stored)[:count]
            self.assertEqual({n: stored[n] for n in wanted}, await self.load(*wanted, wanted[0]))

    async def test_commit_replaces_and_removes(self) -> None:
        """A commit changes the documents that it names, and no others."""
        await self.states.commit(KEY, {"a": "1", "b": "1", "c": "1"})
        await self.states.commit(KEY, {"a": "2", "b": None, "d": "2", "never": None})
        self.assertEqual(
            {"a": "2", "c": "1", "d": "2"}, await self.load("a", "b", "c", "d", "never")
        )

    async def test_empty_commit(self) -> None:
        """A commit of nothing changes nothing."""
        await self.states.commit(KEY, {"a": "1"})
        await self.states.commit(KEY, {})
        self.assertEqual({"a": "1"}, await self.load("a"))

    async def test_devices_are_apart(self) -> None:
        """Documents of one device are not seen under another's key."""
        await self.states.commit(KEY, {"a": "1"})
        await self.states.commit(OTHER, {"a": "2"})
        await self.states.commit(OTHER, {"a": None})
        self.assertEqual({"a": "1"}, await self.load("a"))
        self.assertEqual({}, await self.load("a", key=OTHER))

    async def test_the_caller_keeps_its_mapping(self) -> None:
        """What the caller does with its mapping or the loaded one afterwards changes nothing."""
        mine: dict[str, str | None] = {"a": "1"}
        done = Deferred.fromCoroutine(self._commit(mine))
        mine["a"] = "changed"
        mine["b"] = "added"
        await done
        loaded = await self.load("a", "b")
        loaded["a"] = "changed"
        self.assertEqual({"a": "1"}, await self.load("a", "b"))

    async def test_later_commits_win(self) -> None:
        """Commits of one document asked for one after another take effect in that order."""
        await gatherResults(
            [Deferred.fromCoroutine(self._commit({"a": str(n)})) for n in range(50)]
        )
        self.assertEqual({"a": "49"}, await self.load("a"))

    async def test_many_devices_at_once(self) -> None:
        """Commits and loads of many devices at the same time do not mix."""

        async def one(number: int) -> None:
            key = DeviceKey(AccountId(f"a{number}"), DeviceId("d"))
            await self.states.commit(key, {"x": str(number), "y": "1"})
            await self.states.commit(key, {"y": None})
            self.assertEqual({"x": str(number)}, await self.load("x", "y", key=key))

        await gatherResults([Deferred.fromCoroutine(one(number)) for number in range(40)])

    async def _commit(self, documents: dict[str, str | None]) -> None:
        await self.states.commit(KEY, documents)

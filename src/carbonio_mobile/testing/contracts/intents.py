"""What every store of intents promises."""

from dataclasses import replace

from twisted.trial.unittest import TestCase
from zope.interface.verify import verifyObject

from carbonio_mobile.ids import AccountId, OperationId
from carbonio_mobile.interfaces import IIntents
from carbonio_mobile.sync.intents import REMEMBERED_S, Intent, Progress

NOW = 1_800_000_000.25


def intent(name: str = "send-1", *, at: float = NOW) -> Intent:
    """Give an intent that was just begun."""
    return Intent(
        account=AccountId("john-1"),
        operation=OperationId(name),
        message_id=f"{name}-ä@example.com",
        progress=Progress.HANDING_OVER,
        at=at,
    )


class IntentsContract(TestCase):
    """``intents`` is empty; ``again`` opens what was stored anew."""

    intents: IIntents

    async def again(self) -> IIntents:
        """Give what finds the same storage after a restart."""
        raise NotImplementedError("each store makes its own")

    async def known(self, *names: str) -> list[str]:
        """Give those of the names that are known."""
        return [one for one in names if await self.intents.find(OperationId(one)) is not None]

    def test_provides_the_interface(self) -> None:
        """It has the methods of IIntents, with their signatures."""
        verifyObject(IIntents, self.intents)

    async def test_what_is_put_is_found(self) -> None:
        """Each as it was put, over a restart too; of others nothing is known."""
        first, second = intent(), replace(intent("send-2"), account=AccountId(""))
        for one in (first, second):
            await self.intents.put(one)
        for store in (self.intents, await self.again()):
            self.assertEqual(await store.find(first.operation), first)
            self.assertEqual(await store.find(second.operation), second)
            self.assertIsNone(await store.find(OperationId("send-3")))

    async def test_one_takes_the_place_of_the_other(self) -> None:
        """How far a message has come is what was put last."""
        for progress in (*Progress, Progress.HANDING_OVER):
            one = replace(intent(), progress=progress, message_id=progress.name, at=NOW + 1)
            await self.intents.put(one)
            self.assertEqual(await self.intents.find(one.operation), one)

    async def test_what_is_dropped_is_gone(self) -> None:
        """And nothing else; what is not known can be dropped."""
        for name in ("a", "b"):
            await self.intents.put(intent(name))
        for name in ("a", "a", "c"):
            await self.intents.drop(OperationId(name))
        self.assertEqual(await self.known("a", "b", "c"), ["b"])

    async def test_the_old_are_forgotten(self) -> None:
        """Those begun longer ago than REMEMBERED_S, when another one is put."""
        for name, at in (("old", NOW - 1), ("just", NOW), ("new", NOW + REMEMBERED_S)):
            await self.intents.put(intent(name, at=at))
        self.assertEqual(await self.known("old", "just", "new"), ["just", "new"])

    async def test_one_that_goes_on_forgets_nothing_younger(self) -> None:
        """An intent of long ago that is put again takes none with it."""
        for name, at in (("new", NOW + REMEMBERED_S), ("late", NOW + 5), ("late", NOW + 5)):
            await self.intents.put(intent(name, at=at))
        self.assertEqual(await self.known("new", "late"), ["new", "late"])

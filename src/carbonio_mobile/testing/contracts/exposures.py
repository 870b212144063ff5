"""What every keeper of exposed address books promises."""

from twisted.trial.unittest import TestCase
from zope.interface.verify import verifyObject

from carbonio_mobile.addressbook.exposure import EXPOSURES_COUNT, Exposure
from carbonio_mobile.errors import Conflict, NotFound, TooLarge
from carbonio_mobile.ids import AccountId, FolderId
from carbonio_mobile.interfaces import IExposures

JOHN, MARY = AccountId("john-1"), AccountId("mary-1")
CONTACTS = FolderId("7")


def exposure(
    domain: str = "", account: AccountId = JOHN, folder: FolderId | None = CONTACTS
) -> Exposure:
    """Give an exposure; of itself that of John's contacts to all."""
    return Exposure(domain=domain, account=account, folder=folder)


class ExposuresContract(TestCase):
    """``exposures`` is empty; ``again`` opens what was stored anew."""

    exposures: IExposures

    async def again(self) -> IExposures:
        """Give what finds the same storage after a restart."""
        raise NotImplementedError("each keeper makes its own")

    def test_provides_the_interface(self) -> None:
        """It has the methods of IExposures, with their signatures."""
        verifyObject(IExposures, self.exposures)

    async def test_what_is_exposed_is_seen_by_whom_it_is_meant_for(self) -> None:
        """Each domain has its own, and "" those of all; they outlast a restart."""
        everything = exposure(account=MARY, folder=None)
        for one in (everything, exposure(), exposure("b.example"), exposure("a.example")):
            await self.exposures.add(one)
        for keeper in (self.exposures, await self.again()):
            self.assertEqual(list(keeper.exposures("")), [exposure(), everything])
            self.assertEqual(list(keeper.exposures("a.example")), [exposure("a.example")])
            self.assertEqual(list(keeper.exposures("elsewhere.example")), [])
            domains = [one.domain for one in keeper.all_exposures()]
            self.assertEqual(domains, ["", "", "a.example", "b.example"])

    async def test_nothing_is_exposed_twice(self) -> None:
        """A folder and all of the account are two things."""
        await self.exposures.add(exposure())
        await self.exposures.add(exposure(folder=None))
        with self.assertRaises(Conflict):
            await self.exposures.add(exposure())
        self.assertEqual(len(self.exposures.exposures("")), 2)

    async def test_what_is_taken_back_is_gone(self) -> None:
        """All that is named or, where something of it is not there, nothing."""
        kept = exposure("a.example")
        for one in (exposure(), exposure(folder=None), kept):
            await self.exposures.add(one)
        with self.assertRaises(NotFound):
            await self.exposures.remove([exposure(), exposure("elsewhere.example")])
        self.assertEqual(len(self.exposures.all_exposures()), 3)
        await self.exposures.remove([exposure(), exposure(folder=None)])
        for keeper in (self.exposures, await self.again()):
            self.assertEqual(list(keeper.all_exposures()), [kept])

    async def test_every_change_raises_the_generation(self) -> None:
        """So that what was worked out of it is known to be old."""
        seen = [self.exposures.generation()]
        await self.exposures.add(exposure())
        seen.append(self.exposures.generation())
        await self.exposures.remove([exposure()])
        seen.append(self.exposures.generation())
        self.assertEqual(seen, sorted(set(seen)))

    async def test_there_is_a_bound(self) -> None:
        """One more than that is refused."""
        for number in range(EXPOSURES_COUNT):
            await self.exposures.add(exposure(account=AccountId(f"a{number:04}")))
        with self.assertRaises(TooLarge):
            await self.exposures.add(exposure("a.example"))

"""What every store of version filters does."""

from twisted.trial.unittest import TestCase
from zope.interface.verify import verifyObject

from carbonio_mobile.eas.version import Version
from carbonio_mobile.errors import NotFound, TooLarge
from carbonio_mobile.interfaces import IEasFilters
from carbonio_mobile.policy.versionfilters import (
    FILTERS_COUNT,
    EasFilter,
    Mode,
    carbonio_profile_filters,
)
from carbonio_mobile.policy.versionrules import Rule, RuleKind, parse_rule


def numbered(number: int) -> EasFilter:
    """Make a filter that is known by its number."""
    rule = Rule(kind=RuleKind.CONTAINS, text=f"agent {number} ☃ 'x'; \udc80 \x00")
    return EasFilter(rule=rule, mode=Mode.ADD, versions=(Version.V2_5, Version.V14_1))


A, B, C, D = (numbered(number) for number in range(4))


class EasFiltersContract(TestCase):
    """Subclass it with a ``setUp`` that sets ``store``."""

    store: IEasFilters

    async def kept(self) -> list[EasFilter]:
        """Give what is stored now."""
        return list(await self.store.filters())

    def test_provides_the_interface(self) -> None:
        """It has the methods of IEasFilters, with their signatures."""
        verifyObject(IEasFilters, self.store)

    async def test_a_fresh_store_has_none(self) -> None:
        """Nobody is limited before an administrator says so."""
        self.assertEqual([], await self.kept())

    async def test_everything_comes_back(self) -> None:
        """Filters of every kind and mode are read back as they were stored, in their order."""
        rules = [
            parse_rule(RuleKind.AND, "account=a@example.com,regex=(a|b),domain=example.com"),
            parse_rule(RuleKind.OR, "contains=x,contains=y"),
            Rule(kind=RuleKind.ALWAYS),
        ]
        filters = [
            EasFilter(rule=rule, mode=mode, versions=(Version.V16_1,), blocking=blocking)
            for rule in rules
            for mode in Mode
            for blocking in (False, True)
        ]
        for each in filters:
            await self.store.add(each)
        self.assertEqual(filters, await self.kept())

    async def test_ids_are_places(self) -> None:
        """Deleting and moving renumber; past the end means the end; what comes back is the list."""
        for each in (A, B, C):
            await self.store.add(each)
        self.assertEqual([A, B, C, D], list(await self.store.add(D)))
        self.assertEqual([B, C, D, A], list(await self.store.move(0, 5)))
        self.assertEqual([A, B, C, D], list(await self.store.move(3, 0)))
        self.assertEqual([A, C, B, D], list(await self.store.move(1, 2)))
        self.assertEqual([A, C, B, D], list(await self.store.move(1, 1)))
        self.assertEqual([A, B, D], list(await self.store.delete(1)))
        self.assertEqual([A, B, D], await self.kept())

    async def test_unknown_ids(self) -> None:
        """An id that no filter has is refused, and nothing changes."""
        await self.store.add(A)
        for place in (-1, 1, 10**12):
            with self.assertRaises(NotFound):
                await self.store.delete(place)
            with self.assertRaises(NotFound):
                await self.store.move(place, 0)
        self.assertEqual([A], await self.kept())

    async def test_replacing_all(self) -> None:
        """The filters of a profile take the place of all that were there."""
        await self.store.add(A)
        profile = carbonio_profile_filters()
        self.assertEqual(profile, tuple(await self.store.replace(profile)))
        self.assertEqual(list(profile), await self.kept())
        await self.store.replace(())
        self.assertEqual([], await self.kept())

    async def test_there_are_not_too_many(self) -> None:
        """A filter above the limit is refused, and nothing changes."""
        full = [A] * FILTERS_COUNT
        await self.store.replace(full)
        with self.assertRaises(TooLarge):
            await self.store.add(B)
        with self.assertRaises(TooLarge):
            await self.store.replace([*full, B])
        self.assertEqual(full, await self.kept())

    async def test_two_administrators_at_once(self) -> None:
        """Changes that were asked for together are all made, one after the other."""
        asked = [self.store.add(each) for each in (A, B, C)]
        lengths = [len(await each) for each in asked]
        self.assertEqual([1, 2, 3], lengths)
        self.assertEqual([A, B, C], await self.kept())

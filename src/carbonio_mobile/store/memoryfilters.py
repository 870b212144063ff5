"""Keep the version filters in memory, for tests and trials."""

from collections.abc import Sequence

from zope.interface import implementer

from carbonio_mobile.interfaces import IEasFilters
from carbonio_mobile.policy import filterlist
from carbonio_mobile.policy.versionfilters import EasFilter


@implementer(IEasFilters)
class MemoryEasFilters:
    """Version filters as a plain list. Nothing is durable."""

    def __init__(self) -> None:
        self._filters: Sequence[EasFilter] = ()

    async def filters(self) -> Sequence[EasFilter]:
        """Give all filters in their order."""
        return self._filters

    async def add(self, new: EasFilter) -> Sequence[EasFilter]:
        """Put a filter at the end; gives all as they are then."""
        return await self.replace(filterlist.added(self._filters, new))

    async def delete(self, place: int) -> Sequence[EasFilter]:
        """Remove the filter with that id; gives all as they are then."""
        return await self.replace(filterlist.without(self._filters, place))

    async def move(self, place: int, to: int) -> Sequence[EasFilter]:
        """Give the filter with an id another one; gives all as they are then."""
        return await self.replace(filterlist.moved(self._filters, place, to))

    async def replace(self, filters: Sequence[EasFilter]) -> Sequence[EasFilter]:
        """Put these in the place of all."""
        self._filters = tuple(filterlist.bounded(filters))
        return self._filters

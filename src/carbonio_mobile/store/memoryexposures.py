"""Keep exposed address books in memory: for tests, and what the database's keeper looks things up
in.
"""

from collections.abc import Sequence

from zope.interface import implementer

from carbonio_mobile.addressbook.exposure import EXPOSURES_COUNT, Exposure, in_order
from carbonio_mobile.errors import Conflict, NotFound, TooLarge
from carbonio_mobile.interfaces import IExposures


@implementer(IExposures)
class MemoryExposures:
    """Exposures that last as long as the process.

    A subclass makes each change durable before it shows.
    """

    def __init__(self) -> None:
        self._kept: dict[str, tuple[Exposure, ...]] = {}
        self._generation = 0

    def exposures(self, domain: str) -> Sequence[Exposure]:
        """See :meth:`IExposures.exposures`."""
        return self._kept.get(domain.lower(), ())

    def all_exposures(self) -> Sequence[Exposure]:
        """See :meth:`IExposures.all_exposures`."""
        return sorted((one for kept in self._kept.values() for one in kept), key=in_order)

    def generation(self) -> int:
        """See :meth:`IExposures.generation`."""
        return self._generation

    async def add(self, exposure: Exposure) -> None:
        """See :meth:`IExposures.add`."""
        if exposure in self.exposures(exposure.domain):
            raise Conflict("that is exposed already")
        if sum(map(len, self._kept.values())) >= EXPOSURES_COUNT:
            raise TooLarge(f"{EXPOSURES_COUNT} address books are exposed; remove some first")
        await self._store(exposure)
        kept = {*self.exposures(exposure.domain), exposure}
        self._put(exposure.domain, sorted(kept, key=in_order))

    async def remove(self, exposures: Sequence[Exposure]) -> None:
        """See :meth:`IExposures.remove`."""
        if not all(each in self.exposures(each.domain) for each in exposures):
            raise NotFound("that is not exposed")
        await self._drop(exposures)
        for domain in {each.domain for each in exposures}:
            left = [each for each in self.exposures(domain) if each not in exposures]
            self._put(domain, left)

    def _put(self, domain: str, exposures: Sequence[Exposure]) -> None:
        self._generation += 1
        self._kept[domain.lower()] = tuple(exposures)

    # What a subclass makes durable

    async def _store(self, exposure: Exposure) -> None:
        """Store an exposure."""

    async def _drop(self, exposures: Sequence[Exposure]) -> None:
        """Remove exposures, all or none."""

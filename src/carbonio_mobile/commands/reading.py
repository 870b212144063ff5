"""Items of any folders as an answer shows them: fetches and hits of searches."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from carbonio_mobile.commands.collectionoptions import source_of
from carbonio_mobile.commands.context import Call
from carbonio_mobile.commands.itemsource import Item, ItemSource, Unreadable
from carbonio_mobile.eas import foldertypes
from carbonio_mobile.eas.bodyoptions import BodyOptions
from carbonio_mobile.eas.messages.sync import CollectionOptions
from carbonio_mobile.errors import Corrupt, NotFound
from carbonio_mobile.ids import FolderId, ItemId, ServerId
from carbonio_mobile.sync.folders import FolderKind, Hierarchy
from carbonio_mobile.sync.questions import Offer, OfferKind

Hits = Sequence[tuple[FolderId, ItemId]]

_BATCH = 10  # messages may be wanted whole, and be large


@dataclass(frozen=True, slots=True)
class Shown:
    """An item that was read, and the source that turns it into elements."""

    item: Item
    source: ItemSource
    class_name: str


class Reader:
    """Reads items for one request, with their bodies as ``options`` want them.

    ``hierarchy`` is given where the caller has it already.
    """

    def __init__(
        self, call: Call, options: BodyOptions, hierarchy: Hierarchy | None = None
    ) -> None:
        self._call = call
        self._options = CollectionOptions(body=options, sms=options)
        self._hierarchy = hierarchy

    async def read(self, named: ServerId) -> Shown:
        """Read one item. Raises: NotFound (item or folder), Corrupt."""
        source, folder_class = await self._source(named.folder)
        item = await source.fetch(named.item)
        if item is None:
            raise NotFound(str(named))
        if isinstance(item, Unreadable):
            raise Corrupt(item.reason)
        return Shown(item, source, source.class_of(item) or folder_class)

    async def read_hits(self, hits: Hits) -> list[Shown]:
        """Read hits in their order; what is gone or cannot be read is left out.

        Raises: NotFound (a folder).
        """
        found: dict[tuple[FolderId, ItemId], Shown] = {}
        for folder in dict.fromkeys(folder for folder, _ in hits):
            source, folder_class = await self._source(folder)
            offers = [Offer(OfferKind.ADD, item) for other, item in hits if other == folder]
            for number, item in (await source.read(offers)).items():
                if not isinstance(item, Unreadable):
                    shown = Shown(item, source, source.class_of(item) or folder_class)
                    found[folder, number] = shown
        return [found[hit] for hit in hits if hit in found]

    async def _source(self, folder: FolderId) -> tuple[ItemSource, str]:
        if self._hierarchy is None:
            self._hierarchy = await self._call.mailbox.hierarchy()
        found = self._hierarchy.find(folder)
        if found is None or found.kind in foldertypes.NO_CLASS | {FolderKind.RECIPIENT_CACHE}:
            raise NotFound(f"folder {folder[:40]!a}")
        source = source_of(self._call, folder, found.kind, self._options)
        return source, foldertypes.class_name(found.kind)


def batches(hits: Hits) -> Iterator[Hits]:
    """Cut hits into pieces that may be held in memory with their bodies."""
    waiting = iter(hits)
    while batch := list(islice(waiting, _BATCH)):
        yield batch

"""The library as a directory tree of the machine."""

from functools import partial
from pathlib import Path

from zope.interface import implementer

from carbonio_mobile.documents.files import excerpt, listed
from carbonio_mobile.documents.slots import Slots
from carbonio_mobile.interfaces import IDocuments
from carbonio_mobile.pim.document import DocumentPath, Documents, Excerpt


@implementer(IDocuments)
class DocumentTree:
    """What stands below ``root``, for everyone alike; the disk is touched in ``slots`` only."""

    def __init__(self, root: Path, slots: Slots) -> None:
        self._root = root
        self._slots = slots

    async def list(self, path: DocumentPath, *, offset: int, limit: int) -> Documents:
        """See :meth:`IDocuments.list`."""
        return await self._slots.run(partial(listed, self._root, path, offset=offset, limit=limit))

    async def read(
        self, path: DocumentPath, *, first: int, last: int | None, limit: int
    ) -> Excerpt:
        """See :meth:`IDocuments.read`."""
        return await self._slots.run(
            partial(excerpt, self._root, path, first=first, last=last, limit=limit)
        )

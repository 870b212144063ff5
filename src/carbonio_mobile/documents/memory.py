"""A library in memory, for tests and trials."""

from dataclasses import replace

from zope.interface import implementer

from carbonio_mobile.errors import NotFound, TooLarge
from carbonio_mobile.interfaces import IDocuments
from carbonio_mobile.pim.document import (
    Document,
    DocumentPath,
    Documents,
    Excerpt,
    in_order,
)


@implementer(IDocuments)
class MemoryDocuments:
    """Documents that are put there; ``error`` is raised by whoever asks while it is set."""

    def __init__(self) -> None:
        self._documents: dict[DocumentPath, Document] = {(): Document(path=(), is_folder=True)}
        self._octets: dict[DocumentPath, bytes] = {}
        self.error: Exception | None = None

    def put(self, *path: str, octets: bytes | None = None, modified: float = 0.0) -> None:
        """Put a document there, or with ``octets`` None a folder, and all folders above it."""
        for depth in range(1, len(path)):
            above = path[:depth]
            self._documents.setdefault(above, Document(path=above, is_folder=True))
        self._octets.pop(path, None)
        self._documents[path] = Document(
            path=path,
            is_folder=octets is None,
            created=modified,
            modified=modified,
            is_hidden=path[-1].startswith("."),
        )
        if octets is not None:
            self._octets[path] = octets
            self._documents[path] = replace(self._documents[path], size_bytes=len(octets))

    async def list(self, path: DocumentPath, *, offset: int, limit: int) -> Documents:
        """See :meth:`IDocuments.list`."""
        self._fail()
        if path not in self._documents:
            raise NotFound("a document or folder")
        below = [each for each in self._documents if each and each[:-1] == path]
        below.sort(key=lambda each: in_order(each[-1]))
        rows = [self._documents[each] for each in (path, *below)]
        return Documents(rows=tuple(rows[offset : offset + limit]), total=len(rows))

    async def read(
        self, path: DocumentPath, *, first: int, last: int | None, limit: int
    ) -> Excerpt:
        """See :meth:`IDocuments.read`."""
        self._fail()
        if path not in self._octets:
            raise NotFound("a document")
        whole = self._octets[path]
        octets = whole[first : None if last is None else last + 1]
        if len(octets) > limit:
            raise TooLarge(f"{len(octets)} octets of a document")
        modified = self._documents[path].modified
        return Excerpt(octets=octets, total_bytes=len(whole), modified=modified)

    def _fail(self) -> None:
        if self.error is not None:
            raise self.error

"""What every implementation of IDocuments must do.

Spec: MS-ASDOC 2.2.2; MS-ASCMD 2.2.3.155.6 (the thing itself comes first).
"""

from collections.abc import Awaitable
from typing import TypeVar

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from carbonio_mobile.errors import NotFound, TooLarge
from carbonio_mobile.interfaces import IDocuments

T = TypeVar("T")

MODIFIED = 1_600_000_000.0


class DocumentsContract(SynchronousTestCase):
    """Subclasses set ``__test__`` and implement :meth:`make` and :meth:`put`."""

    __test__ = False

    def make(self) -> IDocuments:
        """Make an empty library."""
        raise NotImplementedError("a backend's tests make its library here")

    def put(self, *path: str, octets: bytes | None = None) -> None:
        """Put a document, or a folder, into the library as of ``MODIFIED``."""
        raise NotImplementedError("a backend's tests fill its library here")

    def setUp(self) -> None:
        """Make a library with a few documents."""
        self.documents = self.make()
        for name in ("b.txt", "A.txt", ".hidden", "ünï ¢ode.pdf"):
            self.put("Plans", name, octets=name.encode())
        self.put("Plans", "Old")
        self.put("Plans", "Old", "deep.txt", octets=b"deep")
        self.put("empty.txt", octets=b"")

    def of(self, awaitable: Awaitable[T]) -> T:
        """Give what comes of it."""
        return self.successResultOf(Deferred.fromCoroutine(_awaited(awaitable)))

    def names(self, *path: str, offset: int = 0, limit: int = 100) -> list[str]:
        """Give the names of a listing's rows."""
        listing = self.of(self.documents.list(path, offset=offset, limit=limit))
        return [row.path[-1] if row.path else "" for row in listing.rows]

    def fails(self, awaitable: Awaitable[T], kind: type[Exception]) -> None:
        """Assert that it fails so."""
        self.failureResultOf(Deferred.fromCoroutine(_awaited(awaitable)), kind)

    def test_provides_the_interface(self) -> None:
        """It has the methods of IDocuments, with their signatures."""
        self.assertTrue(verifyObject(IDocuments, self.documents))

    def test_a_folder_and_what_it_holds(self) -> None:
        """Row 0 is the folder itself; what it holds follows by name, whatever the case."""
        self.assertEqual(self.names(), ["", "empty.txt", "Plans"])
        expected = ["Plans", ".hidden", "A.txt", "b.txt", "Old", "ünï ¢ode.pdf"]
        self.assertEqual(self.names("Plans"), expected)

    def test_rows_are_cut_out(self) -> None:
        """Offset and limit count the folder itself as a row; the total counts all."""
        whole = self.names("Plans")
        for offset, limit in ((0, 1), (0, 3), (1, 2), (3, 100), (6, 5), (99, 1)):
            self.assertEqual(
                self.names("Plans", offset=offset, limit=limit), whole[offset : offset + limit]
            )
            listing = self.of(self.documents.list(("Plans",), offset=offset, limit=limit))
            self.assertEqual(listing.total, 6)

    def test_what_is_known_of_each(self) -> None:
        """Folder or document, its size, its times, whether it is hidden."""
        folder, hidden, first, *_ = self.of(
            self.documents.list(("Plans",), offset=0, limit=100)
        ).rows
        self.assertEqual((folder.is_folder, folder.size_bytes), (True, 0))
        self.assertEqual((hidden.is_hidden, hidden.is_folder), (True, False))
        self.assertEqual((first.path, first.size_bytes), (("Plans", "A.txt"), 5))
        self.assertEqual((first.modified, first.is_hidden), (MODIFIED, False))
        self.assertLessEqual(first.created, first.modified)

    def test_a_document_alone(self) -> None:
        """The listing of a document is the document."""
        listing = self.of(self.documents.list(("Plans", "Old", "deep.txt"), offset=0, limit=9))
        self.assertEqual([row.size_bytes for row in listing.rows], [4])
        self.assertEqual(listing.total, 1)

    def test_octets(self) -> None:
        """Whole, or from and to, cut at the end; nothing where nothing is."""
        path = ("Plans", "b.txt")
        for first, last, octets in (
            (0, None, b"b.txt"),
            (0, 0, b"b"),
            (2, 3, b"tx"),
            (3, 99, b"xt"),
            (4, None, b"t"),
            (5, 9, b""),
            (99, None, b""),
        ):
            found = self.of(self.documents.read(path, first=first, last=last, limit=5))
            self.assertEqual(found.octets, octets)
            self.assertEqual((found.total_bytes, found.modified), (5, MODIFIED))
        empty = self.of(self.documents.read(("empty.txt",), first=0, last=None, limit=5))
        self.assertEqual((empty.octets, empty.total_bytes), (b"", 0))

    def test_no_more_than_the_limit(self) -> None:
        """What is asked for counts, not what the document has."""
        path = ("Plans", "b.txt")
        self.fails(self.documents.read(path, first=0, last=None, limit=4), TooLarge)
        self.fails(self.documents.read(path, first=0, last=4, limit=4), TooLarge)
        self.assertEqual(
            self.of(self.documents.read(path, first=1, last=None, limit=4)).octets, b".txt"
        )

    def test_what_is_not_there(self) -> None:
        """Neither found nor read: what is absent, and what is below a document."""
        for path in (("none",), ("none", "x"), ("empty.txt", "x"), ("Plans", "Old", "none")):
            self.fails(self.documents.list(path, offset=0, limit=1), NotFound)
            self.fails(self.documents.read(path, first=0, last=None, limit=9), NotFound)

    def test_a_folder_has_no_octets(self) -> None:
        """A folder is listed, not read."""
        for path in ((), ("Plans",)):
            self.fails(self.documents.read(path, first=0, last=None, limit=9), NotFound)


async def _awaited(awaitable: Awaitable[T]) -> T:
    return await awaitable

"""Every implementation of IDocuments keeps the contract."""

import os
from pathlib import Path
from tempfile import TemporaryDirectory

from twisted.internet.defer import maybeDeferred
from twisted.internet.task import Clock

from carbonio_mobile.documents.memory import MemoryDocuments
from carbonio_mobile.documents.slots import Slots
from carbonio_mobile.documents.tree import DocumentTree
from carbonio_mobile.interfaces import IDocuments
from carbonio_mobile.testing.contracts.documents import MODIFIED, DocumentsContract


class MemoryDocumentsTests(DocumentsContract):
    """The library in memory keeps the contract."""

    __test__ = True

    def make(self) -> IDocuments:
        self.memory = MemoryDocuments()
        return self.memory

    def put(self, *path: str, octets: bytes | None = None) -> None:
        self.memory.put(*path, octets=octets, modified=MODIFIED)


class DocumentTreeTests(DocumentsContract):
    """The library on the disk keeps the contract."""

    __test__ = True

    def make(self) -> IDocuments:
        room = TemporaryDirectory()
        self.addCleanup(room.cleanup)
        self.root = Path(room.name)
        slots = Slots(maybeDeferred, clock=Clock(), count=1, waiting_max=1, answer_s=1.0)
        return DocumentTree(self.root, slots)

    def put(self, *path: str, octets: bytes | None = None) -> None:
        file = self.root.joinpath(*path)
        (file if octets is None else file.parent).mkdir(parents=True, exist_ok=True)
        if octets is not None:
            file.write_bytes(octets)
        os.utime(file, (MODIFIED, MODIFIED))

"""Mailboxes in memory, and the address books in them."""

from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any, TypeVar

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock, deferLater

from carbonio_mobile.books.folders import FolderBooks
from carbonio_mobile.ids import AccountId, FolderId, ItemId, OperationId
from carbonio_mobile.interfaces import IMailbox
from carbonio_mobile.mailbox.memory import MemoryMailboxes
from carbonio_mobile.sync.folders import FolderKind
from carbonio_mobile.testing.contracts.mailbox_fixture import RecordingSink

T = TypeVar("T")
JOHN, MARY = AccountId("john-1"), AccountId("mary-1")
CONTACTS = FolderId("7")


class Counted:
    """A mailbox that counts what is asked of it, and may fail."""

    def __init__(self, inner: IMailbox, house: "House") -> None:
        self._inner = inner
        self._house = house

    def __getattr__(self, name: str) -> object:
        def asked(*args: object, **options: object) -> object:
            self._house.asked.append(name)
            if name in self._house.faults:
                raise self._house.faults[name]
            return getattr(self._inner, name)(*args, **options)

        return asked


class House:
    """Mailboxes in memory, and their books."""

    def __init__(self, entries_count: int = 10_000) -> None:
        self.clock = Clock()
        self.asked: list[str] = []
        self.faults: dict[str, Exception] = {}
        self.inner = MemoryMailboxes(
            sink=RecordingSink(), clock=self.clock.seconds, quota_of=_no_quota
        )
        self.books = FolderBooks(
            mailboxes=self,  # type: ignore[arg-type]  # it opens mailboxes, and that is all
            clock=self.clock,
            turn=lambda: deferLater(self.clock, 0),
            entries_count=entries_count,
        )
        self._operations = 0

    async def open(self, account: AccountId) -> Counted:
        """Give a mailbox, as IMailboxes does."""
        return Counted(await self.inner.open(account), self)

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Do what takes several turns of the reactor."""
        done: Deferred[T] = Deferred.fromCoroutine(work)
        for _ in range(10_000):
            if done.called:
                break
            self.clock.advance(0)
        found: list[T] = []
        done.addCallback(found.append)
        faults: list[Any] = []
        done.addErrback(faults.append)
        for fault in faults:
            fault.raiseException()
        return found[0]

    def box(self, account: AccountId = JOHN) -> IMailbox:
        """Give a mailbox, uncounted."""
        box: IMailbox = self.run(self.inner.open(account))
        return box

    def operation(self) -> OperationId:
        """Give a name that no other operation has."""
        self._operations += 1
        return OperationId(f"op-{self._operations}")

    def add(self, name: str, folder: FolderId = CONTACTS, account: AccountId = JOHN) -> ItemId:
        """Store a contact."""
        box = self.box(account)
        head = self.run(awaited(box.add_object(folder, vcard(name), operation=self.operation())))
        return head.item

    def folder(
        self, name: str, parent: FolderId | None = None, account: AccountId = JOHN
    ) -> FolderId:
        """Make an address book."""
        box = self.box(account)
        made = self.run(
            awaited(
                box.create_folder(
                    parent, name, FolderKind.USER_CONTACTS, operation=self.operation()
                )
            )
        )
        return made.id

    def names(
        self, account: AccountId = JOHN, only: Sequence[FolderId] | None = None
    ) -> dict[str, list[str]]:
        """Give the names in each book, by its path, as they are when time has passed."""
        self.clock.advance(1)
        return {
            folder.path: [
                str(book.index.entry(row).values["cn"][0])
                for row in book.index.page(0, len(book.index))
            ]
            for folder, book in self.run(self.books.of(account, only))
        }

    def do(self, what: Callable[[IMailbox], Awaitable[object]]) -> None:
        """Do something to John's mailbox."""
        self.run(awaited(what(self.box())))


async def _no_quota(_account: AccountId) -> int:
    return 0


async def awaited(what: Awaitable[T]) -> T:
    """Await it."""
    return await what


def vcard(name: str, more: str = "") -> bytes:
    """Write a contact of that name."""
    lines = f"BEGIN:VCARD\r\nVERSION:3.0\r\nUID:{name}\r\nFN:{name}\r\n{more}END:VCARD\r\n"
    return lines.encode()

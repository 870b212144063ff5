"""The address books of mailboxes: an index for each contact folder that is looked at.

An index is made when its book is first wanted, and follows its folder from then on: whenever it is
wanted again, what changed is read, however large the folder. (The change hub tells of arrivals
alone, and of none that another process brings about if its hint is lost; so nobody waits for it.)
Books that nobody looked at for long go when there are too many entries.
"""

from collections import OrderedDict
from collections.abc import Collection, Iterable, Mapping, Sequence

from twisted.internet.interfaces import IReactorTime

from carbonio_mobile.addressbook.card import Value
from carbonio_mobile.addressbook.contactcards import PHOTO, contact_card
from carbonio_mobile.addressbook.index import Index
from carbonio_mobile.books.follower import Follower
from carbonio_mobile.books.gal import Turn
from carbonio_mobile.errors import Conflict, NotFound
from carbonio_mobile.ids import AccountId, ChangeToken, FolderId, ItemId
from carbonio_mobile.interfaces import IMailbox, IMailboxes
from carbonio_mobile.pim.contact import Contact
from carbonio_mobile.sync.bookfolders import BookFolder, book_folders
from carbonio_mobile.sync.changes import NEWEST, OLDEST

PAGE_COUNT = 50
"""So many contacts are read from a mailbox at a time; another thread reads them, but parsing holds
the interpreter."""
CHANGES_COUNT = 500

IN_USE_S = 60.0
"""A book that somebody looked at within this time stays, however many entries there are."""
LOOK_S = 5.0
"""So often it is looked whether there are too many."""
ACCOUNTS_COUNT = 10_000
"""Of so many accounts it is known which books they have."""


class FolderBook:
    """One address book: ``index`` follows a folder of an account's mailbox."""

    def __init__(
        self,
        *,
        mailboxes: IMailboxes,
        account: AccountId,
        folder: FolderId,
        clock: IReactorTime,
        turn: Turn,
    ) -> None:
        self.index = Index()
        self.used_s = clock.seconds()
        self._mailboxes = mailboxes
        self._account = account
        self._folder = folder
        self._name = f"{account}/{folder}"
        self._clock = clock
        self._turn = turn
        self._token: ChangeToken | None = None
        self._follower = Follower(self._catch_up, clock=clock)

    async def follow(self) -> None:
        """Bring the index up to date. Raises: NotFound (the folder is gone), Unavailable …"""
        self.used_s = self._clock.seconds()
        await self._follower.follow()
        self.used_s = self._clock.seconds()

    async def blobs(self, card: str, keys: Collection[str]) -> Mapping[str, tuple[Value, ...]]:
        """Give the picture of an entry (see ``addressbook.blobs``)."""
        if PHOTO not in keys:
            return {}
        item = ItemId(int(card.rpartition("/")[2]))
        mailbox = await self._mailboxes.open(self._account)
        found = (await mailbox.objects(self._folder, (item,))).get(item)
        if found is None or not isinstance(found.record, Contact) or not found.record.picture:
            return {}
        return {PHOTO: (found.record.picture,)}

    async def _catch_up(self) -> None:
        mailbox = await self._mailboxes.open(self._account)
        if self._token is None:
            await self._read_all(mailbox)
        try:
            await self._read_changes(mailbox)
        except Conflict:  # a mailbox that was put back: another history
            self._token = None
            await self._read_all(mailbox)

    async def _read_all(self, mailbox: IMailbox) -> None:
        """Read the folder as it is; what changes meanwhile is among the changes since."""
        token = await mailbox.token(self._folder)
        left = self._ids()
        below = NEWEST
        while True:
            page = await mailbox.listing(
                self._folder, below=below, down_to=OLDEST, limit=PAGE_COUNT
            )
            if not page.heads:
                break
            below = page.heads[-1].position
            left -= await self._put(mailbox, [head.item for head in page.heads])
        await self._remove(left)
        self._token = token

    def _ids(self) -> set[str]:
        rows = filter(self.index.is_there, range(self.index.capacity))
        return set(map(self.index.id_of, rows))

    async def _read_changes(self, mailbox: IMailbox) -> None:
        more = True
        while more and self._token is not None:
            batch = await mailbox.changes(self._folder, self._token, limit=CHANGES_COUNT)
            changed = [change.item for change in batch.changed]
            for first in range(0, len(changed), PAGE_COUNT):
                await self._put(mailbox, changed[first : first + PAGE_COUNT])
            await self._remove(map(self._id, batch.gone))
            self._token, more = batch.token, batch.more

    async def _put(self, mailbox: IMailbox, items: Sequence[ItemId]) -> set[str]:
        """Read contacts into the index; gives the ids of those that were there."""
        found = await mailbox.objects(self._folder, items)
        contacts = {
            item: each.record for item, each in found.items() if isinstance(each.record, Contact)
        }
        cards = (contact_card(item, contact, book=self._name) for item, contact in contacts.items())
        for _ in self.index.load(cards):
            await self._turn()
        return set(map(self._id, contacts))

    async def _remove(self, entries: Iterable[str]) -> None:
        for each in entries:
            if self.index.remove(each):
                await self._turn()

    def _id(self, item: ItemId) -> str:
        return f"{self._name}/{item}"


class AccountBooks:
    """Which address books an account has; it follows the mailbox's folders."""

    def __init__(self, *, mailboxes: IMailboxes, account: AccountId, clock: IReactorTime) -> None:
        self.folders: tuple[BookFolder, ...] = ()
        self._mailboxes = mailboxes
        self._account = account
        self._token: ChangeToken | None = None
        self._follower = Follower(self._catch_up, clock=clock)

    async def follow(self) -> None:
        """Bring ``folders`` up to date. Raises: Unavailable …"""
        await self._follower.follow()

    async def _catch_up(self) -> None:
        mailbox = await self._mailboxes.open(self._account)
        if self._token is not None and await mailbox.hierarchy_token() == self._token:
            return
        hierarchy = await mailbox.hierarchy()
        self.folders = book_folders(hierarchy)
        self._token = hierarchy.token


class FolderBooks:
    """The address books of all mailboxes, those that are looked at.

    ``turn`` lets others work between two steps of reading.
    """

    def __init__(
        self, *, mailboxes: IMailboxes, clock: IReactorTime, turn: Turn, entries_count: int
    ) -> None:
        self._mailboxes = mailboxes
        self._clock = clock
        self._turn = turn
        self._entries_count = entries_count
        self._looked_s = clock.seconds()
        self._accounts: OrderedDict[AccountId, AccountBooks] = OrderedDict()
        self._books: OrderedDict[tuple[AccountId, FolderId], FolderBook] = OrderedDict()

    async def of(
        self, account: AccountId, only: Collection[FolderId] | None = None
    ) -> Sequence[tuple[BookFolder, FolderBook]]:
        """Give an account's address books as they are now, all of them or ``only`` some.

        The standard one comes first, then by path. Raises: Unavailable, Corrupt.
        """
        known = self._account(account)
        await known.follow()
        found = []
        for folder in known.folders:
            if only is None or folder.id in only:
                book = self._book(account, folder.id)
                try:
                    await book.follow()
                except NotFound:  # deleted a moment ago
                    continue
                found.append((folder, book))
        self._drop_unused()
        return found

    def count(self) -> int:
        """Count the entries of all books that are kept."""
        return sum(len(book.index) for book in self._books.values())

    def _account(self, account: AccountId) -> AccountBooks:
        known = self._accounts.get(account)
        if known is None:
            known = AccountBooks(mailboxes=self._mailboxes, account=account, clock=self._clock)
            self._accounts[account] = known
            if len(self._accounts) > ACCOUNTS_COUNT:
                self._accounts.popitem(last=False)
        self._accounts.move_to_end(account)
        return known

    def _book(self, account: AccountId, folder: FolderId) -> FolderBook:
        key = account, folder
        book = self._books.get(key)
        if book is None:
            book = self._books[key] = FolderBook(
                mailboxes=self._mailboxes,
                account=account,
                folder=folder,
                clock=self._clock,
                turn=self._turn,
            )
        self._books.move_to_end(key)
        return book

    def _drop_unused(self) -> None:
        """Drop books that are not in use, the one used last at last, till there is room."""
        now_s = self._clock.seconds()
        if now_s - self._looked_s < LOOK_S:
            return
        self._looked_s = now_s
        over = self.count() - self._entries_count
        old = now_s - IN_USE_S
        for key, book in list(self._books.items()):
            if over <= 0 or book.used_s > old:
                return
            over -= len(self._books.pop(key).index)

"""Mailboxes: folders, items, search, the automatic reply; and the library of documents."""

from collections.abc import Awaitable, Collection, Mapping, Sequence

from zope.interface import Attribute, Interface

from carbonio_mobile.ids import (
    AccountId,
    ChangeToken,
    FolderId,
    ItemId,
    ItemVersion,
    OperationId,
    PartId,
)
from carbonio_mobile.mime.mailitem import (
    BodyWish,
    MailItem,
    MailPatch,
    MailQuery,
    MailState,
    SearchHits,
)
from carbonio_mobile.pim.document import DocumentPath, Documents, Excerpt
from carbonio_mobile.pim.freebusy import Busy
from carbonio_mobile.pim.item import ObjectItem
from carbonio_mobile.sync.changes import Aspect, ChangeBatch, ItemHead, Listing, Position
from carbonio_mobile.sync.folders import Folder, FolderKind, Hierarchy
from carbonio_mobile.sync.outofoffice import OutOfOffice


class IFolders(Interface):
    """The folder hierarchy of one mailbox."""

    def hierarchy() -> Awaitable[Hierarchy]:
        """Give all folders as they are now."""

    def hierarchy_token() -> Awaitable[ChangeToken]:
        """Give the token that hierarchy() would give, without reading the folders; costs O(1)."""

    def create_folder(
        parent: FolderId | None, name: str, kind: FolderKind, *, operation: OperationId
    ) -> Awaitable[Folder]:
        """Create a folder, once per ``operation``.

        Raises: NotFound (parent), Conflict (name taken under that parent), NotAllowed (kind not
        creatable).
        """

    def update_folder(folder: FolderId, *, parent: FolderId | None, name: str) -> Awaitable[None]:
        """Rename and move a folder; doing it again changes nothing.

        Raises: NotFound (folder), Conflict (name taken), NotAllowed (standard folder, parent within
        the folder itself or missing).
        """

    def delete_folder(folder: FolderId) -> Awaitable[None]:
        """Delete a folder with its subfolders and all their items.

        Raises: NotFound, NotAllowed (standard folder).
        """

    def empty_folder(folder: FolderId, *, subfolders: bool) -> Awaitable[None]:
        """Delete all items of a folder, and its subfolders where asked. Raises: NotFound."""


class IItems(Interface):
    """Listing and reading the items of one mailbox.

    Item ids count up from 1 within each folder (as IMAP's UIDs do): whatever arrives in a folder,
    delivered, appended or moved in, gets the next one, and none is used twice. ``sync`` builds on
    this: it keeps what a device holds as ranges of ids.
    """

    def token(folder: FolderId) -> Awaitable[ChangeToken]:
        """Give the present end of the folder's history. Raises: NotFound."""

    def changes(folder: FolderId, since: ChangeToken, *, limit: int) -> Awaitable[ChangeBatch]:
        """Give what happened after ``since``, oldest change first, at most ``limit`` items.

        Costs O(what changed), whatever the folder holds. Raises: NotFound (folder), Conflict (a
        token that this folder never gave or no longer knows).
        """

    def listing(
        folder: FolderId, *, below: Position, down_to: Position, limit: int
    ) -> Awaitable[Listing]:
        """Give the items with ``down_to <= position < below``, newest first, at most ``limit``.

        The listing tells the change token of the very moment it was read at. Costs O(limit).
        Raises: NotFound (folder).
        """

    def count(folder: FolderId, *, below: Position, down_to: Position) -> Awaitable[int]:
        """Count the items of a stretch of the listing. Raises: NotFound (folder)."""

    def aspects_since(
        folder: FolderId, items: Collection[ItemId], since: ChangeToken
    ) -> Awaitable[Mapping[ItemId, Aspect]]:
        """Tell what changed on each of ``items`` after ``since``; an item not in the folder is left
        out.

        An unchanged item has the empty Aspect. Raises: NotFound (folder), Conflict (token).
        """

    def read(
        folder: FolderId, items: Sequence[ItemId], wish: BodyWish
    ) -> Awaitable[Mapping[ItemId, MailItem]]:
        """Read items; those no longer in the folder are left out. Raises: NotFound (folder)."""

    def part(folder: FolderId, item: ItemId, part: PartId) -> Awaitable[tuple[str, bytes]]:
        """Give the content type and decoded octets of one attachment. Raises: NotFound."""


class IObjects(Interface):
    """The items of one mailbox that are no messages: contacts, events, tasks, notes.

    An object stands in a folder whose kind is for its form. Beside what is here it is listed,
    counted, moved and deleted as messages are; its place in a listing follows from what it says
    (``pim.objects.listed_at``), and changes with that. :meth:`IItems.part` gives its attachments.
    """

    def objects(
        folder: FolderId, items: Sequence[ItemId], *, source: bool = False
    ) -> Awaitable[Mapping[ItemId, ObjectItem]]:
        """Read objects, with their sources where asked; those no longer in the folder are left out.

        Raises: NotFound (folder), NotAllowed (a folder of messages).
        """

    def find_uid(uid: str) -> Awaitable[Sequence[ObjectItem]]:
        """Give the objects of that UID with their sources, from all folders, oldest first."""

    def events(start: float, end: float, *, limit: int) -> Awaitable[Sequence[ObjectItem]]:
        """Give events of all calendars that may have an occurrence between two times.

        None that has one is left out, unless there are more than ``limit``.
        """

    def schedules(folder: FolderId) -> Awaitable[bool]:
        """Tell whether storing, changing and deleting events in a folder lets others know of it.

        Where it does (RFC 6638: the calendar server sends invitations, cancellations and answers),
        nobody else is to mail them. Raises: NotFound (folder).
        """

    def add_object(
        folder: FolderId, source: bytes, *, operation: OperationId
    ) -> Awaitable[ItemHead]:
        """Store a vCard or calendar, once per ``operation``.

        Raises: NotFound (folder), NotAllowed (the folder is not for its form), Corrupt (it holds
        no object), OverQuota, TooLarge.
        """

    def replace_object(
        folder: FolderId, item: ItemId, source: bytes, *, expected: ItemVersion
    ) -> Awaitable[ItemVersion]:
        """Give an object a new content; gives its version after it, unchanged where it is the same.

        Raises: as add_object; NotFound (item), Conflict (its version is not ``expected``, and its
        content another).
        """


class IItemWrites(Interface):
    """Changing the items of one mailbox.

    A repeated ``operation`` has no further effect and the same result.
    """

    def append(
        folder: FolderId,
        source: bytes,
        state: MailState,
        *,
        received: float,
        operation: OperationId,
    ) -> Awaitable[ItemHead]:
        """Store a message. Raises: NotFound (folder), OverQuota, TooLarge."""

    def update(
        folder: FolderId, patches: Mapping[ItemId, MailPatch]
    ) -> Awaitable[Mapping[ItemId, ItemVersion]]:
        """Change items, all in one commit; gives their versions after it. Idempotent.

        Items not in the folder are left out. A patch with a source may give the item a new content
        but never a new id. Raises: NotFound (folder), OverQuota, TooLarge.
        """

    def move(
        folder: FolderId, items: Sequence[ItemId], target: FolderId
    ) -> Awaitable[Mapping[ItemId, ItemHead]]:
        """Move items; gives each one's head in the target folder. Idempotent.

        In the target an item gets a NEW id, larger than every id that folder ever had, as every
        arrival does: the ids of a folder are numbered from 1 up, folder by folder, and an id once
        gone never comes back. An item that an earlier call moved to ``target`` is given again with
        the id it got then; one that is nowhere is left out. Raises: NotFound (either folder),
        NotAllowed (the target is for items of another form).
        """

    def delete(folder: FolderId, items: Sequence[ItemId]) -> Awaitable[frozenset[ItemId]]:
        """Delete items for good; gives those that were there. Idempotent. Raises: NotFound
        (folder).
        """


class IMailSearch(Interface):
    """Looking for messages in one mailbox."""

    def search(query: MailQuery, *, offset: int, limit: int) -> Awaitable[SearchHits]:
        """Give hits newest first, from ``offset`` on, at most ``limit``."""


class IOutOfOffice(Interface):
    """The automatic reply of one mailbox."""

    def out_of_office() -> Awaitable[OutOfOffice]:
        """Give the settings in force."""

    def set_out_of_office(settings: OutOfOffice) -> Awaitable[None]:
        """Replace the settings."""


class IMailbox(IFolders, IItems, IObjects, IItemWrites, IMailSearch, IOutOfOffice):
    """One account's mailbox."""

    account: AccountId = Attribute("Whose mailbox this is.")


class IMailboxes(Interface):
    """All mailboxes of a backend."""

    def open(account: AccountId) -> Awaitable[IMailbox]:
        """Give an account's mailbox, made with its standard folders if it is the first time."""


class IBusy(Interface):
    """When others are busy, where their mailboxes cannot be opened to see it."""

    def busy(
        account: AccountId, addresses: Sequence[str], start: float, end: float
    ) -> Awaitable[Mapping[str, Sequence[Busy]]]:
        """Give the times between two times in which people are not free, by address as asked.

        ``account`` is who asks. Of whom nothing is known, or nothing may be known, is left out.
        """


class IDocuments(Interface):
    """A library of documents, which is only read."""

    def list(path: DocumentPath, *, offset: int, limit: int) -> Awaitable[Documents]:
        """Give what stands at a path and, if that is a folder, what it holds, by name.

        Row 0 is the thing itself. The rows from ``offset`` on come, at most ``limit``. Links to
        elsewhere, and whatever is neither document nor folder, are not there. Raises: NotFound,
        NotAllowed, TooLarge (a folder that holds more than a listing is for).
        """

    def read(path: DocumentPath, *, first: int, last: int | None, limit: int) -> Awaitable[Excerpt]:
        """Give octets of a document, from ``first`` to ``last``, both included, or to its end.

        None where it ends before ``first``. Raises: NotFound (a folder also), NotAllowed, TooLarge
        (more than ``limit`` octets are there to be given).
        """

"""Every interface between rooms. Backends implement them; commands and the pipeline use nothing
else.

All methods return awaitables. A backend wraps its library's exceptions in those of ``errors.py``:
beside the ones named with a method, any may raise :class:`~carbonio_mobile.errors.Unavailable` (try
later) and :class:`~carbonio_mobile.errors.Corrupt`. When an awaitable of a writing method fires,
its effect is durable (on disk, fsynced) unless the docstring says otherwise.
"""

from collections.abc import Awaitable, Collection, Mapping, Sequence

from zope.interface import Attribute, Interface

from carbonio_mobile.directory.accounts import Account, LoginFault
from carbonio_mobile.directory.people import People, Person, PersonWish
from carbonio_mobile.ids import (
    AccountId,
    ChangeToken,
    DeviceKey,
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
from carbonio_mobile.pim.item import ObjectItem
from carbonio_mobile.sync.changes import Aspect, ChangeBatch, ItemHead, Listing, Position
from carbonio_mobile.sync.device import Device, WipeState
from carbonio_mobile.sync.folders import Folder, FolderKind, Hierarchy
from carbonio_mobile.sync.outofoffice import OutOfOffice
from carbonio_mobile.sync.wake import Wake


class IAccounts(Interface):
    """Who is this, may they log in, what are their attributes."""

    def log_in(
        login: str, password: str, *, host: str, peer: str
    ) -> Awaitable[Account | LoginFault]:
        """Check credentials.

        ``login`` is an e-mail address, an alias, ``DOMAIN\\user`` or a bare user, completed from
        ``host`` (the name the client connected to) or the default domain. A fault counts towards
        lockout as the account's attributes say; the same wrong password repeated counts once.
        """

    def account(account: AccountId) -> Awaitable[Account]:
        """Give an account as it is now. Raises: NotFound."""

    def find(address: str) -> Awaitable[Account | None]:
        """Give the account that receives mail for an address (name or alias), or None."""


class IDirectory(Interface):
    """The address list: people, groups and resources, as far as an account may see them."""

    def search(
        viewer: Account, text: str, *, offset: int, limit: int, wish: PersonWish
    ) -> Awaitable[People]:
        """Give entries of which each word of ``text`` begins a name, alias or address.

        Case and accents do not count. The entries from ``offset`` on come by display name, at most
        ``limit``. A text without a word finds nobody.
        """

    def at(
        viewer: Account, addresses: Sequence[str], *, wish: PersonWish
    ) -> Awaitable[Mapping[str, Person]]:
        """Give the entries that have these addresses, by the address as it was asked for.

        Addresses that no entry has are left out.
        """


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


class ISubmission(Interface):
    """Sending mail."""

    def submit(
        account: AccountId,
        message: bytes,
        *,
        sender: str,
        recipients: Sequence[str],
        sent_copy: bytes | None,
        operation: OperationId,
    ) -> Awaitable[bool]:
        """Take a message over for delivery, once per ``operation``; False if it was taken before.

        Durable when the awaitable fires: from then on it is delivered, or bounced to ``sender``.
        Where ``sent_copy`` is given it is stored in the account's Sent folder, once. Raises:
        OverQuota, TooLarge.
        """

    def was_taken(operation: OperationId) -> Awaitable[bool]:
        """Tell whether an operation was taken over before; False once it is forgotten (30 days)."""


class IDevices(Interface):
    """The devices that partner with accounts."""

    def device(key: DeviceKey) -> Awaitable[Device | None]:
        """Give what is known of a device."""

    def meet(
        key: DeviceKey, names: Collection[str]
    ) -> Awaitable[tuple[Device | None, Mapping[str, str]]]:
        """Give a device together with those of its documents (see ISyncStates) that exist.

        It is one look-up instead of two, for what every request begins with.
        """

    def save_device(device: Device) -> Awaitable[None]:
        """Store a device, replacing what was known but for the order to wipe it.

        That stays whatever ``device`` says of it: who saves a device may have read it before the
        order was given.
        """

    def save_wipe(key: DeviceKey, wipe: WipeState | None) -> Awaitable[None]:
        """Store the order to wipe a device, or with None that there is none.

        Nothing happens if the device is unknown.
        """

    def devices(account: AccountId) -> Awaitable[Sequence[Device]]:
        """Give an account's devices, the one seen last first."""

    def remove_device(key: DeviceKey) -> Awaitable[None]:
        """Forget a device and all its sync states; nothing happens if it is unknown."""


class ISyncStates(Interface):
    """The states of synchronisation: named documents of a device."""

    def load(key: DeviceKey, names: Collection[str]) -> Awaitable[Mapping[str, str]]:
        """Give the documents of these names that exist."""

    def commit(key: DeviceKey, documents: Mapping[str, str | None]) -> Awaitable[None]:
        """Store documents (None removes one), all or none. Commits of several callers share one
        fsync.
        """


class IChangeSink(Interface):
    """Where mailboxes report what happens in them; may be called from the reactor thread only."""

    def folder_changed(account: AccountId, folder: FolderId, *, arrival: bool) -> None:
        """Report a change; ``arrival`` when an item came (delivered, copied, moved in)."""

    def hierarchy_changed(account: AccountId) -> None:
        """Report a change of the folder hierarchy."""


class IWatch(Interface):
    """One party waiting for changes of an account's folders: a parked Ping or Sync."""

    def wait(seconds: float) -> Awaitable[Wake]:
        """Fire at the first arrival or hierarchy change since the watch began, or when time is up.

        Fires at once if something was noticed already. Cancelling the wait closes the watch.
        """

    def end() -> None:
        """Make a wait fire now as superseded, or the next one as soon as it begins."""

    def close() -> None:
        """Stop watching; must be called once for each watch, and may be called again."""


class IChangeHub(Interface):
    """The feed behind Ping and waiting Syncs."""

    def watch(account: AccountId, folders: Collection[FolderId], *, latency_s: float) -> IWatch:
        """Begin to notice arrivals in these folders and changes of the hierarchy.

        A wait fires ``latency_s`` after the first arrival (0: at once); what arrives in between is
        told with it.
        """


class ITurn(Interface):
    """The right of one request to work on its device's state, alone."""

    def park(watch: IWatch) -> None:
        """Let other requests of the device go on while this one waits; a superseding one ends
        ``watch``.
        """

    def resume() -> Awaitable[None]:
        """Take the right again after parking."""

    def finish() -> None:
        """Give the right up for good; may be called again, and while parked."""


class ITurns(Interface):
    """Serial work for each (account, device) pair."""

    def begin(key: DeviceKey, *, command: str) -> Awaitable[ITurn]:
        """Wait for the device's other requests in order of arrival, then give the turn.

        A parked request is superseded by a newer one of the same command.
        """

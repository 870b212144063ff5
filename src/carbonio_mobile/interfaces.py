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
from carbonio_mobile.directory.configuration import AttributeFacts, Configuration, Scope, Setting
from carbonio_mobile.directory.credentials import (
    Credential,
    CredentialChange,
    CredentialWish,
    Issued,
)
from carbonio_mobile.directory.loggers import AccountLogger, LoggerWish
from carbonio_mobile.directory.people import People, Person, PersonWish
from carbonio_mobile.directory.provisioning import Change, Entry, EntryKind, Grant
from carbonio_mobile.ids import (
    AccountId,
    ChangeToken,
    DeviceId,
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
from carbonio_mobile.policy.abq import AbqEntry, AbqRule, AbqStatus
from carbonio_mobile.policy.abqmessages import AbqMessage, MessageKey
from carbonio_mobile.policy.notices import Notice, NoticeKind
from carbonio_mobile.policy.versionfilters import EasFilter
from carbonio_mobile.sync.changes import Aspect, ChangeBatch, ItemHead, Listing, Position
from carbonio_mobile.sync.device import Device, WipeState
from carbonio_mobile.sync.doing import Doing
from carbonio_mobile.sync.folders import Folder, FolderKind, Hierarchy
from carbonio_mobile.sync.outofoffice import OutOfOffice
from carbonio_mobile.sync.sharing import FolderGrant, Mount, Rights, Sending
from carbonio_mobile.sync.wake import Wake


class IAccounts(Interface):
    """Who is this, may they log in, what are their attributes."""

    def log_in(
        login: str, password: str, *, host: str, peer: str, service: str = "EAS"
    ) -> Awaitable[Account | LoginFault]:
        """Check credentials for a service.

        Once an account has a password that was made for the service, its own one is wrong there;
        that made for another service always is. Where a second factor is demanded, the account's
        own password is enough only from an address that is trusted.

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
        """Store a device, replacing what was known but for what administrators ordered.

        Wipe and suspension stay whatever ``device`` says of them: who saves a device may have read
        it before the order was given.
        """

    def save_wipe(key: DeviceKey, wipe: WipeState | None) -> Awaitable[None]:
        """Store the order to wipe a device, or with None that there is none.

        Nothing happens if the device is unknown.
        """

    def suspend(key: DeviceKey, since: float | None) -> Awaitable[None]:
        """Store since when (seconds UTC) a device is kept from syncing, or with None that it is
        not.

        Nothing happens if the device is unknown.
        """

    def devices(account: AccountId) -> Awaitable[Sequence[Device]]:
        """Give an account's devices, the one seen last first."""

    def count(account: AccountId) -> Awaitable[int]:
        """Count an account's devices, but for those that came back under another id."""

    def all_devices(after: DeviceKey | None, limit: int) -> Awaitable[Sequence[Device]]:
        """Give the devices of all accounts that follow a key, by account and device id.

        At most ``limit``; fewer are the last ones. None begins.
        """

    def accounts_of(device: DeviceId) -> Awaitable[Sequence[AccountId]]:
        """Give the accounts that have a device of that id, in order."""

    def remove_device(key: DeviceKey) -> Awaitable[None]:
        """Forget a device and all its sync states; nothing happens if it is unknown."""

    def reset(key: DeviceKey) -> Awaitable[None]:
        """Drop all sync states of a device, so that it starts over; its record stays."""

    def document_names(key: DeviceKey) -> Awaitable[Sequence[str]]:
        """Give the names of all documents of a device (see ISyncStates), in order."""

    def count_stale(before: float) -> Awaitable[int]:
        """Count the devices last seen before a time that are under no order.

        Those that are suspended or to be wiped, or were, are not stale: forgotten, they would come
        back as if nothing had been ordered.
        """

    def remove_stale(before: float, limit: int) -> Awaitable[int]:
        """Forget stale devices with their states, the oldest first, at most ``limit``; tells how
        many.
        """

    def compact() -> Awaitable[tuple[int, int]]:
        """Give the room of what was removed back to the disk; tells the octets before and after.

        Reads go on meanwhile; writes may be told to try later.
        """


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

    width: int = Attribute("How many folders it watches.")

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

    def wake(key: DeviceKey) -> None:
        """End the parked requests of a device as if newer ones had come: they change nothing more,
        and what the device asks next meets what holds then.
        """

    def doing(key: DeviceKey) -> Sequence[Doing]:
        """Tell what the requests of a device that are not answered yet are at, oldest first."""


class IConfiguration(Interface):
    """What is configured: attributes of accounts, COS, domains, the server, the installation.

    Names of attributes are compared without case.
    """

    def values() -> Awaitable[Configuration]:
        """Give the server's attributes over the global ones over the defaults.

        Costs no thread while the directory does not change; ask each time, do not keep it.
        """

    def get(scope: Scope, attribute: str) -> Awaitable[Setting]:
        """Give an attribute as it holds for a scope. Raises: NotFound, InvalidArgument."""

    def set(scope: Scope, attribute: str, values: Sequence[str]) -> Awaitable[Setting]:
        """Set an attribute at a scope. Raises: NotFound, InvalidArgument; then nothing changed."""

    def unset(scope: Scope, attribute: str) -> Awaitable[Setting]:
        """Remove an attribute from a scope; gives what holds there now. Raises: as set."""

    def dump(scope: Scope, *, inherited: bool) -> Awaitable[Sequence[Setting]]:
        """Give all that is set at a scope, with all that holds there if asked, by name.

        Raises: NotFound, InvalidArgument.
        """

    def about(attribute: str) -> Awaitable[AttributeFacts]:
        """Tell what is known of an attribute. Raises: InvalidArgument."""


class ICredentials(Interface):
    """Passwords that accounts have for some services."""

    def of(account: AccountId) -> Awaitable[Sequence[Credential]]:
        """Give an account's passwords in the order in which they were added. Raises: NotFound."""

    def add(account: AccountId, wishes: Sequence[CredentialWish]) -> Awaitable[Sequence[Issued]]:
        """Add passwords, all or none.

        Raises: NotFound, InvalidArgument, NotAllowed (the account has too many).
        """

    def update(
        account: AccountId, credential: str, change: CredentialChange
    ) -> Awaitable[Credential]:
        """Change one; gives it as it is now. Raises: NotFound, InvalidArgument."""

    def delete(account: AccountId, credential: str) -> Awaitable[None]:
        """Remove one. Raises: NotFound."""


class IEasFilters(Interface):
    """The version filters in their order; a filter's id is its place. All change or none."""

    def filters() -> Awaitable[Sequence[EasFilter]]:
        """Give all filters in their order."""

    def add(new: EasFilter) -> Awaitable[Sequence[EasFilter]]:
        """Put a filter at the end; gives all as they are then. Raises: TooLarge (too many)."""

    def delete(place: int) -> Awaitable[Sequence[EasFilter]]:
        """Remove the filter with that id; gives all as they are then. Raises: NotFound."""

    def move(place: int, to: int) -> Awaitable[Sequence[EasFilter]]:
        """Give the filter with an id another one, the end where ``to`` is past it; gives all as
        they are then. Raises: NotFound.
        """

    def replace(filters: Sequence[EasFilter]) -> Awaitable[Sequence[EasFilter]]:
        """Put these in the place of all. Raises: TooLarge (too many)."""


class INoticeList(Interface):
    """What administrators were told, the newest ``NOTICES_COUNT`` of it."""

    def add(
        kind: NoticeKind, subject: str, text: str, *, domain: str, at: float
    ) -> Awaitable[Notice]:
        """Keep a notice; the oldest one goes where there are too many. Long texts are cut."""

    def notices(*, limit: int) -> Awaitable[Sequence[Notice]]:
        """Give the newest notices, newest first."""

    def delete(notice: int) -> Awaitable[None]:
        """Remove one. Raises: NotFound."""

    def delete_all() -> Awaitable[int]:
        """Remove all; gives how many there were."""


class INotices(Interface):
    """Telling administrators what they should know."""

    def notify(kind: NoticeKind, subject: str, text: str, *, domain: str = "") -> Awaitable[None]:
        """Keep a notice, and mail it to the recipients of the domain, else of the whole server.

        Durable when the awaitable fires. That it cannot be mailed is logged and no error.
        """


class IAccountLoggers(Interface):
    """Loggers of the traffic of single accounts; they are gone when the process ends."""

    def add(wish: LoggerWish) -> Awaitable[AccountLogger]:
        """Open the file and begin to write.

        Raises: NotAllowed for a file that may not be written or one logger too many, Conflict where
        another logger writes to it.
        """

    def remove(logger: int) -> Awaitable[AccountLogger]:
        """End one, by its id; its file stays. Raises: NotFound."""

    def remove_all() -> Awaitable[int]:
        """End all; tells how many there were."""

    def loggers() -> Awaitable[Sequence[AccountLogger]]:
        """Give those at work, by id."""


class IMailingLists(Interface):
    """Distribution lists as mail is delivered to them."""

    def expansions(addresses: Sequence[str]) -> Awaitable[Mapping[str, Sequence[str]]]:
        """Give the addresses behind those of ``addresses`` that are lists, by the one asked for.

        Lists within lists are looked into, each once, and rules of dynamic ones followed; a list
        without members has none. Raises: TooLarge (a list comes to too many addresses).
        """


class IProvisioning(Interface):
    """Domains, classes of service, accounts, resources, distribution lists, rights.

    Entries are named by name, address or id. Every change is one transaction, in force for the
    next request, and beside what is named may raise InvalidArgument with nothing changed.
    """

    def create(
        kind: EntryKind, name: str, *, password: str | None = None, changes: Sequence[Change] = ()
    ) -> Awaitable[str]:
        """Make an entry; gives its id. Nobody can log in to an account without a password.

        Raises: NotFound (domain), Conflict (taken), NotAllowed (the domain is full).
        """

    def modify(kind: EntryKind, name: str, changes: Sequence[Change]) -> Awaitable[None]:
        """Change attributes, all or none. Raises: NotFound."""

    def entry(kind: EntryKind, name: str) -> Awaitable[Entry]:
        """Give an entry. Raises: NotFound."""

    def names(
        kind: EntryKind, *, domain: str | None, after: str, limit: int
    ) -> Awaitable[Sequence[tuple[str, str]]]:
        """Give (name, id) of at most ``limit`` entries whose names come after ``after``, in order.

        ``domain`` leaves accounts, resources and lists of others out; resources are no accounts
        here. Raises: NotFound (domain).
        """

    def entries(
        kind: EntryKind, *, domain: str | None, after: str, limit: int
    ) -> Awaitable[Sequence[Entry]]:
        """Give a page of :meth:`names` with what the entries hold."""

    def rename(kind: EntryKind, name: str, new_name: str) -> Awaitable[None]:
        """Give an account, COS or list another name. Raises: NotFound, Conflict, NotAllowed."""

    def delete(kind: EntryKind, name: str) -> Awaitable[str]:
        """Remove an entry; gives its id. An account's mailbox stays where it is.

        Raises: NotFound, NotAllowed (a domain or COS that is in use).
        """

    def set_password(account: str, password: str) -> Awaitable[None]:
        """Give an account another password; lockout and must-change end. Raises: NotFound."""

    def add_alias(kind: EntryKind, name: str, alias: str) -> Awaitable[None]:
        """Give an account or a list one more address. Raises: NotFound, Conflict."""

    def remove_alias(kind: EntryKind, name: str, alias: str) -> Awaitable[None]:
        """Take an address away. Raises: NotFound, NotAllowed (the name itself)."""

    def add_members(name: str, addresses: Sequence[str]) -> Awaitable[int]:
        """Put addresses into a list, all or none; gives how many are new. Raises: NotFound."""

    def remove_members(name: str, addresses: Sequence[str]) -> Awaitable[None]:
        """Take addresses out of a list, all or none. Raises: NotFound (list, a member)."""

    def grant(grant: Grant) -> Awaitable[None]:
        """Give a right; nothing happens where it is held already. Raises: NotFound."""

    def revoke(grant: Grant) -> Awaitable[None]:
        """Take a right away. Raises: NotFound."""

    def grants(target_kind: str, target: str) -> Awaitable[Sequence[Grant]]:
        """Give the rights that are held on an entry, with names for ids. Raises: NotFound."""

    def has_right(grantee: str, target: str, right: str) -> Awaitable[bool]:
        """Tell whether an account holds a right on an account or a list.

        It may hold it by itself, its domain, its COS, a list or as everybody; on the target, its
        domain or on all. Raises: NotFound (the grantee).
        """

    def find_people(domain: str, text: str, *, offset: int, limit: int) -> Awaitable[People]:
        """Look in a domain's address list as its accounts do, without their bounds.

        Raises: NotFound.
        """

    def all_people(domain: str, *, offset: int, limit: int) -> Awaitable[tuple[People, int]]:
        """Give a stretch of a domain's address list, and the generation of the directory then.

        Raises: NotFound.
        """

    def generation() -> Awaitable[int]:
        """Give the number that every visible change of the directory raises."""


class IAbq(Interface):
    """The Device Control List, the rules and the messages of ABQ. Ids of devices are in lower case.

    Every method that writes does all or nothing.
    """

    def entries(
        after: tuple[str, str] | None, *, status: AbqStatus | None, limit: int
    ) -> Awaitable[Sequence[AbqEntry]]:
        """Give a page of entries by (device, account), those behind ``after``, of one status."""

    def entries_of(device: DeviceId) -> Awaitable[Sequence[AbqEntry]]:
        """Give a device's entries by account; that for any account comes first."""

    def set_entries(
        entries: Sequence[AbqEntry], *, drop: Sequence[tuple[str, str]] = ()
    ) -> Awaitable[None]:
        """Store entries, replacing those of the same device and account, and remove others."""

    def add_entries(entries: Sequence[AbqEntry]) -> Awaitable[None]:
        """Store those entries of whose device and account there is none."""

    def count(status: AbqStatus | None) -> Awaitable[int]:
        """Count the entries, of one status or all."""

    def rules() -> Awaitable[Sequence[AbqRule]]:
        """Give all rules, by order, domain and pattern."""

    def set_rule(rule: AbqRule) -> Awaitable[None]:
        """Store a rule, replacing the one of the same pattern and domain."""

    def delete_rule(pattern: str, domain: str) -> Awaitable[bool]:
        """Remove a rule; tells whether there was one."""

    def messages() -> Awaitable[Sequence[AbqMessage]]:
        """Give all messages, by scope, kind and locale."""

    def set_messages(messages: Sequence[AbqMessage]) -> Awaitable[None]:
        """Store messages, replacing those of the same key."""

    def delete_messages(keys: Sequence[MessageKey]) -> Awaitable[None]:
        """Remove messages."""


class ISharing(Interface):
    """The folders that accounts share, and the own ones that devices are not shown.

    What only looks answers at once: all of it is in memory. A change is durable when its awaitable
    fires, and wakes the devices of those who see it.
    """

    def mounts(account: AccountId) -> Sequence[Mount]:
        """Give the mounts in an account's tree, the oldest first."""

    def mounts_of(owner: AccountId) -> Sequence[Mount]:
        """Give the mounts of an account's folders in the trees of others."""

    def grants(owner: AccountId) -> Sequence[FolderGrant]:
        """Give what an account has granted."""

    def granted(owner: AccountId, grantee: AccountId) -> Mapping[FolderId | None, Rights]:
        """Give the rights that one account was given on folders of another; None is all of them."""

    def hidden(account: AccountId) -> frozenset[FolderId]:
        """Give the own folders that an account's devices are not shown."""

    def outlook(account: AccountId) -> str:
        """Give a word that differs whenever what an account is shown does; empty where that is just
        its own mailbox.
        """

    def grant(grant: FolderGrant) -> Awaitable[None]:
        """Grant, in the place of what that account had on that folder. Raises: Conflict (to
        oneself), TooLarge (too many).
        """

    def revoke(owner: AccountId, folder: FolderId | None, grantee: AccountId) -> Awaitable[None]:
        """Take a grant back. Raises: NotFound."""

    def mount(
        account: AccountId, owner: AccountId, folder: FolderId | None, name: str
    ) -> Awaitable[Mount]:
        """Mount a folder, not synced yet. Raises: Conflict (it is mounted), TooLarge (too many)."""

    def unmount(account: AccountId, number: int) -> Awaitable[None]:
        """Take a mount away; the owner's folder stays as it is. Raises: NotFound."""

    def set_synced(account: AccountId, number: int, *, synced: bool) -> Awaitable[Mount]:
        """Show a mount to devices, or do not. Raises: NotFound."""

    def hide(account: AccountId, folder: FolderId, *, hidden: bool) -> Awaitable[None]:
        """Hide an own folder, with those below it, from devices, or show it again."""

    def forget(account: AccountId) -> Awaitable[None]:
        """Remove all that speaks of an account which is no more."""


class IRights(Interface):
    """Who may send in whose name."""

    def may_send(actor: Account, owner: Account) -> Awaitable[Sending | None]:
        """Tell how ``actor`` may send as another account; None where it may not."""

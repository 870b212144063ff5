"""The mailbox of a device that is not let in: one Inbox, and in it one message that says so.

Nothing of it is stored. The Inbox is named after what the message says: as long as that stays, so
do all ids; another message stands in another Inbox. It is never an Inbox of the account's own
mailbox, so that a device that is diverted, or let in, sees its folders replaced even where its
state was kept.

Spec: ../shared/carbonio/cli.md 2.1, 2.2; issue 4, section 3.
"""

# The interface names what is refused here whatever it is.
# ruff: noqa: ARG002

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from email.utils import format_datetime
from hashlib import blake2b

from zope.interface import implementer

from carbonio_mobile.errors import Conflict, NotAllowed, NotFound
from carbonio_mobile.ids import (
    AccountId,
    ChangeToken,
    FolderId,
    ItemId,
    ItemVersion,
    OperationId,
    PartId,
)
from carbonio_mobile.interfaces import IMailbox
from carbonio_mobile.mime.addresses import parse_address_text
from carbonio_mobile.mime.attachments import attachment
from carbonio_mobile.mime.building import Body, content
from carbonio_mobile.mime.extract import extract
from carbonio_mobile.mime.mailitem import (
    BodyWish,
    MailItem,
    MailPatch,
    MailQuery,
    MailState,
    SearchHits,
)
from carbonio_mobile.mime.writing import address_field, text_field
from carbonio_mobile.pim.item import ObjectItem
from carbonio_mobile.policy.abqmessages import AbqMessage
from carbonio_mobile.sync.changes import (
    NO_ASPECT,
    Aspect,
    ChangeBatch,
    ItemHead,
    Listing,
    Position,
)
from carbonio_mobile.sync.folders import Folder, FolderKind, Hierarchy
from carbonio_mobile.sync.outofoffice import OutOfOffice

_DAY_S = 86_400
_ITEM = ItemId(1)
_VERSION = ItemVersion("1")
_TOKEN = ChangeToken("1")


@implementer(IMailbox)
class DummyMailbox:
    """Shows one message to a device of ``account``, whose address is ``address``.

    The message counts as received at the beginning of the present day, lest a device that wants the
    last few days only does not see it. It may be marked, to no effect; nothing else may be done.
    """

    def __init__(
        self, account: AccountId, message: AbqMessage, *, address: str, sender: str, now: float
    ) -> None:
        self.account = account
        self._source = source_of(message, address=address, sender=sender)
        digest = blake2b(self._source, digest_size=6).hexdigest()
        name = FolderId(f"abq-{message.key.kind.value.lower()}-{digest}")
        self._inbox = Folder(id=name, parent=None, name="Inbox", kind=FolderKind.INBOX)
        self._received = float(now - now % _DAY_S)

    @property
    def _head(self) -> ItemHead:
        return ItemHead(Position(self._received, _ITEM), _VERSION)

    def _check(self, folder: FolderId) -> None:
        if folder != self._inbox.id:
            raise NotFound(f"folder {folder}: the device is not let in")

    # Folders

    async def hierarchy(self) -> Hierarchy:
        """Give the Inbox."""
        return Hierarchy(token=await self.hierarchy_token(), folders=(self._inbox,))

    async def hierarchy_token(self) -> ChangeToken:
        """Give a token that no other mailbox gives."""
        return ChangeToken(self._inbox.id)

    async def create_folder(
        self, parent: FolderId | None, name: str, kind: FolderKind, *, operation: OperationId
    ) -> Folder:
        """Refuse. Raises: NotAllowed."""
        raise _refusal()

    async def update_folder(self, folder: FolderId, *, parent: FolderId | None, name: str) -> None:
        """Refuse. Raises: NotAllowed."""
        raise _refusal()

    async def delete_folder(self, folder: FolderId) -> None:
        """Refuse. Raises: NotAllowed."""
        raise _refusal()

    async def empty_folder(self, folder: FolderId, *, subfolders: bool) -> None:
        """Refuse. Raises: NotAllowed."""
        raise _refusal()

    # The message

    async def token(self, folder: FolderId) -> ChangeToken:
        """Give the only token there is: in one Inbox nothing ever changes."""
        self._check(folder)
        return _TOKEN

    async def changes(self, folder: FolderId, since: ChangeToken, *, limit: int) -> ChangeBatch:
        """Tell that nothing changed. Raises: Conflict (a token of another folder)."""
        token = await self.token(folder)
        if since != token:
            raise Conflict(f"no token of this mailbox: {since}")
        return ChangeBatch(changed=(), gone=(), token=token)

    async def listing(
        self, folder: FolderId, *, below: Position, down_to: Position, limit: int
    ) -> Listing:
        """List the message."""
        heads = [self._head] if down_to <= self._head.position < below else []
        return Listing(heads=tuple(heads[:limit]), token=await self.token(folder))

    async def count(self, folder: FolderId, *, below: Position, down_to: Position) -> int:
        """Count the message."""
        listing = await self.listing(folder, below=below, down_to=down_to, limit=1)
        return len(listing.heads)

    async def aspects_since(
        self, folder: FolderId, items: Collection[ItemId], since: ChangeToken
    ) -> Mapping[ItemId, Aspect]:
        """Tell that nothing changed. Raises: Conflict (a token of another folder)."""
        await self.changes(folder, since, limit=1)
        return {item: NO_ASPECT for item in items if item == _ITEM}

    async def read(
        self, folder: FolderId, items: Sequence[ItemId], wish: BodyWish
    ) -> Mapping[ItemId, MailItem]:
        """Read the message."""
        self._check(folder)
        return {item: self._mail(wish) for item in items if item == _ITEM}

    def _mail(self, wish: BodyWish) -> MailItem:
        extracted = extract(self._source, received_at=self._received)
        return MailItem(
            item=_ITEM,
            folder=self._inbox.id,
            version=self._head.version,
            received=self._received,
            record=extracted.record,
            state=MailState(),
            text=extracted.text.encode()[: wish.text_bytes],
            html=extracted.html.encode()[: wish.html_bytes],
            source=self._source[: wish.source_bytes],
        )

    async def part(self, folder: FolderId, item: ItemId, part: PartId) -> tuple[str, bytes]:
        """Give a part of the message. Raises: NotFound."""
        self._check(folder)
        if item != _ITEM:
            raise NotFound(f"item {item}")
        return attachment(self._source, part)

    async def objects(
        self, folder: FolderId, items: Sequence[ItemId], *, source: bool = False
    ) -> Mapping[ItemId, ObjectItem]:
        """Refuse: there is a folder of messages only. Raises: NotFound, NotAllowed."""
        self._check(folder)
        raise NotAllowed("objects in a folder of messages")

    async def find_uid(self, uid: str) -> Sequence[ObjectItem]:
        """Find nothing."""
        return ()

    async def events(self, start: float, end: float, *, limit: int) -> Sequence[ObjectItem]:
        """Find nothing."""
        return ()

    async def schedules(self, folder: FolderId) -> bool:
        """Tell that nothing here sends anything. Raises: NotFound."""
        self._check(folder)
        return False

    # Writes

    async def add_object(
        self, folder: FolderId, source: bytes, *, operation: OperationId
    ) -> ItemHead:
        """Refuse. Raises: NotAllowed."""
        raise _refusal()

    async def replace_object(
        self, folder: FolderId, item: ItemId, source: bytes, *, expected: ItemVersion
    ) -> ItemVersion:
        """Refuse. Raises: NotAllowed."""
        raise _refusal()

    async def append(
        self,
        folder: FolderId,
        source: bytes,
        state: MailState,
        *,
        received: float,
        operation: OperationId,
    ) -> ItemHead:
        """Refuse. Raises: NotAllowed."""
        raise _refusal()

    async def update(
        self, folder: FolderId, patches: Mapping[ItemId, MailPatch]
    ) -> Mapping[ItemId, ItemVersion]:
        """Take marks without effect, for a phone that fails to say "read" says it for ever.

        Raises: NotFound (folder), NotAllowed (another content).
        """
        self._check(folder)
        if any(patch.source is not None for patch in patches.values()):
            raise _refusal()
        return {item: self._head.version for item in patches if item == _ITEM}

    async def move(
        self, folder: FolderId, items: Sequence[ItemId], target: FolderId
    ) -> Mapping[ItemId, ItemHead]:
        """Refuse. Raises: NotAllowed."""
        raise _refusal()

    async def delete(self, folder: FolderId, items: Sequence[ItemId]) -> frozenset[ItemId]:
        """Take it without effect, for the device's own view of it: a refusal ends its whole Sync.

        Raises: NotFound (folder).
        """
        self._check(folder)
        return frozenset(item for item in items if item == _ITEM)

    async def search(self, query: MailQuery, *, offset: int, limit: int) -> SearchHits:
        """Find nothing."""
        return SearchHits(hits=(), total=0)

    async def out_of_office(self) -> OutOfOffice:
        """Give the settings of an account that has none."""
        return OutOfOffice()

    async def set_out_of_office(self, settings: OutOfOffice) -> None:
        """Refuse. Raises: NotAllowed."""
        raise _refusal()


def _refusal() -> NotAllowed:
    return NotAllowed("the device is not let in")


def source_of(message: AbqMessage, *, address: str, sender: str) -> bytes:
    """Give the octets of the message; the same message always gives the same."""
    addresses = {"From": message.sender or sender, "To": address, "Reply-To": message.reply_to}
    head = b"".join(
        address_field(name, parse_address_text(text)) for name, text in addresses.items() if text
    )
    head += text_field("Subject", message.subject)
    head += text_field("Message-ID", f"<abq.{int(message.changed)}@carbonio-mobile.invalid>")
    if message.changed:
        head += text_field("Date", format_datetime(datetime.fromtimestamp(message.changed, UTC)))
    body = Body(text=message.plain, html=message.html)
    if message.html and not message.plain:
        body = Body.from_html(message.html)
    return head + b"MIME-Version: 1.0\r\n" + content(body, (), ())

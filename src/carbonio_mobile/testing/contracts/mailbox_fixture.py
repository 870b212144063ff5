"""What the suites of the mailbox contract share: a mailbox, its sink and quota, messages."""

from collections.abc import Sequence
from typing import ClassVar

from twisted.trial.unittest import TestCase
from zope.interface import implementer

from carbonio_mobile.ids import AccountId, ChangeToken, FolderId, ItemId, OperationId
from carbonio_mobile.interfaces import IChangeSink, IMailbox, IMailboxes
from carbonio_mobile.mime.mailitem import MailState
from carbonio_mobile.sync.changes import NEWEST, OLDEST, ItemHead
from carbonio_mobile.sync.folders import Folder, FolderKind

JOHN = AccountId("john-1")
MARY = AccountId("mary-1")
MESSAGE_LIMIT_BYTES = 100_000
UNREAD = MailState()


@implementer(IChangeSink)
class RecordingSink:
    """Keeps what it is told, oldest first."""

    def __init__(self) -> None:
        self.told: list[tuple[AccountId, FolderId | None, bool]] = []

    def folder_changed(self, account: AccountId, folder: FolderId, *, arrival: bool) -> None:
        """Keep (account, folder, arrival)."""
        self.told.append((account, folder, arrival))

    def hierarchy_changed(self, account: AccountId) -> None:
        """Keep (account, None, False)."""
        self.told.append((account, None, False))


def message(subject: str = "Lunch", body: str = "At noon?", *, number: int = 1) -> bytes:
    """Give a small message."""
    return (
        f"From: Ann <ann@example.com>\r\nTo: john@example.com\r\nSubject: {subject}\r\n"
        f"Date: Thu, 15 Jan 2026 12:00:00 +0000\r\nMessage-ID: <{number}@example.com>\r\n"
        "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
        f"Content-Transfer-Encoding: 8bit\r\n\r\n{body}\r\n"
    ).encode()


class MailboxFixture(TestCase):
    """Gives each test a new mailbox ``box`` and the ids of three folders of it.

    A backend in front of other servers may say where these differ: ``finds_parts_of_words`` when it
    searches, ``folds_accents`` then too, ``odd_sources`` that it takes for messages,
    ``longest_name`` in characters that a folder may have, ``user_kinds`` of folders that it makes.
    """

    finds_parts_of_words = False
    folds_accents = True
    odd_sources: ClassVar[tuple[bytes, ...]] = (
        b"",
        b"\x00\xff\r\n\r\n\x00",
        b"Subject: \xff\r\n\r\n\xed\xa0\x80",
    )
    longest_name = 256
    user_kinds = tuple(kind for kind in FolderKind if kind.value.startswith("user-"))

    mailboxes: IMailboxes
    box: IMailbox

    def make_mailboxes(self) -> IMailboxes:
        """Give the backend under test, empty, reporting to ``self.sink``.

        It takes messages of ``MESSAGE_LIMIT_BYTES`` at most and asks ``self.quota_of`` for quotas.
        """
        raise NotImplementedError("each backend makes its own")

    async def quota_of(self, _account: AccountId) -> int:
        """Give ``self.quota_bytes``."""
        return self.quota_bytes

    async def setUp(self) -> None:  # type: ignore[override]  # trial awaits it
        """Make the backend and open a mailbox."""
        self.sink = RecordingSink()
        self.quota_bytes = 0
        self._operations = 0
        self.mailboxes = self.make_mailboxes()
        self.box = await self.mailboxes.open(JOHN)
        hierarchy = await self.box.hierarchy()
        found = {folder.kind: folder.id for folder in hierarchy.folders}
        self.inbox = found[FolderKind.INBOX]
        self.drafts = found[FolderKind.DRAFTS]
        self.trash = found[FolderKind.TRASH]

    def operation(self) -> OperationId:
        """Give a name that no other operation of the test has."""
        self._operations += 1
        return OperationId(f"op-{self._operations}")

    async def add(
        self,
        source: bytes | None = None,
        *,
        folder: FolderId | None = None,
        received: float = 1000.0,
        state: MailState = UNREAD,
    ) -> ItemHead:
        """Append a message, to the inbox unless told."""
        head: ItemHead = await self.box.append(
            folder or self.inbox,
            message() if source is None else source,
            state,
            received=received,
            operation=self.operation(),
        )
        return head

    async def add_folder(
        self, name: str, parent: FolderId | None = None, kind: FolderKind = FolderKind.MAIL
    ) -> Folder:
        """Create a folder."""
        folder: Folder = await self.box.create_folder(
            parent, name, kind, operation=self.operation()
        )
        return folder

    async def items(self, folder: FolderId) -> Sequence[ItemId]:
        """Give the ids in a folder, newest first."""
        page = await self.box.listing(folder, below=NEWEST, down_to=OLDEST, limit=1000)
        return [head.item for head in page.heads]

    async def token(self, folder: FolderId) -> ChangeToken:
        """Give the present end of a folder's history."""
        token: ChangeToken = await self.box.token(folder)
        return token

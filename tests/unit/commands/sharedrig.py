"""A rig in which Mary shares folders with John."""

from dataclasses import replace

from carbonio_mobile.changes.turns import DeviceTurns
from carbonio_mobile.commands.context import Services
from carbonio_mobile.ids import AccountId, FolderId, ItemId, OperationId
from carbonio_mobile.interfaces import IMailbox
from carbonio_mobile.mailbox.memory import MemoryMailboxes
from carbonio_mobile.mailbox.sharing import SharedMailboxes
from carbonio_mobile.mailbox.sharingsink import SharingSink
from carbonio_mobile.mime.mailitem import MailState
from carbonio_mobile.pipeline import Pipeline, ProvisioningRules
from carbonio_mobile.store.memoryshares import MemorySharing
from carbonio_mobile.sync.folders import FolderKind
from carbonio_mobile.sync.sharing import FolderGrant, Mount, Rights
from carbonio_mobile.testing.rig import Rig, now
from carbonio_mobile.wbxml import Limits

MARY = "mary@example.com"


class SharedRig(Rig):
    """John's devices see what Mary shares."""

    def __init__(self) -> None:
        super().__init__()
        self.quota_bytes = 0
        self.mary: AccountId = self.accounts.add(MARY, "secret")
        self.sharing = MemorySharing(self.hub)
        self.mailboxes = MemoryMailboxes(
            sink=SharingSink(self.hub, self.sharing),
            clock=self.clock.seconds,
            quota_of=self._quota_of,
        )
        self.shared = SharedMailboxes(self.mailboxes, self.sharing)
        self.serve(replace(self.services, mailboxes=self.shared))
        self._stored = 0

    def serve(self, services: Services) -> None:
        """Answer requests with these services from now on."""
        self.services = services
        self.pipeline = Pipeline(
            accounts=self.accounts,
            services=services,
            turns=DeviceTurns(queue_limit=10),
            rules=ProvisioningRules(required=False, refresh_s=0.0),
            limits=Limits(),
            observe=self.served.append,
        )

    async def _quota_of(self, account: AccountId) -> int:
        return self.quota_bytes if account == self.account else 0

    def theirs(self) -> IMailbox:
        """Give Mary's mailbox."""
        return now(self.mailboxes.open(self.mary))

    def johns(self) -> IMailbox:
        """Give John's mailbox as his devices see it."""
        return now(self.shared.open(self.account))

    def their_folder(self, kind: FolderKind) -> FolderId:
        """Give the id of a standard folder of Mary's."""
        found = now(self.theirs().hierarchy()).standard(kind)
        assert found is not None
        return found.id

    def share(self, folder: FolderId | None, rights: str = "rw", name: str = "Mary's") -> Mount:
        """Grant a folder to John, mount it and show it to his devices."""
        self.grant(folder, rights)
        mount = now(self.sharing.mount(self.account, self.mary, folder, name))
        return now(self.sharing.set_synced(self.account, mount.number, synced=True))

    def grant(self, folder: FolderId | None, rights: str) -> None:
        """Grant a folder of Mary's to John."""
        now(
            self.sharing.grant(
                FolderGrant(
                    owner=self.mary, folder=folder, grantee=self.account, rights=Rights(rights)
                )
            )
        )

    def operation(self) -> OperationId:
        """Give a name that no other operation has."""
        self._stored += 1
        return OperationId(f"shared-{self._stored}")

    def store_object(self, folder: FolderId, source: bytes) -> ItemId:
        """Put an object into a folder of Mary's."""
        head = now(self.theirs().add_object(folder, source, operation=self.operation()))
        return head.item

    def store_mail(self, folder: FolderId, subject: str = "hers") -> ItemId:
        """Put a message into a folder of Mary's."""
        source = f"From: ann@example.com\r\nSubject: {subject}\r\n\r\nHello.\r\n".encode()
        head = now(
            self.theirs().append(
                folder,
                source,
                MailState(),
                received=self.clock.seconds(),
                operation=self.operation(),
            )
        )
        self.clock.advance(0)
        return head.item

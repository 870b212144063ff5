"""What the tests of delivery share: accounts, mailboxes in memory, an outbox on a fake clock."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock, deferLater
from twisted.trial.unittest import TestCase

from carbonio_mobile.accounts.memory import MemoryAccounts
from carbonio_mobile.ids import AccountId, FolderId, OperationId
from carbonio_mobile.mailbox.delivery.local import INBOX, SENT
from carbonio_mobile.mailbox.delivery.outbox import Outbox, OutboxOptions
from carbonio_mobile.mailbox.delivery.outcome import DELIVERED, Outcome
from carbonio_mobile.mailbox.memory import MemoryMailboxes
from carbonio_mobile.mime.mailitem import BodyWish, MailItem
from carbonio_mobile.sync.changes import NEWEST, OLDEST
from carbonio_mobile.testing.contracts.mailbox_fixture import RecordingSink, message

NOW = 1_800_000_000.0


class FakeReactor(Clock):
    """A clock that can be advanced; what threads send back arrives through the real reactor."""

    def callFromThread(self, call: Callable[..., Any], *args: Any) -> None:
        reactor.callFromThread(call, *args)

    def getThreadPool(self) -> Any:
        return reactor.getThreadPool()


class FakeRelay:
    """A relay that answers as told and keeps what it took over."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, tuple[str, ...], bytes]] = []
        self.answers: dict[str, Outcome] = {}
        self.held: Deferred[None] | None = None

    async def send(
        self, sender: str, recipients: Sequence[str], message: bytes
    ) -> Mapping[str, Outcome]:
        if self.held is not None:
            await self.held
        outcomes = {one: self.answers.get(one, DELIVERED) for one in recipients}
        self.taken.append((sender, tuple(recipients), message))
        return outcomes

    async def stop(self) -> None:
        pass


class DeliveryCase(TestCase):
    """John, Mary and an outbox; a quota in ``quotas`` by account."""

    timeout = 30

    def setUp(self) -> None:
        self.clock = FakeReactor()
        self.clock.advance(NOW)
        self.accounts = MemoryAccounts(clock=self.clock.seconds)
        self.john = self.accounts.add(
            "john@example.com", "x", aliases=["johnny@example.com"], displayName="John Doe"
        )
        self.mary = self.accounts.add("mary@example.com", "x", displayName="Mary")
        self.quotas: dict[AccountId, int] = {}
        self.sink = RecordingSink()
        self.mailboxes = MemoryMailboxes(
            sink=self.sink,
            clock=self.clock.seconds,
            quota_of=self.quota_of,
            message_limit_bytes=1 << 20,
        )
        self.data_dir = Path(self.mktemp())
        self.data_dir.mkdir(parents=True)
        self.numbers = 0

    async def quota_of(self, account: AccountId) -> int:
        return self.quotas.get(account, 0)

    def make_outbox(self, relay: FakeRelay | None = None, **options: Any) -> Outbox:
        parts: dict[str, Any] = {} if relay is None else {"relay": relay}
        parts |= {"lists": options.pop("lists")} if "lists" in options else {}
        outbox = Outbox(
            self.data_dir,
            reactor=self.clock,
            accounts=self.accounts,
            mailboxes=self.mailboxes,
            **parts,
            options=OutboxOptions(
                hostname="mail.example.com", durable=False, message_limit_bytes=1 << 20, **options
            ),
        )
        self.addCleanup(lambda: Deferred.fromCoroutine(outbox.stop()))
        return outbox

    async def submit(
        self,
        outbox: Outbox,
        *recipients: str,
        source: bytes | None = None,
        sent_copy: bytes | None = None,
        operation: str = "",
    ) -> bool:
        self.numbers += 1
        taken: bool = await outbox.submit(
            self.john,
            source or message(number=self.numbers),
            sender="john@example.com",
            recipients=recipients,
            sent_copy=sent_copy,
            operation=OperationId(operation or f"op-{self.numbers}"),
        )
        return taken

    async def settled(self, outbox: Outbox, left: int = 0) -> None:
        """Wait until only so many submissions are in the queue."""
        while await outbox.waiting() != left:
            await deferLater(reactor, 0.001)

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait for threads until something holds."""
        while not condition():
            await deferLater(reactor, 0.001)

    async def mail(self, account: AccountId, folder: FolderId = INBOX) -> list[MailItem]:
        """Give what is in a folder, the newest first."""
        box = await self.mailboxes.open(account)
        page = await box.listing(folder, below=NEWEST, down_to=OLDEST, limit=1000)
        items = [head.item for head in page.heads]
        read = await box.read(folder, items, BodyWish(text_bytes=None, source_bytes=None))
        return [read[item] for item in items]

    async def sent(self) -> list[MailItem]:
        return await self.mail(self.john, SENT)

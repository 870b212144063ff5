"""What the tests of the gateway's faults stand on: one Dovecot, an account of its own for each."""

import imaplib
import time
from collections.abc import Awaitable, Callable, Iterable
from itertools import count
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import Any, ClassVar, TypeVar

from twisted.internet import reactor as _reactor
from twisted.internet.defer import Deferred
from twisted.internet.task import deferLater
from twisted.internet.threads import deferToThread
from twisted.trial.unittest import TestCase

from carbonio_mobile.errors import Unavailable
from carbonio_mobile.ids import AccountId, FolderId, ItemId, OperationId
from carbonio_mobile.mailbox.gateway.mailbox import GatewayMailbox
from carbonio_mobile.mailbox.imapclient.pool import PoolLimits
from carbonio_mobile.mailbox.imapclient.wire import WireLimits
from carbonio_mobile.mailbox.memory import no_quota
from carbonio_mobile.mime.mailitem import BodyWish, MailItem, MailState
from carbonio_mobile.sync.changes import NEWEST, OLDEST, ItemHead
from carbonio_mobile.sync.folders import FolderKind
from carbonio_mobile.testing.contracts.mailbox_fixture import RecordingSink
from tests.peers.desktop import Desktop, letter
from tests.peers.dovecot import Dovecot
from tests.peers.gateway import Gateway

T = TypeVar("T")

reactor: Any = _reactor
JOHN = AccountId("john")
READ = MailState(read=True)
WIRE = WireLimits(silence_s=5.0, command_s=10.0, goodbye_s=0.5)
LIMITS = PoolLimits(first_pause_s=0.02, longest_pause_s=0.1, wait_s=10.0)
RECOVERS_WITHIN_S = 20.0
DOUBT_S = 0.2


class GatewayCase(TestCase):
    """A gateway in front of a Dovecot of the class; ``box`` is the account's mailbox."""

    timeout = 60
    dovecot: ClassVar[Dovecot]
    numbers: ClassVar["count[int]"]
    quota = ""
    wire = WIRE

    @classmethod
    def setUpClass(cls) -> None:
        cls.dovecot = Dovecot.started()
        cls.numbers = count(1)

    @classmethod
    def tearDownClass(cls) -> None:
        cls.dovecot.remove()

    async def setUp(self) -> None:  # type: ignore[override]  # trial awaits it
        """Make an account and a gateway mailbox for it."""
        self.user = f"user{next(self.numbers)}@example.com"
        self.dovecot.add_user(self.user, quota=self.quota)
        self.directory = Path(mkdtemp())
        self.addCleanup(rmtree, self.directory)
        self.client = await deferToThread(reach, self.dovecot, self.user)
        self.addCleanup(self.client.shutdown)
        self.gateways: list[Gateway] = []
        self.addCleanup(self.stop)
        await self.begin()
        self.inbox, self.trash = (
            await self.kind(FolderKind.INBOX),
            await self.kind(FolderKind.TRASH),
        )

    async def begin(self, **options: Any) -> None:
        """Begin with a gateway, upon the mirror that is there."""
        gateway = Gateway(
            self.directory,
            self.dovecot,
            user_of=lambda account: self.user if account == JOHN else account,
            sink=RecordingSink(),
            quota_of=no_quota,
            message_limit_bytes=64 << 20,
            wire=self.wire,
            limits=LIMITS,
            options={"doubt_s": DOUBT_S},
            **options,
        )
        self.gateways.append(gateway)
        self.gateway = gateway
        self.box: GatewayMailbox = await gateway.mailboxes.open(JOHN)

    async def stop(self) -> None:
        """Stop all gateways."""
        while self.gateways:
            await Deferred.fromCoroutine(self.gateways.pop().stop())

    async def kind(self, kind: FolderKind) -> FolderId:
        """Give the folder of a kind."""
        return next(one.id for one in (await self.folders()).values() if one.kind is kind)

    async def folders(self) -> dict[str, Any]:
        """Give the folders as they are now, by name."""
        self.box.tree.stale()
        return {one.name: one for one in (await self.box.hierarchy()).folders}

    async def add(
        self, name: str, *, size: int = 100, folder: FolderId | None = None, received: float = 1.7e9
    ) -> ItemHead:
        """Have the phone store a message; ``name`` is its Message-ID and names the operation."""
        return await self.box.append(
            folder or self.inbox,
            letter(name, size),
            READ,
            received=received,
            operation=OperationId(name),
        )

    async def held(self, folder: FolderId | None = None) -> dict[ItemId, MailItem]:
        """Give all that a phone sees in a folder."""
        wanted = folder or self.inbox
        page = await self.box.listing(wanted, below=NEWEST, down_to=OLDEST, limit=1 << 20)
        found = await self.box.read(wanted, [one.item for one in page.heads], BodyWish())
        self.assertEqual(len(page.heads), len(found))
        return dict(found)

    async def names(self, folder: FolderId | None = None) -> list[str]:
        """Give the Message-IDs in a folder, as a phone sees them, sorted."""
        return sorted(name_of(one) for one in (await self.held(folder)).values())

    async def on_server(self, place: str = "INBOX", *, all_of_them: bool = False) -> list[str]:
        r"""Give the Message-IDs in a mailbox, sorted; without those marked with \Deleted."""
        client = await deferToThread(reach, self.dovecot, self.user)
        desktop = Desktop(client, None)  # type: ignore[arg-type]  # nothing is done at random
        try:
            if all_of_them:
                return sorted(await deferToThread(desktop.names, place))
            return sorted(name for name, _ in await deferToThread(desktop.contents, place))
        finally:
            await deferToThread(client.logout)

    async def deliver(self, *names: str, place: str = "INBOX", when: float = 1.7e9) -> None:
        """Have another client store messages."""
        for name in names:
            date = imaplib.Time2Internaldate(when)
            await self.other("append", place, "", date, letter(name, 50))

    async def other(self, verb: str, *words: Any) -> Any:
        """Have the other client do something."""
        done, answer = await deferToThread(getattr(self.client, verb), *words)
        self.assertEqual("OK", done, (verb, words, answer))
        return answer

    async def until_done(self, work: Callable[[], Awaitable[T]]) -> T:
        """Do what a phone does that is told to come again: come again."""
        limit = reactor.seconds() + RECOVERS_WITHIN_S
        while True:
            try:
                return await work()
            except Unavailable:
                if reactor.seconds() > limit:
                    raise
                await deferLater(reactor, 0.02)


def name_of(one: MailItem) -> str:
    """Give a message's Message-ID without brackets."""
    return one.record.message_id.strip("<>")


def numbered(name: str, numbers: Iterable[int]) -> list[str]:
    """Give names with numbers at their ends."""
    return [f"{name}-{n:04}" for n in numbers]


def reach(dovecot: Dovecot, user: str) -> imaplib.IMAP4:
    """Log in; Dovecot looks at its users once a second."""
    for _ in range(100):
        try:
            return dovecot.reach(user)
        except imaplib.IMAP4.error:
            time.sleep(0.05)
    raise AssertionError(f"{user} cannot log in")

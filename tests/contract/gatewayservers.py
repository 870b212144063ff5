"""What the contract tests of the gateway share: its servers, accounts and mailboxes."""

from itertools import count
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import Any, ClassVar

from twisted.internet.defer import Deferred

from carbonio_mobile.ids import AccountId
from carbonio_mobile.interfaces import IMailboxes
from carbonio_mobile.testing.contracts.mailbox_fixture import MESSAGE_LIMIT_BYTES, MailboxFixture
from tests.peers.davserver import PASSWORD
from tests.peers.dovecot import Dovecot
from tests.peers.gateway import Gateway
from tests.peers.radicale import Radicale

_TESTS = 100


class OnServers(MailboxFixture):
    """Mailboxes on Dovecot and Radicale; each test has accounts of its own there.

    ``options`` are those of mail that differ from the usual ones.
    """

    timeout = 60
    options: ClassVar[dict[str, Any]] = {}

    dovecot: Dovecot
    radicale: Radicale
    numbers: "count[int]"

    @classmethod
    def setUpClass(cls) -> None:
        cls.numbers = count(1)
        cls.dovecot = Dovecot.started()
        cls.radicale = Radicale.started()
        names = [f"{box}.{n}@example.com" for n in range(1, _TESTS) for box in ("john-1", "mary-1")]
        for name in names:
            cls.dovecot.add_user(name)
        users = "".join(f"{name}:{PASSWORD}\n" for name in names)
        (cls.radicale.place / "users").write_text(users)

    @classmethod
    def tearDownClass(cls) -> None:
        cls.dovecot.remove()
        cls.radicale.remove()

    async def setUp(self) -> None:
        """Make a mailbox; what its first reading told is not of the test."""
        self.number = next(self.numbers)
        await super().setUp()
        self.sink.told.clear()

    def make_mailboxes(self) -> IMailboxes:
        directory = Path(mkdtemp())
        self.addCleanup(rmtree, directory)
        self.gateway = Gateway(
            directory,
            self.dovecot,
            user_of=self.user_of,
            dav_url=self.radicale.url,
            authority=self.radicale.authority,
            sink=self.sink,
            quota_of=self.quota_of,
            message_limit_bytes=MESSAGE_LIMIT_BYTES,
            options=self.options,
        )
        self.addCleanup(lambda: Deferred.fromCoroutine(self.gateway.stop()))
        return self.gateway.mailboxes

    def user_of(self, account: AccountId) -> str:
        """Give the name of an account at the servers."""
        return f"{account}.{self.number}@example.com"

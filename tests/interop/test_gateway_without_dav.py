"""A DAV server that is configured no longer, and then again."""

from pathlib import Path

from twisted.trial.unittest import TestCase

from carbonio_mobile.ids import AccountId
from carbonio_mobile.mailbox.memory import no_quota
from carbonio_mobile.sync.folders import FolderKind
from carbonio_mobile.testing.contracts.mailbox_fixture import RecordingSink
from tests.peers.dovecot import JOHN, Dovecot, requires_dovecot
from tests.peers.gateway import Gateway
from tests.peers.radicale import Radicale, requires_radicale

ACCOUNT = AccountId("john")
OBJECTS = {FolderKind.CALENDAR, FolderKind.CONTACTS, FolderKind.TASKS, FolderKind.NOTES}


@requires_dovecot
@requires_radicale
class WithoutDavTests(TestCase):
    """What phones see follows the configuration, not what the mirror held before."""

    timeout = 60

    def setUp(self) -> None:
        self.data = self.mktemp()
        Path(self.data).mkdir(mode=0o700)

    async def kinds(self, dovecot: Dovecot, radicale: Radicale | None) -> set[FolderKind]:
        """Give the kinds of folders of the account, in front of these servers."""
        gateway = Gateway(
            Path(self.data),
            dovecot,
            user_of=lambda _account: JOHN,
            dav_url="" if radicale is None else radicale.url,
            authority=None if radicale is None else radicale.authority,
            sink=RecordingSink(),
            quota_of=no_quota,
            message_limit_bytes=100_000,
        )
        try:
            mailbox = await gateway.mailboxes.open(ACCOUNT)
            return {one.kind for one in (await mailbox.hierarchy()).folders}
        finally:
            await gateway.stop()

    async def test_it_comes_and_goes(self) -> None:
        """Calendars and contacts are there as long as there is a server for them; mail stays."""
        dovecot, radicale = Dovecot.started(), Radicale.started()
        self.addCleanup(dovecot.remove)
        self.addCleanup(radicale.remove)
        self.assertLessEqual(OBJECTS, await self.kinds(dovecot, radicale))
        without = await self.kinds(dovecot, None)
        self.assertFalse(OBJECTS & without)
        self.assertIn(FolderKind.INBOX, without)
        self.assertLessEqual(OBJECTS, await self.kinds(dovecot, radicale))

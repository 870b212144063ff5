"""A mailbox that may hold shared folders passes the mailbox contract with its own ones."""

from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

from twisted.internet import reactor

from carbonio_mobile.interfaces import IMailboxes
from carbonio_mobile.mailbox.embedded import EmbeddedMailboxes, Tuning
from carbonio_mobile.mailbox.sharing import SharedMailboxes
from carbonio_mobile.mailbox.sharingsink import SharingSink
from carbonio_mobile.store.memoryshares import MemorySharing
from carbonio_mobile.testing.contracts.mailbox import MailboxContract
from carbonio_mobile.testing.contracts.mailbox_fixture import MESSAGE_LIMIT_BYTES


class SharedMailboxTests(MailboxContract):
    """Mailboxes in SQLite databases, as devices see them."""

    def make_mailboxes(self) -> IMailboxes:
        directory = Path(mkdtemp())
        self.addCleanup(rmtree, directory)
        sharing = MemorySharing(self.sink)
        mailboxes = EmbeddedMailboxes(
            directory,
            reactor=reactor,
            clock=reactor.seconds,
            sink=SharingSink(self.sink, sharing),
            quota_of=self.quota_of,
            message_limit_bytes=MESSAGE_LIMIT_BYTES,
            tuning=Tuning(thread_count=2, durable=False),
        )
        self.addCleanup(mailboxes.stop)
        return SharedMailboxes(mailboxes, sharing)


# pytest collects what a module holds: the suite itself is not for collection.
del MailboxContract

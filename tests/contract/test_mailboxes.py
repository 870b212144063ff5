"""The mailbox backends pass the mailbox contract."""

from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

from twisted.internet import reactor

from carbonio_mobile.interfaces import IMailboxes
from carbonio_mobile.mailbox.embedded import EmbeddedMailboxes, Tuning
from carbonio_mobile.mailbox.memory import MemoryMailboxes
from carbonio_mobile.testing.contracts.mailbox import MailboxContract
from carbonio_mobile.testing.contracts.mailbox_fixture import MESSAGE_LIMIT_BYTES


class MemoryMailboxTests(MailboxContract):
    """Mailboxes in memory."""

    def make_mailboxes(self) -> IMailboxes:
        return MemoryMailboxes(
            sink=self.sink,
            clock=reactor.seconds,
            quota_of=self.quota_of,
            message_limit_bytes=MESSAGE_LIMIT_BYTES,
        )


class EmbeddedMailboxTests(MailboxContract):
    """Mailboxes in SQLite databases."""

    def make_mailboxes(self) -> IMailboxes:
        directory = Path(mkdtemp())
        self.addCleanup(rmtree, directory)
        mailboxes = EmbeddedMailboxes(
            directory,
            reactor=reactor,
            clock=reactor.seconds,
            sink=self.sink,
            quota_of=self.quota_of,
            message_limit_bytes=MESSAGE_LIMIT_BYTES,
            tuning=Tuning(thread_count=2, durable=False),
        )
        self.addCleanup(mailboxes.stop)
        return mailboxes


# pytest collects what a module holds: the suite itself is not for collection.
del MailboxContract

"""The gateway passes the mailbox contract in front of a real Dovecot and a real Radicale."""

from typing import ClassVar

from carbonio_mobile.sync.folders import FolderKind
from carbonio_mobile.testing.contracts.mailbox import MailboxContract
from tests.contract.gatewayservers import OnServers
from tests.peers.dovecot import requires_dovecot
from tests.peers.radicale import requires_radicale


@requires_dovecot
@requires_radicale
class GatewayMailboxTests(OnServers, MailboxContract):
    """Mailboxes on Dovecot and Radicale; each test has accounts of its own there."""

    finds_parts_of_words = True
    folds_accents = False
    odd_sources: ClassVar[tuple[bytes, ...]] = (b"\r\n", b"Subject: \xff\r\n\r\n\xed\xa0\x80")
    longest_name = 200
    user_kinds = (
        FolderKind.USER_CALENDAR,
        FolderKind.USER_TASKS,
        FolderKind.USER_CONTACTS,
        FolderKind.USER_NOTES,
    )


# pytest collects what a module holds: the suite itself is not for collection.
del MailboxContract, OnServers

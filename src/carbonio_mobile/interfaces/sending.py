"""Sending mail, and in whose name."""

from collections.abc import Awaitable, Sequence

from zope.interface import Interface

from carbonio_mobile.directory.accounts import Account
from carbonio_mobile.ids import AccountId, OperationId
from carbonio_mobile.sync.intents import Intent
from carbonio_mobile.sync.sharing import Sending


class ISubmission(Interface):
    """Sending mail."""

    def submit(
        account: AccountId,
        message: bytes,
        *,
        sender: str,
        recipients: Sequence[str],
        sent_copy: bytes | None,
        operation: OperationId,
    ) -> Awaitable[bool]:
        """Take a message over for delivery, once per ``operation``; False if it was taken before.

        Durable when the awaitable fires: from then on it is delivered, or bounced to ``sender``.
        Where ``sent_copy`` is given it is stored in the account's Sent folder, once. Raises:
        OverQuota, TooLarge.
        """

    def was_taken(operation: OperationId) -> Awaitable[bool]:
        """Tell whether an operation was taken over before; False once it is forgotten (30 days)."""


class IIntents(Interface):
    """What is known of messages on their way out to a mail server."""

    def find(operation: OperationId) -> Awaitable[Intent | None]:
        """Give what is known of an operation; None once it is forgotten (REMEMBERED_S)."""

    def put(intent: Intent) -> Awaitable[None]:
        """Store an intent in the place of that of the same operation.

        Those that were begun longer than REMEMBERED_S before it are forgotten.
        """

    def drop(operation: OperationId) -> Awaitable[None]:
        """Forget an operation of which nothing left. Nothing happens where none is known."""


class IRights(Interface):
    """Who may send in whose name."""

    def may_send(actor: Account, owner: Account) -> Awaitable[Sending | None]:
        """Tell how ``actor`` may send as another account; None where it may not."""

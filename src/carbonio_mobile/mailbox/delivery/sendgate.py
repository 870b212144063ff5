"""The gate before the outbox: who may not send while their domain is full."""

from collections.abc import Callable, Sequence

from zope.interface import implementer

from carbonio_mobile.directory.accounts import Account
from carbonio_mobile.errors import OverQuota
from carbonio_mobile.ids import AccountId, OperationId
from carbonio_mobile.interfaces import IAccounts, ISubmission


@implementer(ISubmission)
class SendGate:
    """Hands over to ``beyond`` what accounts send that ``may_send``."""

    def __init__(
        self, beyond: ISubmission, *, accounts: IAccounts, may_send: Callable[[Account], bool]
    ) -> None:
        self._beyond = beyond
        self._accounts = accounts
        self._may_send = may_send

    async def submit(
        self,
        account: AccountId,
        message: bytes,
        *,
        sender: str,
        recipients: Sequence[str],
        sent_copy: bytes | None,
        operation: OperationId,
    ) -> bool:
        """See :meth:`ISubmission.submit`. Raises: also OverQuota (the domain is full)."""
        if not self._may_send(await self._accounts.account(account)):
            # What was taken while there was room is on its way, and stays so.
            if await self._beyond.was_taken(operation):
                return False
            raise OverQuota(f"the domain of {account} is full")
        taken: bool = await self._beyond.submit(
            account,
            message,
            sender=sender,
            recipients=recipients,
            sent_copy=sent_copy,
            operation=operation,
        )
        return taken

    async def was_taken(self, operation: OperationId) -> bool:
        """See :meth:`ISubmission.was_taken`."""
        taken: bool = await self._beyond.was_taken(operation)
        return taken

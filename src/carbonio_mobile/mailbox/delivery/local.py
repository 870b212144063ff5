"""Delivery into mailboxes of this server: whose an address is, and how a message gets there.

Spec: RFC 5321 4.4, RFC 5233 (``user+detail``); ../shared/carbonio/attributes.md 3.1, 3.2.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b

from twisted.logger import Logger
from twisted.python.failure import Failure

from carbonio_mobile.directory.accounts import Account, AccountStatus
from carbonio_mobile.errors import NotFound, OverQuota, StoreError, TooLarge
from carbonio_mobile.ids import AccountId, FolderId, OperationId
from carbonio_mobile.interfaces import IAccounts, IMailboxes
from carbonio_mobile.mailbox.delivery.outcome import (
    DELIVERED,
    MAILBOX_CLOSED,
    MAILBOX_FULL,
    MAILBOX_PAUSED,
    NO_SUCH_USER,
    TOO_LARGE,
    TOO_MANY_HOPS,
    TRY_LATER,
    Outcome,
)
from carbonio_mobile.mailbox.delivery.scheduling import Scheduling
from carbonio_mobile.mailbox.delivery.trace import MAX_HOPS, delivered, hops, received
from carbonio_mobile.mailbox.standard import STANDARD_FOLDERS
from carbonio_mobile.mime.mailitem import MailState
from carbonio_mobile.sync.folders import FolderKind

_CLOSED = frozenset((AccountStatus.CLOSED, AccountStatus.PENDING))
_PAUSED = frozenset((AccountStatus.MAINTENANCE, AccountStatus.SUSPENDED, AccountStatus.SHUTDOWN))
_log = Logger()


def standard_folder(kind: FolderKind) -> FolderId:
    """Give the id that a standard folder has in every mailbox."""
    return next(folder.id for folder in STANDARD_FOLDERS if folder.kind is kind)


INBOX = standard_folder(FolderKind.INBOX)
SENT = standard_folder(FolderKind.SENT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A message on its way into mailboxes, the same octets for each of them.

    ``sender`` is the envelope's, empty for a report; ``token`` names this one handing-over and no
    other: with the account it names the delivery, which has its effect once. ``source`` is the
    message as it is stored, ``received`` when that began.
    """

    message: bytes = field(repr=False)
    sender: str
    token: str
    received: float
    source: bytes = field(repr=False)
    hops_count: int


Delivered = Callable[[Account, Letter], None]
"""Told of each delivery once it is durable; must neither raise nor wait."""


class LocalDelivery:
    """Puts letters into the inboxes of accounts.

    ``postmaster`` is the address that takes mail for any ``postmaster@`` that is no account's own;
    empty: nobody does.
    """

    def __init__(
        self,
        *,
        accounts: IAccounts,
        mailboxes: IMailboxes,
        clock: Callable[[], float],
        hostname: str,
        postmaster: str,
        scheduling: Scheduling,
        on_delivered: Delivered,
    ) -> None:
        self._accounts = accounts
        self._mailboxes = mailboxes
        self._clock = clock
        self.hostname = hostname
        self._postmaster = postmaster
        self._scheduling = scheduling
        self._on_delivered = on_delivered

    async def find(self, address: str) -> Account | None:
        """Give the account that an address is of, a ``+detail`` left out. Raises: StoreError."""
        account: Account | None = await self._accounts.find(address)
        if account is not None:
            return account
        local_part, _, domain = address.rpartition("@")
        user, plus, _ = local_part.partition("+")
        if plus and user:
            account = await self._accounts.find(f"{user}@{domain}")
        elif (local_part or domain).lower() == "postmaster" and self._postmaster:
            account = await self._accounts.find(self._postmaster)
        return account

    async def account(self, account: AccountId) -> Account | None:
        """Give an account by its id, None where it is gone. Raises: StoreError."""
        try:
            found: Account = await self._accounts.account(account)
        except NotFound:
            return None
        return found

    def letter(
        self,
        message: bytes,
        *,
        sender: str,
        recipients: Sequence[str],
        token: str,
        origin: str,
        protocol: str,
    ) -> Letter:
        """Make a letter of a message; ``origin`` and ``protocol`` are as in its Received field.

        Only a sole recipient is named on top: so one storing form serves a thousand, and nobody
        learns of a blind copy to another.
        """
        now = self._clock()
        named = recipients[0] if len(recipients) == 1 else ""
        top = received(origin, by=self.hostname, protocol=protocol, token=token, to=named, at=now)
        return Letter(
            message=message,
            sender=sender,
            token=token,
            received=now,
            source=delivered(message, sender=sender, recipient=named, received_field=top),
            hops_count=hops(message),
        )

    async def deliver(self, account: Account, letter: Letter) -> Outcome:
        """Put a letter into an account's inbox, once per token; durable when this returns so."""
        refusal = refusal_of(account)
        if refusal is None and letter.hops_count > MAX_HOPS:
            refusal = TOO_MANY_HOPS
        if refusal is not None:
            return refusal
        try:
            await self._append(account, letter)
        except Exception:  # one bad message or mailbox must not hold up the others of a transaction
            return _outcome(account.id, Failure())
        self._on_delivered(account, letter)
        return DELIVERED

    async def _append(self, account: Account, letter: Letter) -> None:
        mailbox = await self._mailboxes.open(account.id)
        head = await mailbox.append(
            INBOX,
            letter.source,
            MailState(),
            received=letter.received,
            operation=operation("in", letter.token, account.id),
        )
        done = operation("meet", letter.token, account.id)
        await self._scheduling.apply(account, mailbox, (INBOX, head.item), letter.source, done)

    async def store_sent(self, account: AccountId, copy: bytes, token: str) -> Outcome:
        """Put the copy of a sent message into its sender's Sent folder, read, once per token."""
        try:
            mailbox = await self._mailboxes.open(account)
            await mailbox.append(
                SENT,
                copy,
                MailState(read=True),
                received=self._clock(),
                operation=operation("sent", token, account),
            )
        except Exception:  # as above
            return _outcome(account, Failure())
        return DELIVERED


def operation(verb: str, token: str, account: AccountId) -> OperationId:
    """Name the effect of a letter on one mailbox."""
    digest = blake2b(account.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
    return OperationId(f"{verb}-{token}-{digest}")


def refusal_of(account: Account) -> Outcome | None:
    """Tell whether an account takes no mail as it stands; a locked one does."""
    if account.status in _CLOSED or account.domain_status is AccountStatus.CLOSED:
        return MAILBOX_CLOSED
    if account.status in _PAUSED or account.domain_status in _PAUSED:
        return MAILBOX_PAUSED
    return None


def _outcome(account: AccountId, failure: Failure) -> Outcome:
    match failure.value:
        case OverQuota():
            return MAILBOX_FULL
        case TooLarge():
            return TOO_LARGE
        case NotFound():
            return NO_SUCH_USER
        case StoreError() as fault:
            _log.error(
                "mail cannot be stored for {account}: {why}", account=account, why=str(fault)
            )
        case _:
            _log.failure("mail cannot be stored for {account}", failure, account=account)
    return TRY_LATER

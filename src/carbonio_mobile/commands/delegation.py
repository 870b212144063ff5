"""Sending in the name of another account, with the right to do so.

With *send as* the From of the message stands; with *send on behalf* a Sender says who wrote it.
Whoever has neither right sends as oneself, whatever the From says.

Spec: ../shared/carbonio/admin-panel.md 4 (delegates); RFC 5322 3.6.2.
"""

from dataclasses import dataclass

from carbonio_mobile.commands.context import Call
from carbonio_mobile.directory.accounts import Account
from carbonio_mobile.errors import OverQuota, TooLarge
from carbonio_mobile.ids import OperationId
from carbonio_mobile.mime.mailitem import MailState
from carbonio_mobile.mime.outgoing import Outgoing, authors_of, prepare_outgoing
from carbonio_mobile.sync.folders import FolderKind
from carbonio_mobile.sync.sharing import Sending

SAVE_TARGET = "zimbraPrefDelegatedSendSaveTarget"
_FOR_OWNER = frozenset({"owner", "both"})
_FOR_SENDER = frozenset({"sender", "both"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Delegation:
    """In whose name a message goes out, and how."""

    owner: Account
    sending: Sending

    @property
    def addresses(self) -> frozenset[str]:
        """The addresses that may stand in its From, in lower case."""
        return frozenset(one.lower() for one in self.owner.addresses)

    @property
    def saved_for_sender(self) -> bool:
        """Whether the one who wrote it keeps a copy."""
        return self._target in _FOR_SENDER

    @property
    def saved_for_owner(self) -> bool:
        """Whether the one in whose name it goes out gets a copy."""
        return self._target in _FOR_OWNER

    @property
    def _target(self) -> str:
        return self.owner.value(SAVE_TARGET, "owner").strip().lower()


async def delegation_of(call: Call, message: bytes) -> Delegation | None:
    """Find whose name a message goes out in; None where that is the account's own."""
    rights = call.services.rights
    written = authors_of(message) if rights is not None else ()
    if rights is None or len(written) != 1:
        return None
    owner = await call.services.accounts.find(written[0])
    if owner is None or owner.id == call.account.id:
        return None
    sending = await rights.may_send(call.account, owner)
    return None if sending is None else Delegation(owner=owner, sending=sending)


def prepared(
    call: Call, message: bytes, name: OperationId, delegation: Delegation | None
) -> Outgoing:
    """Make a message ready to go out in that name; it may have no recipients, or unusable ones.

    Its Message-ID, if it has none, is the same at each repeat.
    """
    account = call.account
    return prepare_outgoing(
        message,
        from_address=account.name,
        display_name=account.display_name,
        allowed=frozenset(address.lower() for address in account.addresses),
        message_id=f"{name}@{account.domain}",
        date=call.now,
        owned=frozenset() if delegation is None else delegation.addresses,
        on_behalf=delegation is not None and delegation.sending is Sending.BEHALF,
    )


async def save_for_owner(
    call: Call, delegation: Delegation, outgoing: Outgoing, name: OperationId
) -> None:
    """Put a copy into the owner's Sent folder, once; a full mailbox goes without.

    Nothing is put where the owner does not want one.
    """
    if not delegation.saved_for_owner:
        return
    mailbox = await call.services.mailboxes.open(delegation.owner.id)
    sent = (await mailbox.hierarchy()).standard(FolderKind.SENT)
    if sent is None:
        return
    try:
        await mailbox.append(
            sent.id,
            outgoing.sent_copy,
            MailState(read=True),
            received=call.now,
            operation=OperationId(f"{name}-o"),
        )
    except (OverQuota, TooLarge):
        return

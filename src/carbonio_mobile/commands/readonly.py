"""Folders that were shared to be read: what a device does in them all the same is undone on it.

ActiveSync knows no folder that may only be read. So what was added goes again, what was changed or
deleted comes back, and a note in the account's own Inbox says why, once a day for each folder.

Spec: ../shared/carbonio/admin-panel.md 5; MS-ASCMD 2.2.3.177.17 (Status 7).
"""

from carbonio_mobile.commands.context import Call
from carbonio_mobile.commands.operations import digest
from carbonio_mobile.eas.messages.sync import ClientCommand, CommandKind
from carbonio_mobile.eas.status import SyncStatus
from carbonio_mobile.errors import NotFound, OverQuota
from carbonio_mobile.ids import ItemId, OperationId
from carbonio_mobile.mime.mailitem import MailState
from carbonio_mobile.mime.noticemail import notice_mail
from carbonio_mobile.sync.folders import Folder, FolderKind
from carbonio_mobile.sync.state import CommandResult, Undo
from carbonio_mobile.wbxml.codepages import Email

_FIRST_PHANTOM = 2**61
"""Items that were never stored get ids from here on: no folder counts so far."""

_DAY_S = 86_400
_NO_OWNER = "is one that you may only read"


def undone_add(fingerprint: str) -> CommandResult:
    """Say of an item that it was added, so that the device can be told that it is gone."""
    phantom = ItemId(_FIRST_PHANTOM + int(digest(fingerprint)[:12], 16))
    return CommandResult(status=SyncStatus.SUCCESS, item=phantom, undo=Undo.ADD)


def undone(command: ClientCommand, item: ItemId) -> CommandResult:
    """Have what a device changed or deleted come back; an occurrence is part of its event."""
    if command.kind is CommandKind.DELETE and not command.instance:
        return CommandResult(status=SyncStatus.SUCCESS, item=item, undo=Undo.DELETE)
    return CommandResult(status=SyncStatus.CONFLICT, item=item, undo=Undo.CHANGE)


def is_worth_a_note(command: ClientCommand) -> bool:
    """Tell whether a user did something; a phone marks mail as read by itself."""
    if command.kind is not CommandKind.CHANGE or command.content is None:
        return True
    return any(child.tag is not Email.Read for child in command.content)


async def explain(call: Call, folder: Folder) -> None:
    """Put a note into the Inbox, unless there was one today; a full mailbox goes without."""
    inbox = (await call.mailbox.hierarchy()).standard(FolderKind.INBOX)
    if inbox is None:
        return
    day = int(call.now // _DAY_S)
    name = OperationId(f"read-only-{digest(call.account.id, folder.id, str(day))}")
    owner = await _owner_name(call, folder)
    try:
        await call.mailbox.append(
            inbox.id,
            note(call.account.name, folder.name, owner, name, now=call.now),
            MailState(),
            received=call.now,
            operation=name,
        )
    except OverQuota:
        return


async def _owner_name(call: Call, folder: Folder) -> str:
    if folder.owner is None:
        return ""
    try:
        return (await call.services.accounts.account(folder.owner)).name
    except NotFound:
        return folder.owner


def note(address: str, folder: str, owner: str, name: OperationId, *, now: float) -> bytes:
    """Write the note: which folder, whose (empty: not known), what became of the change, and what
    can be done.
    """
    shown = " ".join(folder.split())
    shared = f"is shared with you by {owner}, who lets you read it only" if owner else _NO_OWNER
    asked = owner or "those who look after your mail server"
    text = (
        f"The folder {shown} {shared}.\r\n"
        "Your device does not know that: something was added, changed or deleted there.\r\n"
        "It was not stored, and your device shows the folder again as it is.\r\n\r\n"
        f"To make changes there, ask {asked} for the right to write.\r\n"
    )
    return notice_mail(
        sender=address,
        recipients=[address],
        subject=f"Your change in {shown} was undone",
        text=text,
        message_id=f"{name}@{address.partition('@')[2]}",
        date=now,
    )

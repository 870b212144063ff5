"""Text messages that a phone uploads into one of its mail folders.

Spec: MS-ASCMD 2.2.3.27.5 (Class SMS); MS-ASEMAIL R42; client-quirks.md 6.4.
"""

from carbonio_mobile.commands.authors import author
from carbonio_mobile.commands.context import Call
from carbonio_mobile.commands.operations import digest, operation
from carbonio_mobile.eas.items import sms
from carbonio_mobile.eas.items.faults import ItemFault
from carbonio_mobile.eas.messages.sync import ClientCommand
from carbonio_mobile.eas.status import SyncStatus
from carbonio_mobile.eas.version import Version
from carbonio_mobile.ids import FolderId
from carbonio_mobile.sync.state import CommandResult
from carbonio_mobile.wbxml import encode


async def add(call: Call, folder: FolderId, command: ClientCommand) -> CommandResult:
    """Store a text message, once; the same one uploaded again is the one that is there.

    Raises: ItemFault (also where the version knows no text messages),
    OverQuota, TooLarge.
    """
    if call.version < Version.V14_0 or command.content is None:
        raise ItemFault("no text messages here")
    name = operation(call, "sms", folder, digest(encode(command.content)))
    made = sms.added(command.content, author(call, name))
    head = await call.mailbox.append(
        folder, made.source, made.state, received=made.received, operation=name
    )
    return CommandResult(status=SyncStatus.SUCCESS, item=head.item, version=head.version)

"""GetAttachment: the octets of one attachment, for versions up to 12.1.

Spec: MS-ASCMD 2.2.1.7.
"""

import re

from carbonio_mobile.commands.context import Answer, Call
from carbonio_mobile.eas.filereference import FileReference
from carbonio_mobile.eas.status import Common
from carbonio_mobile.eas.version import Version
from carbonio_mobile.errors import CommandStatus, NotFound

_UNKNOWN_TYPE = "application/octet-stream"
_TYPE = re.compile(r"[A-Za-z0-9!#$&^_.+-]{1,127}/[A-Za-z0-9!#$&^_.+-]{1,127}")


async def respond(call: Call) -> Answer:
    """Give the attachment named in the URL, under its own type.

    Raises: CommandStatus 138 from 14.0 on (MS-ASCMD R165), 150 for an attachment that is not there
    (HTTP 500, R166), 122 for one beyond the limit.
    """
    if call.version >= Version.V14_0:
        raise CommandStatus(Common.VERSION_NOT_SUPPORTED)
    if not call.limits.attachments_allowed:
        raise CommandStatus(Common.ACCESS_DENIED)
    try:
        named = FileReference.parse(call.line.attachment_name or "")
        kind, octets = await call.mailbox.part(named.folder, named.item, named.part)
    except (ValueError, NotFound) as exc:
        raise CommandStatus(Common.ITEM_NOT_FOUND) from exc
    if len(octets) > call.services.bounds.attachment_bytes:
        raise CommandStatus(Common.ATTACHMENT_IS_TOO_LARGE)
    # The type was written by a stranger and becomes a header.
    return Answer(octets=octets, content_type=kind if _TYPE.fullmatch(kind) else _UNKNOWN_TYPE)

"""All commands: what answers each, and which versions know it.

Spec: MS-ASCMD 2.2.1; commands.md section 1.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass

from carbonio_mobile.commands import (
    estimate,
    find,
    folderchanges,
    foldersync,
    getattachment,
    gethierarchy,
    hierarchy,
    itemoperations,
    meetingresponse,
    moveitems,
    ping,
    provision,
    resolverecipients,
    search,
    sendmail,
    settings,
    smart,
    sync,
    validatecert,
)
from carbonio_mobile.commands.context import Answer, Call
from carbonio_mobile.eas.version import Version
from carbonio_mobile.wbxml import Element


def _nothing(_document: Element | None) -> tuple[str, ...]:
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One command; ``first`` and ``last`` are the versions between which it is answered.

    ``listed_from`` is the version that brought it, where clients use it before.

    ``mime_up_to``: in versions up to this one the body is a message and not WBXML.
    ``malformed`` is the command's own status for a request outside its grammar, None where
    the common table has it. ``needs`` names documents to read together with the device.
    """

    respond: Callable[[Call], Awaitable[Answer]]
    malformed: int | None = None
    first: Version = Version.V2_5
    last: Version = Version.V16_1
    listed_from: Version | None = None
    mime_up_to: Version | None = None
    needs: Callable[[Element | None], tuple[str, ...]] = _nothing


COMMANDS: Mapping[str, Command] = {
    "Sync": Command(respond=sync.respond, malformed=4, needs=sync.needs),
    "SendMail": Command(respond=sendmail.respond, mime_up_to=Version.V12_1),
    "SmartForward": Command(respond=smart.respond_forward, mime_up_to=Version.V12_1),
    "SmartReply": Command(respond=smart.respond_reply, mime_up_to=Version.V12_1),
    "GetAttachment": Command(respond=getattachment.respond, last=Version.V12_1),
    "GetHierarchy": Command(respond=gethierarchy.respond, last=Version.V12_1),
    "FolderSync": Command(respond=foldersync.respond, malformed=10, needs=hierarchy.needs),
    "FolderCreate": Command(respond=folderchanges.respond_create, malformed=10),
    "FolderDelete": Command(respond=folderchanges.respond_delete, malformed=10),
    "FolderUpdate": Command(respond=folderchanges.respond_update, malformed=10),
    "MoveItems": Command(respond=moveitems.respond),
    "MeetingResponse": Command(respond=meetingresponse.respond),
    "GetItemEstimate": Command(respond=estimate.respond),
    "ResolveRecipients": Command(respond=resolverecipients.respond, malformed=5),
    "ValidateCert": Command(respond=validatecert.respond, malformed=2),
    "Search": Command(respond=search.respond),
    "Settings": Command(respond=settings.respond, malformed=2, first=Version.V12_0),
    "Ping": Command(respond=ping.respond, malformed=4, needs=ping.needs),
    "ItemOperations": Command(respond=itemoperations.respond, malformed=2, first=Version.V12_0),
    "Provision": Command(respond=provision.respond, malformed=2),
    "Find": Command(
        respond=find.respond, malformed=2, first=Version.V14_0, listed_from=Version.V16_1
    ),
}


def advertised(versions: Iterable[Version]) -> str:
    """Give the value of MS-ASProtocolCommands: what is really there in one of these versions."""
    offered = tuple(versions)
    return ",".join(
        name
        for name, command in COMMANDS.items()
        if any((command.listed_from or command.first) <= one <= command.last for one in offered)
    )

"""What a request says before its command looks at it: the version spoken and the decoded body.

Spec: MS-ASHTTP 2.2.1.1; client-quirks.md 1.6.
"""

from carbonio_mobile.commands.context import Call, Offload
from carbonio_mobile.commands.table import Command
from carbonio_mobile.eas.http import HttpRequest
from carbonio_mobile.eas.refusal import Reason
from carbonio_mobile.eas.requestline import RequestLine
from carbonio_mobile.eas.status import Common
from carbonio_mobile.eas.version import Version
from carbonio_mobile.errors import CommandStatus, ProtocolError
from carbonio_mobile.pipeline.gates import Refused
from carbonio_mobile.sync.device import Device
from carbonio_mobile.wbxml import Element, Limits, decode

DECODED_HERE_BYTES = 262_144
"""Larger documents are decoded away from the reactor thread."""

_MIME_TYPE = "message/rfc822"
_WBXML_TYPES = ("application/vnd.ms-sync.wbxml", "application/vnd.ms-sync")


async def document_of(
    request: HttpRequest,
    command: Command,
    version: Version | None,
    *,
    limits: Limits,
    offload: Offload,
) -> Element | None:
    """Decode the body; None for an empty one and for a message.

    Raises: CommandStatus 102 for what is not WBXML, 101 for a body of another content type.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if not request.body or (kind == _MIME_TYPE and command.mime_up_to is not None):
        return None
    if command.mime_up_to is not None and (
        version <= command.mime_up_to if version is not None else kind not in _WBXML_TYPES
    ):
        return None
    if kind and kind not in _WBXML_TYPES:
        raise CommandStatus(Common.INVALID_CONTENT, f"content type {kind[:64]}")
    body = request.body
    try:
        if len(body) <= DECODED_HERE_BYTES:
            return decode(body, limits)
        return await offload(lambda: decode(body, limits))
    except ProtocolError as exc:
        raise CommandStatus(Common.INVALID_WBXML, str(exc)) from exc


def version_sent(line: RequestLine) -> Version | None:
    """Give the version that a request names, if any.

    Raises: CommandStatus 138 for one that does not exist, Refused for version 1.
    """
    if line.version is None:
        return None
    if line.version.startswith("1."):
        raise Refused(Reason.VERSION_1_0)
    try:
        return Version.parse(line.version)
    except ValueError as exc:
        raise CommandStatus(Common.VERSION_NOT_SUPPORTED, str(exc)) from exc


def usual_version(device: Device | None) -> Version:
    """Give the version of a request that names none: the device's last (client-quirks.md 1.6)."""
    return Version.parse(device.version) if device is not None and device.version else Version.V2_5


def is_first(call: Call) -> bool:
    """Whether this is the FolderSync that starts a device: it is told the offer again (R1104)."""
    return (
        call.line.command == "FolderSync"
        and call.document is not None
        and any(child.string == "0" for child in call.document)
    )

"""What leaves for the device: an answer, a refusal, or the one table from exception to either.

Spec: MS-ASHTTP 2.2.2; MS-ASCMD 2.2.2.
"""

from collections.abc import Mapping

from carbonio_mobile.commands.context import Answer
from carbonio_mobile.commands.offer import Headers
from carbonio_mobile.commands.table import COMMANDS
from carbonio_mobile.eas import multipart, refusal
from carbonio_mobile.eas.http import HttpResponse
from carbonio_mobile.eas.refusal import HttpRefusal, Reason
from carbonio_mobile.eas.requestline import RequestLine
from carbonio_mobile.eas.version import Version
from carbonio_mobile.errors import (
    CommandStatus,
    Corrupt,
    OverQuota,
    ProtocolError,
    StoreError,
    Unavailable,
)
from carbonio_mobile.wbxml import Element, encode

CONTENT_TYPE = "application/vnd.ms-sync.wbxml"

SERVER_VERSION = "15.2"
"""What MS-Server-ActiveSync says: clients take from it which features to expect; 15.2 speaks 16.1.
"""

COMMON = (("Cache-Control", "private"), ("MS-Server-ActiveSync", SERVER_VERSION))

_REASONS: Mapping[type[StoreError], Reason] = {
    Unavailable: Reason.TRY_LATER,
    OverQuota: Reason.QUOTA,
    Corrupt: Reason.SERVER_ERROR,
}


def failed(exc: Exception, version: Version, command: str) -> HttpResponse:
    """Give what a device is told for what was raised."""
    if isinstance(exc, CommandStatus):
        return refused(refusal.from_common(exc.code, version, command), command)
    if isinstance(exc, ProtocolError):
        own = COMMANDS[command].malformed
        if own is not None:
            return _wbxml(refusal.document(command, own))
        return refused(refusal.answer(Reason.INVALID_DOCUMENT, version, command), command)
    reason = next((r for kind, r in _REASONS.items() if isinstance(exc, kind)), None)
    return refused(refusal.answer(reason or Reason.SERVER_ERROR, version, command), command)


def answered(answer: Answer, line: RequestLine, extra: Headers) -> HttpResponse:
    """Encode what a command says; ``extra`` are further headers."""
    headers = (*COMMON, *extra)
    if answer.octets is not None:
        kind = ("Content-Type", answer.content_type)
        return HttpResponse(code=200, headers=(*headers, kind), body=answer.octets)
    if answer.document is None:
        return HttpResponse(code=200, headers=headers)
    octets = encode(answer.document)
    if answer.multipart and line.accept_multipart:
        kind = ("Content-Type", multipart.CONTENT_TYPE)
        octets = multipart.frame([octets, *answer.parts])
    else:
        kind = ("Content-Type", CONTENT_TYPE)
    return HttpResponse(code=200, headers=(*headers, kind), body=octets)


def _wbxml(document: Element) -> HttpResponse:
    kind = ("Content-Type", CONTENT_TYPE)
    return HttpResponse(code=200, headers=(*COMMON, kind), body=encode(document))


def refused(verdict: refusal.Refusal, command: str) -> HttpResponse:
    """Encode a refusal."""
    if isinstance(verdict, HttpRefusal):
        return HttpResponse(code=verdict.code, headers=(*COMMON, *verdict.headers))
    return _wbxml(refusal.document(command, verdict.status))

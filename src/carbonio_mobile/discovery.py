"""Autodiscover: tell a client from a mail address where its ActiveSync server is.

The XML form asks for credentials, the JSON form does not and therefore knows nobody: it gives every
address the same answer.

Spec: MS-ASCMD 2.2.1.1 (Autodiscover); autodiscover.md; client-quirks.md section 11.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime

from carbonio_mobile.autodiscover import json_v2, pox
from carbonio_mobile.directory.accounts import Account, LoginFault
from carbonio_mobile.eas.credentials import basic
from carbonio_mobile.eas.http import HttpRequest, HttpResponse
from carbonio_mobile.eas.refusal import REALM
from carbonio_mobile.errors import ProtocolError, Unavailable
from carbonio_mobile.interfaces import IAccounts
from carbonio_mobile.policy.account import feature_verdict, status_verdict

PATH = "/Microsoft-Server-ActiveSync"
XML_PATH = "/autodiscover/autodiscover.xml"
PUBLIC_HOST = "zimbraPublicServiceHostname"

_HOST = re.compile(r"(?:[A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?", re.ASCII)
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1", "[::1]"})

_SERVER_ID = 1
"""Names this server in error documents; there is one."""


class Discovery:
    """Answers both forms of Autodiscover. ``clock`` gives seconds since 1970, UTC."""

    def __init__(self, *, accounts: IAccounts, clock: Callable[[], float]) -> None:
        self._accounts = accounts
        self._clock = clock

    async def respond(self, request: HttpRequest) -> HttpResponse:
        """Answer a request on one of the Autodiscover paths."""
        if ".json" in request.path.lower():
            return self._json(request)
        found = basic(request.headers.get("authorization", ""))
        if found is None:
            return _challenge()
        try:
            account = await self._accounts.log_in(
                found.login, found.password, host=request.host, peer=request.peer
            )
        except Unavailable:
            return HttpResponse(code=503, headers=(("Retry-After", "30"),))
        if account is LoginFault.UNAVAILABLE:
            return HttpResponse(code=503, headers=(("Retry-After", "30"),))
        if isinstance(account, LoginFault):
            return _challenge()
        if status_verdict(account) or feature_verdict(account):
            return HttpResponse(code=403)
        return self._xml(request, account)

    def _xml(self, request: HttpRequest, account: Account) -> HttpResponse:
        try:
            wanted = pox.parse_request(request.body)
        except ProtocolError:
            return self._error(pox.ERROR_INVALID_REQUEST, "Invalid Request")
        if not wanted.schema:
            return self._error(pox.ERROR_INVALID_REQUEST, "Invalid Request")
        if not wanted.wants_mobilesync:
            return self._error(pox.ERROR_NO_PROVIDER, "Provider is not available")
        try:
            url = _base(request, account.value(PUBLIC_HOST)) + PATH
        except ProtocolError:
            return HttpResponse(code=400)
        name = account.display_name or account.name
        return _document(pox.build_success(email=account.name, display_name=name, url=url))

    def _error(self, code: int, message: str) -> HttpResponse:
        at = datetime.fromtimestamp(self._clock(), UTC).time()
        return _document(pox.build_error(code=code, message=message, at=at, server_id=_SERVER_ID))

    def _json(self, request: HttpRequest) -> HttpResponse:
        try:
            wanted = json_v2.parse(request.path, request.query)
            base = _base(request, "")
        except ProtocolError:
            return HttpResponse(code=400)
        code, body, headers = json_v2.answer(
            wanted, active_sync_url=base + PATH, autodiscover_url=base + XML_PATH
        )
        return HttpResponse(code=code, headers=tuple(headers.items()), body=body)


def _base(request: HttpRequest, public_host: str) -> str:
    """Give scheme and host of the URLs to hand out: the domain's public name, else as asked for.

    Passwords will travel to it, so that it is HTTPS whatever a proxy in front says or leaves
    unsaid; but for this machine's own address, as in the demo.

    Raises: ProtocolError for a Host header that names no host.
    """
    if public_host:
        return f"https://{public_host}"
    host = request.headers.get("host", "") or request.host
    if not _HOST.fullmatch(host):
        raise ProtocolError("no host name in Host")
    name = host if host.endswith("]") else host.rpartition(":")[0] or host
    local = name in _LOOPBACK and not request.secure
    return f"{'http' if local else 'https'}://{host}"


def _challenge() -> HttpResponse:
    return HttpResponse(code=401, headers=(("WWW-Authenticate", f'Basic realm="{REALM}"'),))


def _document(body: bytes) -> HttpResponse:
    return HttpResponse(code=200, headers=(("Content-Type", pox.CONTENT_TYPE),), body=body)

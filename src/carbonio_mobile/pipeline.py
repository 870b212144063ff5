"""One ActiveSync request from its octets to its answer's: gates, command, error table.

The gates stand in :data:`ACCOUNT_GATES` and :data:`GATES`, in order; each looks at what is known by
then and says why the request is refused, or nothing. What a refusal looks like on the wire stands
in ``eas/refusal.py``.

Spec: design.md section 3; MS-ASHTTP 2.2.1, 2.2.2.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import TypeVar

from carbonio_mobile.commands.context import Answer, Call, Services
from carbonio_mobile.commands.table import ADVERTISED, COMMANDS, Command
from carbonio_mobile.directory.accounts import Account, LoginFault
from carbonio_mobile.discovery import Discovery
from carbonio_mobile.eas import multipart, refusal, requestline
from carbonio_mobile.eas.credentials import basic
from carbonio_mobile.eas.http import HttpRequest, HttpResponse
from carbonio_mobile.eas.refusal import HttpRefusal, Reason
from carbonio_mobile.eas.requestline import RequestLine
from carbonio_mobile.eas.status import Common
from carbonio_mobile.eas.version import OFFERED, Version
from carbonio_mobile.errors import (
    CommandStatus,
    Corrupt,
    OverQuota,
    ProtocolError,
    StoreError,
    Unavailable,
)
from carbonio_mobile.ids import DeviceId, DeviceKey
from carbonio_mobile.interfaces import IAccounts, ITurn, ITurns
from carbonio_mobile.policy.account import feature_verdict, status_verdict
from carbonio_mobile.policy.document import document_hash, policy_document
from carbonio_mobile.policy.provisioning import EXEMPT_COMMANDS, verdict
from carbonio_mobile.sync.device import Device
from carbonio_mobile.wbxml import Element, Limits, decode, encode

T = TypeVar("T")

CONTENT_TYPE = "application/vnd.ms-sync.wbxml"

SERVER_VERSION = "15.2"
"""What MS-Server-ActiveSync says: clients take from it which features to expect; 15.2 speaks 16.1.
"""

SEEN_EVERY_S = 600.0
"""So often at the most a device's last sight is written down."""

DECODED_HERE_BYTES = 262_144
"""Larger documents are decoded away from the reactor thread."""

PROBE_DEVICE = DeviceId("validate")
"""The id that old Android uses while it tests a login (client-quirks.md 1.2): no device comes of
it.
"""

_MIME_TYPE = "message/rfc822"
_WBXML_TYPES = ("application/vnd.ms-sync.wbxml", "application/vnd.ms-sync")


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvisioningRules:
    """Whether devices must provision, and how often (0: once)."""

    required: bool
    refresh_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """One request as the log tells of it. ``refused`` is why it went no further."""

    account: str
    device: str
    command: str
    version: str
    peer: str
    code: int
    elapsed_s: float
    bytes_in: int
    bytes_out: int
    refused: Reason | None = None
    fault: str = ""


@dataclass(slots=True, kw_only=True)
class Knock:
    """What is known of a request while it passes the gates."""

    line: RequestLine
    command: Command | None
    version: Version
    account: Account
    device: Device
    rules: ProvisioningRules
    now: float


def _command_gate(knock: Knock) -> Reason | None:
    command = knock.command
    if command is None:
        return Reason.UNKNOWN_COMMAND
    if knock.version not in OFFERED:
        return Reason.VERSION_NOT_ALLOWED
    known = command.first <= knock.version <= command.last
    return None if known else Reason.COMMAND_NOT_IN_VERSION


def _provisioning_gate(knock: Knock) -> Reason | None:
    if knock.line.command in EXEMPT_COMMANDS:
        return None
    return verdict(
        knock.device.policy,
        knock.line.policy_key,
        _policy_hash(knock.version),
        knock.now,
        knock.rules.refresh_s,
        required=knock.rules.required,
    )


ACCOUNT_GATES: tuple[Callable[[Account], Reason | None], ...] = (status_verdict, feature_verdict)
"""What every request passes once the credentials are proven, before its body is looked at."""

GATES: tuple[Callable[[Knock], Reason | None], ...] = (_command_gate, _provisioning_gate)
"""What every command passes then, once its device is known. Both in this order."""


@dataclass(slots=True, kw_only=True)
class _Visit:
    """One request on its way: the request until it is understood, and what the log will tell.

    ``request`` is let go before a command answers: there may be thousands that wait.
    """

    request: HttpRequest | None
    peer: str
    bytes_in: int
    began: float
    command: str
    account: str = ""
    device: str = ""
    version: Version | None = None
    refused: Reason | None = None
    fault: str = ""

    @property
    def spoken(self) -> Version:
        """The version to refuse the request in."""
        return self.version or OFFERED[0]


class _Refused(Exception):
    """A gate does not open."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason


class Pipeline:
    """Answers ActiveSync requests.

    ``observe`` is told of each request that was answered; it must not raise.
    """

    def __init__(
        self,
        *,
        accounts: IAccounts,
        services: Services,
        turns: ITurns,
        rules: ProvisioningRules,
        limits: Limits,
        observe: Callable[[Served], None],
    ) -> None:
        self._accounts = accounts
        self._services = services
        self._turns = turns
        self._rules = rules
        self._limits = limits
        self._observe = observe
        self._discovery = Discovery(accounts=accounts, clock=services.clock)

    async def discover(self, request: HttpRequest) -> HttpResponse:
        """Answer a request on one of the Autodiscover paths."""
        visit = self._visit(request, "Autodiscover")
        response = await self._discovery.respond(request)
        self._tell(visit, response)
        return response

    async def respond(self, request: HttpRequest) -> HttpResponse:
        """Answer OPTIONS or POST. Whatever is raised from here is a bug, not a refusal."""
        visit = self._visit(request, request.method)
        del request
        response = await self._respond(visit)
        self._tell(visit, response)
        return response

    def _visit(self, request: HttpRequest, command: str) -> _Visit:
        return _Visit(
            request=request,
            peer=request.peer,
            bytes_in=len(request.body),
            began=self._services.steady_clock(),
            command=command,
        )

    def _tell(self, visit: _Visit, response: HttpResponse) -> None:
        self._observe(
            Served(
                account=visit.account,
                device=visit.device,
                command=visit.command,
                version=visit.version.text if visit.version is not None else "",
                peer=visit.peer,
                code=response.code,
                elapsed_s=self._services.steady_clock() - visit.began,
                bytes_in=visit.bytes_in,
                bytes_out=len(response.body),
                refused=visit.refused,
                fault=visit.fault,
            )
        )

    async def _respond(self, visit: _Visit) -> HttpResponse:
        assert visit.request is not None
        line: RequestLine | None = None
        try:
            if visit.request.method == "POST":
                line = requestline.parse(visit.request.query, visit.request.headers)
                visit.command, visit.device = line.command, line.device_id
            account = await self._log_in(visit.request)
        except ProtocolError as exc:
            visit.fault = str(exc)
            return self._refused(Reason.BAD_REQUEST, visit)
        except Unavailable as exc:
            visit.fault = str(exc)
            return self._refused(Reason.TRY_LATER, visit)
        if not isinstance(account, Account):
            visit.fault = account.value
            return self._refused(Reason.NO_CREDENTIALS, visit)
        visit.account = account.name
        if line is None:
            return self._options(account, visit)
        return await self._command(line, account, visit)

    async def _log_in(self, request: HttpRequest) -> Account | LoginFault:
        found = basic(request.headers.get("authorization", ""))
        if found is None:
            return LoginFault.MALFORMED
        return await self._accounts.log_in(
            found.login, found.password, host=request.host, peer=request.peer
        )

    def _options(self, account: Account, visit: _Visit) -> HttpResponse:
        """Say which versions and commands there are, to accounts that may use them."""
        for gate in ACCOUNT_GATES:
            reason = gate(account)
            if reason is not None:
                return self._refused(reason, visit)
        return HttpResponse(code=200, headers=(*_COMMON, *_OFFER))

    async def _command(self, line: RequestLine, account: Account, visit: _Visit) -> HttpResponse:
        key = DeviceKey(account.id, DeviceId(line.device_id.lower()))
        turn: ITurn | None = None
        try:
            turn = await self._turns.begin(key, command=line.command)
            call = await self._admit(line, account, turn, visit)
            visit.request = None
            first = _is_first(call)
            return _response(await COMMANDS[line.command].respond(call), line, first=first)
        except _Refused as refused:
            return self._refused(refused.reason, visit)
        except (ProtocolError, CommandStatus, StoreError) as exc:
            visit.fault = f"{type(exc).__name__}: {exc}"
            return self._failed(exc, visit.spoken, line.command)
        finally:
            if turn is not None:
                turn.finish()

    async def _admit(self, line: RequestLine, account: Account, turn: ITurn, visit: _Visit) -> Call:
        """Let a request through the gates. Raises: _Refused, ProtocolError, CommandStatus."""
        services, request = self._services, visit.request
        assert request is not None
        visit.version = _version_sent(line)
        _pass(ACCOUNT_GATES, account)
        command = COMMANDS.get(line.command)
        document = None
        if command is not None:
            document = await self._document(request, command, visit.version)
        needs = () if command is None else command.needs(document)
        key = DeviceKey(account.id, DeviceId(line.device_id.lower()))
        known, documents = await services.devices.meet(key, needs)
        version = visit.version = visit.version or _usual_version(known)
        device = await self._met(request, line, version, key, known)
        knock = Knock(
            line=line,
            command=command,
            version=version,
            account=account,
            device=device,
            rules=self._rules,
            now=services.clock(),
        )
        _pass(GATES, knock)
        return Call(
            line=line,
            version=version,
            account=account,
            device=device,
            turn=turn,
            mailbox=await services.mailboxes.open(account.id),
            document=document,
            met={name: documents.get(name) for name in needs},
            body=request.body if document is None else b"",
            services=services,
        )

    async def _met(
        self,
        request: HttpRequest,
        line: RequestLine,
        version: Version,
        key: DeviceKey,
        known: Device | None,
    ) -> Device:
        """Give the device as it is now known, written down where that is news."""
        now = self._services.clock()
        before = known or Device(
            key=key, sent_id=line.device_id, kind=line.device_type[:64], first_seen=now
        )
        device = replace(before, version=version.text)
        news = known is None or device != known or now - known.last_seen >= SEEN_EVERY_S
        if news and key.device != PROBE_DEVICE:
            agent = request.headers.get("user-agent", "")[:256] or before.user_agent
            device = replace(device, user_agent=agent, last_seen=now)
            await self._services.devices.save_device(device)
        return device

    async def _document(
        self, request: HttpRequest, command: Command, version: Version | None
    ) -> Element | None:
        """Decode the body; None for an empty one and for a message.

        Raises: CommandStatus 102 for what is not WBXML, 101 for a body of another content type.
        """
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if not request.body or (kind == _MIME_TYPE and command.mime_up_to is not None):
            return None
        if command.mime_up_to is not None and version is not None and version <= command.mime_up_to:
            return None
        if kind and kind not in _WBXML_TYPES:
            raise CommandStatus(Common.INVALID_CONTENT, f"content type {kind[:64]}")
        body, limits = request.body, self._limits
        try:
            if len(body) <= DECODED_HERE_BYTES:
                return decode(body, limits)
            return await self._services.offload(lambda: decode(body, limits))
        except ProtocolError as exc:
            raise CommandStatus(Common.INVALID_WBXML, str(exc)) from exc

    def _refused(self, reason: Reason, visit: _Visit) -> HttpResponse:
        visit.refused = reason
        command = visit.command
        return _refusal(refusal.answer(reason, visit.spoken, command), command)

    def _failed(self, exc: Exception, version: Version, command: str) -> HttpResponse:
        """The one table from what was raised to what a device is told."""
        if isinstance(exc, CommandStatus):
            return _refusal(refusal.from_common(exc.code, version, command), command)
        if isinstance(exc, ProtocolError):
            own = COMMANDS[command].malformed
            if own is not None:
                return _wbxml(refusal.document(command, own))
            return _refusal(refusal.answer(Reason.INVALID_DOCUMENT, version, command), command)
        reason = next((r for kind, r in _REASONS.items() if isinstance(exc, kind)), None)
        return _refusal(refusal.answer(reason or Reason.SERVER_ERROR, version, command), command)


_REASONS: Mapping[type[StoreError], Reason] = {
    Unavailable: Reason.TRY_LATER,
    OverQuota: Reason.QUOTA,
    Corrupt: Reason.SERVER_ERROR,
}

_COMMON = (("Cache-Control", "private"), ("MS-Server-ActiveSync", SERVER_VERSION))
_OFFER = (
    ("MS-ASProtocolVersions", ",".join(version.text for version in OFFERED)),
    ("MS-ASProtocolCommands", ADVERTISED),
)


def _pass(gates: Iterable[Callable[[T], Reason | None]], facts: T) -> None:
    for gate in gates:
        reason = gate(facts)
        if reason is not None:
            raise _Refused(reason)


@cache
def _policy_hash(version: Version) -> str:
    return document_hash(policy_document(version))


def _version_sent(line: RequestLine) -> Version | None:
    """Give the version that a request names, if any.

    Raises: CommandStatus 138 for one that does not exist.
    """
    if line.version is None:
        return None
    try:
        return Version.parse(line.version)
    except ValueError as exc:
        raise CommandStatus(Common.VERSION_NOT_SUPPORTED, str(exc)) from exc


def _usual_version(device: Device | None) -> Version:
    """Give the version of a request that names none: the device's last (client-quirks.md 1.6)."""
    return Version.parse(device.version) if device is not None else Version.V2_5


def _is_first(call: Call) -> bool:
    """Whether this is the FolderSync that starts a device: it is told the offer again (R1104)."""
    return (
        call.line.command == "FolderSync"
        and call.document is not None
        and any(child.string == "0" for child in call.document)
    )


def _response(answer: Answer, line: RequestLine, *, first: bool) -> HttpResponse:
    headers = (*_COMMON, *_OFFER) if first else _COMMON
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
    return HttpResponse(code=200, headers=(*_COMMON, kind), body=encode(document))


def _refusal(refused: refusal.Refusal, command: str) -> HttpResponse:
    if isinstance(refused, HttpRefusal):
        return HttpResponse(code=refused.code, headers=(*_COMMON, *refused.headers))
    return _wbxml(refusal.document(command, refused.status))

"""One ActiveSync request from its octets to its answer's: gates, command, error table.

The gates stand in :data:`GATES`, in order; each looks at what is known by then and says why the
request is refused, or nothing. What a refusal looks like on the wire stands in ``eas/refusal.py``.

Spec: design.md section 3; MS-ASHTTP 2.2.1, 2.2.2.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache

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

CONTENT_TYPE = "application/vnd.ms-sync.wbxml"

SERVER_VERSION = "15.2"
"""What MS-Server-ActiveSync says: clients take from it which features to expect; 15.2 speaks 16.1.
"""

SEEN_EVERY_S = 600.0
"""So often at the most a device's last sight is written down."""

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


def _status_gate(knock: Knock) -> Reason | None:
    return status_verdict(knock.account)


def _feature_gate(knock: Knock) -> Reason | None:
    return feature_verdict(knock.account)


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


GATES: tuple[Callable[[Knock], Reason | None], ...] = (
    _status_gate,
    _feature_gate,
    _command_gate,
    _provisioning_gate,
)
"""What every command passes once the credentials are proven, in this order."""


@dataclass(slots=True, kw_only=True)
class _Log:
    """What becomes known of a request on its way, for the one line that the log gets."""

    account: str = ""
    device: str = ""
    command: str = ""
    version: Version | None = None
    refused: Reason | None = None
    fault: str = ""


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
        return await self._discovery.respond(request)

    async def respond(self, request: HttpRequest) -> HttpResponse:
        """Answer OPTIONS or POST. Whatever is raised from here is a bug, not a refusal."""
        began = self._services.clock()
        log = _Log()
        response = await self._respond(request, log)
        self._observe(
            Served(
                account=log.account,
                device=log.device,
                command=log.command or request.method,
                version=log.version.text if log.version is not None else "",
                peer=request.peer,
                code=response.code,
                elapsed_s=self._services.clock() - began,
                bytes_in=len(request.body),
                bytes_out=len(response.body),
                refused=log.refused,
                fault=log.fault,
            )
        )
        return response

    async def _respond(self, request: HttpRequest, log: _Log) -> HttpResponse:
        line: RequestLine | None = None
        if request.method == "POST":
            try:
                line = requestline.parse(request.query, request.headers)
            except ProtocolError as exc:
                log.fault = str(exc)
                return self._refused(Reason.BAD_REQUEST, OFFERED[0], "", log)
            log.command, log.device = line.command, line.device_id
        try:
            account = await self._log_in(request)
        except Unavailable as exc:
            log.fault = str(exc)
            return self._refused(Reason.TRY_LATER, OFFERED[0], log.command, log)
        if not isinstance(account, Account):
            log.fault = account.value
            return self._refused(Reason.NO_CREDENTIALS, OFFERED[0], log.command, log)
        log.account = account.name
        if line is None:
            return self._options(account, log)
        return await self._command(request, line, account, log)

    async def _log_in(self, request: HttpRequest) -> Account | LoginFault:
        found = basic(request.headers.get("authorization", ""))
        if found is None:
            return LoginFault.MALFORMED
        return await self._accounts.log_in(
            found.login, found.password, host=request.host, peer=request.peer
        )

    def _options(self, account: Account, log: _Log) -> HttpResponse:
        """Say which versions and commands there are, to accounts that may use them."""
        reason = status_verdict(account) or feature_verdict(account)
        if reason is not None:
            return self._refused(reason, OFFERED[0], "OPTIONS", log)
        return HttpResponse(code=200, headers=(*_COMMON, *_OFFER))

    async def _command(
        self, request: HttpRequest, line: RequestLine, account: Account, log: _Log
    ) -> HttpResponse:
        key = DeviceKey(account.id, DeviceId(line.device_id.lower()))
        turn: ITurn | None = None
        try:
            turn = await self._turns.begin(key, command=line.command)
            call = await self._admit(request, line, account, turn, log)
            first = _is_first(call)
            del request  # it may be a long wait, and there may be thousands
            return _response(await COMMANDS[line.command].respond(call), line, first=first)
        except _Refused as refused:
            log.refused = refused.reason
            return self._refused(refused.reason, log.version or OFFERED[0], line.command, log)
        except (ProtocolError, CommandStatus, StoreError) as exc:
            log.fault = f"{type(exc).__name__}: {exc}"
            return self._failed(exc, log.version or OFFERED[0], line.command)
        finally:
            if turn is not None:
                turn.finish()

    async def _admit(
        self, request: HttpRequest, line: RequestLine, account: Account, turn: ITurn, log: _Log
    ) -> Call:
        """Let a request through the gates. Raises: _Refused, ProtocolError, CommandStatus."""
        services = self._services
        command = COMMANDS.get(line.command)
        log.version = _version_sent(line)
        document = None if command is None else self._document(request, command, log.version)
        needs = () if command is None else command.needs(document)
        key = DeviceKey(account.id, DeviceId(line.device_id.lower()))
        known, documents = await services.devices.meet(key, needs)
        version = log.version = log.version or _usual_version(known)
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
        for gate in GATES:
            reason = gate(knock)
            if reason is not None:
                raise _Refused(reason)
        return Call(
            line=line,
            version=version,
            account=account,
            device=device,
            turn=turn,
            mailbox=await services.mailboxes.open(account.id),
            document=document,
            met={name: documents.get(name) for name in needs},
            body=request.body,
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
        agent = request.headers.get("user-agent", "")[:256]
        before = known or Device(
            key=key, sent_id=line.device_id, kind=line.device_type[:64], first_seen=now
        )
        device = replace(before, user_agent=agent or before.user_agent, version=version.text)
        news = known is None or device != known or now - known.last_seen >= SEEN_EVERY_S
        if news and key.device != PROBE_DEVICE:
            device = replace(device, last_seen=now)
            await self._services.devices.save_device(device)
        return device

    def _document(
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
        try:
            return decode(request.body, self._limits)
        except ProtocolError as exc:
            raise CommandStatus(Common.INVALID_WBXML, str(exc)) from exc

    def _refused(self, reason: Reason, version: Version, command: str, log: _Log) -> HttpResponse:
        log.refused = reason
        return _refusal(refusal.answer(reason, version, command), command)

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

"""A phone's conversation with its server: posting, repeating, provisioning, common refusals.

Spec: MS-ASHTTP 2.2.1, 2.2.2; MS-ASCMD 2.2.2 (common statuses); MS-ASPROV 3.1.5.1.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from carbonio_mobile.client.faults import (
    LoginRefused,
    Refused,
    ServerFault,
    TryLater,
    Unreachable,
)
from carbonio_mobile.client.state import PhoneState
from carbonio_mobile.client.wire import (
    MIME,
    MULTIPART,
    WBXML,
    HttpReply,
    Transport,
    split_multipart,
)
from carbonio_mobile.eas.requestline import RequestLine
from carbonio_mobile.eas.status import Common
from carbonio_mobile.eas.version import Version
from carbonio_mobile.errors import ProtocolError
from carbonio_mobile.wbxml import Element, decode, encode
from carbonio_mobile.wbxml.codepages import Provision, Settings

TIMEOUT_S = 120.0
"""How long an answer may take that the server does not hold back."""

POLICY_TYPE = "MS-EAS-Provisioning-WBXML"
OLD_POLICY_TYPE = "MS-WAP-Provisioning-XML"
"""That of 2.5, whose policy is a text of XML within Data (MS-ASPROV R617)."""
FACTS = {"Model": "carbonio-mobile-client", "FriendlyName": "Command line", "OS": "Python"}
"""What a device says of itself where nothing else was given; a server wants at least a model."""

_NEEDS_POLICY = frozenset(
    {Common.DEVICE_NOT_PROVISIONED, Common.POLICY_REFRESH, Common.INVALID_POLICY_KEY}
)
_NO_POLICY = "2"


async def _at_once(_attempt: int) -> None:
    """Do not wait before a repetition."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Retries:
    """How often a request is sent, the same to the octet, while its answer does not come.

    ``pause`` is awaited before each repetition and told which it is, from 1 up.
    """

    attempts: int = 1
    pause: Callable[[int], Awaitable[None]] = _at_once


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionAnswer:
    """An answer taken apart: the document, binaries beside it, or octets that are no document."""

    document: Element | None = None
    parts: tuple[bytes, ...] = ()
    octets: bytes = field(default=b"", repr=False)
    content_type: str = ""


@dataclass(slots=True, kw_only=True)
class Session:
    """Sends the commands of one device. ``facts`` are what Settings calls DeviceInformation."""

    state: PhoneState
    transport: Transport
    retries: Retries = Retries()
    binary_query: bool = False
    facts: Mapping[str, str] = field(default_factory=lambda: dict(FACTS))

    @property
    def version(self) -> Version:
        """Give the version that is spoken."""
        return Version.parse(self.state.version)

    async def options(self) -> None:
        """Learn which versions and commands the server offers. Raises: Refused, Unreachable."""
        reply = await self._repeated(self.transport.options)
        _check_http(reply, "OPTIONS")
        self.state.offered = _listed(reply.headers.get("ms-asprotocolversions", ""))
        self.state.commands = _listed(reply.headers.get("ms-asprotocolcommands", ""))
        if not self.state.offered:
            raise ServerFault("OPTIONS named no versions: there is no ActiveSync server here")

    async def ask(
        self,
        command: str,
        content: Element | bytes | None = None,
        *,
        timeout_s: float = TIMEOUT_S,
        **parameters: Any,
    ) -> SessionAnswer:
        """Send a command; octets are sent as a message. ``parameters`` are fields of RequestLine.

        Where the server wants a policy first, that is done once and the command repeated.
        Raises: Refused (TryLater, LoginRefused) for a refusal as a whole, ServerFault for an
        answer that is none, Unreachable.
        """
        for is_last in (False, True):
            line = self._line(command, parameters)
            reply = await self._repeated(partial(self._post, line, content, timeout_s))
            answer = None if reply.code == 449 else _read(reply, command)
            status = None if answer is None else _status(answer.document)
            wants_policy = answer is None or status in _NEEDS_POLICY
            if wants_policy and not is_last and command != "Provision":
                await self.provision()
            elif answer is None:
                break
            else:
                _check_status(status, command)
                return answer
        raise Refused(
            f"{command}: the server asks for a policy again and again",
            command=command,
            http_code=449,
        )

    async def document(self, command: str, content: Element | None, **more: Any) -> Element:
        """Send a command that is always answered with a document."""
        answer = (await self.ask(command, content, **more)).document
        if answer is None:
            raise ServerFault(f"{command} got an empty answer")
        return answer

    async def raw(self, command: str, octets: bytes) -> HttpReply:
        """Send octets as they are and give the answer as it came, whatever it says."""
        line = self._line(command, {})
        kind = WBXML if octets else ""
        return await self.transport.post(line, octets, content_type=kind, timeout_s=TIMEOUT_S)

    def _line(self, command: str, parameters: Mapping[str, Any]) -> RequestLine:
        state = self.state
        return RequestLine(
            command=command,
            version=state.version,
            device_id=state.device_id,
            device_type=state.device_type,
            user=state.user,
            policy_key=state.policy_key,
            binary=self.binary_query,
            **parameters,
        )

    async def _post(
        self, line: RequestLine, content: Element | bytes | None, timeout_s: float
    ) -> HttpReply:
        if isinstance(content, bytes):
            body, kind = content, MIME
        else:
            body, kind = (b"", "") if content is None else (encode(content), WBXML)
        return await self.transport.post(line, body, content_type=kind, timeout_s=timeout_s)

    async def _repeated(self, send: Callable[[], Awaitable[HttpReply]]) -> HttpReply:
        for attempt in range(1, self.retries.attempts):
            try:
                reply = await send()
                if reply.code != 503:
                    return reply
            except Unreachable:
                pass  # that is what the repetitions are for; the last one tells
            await self.retries.pause(attempt)
        return await send()

    # Provision

    async def provision(self) -> Element | None:
        """Fetch the policy and acknowledge it; gives the policy document, None for no policy.

        At 2.5 the document is Data itself, with XML for its text.
        A remote wipe is never done and never acknowledged.
        Raises: Refused, also for a wipe; ServerFault.
        """
        self.state.policy_key = 0
        information = self.version >= Version.V14_1
        policy_type = OLD_POLICY_TYPE if self.version < Version.V12_0 else POLICY_TYPE
        first = await self.document(
            "Provision",
            Element(
                Provision.Provision,
                [self.device_information() if information else None, _policies(policy_type)],
            ),
        )
        policy = _policy(first)
        if policy.value(Provision.Status) == _NO_POLICY:
            return None
        key = _policy_key(policy)
        self.state.policy_key = key
        second = await self.document(
            "Provision", Element(Provision.Provision, [_policies(policy_type, key=key, status="1")])
        )
        self.state.policy_key = _policy_key(_policy(second))
        found = policy.find(Provision.Data)
        if found is None or not (found.children or found.string):
            raise ServerFault("Provision gave a key without a policy")
        return found.children[0] if found.children else found

    def device_information(self) -> Element:
        """Write what the device says of itself."""
        told = [Element(tag, self.facts[tag.name]) for tag in _FACTS if tag.name in self.facts]
        return Element(Settings.DeviceInformation, [Element(Settings.Set, told)])


_FACTS = (
    Settings.Model,
    Settings.FriendlyName,
    Settings.OS,
    Settings.OSLanguage,
    Settings.UserAgent,
)


def _policies(policy_type: str, *, key: int | None = None, status: str | None = None) -> Element:
    policy = Element(
        Provision.Policy,
        [
            Element(Provision.PolicyType, policy_type),
            None if key is None else Element(Provision.PolicyKey, str(key)),
            None if status is None else Element(Provision.Status, status),
        ],
    )
    return Element(Provision.Policies, [policy])


def _policy(document: Element) -> Element:
    """Raises: Refused for a wipe or another status than success, ServerFault without a policy."""
    if document.has(Provision.RemoteWipe) or document.has(Provision.AccountOnlyRemoteWipe):
        raise Refused(
            "the server wants this device to wipe itself; nothing was wiped or acknowledged",
            command="Provision",
            status=int(Common.REMOTE_WIPE_REQUESTED),
        )
    _check_own(document.value(Provision.Status, ""), "Provision", ("1",))
    policies = document.find(Provision.Policies)
    policy = None if policies is None else policies.find(Provision.Policy)
    if policy is None:
        raise ServerFault("Provision without a policy")
    _check_own(policy.value(Provision.Status, ""), "Provision", ("1", _NO_POLICY))
    return policy


def _policy_key(policy: Element) -> int:
    text = policy.value(Provision.PolicyKey, "")
    if not text.isdigit() or not 0 < int(text) < 2**32:
        raise ServerFault("Provision without a usable policy key")
    return int(text)


def _check_own(text: str, command: str, accepted: tuple[str, ...]) -> None:
    if text in accepted:
        return
    if not text.isdigit():
        raise ServerFault(f"{command} without a status")
    raise Refused(f"{command} refused (status {text})", command=command, status=int(text))


# Answers


def _listed(text: str) -> tuple[str, ...]:
    return tuple(one.strip() for one in text.split(",") if one.strip())


def _read(reply: HttpReply, command: str) -> SessionAnswer:
    _check_http(reply, command)
    kind = reply.content_type
    if not reply.body:
        return SessionAnswer(content_type=kind)
    if command == "GetAttachment":
        return SessionAnswer(octets=reply.body, content_type=kind)
    parts = split_multipart(reply.body) if kind == MULTIPART else [reply.body]
    if kind not in (WBXML, MULTIPART):
        raise ServerFault(f"{command} was answered with {kind or 'no content type'}")
    try:
        return SessionAnswer(document=decode(parts[0]), parts=tuple(parts), content_type=kind)
    except ProtocolError as exc:
        raise ServerFault(f"{command} was answered with undecodable WBXML: {exc}") from exc


_HTTP_TEXTS = {
    400: "the server calls the request malformed",
    403: "the server forbids it: the account or this device may not use ActiveSync",
    404: "there is no ActiveSync server at this URL",
    413: "too large for the server",
    451: "the account lives on another server",
    456: "the account is blocked",
    457: "the password has expired",
    500: "the server failed",
    501: "the server does not know this command",
    505: "the server does not speak this version of the protocol",
    507: "the mailbox is full",
}


def _check_http(reply: HttpReply, command: str) -> None:
    code = reply.code
    if code == 200:
        return
    if code == 401:
        raise LoginRefused("the server refused the login (401)", command=command, http_code=code)
    if code == 503:
        text = reply.headers.get("retry-after", "")
        raise TryLater(
            f"{command}: the server is too busy or not ready (503); try again later",
            command=command,
            http_code=code,
            retry_after_s=float(text) if text.isdigit() else 30.0,
        )
    location = reply.headers.get("x-ms-location", "")
    where = f": {location}" if code == 451 and location else ""
    said = _HTTP_TEXTS.get(code, "unexpected answer")
    raise Refused(f"{command}: {said}{where} ({code})", command=command, http_code=code)


def _status(document: Element | None) -> int | None:
    """Find the status that stands directly under the root, whatever its namespace."""
    for child in document or ():
        if child.tag.name == "Status" and child.string.isdigit():
            return int(child.string)
    return None


_LATER = (Common.SERVER_ERROR_RETRY_LATER, Common.MAILBOX_SERVER_OFFLINE, Common.SYNC_STATE_LOCKED)


def _check_status(status: int | None, command: str) -> None:
    """Refuse the common statuses; those below 101 are the command's own."""
    if status is None or status < 101 or status == Common.MESSAGE_PREVIOUSLY_SENT:
        return
    if status in _LATER:
        raise TryLater(
            f"{command}: the server cannot answer now (status {status}); try again later",
            command=command,
            status=status,
        )
    words = next((one.name for one in Common if one == status), "unknown").lower()
    raise Refused(
        f"{command} refused: {words.replace('_', ' ')} (status {status})",
        command=command,
        status=status,
    )

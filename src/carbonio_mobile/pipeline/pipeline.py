"""``Pipeline``: one ActiveSync request from its octets to its answer's.

Spec: design.md section 3; MS-ASHTTP 2.2.1, 2.2.2.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from functools import partial

from carbonio_mobile.commands.acquaintance import (
    PROBE_DEVICE,
    Met,
    Recognise,
    Sight,
    by_its_words,
    meet,
)
from carbonio_mobile.commands.context import Call, Services
from carbonio_mobile.commands.offer import (
    ASPNET_VERSION,
    Offer,
    everything,
    is_news,
    note_told,
    offer_headers,
    starting_over,
)
from carbonio_mobile.commands.table import COMMANDS
from carbonio_mobile.directory.accounts import Account, LoginFault
from carbonio_mobile.discovery import Discovery
from carbonio_mobile.eas import refusal, requestline
from carbonio_mobile.eas.clients import PLAIN, Traits
from carbonio_mobile.eas.credentials import basic
from carbonio_mobile.eas.http import HttpRequest, HttpResponse
from carbonio_mobile.eas.refusal import Reason
from carbonio_mobile.eas.requestline import RequestLine
from carbonio_mobile.eas.traffic import Heard, Told, Traffic, Unwatched
from carbonio_mobile.eas.version import OFFERED, Version
from carbonio_mobile.errors import CommandStatus, ProtocolError, StoreError, Unavailable
from carbonio_mobile.ids import AccountId, DeviceId, DeviceKey
from carbonio_mobile.interfaces import IAccounts, ITurn, ITurns
from carbonio_mobile.pipeline.answers import COMMON, CONTENT_TYPE, answered, failed, refused
from carbonio_mobile.pipeline.gates import (
    ACCOUNT_GATES,
    GATES,
    Knock,
    ProvisioningRules,
    Refused,
    pass_gates,
)
from carbonio_mobile.pipeline.guard import DIVERTED_COMMANDS, Barred, Guard, OpenGuard
from carbonio_mobile.pipeline.requests import document_of, is_first, usual_version, version_sent
from carbonio_mobile.policy import provisioning
from carbonio_mobile.sync.device import Device
from carbonio_mobile.sync.repeats import Repeats
from carbonio_mobile.wbxml import Limits

FOLDER_SYNCS_A_MINUTE = 30
"""A device that asks for the same folders more often is put off (client-quirks.md 4.4)."""


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
    traits: Traits = PLAIN
    refused: Reason | None = None
    fault: str = ""
    watched: tuple[AccountId, int] | None = None
    offered: Collection[Version] = ()

    @property
    def spoken(self) -> Version:
        """The version to refuse the request in."""
        return self.version or OFFERED[0]


class Pipeline:
    """Answers ActiveSync requests.

    ``observe`` is told of each request that was answered; it must not raise. ``offer`` says which
    versions an account's device may speak, ``recognise`` what its family is known for; ``guard``
    what administrators decided, nothing where there is none; ``traffic`` watches some accounts.
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
        offer: Offer = everything,
        recognise: Recognise = by_its_words,
        guard: Guard | None = None,
        traffic: Traffic | None = None,
    ) -> None:
        self._accounts = accounts
        self._services = services
        self._turns = turns
        self._rules = rules
        self._limits = limits
        self._observe = observe
        self._offer = offer
        self._recognise = recognise
        self._guard = guard or OpenGuard()
        self._traffic = traffic or Unwatched()
        self._repeats = Repeats()
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

    async def respond_as(self, account: Account, line: RequestLine, body: bytes) -> HttpResponse:
        """Answer a command of an account as if its credentials came with it.

        For what runs within the server: there is no peer, and the guard is not asked to knock.
        """
        request = HttpRequest(
            method="POST",
            path="",
            query=b"",
            headers={"content-type": CONTENT_TYPE, "user-agent": line.device_type},
            body=body,
            peer="",
            host="",
            secure=True,
        )
        visit = self._visit(request, line.command)
        visit.account, visit.device = account.name, line.device_id
        response = await self._command(line, account, visit)
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
        served = Served(
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
        self._observe(served)
        if visit.watched is not None:
            self._tell_watchers(visit.watched, served, response)

    async def _respond(self, visit: _Visit) -> HttpResponse:
        assert visit.request is not None
        line: RequestLine | None = None
        kind = ""
        try:
            if visit.request.method == "POST":
                line = requestline.parse(visit.request.query, visit.request.headers)
                visit.command, visit.device = line.command, line.device_id
            claimed = self._knock(visit, line)
            account = await self._log_in(visit.request)
        except Refused as refused:
            return self._refused(refused.reason, visit, wait_s=refused.wait_s)
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
        self._watch(visit, account, line)
        if line is None:
            visit.device, kind = requestline.device_named(visit.request.query)
        key = DeviceKey(account.id, DeviceId(visit.device.lower()))
        try:
            _stop(self._guard.proven(visit.peer, claimed, key, account.name))
        except Refused as refused:
            return self._refused(refused.reason, visit, wait_s=refused.wait_s)
        if line is None:
            return await self._options(account, key, kind, visit)
        return await self._command(line, account, visit)

    def _watch(self, visit: _Visit, account: Account, line: RequestLine | None) -> None:
        """Let whoever watches the account take note of the request."""
        assert visit.request is not None
        if self._traffic.wants(account.id):
            heard = Heard(account=account.id, name=account.name, request=visit.request, line=line)
            visit.watched = account.id, self._traffic.request(heard)

    def _tell_watchers(
        self, watched: tuple[AccountId, int], told: Served, answer: HttpResponse
    ) -> None:
        account, number = watched
        self._traffic.response(
            number,
            Told(
                account=account,
                name=told.account,
                response=answer,
                command=told.command,
                device=told.device,
                version=told.version,
                peer=told.peer,
                bytes_in=told.bytes_in,
                elapsed_s=told.elapsed_s,
                refused=told.refused.value if told.refused is not None else "",
                fault=told.fault,
            ),
        )

    def _knock(self, visit: _Visit, line: RequestLine | None) -> str:
        """Ask the guard before a password is looked at; gives what the request claims to be.

        Raises: Refused.
        """
        assert visit.request is not None
        found = basic(visit.request.headers.get("authorization", ""))
        login = found.login if found is not None else ""
        claimed = f"{login}\0{'' if line is None else line.device_id}".lower()
        _stop(self._guard.knock(visit.peer, claimed))
        return claimed

    async def _log_in(self, request: HttpRequest) -> Account | LoginFault:
        found = basic(request.headers.get("authorization", ""))
        if found is None:
            return LoginFault.MALFORMED
        outcome = await self._accounts.log_in(
            found.login, found.password, host=request.host, peer=request.peer
        )
        if outcome is LoginFault.UNAVAILABLE:
            raise Unavailable(outcome.value)  # a phone that is told 401 asks for another password
        return outcome

    async def _options(
        self, account: Account, key: DeviceKey, kind: str, visit: _Visit
    ) -> HttpResponse:
        """Say which versions and commands there are, to accounts that may use them.

        Clients that name their device here are told what is for that device.
        """
        assert visit.request is not None
        for gate in ACCOUNT_GATES:
            reason = gate(account)
            if reason is not None:
                return self._refused(reason, visit)
        agent = visit.request.headers.get("user-agent", "")[:256]
        try:
            known = await self._services.devices.device(key) if visit.device else None
            asks = known or Device(key=key, sent_id=visit.device, kind=kind, user_agent=agent)
            versions = self._offer(account, asks)
            if not versions:
                return self._refused(Reason.DEVICE_BLOCKED, visit)
            if known is not None and is_news(known, versions):
                turn = await self._turns.begin(key, command="OPTIONS")
                try:
                    await note_told(self._services.devices, key, versions)
                finally:
                    turn.finish()
        except StoreError as exc:
            visit.fault = f"{type(exc).__name__}: {exc}"
            return self._refused(Reason.TRY_LATER, visit)
        aspnet = (("X-AspNet-Version", ASPNET_VERSION),)
        extra = aspnet if self._recognise(account, asks).aspnet_header else ()
        return HttpResponse(code=200, headers=(*COMMON, *offer_headers(versions), *extra))

    async def _command(self, line: RequestLine, account: Account, visit: _Visit) -> HttpResponse:
        key = DeviceKey(account.id, _device_id(line))
        turn: ITurn | None = None
        try:
            turn = await self._turns.begin(key, command=line.command)
            call = await self._admit(line, account, turn, visit)
            visit.request = None
            first, key = is_first(call), call.device.key
            versions = self._offer(account, call.device)
            again = is_news(call.device, versions)
            answer = await COMMANDS[line.command].respond(call)
            # MS-ASHTTP R1104, R1105; said once, or some clients go round in circles.
            again = again and await note_told(self._services.devices, key, versions)
            extra = starting_over(versions) if first or again else ()
            return answered(answer, line, extra)
        except Refused as refused:
            return self._refused(refused.reason, visit)
        except (ProtocolError, CommandStatus, StoreError) as exc:
            visit.fault = f"{type(exc).__name__}: {exc}"
            return failed(exc, visit.spoken, line.command)
        finally:
            if turn is not None:
                turn.finish()

    async def _admit(self, line: RequestLine, account: Account, turn: ITurn, visit: _Visit) -> Call:
        """Let a request through the gates. Raises: Refused, ProtocolError, CommandStatus."""
        services, request = self._services, visit.request
        assert request is not None
        visit.version = version_sent(line)
        pass_gates(ACCOUNT_GATES, account)
        command = COMMANDS.get(line.command)
        document = None
        if command is not None:
            document = await document_of(
                request,
                command,
                visit.version,
                limits=self._limits,
                offload=services.offload,
            )
        needs = () if command is None else command.needs(document)
        key = DeviceKey(account.id, _device_id(line))
        known, documents = await services.devices.meet(key, needs)
        version = visit.version = visit.version or usual_version(known)
        sight = self._sight(request, line, version, account)
        await self._welcome(sight, known)
        met = await self._met(sight, known)
        device, visit.fault, visit.traits = met.device, met.note, met.traits
        visit.offered = self._offer(account, device)
        knock = Knock(
            line=line,
            command=command,
            version=version,
            account=account,
            device=device,
            traits=met.traits,
            offered=visit.offered,
            rules=self._rules,
            now=services.clock(),
        )
        try:
            pass_gates(GATES, knock)
        except Refused as refused:
            await self._note_demand(device, refused.reason)
            raise
        self._check_repeats(line, key, request.body, visit)
        admission = await self._guard.admit(account, device)
        if admission.mailbox is not None:
            if line.command not in DIVERTED_COMMANDS:
                raise Refused(Reason.DEVICE_BLOCKED)
            services = replace(services, documents=None)  # they are not in the mailbox
        return Call(
            line=line,
            version=version,
            account=account,
            device=device,
            turn=turn,
            mailbox=admission.mailbox or await services.mailboxes.open(account.id),
            document=document,
            met={name: documents.get(name) for name in needs},
            body=request.body if document is None else b"",
            services=services,
            recognised=met.traits,
        )

    async def _welcome(self, sight: Sight, known: Device | None) -> None:
        """Ask the guard about a device that was never here. Raises: Refused."""
        if known is not None:
            return
        reason = await self._guard.newcomer(sight.account, sight.stranger())
        if reason is not None:
            raise Refused(reason)

    def _check_repeats(self, line: RequestLine, key: DeviceKey, body: bytes, visit: _Visit) -> None:
        """Put off a device that asks for the folders without end. Raises: Refused."""
        if line.command != "FolderSync":
            return
        now = self._services.steady_clock()
        if self._repeats.count(key, hash(body), now) > FOLDER_SYNCS_A_MINUTE:
            visit.fault = "FolderSync again and again: Outlook 2401 does so, an update mends it"
            raise Refused(Reason.TOO_BUSY)

    def _sight(
        self, request: HttpRequest, line: RequestLine, version: Version, account: Account
    ) -> Sight:
        """Gather what a request tells of its sender."""
        return Sight(
            account=account,
            line=line,
            user_agent=request.headers.get("user-agent", "")[:256],
            peer=request.peer,
            version=version,
            now=self._services.clock(),
        )

    async def _met(self, sight: Sight, known: Device | None) -> Met:
        """Give the device as it is now known, written down where that is news."""
        offered = partial(self._offer, sight.account)
        return await meet(self._services.devices, sight, known, offered, self._recognise)

    async def _note_demand(self, device: Device, reason: Reason) -> None:
        """Write down that a device was told to provision, for one that never does."""
        state = provisioning.demanded(device.policy, reason)
        if state is not device.policy and device.key.device != PROBE_DEVICE:
            await self._services.devices.save_device(replace(device, policy=state))

    def _refused(
        self, reason: Reason, visit: _Visit, *, wait_s: float | None = None
    ) -> HttpResponse:
        visit.refused = reason
        command, version = visit.command, visit.spoken
        if visit.traits.wants_449 and reason in provisioning.DEMANDS:
            version = min(version, Version.V12_1)  # the last that is told so by HTTP
        told = refused(refusal.answer(reason, version, command, wait_s=wait_s), command)
        if reason is Reason.VERSION_NOT_ALLOWED and visit.offered:
            told = replace(told, headers=(*told.headers, *starting_over(visit.offered)))
        return told


def _device_id(line: RequestLine) -> DeviceId:
    return DeviceId(line.device_id.lower())


def _stop(barred: Barred | None) -> None:
    """Raises: Refused, for who is barred."""
    if barred is not None:
        raise Refused(barred.reason, wait_s=barred.wait_s)

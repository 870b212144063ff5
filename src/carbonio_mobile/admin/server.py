"""The admin socket: who may speak, which runs a connection has, and every error declared.

An exception that AMP does not know would drop the whole connection, and a value that is too long
as well; neither leaves from here.
"""

# ruff: noqa: N802  # names that Twisted dictates

import pwd
import socket
import struct
from collections.abc import Callable, Collection, Mapping
from functools import partial
from typing import Any

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import IAddress
from twisted.internet.protocol import Factory, connectionDone
from twisted.logger import Logger
from twisted.protocols import amp
from twisted.python.failure import Failure

from carbonio_mobile.admin import wire
from carbonio_mobile.admin.audit import AuditLog
from carbonio_mobile.admin.calling import Caller, Respond
from carbonio_mobile.admin.declaring import Command, UsageFault, nearest, read
from carbonio_mobile.admin.runs import Outcome, Run
from carbonio_mobile.errors import CarbonioMobileError, Corrupt, Unavailable

RUNS_AT_ONCE = 20
"""So many commands one connection may have under way."""

ERROR_CHARACTERS = 4000

_PEER = struct.Struct("iII")
_SO_PEERGROUPS = 59  # Linux 4.13; Python has no name for it
_GROUPS_BYTES = 1024  # Python asks for no more: 256 groups

_log = Logger()


def peer_of(transport: Any) -> Caller:
    """Give who is at the other end of a Unix socket, as the kernel says."""
    end = transport.socket
    pid, uid, gid = _PEER.unpack(end.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _PEER.size))
    try:
        name = pwd.getpwuid(uid).pw_name
    except KeyError:
        name = ""
    return Caller(uid=uid, groups=_groups(end) | {gid}, pid=pid, name=name)


def _groups(end: Any) -> frozenset[int]:
    """Give the further groups of the peer; none where they are too many to be told."""
    try:
        octets = end.getsockopt(socket.SOL_SOCKET, _SO_PEERGROUPS, _GROUPS_BYTES)
    except OSError:
        return frozenset()
    return frozenset(struct.unpack(f"{len(octets) // 4}I", octets))


class AdminPlane:
    """What all connections share: the commands, who answers them, the audit log, who may ask.

    ``admitted`` decides by the peer's credentials.
    """

    def __init__(
        self,
        *,
        commands: Collection[Command],
        responders: Mapping[str, Respond],
        audit: AuditLog,
        admitted: "Admission",
    ) -> None:
        self.commands = {command.name: command for command in commands}
        self.responders = responders
        self.audit = audit
        self.admitted = admitted

    def begin(self, name: str, caller: Caller) -> Run:
        """Begin a run. Raises: UsageFault."""
        command = self.commands.get(name)
        respond = self.responders.get(name)
        if command is None or respond is None:
            near = nearest(name, list(self.responders))
            hint = f"; did you mean {near}?" if near else ""
            raise UsageFault(f"there is no command {name[:80]!r}{hint}")
        return Run(command, respond, caller)


class Admission:
    """Who may use the socket: root, the daemon's own user, and members of a group.

    The mode of the socket says the same; this holds where somebody changed that.
    """

    def __init__(self, *, own_uid: int, group: int) -> None:
        self._uids = {0, own_uid}
        self._group = group

    def __call__(self, caller: Caller) -> bool:
        """Tell whether a caller may ask anything."""
        return caller.uid in self._uids or self._group in caller.groups


class AdminProtocol(amp.AMP):
    """One connection of a client."""

    def __init__(self, plane: AdminPlane, *, gone: Callable[[], None]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # Twisted has no types there
        self._plane = plane
        self._gone = gone
        self._runs: dict[int, Run] = {}
        self._numbers = 0
        self._caller: Caller | None = None

    def makeConnection(self, transport: Any) -> None:
        """Look who it is; strangers are sent away."""
        super().makeConnection(transport)  # type: ignore[no-untyped-call]  # Twisted, as above
        caller = peer_of(transport)
        if not self._plane.admitted(caller):
            _log.warn("the admin socket was closed to uid {uid}", uid=caller.uid)
            transport.abortConnection()
            return
        self._caller = caller
        transport.registerProducer(self, True)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """The client went away: its runs go on only where they change something."""
        super().connectionLost(reason)  # type: ignore[no-untyped-call]  # Twisted, as above
        for run in self._runs.values():
            run.abandon()
        self._runs.clear()
        self._gone()

    # Who does not read what was answered is not heard any more: answers would pile up in memory.

    def pauseProducing(self) -> None:
        """There are answers that the client does not take: listen to it no more."""
        transport: Any = self.transport
        transport.pauseProducing()

    def resumeProducing(self) -> None:
        """It took them: listen again."""
        transport: Any = self.transport
        transport.resumeProducing()

    def stopProducing(self) -> None:
        """The connection is gone, which :meth:`connectionLost` is told as well."""

    def _hang_up(self) -> None:
        transport: Any = self.transport
        if transport is not None:
            transport.abortConnection()

    def unhandledError(self, failure: Failure) -> None:
        """Close a connection on which there is no protocol any more, with one line in the log."""
        _log.warn("the admin socket was sent nonsense: {why}", why=failure.getErrorMessage())
        self._hang_up()

    # The commands

    @wire.Begin.responder
    def begin(self, name: str, arguments: bytes, more: bool) -> Any:
        """Begin a run."""
        return self._answering(partial(self._begin, name, arguments, more=more))

    def _begin(self, name: str, arguments: bytes, *, more: bool) -> dict[str, Any]:
        if self._caller is None:
            raise UsageFault("this connection is being closed")
        if len(self._runs) >= RUNS_AT_ONCE:
            raise UsageFault(f"{RUNS_AT_ONCE} commands are under way on this connection already")
        run = self._plane.begin(name, self._caller)
        self._numbers += 1
        self._runs[self._numbers] = run
        try:
            self._extend(self._numbers, arguments, more=more)
        except BaseException:
            self._runs.pop(self._numbers, None)
            raise
        return {"run": self._numbers}

    @wire.Extend.responder
    def extend(self, run: int, arguments: bytes, more: bool) -> Any:
        """Take a further piece of the arguments."""
        return self._answering(partial(self._extend, run, arguments, more=more))

    def _extend(self, number: int, arguments: bytes, *, more: bool) -> dict[str, Any]:
        run = self._run(number)
        if run.has_started:
            raise UsageFault("the arguments of this command are complete already")
        run.extend(arguments)
        if not more:
            self._start(run, run.typed())
        return {}

    @wire.Feed.responder
    def feed(self, run: int, octets: bytes, last: bool) -> Any:
        """Take a piece of the file."""
        return self._answering(partial(self._feed, run, octets, last=last))

    async def _feed(self, number: int, octets: bytes, *, last: bool) -> dict[str, Any]:
        return {"wanted": await self._run(number).upload.feed(octets, last=last)}

    @wire.Fetch.responder
    def fetch(self, run: int) -> Any:
        """Give the next piece of an answer."""
        return self._answering(partial(self._fetch, run), run=run)

    async def _fetch(self, number: int) -> dict[str, Any]:
        piece = await self._run(number).fetch()
        if piece.done:
            self._runs.pop(number, None)
        return {"octets": piece.octets, "done": piece.done, "progress": piece.progress}

    @wire.Cancel.responder
    def cancel(self, run: int) -> Any:
        """Give a run up."""
        return self._answering(partial(self._cancel, run))

    def _cancel(self, number: int) -> dict[str, Any]:
        self._run(number)
        self._runs.pop(number).abandon()
        return {}

    # Within

    def _run(self, number: int) -> Run:
        found = self._runs.get(number)
        if found is None:
            raise wire.NoSuchRun(f"no command of this connection has the number {number}")
        return found

    def _start(self, run: Run, typed: Mapping[str, str | tuple[str, ...]]) -> None:
        """Start a run; what changes something is written to the audit log, before and after."""
        if not run.command.changes:
            run.start(typed, _untold)
            return
        read(run.command, typed)  # what means nothing is no change, and not worth a line
        self._plane.audit.write(run.command, typed, run.caller, "begun")
        run.start(typed, partial(self._changed, run, typed))

    def _changed(
        self, run: Run, typed: Mapping[str, str | tuple[str, ...]], outcome: Outcome
    ) -> None:
        text = f"failed: {_text(outcome.value)}" if isinstance(outcome, Failure) else "done"
        try:
            self._plane.audit.write(run.command, typed, run.caller, text)
        except OSError as exc:
            _log.error("the audit log cannot be written: {why}", why=str(exc))
        if run.is_detached:
            _log.info("{command}, its client gone: {text}", command=run.command.name, text=text)

    def _answering(self, work: Any, run: int | None = None) -> Deferred[Any]:
        """Do a piece of work; whatever it raises becomes one of the declared errors."""

        async def answered() -> Any:
            found = work()
            return await found if hasattr(found, "__await__") else found

        def failed(failure: Failure) -> Failure:
            if run in self._runs and self._runs[run].is_over:
                del self._runs[run]
            return Failure(_declared(failure))

        return Deferred.fromCoroutine(answered()).addErrback(failed)


def _untold(_outcome: Outcome) -> None:
    """Whoever fetches the answer is told; there is nothing to do before."""


def _declared(failure: Failure) -> Exception:
    """Give the declared error for what was raised; a bug is logged and its text kept here."""
    exc = failure.value
    if isinstance(exc, wire.NoSuchRun | wire.Refused | wire.Misused | wire.Failed):
        return exc
    if isinstance(exc, UsageFault):
        return wire.Misused(_text(exc))
    if isinstance(exc, CarbonioMobileError):
        passes = isinstance(exc, Unavailable | Corrupt)
        return (wire.Failed if passes else wire.Refused)(_text(exc))
    if isinstance(exc, CancelledError):
        return wire.Failed("the command was given up")
    if isinstance(exc, OSError):
        return wire.Failed(_text(exc))
    _log.failure("an admin command failed", failure)
    return wire.Failed("the command failed by a fault of the server; its log says more")


def _text(exc: BaseException | None) -> str:
    return (str(exc) or type(exc).__name__)[:ERROR_CHARACTERS]


class AdminFactory(Factory):
    """Makes a protocol for each connection, up to a number of them."""

    noisy = False

    def __init__(self, plane: AdminPlane, *, connections_max: int) -> None:
        self._plane = plane
        self._connections_max = connections_max
        self.open_count = 0
        """How many connections there are."""

    def buildProtocol(self, _addr: IAddress | None) -> AdminProtocol | None:
        """Give a protocol; None, which closes it, while there are too many."""
        if self.open_count >= self._connections_max:
            return None
        self.open_count += 1
        made = AdminProtocol(self._plane, gone=self._gone)
        made.factory = self
        return made

    def _gone(self) -> None:
        self.open_count -= 1

"""Tokens for XOAUTH2 from a program of the administrator's, run beside the reactor.

What it writes is kept for as long as the configuration says and goes nowhere but to the server.

Spec: issue 6, section 2.
"""

from dataclasses import dataclass
from typing import Any, Final

from twisted.internet.defer import Deferred, DeferredSemaphore
from twisted.internet.interfaces import IDelayedCall
from twisted.internet.protocol import ProcessProtocol
from twisted.python.failure import Failure

from carbonio_mobile.errors import NotAllowed, Unavailable
from carbonio_mobile.mailbox.sharedwork import SharedWork

_TOKEN_MAX_BYTES: Final = 32 * 1024
_AT_ONCE: Final = 8
_ENVIRONMENT: Final = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8"}


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenTerms:
    """``command`` is an absolute path and arguments, in which ``{user}`` and ``{address}`` stand
    for the account; a token is used for ``lifetime_s`` seconds.
    """

    command: tuple[str, ...]
    lifetime_s: float
    timeout_s: float


class TokenCommand:
    """Gives tokens by user; who asks while the program runs for a user waits for its answer."""

    def __init__(self, terms: TokenTerms, *, reactor: Any) -> None:
        self._terms = terms
        self._reactor = reactor
        self._kept: dict[str, tuple[str, float]] = {}
        self._running: dict[str, SharedWork[str]] = {}
        self._programs: set[_Program] = set()
        self._places = DeferredSemaphore(_AT_ONCE)

    async def token(self, user: str, address: str) -> str:
        """Give a token that is valid now. Raises: Unavailable (the program gives none), NotAllowed
        (a name that would be taken for an option of the program).
        """
        self._drop_old()
        kept = self._kept.get(user)
        if kept is not None:
            return kept[0]
        running = self._running.get(user)
        if running is None:
            running = self._running[user] = SharedWork(self._fetched(user, address))
        return await running.result()

    def forget(self, user: str) -> None:
        """Ask the program anew next time: the server refused the token."""
        self._kept.pop(user, None)

    def stop(self) -> None:
        """End the programs that run; who waits gets Unavailable."""
        for program in list(self._programs):
            program.kill("shutting down")

    def _drop_old(self) -> None:
        now = self._reactor.seconds()
        for user, (_, until) in list(self._kept.items()):
            if until > now:
                break  # the others came later
            del self._kept[user]

    async def _fetched(self, user: str, address: str) -> str:
        try:
            arguments = self._arguments(user, address)
            await self._places.acquire()
            try:
                token = await self._run(arguments)
            finally:
                self._places.release()
        finally:
            self._running.pop(user, None)
        self._kept.pop(user, None)
        self._kept[user] = (token, self._reactor.seconds() + self._terms.lifetime_s)
        return token

    def _arguments(self, user: str, address: str) -> list[str]:
        program, *rest = self._terms.command
        filled = [each.replace("{user}", user).replace("{address}", address) for each in rest]
        for before, after in zip(rest, filled, strict=True):
            if after.startswith("-") and not before.startswith("-"):
                raise NotAllowed("the account's name would be an option of the token command")
        return [program, *filled]

    async def _run(self, arguments: list[str]) -> str:
        program = _Program(self._reactor, self._terms.timeout_s)
        self._programs.add(program)
        try:
            self._reactor.spawnProcess(program, arguments[0], arguments, env=_ENVIRONMENT, path="/")
            return _read(await program.ended)
        except OSError as exc:
            raise Unavailable(f"the token command cannot be run: {exc.strerror}") from exc
        finally:
            self._programs.discard(program)


def _read(octets: bytes) -> str:
    token = octets.decode("ascii", "replace").strip()
    if not token.isascii() or not token.isprintable() or " " in token or not token:
        raise Unavailable("the token command writes no token")
    return token


class _Program(ProcessProtocol):
    """One run; ``ended`` fires with what it wrote, or fails with Unavailable."""

    transport: Any

    def __init__(self, reactor: Any, timeout_s: float) -> None:
        self.ended: Deferred[bytes] = Deferred(lambda _: self.kill("nobody waits for it"))
        self._why = ""
        self._written = bytearray()
        self._reactor = reactor
        self._timeout_s = timeout_s
        self._alarm: IDelayedCall | None = None

    def connectionMade(self) -> None:  # noqa: N802  # as Twisted names it
        """Give it no input, and not for ever."""
        self.transport.closeStdin()
        self._alarm = self._reactor.callLater(
            self._timeout_s, self.kill, f"takes longer than {self._timeout_s:g} s"
        )

    def outReceived(self, data: bytes) -> None:  # noqa: N802
        """Keep what it writes, up to a bound."""
        self._written += data
        if len(self._written) > _TOKEN_MAX_BYTES:
            self.kill("writes too much")

    def kill(self, why: str) -> None:
        """End it. ``why`` is what is said of it."""
        self._why = self._why or why
        self._written.clear()
        if self.transport is not None and self.transport.pid is not None:
            self.transport.signalProcess("KILL")

    def processEnded(self, reason: Failure) -> None:  # noqa: N802
        """Tell who waits."""
        if self._alarm is not None and self._alarm.active():
            self._alarm.cancel()
        if self.ended.called:
            return
        status = getattr(reason.value, "status", None)
        code = getattr(reason.value, "exitCode", None)
        if self._why or code != 0:
            ended = f"ends with status {code if code is not None else status}"
            self.ended.errback(Unavailable(f"the token command {self._why or ended}"))
        else:
            self.ended.callback(bytes(self._written))

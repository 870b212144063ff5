"""The services that an administrator starts and stops while the daemon runs."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from carbonio_mobile.admin.responders.services import ServiceState, Switch
from carbonio_mobile.eas.http import HttpRequest, HttpResponse
from carbonio_mobile.eas.refusal import RETRY_AFTER_S

_CLOSED = HttpResponse(code=503, headers=(("Retry-After", str(RETRY_AFTER_S)),))

Answer = Callable[[HttpRequest], Awaitable[HttpResponse]]


class Door:
    """What answers requests, and whether it is open; while it is not, they are put off.

    ``closed`` is called when it closes, to send those away who are inside.
    """

    def __init__(self, name: str, *also: str, answer: Answer, closed: Callable[[], None]) -> None:
        self.name = name
        self.also = also
        self.answer = answer
        self._closed = closed
        self._open = True

    async def respond(self, request: HttpRequest) -> HttpResponse:
        """Answer a request, or put it off."""
        return await self.answer(request) if self._open else _CLOSED

    async def state(self) -> ServiceState:
        """Tell how it stands."""
        return ServiceState(running=self._open)

    async def start(self) -> None:
        """Open it."""
        self._open = True

    async def stop(self) -> None:
        """Close it; who waits inside comes out."""
        self._open = False
        self._closed()


@dataclass(frozen=True, slots=True, kw_only=True)
class Module:
    """All services together."""

    switches: Sequence[Switch]
    name: str = "module"
    also: tuple[str, ...] = ("mobile",)

    async def state(self) -> ServiceState:
        """It runs while any of them does."""
        states = [await each.state() for each in self.switches]
        return ServiceState(running=any(state.running for state in states))

    async def start(self) -> None:
        """Start all that can be started."""
        for each in self.switches:
            state = await each.state()
            if not state.running and not state.could_not_start_because:
                await each.start()

    async def stop(self) -> None:
        """Stop all that run."""
        for each in self.switches:
            if (await each.state()).running:
                await each.stop()


class OnOff:
    """A service that is an object with ``running``, ``start`` and ``stop`` of its own.

    ``hindrance`` says why it cannot be started now, or nothing.
    """

    def __init__(
        self,
        name: str,
        *also: str,
        running: Callable[[], bool],
        start: Callable[[], Awaitable[None]],
        stop: Callable[[], Awaitable[None]],
        hindrance: Callable[[], Awaitable[str]],
    ) -> None:
        self.name = name
        self.also = also
        self._running = running
        self._hindrance = hindrance
        self.start = start
        self.stop = stop

    async def state(self) -> ServiceState:
        """Tell how it stands."""
        hindrance = await self._hindrance()
        running = self._running() and not hindrance
        return ServiceState(running=running, could_not_start_because=hindrance)

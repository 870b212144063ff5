"""Whether the daemon can serve: what ``/healthz`` answers, and what the watchdog goes by."""

from collections.abc import Awaitable, Callable

from twisted.internet import defer
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime

from carbonio_mobile.eas.http import HttpResponse
from carbonio_mobile.errors import StoreError

PATIENCE_S = 5.0
"""How long the state database may take to say anything."""


class Health:
    """Asks the state database something small, which every request needs it for.

    ``ask`` fails with StoreError where the database cannot be used.
    """

    def __init__(self, ask: Callable[[], Awaitable[object]], *, clock: IReactorTime) -> None:
        self._ask = ask
        self._clock = clock

    async def answer(self) -> HttpResponse:
        """Give the answer for ``/healthz``: 200, or 503 while the state database is away."""
        try:
            await self._asked()
        except defer.TimeoutError:
            return HttpResponse(code=503, body=b"the state database does not answer\n")
        except StoreError:
            return HttpResponse(code=503, body=b"the state database cannot be used\n")
        return HttpResponse(code=200, body=b"well\n")

    async def is_awake(self) -> bool:
        """Tell whether the state database's thread says anything at all.

        A fault of the database is an answer: a restart would not mend it.
        """
        try:
            await self._asked()
        except defer.TimeoutError:
            return False
        except StoreError:
            return True
        return True

    async def _asked(self) -> None:
        asked = Deferred.fromCoroutine(self._await_answer())
        await asked.addTimeout(PATIENCE_S, self._clock)

    async def _await_answer(self) -> None:
        await self._ask()

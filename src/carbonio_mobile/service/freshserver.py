"""A server of its own in memory, for a trace to run against: the real commands, nobody's data.

Time in it is its own: where an answer waits, its clock is moved on until it comes.
"""

import os
from base64 import b64encode
from collections.abc import Callable, Sequence
from typing import Final, TypeVar

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.logger import Logger
from twisted.python.failure import Failure
from zope.interface import implementer

from carbonio_mobile.accounts.memory import MemoryAccounts
from carbonio_mobile.admin.replay import Fresh
from carbonio_mobile.books.contacts import ContactsOfBooks
from carbonio_mobile.books.folders import FolderBooks
from carbonio_mobile.books.gal import GalBooks
from carbonio_mobile.books.people import PeopleOfBooks
from carbonio_mobile.changes.hub import ChangeHub
from carbonio_mobile.changes.turns import DeviceTurns
from carbonio_mobile.commands.context import Bounds, Services
from carbonio_mobile.directory.certificates import TrustStore
from carbonio_mobile.eas.http import HttpRequest, HttpResponse
from carbonio_mobile.ids import AccountId, OperationId
from carbonio_mobile.interfaces import ISubmission
from carbonio_mobile.mailbox.memory import MemoryMailboxes
from carbonio_mobile.pipeline import Pipeline, ProvisioningRules, Served
from carbonio_mobile.store.memory import MemoryStore
from carbonio_mobile.wbxml import Limits

T = TypeVar("T")

_LOGIN: Final = "replay@example.com"
_PASSWORD: Final = "replay"  # noqa: S105 - of an account that ends with the command
_TURNS_WAITING: Final = 10
_CONTACTS_COUNT: Final = 100_000
_STEP_S: Final = 60.0
_STEPS: Final = 120
"""Two hours: no heartbeat is longer."""

_log = Logger()


@implementer(ISubmission)
class _Nowhere:
    """Takes messages over, and sends them to nobody."""

    def __init__(self) -> None:
        self._taken: set[OperationId] = set()

    async def submit(
        self,
        account: AccountId,  # noqa: ARG002 - the interface's
        message: bytes,  # noqa: ARG002
        *,
        sender: str,  # noqa: ARG002
        recipients: Sequence[str],  # noqa: ARG002
        sent_copy: bytes | None,  # noqa: ARG002
        operation: OperationId,
    ) -> bool:
        """See :meth:`ISubmission.submit`."""
        if operation in self._taken:
            return False
        self._taken.add(operation)
        return True

    async def was_taken(self, operation: OperationId) -> bool:
        """See :meth:`ISubmission.was_taken`."""
        return operation in self._taken


def fresh_server(*, bounds: Bounds, limits: Limits, now: float) -> Fresh:
    """Make a server with one account; its clock begins now."""
    clock = Clock()
    clock.advance(now)
    pipeline = _pipeline(clock, bounds, limits)

    async def respond(request: HttpRequest) -> HttpResponse:
        answered: list[HttpResponse | Failure] = []
        Deferred.fromCoroutine(pipeline.respond(request)).addBoth(answered.append)
        for _ in range(_STEPS):
            if answered:
                break
            clock.advance(_STEP_S)
        if answered and isinstance(answered[0], HttpResponse):
            return answered[0]
        if answered and isinstance(answered[0], Failure):
            _log.failure("a replayed request failed", answered[0])
        return HttpResponse(code=500)  # what the edge says of a bug

    credentials = b64encode(f"{_LOGIN}:{_PASSWORD}".encode()).decode()
    return Fresh(respond=respond, login=_LOGIN, authorization=f"Basic {credentials}")


def _pipeline(clock: Clock, bounds: Bounds, limits: Limits) -> Pipeline:
    hub = ChangeHub(clock)
    accounts = MemoryAccounts(clock=clock.seconds)
    accounts.add(_LOGIN, _PASSWORD)
    store = MemoryStore()
    mailboxes = MemoryMailboxes(sink=hub, clock=clock.seconds)
    books = FolderBooks(
        mailboxes=mailboxes, clock=clock, turn=_no_turn, entries_count=_CONTACTS_COUNT
    )
    services = Services(
        accounts=accounts,
        directory=PeopleOfBooks(GalBooks(feed=accounts, turn=_no_turn, clock=clock), turn=_no_turn),
        contacts=ContactsOfBooks(books, turn=_no_turn),
        mailboxes=mailboxes,
        submission=_Nowhere(),
        devices=store,
        states=store,
        hub=hub,
        clock=clock.seconds,
        steady_clock=clock.seconds,
        random_bytes=os.urandom,
        offload=_at_once,
        trust=TrustStore(),
        bounds=bounds,
    )
    return Pipeline(
        accounts=accounts,
        services=services,
        turns=DeviceTurns(queue_limit=_TURNS_WAITING),
        rules=ProvisioningRules(required=False, refresh_s=0.0),
        limits=limits,
        observe=_unobserved,
    )


async def _no_turn() -> None:
    """Go on at once: nobody else waits."""


async def _at_once(work: Callable[[], T]) -> T:
    """Do here and now what a daemon does in a thread."""
    return work()


def _unobserved(_served: Served) -> None:
    """Tell nobody."""

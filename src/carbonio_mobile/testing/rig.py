"""A whole server in memory: the real pipeline and commands over memory backends and a fake clock.

Nothing in it does I/O, so that every request is answered, or parked, when :meth:`Rig.post` returns.
"""

import os
from base64 import b64encode
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.python.failure import Failure
from zope.interface import implementer

from carbonio_mobile.accounts.memory import MemoryAccounts
from carbonio_mobile.changes.hub import ChangeHub
from carbonio_mobile.changes.turns import DeviceTurns
from carbonio_mobile.commands.context import Bounds, Library, Services
from carbonio_mobile.directory.certificates import TrustStore
from carbonio_mobile.documents.memory import MemoryDocuments
from carbonio_mobile.eas.http import HttpRequest, HttpResponse
from carbonio_mobile.eas.linkid import Share
from carbonio_mobile.ids import AccountId, FolderId, OperationId
from carbonio_mobile.interfaces import IMailbox, ISubmission
from carbonio_mobile.mailbox.memory import MemoryMailboxes
from carbonio_mobile.mime.mailitem import MailState
from carbonio_mobile.pipeline import Pipeline, ProvisioningRules, Served
from carbonio_mobile.store.memory import MemoryStore
from carbonio_mobile.sync.changes import ItemHead
from carbonio_mobile.sync.folders import FolderKind
from carbonio_mobile.testing.people import contacts_of, people_of
from carbonio_mobile.wbxml import Element, Limits, decode, encode

T = TypeVar("T")

NOW = 1_800_000_000.0
"""Where the rig's clock begins: 2027-01-15T08:00:00Z."""

BOUNDS = Bounds(
    heartbeat_min_s=60,
    heartbeat_max_s=3540,
    latency_s=0.0,
    ping_folders_max=20,
    sync_collections_max=20,
    response_bytes=4 << 20,
    message_bytes=10 << 20,
    attachment_bytes=10 << 20,
    search_results_max=1000,
)


@dataclass(slots=True, kw_only=True)
class Submitted:
    """One message that was handed over for delivery."""

    account: AccountId
    message: bytes
    sender: str
    recipients: tuple[str, ...]
    sent_copy: bytes | None
    operation: OperationId


@implementer(ISubmission)
@dataclass(slots=True)
class MemorySubmission:
    """Takes messages over and keeps them."""

    taken: dict[OperationId, Submitted] = field(default_factory=dict)

    async def submit(
        self,
        account: AccountId,
        message: bytes,
        *,
        sender: str,
        recipients: Sequence[str],
        sent_copy: bytes | None,
        operation: OperationId,
    ) -> bool:
        """See :meth:`ISubmission.submit`."""
        if operation in self.taken:
            return False
        self.taken[operation] = Submitted(
            account=account,
            message=message,
            sender=sender,
            recipients=tuple(recipients),
            sent_copy=sent_copy,
            operation=operation,
        )
        return True

    async def was_taken(self, operation: OperationId) -> bool:
        """See :meth:`ISubmission.was_taken`."""
        return operation in self.taken


class Rig:
    """A server with the account john@example.com (password ``secret``).

    ``served`` collects what the log would tell of each request. With a ``share`` there is a
    library, ``documents``.
    """

    ADDRESS = "john@example.com"
    PASSWORD = "secret"  # noqa: S105 - an example

    def __init__(
        self,
        *,
        bounds: Bounds = BOUNDS,
        rules: ProvisioningRules = ProvisioningRules(required=False, refresh_s=0.0),  # noqa: B008
        trust: TrustStore = TrustStore(),  # noqa: B008 - immutable
        share: Share | None = None,
    ) -> None:
        self.clock = Clock()
        self.clock.advance(NOW)
        self.hub = ChangeHub(self.clock)
        self.accounts = MemoryAccounts(clock=self.clock.seconds)
        self.account = self.accounts.add(self.ADDRESS, self.PASSWORD)
        self.store = MemoryStore()
        self.mailboxes = MemoryMailboxes(sink=self.hub, clock=self.clock.seconds)
        self.submission = MemorySubmission()
        self.documents = MemoryDocuments()
        self.served: list[Served] = []
        self.services = Services(
            accounts=self.accounts,
            directory=people_of(self.accounts),
            contacts=contacts_of(self.mailboxes),
            mailboxes=self.mailboxes,
            submission=self.submission,
            devices=self.store,
            states=self.store,
            hub=self.hub,
            clock=self.clock.seconds,
            steady_clock=self.clock.seconds,
            random_bytes=os.urandom,
            offload=at_once,
            trust=trust,
            bounds=bounds,
            documents=None if share is None else Library(documents=self.documents, share=share),
        )
        self.pipeline = Pipeline(
            accounts=self.accounts,
            services=self.services,
            turns=DeviceTurns(queue_limit=10),
            rules=rules,
            limits=Limits(),
            observe=self.served.append,
        )
        self._deliveries = 0

    def mailbox(self) -> IMailbox:
        """Give john's mailbox."""
        return now(self.mailboxes.open(self.account))

    def folder(self, kind: FolderKind) -> FolderId:
        """Give the id of a standard folder."""
        found = now(self.mailbox().hierarchy()).standard(kind)
        assert found is not None
        return found.id

    def deliver(
        self,
        source: bytes = b"From: mary@example.com\r\nSubject: hello\r\n\r\nHello, John.\r\n",
        *,
        folder: FolderId | None = None,
        age_s: float = 0.0,
        state: MailState = MailState(),  # noqa: B008 - immutable
    ) -> ItemHead:
        """Put a message into a folder (the Inbox) and let the clock's waiting calls run."""
        self._deliveries += 1
        target = folder or self.folder(FolderKind.INBOX)
        head = now(
            self.mailbox().append(
                target,
                source,
                state,
                received=self.clock.seconds() - age_s,
                operation=OperationId(f"rig-{self._deliveries}"),
            )
        )
        self.clock.advance(0)
        return head

    def send(
        self,
        command: str,
        document: Element | None = None,
        *,
        version: str = "14.1",
        device: str = "phone1",
        body: bytes | None = None,
        query: str = "",
        headers: dict[str, str] | None = None,
    ) -> "Deferred[HttpResponse]":
        """Send a command as john; the answer may be a while in coming."""
        octets = body if body is not None else encode(document) if document is not None else b""
        line = f"Cmd={command}&User=john&DeviceId={device}&DeviceType=Rig{query}"
        request = HttpRequest(
            method="POST",
            path="/Microsoft-Server-ActiveSync",
            query=line.encode(),
            headers={
                "authorization": basic(self.ADDRESS, self.PASSWORD),
                "ms-asprotocolversion": version,
                "user-agent": "Rig/1",
                **({"content-type": "application/vnd.ms-sync.wbxml"} if octets else {}),
                **(headers or {}),
            },
            body=octets,
            peer="127.0.0.1",
            host="example.com",
            secure=True,
        )
        return Deferred.fromCoroutine(self.pipeline.respond(request))

    def post(
        self,
        command: str,
        document: Element | None = None,
        *,
        version: str = "14.1",
        device: str = "phone1",
    ) -> Element | None:
        """Send a command that is answered at once with 200; gives the document of the answer."""
        response = now(self.send(command, document, version=version, device=device))
        assert response.code == 200, response
        return decode(response.body) if response.body else None


async def at_once(work: Callable[[], T]) -> T:
    """Do here and now what a daemon does in a thread."""
    return work()


def basic(login: str, password: str) -> str:
    """Give the value of an Authorization header."""
    return "Basic " + b64encode(f"{login}:{password}".encode()).decode()


def now(awaitable: Awaitable[T]) -> T:
    """Give the result of something that is done already. Raises what it raised."""
    results: list[T | Failure] = []
    Deferred.fromCoroutine(_awaited(awaitable)).addBoth(results.append)
    assert results, "not answered yet"
    result = results[0]
    if isinstance(result, Failure):
        result.raiseException()
        raise AssertionError("a failure without an exception")
    return result


async def _awaited(awaitable: Awaitable[T]) -> T:
    return await awaitable

"""A rig for commands: one account, its mailbox, its device, everything in memory."""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementer

from carbonio_mobile.accounts.memory import MemoryAccounts
from carbonio_mobile.commands.context import Answer, Bounds, Call, Services
from carbonio_mobile.directory.accounts import Account, AccountStatus
from carbonio_mobile.directory.certificates import TrustStore
from carbonio_mobile.eas.requestline import RequestLine
from carbonio_mobile.eas.version import OFFERED, Version
from carbonio_mobile.ids import AccountId, DeviceId, DeviceKey, FolderId, ItemId, OperationId
from carbonio_mobile.interfaces import IChangeSink, ISubmission
from carbonio_mobile.mailbox.memory import MemoryMailbox, MemoryMailboxes
from carbonio_mobile.mime.mailitem import BodyWish, MailItem, MailState
from carbonio_mobile.store.memory import MemoryStore
from carbonio_mobile.sync.device import Device
from carbonio_mobile.sync.folders import FolderKind
from carbonio_mobile.testing.people import contacts_of, people_of
from carbonio_mobile.testing.rig import at_once
from carbonio_mobile.testing.schemas import check_versions, validate
from carbonio_mobile.wbxml import Element, decode, encode

ROOT = Path(__file__).resolve().parents[3]
SCHEMAS = ROOT / "../shared/protocol/schemas"
ACCOUNT = AccountId("acc-john")
INBOX, TRASH, SENT, DRAFTS = (FolderId(one) for one in ("2", "3", "5", "6"))
NOW = 1_700_000_000.0

HTML_MAIL = (
    b"From: Mary <mary@example.com>\r\nTo: John <john@example.com>, Ann <ann@example.com>\r\n"
    b"Cc: Bob <bob@example.net>\r\nSubject: Plans\r\nMessage-ID: <m1@example.com>\r\n"
    b"Date: Mon, 13 Nov 2023 10:00:00 +0000\r\nMIME-Version: 1.0\r\n"
    b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n'
    b"--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"
    b"<html><body><p>Wine and cheese</p></body></html>\r\n"
    b'--b\r\nContent-Type: text/csv; name="list.csv"\r\n'
    b'Content-Disposition: attachment; filename="list.csv"\r\n\r\n'
    b"0123456789\r\n--b--\r\n"
)


def text_mail(subject: str, body: str, *headers: str) -> bytes:
    """Give a plain message; a header given replaces the default of the same name."""
    lines = {
        "From": "Mary <mary@example.com>",
        "To": "John <john@example.com>",
        "Subject": subject,
        "Date": "Mon, 13 Nov 2023 10:00:00 +0000",
        "Content-Type": "text/plain; charset=utf-8",
    }
    for header in headers:
        name, _, value = header.partition(": ")
        lines[name] = value
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"{head}\r\n{body}\r\n".encode()


@implementer(IChangeSink)
class NoSink:
    """Takes reports of changes and tells nobody."""

    def folder_changed(self, account: AccountId, folder: FolderId, *, arrival: bool) -> None:
        """Forget it."""

    def hierarchy_changed(self, account: AccountId) -> None:
        """Forget it."""


@dataclass(frozen=True, kw_only=True)
class Submitted:
    """One message as it was submitted."""

    message: bytes
    sender: str
    recipients: tuple[str, ...]
    sent_copy: bytes | None


@implementer(ISubmission)
class MemorySubmission:
    """Takes messages over, each operation once; ``error`` is raised instead when set."""

    def __init__(self) -> None:
        self.taken: dict[OperationId, Submitted] = {}
        self.attempts = 0
        self.error: Exception | None = None

    @property
    def sent(self) -> list[Submitted]:
        """What was taken, in order."""
        return list(self.taken.values())

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
        self.attempts += 1
        if self.error is not None:
            raise self.error
        if operation in self.taken:
            return False
        self.taken[operation] = Submitted(
            message=message, sender=sender, recipients=tuple(recipients), sent_copy=sent_copy
        )
        return True

    async def was_taken(self, operation: OperationId) -> bool:
        """See :meth:`ISubmission.was_taken`."""
        return operation in self.taken


class Rig:
    """Everything a command needs; the attributes may be changed between calls."""

    def __init__(self) -> None:
        self.store = MemoryStore()
        self.submission = MemorySubmission()
        self.now = NOW
        self.keys: Iterator[int] = iter(range(1001, 10**6))
        self.operations = count()
        self.bounds = Bounds(
            heartbeat_min_s=60,
            heartbeat_max_s=3540,
            ping_folders_max=200,
            sync_collections_max=200,
            response_bytes=1 << 20,
            message_bytes=1 << 20,
            attachment_bytes=1 << 20,
            search_results_max=100,
            latency_s=0,
        )
        mailboxes = MemoryMailboxes(sink=NoSink(), clock=lambda: NOW)
        self.mailbox: MemoryMailbox = done(mailboxes.open(ACCOUNT))
        self._mailboxes = mailboxes
        self.account = Account(
            id=ACCOUNT,
            name="john@example.com",
            display_name="John Doe",
            domain="example.com",
            addresses=("john@example.com", "jd@example.com"),
            status=AccountStatus.ACTIVE,
            domain_status=AccountStatus.ACTIVE,
            attributes={},
        )
        key = DeviceKey(ACCOUNT, DeviceId("dev1"))
        done(self.store.save_device(Device(key=key, sent_id="DEV1", kind="Phone")))
        self.key = key

    @property
    def device(self) -> Device:
        """The device as it is stored."""
        device = done(self.store.device(self.key))
        assert device is not None
        return device

    def services(self) -> Services:
        """What is handed to commands."""
        accounts = MemoryAccounts(clock=lambda: self.now)
        return Services(
            accounts=accounts,
            directory=people_of(accounts),
            contacts=contacts_of(self._mailboxes),
            mailboxes=self._mailboxes,
            submission=self.submission,
            devices=self.store,
            states=self.store,
            hub=None,  # type: ignore[arg-type]  # none of these commands waits for changes
            clock=lambda: self.now,
            steady_clock=lambda: self.now,
            offload=at_once,
            trust=TrustStore(),
            random_bytes=lambda size: next(self.keys).to_bytes(size, "big"),
            bounds=self.bounds,
        )

    def call(
        self,
        command: str,
        document: Element | None = None,
        version: Version = Version.V14_1,
        *,
        body: bytes = b"",
        **line: Any,
    ) -> Call:
        """Make a call; the document goes over the wire, as a device's would."""
        return Call(
            line=RequestLine(command=command, version=version.text, device_id="DEV1", **line),
            version=version,
            account=self.account,
            device=self.device,
            turn=None,  # type: ignore[arg-type]  # none of these commands parks
            mailbox=self.mailbox,
            document=None if document is None else decode(encode(document)),
            met={},
            body=body,
            services=self.services(),
        )

    def add(self, source: bytes, folder: FolderId = INBOX, *, received: float = NOW) -> ItemId:
        """Put a message into a folder."""
        operation = OperationId(f"test-{next(self.operations)}")
        head = done(
            self.mailbox.append(folder, source, MailState(), received=received, operation=operation)
        )
        return head.item

    def read(self, folder: FolderId, item: ItemId) -> MailItem | None:
        """Read a message whole."""
        wish = BodyWish(text_bytes=None, html_bytes=None, source_bytes=None)
        return done(self.mailbox.read(folder, [item], wish)).get(item)

    def folder(
        self, name: str, kind: FolderKind = FolderKind.MAIL, parent: FolderId | None = None
    ) -> FolderId:
        """Make a folder."""
        operation = OperationId(f"folder-{name}")
        return done(self.mailbox.create_folder(parent, name, kind, operation=operation)).id


class CommandTests(SynchronousTestCase):
    """A test case with a fresh rig, whose answers are checked against schema and version."""

    def setUp(self) -> None:
        self.rig = Rig()

    def ask(
        self, respond: Callable[[Call], Awaitable[Answer]], call: Call, *, checked: bool = True
    ) -> Answer:
        """Give the answer to a call, its document as the device decodes it."""
        answer = done(respond(call))
        if answer.document is None:
            return answer
        document = decode(encode(answer.document))
        if checked:
            check_versions(document, call.version.text)
        if SCHEMAS.exists():
            validate(document, call.line.command, folder=SCHEMAS)
        return replace(answer, document=document)

    def fails(
        self, respond: Callable[[Call], Awaitable[Answer]], call: Call, kind: type[Exception]
    ) -> Any:
        """Give the exception that a call ends with."""
        with pytest.raises(kind) as caught:
            done(respond(call))
        return caught.value


def done(awaitable: Awaitable[Any]) -> Any:
    """Give the result of a coroutine that waits for nothing, or raise what it raises."""
    case = SynchronousTestCase()

    async def run() -> Any:
        return await awaitable

    deferred: Deferred[Any] = Deferred.fromCoroutine(run())
    results: list[Any] = []
    deferred.addBoth(results.append)
    case.assertEqual(len(results), 1, "the coroutine waits for something")
    if hasattr(results[0], "raiseException"):
        results[0].raiseException()
    return results[0]


__all__ = ["OFFERED", "CommandTests", "Rig", "Submitted", "done"]

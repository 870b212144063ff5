"""What the tests of notes in IMAP stand on: a Dovecot, an account for each, the other client."""

import imaplib
import re
from collections.abc import Sequence
from itertools import count
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import Any, ClassVar

from twisted.internet.defer import Deferred
from twisted.trial.unittest import TestCase

from carbonio_mobile.ids import AccountId, FolderId, ItemId, OperationId
from carbonio_mobile.mailbox.gateway.mailbox import GatewayMailbox
from carbonio_mobile.mailbox.imapclient.pool import PoolLimits
from carbonio_mobile.mailbox.memory import no_quota
from carbonio_mobile.pim.item import ObjectItem
from carbonio_mobile.pim.note import Note
from carbonio_mobile.sync.changes import NEWEST, OLDEST, Aspect, ItemHead
from carbonio_mobile.sync.folders import FolderKind
from carbonio_mobile.testing.contracts.mailbox_fixture import RecordingSink
from tests.peers.dovecot import Dovecot
from tests.peers.gateway import Gateway

JOHN = AccountId("john-1")
ID = "0811AAB1-6B98-4236-A762-AC8CCDEAB7D4"
NO_HISTORY = ("CONDSTORE", "QRESYNC", "ENABLE", "LIST-STATUS", "ESEARCH")
NO_QRESYNC = ("QRESYNC",)
LIMIT = 8 << 20
_TESTS = 50
_IDENTIFIER = re.compile(rb"^X-Universally-Unique-Identifier: (\S+)", re.MULTILINE)
_APPENDED = re.compile(rb"APPENDUID \d+ (\d+)")


def journal(subject: str = "Milk", uid: str = "note-1") -> bytes:
    """Give a note as devices write it."""
    return (
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//EN\r\nBEGIN:VJOURNAL\r\n"
        f"UID:{uid}\r\nDTSTAMP:20270101T000000Z\r\nSUMMARY:{subject}\r\nDESCRIPTION:two\r\n"
        "CATEGORIES:Home\r\nEND:VJOURNAL\r\nEND:VCALENDAR\r\n"
    ).encode()


def apple(subject: str, identifier: str = ID, *, html: str = "<div>bread</div>") -> bytes:
    """Give a note as Apple's Notes write it."""
    return (
        f"From: John <john@example.com>\r\nSubject: {subject}\r\n"
        "Date: Fri, 20 Nov 2026 10:00:00 +0100\r\n"
        "X-Uniform-Type-Identifier: com.apple.mail-note\r\n"
        f"X-Universally-Unique-Identifier: {identifier}\r\n"
        f"Message-Id: <{subject.replace(' ', '-')}@example.com>\r\nMIME-Version: 1.0\r\n"
        f"Content-Type: text/html; charset=utf-8\r\n\r\n<html><body>{html}</body></html>\r\n"
    ).encode()


class Notebook:
    """The other client, in one mailbox."""

    def __init__(self, client: imaplib.IMAP4, place: str = "Notes") -> None:
        self.client = client
        self.place = place

    def write(self, source: bytes) -> int:
        """Store a message; gives its UID."""
        done, lines = self.client.append(self.place, "(\\Seen)", "", source)
        found = _APPENDED.search(lines[0])
        assert done == "OK", lines
        assert found is not None, lines
        return int(found[1])

    def take_away(self, *uids: int) -> None:
        """Expunge messages."""
        self.client.select(self.place)
        for uid in uids:
            self.client.uid("STORE", str(uid), "+FLAGS", "(\\Deleted)")
            self.client.uid("EXPUNGE", str(uid))

    def mark(self, uid: int, sign: str) -> None:
        r"""Mark a message with \Deleted, or take that off."""
        self.client.select(self.place)
        self.client.uid("STORE", str(uid), f"{sign}FLAGS", "(\\Deleted)")

    def messages(self) -> dict[int, bytes]:
        """Give all, by UID."""
        self.client.select(self.place, readonly=True)
        _, parts = self.client.uid("FETCH", "1:*", "(BODY.PEEK[])")
        found = {}
        for part in parts:
            if isinstance(part, tuple):
                uid = re.search(rb"UID (\d+)", part[0])
                assert uid
                found[int(uid[1])] = part[1]
        return found

    def identifier_of(self, source: bytes) -> str:
        """Give what a message is known by; nothing where it tells nothing."""
        found = _IDENTIFIER.search(source)
        return found[1].decode() if found else ""

    def identifiers(self) -> list[str]:
        """Give what all messages are known by."""
        return [self.identifier_of(one) for one in self.messages().values()]

    def titles(self) -> list[str]:
        r"""Give the titles of notes: of several messages of one, the last that is not marked."""
        self.client.select(self.place, readonly=True)
        _, found = self.client.uid("SEARCH", "DELETED")
        hidden = {int(one) for one in found[0].split()}
        titles = {}
        for uid, source in sorted(self.messages().items()):
            title = re.search(rb"^Subject: (.*)\r$", source, re.MULTILINE)
            if uid not in hidden and title:
                titles[self.identifier_of(source).upper()] = title[1].decode()
        return list(titles.values())


class NotesCase(TestCase):
    """Each test has an account of its own on Dovecot."""

    timeout = 60
    hidden: ClassVar[tuple[str, ...]] = ()
    dovecot: ClassVar[Dovecot]
    numbers: ClassVar["count[int]"]

    notes: FolderId
    box: GatewayMailbox

    @classmethod
    def setUpClass(cls) -> None:
        cls.numbers = count(1)
        cls.dovecot = Dovecot.started()
        for n in range(1, _TESTS):
            cls.dovecot.add_user(_user(n))

    @classmethod
    def tearDownClass(cls) -> None:
        cls.dovecot.remove()

    async def setUp(self) -> None:  # type: ignore[override]  # trial awaits it
        """Make an account, its mirror, and the other client."""
        self.user = _user(next(self.numbers))
        self.data = Path(mkdtemp())
        self.addCleanup(rmtree, self.data)
        self.operations = count(1)
        self.sink = RecordingSink()
        await self.start()
        self.addCleanup(lambda: Deferred.fromCoroutine(self.gateway.stop()))
        client = self.dovecot.reach(self.user)
        self.addCleanup(client.logout)
        self.other = Notebook(client)

    async def start(self, **options: Any) -> None:
        """Start what a process is of the gateway."""
        self.gateway = Gateway(
            self.data,
            self.dovecot,
            user_of=lambda _: self.user,
            sink=self.sink,
            quota_of=no_quota,
            message_limit_bytes=LIMIT,
            hidden=self.hidden,
            limits=PoolLimits(first_pause_s=0.02, longest_pause_s=0.1, wait_s=10.0),
            options={"has_notes": True, "flags_s": 0.0, **options},
        )
        self.box = await self.gateway.mailboxes.open(JOHN)
        found = (await self.box.hierarchy()).standard(FolderKind.NOTES)
        if found is not None:
            self.notes = found.id

    async def restart(self, **options: Any) -> None:
        """End the process, and start another one."""
        await self.gateway.stop()
        await self.start(**options)

    def operation(self) -> OperationId:
        """Give a name that no other has."""
        return OperationId(f"op-{next(self.operations)}")

    async def add(self, source: bytes, folder: FolderId | None = None) -> ItemHead:
        """Store a note."""
        head: ItemHead = await self.box.add_object(
            folder or self.notes, source, operation=self.operation()
        )
        return head

    async def shown(self, folder: FolderId | None = None) -> dict[str, ObjectItem]:
        """Give all notes by their titles."""
        place = folder or self.notes
        page = await self.box.listing(place, below=NEWEST, down_to=OLDEST, limit=1000)
        items = [one.item for one in page.heads]
        found = await self.box.objects(place, items, source=True)
        self.assertEqual(items, list(found))
        return {note_of(one).subject: one for one in found.values()}

    async def titles(self) -> list[str]:
        """Give the titles of all notes."""
        return sorted(await self.shown())

    async def events(self, since: Any) -> tuple[list[tuple[ItemId, Aspect]], Sequence[ItemId]]:
        """Give what changed, and what went."""
        batch = await self.box.changes(self.notes, since, limit=100)
        return [(one.item, one.aspects) for one in batch.changed], batch.gone


def _user(n: int) -> str:
    return f"writer{n}@example.com"


def note_of(item: ObjectItem) -> Note:
    """Give what a note says."""
    assert isinstance(item.record, Note)
    return item.record

"""Outgoing mail survives ``kill -9`` at any instant: nothing taken is lost, nothing doubled."""

import os
import random
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path
from time import monotonic
from typing import Any

from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.protocol import Factory
from twisted.internet.task import deferLater
from twisted.protocols.basic import LineReceiver
from twisted.trial.unittest import TestCase

from carbonio_mobile.ids import AccountId, FolderId
from carbonio_mobile.mailbox.delivery.local import INBOX, SENT
from carbonio_mobile.mime.mailitem import BodyWish
from carbonio_mobile.sync.changes import NEWEST, OLDEST
from tests.crash.outbox_child import make_accounts, make_mailboxes

KILLS = int(os.environ.get("CARBONIO_MOBILE_KILLS", "12"))
MESSAGES_A_KILL = 12
CHILD = Path(__file__).with_name("outbox_child.py")


class RelayServer(LineReceiver):
    """An SMTP server that keeps (recipient, message number) of what it acknowledged.

    ``unsure`` are those whose 250 may not have been read: the client was gone by then or soon.
    """

    def __init__(self, test: "OutboxKillTests") -> None:
        self.test = test
        self.recipients: list[str] = []
        self.number = -1
        self.reads = False

    def connectionMade(self) -> None:
        self.test.open.add(self)
        self.sendLine(b"220 relay")

    def connectionLost(self, reason: object = None) -> None:
        self.test.open.discard(self)

    def lineReceived(self, line: bytes) -> None:
        if self.reads:
            self.take(line)
            return
        verb = line[:4].upper()
        if verb == b"EHLO":
            self.sendLine(b"250-relay\r\n250-PIPELINING\r\n250 SIZE 1000000")
        elif verb == b"MAIL":
            self.recipients = []
            self.sendLine(b"250 ok")
        elif verb == b"RCPT":
            address = line.decode().partition("<")[2].rstrip(">")
            if address.startswith("bad"):
                self.sendLine(b"550 5.1.1 no such user")
            elif self.test.rnd.random() < 0.2:
                self.sendLine(b"451 4.7.1 later")
            else:
                self.recipients.append(address)
                self.sendLine(b"250 ok")
        elif verb == b"DATA":
            self.reads = True
            self.sendLine(b"354 go")
        else:
            self.sendLine(b"221 bye")
            self.transport.loseConnection()

    def take(self, line: bytes) -> None:
        if line.lower().startswith(b"message-id: <"):
            self.number = int(line.partition(b"<")[2].partition(b"@")[0])
        if line == b".":
            self.reads = False
            self.test.relayed.update((one, self.number) for one in self.recipients)
            self.sendLine(b"250 queued")


class OutboxKillTests(TestCase):
    """A process that submits and delivers is killed again and again."""

    timeout = 120 + 10 * KILLS

    def setUp(self) -> None:
        self.directory = Path(self.mktemp())
        (self.directory / "data").mkdir(parents=True)
        self.journal = self.directory / "journal"
        self.journal.touch()
        self.seed = random.randrange(10**6)
        print(f"seed {self.seed}")
        self.rnd = random.Random(self.seed)
        self.relayed: Counter[tuple[str, int]] = Counter()
        self.open: set[RelayServer] = set()
        factory: Any = Factory.forProtocol(lambda: RelayServer(self))
        self.port = reactor.listenTCP(0, factory, interface="127.0.0.1")
        self.addCleanup(self.close)

    async def close(self) -> None:
        for one in list(self.open):
            one.transport.abortConnection()
        await self.port.stopListening()
        while self.open:
            await deferLater(reactor, 0.01)

    def start(self, count: int) -> "subprocess.Popen[bytes]":
        paths = [str(self.directory / "data"), str(self.journal)]
        environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(CHILD.parents[2]), *sys.path]),
        }
        return subprocess.Popen(
            [sys.executable, CHILD, *paths, str(self.port.getHost().port), str(count)],
            env=environment,
        )

    def ready_count(self) -> int:
        return self.journal.read_text().count("ready\n")

    async def test_kill(self) -> None:
        """At the end each message is where it belongs: here once, at the relay at least once."""
        total = KILLS * MESSAGES_A_KILL
        for _ in range(KILLS):
            begun, process = self.ready_count(), self.start(total)
            deadline = monotonic() + 30
            while self.ready_count() == begun and monotonic() < deadline:
                await deferLater(reactor, 0.005)
            await deferLater(reactor, self.rnd.random() ** 2 * 0.5)
            process.send_signal(signal.SIGKILL)
            process.wait()
        process = self.start(total)
        while process.poll() is None:
            await deferLater(reactor, 0.05)
        self.assertEqual(0, process.returncode)
        await self.check(total)

    async def check(self, total: int) -> None:
        _, john, mary = make_accounts()
        everything = Counter(range(total))
        self.assertEqual(everything, await self.numbers(mary, INBOX))
        self.assertEqual(everything, await self.numbers(john, SENT))
        inbox = await self.numbers(john, INBOX)
        reports = inbox.pop(-1, 0)
        self.assertEqual(everything, inbox)
        self.assertEqual(len(range(0, total, 5)), reports, "one report for each bad recipient")
        self.assertEqual({(f"r{n}@relay.example", n) for n in range(total)}, set(self.relayed))
        doubled = sum(self.relayed.values()) - total
        print(f"{total} messages, {KILLS} kills, {doubled} relayed twice")
        self.assertLessEqual(doubled, 5 * KILLS, "more than were under way at the kills")

    async def numbers(self, account: AccountId, folder: FolderId) -> "Counter[int]":
        """Count the messages of a folder by number; reports are -1."""
        mailboxes = make_mailboxes(self.directory / "data")
        try:
            box = await mailboxes.open(account)
            page = await box.listing(folder, below=NEWEST, down_to=OLDEST, limit=1 << 30)
            read = await box.read(folder, [head.item for head in page.heads], BodyWish())
            ids = [one.record.message_id.strip("<>") for one in read.values()]
            subjects = [one.record.subject for one in read.values()]
            return Counter(
                int(one.split("@")[0]) if subject == "kill" else -1
                for one, subject in zip(ids, subjects, strict=True)
            )
        finally:
            stopped: Deferred[None] = mailboxes.stop()
            await stopped

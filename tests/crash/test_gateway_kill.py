"""Mail sent by a mail server survives ``kill -9`` at any instant: it leaves once, or is told of."""

import os
import random
import re
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path
from time import monotonic
from typing import Any

from twisted.internet import reactor
from twisted.internet.protocol import Factory
from twisted.internet.task import deferLater
from twisted.protocols.basic import LineReceiver
from twisted.trial.unittest import TestCase

from carbonio_mobile.ids import FolderId
from carbonio_mobile.mailbox.delivery.local import INBOX, SENT
from carbonio_mobile.mime.mailitem import BodyWish
from carbonio_mobile.sync.changes import NEWEST, OLDEST
from tests.crash.gateway_child import is_bad
from tests.crash.outbox_child import make_accounts, make_mailboxes

KILLS = int(os.environ.get("CARBONIO_MOBILE_KILLS", "4"))
MESSAGES_A_KILL = 10
CHILD = Path(__file__).with_name("gateway_child.py")
_KILL = re.compile(r"kill (\d+)")


class SmtpServer(LineReceiver):
    """A server that counts what it takes, and often does not get to say so.

    What is taken is put into Sent at that moment, where that is the server's part.
    """

    def __init__(self, test: "GatewayKillTests") -> None:
        self.test = test
        self.number, self.its_id = -1, ""
        self.reads = False

    def connectionMade(self) -> None:
        self.test.open.add(self)
        self.sendLine(b"220 mail")

    def connectionLost(self, reason: object = None) -> None:
        self.test.open.discard(self)

    def lineReceived(self, line: bytes) -> None:
        if self.reads:
            self.take(line)
            return
        verb = line[:4].upper()
        if verb == b"EHLO":
            self.sendLine(b"250-mail\r\n250-PIPELINING\r\n250 SIZE 1000000")
        elif verb == b"RCPT":
            self.sendLine(self.answer_to(line.decode().partition("<")[2]))
        elif verb == b"DATA":
            self.reads = True
            self.sendLine(b"354 go")
        elif verb == b"QUIT":
            self.sendLine(b"221 bye")
            self.transport.loseConnection()
        else:
            self.sendLine(b"250 ok")

    def answer_to(self, address: str) -> bytes:
        if address.startswith("bad"):
            return b"550 5.1.1 no such user"
        return b"451 4.7.1 later" if self.test.rnd.random() < 0.15 else b"250 ok"

    def take(self, line: bytes) -> None:
        if line.lower().startswith(b"message-id: <"):
            self.number = int(line.partition(b"<")[2].partition(b"@")[0])
            self.its_id = line.partition(b"<")[2].rstrip(b">").decode()
        if line == b".":
            self.reads = False
            self.decide(self.test.rnd.random())

    def decide(self, chance: float) -> None:
        """Lose some before they are taken, some after; keep some waiting for their answer."""
        if chance < 0.1:
            self.transport.abortConnection()
            return
        self.test.take(self.number, self.its_id)
        if chance < 0.2:
            self.transport.abortConnection()
        elif chance < 0.6:
            reactor.callLater(0.1 * self.test.rnd.random(), self.say_it)
        else:
            self.say_it()

    def say_it(self) -> None:
        if self in self.test.open:
            self.sendLine(b"250 queued")


class GatewayKillTests(TestCase):
    """A process that sends is killed again and again."""

    timeout = 120 + 20 * KILLS

    def setUp(self) -> None:
        self.directory = Path(self.mktemp())
        (self.directory / "data").mkdir(parents=True)
        self.journal, self.saved = self.directory / "journal", self.directory / "saved"
        self.journal.touch()
        self.saved.touch()
        self.server_saves = False
        self.seed = random.randrange(10**6)
        print(f"seed {self.seed}")
        self.rnd = random.Random(self.seed)
        self.taken: Counter[int] = Counter()
        self.open: set[SmtpServer] = set()
        factory: Any = Factory.forProtocol(lambda: SmtpServer(self))
        self.port = reactor.listenTCP(0, factory, interface="127.0.0.1")
        self.addCleanup(self.close)

    async def close(self) -> None:
        for one in list(self.open):
            one.transport.abortConnection()
        await self.port.stopListening()
        while self.open:
            await deferLater(reactor, 0.01)
        await deferLater(reactor, 0.12)  # for answers that wait to be said

    def take(self, number: int, its_id: str) -> None:
        self.taken[number] += 1
        with self.saved.open("a") as file:
            file.write(f"{its_id}\n")

    def start(self, count: int) -> "subprocess.Popen[bytes]":
        paths = [str(self.directory / "data"), str(self.journal)]
        saved = str(self.saved) if self.server_saves else ""
        environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(CHILD.parents[2]), *sys.path]),
        }
        return subprocess.Popen(
            [sys.executable, CHILD, *paths, str(self.port.getHost().port), str(count), saved],
            env=environment,
        )

    async def kill_again_and_again(self) -> int:
        """Give how many messages there were; in the end all are done with."""
        total = KILLS * MESSAGES_A_KILL
        for _ in range(KILLS):
            begun, process = self.ready_count(), self.start(total)
            deadline = monotonic() + 30
            while self.ready_count() == begun and monotonic() < deadline:
                await deferLater(reactor, 0.005)
            await deferLater(reactor, self.rnd.random() ** 2 * 0.6)
            process.send_signal(signal.SIGKILL)
            process.wait()
        process = self.start(total)
        while process.poll() is None:
            await deferLater(reactor, 0.05)
        self.assertEqual(0, process.returncode)
        return total

    def ready_count(self) -> int:
        return self.journal.read_text().count("ready\n")

    async def test_copies_are_ours(self) -> None:
        """Nothing leaves twice; what may not have left is told of, once; a copy of all is in Sent.

        Design P1; issue 6: nothing is sent twice after a crash.
        """
        total = await self.kill_again_and_again()
        good = Counter(n for n in range(total) if not is_bad(n))
        bad = Counter(n for n in range(total) if is_bad(n))
        self.assertEqual(set(), {n for n, times in self.taken.items() if times > 1})
        self.assertEqual(good, await self.numbers(SENT, "kill"))
        self.assertEqual(bad, await self.numbers(INBOX, "Undeliverable"))
        doubts = await self.numbers(INBOX, "Perhaps not sent")
        self.assertEqual(set(), {n for n, times in doubts.items() if times > 1})
        lost = set(good) - set(self.taken)
        self.assertEqual(set(), lost - set(doubts), "lost, and nobody was told")
        print(f"{total} messages, {KILLS} kills: {len(lost)} lost, {len(doubts)} in doubt")

    async def test_the_server_saves(self) -> None:
        """Where the server's Sent tells what it took, each leaves exactly once."""
        self.server_saves = True
        total = await self.kill_again_and_again()
        self.assertEqual(Counter(n for n in range(total) if not is_bad(n)), self.taken)
        self.assertEqual(Counter(), await self.numbers(SENT, ""))
        self.assertEqual(Counter(), await self.numbers(INBOX, "Perhaps not sent"))
        print(f"{total} messages, {KILLS} kills: each once")

    async def numbers(self, folder: FolderId, beginning: str) -> "Counter[int]":
        """Count by number the messages of a folder whose subject begins so."""
        _, john, _ = make_accounts()
        mailboxes = make_mailboxes(self.directory / "data")
        try:
            box = await mailboxes.open(john)
            page = await box.listing(folder, below=NEWEST, down_to=OLDEST, limit=1 << 30)
            read = await box.read(folder, [head.item for head in page.heads], BodyWish())
            subjects = [one.record.subject for one in read.values()]
            found = [_KILL.search(one) for one in subjects if one.startswith(beginning)]
            return Counter(int(one[1]) for one in found if one)
        finally:
            await mailboxes.stop()

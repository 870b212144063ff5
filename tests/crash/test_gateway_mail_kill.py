"""Mail on Dovecot survives ``kill -9`` of the gateway at any instant."""

import os
import random
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from time import monotonic

from twisted.internet import reactor
from twisted.internet.task import deferLater
from twisted.internet.threads import deferToThread
from twisted.trial.unittest import TestCase

from carbonio_mobile.ids import AccountId, FolderId
from carbonio_mobile.mime.mailitem import BodyWish
from carbonio_mobile.sync.changes import NEWEST, OLDEST
from tests.crash.gateway_mail_child import USER, Patient, make_gateway
from tests.crash.mailbox_child import INBOX, TRASH
from tests.peers.desktop import Desktop
from tests.peers.dovecot import Dovecot, requires_dovecot

KILLS = int(os.environ.get("CARBONIO_MOBILE_KILLS", "5"))
MESSAGES_A_KILL = 20
CHILD = Path(__file__).with_name("gateway_mail_child.py")
PLACES = {INBOX: "INBOX", TRASH: "Trash"}

Found = list[tuple[int, int]]
"""(number of a message, its id)."""


@requires_dovecot
class GatewayMailKillTests(TestCase):
    """A process that works on a mailbox is killed again and again; Dovecot goes on."""

    timeout = 120 + 15 * KILLS

    def setUp(self) -> None:
        self.directory = Path(mkdtemp())
        self.addCleanup(rmtree, self.directory)
        (self.directory / "data").mkdir()
        self.journal = self.directory / "journal"
        self.journal.touch()
        self.dovecot = Dovecot.started()
        self.addCleanup(self.dovecot.remove)
        self.seed = random.randrange(10**6)
        print(f"seed {self.seed}")
        self.rnd = random.Random(self.seed)

    def start(self) -> "subprocess.Popen[bytes]":
        count = str(KILLS * MESSAGES_A_KILL)
        paths = [str(self.directory / "data"), str(self.journal)]
        server = [str(self.dovecot.imap_port), str(self.dovecot.authority)]
        environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(CHILD.parents[2]), *sys.path]),
        }
        return subprocess.Popen(
            [sys.executable, CHILD, *paths, str(self.seed), count, *server], env=environment
        )

    async def test_kill(self) -> None:
        """Acknowledged work is there, once; repeated work has no further effect (design P1)."""
        killed = 0
        while killed < KILLS:
            process = self.start()
            try:
                alive = await self.let_work(process)
            finally:
                process.send_signal(signal.SIGKILL)
                process.wait()
            killed += 1
            if not alive:
                break
            if self.rnd.random() < 0.5:
                await self.check()
        self.assertGreaterEqual(killed, min(KILLS, 3))
        print(f"{killed} kills, {len(self.done('append'))} messages stored before the last")
        process = self.start()
        while process.poll() is None:
            await deferLater(reactor, 0.05)
        self.assertEqual(0, process.returncode)
        await self.check()
        self.assertEqual([], self.open_steps())

    async def let_work(self, process: "subprocess.Popen[bytes]") -> bool:
        """Wait until the child is at work and a random while longer; False if it is done."""
        begun, deadline = len(self.lines("ready")), monotonic() + 30
        while len(self.lines("ready")) == begun and monotonic() < deadline:
            await deferLater(reactor, 0.005)
        await deferLater(reactor, self.rnd.random() ** 2 * 0.4)
        return process.poll() is None

    def lines(self, first: str) -> list[list[str]]:
        found = (line.split() for line in self.journal.read_text().splitlines())
        return [words for words in found if words[0] == first]

    def done(self, verb: str) -> dict[int, int]:
        return {int(n): int(r) for _, v, n, r in self.lines("done") if v == verb}

    def tried(self, verb: str) -> set[int]:
        return {int(n) for _, v, n in self.lines("try") if v == verb}

    def open_steps(self) -> list[tuple[str, int]]:
        verbs = ("append", "move", "delete", "mark")
        return [(v, n) for v in verbs for n in self.tried(v) - set(self.done(v))]

    async def check(self) -> None:
        """Compare journal, mirror and server, as a process sees them that begins now."""
        gateway = make_gateway(
            self.directory / "data", self.dovecot.imap_port, str(self.dovecot.authority)
        )
        try:
            box = Patient(await gateway.mailboxes.open(AccountId("john")))
            there = {folder: await self.numbers(box, folder) for folder in PLACES}
        finally:
            await gateway.stop()
        for folder, found in there.items():
            server = await deferToThread(self.on_server, PLACES[folder])
            self.assertEqual(server, Counter(number for number, _ in found), PLACES[folder])
        self.check_messages(there)

    def on_server(self, place: str) -> "Counter[int]":
        client = self.dovecot.reach(USER)
        try:
            shown = Desktop(client, self.rnd).contents(place)
            return Counter(int(name.partition("@")[0]) for name, _ in shown)
        finally:
            client.logout()

    async def numbers(self, box: Patient, folder: FolderId) -> Found:
        page = await box.listing(folder, below=NEWEST, down_to=OLDEST, limit=1 << 30)
        read = await box.read(folder, [head.item for head in page.heads], BodyWish())
        return [
            (int(one.record.message_id.strip("<>").split("@")[0]), item)
            for item, one in read.items()
        ]

    def check_messages(self, there: dict[FolderId, Found]) -> None:
        numbers = [number for found in there.values() for number, _ in found]
        self.assertEqual(len(numbers), len(set(numbers)), "a message stands twice")
        self.assertLessEqual(set(numbers), self.tried("append"))
        appended, moved, deleted = self.done("append"), self.done("move"), self.done("delete")
        leaving = self.tried("move") | self.tried("delete")
        for number, item in appended.items():
            if number not in leaving:
                self.assertIn((number, item), there[INBOX])
            elif number not in self.tried("delete"):
                self.assertIn(number, numbers)
        for number, item in moved.items():
            self.assertIn((number, item), there[TRASH])
        self.assertFalse(set(deleted) & set(numbers), "a deleted message is back")

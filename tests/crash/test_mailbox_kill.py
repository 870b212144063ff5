"""The embedded mailbox survives ``kill -9`` at any instant."""

import os
import random
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from time import monotonic

from twisted.internet import reactor
from twisted.internet.task import deferLater
from twisted.trial.unittest import TestCase

from carbonio_mobile.ids import AccountId, ChangeToken, FolderId, ItemId
from carbonio_mobile.interfaces import IMailbox
from carbonio_mobile.mailbox.embedded import EmbeddedMailboxes, Tuning
from carbonio_mobile.mailbox.embedded.database import database_path
from carbonio_mobile.mailbox.memory import no_quota
from carbonio_mobile.mime.mailitem import BodyWish, MailQuery
from carbonio_mobile.sync.changes import NEWEST, OLDEST, Position
from carbonio_mobile.testing.contracts.mailbox_fixture import RecordingSink

KILLS = int(os.environ.get("CARBONIO_MOBILE_KILLS", "15"))
MESSAGES_A_KILL = 40
JOHN, INBOX, TRASH = AccountId("john"), FolderId("2"), FolderId("3")
CHILD = Path(__file__).with_name("mailbox_child.py")

Listing = dict[ItemId, Position]


class MailboxKillTests(TestCase):
    """A process that works on a mailbox is killed again and again."""

    timeout = 60 + 10 * KILLS

    def setUp(self) -> None:
        self.directory = Path(mkdtemp())
        self.addCleanup(rmtree, self.directory)
        self.journal = self.directory / "journal"
        self.journal.touch()
        self.seed = random.randrange(10**6)
        print(f"seed {self.seed}")
        self.rnd = random.Random(self.seed)

    def start(self) -> "subprocess.Popen[bytes]":
        count = str(KILLS * MESSAGES_A_KILL)
        paths = [str(self.directory / "data"), str(self.journal)]
        return subprocess.Popen([sys.executable, CHILD, *paths, str(self.seed), count])

    async def test_kill(self) -> None:
        """Acknowledged work is there, once; repeated work has no further effect."""
        (self.directory / "data").mkdir()
        past: list[tuple[FolderId, Listing, ChangeToken]] = []
        killed = 0
        while killed < KILLS:
            process = self.start()
            try:
                alive = await self.let_work(process)
            finally:
                process.send_signal(signal.SIGKILL)
                process.wait()
            killed += 1
            self.check_file()
            await self.check_contents(past)
            if not alive:
                break
        self.assertGreaterEqual(killed, min(KILLS, 3))
        print(f"{killed} kills, {len(self.done('append'))} messages stored before the last")
        self.assertEqual(0, self.start().wait())
        await self.check_contents(past)
        self.assertEqual([], self.open_steps())

    async def let_work(self, process: "subprocess.Popen[bytes]") -> bool:
        """Wait until the child is at work and a random while longer; False if it is done."""
        begun, deadline = len(self.lines("ready")), monotonic() + 30
        while len(self.lines("ready")) == begun and monotonic() < deadline:
            await deferLater(reactor, 0.005)
        await deferLater(reactor, self.rnd.random() ** 2 * 0.3)
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

    def check_file(self) -> None:
        path = database_path(self.directory / "data", JOHN)
        if path.exists():
            with closing(sqlite3.connect(path, isolation_level=None)) as db:
                self.assertEqual([("ok",)], db.execute("PRAGMA integrity_check").fetchall())
                self.assertEqual([], db.execute("PRAGMA foreign_key_check").fetchall())
                db.execute("INSERT INTO words (words) VALUES ('integrity-check')")

    async def check_contents(self, past: list[tuple[FolderId, Listing, ChangeToken]]) -> None:
        mailboxes = EmbeddedMailboxes(
            self.directory / "data",
            reactor=reactor,
            clock=reactor.seconds,
            sink=RecordingSink(),
            quota_of=no_quota,
            message_limit_bytes=1 << 20,
            tuning=Tuning(thread_count=1),
        )
        try:
            box = await mailboxes.open(JOHN)
            there = {folder: await self.numbers(box, folder) for folder in (INBOX, TRASH)}
            self.check_messages(there)
            hits = await box.search(MailQuery(phrase="kill"), offset=0, limit=1)
            self.assertEqual(sum(map(len, there.values())), hits.total)
            for folder, then, since in self.rnd.sample(past, min(len(past), 12)):
                self.assertEqual(
                    await self.listing(box, folder), await self.replayed(box, folder, then, since)
                )
            past += [
                (folder, await self.listing(box, folder), await box.token(folder))
                for folder in there
            ]
        finally:
            await mailboxes.stop()

    def check_messages(self, there: dict[FolderId, list[tuple[int, int]]]) -> None:
        """Compare (message number, item id) of each folder with the journal."""
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

    async def listing(self, box: IMailbox, folder: FolderId) -> Listing:
        page = await box.listing(folder, below=NEWEST, down_to=OLDEST, limit=1 << 30)
        return {head.item: head.position for head in page.heads}

    async def numbers(self, box: IMailbox, folder: FolderId) -> list[tuple[int, int]]:
        items = list(await self.listing(box, folder))
        read = await box.read(folder, items, BodyWish())
        return [
            (int(one.record.message_id.strip("<>").split("@")[0]), item)
            for item, one in read.items()
        ]

    async def replayed(
        self, box: IMailbox, folder: FolderId, then: Listing, since: ChangeToken
    ) -> Listing:
        now, more = dict(then), True
        while more:
            batch = await box.changes(folder, since, limit=self.rnd.choice((7, 100)))
            for item in batch.gone:
                now.pop(item, None)
            now |= {change.item: change.position for change in batch.changed}
            since, more = batch.token, batch.more
        return now

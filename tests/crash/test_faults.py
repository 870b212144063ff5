"""What fails below the daemon while it runs: it says "later", keeps its state, and goes on alone.

Each test breaks something, sees requests refused for now, mends it, and sees the same requests done
once, by the same daemon, without any device having to start over.
"""

import os
import resource
import sqlite3
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from random import Random
from shutil import rmtree
from tempfile import mkdtemp
from typing import Any

import pytest

from carbonio_mobile.client import synctrees
from carbonio_mobile.client.composing import Message, mime
from carbonio_mobile.client.faults import AnswerLost, TryLater
from carbonio_mobile.client.phone import PhoneState
from carbonio_mobile.pipeline import ProvisioningRules
from carbonio_mobile.testing.devices import RigTransport, rig_phone
from carbonio_mobile.testing.rig import NOW, Rig
from tests.crash.daemon import CONFIGURATION, Daemon, make_accounts
from tests.crash.phones import StrictPhone, WireTransport, run

JOHN, MARY = "john@example.com", "mary@example.com"
PASSWORD = "only for this test"
FULL_AT_BYTES = 96 << 10
PATIENCE_S = 60.0
SETTINGS = CONFIGURATION + "busy_timeout_s = 1\n"


class Place:
    """A daemon with two accounts, a phone each; john has some mail."""

    def __init__(self, folder: Path) -> None:
        self.daemon = Daemon(folder, configuration=SETTINGS)
        self.accounts = make_accounts(self.daemon.data, [(JOHN, PASSWORD), (MARY, PASSWORD)])
        self.daemon.start()
        self.john, self.mary = self.phone(JOHN), self.phone(MARY)
        self.inbox = {}
        for phone in (self.john, self.mary):
            run(phone.folder_sync())
            self.inbox[phone] = phone.folder("inbox").id
        self.number = 0

    def phone(self, account: str, *, version: str = "14.1") -> StrictPhone:
        """Make a phone of an account."""
        transport = WireTransport(
            daemon=self.daemon, login=account, password=PASSWORD, random=Random(0)
        )
        name = f"phone{version.replace('.', '')}"
        return StrictPhone(PhoneState(device_id=name, version=version, user=account), transport)

    def letter(self, size: int = 100) -> tuple[str, bytes]:
        """Give the subject and octets of a new message to john."""
        self.number += 1
        subject = f"letter {self.number}"
        return subject, mime(Message(to=JOHN, subject=subject, text="words " * (size // 6)))

    def send(self, size: int = 100) -> str:
        """Have mary send john a message, and wait until he has it."""
        subject, octets = self.letter(size)
        run(self.mary.send(octets))
        self.await_mail(subject)
        return subject

    def await_mail(self, subject: str) -> None:
        """Sync john's Inbox until a message is there; it must be there once."""
        deadline = time.monotonic() + PATIENCE_S
        while self.count(subject) == 0:
            assert time.monotonic() < deadline, f"{subject} does not arrive"
            run(self.john.settle(self.inbox[self.john]))
        run(self.john.settle(self.inbox[self.john]))
        assert self.count(subject) == 1

    def count(self, subject: str) -> int:
        """Count a message in john's Inbox, as his phone sees it."""
        items = self.john.items(self.inbox[self.john]).values()
        return sum(one.subject == subject for one in items)

    def item(self, subject: str) -> str:
        """Give the id of a message in john's Inbox."""
        items = self.john.items(self.inbox[self.john]).items()
        return next(name for name, one in items if one.subject == subject)

    def mark(self, subject: str, is_read: bool) -> Coroutine[Any, Any, Any]:
        """Mark a message of john's."""
        command = synctrees.change(self.item(subject), synctrees.read(is_read))
        return self.john.sync(self.inbox[self.john], command)

    def mailbox_file(self, account: str) -> Path:
        """Find an account's database."""
        name = self.accounts[account]
        (found,) = (one for one in self.daemon.data.rglob("mailbox.db") if name in str(one))
        return found

    def check(self) -> None:
        """The databases are whole, nothing was logged that is a bug, nobody started over."""
        for path in self.daemon.data.rglob("*.db"):
            with closing(sqlite3.connect(path)) as db:
                assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)], path
        assert not self.daemon.tracebacks(), self.daemon.tracebacks()
        assert self.john.resyncs == self.mary.resyncs == 0


@pytest.fixture(scope="module")
def running() -> Iterator[Place]:
    """One daemon for all: each test leaves it as good as new."""
    folder = Path(mkdtemp())
    try:
        place = Place(folder)
        try:
            yield place
        finally:
            place.daemon.kill()
    finally:
        rmtree(folder)


@pytest.fixture
def place(running: Place) -> Iterator[Place]:
    """The daemon, checked afterwards."""
    process = running.daemon.process_id
    yield running
    running.check()
    assert running.daemon.process_id == process, "it was not the same daemon all along"


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the write lock of a database, as a stuck program would."""
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("BEGIN IMMEDIATE")
        yield
        db.execute("ROLLBACK")


@contextmanager
def gone(path: Path) -> Iterator[None]:
    """Have a database away, with what belongs to it, as when its disk is not there."""
    away = path.with_name("away")
    away.mkdir()
    names = [one for one in path.parent.iterdir() if one.name.startswith(path.name)]
    for one in names:
        one.rename(away / one.name)
    yield
    for one in path.parent.glob(f"{path.name}*"):
        one.unlink()
    for one in names:
        (away / one.name).rename(one)
    away.rmdir()


@contextmanager
def disk_full(process: int) -> Iterator[None]:
    """Let no file of the daemon grow beyond a size that its databases have already."""
    before = resource.prlimit(process, resource.RLIMIT_FSIZE)
    resource.prlimit(process, resource.RLIMIT_FSIZE, (FULL_AT_BYTES, before[1]))
    yield
    resource.prlimit(process, resource.RLIMIT_FSIZE, before)


def is_put_off(work: Coroutine[Any, Any, Any]) -> None:
    """Whatever is asked for, the answer must be: later."""
    with pytest.raises(TryLater):
        run(work)


def at_last(work: Callable[[], Coroutine[Any, Any, Any]]) -> None:
    """Do something that may be put off for a while yet."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            run(work())
            return
        except TryLater:
            assert time.monotonic() < deadline, "it never recovers"
            time.sleep(0.1)


def test_state_database_locked(place: Place) -> None:
    """Nothing is answered whose state cannot be stored."""
    subject = place.send()
    with locked(place.daemon.data / "state.db"):
        is_put_off(place.mark(subject, True))
    at_last(lambda: place.mark(subject, True))
    assert place.john.items(place.inbox[place.john])[place.item(subject)].read


def test_state_database_gone(place: Place) -> None:
    """While it is away everything is put off; once it is back all go on where they stood."""
    subject = place.send()
    with gone(place.daemon.data / "state.db"):
        is_put_off(place.mark(subject, True))
        is_put_off(place.mary.folder_sync())
    at_last(lambda: place.mark(subject, True))
    at_last(place.mary.folder_sync)
    place.send()


def test_mailbox_locked(place: Place) -> None:
    """One account's mailbox cannot be written; the other account goes on (P4)."""
    subject = place.send()
    later, octets = place.letter()
    with locked(place.mailbox_file(JOHN)):
        is_put_off(place.mark(subject, True))
        run(place.mary.send(octets))
        run(place.mary.settle(place.inbox[place.mary]))
    at_last(lambda: place.mark(subject, True))
    place.await_mail(later)


def test_disk_full(place: Place) -> None:
    """Changes and messages are put off, and done once when there is room again."""
    subject = place.send(size=2 * FULL_AT_BYTES)
    while min(size_of_log(place, "state.db"), size_of_log(place, "outbox.db")) < FULL_AT_BYTES:
        place.send(size=FULL_AT_BYTES)
    later, octets = place.letter(FULL_AT_BYTES)
    with disk_full(place.daemon.process_id):
        is_put_off(place.mark(subject, True))
        is_put_off(place.mary.send(octets, client_id="kept"))
    at_last(lambda: place.mark(subject, True))
    at_last(lambda: place.mary.send(octets, client_id="kept"))
    at_last(lambda: place.mary.send(octets, client_id="kept"))
    place.await_mail(later)
    place.send()


def size_of_log(place: Place, name: str) -> int:
    """Give the size of a database's write-ahead log: what cannot grow cannot be written."""
    return os.stat(place.daemon.data / f"{name}-wal").st_size


class SetBack:
    """A server in memory whose clock is set back by an hour, and its phone."""

    def __init__(self, version: str) -> None:
        self.rig = Rig(rules=ProvisioningRules(required=True, refresh_s=600.0))
        self.transport = RigTransport(self.rig)
        self.phone = rig_phone(self.rig, version=version, transport=self.transport)
        run(self.phone.folder_sync())
        self.inbox = self.phone.folder("inbox").id
        self.rig.deliver()
        run(self.phone.settle(self.inbox))

    def set_back(self) -> None:
        """Set the clock back."""
        self.rig.clock.rightNow = NOW - 3600.0

    def send_unheard(self, octets: bytes) -> None:
        """Send a message and lose the answer."""
        self.transport.lose_answer = lambda line: line.command == "SendMail"
        with pytest.raises(AnswerLost):
            run(self.phone.send(octets, client_id="kept"))
        self.transport.lose_answer = lambda _line: False


@pytest.mark.parametrize("version", ["12.1", "14.1", "16.1"])
def test_clock_set_back(version: str) -> None:
    """Folders, mail, marks and waiting go on; nobody starts over or provisions without end."""
    place = SetBack(version)
    place.set_back()
    place.rig.deliver()
    run(place.phone.folder_sync())
    assert run(place.phone.settle(place.inbox)) == 1
    first = next(iter(place.phone.items(place.inbox)))
    run(place.phone.sync(place.inbox, synctrees.change(first, synctrees.read(True))))
    assert run(place.phone.settle(place.inbox)) == 0
    assert place.phone.resyncs == 0
    assert place.phone.items(place.inbox)[first].read


@pytest.mark.parametrize("version", ["12.1", "14.1", "16.1"])
def test_message_repeated_after_the_clock_was_set_back(version: str) -> None:
    """It is still known for a repeat, with a ClientId and without."""
    place = SetBack(version)
    octets = mime(Message(to=JOHN, subject="once"))
    place.send_unheard(octets)
    place.set_back()
    run(place.phone.send(octets, client_id="kept"))
    assert len(place.rig.submission.taken) == 1

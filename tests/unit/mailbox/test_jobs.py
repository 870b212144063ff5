"""One thread's work: what is grouped, what fails alone, what survives a failing disk."""

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from twisted.python.failure import Failure

from carbonio_mobile.errors import Conflict, Corrupt, Unavailable
from carbonio_mobile.ids import AccountId, FolderId
from carbonio_mobile.mailbox.embedded.change import Change
from carbonio_mobile.mailbox.embedded.database import DatabaseFiles
from carbonio_mobile.mailbox.embedded.jobs import Connections, Job, Worker
from carbonio_mobile.mailbox.embedded.planning import LastContent, Planner
from carbonio_mobile.mailbox.embedded.writing import make_content
from carbonio_mobile.testing.contracts.mailbox_fixture import message

JOHN, MARY = AccountId("john"), AccountId("mary")


class Database:
    """A connection that notes its commits and fails statements on demand."""

    def __init__(self, db: sqlite3.Connection, faults: dict[str, list[Exception]]) -> None:
        self.db = db
        self.faults = faults
        self.commits = 0

    def execute(self, statement: str, *parameters: Any) -> sqlite3.Cursor:
        if self.faults.get(statement):
            raise self.faults[statement].pop(0)
        self.commits += statement == "COMMIT"
        return self.db.execute(statement, *parameters)

    @property
    def in_transaction(self) -> bool:
        return self.db.in_transaction

    def close(self) -> None:
        self.db.close()


class Bench:
    """A worker that is run in the test's own thread."""

    def __init__(self, data_dir: Path, most: int = 2) -> None:
        self.faults: dict[str, list[Exception]] = {}
        self.opened: list[tuple[AccountId, Database]] = []
        self.delivered: list[Job] = []
        files = DatabaseFiles(data_dir=data_dir, busy_s=0.01, durable=False)

        def open_database(account: AccountId) -> Any:
            db = Database(files.open(account), self.faults)
            self.opened.append((account, db))
            return db

        self.worker = Worker(Connections(open_database, most=most), self.delivered.extend)

    def run(self, *jobs: Job) -> list[Any]:
        """Do jobs that all wait already; gives their outcomes, exceptions for failures."""
        for job in jobs:
            self.worker.queue.put(job)
        self.worker.queue.put(None)
        self.worker.run()
        return [j.outcome.value if isinstance(j.outcome, Failure) else j.outcome for j in jobs]


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def write(effect: Callable[[Change], Any], account: AccountId = JOHN) -> Job:
    return Job(account=account, now=0.0, write=effect)


def stamp(change: Change) -> int:
    change.touch(2, arrival=True)
    return change.stamp()


def refuse(change: Change) -> None:
    change.stamp()
    raise Conflict("no")


def modseq(account: AccountId = JOHN) -> Job:
    return Job(
        account=account,
        now=0.0,
        read=lambda db: db.execute("SELECT modseq FROM mailbox").fetchone()[0],
    )


def full() -> sqlite3.OperationalError:
    fault = sqlite3.OperationalError("database or disk is full")
    fault.sqlite_errorcode = sqlite3.SQLITE_FULL
    return fault


def broken() -> sqlite3.OperationalError:
    fault = sqlite3.OperationalError("disk I/O error")
    fault.sqlite_errorcode = sqlite3.SQLITE_IOERR | 4 << 8
    return fault


def test_waiting_writes_share_a_commit(bench: Bench) -> None:
    """Writes that wait for one account are one transaction; each has its own result and notice."""
    jobs = [write(stamp) for _ in range(5)]
    assert bench.run(*jobs) == [2, 3, 4, 5, 6]
    assert [db.commits for _, db in bench.opened] == [1]
    assert all(job.notice and job.notice.folders == ((FolderId("2"), True),) for job in jobs)
    assert bench.delivered == jobs


def test_groups_are_bounded(bench: Bench) -> None:
    """The first of very many writes does not wait for the last."""
    assert bench.run(*[write(stamp) for _ in range(70)])[-1] == 71
    assert [db.commits for _, db in bench.opened] == [3]


def test_reads_see_the_writes_before_them(bench: Bench) -> None:
    """Jobs of one account are done in their order."""
    assert bench.run(modseq(), write(stamp), modseq(), write(stamp), modseq()) == [1, 2, 2, 3, 3]


def test_accounts_take_turns(bench: Bench) -> None:
    """An account with much to do does not keep another waiting for all of it."""
    many = [modseq() for _ in range(10)]
    other = modseq(MARY)
    bench.run(*many, other)
    assert bench.delivered.index(other) == 1


def test_refusal_stands_alone(bench: Bench) -> None:
    """A refused write leaves nothing behind and does not touch the others of its group."""
    first, refused, last = bench.run(write(stamp), write(refuse), write(stamp))
    assert (first, last) == (2, 3)
    assert isinstance(refused, Conflict)
    assert [db.commits for _, db in bench.opened] == [1]


def test_bug_stands_alone(bench: Bench) -> None:
    """An unexpected exception reaches its caller and the thread goes on."""

    def bug(_: object) -> None:
        raise ZeroDivisionError

    outcomes = bench.run(write(bug), write(stamp), Job(account=JOHN, now=0.0, read=bug), modseq())
    assert [type(outcome) for outcome in outcomes] == [
        ZeroDivisionError, int, ZeroDivisionError, int,
    ]  # fmt: skip


def test_planner() -> None:
    """A plan's write goes on to the database's thread; a failed plan goes back to its caller."""

    def bug(_: object) -> Any:
        raise ZeroDivisionError

    passed: list[Job] = []
    delivered: list[Job] = []
    planner = Planner(passed.append, delivered.extend)
    good, bad = (Job(account=JOHN, now=0.0, plan=plan) for plan in (lambda _: stamp, bug))
    for job in (bad, good, None):
        planner.queue.put(job)
    planner.run()
    assert (passed, good.write) == ([good], stamp)
    assert delivered == [bad]
    assert isinstance(bad.outcome.value, ZeroDivisionError)


def test_same_message_is_extracted_once() -> None:
    """Many recipients of one message share its content; another message or time has its own."""
    contents = LastContent()
    first = contents.make(message("alpha"), 1.0)
    assert contents.make(message("alpha"), 1.0) is first
    assert contents.make(message("alpha"), 2.0) is not first
    second = contents.make(message("beta"), 2.0)
    assert second == make_content(message("beta"), 2.0)
    contents.forget()
    assert contents.make(message("beta"), 2.0) is not second


def test_full_disk_fails_only_what_does_not_fit(bench: Bench) -> None:
    """When a group does not fit, each is tried alone, on a new connection."""
    bench.faults["COMMIT"] = [full(), full()]
    first, second, third = bench.run(write(stamp), write(stamp), write(stamp))
    assert isinstance(first, Unavailable)
    assert (second, third) == (2, 3)
    assert len(bench.opened) == 3


@pytest.mark.parametrize("statement", ["BEGIN IMMEDIATE", "COMMIT", "SAVEPOINT job", "RELEASE job"])
def test_broken_disk_fails_the_group(bench: Bench, statement: str) -> None:
    """A fault of the file fails all that wait, at once; afterwards work goes on by itself."""
    bench.faults[statement] = [broken()]
    jobs = [write(stamp) for _ in range(3)]
    assert [type(outcome) for outcome in bench.run(*jobs, modseq())] == [Unavailable] * 3 + [int]
    assert all(job.notice is None for job in jobs)
    assert jobs[0].outcome.value.__cause__ is not None


@pytest.mark.parametrize("statement", ["BEGIN", "COMMIT"])
def test_failing_read(bench: Bench, statement: str) -> None:
    """A read that fails does not disturb the next job."""
    bench.faults[statement] = [broken()]
    failed, after, written = bench.run(modseq(), modseq(), write(stamp))
    assert isinstance(failed, Unavailable)
    assert (after, written) == (1, 2)


def test_statement_that_ends_the_transaction(bench: Bench) -> None:
    """Where SQLite has rolled back by itself nothing is taken for committed."""

    def roll_back(change: Change) -> None:
        change.stamp()
        change.db.execute("ROLLBACK")
        raise full()

    assert isinstance(bench.run(write(roll_back))[0], Unavailable)


def test_open_databases_are_bounded(tmp_path: Path) -> None:
    """The database used longest ago is closed when there are too many."""
    bench = Bench(tmp_path, most=2)
    accounts = [AccountId(name) for name in ("a", "b", "a", "c", "a", "b")]
    bench.run(*[modseq(account) for account in accounts])
    assert [account for account, _ in bench.opened] == ["a", "b", "c", "a", "b"]
    for _, db in bench.opened:
        with pytest.raises(sqlite3.ProgrammingError):
            db.db.execute("SELECT 1")


def test_unreadable_file_is_corrupt(tmp_path: Path) -> None:
    """A database that is none is Corrupt, for its account only."""
    bench = Bench(tmp_path)
    bench.run(write(stamp), write(stamp, MARY))
    for path in (tmp_path / "mailboxes").glob("*/john/mailbox.db"):
        path.write_bytes(b"not a database" * 1000)
    again = Bench(tmp_path)
    john, mary = again.run(modseq(), modseq(MARY))
    assert isinstance(john, Corrupt)
    assert mary == 2

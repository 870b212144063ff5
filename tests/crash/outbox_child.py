"""The process that ``test_outbox_kill.py`` kills: submits and delivers mail, keeps a journal of it.

``outbox_child.py DATA_DIR JOURNAL RELAY_PORT COUNT`` submits messages 0 to COUNT, those again that
the journal does not know as taken, and goes on until its queue is empty. A line of the journal is
written before each submission ("try") and after it ("done").
"""

import os
import sys
from pathlib import Path
from typing import Any

from twisted.internet import reactor
from twisted.internet.defer import DeferredSemaphore, ensureDeferred, gatherResults
from twisted.internet.task import deferLater, react

from carbonio_mobile.accounts.memory import MemoryAccounts
from carbonio_mobile.ids import AccountId, OperationId
from carbonio_mobile.mailbox.delivery.outbox import Outbox, OutboxOptions
from carbonio_mobile.mailbox.delivery.relay import RelayOptions, TlsMode, smtp_relay
from carbonio_mobile.mailbox.delivery.schedule import RetrySchedule
from carbonio_mobile.mailbox.embedded import EmbeddedMailboxes, Tuning
from carbonio_mobile.mailbox.memory import no_quota
from carbonio_mobile.testing.contracts.mailbox_fixture import RecordingSink, message

IN_FLIGHT = 6


def make_accounts() -> tuple[MemoryAccounts, AccountId, AccountId]:
    """Make John and Mary; their ids are the same in every process."""
    accounts = MemoryAccounts(clock=reactor.seconds)
    john = accounts.add("john@example.com", "x", aliases=["johnny@example.com"])
    return accounts, john, accounts.add("mary@example.com", "x")


def make_mailboxes(data_dir: Path) -> EmbeddedMailboxes:
    """Open the mailboxes of a data directory."""
    return EmbeddedMailboxes(
        data_dir,
        reactor=reactor,
        clock=reactor.seconds,
        sink=RecordingSink(),
        quota_of=no_quota,
        message_limit_bytes=1 << 20,
        tuning=Tuning(thread_count=2),
    )


def recipients(number: int) -> list[str]:
    """Give the recipients of a message: ours, others', and ones that do not exist."""
    some = ["mary@example.com", "johnny@example.com", f"r{number}@relay.example"]
    if number % 5 == 0:
        some.append(f"bad{number}@relay.example")
    return some


class Journal:
    """What was tried and what was done, in a file that outlives the process."""

    def __init__(self, path: str) -> None:
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        lines = Path(path).read_text().splitlines()
        self.taken = {int(line.split()[1]) for line in lines if line.startswith("done")}

    def note(self, *words: object) -> None:
        os.write(self._file, (" ".join(map(str, words)) + "\n").encode())


async def work(data_dir: str, path: str, port: str, count: str) -> None:
    accounts, john, _ = make_accounts()
    mailboxes = make_mailboxes(Path(data_dir))
    relay = RelayOptions(host="127.0.0.1", port=int(port), tls=TlsMode.OFF)
    outbox = Outbox(
        Path(data_dir),
        reactor=reactor,
        accounts=accounts,
        mailboxes=mailboxes,
        relay=smtp_relay(relay, reactor=reactor, hostname="mail.example.com"),
        options=OutboxOptions(
            hostname="mail.example.com",
            schedule=RetrySchedule(delays_s=(0.05,)),
        ),
    )
    outbox.start()
    journal = Journal(path)
    journal.note("ready")
    room = DeferredSemaphore(IN_FLIGHT)

    async def submit(number: int) -> None:
        journal.note("try", number)
        source = message("kill", "x" * (number * 37 % 9000), number=number)
        await outbox.submit(
            john,
            source,
            sender="john@example.com",
            recipients=recipients(number),
            sent_copy=b"Bcc: x@example.com\r\n" + source,
            operation=OperationId(f"op-{number}"),
        )
        journal.note("done", number)

    def begin(number: int) -> Any:
        return room.run(lambda: ensureDeferred(submit(number)))

    await gatherResults([begin(n) for n in range(int(count)) if n not in journal.taken])
    while await outbox.waiting():
        await deferLater(reactor, 0.02)
    await outbox.stop()
    await mailboxes.stop()


if __name__ == "__main__":
    react(lambda _: ensureDeferred(work(*sys.argv[1:])))

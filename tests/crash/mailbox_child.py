"""The process that ``test_mailbox_kill.py`` kills: works on a mailbox and keeps a journal of it.

``mailbox_child.py DATA_DIR JOURNAL SEED COUNT`` repeats what the journal leaves open, then goes on
to COUNT messages. A line of the journal is written before each step ("try") and after it ("done").
"""

import os
import random
import sys
from pathlib import Path
from typing import Any

from twisted.internet import reactor
from twisted.internet.defer import ensureDeferred, gatherResults
from twisted.internet.task import react

from carbonio_mobile.ids import AccountId, FolderId, ItemId, OperationId
from carbonio_mobile.mailbox.embedded import EmbeddedMailboxes, Tuning
from carbonio_mobile.mailbox.memory import no_quota
from carbonio_mobile.mime.mailitem import MailPatch, MailState
from carbonio_mobile.testing.contracts.mailbox_fixture import RecordingSink, message

INBOX, TRASH = FolderId("2"), FolderId("3")
IN_FLIGHT = 5


class Journal:
    """What was tried and what was done, in a file that outlives the process."""

    def __init__(self, path: str) -> None:
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        lines = Path(path).read_text().splitlines()
        self.entries = {tuple(line.split()[:3]): line.split()[3:] for line in lines}

    def note(self, *words: object) -> None:
        os.write(self._file, (" ".join(map(str, words)) + "\n").encode())


async def one_message(box: Any, journal: Journal, number: int, seed: int) -> None:
    """Take one message through its life, beginning where the journal stands."""
    rnd = random.Random(f"{seed}/{number}")
    size, fate = rnd.randrange(20_000), rnd.randrange(4)
    item = await step(journal, "append", number, lambda: append(box, number, size))
    match fate:
        case 0:
            await step(journal, "move", number, lambda: move(box, item))
        case 1:
            await step(journal, "delete", number, lambda: delete(box, item))
        case 2:
            await step(journal, "mark", number, lambda: mark(box, item))


async def step(journal: Journal, verb: str, number: int, act: Any) -> int:
    """Do a step that the journal does not know as done; gives its result."""
    done = journal.entries.get(("done", verb, str(number)))
    if done is not None:
        return int(done[0])
    journal.note("try", verb, number)
    result = await act()
    journal.note("done", verb, number, result)
    return int(result)


async def append(box: Any, number: int, size: int) -> int:
    source = message("kill", "x" * size, number=number)
    operation = OperationId(f"append-{number}")
    head = await box.append(INBOX, source, MailState(), received=float(number), operation=operation)
    return int(head.item)


async def move(box: Any, item: int) -> int:
    heads = await box.move(INBOX, [ItemId(item)], TRASH)
    return int(heads[ItemId(item)].item)


async def delete(box: Any, item: int) -> int:
    return len(await box.delete(INBOX, [ItemId(item)]))


async def mark(box: Any, item: int) -> int:
    return len(await box.update(INBOX, {ItemId(item): MailPatch(read=True)}))


async def work(data_dir: str, path: str, seed: str, count: str) -> None:
    mailboxes = EmbeddedMailboxes(
        Path(data_dir),
        reactor=reactor,
        clock=reactor.seconds,
        sink=RecordingSink(),
        quota_of=no_quota,
        message_limit_bytes=1 << 20,
        tuning=Tuning(thread_count=1),
    )
    journal = Journal(path)
    box = await mailboxes.open(AccountId("john"))
    journal.note("ready", "x", "x")
    for start in range(0, int(count), IN_FLIGHT):
        numbers = range(start, start + IN_FLIGHT)
        await gatherResults(
            [ensureDeferred(one_message(box, journal, n, int(seed))) for n in numbers]
        )
    await mailboxes.stop()


if __name__ == "__main__":
    react(lambda _: ensureDeferred(work(*sys.argv[1:])))

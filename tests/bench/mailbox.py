"""Figures of the embedded mailbox: appending, reading, asking for changes in folders of any size.

``PYTHONPATH=src python tests/bench/mailbox.py [--messages 2000] [--large 100000]``
"""

import argparse
import platform
import sqlite3
import sys
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, process_time
from typing import Any

from twisted.internet import reactor
from twisted.internet.defer import ensureDeferred, gatherResults
from twisted.internet.task import react

from carbonio_mobile.ids import AccountId, FolderId, ItemId, OperationId
from carbonio_mobile.mailbox.embedded import EmbeddedMailboxes, Tuning
from carbonio_mobile.mailbox.embedded.database import database_path
from carbonio_mobile.mailbox.embedded.writing import make_content
from carbonio_mobile.mailbox.memory import no_quota
from carbonio_mobile.mime.mailitem import BodyWish, MailPatch, MailQuery, MailState
from carbonio_mobile.sync.changes import NEWEST, OLDEST
from carbonio_mobile.testing.contracts.mailbox_fixture import RecordingSink

SHARED = Path(__file__).resolve().parents[3] / "shared/bench"
JOHN, INBOX, TRASH = AccountId("john"), FolderId("2"), FolderId("3")
WHOLE = {"below": NEWEST, "down_to": OLDEST}
WISHES = {
    "record only": BodyWish(),
    "512 octets of text": BodyWish(text_bytes=512),
    "HTML up to 32 KiB": BodyWish(html_bytes=32_768),
    "text and HTML whole": BodyWish(text_bytes=None, html_bytes=None),
    "source up to 32 KiB": BodyWish(source_bytes=32_768),
}


class Stopwatch:
    """Prints wall and CPU time of a stretch, by piece."""

    def __init__(self, what: str, pieces: int) -> None:
        self.what, self.pieces = what, pieces

    def __enter__(self) -> None:
        self.begun = perf_counter(), process_time()

    def __exit__(self, *_: object) -> None:
        wall, cpu = perf_counter() - self.begun[0], process_time() - self.begun[1]
        each = 1e6 / self.pieces
        print(f"  {self.what:<58} {wall * each:9.1f} us wall {cpu * each:9.1f} us CPU", flush=True)


async def repeat(what: str, times: int, act: Callable[[], Awaitable[Any]], pieces: int = 1) -> None:
    """Time an act that is done several times."""
    await act()
    with Stopwatch(what, times * pieces):
        for _ in range(times):
            await act()


async def fill(box: Any, mails: list[tuple[bytes, int, Any]], together: int) -> None:
    """Append all mails, so many at once."""
    for start in range(0, len(mails), together):
        await gatherResults(
            [
                ensureDeferred(
                    box.append(
                        INBOX,
                        source,
                        MailState(),
                        received=float(date),
                        operation=OperationId(f"{id(mails)} {start + n}"),
                    )
                )
                for n, (source, date, _) in enumerate(mails[start : start + together])
            ]
        )


def enlarge(data_dir: Path, count: int) -> None:
    """Make the inbox of a closed mailbox hold ``count`` more items, without contents."""
    with closing(sqlite3.connect(database_path(data_dir, JOHN))) as db, db:
        db.execute(
            "WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < ?)"
            " INSERT INTO item SELECT NULL, 2, last_item + n, n, mailbox.modseq + n,"
            " mailbox.modseq, 1, 1, 1, 1, 0, NULL, NULL, 0, 0, x'00', 100"
            " FROM n, folder, mailbox WHERE folder.id = 2",
            (count,),
        )
        db.execute("UPDATE mailbox SET modseq = modseq + ?", (count,))
        db.execute(
            "UPDATE folder SET last_item = last_item + ?1, item_count = item_count + ?1,"
            " modseq = (SELECT modseq FROM mailbox) WHERE id = 2",
            (count,),
        )


async def by_size(start: Callable[[], EmbeddedMailboxes], data_dir: Path, count: int) -> None:
    """Show what requests cost in a folder of at least ``count`` items."""
    mailboxes = start()
    box = await mailboxes.open(JOHN)
    have = await box.count(INBOX, **WHOLE)
    await mailboxes.stop()
    enlarge(data_dir, max(0, count - have))
    mailboxes = start()
    box = await mailboxes.open(JOHN)
    print(f"folder of {await box.count(INBOX, **WHOLE):,} items")
    since = await box.token(INBOX)
    await repeat("changes: none", 500, lambda: box.changes(INBOX, since, limit=100))
    (newest,) = (await box.listing(INBOX, limit=1, **WHOLE)).heads
    for n in range(10):
        await box.update(INBOX, {newest.item: MailPatch(read=bool(n % 2))})
    await repeat("changes: one", 300, lambda: box.changes(INBOX, since, limit=100))
    await repeat("listing of 100", 100, lambda: box.listing(INBOX, limit=100, **WHOLE))
    await repeat("count of all", 100, lambda: box.count(INBOX, **WHOLE))
    await mailboxes.stop()


async def main(options: argparse.Namespace, data_dir: Path) -> None:
    sys.path.insert(0, str(SHARED))
    from makemail import make_message

    mails = [make_message(7, n) for n in range(options.messages)]
    mean = sum(len(source) for source, _, _ in mails) / len(mails)
    print(f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}; durable commits;")
    print(f"{len(mails)} messages of {mean / 1024:.1f} KiB on average; times by message or call")

    def start() -> EmbeddedMailboxes:
        return EmbeddedMailboxes(
            data_dir,
            reactor=reactor,
            clock=reactor.seconds,
            sink=RecordingSink(),
            quota_of=no_quota,
            message_limit_bytes=1 << 26,
            tuning=Tuning(),
        )

    mailboxes = start()
    box = await mailboxes.open(JOHN)
    with Stopwatch("extract and compress alone", len(mails[:500])):
        for source, date, _ in mails[:500]:
            make_content(source, float(date))
    with Stopwatch("append, one after the other", 200):
        await fill(box, mails[:200], 1)
    with Stopwatch("append, 32 at once", len(mails[200:])):
        await fill(box, mails[200:], 32)
    size = database_path(data_dir, JOHN).stat().st_size
    print(
        f"  on disk: {size / sum(len(source) for source, _, _ in mails):.2f} of the messages' size"
    )
    page = await box.listing(INBOX, limit=100, **WHOLE)
    items = [head.item for head in page.heads]
    for name, wish in WISHES.items():
        await repeat(
            f"read a page of 100: {name}", 20, lambda w=wish: box.read(INBOX, items, w), 100
        )
    await repeat(
        "search two words, page of 100 of many",
        10,
        lambda: box.search(MailQuery(phrase="meeting rep"), offset=0, limit=100),
    )
    await repeat("hierarchy", 300, box.hierarchy)
    with Stopwatch("move 100", 100):
        moved = await box.move(INBOX, items, TRASH)
    with Stopwatch("mark 100 as read", 100):
        await box.update(TRASH, {head.item: MailPatch(read=True) for head in moved.values()})
    with Stopwatch("delete 100", 100):
        await box.delete(TRASH, [ItemId(n) for n in range(1, 101)])
    await mailboxes.stop()
    for count in (1_000, 10_000, options.large):
        await by_size(start, data_dir, count)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=2000)
    parser.add_argument("--large", type=int, default=100_000)
    chosen = parser.parse_args()
    with TemporaryDirectory() as directory:
        react(lambda _: ensureDeferred(main(chosen, Path(directory))))

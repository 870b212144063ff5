"""Measure the mirroring of a calendar and an address book from a real Radicale; it only prints.

Run: ``PYTHONPATH=src:. python tests/bench/objectmirror.py [items]``. All items of a new account are
read and entered into its mirror, as a first synchronisation does it, over HTTP without TLS;
Radicale has its cache, as after ordinary use. CPU is user and system time, of this process (all
threads) and of Radicale apart. A durable commit waits for the disk.
"""

import platform
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from twisted.internet.task import react

from carbonio_mobile.dav.hrefs import read_url
from carbonio_mobile.ids import AccountId, FolderId
from carbonio_mobile.mailbox.davclient.connection import Credentials, DavConnection
from carbonio_mobile.mailbox.davclient.endpoint import DavTrust
from carbonio_mobile.mailbox.davclient.site import DavBounds, dav_site
from carbonio_mobile.mailbox.embedded import listing
from carbonio_mobile.mailbox.embedded.threads import DatabaseThreads
from carbonio_mobile.mailbox.gateway.objects.parts import ObjectOptions
from carbonio_mobile.mailbox.gateway.objects.side import ObjectSide
from carbonio_mobile.mailbox.mirror.files import mirror_files
from carbonio_mobile.mailbox.mirror.links import Protocol, links, reconcile
from carbonio_mobile.sync.changes import NEWEST, OLDEST
from carbonio_mobile.sync.folders import FolderKind
from carbonio_mobile.testing.contracts.mailbox_fixture import RecordingSink
from tests.bench.dav import MEMORY, cpu_of, fill
from tests.bench.dav import Kind as CollectionKind
from tests.peers.davserver import JOHN, PASSWORD
from tests.peers.radicale import PlainRadicale

ACCOUNT = AccountId("john")


class FirstNews(RecordingSink):
    """Knows when something came first."""

    at = 0.0

    def folder_changed(self, account: AccountId, folder: FolderId, *, arrival: bool) -> None:
        """Note the time."""
        self.at = self.at or time.perf_counter()


class Bench:
    """One account with a mirror of its own."""

    def __init__(self, reactor: Any, peer: PlainRadicale, directory: Path) -> None:
        assert peer._program is not None
        self.pid = peer._program.pid
        self.sink = FirstNews()
        self.threads = DatabaseThreads(
            mirror_files(directory, busy_s=5.0, durable=True).open,
            reactor=reactor, clock=time.time, sink=self.sink, answer_s=60.0,
            thread_count=1, most_open=4,
        )  # fmt: skip
        self.site = dav_site(
            read_url(peer.url), reactor=reactor, trust=DavTrust(), bounds=DavBounds()
        )
        self.side = ObjectSide(
            ACCOUNT, threads=self.threads, connect=self.connect, clock=time.monotonic,
            options=ObjectOptions(fresh_s=0.0, makes_missing=False), quota_of=self.quota_of,
            message_limit_bytes=10_000_000,
        )  # fmt: skip

    async def connect(self) -> DavConnection:
        """See Connect."""
        return DavConnection(self.site, Credentials(login=JOHN, password=PASSWORD))

    async def quota_of(self, _account: AccountId) -> int:
        """Give none."""
        return 0

    async def count(self, folder: FolderId) -> int:
        """Count what stands in a folder."""
        counted = await self.threads.read(
            ACCOUNT, lambda db: listing.count(db, folder, NEWEST, OLDEST)
        )
        return int(counted)

    async def fold(self) -> dict[FolderKind, FolderId]:
        """Take over the server's folders."""
        present = await self.side.folders()
        await self.threads.write(ACCOUNT, lambda change: reconcile(change, present, [Protocol.DAV]))
        return {one.kind: one.id for one in await self.threads.read(ACCOUNT, links)}

    async def measure(self, kind: FolderKind, folder: FolderId) -> None:
        """Index a folder, ask again, and print what it took."""
        self.sink.at = 0.0
        theirs, ours, began = cpu_of(self.pid), time.process_time(), time.perf_counter()
        await self.side.refresh(folder)
        took, spent = time.perf_counter() - began, time.process_time() - ours
        spent_there = cpu_of(self.pid) - theirs
        count = await self.count(folder)
        print(
            f"{kind.value:9} {count:6} items: {count / took:6.0f} items/s; CPU ms an item:"
            f" ours {1000 * spent / count:.3f}, Radicale {1000 * spent_there / count:.3f};"
            f" first page after {self.sink.at - began:.2f} s"
        )
        rounds = 20
        ours, began = time.process_time(), time.perf_counter()
        for _ in range(rounds):
            await self.side.refresh(folder)
        print(
            f"{'':9} nothing new: {1000 * (time.process_time() - ours) / rounds:.2f} ms CPU ours,"
            f" {1000 * (time.perf_counter() - began) / rounds:.1f} ms"
        )


def octets(directory: Path) -> int:
    """Count what databases take."""
    return sum(one.stat().st_size for one in directory.rglob("*.db"))


async def run(reactor: Any, count: int) -> None:
    """Fill a Radicale and mirror it, twice: the first time it makes its cache."""
    peer = PlainRadicale.started(MEMORY)
    for kind in CollectionKind:
        fill(peer, kind, count)
    try:
        for title in ("Radicale without its cache", "Radicale with its cache"):
            print(title)
            directory = Path(tempfile.mkdtemp())
            bench = Bench(reactor, peer, directory)
            try:
                for kind, folder in (await bench.fold()).items():
                    if kind in (FolderKind.CALENDAR, FolderKind.CONTACTS):
                        await bench.measure(kind, folder)
                size = octets(directory) / (2 * count)
                print(f"{'':9} the mirror takes {size:.0f} octets an item")
            finally:
                await bench.site.stop()
                await bench.threads.stop()
                shutil.rmtree(directory)
    finally:
        peer.remove()


if __name__ == "__main__":
    print(f"Python {platform.python_version()}, {platform.machine()}")
    items = int(sys.argv[1]) if len(sys.argv) > 1 else 5000
    react(run, (items,))

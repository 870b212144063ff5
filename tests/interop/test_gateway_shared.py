"""Mailboxes of others on real IMAP servers, as phones see them (RFC 2342, RFC 4314)."""

import contextlib
import random
from collections.abc import Awaitable
from itertools import count
from typing import Any, ClassVar

from twisted.internet import reactor as _reactor
from twisted.internet.defer import Deferred
from twisted.internet.task import deferLater
from twisted.trial.unittest import TestCase

from carbonio_mobile.errors import Conflict, NotAllowed, NotFound, ReadOnly, Unavailable
from carbonio_mobile.mailbox.imapclient.connection import ImapConnection
from carbonio_mobile.mailbox.imapclient.watch import ImapWatch, WatchLimits
from carbonio_mobile.mime.mailitem import MailPatch
from carbonio_mobile.sync.folders import Folder, FolderKind
from tests.interop.test_imap_dovecot import letter
from tests.peers.cyrusimap import CyrusImap, requires_cyrus_imap
from tests.peers.dovecot import JOHN, MARY, Dovecot, requires_dovecot
from tests.peers.imapgateway import ImapGateway, heads, names, store

reactor: Any = _reactor

ALL_RIGHTS = b"lrswipkxtea"


class SharedMixin:
    """What holds on every server. ``shared`` is what stands before a mailbox of MARY's, as JOHN
    sees it; ``owner`` what phones show it below.
    """

    shared = ""
    owner = ""
    port = 0
    gateway: ImapGateway
    mary: ImapConnection
    numbers: ClassVar["count[int]"] = count(1)

    async def begin(self) -> None:
        self.others: list[ImapGateway] = []
        self.gateway = ImapGateway(self.port, shared=(f"{self.shared}*",))
        self.addCleanup(lambda: Deferred.fromCoroutine(self.close()))  # type: ignore[attr-defined]
        self.mary = await self.gateway.connect(MARY)

    async def close(self) -> None:
        self.mary.wire.abort("end of test")
        await self.mary.ended
        for one in (*self.others, self.gateway):
            await one.mailboxes.stop()
            await one.pool.stop()
        for one in (*self.others, self.gateway):
            await one.stop()

    async def share(self, rights: bytes, *, letters: int = 1, below: str = "") -> str:
        """Share a new mailbox of MARY's; gives its name."""
        name = f"{below}Garden{next(self.numbers)}"
        await self.mary.create(name)
        for _ in range(letters):
            await self.mary.append(name, letter("hers"))
        await self.grant(name, rights)
        return name

    async def grant(self, name: str, rights: bytes) -> None:
        await self.mary.run("SETACL", self.mary.name(name), self.mary.name(JOHN), rights)

    async def count(self, name: str) -> int:
        await self.mary.select(name)
        return len(await self.mary.search())

    async def test_what_may_be_written(self) -> None:
        """It stands below its owner, and is a folder like the own ones."""
        name = await self.share(ALL_RIGHTS)
        box = await self.gateway.open(JOHN)
        there = await names(box)
        folder = there[f"{self.owner}/{name}"]
        assert (folder.kind, folder.read_only) == (FolderKind.MAIL, False)
        (one,) = await heads(box, folder.id)
        await box.update(folder.id, {one.item: MailPatch(read=True)})
        await store(box, folder.id, letter("mine"), f"add-{name}")
        assert await self.count(name) == 2
        moved = await box.move(folder.id, [one.item], there["Inbox"].id)
        assert len(moved) == 1
        assert await self.count(name) == 1
        (left,) = await heads(box, folder.id)
        assert await box.delete(folder.id, [left.item]) == {left.item}
        assert await self.count(name) == 0

    async def test_what_may_be_read(self) -> None:
        """Nothing can be done there; ``read_only`` has the commands undo it on the phone."""
        for rights in (b"lr", b"lrs", b"lrsw", b"lrswi"):
            await deferLater(reactor, 1.1)  # Dovecot does not see two changes in a second
            name = await self.share(rights)
            box = await self.gateway.open(JOHN)
            there = await names(box)
            folder = there[f"{self.owner}/{name}"]
            assert folder.read_only, rights
            (one,) = await heads(box, folder.id)
            await self.refused(box.update(folder.id, {one.item: MailPatch(read=True)}))
            await self.refused(store(box, folder.id, letter("mine"), f"add-{name}"))
            await self.refused(box.move(folder.id, [one.item], there["Inbox"].id))
            await self.refused(box.delete(folder.id, [one.item]))
            await self.refused(box.update_folder(folder.id, parent=None, name="mine"))
            await self.refused(box.delete_folder(folder.id))
            assert await self.count(name) == 1
            assert [head.item for head in await heads(box, folder.id)] == [one.item]

    async def refused(self, doing: Awaitable[Any]) -> None:
        with self.assertRaises(ReadOnly):  # type: ignore[attr-defined]
            await doing

    async def test_rights_come_and_go(self) -> None:
        """One that may no longer be written is refused at once; one not to be read is gone."""
        name = await self.share(ALL_RIGHTS)
        box = await self.gateway.open(JOHN)
        folder = (await names(box))[f"{self.owner}/{name}"]
        (one,) = await heads(box, folder.id)
        await self.grant(name, b"lr")
        with self.assertRaises((ReadOnly, Unavailable)):  # type: ignore[attr-defined]
            await store(box, folder.id, letter("mine"), f"late-{name}")  # Cyrus does not say why
        assert (await names(box))[f"{self.owner}/{name}"].read_only
        await self.refused(box.update(folder.id, {one.item: MailPatch(read=True)}))
        await self.grant(name, b"l")
        with self.assertRaises((NotFound, Unavailable)):  # type: ignore[attr-defined]
            await heads(box, folder.id)
        assert f"{self.owner}/{name}" not in await names(box)
        await self.grant(name, ALL_RIGHTS)
        again = (await names(box))[f"{self.owner}/{name}"]
        assert (again.read_only, len(await heads(box, again.id))) == (False, 1)
        await self.mary.run("DELETEACL", self.mary.name(name), self.mary.name(JOHN))
        assert f"{self.owner}/{name}" not in await names(box)

    async def test_a_folder_of_what_is_not_shared(self) -> None:
        """What stands above it is shown to hold it, and holds nothing."""
        await self.mary.create("Lone")
        name = await self.share(b"lr", below="Lone/")
        box = await self.gateway.open(JOHN)
        there = await names(box)
        assert len(await heads(box, there[f"{self.owner}/{name}"].id)) == 1
        above = there[f"{self.owner}/Lone"]
        assert not await heads(box, above.id)
        with self.assertRaises(NotAllowed):  # type: ignore[attr-defined]
            await store(box, above.id, letter("x"), f"up-{name}")

    async def test_only_those_asked_for(self) -> None:
        """Others' mailboxes are opt-in, and never standard folders."""
        with contextlib.suppress(Conflict):
            await self.mary.create("Trash")
        trash = await self.share(ALL_RIGHTS, below="Trash/")
        other = await self.share(ALL_RIGHTS)
        await self.grant("Trash", ALL_RIGHTS)
        box = await self.gateway.open(JOHN)
        there = await names(box)
        assert there[f"{self.owner}/Trash"].kind is FolderKind.MAIL
        assert f"{self.owner}/{trash}" in there
        own = (await box.hierarchy()).standard(FolderKind.TRASH)
        assert own is not None
        assert own.parent is None
        there = await self.seen(f"{self.shared}{other}")
        assert [one for one in there if one.startswith(f"{self.owner}/")] == [
            f"{self.owner}/{other}"
        ]
        assert self.owner not in await self.seen()

    async def seen(self, *patterns: str) -> dict[str, Folder]:
        """Give what is shown with other patterns."""
        gateway = ImapGateway(self.port, shared=patterns)
        self.others.append(gateway)
        return await names(await gateway.open(JOHN))

    async def test_news_of_it(self) -> None:
        """A watch hears of what comes into another's mailbox."""
        name = await self.share(b"lr")
        place = f"{self.shared}{name}"
        heard: list[str | None] = []
        connection = await self.gateway.connect(JOHN)
        watch = ImapWatch(
            connection,
            ["INBOX", place],
            on_change=heard.append,
            clock=reactor,
            chance=random.random,
            limits=WatchLimits(round_s=0.3),
        )
        running = Deferred.fromCoroutine(watch.run())
        while place not in heard:
            await deferLater(reactor, 0.02)
        await deferLater(reactor, 0.7)
        heard.clear()
        await self.mary.append(name, letter("new"))
        while place not in heard:
            await deferLater(reactor, 0.02)
        watch.stop()
        await running
        connection.wire.abort("end of test")
        await connection.ended


@requires_dovecot
class DovecotTests(SharedMixin, TestCase):
    """Dovecot: ``shared/<owner>/``, with NOTIFY."""

    timeout = 60
    shared = f"shared/{MARY}/"
    owner = MARY
    dovecot: ClassVar[Dovecot]

    @classmethod
    def setUpClass(cls) -> None:
        cls.dovecot = Dovecot.started(more="plugin {\n  acl = vfile::cache_secs=0\n}")

    @classmethod
    def tearDownClass(cls) -> None:
        cls.dovecot.remove()

    async def setUp(self) -> None:
        self.port = self.dovecot.imap_port
        await self.begin()


@requires_cyrus_imap
class CyrusTests(SharedMixin, TestCase):
    """Cyrus: ``Other Users/<owner>/``, and no NOTIFY: rounds of STATUS."""

    timeout = 60
    shared = "Other Users/mary/"
    owner = "mary"
    cyrus: ClassVar[CyrusImap]

    @classmethod
    def setUpClass(cls) -> None:
        cls.cyrus = CyrusImap.started()

    @classmethod
    def tearDownClass(cls) -> None:
        cls.cyrus.remove()

    async def setUp(self) -> None:
        self.port = self.cyrus.imap_port
        await self.begin()

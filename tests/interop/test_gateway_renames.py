"""Folders renamed on real IMAP servers keep their ids, and all below them; names of any kind."""

import contextlib
from itertools import count
from typing import Any, ClassVar

from twisted.internet.defer import Deferred
from twisted.trial.unittest import TestCase

from carbonio_mobile.errors import Conflict
from carbonio_mobile.ids import FolderId
from tests.interop.test_imap_dovecot import letter
from tests.peers.cyrusimap import CyrusImap, requires_cyrus_imap
from tests.peers.dovecot import JOHN, Dovecot, requires_dovecot
from tests.peers.imapgateway import ImapGateway, heads, names

ODD = (
    "K\u00e4se",
    "\u4ed5\u4e8b \U0001f600",
    "R&D",
    "a~b",
    "x" * 100,
    "J\u00f6rg's x",
    "\u00c4\u0301",
)


class RenamesMixin:
    """What holds on every server."""

    port = 0
    numbers: ClassVar["count[int]"] = count(1)

    async def begin(self) -> None:
        self.gateway = ImapGateway(self.port)
        self.addCleanup(lambda: Deferred.fromCoroutine(self.close()))  # type: ignore[attr-defined]
        self.client = await self.gateway.connect(JOHN)
        self.box: Any = await self.gateway.open(JOHN)
        self.top = f"Top{next(self.numbers)}"

    async def close(self) -> None:
        self.client.wire.abort("end of test")
        await self.client.ended
        await self.gateway.stop()

    async def shown(self) -> dict[str, FolderId]:
        """Give this test's folders by name, with their ids."""
        there = await names(self.box)
        mine = (self.top, "INBOX", "Inbox", "New")
        return {name: one.id for name, one in there.items() if name.startswith(mine)}

    async def make(self, *below: str) -> None:
        for name in below:
            await self.client.create(f"{self.top}{name}")

    async def test_a_tree(self) -> None:
        """All made in one second, so that Cyrus gives them one UIDVALIDITY; one holds a message."""
        await self.make("", "/a", "/a/deep", "/b", "/c")
        await self.client.append(f"{self.top}/a/deep", letter("kept"))
        before = await self.shown()
        items = await heads(self.box, before[f"{self.top}/a/deep"])
        await self.client.rename(self.top, f"New{self.top}")
        after = await self.shown()
        assert after == {
            one.replace(self.top, f"New{self.top}", 1) if one.startswith(self.top) else one: number
            for one, number in before.items()
        }
        assert await heads(self.box, after[f"New{self.top}/a/deep"]) == items

    async def test_a_parent_that_holds_folders_only(self) -> None:
        """It keeps its id, too."""
        await self.make("/a", "/b", "/b/deep")
        before = await self.shown()
        await self.client.rename(f"{self.top}/b", f"{self.top}/bee")
        after = await self.shown()
        assert after == {one.replace("/b", "/bee"): number for one, number in before.items()}

    async def test_a_folder_below_another(self) -> None:
        """Moved away from its parent."""
        await self.make("", "/a", "/b", "/b/deep")
        before = await self.shown()
        await self.client.rename(f"{self.top}/b", f"{self.top}/a/b")
        after = await self.shown()
        assert after[f"{self.top}/a/b"] == before[f"{self.top}/b"]
        assert after[f"{self.top}/a/b/deep"] == before[f"{self.top}/b/deep"]

    async def test_one_that_went_and_one_that_came(self) -> None:
        """Another folder gets another id."""
        await self.make("", "/gone")
        before = await self.shown()
        await self.client.delete(f"{self.top}/gone")
        await self.make("/came")
        after = await self.shown()
        assert after[f"{self.top}/came"] not in before.values()

    async def test_a_parent_that_is_deleted(self) -> None:
        """Where the server keeps what is below, the folder stays, and what it held is gone."""
        await self.make("", "/below")
        await self.client.append(self.top, letter("gone"))
        before = await self.shown()
        (_,) = await heads(self.box, before[self.top])
        with contextlib.suppress(Conflict):  # Cyrus does not
            await self.client.delete(self.top)
        after = await self.shown()
        assert after[f"{self.top}/below"] == before[f"{self.top}/below"]
        there = {one.name for one in await self.client.mailboxes() if one.is_selectable}
        if self.top not in there:
            assert not await heads(self.box, after[self.top])

    async def test_names(self) -> None:
        """What IMAP can say comes to the phone, is made by it and renamed by it."""
        await self.make("", *(f"/{one}" for one in ODD))
        there = await self.shown()
        for one in ODD:
            folder = there[f"{self.top}/{one}"]
            await self.box.update_folder(folder, parent=None, name=f"{self.top}-{one}")
        after = await self.shown()
        assert {f"{self.top}-{one}" for one in ODD} <= set(after)
        listed = {one.name for one in await self.client.mailboxes()}
        assert {f"{self.top}-{one}" for one in ODD} <= listed

    async def test_below_the_inbox(self) -> None:
        """Folders of the Inbox stand in it."""
        await self.client.create(f"INBOX/{self.top}")
        assert f"Inbox/{self.top}" in await self.shown()


@requires_dovecot
class DovecotTests(RenamesMixin, TestCase):
    """Dovecot: every mailbox has a UIDVALIDITY of its own."""

    timeout = 60
    dovecot: ClassVar[Dovecot]

    @classmethod
    def setUpClass(cls) -> None:
        cls.dovecot = Dovecot.started()

    @classmethod
    def tearDownClass(cls) -> None:
        cls.dovecot.remove()

    async def setUp(self) -> None:
        self.port = self.dovecot.imap_port
        await self.begin()


@requires_cyrus_imap
class CyrusTests(RenamesMixin, TestCase):
    """Cyrus: UIDVALIDITY is the second, and 3.6 tells wrong MAILBOXIDs."""

    timeout = 60
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

"""Connections cut in the midst of a write to Dovecot: it has its effect once (design P1)."""

import os
from collections.abc import Awaitable, Callable
from itertools import count
from typing import Any

import pytest
from twisted.internet.defer import Deferred

from carbonio_mobile.ids import FolderId, OperationId
from carbonio_mobile.mailbox.imapclient.login import Encryption
from carbonio_mobile.mime.mailitem import MailPatch
from carbonio_mobile.sync.folders import FolderKind
from tests.interop.gatewaycase import GatewayCase, name_of, reactor
from tests.peers.cutproxy import Cut, CutProxy
from tests.peers.desktop import letter
from tests.peers.dovecot import requires_dovecot

EVERY = int(os.environ.get("CARBONIO_MOBILE_CUT_EVERY", "61"))
FINE = 11
UNTIL = 700
"""No write of these tests is longer, in octets; whose cut does not come just happens."""
HIDDEN: dict[str, tuple[str, ...]] = {
    "all": (),
    "without MOVE": ("MOVE",),
    "without UIDPLUS": ("UIDPLUS",),
}

Write = Callable[[str], Awaitable[Any]]


@requires_dovecot
class CutTests(GatewayCase):
    """A proxy stands between the gateway and Dovecot."""

    timeout = 600

    async def begin_cut(self, hidden: tuple[str, ...] = ()) -> None:
        await self.stop()
        self.serial = count(1)
        self.proxy = proxy = CutProxy(reactor, self.dovecot.imap_port)
        self.addCleanup(lambda: Deferred.fromCoroutine(proxy.stop()))
        await self.begin(imap_port=self.proxy.port, encryption=Encryption.OFF, hidden=hidden)
        self.inbox, self.trash = (
            await self.kind(FolderKind.INBOX),
            await self.kind(FolderKind.TRASH),
        )

    async def cut_everywhere(self, step: int, prepare: Write, write: Write, check: Write) -> None:
        """Cut a write at each ``step``-th octet, of what is sent and of what comes back."""
        cuts = 0
        for of_server in (False, True):
            for octets in range(1, UNTIL, step):
                name = f"{'back' if of_server else 'there'}-{octets}-{next(self.serial)}"
                await prepare(name)
                self.proxy.cut = cut = Cut(octets, of_server)
                try:
                    await write(name)
                except Exception:
                    self.assertTrue(cut.done, "failed without a cut")
                cuts += cut.done
                over = not cut.done
                self.proxy.cut = None
                if octets % 2:  # another folder may be the first to be looked at
                    await self.until_done(lambda: self.box.token(self.trash))
                await self.until_done(lambda name=name: write(name))  # type: ignore[misc]  # a str
                await check(name)
                if over:
                    break
        self.assertGreater(cuts, 3)

    async def held_once(self, name: str, folder: FolderId, place: str) -> None:
        """See that a message stands in a folder, once, and the mirror is as the server is."""
        there = await self.on_server(place, all_of_them=True)
        self.assertEqual(1, there.count(name), (name, there))
        self.assertEqual(there, await self.names(folder))

    async def appends(self, step: int) -> None:
        async def prepare(name: str) -> None:
            pass

        async def check(name: str) -> None:
            await self.held_once(name, self.inbox, "INBOX")
            again = await self.add(name)
            self.assertEqual(name, name_of((await self.held())[again.item]))

        await self.cut_everywhere(step, prepare, self.add, check)

    async def moves(self, step: int) -> None:
        items: dict[str, Any] = {}

        async def prepare(name: str) -> None:
            items[name] = (await self.until_done(lambda: self.add(name))).item

        async def write(name: str) -> None:
            await self.box.move(self.inbox, [items[name]], self.trash)

        async def check(name: str) -> None:
            left = await self.on_server("INBOX", all_of_them=True)
            self.assertNotIn(name, left)
            self.assertEqual(left, await self.names(self.inbox))
            await self.held_once(name, self.trash, "Trash")

        await self.cut_everywhere(step, prepare, write, check)

    async def marks(self, step: int) -> None:
        items: dict[str, Any] = {}

        async def prepare(name: str) -> None:
            items[name] = (await self.until_done(lambda: self.add(name))).item

        async def write(name: str) -> None:
            patch = MailPatch(read=False, categories=("Garden",))
            await self.box.update(self.inbox, {items[name]: patch})

        async def check(name: str) -> None:
            state = (await self.held())[items[name]].state
            self.assertEqual((False, ("Garden",)), (state.read, state.categories))
            await self.held_once(name, self.inbox, "INBOX")
            await self.box.delete(self.inbox, [items[name]])

        await self.cut_everywhere(step, prepare, write, check)

    async def deletes(self, step: int) -> None:
        items: dict[str, Any] = {}

        async def prepare(name: str) -> None:
            items[name] = (await self.until_done(lambda: self.add(name))).item

        async def write(name: str) -> None:
            await self.box.delete(self.inbox, [items[name]])

        async def check(name: str) -> None:
            left = await self.on_server("INBOX")
            self.assertNotIn(name, left)
            self.assertEqual(left, await self.names())

        await self.cut_everywhere(step, prepare, write, check)

    async def drafts(self, step: int) -> None:
        drafts = await self.kind(FolderKind.DRAFTS)
        items: dict[str, Any] = {}

        async def prepare(name: str) -> None:
            head = await self.until_done(lambda: self.add(f"old-{name}", folder=drafts))
            items[name] = head.item

        async def write(name: str) -> None:
            patch = MailPatch(source=letter(name, 120))
            await self.box.update(drafts, {items[name]: patch})

        async def check(name: str) -> None:
            there = await self.on_server("Drafts")
            self.assertEqual([name], there)
            self.assertEqual(there, await self.names(drafts))
            await self.box.delete(drafts, list(await self.held(drafts)))

        await self.cut_everywhere(step, prepare, write, check)

    async def folders_made(self, step: int) -> None:
        async def prepare(name: str) -> None:
            pass

        async def write(name: str) -> None:
            made = await self.box.create_folder(
                None, name, FolderKind.MAIL, operation=OperationId(f"make-{name}")
            )
            await self.box.update_folder(made.id, parent=None, name=f"new-{name}")

        async def check(name: str) -> None:
            found = [one for one in await self.folders() if name in one]
            self.assertEqual([f"new-{name}"], found)

        await self.cut_everywhere(step, prepare, write, check)

    async def test_folders(self) -> None:
        """A folder is made and renamed once, and a repeat gives the same one."""
        await self.begin_cut()
        await self.folders_made(EVERY // 2)

    async def test_appends(self) -> None:
        """What was stored stands there once, and a repeat gives the same item."""
        await self.begin_cut()
        await self.appends(EVERY)

    async def test_appends_untold(self) -> None:
        """The same where the server does not tell UIDs."""
        await self.begin_cut(HIDDEN["without UIDPLUS"])
        await self.appends(EVERY)

    async def test_moves(self) -> None:
        """What was moved stands in the target, once."""
        await self.begin_cut()
        await self.moves(EVERY)

    async def test_moves_by_copy(self) -> None:
        """The same where the server lacks MOVE."""
        await self.begin_cut(HIDDEN["without MOVE"])
        await self.moves(EVERY)

    async def test_moves_untold(self) -> None:
        """The same where the server does not tell UIDs."""
        await self.begin_cut(HIDDEN["without UIDPLUS"])
        await self.moves(EVERY)

    async def test_marks(self) -> None:
        """Flags are set and taken off."""
        await self.begin_cut()
        await self.marks(EVERY)

    async def test_deletes(self) -> None:
        """What was deleted is shown nowhere."""
        await self.begin_cut()
        await self.deletes(EVERY)

    async def test_drafts(self) -> None:
        """Of an old draft and a new one, one is left, and it is the new one."""
        await self.begin_cut()
        await self.drafts(EVERY)

    async def finely(self, hidden: str) -> None:
        await self.begin_cut(HIDDEN[hidden])
        await self.appends(FINE)
        await self.moves(FINE)
        if "UIDPLUS" not in hidden:
            await self.marks(FINE)
            await self.deletes(FINE)
            await self.drafts(FINE)

    @pytest.mark.long
    async def test_finely(self) -> None:
        """The same, cut at each eleventh octet."""
        await self.finely("all")

    @pytest.mark.long
    async def test_finely_without_move(self) -> None:
        """The same where the server lacks MOVE."""
        await self.finely("without MOVE")

    @pytest.mark.long
    async def test_finely_without_uidplus(self) -> None:
        """The same where the server does not tell UIDs."""
        await self.finely("without UIDPLUS")

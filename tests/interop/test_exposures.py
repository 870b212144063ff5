"""Exposed address books, over the admin socket of a whole daemon.

Spec: ../shared/carbonio/cli.md 2.3.
"""

import os
import shutil
import sys
import tempfile
from pathlib import Path

from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.utils import getProcessOutputAndValue
from twisted.trial.unittest import TestCase

from carbonio_mobile.accounts.opening import open_store
from carbonio_mobile.accounts.passwords import FULL_COST
from carbonio_mobile.ids import AccountId, FolderId, OperationId
from carbonio_mobile.service.parts import Parts
from carbonio_mobile.service.prepare import prepare
from carbonio_mobile.service.source import SettingsSource
from carbonio_mobile.service.wiring import Daemon

_VCARD = b"BEGIN:VCARD\r\nVERSION:4.0\r\nUID:1\r\nFN:Ann Partner\r\nEND:VCARD\r\n"


class ExposureTests(TestCase):
    """A daemon with John and Mary, who has a contact."""

    timeout = 120

    def setUp(self) -> None:
        """Make the accounts."""
        self.folder = Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)
        self.data = self.folder / "data"
        self.data.mkdir(mode=0o700)
        store = open_store(self.data, FULL_COST)
        store.create_domain("example.com")
        self.john, self.mary = (
            store.create_account(f"{name}@example.com", "secret-enough")
            for name in ("john", "mary")
        )
        store.close()

    async def start(self) -> tuple[Daemon, Parts]:
        """Start the daemon."""
        file = self.folder / "a.toml"
        file.write_text(
            f'[server]\ndata = "{self.data}"\neas = ["tcp:0:interface=127.0.0.1"]\n'
            "[process]\nrelease_spread_s = 0\n"
        )
        source = SettingsSource(file=file, demo=False, overrides={})
        settings = source.read()
        prepared = prepare(settings, reactor, with_demo=False)
        daemon = Daemon(source=source, settings=settings, prepared=prepared, reactor=reactor)
        self.addCleanup(lambda: Deferred.fromCoroutine(daemon.end()))
        await daemon.begin()
        assert daemon._parts is not None
        return daemon, daemon._parts

    async def typed(self, *words: str) -> str:
        """Type a line that is to succeed; gives its output."""
        out, errors, status = await getProcessOutputAndValue(
            sys.executable,
            ["-m", "carbonio_mobile.cli.main", "--socket", str(self.data / "admin.sock"), *words],
            env={**os.environ, "XDG_STATE_HOME": str(self.folder)},
        )
        self.assertEqual((status, errors), (0, b""))
        return str(out.decode())

    async def seen(self, parts: Parts, viewer: AccountId) -> dict[str, int]:
        """Give how many entries each book has that an account sees."""
        account = await parts.services.accounts.account(viewer)
        shelf = await parts.address_books.shelf(account)
        return {shown.name: len(shown.index) for shown in shelf.shown}

    async def test_a_book_is_seen_at_once_and_an_orphan_does_no_harm(self) -> None:
        """Exposed, deleted with its account, listed, and removed by the account's id."""
        _daemon, parts = await self.start()
        box = await parts.mail.mailboxes.open(self.mary)
        await box.add_object(FolderId("7"), _VCARD, operation=OperationId("1"))
        own = {"/Contacts": 0, "InternalGAL/_zextras": 2}
        self.assertEqual(await self.seen(parts, self.john), own)
        book = ("mobile", "addressBook")
        await self.typed(*book, "add", "domain", "example.com", "mary@example.com", "7")
        self.assertEqual(await self.seen(parts, self.john), {**own, "mary/Contacts": 1})
        await self.typed("prov", "deleteAccount", "mary@example.com")
        listed = await self.typed(*book, "list", "domain", "example.com")
        self.assertIn("(deleted)", listed)
        self.assertIn(self.mary, listed)
        await self.until_gone(parts)
        await self.typed(*book, "remove", "domain", "example.com", self.mary, "all")
        self.assertNotIn(self.mary, await self.typed(*book, "list", "domain", "example.com"))

    async def until_gone(self, parts: Parts) -> None:
        """Wait until Mary and her book are seen no more: within a second."""
        for _ in range(20):
            if await self.seen(parts, self.john) == {"/Contacts": 0, "InternalGAL/_zextras": 1}:
                return
            pause: Deferred[None] = Deferred()
            reactor.callLater(0.05, pause.callback, None)
            await pause
        self.fail(str(await self.seen(parts, self.john)))

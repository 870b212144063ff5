"""A desktop client changes a mailbox on Dovecot while a phone syncs it (issue 6, section 6)."""

import imaplib
import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from random import Random
from shutil import rmtree
from tempfile import mkdtemp
from typing import ClassVar

import pytest
from twisted.internet.task import deferLater
from twisted.internet.threads import deferToThread
from twisted.trial.unittest import TestCase

from carbonio_mobile.errors import NotFound, Unavailable
from carbonio_mobile.ids import AccountId, FolderId
from carbonio_mobile.mailbox.gateway.mailbox import GatewayMailbox
from carbonio_mobile.mailbox.imapclient.login import Encryption
from carbonio_mobile.mailbox.memory import no_quota
from carbonio_mobile.sync.folders import FolderKind, Hierarchy
from carbonio_mobile.testing.contracts.mailbox_fixture import RecordingSink
from tests.interop.gatewaycase import LIMITS, reach, reactor
from tests.peers.cutproxy import Cut, CutProxy
from tests.peers.desktop import Desktop, Mail
from tests.peers.dovecot import Dovecot, requires_dovecot
from tests.peers.gateway import Gateway
from tests.peers.modelphone import ModelPhone

JOHN = AccountId("john-1")
STEPS = 80
LONG_RUNS = int(os.environ.get("CARBONIO_MOBILE_WALKS", "20"))

ALL: tuple[str, ...] = ()
NO_HISTORY = ("CONDSTORE", "QRESYNC", "ENABLE", "LIST-STATUS", "ESEARCH")
NO_QRESYNC = ("QRESYNC",)
NO_MOVE = ("MOVE",)
NO_UIDPLUS = ("UIDPLUS",)
NEITHER = ("MOVE", "UIDPLUS", *NO_HISTORY)


@requires_dovecot
class DesktopTests(TestCase):
    """The phone's model equals the mailbox at rest; nothing twice, nothing lost (design P2)."""

    timeout = 120
    maxDiff = None
    dovecot: ClassVar[Dovecot]
    numbers: ClassVar["count[int]"]

    @classmethod
    def setUpClass(cls) -> None:
        cls.dovecot = Dovecot.started()
        cls.numbers = count(1)

    @classmethod
    def tearDownClass(cls) -> None:
        cls.dovecot.remove()

    async def walk(
        self, seed: int, hidden: Sequence[str] = ALL, steps: int = STEPS, *, cut: bool = False
    ) -> None:
        """Play one game on an account of its own, its server without some of its capabilities.

        ``cut``: connections are lost at times.
        """
        user = f"walker{next(self.numbers)}@example.com"
        self.dovecot.add_user(user)
        random, data = Random(seed), Path(mkdtemp())
        proxy = CutProxy(reactor, self.dovecot.imap_port)
        gateway = Gateway(
            data,
            self.dovecot,
            user_of=lambda _: user,
            sink=RecordingSink(),
            quota_of=no_quota,
            message_limit_bytes=1 << 20,
            hidden=hidden,
            options={"flags_s": 0.0, "doubt_s": 0.1},
            imap_port=proxy.port,
            encryption=Encryption.OFF,
            limits=LIMITS,
        )
        client = await deferToThread(reach, self.dovecot, user)
        done: list[str] = []
        game = Game(await gateway.mailboxes.open(JOHN), client, random, proxy if cut else None)
        try:
            await self.play(game, steps, done)
        except BaseException:
            print(f"seed {seed}, without {hidden}:", *done, sep="\n  ")
            raise
        finally:
            await deferToThread(client.logout)
            await gateway.stop()
            await proxy.stop()
            rmtree(data)

    async def play(self, game: "Game", steps: int, done: list[str]) -> None:
        async def disturb() -> None:
            done.append(await deferToThread(game.desktop.act))

        phone = ModelPhone(game.box, game.random, disturb)
        await phone.sync_folders()
        for step in range(steps):
            if game.random.random() < 0.5:
                await disturb()
            else:
                done.append(f"phone {game.cut_soon()}")
                await phone.act()
                game.cut_no_more()
            if step % 40 == 39:
                await self.check(game, phone)
        await self.check(game, phone)

    async def check(self, game: "Game", phone: ModelPhone) -> None:
        """Let the phone come to rest, and compare what it shows with what there is."""
        box, desktop = game.box, game.desktop
        box.tree.stale()  # the folders may have been looked at a moment ago
        await settled(phone)
        places = await deferToThread(desktop.mailboxes)
        there = {place: await deferToThread(desktop.contents, place) for place in places}
        hierarchy = await box.hierarchy()
        shown = {
            _place(hierarchy, folder): one.items.values()
            for folder, one in phone.collections.items()
        }
        self.assertEqual(_for_eyes(there), _for_eyes(shown))
        everything = [name for one in places for name in await deferToThread(desktop.names, one)]
        sent = {*desktop.sent, *phone.stored}
        self.assertEqual(set(), sent - desktop.lost - phone.deleted - set(everything), "lost")
        often = {name for name, times in Counter(everything).items() if times > 1}
        self.assertEqual(set(), often - desktop.copied, "doubled")

    async def test_with_history(self) -> None:
        """CONDSTORE, QRESYNC, MOVE, UIDPLUS: all that Dovecot has."""
        await self.walk(new_seed())

    async def test_without_modseq(self) -> None:
        """A server that keeps no history: flags and UIDs are compared."""
        await self.walk(new_seed(), NO_HISTORY)

    async def test_without_qresync(self) -> None:
        """A server that tells what changed, but not what went."""
        await self.walk(new_seed(), NO_QRESYNC)

    async def test_without_move(self) -> None:
        """Messages are copied and expunged."""
        await self.walk(new_seed(), NO_MOVE)

    async def test_without_uidplus(self) -> None:
        """The new UIDs are looked for; what cannot be expunged by itself stays."""
        await self.walk(new_seed(), NO_UIDPLUS)

    async def test_without_all_of_it(self) -> None:
        """Nothing can be moved or deleted, the rest is done."""
        await self.walk(new_seed(), NEITHER)

    async def test_on_bad_lines(self) -> None:
        """Connections are lost at any octet."""
        await self.walk(new_seed(), cut=True)

    async def test_copying_on_bad_lines(self) -> None:
        """Connections are lost, between copying and expunging too."""
        await self.walk(new_seed(), NO_MOVE, cut=True)

    @pytest.mark.long
    async def test_many_walks(self) -> None:
        """The same, many times."""
        for number in range(LONG_RUNS):
            for hidden in (ALL, NO_HISTORY, NO_QRESYNC, NO_MOVE, NO_UIDPLUS, NEITHER):
                await self.walk(new_seed(), hidden, 3 * STEPS, cut=bool(number % 2))

    test_many_walks.timeout = 3600  # type: ignore[attr-defined]  # of trial


@dataclass
class Game:
    """One mailbox, both who use it, and what stands between the server and one of them."""

    box: GatewayMailbox
    client: imaplib.IMAP4
    random: Random
    proxy: CutProxy | None

    def __post_init__(self) -> None:
        self.desktop = Desktop(self.client, self.random)

    def cut_soon(self) -> str:
        """Have the connection cut at times, at some octet; gives where."""
        if self.proxy is None or self.random.random() < 0.6:
            return ""
        octets = self.random.choice((200, 1000, 4000))
        self.proxy.cut = Cut(self.random.randrange(1, octets), self.random.random() < 0.5)
        return f"cut at {self.proxy.cut.octets} of {self.proxy.cut.of_server}"

    def cut_no_more(self) -> None:
        """Let all connections live."""
        if self.proxy is not None:
            self.proxy.cut = None


async def settled(phone: ModelPhone) -> None:
    """Have a phone come to rest, however often it has to come again."""
    for _ in range(100):
        try:
            await phone.settle()
        except (Unavailable, NotFound):
            await deferLater(reactor, 0.02)
        else:
            return
    raise AssertionError("the phone never came to rest")


def new_seed() -> int:
    """Give a seed; the failing one is printed."""
    return Random().randrange(10**9)


def _for_eyes(found: Mapping[str, Iterable[Mail]]) -> dict[str, list[str]]:
    return {
        place: sorted(f"{name} {' '.join(sorted(flags))}" for name, flags in mails)
        for place, mails in found.items()
    }


def _place(hierarchy: Hierarchy, folder: FolderId) -> str:
    """Give the name that a folder has on the server, by its names on the phone."""
    one = hierarchy.find(folder)
    assert one is not None
    if one.kind is FolderKind.INBOX:
        return "INBOX"
    return one.name if one.parent is None else f"{_place(hierarchy, one.parent)}/{one.name}"

"""Watches of accounts on Debian's Dovecot: wake-ups, what is covered, what it costs, faults."""

import random
import socket
from collections.abc import Awaitable, Collection, Mapping
from time import monotonic
from typing import Any

import pytest
from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import Clock, deferLater
from twisted.internet.threads import deferToThread

from carbonio_mobile.changes.hub import ChangeHub
from carbonio_mobile.ids import AccountId, FolderId
from carbonio_mobile.imap.responses import Fetch
from carbonio_mobile.imap.uidsets import UidSet
from carbonio_mobile.mailbox.gateway.push.shares import WatchesLimits, WatchMeans
from carbonio_mobile.mailbox.gateway.push.watching import Watches
from carbonio_mobile.mailbox.imapclient.connection import ImapConnection
from carbonio_mobile.mailbox.imapclient.login import Encryption, PasswordLogin
from carbonio_mobile.mailbox.imapclient.pool import ImapPool, PoolLimits
from carbonio_mobile.mailbox.imapclient.watch import WatchLimits
from tests.interop.test_imap_dovecot import DovecotCase, letter
from tests.peers.dovecot import JOHN, PASSWORD, requires_dovecot

ANN = AccountId("ann")
INBOX, SENT, TRASH = FolderId("5"), FolderId("6"), FolderId("7")
MAILBOXES = {INBOX: "INBOX", SENT: "Sent", TRASH: "Trash"}
LIMITS = WatchesLimits(first_pause_s=0.2, longest_pause_s=1.0, watch=WatchLimits(round_s=0.5))
TOLD_WITHIN_S = 0.5
"""Dovecot's own delay."""

Model = dict[str, dict[int, frozenset[str]]]


class Mirror:
    """As much of a mailbox on the gateway as a watch needs: UIDs and flags of each mailbox, and
    the names of all, as they were when they were looked at.
    """

    def __init__(self, pool: ImapPool, hub: ChangeHub) -> None:
        self.pool = pool
        self.hub = hub
        self.model: Model = {}
        self.names: set[str] = set()
        self.looks: list[str | None] = []

    async def on_news(self, account: AccountId, mailbox: str | None) -> None:
        self.looks.append(mailbox)
        async with self.pool.lent(account, mailbox) as connection:
            if mailbox is None:
                self.names = await names_of(connection)
                return
            found = await contents(connection, mailbox)
        before = self.model.get(mailbox)
        self.model[mailbox] = found
        folder = next(one for one, name in MAILBOXES.items() if name == mailbox)
        if before is not None and found != before:
            self.hub.folder_changed(account, folder, arrival=bool(found.keys() - before.keys()))


async def names_of(connection: ImapConnection) -> set[str]:
    return {one.name for one in await connection.mailboxes(status=False)}


async def contents(connection: ImapConnection, mailbox: str) -> dict[int, frozenset[str]]:
    found: list[Fetch] = []
    await connection.unselect()
    await connection.select(mailbox, read_only=True)
    await connection.fetch(UidSet.from_on(1), ("UID", "FLAGS"), found.append)
    return {
        one.uid: frozenset(map(str.lower, one.flags)) - {"\\recent"}
        for one in found
        if one.uid is not None and one.flags is not None
    }


async def watching_names(
    account: AccountId, folders: Collection[FolderId]
) -> Mapping[FolderId, str]:
    return {one: MAILBOXES[one] for one in folders if one in MAILBOXES}


async def no_poll(account: AccountId, folders: Collection[FolderId]) -> None:
    raise AssertionError(f"no calendars here: {folders}")


class WatchingCase(DovecotCase):
    """Watches, a hub and a mirror of each test's own."""

    async def setUp(self) -> None:
        await super().setUp()
        self.commands: list[str] = []
        self.lacks: set[str] = set()
        self.chance = random.Random(1).random
        login = PasswordLogin(user=JOHN, password=PASSWORD)
        pool = ImapPool(
            reach=lambda _: self.reach().open(login),
            clock=reactor,
            chance=self.chance,
            limits=PoolLimits(first_pause_s=0.1),
        )
        self.addCleanup(lambda: Deferred.fromCoroutine(pool.stop()))
        self.pool = pool
        self.build(reactor)

    def build(self, clock: IReactorTime, limits: WatchesLimits = LIMITS) -> None:
        means = WatchMeans(
            open=self.open_watch,
            names=watching_names,
            poll=no_poll,
            on_news=lambda account, mailbox: self.mirror.on_news(account, mailbox),
        )
        self.watches = Watches(means, clock=clock, chance=self.chance, limits=limits)
        self.hub = ChangeHub(clock, interest=self.watches)
        self.mirror = Mirror(self.pool, self.hub)
        watches = self.watches
        self.addCleanup(lambda: Deferred.fromCoroutine(watches.stop()))

    async def open_watch(self, account: AccountId) -> ImapConnection:
        connection = await self.open(PasswordLogin(user=JOHN, password=PASSWORD))
        connection.capabilities -= self.lacks
        if self.lacks:
            connection.server = {}  # one that does not sleep
        self.count_commands(connection)
        return connection

    def count_commands(self, connection: ImapConnection) -> None:
        run = connection.wire.run

        def counting(command: Any, **manner: Any) -> Awaitable[Any]:
            self.commands.append(command.name)
            return run(command, **manner)

        connection.wire.run = counting  # type: ignore[assignment,method-assign]  # to count

    async def covered(self, *mailboxes: str | None) -> None:
        """Wait until they are covered."""
        while not all(self.watches.is_covered(ANN, one) for one in mailboxes):
            await deferLater(reactor, 0.01)


@requires_dovecot
class WatchingTests(WatchingCase):
    """On the store that Dovecot has as its own."""

    async def test_a_delivery_wakes(self) -> None:
        """Parked devices of the account, by NOTIFY and by IDLE; and a letter in another folder."""
        for self.lacks in (set(), {"NOTIFY"}):
            self.build(reactor)
            parked = [self.hub.watch(ANN, (INBOX, SENT), latency_s=0) for _ in range(3)]
            await self.covered("INBOX")
            waits = [one.wait(30) for one in parked]
            await deferToThread(self.dovecot.deliver, letter("new"))
            for wait in waits:
                self.assertEqual({INBOX}, (await wait).folders)
            again = parked[0].wait(30)
            await self.connection.append("Sent", letter("sent"))
            self.assertEqual({SENT}, (await again).folders)
            for one in parked:
                one.close()
            await self.watches.stop()
            self.assertEqual(0, self.watches.connections)

    async def test_what_is_covered_is_known(self) -> None:
        """Whatever another client does: what the watch says is covered, the mirror has; at once
        when the server was asked to catch up.
        """
        chance = random.Random(20260)
        parked = self.hub.watch(ANN, tuple(MAILBOXES), latency_s=0)
        await self.covered(*MAILBOXES.values())
        other = await self.open()
        made: list[str] = []
        until = monotonic() + 5
        while monotonic() < until:
            for _ in range(chance.randrange(1, 6)):
                await self.do_something(other, chance, made)
                await deferLater(reactor, chance.choice((0, 0, 0.02, 0.3)))
            await other.unselect()
            if chance.random() < 0.3:
                await deferLater(reactor, TOLD_WITHIN_S + 0.3)
            self.assertTrue(await self.watches.catch_up(ANN))
            await self.covered(*MAILBOXES.values())
            for mailbox in MAILBOXES.values():
                self.assertEqual(
                    await contents(self.connection, mailbox), self.mirror.model[mailbox], mailbox
                )
        parked.close()

    async def do_something(
        self, other: ImapConnection, chance: random.Random, made: list[str]
    ) -> None:
        """Do one of the things that clients do."""
        mailbox = chance.choice(list(MAILBOXES.values()))
        deed = chance.randrange(7)
        if deed == 0:
            await deferToThread(self.dovecot.deliver, letter("new"))
        elif deed == 1:
            await other.append(mailbox, letter("put"))
        elif deed == 2:
            await self.change_list(other, chance, made)
        else:
            await other.select(mailbox)
            uids = list(await other.search())
            some = UidSet.of(chance.sample(uids, min(len(uids), 2)))
            flag = chance.choice(("\\Seen", "\\Flagged", "\\Answered", "$Forwarded", "work"))
            if deed <= 4 and uids:
                await other.store(some, chance.choice("+-"), (flag,))
            elif deed == 5 and uids:
                await other.expunge(some)
            elif uids:
                await other.move(some, chance.choice(["INBOX", "Sent", "Trash"]))

    async def change_list(
        self, other: ImapConnection, chance: random.Random, made: list[str]
    ) -> None:
        if not made:
            made.append(f"Neu {chance.randrange(10**9)}")
            await other.create(made[-1])
        elif chance.random() < 0.5:
            await other.rename(made[-1], new := f"Anders {chance.randrange(10**9)}")
            made[-1] = new
        else:
            await other.delete(made.pop())

    async def test_commands_of_an_hour(self) -> None:
        """Ten devices that Ping all day: at most four commands an hour, and no further login."""
        for self.lacks, most in ((set(), 4), ({"NOTIFY"}, 8)):
            clock = Clock()
            self.build(clock)
            self.commands.clear()
            parked = [self.hub.watch(ANN, (INBOX,), latency_s=0) for _ in range(10)]
            while not self.watches.is_covered(ANN, "INBOX"):
                clock.advance(0.05)
                await deferLater(reactor, 0.01)
            begun = len(self.opened)
            self.commands.clear()
            for minute in range(60):
                clock.advance(60)
                for _ in range(3):
                    await deferLater(reactor, 0.005)
                    clock.advance(0)
                if minute % 8 == 0:
                    for one in parked:
                        one.close()
                    parked = [self.hub.watch(ANN, (INBOX,), latency_s=0) for _ in range(10)]
            self.assertLessEqual(len(self.commands), most, self.commands)
            self.assertGreater(len(self.commands), 1)
            self.assertEqual(begun, len(self.opened))
            self.assertTrue(self.watches.is_covered(ANN, "INBOX"))
            for one in parked:
                one.close()
            await self.watches.stop()

    async def test_the_list_of_mailboxes(self) -> None:
        """New and deleted ones are heard of; a renamed one at the latest with a letter in it."""
        parked = self.hub.watch(ANN, (INBOX,), latency_s=0)
        other = await self.open()
        await self.covered("INBOX")
        self.assertFalse(self.watches.is_covered(ANN, None))
        await other.create("Old")
        await self.known("Old")
        await other.rename("Old", "New")
        await other.append("New", letter("x"))
        await self.known("New")
        await other.delete("New")
        await self.known()
        parked.close()

    async def known(self, *names: str) -> None:
        """Wait until the mirror has these mailboxes and the usual ones."""
        while self.mirror.names != {"INBOX", "Drafts", "Sent", "Trash", "Junk", *names}:
            await deferLater(reactor, 0.01)

    async def test_a_restart(self) -> None:
        """What came while Dovecot was away is found when it is back."""
        parked = self.hub.watch(ANN, (INBOX, SENT), latency_s=0)
        await self.covered("INBOX", "Sent")
        await deferToThread(self.dovecot.stop)
        while self.watches.is_covered(ANN, "INBOX"):
            await deferLater(reactor, 0.01)
        await deferToThread(self.dovecot.start)
        await deferToThread(self.dovecot.deliver, letter("meanwhile"))
        self.assertEqual({INBOX}, (await parked.wait(30)).folders)
        await self.covered("INBOX", "Sent")
        parked.close()

    async def test_a_folder_that_is_deleted(self) -> None:
        """The watch goes on; one that never was does no harm either."""
        connection = await self.open()
        await connection.create("Later")
        self.patch_mailbox(TRASH, "Later")
        parked = self.hub.watch(ANN, (INBOX, TRASH), latency_s=0)
        await self.covered("INBOX")
        await connection.delete("Later")
        while "Later" in self.mirror.names or not self.mirror.names:
            await deferLater(reactor, 0.01)
        parked.close()
        parked = self.hub.watch(ANN, (INBOX, SENT, TRASH), latency_s=0)
        await self.covered("INBOX", "Sent")
        await deferToThread(self.dovecot.deliver, letter("new"))
        self.assertEqual({INBOX}, (await parked.wait(30)).folders)
        parked.close()

    def patch_mailbox(self, folder: FolderId, name: str) -> None:
        before = MAILBOXES[folder]
        MAILBOXES[folder] = name
        self.addCleanup(MAILBOXES.__setitem__, folder, before)

    async def test_silence_is_noticed(self) -> None:
        """The system asks the peer of a silent connection, encrypted or not."""
        for encryption, port in (
            (Encryption.STARTTLS, self.dovecot.imap_port),
            (Encryption.WRAPPED, self.dovecot.imaps_port),
        ):
            self.build(reactor)
            opened = await self.open(encryption=encryption, port=port)

            async def give(_account: AccountId, one: ImapConnection = opened) -> ImapConnection:
                return one

            means = WatchMeans(
                open=give, names=watching_names, poll=no_poll, on_news=self.mirror.on_news
            )
            self.watches = Watches(means, clock=reactor, chance=self.chance, limits=LIMITS)
            self.watches.watched(ANN, (INBOX,))
            await self.covered("INBOX")
            peer: Any = opened.wire.transport
            self.assertTrue(peer.socket.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE))
            await self.watches.stop()


@pytest.mark.long
@requires_dovecot
class MaildirWatchingTests(WatchingTests):
    """The same on Maildir."""

    store = "maildir"


del DovecotCase, WatchingCase

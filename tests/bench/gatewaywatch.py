"""Measure watches on Dovecot: memory of a parked device, delivery to wake-up, commands of an hour.

    PYTHONPATH=src:. python tests/bench/gatewaywatch.py [ACCOUNTS] [LETTERS]

Of each account ten devices are parked in the change hub; their own coroutines and connections are
not here (tests/bench/held_connections.py). Dovecot's memory is what its processes have for
themselves and their share of what they have together (Pss), beyond what it had before; ours is
resident memory. A wake-up is counted from the moment at which LMTP has said yes. With more accounts
than fs.inotify.max_user_instances Dovecot has late news of the others.
"""

import gc
import os
import random
import smtplib
import sys
import time
from pathlib import Path

from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock, deferLater, react
from twisted.internet.threads import deferToThread

from carbonio_mobile.changes.hub import ChangeHub
from carbonio_mobile.ids import AccountId, FolderId
from carbonio_mobile.mailbox.gateway.push.shares import WatchesLimits, WatchMeans
from carbonio_mobile.mailbox.gateway.push.watching import Watches
from carbonio_mobile.mailbox.imapclient.login import (
    Encryption,
    ImapReach,
    ImapServer,
    PasswordLogin,
)
from carbonio_mobile.mailbox.imapclient.pool import ImapPool, PoolLimits
from carbonio_mobile.mailbox.imapclient.watch import WatchLimits
from tests.peers.dovecot import PASSWORD, Dovecot

ACCOUNTS = int(sys.argv[1]) if len(sys.argv) > 1 else 60
LETTERS = int(sys.argv[2]) if len(sys.argv) > 2 else 60
DEVICES = 10
INBOX, SENT, TRASH = FolderId("5"), FolderId("6"), FolderId("7")
MAILBOXES = {INBOX: "INBOX", SENT: "Sent", TRASH: "Trash"}
ASLEEP = """
imap_hibernate_timeout = 5s
service imap {
  unix_listener imap-master {
    mode = 0666
  }
}
service imap-hibernate {
  chroot =
  unix_listener imap-hibernate {
    mode = 0666
  }
}
"""


class Side:
    """Watches over accounts of one Dovecot, with a mirror that knows how far each mailbox is."""

    def __init__(self, dovecot, clock, *, by_idle):
        server = ImapServer(host="127.0.0.1", port=dovecot.imap_port, encryption=Encryption.OFF)
        reach = ImapReach(server, reactor=reactor, identity=("carbonio-mobile", "bench"))
        self.commands = 0
        self.known = {}

        async def open_watch(account):
            connection = await reach.open(PasswordLogin(user=account, password=PASSWORD))
            run = connection.wire.run

            def counting(command, **manner):
                self.commands += 1
                return run(command, **manner)

            connection.wire.run = counting
            return connection

        chance = random.Random(1).random
        self.pool = ImapPool(
            reach=lambda account: reach.open(PasswordLogin(user=account, password=PASSWORD)),
            clock=reactor,
            chance=chance,
            limits=PoolLimits(idle_s=3.0),
        )
        means = WatchMeans(open=open_watch, names=self.names, poll=self.poll, on_news=self.on_news)
        limits = WatchesLimits(logins=16, watch=WatchLimits(by_idle=by_idle))
        self.watches = Watches(means, clock=clock, chance=chance, limits=limits)
        self.hub = ChangeHub(clock, interest=self.watches)

    async def names(self, _account, folders):
        return {one: MAILBOXES[one] for one in folders}

    async def poll(self, _account, _folders):
        pass

    async def on_news(self, account, mailbox):
        """Ask how far a mailbox is, and wake if a message came."""
        if mailbox is None:
            return
        async with self.pool.lent(account) as connection:
            numbers = dict((await connection.status(mailbox)).numbers)
        before = self.known.get((account, mailbox))
        self.known[account, mailbox] = numbers["UIDNEXT"]
        if before is not None and numbers["UIDNEXT"] > before:
            folder = next(one for one, name in MAILBOXES.items() if name == mailbox)
            self.hub.folder_changed(account, folder, arrival=True)

    async def park(self, accounts, folders):
        """Park the devices and wait until all is covered."""
        waits = []
        for account in accounts:
            for _ in range(DEVICES):
                watch = self.hub.watch(account, folders, latency_s=0)
                waits.append(watch.wait(3540))
        for account in accounts:
            while (account, "INBOX") not in self.known:
                await deferLater(reactor, 0.05)
        return waits

    async def stop(self):
        await self.watches.stop()
        await self.pool.stop()


def dovecots_kib(dovecot):
    """Give the memory of Dovecot's processes."""
    total = 0
    for one in dovecot.processes():
        try:
            lines = Path(f"/proc/{one}/smaps_rollup").read_text().splitlines()
        except OSError:
            continue
        total += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total


def our_kib():
    """Give the memory that is resident of this process."""
    gc.collect()
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:"))


def deliver(dovecot, account):
    """Deliver a letter; give when Dovecot had it."""
    with smtplib.LMTP("127.0.0.1", dovecot.lmtp_port, local_hostname="bench") as client:
        client.sendmail("a@example.net", [account], b"Subject: x\r\n\r\nHello\r\n")
        return time.monotonic()


async def latencies(side, dovecot, accounts):
    """Deliver letters one after the other; give the milliseconds to each wake-up, and how many
    woke nobody in ten seconds.
    """
    found, lost = [], 0
    chance = random.Random(2)
    for _ in range(LETTERS):
        account = chance.choice(accounts)
        watch = side.hub.watch(account, (INBOX,), latency_s=0)
        wait = watch.wait(10)
        woken = Deferred()
        wait.addCallback(
            lambda wake, woken=woken: woken.callback(time.monotonic() if wake.folders else None)
        )
        told = await deferToThread(deliver, dovecot, account)
        if (at := await woken) is None:
            lost += 1
        else:
            found.append((at - told) * 1000)
        watch.close()
        await deferLater(reactor, 0.02)
    return sorted(found), lost


async def measure(name, *, by_idle, more="", settle_s=6.0):
    """Park all on a new Dovecot, and print what it takes."""
    dovecot = Dovecot.started(more=more)
    try:
        accounts = [AccountId(f"user{number}@example.com") for number in range(ACCOUNTS)]
        for account in accounts:
            dovecot.add_user(account)
        await deferLater(reactor, 1.5)
        folders = (INBOX,) if by_idle else tuple(MAILBOXES)
        side = Side(dovecot, reactor, by_idle=by_idle)
        await deferToThread(deliver, dovecot, accounts[0])
        theirs, ours = dovecots_kib(dovecot), our_kib()
        cpu, began = dovecot.cpu_s() + time.process_time(), time.monotonic()
        await side.park(accounts, folders)
        spent = dovecot.cpu_s() + time.process_time() - cpu
        took = time.monotonic() - began
        await deferLater(reactor, settle_s)
        devices = ACCOUNTS * DEVICES
        print(
            f"{name}: {ACCOUNTS} accounts up in {took:.1f} s, {spent / ACCOUNTS * 1e3:.1f} ms CPU"
            f" each with Dovecot's; memory a device: ours {(our_kib() - ours) / devices:.1f},"
            f" Dovecot's {(dovecots_kib(dovecot) - theirs) / devices:.1f} KiB"
        )
        found, lost = await latencies(side, dovecot, accounts)
        print(
            f"{name}: LMTP's yes to wake-up, {LETTERS} letters: p50 {found[len(found) // 2]:.0f},"
            f" p99 {found[int(len(found) * 0.99)]:.0f}, longest {found[-1]:.0f} ms;"
            f" lost {lost}"
        )
        await side.stop()
    finally:
        dovecot.remove()


async def commands_of_an_hour():
    """Print what an idle account costs the server, whose devices Ping every eight minutes."""
    dovecot = Dovecot.started()
    account = AccountId("john@example.com")
    try:
        for name, by_idle in (("NOTIFY", False), ("IDLE", True)):
            clock = Clock()
            side = Side(dovecot, clock, by_idle=by_idle)
            for _ in range(DEVICES):
                side.hub.watch(account, (INBOX,), latency_s=0)
            while (account, "INBOX") not in side.known:
                clock.advance(0.05)
                await deferLater(reactor, 0.01)
            side.commands = 0
            hours = 10
            for minute in range(60 * hours):
                clock.advance(60)
                await deferLater(reactor, 0.003)
                clock.advance(0)
                await deferLater(reactor, 0.003)
                if minute % 8 == 0:
                    side.watches.watched(account, ())
                    side.watches.watched(account, (INBOX,))
            print(f"{name}: {side.commands / hours:.1f} commands an idle account and hour")
            await side.stop()
    finally:
        dovecot.remove()


async def main(_reactor):
    print(f"{os.uname().sysname}, {os.cpu_count()} CPUs, Python {sys.version.split()[0]}")
    await commands_of_an_hour()
    await measure("NOTIFY", by_idle=False)
    await measure("IDLE", by_idle=True)
    await measure("IDLE asleep", by_idle=True, more=ASLEEP, settle_s=9.0)


react(lambda reactor: Deferred.fromCoroutine(main(reactor)))

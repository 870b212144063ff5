"""Debian's Postfix delivers to our LMTP listener and takes mail from our relay client."""

import getpass
import os
import shutil
import smtplib
import socket
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.task import deferLater
from twisted.internet.threads import deferToThread
from twisted.trial.unittest import TestCase

from carbonio_mobile.accounts.memory import MemoryAccounts
from carbonio_mobile.ids import AccountId, OperationId
from carbonio_mobile.mailbox.delivery.lmtp import LmtpFactory, LmtpLimits
from carbonio_mobile.mailbox.delivery.local import INBOX
from carbonio_mobile.mailbox.delivery.outbox import Outbox, OutboxOptions
from carbonio_mobile.mailbox.delivery.relay import RelayOptions, TlsMode, smtp_relay
from carbonio_mobile.mailbox.embedded import EmbeddedMailboxes, Tuning
from carbonio_mobile.mime.mailitem import BodyWish, MailItem
from carbonio_mobile.sync.changes import NEWEST, OLDEST
from carbonio_mobile.testing.contracts.mailbox_fixture import RecordingSink, message

POSTFIX = shutil.which("postfix", path=os.environ.get("PATH", "") + ":/usr/sbin")

MAIN_CF = """\
compatibility_level = 3.6
queue_directory = {place}/queue
data_directory = {place}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
myhostname = mx.example.net
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
smtpd_relay_restrictions = permit_mynetworks, reject
alias_maps =
local_recipient_maps =
alias_database =
maillog_file = {place}/log
maillog_file_prefixes = {place}
virtual_mailbox_domains = example.com
virtual_transport = lmtp:inet:127.0.0.1:{lmtp}
default_transport = error:no other world
smtputf8_enable = yes
"""

MASTER_CF = """\
127.0.0.1:{smtp} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
error unix - - n - - error
retry unix - - n - - error
lmtp unix - - n - - lmtp
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
proxymap unix - - n - - proxymap
postlog unix-dgram n - n - 1 postlogd
"""


class PostfixTests(TestCase):
    """An instance of Postfix of its own between sender and listener."""

    timeout = 60
    if POSTFIX is None:
        skip = "postfix is not installed"
    elif getpass.getuser() != "root":
        skip = "postfix can be started by root only"

    async def setUp(self) -> None:
        self.place = Path(tempfile.mkdtemp(prefix="postfix-"))
        self.addCleanup(shutil.rmtree, self.place)
        self.place.chmod(0o755)
        self.accounts = MemoryAccounts(clock=reactor.seconds)
        self.john = self.accounts.add("john@example.com", "x", aliases=["info@example.com"])
        self.mary = self.accounts.add("mary@example.com", "x")
        self.quotas: dict[AccountId, int] = {}
        self.sink = RecordingSink()
        self.mailboxes = EmbeddedMailboxes(
            self.place / "mail",
            reactor=reactor,
            clock=reactor.seconds,
            sink=self.sink,
            quota_of=self.quota_of,
            message_limit_bytes=1 << 20,
            tuning=Tuning(durable=False),
        )
        (self.place / "mail").mkdir()
        self.addCleanup(self.mailboxes.stop)
        self.smtp_port = free_port()
        self.outbox = self.make_outbox()
        factory = LmtpFactory(
            self.outbox.local, limits=LmtpLimits(message_bytes=1 << 20), clock=reactor
        )
        listening = reactor.listenTCP(0, factory, interface="127.0.0.1")
        self.addCleanup(factory.stop)
        self.addCleanup(listening.stopListening)
        await self.start_postfix(listening.getHost().port)

    def make_outbox(self) -> Outbox:
        options = RelayOptions(host="127.0.0.1", port=self.smtp_port, tls=TlsMode.OFF)
        outbox = Outbox(
            self.place / "mail",
            reactor=reactor,
            accounts=self.accounts,
            mailboxes=self.mailboxes,
            relay=smtp_relay(options, reactor=reactor, hostname="mail.example.com"),
            options=OutboxOptions(hostname="mail.example.com", durable=False),
        )
        outbox.start()
        self.addCleanup(lambda: Deferred.fromCoroutine(outbox.stop()))
        return outbox

    async def quota_of(self, account: AccountId) -> int:
        return self.quotas.get(account, 0)

    async def start_postfix(self, lmtp_port: int) -> None:
        for name in ("etc", "queue", "data"):
            (self.place / name).mkdir()
        shutil.chown(self.place / "data", "postfix")
        etc = self.place / "etc"
        (etc / "main.cf").write_text(MAIN_CF.format(place=self.place, lmtp=lmtp_port))
        (etc / "master.cf").write_text(MASTER_CF.format(smtp=self.smtp_port))
        await deferToThread(self.control, "start")
        self.addCleanup(deferToThread, self.control, "stop")

    def control(self, command: str) -> None:
        done = subprocess.run(
            [POSTFIX, "-c", self.place / "etc", command],
            capture_output=True,
            text=True,
            timeout=30,
        )
        assert done.returncode == 0, done.stderr + self.log()

    def log(self) -> str:
        log = self.place / "log"
        return log.read_text() if log.exists() else ""

    async def inject(self, source: bytes, *recipients: str, options: Any = ()) -> None:
        """Hand a message to Postfix as a client of it would."""

        def send() -> None:
            with smtplib.SMTP("127.0.0.1", self.smtp_port, timeout=20) as client:
                client.sendmail("ann@example.com", recipients, source, mail_options=options)

        await deferToThread(send)

    async def inbox(self, account: AccountId) -> list[MailItem]:
        box = await self.mailboxes.open(account)
        page = await box.listing(INBOX, below=NEWEST, down_to=OLDEST, limit=100)
        items = [head.item for head in page.heads]
        read = await box.read(INBOX, items, BodyWish(text_bytes=None, source_bytes=None))
        return [read[item] for item in items]

    async def logged(self, text: str) -> str:
        """Wait until Postfix has logged something; gives that line."""
        return await self.when(
            lambda: next((line for line in self.log().splitlines() if text in line), "")
        )

    async def when(self, look: Callable[[], Any]) -> Any:
        while not (found := look()):
            await deferLater(reactor, 0.05)
        return found

    async def test_delivery(self) -> None:
        """Mail of every kind arrives octet for octet, once for each account named."""
        body = ".\r\n..\r\n" + "ä€" * 150 + "\r\n.end"
        await self.inject(message(body=body), "info@example.com", "mary+x@example.com",
                          options=["BODY=8BITMIME"])  # fmt: skip
        await self.logged("to=<mary+x@example.com>")
        await self.logged("to=<info@example.com>")
        for account in (self.john, self.mary):
            (item,) = await self.inbox(account)
            self.assertTrue(item.source.endswith(message(body=body)), item.source)
            self.assertTrue(item.source.startswith(b"Return-Path: <ann@example.com>\r\n"))
            self.assertIn(b"with LMTP id", item.source)
        self.assertIn("status=sent (250 2.0.0 delivered)", self.log())

    async def test_refusals(self) -> None:
        """Postfix understands each refusal, and reports to the sender through us."""
        self.accounts.add("closed@example.com", "x", zimbraAccountStatus="closed")
        self.accounts.add("later@example.com", "x", zimbraAccountStatus="maintenance")
        self.quotas[self.accounts.add("full@example.com", "x")] = 10
        ann = self.accounts.add("ann@example.com", "x")
        names = ("closed", "later", "full", "nobody", "mary")
        await self.inject(message(), *(f"{name}@example.com" for name in names))
        for name, status in (
            ("closed", "dsn=5.2.1, status=bounced"),
            ("later", "dsn=4.2.1, status=deferred"),
            ("full", "dsn=5.2.2, status=bounced"),
            ("nobody", "dsn=5.1.1, status=bounced"),
            ("mary", "dsn=2.0.0, status=sent"),
        ):
            self.assertIn(status, await self.logged(f"to=<{name}@example.com>"))
        await self.logged("to=<ann@example.com>")
        (report,) = await self.inbox(ann)
        self.assertTrue(report.source.startswith(b"Return-Path: <>\r\n"))
        self.assertIn(b"550 5.1.1 no such user here", report.text.replace(b"\r\n    ", b" "))

    async def test_too_large(self) -> None:
        """A message beyond the limit is refused before it is sent."""
        await self.inject(
            message(body="x" * 900 + "\r\n" * 10) + b"x" * (1 << 20), "mary@example.com"
        )
        line = await self.logged("to=<mary@example.com>")
        self.assertIn("dsn=5.3.4, status=bounced", line)

    async def test_international(self) -> None:
        """A sender beyond ASCII comes through SMTPUTF8."""

        def send() -> None:
            with smtplib.SMTP("127.0.0.1", self.smtp_port, timeout=20) as client:
                client.ehlo()
                client.sendmail(
                    "jürgen@example.com",
                    ["mary@example.com"],
                    message(),
                    mail_options=["SMTPUTF8", "BODY=8BITMIME"],
                )

        await deferToThread(send)
        await self.logged("to=<mary@example.com>")
        (item,) = await self.inbox(self.mary)
        self.assertTrue(item.source.startswith("Return-Path: <jürgen@example.com>".encode()))

    async def test_relay(self) -> None:
        """What our relay hands to Postfix comes back to us: delivered, or as its report."""
        await self.outbox.submit(
            self.john,
            message("Out"),
            sender="john@example.com",
            recipients=["nobody@example.com", "ann@elsewhere.example"],
            sent_copy=None,
            operation=OperationId("1"),
        )
        await self.logged("to=<nobody@example.com>")
        while not await self.inbox(self.john):
            await deferLater(reactor, 0.05)
        self.assertEqual(0, await self.outbox.waiting())
        (report, *_) = await self.inbox(self.john)
        self.assertIn("Undelivered Mail", report.record.subject)


def free_port() -> int:
    """Give a port of the loopback that nobody has."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])

"""The quota of a domain in a whole daemon: set by the administrator, obeyed by delivery and outbox.

Spec: ../shared/carbonio/attributes.md 4; admin-panel.md 4.
"""

import shutil
import tempfile
from pathlib import Path

from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.task import deferLater
from twisted.trial.unittest import TestCase

from carbonio_mobile.accounts.opening import open_store
from carbonio_mobile.accounts.passwords import FULL_COST
from carbonio_mobile.directory.configuration import Scope
from carbonio_mobile.errors import OverQuota
from carbonio_mobile.ids import OperationId
from carbonio_mobile.mailbox.delivery.outcome import DELIVERED, MAILBOX_FULL
from carbonio_mobile.service.prepare import prepare
from carbonio_mobile.service.source import SettingsSource
from carbonio_mobile.service.wiring import Daemon

MAIL = b"From: x@y.org\r\nSubject: hello\r\n\r\n" + b"x" * 5000 + b"\r\n"


class DomainQuotaTests(TestCase):
    """A daemon with one account."""

    timeout = 60

    def setUp(self) -> None:
        """Make the account."""
        self.folder = Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)
        data = self.folder / "data"
        data.mkdir(mode=0o700)
        file = self.folder / "a.toml"
        file.write_text(
            f'[server]\ndata = "{data}"\neas = ["tcp:0:interface=127.0.0.1"]\n'
            "[process]\nrelease_spread_s = 0\n"
        )
        store = open_store(data, FULL_COST)
        store.create_domain("example.com")
        store.create_account("john@example.com", "secret-enough")
        store.close()
        self.source = SettingsSource(file=file, demo=False, overrides={})

    async def deliver(self, token: str) -> object:
        """Hand a message in; gives the outcome."""
        local = self.parts.mail.submission.local
        john = await local.find("john@example.com")
        letter = local.letter(
            MAIL,
            sender="x@y.org",
            recipients=[john.name],
            token=token,
            origin="test",
            protocol="LMTP",
        )
        return await local.deliver(john, letter)

    async def submit(self, token: str) -> bool:
        """Send a message as a phone does."""
        john = await self.parts.directory.accounts.find("john@example.com")
        return await self.parts.services.submission.submit(
            john.id,
            MAIL,
            sender=john.name,
            recipients=["john@example.com"],
            sent_copy=None,
            operation=OperationId(token),
        )

    async def test_a_full_domain_sends_and_takes_nothing(self) -> None:
        """From the first look at its mailboxes on; administrators are told, and room ends it."""
        settings = self.source.read()
        prepared = prepare(settings, reactor, with_demo=False)
        daemon = Daemon(source=self.source, settings=settings, prepared=prepared, reactor=reactor)
        self.addCleanup(lambda: Deferred.fromCoroutine(daemon.end()))
        await daemon.begin()
        self.parts = daemon._parts
        assert await self.deliver("1") is DELIVERED
        configuration, domain = (
            self.parts.directory.configuration,
            Scope(level="domain", name="example.com"),
        )
        await configuration.set(domain, "zimbraDomainAggregateQuota", ["4000"])
        await configuration.set(domain, "zimbraDomainAggregateQuotaPolicy", ["BLOCKSENDRECEIVE"])
        outcome = await self.deliver("2")  # this one has the domain looked at
        tries = 0
        while outcome is DELIVERED and tries < 100:
            await deferLater(reactor, 0.05)
            tries += 1
            outcome = await self.deliver(f"again-{tries}")
        assert outcome is MAILBOX_FULL
        with self.assertRaises(OverQuota):
            await self.submit("a")
        notices = await self.parts.administration._kept.notices(limit=10)
        assert [each.subject for each in notices] == ["The mailboxes of example.com are full"]
        await configuration.set(domain, "zimbraDomainAggregateQuotaPolicy", ["BLOCKSEND"])
        assert await self.deliver("3") is DELIVERED
        with self.assertRaises(OverQuota):
            await self.submit("b")
        await configuration.unset(domain, "zimbraDomainAggregateQuota")
        assert await self.submit("c")

"""What a phone is told while the mail server behind the daemon is away, and afterwards."""

import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

from twisted.internet.defer import Deferred
from twisted.internet.task import deferLater
from twisted.internet.threads import deferToThread
from twisted.trial.unittest import TestCase

from carbonio_mobile.client.faults import TryLater
from carbonio_mobile.client.phone import Phone
from carbonio_mobile.client.state import PhoneState
from carbonio_mobile.client.transport import HttpClient, HttpTransport, Trust, complete_url
from tests.interop.gatewaycase import numbered, reactor
from tests.peers.desktop import letter
from tests.peers.dovecot import requires_dovecot
from tests.peers.gatewaydaemon import PASSWORD, USERS, GatewayDaemon, begin
from tests.peers.postfix import Postfix, requires_postfix

T = TypeVar("T")

RECOVERS_WITHIN_S = 40.0
"""The pause after failed logins among it."""


@requires_postfix
@requires_dovecot
class DegradedTests(TestCase):
    """The whole daemon, with two accounts."""

    timeout = 180

    async def setUp(self) -> None:  # type: ignore[override]  # trial awaits it
        self.servers = GatewayDaemon(Postfix.started(), None, Path(tempfile.mkdtemp()))
        self.addCleanup(self.servers.remove)
        daemon, url = await begin(self.servers.configured())
        self.addCleanup(lambda: Deferred.fromCoroutine(daemon.end()))
        self.http = HttpClient(reactor, Trust(insecure=True))
        self.addCleanup(lambda: Deferred.fromCoroutine(self.http.close()))
        self.phones = [self.phone(complete_url(url), user) for user in USERS]

    def phone(self, url: str, user: str) -> Phone:
        state = PhoneState(
            device_id=f"degraded{user[:4]}", version="16.1", device_type="Test", user=user
        )
        transport = HttpTransport(client=self.http, url=url, login=user, password=PASSWORD)
        return Phone(state, transport)

    async def inbox(self, phone: Phone) -> list[str]:
        """Sync the Inbox; gives what stands in it."""
        inbox = next(one.id for one in phone.folders.values() if one.type == 2)
        await phone.settle(inbox)
        return sorted(one.subject for one in phone.state.collection(inbox).items.values())

    async def deliver(self, name: str) -> None:
        for user in USERS:
            await deferToThread(self.servers.dovecot.deliver, letter(name, 10), user)

    async def until_done(self, work: Callable[[], Awaitable[T]]) -> T:
        limit = reactor.seconds() + RECOVERS_WITHIN_S
        while True:
            try:
                return await work()
            except TryLater:
                if reactor.seconds() > limit:
                    raise
                await deferLater(reactor, 0.2)

    async def test_away(self) -> None:
        """503, or a Status that says try again: no phone loses anything or asks for a password."""
        names = numbered("d", range(5))
        for name in names:
            await self.deliver(name)
        for phone in self.phones:
            await phone.folder_sync()
            self.assertEqual(names, await self.inbox(phone))
        await deferToThread(self.servers.dovecot.kill)
        await deferLater(reactor, 1.5)  # what was just looked at counts as seen
        for phone in self.phones:
            with self.assertRaises(TryLater) as told:
                await self.inbox(phone)
            told_by = (told.exception.http_code, told.exception.status)
            self.assertIn(told_by, {(503, None), (200, 5), (200, 16), (200, 111)})
        await deferToThread(self.servers.dovecot.start)
        await self.deliver("new")
        for phone in self.phones:
            self.assertEqual(
                [*names, "new"],
                await self.until_done(lambda: self.inbox(phone)),  # noqa: B023
            )
            await self.until_done(phone.folder_sync)

"""Gateway mailboxes on the servers of a test: Dovecot for mail and replies, Radicale for the rest.

Each test has accounts of its own on them: what a mailbox was before must not show in the next one.
"""

import random
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

from twisted.internet import reactor as _reactor
from twisted.internet.ssl import Certificate, optionsForClientTLS
from twisted.internet.task import deferLater
from twisted.internet.tcp import Client

from carbonio_mobile.dav.hrefs import read_url
from carbonio_mobile.ids import AccountId
from carbonio_mobile.imap.uidsets import UidSet
from carbonio_mobile.interfaces import IChangeSink
from carbonio_mobile.mailbox.davclient.connection import Credentials, DavConnection
from carbonio_mobile.mailbox.davclient.endpoint import DavTrust
from carbonio_mobile.mailbox.davclient.site import DavBounds, DavSite, dav_site
from carbonio_mobile.mailbox.delivery.relay import Login as SieveLogin
from carbonio_mobile.mailbox.embedded import Tuning
from carbonio_mobile.mailbox.gateway.mail.options import MailOptions
from carbonio_mobile.mailbox.gateway.mailbox import QuotaOf
from carbonio_mobile.mailbox.gateway.mailboxes import GatewayMailboxes, GatewayServers
from carbonio_mobile.mailbox.gateway.objects.parts import ObjectOptions
from carbonio_mobile.mailbox.imapclient.connection import ImapConnection
from carbonio_mobile.mailbox.imapclient.login import (
    Encryption,
    ImapReach,
    ImapServer,
    PasswordLogin,
)
from carbonio_mobile.mailbox.imapclient.messages import Moved
from carbonio_mobile.mailbox.imapclient.pool import ImapPool, PoolLimits
from carbonio_mobile.mailbox.imapclient.wire import WireLimits
from carbonio_mobile.mailbox.sieveclient.managesieve import SieveOptions, sieve_client
from carbonio_mobile.mailbox.sieveclient.outofoffice import SieveReplies
from carbonio_mobile.sieve.awayrule import Person
from tests.peers.dovecot import HOST, PASSWORD, Dovecot

UserOf = Callable[[AccountId], str]
"""Gives the name under which an account logs in at the servers."""

reactor: Any = _reactor


def hide(connection: ImapConnection, names: frozenset[str]) -> None:
    """Make a server one that lacks capabilities; without UIDPLUS it does not tell UIDs either."""
    connection.capabilities -= names
    connection.enabled -= names
    if "UIDPLUS" not in names:
        return
    append, move = connection.append, connection.move

    async def append_untold(*args: Any, **manner: Any) -> None:
        await append(*args, **manner)

    async def move_untold(uids: UidSet, target: str) -> Moved:
        await move(uids, target)
        return Moved()

    connection.append = append_untold  # type: ignore[method-assign]
    connection.move = move_untold  # type: ignore[method-assign]


class Gateway:
    """What reaches the servers, and the mailboxes upon it; ``stop`` ends all."""

    def __init__(
        self,
        data: Path,
        dovecot: Dovecot,
        *,
        user_of: UserOf,
        dav_url: str = "",
        authority: Path | None = None,
        sink: IChangeSink,
        quota_of: QuotaOf,
        message_limit_bytes: int,
        fresh_s: float = 0.0,
        options: dict[str, Any] | None = None,
        hidden: Collection[str] = (),
        imap_port: int = 0,
        encryption: Encryption = Encryption.STARTTLS,
        wire: WireLimits | None = None,
        limits: PoolLimits | None = None,
        durable: bool = False,
    ) -> None:
        self._user_of = user_of
        self._hidden = frozenset(hidden)
        self.reach = ImapReach(
            ImapServer(
                host=HOST,
                port=imap_port or dovecot.imap_port,
                encryption=encryption,
                limits=wire or WireLimits(),
                context=optionsForClientTLS(
                    HOST, trustRoot=Certificate.loadPEM(dovecot.authority.read_bytes())
                ),
                authority=str(dovecot.authority),
            ),
            reactor=reactor,
            identity=("carbonio-mobile", "test"),
        )
        self.pool = ImapPool(
            reach=self._open, clock=reactor, chance=random.random, limits=limits or PoolLimits()
        )
        self._sieve = sieve_client(
            SieveOptions(host=HOST, port=dovecot.sieve_port),
            reactor=reactor,
            context=optionsForClientTLS(
                HOST, trustRoot=Certificate.loadPEM(dovecot.authority.read_bytes())
            ),
        )
        self.site = self._site(dav_url, authority) if dav_url else None
        self.mailboxes = GatewayMailboxes(
            data,
            GatewayServers(
                pool=self.pool,
                dav=self._dav if self.site else None,
                replies=self._replies,
            ),
            reactor=reactor,
            clock=reactor.seconds,
            sink=sink,
            quota_of=quota_of,
            mail=MailOptions(
                fresh_s=fresh_s,
                hierarchy_s=fresh_s,
                message_limit_bytes=message_limit_bytes,
                **(options or {}),
            ),
            objects=ObjectOptions(fresh_s=fresh_s),
            tuning=Tuning(thread_count=2, durable=durable),
        )

    async def _open(self, account: AccountId) -> ImapConnection:
        login = PasswordLogin(user=self._user_of(account), password=PASSWORD)
        connection = await self.reach.open(login)
        if self._hidden:
            hide(connection, self._hidden)
        return connection

    def _site(self, url: str, authority: Path | None) -> DavSite:
        trust = DavTrust()
        if authority is not None:
            trust = DavTrust(authority_pem=authority.read_bytes(), authority=str(authority))
        return dav_site(read_url(url), reactor=reactor, trust=trust, bounds=DavBounds())

    async def _dav(self, account: AccountId) -> DavConnection:
        assert self.site is not None
        login = Credentials(login=self._user_of(account), password=PASSWORD)
        return DavConnection(self.site, login)

    def _replies(self, account: AccountId) -> SieveReplies:
        user = self._user_of(account)

        async def login() -> SieveLogin:
            return SieveLogin(user=user, password=PASSWORD)

        async def person() -> Person:
            return Person(addresses=(user,), name="", domains=("example.com",))

        return SieveReplies(self._sieve, login=login, person=person)

    async def stop(self) -> None:
        """Close all."""
        await self.mailboxes.stop()
        await self.pool.stop()
        if self.site is not None:
            await self.site.stop()
        while any(isinstance(one, Client) for one in reactor.getReaders()):
            await deferLater(reactor, 0.01)

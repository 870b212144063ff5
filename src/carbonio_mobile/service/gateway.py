"""The clients of the servers behind the gateway, made from the settings.

All encryption checks the server's certificate for the name that is configured.
"""

import random
from collections.abc import Awaitable, Callable
from typing import Any

from twisted.internet.ssl import optionsForClientTLS

from carbonio_mobile import __version__
from carbonio_mobile.ids import AccountId
from carbonio_mobile.mailbox.certificates import trust_root
from carbonio_mobile.mailbox.davclient.connection import DavConnection
from carbonio_mobile.mailbox.davclient.endpoint import DavTrust
from carbonio_mobile.mailbox.davclient.site import DavBounds, DavSite, dav_site
from carbonio_mobile.mailbox.delivery.relay import SmtpRelay, TlsMode, smtp_relay
from carbonio_mobile.mailbox.gateway.logins.keychain import Keychain, Service
from carbonio_mobile.mailbox.gateway.logins.logincheck import LoginCheck
from carbonio_mobile.mailbox.gateway.logins.tokencommand import TokenCommand
from carbonio_mobile.mailbox.imapclient.connection import ImapConnection
from carbonio_mobile.mailbox.imapclient.faults import LoginRefused
from carbonio_mobile.mailbox.imapclient.login import Encryption, ImapReach, ImapServer
from carbonio_mobile.mailbox.imapclient.pool import ImapPool
from carbonio_mobile.mailbox.sieveclient.managesieve import SieveClient, sieve_client
from carbonio_mobile.service.gatewaysettings import (
    Authority,
    DavSettings,
    GatewaySettings,
    ImapSettings,
    SieveSettings,
)

Reactor = Any
"""``twisted.internet.reactor``, of which no type says what it provides."""


class GatewayClients:
    """What speaks with the servers; connects to nobody until it is asked.

    ``reach`` opens connections beside those of ``pool``, which logs accounts in by ``keychain``.
    ``check`` tells whether a password is right. ``dav``, ``sieve`` and ``relay`` are None where
    there is no such server. ``address_of`` gives the mail address of an account; ``doubted`` is
    told of accounts whose own password the IMAP server refused.
    """

    def __init__(
        self,
        settings: GatewaySettings,
        *,
        reactor: Reactor,
        secret: bytes,
        hostname: str,
        address_of: Callable[[AccountId], Awaitable[str]],
        doubted: Callable[[AccountId], None],
    ) -> None:
        self.settings = settings
        self.renewed: Callable[[AccountId], None] = lambda _account: None
        """Is told whose password is known anew; for those who wait to try again."""
        self.reach = imap_reach(settings.imap, reactor=reactor)
        self.check = LoginCheck(
            self.reach, user=settings.logins.user, at_once=settings.imap.pool.logins
        )
        self.pool = ImapPool(
            reach=self.imap_connection,
            clock=reactor,
            chance=random.random,
            limits=settings.imap.pool,
        )
        token = settings.logins.token
        self.keychain = Keychain(
            settings.logins,
            address_of=address_of,
            clock=reactor,
            secret=secret,
            tokens=TokenCommand(token, reactor=reactor) if token is not None else None,
            changed=self._renewed,
            doubted=doubted,
        )
        self.dav: DavSite | None = None if settings.dav is None else _dav(settings.dav, reactor)
        self.sieve: SieveClient | None = None
        if settings.sieve is not None:
            self.sieve = _sieve(settings.sieve, reactor)
        self.relay: SmtpRelay | None = None
        if settings.submission is not None:
            relay = settings.submission.relay
            self.relay = smtp_relay(relay, reactor=reactor, hostname=hostname)

    def _renewed(self, account: AccountId) -> None:
        """Try anew what failed with an account's old password."""
        self.pool.forget(account)
        self.renewed(account)

    async def imap_connection(self, account: AccountId) -> ImapConnection:
        """Open a connection of an account's, outside the pool's count.

        Raises: NotAllowed (the server or the keychain refuses the login), Unavailable, NotFound.
        """
        login = await self.keychain.imap(account)
        try:
            return await self.reach.open(login)
        except LoginRefused:
            self.keychain.refused(account, Service.IMAP, login)
            raise

    async def dav_connection(self, account: AccountId) -> DavConnection:
        """Give what an account asks of the DAV server; it must be there.

        Who gets LoginRefused from it tells ``keychain.refused``. Raises: as
        :meth:`imap_connection`.
        """
        assert self.dav is not None, "there is a DAV server"
        return DavConnection(self.dav, await self.keychain.dav(account))

    async def stop(self) -> None:
        """Break off what is under way and close all connections; passwords are forgotten."""
        self.keychain.stop()
        await self.pool.stop()
        if self.relay is not None:
            await self.relay.stop()
        if self.dav is not None:
            await self.dav.stop()


def imap_reach(settings: ImapSettings, *, reactor: Reactor) -> ImapReach:
    """Make what opens connections to the IMAP server."""
    is_clear = settings.encryption is Encryption.OFF
    server = ImapServer(
        host=settings.host,
        port=settings.port,
        encryption=settings.encryption,
        context=None if is_clear else client_context(settings.host, settings.authority),
        authority=settings.authority.name,
    )
    return ImapReach(server, reactor=reactor, identity=("carbonio-mobile", __version__))


def _dav(settings: DavSettings, reactor: Reactor) -> DavSite:
    return dav_site(
        settings.url,
        reactor=reactor,
        trust=DavTrust(authority_pem=settings.authority.pem, authority=settings.authority.name),
        bounds=DavBounds(),
        other_hosts=settings.other_hosts,
    )


def _sieve(settings: SieveSettings, reactor: Reactor) -> SieveClient:
    is_clear = settings.options.tls is TlsMode.OFF
    context = None if is_clear else client_context(settings.options.host, settings.authority)
    return sieve_client(settings.options, reactor=reactor, context=context)


def client_context(name: str, authority: Authority) -> Any:
    """Give what checks a server's certificate for a name, by an authority's signature."""
    return optionsForClientTLS(name, trust_root(authority.pem))

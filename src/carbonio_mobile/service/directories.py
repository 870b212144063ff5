"""The directory that the settings ask for: ours, ours with a mail server's passwords, or LDAP;
with it the clients of that server.
"""

import random
import secrets
import time
from collections.abc import Callable
from typing import Any

from carbonio_mobile.accounts.embedded import EmbeddedAccounts, LoginBounds
from carbonio_mobile.accounts.ldapdirectory.opening import LdapDirectory
from carbonio_mobile.accounts.ldapdirectory.whole import (
    WholeLdapDirectory,
    mobile_passwords,
    own_surroundings,
)
from carbonio_mobile.accounts.opening import EmbeddedDirectory, ThreadBounds
from carbonio_mobile.accounts.passwords import FULL_COST
from carbonio_mobile.ids import AccountId
from carbonio_mobile.service.config import Settings
from carbonio_mobile.service.directorysettings import DirectorySettings
from carbonio_mobile.service.gateway import GatewayClients

Reactor = Any
"""``twisted.internet.reactor``, of which no type says what it provides."""

Directory = EmbeddedDirectory | WholeLdapDirectory

# Logins come in waves after a restart.
_LOOKUPS_WAITING = 20_000
_PASSWORDS_WAITING = 2_000
_PASSWORDS_OF_PEER = 8


def make_directory(
    settings: Settings, reactor: Reactor, gateway: GatewayClients | None
) -> Directory:
    """Open it; own passwords that are proven go to the keychain of ``gateway``, where one is.

    Raises: ConfigError.
    """
    own = _embedded(settings, reactor, gateway)
    if settings.directory is None:
        return own
    ldap = _ldap(settings.directory, settings, reactor, gateway, own)
    return WholeLdapDirectory(own, ldap, has_surroundings=settings.directory.tree.has_surroundings)


def make_gateway(
    settings: Settings, reactor: Reactor, *, directory: Callable[[], Directory]
) -> GatewayClients | None:
    """Make the clients of the servers that are there already, where the settings name such.

    ``directory`` gives what is made with them; it is asked for later.
    """
    if settings.gateway is None:
        return None

    async def address_of(account: AccountId) -> str:
        return (await directory().accounts.account(account)).name

    def doubted(account: AccountId) -> None:
        accounts = directory().accounts
        if isinstance(accounts, EmbeddedAccounts):
            accounts.doubt(account)

    return GatewayClients(
        settings.gateway,
        reactor=reactor,
        secret=secrets.token_bytes(32),
        hostname=settings.outbox.hostname,
        address_of=address_of,
        doubted=doubted,
    )


def _embedded(
    settings: Settings, reactor: Reactor, gateway: GatewayClients | None
) -> EmbeddedDirectory:
    asks_imap = settings.accounts_at == "imap" and gateway is not None
    return EmbeddedDirectory(
        settings.data,
        reactor=reactor,
        clock=time.time,
        secret=secrets.token_bytes(32),
        cost=FULL_COST,
        login_bounds=_login_bounds(settings),
        thread_bounds=ThreadBounds(
            password_threads=settings.accounts.password_threads,
            passwords_waiting=_PASSWORDS_WAITING,
            lookups_waiting=_LOOKUPS_WAITING,
        ),
        mail_login=gateway.check if gateway is not None and asks_imap else None,
        prove_again_s=settings.accounts.prove_again_s,
        proven=_proven(gateway),
    )


def _ldap(
    wished: DirectorySettings,
    settings: Settings,
    reactor: Reactor,
    gateway: GatewayClients | None,
    own: EmbeddedDirectory,
) -> LdapDirectory:
    asks_imap = wished.asks_imap and gateway is not None
    return LdapDirectory(
        wished.servers,
        wished.tree,
        reactor=reactor,
        clock=time.time,
        chance=random.random,
        secret=secrets.token_bytes(32),
        bounds=_login_bounds(settings),
        terms=wished.terms,
        around=None if wished.tree.has_surroundings else own_surroundings(own),
        server_name=wished.server_name,
        mail_login=gateway.check if gateway is not None and asks_imap else None,
        mobile=mobile_passwords(own),
        proven=_proven(gateway),
    )


def _login_bounds(settings: Settings) -> LoginBounds:
    count = settings.accounts.remembered_count
    return LoginBounds(
        verified_idle_s=settings.accounts.verified_idle_s,
        verified_count=count,
        wrong_count=count,
        accounts_count=count,
        peer_at_once=_PASSWORDS_OF_PEER,
        peer_waiting=_PASSWORDS_WAITING,
    )


def _proven(gateway: GatewayClients | None) -> Callable[[AccountId, str], None]:
    return _untold if gateway is None else gateway.keychain.remember


def _untold(_account: AccountId, _password: str) -> None:
    """Keep no password."""

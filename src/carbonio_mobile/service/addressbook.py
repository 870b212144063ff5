"""The address book by LDAP as a part of the daemon: its switch, its guard, who its peers are."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from twisted.internet.interfaces import ITransport
from twisted.logger import Logger

from carbonio_mobile.addressbook.encoding import Bodies
from carbonio_mobile.admin.responders.services import ServiceState
from carbonio_mobile.directory.accounts import Account
from carbonio_mobile.ids import DeviceId, DeviceKey
from carbonio_mobile.interfaces import IAccounts, IAddressBooks
from carbonio_mobile.ldapserver.factory import LdapFactory
from carbonio_mobile.ldapserver.house import House, Peer
from carbonio_mobile.ldapserver.journal import Journal
from carbonio_mobile.ldapserver.limits import LdapLimits
from carbonio_mobile.ldapserver.paging import Pages
from carbonio_mobile.ldapserver.turns import Turns
from carbonio_mobile.pipeline.guard import Guard
from carbonio_mobile.web.channel import host_of, lowest
from carbonio_mobile.web.hops import Network, is_loopback, is_trusted, origin

_DEVICE = DeviceId("ldap")
"""What the DoS filter counts the logins of an account under."""

_log = Logger(namespace="carbonio_mobile.ldap")

_NO_LISTENER = "server.ldap names no endpoint"


def peer_of(transport: ITransport, trusted: Sequence[Network]) -> Peer | None:
    """Tell whose a connection is, the one that PROXY told where a trusted proxy speaks it.

    None when an untrusted peer told one. What comes from this host or a trusted proxy is private
    without TLS as well.
    """
    direct = host_of(lowest(transport).getPeer())
    told = host_of(transport.getPeer())
    is_proxy = is_trusted(direct, trusted)
    if told != direct and not is_proxy:
        return None
    return Peer(address=told, is_private=is_proxy or is_loopback(direct))


class GuardedLogins:
    """Counts logins in the DoS filter as those of phones are counted."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard

    def knock(self, peer: str, claimed: str) -> bool:
        """See :meth:`Doorkeeper.knock`."""
        return self._guard.knock(peer, _claimed(claimed)) is None

    def proven(self, peer: str, claimed: str, account: Account) -> bool:
        """See :meth:`Doorkeeper.proven`."""
        key = DeviceKey(account.id, _DEVICE)
        return self._guard.proven(peer, _claimed(claimed), key, account.name) is None


def _claimed(login: str) -> str:
    return f"{login} {_DEVICE}"


def make_factory(
    *,
    accounts: IAccounts,
    books: IAddressBooks,
    guard: Guard,
    limits: LdapLimits,
    trusted_proxies: Sequence[Network],
    reactor: Any,
    random_bytes: Callable[[int], bytes],
) -> LdapFactory:
    """Make what serves the connections."""
    house = House(
        accounts=accounts,
        books=books,
        doorkeeper=GuardedLogins(guard),
        peer_of=partial(peer_of, trusted=trusted_proxies),
        limits=limits,
        clock=reactor,
        timer=reactor.seconds,
        turns=Turns(reactor),
        pages=Pages(random_bytes=random_bytes),
        bodies=Bodies(),
        journal=Journal(_log),
    )
    return LdapFactory(
        house, origin_of=partial(origin, trusted=trusted_proxies), is_loopback=is_loopback
    )


class AddressBookSwitch:
    """Starts and stops the listener for LDAP: the sockets stay, connections are not taken."""

    name = "ldap-address-book"
    also = ("ldap", "addressbook")

    def __init__(self, *, has_listener: bool) -> None:
        self._has_listener = has_listener
        self.factory: LdapFactory | None = None

    async def state(self) -> ServiceState:
        """Tell how it stands."""
        if not self._has_listener:
            return ServiceState(running=False, could_not_start_because=_NO_LISTENER)
        return ServiceState(running=self.factory is not None and self.factory.running)

    async def start(self) -> None:
        """Take connections."""
        if self.factory is not None:
            self.factory.start()

    async def stop(self) -> None:
        """End all connections, the busy ones after their answers, and take no others."""
        if self.factory is not None:
            await self.factory.stop()

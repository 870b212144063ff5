"""The address book as a part of the daemon: whose connections it takes, its guard, its switch."""

from ipaddress import ip_network
from typing import Any

import pytest
from twisted.internet.address import IPv4Address, UNIXAddress
from twisted.internet.defer import Deferred, succeed
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.testing import StringTransport
from twisted.protocols.policies import ProtocolWrapper, WrappingFactory

from carbonio_mobile.directory.accounts import Account, AccountStatus
from carbonio_mobile.eas.refusal import Reason
from carbonio_mobile.ids import AccountId, DeviceKey
from carbonio_mobile.ldapserver.house import Peer
from carbonio_mobile.pipeline.guard import Barred, OpenGuard
from carbonio_mobile.service.addressbook import AddressBookSwitch, GuardedLogins, peer_of
from carbonio_mobile.service.config import settings

PROXIES = (ip_network("10.0.0.0/8"),)


class Told(ProtocolWrapper):
    """A connection behind a proxy that told another address."""

    def getPeer(self) -> IPv4Address:
        return IPv4Address("TCP", "192.0.2.7", 1000)


def connection(address: object, *, told: bool) -> Any:
    """Make a connection from an address, with that of another told or not."""
    wire = StringTransport(peerAddress=address)
    if not told:
        return wire
    wrapper = Told(WrappingFactory(Factory()), Protocol())
    wrapper.transport = wire
    return wrapper


@pytest.mark.parametrize(
    ("host", "told", "peer"),
    [
        ("192.0.2.1", False, Peer(address="192.0.2.1", is_private=False)),
        ("127.0.0.1", False, Peer(address="127.0.0.1", is_private=True)),
        ("10.1.2.3", False, Peer(address="10.1.2.3", is_private=True)),
        ("10.1.2.3", True, Peer(address="192.0.2.7", is_private=True)),
        ("192.0.2.1", True, None),
        ("127.0.0.1", True, None),
    ],
)
def test_peers(host: str, told: bool, peer: Peer | None) -> None:
    """A trusted proxy's word counts; whoever else tells an address is not taken."""
    assert peer_of(connection(IPv4Address("TCP", host, 5), told=told), PROXIES) == peer


def test_local_peers() -> None:
    """Over a UNIX socket only a proxy of this host comes, which may tell addresses."""
    wire = connection(UNIXAddress(b""), told=False)
    assert peer_of(wire, ()) == Peer(address="unix", is_private=True)
    wire = connection(UNIXAddress(b""), told=True)
    assert peer_of(wire, ()) == Peer(address="192.0.2.7", is_private=True)


class Guard(OpenGuard):
    """Notes what it is asked, and refuses all of it."""

    def __init__(self) -> None:
        self.asked: list[tuple[object, ...]] = []

    def knock(self, *asked: object) -> Barred | None:
        self.asked.append(asked)
        return Barred(reason=Reason.JAILED)

    def proven(self, *asked: object) -> Barred | None:
        self.asked.append(asked)
        return Barred(reason=Reason.JAILED)


def test_logins_are_counted_like_those_of_a_device() -> None:
    """Of the account, by the name of what it is."""
    account = Account(
        id=AccountId("a1"), name="john@example.com", display_name="", domain="example.com",
        addresses=("john@example.com",), status=AccountStatus.ACTIVE,
        domain_status=AccountStatus.ACTIVE, attributes={},
    )  # fmt: skip
    guard = Guard()
    logins = GuardedLogins(guard)
    assert not logins.knock("192.0.2.1", "john")
    assert not logins.proven("192.0.2.1", "john", account)
    claimed = "john ldap"
    assert guard.asked == [
        ("192.0.2.1", claimed),
        ("192.0.2.1", claimed, DeviceKey(account.id, "ldap"), "john@example.com"),  # type: ignore[arg-type]
    ]
    assert GuardedLogins(OpenGuard()).knock("192.0.2.1", "john")


class Listener:
    """What serves, as far as the switch knows it."""

    running = True

    def start(self) -> None:
        self.running = True

    def stop(self) -> Deferred[None]:
        self.running = False
        return succeed(None)


def result(work: Any) -> Any:
    """Give what a coroutine returns that waits for nothing."""
    found: list[Any] = []
    Deferred.fromCoroutine(work).addCallback(found.append)
    return found[0]


def test_switch() -> None:
    """Stops and starts the listener; without an endpoint there is nothing to start."""
    switch = AddressBookSwitch(has_listener=True)
    switch.factory = Listener()  # type: ignore[assignment]
    assert result(switch.state()).running
    result(switch.stop())
    state = result(switch.state())
    assert (state.running, state.could_not_start_because) == (False, "")
    result(switch.start())
    assert result(switch.state()).running
    state = result(AddressBookSwitch(has_listener=False).state())
    assert (state.running, state.could_not_start_because) == (
        False, "server.ldap names no endpoint",
    )  # fmt: skip


def test_default_listener_needs_certificates() -> None:
    """Without any there is none, unless one is named."""
    assert settings({}, {}).ldap == ()
    files = {"certificate": "/a", "key": "/b"}
    assert settings({"tls": {"certificates": [files]}}, {}).ldap == ("ssl:8636",)
    assert settings({"server": {"ldap": ["tcp:389"]}}, {}).ldap == ("tcp:389",)
    assert settings({"tls": {"certificates": [files]}, "server": {"ldap": []}}, {}).ldap == ()


def test_limits_come_from_their_section() -> None:
    """All of them."""
    made = settings({"ldap": {"entries": 77, "search_s": 5, "gal_name": " People/ "}}, {})
    assert made.address_book.limits.entries == 77
    assert made.address_book.limits.search_s == 5
    assert made.address_book.gal_name == "People"

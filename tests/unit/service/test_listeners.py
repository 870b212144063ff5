"""Endpoint strings, and sockets taken all together or not at all."""

import pytest
from twisted.internet import reactor
from twisted.internet.address import IPv4Address, UNIXAddress
from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.endpoints import TCP4ServerEndpoint, TCP6ServerEndpoint, UNIXServerEndpoint
from twisted.internet.error import CannotListenError
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.testing import MemoryReactorClock

from carbonio_mobile.errors import ConfigError
from carbonio_mobile.service.listeners import (
    LateFactory,
    Listener,
    check_endpoints,
    endpoint,
    listen_all,
    port_text,
    speaks_tls,
)
from carbonio_mobile.service.tls import TlsEndpoint


class Port:
    """A listening port that remembers whether it was given up."""

    def __init__(self) -> None:
        self.stopped = False

    def stopListening(self) -> None:
        self.stopped = True


class Endpoint:
    """Listens as it was told to."""

    def __init__(self, outcome: Deferred[Port]) -> None:
        self.outcome = outcome

    def listen(self, _factory: Factory) -> Deferred[Port]:
        return self.outcome


def listener(outcome: Deferred[Port], text: str = "tcp:1") -> Listener:
    """Make a listener on such an endpoint."""
    return Listener(option="--eas", text=text, endpoint=Endpoint(outcome), factory=LateFactory())


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("tcp:80", TCP4ServerEndpoint),
        ("tcp6:80", TCP6ServerEndpoint),
        ("unix:/run/x", UNIXServerEndpoint),
        ("tls:443", TlsEndpoint),
        ("tls:443:interface=127.0.0.1", TlsEndpoint),
        ("tls:haproxy:tcp:443", TlsEndpoint),
        ("ssl:8636", TlsEndpoint),
        ("ssl:8636:interface=127.0.0.1", TlsEndpoint),
    ],
)
def test_endpoints(text: str, kind: type) -> None:
    """``tls:`` puts our TLS on a port or any endpoint, and so does ``ssl:`` that names no key; all
    else is Twisted's.
    """
    made = endpoint("--eas", text, reactor=MemoryReactorClock(), table=object())
    assert isinstance(made, kind)
    assert speaks_tls(text) is (kind is TlsEndpoint)


@pytest.mark.parametrize(
    ("text", "backlog"),
    [
        ("tcp:80:interface=127.0.0.1", 1024),
        ("tcp6:80", 1024),
        ("haproxy:tcp:80", 1024),
        ("tls:443", 1024),
        ("tls:haproxy:tcp:443:interface=127.0.0.1", 1024),
        ("tcp:80:backlog=7", 7),
        ("tls:443:backlog=7", 7),
    ],
)
def test_backlog(text: str, backlog: int) -> None:
    """All phones come back at once after a restart: many may wait, or as many as the text says."""
    there = MemoryReactorClock()
    made = endpoint("--eas", text, reactor=there, table=object())
    (made.endpoint if isinstance(made, TlsEndpoint) else made).listen(Factory())
    assert [server[2] for server in there.tcpServers] == [backlog]


def test_backlog_of_unix_sockets() -> None:
    """They have one as well."""
    there = MemoryReactorClock()
    endpoint("--lmtp", "unix:/run/x:mode=660", reactor=there, table=None).listen(Factory())
    assert [server[2] for server in there.unixServers] == [1024]


@pytest.mark.parametrize(
    "text",
    ["", "80", "foo:1", "tcp", "tcp:", "tcp:abc", "tcp:65536", "tcp:-1", "tls:", "tls:99999",
     "haproxy:tcp:x", "tcp:80:colour=red", "ssl:x", "ssl:443:certKey=/nope",
     "ssl:443:privateKey=/nope"],
)  # fmt: skip
def test_what_is_no_endpoint_is_refused(text: str) -> None:
    """In one line with the option's name and the text."""
    with pytest.raises(ConfigError) as refused:
        check_endpoints("--eas", [text], reactor=reactor, certificates=True)
    assert str(refused.value).startswith("--eas: ")
    assert "\n" not in str(refused.value)


def test_tls_needs_certificates() -> None:
    """Without any, ``tls:`` is refused, in the check and at the start alike."""
    with pytest.raises(ConfigError, match=r"tls:443 needs tls\.certificates"):
        check_endpoints("--eas", ["tls:443"], reactor=reactor, certificates=False)
    with pytest.raises(ConfigError, match=r"tls:443 needs tls\.certificates"):
        endpoint("--eas", "tls:443", reactor=reactor, table=None)


def test_all_sockets_are_taken() -> None:
    """In the order of the listeners."""
    ports = [Port(), Port()]
    assert listen_all([listener(succeed(port)) for port in ports]) == ports


def test_no_socket_is_kept_when_one_cannot_be_had() -> None:
    """Those taken before are given up; the line says which and why."""
    port = Port()
    in_use = fail(CannotListenError("127.0.0.1", 80, OSError(98, "Address already in use")))
    with pytest.raises(ConfigError) as refused:
        listen_all([listener(succeed(port)), listener(in_use, "tcp:80")])
    assert str(refused.value) == "--eas: cannot listen on tcp:80: address already in use"
    assert port.stopped


def test_an_endpoint_that_takes_its_time_is_refused() -> None:
    """A start ends with its sockets taken, and so cannot wait."""
    with pytest.raises(ConfigError, match="does not listen at once"):
        listen_all([listener(Deferred())])


def test_connections_are_closed_until_something_serves() -> None:
    """Then they go to what serves."""
    late = LateFactory()
    assert late.buildProtocol(None) is None
    late.serving = Factory.forProtocol(Protocol)
    assert isinstance(late.buildProtocol(None), Protocol)


@pytest.mark.parametrize(
    ("address", "text"),
    [(IPv4Address("TCP", "127.0.0.1", 80), "127.0.0.1:80"), (UNIXAddress(b"/run/x"), "/run/x")],
)
def test_ports_are_named(address: object, text: str) -> None:
    """As people write them."""
    port = Port()
    port.getHost = lambda: address  # type: ignore[attr-defined]
    assert port_text(port) == text  # type: ignore[arg-type]

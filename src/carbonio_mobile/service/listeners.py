"""Listening: endpoint strings of ours and Twisted's, and all sockets of the daemon taken, or none.

``tls:PORT[:interface=…]``, ``tls:ENDPOINT`` (``tls:haproxy:tcp:8443``) and an ``ssl:PORT`` that
names no key speak TLS with the certificates of the configuration; all else is left to Twisted
(``tcp:``, ``unix:``, ``systemd:``, ``haproxy:``, ``ssl:`` with a key).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import serverFromString
from twisted.internet.interfaces import (
    IAddress,
    IListeningPort,
    IReactorTime,
    IStreamServerEndpoint,
)
from twisted.internet.protocol import Factory
from twisted.python.failure import Failure

from carbonio_mobile.errors import ConfigError
from carbonio_mobile.service.tls import CertificateTable, wrap_endpoint

_TLS = "tls:"
_SSL = "ssl:"

_BACKLOG = 1024
"""Connections that may wait to be accepted: after a restart all phones come back at once."""
_WITH_BACKLOG = frozenset(("tcp", "tcp6", "ssl", "unix"))


def speaks_tls(text: str) -> bool:
    """Tell whether an endpoint string wants the daemon's certificates."""
    return text.startswith(_TLS) or _is_bare_ssl(text)


def _is_bare_ssl(text: str) -> bool:
    """Tell whether this is Twisted's word for TLS without saying whose certificate it is."""
    return text.startswith(_SSL) and not any(
        setting in text for setting in ("privateKey=", "certKey=")
    )


def check_endpoints(
    option: str, texts: Iterable[str], *, reactor: IReactorTime, certificates: bool
) -> None:
    """Refuse what is no endpoint, and ``tls:`` without a certificate. Raises: ConfigError."""
    for text in texts:
        if speaks_tls(text) and not certificates:
            raise ConfigError(option, f"{text} needs tls.certificates, and there are none")
        _plain_endpoint(option, text, reactor)


def endpoint(
    option: str, text: str, *, reactor: IReactorTime, table: CertificateTable | None
) -> IStreamServerEndpoint:
    """Make the endpoint that a string describes. Raises: ConfigError."""
    plain = _plain_endpoint(option, text, reactor)
    if not speaks_tls(text):
        return plain
    if table is None:
        raise ConfigError(option, f"{text} needs tls.certificates, and there are none")
    return wrap_endpoint(plain, table, clock=reactor)


def _plain_endpoint(option: str, text: str, reactor: IReactorTime) -> IStreamServerEndpoint:
    description = f"tcp:{text.removeprefix(_SSL)}" if _is_bare_ssl(text) else text
    description = description.removeprefix(_TLS)
    if speaks_tls(text) and description[:1].isdigit():
        description = f"tcp:{description}"
    _check_port(option, text, description)
    if description.startswith(_SSL) and "privateKey=" not in description:
        raise ConfigError(option, f"{text!r} names no privateKey; tls: uses tls.certificates")
    try:
        made: IStreamServerEndpoint = serverFromString(reactor, _with_backlog(description))
    except (ValueError, TypeError, LookupError, OSError) as exc:
        raise ConfigError(option, f"{text!r} is no endpoint: {exc or type(exc).__name__}") from exc
    return made


def _with_backlog(description: str) -> str:
    """Let more than Twisted's 50 connections wait, unless the string says how many."""
    kind = description.removeprefix("haproxy:").partition(":")[0]
    if kind not in _WITH_BACKLOG or ":backlog=" in description:
        return description
    return f"{description}:backlog={_BACKLOG}"


def _check_port(option: str, text: str, description: str) -> None:
    """Refuse ports that Twisted would find out about only when it binds them."""
    kind, _, rest = description.removeprefix("haproxy:").partition(":")
    port = rest.partition(":")[0].removeprefix("port=")
    if kind in ("tcp", "tcp6", "ssl") and not (port.isdigit() and int(port) < 65536):
        raise ConfigError(option, f"{text!r} is no endpoint: {port!r} is no port (0 to 65535)")


class LateFactory(Factory):
    """Holds a listening socket until what serves it is built; then passes connections on."""

    noisy = False

    def __init__(self) -> None:
        self.serving: Factory | None = None

    def buildProtocol(self, addr: IAddress | None) -> Any:  # noqa: N802
        """Pass a connection on. None, which closes it, while nothing serves."""
        return None if self.serving is None else self.serving.buildProtocol(addr)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener:
    """One endpoint string, the option that it came from, and the factory to listen with."""

    option: str
    text: str
    endpoint: IStreamServerEndpoint
    factory: Factory


def listen_all(listeners: Iterable[Listener]) -> list[IListeningPort]:
    """Take all sockets, or none. Raises: ConfigError naming the endpoint that cannot be had."""
    ports: list[IListeningPort] = []
    for listener in listeners:
        outcome = _outcome(listener.endpoint.listen(listener.factory))
        if isinstance(outcome, Failure):
            for port in ports:
                port.stopListening()
            reason = _reason(outcome.value)
            raise ConfigError(listener.option, f"cannot listen on {listener.text}: {reason}")
        ports.append(outcome)
    return ports


def _outcome(listening: Deferred[IListeningPort]) -> IListeningPort | Failure:
    """Give what came of listening; all endpoints for servers know at once."""
    found: list[IListeningPort | Failure] = []
    listening.addBoth(found.append)
    return found[0] if found else Failure(OSError("the endpoint does not listen at once"))


def _reason(error: BaseException | None) -> str:
    cause = getattr(error, "socketError", error)
    return (getattr(cause, "strerror", None) or str(cause) or type(cause).__name__).lower()


def port_text(port: IListeningPort) -> str:
    """Give where a port listens, as ``host:port`` or the path of a socket."""
    address = port.getHost()
    if isinstance(address, IPv4Address):
        return f"{address.host}:{address.port}"
    if isinstance(address, IPv6Address):
        return f"[{address.host}]:{address.port}"
    name = getattr(address, "name", b"")
    return name.decode(errors="replace") if isinstance(name, bytes) else str(address)

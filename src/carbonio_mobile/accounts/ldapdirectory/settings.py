"""What is configured of an LDAP directory: its servers, and how long to wait for them.

Spec: RFC 4516 (URLs), RFC 4513 3 (StartTLS).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from OpenSSL import crypto
from twisted.internet.ssl import Certificate, platformTrust, trustRootFromCertificates

from carbonio_mobile.errors import ConfigError

_PORTS = {"ldap": 389, "ldaps": 636}


@dataclass(frozen=True, slots=True, kw_only=True)
class LdapUrl:
    """One server. ``is_tls``: TLS from the first octet on (``ldaps``)."""

    host: str
    port: int
    is_tls: bool

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'ldaps' if self.is_tls else 'ldap'}://{host}:{self.port}"

    @property
    def is_here(self) -> bool:
        """Tell whether nothing of the conversation leaves this machine."""
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"


def parse_url(text: str, option: str = "directory.urls") -> LdapUrl:
    """Read the URL of a server. Raises: ConfigError."""
    try:
        parts = urlsplit(text.strip())
        port = parts.port
        (parts.hostname or "").encode("idna")
    except ValueError as exc:
        raise ConfigError(option, f"no URL: {text}") from exc
    rest = (parts.path.strip("/"), parts.query, parts.fragment, parts.username)
    if parts.scheme not in _PORTS or not parts.hostname or any(rest):
        raise ConfigError(option, f"expected ldap://HOST or ldaps://HOST[:PORT], got {text}")
    return LdapUrl(
        host=parts.hostname,
        port=port or _PORTS[parts.scheme],
        is_tls=parts.scheme == "ldaps",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """Which authorities are believed; ``source`` says in words where they come from."""

    roots: Any = field(repr=False)
    source: str


def system_trust() -> Trust:
    """Believe those that the system believes."""
    return Trust(roots=platformTrust(), source="the authorities of the system")


def file_trust(path: Path, option: str = "directory.authority") -> Trust:
    """Believe those in a file, PEM. Blocks. Raises: ConfigError."""
    try:
        octets = path.read_bytes()
    except OSError as exc:
        raise ConfigError(option, f"cannot read {path}: {exc.strerror}") from exc
    end = b"-----END CERTIFICATE-----"
    pieces = [each + end for each in octets.split(end)[:-1]]
    try:
        found = [Certificate.loadPEM(each) for each in pieces]
    except crypto.Error as exc:
        raise ConfigError(option, f"{path} holds no certificates in PEM") from exc
    if not found:
        raise ConfigError(option, f"{path} holds no certificates in PEM")
    return Trust(roots=trustRootFromCertificates(found), source=str(path))


@dataclass(frozen=True, slots=True, kw_only=True)
class LdapServers:
    """The servers of one directory, the first that works being used, and our own account there.

    Without ``bind_dn`` we ask as nobody. ``start_tls`` asks servers named ``ldap://`` for TLS;
    without it such a server must be on this machine. ``answer_s`` is how long a request may take,
    ``message_bytes`` how large one answer may be, ``backoff_s`` and ``backoff_max_s`` how long
    nothing is tried after a failure, at first and at most.
    """

    urls: tuple[LdapUrl, ...]
    trust: Trust
    start_tls: bool = True
    bind_dn: str = ""
    password: str = field(default="", repr=False)
    connections: int = 2
    connect_s: float = 5.0
    answer_s: float = 15.0
    message_bytes: int = 8 << 20
    page_entries: int = 100
    entries_max: int = 200_000
    backoff_s: float = 1.0
    backoff_max_s: float = 60.0

    def __post_init__(self) -> None:
        if not self.urls:
            raise ConfigError("directory.urls", "expected one URL at least")
        for url in self.urls:
            if not (url.is_tls or self.start_tls or url.is_here):
                raise ConfigError(
                    "directory.start_tls",
                    f"passwords would go to {url} as they are; use ldaps:// or StartTLS",
                )
        if self.bind_dn and not self.password:
            raise ConfigError(
                "directory.bind_password_file", "expected the password of directory.bind_dn"
            )


def parse_urls(texts: Sequence[str]) -> tuple[LdapUrl, ...]:
    """Read the URLs of the servers, in the order in which they are tried. Raises: ConfigError."""
    return tuple(map(parse_url, texts))

"""The way to a server, step by step, up to its certificate. Blocks: to be called in a thread.

The clients themselves say that a certificate does not hold; here it is looked at without trust
too, to tell which names it has. Nothing is logged in to, no secret is sent.

Spec: RFC 9051 6.2.1, RFC 3207, RFC 5804 2.2, RFC 4511 4.14 (STARTTLS); RFC 9525 (names).
"""

import socket
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum
from time import monotonic
from typing import Final

from cryptography import x509
from cryptography.x509.oid import NameOID

CONNECT_S: Final = 10.0
_REPLY_OCTETS: Final = 64 * 1024
_NAMES_SHOWN: Final = 8
_WRONG_NAME: Final = frozenset((62, 64))
_EXPIRED: Final = frozenset((9, 10))
"""X509_V_ERR_HOSTNAME_MISMATCH and _IP_ADDRESS_MISMATCH; _NOT_YET_VALID and _HAS_EXPIRED."""

_START_TLS_OF_LDAP: Final = b"\x30\x1d\x02\x01\x01\x77\x18\x80\x161.3.6.1.4.1.1466.20037"


class Speech(Enum):
    """What must be said before TLS begins."""

    NOTHING = "TLS from the first byte"
    IMAP = "IMAP"
    SMTP = "SMTP"
    SIEVE = "ManageSieve"
    LDAP = "LDAP"


class Trouble(Enum):
    """What may be in the way."""

    NAME = "the name is not known"
    REFUSED = "nobody listens"
    SILENT = "no answer"
    UNREACHABLE = "no way there"
    NO_TLS = "no TLS"
    WRONG_NAME = "a certificate for another name"
    EXPIRED = "a certificate that is not valid now"
    UNTRUSTED = "a certificate that nobody vouches for"


class Blocked(Exception):
    """The way ends here; ``names`` and ``issuer`` are those of the certificate, if it came to it.

    The text says what happened.
    """

    def __init__(
        self, trouble: Trouble, text: str, *, names: tuple[str, ...] = (), issuer: str = ""
    ) -> None:
        super().__init__(text)
        self.trouble = trouble
        self.names = names
        self.issuer = issuer


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A server. ``authority_pem`` are the certificates that are believed, empty: the system's."""

    host: str
    port: int
    speech: Speech = Speech.NOTHING
    authority_pem: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """What a certificate says. ``ends`` is in seconds since 1970."""

    names: tuple[str, ...]
    issuer: str
    ends: float

    @property
    def names_text(self) -> str:
        """The names in a line."""
        return ", ".join(self.names[:_NAMES_SHOWN]) or "no name"


def resolve(host: str, port: int) -> tuple[str, ...]:
    """Give the addresses of a name. Raises: Blocked."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as exc:
        raise Blocked(Trouble.NAME, getattr(exc, "strerror", None) or "no host name") from exc
    return tuple(dict.fromkeys(str(one[4][0]) for one in found))


def connect(target: Target) -> socket.socket:
    """Connect, to whichever of its addresses answers. Raises: Blocked."""
    try:
        return socket.create_connection((target.host, target.port), timeout=CONNECT_S)
    except ConnectionRefusedError as exc:
        raise Blocked(Trouble.REFUSED, "connection refused") from exc
    except TimeoutError as exc:
        raise Blocked(Trouble.SILENT, f"no answer within {CONNECT_S:g} s") from exc
    except OSError as exc:
        raise Blocked(Trouble.UNREACHABLE, exc.strerror or type(exc).__name__) from exc


def certificate(target: Target) -> Certificate:
    """Go all the way to TLS, and give the certificate that holds. Raises: Blocked."""
    try:
        return _shaken_hands(target, _trusting(target))
    except ssl.SSLCertVerificationError as exc:
        raise _doubt(target, exc) from exc


def _trusting(target: Target) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.hostname_checks_common_name = False
    if target.authority_pem:
        context.load_verify_locations(cadata=target.authority_pem.decode("ascii", "replace"))
    else:
        context.load_default_certs()
    return context


def _looking() -> ssl.SSLContext:
    """Give a context that takes any certificate: to look at it, nothing is said after."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _doubt(target: Target, exc: ssl.SSLCertVerificationError) -> Blocked:
    try:
        seen = _shaken_hands(target, _looking())
    except (Blocked, ssl.SSLError):
        seen = Certificate(names=(), issuer="", ends=0.0)
    trouble = Trouble.UNTRUSTED
    if exc.verify_code in _WRONG_NAME:
        trouble = Trouble.WRONG_NAME
    elif exc.verify_code in _EXPIRED:
        trouble = Trouble.EXPIRED
    return Blocked(trouble, exc.verify_message, names=seen.names, issuer=seen.issuer)


def _shaken_hands(target: Target, context: ssl.SSLContext) -> Certificate:
    plain = connect(target)
    try:
        _PRELUDES[target.speech](plain)
        with context.wrap_socket(plain, server_hostname=target.host) as secured:
            return _read(secured.getpeercert(binary_form=True) or b"")
    except ssl.SSLCertVerificationError:
        raise
    except TimeoutError as exc:
        raise Blocked(Trouble.SILENT, f"no answer within {CONNECT_S:g} s") from exc
    except (ssl.SSLError, OSError, ValueError) as exc:
        reason = getattr(exc, "reason", None) or getattr(exc, "strerror", None) or str(exc)
        raise Blocked(Trouble.NO_TLS, f"no TLS: {reason}") from exc
    finally:
        plain.close()


def _read(der: bytes) -> Certificate:
    """Read a certificate. Raises: ValueError."""
    found = x509.load_der_x509_certificate(der)
    try:
        alternative = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        names = [
            *alternative.get_values_for_type(x509.DNSName),
            *map(str, alternative.get_values_for_type(x509.IPAddress)),
        ]
    except x509.ExtensionNotFound:
        names = []
    ends = found.not_valid_after_utc.timestamp()
    return Certificate(names=tuple(names), issuer=_issuer(found), ends=ends)


def _issuer(found: x509.Certificate) -> str:
    if found.issuer == found.subject:
        return "itself"
    for kind in (NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME):
        values = found.issuer.get_attributes_for_oid(kind)
        if values:
            return str(values[0].value)
    return "an issuer without a name"


def day(seconds: float) -> str:
    """Give the date of a time, in seconds since 1970."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d")


# What is said before TLS


class _Lines:
    """Reads lines, within bounds of size and time."""

    def __init__(self, plain: socket.socket) -> None:
        self._plain = plain
        self._left = b""
        self._octets = 0
        self._until = monotonic() + CONNECT_S

    def line(self) -> bytes:
        """Give the next line. Raises: Blocked (there is none)."""
        while b"\n" not in self._left:
            octets = self._plain.recv(4096)
            self._octets += len(octets)
            if not octets or self._octets > _REPLY_OCTETS or monotonic() > self._until:
                raise Blocked(Trouble.NO_TLS, "the server does not answer as it should")
            self._left += octets
        line, _, self._left = self._left.partition(b"\n")
        return line.rstrip(b"\r")


def _nothing(_plain: socket.socket) -> None:
    """Begin with TLS."""


def _imap(plain: socket.socket) -> None:
    lines = _Lines(plain)
    _expect(lines.line().upper(), b"* OK")
    plain.sendall(b"a STARTTLS\r\n")
    line = lines.line().upper()
    while line.startswith(b"*"):
        line = lines.line().upper()
    _expect(line, b"A OK")


def _smtp(plain: socket.socket) -> None:
    lines = _Lines(plain)
    for said, expected in ((b"", b"220"), (b"EHLO doctor.invalid\r\n", b"250"),
                           (b"STARTTLS\r\n", b"220")):  # fmt: skip
        plain.sendall(said)
        line = lines.line()
        while line[3:4] == b"-":
            line = lines.line()
        _expect(line, expected)


def _sieve(plain: socket.socket) -> None:
    lines = _Lines(plain)
    for said in (b"", b"STARTTLS\r\n"):
        plain.sendall(said)
        line = lines.line()
        while line.startswith(b'"'):
            line = lines.line()
        _expect(line.upper(), b"OK")


def _ldap(plain: socket.socket) -> None:
    plain.sendall(_START_TLS_OF_LDAP)
    answer = plain.recv(4096)
    # The ExtendedResponse begins with its result code; 0 is success.
    if answer[:1] != b"\x30" or b"\x0a\x01\x00" not in answer[:32]:
        raise Blocked(Trouble.NO_TLS, "the server has no StartTLS")


def _expect(line: bytes, beginning: bytes) -> None:
    if not line.startswith(beginning):
        said = line[:80].decode("ascii", "replace")
        raise Blocked(Trouble.NO_TLS, f"the server offers no STARTTLS: it says {said!r}")


_PRELUDES: Mapping[Speech, Callable[[socket.socket], None]] = {
    Speech.NOTHING: _nothing,
    Speech.IMAP: _imap,
    Speech.SMTP: _smtp,
    Speech.SIEVE: _sieve,
    Speech.LDAP: _ldap,
}

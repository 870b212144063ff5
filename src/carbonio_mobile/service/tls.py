"""TLS for every listener: settings, and certificates by host name that can change while it runs.

Spec: RFC 8446, RFC 5246 (1.2 at least), RFC 6066 section 3 (server name indication).
"""

import ipaddress
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from OpenSSL import SSL
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import (
    IAddress,
    IListeningPort,
    IOpenSSLServerConnectionCreator,
    IProtocolFactory,
    IReactorTime,
    IStreamServerEndpoint,
)
from twisted.protocols.tls import TLSMemoryBIOFactory, TLSMemoryBIOProtocol
from zope.interface import implementer

from carbonio_mobile.errors import ConfigError

_CIPHERS: Final = b"ECDHE+AESGCM:ECDHE+CHACHA20"  # for 1.2; those of 1.3 are all fit for use
_OPTIONS = SSL.OP_NO_COMPRESSION | SSL.OP_NO_RENEGOTIATION | SSL.OP_CIPHER_SERVER_PREFERENCE
_SELF_SIGNED_DAYS = 397  # the most that Apple's clients take


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateFiles:
    """A certificate with its intermediates, own first, and its key; both PEM."""

    chain: Path
    key: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificatePlan:
    """Which files serve which host. Hosts may be ``*.example.com``: one label, as in certificates.

    ``default`` serves clients that name no host or one without an entry.
    """

    default: CertificateFiles
    by_host: Mapping[str, CertificateFiles] = field(default_factory=dict)

    def files(self) -> Iterable[Path]:
        """Return every file named, each once."""
        pairs = (self.default, *self.by_host.values())
        return dict.fromkeys(path for pair in pairs for path in (pair.chain, pair.key))


_Stamp = tuple[int, int, int] | None


@implementer(IOpenSSLServerConnectionCreator)
class CertificateTable:
    """The certificates in use. A reload affects handshakes from then on, never open connections."""

    def __init__(self, plan: CertificatePlan) -> None:
        """Load all. Raises: ConfigError naming the file that cannot be used and why."""
        self._plan = plan
        self._stamps = _stamps(plan)
        self._default, self._by_host = self._contexts(plan)

    def reload(self, plan: CertificatePlan | None = None) -> None:
        """Read everything anew, by another plan if one is given; all of it counts or none.

        Raises: ConfigError, with what was in use still in use.
        """
        plan = plan or self._plan
        self._stamps = _stamps(plan)  # taken first: a file that changes meanwhile is seen next time
        default, by_host = self._contexts(plan)
        self._plan, self._default, self._by_host = plan, default, by_host

    def reload_if_changed(self) -> bool:
        """Reload if a file's time, size or inode changed since it was last read; tell whether.

        Costs one ``stat`` a file. A pair that does not fit yet (half of a renewal) is tried again
        when a file changes once more. Raises: ConfigError as ``reload``.
        """
        if _stamps(self._plan) == self._stamps:
            return False
        self.reload()
        return True

    def context_for(self, server_name: str) -> SSL.Context:
        """Choose by exact name, then by wildcard for one label, then the default."""
        name = server_name.lower().rstrip(".")
        parent = name.partition(".")[2]
        return self._by_host.get(name) or self._by_host.get(f"*.{parent}") or self._default

    def serverConnectionForTLS(self, _protocol: TLSMemoryBIOProtocol) -> SSL.Connection:  # noqa: N802
        """Begin a connection with the default certificate; the server name may change it."""
        return SSL.Connection(self._default, None)

    def _contexts(self, plan: CertificatePlan) -> tuple[SSL.Context, dict[str, SSL.Context]]:
        pairs = {plan.default, *plan.by_host.values()}
        contexts = {pair: self._context(pair) for pair in pairs}
        by_host = {_ascii_name(host): contexts[pair] for host, pair in plan.by_host.items()}
        return contexts[plan.default], by_host

    def _context(self, pair: CertificateFiles) -> SSL.Context:
        chain, key = _read_chain(pair.chain), _read_key(pair.key)
        if key.public_key() != chain[0].public_key():
            raise ConfigError(str(pair.key), f"is not the key of the certificate in {pair.chain}")
        context = SSL.Context(SSL.TLS_SERVER_METHOD)
        context.set_min_proto_version(SSL.TLS1_2_VERSION)
        context.set_options(_OPTIONS)
        context.set_cipher_list(_CIPHERS)
        context.set_mode(SSL.MODE_RELEASE_BUFFERS)  # a parked Ping needs none: saves 30 KiB each
        context.set_session_cache_mode(SSL.SESS_CACHE_OFF)  # tickets do that without memory
        try:
            context.use_certificate(chain[0])
            for intermediate in chain[1:]:
                context.add_extra_chain_cert(intermediate)
            context.use_privatekey(key)
        except (SSL.Error, TypeError, ValueError) as exc:
            raise ConfigError(str(pair.chain), "OpenSSL refuses this certificate or key") from exc
        context.set_tlsext_servername_callback(self._name_received)
        return context

    def _name_received(self, connection: SSL.Connection) -> None:
        name = connection.get_servername()
        if name:
            connection.set_context(self.context_for(name.decode("ascii", "replace")))


def _stamps(plan: CertificatePlan) -> dict[Path, _Stamp]:
    return {path: _stamp(path) for path in plan.files()}


def _stamp(path: Path) -> _Stamp:
    try:
        found = path.stat()
    except OSError:
        return None  # reading it will say why
    return found.st_mtime_ns, found.st_size, found.st_ino


def _ascii_name(host: str) -> str:
    """Return the form in which clients send a name (RFC 6066: without trailing dot, in ASCII)."""
    wildcard, name = ("*.", host[2:]) if host.startswith("*.") else ("", host)
    try:
        return wildcard + name.rstrip(".").encode("idna").decode("ascii").lower()
    except UnicodeError as exc:
        raise ConfigError("certificate host", f"{host!r} is no host name") from exc


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as exc:
        raise ConfigError(str(path), f"cannot be read: {exc.strerror}") from exc


def _read_chain(path: Path) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(_read(path))
    except ValueError as exc:
        raise ConfigError(str(path), "holds no PEM certificate") from exc


_Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey


def _read_key(path: Path) -> _Key:
    try:
        key = serialization.load_pem_private_key(_read(path), password=None)
    except TypeError as exc:
        raise ConfigError(str(path), "is encrypted; a key without passphrase is needed") from exc
    except (ValueError, UnsupportedAlgorithm) as exc:
        raise ConfigError(str(path), "holds no usable PEM private key") from exc
    if not isinstance(key, _Key):
        raise ConfigError(str(path), "is no RSA, EC or Ed25519 key")
    return key


# Listening


class _TlsFactory(TLSMemoryBIOFactory):
    """Adds TLS to each connection of a factory."""

    def __init__(
        self,
        table: CertificateTable,
        factory: IProtocolFactory,
        clock: IReactorTime,
        protocol: type[TLSMemoryBIOProtocol],
    ) -> None:
        super().__init__(table, False, factory, clock)
        self.protocol = protocol

    # Giving None is what IProtocolFactory allows, and WrappingFactory does not know of.
    def buildProtocol(  # type: ignore[override]  # noqa: N802
        self, addr: IAddress | None
    ) -> TLSMemoryBIOProtocol | None:
        """Wrap the protocol of a connection; one that the factory wants closed is closed."""
        served = self.wrappedFactory.buildProtocol(addr)
        return None if served is None else self.protocol(self, served)


@implementer(IStreamServerEndpoint)
@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TlsEndpoint:
    """Listens on another endpoint (``tcp:``, ``haproxy:tcp:``, ...) and speaks TLS there."""

    endpoint: IStreamServerEndpoint
    table: CertificateTable
    clock: IReactorTime
    protocol: type[TLSMemoryBIOProtocol]

    def listen(self, protocolFactory: IProtocolFactory) -> Deferred[IListeningPort]:  # noqa: N803
        """Listen with a factory that need not know of TLS."""
        return self.endpoint.listen(
            _TlsFactory(self.table, protocolFactory, self.clock, self.protocol)
        )


def wrap_endpoint(
    endpoint: IStreamServerEndpoint,
    table: CertificateTable,
    *,
    clock: IReactorTime,
    protocol: type[TLSMemoryBIOProtocol] = TLSMemoryBIOProtocol,
) -> TlsEndpoint:
    """Return an endpoint with TLS on top of a plain one.

    ``protocol`` is for factories that write in small pieces: BufferingTLSTransport joins what they
    write in one turn of the reactor; the web room writes each answer in one piece and needs none.
    """
    return TlsEndpoint(endpoint=endpoint, table=table, clock=clock, protocol=protocol)


# The demo's certificate


def self_signed(hostnames: Sequence[str], *, now: datetime) -> tuple[bytes, bytes]:
    """Make a certificate for host names and addresses; return it and its key as PEM.

    ``now`` is in UTC. Each call makes another key; valid from the day before, for 397 days in all.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, hostnames[0][:64])])
    starts = now - timedelta(days=1)
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(starts)
        .not_valid_after(starts + timedelta(days=_SELF_SIGNED_DAYS))
        .add_extension(x509.SubjectAlternativeName(map(_general_name, hostnames)), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
    )
    certificate = builder.sign(key, hashes.SHA256())
    return certificate.public_bytes(serialization.Encoding.PEM), key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)

"""Certificates by host name, their reload, and TLS over in-memory transports."""

import contextlib
import os
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import x448
from OpenSSL import SSL
from twisted.internet.address import IPv4Address
from twisted.internet.endpoints import TCP4ServerEndpoint
from twisted.internet.interfaces import IStreamServerEndpoint
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.testing import MemoryReactorClock, StringTransport
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from carbonio_mobile.errors import ConfigError
from carbonio_mobile.service.listeners import LateFactory
from carbonio_mobile.service.tls import (
    CertificateFiles,
    CertificatePlan,
    CertificateTable,
    self_signed,
    wrap_endpoint,
)

NOW = datetime(2026, 8, 1, tzinfo=UTC)


def make_files(folder: Path, *hostnames: str) -> CertificateFiles:
    """Write a fresh pair under the first name; write it anew when it is there."""
    name = hostnames[0].replace("*", "any")
    pair = CertificateFiles(chain=folder / f"{name}.pem", key=folder / f"{name}.key")
    certificate, key = self_signed(hostnames, now=NOW)
    for path, content in ((pair.chain, certificate), (pair.key, key)):
        fresh = path.with_suffix(".new")
        fresh.write_bytes(content)
        os.replace(fresh, path)
    return pair


@pytest.fixture(name="plan")
def fixture_plan(tmp_path: Path) -> CertificatePlan:
    return CertificatePlan(
        default=make_files(tmp_path, "default.example.com"),
        by_host={
            "Mail.example.org": make_files(tmp_path, "mail.example.org"),
            "*.example.net": make_files(tmp_path, "*.example.net"),
            "bücher.example": make_files(tmp_path, "xn--bcher-kva.example"),
        },
    )


def handshake(
    server: SSL.Connection, name: str | None, *, version: int | None = None
) -> tuple[SSL.Connection, x509.Certificate]:
    """Shake hands in memory; return the client's end and the certificate that it was shown."""
    context = SSL.Context(SSL.TLS_CLIENT_METHOD)
    if version is not None:
        context.set_max_proto_version(version)
    client = SSL.Connection(context, None)
    if name is not None:
        client.set_tlsext_host_name(name.encode())
    client.set_connect_state()
    server.set_accept_state()
    for _ in range(4):
        for end, other in ((client, server), (server, client)):
            with contextlib.suppress(SSL.WantReadError):
                end.do_handshake()
            with contextlib.suppress(SSL.WantReadError):
                other.bio_write(end.bio_read(65536))
    certificate = client.get_peer_certificate(as_cryptography=True)
    assert certificate is not None
    return client, certificate


def shown_name(table: CertificateTable, name: str | None) -> str:
    """Return the subject's name of the certificate that a client asking for ``name`` is shown."""
    server = table.serverConnectionForTLS(None)  # type: ignore[arg-type]
    _, certificate = handshake(server, name)
    return str(certificate.subject.rdns[0].rfc4514_string().removeprefix("CN="))


@pytest.mark.parametrize(
    ("asked", "shown"),
    [
        ("mail.example.org", "mail.example.org"),
        ("MAIL.Example.ORG", "mail.example.org"),
        ("a.example.net", "*.example.net"),
        ("a.b.example.net", "default.example.com"),
        ("example.net", "default.example.com"),
        ("xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("elsewhere.example", "default.example.com"),
        (None, "default.example.com"),
    ],
)
def test_certificate_by_name(plan: CertificatePlan, asked: str | None, shown: str) -> None:
    """Exact name before wildcard (one label) before the default."""
    assert shown_name(CertificateTable(plan), asked) == shown


def test_old_versions_are_refused(plan: CertificatePlan) -> None:
    """TLS 1.2 is spoken, with an ephemeral key and an AEAD cipher; 1.1 is not."""
    table = CertificateTable(plan)
    client, _ = handshake(table.serverConnectionForTLS(None), None, version=SSL.TLS1_2_VERSION)  # type: ignore[arg-type]
    assert client.get_protocol_version_name() == "TLSv1.2"
    cipher = client.get_cipher_name()
    assert cipher is not None
    assert cipher.startswith("ECDHE-")
    with pytest.raises((SSL.Error, AssertionError)):
        handshake(table.serverConnectionForTLS(None), None, version=SSL.TLS1_1_VERSION)  # type: ignore[arg-type]


def test_reload_on_change(plan: CertificatePlan, tmp_path: Path) -> None:
    """A renewed certificate serves the next handshake; a connection from before goes on."""
    table = CertificateTable(plan)
    server = table.serverConnectionForTLS(None)  # type: ignore[arg-type]
    client, before = handshake(server, "mail.example.org")
    assert not table.reload_if_changed()
    make_files(tmp_path, "mail.example.org")
    assert table.reload_if_changed()
    assert not table.reload_if_changed()
    _, after = handshake(table.serverConnectionForTLS(None), "mail.example.org")  # type: ignore[arg-type]
    assert before.serial_number != after.serial_number
    client.send(b"still here")
    server.bio_write(client.bio_read(65536))
    assert server.recv(100) == b"still here"


def test_half_a_renewal_keeps_what_was(plan: CertificatePlan, tmp_path: Path) -> None:
    """A key that does not fit is reported once; when the certificate follows, both count."""
    table = CertificateTable(plan)
    old_chain = plan.default.chain.read_bytes()
    make_files(tmp_path, "default.example.com")
    new_chain = plan.default.chain.read_bytes()
    plan.default.chain.write_bytes(old_chain)
    with pytest.raises(ConfigError, match="is not the key of the certificate"):
        table.reload_if_changed()
    assert not table.reload_if_changed()
    assert shown_name(table, None) == "default.example.com"
    plan.default.chain.unlink()
    with pytest.raises(ConfigError, match="cannot be read: No such file"):
        table.reload_if_changed()
    plan.default.chain.write_bytes(new_chain)
    assert table.reload_if_changed()


def test_reload_by_another_plan(plan: CertificatePlan) -> None:
    """A changed table of hosts takes the place of the old one."""
    table = CertificateTable(plan)
    table.reload(CertificatePlan(default=plan.by_host["Mail.example.org"]))
    assert shown_name(table, "a.example.net") == "mail.example.org"


@pytest.mark.parametrize(
    ("chain", "key", "named", "reason"),
    [
        (b"junk", None, "chain", "holds no PEM certificate"),
        (None, b"junk", "key", "holds no usable PEM private key"),
        (b"", None, "chain", "holds no PEM certificate"),
    ],
)
def test_unusable_files(
    plan: CertificatePlan, chain: bytes | None, key: bytes | None, named: str, reason: str
) -> None:
    """The error names the file and says what is wrong with it, in one line."""
    pair = plan.default
    if chain is not None:
        pair.chain.write_bytes(chain)
    if key is not None:
        pair.key.write_bytes(key)
    with pytest.raises(ConfigError) as caught:
        CertificateTable(plan)
    assert str(caught.value) == f"{getattr(pair, named)}: {reason}"


def test_encrypted_and_foreign_keys(plan: CertificatePlan) -> None:
    """A key with a passphrase, and one of another certificate, are told apart."""
    key = serialization.load_pem_private_key(plan.default.key.read_bytes(), None)
    encrypted = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"x"),
    )
    foreign = plan.by_host["*.example.net"].key.read_bytes()
    unfit = x448.X448PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    for content, reason in (
        (encrypted, "is encrypted"),
        (foreign, "is not the key"),
        (unfit, "is no RSA, EC or Ed25519 key"),
    ):
        plan.default.key.write_bytes(content)
        with pytest.raises(ConfigError, match=reason):
            CertificateTable(plan)


def test_missing_and_unreadable_files(plan: CertificatePlan) -> None:
    """A file that cannot be read is named, with the system's reason."""
    plan.default.key.unlink()
    plan.default.key.mkdir()
    with pytest.raises(ConfigError, match=r"default\.example\.com\.key: cannot be read: Is a dir"):
        CertificateTable(plan)


def test_unusable_host_name(plan: CertificatePlan) -> None:
    """A host that is no name is a configuration error."""
    with pytest.raises(ConfigError, match="is no host name"):
        CertificateTable(CertificatePlan(default=plan.default, by_host={"a..b": plan.default}))


def test_self_signed_certificate() -> None:
    """Names and addresses are in the certificate, the key is its own, times are as asked."""
    certificate_pem, key_pem = self_signed(["localhost", "127.0.0.1"], now=NOW)
    certificate = x509.load_pem_x509_certificate(certificate_pem)
    key = serialization.load_pem_private_key(key_pem, None)
    assert key.public_key() == certificate.public_key()
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["localhost"]
    assert [str(ip) for ip in names.get_values_for_type(x509.IPAddress)] == ["127.0.0.1"]
    assert certificate.not_valid_before_utc < NOW < certificate.not_valid_after_utc


class Echo(Protocol):
    """Sends back what it gets."""

    def dataReceived(self, data: bytes) -> None:
        self.transport.write(data)  # type: ignore[union-attr]


class EndpointTests(SynchronousTestCase):
    """TLS on top of a plain endpoint."""

    def test_wrapped_endpoint_speaks_tls(self) -> None:
        """A factory that knows nothing of TLS is reached through it."""
        with tempfile.TemporaryDirectory() as folder:
            files = make_files(Path(folder), "localhost")
            table = CertificateTable(CertificatePlan(default=files))
        reactor = MemoryReactorClock()
        plain = TCP4ServerEndpoint(reactor, 8443)
        endpoint = wrap_endpoint(plain, table, clock=reactor)
        verifyObject(IStreamServerEndpoint, endpoint)
        self.successResultOf(endpoint.listen(Factory.forProtocol(Echo)))
        ((_port, factory, _backlog, _interface),) = reactor.tcpServers
        protocol = factory.buildProtocol(None)
        transport = StringTransport()
        protocol.makeConnection(transport)
        client = SSL.Connection(SSL.Context(SSL.TLS_CLIENT_METHOD), None)
        client.set_connect_state()
        for _ in range(3):
            with contextlib.suppress(SSL.WantReadError):
                client.do_handshake()
            with contextlib.suppress(SSL.WantReadError):
                protocol.dataReceived(client.bio_read(65536))
                client.bio_write(transport.value())
                transport.clear()
        client.send(b"hello")
        protocol.dataReceived(client.bio_read(65536))
        client.bio_write(transport.value())
        self.assertEqual(client.recv(100), b"hello")


def test_a_connection_that_nobody_serves_yet_is_closed(plan: CertificatePlan) -> None:
    """Before the daemon is built, a connection to its TLS socket ends without a traceback."""
    reactor = MemoryReactorClock()
    late = LateFactory()
    endpoint = wrap_endpoint(
        TCP4ServerEndpoint(reactor, 443), CertificateTable(plan), clock=reactor
    )
    endpoint.listen(late)
    factory = reactor.tcpServers[0][1]
    address = IPv4Address("TCP", "127.0.0.1", 1)
    assert factory.buildProtocol(address) is None
    late.serving = Factory.forProtocol(Protocol)
    assert factory.buildProtocol(address) is not None

"""The doctor on its way to a server, up to its certificate."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from carbonio_mobile.service.tls import self_signed
from carbonio_mobile.setup.doctor import probing, reaching
from carbonio_mobile.setup.doctor.findings import Level
from carbonio_mobile.setup.doctor.probing import Blocked, Certificate, Speech, Target, Trouble
from carbonio_mobile.setup.doctor.reaching import Place
from tests.unit.setup.doctoring import Told, done


@pytest.fixture
def told() -> Told:
    """Give a report to write in."""
    return Told()


# The way to a server


PLACE = Place(
    target=Target(host="mail.example.com", port=993),
    is_encrypted=True,
    authority="/etc/ssl/ours.pem",
    host_option="imap.host",
    port_option="imap.port",
    tls_option="imap.tls",
    authority_option="imap.authority",
)


async def at_once(function: Callable[[], Any]) -> Any:
    """Call a function here."""
    return function()


def raising(exc: Exception) -> Callable[..., Any]:
    """Make a function that raises."""

    def function(*_arguments: Any) -> Any:
        raise exc

    return function


@pytest.mark.parametrize(
    ("trouble", "step", "texts"),
    [
        (Trouble.NAME, "resolve", ("the name mail.example.com is not known", "imap.host")),
        (Trouble.REFUSED, "connect", ("nobody listens on port 993", "imap.port")),
        (Trouble.SILENT, "connect", ("port 993", "firewall")),
        (Trouble.UNREACHABLE, "connect", ("cannot be reached", "routes")),
        (Trouble.NO_TLS, "certificate", ("port 993", "imap.tls")),
        (
            Trouble.WRONG_NAME,
            "certificate",
            ("the certificate is for a.example, b.example, and not for mail.example.com",),
        ),
        (Trouble.EXPIRED, "certificate", ("is not valid now", "Renew")),
        (
            Trouble.UNTRUSTED,
            "certificate",
            ("by Somebody", "not vouched for by /etc/ssl/ours.pem", "imap.authority"),
        ),
    ],
)
def test_what_is_in_the_way(
    told: Told,
    monkeypatch: pytest.MonkeyPatch,
    trouble: Trouble,
    step: str,
    texts: tuple[str, ...],
) -> None:
    """Each trouble is told with what was found, and the option that would mend it."""
    monkeypatch.setattr(probing, "resolve", lambda _host, _port: ("192.0.2.1",))
    monkeypatch.setattr(probing, "connect", lambda _target: socket.socket())
    blocked = Blocked(trouble, "why", names=("a.example", "b.example"), issuer="Somebody")
    monkeypatch.setattr(probing, step, raising(blocked))
    assert not done(reaching.reach(told.part, PLACE, in_thread=at_once))
    fault = told.only(Level.FAILS)
    for text in texts:
        assert text in fault


def test_a_certificate_that_ends_soon(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    """It works, and is worth a look."""
    monkeypatch.setattr(probing, "resolve", lambda _host, _port: ("192.0.2.1",))
    monkeypatch.setattr(probing, "connect", lambda _target: socket.socket())
    ends = datetime.now(UTC).timestamp() + 86_400
    found = Certificate(names=("mail.example.com",), issuer="Somebody", ends=ends)
    monkeypatch.setattr(probing, "certificate", lambda _target: found)
    assert done(reaching.reach(told.part, PLACE, in_thread=at_once))
    assert "Renew it" in told.only(Level.DEGRADES)


@contextmanager
def listening(serve: Callable[[socket.socket], None]) -> Iterator[int]:
    """Have connections served by a function, in a thread; gives the port."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def run() -> None:
            while True:
                try:
                    plain, _ = server.accept()
                except OSError:
                    return
                with plain:
                    try:
                        serve(plain)
                    except OSError:
                        continue

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        try:
            yield int(server.getsockname()[1])
        finally:
            server.shutdown(socket.SHUT_RDWR)
            thread.join(10)


DIALOGUES: Mapping[Speech, tuple[tuple[bytes, bytes], ...]] = {
    Speech.NOTHING: (),
    Speech.IMAP: (
        (b"", b"* OK hello\r\n"),
        (b"a STARTTLS\r\n", b"* CAPABILITY IMAP4\r\na OK go\r\n"),
    ),
    Speech.SMTP: (
        (b"", b"220-hello\r\n220 there\r\n"),
        (b"EHLO doctor.invalid\r\n", b"250-me\r\n250 STARTTLS\r\n"),
        (b"STARTTLS\r\n", b"220 go\r\n"),
    ),
    Speech.SIEVE: ((b"", b'"SIEVE" "fileinto"\r\nOK "hi"\r\n'), (b"STARTTLS\r\n", b"OK\r\n")),
    Speech.LDAP: (
        (probing._START_TLS_OF_LDAP, b"\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x00\x04\x00\x04\x00"),
    ),
}


def played(speech: Speech, context: ssl.SSLContext | None) -> Callable[[socket.socket], None]:
    """Make a server that says its part and goes over to TLS, if it has a context."""

    def serve(plain: socket.socket) -> None:
        plain.settimeout(10)
        for expected, answer in DIALOGUES[speech]:
            got = b""
            while len(got) < len(expected):
                got += plain.recv(len(expected) - len(got)) or b"\0" * len(expected)
            assert got == expected
            plain.sendall(answer)
        if context is not None:
            with context.wrap_socket(plain, server_side=True) as secured:
                secured.recv(1)

    return serve


@pytest.fixture(scope="module")
def credentials(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, ssl.SSLContext]:
    """Give a certificate for localhost, and a server's context with it."""
    place: Path = tmp_path_factory.mktemp("tls")
    certificate, key = self_signed(["localhost"], now=datetime.now(UTC))
    (place / "c.pem").write_bytes(certificate)
    (place / "k.pem").write_bytes(key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(place / "c.pem", place / "k.pem")
    return certificate, context


@pytest.mark.parametrize("speech", list(Speech))
def test_certificates_in_every_protocol(
    credentials: tuple[bytes, ssl.SSLContext], speech: Speech
) -> None:
    """The certificate is found behind what each protocol says before TLS."""
    pem, context = credentials
    with listening(played(speech, context)) as port:
        found = probing.certificate(
            Target(host="localhost", port=port, speech=speech, authority_pem=pem)
        )
    assert found.names == ("localhost",)
    assert found.issuer == "itself"


@pytest.mark.parametrize(
    ("host", "is_known", "trouble"),
    [
        ("localhost", False, Trouble.UNTRUSTED),
        ("127.0.0.1", True, Trouble.WRONG_NAME),
    ],
)
def test_certificates_that_do_not_hold(
    credentials: tuple[bytes, ssl.SSLContext], host: str, is_known: bool, trouble: Trouble
) -> None:
    """What is wrong is told, and what the certificate says."""
    pem, context = credentials
    with (
        listening(played(Speech.NOTHING, context)) as port,
        pytest.raises(Blocked) as caught,
    ):
        probing.certificate(Target(host=host, port=port, authority_pem=pem if is_known else b""))
    assert caught.value.trouble is trouble
    assert caught.value.names == ("localhost",)


@pytest.mark.parametrize(
    ("speech", "said"),
    [
        (Speech.IMAP, b"* BYE no\r\n"),
        (Speech.IMAP, b"* OK hello\r\na BAD what?\r\n"),
        (Speech.SMTP, b"554 no\r\n"),
        (Speech.SMTP, b"220 hello\r\n250 me\r\n502 no\r\n"),
        (Speech.SIEVE, b'"SIEVE" ""\r\nNO\r\n'),
        (Speech.LDAP, b"\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x02\x04\x00\x04\x00"),
        (Speech.NOTHING, b"* OK this is no TLS\r\n"),
        (Speech.IMAP, b"x" * 100_000),
        (Speech.IMAP, b""),
    ],
)
def test_servers_without_tls(speech: Speech, said: bytes) -> None:
    """Refusals, floods and silence all end as: no TLS."""
    with listening(lambda plain: plain.sendall(said)) as port, pytest.raises(Blocked) as caught:
        probing.certificate(Target(host="localhost", port=port, speech=speech))
    assert caught.value.trouble is Trouble.NO_TLS


def test_names_and_ports_that_are_not_there() -> None:
    """An unknown name and a closed port are told apart."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    for action, trouble in (
        (lambda: probing.resolve("no-such-host.invalid", 1), Trouble.NAME),
        (lambda: probing.resolve("a" * 70 + ".example", 1), Trouble.NAME),
        (lambda: probing.connect(Target(host="127.0.0.1", port=port)), Trouble.REFUSED),
    ):
        with pytest.raises(Blocked) as caught:
            action()
        assert caught.value.trouble is trouble

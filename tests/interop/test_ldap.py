"""OpenLDAP's own clients against the running demo, over TLS.

Spec: issue 5, section 4; ../shared/ldap/outlook-and-peers.md 6 (what must be answered).
"""

import os
import re
import signal
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from shutil import rmtree, which
from tempfile import mkdtemp

import pytest
from ldaptor.protocols import pureldap

from tests.interop.test_twistd import ENVIRONMENT, Demo

needs_clients = pytest.mark.skipif(
    which("ldapsearch") is None, reason="OpenLDAP's clients (ldap-utils) are not installed"
)
JOHN = ("-D", "john@example.com", "-w", "demo-john")
OUTLOOK = "(&(mail=*)(|(mail={0}*)(|(cn={0}*)(|(sn={0}*)(givenName={0}*)))))"
GAL = "ou=InternalGAL/_zextras,o=addressbook"


class LdapDemo(Demo):
    """A demo, and where its address book is; ``plain`` speaks no TLS, ``proxied`` PROXY."""

    def __init__(self, folder: Path) -> None:
        super().__init__(
            folder, "--ldap", "tcp:0:interface=127.0.0.1",
            "--ldap", "haproxy:tcp:0:interface=127.0.0.1",
        )  # fmt: skip
        line = next(each for each in self.lines if "address book at" in each)
        self.tls, self.plain, self.proxied = re.findall(r"ldaps?://[^ ]+", line)
        self.socket = folder / "d" / "admin.sock"

    def run(self, program: str, *arguments: str, url: str = "") -> tuple[int, str]:
        """Run one of the clients; gives its status and what it printed."""
        ended = subprocess.run(
            [program, "-x", "-H", url or self.tls, *arguments], stdin=subprocess.DEVNULL,
            env={**os.environ, "LDAPTLS_REQCERT": "never"},
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        return ended.returncode, ended.stdout + ended.stderr

    def search(
        self, *arguments: str, base: str = "", login: tuple[str, ...] = JOHN
    ) -> tuple[int, str]:
        """Search."""
        return self.run("ldapsearch", "-LLL", "-o", "ldif-wrap=no", *login, "-b", base, *arguments)

    def administer(self, *words: str) -> str:
        """Run a command of the administrator's."""
        ended = subprocess.run(
            [sys.executable, "-m", "carbonio_mobile.cli.main",
             "--socket", str(self.socket), *words],
            env=ENVIRONMENT, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        return ended.stdout + ended.stderr


@contextmanager
def running_demo() -> Iterator[LdapDemo]:
    """Run the demo in a directory of its own, with a short name for its sockets."""
    folder = Path(mkdtemp(prefix="cm-"))
    running = LdapDemo(folder)
    try:
        yield running
    finally:
        assert running.end(signal.SIGTERM) == -signal.SIGTERM
        traces = [line for line in running.lines if "Traceback" in line or "Unhandled" in line]
        rmtree(folder)
        assert traces == []


@pytest.fixture(scope="module")
def demo() -> Iterator[LdapDemo]:
    """Run one demo for all tests here."""
    with running_demo() as running:
        yield running


def names(text: str) -> set[str]:
    """Give the names of the entries that were printed."""
    return set(re.findall(r"^dn: (.*)$", text, re.MULTILINE))


@needs_clients
@pytest.mark.parametrize(
    ("name", "password", "status"),
    [
        ("john@example.com", "demo-john", 0), ("john", "demo-john", 0),
        ("example.com\\john", "demo-john", 0), ("uid=john,dc=example,dc=com", "demo-john", 0),
        ("mail=john@example.com", "demo-john", 0), ("john@example.com", "wrong", 49),
        ("nobody@example.com", "demo-john", 49), ("john@example.com", "", 53),
    ],
)  # fmt: skip
def test_logins(demo: LdapDemo, name: str, password: str, status: int) -> None:
    """Every form of name that clients can type, and each refusal with its code."""
    ended, text = demo.run("ldapwhoami", "-D", name, "-w", password)
    assert ended == status
    if not status:
        assert text.strip() == "u:john@example.com"


@needs_clients
def test_sasl_and_versions(demo: LdapDemo) -> None:
    """SASL is another way than ours (7); version 2 is too old (2)."""
    ended = subprocess.run(
        ["ldapwhoami", "-Y", "EXTERNAL", "-H", demo.tls], stdin=subprocess.DEVNULL,
        env={**os.environ, "LDAPTLS_REQCERT": "never"}, capture_output=True, timeout=60,
        check=False,
    )  # fmt: skip
    assert ended.returncode != 0
    assert demo.run("ldapsearch", "-P", "2", *JOHN, "-b", "")[0] == 2


@needs_clients
def test_start_tls(demo: LdapDemo) -> None:
    """Is not needed on the TLS port, and is not there on another; ``-Z`` goes on without."""
    assert "Operations error" in demo.run("ldapwhoami", "-ZZ", *JOHN)[1]
    assert "Protocol error" in demo.run("ldapwhoami", "-ZZ", *JOHN, url=demo.plain)[1]
    assert demo.run("ldapwhoami", *JOHN, url=demo.plain)[1].strip() == "u:john@example.com"


@needs_clients
def test_what_strangers_see(demo: LdapDemo) -> None:
    """The root and the schema, and nothing else."""
    status, text = demo.search("-s", "base", login=())
    assert status == 0
    assert "namingContexts: o=addressbook" in text
    assert demo.search(base="cn=Subschema", login=())[0] == 50
    status, text = demo.search("-s", "base", "+", base="cn=Subschema", login=())
    assert (status, "inetOrgPerson" in text) == (0, True)
    assert demo.search(login=())[0] == 50


@needs_clients
def test_names_as_outlook_resolves_them(demo: LdapDemo) -> None:
    """From the empty base, in all books at once."""
    status, text = demo.search("-z", "100", "-l", "60", OUTLOOK.format("mar"), "cn", "mail")
    assert status == 0
    assert f"uid=mary,{GAL}" in names(text)
    assert any("/Contacts" in each for each in names(text))
    assert demo.search(OUTLOOK.format("nobody-here"))[1].strip() == ""


@needs_clients
@pytest.mark.parametrize(
    "filter_text",
    [
        "(&(objectClass=*)(|(cn=john*)(mail=john*)(sn=john*)))",
        "(&(objectClass=*)(|(cn=*ohn*)(givenName=*ohn*)(mozillaNickname=*ohn*)(mail=*ohn*)(o=*ohn*)))",
        "(|(givenname=John)(sn=John)(cn=John)(mail=john@example.com))",
        "(anr=john har)",
        "(mail=JOHN@EXAMPLE.COM)",
        "(cn:caseIgnoreMatch:=john hartley)",
    ],
)
def test_filters_of_clients(demo: LdapDemo, filter_text: str) -> None:
    """Thunderbird, Apple, and others."""
    assert f"uid=john,{GAL}" in names(demo.search(filter_text, "1.1")[1])


@needs_clients
def test_pages_and_order(demo: LdapDemo) -> None:
    """All of the books in pages, and one in order."""
    everything = names(demo.search("(mail=*)", "1.1")[1])
    assert len(everything) > 5
    status, text = demo.search("-E", "pr=2/noprompt", "(mail=*)", "1.1")
    assert (status, names(text)) == (0, everything)
    status, text = demo.search("-E", "!sss=-cn", "(mail=*)", "uid", base=GAL)
    assert re.findall("^uid: (.*)$", text, re.MULTILINE) == ["admin", "mary", "john"]


@needs_clients
def test_limits(demo: LdapDemo) -> None:
    """The first ones, and the code that says that there are more."""
    status, text = demo.search("-z", "2", "(mail=*)", "1.1")
    assert (status, len(names(text))) == (4, 2)


@needs_clients
def test_nothing_can_be_written(demo: LdapDemo) -> None:
    """Whoever asks, and however."""
    assert demo.run("ldapdelete", *JOHN, f"uid=mary,{GAL}")[0] == 53
    assert demo.run("ldapmodrdn", *JOHN, f"uid=mary,{GAL}", "uid=mia")[0] == 53
    assert demo.run("ldapdelete", f"uid=mary,{GAL}")[0] == 53
    assert f"uid=mary,{GAL}" in names(demo.search("(uid=mary)", "1.1")[1])


@needs_clients
@pytest.mark.parametrize(("value", "status"), [("MARY@example.com", 6), ("x@example.com", 5)])
def test_compare(demo: LdapDemo, value: str, status: int) -> None:
    """True and false."""
    assert demo.run("ldapcompare", *JOHN, f"uid=mary,{GAL}", f"mail:{value}")[0] == status


@needs_clients
def test_the_service_stops_and_starts(demo: LdapDemo) -> None:
    """As an administrator says; who is connected is sent away."""
    assert "service stopped" in demo.administer("mobile", "doStopService", "ldap-address-book")
    assert demo.search("(uid=mary)")[0] == 255
    assert "service started" in demo.administer("mobile", "doStartService", "ldap-address-book")
    assert demo.search("(uid=mary)")[0] == 0


def test_proxy_headers_of_strangers(demo: LdapDemo) -> None:
    """An address is told by trusted proxies only; this host is none in the demo."""
    host, port = demo.proxied.removeprefix("ldap://").rsplit(":", 1)
    with socket.create_connection((host, int(port)), timeout=30) as connection:
        connection.sendall(b"PROXY TCP4 192.0.2.7 192.0.2.8 1000 636\r\n")
        connection.sendall(bytes.fromhex("300c020101600702010304008000"))
        with suppress(ConnectionResetError):
            assert connection.recv(100) == b""


def test_a_changed_password_ends_a_session(demo: LdapDemo) -> None:
    """Other changes of the directory do not; the name in TLS completes a bare login."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    host, port = demo.tls.removeprefix("ldaps://").rsplit(":", 1)
    who_am_i = pureldap.LDAPExtendedRequest(requestName=b"1.3.6.1.4.1.4203.1.11.3")
    with (
        socket.create_connection((host, int(port)), timeout=30) as wire,
        context.wrap_socket(wire, server_hostname="mail.example.com") as client,
    ):

        def ask(number: int, request: object) -> bytes:
            client.sendall(pureldap.LDAPMessage(request, id=number).toWire())
            return client.recv(1000)

        ask(1, pureldap.LDAPBindRequest(dn=b"mary", auth=b"demo-mary"))
        assert b"u:mary@example.com" in ask(2, who_am_i)
        demo.administer("prov", "ma", "mary@example.com", "title", "Chair")
        assert b"u:mary@example.com" in ask(3, who_am_i)
        demo.administer("prov", "sp", "mary@example.com", "another-1")
        assert b"1.3.6.1.4.1.1466.20036" in ask(4, who_am_i)
        assert client.recv(100) == b""

"""The options of servers that are there already: typed, every mistake named in one line."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from carbonio_mobile.errors import ConfigError
from carbonio_mobile.mailbox.gateway.logins.keychain import Way
from carbonio_mobile.mailbox.imapclient.login import Encryption
from carbonio_mobile.service.config import settings
from carbonio_mobile.service.directorysettings import DirectorySettings
from carbonio_mobile.service.gatewaysettings import GatewaySettings
from carbonio_mobile.service.tls import self_signed

Document = dict[str, dict[str, Any]]
SERVERS: Document = {
    "backend": {"mailboxes": "gateway", "accounts": "imap"},
    "imap": {"host": "mail.example.com"},
    "submission": {"host": "mail.example.com"},
}
TREE: Document = {
    "backend": {"accounts": "ldap"},
    "directory": {"urls": ["ldaps://ldap.example.com"], "base": "ou=people,dc=example"},
}


def merged(base: Document, changes: Document) -> Document:
    """Put changes over a configuration."""
    return {key: {**base.get(key, {}), **changes.get(key, {})} for key in {*base, *changes}}


def why(document: Document) -> str:
    """Give the line that refuses a configuration."""
    with pytest.raises(ConfigError) as refused:
        settings(document, {})
    line = str(refused.value)
    assert "\n" not in line
    return line


def gateway(changes: Document) -> GatewaySettings:
    """Give the settings of the gateway."""
    made = settings(merged(SERVERS, changes), {}).gateway
    assert made is not None
    return made


def directory(changes: Document) -> DirectorySettings:
    """Give the settings of the directory."""
    made = settings(merged(TREE, changes), {}).directory
    assert made is not None
    return made


@pytest.fixture
def password(tmp_path: Path) -> str:
    """Give a file with a password."""
    file = tmp_path / "password"
    file.write_text("proxysecret\n")
    file.chmod(0o600)
    return str(file)


def test_nothing_is_there_unless_asked_for() -> None:
    """By default, and where sections are filled in that no backend uses."""
    made = settings({"imap": {"host": "mail.example.com"}}, {})
    assert (made.gateway, made.directory, made.accounts_at) == (None, None, "embedded")


def test_a_short_file_is_enough() -> None:
    """Three names; everything is encrypted, and logged in to with the user's own password."""
    made = gateway({})
    assert made.keeps_mail
    assert (made.imap.port, made.imap.encryption) == (993, Encryption.WRAPPED)
    assert made.logins.way is Way.OWN
    assert made.submission is not None
    assert made.submission.relay.tls.value == "required"
    assert not made.submission.server_saves
    assert (made.dav, made.sieve, made.imap.roles, made.imap.shared) == (None, None, {}, ())


def test_whole_server_with_a_proxy_login(password: str) -> None:
    """All parts as an administrator of Dovecot and Radicale writes them."""
    made = gateway(
        {
            "imap": {
                "login": "master",
                "proxy_user": "phones",
                "proxy_password_file": password,
                "user": "{local}",
                "sent": "INBOX.Sent",
                "shared": ["shared/*"],
                "connections_per_account": 2,
            },
            "dav": {"url": "https://dav.example.com/", "calendars": "https://dav.example.com/{local}/",
                    "login": "master", "other_hosts": ["CAL.example.com"], "notes": "off"},
            "submission": {"login": "service", "user": "phones", "password_file": password,
                           "save_sent": "server"},
            "sieve": {"host": "mail.example.com"},
        }
    )  # fmt: skip
    assert (made.logins.way, made.logins.proxy_password) == (Way.MASTER, "proxysecret")
    assert "proxysecret" not in repr(made)
    assert (made.imap.roles, made.imap.shared) == ({"sent": "INBOX.Sent"}, ("shared/*",))
    assert made.imap.pool.per_account == 2
    assert made.dav is not None
    assert made.dav.other_hosts == {"cal.example.com"}
    assert made.submission is not None
    assert made.submission.server_saves
    assert made.sieve is not None
    assert made.notes == "off"


def test_logins_alone_need_no_other_server() -> None:
    """With accounts of IMAP and mailboxes of ours nothing else is read."""
    made = gateway({"backend": {"mailboxes": "embedded"}, "submission": {"host": ""}})
    assert not made.keeps_mail
    assert made.submission is None


def test_the_authority_is_named_in_words(tmp_path: Path) -> None:
    """A file, or the system's."""
    file = tmp_path / "ca.pem"
    file.write_bytes(self_signed(["mail.example.com"], now=datetime.now(UTC))[0])
    made = gateway({"imap": {"authority": str(file)}})
    assert (made.imap.authority.name, made.imap.authority.pem) == (str(file), file.read_bytes())
    assert gateway({}).imap.authority.name == "the system's authorities"


PROXY = {"login": "proxy", "proxy_user": "p"}


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"backend": {"mailboxes": "imap"}},
         "backend.mailboxes: must be one of embedded, gateway, not 'imap'"),
        ({"imap": {"host": ""}}, "imap.host: is needed for backend.mailboxes = gateway"),
        ({"imap": {"tls": "off"}}, "imap.tls: off would send passwords to mail.example.com"),
        ({"imap": {"authority": "/nowhere/ca.pem"}},
         "imap.authority: cannot read /nowhere/ca.pem: No such file"),
        ({"imap": {"authority": "/etc/hostname"}},
         "imap.authority: /etc/hostname holds no PEM certificate"),
        ({"imap": {"user": "{uid}"}}, "imap.user: {uid} is none of {address}, {local}, {domain}"),
        ({"imap": {"user": "john"}}, "imap.user: would be 'john' for every account"),
        ({"imap": {"login": "proxy"}}, "imap.proxy_user: is needed for imap.login = proxy"),
        ({"imap": PROXY}, "imap.proxy_password_file: is needed for imap.login = proxy"),
        ({"imap": {**PROXY, "proxy_password_file": "/nowhere/p"}},
         "imap.proxy_password_file: cannot read /nowhere/p"),
        ({"imap": {"login": "token"}, "submission": {"login": "none"}},
         "imap.token_command: expected an absolute path"),
        ({"imap": {"login": "token", "token_command": ["/nowhere/x"]}},
         "submission.login: must be service or none"),
        ({"imap": {"login": "token", "token_command": ["/nowhere/x"]},
          "submission": {"login": "none"}}, "imap.token_command: there is no program /nowhere/x"),
        ({"imap": {"token_command": ["/bin/true"]}}, "imap.token_command: is for imap.login ="),
        ({"imap": {"shared": [""]}}, "imap.shared: must be a list of texts"),
        ({"dav": {"login": "master"}}, "imap.proxy_user: is needed for dav.login = master"),
        ({"dav": {"url": "dav.example.com"}}, "dav.url: expected https://HOST/PATH"),
        ({"dav": {"url": "http://dav.example.com/"}},
         "dav.url: passwords would go to dav.example.com as they are"),
        ({"dav": {"calendars": "https://x/{local}"}}, "dav.calendars: needs dav.url"),
        ({"server": {"lmtp": ["tcp:24"]}}, "server.lmtp: takes mail for mailboxes here"),
        ({"relay": {"host": "smtp.example.com"}}, "relay.host: is for mailboxes here"),
        ({"dav": {"url": "https://x.org/", "calendars": "https://x.org/{user}/"}},
         "dav.calendars: https://x.org/{user}/: {user} is none of"),
        ({"submission": {"host": ""}},
         "submission.host: is needed for backend.mailboxes = gateway"),
        ({"submission": {"login": "service"}}, "submission.login: service needs submission.user"),
        ({"submission": {"user": "x"}}, "submission.user: is for submission.login = service"),
        ({"submission": {"tls": "off"}}, "submission.tls: off would send passwords"),
        ({"sieve": {"host": "x.org", "tls": "off"}}, "sieve.tls: off would send passwords"),
        ({"accounts": {"domains": ["exa mple"]}}, "accounts.domains: "),
    ],
)  # fmt: skip
def test_mistakes_of_the_gateway_are_named(changes: Document, line: str) -> None:
    """Option and reason."""
    assert why(merged(SERVERS, changes)).startswith(line)


def test_a_password_that_everybody_may_read_is_refused(password: str) -> None:
    """The message says what to do."""
    Path(password).chmod(0o644)
    changes: Document = {"imap": {**PROXY, "proxy_password_file": password}}
    line = why(merged(SERVERS, changes))
    assert line == f"imap.proxy_password_file: everybody may read {password}: chmod o-r"


@pytest.mark.parametrize("content", [b"", b"\n", b"\xff\n", b"two\nlines\n", b"x" * 5000])
def test_what_is_no_password_is_refused(password: str, content: bytes) -> None:
    """Empty, not text, more than a line."""
    Path(password).write_bytes(content)
    changes: Document = {"imap": {**PROXY, "proxy_password_file": password}}
    assert why(merged(SERVERS, changes)).startswith("imap.proxy_password_file: ")


# The directory


def test_directory_by_preset(password: str) -> None:
    """Both presets, filters and attributes put over them."""
    bound: Document = {"directory": {"bind_dn": "cn=reader", "bind_password_file": password}}
    made = directory(bound)
    assert (made.servers.password, made.servers.bind_dn) == ("proxysecret", "cn=reader")
    assert "proxysecret" not in repr(made)
    assert not made.tree.has_surroundings
    assert made.terms.prove_again_s == 300
    made = directory(
        {"directory": {"by_address": "(alias={address})", "attributes": {"ou": "company"}}}
    )
    assert made.tree.by_address.text == "(alias={address})"
    assert made.tree.attributes["ou"] == "company"
    made = directory({"directory": {"preset": "carbonio", "base": "", "server": "mx"}})
    assert made.tree.has_surroundings
    assert made.server_name == "mx"


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"directory": {"urls": []}}, "directory.urls: is needed for backend.accounts = ldap"),
        ({"directory": {"urls": ["http://x"]}}, "directory.urls: expected ldap://HOST"),
        ({"directory": {"urls": ["ldap://x"], "start_tls": False}},
         "directory.start_tls: passwords would go to ldap://x:389"),
        ({"directory": {"bind_dn": "cn=x"}}, "directory.bind_dn: needs"),
        ({"directory": {"base": ""}}, "directory.base: must name the entry"),
        ({"directory": {"base": "people"}}, "directory.base: no DN: people"),
        ({"directory": {"by_user": "uid={user}"}}, "directory.by_user: no LDAP filter"),
        ({"directory": {"by_user": "(uid={login})"}}, "directory.by_user: no such place login"),
        ({"directory": {"authority": "/nowhere"}}, "directory.authority: cannot read /nowhere"),
        ({"directory": {"server": "mx"}}, "directory.server: is for directory.preset = carbonio"),
        ({"directory": {"attributes": {"ou": "colour"}}},
         "directory.attributes: ou = 'colour': no such attribute"),
        ({"directory": {"attributes": {"o(u": "company"}}}, "directory.attributes: 'o(u' is no"),
        ({"directory": {"attributes": ["ou"]}}, "directory.attributes: must be a table of texts"),
        ({"directory": {"preset": "carbonio", "attributes": {"ou": "company"}}},
         "directory.attributes: are the product's own"),
        ({"directory": {"login": "imap"}}, "imap.host: is needed for directory.login = imap"),
    ],
)  # fmt: skip
def test_mistakes_of_the_directory_are_named(changes: Document, line: str) -> None:
    """Option and reason."""
    assert why(merged(TREE, changes)).startswith(line)

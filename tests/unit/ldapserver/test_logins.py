"""Binds: who gets in by which name, what is refused and how, and what ends a session.

Spec: ../shared/ldap/outlook-and-peers.md 2.2, 6; RFC 4511 4.2; RFC 4513 5.1.
"""

from dataclasses import replace

import pytest
from ldaptor.protocols import pureldap

from carbonio_mobile.ldapserver.limits import DEFAULT_LIMITS
from carbonio_mobile.ldapserver.loginnames import login_of
from tests.unit.ldapserver.rig import JOHN, PASSWORD, Rig


@pytest.mark.parametrize(
    ("name", "login"),
    [
        ("john@example.com", "john@example.com"),
        (" john@example.com ", "john@example.com"),
        ("EXAMPLE\\john", "EXAMPLE\\john"),
        ("john", "john"),
        ("mail=john@example.com,ou=x,o=addressbook", "john@example.com"),
        ("uid=john,dc=example,dc=com", "john@example.com"),
        ("UID=john, DC=example, DC=com", "john@example.com"),
        ("uid=john", "john"),
        ("cn=john@example.com", "john@example.com"),
        ("cn=EXAMPLE\\5cjohn,dc=example,dc=com", "EXAMPLE\\john"),
        ("givenName=x+uid=john,o=addressbook", "john"),
        ("ou=people,dc=example,dc=com", ""),
        ("a=b@example.com", ""),
        ("=", "="),
        ("john=,=@example.com", "john=,=@example.com"),
    ],
)
def test_names(name: str, login: str) -> None:
    """What clients type, or can only write as a DN."""
    assert login_of(name) == login


@pytest.mark.parametrize(
    "name",
    ["john@example.com", "JOHN@EXAMPLE.COM", "jd@example.com", "john", "example.com\\john",
     "uid=john,dc=example,dc=com", "mail=jd@example.com,o=addressbook", "cn=john"],
)  # fmt: skip
def test_right_logins(name: str) -> None:
    """Address, alias, bare user, DN: all of them are let in."""
    client = Rig().connect()
    answer = client.bind(name)
    assert (answer.code, answer.text) == (0, "")
    assert client.ask(who_am_i()).value.response == b"u:john@example.com"  # type: ignore[attr-defined]


def who_am_i() -> pureldap.LDAPExtendedRequest:
    """Ask who is logged in."""
    return pureldap.LDAPExtendedRequest(requestName=b"1.3.6.1.4.1.4203.1.11.3")


def bind(name: bytes, auth: object, version: int = 3) -> pureldap.LDAPBindRequest:
    """Make a bind."""
    return pureldap.LDAPBindRequest(
        version=version, dn=name, auth=auth, sasl=isinstance(auth, tuple)
    )


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        (bind(JOHN.encode(), b"wrong"), 49),
        (bind(b"nobody@example.com", PASSWORD.encode()), 49),
        (bind(b"ou=x", PASSWORD.encode()), 49),
        (bind(b"", b"a password"), 49),
        (bind(JOHN.encode(), b""), 53),
        (bind(JOHN.encode(), PASSWORD.encode(), version=2), 2),
        (bind(b"", (b"EXTERNAL", b"")), 7),
        (bind(b"", (b"DIGEST-MD5", None)), 7),
        (bind(JOHN.encode(), b"\xff\xfe"), 49),
        (bind(b"x" * 1000, b"y"), 49),
    ],
)
def test_refusals(request_: pureldap.LDAPBindRequest, code: int) -> None:
    """Each with its code; the connection stays, and may log in after it."""
    rig = Rig()
    client = rig.connect()
    assert client.ask(request_).code == code
    assert client.search()[1].code == 50
    assert client.bind().code == 0
    assert rig.log.failures == []


def test_an_unknown_name_is_answered_like_a_wrong_password() -> None:
    """Octet for octet."""
    told = []
    for name in (JOHN, "nobody@example.com", "mail=x@y.z"):
        answer = Rig().connect().bind(name, "wrong")
        told.append((answer.code, answer.text))
    assert len(set(told)) == 1


def test_anonymous() -> None:
    """Is right, and sees nothing of the books."""
    client = Rig().connect()
    assert client.bind("", "").code == 0
    assert client.search()[1].code == 50
    assert client.ask(who_am_i()).value.response == b""  # type: ignore[attr-defined]


def test_a_bind_ends_the_login_before_it() -> None:
    """Also one that fails (RFC 4511 4.2.1)."""
    client = Rig().bound()
    assert client.search()[1].code == 0
    assert client.bind(password="wrong").code == 49
    assert client.search()[1].code == 50


def test_password_of_a_mobile_credential() -> None:
    """Once there is one for the service ``Dav``, the account's own is wrong; EAS's always is."""
    from carbonio_mobile.directory.credentials import CredentialWish

    rig = Rig()
    client = rig.connect()
    for service in ("EAS", "Dav"):
        wish = CredentialWish(password=f"mobile-{service}-1", services=(service,))
        coroutine = rig.accounts.credentials.add(rig.john, [wish])
        with pytest.raises(StopIteration):
            coroutine.send(None)  # type: ignore[attr-defined]
    assert client.bind(password=PASSWORD).code == 49
    assert client.bind(password="mobile-EAS-1").code == 49
    assert client.bind(password="mobile-Dav-1").code == 0


@pytest.mark.parametrize(
    ("status", "code"), [("maintenance", 52), ("locked", 49), ("closed", 49), ("pending", 49)]
)
def test_status(status: str, code: int) -> None:
    """An account that is not active does not get in; maintenance says to come back."""
    rig = Rig()
    rig.accounts.set_attributes(rig.john, zimbraAccountStatus=status)
    assert rig.connect().bind().code == code


def test_second_factor() -> None:
    """Where one is demanded, only a trusted address gets in with the account's own password."""
    rig = Rig()
    rig.accounts.set_domain_attributes("example.com", carbonioAuthDavSecondFactor="1",
                                       carbonioAuthDavTrustedRange="198.51.100.0/24")  # fmt: skip
    assert rig.connect().bind().code == 49
    assert rig.connect("198.51.100.7").bind().code == 0


def test_no_password_in_the_clear() -> None:
    """Without TLS only what is beside this program may log in."""
    rig = Rig()
    assert rig.connect(tls=False).bind().code == 13
    rig.private = True
    assert rig.connect(tls=False).bind().code == 0


def test_wrong_logins_are_slowed_down_and_end() -> None:
    """From the third on they are a second late, and the tenth closes (ldaptor-notes.md 4.8)."""
    rig = Rig()
    client = rig.connect()
    for _ in range(2):
        assert client.bind(password="wrong").code == 49
    for number in range(3, 11):
        client.send(bind(JOHN.encode(), f"wrong{number}".encode()))
        assert client.all_answers() == []
        rig.clock.advance(0.9)
        assert client.all_answers() == []
        rig.clock.advance(0.1)
        assert [each.code for each in client.all_answers()] == [49]
    assert client.wire.disconnecting


def test_requests_wait_for_a_bind() -> None:
    """What is sent behind it is answered as whom it logs in, once it is answered."""
    rig = Rig(limits=replace(DEFAULT_LIMITS, delayed_from=1))
    client = rig.connect()
    client.send(bind(JOHN.encode(), b"wrong"), who_am_i(), bind(JOHN.encode(), PASSWORD.encode()),
                who_am_i())  # fmt: skip
    assert client.all_answers() == []
    rig.clock.advance(1)
    told = client.all_answers()
    assert [each.number for each in told] == [1, 2, 3, 4]
    assert [each.code for each in told] == [49, 0, 0, 0]
    assert told[1].value.response == b""  # type: ignore[attr-defined]
    assert told[3].value.response == b"u:john@example.com"  # type: ignore[attr-defined]


@pytest.mark.parametrize("change", ["password", "status", "gone"])
def test_what_ends_a_session(change: str) -> None:
    """Another password or status, or no account: the next operation ends the connection.

    With the notice that the login is no longer right (RFC 4511 4.4.1, strongerAuthRequired).
    """
    rig = Rig()
    client = rig.bound()
    assert client.search()[1].code == 0
    if change == "password":
        rig.accounts.set_password(rig.john, "another-1")
    elif change == "status":
        rig.accounts.set_attributes(rig.john, zimbraAccountStatus="locked")
    else:
        rig.accounts.remove(rig.john)
    client.send(who_am_i())
    (notice,) = client.all_answers()
    assert (notice.number, notice.code) == (0, 8)
    assert client.wire.disconnecting
    assert rig.log.failures == []


def test_the_guard_is_asked() -> None:
    """By address and login; where it refuses, the connection ends with busy."""
    rig = Rig()
    rig.bound()
    assert rig.guard.told == [
        "knock 192.0.2.1 john@example.com",
        "proven 192.0.2.1 john@example.com john@example.com",
    ]
    rig.guard.open = False
    client = rig.connect()
    assert client.bind().code == 51
    assert client.wire.disconnecting


def test_no_password_is_logged() -> None:
    """Nor what was sought, at level info."""
    rig = Rig()
    client = rig.bound()
    client.bind(password="wrong-secret")
    client.bind()
    client.search("(cn=sought*)")
    rig.lose(client)
    lines = [each for each in rig.log.lines if not each.startswith("debug")]
    assert len(lines) == 4
    assert not any("secret" in each or PASSWORD in each or "sought" in each for each in lines)
    assert "warn bind 49 john@example.com from 192.0.2.1 wrong password" in lines


def test_the_log_says_how_much_was_searched() -> None:
    """One line when the connection ends; a search that fails has its own at once."""
    rig = Rig()
    client = rig.bound()
    client.search("(cn=Joh*)")
    client.search("(cn=Mar*)")
    client.search("(cn=Mar*)", baseObject=b"ou=nowhere")
    told = [each for each in rig.log.lines if "search" in each]
    assert told == ["info search 32 john@example.com SUB 0 entries 0.0 ms from 192.0.2.1"]
    rig.lose(client)
    assert (
        rig.log.lines[-1] == "info end john@example.com 3 searches 20 entries 0 ms from 192.0.2.1"
    )

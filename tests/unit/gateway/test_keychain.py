"""As whom accounts log in at the mail server, and what is known of their passwords."""

import io
from collections.abc import Awaitable
from typing import Any, TypeVar

import pytest
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.logger import globalLogPublisher, textFileLogObserver

from carbonio_mobile.errors import NotAllowed, NotFound, Unavailable
from carbonio_mobile.ids import AccountId
from carbonio_mobile.mailbox.davclient.connection import Credentials
from carbonio_mobile.mailbox.delivery.relay import Login as PlainLogin
from carbonio_mobile.mailbox.gateway.logins.keychain import (
    REFUSED_S,
    Keychain,
    LoginPlan,
    Service,
    Way,
    named,
)
from carbonio_mobile.mailbox.imapclient.login import PasswordLogin, ProxyLogin

T = TypeVar("T")
JOHN, MARY = AccountId("j"), AccountId("m")
ADDRESSES = {JOHN: "john@example.com", MARY: "mary@example.com"}
PROXY: dict[str, Any] = {"proxy": "phones", "proxy_password": "proxysecret"}


async def address_of(account: AccountId) -> str:
    """Give the address of an account."""
    if account not in ADDRESSES:
        raise NotFound("no account")
    return ADDRESSES[account]


def result(awaitable: Awaitable[T]) -> T:
    """Give what is there at once, or raise it."""

    async def wait() -> T:
        return await awaitable

    found: list[Any] = []
    Deferred.fromCoroutine(wait()).addBoth(found.append)
    if hasattr(found[0], "raiseException"):
        found[0].raiseException()
    answer: T = found[0]
    return answer


class Chain:
    """A keychain with its clock, and the accounts that it told of."""

    def __init__(self, **plan: Any) -> None:
        self.clock = Clock()
        self.changed: list[AccountId] = []
        self.keys = Keychain(
            LoginPlan(**plan),
            address_of=address_of,
            clock=self.clock,
            secret=b"k" * 32,
            changed=self.changed.append,
        )


def test_names_are_as_the_form_says() -> None:
    """Whole addresses, parts of them, and what stands around."""
    assert named("{address}", "j@x.org") == "j@x.org"
    assert named("{domain}/{local}", "j@x.org") == "x.org/j"


def test_own_password_goes_to_every_service() -> None:
    """It is the one that was proven last."""
    chain = Chain(dav_user="{local}")
    chain.keys.remember(JOHN, "old")
    chain.keys.remember(JOHN, "secret")
    assert chain.changed == [JOHN, JOHN]
    assert result(chain.keys.imap(JOHN)) == PasswordLogin(
        user="john@example.com", password="secret"
    )
    assert result(chain.keys.dav(JOHN)) == Credentials(login="john", password="secret")
    plain = PlainLogin(user="john@example.com", password="secret")
    assert result(chain.keys.sieve(JOHN)) == plain
    assert result(chain.keys.submission(JOHN)) == plain


def test_a_proxy_acts_for_everybody() -> None:
    """By SASL, or in the form of a master user; no password of an account is kept."""
    chain = Chain(way=Way.PROXY, dav_way=Way.MASTER, **PROXY)
    chain.keys.remember(JOHN, "secret")
    assert len(chain.keys) == 0
    name = "john@example.com"
    assert result(chain.keys.imap(JOHN)) == ProxyLogin(
        user=name, proxy="phones", password="proxysecret"
    )
    assert result(chain.keys.sieve(JOHN)) == PlainLogin(
        user="phones", password="proxysecret", acting_for=name
    )
    assert result(chain.keys.dav(JOHN)).login == f"{name}*phones"
    chain = Chain(way=Way.MASTER, dav_way=Way.OWN, separator="%", **PROXY)
    assert result(chain.keys.imap(JOHN)).separator == "%"  # type: ignore[union-attr]  # a ProxyLogin
    assert result(chain.keys.submission(JOHN)) == PlainLogin(
        user=f"{name}%phones", password="proxysecret"
    )
    chain.keys.remember(JOHN, "secret")
    assert result(chain.keys.dav(JOHN)).password == "secret"


def test_submission_by_a_service_or_without_login() -> None:
    """Then no account's password is needed for it."""
    chain = Chain(submission="service", service_user="relay", service_password="r")
    assert result(chain.keys.submission(JOHN)) == PlainLogin(user="relay", password="r")
    assert result(Chain(submission="none").keys.submission(JOHN)) is None


def test_an_unknown_password_is_told_with_the_reason_once() -> None:
    """Each asks in vain, the log says it once for an account until something is known of it."""
    chain, log = Chain(), io.StringIO()
    observer = textFileLogObserver(log)
    globalLogPublisher.addObserver(observer)
    try:
        for _ in range(3):
            with pytest.raises(Unavailable, match="mobile password"):
                result(chain.keys.imap(JOHN))
        with pytest.raises(Unavailable):
            result(chain.keys.dav(MARY))
    finally:
        globalLogPublisher.removeObserver(observer)
    assert log.getvalue().count("cannot be logged in") == 2
    with pytest.raises(NotFound):
        result(chain.keys.imap(AccountId("x")))


def test_a_refused_password_is_dropped_and_not_taken_back_at_once() -> None:
    """A phone that goes on sending it causes no login until time has passed; another one does."""
    chain = Chain()
    chain.keys.remember(JOHN, "old")
    chain.keys.refused(JOHN, Service.IMAP, result(chain.keys.imap(JOHN)))
    for _ in range(3):
        chain.keys.remember(JOHN, "old")
        with pytest.raises(NotAllowed, match="refuses the password"):
            result(chain.keys.imap(JOHN))
    assert chain.changed == [JOHN]
    chain.clock.advance(REFUSED_S)
    chain.keys.remember(JOHN, "old")
    assert result(chain.keys.imap(JOHN)).user == "john@example.com"
    chain.keys.remember(JOHN, "new")
    assert result(chain.keys.imap(JOHN)) == PasswordLogin(user="john@example.com", password="new")
    assert chain.changed == [JOHN, JOHN]


def test_a_late_refusal_of_another_password_means_nothing() -> None:
    """The account has logged in with the new one meanwhile."""
    chain = Chain()
    chain.keys.remember(JOHN, "old")
    login = result(chain.keys.imap(JOHN))
    chain.keys.remember(JOHN, "new")
    chain.keys.refused(JOHN, Service.IMAP, login)
    assert result(chain.keys.imap(JOHN)) == PasswordLogin(user="john@example.com", password="new")


def test_what_one_service_refuses_others_may_take() -> None:
    """The DAV server may know another password; mail goes on."""
    chain = Chain()
    chain.keys.remember(JOHN, "secret")
    chain.keys.refused(JOHN, Service.DAV, result(chain.keys.dav(JOHN)))
    with pytest.raises(NotAllowed):
        result(chain.keys.dav(JOHN))
    assert result(chain.keys.imap(JOHN))
    chain.clock.advance(REFUSED_S)
    assert result(chain.keys.dav(JOHN))


def test_passwords_that_nobody_uses_are_forgotten() -> None:
    """Each some time after its last use, by the keychain itself."""
    chain = Chain(kept_s=100.0)
    chain.keys.remember(JOHN, "a")
    chain.clock.advance(60)
    chain.keys.remember(MARY, "b")
    result(chain.keys.imap(JOHN))
    chain.clock.advance(60)
    assert len(chain.keys) == 2
    chain.clock.advance(41)
    assert len(chain.keys) == 0
    assert not chain.clock.getDelayedCalls()


def test_nothing_shows_a_password() -> None:
    """Neither the keychain nor what it is made of; after the stop it holds none."""
    chain = Chain(**PROXY)
    chain.keys.remember(JOHN, "topsecret")
    held = (chain.keys, *vars(chain.keys).values(), *vars(chain.keys)["_entries"].values())
    assert "secret" not in "".join(map(repr, held))
    chain.keys.forget(JOHN)
    assert len(chain.keys) == 0
    chain.keys.remember(JOHN, "topsecret")
    chain.keys.stop()
    assert len(chain.keys) == 0
    assert not chain.clock.getDelayedCalls()

"""``Keychain``: as whom each account logs in at the mail server's services, and by what.

Either we have a login that may act for everybody, or a command that makes tokens, or we use the
account's own password: the one with which a phone logged in here last. That one is held in memory
only, until nobody used it for a time or the IMAP server refuses it.

Spec: issue 6, section 2; design.md 8.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from enum import Enum
from functools import partial
from hashlib import blake2b
from typing import Final

from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger

from carbonio_mobile.errors import NotAllowed, Unavailable
from carbonio_mobile.ids import AccountId
from carbonio_mobile.mailbox.davclient.connection import Credentials
from carbonio_mobile.mailbox.delivery.relay import Login as PlainLogin
from carbonio_mobile.mailbox.gateway.logins.tokencommand import TokenCommand, TokenTerms
from carbonio_mobile.mailbox.imapclient.login import Login, PasswordLogin, ProxyLogin, TokenLogin

REFUSED_S: Final = 300.0
"""How long a password that was refused is not tried again, unless it is another one."""

_UNKNOWN = (
    "the account's own password is not known here: it logged in with a mobile password, or not "
    "since the start; with imap.login = proxy or master it is not needed"
)
_log = Logger()


class Way(Enum):
    """How accounts log in: each with its own password, or all by a login that acts for them."""

    OWN = "own"
    PROXY = "proxy"
    MASTER = "master"
    TOKEN = "token"  # noqa: S105  # the name of a way


class Service(Enum):
    """What an account logs in to."""

    IMAP = "IMAP"
    DAV = "DAV"
    SIEVE = "ManageSieve"
    SUBMISSION = "submission"


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginPlan:
    """How accounts log in. ``user`` and ``dav_user`` are forms with ``{address}``, ``{local}``,
    ``{domain}``; ``submission`` is ``user`` (as at IMAP), ``service`` or ``none``.

    A password that nobody uses is forgotten after ``kept_s`` seconds.
    """

    way: Way = Way.OWN
    user: str = "{address}"
    proxy: str = ""
    proxy_password: str = field(default="", repr=False)
    separator: str = "*"
    dav_way: Way = Way.OWN
    dav_user: str = "{address}"
    submission: str = "user"
    service_user: str = ""
    service_password: str = field(default="", repr=False)
    kept_s: float = 43_200.0
    token: TokenTerms | None = None

    @property
    def needs_own(self) -> bool:
        """Tell whether any service is logged in to with accounts' own passwords."""
        return Way.OWN in {self.way, self.dav_way}


def named(form: str, address: str) -> str:
    """Give the name that a form means for a mail address."""
    local, _, domain = address.rpartition("@")
    parts = (("{address}", address), ("{local}", local), ("{domain}", domain))
    for place, text in parts:
        form = form.replace(place, text)
    return form


class _Entry:
    """What is known of an account; it shows nothing of that to whoever prints it."""

    __slots__ = ("digest", "password", "refused", "used_at")

    def __init__(self, password: str, digest: bytes, used_at: float) -> None:
        self.password = password
        self.digest = digest
        self.used_at = used_at
        self.refused: dict[Service, float] = {}


class Keychain:
    """The logins of all accounts.

    ``address_of`` gives an account's mail address, by which the server knows it; ``changed`` is
    told of accounts of which another password is known now, ``doubted`` of those whose own password
    IMAP refused. ``secret`` keys the digests of refused passwords.
    """

    def __init__(
        self,
        plan: LoginPlan,
        *,
        address_of: Callable[[AccountId], Awaitable[str]],
        clock: IReactorTime,
        secret: bytes,
        tokens: TokenCommand | None = None,
        changed: Callable[[AccountId], None] = lambda _account: None,
        doubted: Callable[[AccountId], None] = lambda _account: None,
    ) -> None:
        self._plan = plan
        self._address_of = address_of
        self._clock = clock
        self._secret = secret
        self._tokens = tokens
        self._changed = changed
        self._doubted = doubted
        self._entries: dict[AccountId, _Entry] = {}
        self._told: set[AccountId] = set()
        self._alarm: IDelayedCall | None = None

    def __len__(self) -> int:
        return len(self._entries)

    # What is known

    def remember(self, account: AccountId, password: str) -> None:
        """Take note of the account's own password, just proven; costs little when it is the same.

        One that a server refused lately is not taken for right again by that.
        """
        if not self._plan.needs_own:
            return
        now, digest = self._clock.seconds(), self._digest(password)
        entry = self._entries.pop(account, None)
        if entry is None or entry.digest != digest:
            entry = _Entry(password, digest, now)
            self._entries[account] = entry
            self._told.discard(account)
            self._changed(account)
        else:
            self._entries[account] = entry  # the last one used is the last one here
            entry.used_at = now
            if not entry.password and now - entry.refused.get(Service.IMAP, now) >= REFUSED_S:
                entry.password = password
                entry.refused.clear()
        self._set_alarm()

    def forget(self, account: AccountId) -> None:
        """Know nothing of the account any more."""
        self._entries.pop(account, None)
        self._told.discard(account)

    def refused(
        self, account: AccountId, service: Service, login: Login | Credentials | PlainLogin | None
    ) -> None:
        """Take note that a service did not let an account in with a login of ours.

        An own password that IMAP refuses is dropped; after another one was remembered meanwhile
        nothing happens.
        """
        if isinstance(login, TokenLogin) and self._tokens is not None:
            self._tokens.forget(login.user)
            return
        entry = self._entries.get(account)
        password = getattr(login, "password", "")
        if entry is None or not password or self._digest(password) != entry.digest:
            return
        entry.refused[service] = self._clock.seconds()
        if service is Service.IMAP:
            entry.password = ""
            self._doubted(account)

    def stop(self) -> None:
        """Forget all, and end what makes tokens."""
        self._entries.clear()
        if self._alarm is not None and self._alarm.active():
            self._alarm.cancel()
        self._alarm = None
        if self._tokens is not None:
            self._tokens.stop()

    # The logins

    async def imap(self, account: AccountId) -> Login:
        """Give the login at the IMAP server.

        Raises: NotAllowed (the password was refused), Unavailable (it is not known), NotFound.
        """
        address = await self._address_of(account)
        plan, user = self._plan, named(self._plan.user, address)
        match plan.way:
            case Way.OWN:
                return PasswordLogin(user=user, password=self._own(account, Service.IMAP))
            case Way.PROXY:
                return ProxyLogin(user=user, proxy=plan.proxy, password=plan.proxy_password)
            case Way.MASTER:
                return ProxyLogin(
                    user=user,
                    proxy=plan.proxy,
                    password=plan.proxy_password,
                    separator=plan.separator,
                )
            case Way.TOKEN:
                assert self._tokens is not None, "the plan has the terms of tokens"
                return TokenLogin(user=user, token=partial(self._tokens.token, user, address))

    async def dav(self, account: AccountId) -> Credentials:
        """Give the login at the DAV server. Raises: as :meth:`imap`."""
        plan = self._plan
        user = named(plan.dav_user, await self._address_of(account))
        if plan.dav_way is Way.OWN:
            return Credentials(login=user, password=self._own(account, Service.DAV))
        return Credentials(
            login=f"{user}{plan.separator}{plan.proxy}", password=plan.proxy_password
        )

    async def sieve(self, account: AccountId) -> PlainLogin:
        """Give the login at the ManageSieve server: that of IMAP. Raises: as :meth:`imap`."""
        return await self._plain(account, Service.SIEVE)

    async def submission(self, account: AccountId) -> PlainLogin | None:
        """Give the login at the submission server, None where it wants none. Raises: likewise."""
        plan = self._plan
        if plan.submission == "none":
            return None
        if plan.submission == "service":
            return PlainLogin(user=plan.service_user, password=plan.service_password)
        return await self._plain(account, Service.SUBMISSION)

    async def _plain(self, account: AccountId, service: Service) -> PlainLogin:
        plan, user = self._plan, named(self._plan.user, await self._address_of(account))
        match plan.way:
            case Way.OWN:
                return PlainLogin(user=user, password=self._own(account, service))
            case Way.PROXY:
                return PlainLogin(user=plan.proxy, password=plan.proxy_password, acting_for=user)
            case Way.MASTER:
                name = f"{user}{plan.separator}{plan.proxy}"
                return PlainLogin(user=name, password=plan.proxy_password)
        raise NotAllowed(f"{service.value} takes no token of ours")

    def _own(self, account: AccountId, service: Service) -> str:
        now, entry = self._clock.seconds(), self._entries.get(account)
        if entry is None:
            self._tell(account, service)
            raise Unavailable(f"{service.value}: {_UNKNOWN}")
        refused_at = entry.refused.get(service)
        if not entry.password or (refused_at is not None and now - refused_at < REFUSED_S):
            raise NotAllowed(f"{service.value} refuses the password with which the phone logs in")
        entry.used_at = now
        self._entries[account] = self._entries.pop(account)
        return entry.password

    def _tell(self, account: AccountId, service: Service) -> None:
        """Say once of an account why its mailbox cannot be opened."""
        if account not in self._told:
            self._told.add(account)
            _log.warn(
                "{account} cannot be logged in to {service}: {why}",
                account=account,
                service=service.value,
                why=_UNKNOWN,
            )

    # Forgetting

    def _digest(self, password: str) -> bytes:
        octets = password.encode("utf-8", "surrogatepass")
        return blake2b(octets, key=self._secret, digest_size=16).digest()

    def _set_alarm(self) -> None:
        if self._alarm is None and self._entries:
            first = next(iter(self._entries.values()))
            delay_s = max(1.0, first.used_at + self._plan.kept_s - self._clock.seconds())
            self._alarm = self._clock.callLater(delay_s, self._sweep)

    def _sweep(self) -> None:
        """Forget the passwords that nobody used for long."""
        self._alarm = None
        limit = self._clock.seconds() - self._plan.kept_s
        for account, entry in list(self._entries.items()):
            if entry.used_at > limit:
                break
            self.forget(account)
        self._set_alarm()

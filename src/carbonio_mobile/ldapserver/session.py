"""Who a connection is: binds, and whether what was right then still is.

Spec: RFC 4511 4.2, RFC 4513 5.1; ../shared/ldap/outlook-and-peers.md 2.2, 6; ldaptor-notes.md 4.
"""

from collections.abc import Awaitable
from dataclasses import dataclass, field
from typing import Protocol

from carbonio_mobile.directory.accounts import Account, LoginFault
from carbonio_mobile.directory.credentials import DAV
from carbonio_mobile.eas.refusal import Reason
from carbonio_mobile.errors import NotFound, StoreError, Unavailable
from carbonio_mobile.interfaces import IAccounts
from carbonio_mobile.ldap.requests import Bind
from carbonio_mobile.ldap.results import Result
from carbonio_mobile.ldapserver.loginnames import login_of
from carbonio_mobile.ldapserver.outcome import BindOutcome
from carbonio_mobile.policy.account import status_verdict

_VERSION = 3
_NEW_LOGIN_NEEDED = "the login is no longer valid"


class Doorkeeper(Protocol):
    """The DoS filter, as far as logins of this listener go."""

    def knock(self, peer: str, claimed: str) -> bool:
        """Count a login of which nothing is proven; tells whether it may be looked at."""

    def proven(self, peer: str, claimed: str, account: Account) -> bool:
        """Count one that was right for its account instead; tells whether it may go on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Login:
    """A login that was right, and what the account was like then."""

    name: str
    password: str = field(repr=False)
    account: Account


class NoLongerValid(Exception):
    """Who was logged in is no longer: the connection has to end."""


_WRONG = BindOutcome(code=Result.INVALID_CREDENTIALS, is_wrong=True)
_LATER = "try again later"
_STATUS_CODES = {Reason.ACCOUNT_IN_MAINTENANCE: Result.UNAVAILABLE}


class Session:
    """One connection's login. ``host`` is the name that the client connected to, where it told.

    ``is_private`` tells that nobody can listen: TLS, or a proxy beside this program. The password
    is kept as long as the login is: whether it is still right is asked when the directory changed.
    """

    def __init__(
        self,
        accounts: IAccounts,
        doorkeeper: Doorkeeper,
        *,
        peer: str,
        host: str,
        is_private: bool,
    ) -> None:
        self._accounts = accounts
        self._doorkeeper = doorkeeper
        self._peer = peer
        self._host = host
        self._is_private = is_private
        self._login: _Login | None = None

    @property
    def account(self) -> Account | None:
        """Who is logged in, as of the last look; None: nobody."""
        return None if self._login is None else self._login.account

    async def bind(self, bind: Bind) -> BindOutcome:
        """Try to log in; whoever was before is no longer, whatever comes of it."""
        self._login = None
        refusal = self._refusal(bind)
        if refusal is not None:
            return refusal
        login = login_of(bind.name)
        claimed = login.lower()
        if not self._doorkeeper.knock(self._peer, claimed):
            return BindOutcome(code=Result.BUSY, text=_LATER, why="jailed", is_over=True)
        assert bind.password is not None, "SASL was refused"
        password = _text(bind.password)
        try:
            found = await self._log_in(login, password)
        except StoreError as exc:
            return BindOutcome(code=Result.UNAVAILABLE, text=_LATER, why=str(exc))
        return self._judged(found, login, password)

    def _refusal(self, bind: Bind) -> BindOutcome | None:
        """Refuse what is no login with a password; an anonymous bind is right at once."""
        if bind.version != _VERSION:
            return BindOutcome(code=Result.PROTOCOL_ERROR, text="only LDAP version 3")
        if bind.password is None:
            text = "only simple binds, with a name and a password"
            return BindOutcome(code=Result.AUTH_METHOD_NOT_SUPPORTED, text=text)
        if not bind.name:
            if bind.password:
                return BindOutcome(code=Result.INVALID_CREDENTIALS, why="no name", is_wrong=True)
            return BindOutcome(code=Result.SUCCESS, why="anonymous")
        if not bind.password:
            return BindOutcome(code=Result.UNWILLING_TO_PERFORM, text="a password is needed")
        if not self._is_private:
            return BindOutcome(code=Result.CONFIDENTIALITY_REQUIRED, text="TLS is needed")
        return None

    def _log_in(self, login: str, password: str) -> Awaitable[Account | LoginFault]:
        return self._accounts.log_in(login, password, host=self._host, peer=self._peer, service=DAV)

    def _judged(self, found: Account | LoginFault, login: str, password: str) -> BindOutcome:
        if isinstance(found, LoginFault):
            if found is LoginFault.UNAVAILABLE:
                return BindOutcome(code=Result.UNAVAILABLE, text=_LATER, why=found.value)
            return BindOutcome(code=_WRONG.code, why=found.value, is_wrong=True)
        if not self._doorkeeper.proven(self._peer, login.lower(), found):
            return BindOutcome(code=Result.BUSY, text=_LATER, why="jailed", is_over=True)
        reason = status_verdict(found)
        if reason is not None:
            code = _STATUS_CODES.get(reason, Result.INVALID_CREDENTIALS)
            text = _LATER if code is Result.UNAVAILABLE else ""
            return BindOutcome(code=code, text=text, why=reason.value)
        self._login = _Login(name=login, password=password, account=found)
        return BindOutcome(code=Result.SUCCESS)

    async def viewer(self) -> Account | None:
        """Give who is logged in, as the account is now; None where nobody is.

        Costs a look into memory while the directory stays as it was. When it changed, the login
        is checked as if it had just come.

        Raises: NoLongerValid (the password, or what the account may do, is another one),
        Unavailable, Corrupt.
        """
        login = self._login
        if login is None:
            return None
        try:
            now = await self._accounts.account(login.account.id)
        except NotFound:
            self._login = None
            raise NoLongerValid(_NEW_LOGIN_NEEDED) from None
        if now is login.account:
            return now
        found = await self._log_in(login.name, login.password)
        if found is LoginFault.UNAVAILABLE:
            raise Unavailable("the login cannot be checked now")
        if isinstance(found, LoginFault) or status_verdict(found) is not None:
            if self._login is login:
                self._login = None
            raise NoLongerValid(_NEW_LOGIN_NEEDED)
        if self._login is login:
            self._login = _Login(name=login.name, password=login.password, account=found)
        return found


def _text(octets: bytes) -> str:
    """Read a password; some old clients on Windows do not write UTF-8."""
    try:
        return octets.decode("utf-8")
    except UnicodeDecodeError:
        return octets.decode("latin-1")

"""Whether a password is right: asked of the directory by a bind, or of somebody else.

Spec: RFC 4513 5.1 (simple bind); draft-behera-ldap-password-policy-10; RFC 4511 appendix A.
"""

import re
from collections.abc import Awaitable
from enum import Enum
from typing import Final, Protocol

from twisted.internet.defer import DeferredSemaphore

from carbonio_mobile.accounts.ldapdirectory.connection import described
from carbonio_mobile.accounts.ldapdirectory.messages import Ending, policy_fault
from carbonio_mobile.accounts.ldapdirectory.pool import Opener
from carbonio_mobile.errors import ProtocolError, Unavailable
from carbonio_mobile.ldap.results import Result

_NOBODY: Final = "cn=nobody"
_WAITING_MAX: Final = 1000


class Verdict(Enum):
    """What became of a password."""

    RIGHT = "right"
    WRONG = "wrong"
    LOCKED = "the directory has locked the account"
    MUST_CHANGE = "the password must be changed first"


class PasswordCheck(Protocol):
    """Asks whether a password is right."""

    def __call__(self, name: str, dn: str, password: str) -> Awaitable[Verdict]:
        """Check the password of the account with a name and an entry; both empty for nobody.

        Raises: Unavailable.
        """


# What only the text of Active Directory tells apart (data 775 and so on).
_TEXT = re.compile(r"\bdata ([0-9a-f]{3,4})\b")
_BY_TEXT: Final = {
    "530": Verdict.LOCKED,
    "531": Verdict.LOCKED,
    "532": Verdict.MUST_CHANGE,
    "533": Verdict.LOCKED,
    "701": Verdict.LOCKED,
    "773": Verdict.MUST_CHANGE,
    "775": Verdict.LOCKED,
}
_BY_POLICY: Final = {0: Verdict.MUST_CHANGE, 1: Verdict.LOCKED, 2: Verdict.MUST_CHANGE}
_BY_CODE: Final = {
    Result.SUCCESS: Verdict.RIGHT,
    Result.INVALID_CREDENTIALS: Verdict.WRONG,
    Result.INAPPROPRIATE_AUTHENTICATION: Verdict.WRONG,
    Result.INSUFFICIENT_ACCESS_RIGHTS: Verdict.WRONG,
    Result.NO_SUCH_OBJECT: Verdict.WRONG,
    # How 389 Directory Server and others say that there were too many failures.
    Result.CONSTRAINT_VIOLATION: Verdict.LOCKED,
    Result.UNWILLING_TO_PERFORM: Verdict.LOCKED,
}


def verdict_of(ending: Ending) -> Verdict:
    """Read what a bind came to. Raises: Unavailable (it says nothing about the password)."""
    verdict = _BY_CODE.get(Result(ending.code)) if ending.code in {*Result} else None
    if verdict is None:
        raise Unavailable(f"the directory checks no password: {described(ending)}")
    try:
        fault = policy_fault(ending)
    except ProtocolError as exc:
        raise Unavailable(f"what the directory says of a password cannot be read: {exc}") from exc
    if fault is not None:
        return _BY_POLICY.get(fault, verdict)
    told = _TEXT.search(ending.text)
    if verdict is Verdict.WRONG and told is not None:
        return _BY_TEXT.get(told[1], verdict)
    return verdict


class BindCheck:
    """Binds as the account, each time on a connection of its own; ``at_once`` at a time."""

    def __init__(self, opener: Opener, *, at_once: int) -> None:
        self._opener = opener
        self._turns = DeferredSemaphore(at_once)

    async def __call__(self, name: str, dn: str, password: str) -> Verdict:  # noqa: ARG002
        """Check a password; for nobody the same is done, and it is wrong. Raises: Unavailable."""
        if not password:
            # Else the bind would be one of nobody, and succeed (RFC 4513 5.1.2).
            return Verdict.WRONG
        if len(self._turns.waiting) >= _WAITING_MAX:
            raise Unavailable("too many logins wait for the directory")
        await self._turns.acquire()
        try:
            return await self._bound(dn or _NOBODY, password)
        finally:
            self._turns.release()

    async def _bound(self, dn: str, password: str) -> Verdict:
        connection = await self._opener.open()
        try:
            return verdict_of(await connection.log_in(dn, password))
        finally:
            connection.close()


class MailLogin(Protocol):
    """A login at the mail server."""

    def __call__(self, name: str, password: str) -> Awaitable[bool]:
        """Tell whether the mail server takes a name and a password. Raises: Unavailable."""


class MailCheck:
    """Asks the mail server, where the directory does not know the passwords."""

    def __init__(self, login: MailLogin) -> None:
        self._login = login

    async def __call__(self, name: str, dn: str, password: str) -> Verdict:  # noqa: ARG002
        """Check a password; nobody's is not asked for. Raises: Unavailable."""
        if not name:
            return Verdict.WRONG
        return Verdict.RIGHT if await self._login(name, password) else Verdict.WRONG

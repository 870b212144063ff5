"""What a server's refusal or a lost connection means for the one who asked.

The texts name the command and the code only: what servers write for people holds names of
mailboxes.

Spec: RFC 9051 7.1, RFC 5530 3, RFC 9208 4.3 (OVERQUOTA).
"""

from carbonio_mobile.errors import (
    CarbonioMobileError,
    Conflict,
    NotAllowed,
    NotFound,
    OverQuota,
    ReadOnly,
    StoreError,
    TooLarge,
    Unavailable,
)
from carbonio_mobile.imap.responses import Status
from carbonio_mobile.mailbox.certificates import certificate_fault


class LoginRefused(NotAllowed):
    """The server does not let this account in with these credentials."""


class Unsupported(NotAllowed):
    """The server lacks an extension without which this cannot be done safely."""


class Unexplained(Unavailable):
    """The server says NO and not why, as far as a program can tell."""


class CommandRefused(CarbonioMobileError):
    """A command was answered NO or BAD; for those who look at the code themselves."""

    def __init__(self, command: str, status: Status) -> None:
        self.code = status.code.name if status.code else ""
        super().__init__(f"{command}: {status.condition}{f' [{self.code}]' if self.code else ''}")
        self.command = command
        self.is_no = status.condition == "NO"


_BY_CODE: dict[str, type[StoreError]] = {
    "OVERQUOTA": OverQuota,
    "NONEXISTENT": NotFound,
    "TRYCREATE": NotFound,
    "UID": NotFound,
    "ALREADYEXISTS": Conflict,
    "HASCHILDREN": Conflict,
    "MODIFIED": Conflict,
    "NOPERM": ReadOnly,
    "READ-ONLY": ReadOnly,
    "CANNOT": NotAllowed,
    "BADCHARSET": NotAllowed,
    "USEATTR": NotAllowed,
    "AUTHENTICATIONFAILED": LoginRefused,
    "AUTHORIZATIONFAILED": LoginRefused,
    "EXPIRED": LoginRefused,
    "CONTACTADMIN": LoginRefused,
    "LIMIT": TooLarge,
    "TOOBIG": TooLarge,
    "UNAVAILABLE": Unavailable,
    "INUSE": Unavailable,
    "SERVERBUG": Unavailable,
    "CORRUPTION": Unavailable,
    "EXPUNGEISSUED": Unavailable,
}

_LOGINS = frozenset(("LOGIN", "AUTHENTICATE"))


def refusal(refused: CommandRefused) -> StoreError:
    """Give the exception for a refusal that nobody looks at closer."""
    kind = _BY_CODE.get(refused.code)
    if kind is None and refused.is_no:
        kind = LoginRefused if refused.command in _LOGINS else Unexplained
    return (kind or Unavailable)(str(refused))


def loss(cause: BaseException | None, *, host: str, authority: str) -> Unavailable:
    """Give the exception for a connection that ended by itself."""
    certificate = certificate_fault(cause, host, authority)
    if certificate:
        return Unavailable(f"the IMAP server {certificate}")
    return Unavailable(f"connection lost: {type(cause).__name__}")

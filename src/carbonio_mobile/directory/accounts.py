"""What an account is to the rest of the program, and why a login is refused.

Spec: ../shared/carbonio/attributes.md (names, inheritance account -> COS -> domain -> global).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from carbonio_mobile.ids import AccountId


class AccountStatus(Enum):
    """What an account or a domain is in (``zimbraAccountStatus``, ``zimbraDomainStatus``)."""

    ACTIVE = "active"
    MAINTENANCE = "maintenance"
    LOCKED = "locked"
    LOCKOUT = "lockout"
    PENDING = "pending"
    CLOSED = "closed"
    SUSPENDED = "suspended"
    SHUTDOWN = "shutdown"


class LoginFault(Enum):
    """Why a login did not succeed. Peers never learn which it was; logs do."""

    UNKNOWN_ACCOUNT = "no such account"
    WRONG_PASSWORD = "wrong password"  # noqa: S105 - the name of a fault
    LOCKED_OUT = "locked out after failed logins"
    MUST_CHANGE = "the password must be changed first"
    SECOND_FACTOR = "a second factor is demanded, and this service cannot ask for one"
    MALFORMED = "no usable credentials"
    UNAVAILABLE = "directory unavailable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An account as it is now, with all attributes after inheritance.

    ``attributes`` maps each attribute name to its values, in the directory's order; names are
    compared without case by :meth:`value`. ``addresses`` are all that mail may be sent from: name
    and aliases.
    """

    id: AccountId
    name: str
    display_name: str
    domain: str
    addresses: tuple[str, ...]
    status: AccountStatus
    domain_status: AccountStatus
    attributes: Mapping[str, tuple[str, ...]] = field(repr=False)

    def value(self, name: str, default: str = "") -> str:
        """Give the first value of an attribute."""
        values = self.attributes.get(name.lower())
        return values[0] if values else default

    def flag(self, name: str, *, default: bool) -> bool:
        """Read an attribute that is TRUE or FALSE."""
        values = self.attributes.get(name.lower())
        return values[0].upper() == "TRUE" if values else default

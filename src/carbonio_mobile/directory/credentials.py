"""Passwords that an account has for some services beside its own: mobile passwords.

Spec: ../shared/carbonio/cli.md 4.1.
"""

from dataclasses import dataclass, field

from carbonio_mobile.ids import AccountId

EAS = "EAS"
"""ActiveSync, the service of whoever names none."""

DAV = "Dav"
"""The address book by LDAP, under the name that the product has for it."""

SERVICES = (EAS, "WebUI", "WebAdminUI", "MobileApp", DAV, "SMTP", "IMAP", "POP3")
"""The services that a password may be for. This daemon offers the first and ``Dav``."""

ARGON2ID = "ARGON2ID"
SHA256 = "SHA256"
"""The product's own: Base64 of the unsalted digest. Kept until the password is first used here."""

ALGORITHMS = (ARGON2ID, SHA256)

CREDENTIALS_MAX = 20
"""So many an account may have: a wrong password costs a check of each."""

LABEL_MAX_CHARACTERS = 128


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """One such password. ``created`` is seconds since 1970.

    ``generated`` tells that the daemon chose it. ``stamp`` stays while the password does, whatever
    its hash is.
    """

    id: str
    account: AccountId
    label: str
    services: tuple[str, ...]
    algorithm: str
    hash: str = field(repr=False)
    enabled: bool
    created: float
    generated: bool
    stamp: str = field(repr=False)

    def opens(self, service: str) -> bool:
        """Tell whether it lets somebody in to a service now."""
        return self.enabled and service in self.services


@dataclass(frozen=True, slots=True, kw_only=True)
class CredentialWish:
    """A password to add: ``password``, or the ``hash`` of one; with neither, one is chosen."""

    label: str = ""
    services: tuple[str, ...] = (EAS,)
    password: str | None = field(default=None, repr=False)
    hash: str | None = field(default=None, repr=False)
    algorithm: str = SHA256
    enabled: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class CredentialChange:
    """What to change of one; None keeps what is there."""

    label: str | None = None
    enabled: bool | None = None
    services: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Issued:
    """A password that was added. ``password`` is the clear one, this once; empty for a hash."""

    credential: Credential
    password: str = field(repr=False)

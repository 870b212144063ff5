"""Which passwords open a service to an account, and whether one that was typed is among them.

Once an account has a password that was made for a service, its own one is wrong there.
Spec: ../shared/carbonio/cli.md 4.1.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice

from carbonio_mobile.accounts.entries import LoginRecord
from carbonio_mobile.accounts.passwords import Passwords
from carbonio_mobile.directory.credentials import CREDENTIALS_MAX, SHA256, Credential


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """One password that is right. ``credential`` is None where it is the account's own.

    ``stamp`` stays while the password does. ``hash`` is None where nothing can be right.
    """

    stamp: str = field(repr=False)
    hash: str | None = field(repr=False)
    credential: Credential | None = None

    @property
    def is_of_another_kind(self) -> bool:
        """Tell whether its hash is to be made anew by the first good login."""
        return self.credential is not None and self.credential.algorithm == SHA256


def secrets_for(service: str, own: Secret, credentials: Sequence[Credential]) -> tuple[Secret, ...]:
    """Give the passwords that are right for a service, one at least, so many at most."""
    made_for_it = tuple(
        Secret(stamp=f"{each.id} {each.stamp}", hash=each.hash, credential=each)
        for each in islice((one for one in credentials if one.opens(service)), CREDENTIALS_MAX)
    )
    return made_for_it or (own,)


def secrets_of(record: LoginRecord | None, service: str) -> tuple[Secret, ...]:
    """Give those of an account; one that nothing can match, where there is nobody."""
    if record is None:
        return (Secret(stamp="", hash=None),)
    own = Secret(stamp=record.credential_stamp, hash=record.password_hash)
    return secrets_for(service, own, record.credentials)


def right_one(passwords: Passwords, secrets: Sequence[Secret], password: str) -> Secret | None:
    """Give the one that was typed, if any; no answer comes without the work of one slow hash.

    Takes time for each: outside the reactor thread only. Raises: Corrupt.
    """
    slow = [each for each in secrets if not each.is_of_another_kind]
    for each in secrets:
        if each.is_of_another_kind and passwords.matches_sha256(each.hash or "", password):
            return each
    if not slow:
        passwords.matches(None, password)
    return next((each for each in slow if passwords.matches(each.hash, password)), None)

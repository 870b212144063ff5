"""Hashing and checking passwords with argon2id.

Spec: RFC 9106; design.md 8.
"""

import unicodedata
from base64 import b64encode
from dataclasses import dataclass
from hashlib import sha256
from hmac import compare_digest

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError
from argon2.low_level import Type

from carbonio_mobile.accounts.invalid import InvalidArgument
from carbonio_mobile.errors import Corrupt

PASSWORD_MAX_CHARACTERS = 512


@dataclass(frozen=True, slots=True, kw_only=True)
class HashCost:
    """What one password hash costs. Hashes made at another cost are made anew at the next login."""

    memory_kib: int
    rounds: int
    lanes: int


FULL_COST = HashCost(memory_kib=19456, rounds=2, lanes=1)
"""What production uses: the smallest set that OWASP names for argon2id, 27 ms on a 2-core machine.

The library's own default takes five times as long: ten thousand phones that log in anew after a
restart would wait for eleven minutes, not for two.
"""


class Passwords:
    """Hashes passwords at one cost. Slow on purpose: call it outside the reactor thread only."""

    def __init__(self, cost: HashCost) -> None:
        self._hasher = PasswordHasher(
            time_cost=cost.rounds,
            memory_cost=cost.memory_kib,
            parallelism=cost.lanes,
            type=Type.ID,
        )
        self._nobody = self._hasher.hash("no account has this password")

    def hash(self, password: str) -> str:
        """Give the hash to store."""
        return self._hasher.hash(_octets(password))

    def matches(self, stored: str | None, password: str) -> bool:
        """Tell whether a password belongs to a stored hash.

        Where there is no hash the same work is done and the answer is no. Raises: Corrupt.
        """
        try:
            self._hasher.verify(self._nobody if stored is None else stored, _octets(password))
        except VerifyMismatchError:
            return False
        except (InvalidHashError, VerificationError) as exc:
            raise Corrupt("a stored password hash cannot be read") from exc
        return stored is not None

    @staticmethod
    def matches_sha256(stored: str, password: str) -> bool:
        """Tell whether a password belongs to a hash of the product: Base64 of plain SHA-256."""
        typed = password.encode("utf-8", "surrogatepass")
        forms = (sha256(octets).digest() for octets in {typed, _octets(password)})
        found = [compare_digest(b64encode(each), stored.encode()) for each in forms]
        return any(found)

    def is_outdated(self, stored: str) -> bool:
        """Tell whether a stored hash was made at another cost."""
        return self._hasher.check_needs_rehash(stored)


def check_new_password(password: str, *, shortest: int) -> None:
    """Refuse a password that is too short or too long. Raises: InvalidArgument."""
    if len(password) < shortest:
        raise InvalidArgument("password", f"expected at least {shortest} characters")
    if not 0 < len(password) <= PASSWORD_MAX_CHARACTERS or "\0" in password:
        raise InvalidArgument("password", f"expected 1 to {PASSWORD_MAX_CHARACTERS} characters")


def _octets(password: str) -> bytes:
    # Devices differ in how they compose accented letters.
    return unicodedata.normalize("NFC", password).encode("utf-8", "surrogatepass")

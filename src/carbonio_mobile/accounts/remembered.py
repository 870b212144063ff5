"""What is remembered of logins: right ones, so that they cost nothing again, and wrong ones.

No password is kept, only digests under a key that each process draws for itself. Spec: design.md 8.
"""

from collections import OrderedDict, deque
from dataclasses import dataclass
from hashlib import blake2b
from typing import Generic, TypeVar

from carbonio_mobile.ids import AccountId

V = TypeVar("V")
_DIGEST_BYTES = 16


class Bounded(Generic[V]):
    """A mapping of at most so many entries; the one used longest ago makes room."""

    def __init__(self, count_max: int) -> None:
        self._kept: OrderedDict[bytes, V] = OrderedDict()
        self._count_max = count_max

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, key: bytes) -> V | None:
        """Give an entry and note that it is in use."""
        value = self._kept.get(key)
        if value is not None:
            self._kept.move_to_end(key)
        return value

    def put(self, key: bytes, value: V) -> None:
        """Keep an entry."""
        self._kept[key] = value
        self._kept.move_to_end(key)
        if len(self._kept) > self._count_max:
            self._kept.popitem(last=False)

    def remove(self, key: bytes) -> None:
        """Forget an entry, if it is there."""
        self._kept.pop(key, None)


class LoginDigests:
    """Makes the keys under which logins are remembered."""

    def __init__(self, secret: bytes) -> None:
        self._keyed = blake2b(key=secret, digest_size=_DIGEST_BYTES)

    def of(self, login: str, password: str, host: str) -> bytes:
        """Give the digest of a login as typed; the same text split otherwise gives another."""
        digest = self._keyed.copy()
        digest.update(
            f"{len(login)}:{len(password)}:{login}{password}{host}".encode("utf-8", "surrogatepass")
        )
        return digest.digest()


@dataclass(slots=True, kw_only=True)
class VerifiedLogin:
    """A login that was right: for whom, with which credential, and when that was last made sure.

    ``is_own``: by the account's own password, not by one that was made for a service. It is known
    ``until`` then at most.
    """

    account: AccountId
    is_own: bool
    credential_stamp: str
    generation: int
    used_at: float
    until: float = float("inf")


class VerifiedLogins:
    """Logins that were right and have been in use since, each pause shorter than ``idle_s``."""

    def __init__(self, *, idle_s: float, count_max: int) -> None:
        self._idle_s = idle_s
        self._logins: Bounded[VerifiedLogin] = Bounded(count_max)

    def get(self, key: bytes, now: float) -> VerifiedLogin | None:
        """Give a login that was used lately, and note its use."""
        login = self._logins.get(key)
        if login is None:
            return None
        if now >= login.until or not 0 <= now - login.used_at < self._idle_s:
            self._logins.remove(key)
            return None
        login.used_at = now
        return login

    def put(self, key: bytes, login: VerifiedLogin) -> None:
        """Remember a right login."""
        self._logins.put(key, login)


class Repeats:
    """The last wrong passwords of each account, by digest."""

    def __init__(self, *, accounts_max: int) -> None:
        self._by_subject: Bounded[deque[bytes]] = Bounded(accounts_max)

    def seen(self, subject: str, digest: bytes, count: int) -> bool:
        """Note a wrong password; tells whether it is among the account's last ``count`` ones."""
        key = subject.encode("utf-8", "surrogatepass")
        last = self._by_subject.get(key) or deque()
        if digest in last:
            return True
        last.append(digest)
        while len(last) > count:
            last.popleft()
        self._by_subject.put(key, last)
        return False

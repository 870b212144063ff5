"""Searches whose answer comes page by page.

A cookie says how many entries were given, of which search, and where what is left of it may be
kept. Only a few searches are kept, for the connections that asked last; any other begins anew and
passes over what was given. So a cookie costs nothing here, and is right for ever.

Spec: RFC 2696.
"""

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")
F = TypeVar("F")

KEPT_MAX = 64
"""So many searches are kept, over all connections."""

_TOKEN_BYTES = 8
_COUNT_BYTES = 4
_MARK_BYTES = 8
_COOKIE_BYTES = _TOKEN_BYTES + _COUNT_BYTES + _MARK_BYTES


class BadCookie(Exception):
    """The cookie is none of ours, or of another search."""


@dataclass(slots=True)
class Rest(Generic[T, F]):
    """What is left of a search: what it found already, then what it will find.

    ``source`` is what it searches; it is of no use for another.
    """

    source: object
    batches: Iterator[T | None]
    found: F | None = None


@dataclass(frozen=True, slots=True)
class Place(Generic[T, F]):
    """Where a page begins: after so many entries, with the rest of the search where it was kept."""

    given: int
    rest: Rest[T, F] | None = None


class Pages(Generic[T, F]):
    """The searches that are kept, and their cookies."""

    def __init__(self, *, random_bytes: Callable[[int], bytes], kept_max: int = KEPT_MAX) -> None:
        self._random_bytes = random_bytes
        self._secret = random_bytes(16)
        self._kept_max = kept_max
        self._kept: OrderedDict[bytes, Rest[T, F]] = OrderedDict()

    @property
    def kept_count(self) -> int:
        """How many searches are kept."""
        return len(self._kept)

    def begin(self, cookie: bytes, search: str, source: object) -> Place[T, F]:
        """Give where a page begins; the first one's cookie is empty.

        ``search`` says whose search it is and all that decides what comes of it.
        Raises: BadCookie.
        """
        if not cookie:
            return Place(0)
        token, given = self._read(cookie, search)
        rest = self._kept.pop(token, None)
        if rest is not None and rest.source is not source:
            rest = None
        return Place(given, rest)

    def end(self, given: int, search: str, rest: Rest[T, F] | None) -> bytes:
        """Keep the rest of a search; gives the cookie that the next page is asked for with."""
        token = self._random_bytes(_TOKEN_BYTES)
        if rest is not None:
            self._kept[token] = rest
            while len(self._kept) > self._kept_max:
                self._kept.popitem(last=False)
        return token + given.to_bytes(_COUNT_BYTES, "big") + self._mark(token, given, search)

    def drop(self, cookie: bytes, search: str) -> None:
        """Forget a search that nobody wants the rest of. Raises: BadCookie."""
        self._kept.pop(self._read(cookie, search)[0], None)

    def _read(self, cookie: bytes, search: str) -> tuple[bytes, int]:
        token = cookie[:_TOKEN_BYTES]
        given = int.from_bytes(cookie[_TOKEN_BYTES : _TOKEN_BYTES + _COUNT_BYTES], "big")
        is_ours = cookie[_TOKEN_BYTES + _COUNT_BYTES :] == self._mark(token, given, search)
        if len(cookie) != _COOKIE_BYTES or not is_ours:
            raise BadCookie
        return token, given

    def _mark(self, token: bytes, given: int, search: str) -> bytes:
        text = token + given.to_bytes(_COUNT_BYTES, "big") + search.encode("utf-8", "replace")
        return hashlib.blake2b(text, digest_size=_MARK_BYTES, key=self._secret).digest()

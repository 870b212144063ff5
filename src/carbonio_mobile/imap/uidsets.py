"""``UidSet``: sets of UIDs as IMAP writes them, ``1:3,7``.

Spec: RFC 9051 9 (sequence-set); RFC 7162 4 (lines of 8192 octets and what fits them).
"""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from functools import cached_property

from carbonio_mobile.errors import ProtocolError

LAST = 0xFFFFFFFF
"""The largest UID; as the end of an open range it is written ``*``."""

COMMAND_OCTETS = 7_000
"""So much of a set fits a command that every server reads."""

_SET = re.compile(rb"\d{1,10}(?::\d{1,10})?(?:,\d{1,10}(?::\d{1,10})?)*\Z")


class UidSet:
    """Ranges of UIDs, each with both ends, in the order in which they were given."""

    def __init__(self, ranges: Iterable[tuple[int, int]] = ()) -> None:
        self.ranges = tuple(ranges)

    @classmethod
    def of(cls, uids: Iterable[int]) -> "UidSet":
        """Make the set of some UIDs, in ascending order, each once."""
        ranges: list[tuple[int, int]] = []
        first = last = 0
        for uid in sorted(set(uids)):
            if uid == last + 1 and last:
                last = uid
                continue
            if last:
                ranges.append((first, last))
            first = last = uid
        if last:
            ranges.append((first, last))
        return cls(ranges)

    @classmethod
    def joined(cls, sets: Iterable["UidSet"]) -> "UidSet":
        """Make one set of several, in ascending order, each UID once."""
        ranges: list[tuple[int, int]] = []
        for first, last in sorted(one for each in sets for one in each.ranges):
            if ranges and first <= ranges[-1][1] + 1:
                ranges[-1] = (ranges[-1][0], max(last, ranges[-1][1]))
            else:
                ranges.append((first, last))
        return cls(ranges)

    @classmethod
    def from_on(cls, uid: int) -> "UidSet":
        """Make the set of all UIDs from this one on, ``uid:*``."""
        return cls(((uid, LAST),))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, UidSet) and self.ranges == other.ranges

    def __hash__(self) -> int:
        return hash(self.ranges)

    def __repr__(self) -> str:
        return f"UidSet({self.text()[:60]!r})"

    def __len__(self) -> int:
        """Give how many UIDs it has, those that nobody bears included."""
        return sum(last - first + 1 for first, last in self.ranges)

    def __iter__(self) -> Iterator[int]:
        for first, last in self.ranges:
            yield from range(first, last + 1)

    def __contains__(self, uid: int) -> bool:
        starts, ends = self._sorted
        index = bisect_right(starts, uid) - 1
        return index >= 0 and uid <= ends[index]

    @cached_property
    def _sorted(self) -> tuple[list[int], list[int]]:
        """Starts and ends in ascending order; ends so that each covers those before it."""
        starts, ends = [], []
        furthest = 0
        for first, last in sorted(self.ranges):
            furthest = max(furthest, last)
            starts.append(first)
            ends.append(furthest)
        return starts, ends

    def text(self) -> str:
        """Give it as IMAP writes it; empty for the empty set, which no command takes."""
        return ",".join(map(_range_text, self.ranges))

    def split(self, octets: int = COMMAND_OCTETS) -> Iterator["UidSet"]:
        """Give sets that together are this one, none of them longer than this when written."""
        held: list[tuple[int, int]] = []
        size = 0
        for one in self.ranges:
            length = len(_range_text(one)) + 1
            if held and size + length > octets:
                yield UidSet(held)
                held, size = [], 0
            held.append(one)
            size += length
        if held:
            yield UidSet(held)


def _range_text(one: tuple[int, int]) -> str:
    first, last = one
    if first == last:
        return str(first)
    return f"{first}:{'*' if last == LAST else last}"


def parse_uids(octets: bytes) -> UidSet:
    """Read a set as servers write it, without ``*``. Raises: ProtocolError."""
    if not _SET.match(octets):
        raise ProtocolError("no set of UIDs", expected="like 1:3,7")
    return UidSet(map(_range, octets.split(b",")))


def _range(octets: bytes) -> tuple[int, int]:
    first, _, last = octets.partition(b":")
    ends = int(first), int(last or first)
    if not 0 < min(ends) <= max(ends) <= LAST:
        raise ProtocolError("a UID out of bounds")
    return min(ends), max(ends)

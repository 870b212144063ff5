"""Knowing folders again that were renamed on their server, by whatever tells them.

In this order: what the server calls a mailbox for good (MAILBOXID); a UIDVALIDITY that one folder
alone has; a UIDVALIDITY that is a moment, and the last part of the name, for Cyrus gives all
mailboxes made in one second the same. At last, what stands below or above a folder that was renamed
went the same way.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import Any, Generic, Protocol, TypeVar

_FIRST_MOMENT = 10**9
_PARTS = re.compile(r"[^/.\\]+|[/.\\]")
"""The parts of a name, and what servers put between these."""


class Placed(Protocol):
    """A folder, of the mirror or of a server, as far as it is looked at here.

    See ``links.RemoteFolder``; ``key`` is protocol, place and component.
    """

    @property
    def key(self) -> tuple[Any, str, str]:
        """What it is known by."""

    @property
    def kind(self) -> Hashable:
        """Of which kind it is."""

    @property
    def remote_id(self) -> str:
        """MAILBOXID, or empty."""

    @property
    def epoch(self) -> str:
        """UIDVALIDITY, or empty."""

    @property
    def container(self) -> bool:
        """Whether it can hold folders only."""


_Old = TypeVar("_Old", bound=Placed)
_New = TypeVar("_New", bound=Placed)
_Sign = Callable[[Placed], Hashable | None]
_Key = tuple[Any, str, str]
_Parts = tuple[str, ...]


def renamed(known: Mapping[_Key, _Old], present: Sequence[_New]) -> list[tuple[_Old, _New]]:
    """Give the folders that are no longer where they were, each with what it is now."""
    there = {one.key for one in present}
    left = {key: one for key, one in known.items() if key not in there}
    new = {one.key: one for one in present if one.key not in known}
    if not left or not new:
        return []
    telling = _telling(known.values()) & _telling(present)
    matching = _Matching(left, new)
    for sign in (_by_id, lambda one: _by_epoch(one, telling), _by_name):
        matching.by_sign(sign)
    matching.by_way()
    return matching.pairs


class _Matching(Generic[_Old, _New]):
    """Pairs what is left over of two lists."""

    def __init__(self, left: dict[_Key, _Old], new: dict[_Key, _New]) -> None:
        self.pairs: list[tuple[_Old, _New]] = []
        self._left = left
        self._new = new

    def by_sign(self, sign: _Sign) -> None:
        """Pair those of which there is one on each side with the same sign."""
        before, now = _grouped(self._left.values(), sign), _grouped(self._new.values(), sign)
        for name in before.keys() & now.keys():
            if len(before[name]) == len(now[name]) == 1:
                self._pair(before[name][0], now[name][0])

    def by_way(self) -> None:
        """Pair those that went from and to where some did that were paired."""
        ways = dict(_way(old.key[1], new.key[1]) for old, new in self.pairs)
        for old in list(self._left.values()):
            protocol, place, component = old.key
            new = self._new.get((protocol, _moved(place, ways), component))
            if new is not None and _likeness(old) == _likeness(new):
                self._pair(old, new)

    def _pair(self, old: _Old, new: _New) -> None:
        self.pairs.append((old, new))
        del self._left[old.key]
        del self._new[new.key]


_One = TypeVar("_One", bound=Placed)


def _grouped(folders: Iterable[_One], sign: _Sign) -> dict[Hashable, list[_One]]:
    groups: dict[Hashable, list[_One]] = defaultdict(list)
    for one in folders:
        name = sign(one)
        if name is not None:
            groups[name].append(one)
    return groups


def _telling(folders: Iterable[Placed]) -> set[str]:
    """Give the UIDVALIDITYs that one folder alone has: some servers give all the same."""
    count = Counter(one.epoch for one in folders)
    return {epoch for epoch, times in count.items() if epoch and times == 1}


def _by_id(one: Placed) -> Hashable | None:
    return (one.key[0], one.kind, one.remote_id) if one.remote_id else None


def _by_epoch(one: Placed, telling: set[str]) -> Hashable | None:
    if one.remote_id or one.epoch not in telling:
        return None
    return one.key[0], one.kind, one.epoch


def _by_name(one: Placed) -> Hashable | None:
    if one.remote_id or not one.epoch.isdecimal() or int(one.epoch) < _FIRST_MOMENT:
        return None
    return one.key[0], one.kind, one.epoch, tuple(_PARTS.findall(one.key[1])[-1:])


def _likeness(one: Placed) -> Hashable:
    return one.kind, one.remote_id, one.epoch, one.container


def _way(old: str, new: str) -> tuple[_Parts, _Parts]:
    """Give what of a name became what: both names without what they end alike in."""
    before, now = _PARTS.findall(old), _PARTS.findall(new)
    while len(before) > 1 and len(now) > 1 and before[-1] == now[-1]:
        del before[-1], now[-1]
    return tuple(before), tuple(now)


def _moved(place: str, ways: Mapping[_Parts, _Parts]) -> str:
    """Give where a folder is if it went the longest way that is known for it."""
    parts = tuple(_PARTS.findall(place))
    for count in range(len(parts), 0, -1):
        if parts[:count] in ways:
            return "".join((*ways[parts[:count]], *parts[count:]))
    return place

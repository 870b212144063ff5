"""Where the components of a text begin and end, found by their BEGIN and END lines alone.

A file of calendars or vCards may be large: nothing else of it is looked at here.

Spec: RFC 5545 3.4, 3.6; RFC 6350 6.1.1; vCard 2.1 2.4.2 (AGENT holds a card).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

_MARK = re.compile(
    r"^(BEGIN|END)[ \t]*:[ \t]*([\w-]{1,40})[ \t]*\r*$", re.IGNORECASE | re.MULTILINE
)
_AGENT = re.compile(r"(?:[\w-]+\.)?AGENT(?:;[^\n:]*)?:\s*\Z", re.IGNORECASE)
_OUTER = frozenset({"VCALENDAR", "VCARD"})
_INNER = frozenset({"VEVENT", "VTODO", "VJOURNAL", "VFREEBUSY", "VTIMEZONE"})


@dataclass(slots=True)
class Block:
    """A component from ``start`` to ``end`` in its text, ``line`` counted from 1.

    ``within`` are the components directly in a VCALENDAR. ``is_open``: it has no END of its own.
    """

    name: str
    start: int
    end: int
    line: int
    is_open: bool = False
    within: "list[Block]" = field(default_factory=list)

    def of(self, text: str) -> str:
        """Give the block's text, with an END where it has none."""
        own = text[self.start : self.end]
        return f"{own.rstrip()}\r\nEND:{self.name}\r\n" if self.is_open else own


def outermost(text: str) -> Iterator[Block]:
    """Give the components that stand in no other, in order.

    What is never closed ends where a component begins that can stand in no other one, or with the
    text. Components deeper than those of a calendar belong to what they stand in.
    """
    scan = _Scan(text)
    line, counted = 1, 0
    for mark in _MARK.finditer(text):
        line += text.count("\n", counted, mark.start())
        counted = mark.start()
        name = mark[2].upper()
        if mark[1].upper() == "BEGIN":
            yield from scan.begin(name, mark.start(), line)
        else:
            yield from scan.end(name, mark)
    yield from scan.close_all(len(text))


class _Scan:
    """What is open at a place of a text: a calendar, a component in it or alone."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._calendar: Block | None = None
        self._inner: Block | None = None
        self._depth = 0

    def begin(self, name: str, at: int, line: int) -> Iterator[Block]:
        """Open a component; gives what ends by that."""
        if self._inner is not None and not _breaks(name, self._text, at):
            self._depth += name == self._inner.name
            return
        yield from self.close_all(at) if name in _OUTER else self._close_inner(at, is_open=True)
        block = Block(name, at, at, line)
        if name == "VCALENDAR":
            self._calendar = block
        else:
            self._inner, self._depth = block, 1

    def end(self, name: str, mark: "re.Match[str]") -> Iterator[Block]:
        """Close a component; the END of what is not open says nothing."""
        after = self._text.find("\n", mark.end()) + 1 or len(self._text)
        if self._inner is not None and name == self._inner.name:
            self._depth -= 1
            if self._depth == 0:
                yield from self._close_inner(after)
        elif name == "VCALENDAR" and self._calendar is not None:
            yield from self._close_inner(mark.start(), is_open=True)
            yield from self.close_all(after)

    def close_all(self, at: int) -> Iterator[Block]:
        """Close what is open; gives what stood in nothing else."""
        yield from self._close_inner(at, is_open=True)
        if self._calendar is not None:
            self._calendar.end = at
            yield self._calendar
            self._calendar = None

    def _close_inner(self, at: int, *, is_open: bool = False) -> Iterator[Block]:
        block, self._inner = self._inner, None
        if block is None:
            return
        block.end, block.is_open = at, is_open
        if self._calendar is None:
            yield block
        else:
            self._calendar.within.append(block)


def _breaks(name: str, text: str, at: int) -> bool:
    """Tell whether a component that begins here ends the one that is open."""
    if name == "VCARD":
        return not _AGENT.search(text[text.rfind("\n", 0, max(at - 1, 0)) + 1 : at])
    return name in _OUTER or name in _INNER

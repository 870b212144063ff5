"""What the command line shows: tables, texts, JSON and a progress line.

Whatever comes from a server is shown without its control characters: they could speak to the
terminal.
"""

import json
import shutil
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TextIO
from unicodedata import east_asian_width

from carbonio_mobile.client.items import FLAG_ACTIVE, FLAG_COMPLETE, Item

_LEAST_WIDTH = 60
_VERBS = {1: "replied", 2: "replied", 3: "forwarded"}


def clean(text: str) -> str:
    """Take out what is not printable; line ends become blanks."""
    return "".join(c if c.isprintable() else " " for c in text)


def clean_lines(text: str) -> str:
    """Take out what is not printable, but line ends and tabs."""
    return "".join(c if c.isprintable() or c in "\n\t" else "" for c in text.replace("\r\n", "\n"))


def local_time(seconds: float | None) -> str:
    """Write a time as people of this machine's zone read it."""
    if seconds is None:
        return "?"
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(seconds))


def marks(item: Item) -> str:
    """Say in words what is special about a message."""
    words = [
        "unread" if not item.read else "",
        "flagged" if item.flag == FLAG_ACTIVE else "",
        "done" if item.flag == FLAG_COMPLETE else "",
        _VERBS.get(item.verb, ""),
        "!" if item.importance == 2 else "",
        "draft" if item.draft else "",
        f"{len(item.attachments)} file(s)" if item.attachments else "",
        *item.categories,
    ]
    return clean(", ".join(word for word in words if word))


def as_json(item: Item) -> dict[str, Any]:
    """Give a message as JSON values."""
    names = ("id", "received", "to", "cc", "subject", "read", "flag", "importance", "draft")
    return {
        **{name: getattr(item, name) for name in names},
        "from": item.from_,
        "categories": list(item.categories),
        "attachments": [
            {"name": one.name, "reference": one.reference, "size_bytes": one.size_bytes}
            for one in item.attachments
        ],
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Screen:
    """Where results (``out``) and remarks (``err``) go. With ``json`` results are JSON values."""

    out: TextIO
    err: TextIO
    json: bool = False
    clock: Callable[[], float] = time.monotonic

    def say(self, line: str = "") -> None:
        """Print a line of the result."""
        print(line, file=self.out)

    def remark(self, line: str) -> None:
        """Print a line that is not the result."""
        print(line, file=self.err)

    def result(self, value: Any, lines: Iterable[str]) -> None:
        """Print a result: ``value`` as JSON, or else ``lines``."""
        if self.json:
            self.say(json.dumps(value, ensure_ascii=False))
            return
        for line in lines:
            self.say(line)

    def messages(self, items: Iterable[Item]) -> list[str]:
        """Lay messages out as a table, in the order given."""
        rows = [
            (one.id, local_time(one.received), clean(one.from_), clean(one.subject), marks(one))
            for one in items
        ]
        return self.table(("ID", "DATE", "FROM", "SUBJECT", "FLAGS"), rows)

    def table(self, head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
        """Lay rows out in columns; a terminal's width is shared, the widest columns give way."""
        if not rows:
            return []
        widths = [max(_width(row[at]) for row in [head, *rows]) for at in range(len(head))]
        room = self._columns() - 2 * (len(head) - 1)
        while sum(widths) > room and max(widths) > 12:
            widths[widths.index(max(widths))] -= 1
        return [
            "  ".join(
                _fitted(cell, width) for cell, width in zip(row, widths, strict=True)
            ).rstrip()
            for row in [head, *rows]
        ]

    def _columns(self) -> int:
        if not self.out.isatty():
            return 200
        return max(_LEAST_WIDTH, shutil.get_terminal_size().columns)


class Progress:
    """A line on the terminal that tells how far a sync is; without a terminal it is silent."""

    def __init__(self, screen: Screen, what: str, total: int | None = None) -> None:
        self._screen = screen
        self._what = what
        self._total = total
        self._began = screen.clock()
        self._shown = 0
        self._is_shown = screen.err.isatty() and not screen.json

    def __call__(self, done: int) -> None:
        """Show that so many are done."""
        if not self._is_shown:
            return
        elapsed_s = max(self._screen.clock() - self._began, 0.001)
        of = f" of {max(self._total, done)}" if self._total else ""
        line = f"{self._what}: {done}{of} changes, {done / elapsed_s:.0f}/s"
        self._screen.err.write("\r" + line.ljust(self._shown))
        self._screen.err.flush()
        self._shown = len(line)

    def close(self) -> None:
        """Take the line away again."""
        if self._shown:
            self._screen.err.write("\r" + " " * self._shown + "\r")
            self._screen.err.flush()


class StatusLine:
    """A line on the terminal that tells what is being done; without a terminal it is silent."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen
        self._shown = 0
        self._is_shown = screen.err.isatty() and not screen.json

    def show(self, text: str) -> None:
        """Show a text in place of the one before."""
        if self._is_shown:
            line = clean(text)
            self._screen.err.write("\r" + line.ljust(self._shown))
            self._screen.err.flush()
            self._shown = len(line)

    def close(self) -> None:
        """Take the line away again."""
        if self._shown:
            self._screen.err.write("\r" + " " * self._shown + "\r")
            self._screen.err.flush()


def _width(text: str) -> int:
    return sum(2 if east_asian_width(c) in "WF" else 1 for c in text)


def _fitted(text: str, width: int) -> str:
    if _width(text) > width:
        while _width(text) > width - 1:
            text = text[:-1]
        text += "…"
    return text + " " * (width - _width(text))

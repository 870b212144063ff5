"""``Card``: one vCard in a stored text, as lines that come out again as they went in.

Spec: RFC 6350 6.1; vCard 2.1 2.1.2 (nested cards).
"""

import re
from collections.abc import Iterator

from carbonio_mobile.errors import Corrupt
from carbonio_mobile.pim.contentlines import (
    PHYSICAL_LINE,
    ContentLine,
    Params,
    decode_source,
    encode_source,
    ended,
    make_line,
    split_lines,
)

MAX_CARD_BYTES = 32 * 1024 * 1024
MAX_LINES = 20_000
"""What a card holds beyond so many properties survives and is not looked at."""

NEW_CARD = b"BEGIN:VCARD\r\nVERSION:4.0\r\nPRODID:-//carbonio-mobile//EN\r\nEND:VCARD\r\n"

_BEGIN = re.compile(r"^BEGIN[ \t]*:[ \t]*VCARD[ \t]*\r*$", re.IGNORECASE | re.MULTILINE)
_VERSION = re.compile(r"^VERSION:[ \t]*([\d.]+)", re.IGNORECASE | re.MULTILINE)
_MARKED = re.compile(r"(?:_\$!<)?([^>]*)")
_COMPANIONS = frozenset({"X-ABLABEL", "X-ABADR"})
_VERSIONS = {"2.1": 21, "4.0": 40}


class Card:
    """The first vCard of a source.

    ``lines`` are what stands between BEGIN and END, ``before`` and ``after`` the text around them.
    ``version`` is 21, 30 or 40; a card that says none is read as 3.0.
    Raises: Corrupt for octets that hold no vCard, and for more than 32 MiB.
    """

    __slots__ = ("after", "before", "line_end", "lines", "version")

    def __init__(self, source: bytes) -> None:
        if len(source) > MAX_CARD_BYTES:
            raise Corrupt("a vCard that is too large")
        text = _text(source)
        begin = _BEGIN.search(text)
        if begin is None:
            raise Corrupt("no vCard")
        start = text.find("\n", begin.end() - 1) + 1 or len(text)
        self.line_end = "\r\n" if text[begin.start() : start].endswith("\r\n") else "\n"
        self.before = text[:start]
        found = _VERSION.search(text, start)
        self.version = _VERSIONS.get(found[1], 30) if found else 30
        lines = split_lines(text[start:], plain=self.plain, limit=MAX_LINES)
        self.lines, self.after = _within(lines)
        self._add_labels()

    @property
    def plain(self) -> bool:
        """Whether it is a vCard 2.1."""
        return self.version == 21

    def _add_labels(self) -> None:
        labels = {
            line.group: _MARKED.match(line.text())
            for line in self.lines
            if line.name == "X-ABLABEL"
        }
        for line in self.lines if labels else ():
            label = labels.get(line.group) if line.group else None
            line.label = label[1].strip().lower() if label else ""

    def first(self, name: str) -> ContentLine | None:
        """Give the first property of a name."""
        return next((line for line in self.lines if line.name == name), None)

    def make(
        self,
        name: str,
        value: str,
        params: Params,
        *,
        instead: ContentLine | None = None,
    ) -> ContentLine:
        """Write a property as this card writes them, in the group of another that it replaces."""
        line = make_line(
            name,
            value,
            group=instead.group if instead else "",
            params=params,
            plain=self.plain,
            line_end=self.line_end,
        )
        line.label = instead.label if instead else ""
        return line

    def place(self, line: ContentLine, *, after: ContentLine | None = None) -> None:
        """Put a property behind another, or at the end."""
        at = len(self.lines) if after is None else self.lines.index(after) + 1
        self.lines.insert(at, line)

    def replace(self, old: ContentLine, new: ContentLine) -> None:
        """Put a property in the place of another."""
        self.lines[self.lines.index(old)] = new

    def remove(self, line: ContentLine) -> None:
        """Take a property out, and the labels of its group where it was the last of it."""
        self.lines.remove(line)
        group = line.group
        if group and all(one.name in _COMPANIONS for one in self.lines if one.group == group):
            self.lines = [one for one in self.lines if one.group != group]

    def to_source(self) -> bytes:
        """Give the text; a card without an end gets one."""
        end = self.line_end
        parts = [line.raw for line in self.lines]
        parts = [ended(raw, end) for raw in parts]
        after = self.after or f"END:VCARD{end}"
        before = self.before if self.before.endswith("\n") else self.before + end
        return encode_source(before + "".join(parts) + after)


def _within(lines: list[ContentLine]) -> tuple[list[ContentLine], str]:
    """Part the lines at the END of the card; those of a card within it lose their names."""
    depth = 0
    for index, line in enumerate(lines):
        if line.name == "END":
            if depth == 0:
                return lines[:index], "".join(one.raw for one in lines[index:])
            depth -= 1
            line.name = ""
        elif line.name == "BEGIN":
            depth += 1
        if depth:
            line.name = ""
    return lines, ""


def split_cards(source: bytes) -> Iterator[bytes]:
    """Give each vCard of a file that may hold many, in order; what stands between is left out.

    Cards within cards stay where they are.
    """
    text = _text(source)
    depth = 0
    kept: list[str] = []
    for line in PHYSICAL_LINE.findall(text):
        mark = line.strip().upper().replace(" ", "")
        depth += mark == "BEGIN:VCARD"
        if depth:
            kept.append(line)
        if mark == "END:VCARD" and depth:
            depth -= 1
            if not depth:
                yield encode_source("".join(kept))
                kept = []
    if kept:
        yield encode_source("".join(kept))


def _text(source: bytes) -> str:
    text = decode_source(source)
    # Without a line feed it was written by an old Macintosh.
    return text if "\n" in text else text.replace("\r", "\n")

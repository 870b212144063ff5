"""A calendar as the components it is made of, each line kept as it was stored.

A patch changes the lines that it means to change; all others are written byte for byte.

Spec: RFC 5545 3.1, 3.4, 3.6; vCalendar 1.0.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from carbonio_mobile.pim.contentlines import (
    ContentLine,
    clean,
    decode_source,
    encode_source,
    ended,
    escape,
    fold,
    param_value,
    split_lines,
    split_value,
    unescape,
)

MAX_DEPTH = 8
MAX_LINES = 50_000


@dataclass(slots=True)
class Component:
    """What stands between BEGIN and END, in order.

    ``begin`` and ``end`` are those lines as they stood, empty where they were missing.
    """

    name: str
    content: "list[ContentLine | Component]" = field(default_factory=list)
    begin: str = ""
    end: str = ""

    def every(self, *names: str) -> list[ContentLine]:
        """Give its own lines of some names, in order."""
        return [one for one in self.content if isinstance(one, ContentLine) and one.name in names]

    def first(self, name: str) -> ContentLine | None:
        """Give its first own line of a name."""
        for one in self.content:
            if isinstance(one, ContentLine) and one.name == name:
                return one
        return None

    def by_name(self) -> dict[str, list[ContentLine]]:
        """Give its own lines by their names."""
        found: dict[str, list[ContentLine]] = {}
        for one in self.content:
            if isinstance(one, ContentLine):
                found.setdefault(one.name, []).append(one)
        return found

    def components(self, name: str = "") -> "list[Component]":
        """Give the components directly within, all or those of one name."""
        return [
            one
            for one in self.content
            if isinstance(one, Component) and (not name or one.name == name)
        ]

    def walk(self, name: str) -> "Iterator[Component]":
        """Give every component of a name, itself and those within, in order."""
        if self.name == name:
            yield self
        for one in self.components():
            yield from one.walk(name)

    def put(self, names: Sequence[str], lines: Sequence[ContentLine]) -> bool:
        """Replace the lines of some names by others, at the place of the first; tell of a change.

        Where there was none they follow the component's last line. A line that says what one said
        before keeps its octets.
        """
        was = {_said(one): one for one in self.every(*names)}
        fresh = [was.get(_said(one), one) for one in lines]
        kept: list[ContentLine | Component] = []
        at = None
        for one in self.content:
            if isinstance(one, Component) or one.name not in names:
                kept.append(one)
            elif at is None:
                at = len(kept)
        at = _after_lines(kept) if at is None else at
        before, self.content = self.content, [*kept[:at], *fresh, *kept[at:]]
        return before != self.content

    def copy(self) -> "Component":
        """Give a copy that can be changed by itself."""
        content = [one.copy() if isinstance(one, Component) else one for one in self.content]
        return Component(self.name, content, self.begin, self.end)


def line(name: str, value: str, *parameters: tuple[str, str]) -> ContentLine:
    """Make a line of a value that is escaped already; parameters without a value are left out."""
    said = ((key, clean(one).strip()) for key, one in parameters)
    head = ";".join(f"{key}={param_value(one)}" for key, one in said if one)
    return ContentLine("", name=name, head=head, value=value)


def text_line(name: str, text: str, *parameters: tuple[str, str]) -> ContentLine:
    """Make a line of a text."""
    return line(name, escape(clean(text), plain=False), *parameters)


def with_parameters(one: ContentLine, *changes: tuple[str, str]) -> ContentLine:
    """Give a line with some parameters set, or left out where empty, the others as they stood."""
    wanted = dict(changes)
    kept = [f"{key}={value}" if key else value for key, value in one.params() if key not in wanted]
    new = [f"{key}={param_value(clean(value))}" for key, value in wanted.items() if value]
    head = ";".join((*kept, *new))
    return ContentLine("", group=one.group, name=one.name, head=head, value=one.value)


def shown(one: ContentLine | None, limit: int = 1000) -> str:
    """Give what a TEXT property says, with LF line ends; empty for none."""
    if one is None:
        return ""
    return clean(unescape(one.text()[: limit * 2]))[:limit]


def shown_list(lines: Sequence[ContentLine], limit: int) -> list[str]:
    """Give the texts of properties that hold several each, without the empty ones."""
    texts = [text for one in lines for text in split_value(one.text(), ",")[:limit]]
    return [text for one in texts[:limit] if (text := clean(unescape(one)).strip())]


def parse(source: bytes) -> Component:
    """Read a document as a component without a name that holds all that stands in it.

    What is never closed ends with its document; an END of nothing, and whatever stands deeper than
    ``MAX_DEPTH``, is kept as a line of no meaning.
    """
    root = Component("")
    opened = [root]
    for one in split_lines(decode_source(source), plain=False, limit=MAX_LINES):
        if one.name == "BEGIN" and one.value.strip() and len(opened) <= MAX_DEPTH:
            inner = Component(one.value.strip().upper(), begin=one.raw)
            opened[-1].content.append(inner)
            opened.append(inner)
        elif one.name != "END" or not _close(opened, one):
            if one.name in ("BEGIN", "END"):
                one.name = ""
            opened[-1].content.append(one)
    return root


def _close(opened: list[Component], end: ContentLine) -> bool:
    """Close the innermost open component of a name; False where none is open."""
    name = end.value.strip().upper()
    for at in range(len(opened) - 1, 0, -1):
        if opened[at].name == name:
            opened[at].end = end.raw
            del opened[at:]
            return True
    return False


def write(root: Component) -> bytes:
    """Write a document: lines that were read as they stood, new ones folded."""
    first = next((one for one in root.content if isinstance(one, Component)), None)
    end = "\n" if first and first.begin.endswith("\n") and "\r" not in first.begin else "\r\n"
    out: list[str] = []
    _write(root, end, out)
    return encode_source("".join(out))


def _write(component: Component, end: str, out: list[str]) -> None:
    if component.name:
        out.append(ended(component.begin or f"BEGIN:{component.name}", end))
    for one in component.content:
        if isinstance(one, Component):
            _write(one, end, out)
        else:
            out.append(ended(one.raw, end) if one.raw else fold(_text(one), end))
    if component.name:
        out.append(ended(component.end or f"END:{component.name}", end))


def _text(one: ContentLine) -> str:
    return f"{one.name};{one.head}:{one.value}" if one.head else f"{one.name}:{one.value}"


def _said(one: ContentLine) -> tuple[str, str, str]:
    return one.name, one.head, one.value


def _after_lines(content: "Sequence[ContentLine | Component]") -> int:
    """Give the place after the last own line."""
    for at in range(len(content), 0, -1):
        if isinstance(content[at - 1], ContentLine):
            return at
    return 0

"""An answer as text or as JSON, row by row as it comes.

Text: keys are padded, a mapping is a heading and an indented block below it, a list of mappings
several, an empty line between two. JSON: ``{"response": …, "ok": true}``; where the answer breaks
off in the middle it is closed with ``"ok": false`` and the error, and is JSON still.

Spec: ../shared/carbonio/cli.md 1.4, admin-panel.md (the form of the JSON).
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Protocol

from carbonio_mobile.errors import CarbonioMobileError

INDENT = 4

Write = Callable[[str], object]
Row = object
"""What a line of the stream holds, once it is read."""

_UNSEEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)
"""Characters that control a terminal or the direction of text, and what is no character."""


class Paint(Protocol):
    """How the parts of a text answer look."""

    def heading(self, text: str) -> str:
        """Give a heading as it is written."""

    def key(self, text: str) -> str:
        """Give a padded key as it is written."""

    def value(self, text: str) -> str:
        """Give a value, or a sentence, of one line as it is written."""


class Plain:
    """Everything as it is: for files and pipes."""

    def heading(self, text: str) -> str:
        """See :meth:`Paint.heading`."""
        return text

    def key(self, text: str) -> str:
        """See :meth:`Paint.key`."""
        return text

    def value(self, text: str) -> str:
        """See :meth:`Paint.value`."""
        return text


def visible(text: str) -> str:
    r"""Give a text that does nothing to a terminal: what controls it is written as ``\x1b``."""
    return _UNSEEN.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


# Text


def write_text(head: Mapping[str, object], rows: Iterable[Row], write: Write, paint: Paint) -> None:
    """Write an answer as text, each row as soon as it is there."""
    for line in text_lines(head, rows, paint):
        write(f"{line}\n")


def text_lines(head: Mapping[str, object], rows: Iterable[Row], paint: Paint) -> Iterator[str]:
    """Give the lines of an answer."""
    width = head.get("width")
    wide = width if isinstance(width, int) else 60
    if "said" in head:
        yield from _said(head, wide, paint)
    elif "tree" in head:
        yield from block(_mapping(head.get("content")), wide, 0, paint)
    elif "listing" in head:
        yield paint.heading(str(head.get("heading", "")))
        for row in rows:
            yield ""
            yield from block(_mapping(row), wide, INDENT, paint)
    elif "entries" in head:
        yield from _entries(rows, paint)
    else:
        for row in rows:
            yield from map(paint.value, str(row).split("\n"))


def _said(head: Mapping[str, object], width: int, paint: Paint) -> Iterator[str]:
    yield from map(paint.value, str(head.get("text", "")).split("\n"))
    details = _mapping(head.get("details"))
    if details:
        yield ""
        yield from block(details, width, INDENT, paint)


def _entries(rows: Iterable[Row], paint: Paint) -> Iterator[str]:
    first = True
    for row in rows:
        entry = _mapping(row)
        if not first:
            yield ""
        first = False
        yield paint.heading(f"# name {entry.get('name', '')}")
        for name, values in _mapping(entry.get("attributes")).items():
            for value in values if isinstance(values, list) else [values]:
                begun, *more = scalar(value).split("\n")
                yield f"{paint.key(f'{name}:')} {paint.value(begun)}".rstrip()
                yield from map(paint.value, more)


def block(content: Mapping[str, object], width: int, indent: int, paint: Paint) -> Iterator[str]:
    """Give the lines of keys and values, at an indent."""
    pad = " " * indent
    first = nested = False
    for at, (key, value) in enumerate(content.items()):
        below = _below(value)
        first = at == 0
        if not first and (nested or below):
            yield ""
        nested = bool(below)
        if not below:
            yield from _pair(key, value, width, pad, paint)
            continue
        yield pad + paint.heading(key)
        for each in below:
            yield ""
            yield from block(each, width, indent + INDENT, paint)


def _pair(key: str, value: object, width: int, pad: str, paint: Paint) -> Iterator[str]:
    """Give the line of one key; a value of several lines goes on below its first one."""
    padded = key.ljust(width) if len(key) < width else f"{key} "
    begun, *more = scalar(value).split("\n")
    yield pad + f"{paint.key(padded)}{paint.value(begun)}" if begun else pad + paint.key(key)
    for line in more:
        yield (pad + " " * len(padded) + paint.value(line)).rstrip()


def scalar(value: object) -> str:
    """Give a value in one text, as it would be typed."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return ""
    if isinstance(value, list | tuple):
        return ",".join(map(scalar, value))
    if isinstance(value, Mapping):
        return json.dumps(value, ensure_ascii=False)
    return str(value)


def _below(value: object) -> list[Mapping[str, object]]:
    """Give the blocks that stand below a key; none where its value stands beside it."""
    parts = [value] if isinstance(value, Mapping) else value
    if isinstance(parts, list) and all(isinstance(each, Mapping) for each in parts):
        return [each for each in parts if each]
    return []


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}


# JSON


def json_text(value: object) -> str:
    """Give a value as JSON; what controls a terminal is escaped in it."""
    text = json.dumps(value, ensure_ascii=False)
    return _UNSEEN.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def write_json(head: Mapping[str, object], rows: Iterable[Row], write: Write) -> None:
    """Write an answer as JSON, a row a line.

    Raises: what asking for a row raises, after the document was closed with the error.
    """
    if "said" in head:
        response = {"message": head.get("text", ""), **_mapping(head.get("details"))}
        write(f'{{"response": {json_text(response)}, "ok": true}}\n')
    elif "tree" in head:
        write(f'{{"response": {json_text(head.get("content"))}, "ok": true}}\n')
    else:
        _write_rows(_row_key(head), rows, write)


def _row_key(head: Mapping[str, object]) -> str:
    if "listing" in head:
        return str(head.get("heading", ""))
    return "entries" if "entries" in head else "lines"


def _write_rows(key: str, rows: Iterable[Row], write: Write) -> None:
    write(f'{{"response": {{{json_text(key)}: [')
    between = "\n"
    try:
        for row in rows:
            write(between + json_text(row))
            between = ",\n"
    except CarbonioMobileError as exc:
        write(f'\n]}}, "ok": false, {_error(str(exc))}}}\n')
        raise
    write('\n]}, "ok": true}\n')


def json_error(text: str) -> str:
    """Give the document of a command that was not done."""
    return f'{{"ok": false, {_error(text)}}}\n'


def _error(text: str) -> str:
    return f'"error": {json_text({"message": text})}'


def qr_text(head: Mapping[str, object]) -> str:
    """Give what the QR code of an answer holds; empty where it has none."""
    found: list[object] = [head.get("content"), head.get("details")]
    while found:
        value = found.pop()
        if isinstance(value, Mapping):
            if value.get("qrcode_data"):
                return str(value["qrcode_data"])
            found.extend(value.values())
        elif isinstance(value, list):
            found.extend(value)
    return ""

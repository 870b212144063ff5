"""Sieve as text: strings that are safe whatever they hold, and what a script makes use of.

Only the tokens of a script are read, not its grammar: scripts of users hold commands of extensions
that nobody here knows.

Spec: RFC 5228 2 (lexical structure), 8.1; RFC 6609 3.2 (include).
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

_LINE_END = re.compile(r"\r\n|\r|\n")
# What is never closed ends with the script, so that every octet is looked at about once.
_LEXICAL = re.compile(
    r"(?P<blank>[\s\x00]+|\#[^\r\n]*|/\*.*?(?:\*/|\Z))"
    r'|(?P<string>"(?:[^"\\]|\\.)*(?:"|\\?\Z))'
    r"|text:[ \t]*(?:\#[^\r\n]*)?\r?\n"
    r"(?P<lines>(?:(?!\.\r?(?:\n|\Z))[^\n]*\n)*)(?:\.\r?(?:\n|\Z)|[^\n]*\Z)"
    r"|(?P<name>:?[A-Za-z_][A-Za-z0-9_]*)"
    r"|(?P<number>[0-9]+[KMGkmg]?)"
    r"|(?P<mark>.)",
    re.DOTALL,
)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_BRANCHES = ("if", "elsif")


def quoted(text: str) -> str:
    """Write a string: its line ends become CRLF, what cannot be in a script is left out."""
    lines = "\r\n".join(_LINE_END.split(text.replace("\0", "")))
    safe = lines.encode("utf-8", "replace").decode("utf-8")
    return '"' + safe.replace("\\", "\\\\").replace('"', '\\"') + '"'


def quoted_list(texts: Iterable[str]) -> str:
    """Write a list of strings."""
    return "[" + ", ".join(map(quoted, texts)) + "]"


@dataclass(frozen=True, slots=True)
class Word:
    """A token. ``kind`` is ``name`` (in lower case; a tag begins with a colon), ``string``,
    ``number`` or ``mark``; ``text`` is what it means.
    """

    kind: str
    text: str


def words(script: str) -> Iterator[Word]:
    """Give the tokens of a script, comments left out. What is no Sieve comes as marks."""
    for found in _LEXICAL.finditer(script):
        kind = found.lastgroup or ""
        text = found[kind]
        if kind == "string":
            yield Word("string", _ESCAPED.sub(r"\1", text[1:-1]))
        elif kind == "lines":
            yield Word("string", re.sub(r"^\.\.", ".", text, flags=re.MULTILINE))
        elif kind == "name":
            yield Word("name", text.lower())
        elif kind != "blank":
            yield Word(kind, text)


def live_words(script: str) -> list[Word]:
    """Give the tokens without the blocks of ``if false``, as editors write rules set aside."""
    found = list(words(script))
    live: list[Word] = []
    at = 0
    while at < len(found):
        live.append(found[at])
        at += 1
        test = [one.text for one in found[at - 1 : at + 2]]
        if found[at - 1].kind == "name" and test[0] in _BRANCHES and test[1:] == ["false", "{"]:
            at = _block_end(found, at + 1)
    return live


def _block_end(found: list[Word], start: int) -> int:
    """Give the place after the block that begins at ``start``."""
    depth = 0
    for at in range(start, len(found)):
        if found[at].kind == "mark":
            depth += {"{": 1, "}": -1}.get(found[at].text, 0)
        if depth == 0:
            return at + 1
    return len(found)


def commands_of(script: str) -> frozenset[str]:
    """Give every name in a script that may be that of a command or test at work."""
    return frozenset(one.text for one in live_words(script) if one.kind == "name")


def included_by(script: str) -> tuple[str, ...]:
    """Give the names of the user's own scripts that a script includes, in its order."""
    found = live_words(script)
    names: list[str] = []
    for at, one in enumerate(found):
        if one != Word("name", "include"):
            continue
        tags = [other.text for other in _tags_after(found, at)]
        rest = found[at + 1 + len(tags) : at + 2 + len(tags)]
        if ":global" not in tags and rest and rest[0].kind == "string":
            names.append(rest[0].text)
    return tuple(names)


def _tags_after(found: list[Word], at: int) -> Iterator[Word]:
    for one in found[at + 1 :]:
        if one.kind != "name" or not one.text.startswith(":"):
            return
        yield one

"""``Dn``: the name of an entry, and how it is written.

Two names are the same that differ in case, in the blanks of their values, or in the synonym of a
type alone.

Spec: RFC 4514; 4512 2.3; of RFC 2253 the ``;`` between parts and values in quotes are read too.
"""

import re
import unicodedata
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final, TypeAlias

from carbonio_mobile.errors import ProtocolError
from carbonio_mobile.ldap.attributes import attribute
from carbonio_mobile.ldap.ber import head

Rdn: TypeAlias = tuple[tuple[str, str], ...]
"""The types and values of one part of a name; nearly always one of each."""

MAX_CHARS: Final = 4096
MAX_RDNS: Final = 64

_TYPE = re.compile(r" *([A-Za-z][A-Za-z0-9-]*|[0-9]+(?:\.[0-9]+)*) *= *")
_HEX = re.compile(r"#((?:[0-9A-Fa-f]{2})+) *")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)" *', re.DOTALL)
_PLAIN = re.compile(r'(?:[^"+,;<>\\\0]|\\.)*', re.DOTALL)
_PIECE = re.compile(r"\\([0-9A-Fa-f]{2})|\\([^0-9A-Fa-f])|([^\\]+)|(\\)", re.DOTALL)
_ESCAPABLE: Final = frozenset(' "#+,;<=>\\')
_SPECIAL = re.compile(r'["+,;<>\\]')
_TEXT_TAGS: Final = frozenset({0x04, 0x0C, 0x13, 0x14, 0x16})
"""OCTET STRING, UTF8String, PrintableString, TeletexString, IA5String."""


@dataclass(frozen=True, slots=True, eq=False)
class Dn:
    """A name, the entry's own part first; without a part it is the root's.

    ``str`` writes it, types and values as they were given; ``key`` is the same for same names.
    """

    rdns: tuple[Rdn, ...] = ()
    key: tuple[tuple[tuple[str, str], ...], ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "key", tuple(_folded(each) for each in self.rdns))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Dn) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)

    def __len__(self) -> int:
        return len(self.rdns)

    def __str__(self) -> str:
        return ",".join(
            "+".join(f"{name}={escaped(value)}" for name, value in each) for each in self.rdns
        )

    @property
    def parent(self) -> "Dn":
        """Give the name of the entry above; the root is above itself."""
        return Dn(self.rdns[1:])

    def child(self, name: str, value: str) -> "Dn":
        """Give the name of an entry right below."""
        return Dn((((name, value),), *self.rdns))

    def within(self, other: "Dn") -> bool:
        """Tell whether this is ``other`` or below it."""
        above = len(self.key) - len(other.key)
        return above >= 0 and self.key[above:] == other.key


def _folded(rdn: Rdn) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((_type_key(name), fold_value(value)) for name, value in rdn))


def _type_key(name: str) -> str:
    known = attribute(name)
    return name.lower() if known is None else known.key


def fold_value(value: str) -> str:
    """Give the form in which values of names are compared."""
    if value.isascii():
        return " ".join(value.lower().split())
    folded = unicodedata.normalize("NFKC", value).casefold()
    return " ".join(unicodedata.normalize("NFKC", folded).split())


def escaped(value: str) -> str:
    """Write a value so that it can stand in a name (RFC 4514 2.4)."""
    text = _SPECIAL.sub(r"\\\g<0>", value).replace("\0", "\\00")
    if text.startswith((" ", "#")):
        text = f"\\{text}"
    if text.endswith(" ") and len(value) > 1:
        text = f"{text[:-1]}\\ "
    return text


@lru_cache(maxsize=256)
def parse_dn(text: str) -> Dn:
    """Read a name. Raises ``ProtocolError`` where it is none (the client's answer is result 34)."""
    if len(text) > MAX_CHARS:
        raise ProtocolError(f"a name of {len(text)} characters")
    if not text.strip(" "):
        return Dn()
    rdns: list[Rdn] = []
    parts: list[tuple[str, str]] = []
    at = 0
    while True:
        part, at = _part(text, at)
        parts.append(part)
        after = text[at : at + 1]
        if after != "+":
            rdns.append(tuple(parts))
            parts = []
        if not after:
            return Dn(tuple(rdns))
        if len(rdns) >= MAX_RDNS or after not in "+,;":
            raise ProtocolError("no name, or one of too many parts", offset=at)
        at += 1


def _part(text: str, at: int) -> tuple[tuple[str, str], int]:
    """Read a type and its value; give them and where what parts them from the next stands."""
    match = _TYPE.match(text, at)
    if match is None:
        raise ProtocolError("no type", offset=at)
    value, at = _value(text, match.end())
    return (match[1], value), at


def _value(text: str, at: int) -> tuple[str, int]:
    if match := _HEX.match(text, at):
        return _of_octets(bytes.fromhex(match[1])), match.end()
    if match := _QUOTED.match(text, at):
        return _unescaped(match[1], quoted=True), match.end()
    match = _PLAIN.match(text, at)
    if match is None or match[0].startswith("#"):
        raise ProtocolError("no value", offset=at)
    return _unescaped(match[0], quoted=False), match.end()


def _of_octets(data: bytes) -> str:
    """Give the text of a value that is written as the octets of its element."""
    tag, start, stop = head(data, 0, len(data))
    if tag not in _TEXT_TAGS or stop != len(data):
        raise ProtocolError("a value that is no text")
    return _decoded(data[start:stop])


def _unescaped(raw: str, *, quoted: bool) -> str:
    """Undo escapes; blanks at the end that are not escaped do not count, unless in quotes."""
    found = bytearray()
    counted = 0
    for pair, special, plain, alone in _PIECE.findall(raw):
        if alone or (special and special not in _ESCAPABLE):
            raise ProtocolError("an escape of nothing")
        found += bytes.fromhex(pair) if pair else (special or plain).encode()
        counted = len(found)
        if plain and not quoted:
            counted -= len(plain) - len(plain.rstrip(" "))
    return _decoded(bytes(found[:counted]))


def _decoded(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as exc:
        raise ProtocolError("a value in other than UTF-8") from exc

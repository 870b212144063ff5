"""Commands: a name and its arguments to the octets that go out.

Arguments are octets that stand as they are, or a ``Literal``. Everything that comes from outside
goes through ``astring`` or ``literal``; nothing else is quoted here.

Spec: RFC 9051 4.3, 6, 9; RFC 7888 (LITERAL+, LITERAL-).
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

LITERAL_MINUS_OCTETS = 4096
_ATOM = re.compile(rb"[A-Za-z0-9$+,\-./:;<>=?@^_`|~!#&']{1,200}\Z")
_FLAG = re.compile(r"\\?[A-Za-z0-9$+,\-./:;<>=?@^_`|~!#&'\[]{1,200}\Z")
_QUOTABLE = re.compile(rb"[\x20-\x7e]{0,1000}\Z")
_SPECIAL = re.compile(rb'(["\\])')


@dataclass(frozen=True, slots=True)
class Literal:
    """Octets of any kind; ``binary``: they may hold NUL, for a server with BINARY."""

    octets: bytes = field(repr=False)
    binary: bool = False


Argument = bytes | Literal


@dataclass(frozen=True, slots=True)
class Command:
    """A command; ``name`` is what a log may show, the arguments are not."""

    name: str
    arguments: tuple[Argument, ...] = field(default=(), repr=False)


def command(name: str, *arguments: Argument) -> Command:
    """Make a command."""
    return Command(name, arguments)


def astring(octets: bytes) -> Argument:
    """Give a string as an atom, quoted or as a literal, whichever it needs.

    Raises: ValueError (NUL, which no string may hold).
    """
    if _ATOM.match(octets) and octets.upper() != b"NIL":
        return octets
    return string(octets)


def string(octets: bytes) -> Argument:
    """Give a string, quoted or as a literal. Raises: ValueError (NUL)."""
    if _QUOTABLE.match(octets):
        return b'"' + _SPECIAL.sub(rb"\\\1", octets) + b'"'
    if b"\0" in octets:
        raise ValueError("a string of IMAP holds no NUL")
    return Literal(octets)


def flag_list(flags: Iterable[str]) -> bytes:
    """Give a list of flags. Raises: ValueError (one that is no atom, but for its backslash)."""
    flags = tuple(flags)
    if not all(map(_FLAG.match, flags)):
        raise ValueError("a flag that no list may hold")
    return f"({' '.join(flags)})".encode("ascii")


def parenthesised(words: Iterable[str]) -> bytes:
    """Give a list of words of this program's own: items of FETCH. Raises: ValueError."""
    joined = " ".join(words)
    if re.search(r'[^\x21-\x7e ]|["{}]', joined):
        raise ValueError("a word that no list may hold")
    return f"({joined})".encode("ascii")


def chunks(tag: bytes, one: Command, *, free_octets: int) -> Iterator[bytes]:
    """Give what goes out; between two chunks the server's ``+`` must come.

    ``free_octets`` is how large a literal may be that goes out without asking: any number with
    LITERAL+, 4096 with LITERAL-, -1 without either.
    """
    held = bytearray(tag + b" " + one.name.encode("ascii"))
    for argument in one.arguments:
        if isinstance(argument, bytes):
            held += b" " + argument
            continue
        free = len(argument.octets) <= free_octets
        tilde = b"~" if argument.binary else b""
        held += b" %b{%d%b}\r\n" % (tilde, len(argument.octets), b"+" if free else b"")
        if not free:
            yield bytes(held)
            held.clear()
        held += argument.octets
    yield bytes(held) + b"\r\n"

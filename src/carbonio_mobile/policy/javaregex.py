"""Regular expressions as Java writes them, translated for an engine whose time is linear.

They are matched against ids of devices: ASCII, compared without case, always as a whole. So a class
of characters is a set of ASCII characters in both cases, laziness means nothing, and no line ends
are there for ``^`` and ``$`` to look at. What cannot be done in linear time (lookaround,
backreferences, possessive quantifiers, atomic groups) is refused, as is what Java itself refuses.

Spec: ../shared/carbonio/cli.md 2.1; the syntax is that of java.util.regex.Pattern.
"""

from collections.abc import Callable

from carbonio_mobile.errors import CarbonioMobileError
from carbonio_mobile.policy.javaclasses import (
    ALL,
    DOT,
    SHORTHANDS,
    Characters,
    folded,
    named_property,
    written,
)

MAX_PATTERN_CHARS = 500
MAX_DEPTH = 30
MAX_REPEAT = 1000

_CONTROLS = {"t": "\t", "n": "\n", "r": "\r", "f": "\f", "a": "\a", "e": "\x1b"}
_ANCHORS = {"b": r"\b", "B": r"\B", "A": r"\A", "z": r"\z", "Z": r"\z"}
_NO_MEANING = {
    "G": "the end of the previous match",
    "R": "a line break, which no device id holds",
    "X": "a grapheme, which ids of devices do not have",
    "N": "a character by its name",
    "k": "a backreference",
}
_GROUPS_REFUSED = (
    ("?<=", "lookbehind"),
    ("?<!", "lookbehind"),
    ("?=", "lookahead"),
    ("?!", "lookahead"),
    ("?>", "an atomic group"),
)
_FLAGS_KEPT = "imsd"
_FLAGS_REFUSED = {
    "x": "comments within a pattern",
    "u": "case beyond ASCII",
    "U": "classes beyond ASCII",
}


class PatternFault(CarbonioMobileError):
    """A pattern that cannot be a rule; the text says what stands where (counted from 1)."""


def translate(pattern: str) -> str:
    """Give the pattern for RE2 that matches the same ids of devices. Raises: PatternFault."""
    if not pattern:
        raise PatternFault("the pattern is empty")
    if len(pattern) > MAX_PATTERN_CHARS:
        raise PatternFault(
            f"the pattern has {len(pattern)} characters, {MAX_PATTERN_CHARS} are the most"
        )
    reader = _Reader(pattern)
    told = reader.alternatives(0)
    if reader.at < len(pattern):
        raise reader.fault("a ) that closes nothing")
    return told


class _Reader:
    """Reads a pattern from left to right, each method one form, and gives what RE2 calls it."""

    def __init__(self, pattern: str) -> None:
        self._pattern = pattern
        self.at = 0

    def fault(self, what: str, at: int | None = None) -> PatternFault:
        """Give the refusal of what stands at a place, by default where the reader is."""
        return PatternFault(f"{what}, at character {(self.at if at is None else at) + 1}")

    def alternatives(self, depth: int) -> str:
        """Read up to the end of the group that is open, or of the pattern."""
        if depth > MAX_DEPTH:
            raise self.fault(f"more than {MAX_DEPTH} groups within one another")
        told = [self._sequence(depth)]
        while self._take("|"):
            told.append(self._sequence(depth))
        return "|".join(told)

    def _sequence(self, depth: int) -> str:
        told: list[str] = []
        while self._peek() not in ("", "|", ")"):
            if self._take(r"\Q"):
                told.append(self._quoted())
                continue
            atom = self._atom(depth)
            told.append(self._repeated(atom) if atom else "")
        return "".join(told)

    def _quoted(self) -> str:
        text, end, rest = self._pattern[self.at :].partition(r"\E")
        self.at += len(text) + len(end)
        if not text:
            return ""
        told = [written(folded(frozenset(one))) if one in ALL else _never() for one in text]
        if self._peek() in ("*", "+", "?", "{") and rest:
            told[-1] = self._repeated(told[-1])
        return "".join(told)

    def _atom(self, depth: int) -> str:
        if self._take("("):
            return self._group(depth)
        if self._take("["):
            return written(self._class(0))
        if self._take("."):
            return written(DOT)
        if self._take("^"):
            return r"\A"
        if self._take("$"):
            return r"\z"
        if self._peek() in ("*", "+", "?"):
            raise self.fault(f"a {self._peek()} that repeats nothing")
        if self._peek() == "{":
            raise self.fault("a { that repeats nothing; write \\{ for the character")
        if self._peek() == "\\":
            return self._escape()
        return written(self._literal(self._next()))

    def _group(self, depth: int) -> str:
        opened = self.at - 1
        for mark, what in _GROUPS_REFUSED:
            if self._pattern.startswith(mark, self.at):
                raise self.fault(f"{what} ({mark}…) cannot be matched in linear time", opened)
        if self._take("?<"):
            self._name()
        elif self._take("?"):
            self._flags()
            if self._take(")"):
                return ""
            if not self._take(":"):
                raise self.fault("a group that begins with ? in a way Java does not know", opened)
        told = self.alternatives(depth + 1)
        if not self._take(")"):
            raise self.fault("a ( that is not closed", opened)
        return f"(?:{told})"

    def _name(self) -> None:
        name, end, _ = self._pattern[self.at :].partition(">")
        if not (end and name.isascii() and name.isalnum() and name[0].isalpha()):
            raise self.fault("a name of a group that is no name")
        self.at += len(name) + 1

    def _flags(self) -> None:
        """Skip flags that change nothing for an id of a device."""
        while (flag := self._peek()) not in (":", ")", ""):
            if flag in _FLAGS_REFUSED:
                raise self.fault(f"the flag {flag} ({_FLAGS_REFUSED[flag]}) has no meaning here")
            if flag == "-":
                raise self.fault("flags are not taken off: ids are always compared without case")
            if flag not in _FLAGS_KEPT:
                raise self.fault(f"a flag that Java does not know: {flag}")
            self._next()

    def _repeated(self, atom: str) -> str:
        told = atom
        begins = self.at
        if self._peek() in ("*", "+", "?"):
            told += self._next()
        elif self._take("{"):
            told += self._bounds(begins)
        else:
            return told
        if self._take("+"):
            raise self.fault("a possessive quantifier cannot be matched in linear time", begins)
        self._take("?")  # laziness: the same ids match as a whole
        if self._peek() in ("*", "+", "?"):
            raise self.fault("a quantifier of a quantifier")
        return f"(?:{told})"

    def _bounds(self, begins: int) -> str:
        text, end, _ = self._pattern[self.at :].partition("}")
        least, comma, most = text.partition(",")
        if not (end and _is_number(least) and (not most or _is_number(most))):
            raise self.fault("a repetition must be {n}, {n,} or {n,m}", begins)
        if max(int(least), int(most or 0)) > MAX_REPEAT:
            raise self.fault(f"a repetition of more than {MAX_REPEAT} times", begins)
        if most and int(most) < int(least):
            raise self.fault("a repetition whose end lies before its beginning", begins)
        self.at += len(text) + 1
        return f"{{{int(least)}{comma}{most and int(most)}}}"

    def _escape(self) -> str:
        begins = self.at
        self._next()
        letter = self._peek()
        if letter in _ANCHORS:
            self._next()
            return _ANCHORS[letter]
        if letter == "E":
            raise self.fault(r"a \E without its \Q", begins)
        self.at = begins
        return written(self._escaped_characters())

    def _escaped_characters(self) -> Characters:
        """Read an escape that stands for one character or for several, in and out of classes."""
        begins = self.at
        self._next()
        letter = self._next()
        if not letter:
            raise self.fault("a \\ at the end", begins)
        if letter in SHORTHANDS:
            return SHORTHANDS[letter]
        if letter in "pP":
            return self._property(begins, negated=letter == "P")
        if letter in _NO_MEANING:
            raise self.fault(f"\\{letter} ({_NO_MEANING[letter]}) has no meaning here", begins)
        if letter in "123456789":
            raise self.fault("a backreference cannot be matched in linear time", begins)
        self.at = begins
        return self._literal(self._escaped_character())

    def _escaped_character(self) -> str:
        begins = self.at
        self._next()
        letter = self._next()
        if letter in _CONTROLS:
            return _CONTROLS[letter]
        coded: dict[str, Callable[[], int]] = {
            "0": self._octal,
            "x": self._hexadecimal,
            "u": lambda: self._digits(4),
            "c": self._control,
        }
        if letter in coded:
            code = coded[letter]()
            if not 0 <= code <= 0x10FFFF:
                raise self.fault("a number that is no character", begins)
            return chr(code)
        if letter.isascii() and letter.isalpha():
            raise self.fault(f"\\{letter} means nothing in Java", begins)
        return letter

    def _octal(self) -> int:
        text = ""
        while self._peek() and self._peek() in "01234567" and len(text) < 3:
            if len(text) == 2 and text[0] > "3":
                break
            text += self._next()
        return int(text, 8) if text else -1

    def _hexadecimal(self) -> int:
        if not self._take("{"):
            return self._digits(2)
        text, end, _ = self._pattern[self.at :].partition("}")
        self.at += len(text) + len(end)
        return int(text, 16) if end and _is_hexadecimal(text) and len(text) <= 6 else -1

    def _digits(self, count: int) -> int:
        text = self._pattern[self.at : self.at + count]
        self.at += count
        return int(text, 16) if len(text) == count and _is_hexadecimal(text) else -1

    def _control(self) -> int:
        letter = self._next()
        return ord(letter) ^ 64 if letter else -1

    def _property(self, begins: int, *, negated: bool) -> Characters:
        name = self._next()
        if name == "{":
            name, end, _ = self._pattern[self.at :].partition("}")
            self.at += len(name) + len(end)
            name = name if end else ""
        found = named_property(name)
        if found is None:
            raise self.fault("\\p with a class of characters that is not known here", begins)
        return ALL - folded(found) if negated else folded(found)

    def _class(self, depth: int) -> Characters:
        """Read a class whose bracket is open already: unions and intersections of others."""
        opened = self.at - 1
        if depth > MAX_DEPTH:
            raise self.fault(f"more than {MAX_DEPTH} classes within one another")
        negated = self._take("^")
        sides: list[Characters] = []
        while True:
            sides.append(self._class_side(opened, depth, first=not sides))
            if self._take("]"):
                break
            self._take("&&")
            if self._peek() == "&":
                raise self.fault("a third & after &&, which Java itself reads in several ways")
        found = ALL.intersection(*sides)
        return ALL - found if negated else found

    def _class_side(self, opened: int, depth: int, *, first: bool) -> Characters:
        """Read what is united, up to the end of the class or to an ``&&``."""
        found: Characters | None = None
        while not self._pattern.startswith("&&", self.at):
            if not self._peek():
                raise self.fault("a [ that is not closed", opened)
            if self._peek() == "]" and not (first and found is None):
                break
            found = self._class_member(depth) | (found or frozenset())
        if found is None:
            raise self.fault("an && without something on both sides")
        return found

    def _class_member(self, depth: int) -> Characters:
        if self._take("["):
            return self._class(depth + 1)
        if self._take(r"\Q"):
            text, end, _ = self._pattern[self.at :].partition(r"\E")
            self.at += len(text) + len(end)
            return folded(frozenset(text) & ALL)
        begins = self.at
        if self._peek() == "\\" and self._pattern[begins + 1 : begins + 2] in _SETS:
            return self._escaped_characters()
        first = self._class_character()
        if not self._range_follows():
            return self._literal(first)
        self._next()
        last = self._class_character()
        if last < first:
            raise self.fault("a range whose end lies before its beginning", begins)
        return folded(frozenset(one for one in ALL if first <= one <= last))

    def _range_follows(self) -> bool:
        after = self._pattern[self.at + 1 : self.at + 2]
        return (
            self._peek() == "-"
            and after not in ("", "]", "[")
            and not (after == "&" and self._pattern.startswith("&&", self.at + 1))
        )

    def _class_character(self) -> str:
        if self._peek() != "\\":
            return self._next()
        letter = self._pattern[self.at + 1 : self.at + 2]
        if not letter or letter in _SETS or letter in _NO_MEANING or letter in "bBAzZE123456789":
            raise self.fault(f"\\{letter} does not stand for a character within a class")
        return self._escaped_character()

    @staticmethod
    def _literal(one: str) -> Characters:
        return folded(frozenset(one)) if one in ALL else frozenset()

    def _peek(self) -> str:
        return self._pattern[self.at : self.at + 1]

    def _next(self) -> str:
        found = self._peek()
        self.at += len(found)
        return found

    def _take(self, text: str) -> bool:
        if not self._pattern.startswith(text, self.at):
            return False
        self.at += len(text)
        return True


_SETS = frozenset(SHORTHANDS) | {"p", "P"}


def _never() -> str:
    return written(frozenset())


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 9


def _is_hexadecimal(text: str) -> bool:
    return bool(text) and all(one in "0123456789abcdefABCDEF" for one in text)

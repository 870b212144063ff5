"""The form in which values are compared: without case, accents and blanks that do not count.

The steps of RFC 4518 (map, normalise, insignificant characters), and on top what people expect
who type ``muller`` for Müller. What a value and a question have in common is decided here alone:
both go through the same function.

Spec: RFC 4518 2; RFC 4517 4.2 (the matching rules).
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from typing import Final

from carbonio_mobile.ldap.attributes import Syntax

MAX_FOLDED_CHARS: Final = 1024
"""Values are told apart by so many characters; what follows is shown and not searched."""
LAST: Final = "\U0010ffff"
"""Comes after every folded text; none holds it."""

_ACCENT = re.compile("[\u0300-\u036f]+")
# Letters that are written with a mark and yet do not decompose.
_LETTERS: Final = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ħ": "h", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th"}
)
_BLANKS = (*range(0x09, 0x0E), 0x85, 0xA0, 0x1680, *range(0x2000, 0x200B), 0x2028, 0x2029)
_NOTHING = (
    *(*range(0x09), *range(0x0E, 0x20), *range(0x7F, 0x85), *range(0x86, 0xA0)),
    *(0xAD, 0x34F, 0x1806, *range(0x180B, 0x180F), *range(0x200B, 0x2010)),
    *(*range(0x202A, 0x202F), *range(0x2060, 0x2070), 0xFEFF, *range(0xFE00, 0xFE10)),
    *(*range(0xFFF9, 0xFFFD), *range(0x1D173, 0x1D17B), 0xE0001, *range(0xE0020, 0xE0080)),
    0x10FFFF,
)
_MAP: Final[dict[int, str | None]] = {
    **dict.fromkeys(_NOTHING),
    **dict.fromkeys((*_BLANKS, 0x202F, 0x205F, 0x3000), " "),
}
_PHONE_MARKS: Final = dict.fromkeys(map(ord, " -+()./\u2010\u2011\u2012\u2013\u2212"))
_NUMBER = re.compile(r"\s*[+-]?[0-9]{1,100}\s*")
_TIME = re.compile(r"(\d{10})(\d{2})?(\d{2})?(?:[.,]\d{1,9})?Z")


def fold(text: str) -> str:
    """Give the form in which names are compared: no case, no accents, single inner blanks."""
    return " ".join(_letters(text).split())[:MAX_FOLDED_CHARS].rstrip()


def fold_piece(text: str, *, first: bool = False, last: bool = False) -> str:
    """Fold a part of a value: a blank at its edges counts, but where the value itself begins.

    Spec: RFC 4518 2.6.1.
    """
    letters = _letters(text)
    words = " ".join(letters.split())
    if len(words) == len(letters):
        return words[:MAX_FOLDED_CHARS]
    before = " " if letters[:1].isspace() and not first else ""
    after = " " if letters[-1:].isspace() and words and not last else ""
    return f"{before}{words}{after}"[:MAX_FOLDED_CHARS]


def fold_phone(text: str) -> str:
    """Give a telephone number without the marks that only part it: ``+39 (0444) 12-34``."""
    return fold(text).translate(_PHONE_MARKS)


def fold_number(text: str) -> str | None:
    """Give an integer so that the order of the texts is that of the numbers."""
    if not _NUMBER.fullmatch(text):
        return None
    number = int(text)
    digits = str(abs(number))
    if number >= 0:
        return f"1{len(digits):04}{digits}"
    return f"0{9999 - len(digits):04}{''.join(str(9 - int(each)) for each in digits)}"


def fold_time(text: str) -> str | None:
    """Give a time of RFC 4517 3.3.13 in UTC to the second; other zones are not read."""
    found = _TIME.fullmatch(text.strip())
    return f"{found[1]}{found[2] or '00'}{found[3] or '00'}z" if found else None


FOLDS: Final[Mapping[Syntax, Callable[[str], str | None]]] = {
    Syntax.PHONE: fold_phone,
    Syntax.INTEGER: fold_number,
    Syntax.TIME: fold_time,
}
"""How whole values of a syntax are folded, where it is not as a text; None: it is no such value."""

_TEXTS: Final = (Syntax.TEXT, Syntax.IA5, Syntax.OID)


def fold_value(syntax: Syntax, text: str) -> str | None:
    """Fold a whole value of a syntax; None where it is none of it, or nothing of it is left."""
    how = FOLDS.get(syntax) if syntax not in _TEXTS else None
    return (fold(text) if how is None else how(text)) or None


def _letters(text: str) -> str:
    """Map, normalise and fold case; blanks are left as they are."""
    if text.isascii():
        lower = text[: 2 * MAX_FOLDED_CHARS].lower()
        return lower if lower.isprintable() else lower.translate(_MAP)
    known = text[: 2 * MAX_FOLDED_CHARS].translate(_MAP)
    lower = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", known).casefold())
    plain = _ACCENT.sub("", lower).translate(_LETTERS).translate(_MAP)
    return unicodedata.normalize("NFC", plain)

"""The values of assertions, folded as those of entries are.

The same question is put to several books one after the other, and of several attributes: what was
made of the latest is remembered.
"""

from functools import lru_cache
from typing import Final

from carbonio_mobile.addressbook.folding import fold_phone, fold_piece, fold_value
from carbonio_mobile.ldap.attributes import Attribute, Syntax
from carbonio_mobile.ldap.filters import Substrings

Pieces = tuple[str, tuple[str, ...], str]
"""How a value begins, what stands in it in this order, and how it ends; empty means nothing."""

WHOLE: Final = (Syntax.INTEGER, Syntax.TIME, Syntax.BOOLEAN, Syntax.UUID)
"""Values that nobody may ask pieces of."""

_SHORT: Final = 256
"""Values up to so many octets are remembered with what they are folded to."""
_PHONE: Final = Syntax.PHONE
_BINARY: Final = Syntax.BINARY
_NO_PIECES: Final = (*WHOLE, Syntax.BINARY)


def text_of(value: bytes) -> str | None:
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return None


def plain(value: bytes) -> str:
    return " ".join(value.decode("utf-8", "replace").split())


def asserted(known: Attribute, value: bytes) -> tuple[str | None, str | None]:
    """Give the text of an assertion, None where it can be none, and what it is folded to."""
    return (_folded if len(value) <= _SHORT else _folded.__wrapped__)(known, value)


def pieces(wanted: Substrings, known: Attribute) -> Pieces | None:
    """Fold the pieces of a substring match; None where the syntax or the octets have none."""
    syntax = known.syntax
    if syntax in _NO_PIECES:
        return None
    phone = syntax is _PHONE
    initial = _piece(wanted.initial, phone, first=True)
    final = _piece(wanted.final, phone, last=True)
    inner = [_piece(each, phone) for each in wanted.inner]
    if initial is None or final is None or None in inner:
        return None
    return initial, tuple(filter(None, inner)), final


def _piece(value: bytes, phone: bool, *, first: bool = False, last: bool = False) -> str | None:
    if not value:
        return ""
    fold_it = _folded_piece if len(value) <= _SHORT else _folded_piece.__wrapped__
    return fold_it(value, phone, first, last)


# The same question is put to several books one after the other, and of several attributes.
@lru_cache(maxsize=1024)
def _folded(known: Attribute, value: bytes) -> tuple[str | None, str | None]:
    text = None if known.syntax is _BINARY else text_of(value)
    return text, None if text is None else fold_value(known.syntax, text)


@lru_cache(maxsize=1024)
def _folded_piece(value: bytes, phone: bool, first: bool, last: bool) -> str | None:
    text = text_of(value)
    if text is None:
        return None
    return fold_phone(text) if phone else fold_piece(text, first=first, last=last)


def assertion(name: str, value: bytes) -> Substrings:
    """Read the substring assertion of RFC 4517 3.3.30: pieces with asterisks between."""
    initial, *inner = value.split(b"*")
    if not inner:
        return Substrings(name, inner=(initial,))
    return Substrings(name, initial, tuple(inner[:-1]), inner[-1])

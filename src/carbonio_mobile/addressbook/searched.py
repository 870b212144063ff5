"""What of an entry can be searched: its values, folded, and the one in its name."""

from collections.abc import Mapping, Sequence
from typing import Final

from carbonio_mobile.addressbook.card import Card, Value
from carbonio_mobile.addressbook.entries import BY_KEY
from carbonio_mobile.addressbook.folding import fold_value
from carbonio_mobile.ldap.attributes import Syntax, attribute

MAX_SEARCHED: Final = 64
MAX_SEARCHED_CHARS: Final = 4096
"""An entry is found by so many values of an attribute, and so much of them; all are shown."""
_TEXT: Final = Syntax.TEXT


def with_name(card: Card) -> Mapping[str, tuple[Value, ...]]:
    """Give the values of a card; the one that names the entry is among them (RFC 4512 2.3.2)."""
    known = attribute(card.rdn[0])
    if known is None or known.operational:
        return card.values
    held = card.values.get(known.key, ())
    if card.rdn[1] in held:
        return card.values
    return {**card.values, known.key: (*held, card.rdn[1])}


def searched(key: str, values: Sequence[Value]) -> tuple[str, ...]:
    """Fold the values of an attribute that are texts of its syntax, each once."""
    known = BY_KEY.get(key)
    syntax = _TEXT if known is None else known.syntax
    if len(values) == 1:
        first = values[0]
        text = fold_value(syntax, first) if isinstance(first, str) else None
        return (text,) if text else ()
    found: dict[str, None] = {}
    room = MAX_SEARCHED_CHARS
    for each in values[:MAX_SEARCHED]:
        text = fold_value(syntax, each) if isinstance(each, str) else None
        if text:
            room -= len(text)
            if room < 0:
                break
            found[text] = None
    return tuple(found)

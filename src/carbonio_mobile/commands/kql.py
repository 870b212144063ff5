"""What a device writes in a Find: words, phrases, properties, alternatives.

Of the keyword query language this takes ``subject:`` and ``from:`` (and their kin) before a word or
a quoted phrase, ``OR`` between alternatives, ``AND`` and blanks between what must all occur.
Everything else is words to look for.

Spec: MS-ASCMD 2.2.3.79.1 (FreeText); MS-KQL 2.1 for the terms.
"""

import re
from dataclasses import dataclass

from carbonio_mobile.mime.record import MessageRecord

ALTERNATIVES_MAX = 8
_TERM = re.compile(r'(?:([A-Za-z]+):\s*)?(?:"([^"]*)"?|([^\s()"]+))')
_FIELDS = {
    "subject": "subject",
    "from": "from_",
    "sender": "from_",
    "to": "to",
    "cc": "cc",
    "bcc": "bcc",
}


@dataclass(frozen=True, slots=True)
class Term:
    """Text that must occur: anywhere, or in one property of the record where ``field`` names it."""

    text: str
    field: str = ""

    def met_by(self, record: MessageRecord) -> bool:
        """Tell whether the property holds the text, case folded; a term without one is met."""
        return not self.field or self.text.casefold() in getattr(record, self.field).casefold()


Alternative = tuple[Term, ...]


def parse(text: str) -> tuple[Alternative, ...]:
    """Read a query into its alternatives, each of terms that must all occur.

    Empty where there is no word at all. What is beyond ``ALTERNATIVES_MAX`` joins the last one.
    """
    alternatives: list[list[Term]] = [[]]
    for match in _TERM.finditer(text):
        name, quoted, word = match.groups()
        if word is not None and not name and word in ("OR", "AND"):
            if word == "OR" and alternatives[-1] and len(alternatives) < ALTERNATIVES_MAX:
                alternatives.append([])
            continue
        alternatives[-1] += _terms((name or "").lower(), quoted if word is None else word)
    return tuple(tuple(terms) for terms in alternatives if terms)


def _terms(name: str, text: str) -> list[Term]:
    text = text.strip("*'").strip()
    if not text:
        return []
    return [Term(text, _FIELDS.get(name, ""))]


def phrase(alternative: Alternative) -> str:
    """Give the words that a message must hold to meet an alternative, wherever they stand."""
    return " ".join(term.text for term in alternative)

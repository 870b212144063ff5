"""``AddressList``: people found by the beginning of a name or an address.

Names are folded once, when the list is made; a search is a bisection for each word asked for.

Spec: MS-ASCMD 2.2.1.16 and 2.2.3.142.2 (ambiguous name resolution: display name, alias, first and
last name, address; a prefix of a word, whatever its case); ../shared/carbonio/attributes.md 7.1.
"""

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence

from carbonio_mobile.directory.people import NOBODY, People, Person

MAX_QUERY_CHARS = 256
MAX_WORDS = 16

_ACCENT = re.compile("[\u0300-\u036f]+")
_WORD = re.compile(r"\w+")
_EDGES = ".,;:'\"()<>[]-_"
# Letters that are written with a mark and yet do not decompose.
_LETTERS = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ħ": "h", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th"}
)
_LAST = "\U0010ffff"


def fold(text: str) -> str:
    """Give the form in which names are compared: without case, accents and outer blanks."""
    lower = unicodedata.normalize("NFKD", text).casefold()
    return _ACCENT.sub("", lower).translate(_LETTERS).strip()


class AddressList:
    """People in the order of their display names; it never changes."""

    def __init__(self, people: Iterable[Person]) -> None:
        shown = [(fold(each.display_name), each) for each in people if not each.hidden]
        shown.sort(key=lambda pair: (pair[0], pair[1].address))
        self._people: tuple[Person, ...] = tuple(each for _, each in shown)
        self._by_address: dict[str, int] = {}
        keys: list[tuple[str, int]] = []
        for row, each in enumerate(self._people):
            for address in each.addresses:
                self._by_address.setdefault(address.lower(), row)
            keys += [(key, row) for key in set(_keys(each))]
        keys.sort()
        self._keys = [key for key, _ in keys]
        self._rows = [row for _, row in keys]

    def __len__(self) -> int:
        return len(self._people)

    def at(self, address: str) -> Person | None:
        """Give the entry with an address."""
        row = self._by_address.get(address.strip().lower())
        return None if row is None else self._people[row]

    def page(self, offset: int, limit: int) -> People:
        """Give the entries from ``offset`` on, by display name."""
        return People(found=self._people[offset : offset + limit], total=len(self._people))

    def search(self, text: str, *, offset: int = 0, limit: int) -> People:
        """Give the entries of which every word of ``text`` begins a name, by display name.

        A text without a word finds nobody.
        """
        words = _asked(text)
        if not words:
            return NOBODY
        met = self._beginning(words[0])
        for word in words[1:]:
            met &= self._beginning(word)
        rows = sorted(met)
        found = tuple(self._people[row] for row in rows[offset : offset + limit])
        return People(found=found, total=len(rows))

    def _beginning(self, word: str) -> set[int]:
        first = bisect_left(self._keys, word)
        end = bisect_left(self._keys, word + _LAST, lo=first)
        return set(self._rows[first:end])


def _asked(text: str) -> Sequence[str]:
    """Split what was asked for; a point after an initial means nothing."""
    words = (word.strip(_EDGES) for word in fold(text[:MAX_QUERY_CHARS]).split())
    return [word for word in words if word][:MAX_WORDS]


def _keys(person: Person) -> Iterator[str]:
    """Give every beginning under which a person is found."""
    for name in (person.display_name, person.first_name, person.last_name, person.alias):
        yield from _words(name)
    for address in person.addresses:
        yield fold(address)
        yield from _words(address.partition("@")[0])


def _words(name: str) -> Iterator[str]:
    """Give the words of a name, and the parts of those joined by signs (Anne-Marie, O'Neill)."""
    folded = fold(name)
    for word in folded.split():
        yield word.strip(_EDGES) or word
    yield from _WORD.findall(folded)

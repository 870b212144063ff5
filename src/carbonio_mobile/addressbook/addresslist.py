"""``AddressList``: a few people, looked through for one request, by the rules of the indexes.

It is made and searched in memory; who is found by what is decided in ``words``.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence

from carbonio_mobile.addressbook.folding import LAST, fold
from carbonio_mobile.addressbook.words import asked, words
from carbonio_mobile.directory.people import NOBODY, People, Person


class AddressList:
    """People in the order of their display names; it never changes."""

    def __init__(self, people: Iterable[Person]) -> None:
        shown = [(fold(each.display_name), each) for each in people]
        shown.sort(key=lambda pair: (pair[0], pair[1].address))
        self._people: tuple[Person, ...] = tuple(each for _, each in shown)
        self._by_address: dict[str, int] = {}
        keys: list[tuple[str, int]] = []
        for row, each in enumerate(self._people):
            for address in each.addresses:
                self._by_address.setdefault(address.lower(), row)
            keys += [(key, row) for key in _keys(each)]
        keys.sort()
        self._keys = [key for key, _ in keys]
        self._rows = [row for _, row in keys]

    def __len__(self) -> int:
        return len(self._people)

    def at(self, address: str) -> Person | None:
        """Give the entry with an address."""
        row = self._by_address.get(address.strip().lower())
        return None if row is None else self._people[row]

    def search(self, text: str, *, limit: int) -> People:
        """Give the entries of which every word of ``text`` begins a name, by display name.

        A text without a word finds nobody.
        """
        wanted = asked(text)
        if not wanted:
            return NOBODY
        rows = sorted(set.intersection(*map(self._beginning, wanted)))
        return People(found=tuple(self._people[row] for row in rows[:limit]), total=len(rows))

    def _beginning(self, word: str) -> set[int]:
        first = bisect_left(self._keys, word)
        end = bisect_left(self._keys, word + LAST, lo=first)
        return set(self._rows[first:end])


def _keys(person: Person) -> Sequence[str]:
    """Give every beginning under which a person is found."""
    names = {
        "displayname": (person.display_name,),
        "givenname": (person.first_name,),
        "sn": (person.last_name,),
        "uid": (person.alias,),
        "mail": person.addresses,
    }
    return words({key: tuple(map(fold, texts)) for key, texts in names.items()})

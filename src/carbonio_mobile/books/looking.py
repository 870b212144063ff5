"""Looking for people in an index by the beginnings of their names, with turns for others."""

from collections.abc import Iterable, Iterator

from carbonio_mobile.addressbook.card import Card
from carbonio_mobile.addressbook.index import Index
from carbonio_mobile.books.gal import Turn

Known = tuple[int, str]
"""A row, and the id of its entry: the row may be another's after a turn."""


async def found_in(index: Index, text: str, turn: Turn) -> list[Known]:
    """Find the entries of which each word of ``text`` begins a word, by display name."""
    known: list[Known] = []
    for rows in index.beginning(text):
        if rows:
            known += [(row, index.id_of(row)) for row in rows]
        else:
            await turn()
    return known


def cards_of(index: Index, known: Iterable[Known]) -> Iterator[Card]:
    """Give the entries that are still there."""
    return (index.entry(row) for row, entry in known if index.id_of(row) == entry)

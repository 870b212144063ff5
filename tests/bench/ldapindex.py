"""What the index of an address book costs: built, searched, browsed, changed.

``python tests/bench/ldapindex.py [--entries 10000,100000]`` prints a line for each figure. People
and questions are those of ../shared/bench/ldapload.py; the shelf has an own book of twenty contacts
beside. A search is ``Shelf.find`` until 100 entries are there, and their bodies.
"""

import argparse
import gc
import importlib.util
import random
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import TypeVar

from carbonio_mobile.addressbook.card import Card
from carbonio_mobile.addressbook.encoding import Bodies
from carbonio_mobile.addressbook.index import Index
from carbonio_mobile.addressbook.planning import find
from carbonio_mobile.addressbook.shelf import Shelf, Shown
from carbonio_mobile.ldap.attributes import attribute
from carbonio_mobile.ldap.controls import SortKey, View
from carbonio_mobile.ldap.filters import And, Equal, Filter, Not, Or, Present, Substrings
from carbonio_mobile.ldap.names import parse_dn
from carbonio_mobile.ldap.requests import Scope
from carbonio_mobile.ldap.selection import Selection, select

LOAD = Path(__file__).resolve().parents[3] / "shared" / "bench" / "ldapload.py"
LIMIT = 100
QUESTIONS = 2000
T = TypeVar("T")


def load_module() -> ModuleType:
    """Give the load client, of which the people are."""
    spec = importlib.util.spec_from_file_location("ldapload", LOAD)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


ldapload = load_module()
SUFFIX = parse_dn(ldapload.SUFFIX)


def card(person: object) -> Card:
    """Make a card of a person of the load client."""
    values = {}
    for name, held in person.attributes():  # type: ignore[attr-defined]
        known = attribute(name)
        assert known is not None
        values[known.key] = tuple(held)
    number = person.i  # type: ignore[attr-defined]
    uid = person.uid  # type: ignore[attr-defined]
    name = f"{number:08x}-0000-4000-8000-{number:012x}"
    return Card(id=name, rdn=("uid", uid), values=values)


def resident_mib() -> float:
    """Give the memory of this process."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 2**20


class Questions:
    """Draws what clients ask, as the load client does."""

    def __init__(self, people: Sequence[object]) -> None:
        self._people = people
        self._random = random.Random(7)

    def outlook(self) -> Filter:
        """Ask for a prefix of a name or address (Outlook)."""
        person = self._random.choice(self._people)
        name = person.given if self._random.random() < 0.4 else person.sn  # type: ignore[attr-defined]
        word = name.lower()[: self._random.randint(3, 7)].encode()
        inner = Or((Substrings("sn", word), Substrings("givenName", word)))
        names = Or((Substrings("mail", word), Or((Substrings("cn", word), inner))))
        return And((Present("mail"), names))

    def substring(self) -> Filter:
        """Ask for a piece of a name or address (Thunderbird)."""
        person = self._random.choice(self._people)
        word = person.sn.lower()[1 : 1 + self._random.randint(3, 5)].encode()  # type: ignore[attr-defined]
        asked = ("mail", "cn", "givenName", "sn")
        return Or(tuple(Substrings(name, inner=(word,)) for name in asked))

    def exact(self) -> Filter:
        """Ask for an address."""
        return Equal("mail", self._random.choice(self._people).mail.encode())  # type: ignore[attr-defined]

    def page(self) -> View:
        """Ask for fifty entries somewhere in the list."""
        count = len(self._people)
        offset = 1 + self._random.randrange(max(1, count - 50))
        return View(before=0, after=49, offset=offset, count=count)


def steps(work: Iterator[object]) -> tuple[float, float]:
    """Do all steps; give the CPU ms of all, and of the longest."""
    whole = longest = 0.0
    while True:
        start = time.thread_time()
        try:
            next(work)
        except StopIteration:
            return whole * 1e3, longest * 1e3
        spent = time.thread_time() - start
        whole, longest = whole + spent, max(longest, spent)


def search(shelf: Shelf, bodies: Bodies, selection: Selection, wanted: Filter) -> int:
    """Answer a search as the server does; give how many entries it found."""
    count = 0
    for hits in shelf.find("", Scope.SUB, wanted):
        if hits:
            shown, rows = hits
            rows = rows[: LIMIT + 1 - count]
            count += len(bodies.bodies(shown.index, rows, selection, shown.container))
            if count > LIMIT:
                break
    return count


def measure(name: str, entries: int, asked: Sequence[T], answer: Callable[[T], object]) -> None:
    """Print what a question costs in the mean, the first time and again."""
    means = []
    for _ in range(3):
        start = time.thread_time()
        for each in asked:
            answer(each)
        means.append((time.thread_time() - start) / len(asked) * 1e6)
    print(f"{entries:>7} {name:<34} {means[0]:8.1f} us, again {min(means[1:]):.1f} us")


def hostile() -> dict[str, Filter]:
    """Give filters that are much work."""
    letters = [bytes((97 + number % 26,)) for number in range(250)]
    return {
        "everything": Present("objectClass"),
        "all but one": Not(Equal("uid", b"u000001")),
        "250 pieces that many have": Or(tuple(Substrings("cn", inner=(e,)) for e in letters)),
        "250 pieces that none has": Or(
            tuple(Substrings("cn", inner=(b"%dq" % number,)) for number in range(250))
        ),
        "250 negations": And(
            tuple(Not(Substrings("cn", inner=(b"%dq" % number,))) for number in range(250))
        ),
        "80 pairs": Or(
            tuple(
                And((Substrings("mail", inner=(b"e",)), Not(Equal("cn", b"%d" % number))))
                for number in range(80)
            )
        ),
        "a piece of a description": Substrings("description", inner=(b"address book",)),
    }


def run(entries: int) -> None:
    """Measure at one size."""
    people = ldapload.people(entries, 1)
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)
    before = resident_mib()
    index = Index()
    whole, longest = steps(index.load(map(card, people)))
    print(f"{entries:>7} {'built in':<34} {whole / 1e3:8.2f} s, longest step {longest:.2f} ms")
    print(f"{entries:>7} {'memory':<34} {resident_mib() - before:8.1f} MiB")
    gc.collect()
    gc.freeze()
    own = Index()
    for person in ldapload.people(20, 9):
        own.put(card(person))
    shelf = Shelf(
        SUFFIX,
        [
            Shown("/Contacts", SUFFIX.child("ou", "/Contacts"), own),
            Shown("GAL", SUFFIX.child("ou", "InternalGAL/_zextras"), index),
        ],
    )
    asked, bodies = Questions(people), Bodies()
    outlook, thunderbird = select(ldapload.OUTLOOK_ATTRS), select(ldapload.TB_ATTRS)
    some = range(QUESTIONS)
    for name, questions, selection in (
        ("Outlook", [asked.outlook() for _ in some], outlook),
        ("substring", [asked.substring() for _ in some], thunderbird),
        ("exact address", [asked.exact() for _ in some], outlook),
    ):
        answer = partial(search, shelf, bodies, selection)
        measure(name, entries, questions, answer)
    keys = (SortKey("cn"),)
    wanted = Present("mail")
    whole, longest = steps(shelf.window("", Scope.SUB, wanted, keys, asked.page()))
    print(f"{entries:>7} {'first page':<34} {whole:8.1f} ms, longest step {longest:.2f} ms")

    def page(view: View) -> object:
        return list(shelf.window("", Scope.SUB, wanted, keys, view))

    measure("page of 50", entries, [asked.page() for _ in some], page)
    for name, each in hostile().items():
        whole, longest = steps(find(index, each))
        print(f"{entries:>7} {name:<34} {whole:8.1f} ms, longest step {longest:.2f} ms")
    cards = [card(person) for person in random.Random(3).sample(people, min(500, entries))]
    whole, longest = steps(_again(index, cards))
    print(
        f"{entries:>7} {'remove and put':<34} {whole / len(cards):8.2f} ms, longest {longest:.2f}"
    )
    print(f"{entries:>7} {'memory with bodies':<34} {resident_mib() - before:8.1f} MiB")


def _again(index: Index, cards: Sequence[Card]) -> Iterator[None]:
    for each in cards:
        index.remove(each.id)
        index.put(each)
        yield


def main() -> None:
    """Measure at each size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", default="10000,100000")
    for entries in parser.parse_args().entries.split(","):
        run(int(entries))


if __name__ == "__main__":
    main()

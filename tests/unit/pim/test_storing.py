"""Stored records: each comes back as it was, whatever it says."""

from collections.abc import Callable
from dataclasses import dataclass, is_dataclass, replace
from datetime import date
from random import Random
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from carbonio_mobile.errors import Corrupt
from carbonio_mobile.pim.contact import Contact
from carbonio_mobile.pim.event import Event
from carbonio_mobile.pim.item import Record
from carbonio_mobile.pim.note import Note
from carbonio_mobile.pim.objects import FORMAT, from_text, search_text, to_text
from carbonio_mobile.pim.storing import from_doc, to_doc
from carbonio_mobile.pim.task import Task

LETTERS = 'aé\U0001f642\n\t"\\\x00\u2028 ,;:7'
PLAIN: dict[Any, Callable[[Random], Any]] = {
    str: lambda random: "".join(random.choices(LETTERS, k=random.randrange(8))),
    int: lambda random: random.choice((-1, 0, 1, 2**40)),
    float: lambda random: random.choice((0.0, -0.5, 1.8e9, 253402300799.0, random.uniform(-1, 1))),
    bool: lambda random: random.random() < 0.5,
    bytes: lambda random: random.randbytes(random.randrange(9)),
    date: lambda random: date.fromordinal(random.randint(1, date.max.toordinal())),
}


def value(hint: Any, random: Random) -> Any:
    """Give anything that a field of this type may hold."""
    origin, args = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        chosen = random.choice(args)
        return None if chosen is type(None) else value(chosen, random)
    if origin is tuple and len(args) == 2 and args[1] is Ellipsis:
        return tuple(value(args[0], random) for _ in range(random.randrange(3)))
    if origin is tuple:
        return tuple(value(one, random) for one in args)
    if is_dataclass(hint):
        return record_of(hint, random)
    return PLAIN[getattr(hint, "__supertype__", hint)](random)


def record_of(kind: Any, random: Random) -> Any:
    """Give a dataclass of which every field says something, or anything."""
    return kind(**{name: value(hint, random) for name, hint in get_type_hints(kind).items()})


@pytest.mark.parametrize("kind", [Contact, Event, Task, Note])
def test_records_come_back(kind: type[Record]) -> None:
    """What is stored of an object is all of what was read of it."""

    @settings(max_examples=100, deadline=None)
    @given(seed=st.integers(0, 2**32))
    def run(seed: int) -> None:
        record = record_of(kind, Random(seed))
        again = from_text(to_text(record))
        assert again == record
        assert type(again) is kind
        assert search_text(record) == search_text(again)

    run()


def test_defaults_take_no_room() -> None:
    """A record says what is said."""
    assert to_doc(Contact(uid="a")) == {"uid": "a"}
    assert to_doc(Note(uid="a")) == {"uid": "a"}


@dataclass(frozen=True, kw_only=True)
class _Older:
    uid: str = ""


@dataclass(frozen=True, kw_only=True)
class _Newer:
    uid: str = ""
    added: tuple[int, ...] = ()


def test_fields_that_come_and_go() -> None:
    """A field with a default is added, or left out, without another form."""
    assert from_doc(_Newer, to_doc(_Older(uid="a"))) == _Newer(uid="a")
    assert from_doc(_Older, to_doc(_Newer(uid="a", added=(1, 2)))) == _Older(uid="a")


def test_another_form_is_none() -> None:
    """It is made anew from the object."""
    text = to_text(Note(uid="a")).replace(f"[{FORMAT},", f"[{FORMAT + 1},", 1)
    assert from_text(text) is None


@pytest.mark.parametrize(
    "text",
    [
        *("", "[]", "{}", "7"),
        *(f"[{FORMAT},{rest}]" for rest in ('"note"', '"other",{}', '"note",[]', '"event",{}')),
        f'[{FORMAT},"event",{{"uid":"a","details":{{"start":0,"end":0}},"exceptions":[1]}}]',
    ],
)
def test_what_is_no_record(text: str) -> None:
    """Raises Corrupt, whatever it is."""
    with pytest.raises(Corrupt):
        from_text(text)


def test_records_of_nested_parts() -> None:
    """Parts within parts keep their defaults apart."""
    record = from_text(to_text(Task(uid="t", categories=("a",))))
    assert isinstance(record, Task)
    assert replace(record, categories=()) == Task(uid="t")

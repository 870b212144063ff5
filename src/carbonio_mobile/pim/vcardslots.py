"""The slots of a contact: which of several properties of a kind holds which field.

A field of ActiveSync is one slot, and a card may have any number of properties of a kind. They fill
the slots in order of preference; what finds none is surplus and stays as it is. Where that order
would not give back what a device has said, the properties are marked with the slot they fill.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from carbonio_mobile.pim.contentlines import ContentLine, Params

SLOT_PARAM = "X-CARBONIO-MOBILE-SLOT"
"""The number of the slot that a property fills, from 1; 0 for none."""

Value = Any
"""str, bytes, date, Address or a tuple of str: what the field of the slot holds."""

Choices = tuple[tuple[str, ...], tuple[str, ...]]
"""The slots that a property may fill: by what it is, and where nothing better turns up."""


@dataclass(frozen=True, slots=True)
class Written:
    """A property to be written: ``value`` escaped, ``params`` beside those that stay."""

    name: str
    value: str
    params: Params


Write = Callable[[Value, ContentLine | None, int], Written | None]
"""Write a value into a property (None for a new one), by version; None takes the property out."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Family:
    """The properties that fill the same slots; compared by identity.

    ``new_params`` are those of a new property by slot or by its name; ``dropped`` are taken off a
    property whose value is replaced, for they say the old one again.
    """

    slots: tuple[str, ...]
    choices: Callable[[ContentLine], Choices]
    read: Callable[[ContentLine], Value]
    write: Write
    new_params: Mapping[str, Params]
    dropped: frozenset[str] = frozenset()


NO_CHOICE: Choices = ((), ())


def assign(
    family: Family, holders: list[tuple[ContentLine, Value]]
) -> dict[str, tuple[ContentLine, Value]]:
    """Find what fills each slot; ``holders`` are the properties that hold something, in order."""
    filled: dict[str, tuple[ContentLine, Value]] = {}
    waiting: list[tuple[ContentLine, Value]] = []
    for one in holders:
        slot = _marked_slot(family, one[0])
        if slot is None or slot in filled:
            waiting.append(one)
        elif slot:
            filled[slot] = one
    if len(waiting) > 1:
        waiting.sort(key=lambda one: one[0].pref())
    choices = [family.choices(line) for line, _ in waiting]
    for turn in (0, 1):
        for index, one in enumerate(waiting):
            slot = next((slot for slot in choices[index][turn] if slot not in filled), None)
            if slot is not None:
                filled[slot] = one
                choices[index] = NO_CHOICE
    return filled


def _marked_slot(family: Family, line: ContentLine) -> str | None:
    """Give the slot that a property is marked for, '' for none at all, None without a mark."""
    mark = line.param(SLOT_PARAM) if line.head else ""
    if not mark or not mark.isascii() or not mark.isdigit() or len(mark) > 2:
        return None
    number = int(mark)
    if number == 0:
        return ""
    return family.slots[number - 1] if number <= len(family.slots) else None

"""Whole conversations in a device's window: what lies beyond its end and is told all the same.

A device that asks for it gets, beside the items within its window, all older items of the same
conversations in the folder. Items whose conversations are to be looked at are collected and looked
at bit by bit: a conversation that has an item within the window is told whole, of another what the
device holds is taken back. What a conversation that died by a deletion leaves on the device goes
when the end of the window moves next, which is once a day.

Spec: MS-ASCMD 2.2.3.36.2 (ConversationMode), R2107 to R2112.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from carbonio_mobile.ids import ItemId
from carbonio_mobile.sync.changes import OLDEST, ItemHead, Position
from carbonio_mobile.sync.ranges import RangeSet

Thread = tuple[ItemHead, ...]
"""All items of one conversation in one folder."""


@dataclass(slots=True, kw_only=True)
class Weaving:
    """What a device holds beyond the end of its window, and which items are to be looked at.

    ``floor`` is the end of the window for which ``beyond`` was looked at last.
    """

    beyond: RangeSet = field(default_factory=RangeSet)
    unsettled: RangeSet = field(default_factory=RangeSet)
    floor: Position = OLDEST

    def copy(self) -> "Weaving":
        """Give an independent copy."""
        return Weaving(
            beyond=self.beyond.copy(),
            unsettled=self.unsettled.copy(),
            floor=self.floor,
        )

    def move(self, floor: Position) -> None:
        """Go along with the end of the window."""
        moved, self.floor = floor != self.floor, floor
        if moved:
            self.put_up(self.beyond)

    def put_up(self, items: Iterable[ItemId]) -> None:
        """Have the conversations of these items looked at, unless the window has no end."""
        if self.floor != OLDEST:
            for item in list(items):
                self.unsettled.add(item)

    def next(self, limit: int) -> tuple[ItemId, ...]:
        """Give the items to look at next."""
        return tuple(islice(self.unsettled, limit))

    def is_alive(self, thread: Thread) -> bool:
        """Tell whether a conversation has an item within the window."""
        return any(head.position >= self.floor for head in thread)

    def keep(self, thread: Thread, held: RangeSet) -> None:
        """Note which items of a conversation the device holds beyond the end of its window."""
        for head in thread:
            if head.position >= self.floor:
                self.beyond.discard(head.item)
            elif head.item in held:
                self.beyond.add(head.item)

    def settle(self, items: Collection[ItemId], found: Collection[Thread]) -> None:
        """Leave items behind whose conversations were looked at and told."""
        present = {head.item for thread in found for head in thread}
        for item in items:
            self.unsettled.discard(item)
            if item not in present:
                self.beyond.discard(item)

    def to_json(self) -> list[Any]:
        """Give the stored form, but for the floor."""
        return [self.beyond.text(), self.unsettled.text()]

    @classmethod
    def from_json(cls, form: list[Any], floor: Position) -> "Weaving":
        """Read the stored form."""
        beyond, unsettled = form
        return cls(
            beyond=RangeSet.parse(beyond),
            unsettled=RangeSet.parse(unsettled),
            floor=floor,
        )

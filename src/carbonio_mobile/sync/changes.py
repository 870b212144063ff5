"""What a mailbox says about the items of a folder: heads, changes, places in the listing.

Spec: design.md section 4; MS-ASEMAIL 3.2.5 for the aspects (which blocks a changed mail sends
again).
"""

from dataclasses import dataclass
from enum import Flag, auto

from carbonio_mobile.ids import ChangeToken, ItemId, ItemVersion


class Aspect(Flag):
    """Which part of an item changed."""

    CONTENT = auto()  # anything but the following
    READ = auto()
    FOLLOW_UP = auto()
    CATEGORIES = auto()
    VERB = auto()  # replied to or forwarded


ALL_ASPECTS = Aspect.CONTENT | Aspect.READ | Aspect.FOLLOW_UP | Aspect.CATEGORIES | Aspect.VERB
NO_ASPECT = Aspect(0)


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A place in a folder's listing, which goes from the newest to the oldest item.

    Ordered by age: ``a < b`` means that a stands further back (is older) than b. ``received`` is in
    seconds since 1970, UTC. Two items never share a position.
    """

    received: float
    item: ItemId


NEWEST = Position(float("inf"), ItemId(2**63 - 1))
"""In front of every item: where a listing starts."""
OLDEST = Position(float("-inf"), ItemId(0))
"""Behind every item: where a listing without age limit ends."""


@dataclass(frozen=True, slots=True)
class ItemHead:
    """An item that stands in a folder now."""

    position: Position
    version: ItemVersion

    @property
    def item(self) -> ItemId:
        """The item's id."""
        return self.position.item


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A page of a folder's listing, newest first, and the change token of the moment it was read
    at.
    """

    heads: tuple[ItemHead, ...]
    token: ChangeToken


@dataclass(frozen=True, slots=True)
class ItemChange:
    """An item that came or changed after some change token, as it is now.

    ``aspects`` is everything that changed since that token; an item that came since has
    ALL_ASPECTS.
    """

    position: Position
    version: ItemVersion
    aspects: Aspect

    @property
    def item(self) -> ItemId:
        """The item's id."""
        return self.position.item


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeBatch:
    """What happened in a folder after a change token, each item once, with its latest state.

    ``gone`` items left the folder (deleted or moved away). ``token`` is where the next batch
    starts; ``more`` tells that there is one.
    """

    changed: tuple[ItemChange, ...]
    gone: tuple[ItemId, ...]
    token: ChangeToken
    more: bool = False

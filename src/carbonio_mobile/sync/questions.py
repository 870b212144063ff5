"""What a pull asks its driver, what it is answered, and what it offers to tell."""

from collections.abc import Generator, Mapping
from dataclasses import dataclass
from enum import Enum

from carbonio_mobile.ids import ChangeToken, ItemId, ItemVersion
from carbonio_mobile.sync.changes import NO_ASPECT, Aspect, ChangeBatch, Listing, Position
from carbonio_mobile.sync.weaving import Thread


class OfferKind(Enum):
    """What a device is told about one item."""

    ADD = "add"
    CHANGE = "change"
    DELETE = "delete"
    SOFT_DELETE = "soft-delete"


@dataclass(frozen=True, slots=True)
class Offer:
    """One item to tell about; ``aspects`` is what of it for a CHANGE, ``received`` its age.

    ``beyond``: it is older than the device's window and told for the sake of its conversation, so
    that a preview of its body is enough (MS-ASCMD R2108).
    """

    kind: OfferKind
    item: ItemId
    version: ItemVersion | None = None
    aspects: Aspect = NO_ASPECT
    received: float = 0.0
    beyond: bool = False


@dataclass(frozen=True, slots=True)
class AskChanges:
    """Question: what happened since ``since``? Answer: a ChangeBatch of at most ``limit`` items."""

    since: ChangeToken
    limit: int


@dataclass(frozen=True, slots=True)
class AskAspects:
    """Question: what changed on these items after ``since``? Answer: Aspects by item."""

    since: ChangeToken
    items: tuple[ItemId, ...]


@dataclass(frozen=True, slots=True)
class AskListing:
    """Question: which items stand from ``below`` (exclusive) to ``down_to``? Answer: a Listing."""

    below: Position
    down_to: Position
    limit: int


@dataclass(frozen=True, slots=True)
class AskThreads:
    """Question: which conversations do these items belong to? Answer: Threads."""

    items: tuple[ItemId, ...]


@dataclass(frozen=True, slots=True)
class Threads:
    """Each conversation once, with all of its items in the folder."""

    threads: tuple[Thread, ...]


@dataclass(frozen=True, slots=True)
class Show:
    """Question: which of these offers, from the first on, go into the answer? Answer: Taken."""

    offers: tuple[Offer, ...]


@dataclass(frozen=True, slots=True)
class Taken:
    """The first ``count`` offers were dealt with; of these, ``missing`` items were not there any
    more, and ``hidden`` ones are not for this device.
    """

    count: int
    missing: frozenset[ItemId] = frozenset()
    hidden: frozenset[ItemId] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulled:
    """The end of a pull: is there more, and how many offers were taken?"""

    more: bool
    taken: int


Question = AskChanges | AskAspects | AskListing | AskThreads | Show
Reply = ChangeBatch | Mapping[ItemId, Aspect] | Listing | Threads | Taken
Pull = Generator[Question, Reply, Pulled]

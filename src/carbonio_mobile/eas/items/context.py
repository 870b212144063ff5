"""What a converter is told of the device and the account, beside the item itself.

Spec: MS-ASCMD 2.2.3.179 (Supported), 2.2.3.26 (which absent properties a Change deletes).
"""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from carbonio_mobile.eas.clients import PLAIN, Traits
from carbonio_mobile.eas.version import Version
from carbonio_mobile.wbxml.tokens import Tag


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewer:
    """For whom an item is shown: the account's own addresses, and what its device is known for.

    ``addresses`` are lower case and include ``address``.
    """

    address: str = ""
    addresses: frozenset[str] = frozenset()
    traits: Traits = field(default=PLAIN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Author:
    """Who sends an item: the version spoken, the time (seconds UTC), the account.

    ``new_uid`` is for an item that comes without a UID of its own, ``first_day_of_week`` (0 Sunday
    to 6) for a weekly series that does not say where its week begins (MS-ASCAL R52524).
    """

    version: Version
    now: float
    address: str
    display_name: str
    addresses: frozenset[str]
    new_uid: str
    traits: Traits = field(default=PLAIN)
    first_day_of_week: int = 1


@dataclass(frozen=True, slots=True)
class Ghosts:
    """Which properties keep their value when a Change leaves them out (MS-ASCMD R5906 to R5912).

    ``supported`` None: the device never said what it supports, so that what is absent is deleted;
    else what stands in it is deleted when absent, and every other ghostable property is kept.
    ``all_kept``: from 16.0 on a Change of an event names only what changed (MS-ASCAL R2231).
    """

    supported: AbstractSet[Tag] | None = None
    all_kept: bool = False

    def keeps(self, tag: Tag) -> bool:
        """Tell whether a ghostable property that is absent keeps its value."""
        if self.all_kept:
            return True
        return self.supported is not None and tag not in self.supported

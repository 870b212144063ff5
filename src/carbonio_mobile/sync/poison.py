"""The items that a device got only a stand-in for, and why.

Kept by item and device, not by key: a device that starts over meets the same item again. Such an
item is offered again once it changed, or once this program did.

Spec: design.md section 4 (windows); client-quirks.md 3.3, 3.14.
"""

import json
from collections.abc import Iterator

from carbonio_mobile.ids import FolderId, ItemId, ServerId

DOCUMENT = "poison"
"""The name under which a device's list is stored."""

LENGTH_MAX = 1_000
REASON_CHARS_MAX = 200


class PoisonList:
    """Server id -> reason and the version of the program that failed.

    ``changed`` asks to be stored.
    """

    __slots__ = ("_entries", "_program", "changed")

    def __init__(self, program: str) -> None:
        self._entries: dict[str, tuple[str, str]] = {}
        self._program = program
        self.changed = False

    def __iter__(self) -> Iterator[tuple[str, str]]:
        """Give the entries as (server id, reason)."""
        return iter([(name, reason) for name, (reason, _) in self._entries.items()])

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, item: ServerId) -> bool:
        return bool(self._entries) and str(item) in self._entries

    def add(self, item: ServerId, reason: str) -> None:
        """Enter an item; the oldest entry makes room for it."""
        if len(self._entries) >= LENGTH_MAX:
            del self._entries[next(iter(self._entries))]
        self._entries[str(item)] = (reason[:REASON_CHARS_MAX], self._program)
        self.changed = True

    def discard(self, item: ServerId) -> None:
        """Strike an item out: it was told properly."""
        if self._entries and self._entries.pop(str(item), None) is not None:
            self.changed = True

    def to_offer_again(self, folder: FolderId) -> list[ItemId]:
        """Give the items of a folder that another version of this program failed at."""
        if not self._entries:
            return []
        parsed = [
            ServerId.parse(name)
            for name, (_, program) in self._entries.items()
            if program != self._program
        ]
        return [item.item for item in parsed if item.folder == folder]

    def to_text(self) -> str:
        """Give the stored document."""
        return json.dumps(self._entries, separators=(",", ":"))

    @classmethod
    def from_text(cls, text: str | None, program: str) -> "PoisonList":
        """Read a stored document; an unreadable one is an empty list, for it only informs."""
        poison = cls(program)
        try:
            entries = json.loads(text) if text else {}
            poison._entries = {
                str(ServerId.parse(name)): (reason, by) for name, (reason, by) in entries.items()
            }
        except (ValueError, TypeError, AttributeError):
            poison.changed = True
        return poison

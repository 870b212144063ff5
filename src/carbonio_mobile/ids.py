"""The identities that travel between rooms.

Spec: MS-ASCMD 2.2.3.166 (ServerId), 2.2.3.181 (SyncKey): ids on the wire are opaque, at most 64
characters.
"""

from dataclasses import dataclass
from typing import NewType

AccountId = NewType("AccountId", str)
"""Names an account for good: never reused, unchanged when its addresses change."""

DeviceId = NewType("DeviceId", str)
"""A device as it names itself, folded to lower case (clients change case between requests)."""

FolderId = NewType("FolderId", str)
"""A folder within one mailbox: at most 30 characters of ``[A-Za-z0-9_-]``, never reused."""

ItemId = NewType("ItemId", int)
"""An item within its folder: numbered from 1 up in the order of arrival, never reused there.

An item that moves gets a new id in its new folder.
"""

ChangeToken = NewType("ChangeToken", str)
"""A point in the history of one folder (or of the hierarchy); only its mailbox can compare two."""

ItemVersion = NewType("ItemVersion", str)
"""Differs whenever anything of the item that a device can see differs; compared for equality only.
"""

OperationId = NewType("OperationId", str)
"""Names one effect that must happen at most once, whatever is retried; at most 64 characters."""

PartId = NewType("PartId", str)
"""A MIME part within its message, by position: ``"1"``, ``"2.1"``."""


@dataclass(frozen=True, slots=True)
class DeviceKey:
    """One partnership: a device of an account. All that is kept for a device is kept under this."""

    account: AccountId
    device: DeviceId


@dataclass(frozen=True, slots=True)
class ServerId:
    """An item as devices name it: its folder and its id there, ``folder:item`` on the wire."""

    folder: FolderId
    item: ItemId

    def __str__(self) -> str:
        return f"{self.folder}:{self.item}"

    @classmethod
    def parse(cls, text: str) -> "ServerId":
        """Read the wire form. Raises: ValueError for what this server cannot have issued."""
        folder, colon, item = text.rpartition(":")
        if not colon or not folder or not item.isascii() or not item.isdigit() or len(text) > 64:
            raise ValueError("not a server id of ours")
        return cls(FolderId(folder), ItemId(int(item)))

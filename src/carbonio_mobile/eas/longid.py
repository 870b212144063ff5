"""``LongId``: how devices name an item that a search found, wherever it stands.

Spec: MS-ASCMD 2.2.3.96 (at most 256 characters, opaque to clients).
"""

import re
from dataclasses import dataclass

from carbonio_mobile.ids import FolderId, ItemId, ServerId

_FORM = re.compile(r"L:([A-Za-z0-9_-]{1,30}):([1-9][0-9]{0,18})", re.ASCII)


@dataclass(frozen=True, slots=True)
class LongId:
    """A found item: folder and item. Its text is ``L:folder:item``, never that of a server id."""

    folder: FolderId
    item: ItemId

    def __str__(self) -> str:
        return f"L:{self.folder}:{self.item}"

    @property
    def server_id(self) -> ServerId:
        """The same item as a Sync names it."""
        return ServerId(self.folder, self.item)

    @classmethod
    def parse(cls, text: str) -> "LongId":
        """Read a long id as sent.

        Raises: ValueError for anything that this server cannot have issued.
        """
        match = _FORM.fullmatch(text.replace("%3A", ":").replace("%3a", ":"))
        if match is None:
            raise ValueError("not a long id of ours")
        return cls(FolderId(match[1]), ItemId(int(match[2])))

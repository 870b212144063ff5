"""``FileReference``: how devices name one attachment of one message.

It names, it does not permit: the mailbox checks that the item stands in a folder of this account.

Spec: MS-ASAIRS 2.2.2.24 (opaque to clients, kept by them, sent back in Fetch and Delete).
"""

import re
from dataclasses import dataclass

from carbonio_mobile.ids import FolderId, ItemId, PartId

_FORM = re.compile(
    r"([A-Za-z0-9_-]{1,30}):([1-9][0-9]{0,18}):([1-9][0-9]{0,5}(?:\.[1-9][0-9]{0,5}){0,63})",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class FileReference:
    """An attachment: folder, item, part. Its text is ``folder:item:part``, safe in a URL."""

    folder: FolderId
    item: ItemId
    part: PartId

    def __str__(self) -> str:
        return f"{self.folder}:{self.item}:{self.part}"

    @classmethod
    def parse(cls, text: str) -> "FileReference":
        """Read a reference as sent, its colons percent-encoded or not.

        Raises: ValueError for anything that this server cannot have issued.
        """
        match = _FORM.fullmatch(text.replace("%3A", ":").replace("%3a", ":"))
        if match is None:
            raise ValueError("not a file reference of ours")
        return cls(FolderId(match[1]), ItemId(int(match[2])), PartId(match[3]))

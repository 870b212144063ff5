"""The conversations of items, for devices that want them whole.

Spec: MS-ASCMD 2.2.3.36.2 (ConversationMode), R2110 to R2112.
"""

from collections.abc import Iterable, Sequence

from carbonio_mobile.errors import Corrupt
from carbonio_mobile.ids import FolderId, ItemId
from carbonio_mobile.interfaces import IMailbox
from carbonio_mobile.mime.mailitem import BodyWish, MailItem, MailQuery
from carbonio_mobile.sync.changes import ItemHead, Position
from carbonio_mobile.sync.weaving import Thread

THREAD_MAX = 500
"""So many messages of one conversation are told at the most, the newest."""

_RECORD = BodyWish()


async def threads(
    mailbox: IMailbox, folder: FolderId, items: Sequence[ItemId]
) -> tuple[Thread, ...]:
    """Give the conversations of these items, each once with all its items in the folder.

    An item without a conversation is one by itself; what cannot be read is left out.
    Raises: NotFound (folder).
    """
    read = await _read(mailbox, folder, items)
    found: list[Thread] = [
        (_head(item),) for item in read.values() if not item.record.conversation_id
    ]
    named = dict.fromkeys(item.record.conversation_id for item in read.values())
    found += [await _thread(mailbox, folder, one, read) for one in named if one]
    return tuple(found)


async def _thread(
    mailbox: IMailbox, folder: FolderId, conversation: bytes, read: dict[ItemId, MailItem]
) -> Thread:
    query = MailQuery(conversation=conversation, folders=(folder,))
    hits = await mailbox.search(query, offset=0, limit=THREAD_MAX)
    members = [item for _, item in hits.hits]
    read |= await _read(mailbox, folder, [item for item in members if item not in read])
    return tuple(_head(read[item]) for item in members if item in read)


async def _read(
    mailbox: IMailbox, folder: FolderId, items: Iterable[ItemId]
) -> dict[ItemId, MailItem]:
    """Read items; where they cannot be read together, those that can be read alone."""
    wanted = list(items)
    if not wanted:
        return {}
    try:
        return dict(await mailbox.read(folder, wanted, _RECORD))
    except Corrupt:
        if len(wanted) == 1:
            return {}
    found: dict[ItemId, MailItem] = {}
    for item in wanted:
        found |= await _read(mailbox, folder, [item])
    return found


def _head(item: MailItem) -> ItemHead:
    return ItemHead(Position(item.received, item.item), item.version)

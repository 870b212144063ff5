"""Conversations that always move: what devices asked for, and the mail it concerns.

A device's wish is kept with its states. :func:`move_conversation` moves what is there; mail that
comes later is moved by :func:`send_on` when a Sync of that device meets it.

Spec: MS-ASCON 2.2.2.8 (MoveAlways), 3.2.5.3.1.
"""

import json
from base64 import b64decode, b64encode
from collections import defaultdict
from collections.abc import Mapping

from carbonio_mobile.commands.context import Call
from carbonio_mobile.commands.mailfolders import conversation_sources, takes_conversations
from carbonio_mobile.ids import FolderId, ItemId
from carbonio_mobile.mime.mailitem import MailQuery
from carbonio_mobile.sync.folders import Hierarchy

DOCUMENT = "conversations"
"""The state document: a JSON object from conversation (base64) to folder, the newest wish last."""
WISHES_MAX = 200
MESSAGES_MAX = 5000
_PAGE = 500


async def remember(call: Call, conversation: bytes, target: FolderId) -> None:
    """Keep a wish, durably; the oldest is forgotten beyond ``WISHES_MAX``."""
    wishes = read_wishes(await _stored(call))
    wishes.pop(conversation, None)
    wishes[conversation] = target
    kept = list(wishes.items())[-WISHES_MAX:]
    text = json.dumps({b64encode(name).decode("ascii"): folder for name, folder in kept})
    await call.services.states.commit(call.device.key, {DOCUMENT: text})


def read_wishes(text: str | None) -> dict[bytes, FolderId]:
    """Read the stored wishes: conversation id -> folder; unreadable ones are none."""
    try:
        stored = json.loads(text) if text else {}
        return {b64decode(name): FolderId(folder) for name, folder in stored.items()}
    except (ValueError, AttributeError, TypeError):
        return {}


async def send_on(call: Call, folder: FolderId, arrived: Mapping[ItemId, bytes]) -> set[ItemId]:
    """Move items that came to ``folder`` where their conversations belong; gives those that went.

    ``arrived`` tells the conversation of each; all of them are in ``call``'s wishes.
    """
    wishes = read_wishes(await _stored(call))
    hierarchy = await call.mailbox.hierarchy()
    gone: set[ItemId] = set()
    for item, conversation in arrived.items():
        target = wishes.get(conversation)
        if target is None or not takes_conversations(hierarchy, target):
            continue
        if folder in conversation_sources(hierarchy, target):
            gone |= set(await call.mailbox.move(folder, [item], target))
    return gone


async def move_conversation(
    call: Call, hierarchy: Hierarchy, conversation: bytes, target: FolderId
) -> int:
    """Move the messages of a conversation to a folder; gives how many there were to move.

    Raises: NotFound where a folder went away meanwhile.
    """
    sources = conversation_sources(hierarchy, target)
    if not sources:
        return 0
    by_folder = defaultdict(list)
    query = MailQuery(conversation=conversation, folders=tuple(sorted(sources)))
    for folder, item in await _hits(call, query):
        by_folder[folder].append(item)
    for folder, items in by_folder.items():
        await call.mailbox.move(folder, items, target)
    return sum(len(items) for items in by_folder.values())


async def _hits(call: Call, query: MailQuery) -> list[tuple[FolderId, ItemId]]:
    """Collect all hits before anything moves, for moving changes what a search finds."""
    hits: list[tuple[FolderId, ItemId]] = []
    while len(hits) < MESSAGES_MAX:
        page = await call.mailbox.search(query, offset=len(hits), limit=_PAGE)
        hits += page.hits
        if len(page.hits) < _PAGE:
            break
    return hits


async def _stored(call: Call) -> str | None:
    documents = await call.services.states.load(call.device.key, [DOCUMENT])
    return documents.get(DOCUMENT)

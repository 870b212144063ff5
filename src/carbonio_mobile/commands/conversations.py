"""Conversations that always move: what devices asked for, and the mail it concerns.

A device's wish is kept with its states. :func:`move_conversation` moves what is there; mail that
comes later is moved by :func:`settle`, which a Sync of that device calls before it lists a folder
that mail came to. Where no device ever asked, that costs one lookup by name.

Spec: MS-ASCON 2.2.2.8 (MoveAlways), 3.2.5.3.1.
"""

import json
from base64 import b64decode, b64encode
from collections import defaultdict

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
    wishes = await _wishes(call)
    name = b64encode(conversation).decode("ascii")
    wishes.pop(name, None)
    wishes[name] = target
    for old in list(wishes)[:-WISHES_MAX]:
        del wishes[old]
    await call.services.states.commit(call.device.key, {DOCUMENT: json.dumps(wishes)})


async def settle(call: Call) -> int:
    """Move mail that came to the wished conversations since; gives how many messages moved."""
    wishes = await _wishes(call)
    if not wishes:
        return 0
    hierarchy = await call.mailbox.hierarchy()
    moved = 0
    for name, target in wishes.items():
        if takes_conversations(hierarchy, target):
            moved += await move_conversation(call, hierarchy, b64decode(name), target)
    return moved


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


async def _wishes(call: Call) -> dict[str, FolderId]:
    documents = await call.services.states.load(call.device.key, [DOCUMENT])
    wishes: dict[str, FolderId] = json.loads(documents.get(DOCUMENT, "{}"))
    return wishes

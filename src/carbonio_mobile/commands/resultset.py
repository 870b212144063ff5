"""The result set of a device's last search: later pages are of the same set, whatever arrives.

It is made anew for another query, for a page that begins at the first row, and where the device
asks for it (RebuildResults).

Spec: MS-ASCMD 2.2.3.144 (R3748 to R3750, R5426).
"""

import json
from dataclasses import dataclass

from carbonio_mobile.commands.context import Call
from carbonio_mobile.commands.operations import digest
from carbonio_mobile.commands.reading import Hits
from carbonio_mobile.eas.messages.ranges import Range
from carbonio_mobile.ids import FolderId, ItemId
from carbonio_mobile.mime.mailitem import MailQuery

DOCUMENT = "search"


@dataclass(frozen=True, slots=True)
class Page:
    """The hits of one page, of which ``total`` exist in all."""

    hits: Hits
    total: int


async def page_of(call: Call, query: MailQuery, rows: Range, *, limit: int, rebuild: bool) -> Page:
    """Give a page of a result set, at most ``limit`` rows of it.

    Raises: Unavailable (the search would take too long).
    """
    name = digest(repr(query))
    if rows.first and not rebuild:
        kept = await _kept(call, name)
        if kept is not None:
            return Page(kept.hits[rows.first : rows.first + limit], kept.total)
    most = call.services.bounds.search_results_max
    found = await call.mailbox.search(query, offset=0, limit=most)
    if len(found.hits) > limit:
        form = [name, found.total, [[folder, item] for folder, item in found.hits]]
        text = json.dumps(form, separators=(",", ":"))
        await call.services.states.commit(call.device.key, {DOCUMENT: text})
    return Page(found.hits[rows.first : rows.first + limit], found.total)


async def _kept(call: Call, name: str) -> Page | None:
    """Give the set of the last search if it was this one; an unreadable one is none."""
    text = (await call.services.states.load(call.device.key, [DOCUMENT])).get(DOCUMENT)
    try:
        query, total, hits = json.loads(text or "[]")
        found = [(FolderId(folder), ItemId(int(item))) for folder, item in hits]
    except (ValueError, TypeError):
        return None
    return Page(found, int(total)) if query == name else None

"""Search: look for mail in the mailbox.

There is no directory to search yet and no document library at all: the answers say so.

Spec: MS-ASCMD 2.2.1.16.
"""

from carbonio_mobile.commands.context import Answer, Call
from carbonio_mobile.commands.mailfolders import mail_folders
from carbonio_mobile.commands.mailitems import Hits, batches, read_hits
from carbonio_mobile.eas.items.email import application_data
from carbonio_mobile.eas.longid import LongId
from carbonio_mobile.eas.messages import search
from carbonio_mobile.eas.messages.ranges import Range
from carbonio_mobile.eas.messages.search import Request, Result
from carbonio_mobile.eas.status import SearchStatus
from carbonio_mobile.errors import NotFound, ProtocolError, Unavailable
from carbonio_mobile.mime.mailitem import MailQuery
from carbonio_mobile.wbxml import Element, encode

PAGE_ROWS = 100
"""Rows of one answer, and of a request without a range (MS-ASCMD R3733)."""

_OTHER_STORES = {
    "gal": SearchStatus.ACCESS_DENIED,
    "documentlibrary": SearchStatus.ACCESS_BLOCKED,
}


async def respond(call: Call) -> Answer:
    """Answer a search. Raises: ProtocolError for a request that is no search of a store."""
    if call.document is None:
        raise ProtocolError("Search without a body", expected="Search")
    request = search.parse(call.document, call.version)
    if request.store != "mailbox":
        status = _OTHER_STORES.get(request.store, SearchStatus.INVALID_REQUEST)
        return Answer(document=search.build(status))
    if request.fault is not None:
        return Answer(document=search.build(request.fault))
    return Answer(document=await _searched(call, request))


async def _searched(call: Call, request: Request) -> Element:
    rows = request.range or Range(0, PAGE_ROWS - 1)
    if rows.last >= call.services.bounds.search_results_max:
        return search.build(SearchStatus.END_OF_RANGE)  # MS-ASCMD R3736
    criteria = request.criteria
    if criteria.classes and "Email" not in criteria.classes:
        return search.build(SearchStatus.SUCCESS, total=0)
    try:
        folders = mail_folders(await call.mailbox.hierarchy(), criteria.folders, deep=request.deep)
        if not folders:
            return search.build(SearchStatus.SUCCESS, total=0)
        query = MailQuery(
            phrase=criteria.text,
            folders=folders if criteria.folders else (),
            conversation=criteria.conversation,
            after=criteria.after,
            before=criteria.before,
        )
        limit = min(rows.length, PAGE_ROWS)
        found = await call.mailbox.search(query, offset=rows.first, limit=limit)
        if not found.hits:
            past = rows.first and rows.first >= found.total
            status = SearchStatus.END_OF_RANGE if past else SearchStatus.SUCCESS
            return search.build(status, total=found.total)
        results = await _results(call, request, found.hits)
    except NotFound:
        return search.build(SearchStatus.HIERARCHY_CHANGED)
    except Unavailable:
        return search.build(SearchStatus.SERVER_ERROR)
    return search.build(
        SearchStatus.SUCCESS,
        results,
        total=found.total,
        range=Range(rows.first, rows.first + max(len(results), 1) - 1),
    )


async def _results(call: Call, request: Request, hits: Hits) -> list[Result]:
    """Give results in the order of the hits, as many as the answer has room for: at least one."""
    results: list[Result] = []
    room = call.services.bounds.response_bytes
    for batch in batches(hits):
        for mail in await read_hits(call.mailbox, batch, request.body):
            properties = application_data(mail, request.body, call.version)
            room -= sum(len(encode(element)) for element in properties)
            if room < 0 and results:
                return results
            long_id = str(LongId(mail.folder, mail.item))
            results.append(Result(long_id=long_id, folder=mail.folder, properties=properties))
    return results

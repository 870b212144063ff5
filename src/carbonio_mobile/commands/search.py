"""Search: look for items of the mailbox, people of the address list, documents of the library.

Spec: MS-ASCMD 2.2.1.16.
"""

from carbonio_mobile.commands.context import Answer, Call
from carbonio_mobile.commands.documents import searched_documents
from carbonio_mobile.commands.mailfolders import searched_folders
from carbonio_mobile.commands.people import listed
from carbonio_mobile.commands.reading import Hits, Reader, batches
from carbonio_mobile.commands.resultset import page_of
from carbonio_mobile.eas.items.classes import CLASSES
from carbonio_mobile.eas.longid import LongId
from carbonio_mobile.eas.messages import search
from carbonio_mobile.eas.messages.ranges import Range
from carbonio_mobile.eas.messages.search import Request, Result
from carbonio_mobile.eas.status import SearchStatus
from carbonio_mobile.errors import NotFound, ProtocolError, Unavailable
from carbonio_mobile.mime.mailitem import MailQuery
from carbonio_mobile.sync.folders import Hierarchy
from carbonio_mobile.wbxml import Element, encode

PAGE_ROWS = 100
"""Rows of one answer, and of a request without a range (MS-ASCMD R3733)."""


async def respond(call: Call) -> Answer:
    """Answer a search. Raises: ProtocolError for a request that is no search of a store."""
    if call.document is None:
        raise ProtocolError("Search without a body", expected="Search")
    request = search.parse(call.document, call.version)
    if request.store == "documentlibrary" and call.services.documents is None:
        return Answer(document=search.build(SearchStatus.ACCESS_BLOCKED))
    if request.store not in _SEARCHES:
        return Answer(document=search.build(SearchStatus.INVALID_REQUEST))
    if request.fault is not None:
        return Answer(document=search.build(request.fault))
    return Answer(document=await _SEARCHES[request.store](call, request))


async def _searched_people(call: Call, request: Request) -> Element:
    rows = request.range or Range(0, PAGE_ROWS - 1)
    if rows.last >= PAGE_ROWS:
        return search.build(SearchStatus.END_OF_RANGE)  # MS-ASCMD R3735, R3736
    try:
        shown, total = await listed(call, request.criteria.text, rows, request.pictures)
    except Unavailable:
        return search.build(SearchStatus.SERVER_ERROR)
    if not shown:
        past = rows.first and total and rows.first >= total
        status = SearchStatus.END_OF_RANGE if past else SearchStatus.SUCCESS
        return search.build(status, total=total)
    return search.build(
        SearchStatus.SUCCESS,
        [Result(properties=properties) for properties in shown],
        total=total,
        range=Range(rows.first, rows.first + len(shown) - 1),
    )


async def _searched(call: Call, request: Request) -> Element:
    rows = request.range or Range(0, PAGE_ROWS - 1)
    if rows.last >= call.services.bounds.search_results_max:
        return search.build(SearchStatus.END_OF_RANGE)  # MS-ASCMD R3736
    criteria = request.criteria
    try:
        hierarchy = await call.mailbox.hierarchy()
        folders = searched_folders(
            hierarchy,
            criteria.folders,
            deep=request.deep,
            classes=_folder_classes(criteria.classes),
        )
        if not folders:
            return search.build(SearchStatus.SUCCESS, total=0)
        query = MailQuery(
            phrase=criteria.text,
            folders=folders,
            conversation=criteria.conversation,
            after=criteria.after,
            before=criteria.before,
        )
        limit = min(rows.length, PAGE_ROWS)
        found = await page_of(call, query, rows, limit=limit, rebuild=request.rebuild)
        if not found.hits:
            past = rows.first and rows.first >= found.total
            status = SearchStatus.END_OF_RANGE if past else SearchStatus.SUCCESS
            return search.build(status, total=found.total)
        results = await _results(call, request, hierarchy, found.hits)
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


def _folder_classes(classes: frozenset[str]) -> frozenset[str]:
    """Give the classes of the folders in which items of these classes stand."""
    return frozenset("Email" if one == "SMS" else one for one in classes)


async def _results(call: Call, request: Request, hierarchy: Hierarchy, hits: Hits) -> list[Result]:
    """Give results in the order of the hits, as many as the answer has room for: at least one.

    Text messages are found where they are asked for by their class.
    """
    results: list[Result] = []
    room = call.services.bounds.response_bytes
    reader = Reader(call, request.body, hierarchy)
    wanted = request.criteria.classes or CLASSES
    for batch in batches(hits):
        for shown in await reader.read_hits(batch):
            if shown.class_name not in wanted:
                continue
            properties = shown.source.content(shown.item)
            room -= sum(len(encode(element)) for element in properties)
            if room < 0 and results:
                return results
            results.append(
                Result(
                    long_id=str(LongId(shown.item.folder, shown.item.item)),
                    folder=shown.item.folder,
                    properties=properties,
                    class_name=shown.class_name,
                )
            )
    return results


_SEARCHES = {
    "mailbox": _searched,
    "gal": _searched_people,
    "documentlibrary": searched_documents,
}

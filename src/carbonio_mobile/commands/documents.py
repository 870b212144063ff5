"""Documents of the library: found by their link, listed where that names a folder, and fetched.

Spec: MS-ASDOC 3.2.5; MS-ASCMD 2.2.1.10, 2.2.1.16, 2.2.3.155.6 (Result).
"""

from collections.abc import Awaitable, Mapping
from typing import TypeVar

from carbonio_mobile.commands.carrier import Carrier
from carbonio_mobile.commands.context import Call, Library
from carbonio_mobile.eas.items.document import document_properties
from carbonio_mobile.eas.messages import search
from carbonio_mobile.eas.messages.itemoperations import Answer, Content, Fetch
from carbonio_mobile.eas.messages.ranges import Range
from carbonio_mobile.eas.messages.search import Request, Result
from carbonio_mobile.eas.status import ItemOperationsStatus, SearchStatus
from carbonio_mobile.errors import (
    Corrupt,
    NotAllowed,
    NotFound,
    StoreError,
    TooLarge,
    Unavailable,
)
from carbonio_mobile.mime.naming import type_of_name
from carbonio_mobile.pim.document import DocumentPath, Excerpt
from carbonio_mobile.wbxml import Element

LISTED_ROWS = 1000
"""Rows of one answer, and of a request without a range (MS-ASCMD R3734)."""

T = TypeVar("T")

_SEARCH_FAULTS: Mapping[type[StoreError], SearchStatus] = {
    NotFound: SearchStatus.NOT_FOUND,
    NotAllowed: SearchStatus.ACCESS_DENIED,
    TooLarge: SearchStatus.TOO_COMPLEX,
    Unavailable: SearchStatus.CONNECTION_FAILED,
    Corrupt: SearchStatus.SERVER_ERROR,
}
_FETCH_FAULTS: Mapping[type[StoreError], ItemOperationsStatus] = {
    NotFound: ItemOperationsStatus.NOT_FOUND,
    NotAllowed: ItemOperationsStatus.LIBRARY_ACCESS_DENIED,
    TooLarge: ItemOperationsStatus.TOO_LARGE,
    Unavailable: ItemOperationsStatus.CONNECTION_FAILED,
    Corrupt: ItemOperationsStatus.IO_FAILURE,
}


async def searched_documents(call: Call, request: Request) -> Element:
    """Answer a search of the library: what its link names first, then what that holds."""
    rows = request.range or Range(0, LISTED_ROWS - 1)
    if rows.last >= LISTED_ROWS:
        return search.build(SearchStatus.END_OF_RANGE)  # MS-ASCMD R3736
    library = _library(call)
    try:
        path = library.share.parse(request.criteria.link)
    except ValueError:
        return search.build(SearchStatus.BAD_LINK)
    except NotAllowed:
        return search.build(SearchStatus.ACCESS_BLOCKED)  # another server's
    except NotFound:
        return search.build(SearchStatus.NOT_FOUND)
    asked = library.documents.list(path, offset=rows.first, limit=rows.length)
    found = await _outcome(asked, _SEARCH_FAULTS)
    if isinstance(found, SearchStatus):
        return search.build(found)
    if not found.rows:
        return search.build(SearchStatus.END_OF_RANGE, total=found.total)
    results = [Result(properties=document_properties(row, library.share)) for row in found.rows]
    return search.build(
        SearchStatus.SUCCESS,
        results,
        total=found.total,
        range=Range(rows.first, rows.first + len(results) - 1),
    )


async def fetched_document(call: Call, carrier: Carrier, fetch: Fetch, link: str) -> Answer:
    """Answer the fetch of a document, or of a range of it."""
    if call.services.documents is None:
        return Answer(operation=fetch, status=ItemOperationsStatus.UNKNOWN_STORE)
    try:
        path = _library(call).share.parse(link)
    except ValueError:
        return Answer(operation=fetch, status=ItemOperationsStatus.BAD_URI)
    except (NotAllowed, NotFound) as exc:
        return Answer(operation=fetch, status=_FETCH_FAULTS[type(exc)])
    excerpt = await _outcome(_read(call, carrier, fetch.range, path), _FETCH_FAULTS)
    if isinstance(excerpt, ItemOperationsStatus):
        return Answer(operation=fetch, status=excerpt)
    if not excerpt.octets:
        empty = ItemOperationsStatus.EMPTY_FILE, ItemOperationsStatus.INVALID_RANGE
        return Answer(operation=fetch, status=empty[excerpt.total_bytes > 0])
    carrier.takes(len(excerpt.octets))
    content = _content(carrier, fetch.range, path[-1], excerpt)
    return Answer(operation=fetch, status=ItemOperationsStatus.SUCCESS, content=content)


def _read(
    call: Call, carrier: Carrier, wanted: Range | None, path: DocumentPath
) -> Awaitable[Excerpt]:
    return _library(call).documents.read(
        path,
        first=wanted.first if wanted else 0,
        last=wanted.last if wanted else None,
        limit=min(call.services.bounds.attachment_bytes, carrier.room_bytes),
    )


def _content(carrier: Carrier, wanted: Range | None, name: str, excerpt: Excerpt) -> Content:
    first = wanted.first if wanted else 0
    given = Range(first, first + len(excerpt.octets) - 1)
    return Content(
        content_type=type_of_name(name),
        holder=carrier.put(excerpt.octets),
        range=given if wanted else None,
        total_bytes=excerpt.total_bytes if wanted else None,
        modified=excerpt.modified,
    )


def _library(call: Call) -> Library:
    assert call.services.documents is not None, "asked for only where there is a library"
    return call.services.documents


S = TypeVar("S")


async def _outcome(asked: Awaitable[T], faults: Mapping[type[StoreError], S]) -> T | S:
    """Give what the library answers, or the status for what it raises."""
    try:
        return await asked
    except tuple(faults) as exc:
        return faults[type(exc)]

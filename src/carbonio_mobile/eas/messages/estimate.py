"""GetItemEstimate.

Spec: MS-ASCMD 2.2.1.9; commands.md section 5.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from carbonio_mobile.eas.messages.fields import boolean, folder_id, identity, integer
from carbonio_mobile.eas.version import Version, knows
from carbonio_mobile.errors import ProtocolError
from carbonio_mobile.ids import FolderId
from carbonio_mobile.wbxml import Element
from carbonio_mobile.wbxml.codepages import AirSync, GetItemEstimate

COLLECTIONS_MAX = 1000
CLASS_CHARS = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class EstimateRequest:
    """How many changes wait in one collection, under this filter (None: the one in force)?

    ``max_items`` bounds the recipients to count, in their cache alone (MS-ASCMD R3263 to R3265).
    ``conversation_mode`` counts the older items of conversations within the window, too.
    ``class_name`` is the Class that devices up to 12.1 name and get back, else empty.
    """

    collection: FolderId
    sync_key: str
    filter_type: int | None = None
    max_items: int | None = None
    conversation_mode: bool = False
    class_name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EstimateResult:
    """The answer for one collection; ``count`` None where the status is no success."""

    collection: FolderId
    status: int
    count: int | None = None


def parse(root: Element, version: Version) -> tuple[EstimateRequest, ...]:
    """Read a GetItemEstimate. Raises: ProtocolError.

    Up to 12.1 Class and FilterType stand in the collection, then in Options (MS-ASCMD R6260 to
    R6263, R6314). What else 2.5 may say (Version, DateTime) means nothing.
    """
    if root.tag is not GetItemEstimate.GetItemEstimate:
        raise ProtocolError(f"a document {root.tag.name}", expected="GetItemEstimate")
    listed = root.find(GetItemEstimate.Collections)
    named = [] if listed is None else listed.find_all(GetItemEstimate.Collection)
    if not 1 <= len(named) <= COLLECTIONS_MAX:
        raise ProtocolError(f"{len(named)} collections", expected=f"1 to {COLLECTIONS_MAX}")
    return tuple(_collection(element, version) for element in named)


def build(results: Iterable[EstimateResult], requests: Iterable[EstimateRequest] = ()) -> Element:
    """Write the answer; ``requests`` tell which collections were named with their Class."""
    classes = {request.collection: request.class_name for request in requests}
    return Element(
        GetItemEstimate.GetItemEstimate,
        [_response(result, classes.get(result.collection, "")) for result in results],
    )


def _collection(element: Element, version: Version) -> EstimateRequest:
    options = element.find(AirSync.Options)
    named = knows(version, GetItemEstimate.Class)
    modes = knows(version, AirSync.ConversationMode)
    return EstimateRequest(
        collection=folder_id(element, GetItemEstimate.CollectionId),
        sync_key=identity(element, AirSync.SyncKey),
        class_name=element.value(GetItemEstimate.Class, "")[:CLASS_CHARS] if named else "",
        conversation_mode=modes and boolean(element, AirSync.ConversationMode) is True,
        filter_type=integer(element if options is None else options, AirSync.FilterType, high=8),
        max_items=None if options is None else integer(options, AirSync.MaxItems),
    )


def _response(result: EstimateResult, class_name: str) -> Element:
    collection = Element(
        GetItemEstimate.Collection,
        [
            Element(GetItemEstimate.Class, class_name) if class_name else None,
            Element(GetItemEstimate.CollectionId, result.collection),
            Element(GetItemEstimate.Estimate, str(result.count)),
        ],
    )
    return Element(
        GetItemEstimate.Response,
        [
            Element(GetItemEstimate.Status, str(int(result.status))),
            collection if result.count is not None else None,
        ],
    )

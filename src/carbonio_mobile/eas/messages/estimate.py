"""GetItemEstimate.

Spec: MS-ASCMD 2.2.1.9; commands.md section 5.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from carbonio_mobile.eas.messages.fields import boolean, folder_id, identity, integer
from carbonio_mobile.errors import ProtocolError
from carbonio_mobile.ids import FolderId
from carbonio_mobile.wbxml import Element
from carbonio_mobile.wbxml.codepages import AirSync, GetItemEstimate

COLLECTIONS_MAX = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class EstimateRequest:
    """How many changes wait in one collection, under this filter (None: the one in force)?

    ``conversation_mode`` counts the older items of conversations within the window, too.
    """

    collection: FolderId
    sync_key: str
    filter_type: int | None = None
    conversation_mode: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class EstimateResult:
    """The answer for one collection; ``count`` None where the status is no success."""

    collection: FolderId
    status: int
    count: int | None = None


def parse(root: Element) -> tuple[EstimateRequest, ...]:
    """Read a GetItemEstimate. Raises: ProtocolError."""
    if root.tag is not GetItemEstimate.GetItemEstimate:
        raise ProtocolError(f"a document {root.tag.name}", expected="GetItemEstimate")
    listed = root.find(GetItemEstimate.Collections)
    named = [] if listed is None else listed.find_all(GetItemEstimate.Collection)
    if not 1 <= len(named) <= COLLECTIONS_MAX:
        raise ProtocolError(f"{len(named)} collections", expected=f"1 to {COLLECTIONS_MAX}")
    return tuple(_collection(element) for element in named)


def build(results: Iterable[EstimateResult]) -> Element:
    """Write the answer."""
    return Element(GetItemEstimate.GetItemEstimate, [_response(result) for result in results])


def _collection(element: Element) -> EstimateRequest:
    options = element.find(AirSync.Options)
    return EstimateRequest(
        collection=folder_id(element, GetItemEstimate.CollectionId),
        sync_key=identity(element, AirSync.SyncKey),
        conversation_mode=boolean(element, AirSync.ConversationMode) is True,
        filter_type=integer(element if options is None else options, AirSync.FilterType, high=8),
    )


def _response(result: EstimateResult) -> Element:
    collection = Element(
        GetItemEstimate.Collection,
        [
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

"""GetItemEstimate: how many changes wait in each collection.

Spec: MS-ASCMD 2.2.1.9; commands.md section 5. The key is checked and not advanced (R4590, R4591).
"""

from dataclasses import replace

from carbonio_mobile.commands.collectionoptions import options_of
from carbonio_mobile.commands.collections import load_states
from carbonio_mobile.commands.context import Answer, Call
from carbonio_mobile.commands.news import estimate
from carbonio_mobile.eas.messages.estimate import EstimateRequest, EstimateResult, build, parse
from carbonio_mobile.eas.status import Common, EstimateStatus
from carbonio_mobile.errors import CommandStatus, Conflict, NotFound, ProtocolError
from carbonio_mobile.sync.folders import FolderKind
from carbonio_mobile.sync.state import CollectionState, start
from carbonio_mobile.sync.window import allowed


async def respond(call: Call) -> Answer:
    """Answer GetItemEstimate."""
    if call.document is None:
        raise ProtocolError("an empty GetItemEstimate")
    requests = parse(call.document, call.version)
    states = await load_states(call, [request.collection for request in requests])
    results = [await _one(call, request, states.get(request.collection)) for request in requests]
    return Answer(document=build(results, requests))


async def _one(
    call: Call, request: EstimateRequest, state: CollectionState | None
) -> EstimateResult:
    if state is None:
        present = await call.mailbox.hierarchy()
        known = present.find(request.collection) is not None
        status = EstimateStatus.NOT_PRIMED if known else EstimateStatus.INVALID_COLLECTION
        return EstimateResult(collection=request.collection, status=status)
    origin = start(state, request.sync_key)
    if origin is None:
        return EstimateResult(collection=request.collection, status=EstimateStatus.INVALID_SYNC_KEY)
    mail = origin.base.kind is not None and origin.base.kind.holds_mail
    if request.conversation_mode and not mail:
        raise ProtocolError("ConversationMode where no mail is")  # MS-ASCMD R2100
    cache = origin.base.kind is FolderKind.RECIPIENT_CACHE
    if request.max_items is not None and not cache:
        return EstimateResult(
            collection=request.collection, status=EstimateStatus.INVALID_COLLECTION
        )
    options = options_of(origin.base)
    if request.filter_type is not None:
        kind = origin.base.kind
        if kind is not None and not allowed(request.filter_type, kind):
            raise CommandStatus(Common.SERVER_ERROR)  # MS-ASCMD R3005 to R3024
        options = replace(options, filter_type=request.filter_type)
    if request.max_items is not None:
        options = replace(options, max_items=request.max_items)
    try:
        count = await estimate(
            call,
            request.collection,
            origin.base,
            options,
            conversations=request.conversation_mode,
        )
    except NotFound:
        return EstimateResult(
            collection=request.collection, status=EstimateStatus.INVALID_COLLECTION
        )
    except Conflict:
        return EstimateResult(collection=request.collection, status=EstimateStatus.INVALID_SYNC_KEY)
    return EstimateResult(collection=request.collection, status=EstimateStatus.SUCCESS, count=count)

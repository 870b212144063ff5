"""GetItemEstimate: how many changes wait in each collection.

Spec: MS-ASCMD 2.2.1.9; commands.md section 5. The key is checked and not advanced (R4590, R4591).
"""

from carbonio_mobile.commands.collections import load_states
from carbonio_mobile.commands.context import Answer, Call
from carbonio_mobile.commands.news import estimate
from carbonio_mobile.eas.messages.estimate import EstimateRequest, EstimateResult, build, parse
from carbonio_mobile.eas.status import EstimateStatus
from carbonio_mobile.errors import Conflict, NotFound, ProtocolError
from carbonio_mobile.sync.state import CollectionState, start


async def respond(call: Call) -> Answer:
    """Answer GetItemEstimate."""
    if call.document is None:
        raise ProtocolError("an empty GetItemEstimate")
    requests = parse(call.document)
    states = await load_states(call, [request.collection for request in requests])
    results = [await _one(call, request, states.get(request.collection)) for request in requests]
    return Answer(document=build(results))


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
    filter_type = request.filter_type
    if filter_type is None:
        filter_type = origin.base.options.get("filter", 0)
    try:
        count = await estimate(
            call,
            request.collection,
            origin.base,
            filter_type,
            conversations=request.conversation_mode,
        )
    except NotFound:
        return EstimateResult(
            collection=request.collection, status=EstimateStatus.INVALID_COLLECTION
        )
    except Conflict:
        return EstimateResult(collection=request.collection, status=EstimateStatus.INVALID_SYNC_KEY)
    return EstimateResult(collection=request.collection, status=EstimateStatus.SUCCESS, count=count)

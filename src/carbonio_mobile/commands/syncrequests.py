"""Which request a Sync is: as sent, completed from the last one, or the last one again.

Spec: MS-ASCMD 2.2.3.133 (Partial), R666 to R679 (empty requests); commands.md section 4.
"""

import json
from dataclasses import replace

from carbonio_mobile.commands.context import Call
from carbonio_mobile.eas.messages.sync import (
    EMPTY_ANSWERS_SINCE,
    ClientCommand,
    CollectionRequest,
    CommandKind,
    SyncFault,
    SyncRequest,
    parse,
)
from carbonio_mobile.eas.status import SyncStatus
from carbonio_mobile.errors import ProtocolError
from carbonio_mobile.ids import FolderId

DOCUMENT = "sync-request"
"""The name under which a device's last complete Sync is stored, without options and commands."""

_NOT_REPEATABLE = (CommandKind.ADD, CommandKind.CHANGE, CommandKind.DELETE)


async def complete(call: Call) -> tuple[SyncRequest, dict[str, str | None]]:
    """Give the request that is meant, and what to store so that the next one may refer to it.

    Raises: ProtocolError; SyncFault 13 where nothing is remembered to complete it with, 14 and 15
    for a request out of bounds.
    """
    remembered = await _remembered(call)
    if call.document is None:
        if call.version < EMPTY_ANSWERS_SINCE:
            raise ProtocolError("an empty Sync", expected="from 12.1 on only (MS-ASCMD R667)")
        request = _need(remembered)
    else:
        request = parse(call.document, call.version)
        if request.partial:
            request = _merged(request, _need(remembered))
    if not request.collections:
        raise SyncFault(SyncStatus.REQUEST_INCOMPLETE)
    _check_bounds(call, request)
    return request, _to_remember(request, remembered)


def _need(remembered: SyncRequest | None) -> SyncRequest:
    if remembered is None:
        raise SyncFault(SyncStatus.REQUEST_INCOMPLETE)
    return replace(
        remembered,
        collections=tuple(replace(one, remembered=True) for one in remembered.collections),
    )


def _merged(request: SyncRequest, remembered: SyncRequest) -> SyncRequest:
    """Put what a partial request says over what the last one said (R3635)."""
    named = {collection.collection: collection for collection in request.collections}
    before = tuple(
        named.pop(collection.collection, collection) for collection in remembered.collections
    )
    return replace(
        request,
        collections=before + tuple(named.values()),
        wait_s=remembered.wait_s if request.wait_s is None else request.wait_s,
        wait_in_minutes=(remembered if request.wait_s is None else request).wait_in_minutes,
        window=remembered.window if request.window is None else request.window,
        partial=False,
    )


def _check_bounds(call: Call, request: SyncRequest) -> None:
    bounds = call.bounds
    if len(request.collections) > bounds.sync_collections_max:
        raise SyncFault(SyncStatus.TOO_MANY_COLLECTIONS, bounds.sync_collections_max)
    if request.wait_s is None:
        return
    nearest = min(max(request.wait_s, bounds.heartbeat_min_s), bounds.heartbeat_max_s)
    if nearest != request.wait_s:
        limit = nearest // 60 if request.wait_in_minutes else nearest
        raise SyncFault(SyncStatus.INVALID_INTERVAL, limit)


def _repeatable(commands: tuple[ClientCommand, ...]) -> bool:
    return not any(command.kind in _NOT_REPEATABLE for command in commands)


def _to_remember(request: SyncRequest, remembered: SyncRequest | None) -> dict[str, str | None]:
    """Give the document to store; a request that changes items cannot be referred to (R673)."""
    if not all(_repeatable(collection.commands) for collection in request.collections):
        return {} if remembered is None else {DOCUMENT: None}
    shape = _without_particulars(request)
    return {} if shape == remembered else {DOCUMENT: _to_text(shape)}


def _without_particulars(request: SyncRequest) -> SyncRequest:
    return replace(
        request,
        collections=tuple(
            replace(collection, options=None, commands=(), remembered=False, supported=None)
            for collection in request.collections
        ),
    )


async def _remembered(call: Call) -> SyncRequest | None:
    documents = await call.documents((DOCUMENT,))
    text = documents.get(DOCUMENT)
    return None if text is None else _from_text(text)


def _to_text(request: SyncRequest) -> str:
    collections = [
        [c.sync_key, c.collection, c.deletes_as_moves, c.get_changes, c.window, c.conversation_mode]
        for c in request.collections
    ]
    form = [collections, request.wait_s, request.wait_in_minutes, request.window]
    return json.dumps(form, separators=(",", ":"))


def _from_text(text: str) -> SyncRequest | None:
    """Read a stored request; an unreadable one is none: the device is asked for a complete one."""
    try:
        collections, wait_s, wait_in_minutes, window = json.loads(text)
        return SyncRequest(
            collections=tuple(
                CollectionRequest(
                    sync_key=key,
                    collection=FolderId(folder),
                    deletes_as_moves=as_moves,
                    get_changes=get_changes,
                    window=size,
                    conversation_mode=conversations,
                )
                for key, folder, as_moves, get_changes, size, conversations in collections
            ),
            wait_s=wait_s,
            wait_in_minutes=wait_in_minutes,
            window=window,
        )
    except (ValueError, TypeError):
        return None

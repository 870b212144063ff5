"""MoveItems: move messages between mail folders, events between calendars, and so on.

The device knows where the items went from the answer. So both collections are told in their states:
the source that the items left by the device's own hand, the target that it holds them already
(Outlook takes an Add in the target for a second message, client-quirks.md 4.5). What others did to
an item before it moved the device may not know yet, so the target tells its state as a Change.

Spec: MS-ASCMD 2.2.1.12, 3.1.5.5; commands.md section 7.
"""

from collections import defaultdict
from collections.abc import Mapping

from carbonio_mobile.commands.collections import load_states
from carbonio_mobile.commands.context import Answer, Call
from carbonio_mobile.eas import foldertypes
from carbonio_mobile.eas.messages.fields import server_id
from carbonio_mobile.eas.messages.moveitems import MoveRequest, MoveResult, build, parse
from carbonio_mobile.eas.status import MoveStatus
from carbonio_mobile.errors import NotFound, OverQuota, ProtocolError, ReadOnly, TooLarge
from carbonio_mobile.ids import FolderId, ItemId, ServerId
from carbonio_mobile.sync.changes import ItemHead
from carbonio_mobile.sync.folders import FolderKind, Hierarchy
from carbonio_mobile.sync.state import document_name

Moved = Mapping[ItemId, ItemHead]


async def respond(call: Call) -> Answer:
    """Answer MoveItems. A move that has happened before succeeds again, with the same new id."""
    if call.document is None:
        raise ProtocolError("an empty MoveItems")
    requests = parse(call.document)
    present = await call.mailbox.hierarchy()
    groups: dict[tuple[FolderId, FolderId], list[ItemId]] = defaultdict(list)
    for request in requests:
        if _fault(request, present) is None:
            item = ServerId.parse(request.item)
            groups[item.folder, FolderId(request.target)].append(item.item)
    moved: dict[tuple[FolderId, FolderId], Moved] = {}
    for ends, items in groups.items():
        heads = await _move(call, *ends, items)
        if heads is not None:
            moved[ends] = heads
    await _note(call, present, groups, moved)
    return Answer(document=build(_result(request, present, moved) for request in requests))


def _fault(request: MoveRequest, present: Hierarchy) -> MoveStatus | None:
    """Say why a move cannot even be tried."""
    item = server_id(request.item)
    source = present.find(FolderId(request.source))
    target = present.find(FolderId(request.target))
    if item is None or source is None or item.folder != source.id:
        return MoveStatus.INVALID_SOURCE
    if target is None or _movable_as(target.kind) != _movable_as(source.kind):
        return MoveStatus.INVALID_DESTINATION
    if source.read_only or target.read_only:
        return MoveStatus.FAILED
    if target.id == source.id:
        return MoveStatus.SAME_FOLDER
    return None


def _movable_as(kind: FolderKind) -> str:
    """Name what a folder's items move as: only between folders of one name they can.

    The recipient information cache is the server's own.
    """
    if kind in foldertypes.NO_CLASS or kind is FolderKind.RECIPIENT_CACHE:
        return kind.value
    return foldertypes.class_name(kind)


async def _move(
    call: Call, source: FolderId, target: FolderId, items: list[ItemId]
) -> Moved | None:
    """Move items; None where that was refused, so that they stay."""
    try:
        return await call.mailbox.move(source, items, target)
    except NotFound:
        return {}  # a folder went just now: its items cannot be moved any more
    except (ReadOnly, OverQuota, TooLarge):
        return None  # between two mailboxes: a right went just now, or there is no room


def _result(
    request: MoveRequest, present: Hierarchy, moved: Mapping[tuple[FolderId, FolderId], Moved]
) -> MoveResult:
    fault = _fault(request, present)
    if fault is not None:
        return MoveResult(item=request.item, status=fault)
    item, target = ServerId.parse(request.item), FolderId(request.target)
    heads = moved.get((item.folder, target))
    if heads is None:
        return MoveResult(item=request.item, status=MoveStatus.FAILED)
    head = heads.get(item.item)
    if head is None:
        return MoveResult(item=request.item, status=MoveStatus.INVALID_SOURCE)
    return MoveResult(
        item=request.item, status=MoveStatus.SUCCESS, moved=str(ServerId(target, head.item))
    )


async def _note(
    call: Call,
    present: Hierarchy,
    wanted: Mapping[tuple[FolderId, FolderId], list[ItemId]],
    moved: Mapping[tuple[FolderId, FolderId], Moved],
) -> None:
    """Enter the moves in the states of the collections that the device syncs.

    An item that is not there the device holds nevertheless: an earlier copy of this request may
    have moved it, and someone else taken it away from there, so that the source is said to be rid
    of it while the device is not.
    """
    folders = {folder for ends in moved for folder in ends}
    states = await load_states(call, folders)
    for (source, target), heads in moved.items():
        origin = present.find(source)
        may_change = origin is not None and _may_change(origin.kind)
        for item, head in heads.items():
            if source in states:
                states[source].forget(item)
            if target in states:
                states[target].know_content(head.item, may_change=may_change)
        if source in states:
            for item in wanted[source, target]:
                if item not in heads:
                    states[source].miss(item)
    documents = {document_name(folder): state.to_text() for folder, state in states.items()}
    if documents:
        await call.services.states.commit(call.device.key, documents)


def _may_change(kind: FolderKind) -> bool:
    """Whether the content of a folder's items may change, and not only their state."""
    return kind is FolderKind.DRAFTS or not kind.holds_mail

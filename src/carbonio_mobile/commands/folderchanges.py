"""FolderCreate, FolderDelete, FolderUpdate: a device changes the hierarchy.

Each success advances the hierarchy key, and the device is not told of its own change. A repeat with
the previous key does nothing twice: creating is bound to an operation, the others are idempotent.

Spec: MS-ASCMD 2.2.1.2 to 2.2.1.4, 2.2.1.6; commands.md section 3.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import TypeVar

from carbonio_mobile.commands import hierarchy as folders
from carbonio_mobile.commands.context import Answer, Call
from carbonio_mobile.commands.operations import operation
from carbonio_mobile.eas import foldertypes
from carbonio_mobile.eas.items.classes import CLASSES
from carbonio_mobile.eas.messages.folders import (
    FolderCreateRequest,
    FolderDeleteRequest,
    FolderUpdateRequest,
    build_create,
    build_delete,
    build_update,
    parse_create,
    parse_delete,
    parse_update,
)
from carbonio_mobile.eas.status import (
    FolderCreateStatus,
    FolderDeleteStatus,
    FolderUpdateStatus,
)
from carbonio_mobile.errors import (
    Conflict,
    Corrupt,
    NotAllowed,
    NotFound,
    ProtocolError,
    StoreError,
)
from carbonio_mobile.ids import FolderId
from carbonio_mobile.sync import hierarchy
from carbonio_mobile.sync.folders import Folder, FolderKind, Hierarchy
from carbonio_mobile.wbxml import Element

T = TypeVar("T")


async def respond_create(call: Call) -> Answer:
    """Answer FolderCreate."""
    request = parse_create(_document(call))
    base = await _base(call, request.sync_key)
    if base is None:
        return Answer(document=build_create(FolderCreateStatus.INVALID_SYNC_KEY))
    try:
        made = await _create(call, request)
    except _Refused as refused:
        return Answer(document=build_create(refused.status))
    # Where it stands elsewhere, or is called otherwise, the next FolderSync tells.
    asked = replace(made, parent=request.parent, name=request.name)
    key = await _advance(call, base, base.with_folder(asked))
    return Answer(document=build_create(FolderCreateStatus.SUCCESS, key, made.id))


async def respond_delete(call: Call) -> Answer:
    """Answer FolderDelete."""
    request = parse_delete(_document(call))
    base = await _base(call, request.sync_key)
    if base is None:
        return Answer(document=build_delete(FolderDeleteStatus.INVALID_SYNC_KEY))
    try:
        await _delete(call, request, known=request.folder in base.folders)
    except _Refused as refused:
        return Answer(document=build_delete(refused.status))
    key = await _advance(call, base, base.without(request.folder))
    return Answer(document=build_delete(FolderDeleteStatus.SUCCESS, key))


async def respond_update(call: Call) -> Answer:
    """Answer FolderUpdate."""
    request = parse_update(_document(call))
    base = await _base(call, request.sync_key)
    if base is None:
        return Answer(document=build_update(FolderUpdateStatus.INVALID_SYNC_KEY))
    known = base.folders.get(request.folder)
    if known is None:
        return Answer(document=build_update(FolderUpdateStatus.NOT_FOUND))
    try:
        await _update(call, request)
    except _Refused as refused:
        return Answer(document=build_update(refused.status))
    changed = replace(known, parent=request.parent, name=request.name)
    key = await _advance(call, base, base.with_folder(changed))
    return Answer(document=build_update(FolderUpdateStatus.SUCCESS, key))


class _Refused(Exception):
    """The change is not made; ``status`` says why."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


async def _create(call: Call, request: FolderCreateRequest) -> Folder:
    if not foldertypes.creatable(request.type, call.version):
        raise _Refused(FolderCreateStatus.MALFORMED)
    kind = foldertypes.kind_of(request.type)
    if kind in foldertypes.NO_CLASS or foldertypes.class_name(kind) not in CLASSES:
        raise _Refused(FolderCreateStatus.BACKEND_ERROR)
    if request.parent is not None and _is_cache(await call.mailbox.hierarchy(), request.parent):
        raise _Refused(FolderCreateStatus.PARENT_IS_SPECIAL)  # MS-ASCMD R81, R5769
    key = (request.sync_key, request.parent or "", request.name, str(request.type))
    statuses: dict[type[StoreError], int] = {
        NotFound: FolderCreateStatus.PARENT_NOT_FOUND,
        Conflict: FolderCreateStatus.NAME_EXISTS,
        NotAllowed: FolderCreateStatus.MALFORMED,  # a name that cannot be
    }
    return await _mapped(
        lambda: call.mailbox.create_folder(
            request.parent, request.name, kind, operation=operation(call, "folder-create", *key)
        ),
        statuses,
    )


async def _delete(call: Call, request: FolderDeleteRequest, *, known: bool) -> None:
    # A folder that the device still holds but that is gone already: the delete has happened.
    gone = FolderDeleteStatus.NOT_FOUND
    statuses: dict[type[StoreError], int] = {
        NotFound: gone,
        NotAllowed: FolderDeleteStatus.SPECIAL_FOLDER,
    }
    try:
        await _mapped(lambda: call.mailbox.delete_folder(request.folder), statuses)
    except _Refused as refused:
        if refused.status != gone or not known:
            raise


async def _update(call: Call, request: FolderUpdateRequest) -> None:
    present = await call.mailbox.hierarchy()
    if _is_cache(present, request.folder) or _is_cache(present, request.parent):
        raise _Refused(FolderUpdateStatus.RECIPIENT_CACHE)  # MS-ASCMD R142, R143
    if request.parent is not None and present.find(request.parent) is None:
        raise _Refused(FolderUpdateStatus.PARENT_NOT_FOUND)
    statuses: dict[type[StoreError], int] = {
        NotFound: FolderUpdateStatus.NOT_FOUND,
        Conflict: FolderUpdateStatus.NAME_EXISTS_OR_SPECIAL,
        NotAllowed: FolderUpdateStatus.NAME_EXISTS_OR_SPECIAL,
    }
    await _mapped(
        lambda: call.mailbox.update_folder(
            request.folder, parent=request.parent, name=request.name
        ),
        statuses,
    )


def _is_cache(present: Hierarchy, named: FolderId | None) -> bool:
    found = None if named is None else present.find(named)
    return found is not None and found.kind is FolderKind.RECIPIENT_CACHE


async def _mapped(act: Callable[[], Awaitable[T]], statuses: Mapping[type[StoreError], int]) -> T:
    try:
        return await act()
    except (NotFound, Conflict, NotAllowed) as exc:
        status = statuses.get(type(exc))
        if status is None:
            raise
        raise _Refused(status) from exc


def _document(call: Call) -> Element:
    if call.document is None:
        raise ProtocolError("an empty folder command")
    return call.document


async def _base(call: Call, key: str) -> hierarchy.KnownFolders | None:
    try:
        state = await folders.load(call)
    except Corrupt:
        return None
    return None if state is None else state.find(key)


async def _advance(call: Call, base: hierarchy.KnownFolders, made: hierarchy.KnownFolders) -> str:
    state = hierarchy.advance(base, made)
    await folders.save(call, state)
    return state.current.key

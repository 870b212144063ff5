"""FolderSync: tell a device of the folders that came, changed or went.

Spec: MS-ASCMD 2.2.1.5, 3.1.5.2.1; commands.md section 3.
"""

from carbonio_mobile.commands import hierarchy as folders
from carbonio_mobile.commands.context import Answer, Call
from carbonio_mobile.eas.messages.folders import build_sync, parse_sync
from carbonio_mobile.eas.status import FolderSyncStatus
from carbonio_mobile.errors import Corrupt, ProtocolError
from carbonio_mobile.sync import hierarchy


async def respond(call: Call) -> Answer:
    """Answer FolderSync.

    Key 0 gives the whole tree under the same server ids as ever and touches no collection's state;
    clients send it in mid-life (client-quirks.md 3.1).
    """
    if call.document is None:
        raise ProtocolError("an empty FolderSync")
    request = parse_sync(call.document)
    if request.sync_key == "0":
        return await _whole(call)
    documents = await call.documents((folders.TOLD, folders.VANISHED))
    vanished = folders.read_vanished(documents.get(folders.VANISHED))
    stuck = max(vanished.values(), default=0) >= folders.VANISHED_MAX
    told = folders.Told.parse(documents.get(folders.TOLD))
    token = folders.seen_as(call, await call.mailbox.hierarchy_token())
    if told is not None and (told.key, told.token) == (request.sync_key, token):
        answer = None
    else:
        answer = await _compare(call, request.sync_key)
    if answer is None and stuck:
        # It was told all there is, and yet it asks again and again for a folder that is not there:
        # let it start over once.
        await call.services.states.commit(call.device.key, {folders.VANISHED: None})
        return Answer(document=build_sync(FolderSyncStatus.INVALID_SYNC_KEY, None, None))
    return answer or _nothing(request.sync_key)


async def _compare(call: Call, sync_key: str) -> Answer | None:
    """Compare what the device knows with the folders there are; None where nothing is new."""
    try:
        state = await folders.load(call)
    except Corrupt:
        state = None  # the device starts over, which mends it
    base = None if state is None else state.find(sync_key)
    if base is None:
        return Answer(document=build_sync(FolderSyncStatus.INVALID_SYNC_KEY, None, None))
    present = await call.mailbox.hierarchy()
    shown = folders.visible_to(call, present)
    changes = hierarchy.differences(base, shown)
    if not changes.count:
        if state is not None and base is state.current:
            await folders.note_told(call, base.key, folders.seen_as(call, present.token))
        return None
    made = hierarchy.KnownFolders(
        key="",
        token=folders.seen_as(call, present.token),
        folders={folder.id: folder for folder in shown},
    )
    state = hierarchy.advance(base, made)
    await folders.save(call, state)
    return Answer(document=build_sync(FolderSyncStatus.SUCCESS, state.current.key, changes))


def _nothing(sync_key: str) -> Answer:
    changes = hierarchy.differences(None, ())
    return Answer(document=build_sync(FolderSyncStatus.SUCCESS, sync_key, changes))


async def _whole(call: Call) -> Answer:
    present = await call.mailbox.hierarchy()
    shown = folders.visible_to(call, present)
    token = folders.seen_as(call, present.token)
    state = hierarchy.first(call.services.random_bytes(6), token, shown)
    await folders.save(call, state)
    changes = hierarchy.differences(None, shown)
    return Answer(document=build_sync(FolderSyncStatus.SUCCESS, state.current.key, changes))

"""Taking away what a walk made, and nothing else: all of it has the walk's marker in its name."""

from carbonio_mobile.client import synctrees
from carbonio_mobile.client.classes import EMAIL
from carbonio_mobile.client.faults import ClientFault, Refused
from carbonio_mobile.client.phone import Phone
from carbonio_mobile.client.selftest.walk import RECENT, SOME_WEEKS, Walk
from carbonio_mobile.client.state import SyncOptions

_AT_ONCE = 50
_OBJECT_ROLES = ("calendar", "contacts", "tasks", "notes")
_MAIL_ROLES = ("inbox", "sent", "drafts", "trash")


async def clean_up(walk: Walk) -> None:
    """Delete the walk's folders and items of both accounts. Raises: ClientFault at the end."""
    faults: list[str] = []
    await _attempt(faults, _folders(walk))
    for phone in (walk.phone, walk.other):
        if phone is not None:
            await _attempt(faults, _items(phone, walk.marker))
    if faults:
        raise Refused("; ".join(faults), command="Sync")


async def _attempt(faults: list[str], work: "object") -> None:
    try:
        await work  # type: ignore[misc]
    except ClientFault as exc:
        faults.append(str(exc))


async def _folders(walk: Walk) -> None:
    await walk.phone.folder_sync()
    named = [one for one in walk.phone.folders.values() if walk.marker in one.name]
    # What is within another one goes first.
    for folder in sorted(named, key=lambda one: len(walk.phone.path(one.id)), reverse=True):
        if folder.id in walk.phone.folders:
            await walk.phone.delete_folder(folder.id)
    walk.own_folders.clear()


async def _items(phone: Phone, marker: str) -> None:
    await phone.folder_sync()
    for role in (*_OBJECT_ROLES, *_MAIL_ROLES):
        folder = next((one for one in phone.folders.values() if one.role == role), None)
        known = folder is not None and folder.id in phone.state.collections
        if folder is not None and (known or role in _MAIL_ROLES):
            await _emptied(phone, folder.id, marker)


async def _emptied(phone: Phone, folder: str, marker: str) -> None:
    """Delete for good what has the marker; a folder that this version cannot sync holds nothing."""
    try:
        await phone.settle(folder, options=_options(phone, folder))
    except Refused:
        return
    found = [one.id for one in phone.items(folder).values() if marker in one.subject]
    for start in range(0, len(found), _AT_ONCE):
        commands = [synctrees.delete(one) for one in found[start : start + _AT_ONCE]]
        result = await phone.sync(folder, *commands, deletes_as_moves=False)
        for status in result.refused.values():
            raise Refused(f"an item could not be deleted (status {status})", command="Sync")


def _options(phone: Phone, folder: str) -> SyncOptions | None:
    if phone.state.collection(folder).options_told:
        return None
    return RECENT if phone.state.class_of(folder) == EMAIL else SOME_WEEKS

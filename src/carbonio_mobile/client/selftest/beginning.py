"""What a phone does first: find the server, take its policy, tell of itself, list the folders.

Spec: MS-ASCMD 2.2.1.1 to 2.2.1.5, 2.2.1.8, 2.2.1.14, 2.2.1.18; MS-ASPROV 3.1.5.1.
"""

from carbonio_mobile.client.classes import CALENDAR, CONTACTS, EMAIL, NOTES, OBJECTS, TASKS, exists
from carbonio_mobile.client.faults import Refused
from carbonio_mobile.client.selftest.walk import RECENT, ROLES, SOME_WEEKS, Walk, expect
from carbonio_mobile.client.state import FIRST_KEY, SyncOptions

_NEEDED = ("Sync", "FolderSync", "SendMail", "Ping", "Provision")
_FIRST_WINDOW = 50


async def options(walk: Walk) -> None:
    """OPTIONS names the commands that every server has."""
    await walk.phone.options()
    missing = [name for name in _NEEDED if name not in walk.phone.state.commands]
    expect(not missing, f"OPTIONS to name {', '.join(missing)}")


async def autodiscover(walk: Walk) -> None:
    """Autodiscover gives a URL."""
    expect(bool(await walk.discover()), "a URL")


async def provision(walk: Walk) -> None:
    """Two phases, by each device; a server may have no policy."""
    for phone in (walk.phone, walk.witness, walk.other):
        if phone is not None:
            await phone.provision()


async def device_information(walk: Walk) -> None:
    """Both devices say what they are."""
    await walk.phone.device_information()
    await walk.witness.device_information()


async def user_information(walk: Walk) -> None:
    """The account has an address."""
    expect(bool(await walk.phone.addresses()), "an address of the account")


async def folder_sync(walk: Walk) -> None:
    """The folders come, and once only."""
    for phone in (walk.phone, walk.witness, walk.other):
        if phone is not None:
            await phone.folder_sync()
    roles = {folder.role for folder in walk.phone.folders.values()}
    missing = {"inbox", "sent", "trash"} - roles
    expect(not missing, f"the folders {', '.join(sorted(missing))}")
    before = dict(walk.phone.folders)
    await walk.phone.folder_sync()
    expect(walk.phone.folders == before, "no news of folders at once after all folders")


async def folder_create(walk: Walk) -> None:
    """Folders of each class; both devices agree on what there is."""
    refusals: list[Refused] = []
    for class_name in (EMAIL, CONTACTS, CALENDAR, TASKS, NOTES):
        if exists(class_name, walk.version):
            try:
                await walk.make_folder(class_name)
            except Refused as exc:
                refusals.append(exc)
    before = _names(walk)
    await walk.phone.folder_sync()  # may tell that one stands elsewhere: notes below Notes
    expect(_names(walk) == before, "the folders that this device made")
    await _agree(walk)
    if refusals:
        raise refusals[0]


async def folder_update(walk: Walk) -> None:
    """A folder within another is given another name."""
    parent = walk.folder(EMAIL)
    made = await walk.phone.create_folder(f"One {walk.marker}", parent=parent)
    walk.notes["subfolder"] = made
    await walk.phone.rename_folder(made, f"Two {walk.marker}")
    await _agree(walk)
    name = walk.witness.folders[walk.on_witness(made)].name
    expect(name == f"Two {walk.marker}", "the other device to see the new name")


async def folder_delete(walk: Walk) -> None:
    """That folder goes."""
    made = walk.notes.pop("subfolder", "")
    if not made:
        made = await walk.phone.create_folder(f"Two {walk.marker}")
    await walk.phone.delete_folder(made)
    await _agree(walk)
    names = [folder.name for folder in walk.witness.folders.values()]
    expect(f"Two {walk.marker}" not in names, "the other device not to see the folder any more")


def _names(walk: Walk) -> dict[str, str]:
    return {key: one.name for key, one in walk.phone.folders.items()}


async def _agree(walk: Walk) -> None:
    before = dict(walk.phone.folders)
    await walk.phone.folder_sync()
    expect(walk.phone.folders == before, "the folders to be as this device left them")
    await walk.witness.folder_sync()
    here = {walk.phone.path(folder) for folder in walk.phone.folders}
    there = {walk.witness.path(folder) for folder in walk.witness.folders}
    expect(here == there, "both devices to see the same folders")


async def get_hierarchy(walk: Walk) -> None:
    """GetHierarchy lists mail folders by the ids that FolderSync gave."""
    listed = {folder.id for folder in await walk.phone.mail_folders()}
    expect(walk.standard("inbox") in listed, "the inbox")
    mail = {folder.id for folder in walk.phone.folders.values() if folder.holds_mail}
    expect(listed <= mail, "mail folders that FolderSync showed")


async def sync_mail(walk: Walk) -> None:
    """The first Sync of the inbox, to its end: of the last day."""
    await walk.phone.settle(walk.standard("inbox"), window=_FIRST_WINDOW, options=RECENT)


async def sync_objects(walk: Walk) -> None:
    """The first window of each other standard folder that the server shows."""
    for class_name in OBJECTS:
        role = ROLES[class_name]
        if exists(class_name, walk.version) and _has(walk, role):
            folder = walk.standard(role)
            known = SOME_WEEKS if class_name == CALENDAR else SyncOptions(truncation_bytes=2048)
            result = await walk.phone.sync(folder, window=_FIRST_WINDOW, options=known)
            expect(result.status == 1, f"the first Sync of {role} to work, not {result.status}")
            key = walk.phone.state.collection(folder).key
            expect(key != FIRST_KEY, f"a key for {role}")


def _has(walk: Walk, role: str) -> bool:
    return any(folder.role == role for folder in walk.phone.folders.values())

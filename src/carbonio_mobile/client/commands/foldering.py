"""create-folder, rename-folder, delete-folder, empty-folder: the folders of the user."""

from argparse import Namespace

from carbonio_mobile.client.classes import (
    CALENDAR,
    CONTACTS,
    EMAIL,
    FOLDER_TYPES,
    NOTES,
    TASKS,
    exists,
)
from carbonio_mobile.client.commands.naming import folder_named
from carbonio_mobile.client.faults import ClientFault
from carbonio_mobile.client.program import Program
from carbonio_mobile.client.screen import clean
from carbonio_mobile.eas.version import Version

CLASSES = {
    "mail": EMAIL,
    "contacts": CONTACTS,
    "calendar": CALENDAR,
    "tasks": TASKS,
    "notes": NOTES,
}


async def create(program: Program, arguments: Namespace) -> int:
    """Make a folder."""
    class_name = CLASSES[arguments.holds]
    async with program.phone() as phone:
        if not exists(class_name, phone.version):
            raise ClientFault(f"notes came with 14.0, and this phone speaks {phone.version.text}")
        await phone.folder_sync()
        parent = folder_named(phone, arguments.within).id if arguments.within else "0"
        made = await phone.create_folder(
            arguments.name, parent=parent, type_=FOLDER_TYPES[class_name]
        )
        path = phone.path(made)
    program.screen.result({"id": made, "path": path}, [f"made {clean(path)} ({made})"])
    return 0


async def rename(program: Program, arguments: Namespace) -> int:
    """Give a folder another name."""
    async with program.phone() as phone:
        await phone.folder_sync()
        folder = folder_named(phone, arguments.folder)
        await phone.rename_folder(folder.id, arguments.name)
        path = phone.path(folder.id)
    program.screen.result({"id": folder.id, "path": path}, [f"now {clean(path)}"])
    return 0


async def delete(program: Program, arguments: Namespace) -> int:
    """Delete a folder with all that is in it."""
    async with program.phone() as phone:
        await phone.folder_sync()
        folder = folder_named(phone, arguments.folder)
        path = phone.path(folder.id)
        await phone.delete_folder(folder.id)
    program.screen.result({"id": folder.id, "path": path}, [f"deleted {clean(path)}"])
    return 0


async def empty(program: Program, arguments: Namespace) -> int:
    """Delete all that is in a folder."""
    async with program.phone() as phone:
        if phone.version < Version.V12_0:
            raise ClientFault("a folder is emptied from 12.0 on, and this phone speaks 2.5")
        folder = folder_named(phone, arguments.folder)
        path = phone.path(folder.id)
        await phone.empty_folder(folder.id, subfolders=arguments.subfolders)
        if folder.id in phone.state.collections:
            await phone.settle(folder.id)
    program.screen.result({"id": folder.id, "path": path}, [f"emptied {clean(path)}"])
    return 0

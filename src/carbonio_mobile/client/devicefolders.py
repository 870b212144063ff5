"""The folders of a phone: followed, found by name, made, renamed, deleted.

Spec: MS-ASCMD 2.2.1.2 to 2.2.1.5.
"""

from carbonio_mobile.client import mailtrees
from carbonio_mobile.client.device import Device, check
from carbonio_mobile.client.faults import ServerFault
from carbonio_mobile.client.state import FIRST_KEY, PhoneFolder
from carbonio_mobile.eas.status import (
    FolderSyncStatus,
)
from carbonio_mobile.wbxml import Element
from carbonio_mobile.wbxml.codepages import (
    FolderHierarchy,
)


class DeviceFolders(Device):
    """FolderSync, FolderCreate, FolderUpdate, FolderDelete."""

    def folder(self, wanted: str) -> PhoneFolder:
        """Find a folder by role (inbox, sent …), path (``Archive/2024``), name or id.

        Letters may be of either case. Raises: KeyError.
        """
        folded = wanted.casefold().strip("/")
        for name_of in (_role, self._path, _name, _id):
            for folder in self.folders.values():
                if name_of(folder).casefold() == folded:
                    return folder
        raise KeyError(wanted)

    def path(self, folder_id: str) -> str:
        """Give a folder's names from the top down, parted by ``/``; its id if it is unknown."""
        folder = self.folders.get(folder_id)
        return folder_id if folder is None else self._path(folder)

    def _path(self, folder: PhoneFolder) -> str:
        names, seen = [folder.name], {folder.id}
        while (parent := self.folders.get(folder.parent)) is not None and parent.id not in seen:
            names.append(parent.name)
            seen.add(parent.id)
            folder = parent
        return "/".join(reversed(names))

    async def folder_sync(self) -> None:
        """Bring the folders up to date, from the start where the server lost track."""
        answer = await self._folder_sync()
        if answer.value(FolderHierarchy.Status) == str(int(FolderSyncStatus.INVALID_SYNC_KEY)):
            self.state.folder_key = FIRST_KEY
            answer = await self._folder_sync()
        check(answer.value(FolderHierarchy.Status), "FolderSync")
        self._take_folders(answer)
        self.on_applied()

    async def _folder_sync(self) -> Element:
        document = mailtrees.folder_document(FolderHierarchy.FolderSync, self.state.folder_key)
        return await self.session.document("FolderSync", document)

    def _take_folders(self, answer: Element) -> None:
        key = answer.value(FolderHierarchy.SyncKey, "")
        changes = answer.find(FolderHierarchy.Changes)
        if not key or key == FIRST_KEY or changes is None:
            raise ServerFault("FolderSync succeeded without SyncKey or Changes")
        listed = [one for one in changes if one.tag is not FolderHierarchy.Count]
        if changes.value(FolderHierarchy.Count) != str(len(listed)):
            raise ServerFault("FolderSync counts wrongly")
        folders = {} if self.state.folder_key == FIRST_KEY else dict(self.state.folders)
        for change in listed:
            _apply_folder_change(folders, change)
        self.state.folder_key = key
        self.state.folders = folders
        for gone in [name for name in self.state.collections if name not in folders]:
            del self.state.collections[gone]

    async def mail_folders(self) -> list[PhoneFolder]:
        """Ask for the mail folders by GetHierarchy (up to 12.1); what is known stays as it is."""
        answer = await self.session.document("GetHierarchy", None)
        return [
            PhoneFolder(
                id=one.value(FolderHierarchy.ServerId, ""),
                parent=one.value(FolderHierarchy.ParentId, ""),
                name=one.value(FolderHierarchy.DisplayName, ""),
                type=int(one.value(FolderHierarchy.Type, "0")),
            )
            for one in answer.find_all(FolderHierarchy.Folder)
        ]

    async def create_folder(self, name: str, *, parent: str = "0", type_: int = 12) -> str:
        """Make a folder (a mail folder, unless ``type_`` says otherwise); gives its id."""
        document = mailtrees.folder_document(
            FolderHierarchy.FolderCreate,
            self.state.folder_key,
            parent=parent,
            name=name,
            type_=type_,
        )
        answer = await self._change_folders("FolderCreate", document)
        made = answer.value(FolderHierarchy.ServerId, "")
        if not made:
            raise ServerFault("FolderCreate gave no id")
        if made in self.state.folders:
            raise ServerFault(f"FolderCreate gave the id of another folder: {made}")
        self.state.folders[made] = PhoneFolder(id=made, parent=parent, name=name, type=type_)
        self.on_applied()
        return made

    async def rename_folder(self, folder: str, name: str, *, parent: str | None = None) -> None:
        """Give a folder a name and, where one is named, another parent."""
        before = self.state.folders[folder]
        target = before.parent if parent is None else parent
        document = mailtrees.folder_document(
            FolderHierarchy.FolderUpdate,
            self.state.folder_key,
            folder=folder,
            parent=target,
            name=name,
        )
        await self._change_folders("FolderUpdate", document)
        self.state.folders[folder] = PhoneFolder(
            id=folder, parent=target, name=name, type=before.type
        )
        self.on_applied()

    async def delete_folder(self, folder: str) -> None:
        """Delete a folder and what is in it."""
        document = mailtrees.folder_document(
            FolderHierarchy.FolderDelete, self.state.folder_key, folder=folder
        )
        await self._change_folders("FolderDelete", document)
        self.state.folders.pop(folder, None)
        self.state.collections.pop(folder, None)
        self.on_applied()

    async def _change_folders(self, command: str, document: Element) -> Element:
        answer = await self.session.document(command, document)
        check(answer.value(FolderHierarchy.Status), command)
        key = answer.value(FolderHierarchy.SyncKey, "")
        if not key:
            raise ServerFault(f"{command} gave no SyncKey")
        self.state.folder_key = key
        return answer


def _role(folder: PhoneFolder) -> str:
    return folder.role


def _name(folder: PhoneFolder) -> str:
    return folder.name


def _id(folder: PhoneFolder) -> str:
    return folder.id


def _apply_folder_change(folders: dict[str, PhoneFolder], change: Element) -> None:
    name = change.value(FolderHierarchy.ServerId, "")
    if not name:
        raise ServerFault(f"{change.tag.name} of a folder without ServerId")
    if change.tag is FolderHierarchy.Delete:
        folders.pop(name, None)
        return
    if change.tag is FolderHierarchy.Add and name in folders:
        raise ServerFault(f"a second Add of folder {name}")
    if change.tag is FolderHierarchy.Update and name not in folders:
        raise ServerFault(f"an Update of folder {name}, which the phone does not hold")
    type_ = change.value(FolderHierarchy.Type, "")
    if not type_.isdigit():
        raise ServerFault(f"folder {name} without a type")
    folders[name] = PhoneFolder(
        id=name,
        parent=change.value(FolderHierarchy.ParentId, ""),
        name=change.value(FolderHierarchy.DisplayName, ""),
        type=int(type_),
    )

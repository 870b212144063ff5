"""The folders of a mailbox in memory."""

from dataclasses import replace

from carbonio_mobile.errors import NotAllowed
from carbonio_mobile.ids import ChangeToken, FolderId, OperationId
from carbonio_mobile.mailbox.memorycontent import History, MemoryContent
from carbonio_mobile.mailbox.standard import check_creatable, clean_name
from carbonio_mobile.sync.folders import Folder, FolderKind, Hierarchy


class MemoryFolders(MemoryContent):
    """The promises of IFolders."""

    async def hierarchy(self) -> Hierarchy:
        """See :meth:`IFolders.hierarchy`."""
        found: list[Folder] = []
        level = [f for f in self._folders.values() if f.parent is None]
        while level:
            found += level
            parents = {f.id for f in level}
            level = [f for f in self._folders.values() if f.parent in parents]
        return Hierarchy(token=await self.hierarchy_token(), folders=tuple(found))

    async def hierarchy_token(self) -> ChangeToken:
        """See :meth:`IFolders.hierarchy_token`."""
        return ChangeToken(f"h.{self._hierarchy_modseq}")

    async def create_folder(
        self, parent: FolderId | None, name: str, kind: FolderKind, *, operation: OperationId
    ) -> Folder:
        """See :meth:`IFolders.create_folder`."""
        if operation in self._created:
            return self._created[operation]
        check_creatable(kind)
        if parent is not None:
            self._history(parent)
        name = clean_name(name)
        self._check_free(parent, name, None)
        folder = Folder(id=FolderId(str(self._next_folder)), parent=parent, name=name, kind=kind)
        self._next_folder += 1
        self._put_folder(folder)
        self._histories[folder.id] = History(self._modseq, self._modseq)
        self._created[operation] = folder
        return folder

    async def update_folder(self, folder: FolderId, *, parent: FolderId | None, name: str) -> None:
        """See :meth:`IFolders.update_folder`."""
        old = self._own_folder(folder)
        if parent is not None and (
            parent not in self._folders or parent in self._with_subfolders(folder)
        ):
            raise NotAllowed("a parent missing or within the folder")
        new = replace(old, parent=parent, name=clean_name(name))
        self._check_free(parent, new.name, folder)
        if new != old:
            self._put_folder(new)

    async def delete_folder(self, folder: FolderId) -> None:
        """See :meth:`IFolders.delete_folder`."""
        self._own_folder(folder)
        self._drop_folders(self._with_subfolders(folder))

    async def empty_folder(self, folder: FolderId, *, subfolders: bool) -> None:
        """See :meth:`IFolders.empty_folder`."""
        self._history(folder)
        self._take_out(folder, [one.item for one in self._standing(folder)])
        if subfolders:
            self._drop_folders(self._with_subfolders(folder)[1:])

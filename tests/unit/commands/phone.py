"""A device model that checks what it is told: the strictest phone there is."""

from carbonio_mobile.ids import FolderId
from carbonio_mobile.testing.rig import Rig
from carbonio_mobile.wbxml import Element
from carbonio_mobile.wbxml.codepages import AirSync, AirSyncBase, FolderHierarchy


class Phone:
    """One device of a rig's account. ``items``: server id -> the ApplicationData it holds."""

    def __init__(self, rig: Rig, *, version: str = "14.1", device: str = "phone1") -> None:
        self.rig = rig
        self.version = version
        self.device = device
        self.folders: dict[str, str] = {}
        self.folder_key = "0"
        self.keys: dict[str, str] = {}
        self.items: dict[str, dict[str, Element]] = {}
        self.answer: Element | None = None

    def post(self, command: str, document: Element | None = None) -> Element | None:
        return self.rig.post(command, document, version=self.version, device=self.device)

    def folder_sync(self) -> Element:
        request = Element(
            FolderHierarchy.FolderSync, [Element(FolderHierarchy.SyncKey, self.folder_key)]
        )
        answer = self.post("FolderSync", request)
        assert answer is not None
        assert answer.value(FolderHierarchy.Status) == "1"
        self.folder_key = answer.value(FolderHierarchy.SyncKey, "")
        changes = answer.find(FolderHierarchy.Changes)
        assert changes is not None
        for change in changes.children[1:]:
            name = change.value(FolderHierarchy.ServerId, "")
            if change.tag is FolderHierarchy.Delete:
                del self.folders[name]
            else:
                self.folders[name] = change.value(FolderHierarchy.DisplayName, "")
        return answer

    def collection(self, folder: FolderId, *content: Element | None) -> Element:
        return Element(
            AirSync.Collection,
            [
                Element(AirSync.SyncKey, self.keys.get(folder, "0")),
                Element(AirSync.CollectionId, folder),
                *content,
            ],
        )

    def sync(
        self, folder: FolderId, *content: Element | None, lose: bool = False
    ) -> Element | None:
        """Sync one folder; gives its Collection element, None for an empty answer.

        With ``lose`` the answer never reaches the device.
        """
        request = Element(
            AirSync.Sync,
            [Element(AirSync.Collections, [self.collection(folder, *content)])],
        )
        return self.take(self.post("Sync", request), lose=lose)

    def take(self, answer: Element | None, *, lose: bool = False) -> Element | None:
        self.answer = answer
        if answer is None:
            return None
        listed = answer.find(AirSync.Collections)
        if listed is None:
            return None
        (collection,) = listed.children
        if not lose and collection.value(AirSync.Status) == "1":
            self._apply(collection)
        return collection

    def prime(self, folder: FolderId, *content: Element | None) -> None:
        """Sync key 0, then until nothing more comes."""
        self.keys[folder] = "0"
        self.items[folder] = {}
        self.sync(folder)
        self.settle(folder, *content)

    def settle(self, folder: FolderId, *content: Element | None) -> None:
        for _ in range(1000):
            collection = self.sync(folder, *content)
            if collection is None or not collection.has(AirSync.MoreAvailable):
                return
        raise AssertionError("Sync never came to an end")

    def _apply(self, collection: Element) -> None:
        folder = collection.value(AirSync.CollectionId, "")
        self.keys[folder] = collection.value(AirSync.SyncKey, "")
        held = self.items.setdefault(folder, {})
        commands = collection.find(AirSync.Commands)
        for command in commands or ():
            name = command.value(AirSync.ServerId, "")
            if command.tag is AirSync.Add:
                assert name not in held, f"second Add of {name}"
                content = command.find(AirSync.ApplicationData)
                assert content is not None
                held[name] = content
            elif command.tag is AirSync.Change:
                assert name in held, f"Change of {name}, which is not there"
                content = command.find(AirSync.ApplicationData)
                assert content is not None
                held[name] = _merged(held[name], content)
            else:
                held.pop(name, None)


def _merged(before: Element, change: Element) -> Element:
    changed = {child.tag for child in change}
    kept = [child for child in before if child.tag not in changed]
    return Element(AirSync.ApplicationData, [*kept, *change.children])


def change(name: str, *content: Element) -> Element:
    """A Change of an item."""
    return Element(
        AirSync.Change,
        [Element(AirSync.ServerId, name), Element(AirSync.ApplicationData, list(content))],
    )


def delete(name: str) -> Element:
    """A Delete of an item."""
    return Element(AirSync.Delete, [Element(AirSync.ServerId, name)])


def commands(*content: Element) -> Element:
    """The Commands of a collection."""
    return Element(AirSync.Commands, list(content))


def options(*, filter_type: int = 0, body: int = 1, size: int | None = None) -> Element:
    """Options with a filter and one body preference."""
    limit = None if size is None else Element(AirSyncBase.TruncationSize, str(size))
    return Element(
        AirSync.Options,
        [
            Element(AirSync.FilterType, str(filter_type)),
            Element(AirSyncBase.BodyPreference, [Element(AirSyncBase.Type, str(body)), limit]),
        ],
    )

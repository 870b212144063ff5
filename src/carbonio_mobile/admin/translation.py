"""Keys and ids of one store in the words of another, learned from pairs of answers."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Final

from carbonio_mobile.eas.requestline import RequestLine
from carbonio_mobile.wbxml import Element, Tag
from carbonio_mobile.wbxml.codepages import (
    AirSync,
    ComposeMail,
    FolderHierarchy,
    GetItemEstimate,
    ItemOperations,
    MeetingResponse,
    Move,
    Ping,
    Provision,
)


class _Kind(Enum):
    FOLDER = "folder"
    ITEM = "item"
    POLICY = "policy key"
    HIERARCHY = "key of the hierarchy"
    COLLECTION = "key of a collection"


_KINDS: Final[Mapping[Tag, _Kind]] = {
    AirSync.CollectionId: _Kind.FOLDER,
    GetItemEstimate.CollectionId: _Kind.FOLDER,
    Ping.Id: _Kind.FOLDER,
    FolderHierarchy.ServerId: _Kind.FOLDER,
    FolderHierarchy.ParentId: _Kind.FOLDER,
    Move.SrcFldId: _Kind.FOLDER,
    Move.DstFldId: _Kind.FOLDER,
    ItemOperations.DstFldId: _Kind.FOLDER,
    MeetingResponse.CollectionId: _Kind.FOLDER,
    ComposeMail.FolderId: _Kind.FOLDER,
    AirSync.ServerId: _Kind.ITEM,
    Move.SrcMsgId: _Kind.ITEM,
    MeetingResponse.RequestId: _Kind.ITEM,
    ComposeMail.ItemId: _Kind.ITEM,
    Provision.PolicyKey: _Kind.POLICY,
    FolderHierarchy.SyncKey: _Kind.HIERARCHY,
}
_COLLECTIONS: Final = (AirSync.CollectionId, GetItemEstimate.CollectionId)
_USER_FOLDERS: Final = frozenset({"1", "12", "13", "14", "15", "16", "17", "18"})
_FIRST: Final = frozenset({"", "0"})


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownKey:
    """A sync key of the hierarchy, or of a collection and its class where the request says it."""

    key: str
    collection: str = ""
    class_name: str = ""

    @property
    def of_hierarchy(self) -> bool:
        """Whether it is the key of the hierarchy of folders."""
        return not self.collection


@dataclass(slots=True)
class Translation:
    """What is known of another store; what is not known is said as it was."""

    _words: dict[tuple[_Kind, str, str], str] = field(default_factory=dict)

    def _word(self, kind: _Kind, word: str, collection: str = "") -> str:
        return self._words.get((kind, collection, word), word)

    def _learn(self, kind: _Kind, old: str | None, new: str | None, collection: str = "") -> None:
        if old and new:
            self._words[kind, collection, old] = new

    # Requests

    def request(self, root: Element) -> Element:
        """Give a request in the words of the other store."""
        collection = _collection(root) or ""
        if not root.children:
            return Element(root.tag, self._text(root))
        return Element(root.tag, [self._below(each, collection) for each in root.children])

    def _below(self, element: Element, collection: str) -> Element:
        if element.tag is AirSync.SyncKey:
            known = self._word(_Kind.COLLECTION, element.string, collection)
            return Element(element.tag, known)
        return self.request(element)

    def _text(self, element: Element) -> str | bytes | None:
        kind = _KINDS.get(element.tag)
        return element.text if kind is None else self._word(kind, element.string)

    def line(self, line: RequestLine) -> RequestLine:
        """Give a request line in the words of the other store."""
        key = line.policy_key
        known = self._word(_Kind.POLICY, str(key)) if key is not None else ""
        return replace(
            line,
            policy_key=int(known) if known.isdigit() else key,
            collection_id=line.collection_id and self._word(_Kind.FOLDER, line.collection_id),
            item_id=line.item_id and self._word(_Kind.ITEM, line.item_id),
        )

    def unknown_keys(self, request: Element) -> list[UnknownKey]:
        """Give the sync keys of a request that only the old store knows."""
        found = []
        for element, collection in _walked(request):
            hierarchy = element.value(FolderHierarchy.SyncKey, "0")
            if hierarchy not in _FIRST and (_Kind.HIERARCHY, "", hierarchy) not in self._words:
                found.append(UnknownKey(key=hierarchy))
            key = element.value(AirSync.SyncKey, "0")
            name = _collection(element) or collection
            if key not in _FIRST and name and (_Kind.COLLECTION, name, key) not in self._words:
                kind = element.value(AirSync.Class, "")
                found.append(UnknownKey(key=key, collection=name, class_name=kind))
        return found

    # Answers

    def take_key(self, old: UnknownKey, answer: Element) -> None:
        """Let an old key be the one of an answer to a first FolderSync or Sync."""
        if old.of_hierarchy:
            self._learn(_Kind.HIERARCHY, old.key, answer.value(FolderHierarchy.SyncKey))
            return
        for each in _all(answer, AirSync.Collection):
            self._learn(_Kind.COLLECTION, old.key, each.value(AirSync.SyncKey), old.collection)

    def learn(self, command: str, old: Element, new: Element) -> None:
        """Learn from the answers of both stores to one request."""
        if command == "Sync":
            self._learn_sync(old, new)
        elif command == "Provision":
            self._learn_policy(old, new)
        elif command == "MoveItems":
            self._learn_moves(old, new)
        elif command.startswith("Folder"):
            self._learn_folders(old, new)

    def _learn_sync(self, old: Element, new: Element) -> None:
        fresh = {
            each.value(AirSync.CollectionId, ""): each for each in _all(new, AirSync.Collection)
        }
        for was in _all(old, AirSync.Collection):
            collection = was.value(AirSync.CollectionId, "")
            now = fresh.get(self._word(_Kind.FOLDER, collection))
            if now is None:
                continue
            keys = was.value(AirSync.SyncKey), now.value(AirSync.SyncKey)
            self._learn(_Kind.COLLECTION, *keys, collection)
            self._learn_added(was, now)

    def _learn_added(self, was: Element, now: Element) -> None:
        """Items that the phone made: both stores name them behind the phone's own name."""
        fresh = _by_name(now.find(AirSync.Responses), AirSync.ClientId, AirSync.ServerId)
        for name, old in _by_name(
            was.find(AirSync.Responses), AirSync.ClientId, AirSync.ServerId
        ).items():
            self._learn(_Kind.ITEM, old, fresh.get(name))

    def _learn_policy(self, old: Element, new: Element) -> None:
        for was, now in zip(
            _all(old, Provision.PolicyKey), _all(new, Provision.PolicyKey), strict=False
        ):
            self._learn(_Kind.POLICY, was.string, now.string)

    def _learn_moves(self, old: Element, new: Element) -> None:
        fresh = _by_name(new, Move.SrcMsgId, Move.DstMsgId)
        for name, was in _by_name(old, Move.SrcMsgId, Move.DstMsgId).items():
            self._learn(_Kind.ITEM, was, fresh.get(self._word(_Kind.ITEM, name)))

    def _learn_folders(self, old: Element, new: Element) -> None:
        for tag, kind in (
            (FolderHierarchy.SyncKey, _Kind.HIERARCHY),
            (FolderHierarchy.ServerId, _Kind.FOLDER),
        ):
            self._learn(kind, old.value(tag), new.value(tag))
        fresh = {_folder_name(each): each for each in _all(new, FolderHierarchy.Add)}
        for was in _all(old, FolderHierarchy.Add):
            now = fresh.get(_folder_name(was))
            if now is not None:
                ids = was.value(FolderHierarchy.ServerId), now.value(FolderHierarchy.ServerId)
                self._learn(_Kind.FOLDER, *ids)


def _walked(root: Element, collection: str = "") -> Iterator[tuple[Element, str]]:
    """Give each element with the id of the collection around it."""
    mine = _collection(root) or collection
    yield root, collection
    for child in root.children:
        yield from _walked(child, mine)


def _collection(element: Element) -> str | None:
    return next((value for tag in _COLLECTIONS if (value := element.value(tag))), None)


def _all(root: Element, tag: Tag) -> list[Element]:
    return [each for each, _ in _walked(root) if each.tag is tag]


def _by_name(root: Element | None, name: Tag, value: Tag) -> dict[str, str]:
    """Give the values that stand beside a name, by that."""
    if root is None:
        return {}
    pairs = ((each.value(name), each.value(value)) for each, _ in _walked(root))
    return {key: said for key, said in pairs if key and said}


def _folder_name(folder: Element) -> tuple[str, str]:
    """Name a folder so that both stores name it alike: a standard one by its type."""
    kind = folder.value(FolderHierarchy.Type, "")
    display = folder.value(FolderHierarchy.DisplayName, "") if kind in _USER_FOLDERS else ""
    return kind, display

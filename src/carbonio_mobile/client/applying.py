"""An answer to Sync, checked strictly and applied to what a phone holds, or not at all.

Spec: MS-ASCMD 2.2.3.26 (Commands), 2.2.3.148 (Responses), 3.1.5.4.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from carbonio_mobile.client.classes import CALENDAR, EMAIL
from carbonio_mobile.client.faults import ServerFault
from carbonio_mobile.client.items import AttachedFile, Item
from carbonio_mobile.client.state import FIRST_KEY, PhoneCollection
from carbonio_mobile.client.synctrees import Wanted
from carbonio_mobile.eas.status import SyncStatus
from carbonio_mobile.wbxml import Element, Tag
from carbonio_mobile.wbxml.codepages import AirSync, AirSyncBase, Calendar, Email2

_KEY_LENGTH = 64
_REMOVALS = (AirSync.Delete, AirSync.SoftDelete)
_FROM_SERVER = (AirSync.Add, AirSync.Change, *_REMOVALS)


@dataclass(slots=True, kw_only=True)
class SyncResult:
    """What one Sync did to one folder; ids are server ids.

    ``status`` 1 is success (also where there was nothing to say), 3 means that the collection
    starts over, 12 that the folders changed. ``made``: ClientId -> ServerId of what was added;
    ``refused``: ClientId or ServerId -> status of a command that failed; ``fetched``: the content
    that a Fetch brought.
    """

    folder: str
    status: int = SyncStatus.SUCCESS
    more: bool = False
    added: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    soft_removed: list[str] = field(default_factory=list)
    made: dict[str, str] = field(default_factory=dict)
    refused: dict[str, int] = field(default_factory=dict)
    fetched: dict[str, Element] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """Tell how many changes of the server came."""
        return sum(map(len, (self.added, self.changed, self.removed, self.soft_removed)))


def apply(
    answer: Element,
    wanted: Wanted,
    known: PhoneCollection,
    *,
    keep_contents: bool,
    item_class: str = EMAIL,
) -> SyncResult:
    """Apply a Collection of an answer that has status 1; ``item_class`` is that of the folder.

    Raises: ServerFault, with nothing applied.
    """
    key = answer.value(AirSync.SyncKey, "")
    if not key or key == FIRST_KEY or len(key) > _KEY_LENGTH:
        raise ServerFault(f"Sync of {wanted.folder} succeeded without a usable SyncKey")
    result = SyncResult(folder=wanted.folder, more=answer.has(AirSync.MoreAvailable))
    work = _Work(
        held=known.items, result=result, keep_contents=keep_contents, item_class=item_class
    )
    try:
        work.settle_own(wanted.commands, _children(answer, AirSync.Responses))
        work.take(_children(answer, AirSync.Commands), wanted.window)
    except ValueError as exc:
        raise ServerFault(f"Sync of {wanted.folder}: unreadable item ({exc})") from exc
    known.key = key
    work.commit(known.items)
    if wanted.options is not None:
        known.options = wanted.options
    known.options_told = True
    return result


def settle_unanswered(
    wanted: Wanted, known: PhoneCollection, *, keep_contents: bool, item_class: str = EMAIL
) -> SyncResult:
    """Take an answer that leaves a collection out: its commands worked, its key stays."""
    result = SyncResult(folder=wanted.folder)
    work = _Work(
        held=known.items, result=result, keep_contents=keep_contents, item_class=item_class
    )
    work.settle_own(wanted.commands, ())
    work.commit(known.items)
    return result


def _children(parent: Element, tag: Tag) -> list[Element]:
    found = parent.find(tag)
    if found is None:
        return []
    if not found.children:
        raise ServerFault(f"an empty {tag.name}")
    return found.children


@dataclass(slots=True, kw_only=True)
class _Work:
    """Changes beside the items held, so that a fault leaves these as they were."""

    held: Mapping[str, Item]
    result: SyncResult
    keep_contents: bool
    item_class: str
    news: dict[str, Item | None] = field(default_factory=dict)

    def get(self, server_id: str) -> Item | None:
        if server_id in self.news:
            return self.news[server_id]
        return self.held.get(server_id)

    def commit(self, items: dict[str, Item]) -> None:
        for server_id, item in self.news.items():
            if item is None:
                items.pop(server_id, None)
            else:
                items[server_id] = item

    # The server's commands

    def take(self, commands: list[Element], window: int) -> None:
        if len(commands) > window:
            raise ServerFault(f"{len(commands)} changes in a window of {window}")
        for command in commands:
            if command.tag not in _FROM_SERVER:
                raise ServerFault(f"{command.tag.name} is no command of a server")
            server_id = _name(command)
            if command.tag in _REMOVALS:
                self._remove(command.tag, server_id)
            elif command.tag is AirSync.Add:
                self._add(server_id, _data(command))
            else:
                self._change(server_id, _data(command))

    def _add(self, server_id: str, data: Element) -> None:
        if self.get(server_id) is not None:
            raise ServerFault(f"a second Add of {server_id}")
        self.news[server_id] = Item.of(
            server_id, data, keep_content=self.keep_contents, item_class=self.item_class
        )
        self.result.added.append(server_id)

    def _change(self, server_id: str, data: Element) -> None:
        before = self.get(server_id)
        if before is None:
            raise ServerFault(f"a Change of {server_id}, which the phone does not hold")
        if not data.children:
            raise ServerFault(f"a Change of {server_id} that changes nothing")
        self.news[server_id] = before.changed(data, keep_content=self.keep_contents)
        self.result.changed.append(server_id)

    def _remove(self, tag: Tag, server_id: str) -> None:
        """An item that is not held is gone already: phones delete on their own, too."""
        if self.get(server_id) is not None:
            self.news[server_id] = None
        soft = tag is AirSync.SoftDelete
        (self.result.soft_removed if soft else self.result.removed).append(server_id)

    # The phone's own commands

    def settle_own(self, commands: Iterable[Element], responses: Iterable[Element]) -> None:
        said = self._matched(responses)
        for command in commands:
            name = _own_name(command)
            response = said.pop((command.tag, name, _instance(command)), None)
            status = _status(response)
            if response is None and command.tag in (AirSync.Add, AirSync.Fetch):
                raise ServerFault(f"no response to {command.tag.name} of {name}")
            if status != SyncStatus.SUCCESS:
                self.result.refused[name] = status
            else:
                self._done(command, name, response)
        if said:
            tag, name, _ = next(iter(said))
            raise ServerFault(f"a response to {tag.name} of {name}, which was not sent")

    def _matched(self, responses: Iterable[Element]) -> dict[tuple[Tag, str, str], Element]:
        said: dict[tuple[Tag, str, str], Element] = {}
        for response in responses:
            place = (response.tag, _own_name(response), _instance(response))
            if place in said:
                raise ServerFault(f"two responses to {place[0].name} of {place[1]}")
            said[place] = response
        return said

    def _done(self, command: Element, name: str, response: Element | None) -> None:
        told = None if response is None else response.find(AirSync.ApplicationData)
        if command.tag is AirSync.Fetch:
            self._fetched(name, told)
        elif _instance(command):
            pass  # one occurrence of an event that is still held; a Fetch brings it as it is now
        elif command.tag is AirSync.Delete:
            self._forget(name)
        elif command.tag is AirSync.Add:
            assert response is not None
            self._made(command, name, response)
        elif command.has(Email2.Send):
            self._forget(name)  # what was sent is no draft any more
        else:
            self._changed_here(command, name, told)

    def _forget(self, name: str) -> None:
        if self.get(name) is not None:
            self.news[name] = None

    def _fetched(self, name: str, told: Element | None) -> None:
        if told is None:
            raise ServerFault(f"Fetch of {name} succeeded without content")
        self.result.fetched[name] = told
        before = self.get(name)
        if before is not None:
            self.news[name] = before.changed(told, keep_content=self.keep_contents)

    def _made(self, command: Element, name: str, response: Element) -> None:
        if command.has(Email2.Send):
            return
        server_id = _name(response)
        if self.get(server_id) is not None:
            raise ServerFault(f"Add of {name} gave the id of another item")
        self.result.made[name] = server_id
        told = response.find(AirSync.ApplicationData)
        is_mail = self.item_class == EMAIL
        bare = Item(id=server_id, item_class=self.item_class, draft=is_mail, read=is_mail)
        self.news[server_id] = self._as_written(bare, command, told)

    def _changed_here(self, command: Element, name: str, told: Element | None) -> None:
        before = self.get(name)
        if before is not None:
            self.news[name] = self._as_written(before, command, told)

    def _as_written(self, before: Item, command: Element, told: Element | None) -> Item:
        """Give an item as the phone wrote it, with the names that the server gave its files."""
        data = _data(command)
        files = data.find(AirSyncBase.Attachments)
        rest = [child for child in data if child is not files]
        written = Element(AirSync.ApplicationData, rest)
        item = before.changed(
            written, keep_content=self.keep_contents, partial=_is_partial(before, data)
        )
        return item if files is None else _with_files(item, files, told)


def _with_files(item: Item, files: Element, told: Element | None) -> Item:
    gone = {one.value(AirSyncBase.FileReference) for one in files.find_all(AirSyncBase.Delete)}
    listed = None if told is None else told.find(AirSyncBase.Attachments)
    references = {
        one.value(AirSyncBase.ClientId, ""): one.value(AirSyncBase.FileReference, "")
        for one in listed or ()
    }
    added = [
        AttachedFile(
            name=one.value(AirSyncBase.DisplayName, ""),
            reference=references.get(one.value(AirSyncBase.ClientId, ""), ""),
        )
        for one in files.find_all(AirSyncBase.Add)
    ]
    kept = [one for one in item.attachments if one.reference not in gone]
    return replace(item, attachments=(*kept, *added))


def _is_partial(before: Item, data: Element) -> bool:
    """Tell whether a Change of the phone says a part only: an event without its start or subject.

    A phone writes whole events up to 14.1, from 16.0 on what it changed.
    """
    whole = data.has(Calendar.StartTime) and data.has(Calendar.Subject)
    return before.item_class == CALENDAR and not whole


def _instance(element: Element) -> str:
    return element.value(AirSyncBase.InstanceId, "")


def _own_name(element: Element) -> str:
    tag = AirSync.ClientId if element.tag is AirSync.Add else AirSync.ServerId
    return element.value(tag, "")


def _name(element: Element) -> str:
    name = element.value(AirSync.ServerId)
    if not name:
        raise ServerFault(f"{element.tag.name} without ServerId")
    return name


def _data(element: Element) -> Element:
    data = element.find(AirSync.ApplicationData)
    if data is None:
        raise ServerFault(f"{element.tag.name} without ApplicationData")
    return data


def _status(response: Element | None) -> int:
    if response is None:
        return SyncStatus.SUCCESS
    text = response.value(AirSync.Status, "")
    if not text.isdigit():
        raise ServerFault(f"a response to {response.tag.name} without Status")
    return int(text)

"""Contacts, events, tasks and notes that a device adds, changes and deletes in a Sync.

A change is made on the object as it stands now and stored only if nobody else changed it meanwhile.
Meeting mail goes out before the calendar says so: a repeat after a crash finds the calendar as it
was, works out the same messages, and none of them leaves twice.

Spec: MS-ASCMD 2.2.3.7.2, 2.2.3.24, 2.2.3.42.2 (Add, Change, Delete); MS-ASCAL 3.2.4; design.md
section 4.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import partial

from carbonio_mobile.commands.authors import author
from carbonio_mobile.commands.context import Call
from carbonio_mobile.commands.meetings import mail_changes
from carbonio_mobile.commands.operations import digest, operation
from carbonio_mobile.eas import foldertypes
from carbonio_mobile.eas.items import calendar
from carbonio_mobile.eas.items.classes import OBJECT_CLASSES, ObjectClass
from carbonio_mobile.eas.items.context import Author, Ghosts
from carbonio_mobile.eas.items.faults import ItemFault
from carbonio_mobile.eas.items.files import Files, file_element, parse_files
from carbonio_mobile.eas.messages.sync import ClientCommand, CommandKind
from carbonio_mobile.eas.status import SyncStatus
from carbonio_mobile.eas.version import Version
from carbonio_mobile.errors import Conflict, NotFound
from carbonio_mobile.ids import ChangeToken, ItemId, ItemVersion, OperationId, PartId
from carbonio_mobile.pim.event import Event
from carbonio_mobile.pim.item import ObjectItem, Record, body_of
from carbonio_mobile.pim.newness import says_the_same
from carbonio_mobile.pim.objects import read_object, write_object
from carbonio_mobile.sync.changes import NO_ASPECT, Aspect, ItemHead
from carbonio_mobile.sync.folders import Folder
from carbonio_mobile.sync.state import ALL_UNSURE, STATE_UNSURE, CommandResult
from carbonio_mobile.wbxml import Element, encode
from carbonio_mobile.wbxml.codepages import AirSync, AirSyncBase, Calendar

_TRIES = 3
"""So often a change is made anew on an object that others keep changing."""

_LARGE_BYTES = 32_768
"""Reading and writing more than this takes milliseconds, which the reactor thread has not."""
_GUEST_BYTES = 80

_NO_FILES = Files()


class _Standing(Enum):
    """How an object stands that a device changes.

    EXPECTED: as the device believes. UNSURE: nobody can tell. OVERTAKEN: others have changed it.
    """

    EXPECTED = "expected"
    UNSURE = "unsure"
    OVERTAKEN = "overtaken"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wanted:
    """What an object is to become. ``held_back``: not all that the device said was taken.

    ``contents`` are the octets of new files; ``original`` names the occurrence that was changed.
    """

    record: Record
    contents: Mapping[PartId, bytes] = field(default_factory=dict, repr=False)
    files: Files = _NO_FILES
    original: float | None = None
    held_back: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectWrites:
    """The objects of one folder, as one device works on them.

    ``token``: up to here the device was told what happened to each. ``own``: the versions that it
    made itself since then. ``client_wins``: its changes replace those of others (MS-ASCMD R2067).
    """

    call: Call
    folder: Folder
    ghosts: Ghosts
    sync_key: str
    token: ChangeToken
    own: Mapping[ItemId, ItemVersion]
    client_wins: bool

    @property
    def _class(self) -> ObjectClass:
        return OBJECT_CLASSES[foldertypes.class_name(self.folder.kind)]

    async def add(self, command: ClientCommand) -> CommandResult:
        """Store what a device adds, once; an event whose UID is there already is that event.

        Raises: ItemFault, OverQuota, TooLarge, NotAllowed.
        """
        assert command.content is not None
        name = operation(self.call, "add", self.folder.id, digest(encode(command.element)))
        record = self._class.added(command.content, author(self.call, name))
        if isinstance(record, Event):
            there = await self._same_event(record)
            if there is not None:
                merged = await self._changed(command, there.item, _Standing.EXPECTED)
                return replace(merged, version=None)  # nobody knows what the device had of it
        wanted = self._with_files(_Wanted(record=record), command)
        source, stored = await self._prepared(None, wanted)
        head = await self._store(source, command, name)
        version = ALL_UNSURE if _is_completed(stored, command.content) else head.version
        return self._result(head.item, version, wanted, stored)

    async def _same_event(self, record: Event) -> ObjectItem | None:
        found = await self.call.mailbox.find_uid(record.uid)
        return next((one for one in found if one.folder == self.folder.id), None)

    async def _store(self, source: bytes, command: ClientCommand, name: OperationId) -> ItemHead:
        mailbox, folder = self.call.mailbox, self.folder.id
        head: ItemHead = await mailbox.add_object(folder, source, operation=name)
        if head.item in await mailbox.objects(folder, [head.item]):
            return head
        # The same words under the same client id made an object once that is gone by now: a device
        # that started over counts anew.
        again = operation(self.call, "add", folder, name, self.sync_key, command.name)
        return await mailbox.add_object(folder, source, operation=again)

    async def change(self, command: ClientCommand, item: ItemId) -> CommandResult:
        """Change an object, or one occurrence of an event.

        Where others changed it meanwhile and the two differ, the device loses unless it wins all
        conflicts (MS-ASCMD R2066); all that is there is told to it. Raises: ItemFault, NotFound,
        OverQuota, TooLarge.
        """
        return await self._changed(command, item, None)

    async def _changed(
        self, command: ClientCommand, item: ItemId, known: _Standing | None
    ) -> CommandResult:
        """Change an object; ``known`` None is to be found out."""
        who = author(self.call, "")
        for _ in range(_TRIES):
            before = await self._now(item)
            standing = known or await self._standing(before)
            wanted = self._with_files(self._wanted(before.record, command, who), command)
            if says_the_same(wanted.record, before.record) and not wanted.held_back:
                result = CommandResult(status=SyncStatus.SUCCESS, item=item, version=before.version)
            elif standing is _Standing.OVERTAKEN and not self.client_wins:
                return CommandResult(status=SyncStatus.CONFLICT)
            else:
                try:
                    result = await self._replace(before, wanted)
                except Conflict:
                    continue
            return result if standing is _Standing.EXPECTED else replace(result, version=None)
        return CommandResult(status=SyncStatus.RETRY)

    async def _standing(self, before: ObjectItem) -> _Standing:
        """Say whether an object stands as the device believes it does."""
        own = self.own.get(before.item)
        if own == before.version:
            return _Standing.EXPECTED
        if own in (STATE_UNSURE, ALL_UNSURE):
            return _Standing.UNSURE
        if own is not None:
            return _Standing.OVERTAKEN
        try:
            changed = await self.call.mailbox.aspects_since(
                self.folder.id, [before.item], self.token
            )
        except Conflict:
            return _Standing.UNSURE  # the history is gone; the pull that follows finds out
        news = changed.get(before.item, NO_ASPECT) & Aspect.CONTENT
        return _Standing.OVERTAKEN if news else _Standing.EXPECTED

    async def _now(self, item: ItemId) -> ObjectItem:
        found = await self.call.mailbox.objects(self.folder.id, [item], source=True)
        if item not in found:
            raise NotFound(f"item {item}")
        return found[item]

    def _wanted(self, before: Record, command: ClientCommand, who: Author) -> _Wanted:
        if not isinstance(before, Event):
            if command.instance or command.content is None:
                raise ItemFault("an instance of what is no event, or nothing said")
            return _Wanted(record=self._class.changed(before, command.content, who, self.ghosts))
        if command.instance:
            return _instance_wanted(before, command, who)
        if command.content is None:
            raise ItemFault("a Change without content")
        change = calendar.change(before, command.content, who, self.ghosts)
        return _Wanted(record=change.event, held_back=change.held_back)

    def _with_files(self, wanted: _Wanted, command: ClientCommand) -> _Wanted:
        """Add and take off files, which are the organiser's to change."""
        record = wanted.record
        if (
            command.content is None
            or not isinstance(record, Event)
            or self.call.version < Version.V16_0
        ):
            return wanted
        files = parse_files(command.content)
        if not files:
            return wanted
        if wanted.held_back:
            return wanted
        event, contents = calendar.with_files(record, files, wanted.original)
        return _Wanted(
            record=event,
            contents=contents,
            files=files,
            original=wanted.original,
        )

    async def _replace(self, before: ObjectItem, wanted: _Wanted) -> CommandResult:
        """Store a change; of one that was held back the device is told what there is.

        Raises: Conflict (somebody else was faster).
        """
        source, stored = await self._prepared(before, wanted)
        version = await self.call.mailbox.replace_object(
            self.folder.id, before.item, source, expected=before.version
        )
        told = None if wanted.held_back else version
        return self._result(before.item, told, wanted, stored)

    async def _prepared(self, before: ObjectItem | None, wanted: _Wanted) -> tuple[bytes, Record]:
        """Tell the attendees, and give what is to be stored: its text and what that reads as."""
        record, source = wanted.record, None if before is None else before.source
        contents = wanted.contents
        if isinstance(record, Event):
            known = None
            if before is not None and isinstance(before.record, Event):
                known = before.record
            if contents:  # an invitation carries the files that come with the change
                source, made = await self._write(source, record, contents)
                record, contents = made if isinstance(made, Event) else record, {}
            changed = await mail_changes(
                self.call,
                known,
                record,
                source=source,
                by_server=await self._is_told_by_server(),
            )
            record = record if changed is None else changed
        return await self._write(source, record, contents)

    async def _is_told_by_server(self) -> bool:
        """Tell whether the server of this calendar tells attendees of what is stored there."""
        told: bool = await self.call.mailbox.schedules(self.folder.id)
        return told

    async def _write(
        self, source: bytes | None, record: Record, contents: Mapping[PartId, bytes]
    ) -> tuple[bytes, Record]:
        """Write an object, away from the reactor where it is large; gives what it reads as, too."""
        written = partial(_written, source, record, self.call.now, contents)
        if _work_bytes(source, record, contents) < _LARGE_BYTES:
            return written()
        return await self.call.services.offload(written)

    def _result(
        self, item: ItemId, version: ItemVersion | None, wanted: _Wanted, stored: Record
    ) -> CommandResult:
        parts: tuple[PartId, ...] = ()
        if wanted.files and isinstance(stored, Event):
            new = calendar.new_parts(stored, wanted.files, wanted.original)
            parts = tuple(part for _, part in new)
        return CommandResult(status=SyncStatus.SUCCESS, item=item, version=version, parts=parts)

    async def delete(self, items: Sequence[ItemId]) -> None:
        """Delete objects; the attendees of own meetings are told, from 16.0 on."""
        found = await self.call.mailbox.objects(self.folder.id, items, source=True)
        by_server = self._class.name == "Calendar" and await self._is_told_by_server()
        for one in found.values():
            if isinstance(one.record, Event):
                await mail_changes(
                    self.call, one.record, None, source=one.source, by_server=by_server
                )
        await self.call.mailbox.delete(self.folder.id, items)

    async def made_of(self, command: ClientCommand, result: CommandResult) -> Element | None:
        """Give the ApplicationData that tells a device what the server set in an event.

        These are the UID of a new one (MS-ASCAL R2223) and the references of new files (MS-ASAIRS
        R1082).
        """
        if result.item is None or result.removed or self._class.name != "Calendar":
            return None
        shown: list[Element] = []
        if command.kind is CommandKind.ADD:
            found = await self.call.mailbox.objects(self.folder.id, [result.item])
            shown += [Element(Calendar.UID, one.record.uid) for one in found.values()]
        if command.content is not None and result.parts:
            new = [one for one in parse_files(command.content).added if one.content]
            files = [
                file_element(self.folder.id, result.item, one, part)
                for one, part in zip(new, result.parts, strict=False)
            ]
            shown.append(Element(AirSyncBase.Attachments, files))
        return Element(AirSync.ApplicationData, shown) if shown else None


def _written(
    source: bytes | None, record: Record, now: float, contents: Mapping[PartId, bytes]
) -> tuple[bytes, Record]:
    """Give the text of a record, and what it reads as."""
    octets = write_object(source, record, now=now, attachments=contents)
    return octets, read_object(octets)


def _work_bytes(source: bytes | None, record: Record, contents: Mapping[PartId, bytes]) -> int:
    """Estimate how much there is to be read and written."""
    body = body_of(record)
    guests = 0
    if isinstance(record, Event):
        shown = [one.details for one in record.exceptions if one.details is not None]
        guests = sum(len(one.attendees) for one in (record.details, *shown))
    files = sum(map(len, contents.values()))
    texts = len(body.plain) + len(body.html) + guests * _GUEST_BYTES
    return len(source or b"") + texts + files


def _instance_wanted(before: Event, command: ClientCommand, who: Author) -> _Wanted:
    instance = calendar.parse_instance_id(command.instance)
    if command.kind is CommandKind.DELETE:
        return _Wanted(record=calendar.instance_deleted(before, instance))
    if command.content is None:
        raise ItemFault("a Change without content")
    change = calendar.instance_changed(before, instance, command.content, who)
    original = None
    if before.recurrence is not None:
        original = calendar.instance_of(before, instance).original
    return _Wanted(record=change.event, original=original, held_back=change.held_back)


def _is_completed(record: Record, content: Element) -> bool:
    """Tell whether an event says more than its device knows: a time or an organiser."""
    if not isinstance(record, Event):
        return False
    times = (Calendar.StartTime, Calendar.EndTime)
    if not all(content.value(tag) for tag in times):
        return True
    return bool(record.organizer_address) and not content.value(Calendar.OrganizerEmail)

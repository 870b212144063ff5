"""The objects of the shared corpus, and devices that carry them from one mailbox to another."""

import csv
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from carbonio_mobile.errors import Corrupt
from carbonio_mobile.ids import FolderId, ItemId, OperationId
from carbonio_mobile.pim.contact import Contact
from carbonio_mobile.pim.event import Event
from carbonio_mobile.pim.item import ObjectItem, Record
from carbonio_mobile.pim.note import Note
from carbonio_mobile.pim.objects import read_object
from carbonio_mobile.pim.splitting import Piece, objects_of
from carbonio_mobile.pim.task import Task
from carbonio_mobile.sync.folders import FolderKind
from carbonio_mobile.testing.rig import Rig, now
from carbonio_mobile.wbxml import Element, Tag
from carbonio_mobile.wbxml.codepages import AirSync, AirSyncBase, Calendar
from tests.unit.commands.asking import add
from tests.unit.commands.checked import CheckedPhone
from tests.unit.mime.corpus import ROOT

KINDS: Mapping[type[Record], FolderKind] = {
    Contact: FolderKind.CONTACTS,
    Event: FolderKind.CALENDAR,
    Task: FolderKind.TASKS,
    Note: FolderKind.NOTES,
}
PER_FILE = 1
"""So many objects of a file are in the core set, none of them with very many exceptions."""
MANY_INSTANCES = 12
"""Series with more exceptions are not added from 16.0 on, where each one is a Change."""
LATER = ("16.0", "16.1")
"""The versions in which the occurrences of a series are changed one by one."""
AT_ONCE = 50
"""So many commands a device sends in one Sync."""

Sent = Sequence[Element]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """An object of the corpus: file and number, what is stored, how it reads."""

    name: str
    source: bytes = field(repr=False)
    record: Record


def samples(*, core: bool) -> Iterator[Sample]:
    """Give every object that can be read, none where the corpus is absent."""
    if not (ROOT / "INDEX.csv").exists():
        return
    with (ROOT / "INDEX.csv").open(encoding="utf-8", newline="") as rows:
        listed = [row for row in csv.DictReader(rows) if row["kind"] in ("ical", "vcard")]
    for row in listed:
        if row["core"] == "1" or not core:
            found = list(_of_file(row["path"]))
            yield from [one for one in found if is_short(one.record)][:PER_FILE] if core else found


def is_short(record: Record) -> bool:
    """Tell whether an object is no series with very many exceptions."""
    return not isinstance(record, Event) or len(record.exceptions) <= 2 * MANY_INSTANCES


def _of_file(path: str) -> Iterator[Sample]:
    pieces = [one for one in objects_of((ROOT / path).read_bytes()) if isinstance(one, Piece)]
    for number, piece in enumerate(pieces, 1):
        try:
            record = read_object(piece.source)
        except Corrupt:
            continue
        yield Sample(name=f"{path}#{number}", source=piece.source, record=record)


def batches(found: Iterator[Sample], kind: type[Record]) -> list[list[Sample]]:
    """Part the samples of one kind so that no batch holds a UID twice: files share some."""
    parted: list[dict[str, Sample]] = []
    for one in found:
        if isinstance(one.record, kind):
            free = (batch for batch in parted if one.record.uid not in batch)
            batch = next(free, None)
            if batch is None:
                batch = {}
                parted.append(batch)
            batch[one.record.uid] = one
    return [list(batch.values()) for batch in parted]


class Carrier:
    """Devices of one version, and two mailboxes: one that holds samples, one that holds none."""

    def __init__(self, version: str, found: Sequence[Sample], kind: type[Record]) -> None:
        self.version = version
        self.here, self.there = Rig(), Rig()
        self.folder = self.here.folder(KINDS[kind])
        self.names: dict[str, Sample] = {}
        for number, one in enumerate(found):
            name = OperationId(f"corpus-{number}")
            head = now(self.here.mailbox().add_object(self.folder, one.source, operation=name))
            self.names[f"{self.folder}:{head.item}"] = one
        self.phone = self._phone(self.here)
        self.other = self._phone(self.there)

    def _phone(self, rig: Rig) -> CheckedPhone:
        phone = CheckedPhone(rig, version=self.version)
        window = Element(AirSync.WindowSize, "512")
        phone.prime(self.folder, window, _wanted(self.version))
        return phone

    @property
    def shown(self) -> Mapping[str, Element]:
        """What the first device holds, by server id."""
        return self.phone.items[self.folder]

    def is_left_out(self, server_id: str) -> bool:
        """Tell whether an item is a series too long to be added occurrence by occurrence."""
        exceptions = self.shown[server_id].find(Calendar.Exceptions)
        many = exceptions is not None and len(exceptions.children) > MANY_INSTANCES
        return many and self.version in LATER

    def moved(self) -> Mapping[str, ObjectItem]:
        """Add all that the first device holds to the second account; gives what is stored there.

        By the server ids of the first. What was refused is not there.
        """
        commands = [
            add(f"c{server_id}", *as_added(content, self.version))
            for server_id, content in self.shown.items()
            if not self.is_left_out(server_id)
        ]
        told = self._send(self.other, commands, AirSync.ClientId)
        named = {
            client_id[1:]: one.value(AirSync.ServerId, "")
            for client_id, one in told.items()
            if one.value(AirSync.Status) == "1"
        }
        if self.version in LATER:
            self._send_instances(named)
        stored = self._stored(self.there, named.values())
        return {ours: stored[theirs] for ours, theirs in named.items()}

    def _send_instances(self, named: Mapping[str, str]) -> None:
        """Send the changed occurrences, as devices from 16.0 on do: each in a command of its own.

        Responses name the series alone, so that a Sync holds one occurrence of each.
        """
        waiting = [instance_commands(self.shown[ours], theirs) for ours, theirs in named.items()]
        while any(waiting):
            self._send(self.other, [each.pop(0) for each in waiting if each], AirSync.ServerId)

    def changed(self, field_of: Callable[[Sample], Sequence[Element]]) -> Mapping[str, ObjectItem]:
        """Change a field of each item on the first account; gives what is stored there then.

        Devices up to 14.1 send the whole item with it.
        """
        commands = []
        for server_id, content in self.shown.items():
            new = field_of(self.names[server_id])
            data = as_changed(content, new, self.version)
            name = Element(AirSync.ServerId, server_id)
            commands.append(Element(AirSync.Change, [name, Element(AirSync.ApplicationData, data)]))
        self.failed = {
            server_id: one.value(AirSync.Status, "")
            for server_id, one in self._send(self.phone, commands, AirSync.ServerId).items()
            if one.value(AirSync.Status) != "1"
        }
        return self._stored(self.here, self.names)

    def _send(
        self, phone: CheckedPhone, commands: Sequence[Element], named_by: Tag
    ) -> dict[str, Element]:
        """Send commands; gives the Responses by client or server id."""
        told: dict[str, Element] = {}
        for at in range(0, len(commands), AT_ONCE):
            listed = Element(AirSync.Commands, list(commands[at : at + AT_ONCE]))
            answer = phone.sync(self.folder, Element(AirSync.GetChanges, "0"), listed)
            responses = None if answer is None else answer.find(AirSync.Responses)
            for one in responses or ():
                told[one.value(named_by, "")] = one
        return told

    def _stored(self, rig: Rig, names: Sequence[str] | object) -> Mapping[str, ObjectItem]:
        items = {
            str(name): ItemId(int(str(name).rpartition(":")[2]))
            for name in names  # type: ignore[attr-defined]
        }
        folder: FolderId = self.folder
        read = now(rig.mailbox().objects(folder, list(items.values()), source=True))
        return {name: read[item] for name, item in items.items()}


def _wanted(version: str) -> Element:
    """Ask for bodies whole, in either form."""
    if version == "2.5":
        return Element(AirSync.Options, [Element(AirSync.FilterType, "0")])
    preferences = [
        Element(AirSyncBase.BodyPreference, [Element(AirSyncBase.Type, kind)]) for kind in "12"
    ]
    return Element(AirSync.Options, [Element(AirSync.FilterType, "0"), *preferences])


_OF_SERVER = {Calendar.ResponseType, Calendar.AppointmentReplyTime, AirSyncBase.NativeBodyType}
_OF_SERVER_16 = {
    *_OF_SERVER,
    AirSyncBase.Attachments,
    AirSyncBase.InstanceId,
    Calendar.DtStamp,
    Calendar.Exceptions,
    Calendar.MeetingStatus,
    Calendar.OrganizerEmail,
    Calendar.OrganizerName,
    Calendar.UID,
}
"""What devices do not send of an event (MS-ASCAL R92, R349, R404, R2168, R2221 …)."""


def as_added(content: Element, version: str) -> list[Element]:
    """Give what a device sends of an item that it holds when it makes it anew."""
    left_out = _OF_SERVER_16 if version in LATER else _OF_SERVER
    return [_as_sent(one) for one in content if one.tag not in left_out]


def as_changed(content: Element, new: Sequence[Element], version: str) -> list[Element]:
    """Give what a device sends of an item of which it changed ``new``."""
    is_event = content.has(Calendar.StartTime)
    if is_event and version in LATER:
        return list(new)
    tags = {one.tag for one in new}
    return [*new, *(one for one in as_added(content, "14.1") if one.tag not in tags)]


def _as_sent(one: Element) -> Element:
    """Leave out of a body what the server only tells; the same in exceptions."""
    if one.tag is AirSyncBase.Body:
        said = (AirSyncBase.Type, AirSyncBase.Data)
        return Element(one.tag, [child for child in one if child.tag in said])
    if one.tag in (Calendar.Exceptions, Calendar.Exception):
        return Element(one.tag, [_as_sent(child) for child in one if child.tag not in _OF_SERVER])
    return one


def instance_commands(content: Element, server_id: str) -> list[Element]:
    """Give the commands that say the exceptions of a series one by one."""
    made = []
    for one in content.find(Calendar.Exceptions) or ():
        name = Element(AirSync.ServerId, server_id)
        instance = Element(AirSyncBase.InstanceId, one.value(AirSyncBase.InstanceId, ""))
        if one.value(Calendar.Deleted) == "1":
            made.append(Element(AirSync.Delete, [name, instance]))
        else:
            data = Element(AirSync.ApplicationData, as_added(one, "16.1"))
            made.append(Element(AirSync.Change, [name, instance, data]))
    return made

"""A phone that keeps contacts, events, tasks and notes, and what of them the tests write."""

from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count

from carbonio_mobile.eas.version import Version
from carbonio_mobile.ids import FolderId, ItemId, OperationId, ServerId
from carbonio_mobile.pim.item import ObjectItem
from carbonio_mobile.sync.changes import NEWEST, OLDEST
from carbonio_mobile.sync.folders import FolderKind
from carbonio_mobile.testing.rig import NOW, Rig, now
from carbonio_mobile.wbxml import Element, Tag
from carbonio_mobile.wbxml.codepages import (
    AirSync,
    AirSyncBase,
    Calendar,
    Contacts,
    Notes,
    Tasks,
)
from tests.unit.commands.checked import CheckedPhone
from tests.unit.commands.phone import commands

ZONE = b64encode(bytes(172)).decode()
"""UTC as the 172 octets of TimeZone, base64."""

DAY = 86_400.0
VERSIONS = ("2.5", "12.1", "14.1", "16.0", "16.1")


def stamp(at: float) -> str:
    """Write a point in time as the Calendar class does."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y%m%dT%H%M%SZ")


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One class of objects: where they stand, and what a phone says of one.

    ``title`` names an object; ``ghostable`` is a property that may be ghosted; ``wrong`` one that
    nobody can read.
    """

    name: str
    folder: FolderKind
    own_folder: FolderKind
    title: Tag
    ghostable: Tag
    wrong: Element
    content: Callable[[str, str, str], list[Element]]
    source: Callable[[str, str], bytes]
    since: str = "2.5"

    def versions(self) -> tuple[str, ...]:
        """Give the versions that know the class."""
        return tuple(one for one in VERSIONS if Version.parse(one) >= Version.parse(self.since))


def contact(title: str, extra: str = "", _version: str = "14.1") -> list[Element]:
    """Say a contact: its first name and its job."""
    return [
        Element(Contacts.FileAs, title),
        Element(Contacts.FirstName, title),
        *([Element(Contacts.JobTitle, extra)] if extra else []),
    ]


def event(
    title: str,
    extra: str = "",
    version: str = "14.1",
    *more: Element,
    start: float = NOW + DAY,
    hours: float = 1.0,
    uid: str = "",
) -> list[Element]:
    """Say an event; ``extra`` is its place."""
    place: list[Element] = []
    if extra and Version.parse(version) >= Version.V16_0:
        place = [Element(AirSyncBase.Location, [Element(AirSyncBase.DisplayName, extra)])]
    elif extra:
        place = [Element(Calendar.Location, extra)]
    old = Version.parse(version) < Version.V16_0
    return [
        Element(Calendar.Timezone, ZONE),
        *([Element(Calendar.DtStamp, stamp(NOW))] if old else []),
        Element(Calendar.StartTime, stamp(start)),
        Element(Calendar.Subject, title),
        *([Element(Calendar.UID, uid)] if uid and old else []),
        Element(Calendar.EndTime, stamp(start + hours * 3600)),
        *place,
        *more,
    ]


def task(title: str, extra: str = "", _version: str = "14.1", *more: Element) -> list[Element]:
    """Say a task that is not done; ``extra`` is a category."""
    named = [Element(Tasks.Categories, [Element(Tasks.Category, extra)])] if extra else []
    return [Element(Tasks.Subject, title), Element(Tasks.Complete, "0"), *named, *more]


def note(title: str, extra: str = "", _version: str = "14.1") -> list[Element]:
    """Say a note; ``extra`` is a category."""
    named = [Element(Notes.Categories, [Element(Notes.Category, extra)])] if extra else []
    kind = Element(Notes.MessageClass, "IPM.StickyNote")
    return [Element(Notes.Subject, title), kind, *named]


def card_source(title: str, uid: str) -> bytes:
    """Give a vCard."""
    return (
        f"BEGIN:VCARD\r\nVERSION:4.0\r\nUID:{uid}\r\nFN:{title}\r\nN:;{title};;;\r\n"
        "X-OTHER:kept\r\nEND:VCARD\r\n"
    ).encode()


def calendar_source(component: str, title: str, uid: str, *lines: str) -> bytes:
    """Give a calendar of one component."""
    own = "".join(f"{line}\r\n" for line in lines)
    return (
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//EN\r\n"
        f"BEGIN:{component}\r\nUID:{uid}\r\nDTSTAMP:20270101T000000Z\r\nSUMMARY:{title}\r\n"
        f"X-OTHER:kept\r\n{own}END:{component}\r\nEND:VCALENDAR\r\n"
    ).encode()


def event_source(
    title: str, uid: str, *lines: str, start: float = NOW + DAY, hours: float = 1.0
) -> bytes:
    """Give an event."""
    times = (f"DTSTART:{stamp(start)}", f"DTEND:{stamp(start + hours * 3600)}")
    return calendar_source("VEVENT", title, uid, *times, *lines)


CONTACTS = Kind(
    name="Contacts",
    folder=FolderKind.CONTACTS,
    own_folder=FolderKind.USER_CONTACTS,
    title=Contacts.FirstName,
    ghostable=Contacts.JobTitle,
    wrong=Element(Contacts.Birthday, "the day before"),
    content=contact,
    source=card_source,
)
CALENDAR = Kind(
    name="Calendar",
    folder=FolderKind.CALENDAR,
    own_folder=FolderKind.USER_CALENDAR,
    title=Calendar.Subject,
    ghostable=Calendar.Location,
    wrong=Element(Calendar.StartTime, "at noon"),
    content=event,
    source=event_source,
)
TASKS = Kind(
    name="Tasks",
    folder=FolderKind.TASKS,
    own_folder=FolderKind.USER_TASKS,
    title=Tasks.Subject,
    ghostable=Tasks.Categories,
    wrong=Element(Tasks.Complete, "nearly"),
    content=task,
    source=lambda title, uid: calendar_source("VTODO", title, uid),
)
NOTES = Kind(
    name="Notes",
    folder=FolderKind.NOTES,
    own_folder=FolderKind.USER_NOTES,
    title=Notes.Subject,
    ghostable=Notes.Categories,
    wrong=Element(Notes.MessageClass, "IPM.Contact"),
    content=note,
    source=lambda title, uid: calendar_source("VJOURNAL", title, uid),
    since="14.0",
)
KINDS = (CONTACTS, CALENDAR, TASKS, NOTES)
CASES = [(kind, version) for kind in KINDS for version in kind.versions()]
CASE_IDS = [f"{kind.name}-{version}" for kind, version in CASES]

_CLIENT_IDS: Iterator[int] = count(1)


def add(content: Sequence[Element], client_id: str | None = None) -> Element:
    """An Add under a new client id, or the one given."""
    name = client_id or f"c{next(_CLIENT_IDS)}"
    data = Element(AirSync.ApplicationData, list(content))
    return Element(AirSync.Add, [Element(AirSync.ClientId, name), data])


def change(name: str, *content: Element, instance: str = "") -> Element:
    """A Change of an object or of one occurrence."""
    return Element(
        AirSync.Change,
        [
            Element(AirSync.ServerId, name),
            Element(AirSyncBase.InstanceId, instance) if instance else None,
            Element(AirSync.ApplicationData, list(content)),
        ],
    )


def delete(name: str, instance: str = "") -> Element:
    """A Delete of an object or of one occurrence."""
    occurrence = Element(AirSyncBase.InstanceId, instance) if instance else None
    return Element(AirSync.Delete, [Element(AirSync.ServerId, name), occurrence])


@dataclass(frozen=True, kw_only=True)
class Said:
    """What the server said of one command. ``made`` is its ApplicationData."""

    status: str
    name: str = ""
    made: Element | None = None


class ObjectPhone(CheckedPhone):
    """A phone whose own commands change what it holds, as the responses tell.

    A Change from the server is the object anew; Body and Picture stay where it does not speak of
    them. ``told`` are the commands of the last answer: (tag, server id).
    """

    def __init__(self, rig: Rig, version: str, device: str = "") -> None:
        super().__init__(rig, version=version, device=device or "phone" + version.replace(".", ""))
        self.told: list[tuple[Tag, str]] = []
        self._sent: list[Element] = []

    def sync(
        self, folder: FolderId, *content: Element | None, lose: bool = False
    ) -> Element | None:
        """See :meth:`Phone.sync`."""
        self.told = []
        sent = [one for one in content if one is not None and one.tag is AirSync.Commands]
        self._sent = [command for one in sent for command in one]
        return super().sync(folder, *content, lose=lose)

    def up(
        self, folder: FolderId, *sent: Element, lose: bool = False, **more: Element
    ) -> list[Said]:
        """Send commands; gives what was said of each, success where nothing was.

        ``more`` stands before the commands (GetChanges, Options …).
        """
        collection = self.sync(folder, *more.values(), commands(*sent), lose=lose)
        assert collection is not None, "no word on commands"
        assert collection.value(AirSync.Status) == "1", collection
        return _answers(collection, sent)

    def one(self, folder: FolderId, command: Element, **more: Element) -> Said:
        """Send one command."""
        (said,) = self.up(folder, command, **more)
        return said

    def make(self, folder: FolderId, content: Sequence[Element]) -> str:
        """Add an object; gives its server id."""
        said = self.one(folder, add(content))
        assert said.status == "1", said
        return said.name

    def hold(self, folder: FolderId) -> dict[str, Element]:
        """Give what the phone holds of a folder."""
        return self.items.get(folder, {})

    def titles(self, folder: FolderId, kind: Kind) -> dict[str, str | None]:
        """Give the titles of all that the phone holds."""
        return {name: data.value(kind.title) for name, data in self.hold(folder).items()}

    def _apply(self, collection: Element) -> None:
        folder = FolderId(collection.value(AirSync.CollectionId, ""))
        self.keys[folder] = collection.value(AirSync.SyncKey, "")
        for one, answer in zip(self._sent, _answers(collection, self._sent), strict=True):
            if answer.status == "1":
                self._take_own(folder, one, answer)
        held = self.items.setdefault(folder, {})
        for command in collection.find(AirSync.Commands) or ():
            name = command.value(AirSync.ServerId, "")
            self.told.append((command.tag, name))
            if command.tag in (AirSync.Delete, AirSync.SoftDelete):
                held.pop(name, None)
                continue
            content = command.find(AirSync.ApplicationData)
            assert content is not None
            if command.tag is AirSync.Add:
                assert name not in held, f"second Add of {name}"
                held[name] = content
            else:
                assert name in held, f"Change of {name}, which is not there"
                held[name] = _renewed(held[name], content)

    def _take_own(self, folder: FolderId, command: Element, said: Said) -> None:
        held = self.items.setdefault(folder, {})
        content = command.find(AirSync.ApplicationData)
        if command.tag is AirSync.Add:
            assert content is not None
            assert said.name, "an Add without a server id"
            held[said.name] = content
        elif command.tag is AirSync.Delete and not command.has(AirSyncBase.InstanceId):
            held.pop(command.value(AirSync.ServerId, ""), None)
        elif command.tag is AirSync.Change and not command.has(AirSyncBase.InstanceId):
            assert content is not None
            name = command.value(AirSync.ServerId, "")
            held[name] = _merged(held[name], content)


def _answers(collection: Element, sent: Sequence[Element]) -> list[Said]:
    listed = collection.find(AirSync.Responses)
    said = {_key(one): one for one in listed or ()}
    assert listed is None or len(said) == len(listed.children), "two responses to one command"
    answers = [_said(one, said.pop(_key(one), None)) for one in sent]
    assert not said, f"responses to nothing: {said}"
    return answers


def _key(element: Element) -> tuple[Tag, str, str]:
    tag = AirSync.ClientId if element.tag is AirSync.Add else AirSync.ServerId
    return element.tag, element.value(tag, ""), element.value(AirSyncBase.InstanceId, "")


def _said(command: Element, response: Element | None) -> Said:
    if response is None:
        assert command.tag in (AirSync.Change, AirSync.Delete), "no response to an Add or Fetch"
        return Said(status="1", name=command.value(AirSync.ServerId, ""))
    return Said(
        status=response.value(AirSync.Status, ""),
        name=response.value(AirSync.ServerId, ""),
        made=response.find(AirSync.ApplicationData),
    )


_KEPT = (AirSyncBase.Body, Contacts.Picture)


def _renewed(before: Element, content: Element) -> Element:
    kept = [one for one in before if one.tag in _KEPT and not content.has(one.tag)]
    return Element(AirSync.ApplicationData, [*content.children, *kept])


def _merged(before: Element, content: Element) -> Element:
    said = {child.tag for child in content}
    kept = [child for child in before if child.tag not in said]
    return Element(AirSync.ApplicationData, [*kept, *content.children])


class Objects:
    """A rig with the folder of one class, what others do there, and what is in it."""

    def __init__(self, rig: Rig, kind: Kind, folder: FolderId | None = None) -> None:
        self.rig = rig
        self.kind = kind
        self.folder = folder or rig.folder(kind.folder)
        self._numbers = count(1)

    def phone(self, version: str, *content: Element, device: str = "") -> ObjectPhone:
        """Give a phone that has synced the folder."""
        phone = ObjectPhone(self.rig, version, device)
        phone.prime(self.folder, *content)
        return phone

    def store(self, title: str, uid: str = "", source: bytes | None = None) -> str:
        """Others add an object; gives its server id."""
        number = next(self._numbers)
        octets = source or self.kind.source(title, uid or f"other-{number}")
        name = OperationId(f"others-{self.folder}-{number}")
        head = now(self.rig.mailbox().add_object(self.folder, octets, operation=name))
        self.rig.clock.advance(0)
        return str(ServerId(self.folder, head.item))

    def replace(self, name: str, source: bytes) -> None:
        """Others write an object anew."""
        item = ServerId.parse(name).item
        before = self.get(name)
        now(self.rig.mailbox().replace_object(self.folder, item, source, expected=before.version))
        self.rig.clock.advance(0)

    def drop(self, name: str) -> None:
        """Others delete an object."""
        now(self.rig.mailbox().delete(self.folder, [ServerId.parse(name).item]))

    def get(self, name: str) -> ObjectItem:
        """Read an object of the mailbox."""
        item = ServerId.parse(name).item
        found = now(self.rig.mailbox().objects(self.folder, [item], source=True))
        one: ObjectItem = found[item]
        return one

    def names(self) -> set[str]:
        """Give the server ids of all that is in the folder."""
        page = now(
            self.rig.mailbox().listing(self.folder, below=NEWEST, down_to=OLDEST, limit=10_000)
        )
        return {str(ServerId(self.folder, ItemId(head.item))) for head in page.heads}

    def title(self, name: str) -> str:
        """Give the title of an object in the mailbox."""
        record = self.get(name).record
        found = getattr(record, "subject", None) or getattr(record, "first_name", None)
        details = getattr(record, "details", None)
        return str(details.subject if details is not None else found)

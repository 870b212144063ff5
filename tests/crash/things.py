"""Contacts, events and tasks of the crash tests: what phones make of them, and what must hold."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

from carbonio_mobile.client import objecttrees, synctrees
from carbonio_mobile.client.items import Item
from carbonio_mobile.client.state import FIRST_KEY
from carbonio_mobile.eas.times import format_compact, parse_datetime
from carbonio_mobile.eas.version import Version
from carbonio_mobile.sync.folders import FolderKind
from carbonio_mobile.sync.window import floor
from carbonio_mobile.wbxml import Element
from carbonio_mobile.wbxml.codepages import AirSyncBase, Calendar, Contacts, Tasks

HOUR_S = 3600.0
DAY_S = 86_400.0
FAR_DAYS = 300


def contact(title: str, mark: str, version: Version, _now: float, _random: Random) -> list[Element]:
    """Say a contact."""
    return objecttrees.contact(objecttrees.NewContact(last_name=title, title=mark), version)


def event(title: str, mark: str, version: Version, now: float, random: Random) -> list[Element]:
    """Say an event: once, or a series with an end or without."""
    start = some_time(now, random)
    pattern = None
    if random.random() < 0.3:
        count = random.choice((None, 3, 30))
        pattern = objecttrees.recurrence(objecttrees.DAILY, start, occurrences=count)
    new = objecttrees.NewEvent(
        subject=title,
        start=start,
        end=start + HOUR_S,
        reminder_min=int(mark),
        recurrence=pattern,
    )
    uid = f"{title.replace(' ', '-')}@example.com"
    return objecttrees.event(new, version, uid=uid, organizer="", now=now)


def task(title: str, mark: str, version: Version, _now: float, _random: Random) -> list[Element]:
    """Say a task."""
    return objecttrees.task(objecttrees.NewTask(subject=title, importance=int(mark)), version)


def some_time(now: float, random: Random) -> float:
    """Give a whole hour, some of them older than any window."""
    days = random.choice((0, random.uniform(-FAR_DAYS, FAR_DAYS)))
    return (now + days * DAY_S) // HOUR_S * HOUR_S


def contact_changes(mark: str, _now: float, _random: Random) -> list[Element]:
    """Say what changes of a contact."""
    return [Element(Contacts.JobTitle, mark)]


def event_changes(mark: str, now: float, random: Random) -> list[Element]:
    """Say what changes of an event: perhaps its time, too."""
    changes = [Element(Calendar.Reminder, mark)]
    if random.random() < 0.5:
        start = some_time(now, random)
        changes += objecttrees.times(start, start + HOUR_S)
    return changes


def task_changes(mark: str, now: float, random: Random) -> list[Element]:
    """Say what changes of a task: it may be done, or have to be done again."""
    changes = [Element(Tasks.Importance, mark)]
    if random.random() < 0.5:
        done = random.random() < 0.5
        changes += objecttrees.completed(now) if done else [Element(Tasks.Complete, "0")]
    return changes


@dataclass(frozen=True, kw_only=True)
class Sort:
    """One sort of things: in which folder, and how they are written and looked at.

    A thing has a title, which is unique and never changes, and a mark, a small number.
    """

    role: str
    kind: FolderKind
    filters: tuple[int, ...]
    new: Callable[[str, str, Version, float, Random], list[Element]]
    changes: Callable[[str, float, Random], list[Element]]
    look: Callable[[Element], list[str]]


SORTS = (
    Sort(
        role="contacts",
        kind=FolderKind.CONTACTS,
        filters=(0, 3),
        new=contact,
        changes=contact_changes,
        look=lambda data: [data.value(Contacts.LastName, ""), data.value(Contacts.JobTitle, "")],
    ),
    Sort(
        role="calendar",
        kind=FolderKind.CALENDAR,
        filters=(0, 4, 5, 6, 7),
        new=event,
        changes=event_changes,
        look=lambda data: [
            data.value(Calendar.Subject, ""),
            data.value(Calendar.Reminder, ""),
            data.value(Calendar.StartTime, ""),
            "series" if data.has(Calendar.Recurrence) else "single",
        ],
    ),
    Sort(
        role="tasks",
        kind=FolderKind.TASKS,
        filters=(0, 0, 8),
        new=task,
        changes=task_changes,
        look=lambda data: [
            data.value(Tasks.Subject, ""),
            data.value(Tasks.Importance, ""),
            data.value(Tasks.Complete, ""),
        ],
    ),
)


def look_of(record: Any) -> list[str]:
    """Give of a stored object what :attr:`Sort.look` gives of it on a phone."""
    if hasattr(record, "last_name"):
        return [record.last_name, record.job_title]
    if hasattr(record, "details"):
        shown = record.details
        reminder = "" if shown.reminder_min is None else str(shown.reminder_min)
        series = "single" if record.recurrence is None else "series"
        return [shown.subject, reminder, format_compact(shown.start), series]
    return [record.subject, str(record.importance), str(int(record.complete))]


@dataclass(slots=True)
class Things:
    """What is known of all things, by title: who owns it, and whether a phone was told it is kept.

    Things whose title begins with x may be deleted by anybody.
    """

    made: dict[str, str] = field(default_factory=dict)
    kept: set[str] = field(default_factory=set)

    def faults(self, boxes: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
        """Compare with what stands in the mailboxes, by account."""
        for account, box in boxes.items():
            titles = Counter(look[0] for folder in box.values() for _, _, look in folder["objects"])
            own = {title for title, owner in self.made.items() if owner == account}
            for title in sorted(own | set(titles)):
                count = titles[title]
                if title not in own:
                    yield f"a stranger among the things of {account}: {title!r}"
                elif count > 1:
                    yield f"{title} stands {count} times with {account}"
                elif not count and title in self.kept and not title.startswith("x"):
                    yield f"{title} of {account} is lost"


class ThingWork:
    """What a phone does with its things; a part of the crash tests' Device."""

    # Of Device:
    phone: Any
    transport: Any
    random: Random
    running: Any
    account: str
    name: str
    number: int
    command_sync: Callable[..., Any]

    def thing_folder(self, sort: Sort) -> str:
        """Give the id of the folder of a sort."""
        return str(self.phone.folder(sort.role).id)

    def some_things(self, most: int, *, anything: bool = True) -> tuple[Sort, str, list[Item]]:
        """Choose a sort and things of it; without ``anything`` only such as may be lost."""
        sort = self.random.choice(SORTS)
        folder = self.thing_folder(sort)
        items = [
            one
            for one in self.phone.items(folder).values()
            if anything or sort.look(_content(one))[0].startswith("x")
        ]
        count = min(len(items), self.random.randint(1, most))
        return sort, folder, self.random.sample(items, count)

    def sync_things(self) -> None:
        """Look what is new."""
        self.command_sync(self.thing_folder(self.random.choice(SORTS)), [])

    def make_thing(self) -> None:
        """Add one or a few."""
        sort = self.random.choice(SORTS)
        folder = self.thing_folder(sort)
        titles, commands = {}, []
        for _ in range(self.random.randint(1, 3)):
            self.number += 1
            kind = self.random.choice(("x", "keep"))
            title = f"{kind} {sort.role} {self.name} {self.number}"
            client_id = self.phone.new_id()
            titles[client_id] = title
            self.running.things.made[title] = self.account
            content = sort.new(
                title, self.some_mark(), self.phone.version, self.running.clock(), self.random
            )
            commands.append(synctrees.add(client_id, *content))
        result = self.command_sync(folder, commands)
        if result is not None and result.status == 1:
            assert set(result.made) == set(titles), f"refused: {result}"
            self.running.things.kept |= set(titles.values())

    def some_mark(self) -> str:
        return str(self.random.randrange(3))

    def change_thing(self) -> None:
        """Change some."""
        sort, folder, items = self.some_things(3)
        commands = []
        for one in items:
            changes = sort.changes(self.some_mark(), self.running.clock(), self.random)
            commands.append(synctrees.change(one.id, *self.change_of(sort, one, changes)))
        if commands:
            self.command_sync(folder, commands)

    def change_of(self, sort: Sort, item: Item, changes: list[Element]) -> list[Element]:
        """Give the content of a Change: of events from 16.0 on what is new, else all of it."""
        is_new = sort.role == "calendar" and self.phone.version >= Version.V16_0
        if is_new and all(one.tag is not Calendar.StartTime for one in changes):
            return changes  # with a start the bundled client takes a Change for the whole
        return objecttrees.whole(_content(item), changes)

    def delete_thing(self) -> None:
        """Delete some."""
        _, folder, items = self.some_things(3, anything=False)
        if items:
            self.command_sync(folder, [synctrees.delete(one.id) for one in items])

    def take_out_occurrence(self) -> None:
        """Delete the second day of a series (16.0 and later)."""
        folder = self.thing_folder(SORTS[1])
        series = [
            one
            for one in self.phone.items(folder).values()
            if _content(one).has(Calendar.Recurrence)
        ]
        if series:
            one = self.random.choice(series)
            start = _content(one).value(Calendar.StartTime, "")
            instance = format_compact(parse_datetime(start) + DAY_S)
            command = synctrees.delete(one.id)
            command.children.append(Element(AirSyncBase.InstanceId, instance))
            self.command_sync(folder, [command])

    def settle_things(self, settle: Callable[[str], int]) -> int:
        """Sync all until nothing comes; gives how many changes came."""
        return sum(settle(self.thing_folder(sort)) for sort in SORTS)

    def thing_faults(self, box: Mapping[str, Any], now: float) -> Iterator[str]:
        """Compare what the phone holds with its account's mailbox."""
        for sort in SORTS:
            folder = self.thing_folder(sort)
            collection = self.phone.state.collection(folder)
            if collection.key == FIRST_KEY:
                continue
            oldest = floor(collection.options.filter_type, now, sort.kind).received
            due = {name: look for name, at, look in box[folder]["objects"] if at >= oldest}
            held = {name: sort.look(_content(one)) for name, one in collection.items.items()}
            for name in sorted(set(due) | set(held)):
                if due.get(name) != held.get(name):
                    where = f"{self.name} ({self.account}, {self.phone.version.text}) {sort.role}"
                    history = self.transport.dumped(name)
                    filters = collection.options.filter_type
                    yield (
                        f"{where} filter {filters}: has {name} as {held.get(name)}, it is"
                        f" {due.get(name)}\n{history}"
                    )


def _content(item: Item) -> Element:
    assert item.content is not None
    return item.content

"""Phones of all versions in one folder of objects: at the end all hold what is there (P2)."""

from random import Random

import pytest

from carbonio_mobile.sync.window import floor
from carbonio_mobile.testing.rig import NOW, Rig
from carbonio_mobile.wbxml import Element
from carbonio_mobile.wbxml.codepages import AirSync, Tasks
from tests.unit.commands.objectphone import (
    CALENDAR,
    CONTACTS,
    DAY,
    KINDS,
    TASKS,
    Kind,
    ObjectPhone,
    Objects,
    add,
    change,
    delete,
    event,
    event_source,
)
from tests.unit.commands.test_object_sync import CutOff, cut_off_request

FILTERS = {"Calendar": "04567", "Tasks": "08", "Contacts": "03", "Notes": "0"}


class Fleet:
    """A folder, others who work in it, and a phone of each version."""

    def __init__(self, kind: Kind, seed: int) -> None:
        self.random = Random(seed)
        self.kind = kind
        self.place = Objects(Rig(), kind)
        self.phones = [self.place.phone(version) for version in kind.versions()]
        self.filters = dict.fromkeys((phone.device for phone in self.phones), "0")
        self.number = 0

    def title(self) -> str:
        self.number += 1
        return f"Item {self.number}"

    def start(self) -> float:
        days = self.random.choice((0, self.random.uniform(-200, 200)))
        return (self.place.rig.clock.seconds() + days * DAY) // 3600 * 3600

    def source(self, uid: str) -> bytes:
        if self.kind is CALENDAR:
            rule = self.random.choice(
                ((), (), ("RRULE:FREQ=DAILY",), ("RRULE:FREQ=DAILY;COUNT=9",))
            )
            return event_source(self.title(), uid, *rule, start=self.start())
        source = self.kind.source(self.title(), uid)
        if self.kind is TASKS and self.random.random() < 0.3:
            return source.replace(
                b"X-OTHER", b"STATUS:COMPLETED\r\nCOMPLETED:20270101T000000Z\r\nX-O"
            )
        return source

    def content(self, version: str) -> list[Element]:
        if self.kind is CALENDAR:
            uid = f"uid-{self.random.randrange(40)}"
            return event(self.title(), "", version, start=self.start(), uid=uid)
        content = self.kind.content(self.title(), self.random.choice(("", "x")), version)
        if self.kind is TASKS and self.random.random() < 0.3:
            content = [one for one in content if one.tag is not Tasks.Complete]
            done = Element(Tasks.DateCompleted, "2027-01-10T00:00:00.000Z")
            content += [Element(Tasks.Complete, "1"), done]
        return content

    def others(self) -> None:
        """Somebody works in the mailbox itself."""
        names = sorted(self.place.names())
        what = self.random.random()
        if what < 0.4 or not names:
            self.place.store("", source=self.source(f"other-{self.number}"))
            return
        name = self.random.choice(names)
        if what < 0.8:
            self.place.replace(name, self.source(self.place.get(name).record.uid))
        else:
            self.place.drop(name)

    def commands(self, phone: ObjectPhone) -> list[Element]:
        """What a user did on a phone since the last time."""
        held = sorted(phone.hold(self.place.folder))
        found: list[Element] = []
        for name in self.random.sample(held, min(len(held), self.random.randrange(3))):
            if self.random.random() < 0.7:
                found.append(change(name, *self.content(phone.version)))
            else:
                found.append(delete(name))
        if self.random.random() < 0.4:
            found.append(add(self.content(phone.version)))
        return found

    def act(self) -> None:
        """One thing happens."""
        what = self.random.random()
        if what < 0.25:
            self.others()
            return
        if what < 0.3:
            self.place.rig.clock.advance(self.random.random() * 3 * DAY)
            return
        phone = self.random.choice(self.phones)
        more: dict[str, Element] = {}
        if self.random.random() < 0.3:
            more["changes"] = Element(AirSync.GetChanges, "0")
        more["window"] = Element(AirSync.WindowSize, self.random.choice(("1", "2", "100")))
        if self.random.random() < 0.3:
            more["options"] = self.options(phone)
        sent = self.commands(phone) if self.random.random() < 0.6 else []
        if not sent:
            phone.sync(self.place.folder, *more.values(), lose=self.random.random() < 0.3)
            return
        for _ in range(self.random.choice((0, 0, 1, 2))):
            if self.random.random() < 0.5:
                phone.up(self.place.folder, *sent, lose=True, **more)
            else:
                with pytest.raises(CutOff):
                    cut_off_request(phone, self.place, *more.values(), *sent)
            self.place.rig.clock.advance(5)
            if self.random.random() < 0.5:
                self.others()
        phone.up(self.place.folder, *sent, **more)

    def options(self, phone: ObjectPhone) -> Element:
        value = self.filters[phone.device] = self.random.choice(FILTERS[self.kind.name])
        wins = Element(AirSync.Conflict, self.random.choice("01"))
        return Element(AirSync.Options, [Element(AirSync.FilterType, value), wins])

    def check(self) -> None:
        """All phones come to rest, and hold what their windows hold."""
        for phone in self.phones:
            value = self.filters[phone.device]
            told = Element(AirSync.Options, [Element(AirSync.FilterType, value)])
            phone.settle(self.place.folder, told)
            phone.settle(self.place.folder)
            assert phone.told == []
            oldest = floor(int(value), self.place.rig.clock.seconds(), self.kind.folder)
            due = {
                name: self.place.title(name)
                for name in self.place.names()
                if self.place.get(name).received >= oldest.received
            }
            assert phone.titles(self.place.folder, self.kind) == due, phone.version
            assert not phone.poisoned()


def play(kind: Kind, seed: int, steps: int) -> Fleet:
    fleet = Fleet(kind, seed)
    for _ in range(steps):
        fleet.act()
    fleet.check()
    return fleet


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("kind", KINDS, ids=[kind.name for kind in KINDS])
def test_a_fleet_ends_with_what_is_there(kind: Kind, seed: int) -> None:
    """MS-ASCMD_R5121, MS-ASCMD_R5122, MS-ASCMD_R2067, MS-ASCMD_R2068, MS-ASCMD_R3967: whatever was
    lost, cut off, overtaken and moved out of sight.
    """
    play(kind, seed, 60)


@pytest.mark.long
@pytest.mark.parametrize("kind", KINDS, ids=[kind.name for kind in KINDS])
def test_many_fleets(kind: Kind) -> None:
    """The same, for longer."""
    for seed in range(1000, 1150):
        play(kind, seed, 100)


def test_the_fleet_begins_in_2027() -> None:
    """The times of this module are those of the rig."""
    assert Fleet(CONTACTS, 1).place.rig.clock.seconds() == NOW

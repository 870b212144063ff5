"""Two devices on one contact, event, task or note: who wins, and that both end with the same."""

from base64 import b64decode

import pytest

from carbonio_mobile.ids import ServerId
from carbonio_mobile.pim.contact import Contact
from carbonio_mobile.testing.rig import Rig
from carbonio_mobile.wbxml import Element
from carbonio_mobile.wbxml.codepages import AirSync, Contacts
from tests.unit.commands.objectphone import (
    CALENDAR,
    CASE_IDS,
    CASES,
    CONTACTS,
    Kind,
    ObjectPhone,
    Objects,
    add,
    change,
)

PICTURE = "R0lGODlhAQABAIAAAAAAAP///ywAAAAAAQABAAACAUwAOw=="
NO_CHANGES = Element(AirSync.GetChanges, "0")
SUPPORTS_NOTHING = Element(AirSync.Supported, [])

each = pytest.mark.parametrize(("kind", "version"), CASES, ids=CASE_IDS)


@pytest.fixture
def rig() -> Rig:
    return Rig()


def wins(value: str | None) -> Element:
    """Options that say who wins, or nothing of it."""
    conflict = None if value is None else Element(AirSync.Conflict, value)
    return Element(AirSync.Options, [Element(AirSync.FilterType, "0"), conflict])


def same(one: ObjectPhone, other: ObjectPhone, place: Objects) -> None:
    """Both phones hold what is there, under the titles that it has there."""
    for phone in (one, other):
        phone.settle(place.folder)
        titles = {name: place.title(name) for name in place.names()}
        assert phone.titles(place.folder, place.kind) == titles


@each
@pytest.mark.parametrize("said", [None, "1"])
def test_the_server_wins(rig: Rig, kind: Kind, version: str, said: str | None) -> None:
    """MS-ASCMD_R2066, MS-ASCMD_R2068, MS-ASCMD_R2069: status 7, and what is there is told."""
    place = Objects(rig, kind)
    name = place.store("First")
    phone, other = place.phone(version), place.phone(version, device="other")
    other.one(place.folder, change(name, *kind.content("Theirs", "", version)))
    mine = change(name, *kind.content("Mine", "", version))
    assert phone.one(place.folder, mine, options=wins(said)).status == "7"
    assert place.title(name) == "Theirs"
    assert (AirSync.Change, name) in phone.told
    same(phone, other, place)


@each
def test_the_client_wins(rig: Rig, kind: Kind, version: str) -> None:
    """MS-ASCMD_R2067."""
    place = Objects(rig, kind)
    name = place.store("First")
    phone, other = place.phone(version), place.phone(version, device="other")
    other.one(place.folder, change(name, *kind.content("Theirs", "", version)))
    mine = change(name, *kind.content("Mine", "", version))
    assert phone.one(place.folder, mine, options=wins("0")).status == "1"
    assert place.title(name) == "Mine"
    same(phone, other, place)


@each
def test_what_both_say_is_no_conflict(rig: Rig, kind: Kind, version: str) -> None:
    """MS-ASCMD_R2069: nothing of what the phone sent is discarded."""
    place = Objects(rig, kind)
    name = place.store("First")
    phone, other = place.phone(version), place.phone(version, device="other")
    both = change(name, *kind.content("Both", "", version))
    other.one(place.folder, both)
    rig.clock.advance(10)
    assert phone.one(place.folder, both).status == "1"
    same(phone, other, place)


@each
@pytest.mark.parametrize("said", ["0", "1"])
def test_what_others_did_to_ones_own_change_is_seen(
    rig: Rig, kind: Kind, version: str, said: str
) -> None:
    """A phone that has not heard of its own change yet does not hide what others did to it."""
    place = Objects(rig, kind)
    name = place.store("First")
    phone, other = place.phone(version), place.phone(version, device="other")
    first = change(name, *kind.content("Mine", "", version))
    phone.one(place.folder, first, changes=NO_CHANGES, options=wins(said))
    other.settle(place.folder)
    other.one(place.folder, change(name, *kind.content("Theirs", "", version)))
    second = change(name, *kind.content("Mine again", "", version))
    answer = phone.one(place.folder, second, changes=NO_CHANGES)
    assert answer.status == {"0": "1", "1": "7"}[said]
    assert place.title(name) == {"0": "Mine again", "1": "Theirs"}[said]
    same(phone, other, place)


@each
def test_two_changes_of_ones_own_are_no_conflict(rig: Rig, kind: Kind, version: str) -> None:
    """Not though the phone has not asked for changes in between, nor in one request."""
    place = Objects(rig, kind)
    name = place.store("First")
    phone, other = place.phone(version), place.phone(version, device="other")
    one = change(name, *kind.content("One", "", version))
    two = change(name, *kind.content("Two", "", version))
    assert phone.one(place.folder, one, changes=NO_CHANGES).status == "1"
    assert phone.one(place.folder, two, changes=NO_CHANGES).status == "1"
    assert place.title(name) == "Two"
    same(phone, other, place)
    assert phone.told == []


@each
def test_a_repeat_that_others_came_between(rig: Rig, kind: Kind, version: str) -> None:
    """The change was made before the others made theirs: theirs is the last, and is told."""
    place = Objects(rig, kind)
    name = place.store("First")
    phone, other = place.phone(version), place.phone(version, device="other")
    mine = change(name, *kind.content("Mine", "", version))
    phone.up(place.folder, mine, lose=True)
    other.settle(place.folder)
    other.one(place.folder, change(name, *kind.content("Theirs", "", version)))
    assert phone.one(place.folder, mine).status == "1"
    assert place.title(name) == "Theirs"
    same(phone, other, place)


@each
def test_an_add_that_others_changed_before_its_repeat(rig: Rig, kind: Kind, version: str) -> None:
    """The phone learns the id from the repeat, and what became of the object as a Change."""
    place = Objects(rig, kind)
    phone, other = place.phone(version), place.phone(version, device="other")
    mine = add(kind.content("Mine", "", version), "1")
    (lost,) = phone.up(place.folder, mine, lose=True)
    other.settle(place.folder)
    other.one(place.folder, change(lost.name, *kind.content("Theirs", "", version)))
    said = phone.one(place.folder, mine)
    assert said.name == lost.name
    assert phone.told == [(AirSync.Change, said.name)]
    same(phone, other, place)


GHOST_CASES = [case for case in CASES if case[0] is CONTACTS] + [
    (CALENDAR, version) for version in ("16.0", "16.1")
]


@pytest.mark.parametrize(
    ("kind", "version"), GHOST_CASES, ids=[f"{kind.name}-{v}" for kind, v in GHOST_CASES]
)
@pytest.mark.parametrize("got_changes", [True, False])
def test_what_a_winning_change_left_alone_is_told(
    rig: Rig, kind: Kind, version: str, got_changes: bool
) -> None:
    """MS-ASCMD_R2067, MS-ASCMD_R5911: the phone's change names the title only; the other's of
    another property stays, and the phone learns of it.
    """
    place = Objects(rig, kind)
    name = place.store("First")
    phone = ObjectPhone(rig, version)
    phone.keys[place.folder] = "0"
    phone.sync(place.folder, None if kind is CALENDAR else SUPPORTS_NOTHING)
    phone.settle(place.folder, wins("0"))
    other = place.phone(version, device="other")
    if not got_changes:
        title = Element(kind.title, "Mine")
        phone.one(place.folder, change(name, title), changes=NO_CHANGES)
        other.settle(place.folder)
    other.one(place.folder, change(name, *kind.content("First", "Extra", version)))
    phone.one(place.folder, change(name, Element(kind.title, "Mine again")), changes=NO_CHANGES)
    phone.settle(place.folder)
    assert place.title(name) == "Mine again"
    fresh = place.phone(version, device="fresh")
    mine, truth = phone.hold(place.folder)[name], fresh.hold(place.folder)[name]
    assert {str(one.tag) for one in mine} == {str(one.tag) for one in truth}


def test_pictures_of_two_phones(rig: Rig) -> None:
    """MS-ASCMD_R878: a Change without a picture or a body leaves both as they are."""
    place = Objects(rig, CONTACTS)
    phone = place.phone("14.1")
    picture = Element(Contacts.Picture, PICTURE)
    name = phone.make(place.folder, [*CONTACTS.content("Ann", "", "14.1"), picture])
    phone.one(place.folder, change(name, *CONTACTS.content("Anna", "", "14.1")))
    record = place.get(name).record
    assert isinstance(record, Contact)
    assert (record.first_name, record.picture) == ("Anna", b64decode(PICTURE))
    assert ServerId.parse(name).folder == place.folder

"""Contacts, events, tasks and notes in a Sync, in every version that knows them."""

import pytest

from carbonio_mobile.ids import ServerId
from carbonio_mobile.testing.rig import Rig
from carbonio_mobile.wbxml import Element
from carbonio_mobile.wbxml.codepages import AirSync
from tests.unit.commands import asking
from tests.unit.commands.objectphone import (
    CASE_IDS,
    CASES,
    Kind,
    ObjectPhone,
    Objects,
    add,
    change,
    delete,
)
from tests.unit.commands.phone import commands

NO_CHANGES = Element(AirSync.GetChanges, "0")

each = pytest.mark.parametrize(("kind", "version"), CASES, ids=CASE_IDS)


@pytest.fixture
def rig() -> Rig:
    return Rig()


@each
def test_what_is_there_comes_and_what_happens_follows(rig: Rig, kind: Kind, version: str) -> None:
    """MS-ASCMD_R5034, MS-ASCMD_R945, MS-ASCMD_R9945, MS-ASCMD_R6298, MS-ASCMD_R6299,
    MS-ASCMD_R1425, MS-ASCMD_R5701; MS-ASCNTC_R473, MS-ASCNTC_R492, MS-ASCNTC_R493, MS-ASCNTC_R494;
    MS-ASCAL_R521, MS-ASCAL_R537, MS-ASCAL_R538; MS-ASTASK_R349, MS-ASTASK_R366, MS-ASTASK_R368,
    MS-ASTASK_R438; MS-ASNOTE_R96, MS-ASNOTE_R110, MS-ASNOTE_R126, MS-ASNOTE_R210: what others add,
    change and delete comes as Add, Change and Delete under a new key each time.
    """
    place = Objects(rig, kind)
    name = place.store("First", "one")
    phone = place.phone(version)
    assert phone.titles(place.folder, kind) == {name: "First"}
    keys = {phone.keys[place.folder]}
    place.replace(name, kind.source("Renamed", "one"))
    second = place.store("Second", "two")
    phone.settle(place.folder)
    assert phone.told == [(AirSync.Change, name), (AirSync.Add, second)]
    assert phone.titles(place.folder, kind) == {name: "Renamed", second: "Second"}
    keys.add(phone.keys[place.folder])
    place.drop(name)
    phone.settle(place.folder)
    assert phone.told == [(AirSync.Delete, name)]
    keys.add(phone.keys[place.folder])
    assert len(keys) == 3
    phone.settle(place.folder)
    assert phone.told == []
    assert not phone.poisoned()


@each
def test_what_a_phone_does_reaches_the_others_and_is_not_told_back(
    rig: Rig, kind: Kind, version: str
) -> None:
    """MS-ASCMD_R748, MS-ASCMD_R955, MS-ASCMD_R957, MS-ASCMD_R1044, MS-ASCMD_R1347, MS-ASCMD_R1348,
    MS-ASCMD_R1349, MS-ASCMD_R1350, MS-ASCMD_R6305, MS-ASCMD_R6306, MS-ASCMD_R6307, MS-ASCMD_R6308,
    MS-ASCMD_R6308100701: an Add is answered with the ids, and each change arrives at the others.
    """
    place = Objects(rig, kind)
    phone, other = place.phone(version), place.phone(version, device="other")
    said = phone.one(place.folder, add(kind.content("Mine", "old", version), "1"))
    assert said.status == "1"
    assert ServerId.parse(said.name).folder == place.folder
    assert place.names() == {said.name}
    other.settle(place.folder)
    assert other.titles(place.folder, kind) == {said.name: "Mine"}
    assert not other.poisoned()
    answer = phone.one(place.folder, change(said.name, *kind.content("Changed", "new", version)))
    assert answer.status == "1"
    assert phone.told == []
    other.settle(place.folder)
    assert other.titles(place.folder, kind) == {said.name: "Changed"}
    phone.one(place.folder, delete(said.name))
    assert phone.told == []
    phone.settle(place.folder)
    assert phone.told == []
    other.settle(place.folder)
    assert other.told == [(AirSync.Delete, said.name)]
    assert place.names() == set()


@each
def test_what_a_phone_added_is_not_told_back(rig: Rig, kind: Kind, version: str) -> None:
    """Never as an Add; as a Change where the server said more than the phone (MS-ASCMD_R957)."""
    place = Objects(rig, kind)
    phone = place.phone(version)
    name = phone.make(place.folder, kind.content("Mine", "", version))
    phone.settle(place.folder)
    assert set(phone.hold(place.folder)) == {name}
    phone.settle(place.folder)
    assert phone.told == []


@each
def test_a_fetch_gives_the_whole_object(rig: Rig, kind: Kind, version: str) -> None:
    """Fetch answers with status 1 and the content, 8 for what is not there."""
    place = Objects(rig, kind)
    name = place.store("First")
    phone = place.phone(version)
    missing = str(ServerId(place.folder, ServerId.parse(name).item + 1))  # type: ignore[arg-type]
    found, lost = phone.up(place.folder, asking.fetch(name), asking.fetch(missing))
    assert found.made is not None
    assert (found.status, found.made.value(kind.title)) == ("1", "First")
    assert [one.tag for one in found.made] == [one.tag for one in phone.hold(place.folder)[name]]
    assert (lost.status, lost.made) == ("8", None)


@each
def test_of_what_is_wrong_the_rest_is_applied(rig: Rig, kind: Kind, version: str) -> None:
    """Status 6 for one item alone: nothing of it is stored, the others are there."""
    place = Objects(rig, kind)
    name = place.store("There")
    phone = place.phone(version)
    wrong = [one for one in kind.content("Wrong", "", version) if one.tag is not kind.wrong.tag]
    wrong.append(kind.wrong)
    good, bad, changed, last = phone.up(
        place.folder,
        add(kind.content("Good", "", version)),
        add(wrong),
        change(name, *wrong),
        add(kind.content("Last", "", version)),
    )
    assert (good.status, bad.status, changed.status, last.status) == ("1", "6", "6", "1")
    assert bad.name == ""
    assert {place.title(one) for one in place.names()} == {"Good", "There", "Last"}


@each
def test_a_change_of_what_is_gone_is_status_8(rig: Rig, kind: Kind, version: str) -> None:
    """MS-ASCMD_R2076: a Delete wins over a Change; a second Delete is a success."""
    place = Objects(rig, kind)
    name, other = place.store("First"), place.store("Second")
    phone = place.phone(version)
    place.drop(name)
    place.drop(other)
    changed, deleted = phone.up(
        place.folder, change(name, *kind.content("Late", "", version)), delete(other)
    )
    assert (changed.status, deleted.status) == ("8", "1")
    phone.settle(place.folder)
    assert place.names() == set() == set(phone.hold(place.folder))


@each
def test_a_delete_wins_over_a_change_of_others(rig: Rig, kind: Kind, version: str) -> None:
    """MS-ASCMD_R2076."""
    place = Objects(rig, kind)
    name = place.store("First", "one")
    phone = place.phone(version)
    place.replace(name, kind.source("Changed", "one"))
    assert phone.one(place.folder, delete(name)).status == "1"
    phone.settle(place.folder)
    assert place.names() == set() == set(phone.hold(place.folder))


@each
def test_lost_answers_make_nothing_twice(rig: Rig, kind: Kind, version: str) -> None:
    """MS-ASCMD_R5121, MS-ASCMD_R5122: each step is repeated under the key it was sent with; the
    server ids are the same, and every change is there once.
    """
    place = Objects(rig, kind)
    phone = place.phone(version)
    request = add(kind.content("Mine", "", version), "7")
    lost = [phone.up(place.folder, request, lose=True)[0] for _ in range(3)]
    said = phone.one(place.folder, request)
    assert {one.name for one in lost} == {said.name}
    assert place.names() == {said.name}
    request = change(said.name, *kind.content("Changed", "", version))
    assert phone.up(place.folder, request, lose=True)[0].status == "1"
    assert phone.one(place.folder, request).status == "1"
    assert place.title(said.name) == "Changed"
    phone.up(place.folder, delete(said.name), lose=True)
    assert phone.one(place.folder, delete(said.name)).status == "1"
    phone.settle(place.folder)
    assert place.names() == set() == set(phone.hold(place.folder))


@each
def test_a_repeat_with_more_to_say(rig: Rig, kind: Kind, version: str) -> None:
    """A phone that lost the answer may add commands: the old ones stay done once."""
    place = Objects(rig, kind)
    phone = place.phone(version)
    first = add(kind.content("First", "", version), "1")
    (before,) = phone.up(place.folder, first, lose=True)
    again, second = phone.up(place.folder, first, add(kind.content("Second", "", version), "2"))
    assert (before.name, "1") == (again.name, second.status)
    assert place.names() == {again.name, second.name}
    phone.settle(place.folder)
    assert set(phone.hold(place.folder)) == place.names()


@each
def test_cut_off_between_the_mailbox_and_the_state(rig: Rig, kind: Kind, version: str) -> None:
    """The state was not stored: the same request finds what it did, and does nothing twice."""
    place = Objects(rig, kind)
    phone = place.phone(version)
    request = add(kind.content("Mine", "", version), "7")
    name = cut_off(phone, place, request)
    assert place.names() == {name}
    said = phone.one(place.folder, request)
    assert said.name == name
    phone.settle(place.folder)
    assert set(phone.hold(place.folder)) == place.names() == {name}
    request = change(name, *kind.content("Changed", "", version))
    cut_off(phone, place, request)
    rig.clock.advance(10)
    assert phone.one(place.folder, request).status == "1"
    phone.settle(place.folder)
    assert place.title(name) == "Changed"
    cut_off(phone, place, delete(name))
    assert phone.one(place.folder, delete(name)).status == "1"
    phone.settle(place.folder)
    assert place.names() == set() == set(phone.hold(place.folder))


@each
def test_starting_over_with_the_same_adds(rig: Rig, kind: Kind, version: str) -> None:
    """A phone that lost its state, not its objects, sends them again: they are known."""
    place = Objects(rig, kind)
    phone = place.phone(version)
    request = add(kind.content("Mine", "", version), "1")
    name = phone.one(place.folder, request).name
    phone.keys[place.folder] = "0"
    phone.items[place.folder] = {}
    phone.sync(place.folder)
    said = phone.one(place.folder, request, changes=NO_CHANGES)
    assert said.name == name
    phone.settle(place.folder)
    assert set(phone.hold(place.folder)) == place.names() == {name}


@each
def test_the_same_words_after_a_delete_are_a_new_object(rig: Rig, kind: Kind, version: str) -> None:
    """Client ids may begin anew: what was deleted meanwhile is made again."""
    place = Objects(rig, kind)
    phone = place.phone(version)
    request = add(kind.content("Mine", "", version), "1")
    name = phone.one(place.folder, request).name
    phone.one(place.folder, delete(name))
    again = phone.one(place.folder, request)
    assert again.status == "1"
    assert again.name != name
    assert place.names() == {again.name}


@each
def test_get_changes_0_is_obeyed(rig: Rig, kind: Kind, version: str) -> None:
    """MS-ASCMD_R3125: what others did comes with the next Sync that wants it."""
    place = Objects(rig, kind)
    phone = place.phone(version)
    other = place.store("Theirs")
    mine = phone.one(place.folder, add(kind.content("Mine", "", version)), changes=NO_CHANGES)
    assert phone.told == []
    phone.settle(place.folder)
    assert set(phone.hold(place.folder)) == {mine.name, other}


@each
def test_windows_are_kept(rig: Rig, kind: Kind, version: str) -> None:
    """MS-ASCMD_R5041, MS-ASCMD_R3125: no more than asked for at a time, MoreAvailable until all."""
    place = Objects(rig, kind)
    names = {place.store(f"Item {number}") for number in range(5)}
    phone = place.phone(version, Element(AirSync.WindowSize, "2"))
    assert set(phone.hold(place.folder)) == names
    for name in names:
        place.drop(name)
    collection = phone.sync(place.folder, Element(AirSync.WindowSize, "2"))
    assert collection is not None
    assert len(phone.told) == 2
    assert collection.has(AirSync.MoreAvailable)


class CutOff(Exception):
    """The process ended here."""


def cut_off(phone: ObjectPhone, place: Objects, command: Element) -> str:
    """Have a request end after the mailbox did its part; gives the id of what is there, if any."""
    with pytest.raises(CutOff):
        cut_off_request(phone, place, command)
    names = place.names()
    return names.pop() if names else ""


_COMMANDS = (AirSync.Add, AirSync.Change, AirSync.Delete, AirSync.Fetch)


def cut_off_request(phone: ObjectPhone, place: Objects, *content: Element) -> None:
    """Send commands, with what stands before them, and store no state. Raises: CutOff."""
    before = [one for one in content if one.tag not in _COMMANDS]
    sent = commands(*(one for one in content if one.tag in _COMMANDS))
    states = place.rig.services.states
    commit = states.commit

    async def failing(*_: object, **__: object) -> None:
        raise CutOff

    states.commit = failing  # type: ignore[method-assign]
    try:
        phone.send("Sync", asking.sync(phone.collection(place.folder, *before, sent)))
    finally:
        states.commit = commit  # type: ignore[method-assign]

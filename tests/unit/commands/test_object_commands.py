"""Contacts, events, tasks and notes in the commands beside Sync, and what Supported means."""

import struct
from collections.abc import Iterator

import pytest

from carbonio_mobile.ids import FolderId, OperationId, ServerId
from carbonio_mobile.sync.folders import FolderKind
from carbonio_mobile.testing.rig import Rig, now
from carbonio_mobile.wbxml import Element, Tag, decode
from carbonio_mobile.wbxml.codepages import (
    AirSync,
    AirSyncBase,
    Calendar,
    Contacts,
    GetItemEstimate,
    ItemOperations,
    Move,
    Notes,
    Ping,
    Search,
)
from tests.unit.commands import asking
from tests.unit.commands.checked import check
from tests.unit.commands.objectphone import (
    CALENDAR,
    CASE_IDS,
    CASES,
    CONTACTS,
    DAY,
    KINDS,
    NOTES,
    TASKS,
    Kind,
    ObjectPhone,
    Objects,
    change,
    event,
    event_source,
)

each = pytest.mark.parametrize(("kind", "version"), CASES, ids=CASE_IDS)
SINCE_12 = [(kind, version) for kind, version in CASES if version != "2.5"]
each_since_12 = pytest.mark.parametrize(
    ("kind", "version"), SINCE_12, ids=[f"{kind.name}-{v}" for kind, v in SINCE_12]
)


@pytest.fixture
def rig() -> Rig:
    return Rig()


def own_folder(rig: Rig, kind: Kind, name: str = "Own") -> FolderId:
    """Make a folder of the user for objects of a class."""
    made = now(
        rig.mailbox().create_folder(
            None, name, kind.own_folder, operation=OperationId(f"own-{name}")
        )
    )
    return made.id


# MoveItems


def moved(phone: ObjectPhone, name: str, source: FolderId, target: FolderId) -> tuple[str, str]:
    """Move one object; gives status and new id."""
    answer = phone.ask("MoveItems", asking.moves((name, source, target)))
    (response,) = answer.children
    return response.value(Move.Status, ""), response.value(Move.DstMsgId, "")


@each
def test_objects_move_between_folders_of_their_class(rig: Rig, kind: Kind, version: str) -> None:
    """MoveItems: the phone that moved is told nothing twice, another sees Delete and Add."""
    here = Objects(rig, kind)
    there = Objects(rig, kind, own_folder(rig, kind))
    name = here.store("First", "one")
    phone, other = here.phone(version), here.phone(version, device="other")
    phone.prime(there.folder)
    other.prime(there.folder)
    status, new = moved(phone, name, here.folder, there.folder)
    assert status == "3"
    assert moved(phone, name, here.folder, there.folder) == ("3", new)
    phone.items[there.folder][new] = phone.items[here.folder].pop(name)
    for folder in (here.folder, there.folder):
        phone.settle(folder)
        other.settle(folder)
    assert (set(here.names()), set(there.names())) == (set(), {new})
    for one in (phone, other):
        assert one.hold(here.folder) == {}
        assert one.titles(there.folder, kind) == {new: "First"}


@each
def test_what_others_changed_before_the_move_is_told(rig: Rig, kind: Kind, version: str) -> None:
    """The phone did not know of it when it moved the object: it comes as a Change."""
    here = Objects(rig, kind)
    there = Objects(rig, kind, own_folder(rig, kind))
    name = here.store("First", "one")
    phone = here.phone(version)
    phone.prime(there.folder)
    here.replace(name, kind.source("Changed", "one"))
    _, new = moved(phone, name, here.folder, there.folder)
    phone.items[there.folder][new] = phone.items[here.folder].pop(name)
    phone.settle(there.folder)
    assert phone.titles(there.folder, kind) == {new: "Changed"}


@each
def test_objects_do_not_move_elsewhere(rig: Rig, kind: Kind, version: str) -> None:
    """MoveItems: status 2 for folders of other classes, of mail and of the server's own."""
    place = Objects(rig, kind)
    name = place.store("First")
    phone = place.phone(version)
    for target in FolderKind:
        folder = now(rig.mailbox().hierarchy()).standard(target)
        if folder is None or target is kind.folder:
            continue
        assert moved(phone, name, place.folder, folder.id) == ("2", ""), target
    assert place.names() == {name}


# ItemOperations


def fetch(name: str, *schema: Tag) -> Element:
    """Fetch one item, with these properties only where any are named."""
    wanted = Element(ItemOperations.Schema, [Element(tag) for tag in schema]) if schema else None
    body = Element(AirSyncBase.BodyPreference, [Element(AirSyncBase.Type, "1")])
    options = [one for one in (wanted, body) if one is not None]
    folder = str(ServerId.parse(name).folder)
    operation = Element(
        ItemOperations.Fetch,
        [
            Element(ItemOperations.Store, "Mailbox"),
            Element(AirSync.CollectionId, folder),
            Element(AirSync.ServerId, name),
            Element(ItemOperations.Options, options),
        ],
    )
    return Element(ItemOperations.ItemOperations, [operation])


def only_response(answer: Element) -> Element:
    response = answer.find(ItemOperations.Response)
    assert response is not None
    (one,) = response.children
    return one


@each_since_12
def test_objects_are_fetched(rig: Rig, kind: Kind, version: str) -> None:
    """MS-ASCMD_R913, MS-ASCMD_R6269, MS-ASCMD_R6274, MS-ASCMD_R6275; MS-ASCNTC_R477,
    MS-ASCNTC_R483, MS-ASCNTC_R486; MS-ASCAL_R525, MS-ASCAL_R528, MS-ASCAL_R529, MS-ASCAL_R531;
    MS-ASTASK_R353, MS-ASTASK_R356, MS-ASTASK_R359; MS-ASNOTE_R100, MS-ASNOTE_R101, MS-ASNOTE_R104.
    """
    place = Objects(rig, kind)
    name = place.store("First")
    phone = place.phone(version)
    one = only_response(phone.ask("ItemOperations", fetch(name)))
    assert one.value(ItemOperations.Status) == "1"
    assert one.value(AirSync.Class) == kind.name
    properties = one.find(ItemOperations.Properties)
    assert properties is not None
    told = phone.hold(place.folder)[name]
    assert [child.tag for child in properties] == [child.tag for child in told]
    assert properties.value(kind.title) == "First"


@each_since_12
def test_only_what_the_schema_names_is_fetched(rig: Rig, kind: Kind, version: str) -> None:
    """MS-ASCNTC_R485, MS-ASCAL_R530, MS-ASTASK_R358, MS-ASNOTE_R103."""
    place = Objects(rig, kind)
    name = place.store("First")
    phone = place.phone(version)
    one = only_response(phone.ask("ItemOperations", fetch(name, kind.title)))
    properties = one.find(ItemOperations.Properties)
    assert properties is not None
    assert [child.tag for child in properties] == [kind.title]


WITH_BODY = {
    "Contacts": b"BEGIN:VCARD\r\nVERSION:4.0\r\nUID:u\r\nFN:Ann\r\nNOTE:a body\r\nEND:VCARD\r\n",
    "Calendar": event_source("Ann", "u", "DESCRIPTION:a body"),
    "Tasks": TASKS.source("Ann", "u").replace(b"X-OTHER:kept", b"DESCRIPTION:a body"),
    "Notes": NOTES.source("Ann", "u").replace(b"X-OTHER:kept", b"DESCRIPTION:a body"),
}


@each_since_12
def test_bodies_come_as_parts(rig: Rig, kind: Kind, version: str) -> None:
    """MS-ASAIRS_R176, MS-ASAIRS_R244: in a multipart answer the body is a part of it."""
    place = Objects(rig, kind)
    name = place.store("", source=WITH_BODY[kind.name])
    phone = place.phone(version)
    response = phone.send("ItemOperations", fetch(name), headers={"ms-asacceptmultipart": "T"})
    assert response.code == 200
    document, body = parts_of(response.body)
    answer = decode(document)
    check(answer, "ItemOperations", version)
    properties = only_response(answer).find(ItemOperations.Properties)
    assert properties is not None
    shown = properties.find(AirSyncBase.Body)
    assert shown is not None
    assert shown.value(ItemOperations.Part) == "1"
    assert not shown.has(AirSyncBase.Data)
    assert body == b"a body"


def parts_of(octets: bytes) -> Iterator[bytes]:
    """Part a multipart answer (MS-ASCMD 2.2.1.10.1)."""
    (count,) = struct.unpack_from("<i", octets)
    for number in range(count):
        start, length = struct.unpack_from("<ii", octets, 4 + 8 * number)
        yield octets[start : start + length]


@each_since_12
def test_folders_of_objects_are_emptied(rig: Rig, kind: Kind, version: str) -> None:
    """EmptyFolderContents takes all objects, and the phone is told."""
    place = Objects(rig, kind)
    names = {place.store("First"), place.store("Second")}
    phone = place.phone(version)
    assert set(phone.hold(place.folder)) == names
    operation = Element(
        ItemOperations.EmptyFolderContents, [Element(AirSync.CollectionId, place.folder)]
    )
    answer = phone.ask("ItemOperations", Element(ItemOperations.ItemOperations, [operation]))
    assert only_response(answer).value(ItemOperations.Status) == "1"
    phone.settle(place.folder)
    assert phone.hold(place.folder) == {}
    assert place.names() == set()


# Search


def search(kind: Kind | None, words: str, folder: FolderId | None = None) -> Element:
    """A search of the mailbox for a class of items."""
    criteria = [
        Element(AirSync.Class, kind.name) if kind else None,
        Element(AirSync.CollectionId, folder) if folder else None,
        Element(Search.FreeText, words),
    ]
    query = Element(Search.Query, [Element(Search.And, criteria)])
    options = Element(Search.Options, [Element(Search.Range, "0-9")])
    store = [Element(Search.Name, "Mailbox"), query, options]
    return Element(Search.Search, [Element(Search.Store, store)])


def hits(answer: Element) -> list[Element]:
    """Give the results."""
    response = answer.find(Search.Response)
    assert response is not None
    store = response.find(Search.Store)
    assert store is not None
    assert store.value(Search.Status) == "1"
    return [one for one in store.find_all(Search.Result) if one.has(Search.Properties)]


@each_since_12
def test_objects_are_searched_by_their_class(rig: Rig, kind: Kind, version: str) -> None:
    """MS-ASCMD_R920, MS-ASCMD_R6288, MS-ASCMD_R6289; MS-ASCNTC_R475, MS-ASCNTC_R488,
    MS-ASCNTC_R490; MS-ASCAL_R523, MS-ASCAL_R533, MS-ASCAL_R534, MS-ASCAL_R535; MS-ASTASK_R351,
    MS-ASTASK_R361, MS-ASTASK_R363; MS-ASNOTE_R98, MS-ASNOTE_R106, MS-ASNOTE_R108.
    """
    for one in KINDS:
        Objects(rig, one).store("Pumpkin", f"pumpkin-{one.name}")
    place = Objects(rig, kind)
    phone = place.phone(version)
    (found,) = hits(phone.ask("Search", search(kind, "pumpkin")))
    assert found.value(AirSync.Class) == kind.name
    properties = found.find(Search.Properties)
    assert properties is not None
    assert properties.value(kind.title) == "Pumpkin"
    assert hits(phone.ask("Search", search(kind, "melon"))) == []
    (again,) = hits(phone.ask("Search", search(kind, "pumpkin", place.folder)))
    assert again.value(Search.LongId) == found.value(Search.LongId)


# GetItemEstimate and Ping


def estimate(phone: ObjectPhone, kind: Kind, folder: FolderId, filter_type: str) -> Element:
    """GetItemEstimate of one collection; gives the Response."""
    old = phone.version in ("2.5", "12.1")
    limit = Element(AirSync.FilterType, filter_type)
    collection = Element(
        GetItemEstimate.Collection,
        [
            Element(GetItemEstimate.Class, kind.name) if old else None,
            Element(AirSync.SyncKey, phone.keys[folder]) if not old else None,
            Element(GetItemEstimate.CollectionId, folder),
            limit if old else Element(AirSync.Options, [limit]),
            Element(AirSync.SyncKey, phone.keys[folder]) if old else None,
        ],
    )
    listed = Element(GetItemEstimate.Collections, [collection])
    answer = phone.ask("GetItemEstimate", Element(GetItemEstimate.GetItemEstimate, [listed]))
    (response,) = answer.find_all(GetItemEstimate.Response)
    return response


def counted(response: Element) -> str | None:
    assert response.value(GetItemEstimate.Status) == "1"
    collection = response.find(GetItemEstimate.Collection)
    assert collection is not None
    return collection.value(GetItemEstimate.Estimate)


@each
def test_what_comes_is_estimated(rig: Rig, kind: Kind, version: str) -> None:
    """MS-ASCMD_R3008, MS-ASCMD_R3017: as many as a Sync then brings."""
    place = Objects(rig, kind)
    name = place.store("First")
    phone = place.phone(version)
    assert counted(estimate(phone, kind, place.folder, "0")) == "0"
    place.store("Second")
    place.store("Third")
    place.drop(name)
    assert counted(estimate(phone, kind, place.folder, "0")) == "3"
    phone.settle(place.folder)
    assert len(phone.told) == 3


@pytest.mark.parametrize("version", CALENDAR.versions())
def test_windows_in_estimates(rig: Rig, version: str) -> None:
    """MS-ASCMD_R2971, MS-ASCMD_R5877: what is in the future or endless counts always.
    MS-ASCMD_R3012, MS-ASCMD_R3013, MS-ASCMD_R3014, MS-ASCMD_R3015: the filters of calendars.
    """
    place = Objects(rig, CALENDAR)
    phone = ObjectPhone(rig, version)
    phone.sync(place.folder)
    for age in (-400.0, 20.0, 60.0, 120.0, 300.0):
        start = rig.clock.seconds() - age * DAY
        place.store("", source=event_source("Talk", f"talk{age}", start=start))
    ever = event_source("Ever", "ever", "RRULE:FREQ=WEEKLY", start=rig.clock.seconds() - 900 * DAY)
    place.store("", source=ever)
    found = [counted(estimate(phone, CALENDAR, place.folder, one)) for one in "45670"]
    assert found == ["2", "3", "4", "5", "6"]


def test_filters_of_contacts_and_tasks_in_estimates(rig: Rig) -> None:
    """MS-ASCMD_R2973, MS-ASCMD_R3025: passed over for contacts; 8 for tasks."""
    for kind in (CONTACTS, TASKS):
        place = Objects(rig, kind)
        phone = ObjectPhone(rig, "14.1")
        phone.sync(place.folder)
        place.store("First")
        assert counted(estimate(phone, kind, place.folder, "8")) == "1"


def ping(kind: Kind, folder: FolderId) -> Element:
    named = [Element(Ping.Id, folder), Element(Ping.Class, kind.name)]
    return Element(
        Ping.Ping,
        [
            Element(Ping.HeartbeatInterval, "120"),
            Element(Ping.Folders, [Element(Ping.Folder, named)]),
        ],
    )


@each
def test_a_ping_wakes_for_objects(rig: Rig, kind: Kind, version: str) -> None:
    """MS-ASCMD_R6277, MS-ASCMD_R6282, MS-ASCMD_R4235: a new object ends the waiting."""
    place = Objects(rig, kind)
    phone = place.phone(version)
    waiting = rig.send("Ping", ping(kind, place.folder), version=version, device=phone.device)
    rig.clock.advance(1)
    assert not waiting.called
    place.store("First")
    rig.clock.advance(1)
    answer = decode(now(waiting).body)
    check(answer, "Ping", version)
    assert answer.value(Ping.Status) == "2"
    folders = answer.find(Ping.Folders)
    assert folders is not None
    assert [one.string for one in folders] == [place.folder]


# Supported

GHOSTS = [
    (CONTACTS, Contacts.JobTitle, Contacts.FirstName),
    (CALENDAR, Calendar.DisallowNewTimeProposal, Calendar.MeetingStatus),
]


def kept(rig: Rig, kind: Kind, tag: Tag, version: str, supported: Element | None) -> bool:
    """Tell whether a property that a Change leaves out keeps its value."""
    place = Objects(rig, kind)
    phone = ObjectPhone(rig, version)
    phone.keys[place.folder] = "0"
    phone.sync(place.folder, supported)
    phone.settle(place.folder)
    extra = Element(tag, "1")
    name = phone.make(place.folder, [*kind.content("First", "", version), extra])
    phone.one(place.folder, change(name, *kind.content("Second", "", version)))
    fresh = place.phone(version, device="fresh")
    data = fresh.hold(place.folder)[name]
    assert data.value(kind.title) == "Second"
    return data.value(tag) == "1"


@pytest.mark.parametrize("version", ["2.5", "12.1", "14.1", "16.0", "16.1"])
@pytest.mark.parametrize(("kind", "tag", "other"), GHOSTS, ids=["Contacts", "Calendar"])
def test_what_a_change_leaves_out(rig: Rig, kind: Kind, tag: Tag, other: Tag, version: str) -> None:
    """MS-ASCMD_R5906, MS-ASCMD_R5907, MS-ASCMD_R5908, MS-ASCMD_R5909, MS-ASCMD_R5911,
    MS-ASCMD_R5912, MS-ASCMD_R879; MS-ASCNTC_R455, MS-ASCNTC_R499; MS-ASCMD_R7309: from 16.0 on
    everything in a calendar is kept.
    """
    if kind is CALENDAR and version in ("2.5", "12.1"):
        return  # MS-ASCMD R7308: the element is none of theirs
    always = kind is CALENDAR and version.startswith("16")
    if not always:
        assert not kept(rig, kind, tag, version, None)
        assert not kept(Rig(), kind, tag, version, Element(AirSync.Supported, [Element(tag)]))
    else:
        assert kept(rig, kind, tag, version, None)
    assert kept(Rig(), kind, tag, version, Element(AirSync.Supported, [Element(other)]))
    assert kept(Rig(), kind, tag, version, Element(AirSync.Supported))


@pytest.mark.parametrize("version", NOTES.versions())
def test_notes_know_no_supported(rig: Rig, version: str) -> None:
    """MS-ASNOTE_R114: status 4."""
    phone = ObjectPhone(rig, version)
    folder = rig.folder(FolderKind.NOTES)
    supported = Element(AirSync.Supported, [Element(Notes.Subject)])
    answer = phone.ask("Sync", asking.sync(phone.collection(folder, supported)))
    status = answer.value(AirSync.Status)
    if status is None:
        listed = answer.find(AirSync.Collections)
        assert listed is not None
        status = listed.children[0].value(AirSync.Status)
    assert status == "4"


@pytest.mark.parametrize("version", CALENDAR.versions())
def test_a_calendar_of_many_events_comes_in_pages(rig: Rig, version: str) -> None:
    """MS-ASCMD_R5041: each once, whatever others do in between."""
    place = Objects(rig, CALENDAR)
    names = {
        place.store("", source=event_source(f"Talk {n}", f"talk{n}", start=rig.clock.seconds()))
        for n in range(30)
    }
    phone = ObjectPhone(rig, version)
    phone.sync(place.folder)
    for number in range(20):
        phone.sync(place.folder, Element(AirSync.WindowSize, "3"))
        name = sorted(names)[number]
        start = rig.clock.seconds() + (number - 10) * DAY
        place.replace(name, event_source(f"Talk {number}", f"talk{number}", start=start))
        phone.one(place.folder, change(name, *event(f"Mine {number}", "", version)))
    phone.settle(place.folder)
    assert phone.titles(place.folder, CALENDAR) == {one: place.title(one) for one in names}

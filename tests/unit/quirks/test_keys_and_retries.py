"""client-quirks 3: sync keys, repeats, windows."""

import json
from collections.abc import Sequence
from dataclasses import replace

import pytest

from carbonio_mobile import __version__
from carbonio_mobile.commands.syncdown import Room
from carbonio_mobile.ids import DeviceId, DeviceKey, FolderId, ItemId, ServerId
from carbonio_mobile.mime.mailitem import MailPatch
from carbonio_mobile.pim.event import Event
from carbonio_mobile.sync import poison
from carbonio_mobile.sync.folders import FolderKind
from carbonio_mobile.sync.patience import STAND_IN_AFTER, time_for
from carbonio_mobile.testing.rig import NOW, Rig, now
from carbonio_mobile.wbxml import Element
from carbonio_mobile.wbxml.codepages import AirSync, AirSyncBase, Calendar, Email, FolderHierarchy
from tests.unit.commands import asking
from tests.unit.commands.checked import ALL_VERSIONS, CheckedPhone
from tests.unit.commands.objectphone import CALENDAR, DAY, ObjectPhone, Objects, change, delete
from tests.unit.commands.objectphone import stamp as said
from tests.unit.commands.phone import change as mail_change
from tests.unit.commands.phone import commands
from tests.unit.quirks.clients import FamilyPhone

RULE = "RRULE:FREQ=DAILY;COUNT=10"


def test_commands_beside_key_0_are_passed_over() -> None:
    """client-quirks 3.4: a clean answer, and nothing done."""
    rig = Rig()
    inbox = rig.folder(FolderKind.INBOX)
    head = rig.deliver()
    phone = CheckedPhone(rig)
    name = str(ServerId(inbox, head.item))
    collection = phone.sync(inbox, commands(mail_change(name, Element(Email.Read, "1"))))
    assert collection is not None
    assert collection.value(AirSync.Status) == "1"
    assert not collection.has(AirSync.Responses)
    phone.settle(inbox)
    assert phone.items[inbox][name].value(Email.Read) == "0"


@pytest.mark.parametrize("version", ALL_VERSIONS)
def test_there_is_no_outbox_to_hold_a_sync_on(version: str) -> None:
    """client-quirks 3.6: mailboxes have none, and a Sync on one is told that folders changed."""
    phone = FamilyPhone(Rig(), "AOSP", version)
    answer = phone.folder_sync()
    changes = answer.find(FolderHierarchy.Changes)
    assert changes is not None
    assert "6" not in {one.value(FolderHierarchy.Type) for one in changes}
    outbox = phone.collection(FolderId("Outbox"))
    told = phone.ask("Sync", asking.sync(outbox))
    assert told.value(AirSync.Status) == "12"


@pytest.mark.parametrize("version", ALL_VERSIONS)
def test_there_is_no_empty_container_in_an_answer(version: str) -> None:
    """client-quirks 3.9: with nothing to say an empty body from 12.1 on, the full form before."""
    rig = Rig()
    inbox = rig.folder(FolderKind.INBOX)
    phone = FamilyPhone(rig, "Windows Phone", version)
    phone.prime(inbox)
    quiet = phone.sync(inbox)
    if version in ("2.5", "12.0"):
        assert quiet is not None
        assert quiet.value(AirSync.Status) == "1"
    else:
        assert phone.answer is None
    rig.deliver()
    for _ in range(3):
        phone.sync(inbox)
        assert not _empty_containers(phone.answer)


def _empty_containers(answer: Element | None) -> list[Element]:
    if answer is None:
        return []
    containers = (AirSync.Collections, AirSync.Commands, AirSync.Responses)
    found = [answer] if answer.tag in containers and not answer.children else []
    return found + [one for child in answer.children for one in _empty_containers(child)]


@pytest.mark.parametrize(
    ("size", "most"), [(None, 100), ("0", 512), ("513", 512), ("100000", 512), ("7", 7), ("1", 1)]
)
def test_the_window_that_is_meant(size: str | None, most: int) -> None:
    """client-quirks 3.14: 0 and above 512 are 512, missing is 100; never more than was asked."""
    rig = Rig()
    inbox = rig.folder(FolderKind.INBOX)
    for _ in range(most + 3):
        rig.deliver()
    phone = CheckedPhone(rig)
    window = None if size is None else Element(AirSync.WindowSize, size)
    phone.sync(inbox)
    answer = phone.sync(inbox, window)
    assert answer is not None
    told = answer.find(AirSync.Commands)
    assert told is not None
    assert len(told.children) == most
    assert answer.has(AirSync.MoreAvailable)


@pytest.mark.parametrize(
    ("family", "waits_s"), [("plain", 30), ("Samsung", 90), ("iOS", 240), ("Outlook desktop", 240)]
)
def test_an_answer_ends_before_the_patience_does(family: str, waits_s: float) -> None:
    """client-quirks 3.14: cut by time; what was begun is told, and nothing is lost."""
    rig = Rig()
    inbox = rig.folder(FolderKind.INBOX)
    for _ in range(200):
        rig.deliver()
    phone = FamilyPhone(rig, family)
    phone.sync(inbox)
    slow = _SlowReads(rig, each_s=7.0)
    began = rig.clock.seconds()
    rounds = 0
    more = True
    while more:
        before = rig.clock.seconds()
        answer = phone.sync(inbox)
        assert answer is not None
        assert rig.clock.seconds() - before <= time_for(waits_s) + slow.each_s
        more = answer.has(AirSync.MoreAvailable)
        rounds += 1
    assert len(phone.items[inbox]) == 200
    assert rounds > 1 or rig.clock.seconds() - began <= time_for(waits_s) + slow.each_s


class _SlowReads:
    """Lets each reading of messages of a rig's mailbox take its time."""

    def __init__(self, rig: Rig, *, each_s: float) -> None:
        self.each_s = each_s
        mailbox = rig.mailbox()
        read = mailbox.read

        async def slowly(folder: FolderId, items: Sequence[ItemId], wish: object) -> object:
            rig.clock.advance(each_s)
            return await read(folder, items, wish)

        mailbox.read = slowly  # type: ignore[attr-defined]


def test_the_first_item_is_always_let_in() -> None:
    """client-quirks 3.14: however late it is and however large the item, the folder gets on."""
    room = Room(items=1, bytes=10, until=0.0)
    assert room.take(10_000)
    assert not room.take(1)


def test_what_could_not_be_told_is_remembered_by_item() -> None:
    """client-quirks 3.3: a device that starts over with a fresh key meets the same list."""
    rig = Rig()
    inbox = rig.folder(FolderKind.INBOX)
    head = rig.deliver()
    name = ServerId(inbox, head.item)
    spoilt = poison.PoisonList(__version__)
    spoilt.add(ServerId(inbox, ItemId(99)), "this program fails at it")
    before = poison.PoisonList("old")
    before.add(name, "an older one did")
    both = json.loads(before.to_text()) | json.loads(spoilt.to_text())
    phone = CheckedPhone(rig)
    key = DeviceKey(rig.account, DeviceId(phone.device))
    now(rig.services.states.commit(key, {poison.DOCUMENT: json.dumps(both)}))
    for _ in range(2):
        phone.prime(inbox)
        assert [one for one, _ in phone.poisoned()] == [f"{inbox}:99"]


def test_several_commands_on_one_series_are_done_in_their_order() -> None:
    """client-quirks 3.13: Exchange takes one each; here the later finds what the earlier did."""
    calendar = Objects(Rig(), CALENDAR)
    name = calendar.store("Daily", source=CALENDAR.source("Daily", "s1", RULE))  # type: ignore[call-arg]
    phone = calendar.phone("16.1")
    first, second = said(NOW + 2 * DAY), said(NOW + 3 * DAY)
    answers = phone.up(
        calendar.folder,
        change(name, Element(Calendar.Subject, "Monday"), instance=first),
        change(name, Element(Calendar.Subject, "Tuesday"), instance=second),
        change(name, Element(Calendar.Subject, "Monday again"), instance=first),
        delete(name, second),
    )
    assert {one.status for one in answers} == {"1"}
    event = calendar.get(name).record
    assert isinstance(event, Event)
    found = {one.original: one.details and one.details.subject for one in event.exceptions}
    assert found == {NOW + 2 * DAY: "Monday again", NOW + 3 * DAY: None}


def test_a_block_of_options_replaces_all_that_stuck() -> None:
    """client-quirks 3.12: no block keeps them, a block without a filter has none."""
    rig = Rig()
    inbox = rig.folder(FolderKind.INBOX)
    old = rig.deliver(age_s=20 * DAY)
    phone = CheckedPhone(rig)
    week = Element(AirSync.Options, [Element(AirSync.FilterType, "3")])
    phone.prime(inbox, week)
    phone.settle(inbox)
    assert phone.items[inbox] == {}
    conflict = Element(AirSync.Options, [Element(AirSync.Conflict, "1")])
    phone.settle(inbox, conflict)
    assert list(phone.items[inbox]) == [str(ServerId(inbox, old.item))]


def test_a_phone_is_only_told_what_it_asked_for() -> None:
    """client-quirks 3.11: GetChanges 0 is obeyed while the phone pushes, 1 is meant without it."""
    rig = Rig()
    inbox = rig.folder(FolderKind.INBOX)
    phone = ObjectPhone(rig, "14.1")
    phone.prime(inbox)
    head = rig.deliver()
    name = str(ServerId(inbox, head.item))
    phone.sync(inbox, Element(AirSync.GetChanges, "0"))
    assert phone.items[inbox] == {}
    phone.sync(inbox)
    assert list(phone.items[inbox]) == [name]


def test_a_reported_room_is_a_value() -> None:
    """client-quirks 3.14: the three bounds of an answer are told apart: items, bytes, time."""
    room = Room(items=2, bytes=100, until=5.0)
    assert room.take(60)
    assert not replace(room).take(60)
    assert room.items == 1


def test_who_repeats_one_request_is_told_less_and_less() -> None:
    """client-quirks 3.14: 512, 25, 1; then a stand-in, and why; the item anew when it changes."""
    rig = Rig()
    inbox = rig.folder(FolderKind.INBOX)
    heads = [rig.deliver() for _ in range(40)]
    phone = FamilyPhone(rig, "Outlook desktop")
    phone.sync(inbox)
    counts = []
    for _ in range(STAND_IN_AFTER + 1):
        answer = phone.sync(inbox, Element(AirSync.WindowSize, "512"), lose=True)
        assert answer is not None
        told = answer.find(AirSync.Commands)
        assert told is not None
        counts.append(len(told.children))
    assert counts == [40, 40, 40, 25, 25, 1, 1]
    name = told.children[0].value(AirSync.ServerId, "")
    assert [one for one, _ in phone.poisoned()] == [name]
    phone.settle(inbox)
    assert {str(ServerId(inbox, one.item)) for one in heads} == phone.items[inbox].keys()
    assert [one for one, _ in phone.poisoned()] == [name]
    stand_in = phone.items[inbox][name]
    item = ServerId.parse(name).item
    now(rig.mailbox().update(inbox, {item: MailPatch(read=True)}))
    phone.settle(inbox)
    assert phone.poisoned() == []
    whole = phone.items[inbox][name]
    assert (stand_in.value(Email.Read), whole.value(Email.Read)) == ("0", "1")
    texts = [one.value(AirSyncBase.Data) for one in whole if one.tag is AirSyncBase.Body]
    assert texts == ["Hello, John.\r\n"]

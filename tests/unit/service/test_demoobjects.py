"""The demo's contacts, events, tasks and notes: lifelike, the same every time, never twice."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from twisted.internet import reactor
from twisted.trial.unittest import TestCase

from carbonio_mobile.accounts.attributes import Level
from carbonio_mobile.accounts.entries import Target
from carbonio_mobile.accounts.memory import MemoryAccounts
from carbonio_mobile.accounts.opening import open_store
from carbonio_mobile.accounts.passwords import HashCost
from carbonio_mobile.mailbox.memory import MemoryMailboxes
from carbonio_mobile.pim.contact import Contact
from carbonio_mobile.pim.event import Event
from carbonio_mobile.pim.item import Record
from carbonio_mobile.pim.objects import read_object, write_object
from carbonio_mobile.pim.occurrences import occurrences
from carbonio_mobile.pim.task import Task
from carbonio_mobile.service.demo import DemoContent, make_accounts
from carbonio_mobile.service.demoobjects import DAY_S, demo_objects
from carbonio_mobile.service.demotext import OWNERS
from carbonio_mobile.sync.changes import NEWEST, OLDEST
from carbonio_mobile.sync.folders import FolderKind
from carbonio_mobile.testing.contracts.mailbox_fixture import RecordingSink

ANCHOR = 1_763_640_000.0
JOHN, MARY = "john@example.com", "mary@example.com"


def records(owner: str, anchor: float = ANCHOR) -> list[Record]:
    """Give an account's objects as they are read."""
    return [read_object(each.source) for each in demo_objects(owner, anchor)]


def events(owner: str, anchor: float = ANCHOR) -> dict[str, Event]:
    """Give the events by their subjects."""
    return {one.details.subject: one for one in records(owner, anchor) if isinstance(one, Event)}


@pytest.mark.parametrize("owner", OWNERS)
def test_they_are_the_same_every_time(owner: str) -> None:
    """A start that was killed half-way is completed with the same objects; each has its own UID."""
    assert demo_objects(owner, ANCHOR) == demo_objects(owner, ANCHOR)
    uids = Counter(one.uid for one in records(owner))
    assert set(uids.values()) == {1}
    assert all(not one.faults for one in records(owner))


@pytest.mark.parametrize("owner", OWNERS)
def test_every_object_is_in_normal_form(owner: str) -> None:
    """Written again it is the very same: nothing of it is lost on the way to a device and back."""
    for each in demo_objects(owner, ANCHOR):
        assert write_object(each.source, read_object(each.source), now=ANCHOR + 9) == each.source


def test_contacts() -> None:
    """Colleagues and friends, with pictures, several addresses, homes and birthdays."""
    contacts = [one for one in records(JOHN) if isinstance(one, Contact)]
    assert len(contacts) >= 10
    assert any(MARY in one.email1_address for one in contacts)
    assert not any(JOHN in one.email1_address for one in contacts)
    assert sum(one.picture.startswith(b"\x89PNG") for one in contacts) >= 3
    assert all(len(one.picture) < 4096 for one in contacts)
    assert any(one.email2_address for one in contacts)
    assert any(one.birthday for one in contacts)
    assert any(one.home_address for one in contacts)


@pytest.mark.parametrize("days", range(7))
def test_events(days: int) -> None:
    """Single ones, a week's series with a moved and a missing one, whole days, in Rome."""
    anchor = ANCHOR + days * DAY_S
    shown = events(JOHN, anchor)
    series = shown["Team round"]
    assert series.recurrence is not None
    assert series.recurrence.kind == 1
    assert [one.details is not None for one in series.exceptions] == [True, False]
    assert series.tzid == "Europe/Rome"
    dentist = shown["Dentist"]
    assert anchor < dentist.details.start < anchor + 2 * DAY_S
    fair = shown["Trade fair"]
    assert fair.details.all_day
    assert fair.details.end - fair.details.start == 2 * DAY_S
    met = list(occurrences(series, anchor, anchor + 35 * DAY_S, limit=10))
    assert len(met) == 4
    assert sum(one.details.subject == "Team round (afternoon)" for one in met) == 1


def test_a_meeting_between_the_two() -> None:
    """One UID and one time in both calendars; John organises it, Mary has accepted."""
    johns, marys = (events(owner)["Budget for the harbour bridge"] for owner in (JOHN, MARY))
    assert johns.uid == marys.uid
    assert johns.details.start == marys.details.start > ANCHOR
    assert johns.organizer_address == marys.organizer_address == JOHN
    statuses = {one.address: one.status for one in marys.details.attendees}
    assert statuses[MARY] == 3
    assert (johns.response, marys.response) == (1, 3)
    assert "Budget for the harbour bridge" not in events("admin@example.com")


def test_tasks() -> None:
    """Some open, one done, one that recurs."""
    tasks = [one for one in records(JOHN) if isinstance(one, Task)]
    assert {one.complete for one in tasks} == {True, False}
    assert any(one.recurrence for one in tasks)
    assert any(one.reminder_at for one in tasks)


def test_the_address_list_says_something(tmp_path: Path) -> None:
    """The accounts have titles and numbers, so that a search of the address list shows them."""
    store = open_store(tmp_path, HashCost(memory_kib=8, rounds=1, lanes=1))
    try:
        make_accounts(store)
        make_accounts(store)
        own = store.entry(Target(level=Level.ACCOUNT, name=MARY), ANCHOR).own
    finally:
        store.close()
    assert own["title"] == ("Head of finance",)
    assert own["telephoneNumber"] == ("+39 02 555 0102",)


class Killed(Exception):
    """A start that ends half-way."""


class FillTests(TestCase):
    """The mailboxes of the three accounts, filled by several starts."""

    timeout = 60

    def setUp(self) -> None:
        self.data = Path(self.mktemp())
        self.data.mkdir()
        self.accounts = MemoryAccounts(clock=lambda: ANCHOR)
        self.listed = [(address, self.accounts.add(address, "x")) for address in OWNERS]
        self.mailboxes = MemoryMailboxes(sink=RecordingSink(), clock=lambda: ANCHOR)

    def content(self) -> DemoContent:
        pool: Any = reactor.getThreadPool()  # type: ignore[attr-defined]
        return DemoContent(self.data, self.mailboxes, reactor=reactor, pool=pool)  # type: ignore[arg-type]

    async def counts(self) -> dict[str, Counter[FolderKind]]:
        found = {}
        for address, account in self.listed:
            box = await self.mailboxes.open(account)
            found[address] = Counter(
                {
                    one.kind: await box.count(one.id, below=NEWEST, down_to=OLDEST)
                    for one in (await box.hierarchy()).folders
                    if one.kind is not FolderKind.MAIL
                }
            )
        return found

    async def test_a_start_that_was_killed_is_completed(self) -> None:
        """The same objects, none of them twice; a third start writes nothing."""
        box = await self.mailboxes.open(self.listed[0][1])
        add, count = type(box).add_object, 0

        async def dying(self: Any, *args: Any, **more: Any) -> Any:
            nonlocal count
            count += 1
            if count >= 9:
                raise Killed
            return await add(self, *args, **more)

        self.patch(type(box), "add_object", dying)
        with pytest.raises(Exception):  # noqa: B017, PT011 - gathered from several writes
            await self.content().fill(self.listed)
        halfway = await self.counts()
        self.assertEqual(8, halfway[JOHN][FolderKind.CONTACTS])
        self.patch(type(box), "add_object", add)
        self.assertGreater(await self.content().fill(self.listed), 600)
        whole = await self.counts()
        for address in OWNERS:
            made = Counter(each.folder for each in demo_objects(address, ANCHOR))
            for kind, number in made.items():
                self.assertEqual(number, whole[address][kind], (address, kind))
        self.assertEqual(0, await self.content().fill(self.listed))
        self.assertEqual(whole, await self.counts())

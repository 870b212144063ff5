"""The address books of mailboxes: indexes that follow contact folders."""

import pytest
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.task import Clock

from carbonio_mobile.books import folders as subject
from carbonio_mobile.books.follower import FRESH_S, Follower
from carbonio_mobile.errors import Conflict, Unavailable
from carbonio_mobile.ids import FolderId
from tests.unit.books.house import CONTACTS, JOHN, MARY, House, awaited, vcard


@pytest.fixture
def house() -> House:
    return House()


def test_each_contact_folder_is_a_book(house: House) -> None:
    """The standard one first, then by path; not those in the trash, nor what devices use to know
    recipients, nor folders of other things.
    """
    house.folder("Zoo")
    family = house.folder("Family", CONTACTS)
    house.folder("Old", FolderId("3"))
    house.add("Jane", family)
    house.add("Ann")
    assert house.names() == {"/Contacts": ["Ann"], "/Contacts/Family": ["Jane"], "/Zoo": []}


def test_more_than_a_page_is_read_whole(house: House) -> None:
    """In pages, with turns for others between."""
    count = 2 * subject.PAGE_COUNT + 3
    for number in range(count):
        house.add(f"C{number:03}")
    assert house.names()["/Contacts"] == [f"C{number:03}" for number in range(count)]
    assert house.asked.count("listing") == 4


def test_a_book_follows_its_folder_by_what_changed(house: House) -> None:
    """What came, changed, moved and went is read, and nothing else."""
    family = house.folder("Family")
    kept, changed, gone, moved = (house.add(name) for name in ("A", "B", "C", "D"))
    house.names()
    version = house.run(awaited(house.box().objects(CONTACTS, (changed,))))[changed].version
    house.do(lambda box: box.replace_object(CONTACTS, changed, vcard("Bb"), expected=version))
    house.do(lambda box: box.delete(CONTACTS, (gone,)))
    house.do(lambda box: box.move(CONTACTS, (moved,), family))
    house.add("E")
    house.asked.clear()
    assert house.names() == {"/Contacts": ["A", "Bb", "E"], "/Family": ["D"]}
    assert kept
    assert house.asked.count("objects") == 2
    assert "listing" not in house.asked
    assert "hierarchy" not in house.asked


def test_folders_come_go_and_are_renamed(house: House) -> None:
    """A renamed book is not read again."""
    family = house.folder("Family")
    house.add("Jane", family)
    house.names()
    house.do(lambda box: box.update_folder(family, parent=CONTACTS, name="Kin"))
    house.asked.clear()
    assert house.names() == {"/Contacts": [], "/Contacts/Kin": ["Jane"]}
    assert "objects" not in house.asked
    house.do(lambda box: box.delete_folder(family))
    assert house.names() == {"/Contacts": []}


def test_nothing_is_asked_within_a_moment(house: House) -> None:
    """A book is looked after again when it is no longer fresh; the moment is short enough that no
    answer is older than a second.
    """
    house.names()
    house.add("New")
    house.asked.clear()
    house.clock.advance(FRESH_S / 2)
    found = house.run(house.books.of(JOHN))
    assert (len(found[0][1].index), house.asked) == (0, [])
    house.clock.advance(FRESH_S / 2 + 0.001)
    assert len(house.run(house.books.of(JOHN))[0][1].index) == 1
    assert 2 * FRESH_S < 1


def test_only_the_books_asked_for_are_read(house: House) -> None:
    """Of one that is shown to others, the owner's other books stay unread."""
    family = house.folder("Family")
    house.add("Jane", family)
    house.add("Ann")
    assert house.names(only=[family, FolderId("999")]) == {"/Family": ["Jane"]}
    assert house.asked.count("objects") == 1


def test_what_was_put_back_is_read_anew(house: House) -> None:
    """A folder that knows nothing of the token has another history; the index stays the same."""
    item = house.add("Ann")
    house.names()
    ((_, book),) = house.run(house.books.of(JOHN))
    before = book.index
    house.do(lambda box: box.delete(CONTACTS, (item,)))
    house.add("Bob")
    house.faults["changes"] = Conflict("another history")
    assert house.names() == {"/Contacts": ["Bob"]}
    del house.faults["changes"]
    house.add("Carl")
    assert house.names() == {"/Contacts": ["Bob", "Carl"]}
    assert house.run(house.books.of(JOHN))[0][1].index is before


def test_a_fault_is_told_and_gone_with_its_cause(house: House) -> None:
    """The next look-up tries again at once."""
    house.add("Ann")
    house.faults["listing"] = Unavailable("busy")
    with pytest.raises(Unavailable):
        house.run(house.books.of(JOHN))
    house.faults.clear()
    assert len(house.run(house.books.of(JOHN))[0][1].index) == 1


def test_a_folder_deleted_meanwhile_is_left_out(house: House) -> None:
    """Between the look at the folders and that at what they hold."""
    family = house.folder("Family")
    house.run(house.books.of(JOHN, ()))
    house.do(lambda box: box.delete_folder(family))
    assert [folder.path for folder, _ in house.run(house.books.of(JOHN))] == ["/Contacts"]


def test_books_nobody_looks_at_go_when_there_are_too_many_entries() -> None:
    """The one used longest ago first; those in use stay."""
    house = House(entries_count=3)
    for account in (JOHN, MARY):
        house.add("A", account=account)
        house.add("B", account=account)
    house.names(JOHN)
    house.clock.advance(subject.IN_USE_S / 2)
    house.names(MARY)
    assert house.books.count() == 4
    house.clock.advance(subject.IN_USE_S / 2 + 1)
    house.names(MARY)
    assert house.books.count() == 2
    house.asked.clear()
    assert house.names(JOHN) == {"/Contacts": ["A", "B"]}
    assert "listing" in house.asked


def test_the_picture_is_fetched_when_it_is_wanted(house: House) -> None:
    """Of an entry that has one and is still there."""
    photo = "PHOTO;ENCODING=b;TYPE=JPEG:/9j/AAAA\r\n"
    box = house.box()
    head = house.run(
        awaited(box.add_object(CONTACTS, vcard("Ann", photo), operation=house.operation()))
    )
    bare = house.add("Bob")
    ((_, book),) = house.run(house.books.of(JOHN))
    entry = book.index.entry(book.index.row_of(f"{JOHN}/{CONTACTS}/{head.item}") or 0)
    assert entry.blobs == {"jpegphoto"}
    assert house.run(book.blobs(entry.id, ("jpegphoto", "cn"))) == {
        "jpegphoto": (b"\xff\xd8\xff\x00\x00\x00",)
    }
    assert house.run(book.blobs(entry.id, ("usercertificate",))) == {}
    assert house.run(book.blobs(f"{JOHN}/{CONTACTS}/{bare}", ("jpegphoto",))) == {}
    house.do(lambda box: box.delete(CONTACTS, (head.item,)))
    assert house.run(book.blobs(entry.id, ("jpegphoto",))) == {}


class Work:
    """Something to follow, which takes till it is told to end."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.under_way: list[Deferred[None]] = []
        self.follower = Follower(self._catch_up, clock=self.clock)

    async def _catch_up(self) -> None:
        self.under_way.append(Deferred())
        await self.under_way[-1]

    def ask(self) -> tuple[Deferred[None], list[object]]:
        """Ask for news; gives what comes of it."""
        outcome: list[object] = []
        asked = Deferred.fromCoroutine(self.follower.follow())
        asked.addBoth(outcome.append)
        return asked, outcome


def test_all_who_ask_meanwhile_wait_for_one_reading() -> None:
    """One that goes away takes nothing from the others."""
    work = Work()
    (_, first), (second, went), (_, third) = work.ask(), work.ask(), work.ask()
    second.cancel()
    assert len(work.under_way) == 1
    assert isinstance(getattr(went[0], "value", None), CancelledError)
    work.under_way[0].callback(None)
    assert (first, third) == ([None], [None])
    assert work.ask()[1] == [None]
    work.clock.advance(1)
    assert work.ask()[1] == []


def test_a_reading_goes_on_where_nobody_waits() -> None:
    """It is needed again soon."""
    work = Work()
    asked, _ = work.ask()
    asked.cancel()
    work.under_way[0].callback(None)
    assert work.ask()[1] == [None]

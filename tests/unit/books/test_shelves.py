"""What each login sees of the address books."""

from collections.abc import Sequence
from dataclasses import dataclass
from unittest.mock import patch

import pytest
from twisted.internet.task import deferLater
from zope.interface.verify import verifyObject

from carbonio_mobile.accounts.memory import MemoryAccounts
from carbonio_mobile.addressbook.exposure import Exposure
from carbonio_mobile.addressbook.shelf import Shown
from carbonio_mobile.books import shelves
from carbonio_mobile.books.follower import FRESH_S
from carbonio_mobile.books.gal import GalBooks
from carbonio_mobile.errors import Unavailable
from carbonio_mobile.ids import AccountId, FolderId
from carbonio_mobile.interfaces import IAddressBooks
from carbonio_mobile.ldap.filters import Substrings
from carbonio_mobile.ldap.names import Dn, parse_dn
from carbonio_mobile.ldap.requests import Scope
from carbonio_mobile.store.memoryexposures import MemoryExposures
from tests.unit.books.house import CONTACTS, House, awaited

GAL = "InternalGAL/_zextras"
GONE = AccountId("11111111-2222-3333-4444-555555555555")


@dataclass(eq=False)
class Seen:
    """Stands for a shelf: what is on it."""

    suffix: Dn
    shown: Sequence[Shown]
    also: "Seen | None" = None


class Library(House):
    """John and Mary of example.com, Zoe of another domain, their books and the address list."""

    def __init__(self) -> None:
        super().__init__()
        self.accounts = MemoryAccounts(clock=self.clock.seconds)
        self.exposures = MemoryExposures()
        self.john = self.accounts.add("john@example.com", "x", displayName="John Doe")
        self.mary = self.accounts.add("mary@example.com", "x", displayName="Mary\t Jones")
        self.zoe = self.accounts.add("zoe@elsewhere.example", "x")
        self.shelves = shelves.AddressBooks(
            accounts=self.accounts,
            folders=self.books,
            gal=GalBooks(
                feed=self.accounts, turn=lambda: deferLater(self.clock, 0), clock=self.clock
            ),
            exposures=self.exposures,
            clock=self.clock,
        )

    def shelf(self, viewer: AccountId) -> Seen:
        """Give what somebody sees."""
        account = self.run(self.accounts.account(viewer))
        seen = self.run(self.shelves.shelf(account))
        assert isinstance(seen, Seen)
        return seen

    def seen(self, viewer: AccountId) -> dict[str, list[str]]:
        """Give the names in each book that somebody sees when time has passed."""
        self.clock.advance(1)
        return {
            one.name: [
                str(one.index.entry(row).values["cn"][0])
                for row in one.index.page(0, len(one.index))
            ]
            for one in self.shelf(viewer).shown
        }

    def expose(self, account: AccountId, folder: FolderId | None, domain: str = "") -> None:
        """Show somebody's book to others."""
        self.run(self.exposures.add(Exposure(domain=domain, account=account, folder=folder)))


@pytest.fixture
def library(monkeypatch: pytest.MonkeyPatch) -> Library:
    monkeypatch.setattr(shelves, "Shelf", Seen)
    return Library()


def test_it_provides_the_interface(library: Library) -> None:
    """With the signatures of IAddressBooks."""
    verifyObject(IAddressBooks, library.shelves)


def test_own_books_and_the_address_list_are_seen(library: Library) -> None:
    """Nobody else's, be they shared; the containers are named as the books are."""
    family = library.folder("Family, & friends", CONTACTS, account=library.john)
    library.add("Ann", account=library.john)
    library.add("Jane", family, account=library.john)
    library.add("Mary's", account=library.mary)
    people = ["John Doe", "Mary\t Jones"]
    assert list(library.seen(library.john).items()) == [
        ("/Contacts", ["Ann"]),
        ("/Contacts/Family, & friends", ["Jane"]),
        (GAL, people),
    ]
    seen = library.shelf(library.john)
    assert str(seen.suffix) == "o=addressbook"
    assert [str(one.container) for one in seen.shown] == [
        "ou=/Contacts,o=addressbook",
        "ou=/Contacts/Family\\, & friends,o=addressbook",
        f"ou={GAL},o=addressbook",
    ]
    assert all(parse_dn(str(one.container)) == one.container for one in seen.shown)


def test_exposed_books_are_seen_by_whom_they_are_meant_for(library: Library) -> None:
    """Under the owner's name; at once; the owner sees her own as her own."""
    partners = library.folder("EMEA Partners", account=library.mary)
    library.add("Partner", partners, account=library.mary)
    library.shelf(library.john)
    library.expose(library.mary, partners, "example.com")
    assert [one.name for one in library.shelf(library.john).shown] == [
        "/Contacts", GAL, "Mary Jones/EMEA Partners",
    ]  # fmt: skip
    assert library.seen(library.john)["Mary Jones/EMEA Partners"] == ["Partner"]
    assert list(library.seen(library.mary)) == ["/Contacts", "/EMEA Partners", GAL]
    assert list(library.seen(library.zoe)) == ["/Contacts", GAL]
    library.expose(library.mary, None)
    assert list(library.seen(library.zoe)) == [
        "/Contacts", GAL, "Mary Jones/Contacts", "Mary Jones/EMEA Partners",
    ]  # fmt: skip
    assert len(library.seen(library.john)) == 4
    library.run(library.exposures.remove(list(library.exposures.all_exposures())))
    assert [one.name for one in library.shelf(library.john).shown] == ["/Contacts", GAL]


def test_books_of_owners_who_are_gone_are_not_seen(library: Library) -> None:
    """Deleted or closed, or in a domain that is; the exposure stays what it is."""
    library.expose(library.mary, CONTACTS)
    library.expose(library.zoe, CONTACTS)
    library.expose(GONE, None)
    mine = ["/Contacts", GAL]
    both = [*mine, "Mary Jones/Contacts", "zoe/Contacts"]
    assert list(library.seen(library.john)) == both
    library.accounts.set_domain_attributes("elsewhere.example", zimbraDomainStatus="closed")
    assert list(library.seen(library.john)) == both[:3]
    library.accounts.set_attributes(library.mary, zimbraAccountStatus="closed")
    assert list(library.seen(library.john)) == mine
    library.accounts.set_attributes(library.mary, zimbraAccountStatus="active")
    assert list(library.seen(library.john)) == both[:3]
    library.accounts.remove(library.mary)
    assert list(library.seen(library.john)) == mine
    assert len(library.exposures.all_exposures()) == 3


def test_books_of_the_same_name_are_told_apart(library: Library) -> None:
    """By the owner's address; names of entries do not mind case and blanks."""
    other = library.accounts.add("mary.j@example.com", "x", displayName="MARY  Jones")
    third = library.accounts.add("mary.q@example.com", "x", displayName="Mary Jones")
    for one in (library.mary, other, third):
        library.expose(one, CONTACTS)
    names = list(library.seen(library.john))[2:]
    assert len(names) == 3
    assert len([name for name in names if name.endswith("@example.com)/Contacts")]) == 2
    assert len({one.container for one in library.shelf(library.john).shown}) == 5


def test_a_shelf_stays_the_same_while_the_same_is_on_it(library: Library) -> None:
    """Its books change beneath; it is another when a book came, went or was renamed."""
    first = library.shelf(library.john)
    library.add("Ann", account=library.john)
    library.clock.advance(1)
    assert library.shelf(library.john) is first
    assert len(first.shown[0].index) == 1
    family = library.folder("Family", account=library.john)
    library.clock.advance(1)
    second = library.shelf(library.john)
    assert second is not first
    assert second.shown[0].index is first.shown[0].index
    box = library.run(library.inner.open(library.john))
    library.run(awaited(box.update_folder(family, parent=None, name="Kin")))
    library.clock.advance(1)
    assert library.shelf(library.john) is not second


def test_nothing_is_asked_within_a_moment(library: Library) -> None:
    """A search costs no look at the mailboxes, unless an administrator changed what is seen."""
    library.expose(library.mary, None)
    library.shelf(library.john)
    library.asked.clear()
    library.clock.advance(FRESH_S / 2)
    library.shelf(library.john)
    assert library.asked == []


def test_an_account_without_contacts_has_no_own_books(library: Library) -> None:
    """zimbraFeatureContactsEnabled; the address list has a switch of its own."""
    library.accounts.set_attributes(library.john, zimbraFeatureContactsEnabled="FALSE")
    assert list(library.seen(library.john)) == [GAL]
    library.accounts.set_attributes(library.john, zimbraFeatureGalEnabled="FALSE")
    assert list(library.seen(library.john)) == []


def test_a_mailbox_that_cannot_be_read_costs_its_own_books(library: Library) -> None:
    """The rest is seen, and they are when it can be read again."""
    library.faults["hierarchy"] = Unavailable("busy")
    assert list(library.seen(library.john)) == [GAL]
    library.faults.clear()
    assert list(library.seen(library.john)) == ["/Contacts", GAL]


def test_an_owner_who_cannot_be_looked_up_costs_the_exposed_books(library: Library) -> None:
    """The own ones and the address list are seen."""
    library.expose(library.mary, CONTACTS)
    viewer = library.run(library.accounts.account(library.john))

    async def busy(_account: AccountId) -> None:
        raise Unavailable("busy")

    with patch.object(library.accounts, "account", busy):
        shelf = library.run(library.shelves.shelf(viewer))
    assert isinstance(shelf, Seen)
    assert [one.name for one in shelf.shown] == ["/Contacts", GAL]
    assert "Mary Jones/Contacts" in library.seen(library.john)


def test_shelves_nobody_asks_for_hold_nothing(library: Library) -> None:
    """They are forgotten, and made anew."""
    first = library.shelf(library.john)
    library.clock.advance(shelves.KEPT_S + 1)
    library.shelf(library.mary)
    assert library.shelf(library.john) is not first


def test_pictures_are_fetched_where_their_book_is(library: Library) -> None:
    """From the mailbox for contacts, from the directory for people."""
    library.accounts.set_attributes(library.mary, thumbnailPhoto="/9j/AAAA")
    library.clock.advance(1)
    contacts, gal = library.shelf(library.john).shown
    assert library.run(gal.blobs(str(library.mary), ("jpegphoto",))) == {
        "jpegphoto": (b"\xff\xd8\xff\x00\x00\x00",)
    }
    item = library.add("Ann", account=library.john)
    assert library.run(contacts.blobs(f"{library.john}/7/{item}", ("jpegphoto",))) == {}


def test_a_search_from_the_top_meets_all_books() -> None:
    """As Outlook asks it: an empty base, and everything below."""
    library = Library()
    library.add("John Smith", account=library.john)
    partners = library.folder("EMEA Partners", account=library.mary)
    library.add("Johanna", partners, account=library.mary)
    library.expose(library.mary, partners)
    account = library.run(library.accounts.account(library.john))
    shelf = library.run(library.shelves.shelf(account))
    asked = Substrings("cn", initial=b"JOH")
    for base, expected in (
        ("", {"John Smith", "John Doe", "Johanna"}),
        ("o=addressbook", {"John Smith", "John Doe", "Johanna"}),
        ("ou=mary jones/emea partners,o=AddressBook", {"Johanna"}),
        ("dc=example,DC=com", {"John Smith", "John Doe", "Johanna"}),
        ("ou=/Contacts,dc=example,dc=com", {"John Smith"}),
    ):
        found = [
            str(shown.index.entry(row).values["cn"][0])
            for hits in shelf.find(base, Scope.SUB, asked)
            if hits is not None
            for shown, rows in (hits,)
            for row in rows
        ]
        assert set(found) == expected
        assert len(found) == len(expected)


def test_entries_are_named_below_the_suffix_that_was_asked(library: Library) -> None:
    """By the domain's name too, which many take for the base; another domain's is not there."""
    library.shelf(library.john)
    seen = library.shelf(library.john)
    assert seen.also is not None
    assert str(seen.also.suffix) == "dc=example,dc=com"
    assert [each.name for each in seen.also.shown] == [each.name for each in seen.shown]
    assert {str(each.container.parent) for each in seen.also.shown} == {"dc=example,dc=com"}
    assert {str(each.container.parent) for each in seen.shown} == {"o=addressbook"}

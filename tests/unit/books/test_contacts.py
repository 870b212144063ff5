"""An account's own contacts as ActiveSync finds them."""

from base64 import b64encode

import pytest
from zope.interface.verify import verifyObject

from carbonio_mobile.books.contacts import ContactsOfBooks
from carbonio_mobile.directory.people import People, PersonWish
from carbonio_mobile.ids import FolderId, OperationId
from carbonio_mobile.interfaces import IOwnContacts
from carbonio_mobile.testing.people import no_turn
from tests.unit.books.house import CONTACTS, JOHN, House, awaited

PICTURE = b"\xff\xd8\xffpicture"
TEXTS = PersonWish()


class Own(House):
    """John's contacts in two folders: some with an address, one with a picture."""

    def __init__(self) -> None:
        super().__init__()
        self.contacts = ContactsOfBooks(self.books, turn=no_turn)
        family = self.folder("Family")
        photo = b64encode(PICTURE).decode()
        self.card("Zoe Ann", "zoe@example.com", more=f"PHOTO:data:image/jpeg;base64,{photo}")
        self.card("Ann Smith", "Ann@example.com", folder=family)
        self.card("Anna Nobody", "")
        self.clock.advance(1)

    def card(self, name: str, address: str, *, folder: FolderId = CONTACTS, more: str = "") -> None:
        """Store a contact."""
        first, _, last = name.partition(" ")
        lines = ["BEGIN:VCARD", "VERSION:4.0", f"UID:{name}", f"FN:{name}", f"N:{last};{first};;;"]
        lines += [f"EMAIL:{address}"] if address else []
        source = "\r\n".join([*lines, *([more] if more else []), "END:VCARD", ""]).encode()
        box = self.box(JOHN)
        self.run(awaited(box.add_object(folder, source, operation=OperationId(name))))

    def found(self, text: str, *, limit: int = 10, wish: PersonWish = TEXTS) -> People:
        """Search."""
        return self.run(self.contacts.search(JOHN, text, limit=limit, wish=wish))


@pytest.fixture
def own() -> Own:
    return Own()


def test_it_provides_the_interface(own: Own) -> None:
    """With the signatures of IOwnContacts."""
    verifyObject(IOwnContacts, own.contacts)


def test_contacts_of_all_folders_come_by_name(own: Own) -> None:
    """Those alone that have an address; the total counts all of them."""
    found = own.found("ann")
    assert [each.display_name for each in found.found] == ["Ann Smith", "Zoe Ann"]
    assert [each.last_name for each in found.found] == ["Smith", "Ann"]
    assert own.found("ann", limit=1).total == 2
    assert own.found("zoe smith").total == 0


def test_an_address_is_found_whatever_its_case(own: Own) -> None:
    """By the address as it was asked for; one that nobody has is left out."""
    asked = ("ann@EXAMPLE.com", "nobody@example.com")
    found = own.run(own.contacts.at(JOHN, asked, wish=TEXTS))
    assert list(found) == ["ann@EXAMPLE.com"]
    assert found["ann@EXAMPLE.com"].addresses == ("Ann@example.com",)


def test_pictures_come_where_they_are_wished(own: Own) -> None:
    """They are read from the mailbox only then."""
    assert own.found("zoe").found[0].picture == b""
    (zoe,) = own.found("zoe", wish=PersonWish(picture=True)).found
    assert zoe.picture == PICTURE


def test_a_new_contact_is_found_within_a_second(own: Own) -> None:
    """As everything of the address books is."""
    assert own.found("new").total == 0
    own.card("New One", "new@example.com")
    own.clock.advance(1)
    assert own.found("new").total == 1

"""Contacts as the properties of their class, and what devices say of them."""

from base64 import b64encode
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from carbonio_mobile.eas.bodyoptions import BodyOptions, BodyPreference, BodyType
from carbonio_mobile.eas.clients import PLAIN, Traits
from carbonio_mobile.eas.items.contact import (
    MAX_PICTURE_BYTES,
    added,
    application_data,
    changed,
    recipient_properties,
)
from carbonio_mobile.eas.items.context import Ghosts, Viewer
from carbonio_mobile.eas.items.faults import ItemFault
from carbonio_mobile.eas.status import SyncStatus
from carbonio_mobile.eas.version import OFFERED, Version
from carbonio_mobile.pim.contact import Address, Contact
from carbonio_mobile.pim.filing import normalised
from carbonio_mobile.pim.note import Note
from carbonio_mobile.pim.text import Text
from carbonio_mobile.pim.vcards import read_contact
from carbonio_mobile.wbxml import encode
from carbonio_mobile.wbxml.codepages import AirSync, AirSyncBase, Contacts, Contacts2, Email, Tasks
from carbonio_mobile.wbxml.elements import Element
from carbonio_mobile.wbxml.tokens import Tag
from tests.unit.eas.eas_mails import on_the_wire
from tests.unit.eas.items.contacts import ADDRESS_PARTS, FULL, STRINGS, author, item, shown
from tests.unit.pim.vcard_corpus import ROOT as CORPUS
from tests.unit.pim.vcard_corpus import cards

KEEP_ALL = Ghosts(frozenset())
SMALL = Contact(uid="1", last_name="Doe", file_as="Doe")
IOS = Traits(family="iOS", empty_picture_keeps=True)


def data(*elements: Element) -> Element:
    return Element(AirSync.ApplicationData, elements)


def change(*elements: Element, before: Contact = FULL, ghosts: Ghosts = KEEP_ALL) -> Contact:
    return changed(before, data(*elements), author(), ghosts)


def value(elements: list[Element], tag: Tag) -> str | None:
    return data(*elements).value(tag)


# What is shown


@pytest.mark.parametrize("change_", [False, True])
@pytest.mark.parametrize("version", OFFERED)
def test_a_full_contact_is_valid_in_every_version(version: Version, change_: bool) -> None:
    """Add and Change hold any element of the class, as WBXML that the schemas allow.

    MS-ASCNTC_R2 MS-ASCNTC_R4 MS-ASCNTC_R436 MS-ASCNTC_R470 MS-ASCNTC_R471 MS-ASCNTC_R493
    MS-ASCNTC_R494
    """
    received = on_the_wire(shown(FULL, version), version.text, change=change_)
    assert received == shown(FULL, version)
    expected = len(STRINGS) + len(ADDRESS_PARTS) + 2 + 2 + 1  # dates, lists, picture
    assert len([one for one in received if "Body" not in one.tag.name]) == expected


def test_only_what_is_there_is_shown() -> None:
    """Empty fields have no element; Body is always there from 12.0 on."""
    tags = [str(one.tag) for one in shown(SMALL)]
    assert tags[:2] == ["Contacts:FileAs", "Contacts:LastName"]
    assert all(tag.startswith("AirSyncBase:") for tag in tags[2:])
    assert shown(SMALL, Version.V2_5) == shown(SMALL)[:2]


def test_containers_hold_their_strings_and_nothing_else() -> None:
    """Categories holds Category, at least one; Children holds Child.

    MS-ASCNTC_R127 MS-ASCNTC_R173 MS-ASCNTC_R184 MS-ASCNTC_R517 MS-ASCNTC_R507 MS-ASCNTC_R509
    MS-ASDTYPE_R8
    """
    received = {one.tag: one for one in on_the_wire(shown(FULL), "16.1")}
    for tag, child, texts in (
        (Contacts.Categories, Contacts.Category, ["Red", "Blue"]),
        (Contacts.Children, Contacts.Child, ["Ann", "Bob"]),
    ):
        assert received[tag].text is None
        assert [(one.tag, one.text) for one in received[tag]] == [(child, text) for text in texts]
    assert received[AirSyncBase.Body].children
    assert Contacts.Categories not in {one.tag for one in shown(SMALL)}


@pytest.mark.parametrize(("traits", "hour"), [(PLAIN, "00"), (Traits(birthday_hour=11), "11")])
def test_dates_are_shown_as_the_family_has_them(traits: Traits, hour: str) -> None:
    """Dates are dateTime in UTC; the hour is what the family of the device writes.

    MS-ASCNTC_R109 MS-ASCNTC_R124 MS-ASDTYPE_R15 MS-ASDTYPE_R16
    """
    elements = shown(FULL, traits=traits)
    assert value(elements, Contacts.Birthday) == f"1985-04-12T{hour}:00:00.000Z"
    assert value(elements, Contacts.Anniversary) == f"2009-08-08T{hour}:00:00.000Z"


def test_values_travel_as_inline_strings() -> None:
    """Strings, dates and numbers are STR_I on the wire, never OPAQUE.

    MS-ASDTYPE_R20 MS-ASDTYPE_R87 MS-ASDTYPE_R88 MS-ASDTYPE_R91 MS-ASCNTC_R412
    """
    elements = [*shown(FULL), *recipient_properties(item(FULL), Version.V16_1)]
    for one in elements:
        for leaf in one.children or [one]:
            assert isinstance(leaf.text, str)
            assert encode(Element(AirSync.ApplicationData, [leaf])).count(
                b"\x03" + leaf.text.encode() + b"\0"
            )


@pytest.mark.parametrize("version", OFFERED)
def test_an_entry_of_the_recipient_cache(version: Version) -> None:
    """Four elements and no others, from 14.0 on; elsewhere Alias and WeightedRank never stand.

    MS-ASCNTC_R105 MS-ASCNTC_R415 MS-ASCNTC_R219 MS-ASCNTC_R236 MS-ASCNTC_R514 MS-ASCNTC_R2262
    """
    elements = recipient_properties(item(FULL), version)
    if version < Version.V14_0:
        assert elements == []
    else:
        on_the_wire(elements, version.text)
        assert [(one.tag, one.text) for one in elements] == [
            (Contacts.Email1Address, "a Email1Address"),
            (Contacts.FileAs, "a FileAs"),
            (Contacts.Alias, "jd"),
            (Contacts.WeightedRank, "7"),
        ]
    assert not {Contacts.Alias, Contacts.WeightedRank} & {one.tag for one in shown(FULL, version)}


def wanted(limit: int | None) -> BodyOptions:
    one = BodyPreference(type=BodyType.PLAIN, truncation_bytes=limit)
    return BodyOptions(preferences=(one,))


def test_notes_are_cut_when_asked_for() -> None:
    """TruncationSize cuts Body; a preference without it gives the whole again.

    MS-ASCNTC_R459 MS-ASCNTC_R512 MS-ASCNTC_R460
    """
    cut = data(*shown(FULL, options=wanted(10))).find(AirSyncBase.Body)
    whole = data(*shown(FULL, options=wanted(None))).find(AirSyncBase.Body)
    assert cut is not None
    assert whole is not None
    assert cut.value(AirSyncBase.Data) == "Some notes"
    assert cut.value(AirSyncBase.Truncated) == "1"
    assert whole.value(AirSyncBase.Data) == FULL.body.plain.replace("\n", "\r\n")


def test_old_versions_have_a_body_of_their_own() -> None:
    """2.5: Body of the Contacts page, both ways."""
    elements = shown(FULL, Version.V2_5)
    assert value(elements, Contacts.Body) == FULL.body.plain.replace("\n", "\r\n")
    after = changed(SMALL, data(*elements), author(Version.V2_5), Ghosts())
    assert after.body == FULL.body


def test_a_long_list_is_shown_up_to_its_limit() -> None:
    """More than 300 are stored, 300 are shown, and those unseen outlive a change of the others.

    MS-ASCNTC_R183 MS-ASCNTC_R194
    """
    names = tuple(f"c{number}" for number in range(310))
    before = replace(FULL, categories=names, children=names)
    for tag, child in (
        (Contacts.Categories, Contacts.Category),
        (Contacts.Children, Contacts.Child),
    ):
        found = data(*shown(before)).find(tag)
        assert found is not None
        assert len(found.find_all(child)) == 300
    after = change(Element(Contacts.Categories, [Element(Contacts.Category, "x")]), before=before)
    assert after.categories == ("x", *names[300:])


def test_an_item_that_is_no_contact_is_refused() -> None:
    """A caller's mistake is an error, not an empty contact."""
    other = replace(item(FULL), record=Note(uid="1"))
    with pytest.raises(TypeError):
        application_data(other, BodyOptions(), Version.V16_1, Viewer())


# What devices say


@pytest.mark.parametrize("version", OFFERED)
def test_what_is_shown_can_be_added(version: Version) -> None:
    """A contact that a device sends back is the same, under its new UID."""
    expected = replace(FULL, uid="new", alias="", weighted_rank=None)
    assert added(data(*shown(FULL, version)), author(version)) == expected


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@given(
    texts=st.dictionaries(st.sampled_from(sorted(STRINGS.values())), TEXT),
    street=TEXT,
    day=st.none() | st.dates(date(1, 1, 2), date(9999, 12, 30)),
    children=st.lists(TEXT, max_size=4),
    picture=st.binary(max_size=40),
    plain=TEXT,
    hour=st.integers(0, 12),
)
@settings(max_examples=80, deadline=None)
def test_any_contact_comes_back(
    texts: dict[str, str],
    street: str,
    day: date | None,
    children: list[str],
    picture: bytes,
    plain: str,
    hour: int,
) -> None:
    """What is shown of any contact is read as the same contact."""
    contact = normalised(
        Contact(
            uid="new",
            home_address=Address(street=street),
            birthday=day,
            children=tuple(children),
            picture=picture,
            body=Text(plain=plain),
            **texts,
        )
    )
    elements = shown(contact, traits=Traits(birthday_hour=hour))
    assert added(data(*elements), author()) == contact


BIRTHDAYS = {
    "1985-04-12T00:00:00.000Z": date(1985, 4, 12),
    "1985-04-12T08:00:00Z": date(1985, 4, 12),
    "1985-04-12T11:00:00.000Z": date(1985, 4, 12),
    "1985-04-12T11:59:00.000Z": date(1985, 4, 12),
    "1985-04-12T12:00:00.000Z": date(1985, 4, 12),
    "1985-04-11T22:00:00.000Z": date(1985, 4, 12),  # midnight of a summer in Rome
    "1985-04-11T12:00:01.000Z": date(1985, 4, 12),
    "19850412T000000Z": date(1985, 4, 12),
    "1985-04-12": date(1985, 4, 12),
    "1899-12-31T23:00:00.000Z": date(1900, 1, 1),
    "0001-01-01T00:00:00.000Z": date(1, 1, 1),
    "": None,
}


@pytest.mark.parametrize("text", BIRTHDAYS)
def test_the_day_nearest_to_a_birthday(text: str) -> None:
    """The time of day is only there to be rounded off (MS-ASCNTC_R109001 MS-ASCNTC_R999)."""
    for tag, field in ((Contacts.Birthday, "birthday"), (Contacts.Anniversary, "anniversary")):
        assert getattr(change(Element(tag, text)), field) == BIRTHDAYS[text]


def picture(octets: bytes) -> Element:
    return Element(Contacts.Picture, b64encode(octets).decode())


def test_the_largest_picture() -> None:
    """48 KB of base64 are taken and shown; one more is status 6.

    MS-ASCNTC_R374 MS-ASCNTC_R381 MS-ASCNTC_R382 MS-ASCNTC_R1021 MS-ASCNTC_R384 MS-ASCNTC_R506
    """
    largest = b"\xff" * MAX_PICTURE_BYTES
    after = change(picture(largest))
    assert MAX_PICTURE_BYTES == 36 * 1024
    assert after.picture == largest
    assert len(value(shown(after), Contacts.Picture) or "") == 48 * 1024
    for octets in (largest + b"\xff", largest * 9):
        with pytest.raises(ItemFault) as caught:
            change(picture(octets))
        assert caught.value.status is SyncStatus.CONVERSION_ERROR
        assert caught.value.status == 6


def test_a_picture_too_large_for_devices_is_left_alone() -> None:
    """It is not shown, so nothing that a device leaves empty can mean it; a new one replaces it."""
    before = replace(FULL, picture=b"\xff" * (MAX_PICTURE_BYTES + 1))
    assert value(shown(before), Contacts.Picture) is None
    assert change(Element(Contacts.Picture), before=before).picture == before.picture
    assert change(picture(b"GIF8"), before=before).picture == b"GIF8"


def test_an_empty_picture() -> None:
    """It clears, but for a family that sends it at every change (client-quirks 5.1)."""
    empty = data(Element(Contacts.Picture))
    assert changed(FULL, empty, author(), KEEP_ALL).picture == b""
    assert changed(FULL, empty, author(traits=IOS), KEEP_ALL).picture == FULL.picture


def test_a_picture_as_octets() -> None:
    """OPAQUE is taken as base64 where it is that, else as the picture itself."""
    assert change(Element(Contacts.Picture, b64encode(b"GIF89a"))).picture == b"GIF89a"
    assert change(Element(Contacts.Picture, b"\xff\xd8\xff\xe0")).picture == b"\xff\xd8\xff\xe0"


def test_body_and_picture_are_not_deleted_by_absence() -> None:
    """Whatever is ghosted, notes and picture stay (MS-ASCNTC_R461 MS-ASCMD_R878)."""
    after = change(Element(Contacts.FirstName, "x"), ghosts=Ghosts())
    assert (after.body, after.picture) == (FULL.body, FULL.picture)
    assert (after.alias, after.weighted_rank, after.uid) == ("jd", 7, FULL.uid)
    assert after.home_address == Address()
    assert change(Element(AirSyncBase.Body)).body == Text()


def test_what_only_the_server_sets_is_passed_over() -> None:
    """Alias and WeightedRank of a device change nothing, in versions that have them."""
    sent = (Element(Contacts.Alias, "x"), Element(Contacts.WeightedRank, "1"))
    assert change(*sent) == FULL
    with pytest.raises(ItemFault):
        changed(FULL, data(*sent), author(Version.V12_1), KEEP_ALL)


def test_file_as_follows_the_names_it_was_made_of() -> None:
    """A device that renames a contact without FileAs finds it filed anew; one's own is kept."""
    new = Element(Contacts.LastName, "Roe")
    assert change(new, before=SMALL).file_as == "Roe"
    assert change(new).file_as == FULL.file_as
    assert change(Element(Contacts.FileAs, "me"), new, before=SMALL).file_as == "me"
    assert added(data(new, Element(Contacts.FirstName, "Jo")), author()).file_as == "Roe, Jo"


def test_an_address_is_changed_part_by_part() -> None:
    """Each part of an address is an element of its own."""
    after = change(Element(Contacts.HomeAddressCity, "Rome"), Element(Contacts.HomeAddressStreet))
    assert after.home_address == replace(FULL.home_address, city="Rome", street="")
    assert after.business_address == FULL.business_address


@pytest.mark.parametrize("text", ['"Doe, J" <jd@example.com>', "jd@example.com", "no address"])
def test_forms_of_addresses_are_kept(text: str) -> None:
    """An e-mail address is any string (MS-ASDTYPE_R99)."""
    assert change(Element(Contacts.Email1Address, text)).email1_address == text


def many(container: Tag, child: Tag, count: int) -> Element:
    return Element(container, [Element(child, str(number)) for number in range(count)])


FAULTS = {
    "of another class": Element(Email.Subject, "x"),
    "of a task": Element(Tasks.Complete, "1"),
    "of the body of 2.5": Element(Contacts.Body, "x"),
    "of a list": Element(Contacts.Category, "x"),
    "301 categories": many(Contacts.Categories, Contacts.Category, 301),
    "301 children": many(Contacts.Children, Contacts.Child, 301),
    "another child": Element(Contacts.Categories, [Element(Contacts.Child, "x")]),
    "text for a list": Element(Contacts.Children, "x"),
    "a list for text": Element(Contacts.FirstName, [Element(Contacts.Child, "x")]),
    "a string too long": Element(Contacts2.NickName, "x" * 32_769),
    "no date": Element(Contacts.Birthday, "yesterday"),
    "no such day": Element(Contacts.Anniversary, "2001-02-30T00:00:00.000Z"),
    "beyond all days": Element(Contacts.Birthday, "9999-12-31T23:00:00.000Z"),
    "no base64": Element(Contacts.Picture, "!!!"),
    "children of a picture": Element(Contacts.Picture, [Element(Contacts.Child, "x")]),
    "a body of no type": Element(AirSyncBase.Body, [Element(AirSyncBase.Data, "x")]),
}


@pytest.mark.parametrize("name", FAULTS)
def test_what_cannot_be_stored_fails_alone(name: str) -> None:
    """Foreign elements, wrong values and more than 300 of a kind are status 6.

    MS-ASCNTC_R183 MS-ASCNTC_R194
    """
    for act in (lambda sent: added(sent, author()), lambda sent: change(*sent)):
        with pytest.raises(ItemFault) as caught:
            act(data(Element(Contacts.LastName, "Doe"), FAULTS[name]))
        assert caught.value.status == 6


def test_three_hundred_of_a_kind_are_taken() -> None:
    """The limit itself is allowed (MS-ASCNTC_R183 MS-ASCNTC_R194)."""
    after = change(
        many(Contacts.Categories, Contacts.Category, 300),
        many(Contacts.Children, Contacts.Child, 300),
    )
    assert (len(after.categories), len(after.children)) == (300, 300)


@pytest.mark.skipif(not CORPUS.exists(), reason="the shared corpus is not here")
def test_every_card_of_the_corpus_can_be_shown_and_taken_back() -> None:
    """Cards of other programs are valid on the wire, and a device's echo changes nothing."""
    for path, source in cards():
        contact = read_contact(source)
        elements = shown(contact)
        on_the_wire(elements, "16.1")
        echo = changed(contact, data(*elements), author(), Ghosts())
        assert echo == replace(normalised(contact), file_as=contact.file_as), path

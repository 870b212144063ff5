"""Contacts as entries of an address book."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carbonio_mobile.addressbook.card import Card
from carbonio_mobile.addressbook.contactcards import (
    NOTE_CHARACTERS,
    VALUE_CHARACTERS,
    contact_card,
)
from carbonio_mobile.ids import ItemId
from carbonio_mobile.ldap.attributes import ATTRIBUTES, Syntax
from carbonio_mobile.pim.contact import Address, Contact
from carbonio_mobile.pim.text import Text

BY_KEY = {each.key: each for each in ATTRIBUTES if not each.shows}


def card(**fields: object) -> Card:
    """Make the entry of a contact with these fields."""
    return contact_card(ItemId(12), Contact(**fields), book="john/7")  # type: ignore[arg-type]  # by name


def value(one: Card, key: str) -> str:
    """Give the first value of an attribute, empty where there is none."""
    return str(one.values.get(key, ("",))[0])


WHOLE = Contact(
    uid="urn:uuid:1",
    file_as="Doe, John",
    title="Dr",
    first_name="John",
    middle_name="Q.",
    last_name="Doe",
    suffix="Jr.",
    nick_name="Johnny",
    yomi_first_name="ジョン",
    yomi_last_name="ドウ",
    yomi_company_name="アクメ",
    company_name="Acme",
    department="Sales",
    job_title="Director",
    office_location="B 12",
    assistant_name="Ann",
    manager_name="Mary",
    customer_id="C-1",
    government_id="SECRET-ID",
    account_name="Key account",
    email1_address='"John Doe" <john@example.com>',
    email2_address="j.doe@home.example",
    email3_address="JD@example.net",
    im_address="xmpp:john",
    im_address2="sip:john",
    mms="+39 333 1",
    mobile_phone_number="+39 333 2",
    home_phone_number="+39 02 3",
    home2_phone_number="+39 02 4",
    home_fax_number="+39 02 5",
    business_phone_number="+39 02 6",
    business2_phone_number="+39 02 7",
    business_fax_number="+39 02 8",
    car_phone_number="+39 9",
    pager_number="10",
    radio_phone_number="11",
    assistant_phone_number="12",
    company_main_phone="13",
    home_address=Address(
        street="Via Roma 1\nScala B", city="Vicenza", state="VI", postal_code="36100", country="IT"
    ),
    business_address=Address(
        street="1 High $treet\nFloor 2\nRoom 3", city="Town", postal_code="X1", country="gb"
    ),
    other_address=Address(city="Nowhere"),
    birthday=date(1970, 2, 3),
    anniversary=date(2000, 12, 31),
    web_page="https://example.com/",
    spouse="Jane",
    children=("Tom", "Tim"),
    categories=("Friends", "Work"),
    picture=b"\xff\xd8\xff...",
    body=Text(plain="First line.\nSecond line."),
)

EXPECTED = {
    "objectclass": (
        "top", "person", "organizationalPerson", "inetOrgPerson", "mozillaAbPersonAlpha",
    ),
    "cn": ("John Q. Doe Jr.",),
    "displayname": ("John Q. Doe Jr.",),
    "sn": ("Doe",),
    "uid": ("john", "12"),
    "mail": ("john@example.com", "j.doe@home.example", "JD@example.net"),
    "mozillasecondemail": ("j.doe@home.example", "JD@example.net"),
    "givenname": ("John",),
    "middlename": ("Q.",),
    "generationqualifier": ("Jr.",),
    "personaltitle": ("Dr",),
    "mozillanickname": ("Johnny",),
    "fileas": ("Doe, John",),
    "msds-phoneticfirstname": ("ジョン",),
    "msds-phoneticlastname": ("ドウ",),
    "msds-phoneticcompanyname": ("アクメ",),
    "o": ("Acme",),
    "ou": ("Sales",),
    "title": ("Director",),
    "physicaldeliveryofficename": ("B 12",),
    "managername": ("Mary",),
    "assistantname": ("Ann",),
    "spousename": ("Jane",),
    "telephonenumber": ("+39 02 6", "+39 02 7"),
    "facsimiletelephonenumber": ("+39 02 8",),
    "homephone": ("+39 02 3", "+39 02 4"),
    "homefacsimiletelephonenumber": ("+39 02 5",),
    "mobile": ("+39 333 2",),
    "pager": ("10",),
    "carphone": ("+39 9",),
    "radio": ("11",),
    "companyphone": ("13",),
    "telephoneassistant": ("12",),
    "othermobile": ("+39 333 1",),
    "nsaimid": ("xmpp:john", "sip:john"),
    "mozillaworkurl": ("https://example.com/",),
    "labeleduri": ("https://example.com/",),
    "mozillacustom1": ("C-1",),
    "mozillacustom2": ("Key account",),
    "mozillacustom3": ("Tom", "Tim"),
    "category": ("Friends", "Work"),
    "street": ("1 High $treet",),
    "mozillaworkstreet2": ("Floor 2, Room 3",),
    "l": ("Town",),
    "postalcode": ("X1",),
    "co": ("gb",),
    "c": ("GB",),
    "postaladdress": ("1 High \\24treet$Floor 2$Room 3$X1 Town$gb",),
    "mozillahomestreet": ("Via Roma 1",),
    "mozillahomestreet2": ("Scala B",),
    "mozillahomelocalityname": ("Vicenza",),
    "mozillahomestate": ("VI",),
    "mozillahomepostalcode": ("36100",),
    "mozillahomecountryname": ("IT",),
    "homepostaladdress": ("Via Roma 1$Scala B$36100 Vicenza$VI$IT",),
    "otherpostaladdress": ("Nowhere",),
    "birthyear": ("1970",),
    "birthmonth": ("2",),
    "birthday": ("3",),
    "birthdate": ("1970-02-03",),
    "anniversary": ("2000-12-31",),
    "description": ("First line.\nSecond line.",),
}  # fmt: skip


def test_all_of_a_contact_is_there() -> None:
    """Each field has its attribute; the picture is fetched on demand; the government id is not
    told.
    """
    made = contact_card(ItemId(12), WHOLE, book="john/7")
    assert dict(made.values) == EXPECTED
    assert made.blobs == {"jpegphoto"}
    assert (made.id, made.rdn) == ("john/7/12", ("uid", "12"))
    assert "SECRET-ID" not in repr(made)


def test_every_attribute_is_in_the_table() -> None:
    """Under the key that the index goes by; those with one value have one."""
    assert set(EXPECTED) | {"jpegphoto"} <= set(BY_KEY)
    assert all(len(values) == 1 for key, values in EXPECTED.items() if BY_KEY[key].single)


@pytest.mark.parametrize(
    ("fields", "name", "surname"),
    [
        ({"first_name": "Anna"}, "Anna", ""),
        ({"last_name": "Doe"}, "Doe", "Doe"),
        ({"company_name": "Pizzeria Roma"}, "Pizzeria Roma", "Pizzeria Roma"),
        ({"file_as": "Plumber"}, "Plumber", "Plumber"),
        ({"email1_address": "x@example.com"}, "x@example.com", "x@example.com"),
        ({"mobile_phone_number": "+39 1"}, "+39 1", "+39 1"),
        ({"body": Text(plain="who was it?")}, "12", "12"),
        ({"title": "Dr", "first_name": "A", "last_name": "B"}, "A B", "B"),
    ],
)
def test_everybody_has_a_name(fields: dict[str, object], name: str, surname: str) -> None:
    """What else is known names who has none; Apple shows first and last name, so a first name alone
    makes no last one.
    """
    made = card(**fields)
    assert (value(made, "cn"), value(made, "displayname")) == (name, name)
    assert value(made, "sn") == surname


def test_values_are_lines_of_bounded_length() -> None:
    """Notes keep their lines; what is no text is left out."""
    made = card(
        last_name="x" * 5_000,
        company_name="A\r\nB\0\udc80\u00a0C",
        body=Text(plain="n\n" * 10_000),
    )
    assert len(value(made, "sn")) == VALUE_CHARACTERS
    assert value(made, "o") == "A  B C"
    assert NOTE_CHARACTERS - 2 <= len(value(made, "description")) <= NOTE_CHARACTERS


def test_the_same_said_twice_is_one_value() -> None:
    """Values of an attribute are a set (RFC 4512 2.3)."""
    made = card(
        business_phone_number="1", business2_phone_number="1", email1_address="12@x.example"
    )
    assert made.values["telephonenumber"] == ("1",)
    assert made.values["uid"] == ("12",)


TEXTS = st.text(max_size=30)
FIELDS = ("first_name", "last_name", "email1_address", "company_name", "file_as", "mms")
CONTACTS = st.fixed_dictionaries(
    dict.fromkeys(FIELDS, TEXTS)
    | {"business_address": st.builds(Address, street=TEXTS, country=TEXTS)}
    | {"categories": st.lists(TEXTS, max_size=3).map(tuple), "body": st.builds(Text, plain=TEXTS)}
)


@given(CONTACTS)
def test_whatever_is_said_an_entry_is_one(fields: dict[str, object]) -> None:
    """No value is empty, repeated or beyond UTF-8; it has names, and what names it is in it."""
    made = card(**fields)
    for key, values in made.values.items():
        assert values
        assert all(values)
        assert len(set(values)) == len(values)
        assert BY_KEY[key].syntax is not Syntax.BINARY
        assert "".join(map(str, values)).encode()
    assert {"cn", "displayname", "uid"} <= set(made.values)
    kind, name = made.rdn
    assert name in made.values[kind]

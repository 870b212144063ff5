"""Cards of a directory's entries, and people of cards (attributes.md 7)."""

from collections.abc import Mapping, Sequence

import pytest

from carbonio_mobile.addressbook.card import Card
from carbonio_mobile.addressbook.peoplecards import (
    BLOB_SOURCES,
    MEMBERS,
    PEOPLE_ATTRIBUTES,
    account_card,
    list_card,
    octets_of,
    person,
)
from carbonio_mobile.directory.people import MAX_BLOB_BYTES, PersonKind
from carbonio_mobile.ids import AccountId
from carbonio_mobile.ldap.attributes import attribute
from carbonio_mobile.ldap.objectclasses import structural_class

ADDRESSES = ("jo@example.com", "j.doe@example.com")
JO = AccountId("id-1")


def made(values: Mapping[str, Sequence[str]]) -> tuple[Card, PersonKind]:
    """Make the card of an account that is shown."""
    found = account_card(JO, ADDRESSES, values, ())
    assert found is not None
    return found


def test_every_attribute_is_known() -> None:
    """A card has the canonical lower-case names alone."""
    full = {key: ("x",) for key in PEOPLE_ATTRIBUTES if not key.startswith("zimbra")}
    full |= {key: ("x",) for key in PEOPLE_ATTRIBUTES if "phonetic" in key}
    keys = {*made(full)[0].values, *BLOB_SOURCES.values(), MEMBERS}
    for key in keys:
        known = attribute(key)
        assert known is not None, key
        assert known.key == key
    assert len(keys) > 35


@pytest.mark.parametrize(
    ("source", "key"),
    [
        ("gn", "givenname"),
        ("company", "o"),
        ("ou", "ou"),
        ("streetaddress", "street"),
        ("fax", "facsimiletelephonenumber"),
        ("hometelephonenumber", "homephone"),
        ("mobiletelephonenumber", "mobile"),
        ("pagertelephonenumber", "pager"),
        ("co", "co"),
        ("st", "st"),
        ("zimbracalreslocationdisplayname", "physicaldeliveryofficename"),
    ],
)
def test_fields(source: str, key: str) -> None:
    """attributes.md 7.2: each attribute, whichever of its names the directory has."""
    assert made({source: (" Some text ",)})[0].values[key] == ("Some text",)


def test_names() -> None:
    """The display name is cn as well, addresses are mail, the first one's local part is uid."""
    card, kind = made({"displayname": ("Jo D.",), "cn": ("Jo Doe", "Jo D."), "title": ("", "x")})
    assert kind is PersonKind.PERSON
    assert card.rdn == ("uid", "jo")
    assert card.values["displayname"] == ("Jo D.",)
    assert card.values["cn"] == ("Jo D.", "Jo Doe")
    assert card.values["mail"] == ADDRESSES
    assert card.values["mozillasecondemail"] == ADDRESSES[1:]
    assert card.values["title"] == ("x",)
    bare = made({})[0].values
    assert (bare["cn"], bare["displayname"], bare["uid"]) == (("jo",), ("jo",), ("jo",))


@pytest.mark.parametrize(
    ("values", "sn", "last_name"),
    [
        ({}, ("jo",), ""),
        ({"displayname": ("Jo",)}, ("Jo",), ""),
        ({"displayname": ("Jo",), "givenname": ("Jo",)}, None, ""),
        ({"displayname": ("Jo Doe",), "sn": ("Doe",)}, ("Doe",), "Doe"),
        ({"displayname": ("Doe",), "givenname": ("Jo",), "sn": ("Doe",)}, ("Doe",), "Doe"),
    ],
)
def test_last_names(
    values: Mapping[str, Sequence[str]], sn: tuple[str, ...] | None, last_name: str
) -> None:
    """RFC 4519 3.12 wants one; ActiveSync shows none that was made up."""
    card, kind = made(values)
    assert card.values.get("sn") == sn
    assert person(card.values, kind=kind, account=JO).last_name == last_name


@pytest.mark.parametrize(
    "values",
    [
        {"zimbrahideingal": ("TRUE",)},
        {"zimbraaccountstatus": ("closed",)},
        {"zimbraaccountstatus": ("maintenance",)},
        {"zimbraissystemresource": ("true",)},
        {"zimbraissystemaccount": ("TRUE",)},
        {"zimbraisexternalvirtualaccount": ("TRUE",)},
    ],
)
def test_who_is_not_shown(values: Mapping[str, Sequence[str]]) -> None:
    """attributes.md 4 and 7.1: hidden, not active, no person."""
    assert account_card(JO, ADDRESSES, values, ()) is None
    assert account_card(JO, ADDRESSES, dict.fromkeys(values, ("FALSE",)) | {
        "zimbraaccountstatus": ("active",)
    }, ()) is not None  # fmt: skip


def test_kinds() -> None:
    """Rooms, groups that are accounts, lists; large values are named, members among them."""
    card, kind = made({"zimbracalrestype": ("Location",), "zimbracalresbuilding": ("North",)})
    assert (kind, card.values["buildingname"]) == (PersonKind.RESOURCE, ("North",))
    card, kind = made({"objectclass": ("zimbraGroup",)})
    assert (kind, card.blobs) == (PersonKind.GROUP, {MEMBERS})
    assert structural_class(str(each) for each in card.values["objectclass"]) == "mailGroup"
    found = account_card(JO, ADDRESSES, {}, ["thumbnailphoto", "usersmimecertificate"])
    assert found is not None
    assert found[0].blobs == {"jpegphoto", "usersmimecertificate"}
    team = list_card("id-2", ("team@example.com",), {"description": ("All",)}, has_members=True)
    assert team is not None
    assert (team.blobs, team.values["description"]) == ({MEMBERS}, ("All",))
    assert "sn" not in team.values
    hidden = {"zimbrahideingal": ("TRUE",)}
    assert list_card("id-2", ("team@example.com",), hidden, has_members=False) is None


@pytest.mark.parametrize(
    ("text", "octets"),
    [
        ("aGVs bG8=\n", b"hello"),
        ("***", b""),
        ("aGVsbG8", b""),
        ("A" * (MAX_BLOB_BYTES * 4 // 3 + 8), b""),
        ("", b""),
    ],
)
def test_base64(text: str, octets: bytes) -> None:
    """What is none, or too large, is nothing."""
    assert octets_of(text) == octets

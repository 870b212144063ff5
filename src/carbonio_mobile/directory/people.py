"""``Person``: an entry of the address list, made from the attributes of a directory entry.

Spec: ../shared/carbonio/attributes.md 4 and 7 (names of attributes, which entries are shown).
"""

import binascii
from base64 import b64decode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum

from carbonio_mobile.ids import AccountId

Values = Mapping[str, tuple[str, ...]]
"""Attribute values by lower-case name."""

PICTURE_ATTRIBUTES = ("thumbnailphoto", "jpegphoto")
CERTIFICATE_ATTRIBUTES = ("usercertificate", "usersmimecertificate")
BLOB_ATTRIBUTES = frozenset(PICTURE_ATTRIBUTES + CERTIFICATE_ATTRIBUTES)
MAX_BLOB_BYTES = 1 << 20
"""A larger picture or certificate is not shown."""
MAX_CERTIFICATES = 20

_GROUP_CLASSES = frozenset({"zimbradistributionlist", "zimbragroup"})
_SYSTEM_FLAGS = (
    "zimbraissystemresource",
    "zimbraissystemaccount",
    "zimbraisexternalvirtualaccount",
)
# Each field of a person with the attributes that may hold it, in order of preference.
_FIELDS: Mapping[str, tuple[str, ...]] = {
    "first_name": ("givenname", "gn"),
    "last_name": ("sn",),
    "phone": ("telephonenumber",),
    "home_phone": ("hometelephonenumber", "homephone"),
    "mobile_phone": ("mobiletelephonenumber", "mobile"),
    "office": ("physicaldeliveryofficename",),
    "title": ("title",),
    "company": ("company",),
}

PERSON_ATTRIBUTES = frozenset(
    {
        *(key for keys in _FIELDS.values() for key in keys),
        *("displayname", "cn", "zimbraaccountstatus", "zimbrahideingal", *_SYSTEM_FLAGS),
        *("objectclass", "zimbracalrestype", "zimbramailforwardingaddress"),
    }
)
"""All that :func:`person` reads."""


class PersonKind(Enum):
    """What an entry of the address list stands for."""

    PERSON = "person"
    GROUP = "group"
    RESOURCE = "resource"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """An entry of the address list; a text is empty where the directory says nothing.

    ``addresses`` are bare, the main one first. ``account`` is the account behind it, None for one
    that is not of this server. ``picture`` and ``certificates`` (DER) are there where they were
    asked for. ``members`` are the addresses in a group. ``hidden`` entries exist, but no address
    list shows them.
    """

    display_name: str
    addresses: tuple[str, ...]
    account: AccountId | None = None
    alias: str = ""
    first_name: str = ""
    last_name: str = ""
    phone: str = ""
    home_phone: str = ""
    mobile_phone: str = ""
    office: str = ""
    title: str = ""
    company: str = ""
    picture: bytes = field(default=b"", repr=False)
    certificates: tuple[bytes, ...] = field(default=(), repr=False)
    kind: PersonKind = PersonKind.PERSON
    members: tuple[str, ...] = ()
    hidden: bool = False

    @property
    def address(self) -> str:
        """The address to write to."""
        return self.addresses[0] if self.addresses else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonWish:
    """What is wanted of people beside their texts; it is large, and read only then."""

    picture: bool = False
    certificates: bool = False

    @property
    def attributes(self) -> tuple[str, ...]:
        """The attributes that hold it, by lower-case name."""
        return (PICTURE_ATTRIBUTES if self.picture else ()) + (
            CERTIFICATE_ATTRIBUTES if self.certificates else ()
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """A stretch of what a search found, by display name; ``total`` counts all that it found."""

    found: tuple[Person, ...] = ()
    total: int = 0


NOBODY = People()


def person(account: AccountId, addresses: Sequence[str], values: Values) -> Person:
    """Make a person of an account's addresses (its name first) and own attributes."""
    alias = addresses[0].partition("@")[0]
    return Person(
        display_name=_first(values, ("displayname", "cn")) or alias,
        addresses=tuple(addresses),
        account=account,
        alias=alias,
        first_name=_first(values, _FIELDS["first_name"]),
        last_name=_first(values, _FIELDS["last_name"]),
        phone=_first(values, _FIELDS["phone"]),
        home_phone=_first(values, _FIELDS["home_phone"]),
        mobile_phone=_first(values, _FIELDS["mobile_phone"]),
        office=_first(values, _FIELDS["office"]),
        title=_first(values, _FIELDS["title"]),
        company=_first(values, _FIELDS["company"]),
        kind=_kind(values),
        members=values.get("zimbramailforwardingaddress", ()),
        hidden=_is_hidden(values),
    )


def group(addresses: Sequence[str], values: Values, members: Sequence[str]) -> Person:
    """Make the entry of a distribution list of its addresses (its name first) and attributes."""
    alias = addresses[0].partition("@")[0]
    return Person(
        display_name=_first(values, ("displayname", "cn")) or alias,
        addresses=tuple(addresses),
        alias=alias,
        kind=PersonKind.GROUP,
        members=tuple(members),
        hidden=_is_hidden(values),
    )


def with_blobs(shown: Person, values: Values, wish: PersonWish) -> Person:
    """Give a person with the picture and certificates that attributes hold as base64."""
    picture = shown.picture
    if wish.picture:
        found = [_octets(text) for key in PICTURE_ATTRIBUTES for text in values.get(key, ())]
        picture = next(filter(None, found), b"")
    certificates = shown.certificates
    if wish.certificates:
        texts = [text for key in CERTIFICATE_ATTRIBUTES for text in values.get(key, ())]
        found = [_octets(text) for text in texts[:MAX_CERTIFICATES]]
        certificates = tuple(dict.fromkeys(filter(None, found)))
    return replace(shown, picture=picture, certificates=certificates)


def _first(values: Values, keys: Sequence[str]) -> str:
    return next((found.strip() for key in keys for found in values.get(key, ()) if found), "")


def _kind(values: Values) -> PersonKind:
    """Groups and resources are told by what the product's directory says of them."""
    if any(name.lower() in _GROUP_CLASSES for name in values.get("objectclass", ())):
        return PersonKind.GROUP
    return PersonKind.RESOURCE if values.get("zimbracalrestype") else PersonKind.PERSON


def _is_hidden(values: Values) -> bool:
    """Who hides, who is not active (attributes.md 7.1) and who is no person at all (section 4)."""
    active = values.get("zimbraaccountstatus", ("active",))[0] == "active"
    flags = ("zimbrahideingal", *_SYSTEM_FLAGS)
    return not active or any(_first(values, (flag,)).upper() == "TRUE" for flag in flags)


def _octets(text: str) -> bytes:
    """Read base64; what is none, or too large, is nothing."""
    if len(text) > MAX_BLOB_BYTES * 4 // 3 + 4:
        return b""
    try:
        return b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        return b""

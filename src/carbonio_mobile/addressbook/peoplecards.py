"""Cards of the people, groups and resources of a directory, and people of cards.

Spec: ../shared/carbonio/attributes.md 4, 7.1 (which entries are shown), 7.2 and 7.3 (names of
attributes); ../shared/ldap/outlook-and-peers.md 2.4.
"""

import binascii
from base64 import b64decode
from collections.abc import Iterator, Mapping, MutableMapping, Sequence

from carbonio_mobile.addressbook.card import Card, Value
from carbonio_mobile.directory.people import MAX_BLOB_BYTES, Person, PersonKind
from carbonio_mobile.ids import AccountId

Values = Mapping[str, Sequence[str]]
"""Attribute values of the directory by lower-case name."""

MEMBERS = "mgrprfc822mailmember"
"""The attribute of a group with the addresses behind it; they are fetched where they are wanted."""
PICTURE = "jpegphoto"
CERTIFICATES = ("usercertificate", "usersmimecertificate")

PEOPLE_CLASSES = (
    "top",
    "person",
    "organizationalPerson",
    "inetOrgPerson",
    "mozillaAbPersonAlpha",
)
GROUP_CLASSES = ("top", "mailGroup")

# The card's attributes, each with those of the directory that may hold its values, in order.
_TEXTS: Mapping[str, tuple[str, ...]] = {
    "displayname": ("displayname", "cn"),
    "cn": ("displayname", "cn"),
    "givenname": ("givenname", "gn"),
    "sn": ("sn",),
    "initials": ("initials",),
    "generationqualifier": ("generationqualifier",),
    "middlename": ("middlename",),
    "title": ("title",),
    "o": ("company",),
    "ou": ("ou", "department"),
    "departmentnumber": ("departmentnumber",),
    "employeenumber": ("employeenumber",),
    "employeetype": ("employeetype",),
    "businesscategory": ("businesscategory",),
    "physicaldeliveryofficename": (
        "physicaldeliveryofficename",
        "zimbracalreslocationdisplayname",
    ),
    "roomnumber": ("roomnumber",),
    "buildingname": ("buildingname", "zimbracalresbuilding"),
    "telephonenumber": ("telephonenumber",),
    "homephone": ("hometelephonenumber", "homephone"),
    "mobile": ("mobiletelephonenumber", "mobile"),
    "pager": ("pagertelephonenumber", "pager"),
    "facsimiletelephonenumber": ("facsimiletelephonenumber", "fax"),
    "street": ("street", "streetaddress"),
    "postofficebox": ("postofficebox",),
    "l": ("l",),
    "st": ("st",),
    "postalcode": ("postalcode",),
    "c": ("c",),
    "co": ("co",),
    "postaladdress": ("postaladdress",),
    "labeleduri": ("labeleduri",),
    "preferredlanguage": ("preferredlanguage",),
    "description": ("description",),
    "msds-phoneticfirstname": ("zimbraphoneticfirstname",),
    "msds-phoneticlastname": ("zimbraphoneticlastname",),
    "msds-phoneticcompanyname": ("zimbraphoneticcompany",),
}
_SINGLE = frozenset(
    {"displayname", "employeenumber", "preferredlanguage", "c"},
)
# Large values: of the directory's attributes, and of the card's.
_BLOBS: Mapping[str, tuple[str, ...]] = {
    PICTURE: ("thumbnailphoto", "jpegphoto"),
    **{name: (name,) for name in CERTIFICATES},
}
BLOB_SOURCES: Mapping[str, str] = {source: key for key, all_ in _BLOBS.items() for source in all_}
"""The card's attribute for each attribute of the directory that has large values."""

_SYSTEM_FLAGS = (
    "zimbraissystemresource",
    "zimbraissystemaccount",
    "zimbraisexternalvirtualaccount",
)
GROUP_OBJECTS = frozenset({"zimbradistributionlist", "zimbragroup"})
FORWARDING = "zimbramailforwardingaddress"

PEOPLE_ATTRIBUTES = frozenset(
    {
        *(source for sources in _TEXTS.values() for source in sources),
        *("zimbraaccountstatus", "zimbrahideingal", *_SYSTEM_FLAGS),
        *("objectclass", "zimbracalrestype"),
    }
)
"""All texts of the directory, by lower-case name, that cards are made of."""


def account_card(
    account: str, addresses: Sequence[str], values: Values, blobs: Sequence[str]
) -> tuple[Card, PersonKind] | None:
    """Make the card of an account of its addresses (its name first) and own attributes.

    ``blobs`` are the names of the directory's attributes with large values that it has. None for
    one that no address list shows: it hides, is not active, or is no person.
    """
    if _is_hidden(values):
        return None
    kind = _kind(values)
    classes = GROUP_CLASSES if kind is PersonKind.GROUP else PEOPLE_CLASSES
    large = {BLOB_SOURCES[source] for source in blobs}
    if kind is PersonKind.GROUP:
        large.add(MEMBERS)
    return _card(account, addresses, values, classes, large), kind


def list_card(
    owner: str, addresses: Sequence[str], values: Values, *, has_members: bool
) -> Card | None:
    """Make the card of a distribution list, None for one that hides."""
    if _is_hidden(values):
        return None
    large = {MEMBERS} if has_members else set()
    return _card(owner, addresses, values, GROUP_CLASSES, large)


def _card(
    owner: str, addresses: Sequence[str], values: Values, classes: Sequence[str], large: set[str]
) -> Card:
    alias = addresses[0].partition("@")[0]
    found: dict[str, tuple[Value, ...]] = {"objectclass": tuple(classes)}
    for key, sources in _TEXTS.items():
        texts = tuple(dict.fromkeys(_texts(values, sources)))
        if texts:
            found[key] = texts[:1] if key in _SINGLE else texts
    found.setdefault("cn", (alias,))
    found.setdefault("displayname", (alias,))
    found["mail"] = tuple(addresses)
    found["uid"] = (alias,)
    if classes is PEOPLE_CLASSES:
        complete(found)
    return Card(id=owner, rdn=("uid", alias), values=found, blobs=frozenset(large))


def complete(values: MutableMapping[str, tuple[Value, ...]]) -> None:
    """Put in what a person's card has beside what its directory says.

    Each person must have a ``sn`` (RFC 4519 3.12); but clients show first and last name together,
    so none is made up where there is a first one. Thunderbird looks for a second address apart.
    """
    if "sn" not in values and "givenname" not in values:
        values["sn"] = values["displayname"]
    mails = values.get("mail", ())[1:]
    if mails:
        values.setdefault("mozillasecondemail", mails)


def _texts(values: Values, sources: Sequence[str]) -> Iterator[str]:
    for source in sources:
        for text in values.get(source, ()):
            if text.strip():
                yield text.strip()


def is_group(values: Values) -> bool:
    """Tell whether the attributes of an account are those of a group."""
    return any(name.lower() in GROUP_OBJECTS for name in values.get("objectclass", ()))


def octets_of(text: str) -> bytes:
    """Read base64; what is none, or too large, is nothing."""
    if len(text) > MAX_BLOB_BYTES * 4 // 3 + 4:
        return b""
    try:
        return b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        return b""


def _kind(values: Values) -> PersonKind:
    """Groups and resources are told by what the product's directory says of them."""
    if is_group(values):
        return PersonKind.GROUP
    return PersonKind.RESOURCE if values.get("zimbracalrestype") else PersonKind.PERSON


def _is_hidden(values: Values) -> bool:
    """Who hides, who is not active (attributes.md 7.1) and who is no person at all (section 4)."""
    active = values.get("zimbraaccountstatus", ("active",))[0] == "active"
    flags = ("zimbrahideingal", *_SYSTEM_FLAGS)
    return not active or any(values.get(flag, ("",))[0].strip().upper() == "TRUE" for flag in flags)


def person(
    values: Mapping[str, Sequence[Value]], *, kind: PersonKind, account: AccountId | None
) -> Person:
    """Make a person, as ActiveSync shows one, of the values of a card."""

    def first(key: str) -> str:
        return next((each for each in values.get(key, ()) if isinstance(each, str)), "")

    # What ``complete`` made up is no last name.
    is_made_up = "givenname" not in values and first("sn") == first("displayname")
    return Person(
        display_name=first("displayname") or first("cn") or first("mail"),
        addresses=tuple(each for each in values.get("mail", ()) if isinstance(each, str)),
        account=account,
        alias=first("uid"),
        first_name=first("givenname"),
        last_name="" if is_made_up else first("sn"),
        phone=first("telephonenumber"),
        home_phone=first("homephone"),
        mobile_phone=first("mobile"),
        office=first("physicaldeliveryofficename"),
        title=first("title"),
        company=first("o"),
        kind=kind,
    )

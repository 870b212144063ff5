"""Contacts of mailboxes as entries of an address book.

Beside inetOrgPerson an entry has what Thunderbird reads (mozillaAbPersonAlpha) and what the
attribute table has for the rest of a contact. Of what a contact holds, the government id and what
was unreadable are left out: the one is nobody's business, the other of no use.

Spec: RFC 2798; MS-ASCNTC 2.2.2; ../shared/ldap/outlook-and-peers.md 2.4, 3 and 4.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from operator import attrgetter
from typing import Any

from carbonio_mobile.addressbook.card import Card, Value
from carbonio_mobile.ids import ItemId
from carbonio_mobile.pim.contact import Address, Contact
from carbonio_mobile.pim.filing import display_name

VALUE_CHARACTERS = 1_024
"""A longer text is cut; so are notes at :data:`NOTE_CHARACTERS`."""
NOTE_CHARACTERS = 4_096

PHOTO = "jpegphoto"

_CLASSES = ("top", "person", "organizationalPerson", "inetOrgPerson", "mozillaAbPersonAlpha")

# Each attribute with the fields whose values it has, the main one first. A getter of one field
# gives its value, be it a list; one of several gives a tuple of texts.
_FIELDS: Mapping[str, Callable[[Contact], Any]] = {
    "givenname": attrgetter("first_name"),
    "middlename": attrgetter("middle_name"),
    "generationqualifier": attrgetter("suffix"),
    "personaltitle": attrgetter("title"),
    "mozillanickname": attrgetter("nick_name"),
    "fileas": attrgetter("file_as"),
    "msds-phoneticfirstname": attrgetter("yomi_first_name"),
    "msds-phoneticlastname": attrgetter("yomi_last_name"),
    "msds-phoneticcompanyname": attrgetter("yomi_company_name"),
    "o": attrgetter("company_name"),
    "ou": attrgetter("department"),
    "title": attrgetter("job_title"),
    "physicaldeliveryofficename": attrgetter("office_location"),
    "managername": attrgetter("manager_name"),
    "assistantname": attrgetter("assistant_name"),
    "spousename": attrgetter("spouse"),
    "telephonenumber": attrgetter("business_phone_number", "business2_phone_number"),
    "facsimiletelephonenumber": attrgetter("business_fax_number"),
    "homephone": attrgetter("home_phone_number", "home2_phone_number"),
    "homefacsimiletelephonenumber": attrgetter("home_fax_number"),
    "mobile": attrgetter("mobile_phone_number"),
    "pager": attrgetter("pager_number"),
    "carphone": attrgetter("car_phone_number"),
    "radio": attrgetter("radio_phone_number"),
    "companyphone": attrgetter("company_main_phone"),
    "telephoneassistant": attrgetter("assistant_phone_number"),
    "othermobile": attrgetter("mms"),
    "nsaimid": attrgetter("im_address", "im_address2", "im_address3"),
    "mozillaworkurl": attrgetter("web_page"),
    "labeleduri": attrgetter("web_page"),
    "mozillacustom1": attrgetter("customer_id"),
    "mozillacustom2": attrgetter("account_name"),
    "mozillacustom3": attrgetter("children"),
    "category": attrgetter("categories"),
}
_HOME: Mapping[str, str] = {
    "city": "mozillahomelocalityname",
    "state": "mozillahomestate",
    "postal_code": "mozillahomepostalcode",
    "country": "mozillahomecountryname",
}
_WORK: Mapping[str, str] = {
    "city": "l",
    "state": "st",
    "postal_code": "postalcode",
    "country": "co",
}
_BARE = re.compile(r"<([^<>]+)>\s*\Z")
_CODE = re.compile("[A-Za-z]{2}")


def contact_card(item: ItemId, contact: Contact, *, book: str) -> Card:
    """Make the entry of a contact; ``item`` names it within its book.

    ``book`` names that among all books of all accounts: an entry's identity is made of both, for
    its ``entryUUID`` follows from it and is to be its own (RFC 4530). The entry has a ``cn``, a
    ``displayname`` and a ``uid`` in any case, and a ``sn`` unless it has a first name alone. Its
    picture is a blob. When it was changed is not known.
    """
    values: dict[str, tuple[Value, ...]] = {"objectclass": _CLASSES}
    for key, texts in _texts(item, contact):
        kept = tuple([tidy for text in texts if text and (tidy := _tidy(text))])
        if kept:
            values[key] = kept if len(kept) == 1 else tuple(dict.fromkeys(kept))
    if note := _note(contact.body.plain):
        values["description"] = (note,)
    return Card(
        id=f"{book}/{item}",
        rdn=("uid", str(item)),
        values=values,
        blobs=frozenset((PHOTO,)) if contact.picture else frozenset(),
    )


def _texts(item: ItemId, contact: Contact) -> Iterator[tuple[str, Iterable[str]]]:
    mails = _mails(contact)
    yield from _names(item, contact, mails)
    yield "mail", mails
    yield "mozillasecondemail", mails[1:]
    for key, said in _FIELDS.items():
        found = said(contact)
        if isinstance(found, tuple):
            yield key, found
        elif found:
            yield key, (found,)
    yield from _places(contact)
    yield from _dates(contact)


def _names(
    item: ItemId, contact: Contact, mails: tuple[str, ...]
) -> Iterator[tuple[str, Iterable[str]]]:
    parts = (contact.first_name, contact.middle_name, contact.last_name, contact.suffix)
    spoken = " ".join(filter(None, parts)) or display_name(contact) or _any_number(contact)
    name = _tidy(spoken) or str(item)
    yield "cn", (name,)
    yield "displayname", (name,)
    # Each person must have one; but Apple shows first and last name, so none is made up of the
    # first.
    yield "sn", (contact.last_name or ("" if contact.first_name else name),)
    alias = contact.alias or (mails[0].partition("@")[0] if mails else "")
    yield "uid", (alias, str(item))


def _any_number(contact: Contact) -> str:
    return contact.mobile_phone_number or contact.business_phone_number or contact.home_phone_number


def _mails(contact: Contact) -> tuple[str, ...]:
    """Give the addresses alone, of addresses that may have names beside them."""
    written = (contact.email1_address, contact.email2_address, contact.email3_address)
    bare = (_bare(each) for each in written if each)
    return tuple(dict.fromkeys(filter(None, bare)))


def _bare(address: str) -> str:
    found = _BARE.search(address)
    return (found[1] if found else address).strip()


def _places(contact: Contact) -> Iterator[tuple[str, Iterable[str]]]:
    if contact.business_address:
        work = contact.business_address
        yield from _place(work, "street", "mozillaworkstreet2", "postaladdress", _WORK)
        if _CODE.fullmatch(work.country):
            yield "c", (work.country.upper(),)
    if contact.home_address:
        home = contact.home_address
        yield from _place(
            home, "mozillahomestreet", "mozillahomestreet2", "homepostaladdress", _HOME
        )
    if contact.other_address:
        yield "otherpostaladdress", (_lines(contact.other_address),)


def _place(
    address: Address, street: str, second: str, whole: str, keys: Mapping[str, str]
) -> Iterator[tuple[str, Iterable[str]]]:
    first, _, rest = address.street.partition("\n")
    yield street, (first,)
    yield second, (rest.replace("\n", ", "),)
    for field, key in keys.items():
        yield key, (getattr(address, field),)
    yield whole, (_lines(address),)


def _lines(address: Address) -> str:
    """Write an address as one value (RFC 4517 3.3.28: Postal Address)."""
    town = " ".join(filter(None, (address.postal_code, address.city)))
    lines = (*address.street.split("\n"), town, address.state, address.country)
    return "$".join(
        _tidy(line).replace("\\", "\\5C").replace("$", "\\24") for line in lines if line
    )


def _dates(contact: Contact) -> Iterator[tuple[str, Iterable[str]]]:
    if contact.birthday is not None:
        yield "birthyear", (str(contact.birthday.year),)
        yield "birthmonth", (str(contact.birthday.month),)
        yield "birthday", (str(contact.birthday.day),)
        yield "birthdate", (contact.birthday.isoformat(),)
    if contact.anniversary is not None:
        yield "anniversary", (contact.anniversary.isoformat(),)


def _tidy(text: str) -> str:
    """Give a text as a value of one line."""
    return _clean(text[:VALUE_CHARACTERS], keep="").strip()


def _note(text: str) -> str:
    return _clean(text[:NOTE_CHARACTERS], keep="\n").strip()


def _clean(text: str, *, keep: str) -> str:
    """Leave out what is no text; white space becomes a blank, but for what is to be kept."""
    if text.isprintable():
        return text
    return "".join(c if c in keep or c.isprintable() else " " if c.isspace() else "" for c in text)

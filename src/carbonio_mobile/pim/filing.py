"""How a contact is named and filed when nothing says so: FN and FileAs from the other fields.

Spec: MS-ASCNTC 2.2.2.30 (FileAs); RFC 6350 6.2.1 (FN is required).
"""

import re
from dataclasses import fields, replace

from carbonio_mobile.pim.contact import NO_ADDRESS, Address, Contact
from carbonio_mobile.pim.contentlines import clean
from carbonio_mobile.pim.text import NO_TEXT, Text

_BARE = re.compile(r"<([^<>]+)>\s*\Z")


def display_name(contact: Contact) -> str:
    """Give the name in the order it is spoken, else what else a contact is known by; may be ''."""
    parts = (
        contact.title,
        contact.first_name,
        contact.middle_name,
        contact.last_name,
        contact.suffix,
    )
    return " ".join(part for part in parts if part) or _known_by(contact) or contact.file_as


def filed_as(contact: Contact, spoken: str = "", *, as_company: bool = False) -> str:
    """Give FileAs: ``Last, First``, else the company and so on; ``spoken`` is the vCard's FN.

    ``as_company``: the card says that the company comes first (Apple's X-ABSHOWAS).
    """
    if as_company and contact.company_name:
        return contact.company_name
    parts = [part for part in (contact.last_name, contact.first_name) if part]
    return ", ".join(parts) or contact.company_name or spoken or display_name(contact)


def _known_by(contact: Contact) -> str:
    email = contact.email1_address
    bare = _BARE.search(email)
    return contact.company_name or contact.nick_name or (bare[1] if bare else email)


def normalised(contact: Contact) -> Contact:
    """Give the contact in the form in which it comes out of a vCard again.

    Text loses blanks at its ends and what cannot be printed; lists lose empty and repeated values;
    FileAs is made where it is empty. What was wrong with a source is not said again.
    """
    changes: dict[str, object] = {"faults": (), "body": _text(contact.body)}
    for one in fields(contact):
        value = getattr(contact, one.name)
        if isinstance(value, str):
            changes[one.name] = clean(value).strip()
        elif isinstance(value, Address):
            changes[one.name] = _address(value)
        elif isinstance(value, tuple) and value and one.name != "faults":
            changes[one.name] = tidy(value)
    plain = replace(contact, **changes)  # type: ignore[arg-type]  # each by its own type, above
    return plain if plain.file_as else replace(plain, file_as=filed_as(plain))


def tidy(values: tuple[str, ...]) -> tuple[str, ...]:
    """Give the values of a list once each, without blanks at their ends; none is empty."""
    named = dict.fromkeys(clean(value).strip() for value in values)
    named.pop("", None)
    return tuple(named)


def _address(address: Address) -> Address:
    if not address:
        return NO_ADDRESS
    parts = {one.name: clean(getattr(address, one.name)).strip() for one in fields(address)}
    street = "\n".join(line.strip() for line in parts.pop("street").split("\n") if line.strip())
    return Address(street=street, **parts)


def _text(text: Text) -> Text:
    return Text(plain=clean(text.plain), html=clean(text.html)) if text else NO_TEXT

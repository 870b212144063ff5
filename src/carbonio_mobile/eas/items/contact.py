"""Contacts as the properties of the Contact class, and what a device says of one.

Spec: MS-ASCNTC 2.2.2, 3.1.5.3.1 (ghosting), 3.2.4.4 (recipient information cache).
"""

from base64 import b64encode
from dataclasses import replace

from carbonio_mobile.eas.bodyoptions import BodyOptions
from carbonio_mobile.eas.items.contactfields import DATES, LISTS, PARTS, TEXTS
from carbonio_mobile.eas.items.contactparsing import (
    MAX_LISTED,
    MAX_PICTURE_CHARS,
    check,
    first_of_each,
    parse_date,
    parse_list,
    parse_picture,
    parse_string,
)
from carbonio_mobile.eas.items.context import Author, Ghosts, Viewer
from carbonio_mobile.eas.textbody import parse_text, text_elements
from carbonio_mobile.eas.times import format_datetime
from carbonio_mobile.eas.version import Version
from carbonio_mobile.pim.contact import Address, Contact
from carbonio_mobile.pim.filing import filed_as, normalised
from carbonio_mobile.pim.item import ObjectItem
from carbonio_mobile.wbxml.codepages import Contacts
from carbonio_mobile.wbxml.elements import Element
from carbonio_mobile.wbxml.tokens import Tag

MAX_PICTURE_BYTES = MAX_PICTURE_CHARS // 4 * 3
"""The largest picture that can be sent (MS-ASCNTC R381, R1021)."""

_EPOCH_DAY = 719_163
"""The proleptic Gregorian ordinal of 1 January 1970."""


def application_data(
    item: ObjectItem, options: BodyOptions, version: Version, shown: Viewer
) -> list[Element]:
    """Give the properties of a contact, page by page; those that are empty are left out.

    A picture that is too large for ActiveSync is not sent, of a longer list the first 300. Alias
    and WeightedRank never are: see :func:`recipient_properties` (MS-ASCNTC R105, R415).
    Raises: TypeError for an item that is no contact.
    """
    contact = _contact(item)
    found: list[Element] = []
    for tag, field in TEXTS:
        text = getattr(contact, field)
        if text:
            found.append(Element(tag, text))
    for field, parts in PARTS:
        address = getattr(contact, field)
        if address:
            found += [Element(tag, text) for tag, name in parts if (text := getattr(address, name))]
    for tag, field in DATES:
        day = getattr(contact, field)
        if day is not None:
            hours = (day.toordinal() - _EPOCH_DAY) * 24 + shown.traits.birthday_hour
            found.append(Element(tag, format_datetime(hours * 3600.0)))
    for tag, child, field in LISTS:
        texts = getattr(contact, field)[:MAX_LISTED]
        if texts:
            found.append(Element(tag, [Element(child, text) for text in texts]))
    if _is_shown(contact.picture):
        found.append(Element(Contacts.Picture, b64encode(contact.picture).decode("ascii")))
    found += text_elements(contact.body, options, version, native=Contacts.Body)
    # In 2.5 nobody would be told of a contact of which there is nothing to say.
    return found or [Element(Contacts.FileAs)]


def recipient_properties(item: ObjectItem, version: Version) -> list[Element]:
    """Give the properties of an entry of the recipient information cache, and no others (R514).

    There is no such cache below 14.0 (R2262): nothing is given there.
    Raises: TypeError for an item that is no contact.
    """
    if version < Version.V14_0:
        return []
    contact = _contact(item)
    rank = "" if contact.weighted_rank is None else str(contact.weighted_rank)
    values = (
        (Contacts.Email1Address, contact.email1_address),
        (Contacts.FileAs, contact.file_as),
        (Contacts.Alias, contact.alias),
        (Contacts.WeightedRank, rank),
    )
    return [Element(tag, text) for tag, text in values if text]


def added(data: Element, author: Author) -> Contact:
    """Read a new contact; FileAs is made where the device says none.

    Raises: ItemFault (status 6) for elements of other classes, values that cannot be read or are
    too long, more than 300 categories or children, and a picture beyond 48 KB (MS-ASCNTC R384).
    """
    return changed(Contact(uid=author.new_uid), data, author, Ghosts())


def changed(before: Contact, data: Element, author: Author, ghosts: Ghosts) -> Contact:
    """Read a Change of a contact: an empty element clears, an absent one does as ``ghosts`` says.

    Body and Picture are kept when absent (MS-ASCMD R878, R876), as are Alias and WeightedRank,
    which only the server sets. FileAs that was made of the names is made anew when they change.
    Raises: ItemFault as :func:`added` does.
    """
    check(data, author.version)
    sent = first_of_each(data)
    values: dict[str, object] = {}
    for tag, field in TEXTS:
        if not _kept(tag, sent, ghosts):
            values[field] = parse_string(sent.get(tag))
    for field, parts in PARTS:
        values[field] = _address(getattr(before, field), parts, sent, ghosts)
    for tag, field in DATES:
        if not _kept(tag, sent, ghosts):
            values[field] = parse_date(sent.get(tag))
    for tag, child, field in LISTS:
        if not _kept(tag, sent, ghosts):
            # What is beyond the limit was never shown, so that the device cannot have removed it.
            values[field] = parse_list(sent.get(tag), child) + getattr(before, field)[MAX_LISTED:]
    body = parse_text(data, author.version, native=Contacts.Body)
    if body is not None:
        values["body"] = body
    if Contacts.Picture in sent:
        values["picture"] = _picture(before, sent[Contacts.Picture], author)
    after = replace(before, **values)  # type: ignore[arg-type]  # each parsed by its field's type
    return _filed(before, after, sent)


def _contact(item: ObjectItem) -> Contact:
    if not isinstance(item.record, Contact):
        raise TypeError("an item that is no contact")
    return item.record


def _is_shown(picture: bytes) -> bool:
    return 0 < len(picture) <= MAX_PICTURE_BYTES


def _kept(tag: Tag, sent: dict[Tag, Element], ghosts: Ghosts) -> bool:
    return tag not in sent and ghosts.keeps(tag)


def _address(
    before: Address,
    parts: tuple[tuple[Tag, str], ...],
    sent: dict[Tag, Element],
    ghosts: Ghosts,
) -> Address:
    values = {
        name: parse_string(sent.get(tag)) for tag, name in parts if not _kept(tag, sent, ghosts)
    }
    return replace(before, **values) if values else before


def _picture(before: Contact, element: Element, author: Author) -> bytes:
    """Read Picture; empty takes it off, unless it means nothing or the picture was never shown."""
    picture = parse_picture(element)
    if picture:
        return picture
    unseen = bool(before.picture) and not _is_shown(before.picture)
    return before.picture if unseen or author.traits.empty_picture_keeps else b""


def _filed(before: Contact, after: Contact, sent: dict[Tag, Element]) -> Contact:
    """Make FileAs where nothing was said, or where what is kept was made of older names."""
    made = Contacts.FileAs not in sent and before.file_as == filed_as(before)
    return normalised(replace(after, file_as="") if made else after)

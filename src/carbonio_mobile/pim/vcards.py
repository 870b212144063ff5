"""vCards: read as contacts, and patched with what changed of one.

A card keeps its version: what 2.1 and 3.0 have no property for goes into the X- properties that
other programs know, or into our own, so that no change forces a card into another version. New
cards are 4.0. Only properties of changed fields are written; every other line stays as it is,
octet for octet (UTF-16 becomes UTF-8). Names and the FN made of them go together; REV tells the
time. The LABEL of a changed address goes, for it says the old one.

Spec: RFC 6350, RFC 2426, vCard 2.1; MS-ASCNTC 2.2.2.
"""

from dataclasses import replace
from datetime import UTC, datetime

from carbonio_mobile.pim.contact import Contact
from carbonio_mobile.pim.contentlines import escape
from carbonio_mobile.pim.filing import display_name, filed_as, normalised
from carbonio_mobile.pim.vcardcard import NEW_CARD, Card
from carbonio_mobile.pim.vcardpatch import patch_families, patch_lists
from carbonio_mobile.pim.vcardreading import NAME_FIELDS, Reading, read_card, slot_values

_ENCODED = ("ENCODING", "CHARSET", "")


def read_contact(source: bytes) -> Contact:
    """Read the first vCard of a source, of any version; what cannot be read is named in faults.

    Raises: Corrupt for octets that hold no vCard, or more than 32 MiB.
    """
    return read_card(Card(source)).contact


def write_contact(source: bytes | None, contact: Contact, *, now: float) -> bytes:
    """Write a contact into the vCard it was read from, or a new one; ``now`` is for REV.

    The source comes back itself where nothing changed. Reading the result gives
    ``normalised(contact)``. Raises: Corrupt where the source is no vCard.
    """
    card = Card(NEW_CARD if source is None else source)
    reading = read_card(card)
    before, after = normalised(reading.contact), normalised(contact)
    if source is not None and after == before:
        return source
    if reading.yomi_from_sort and _yomi(after) != _yomi(before):
        reading, before = _without_sort(card)
    spoken = _settle_spoken(card, reading, before, after)
    had, wanted = slot_values(before), slot_values(after)
    had["file_as"] = reading.values.get("file_as", "")
    wanted["file_as"] = _stated_file_as(reading, before, after, spoken)
    if reading.names_from_fn and _needs_names(before, after, spoken, wanted["file_as"]):
        had["names"] = ("",) * len(NAME_FIELDS)
    patch_families(card, reading, had, wanted)
    patch_lists(card, reading, before, after)
    _stamp(card, now, always=source is None)
    return card.to_source()


def _names(contact: Contact) -> tuple[str, ...]:
    return tuple(getattr(contact, name) for name in NAME_FIELDS)


def _yomi(contact: Contact) -> tuple[str, ...]:
    return (contact.yomi_last_name, contact.yomi_first_name, contact.yomi_company_name)


def _without_sort(card: Card) -> tuple[Reading, Contact]:
    """Take out SORT-AS, which says the phonetic names that are about to change."""
    for line in [one for one in card.lines if one.name in ("N", "ORG") and one.head]:
        params = [one for one in line.params() if one[0] not in (*_ENCODED, "SORT-AS")]
        card.replace(line, card.make(line.name, line.text(), params, instead=line))
    reading = read_card(card)
    return reading, normalised(reading.contact)


def _settle_spoken(card: Card, reading: Reading, before: Contact, after: Contact) -> str:
    """Bring FN up to date where it was made of fields that changed; give what it says then."""
    name = display_name(after)
    made = reading.spoken == display_name(before) != name
    if _names(before) == _names(after) and not made:
        return reading.spoken
    old = card.first("FN")
    params = [one for one in old.params() if one[0] not in _ENCODED] if old else []
    new = card.make("FN", escape(name, plain=card.plain), params, instead=old)
    if old is not None:
        card.replace(old, new)
    else:
        card.place(new)
    return name


def _stated_file_as(reading: Reading, before: Contact, after: Contact, spoken: str) -> str:
    """Give what the card is to say as FileAs: nothing where the other fields say the same."""
    stated = str(reading.values.get("file_as", ""))
    if stated and after.file_as == before.file_as:
        return stated
    nameless = replace(after, file_as="")
    derived = filed_as(nameless, spoken, as_company=reading.as_company)
    return "" if after.file_as == derived and display_name(nameless) else after.file_as


def _needs_names(before: Contact, after: Contact, spoken: str, file_as: str) -> bool:
    """Tell whether names that were read from FN must now be said by N.

    They need not as long as reading FN would give them again.
    """
    others = replace(
        after, file_as=file_as, title="", first_name="", middle_name="", last_name="", suffix=""
    )
    return _names(before) != _names(after) or spoken == display_name(others)


def _stamp(card: Card, now: float, *, always: bool) -> None:
    """Say in REV when this was written, in a card that has one and in a new one."""
    form = "%Y-%m-%dT%H:%M:%SZ" if card.version == 30 else "%Y%m%dT%H%M%SZ"
    text = datetime.fromtimestamp(now, UTC).strftime(form)
    old = card.first("REV")
    if old is not None:
        card.replace(old, card.make("REV", text, [], instead=old))
    elif always:
        card.place(card.make("REV", text, []))

"""A vCard read: the contact it says, and which property says which part of it.

Spec: RFC 6350 6; MS-ASCNTC 2.2.2.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from zlib import crc32

from carbonio_mobile.pim.contact import Contact
from carbonio_mobile.pim.contentlines import ContentLine
from carbonio_mobile.pim.filing import display_name, filed_as, tidy
from carbonio_mobile.pim.text import NO_TEXT, Text
from carbonio_mobile.pim.vcardcard import Card
from carbonio_mobile.pim.vcardfamilies import BY_NAME
from carbonio_mobile.pim.vcardreach import PHOTO
from carbonio_mobile.pim.vcardslots import Family, Value, assign
from carbonio_mobile.pim.vcardtexts import is_relation
from carbonio_mobile.pim.vcardvalues import kana_sort, read_text, read_values

Holders = list[tuple[ContentLine, Value]]

NAME_FIELDS = ("last_name", "first_name", "middle_name", "title", "suffix")
ORGANISATION_FIELDS = ("company_name", "department")
SIMPLE_FIELDS = (
    "uid", "nick_name", "job_title", "web_page", "yomi_first_name", "yomi_last_name",
    "yomi_company_name", "office_location", "assistant_name", "manager_name", "spouse",
    "customer_id", "government_id", "account_name", "mms", "alias", "email1_address",
    "email2_address", "email3_address", "im_address", "im_address2", "im_address3",
    "mobile_phone_number", "home_phone_number", "home2_phone_number", "home_fax_number",
    "business_phone_number", "business2_phone_number", "business_fax_number", "car_phone_number",
    "pager_number", "radio_phone_number", "assistant_phone_number", "company_main_phone",
    "home_address", "business_address", "other_address", "birthday", "anniversary", "picture",
)  # fmt: skip
"""The slots that bear the name of their field and hold what it holds."""

MAX_ALIKE = 500
"""Of more properties of one family, those further down survive and are not looked at."""

_CHILD_NAMES = frozenset({"X-MS-CHILD", "X-CHILD"})
_RELATIVES = frozenset({"RELATED", "X-ABRELATEDNAMES"})
_UNSPLIT_KINDS = frozenset({"group", "org", "location", "application"})
_MAX_RANK = 2_147_483_647


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a card says.

    ``members`` are the properties of each family in order, whatever they hold; ``filled`` says
    which fills a slot, ``values`` what a slot holds. ``spoken`` is FN. ``names_from_fn``: there is
    no N that says anything. ``yomi_from_sort``: SORT-AS stands for the phonetic names.
    """

    contact: Contact
    members: Mapping[Family, Holders]
    filled: Mapping[str, ContentLine]
    values: Mapping[str, Value]
    spoken: str
    as_company: bool
    names_from_fn: bool
    yomi_from_sort: bool
    categories: list[ContentLine]
    children: list[ContentLine]


def read_card(card: Card) -> Reading:
    """Read all that ActiveSync can say; nothing in a card makes it fail."""
    members: dict[Family, Holders] = {}
    by_name: dict[str, list[ContentLine]] = {}
    for line in card.lines:
        by_name.setdefault(line.name, []).append(line)
        for family in BY_NAME.get(line.name, ()):
            alike = members.setdefault(family, [])
            if len(alike) < MAX_ALIKE and any(family.choices(line)):
                alike.append((line, family.read(line)))
    filled: dict[str, ContentLine] = {}
    values: dict[str, Value] = {}
    for family, holders in members.items():
        for slot, (line, value) in assign(family, [one for one in holders if one[1]]).items():
            filled[slot], values[slot] = line, value
    categories = by_name.get("CATEGORIES", [])[:MAX_ALIKE]
    children = [line for line in card.lines if _is_child(line)][:MAX_ALIKE]
    yomi_from_sort = _add_sorted_names(by_name, values)
    fields = _fields(values)
    fields["categories"] = tidy(tuple(text for one in categories for text in read_values(one)))
    fields["children"] = tidy(tuple(read_text(one) for one in children))
    fields["file_as"] = values.get("file_as", "")
    fields["faults"] = _faults(members)
    contact = Contact(**fields)
    spoken = read_text(by_name["FN"][0]) if "FN" in by_name else ""
    as_company = "X-ABSHOWAS" in by_name and "COMPANY" in by_name["X-ABSHOWAS"][0].value.upper()
    names = {} if values.get("names") else _spoken_names(contact, spoken, _kind(by_name))
    return Reading(
        contact=_named(contact, names, spoken, as_company=as_company),
        members=members,
        filled=filled,
        values=values,
        spoken=spoken,
        as_company=as_company,
        names_from_fn=bool(names),
        yomi_from_sort=yomi_from_sort,
        categories=categories,
        children=children,
    )


def slot_values(contact: Contact) -> dict[str, Value]:
    """Give what each slot holds for a contact; FileAs is left to who knows the card."""
    values: dict[str, Value] = {slot: getattr(contact, slot) for slot in SIMPLE_FIELDS}
    values["names"] = tuple(getattr(contact, name) for name in NAME_FIELDS)
    values["organisation"] = tuple(getattr(contact, name) for name in ORGANISATION_FIELDS)
    values["note"] = contact.body.plain
    values["note_html"] = _html_note(contact.body)
    rank = contact.weighted_rank
    values["weighted_rank"] = "" if rank is None else str(rank)
    return values


def _html_note(body: Text) -> str:
    """Give the HTML, after the sum of the plain text that was made from it.

    Another program changes NOTE alone; the HTML is then out of date and must not be shown.
    """
    return f"{crc32(body.plain.encode('utf-8', 'replace')):08x} {body.html}" if body.html else ""


def _fields(values: Mapping[str, Value]) -> dict[str, Value]:
    fields = {slot: values[slot] for slot in SIMPLE_FIELDS if slot in values}
    fields |= dict(zip(NAME_FIELDS, values.get("names", ()), strict=False))
    fields |= dict(zip(ORGANISATION_FIELDS, values.get("organisation", ()), strict=False))
    if "note" in values or "note_html" in values:
        fields["body"] = _body(values.get("note", ""), values.get("note_html", ""))
    rank = values.get("weighted_rank", "")
    if rank.isascii() and rank.isdigit() and len(rank) < 11 and int(rank) <= _MAX_RANK:
        fields["weighted_rank"] = int(rank)
    return fields


def _body(plain: str, marked_html: str) -> Text:
    body = Text(plain=plain, html=marked_html[9:])
    if marked_html and _html_note(body) == marked_html:
        return body
    return Text(plain=plain) if plain else NO_TEXT


def _named(contact: Contact, names: Mapping[str, str], spoken: str, *, as_company: bool) -> Contact:
    """Complete a contact by the names from FN, and by FileAs where the card says none."""
    if names:
        contact = replace(contact, **names)  # type: ignore[arg-type]  # names of fields of str
    if contact.file_as:
        return contact
    return replace(contact, file_as=filed_as(contact, spoken, as_company=as_company))


def _spoken_names(contact: Contact, spoken: str, kind: str) -> dict[str, str]:
    """Give first and last name from FN, where FN says more than the other fields do."""
    if not spoken or spoken == display_name(contact):
        return {}
    first, _, last = spoken.rpartition(" ")
    if kind in _UNSPLIT_KINDS or not first:
        return {"last_name" if kind in _UNSPLIT_KINDS else "first_name": spoken}
    return {"first_name": first.strip(), "last_name": last}


def _kind(by_name: Mapping[str, list[ContentLine]]) -> str:
    found = by_name.get("KIND") or by_name.get("X-ADDRESSBOOKSERVER-KIND")
    return found[0].value.strip().lower() if found else ""


def _is_child(line: ContentLine) -> bool:
    if line.name in _RELATIVES:
        return is_relation(line, "children")
    return line.name in _CHILD_NAMES


def _add_sorted_names(by_name: Mapping[str, list[ContentLine]], values: dict[str, Value]) -> bool:
    """Take phonetic names from SORT-AS, where it is Japanese and nothing else says them."""
    slots = ("yomi_last_name", "yomi_first_name", "yomi_company_name")
    if any(slot in values for slot in slots):
        return False
    found: tuple[str, ...] = ()
    for name, count in (("N", 2), ("ORG", 1)):
        lines = [line for line in by_name.get(name, ()) if line.head][:1]
        found += kana_sort(lines[0], count) if lines else ("",) * count
    values.update((slot, text) for slot, text in zip(slots, found, strict=True) if text)
    return any(found)


def _faults(members: Mapping[Family, Holders]) -> tuple[str, ...]:
    unread = [line for line, value in members.get(PHOTO, ()) if not value and line.value.strip()]
    return ("a picture that cannot be read",) if unread else ()

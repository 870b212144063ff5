"""What changed of a contact, put into the lines of its vCard.

Spec: RFC 6350 3.3, 5; MS-ASCNTC 2.2.2.
"""

import re
from collections.abc import Mapping, Sequence

from carbonio_mobile.pim.contact import Contact
from carbonio_mobile.pim.contentlines import ContentLine, Params, escape, fold
from carbonio_mobile.pim.vcardcard import Card
from carbonio_mobile.pim.vcardfamilies import FAMILIES
from carbonio_mobile.pim.vcardreading import Reading
from carbonio_mobile.pim.vcardslots import SLOT_PARAM, Family, Value, Written, assign
from carbonio_mobile.pim.vcardvalues import read_text

_OF_THE_VALUE = frozenset({"VALUE", "ENCODING", "CHARSET"})
_BARE_ENCODINGS = frozenset({"QUOTED-PRINTABLE", "BASE64", "8BIT", "7BIT", "B"})
_FRONT = re.compile(r"(?:[\w-]+\.)?([\w-]+)", re.ASCII)
_LABELLED = {"home_address": "home", "business_address": "work"}
_ROUNDS = 4


def patch_families(
    card: Card, reading: Reading, had: Mapping[str, Value], wanted: Mapping[str, Value]
) -> None:
    """Bring the properties of every slot that ``wanted`` says otherwise than ``had`` up to date."""
    for family, _ in FAMILIES:
        changed = {
            slot: wanted[slot]
            for slot in family.slots
            if slot in wanted and wanted[slot] != had[slot]
        }
        if changed:
            _patch_family(card, family, reading, changed)
            _remove_labels(card, changed)


def _patch_family(
    card: Card, family: Family, reading: Reading, changed: Mapping[str, Value]
) -> None:
    members = [line for line, _ in reading.members.get(family, [])]
    spare = [line for line, value in reading.members.get(family, []) if not value]
    settled = {slot: reading.filled[slot] for slot in family.slots if slot in reading.filled}
    for slot, value in changed.items():
        old = settled.pop(slot, None)
        if old is None:
            if not _holds(value):
                continue
            old = next((one for one in spare if slot in family.choices(one)[0]), None)
        if old in spare:
            spare.remove(old)
        written = family.write(value, old, card.version)
        if written is None:
            if old is not None:
                members.remove(old)
                card.remove(old)
            continue
        new = _line(card, family, slot, written, old)
        _put(card, members, old, new)
        if _holds(value):
            settled[slot] = new
    _mark(card, family, members, settled)


def _holds(value: Value) -> bool:
    return any(value) if isinstance(value, tuple) else bool(value)


def _put(card: Card, members: list[ContentLine], old: ContentLine | None, new: ContentLine) -> None:
    if old is None:
        card.place(new, after=members[-1] if members else None)
        members.append(new)
    else:
        card.replace(old, new)
        members[members.index(old)] = new


def _line(
    card: Card, family: Family, slot: str, written: Written, old: ContentLine | None
) -> ContentLine:
    if old is None:
        params = family.new_params.get(slot) or family.new_params.get(written.name) or []
        params = [*_types_of_version(params, card), *written.params]
    else:
        ours = {name for name, _ in written.params} | family.dropped | _OF_THE_VALUE
        params = [*(one for one in old.params() if _stays(one, ours)), *written.params]
    return card.make(written.name, written.value, params, instead=old)


def _stays(param: tuple[str, str], replaced: set[str]) -> bool:
    name, value = param
    return name not in replaced and not (not name and value.upper() in _BARE_ENCODINGS)


def _types_of_version(params: Params, card: Card) -> Params:
    """Write TYPE as vCard 2.1 does, where the card is one."""
    if not card.plain:
        return params
    return [
        ("", kind.upper()) for name, value in params if name == "TYPE" for kind in value.split(",")
    ]


def _mark(
    card: Card, family: Family, members: list[ContentLine], settled: Mapping[str, ContentLine]
) -> None:
    """Mark properties with their slots until they are read as they are meant.

    Most often they are at once. Marking one may free the slot of another, hence the rounds.
    """
    holders = [(line, value) for line in members if (value := family.read(line))]
    meant = {id(line): slot for slot, line in settled.items()}
    for turn in range(_ROUNDS):
        found = {id(line): slot for slot, (line, _) in assign(family, holders).items()}
        if found == meant:
            return
        for index, (line, value) in enumerate(holders):
            slot = meant.get(id(line), "")
            if turn == _ROUNDS - 2 or found.get(id(line), "") != slot:
                marked = _marked(card, line, family.slots.index(slot) + 1 if slot else 0)
                card.replace(line, marked)
                holders[index] = (marked, value)
                if slot:
                    meant[id(marked)] = meant.pop(id(line))


def _marked(card: Card, line: ContentLine, number: int) -> ContentLine:
    """Give a property with a slot's number; all else of it stays as it is stored."""
    mark = f"{SLOT_PARAM}={number}"
    kept = [f"{name}={value}" if name else value for name, value in line.params()]
    kept = [one for one in kept if not one.startswith(SLOT_PARAM)]
    head = ";".join([mark, *kept])
    front = _FRONT.match(line.raw)
    if front is not None and front[1].upper() == line.name and SLOT_PARAM not in line.head.upper():
        raw = f"{front[0]};{mark}{line.raw[front.end() :]}"
    else:
        name = f"{line.group}.{line.name}" if line.group else line.name
        text = f"{name};{head}:{line.value}"
        raw = text + card.line_end if line.plain else fold(text, card.line_end)
    new = ContentLine(
        raw, group=line.group, name=line.name, head=head, value=line.value, plain=line.plain
    )
    new.label = line.label
    return new


def _remove_labels(card: Card, changed: Mapping[str, Value]) -> None:
    """Take out LABEL (vCard 3.0 and 2.1) of an address that changed: it says the old one."""
    kinds = {_LABELLED[slot] for slot in changed if slot in _LABELLED}
    if kinds:
        card.lines = [one for one in card.lines if one.name != "LABEL" or not kinds & one.types()]


def patch_lists(card: Card, reading: Reading, before: Contact, after: Contact) -> None:
    """Bring categories and children up to date."""
    if after.categories != before.categories:
        _patch_categories(card, reading.categories, after.categories)
    if after.children != before.children:
        _patch_children(card, reading.children, after.children)


def _patch_categories(
    card: Card, lines: Sequence[ContentLine], categories: tuple[str, ...]
) -> None:
    first = lines[0] if lines and categories else None
    for line in lines:
        if line is not first:
            card.remove(line)
    if not categories:
        return
    escaped = (escape(one, plain=card.plain) for one in categories)
    value = ",".join(one.replace(",", "\\,") if card.plain else one for one in escaped)
    params = [one for one in first.params() if _stays(one, set(_OF_THE_VALUE))] if first else []
    new = card.make("CATEGORIES", value, params, instead=first)
    if first is None:
        card.place(new)
    else:
        card.replace(first, new)


def _patch_children(card: Card, lines: Sequence[ContentLine], children: tuple[str, ...]) -> None:
    kept = [line for line in lines if read_text(line) in children]
    names = tuple(read_text(line) for line in kept)
    if names != children[: len(names)]:
        kept, names = [], ()
    for line in lines:
        if line not in kept:
            card.remove(line)
    name, params = "X-MS-CHILD", list[tuple[str, str]]()
    if card.version >= 40:
        name, params = "RELATED", [("TYPE", "child"), ("VALUE", "text")]
    last = kept[-1] if kept else None
    for child in children[len(names) :]:
        new = card.make(name, escape(child, plain=card.plain), params)
        card.place(new, after=last)
        last = new

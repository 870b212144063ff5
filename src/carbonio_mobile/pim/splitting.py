"""Files of many objects taken apart: each event, task, note and contact as a source of its own.

All components of one UID are one object, wherever they stand in the file; it takes along the zones
that it names. Lines are given out as they stood. What has no UID gets one made of its content, so
that the same object is the same again when its file is read another time.

Spec: RFC 5545 3.4, 3.6; RFC 6350 6.1; RFC 4791 4.1 (one UID in each object, no METHOD).
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b

from carbonio_mobile.pim.blocks import Block, outermost
from carbonio_mobile.pim.components import Component, parse, shown
from carbonio_mobile.pim.contentlines import decode_source, encode_source

MAX_OBJECTS = 100_000
"""So many objects are taken from one file."""
MAX_COMPONENTS = 2_000
"""So many components are taken into one object."""
MAX_ZONE_CHARS = 65_536
"""A larger definition of a zone is left out; the zone is known by its name or not at all."""
MAX_HEAD_CHARS = 1_000

_OBJECTS = frozenset({"VEVENT", "VTODO", "VJOURNAL"})
_NOT_OWN = frozenset({"REPLY", "CANCEL", "REFRESH", "COUNTER", "DECLINECOUNTER"})
_HEAD = ("VERSION", "PRODID", "CALSCALE", "X-WR-TIMEZONE")
_HEAD_LINE = re.compile(
    rf"^({'|'.join(_HEAD)}|METHOD)(?:;[^\r\n:]*)?:([^\r\n]*(?:\r?\n[ \t][^\r\n]*)*)\r?$",
    re.IGNORECASE | re.MULTILINE,
)
_EMPTY_UID = re.compile(r"^UID(?:;[^:\n]*)?:[ \t\r]*\n(?![ \t])", re.IGNORECASE | re.MULTILINE)
_BEGIN_LINES = re.compile(r"[^\n]*\n(?:VERSION:[^\n]*\n)?", re.IGNORECASE)
_DEFAULT_HEAD = {"VERSION": "VERSION:2.0", "PRODID": "PRODID:-//carbonio-mobile//EN"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """One object of a file: ``source`` is it alone, ``line`` where it begins, counted from 1."""

    line: int
    source: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What of a file is no object, where, and why."""

    line: int
    why: str


def objects_of(octets: bytes) -> Iterator[Piece | Fault]:
    """Give each object of a file of calendars or vCards or both, vCards first, in order.

    What is broken within an object is left for its reader to judge. A file that holds neither a
    calendar nor a vCard is one fault; an empty calendar is nothing at all.
    """
    text = decode_source(octets)
    if "\n" not in text:  # an old Macintosh wrote it
        text = text.replace("\r", "\n")
    blocks = list(outermost(text))
    if not blocks:
        yield Fault(line=1, why="holds neither a calendar nor a vCard")
        return
    number = 0
    for number, one in enumerate(_all(text, blocks)):
        if number >= MAX_OBJECTS:
            yield Fault(line=one.line, why=f"more than {MAX_OBJECTS} objects: what follows is left")
            return
        yield one


def _all(text: str, blocks: Sequence[Block]) -> Iterator[Piece | Fault]:
    for block in blocks:
        if block.name == "VCARD":
            yield Piece(line=block.line, source=_card(block.of(text)))
    groups = _Groups()
    for calendar in _calendars(text, blocks):
        yield from groups.take(calendar)
    yield from groups.pieces()


# vCards


def _card(text: str) -> bytes:
    """Give a vCard with its END, and with a UID."""
    source = encode_source(text)
    (card,) = parse(source).components("VCARD")[:1] or (Component("VCARD"),)
    uid = card.first("UID")
    if uid is not None and uid.text().strip():
        return source
    return encode_source(_with_uid(text))


def _with_uid(text: str) -> str:
    """Add a UID made of the content at the begin of a component, behind a card's VERSION."""
    text = _EMPTY_UID.sub("", text)
    begin = _BEGIN_LINES.match(text)
    at = begin.end() if begin else 0
    digest = blake2b(text.encode("utf-8", "surrogateescape"), digest_size=16).hexdigest()
    end = "\r\n" if "\r\n" in text else "\n"
    return f"{text[:at]}UID:content-{digest}{end}{text[at:]}"


# Calendars


@dataclass(slots=True)
class _Calendar:
    """A calendar taken apart: its own properties by name, its zones by TZID, its components."""

    text: str
    head: dict[str, str]
    zones: dict[str, str]
    blocks: list[Block]

    @property
    def method(self) -> str:
        return self.head.get("METHOD", "").partition(":")[2].strip().upper()


def _calendars(text: str, blocks: Sequence[Block]) -> Iterator[_Calendar]:
    """Give the calendars; components that stand in none are in one without properties."""
    loose: list[Block] = []
    for block in blocks:
        if block.name == "VCALENDAR":
            yield _opened(text, block.within, _gaps(text, block))
        elif block.name != "VCARD":
            loose.append(block)
    if loose:
        yield _opened(text, loose, ())


def _gaps(text: str, calendar: Block) -> Iterator[str]:
    """Give what stands in a calendar between its components."""
    at = calendar.start
    for one in calendar.within:
        yield text[at : one.start]
        at = one.end
    yield text[at : calendar.end]


def _opened(text: str, blocks: Iterable[Block], gaps: Iterable[str]) -> _Calendar:
    found = _Calendar(text, {}, {}, [])
    for gap in gaps:
        for line in _HEAD_LINE.finditer(gap):
            if len(line[0]) <= MAX_HEAD_CHARS:
                found.head.setdefault(line[1].upper(), line[0].rstrip("\r"))
    for block in blocks:
        if block.name != "VTIMEZONE":
            found.blocks.append(block)
        elif block.end - block.start <= MAX_ZONE_CHARS:
            zone = block.of(text)
            named = parse(encode_source(zone)).components()[:1]
            tzid = shown(named[0].first("TZID")).strip().strip('"') if named else ""
            found.zones.setdefault(tzid, zone)
    return found


@dataclass(slots=True)
class _Group:
    """The components of one object as far as they were met; ``whole``: the series is among them."""

    line: int
    head: Mapping[str, str]
    zones: dict[str, str] = field(default_factory=dict)
    parts: list[tuple[str, Block]] = field(default_factory=list)
    whole: bool = False


class _Groups:
    """Gathers components by kind and UID.

    A second series of a UID, as in files that were joined, is another object: which of them counts
    is for others to say.
    """

    def __init__(self) -> None:
        self._groups: dict[tuple[str, str], list[_Group]] = {}

    def take(self, calendar: _Calendar) -> Iterator[Fault]:
        """Take the components of a calendar."""
        for block in calendar.blocks:
            why = self._enter(calendar, block) if block.name in _OBJECTS else _foreign(block)
            if why:
                yield Fault(line=block.line, why=why)

    def _enter(self, calendar: _Calendar, block: Block) -> str:
        """Give why a component cannot be taken, or nothing."""
        if calendar.method in _NOT_OWN:
            return f"is a {calendar.method} of a meeting, no calendar's own"
        text = block.of(calendar.text)
        component = next(iter(parse(encode_source(text)).components()), Component(block.name))
        uid = shown(component.first("UID")).strip()
        is_change = component.first("RECURRENCE-ID") is not None
        known = self._groups.setdefault((block.name, uid or f"\n{block.start}"), [])
        if not known or (known[-1].whole and not is_change):
            known.append(_Group(block.line, calendar.head))
        group = known[-1]
        if len(group.parts) >= MAX_COMPONENTS:
            return f"more than {MAX_COMPONENTS} changed occurrences of one series"
        zones = _zones_of(calendar, component)
        if any(group.zones.get(name, zone) != zone for name, zone in zones.items()):
            return "another part of the same object defines its time zone otherwise"
        group.zones |= zones
        group.whole = group.whole or not is_change
        group.parts.append((text if uid else _with_uid(text), block))
        return ""

    def pieces(self) -> Iterator[Piece]:
        """Give the objects, in the order in which they began."""
        found = [one for groups in self._groups.values() for one in groups]
        for group in sorted(found, key=lambda one: one.line):
            yield Piece(line=group.line, source=_written(group))


def _foreign(block: Block) -> str:
    return f"a {block.name} is no event, task or note"


def _zones_of(calendar: _Calendar, component: Component) -> dict[str, str]:
    """Give the definitions of the zones that a component names."""
    if not calendar.zones:
        return {}
    names = {one.strip().strip('"') for one in _tzids(component)}
    if names - calendar.zones.keys():  # whoever names what is nowhere means the first
        names.add(next(iter(calendar.zones)))
    return {name: zone for name, zone in calendar.zones.items() if name in names}


def _tzids(component: Component) -> Iterator[str]:
    for one in component.content:
        if isinstance(one, Component):
            yield from _tzids(one)
        elif "TZID" in one.head.upper():
            yield one.param("TZID")


def _written(group: _Group) -> bytes:
    end = "\r\n" if "\r\n" in group.parts[0][0] else "\n"
    head = [group.head.get(name) or _DEFAULT_HEAD.get(name, "") for name in _HEAD]
    parts = [*group.zones.values(), *(text for text, _ in group.parts)]
    lines = ["BEGIN:VCALENDAR", *(one for one in head if one)]
    body = "".join(f"{one.rstrip()}{end}" for one in parts)
    return encode_source("".join(f"{one}{end}" for one in lines) + body + f"END:VCALENDAR{end}")

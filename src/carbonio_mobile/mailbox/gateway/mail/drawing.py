"""Large messages: what to fetch of them, and the message that is drawn from what came.

Spec: RFC 9051 6.4.5 (BODY.PEEK, partial fetches).
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from carbonio_mobile.ids import PartId
from carbonio_mobile.imap.responses import Fetch
from carbonio_mobile.imap.sketch import decoded_size, is_drawable, leaves, sketch, wanted
from carbonio_mobile.imap.structure import BodyPart
from carbonio_mobile.mime.content import decoded_size as size_of
from carbonio_mobile.mime.selection import is_read
from carbonio_mobile.mime.structure import Part, scan

PART_BYTES = 1 << 20
"""So much of one text is read, as it is encoded."""
MESSAGE_BYTES = 2 << 20
"""So much of one message is read, and 1 KiB of each text beyond that."""
LONG_HEADER_BYTES = 1 << 20
"""So much of a message's header is read."""

_HEADER_BYTES = 64 * 1024
_PART_HEADER_BYTES = 16 * 1024
_LEAST_BYTES = 1024
_READ_TYPES = frozenset(("message", "multipart"))
"""Reports are looked into, and embedded messages for their subject."""

OUTLINE = ("BODYSTRUCTURE", f"BODY.PEEK[HEADER]<0.{_HEADER_BYTES}>")
"""What an outline is made of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """A message before its texts are there."""

    header: bytes = field(repr=False)
    structure: BodyPart


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """A message of the same parts with the same numbers, of which most are empty.

    ``sizes`` are the decoded sizes of parts that are not all there; ``more_text`` and ``more_html``
    are what the texts have beyond what is there, in octets.
    """

    octets: bytes = field(repr=False)
    sizes: Mapping[PartId, int] = field(default_factory=dict)
    more_text: int = 0
    more_html: int = 0


def read_outline(answer: Fetch) -> Outline | None:
    """Give the outline that was fetched; None where no message can be drawn after it."""
    header, structure = section(answer, "HEADER"), answer.structure
    if header is None or structure is None or not is_drawable(structure):
        return None
    return Outline(header=header, structure=structure)


def section(answer: Fetch, name: str) -> bytes | None:
    """Give a section that was fetched, whole or its beginning."""
    found = answer.sections.get(f"BODY[{name}]")
    return answer.sections.get(f"BODY[{name}]<0>") if found is None else found


def plan(outline: Outline, most_bytes: int = MESSAGE_BYTES) -> tuple[str, ...]:
    """Give what is to be fetched of a message, in all not much more than ``most_bytes``."""
    items, octets = [], len(outline.header)
    for name, size in wanted(outline.structure).items():
        if name.endswith(".MIME"):
            items.append(f"BODY.PEEK[{name}]<0.{_PART_HEADER_BYTES}>")
            continue
        most = max(_LEAST_BYTES, min(PART_BYTES, most_bytes - octets))
        items.append(f"BODY.PEEK[{name}]" + (f"<0.{most}>" if size > most else ""))
        octets += min(size, most)
    if len(outline.header) >= _HEADER_BYTES:
        most = min(LONG_HEADER_BYTES, max(4 * _HEADER_BYTES, most_bytes))
        items.append(f"BODY.PEEK[HEADER]<0.{most}>")
    return tuple(items)


def planned_sections(items: tuple[str, ...]) -> list[str]:
    """Give the names under which ``draw`` takes what was planned."""
    return [one.partition("[")[2].partition("]")[0] for one in items]


def draw(outline: Outline, given: Mapping[str, bytes | None]) -> Drawing | None:
    """Draw a message with what was given of its sections.

    None where something is lacking, or where what we would read in the message's own octets is
    other than what the server told: then these must be had.
    """
    contents = {name: octets for name, octets in given.items() if octets is not None}
    if len(contents) < len(given):
        return None
    header = contents.pop("HEADER", outline.header)
    sizes: dict[PartId, int] = {}
    more = {True: 0, False: 0}
    for one in leaves(outline.structure):
        octets = contents.get(one.section)
        if octets is not None and len(octets) >= one.size:
            continue
        sizes[PartId(one.section)] = decoded_size(one)
        if octets is not None:
            octets = contents[one.section] = octets[: octets.rfind(b"\n") + 1] or octets
            is_text = one.content_type.startswith("text/")
            lacking = decoded_size(one) * (one.size - len(octets)) // one.size * is_text
            more[one.content_type == "text/html"] += lacking
    drawn = sketch(header, outline.structure, contents)
    if not _agree(scan(drawn).root, outline.structure, contents):
        return None
    return Drawing(octets=drawn, sizes=sizes, more_text=more[False], more_html=more[True])


def reduced(source: bytes, most_bytes: int) -> tuple[Drawing, bool]:
    """Take the parts out of a message that nobody looks into; tell whether it had to be cut too.

    That is for the messages that the server reads otherwise than we do.
    """
    pieces, sizes, at = [], {}, 0
    for one in _leaves(scan(source).root):
        if one.maintype not in _READ_TYPES and not is_read(one):
            sizes[one.id] = size_of(source, one)
            pieces.append(source[at : one.body_start])
            at = max(at, one.end)
    octets = b"".join((*pieces, source[at:]))
    return Drawing(octets=octets[:most_bytes], sizes=sizes), len(octets) > most_bytes


def _leaves(root: Part) -> Iterator[Part]:
    """Give the parts that have octets, in the order of the message."""
    waiting = [root]
    while waiting:
        part = waiting.pop()
        if part.children:
            waiting.extend(reversed(part.children))
        else:
            yield part


def plan_part(outline: Outline, part: BodyPart) -> tuple[str, ...]:
    """Give what is to be fetched for one part alone."""
    headers = (one for one in plan(outline) if ".MIME]" in one)
    return (*headers, f"BODY.PEEK[{part.section}]")


def draw_part(outline: Outline, given: Mapping[str, bytes | None]) -> bytes | None:
    """Draw a message in which only one part has octets; None where ``draw`` gives None too."""
    contents = {name: octets for name, octets in given.items() if octets is not None}
    if len(contents) < len(given):
        return None
    drawn = sketch(outline.header, outline.structure, contents)
    had = wanted(outline.structure)
    return drawn if _agree(scan(drawn).root, outline.structure, had) else None


def _agree(part: Part, structure: BodyPart, had: Collection[str]) -> bool:
    """Tell whether we read the parts that the server told, and look into none that is not had."""
    waiting = [(part, structure)]
    while waiting:
        ours, theirs = waiting.pop()
        if ours.content_type != theirs.content_type:
            return False
        if not theirs.is_multipart:
            if theirs.section not in had and is_read(ours):
                return False
            continue
        if len(ours.children) != len(theirs.parts):
            return False
        waiting.extend(zip(ours.children, theirs.parts, strict=True))
    return True

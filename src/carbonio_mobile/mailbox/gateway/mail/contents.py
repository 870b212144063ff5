"""What messages say, from IMAP: their records and bodies, without the octets of large attachments.

A small message is fetched whole: that costs less than to ask what it consists of. Of a large one
its structure and header come first, then the texts that ``mime.extract`` reads, and from these is
drawn a message of the same parts (``maildrawing``). Where that is in doubt, since the server reads
a broken message otherwise than we do, its octets are fetched after all, up to a bound.

A page of messages is a handful of commands, under way at once.

Spec: RFC 9051 6.4.5 (BODY.PEEK, partial fetches), 7.5.2 (BODYSTRUCTURE).
"""

import json
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace

from carbonio_mobile.errors import NotFound, TooLarge
from carbonio_mobile.ids import PartId
from carbonio_mobile.imap.responses import Fetch
from carbonio_mobile.imap.sketch import leaves
from carbonio_mobile.mailbox.embedded.blobs import packed
from carbonio_mobile.mailbox.embedded.writing import Content
from carbonio_mobile.mailbox.gateway.mail.drawing import (
    LONG_HEADER_BYTES,
    MESSAGE_BYTES,
    OUTLINE,
    Drawing,
    Outline,
    draw,
    draw_part,
    plan,
    plan_part,
    planned_sections,
    read_outline,
    reduced,
    section,
)
from carbonio_mobile.mailbox.imapclient.connection import ImapConnection
from carbonio_mobile.mailbox.imapclient.fetches import (
    UNREADABLE,
    at_once,
    fetch_each,
    fetch_one,
)
from carbonio_mobile.mime.attachments import attachment
from carbonio_mobile.mime.extract import extract
from carbonio_mobile.mime.record import MessageRecord

WHOLE_BYTES = 96 * 1024
"""Up to this size a message is fetched whole (measured: tests/bench/mailcontents.py)."""
DOUBTFUL_BYTES = 4 << 20
"""So much is read of a message whose structure cannot be relied on."""
PAGE_BYTES = 8 << 20
"""So much of large messages is in memory at once, when a page of them is fetched."""
PART_LIMIT_BYTES = 64_000_000
"""No larger part is given: one answer of the server holds it (see ``FrameLimits``)."""

CUT = "a message too large to be read whole"

_LEAST_SHARE = 64 * 1024
_WHOLE = "BODY.PEEK[]"
_BEGINNING = f"{_WHOLE}<0.{DOUBTFUL_BYTES}>"
_HEADER = f"BODY.PEEK[HEADER]<0.{LONG_HEADER_BYTES}>"


@dataclass(frozen=True, slots=True)
class Fetched:
    """What came of one message; ``whole``: what is drawn is the message itself.

    ``size_bytes`` is that of the message. ``faults`` are for its record.
    """

    uid: int
    drawing: Drawing
    whole: bool
    size_bytes: int
    faults: tuple[str, ...] = ()

    @property
    def octets(self) -> bytes:
        """What is to be extracted from."""
        return self.drawing.octets

    @property
    def is_cut(self) -> bool:
        """Whether the message says more than what was read of it."""
        return bool(self.drawing.more_text or self.drawing.more_html or self.faults)


async def fetch(connection: ImapConnection, sizes: Mapping[int, int]) -> dict[int, Fetched]:
    """Fetch messages of the selected mailbox, by UID; ``sizes`` are their RFC822.SIZE.

    Of all together some ``PAGE_BYTES`` are in memory at most, if they are a hundred or fewer: where
    many have much to say, less of each is read. Messages that are gone are left out. One that the
    server refuses does not hold up others: it comes with its header, or nothing, and a fault; if it
    refuses all of several, or the connection ends, that is raised. Raises: StoreError.
    """
    large = [uid for uid, size in sizes.items() if size > WHOLE_BYTES]
    small = [uid for uid, size in sizes.items() if size <= WHOLE_BYTES]
    found, answers = await at_once(
        _as_they_are(connection, small, sizes, WHOLE_BYTES), fetch_each(connection, large, OUTLINE)
    )
    share = max(_LEAST_SHARE, min(MESSAGE_BYTES, PAGE_BYTES // max(1, len(large))))
    drawings = await _drawn(connection, answers, share)
    doubtful = {}
    for uid, drawing in drawings.items():
        if drawing is None:
            doubtful[uid] = min(sizes[uid], DOUBTFUL_BYTES)
        else:
            found[uid] = Fetched(uid, drawing, whole=False, size_bytes=sizes[uid])
    for some in _batches(doubtful):
        found |= await _as_they_are(connection, some, sizes, share)
    return dict(found)


def make_content(fetched: Fetched, received: float) -> Content:
    """Extract and compress, as ``embedded.writing.make_content`` does, for one without a source.

    There is nothing in it to be searched either. ``received`` is in seconds UTC. Pure; to be done
    in the thread for such work.
    """
    extracted = extract(fetched.octets, received_at=received)
    record = extracted.record if fetched.whole else _righted(extracted.record, fetched)
    return Content(
        record=json.dumps(record.to_json(), separators=(",", ":")),
        text=packed(extracted.text.encode("utf-8", "replace")),
        html=packed(extracted.html.encode("utf-8", "replace")),
        source=b"",
        searchable=b"",
        conversation=record.conversation_id,
        size_bytes=fetched.size_bytes,
    )


async def source(
    connection: ImapConnection, uid: int, first_bytes: int | None, limit: int
) -> bytes:
    """Give the first octets of a message, or all (None).

    Raises: NotFound (gone), TooLarge (all of it is more than ``limit``), other StoreErrors.
    """
    if first_bytes is None:
        size = (await fetch_one(connection, uid, ("RFC822.SIZE",))).size or 0
        if size > limit:
            raise TooLarge(f"a message of {size} octets")
        return _octets(await fetch_one(connection, uid, (_WHOLE,)))
    if first_bytes <= 0:
        return b""
    return _octets(await fetch_one(connection, uid, (f"{_WHOLE}<0.{min(first_bytes, limit)}>",)))


async def part(connection: ImapConnection, uid: int, part: PartId) -> tuple[str, bytes]:
    """Give content type and decoded content of a part, by the number that the record has for it.

    It is what ``mime.attachments.attachment`` gives; of a large message only this part's octets
    are fetched. Raises: NotFound (message or part gone), TooLarge (see ``PART_LIMIT_BYTES``), other
    StoreErrors.
    """
    head = await fetch_one(connection, uid, ("RFC822.SIZE", *OUTLINE))
    outline = read_outline(head)
    drawn = None
    if outline is not None and (head.size or 0) > WHOLE_BYTES:
        drawn = await _with_part(connection, uid, outline, part)
    if drawn is None:
        drawn = await source(connection, uid, DOUBTFUL_BYTES, DOUBTFUL_BYTES)
    return attachment(drawn, part)


async def _with_part(
    connection: ImapConnection, uid: int, outline: Outline, part: PartId
) -> bytes | None:
    """Give a message in which this part has its octets; None where none can be drawn."""
    found = next((one for one in leaves(outline.structure) if one.section == part), None)
    if found is None:
        return None
    if found.size > PART_LIMIT_BYTES:
        raise TooLarge(f"a part of {found.size} octets")
    items = plan_part(outline, found)
    answer = await fetch_one(connection, uid, items)
    return draw_part(outline, {name: section(answer, name) for name in planned_sections(items)})


def _batches(sizes: Mapping[int, int]) -> Iterator[list[int]]:
    """Cut into batches of ``PAGE_BYTES``, each of one message at least."""
    held: list[int] = []
    octets = 0
    for uid, size in sizes.items():
        if held and octets + size > PAGE_BYTES:
            yield held
            held, octets = [], 0
        held.append(uid)
        octets += size
    if held:
        yield held


async def _as_they_are(
    connection: ImapConnection, uids: Collection[int], sizes: Mapping[int, int], most_bytes: int
) -> dict[int, Fetched]:
    """Fetch messages, up to ``DOUBTFUL_BYTES`` of each; where that fails, their headers.

    What is longer than ``most_bytes`` loses parts that nobody looks into.
    """
    large = {uid for uid in uids if sizes[uid] > DOUBTFUL_BYTES}
    wholes, beginnings = await at_once(
        fetch_each(connection, [uid for uid in uids if uid not in large], (_WHOLE,)),
        fetch_each(connection, large, (_BEGINNING,)),
    )
    found, lacking = {}, []
    for uid, answer in (*wholes.items(), *beginnings.items()):
        octets = section(answer, "")
        if octets is None:
            lacking.append(uid)
        else:
            size = len(octets) if uid in wholes else sizes[uid]
            found[uid] = _as_it_is(uid, octets, size, most_bytes)
    for uid, answer in (await fetch_each(connection, lacking, (_HEADER,))).items():
        header = section(answer, "HEADER") or b""
        drawing, fault = Drawing(octets=header[:most_bytes]), (UNREADABLE,)
        found[uid] = Fetched(uid, drawing, whole=False, size_bytes=sizes[uid], faults=fault)
    return found


def _as_it_is(uid: int, octets: bytes, size_bytes: int, most_bytes: int) -> Fetched:
    if len(octets) <= most_bytes and len(octets) >= size_bytes:
        return Fetched(uid, Drawing(octets=octets), whole=True, size_bytes=size_bytes)
    drawing, is_cut = reduced(octets, most_bytes)
    faults = (CUT,) if is_cut or len(octets) < size_bytes else ()
    return Fetched(uid, drawing, whole=False, size_bytes=size_bytes, faults=faults)


async def _drawn(
    connection: ImapConnection, answers: Mapping[int, Fetch], most_bytes: int
) -> dict[int, Drawing | None]:
    """Fetch the texts of messages whose outlines came; None for those that cannot be drawn."""
    read = {uid: read_outline(answer) for uid, answer in answers.items()}
    outlines = {uid: one for uid, one in read.items() if one is not None}
    plans = {uid: plan(one, most_bytes) for uid, one in outlines.items()}
    drawings: dict[int, Drawing | None] = {uid: None for uid in read if uid not in outlines}
    for uid, texts in (await _texts(connection, plans)).items():
        drawings[uid] = draw(outlines[uid], texts)
    return drawings


Texts = dict[int, dict[str, bytes | None]]


async def _texts(connection: ImapConnection, wishes: Mapping[int, tuple[str, ...]]) -> Texts:
    """Fetch sections of messages, with one command for those of equal wishes.

    None stands for what the server does not have.
    """
    groups: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for uid, items in wishes.items():
        groups[items].append(uid)
    given: Texts = {uid: {} for uid in groups.pop((), ())}
    answers = await at_once(
        *(fetch_each(connection, uids, items) for items, uids in groups.items())
    )
    for items, found in zip(groups, answers, strict=True):
        names = planned_sections(items)
        for uid, answer in found.items():
            given[uid] = {name: section(answer, name) for name in names}
    return given


def _righted(record: MessageRecord, fetched: Fetched) -> MessageRecord:
    """Put right the sizes in a record that was made of a part of the message."""
    drawing = fetched.drawing
    return replace(
        record,
        size_bytes=fetched.size_bytes,
        text_size_bytes=record.text_size_bytes + drawing.more_text,
        html_size_bytes=record.html_size_bytes + drawing.more_html,
        attachments=tuple(
            replace(one, size_bytes=drawing.sizes[one.part]) if one.part in drawing.sizes else one
            for one in record.attachments
        ),
        faults=(*record.faults, *fetched.faults),
    )


def _octets(answer: Fetch) -> bytes:
    """Give the only section that was asked for. Raises: NotFound (there is none)."""
    found = next(iter(answer.sections.values()), None)
    if found is None:
        raise NotFound("the message has no such part, or it cannot be read")
    return found

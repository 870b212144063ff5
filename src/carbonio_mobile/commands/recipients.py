"""The recipient information cache: whom the account writes to, fed by what it sends.

Each entry is a contact whose rank grows with each message. The rank is a count in which an older
message weighs less, by half for each month; it is kept as a logarithm, so that entries need no
rewriting as time goes by.

Spec: MS-ASCNTC 2.2.2.2 (Alias), 2.2.2.64 (WeightedRank); MS-ASCMD R2037, R3273.
"""

from dataclasses import replace
from math import log2

from carbonio_mobile.commands.context import Call
from carbonio_mobile.commands.operations import digest, operation
from carbonio_mobile.errors import Conflict, OverQuota
from carbonio_mobile.ids import ItemId
from carbonio_mobile.mime.addresses import Mailbox, parse_addresses
from carbonio_mobile.mime.structure import top_fields
from carbonio_mobile.pim.contact import Contact
from carbonio_mobile.pim.item import ObjectItem
from carbonio_mobile.pim.objects import write_object
from carbonio_mobile.sync.changes import NEWEST, OLDEST
from carbonio_mobile.sync.folders import Folder, FolderKind

ENTRIES_MAX = 500
SPARE = 50
"""So many more are let grow before the least ones are cut off."""

NOTED_MAX = 20
"""Recipients noted of one message: a circular tells little of whom one writes to."""

HALF_LIFE_S = 30 * 86_400.0
_STEPS = 1000  # of a rank, for each doubling


async def remember(call: Call, message: bytes, sent: str) -> None:
    """Note whom a message was sent to; ``sent`` names the sending.

    In a mailbox that is full nobody is noted.
    """
    folder = (await call.mailbox.hierarchy()).standard(FolderKind.RECIPIENT_CACHE)
    if folder is None:
        return
    own = {address.lower() for address in call.account.addresses}
    fields = top_fields(message)
    named = parse_addresses([raw for name in ("to", "cc", "bcc") for raw in fields.all(name)])
    people = {one.address.lower(): one for one in named if one.address.lower() not in own}
    try:
        for one in list(people.values())[:NOTED_MAX]:
            await _note(call, folder, one, sent)
    except OverQuota:
        return
    await _trim(call, folder)


async def _note(call: Call, folder: Folder, one: Mailbox, sent: str) -> None:
    uid = f"recipient-{digest(one.address.lower())}"
    known = await call.mailbox.find_uid(uid)
    if known:
        await _raise(call, known[0], one)
        return
    entry = Contact(
        uid=uid,
        file_as=one.name or one.address,
        email1_address=one.address,
        alias=one.address.partition("@")[0],
        weighted_rank=raised(None, call.now),
    )
    source = write_object(None, entry, now=call.now)
    name = operation(call, "recipient", uid, sent)
    await call.mailbox.add_object(folder.id, source, operation=name)


async def _raise(call: Call, known: ObjectItem, one: Mailbox) -> None:
    entry = known.record
    assert isinstance(entry, Contact)
    grown = replace(
        entry,
        file_as=one.name or entry.file_as,
        weighted_rank=raised(entry.weighted_rank, call.now),
    )
    source = write_object(known.source, grown, now=call.now)
    try:
        await call.mailbox.replace_object(known.folder, known.item, source, expected=known.version)
    except Conflict:
        return  # another message was sent to the same person this very moment, and counts


def raised(rank: int | None, now: float) -> int:
    """Give a rank after one more message at ``now`` (seconds UTC); None is no message before."""
    weight = now / HALF_LIFE_S
    if rank is None:
        return round(weight * _STEPS)
    before = rank / _STEPS
    high, low = max(before, weight), min(before, weight)
    return round((high + log2(1.0 + 2.0 ** (low - high))) * _STEPS)


async def _trim(call: Call, folder: Folder) -> None:
    """Cut off the entries of the lowest rank."""
    if await call.mailbox.count(folder.id, below=NEWEST, down_to=OLDEST) <= ENTRIES_MAX + SPARE:
        return
    page = await call.mailbox.listing(
        folder.id, below=NEWEST, down_to=OLDEST, limit=2 * ENTRIES_MAX
    )
    least: list[ItemId] = [head.item for head in page.heads[ENTRIES_MAX:]]
    await call.mailbox.delete(folder.id, least)

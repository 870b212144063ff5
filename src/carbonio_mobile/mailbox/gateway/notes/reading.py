"""Reading notes of a mailbox: whole, since a device may change any of them."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from carbonio_mobile.errors import Corrupt
from carbonio_mobile.imap.responses import Fetch
from carbonio_mobile.imap.uidsets import UidSet
from carbonio_mobile.mailbox.embedded.objects import Made, make
from carbonio_mobile.mailbox.gateway.mail.flags import is_marked_deleted
from carbonio_mobile.mailbox.gateway.notes.notemail import (
    IDENTIFIER,
    MAX_FILES_BYTES,
    identifier_of,
    is_own,
    source_of,
)
from carbonio_mobile.mailbox.imapclient.connection import ImapConnection
from carbonio_mobile.mailbox.imapclient.fetches import fetch_each
from carbonio_mobile.mailbox.mirror.mail import Seen
from carbonio_mobile.mailbox.mirror.notes import ArrivedNote
from carbonio_mobile.mime.structure import scan
from carbonio_mobile.mime.words import header_text
from carbonio_mobile.pim.note import Note

LARGEST_BYTES = 4 << 20
"""So much is read of a message; what is larger by its files is a note all the same."""

_PAGE = 50
_PAGE_BYTES = 8 << 20
_SKELETON = ("FLAGS", "INTERNALDATE", "RFC822.SIZE")


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteMessage:
    """A message as it was fetched: its octets, or the first of them where it is not ``whole``."""

    uid: int
    octets: bytes
    received: float
    whole: bool


async def look(
    connection: ImapConnection, uids: UidSet, *, changed_since: int = 0, gone: list[UidSet] | None
) -> dict[int, Seen]:
    """Give what stands in the selected mailbox under some UIDs, without what it says.

    With ``changed_since`` only what changed after it; what is gone since is added to ``gone``,
    unless that is None. Raises: StoreError.
    """
    found: dict[int, Seen] = {}

    def take(fetch: Fetch) -> None:
        if fetch.flags is not None and fetch.size is not None:
            found[fetch.uid] = Seen(fetch.uid, fetch.flags, fetch.date or 0.0, fetch.size)

    await connection.fetch(
        uids,
        _SKELETON,
        take,
        changed_since=changed_since or None,
        on_vanished=None if gone is None else gone.append,
    )
    return found


def marked_deleted(seen: Mapping[int, Seen]) -> set[int]:
    """Give the UIDs of those that are as good as deleted."""
    return {uid for uid, one in seen.items() if is_marked_deleted(one.flags)}


def pages(seen: Iterable[Seen]) -> Iterator[list[Seen]]:
    """Cut into pages of so much that it may be in memory, in the order of the UIDs."""
    held: list[Seen] = []
    octets = 0
    for one in sorted(seen, key=lambda each: each.uid):
        size = min(one.size_bytes, LARGEST_BYTES)
        if held and (len(held) == _PAGE or octets + size > _PAGE_BYTES):
            yield held
            held, octets = [], 0
        held.append(one)
        octets += size
    if held:
        yield held


async def fetch(connection: ImapConnection, page: Collection[Seen]) -> list[NoteMessage]:
    """Fetch messages of the selected mailbox; those that are gone are left out.

    One that the server refuses does not hold up others: it is left out, too. Raises: StoreError.
    """
    small = [one.uid for one in page if one.size_bytes <= LARGEST_BYTES]
    large = [one.uid for one in page if one.size_bytes > LARGEST_BYTES]
    answers = await fetch_each(connection, small, ("BODY.PEEK[]",))
    answers |= await fetch_each(connection, large, (f"BODY.PEEK[]<0.{LARGEST_BYTES}>",))
    found = []
    for one in page:
        sections = answers[one.uid].sections if one.uid in answers else {}
        octets = next(iter(sections.values()), None)
        if octets is not None:
            found.append(
                NoteMessage(
                    uid=one.uid,
                    octets=octets,
                    received=one.received,
                    whole=one.size_bytes <= LARGEST_BYTES,
                )
            )
    return found


def arrived(message: NoteMessage) -> ArrivedNote:
    """Read a note of its message; pure, to be done in the thread for such work."""
    made = make(source_of(message.octets, received=message.received))
    return ArrivedNote(
        uid=message.uid,
        identifier=identifier_in(message.octets, made),
        whole=message.whole and (len(message.octets) <= MAX_FILES_BYTES or is_own(message.octets)),
        made=made,
    )


def identifier_in(message: bytes, made: Made) -> str:
    """Give what a note is known by, in one case: clients that copy it may change that.

    Raises: Corrupt (it is no note).
    """
    if not isinstance(made.record, Note):
        raise Corrupt("an object that is no note")
    told = header_text(scan(message).root.fields.first(IDENTIFIER.lower()))
    return identifier_of(told or made.record.uid).upper()

"""Finding messages again that the server was told to store, copy or move, by what they are.

Servers with UIDPLUS tell their UIDs, unless the answer is lost. A message that was stored is known
again by its size, its time and its octets, one that was moved by size, time and Message-ID, both
among those whose UIDs are higher than any that was known before.
"""

import re
import sqlite3
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from carbonio_mobile.errors import NotFound
from carbonio_mobile.imap.responses import Fetch
from carbonio_mobile.imap.uidsets import UidSet
from carbonio_mobile.mailbox.embedded.rows import id_list
from carbonio_mobile.mailbox.gateway.mail import contents as mailcontents
from carbonio_mobile.mailbox.gateway.mail.access import MailAccess
from carbonio_mobile.mailbox.imapclient.connection import ImapConnection
from carbonio_mobile.mailbox.mirror.links import FolderLink
from carbonio_mobile.mailbox.mirror.mail import Seen

_SKELETON = ("FLAGS", "INTERNALDATE", "RFC822.SIZE")
MESSAGE_ID = "BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)]"
_BRACKETED = re.compile(rb"<([^<>]+)>")
_LINE_END = re.compile(rb"\r?\n")


def fingerprint(
    link: FolderLink, source: bytes, received: float, *, after: int, **more: Any
) -> dict[str, Any]:
    """Give what a message is known by once it is stored, ``after`` being the highest UID before.

    Line ends count as servers write them.
    """
    whole = _LINE_END.sub(b"\r\n", source)
    return {
        "epoch": link.epoch,
        "after": after,
        "size": len(whole),
        "received": received,
        "sha256": sha256(whole).hexdigest(),
        **more,
    }


async def find_stored(
    access: MailAccess, link: FolderLink, wanted: Mapping[str, Any]
) -> tuple[Seen, bytes] | None:
    """Give the message with a fingerprint, and its octets; None if there is none, or no mailbox.

    Where UIDVALIDITY changed since, it may have any UID. Raises: StoreError.
    """
    after = wanted["after"] if wanted["epoch"] == link.epoch else 0
    try:
        async with access.selected(link, anew=True) as connection:
            for one in await _read_since(connection, after):
                source = await _same(connection, one, wanted)
                if source is not None:
                    return one, source
    except NotFound:
        pass
    return None


async def _same(connection: ImapConnection, one: Seen, wanted: Mapping[str, Any]) -> bytes | None:
    """Give a message's octets if it is the one."""
    if (one.size_bytes, int(one.received)) != (wanted["size"], int(wanted["received"])):
        return None
    try:
        source = await mailcontents.source(connection, one.uid, None, one.size_bytes)
    except NotFound:
        return None
    digest = sha256(_LINE_END.sub(b"\r\n", source)).hexdigest()
    return source if digest == wanted["sha256"] else None


@dataclass(frozen=True, slots=True)
class Named:
    """A message by what it is known again: INTERNALDATE, size, and its Message-ID as far as known.

    ``name`` is without brackets, empty where it is not known or there is none.
    """

    uid: int
    received: int
    size_bytes: int
    name: str


async def since(access: MailAccess, link: FolderLink, uid: int) -> list[Named]:
    """Give what stands in a mailbox above a UID, in order; nothing where the mailbox is gone."""
    try:
        async with access.selected(link, anew=True) as connection:
            found = await read_named(connection, UidSet.from_on(uid + 1))
    except NotFound:
        return []
    return [one for one in found if one.uid > uid]


def name_of(fetch: Fetch) -> str:
    """Give the Message-ID that was fetched (MESSAGE_ID), without brackets; empty: there is none."""
    name = _BRACKETED.search(next(filter(None, fetch.sections.values()), b""))
    return name[1].decode("utf-8", "replace") if name else ""


async def read_named(connection: ImapConnection, uids: UidSet) -> list[Named]:
    """Read messages of the selected mailbox, in order; those that are gone are left out."""
    found: list[Named] = []

    def take(fetch: Fetch) -> None:
        if fetch.size is not None:
            found.append(Named(fetch.uid, int(fetch.date or 0.0), fetch.size, name_of(fetch)))

    await connection.fetch(uids, (*_SKELETON, MESSAGE_ID), take)
    return sorted(found, key=lambda one: one.uid)


async def _read_since(connection: ImapConnection, uid: int) -> list[Seen]:
    found: list[Seen] = []

    def take(fetch: Fetch) -> None:
        if fetch.uid > uid and fetch.flags is not None:
            found.append(Seen(fetch.uid, fetch.flags, fetch.date or 0.0, fetch.size or 0))

    await connection.fetch(UidSet.from_on(uid + 1), _SKELETON, take)
    return sorted(found, key=lambda one: one.uid)


def named(db: sqlite3.Connection, folder: int, uids: Sequence[int]) -> list[Named]:
    """Give messages as the mirror knows them, in the order of their UIDs."""
    rows = db.execute(
        "SELECT uid, CAST(received AS INTEGER), size_bytes, json_extract(record, '$.mi')"
        " FROM remote_message JOIN item ON item.id = remote_message.item"
        " LEFT JOIN body ON body.item = item.id"
        " WHERE remote_message.folder = ? AND uid IN (SELECT value FROM json_each(?)) ORDER BY uid",
        (folder, id_list(uids)),
    )
    return [
        Named(uid, received, size, (name or "").strip("<>")) for uid, received, size, name in rows
    ]


def pairs(gone: Sequence[Named], left: Sequence[Named], came: Sequence[Named]) -> dict[int, int]:
    """Match messages with copies of them that came; gives the new UIDs by the old ones.

    Time, size and Message-ID must be the same. Of those that are ``gone`` from where they were the
    Message-ID need not be known: among equals they are then taken in order, where as many came. Of
    what is ``left`` there, only what certainly was copied is matched: it will be deleted.
    """
    free: dict[tuple[int, int], list[Named]] = defaultdict(list)
    for one in came:
        free[one.received, one.size_bytes].append(one)
    found = {}
    unsure: dict[tuple[int, int], list[Named]] = defaultdict(list)
    for old in (*gone, *left):
        equals = free[old.received, old.size_bytes]
        same = next((one for one in equals if old.name and one.name == old.name), None)
        if same is not None:
            found[old.uid] = same.uid
            equals.remove(same)
        elif old in gone:
            unsure[old.received, old.size_bytes].append(old)
    for key, olds in unsure.items():
        likely = [one for one in free[key] if not one.name or not all(old.name for old in olds)]
        if len(likely) == len(olds):
            found |= {old.uid: one.uid for old, one in zip(olds, likely, strict=True)}
    return found

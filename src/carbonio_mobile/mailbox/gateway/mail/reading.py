"""Reading messages: from the mirror what it keeps, the rest from the server, a page at a time."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from carbonio_mobile.errors import NotFound, Unavailable
from carbonio_mobile.ids import ItemId, PartId
from carbonio_mobile.mailbox.embedded import reading
from carbonio_mobile.mailbox.embedded.change import Change
from carbonio_mobile.mailbox.embedded.jobs import MakeContent, Write
from carbonio_mobile.mailbox.gateway.mail import contents as mailcontents
from carbonio_mobile.mailbox.gateway.mail.access import MailAccess
from carbonio_mobile.mailbox.gateway.mail.contents import Fetched
from carbonio_mobile.mailbox.gateway.mirrorjobs import MirrorJobs
from carbonio_mobile.mailbox.mirror import contents, mail
from carbonio_mobile.mailbox.mirror.contents import Wanted
from carbonio_mobile.mailbox.mirror.links import FolderLink, link_of
from carbonio_mobile.mime.extract import extract
from carbonio_mobile.mime.mailitem import BodyWish, MailItem

_PAGE = 100
"""How many messages are asked for at once: one by one, Dovecot takes four times as long."""

Found = dict[ItemId, MailItem]


class MailReading:
    """Reads the messages of one account."""

    def __init__(
        self, access: MailAccess, jobs: MirrorJobs, *, cache_bytes: int, message_limit_bytes: int
    ) -> None:
        self._access = access
        self._jobs = jobs
        self._cache_bytes = cache_bytes
        self._limit_bytes = message_limit_bytes

    async def read(
        self, link: FolderLink, items: Sequence[ItemId], wish: BodyWish
    ) -> Mapping[ItemId, MailItem]:
        """See :meth:`IItems.read`. Raises: also Unavailable (the server is asked)."""
        bodies = replace(wish, source_bytes=0)
        found, wanted = await self._jobs.read(_look, link, items, bodies)
        for at in range(0, len(wanted), _PAGE):
            found |= await self._read_page(link, wanted[at : at + _PAGE], bodies)
        for item, one in list(found.items()):
            if _is_cut(one, wish):
                found[item] = await self._whole(link, one, wish)
        if wish.source_bytes != 0:
            found = await self._with_sources(link, found, wish.source_bytes)
        return {item: found[item] for item in items if item in found}

    async def _read_page(self, link: FolderLink, wanted: Sequence[Wanted], wish: BodyWish) -> Found:
        """Have a page fetched, kept and read."""
        async with self._access.selected(link) as connection:
            sizes = {one.uid: one.size_bytes for one in wanted}
            fetched = await mailcontents.fetch(connection, sizes)
        return await self._keep(
            link, list(fetched.values()), {one.uid: one for one in wanted}, wish
        )

    async def _keep(
        self,
        link: FolderLink,
        batch: Sequence[Fetched],
        wanted: Mapping[int, Wanted],
        wish: BodyWish,
    ) -> Found:
        """Have messages extracted, kept and read."""
        items = [wanted[one.uid].item for one in batch]

        def plan(_: MakeContent) -> Write:
            made = {
                one.uid: mailcontents.make_content(one, wanted[one.uid].received) for one in batch
            }

            def write(change: Change) -> Found:
                if link_of(change.db, link.id).epoch != link.epoch:
                    raise Unavailable(f"UIDVALIDITY of folder {link.id} changed")
                contents.keep(change, link.folder, made, self._cache_bytes)
                return dict(reading.read(change.db, link.id, items, wish))

            return write

        size_bytes = sum(len(one.octets) for one in batch)
        read: Found = await self._jobs.planned(plan, size_bytes=size_bytes)
        return read

    async def _whole(self, link: FolderLink, one: MailItem, wish: BodyWish) -> MailItem:
        """Give a message's bodies as far as they are wished for: the mirror keeps the beginning."""
        source = await self._source(link, one.item, None)

        def plan(_: MakeContent) -> Write:
            made = extract(source, received_at=one.received)
            text, html = made.text.encode(), made.html.encode()

            def write(_change: Change) -> MailItem:
                return replace(one, text=text[: wish.text_bytes], html=html[: wish.html_bytes])

            return write

        whole: MailItem = await self._jobs.planned(plan, size_bytes=len(source))
        return whole

    async def _with_sources(
        self, link: FolderLink, found: Found, wished_bytes: int | None
    ) -> Found:
        """Give the messages with their sources; those gone meanwhile are left out."""
        whole: Found = {}
        for item, one in found.items():
            try:
                whole[item] = replace(one, source=await self._source(link, item, wished_bytes))
            except NotFound:
                continue
        return whole

    async def _source(self, link: FolderLink, item: ItemId, wished_bytes: int | None) -> bytes:
        """Give a message's first octets. Raises: NotFound, other StoreErrors."""
        kept, uid = await self._jobs.read(_kept_source, link, item, wished_bytes)
        if kept is not None:
            return bytes(kept)
        if uid is None:
            raise NotFound(f"item {item} in folder {link.id}")
        async with self._access.selected(link) as connection:
            return await mailcontents.source(connection, uid, wished_bytes, self._limit_bytes)

    async def part(self, link: FolderLink, item: ItemId, part: PartId) -> tuple[str, bytes]:
        """See :meth:`IItems.part`."""
        uids = await self._jobs.read(mail.uids_of, link.folder, [item])
        if item not in uids:
            raise NotFound(f"item {item} in folder {link.id}")
        async with self._access.selected(link) as connection:
            return await mailcontents.part(connection, uids[item], part)


def _look(
    db: Any, link: FolderLink, items: Sequence[ItemId], wish: BodyWish
) -> tuple[Found, list[Wanted]]:
    wanted = contents.missing(db, link.folder, items)
    return dict(reading.read(db, link.id, items, wish)), wanted


def _kept_source(
    db: Any, link: FolderLink, item: ItemId, wished_bytes: int | None
) -> tuple[bytes | None, int | None]:
    """Give a source that the mirror keeps, and the message's UID."""
    return (
        contents.kept_source(db, link.folder, item, wished_bytes),
        mail.uids_of(db, link.folder, [item]).get(item),
    )


def _is_cut(one: MailItem, wish: BodyWish) -> bool:
    """Tell whether less of a body is kept than is wished for."""
    return _lacks(one.text, one.record.text_size_bytes, wish.text_bytes) or _lacks(
        one.html, one.record.html_size_bytes, wish.html_bytes
    )


def _lacks(body: bytes, size_bytes: int, wished_bytes: int | None) -> bool:
    wished = size_bytes if wished_bytes is None else min(wished_bytes, size_bytes)
    return len(body) < wished

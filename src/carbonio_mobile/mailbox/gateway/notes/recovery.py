"""Finding out what became of writes of notes that were begun and not heard of again.

A note is known again by its identifier, in a message of a higher UID than any that was known when
the write was begun. Whoever calls holds the locks of the folders concerned.
"""

from collections.abc import Mapping

from carbonio_mobile.errors import NotFound
from carbonio_mobile.ids import ItemId, OperationId
from carbonio_mobile.imap.uidsets import UidSet
from carbonio_mobile.mailbox.embedded.change import Change
from carbonio_mobile.mailbox.gateway.mail.access import MailAccess
from carbonio_mobile.mailbox.gateway.mirrorjobs import MirrorJobs
from carbonio_mobile.mailbox.gateway.notes.refresh import NoteRefresh
from carbonio_mobile.mailbox.gateway.notes.writes import ADD, CHANGE, MOVE
from carbonio_mobile.mailbox.imapclient.connection import ImapConnection
from carbonio_mobile.mailbox.mirror import intents, notes
from carbonio_mobile.mailbox.mirror.intents import WriteIntent
from carbonio_mobile.mailbox.mirror.links import FolderLink

_NOTHING: Mapping[str, int] = {}


class NoteRecovery:
    """Looks up the left-behind writes of one account."""

    def __init__(self, access: MailAccess, jobs: MirrorJobs, refresh: NoteRefresh) -> None:
        self._access = access
        self._jobs = jobs
        self._refresh = refresh

    async def settle(self, intent: WriteIntent, links: Mapping[int, FolderLink]) -> bool:
        """Find out what became of a write, and make the mirror so; true. Raises: StoreError."""
        link = links.get(intent.folder)
        if link is not None:
            try:
                if intent.verb in (ADD, CHANGE):
                    await self._settle_stored(intent, link)
                elif intent.verb == MOVE and intent.detail["target"] in links:
                    await self._settle_move(intent, link, links[intent.detail["target"]])
            except NotFound:
                pass  # a mailbox is gone, and all that was in it
        await self._jobs.write(intents.end, intent.id)
        return True

    async def _settle_stored(self, intent: WriteIntent, link: FolderLink) -> None:
        """Have what was stored come as any other news; then it is there, or was not stored."""
        await self._refresh.refresh(link)
        is_stored: bool = await self._jobs.write(_adopt, intent)
        if is_stored and intent.verb == CHANGE:
            await self._take_away(link, intent.detail["epoch"], {intent.detail["old"]})

    async def _settle_move(self, intent: WriteIntent, link: FolderLink, target: FolderLink) -> None:
        """Go on with a move whose messages were copied: they are in the target, by identifier."""
        origin_epoch, target_epoch = intent.detail["epochs"]
        wanted = {
            identifier: (ItemId(int(item)), uid)
            for item, (uid, identifier) in intent.detail["notes"].items()
        }
        async with self._access.selected(target, anew=True) as connection:
            if not _is_of(connection, target_epoch):
                return
            there = await self._refresh.since(connection, intent.detail["after"])
        came = {one.identifier: one.uid for one in there if one.identifier in wanted}
        last = {one: wanted[one][1] for one in came}
        await self._take_away(link, origin_epoch, set(last.values()), older_than=last)
        uids = {wanted[one][0]: uid for one, uid in came.items()}

        def write(change: Change) -> None:
            notes.move(change, link.folder, list(uids), target.folder, uids)

        self._refresh.unsure(link.folder)
        await self._jobs.write(write)

    async def _take_away(
        self,
        link: FolderLink,
        epoch: str,
        uids: set[int],
        *,
        older_than: Mapping[str, int] = _NOTHING,
    ) -> None:
        """Expunge those of some messages that are still there, and what notes were before."""
        async with self._access.selected(link, writes=True, anew=True) as connection:
            if not _is_of(connection, epoch):
                return
            left = uids & set(await connection.search())
            if older_than:
                left.update(await self._refresh.older(connection, link, older_than))
            if left:
                await connection.expunge(UidSet.of(left))


def _is_of(connection: ImapConnection, epoch: str) -> bool:
    """Tell whether UIDs of an epoch still name the messages that they did."""
    return connection.selected is not None and str(connection.selected.validity) == epoch


def _adopt(change: Change, intent: WriteIntent) -> bool:
    """Record what an addition came to; gives whether the note was stored."""
    detail = intent.detail
    found = notes.newest(change.db, intent.folder, detail["identifier"])
    (epoch,) = change.db.execute(
        "SELECT epoch FROM remote_folder WHERE folder = ?", (intent.folder,)
    ).fetchone()
    if found is None or (epoch == detail["epoch"] and found.uid <= detail["after"]):
        return False
    if intent.verb == ADD:
        notes.adopt(change, found, OperationId(intent.operation))
    return True

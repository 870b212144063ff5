"""Moving messages from one mailbox to another of the same account.

Whoever calls holds the locks of both folders, and has brought the mirror of the target up to date.

Spec: design.md 4 (P1, order of writes); RFC 6851 (MOVE), RFC 4315 (UIDPLUS).
"""

from collections.abc import Mapping, Sequence

from carbonio_mobile.errors import NotAllowed, NotFound
from carbonio_mobile.ids import ItemId
from carbonio_mobile.imap.uidsets import UidSet
from carbonio_mobile.mailbox.embedded import writing
from carbonio_mobile.mailbox.embedded.change import Change
from carbonio_mobile.mailbox.gateway.mail import matching as mailmatching
from carbonio_mobile.mailbox.gateway.mail.access import MailAccess
from carbonio_mobile.mailbox.gateway.mail.matching import Named, read_named
from carbonio_mobile.mailbox.gateway.mail.writes import check_epoch
from carbonio_mobile.mailbox.gateway.mirrorjobs import MirrorJobs
from carbonio_mobile.mailbox.imapclient.messages import Moved
from carbonio_mobile.mailbox.mirror import intents, mail
from carbonio_mobile.mailbox.mirror.intents import WriteIntent
from carbonio_mobile.mailbox.mirror.links import FolderLink
from carbonio_mobile.sync.changes import ItemHead

MOVE = "move"


class MailMoves:
    """Moves the messages of one account."""

    def __init__(self, access: MailAccess, jobs: MirrorJobs) -> None:
        self._access = access
        self._jobs = jobs

    async def move(
        self, link: FolderLink, items: Sequence[ItemId], target: FolderLink
    ) -> Mapping[ItemId, ItemHead]:
        """See :meth:`IItemWrites.move`."""
        link.check_takes_items()
        target.check_takes_items()
        uids = await self._jobs.read(mail.uids_of, link.folder, items)
        pairs: dict[int, int] = {}
        intent = None
        if uids and link.folder != target.folder:
            intent, pairs = await self._move(link, uids, target)

        def write(change: Change) -> Mapping[ItemId, ItemHead]:
            if intent is not None:
                intents.end(change, intent)
            return _move_in_mirror(change, link, items, target, uids, pairs)

        heads: Mapping[ItemId, ItemHead] = await self._jobs.write(write)
        return heads

    async def _move(
        self, link: FolderLink, uids: Mapping[ItemId, int], target: FolderLink
    ) -> tuple[int, dict[int, int]]:
        """Have the server move messages; gives the intent, and the new UIDs by the old ones."""

        def begin(change: Change) -> tuple[int, int]:
            after = mail.highest_uid(change.db, target.folder)
            detail = {
                "epoch": link.epoch,
                "target": target.folder,
                "target_epoch": target.epoch,
                "after": after,
                "uids": {str(item): uid for item, uid in uids.items()},
            }
            return intents.begin(change, MOVE, link.folder, detail), after

        async with self._access.selected(link, writes=True) as connection:
            intent, after = await self._jobs.write(begin)
            self._access.outdate(target.place)
            try:
                moved: Moved = await connection.move(UidSet.of(uids.values()), target.place)
            except (NotAllowed, NotFound):
                # It was refused, so there is nothing to find.
                await self._jobs.write(intents.end, intent)
                raise
        if moved.uids:
            check_epoch(target, moved.validity)
        if moved.uids is not None:
            return intent, moved.uids
        return intent, await self._found(link, list(uids.values()), target, after, left=())

    async def _found(
        self,
        link: FolderLink,
        uids: Sequence[int],
        target: FolderLink,
        after: int,
        *,
        left: Sequence[Named],
    ) -> dict[int, int]:
        """Look for messages that were copied or moved; gives the new UIDs by the old ones.

        ``left`` are those of them that still stand where they were.
        """
        came = await mailmatching.since(self._access, target, after)
        known: list[Named] = await self._jobs.read(mailmatching.named, link.folder, uids)
        there = {one.uid for one in left}
        return mailmatching.pairs([one for one in known if one.uid not in there], left, came)

    async def settle(self, intent: WriteIntent, link: FolderLink, target: FolderLink) -> bool:
        """Find out what became of a move, and make the mirror so.

        False: it may not be over, where the server copies first. Raises: StoreError.
        """
        detail = intent.detail
        if (link.epoch, target.epoch) != (detail["epoch"], detail["target_epoch"]):
            return True  # nothing tells any more which messages it was about
        uids = {ItemId(int(item)): uid for item, uid in detail["uids"].items()}
        left, at_once = await self._left(link, UidSet.of(uids.values()))
        pairs = await self._found(link, list(uids.values()), target, detail["after"], left=left)
        copied = [one.uid for one in left if one.uid in pairs]
        if copied and not await self._take_away(link, copied):
            pairs = {old: new for old, new in pairs.items() if old not in copied}
        there = {item: uid for item, uid in uids.items() if uid in pairs}

        def write(change: Change) -> None:
            _move_in_mirror(change, link, list(there), target, there, pairs)

        await self._jobs.write(write)
        return at_once or len(pairs) == len(uids)

    async def _take_away(self, link: FolderLink, uids: Sequence[int]) -> bool:
        """Expunge messages that were copied; where the server cannot, they stay in both places."""
        async with self._access.selected(link, writes=True) as connection:
            if not connection.can("UIDPLUS"):
                return False
            await connection.expunge(UidSet.of(uids))
            return True

    async def _left(self, link: FolderLink, uids: UidSet) -> tuple[list[Named], bool]:
        """Give those of the messages that are still there, and whether the server moves messages.

        Where it does not copy them first, to move them again does no harm.
        """
        try:
            async with self._access.selected(link, anew=True) as connection:
                return await read_named(connection, uids), connection.can("MOVE")
        except NotFound:
            return [], True  # the mailbox is gone, and they with it


def _move_in_mirror(
    change: Change,
    link: FolderLink,
    items: Sequence[ItemId],
    target: FolderLink,
    uids: Mapping[ItemId, int],
    pairs: Mapping[int, int],
) -> Mapping[ItemId, ItemHead]:
    """Do in the mirror what a move did; ``pairs`` are new UIDs by old ones.

    A message without a new UID was gone before it could be moved; one whose new UID is known was
    seen in the target before this. Gives the heads of the others.
    """
    if link.folder != target.folder:
        seen = mail.numbers_of(change.db, target.folder, list(pairs.values()))
        gone = [uid for uid in uids.values() if uid not in pairs or pairs[uid] in seen]
        mail.vanish(change, link.folder, gone)
    heads = writing.move(change, link.id, items, target.id)
    for item, uid in uids.items():
        if item in heads and uid in pairs:
            mail.link_message(change, target.folder, heads[item].item, pairs[uid])
    return heads

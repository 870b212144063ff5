"""Finding out what became of writes that were begun and not heard of again.

A lost connection, or the end of the process, leaves an intent in the mirror: the server may have
done what was asked, or not. It is looked up there before anything else happens in the folders
concerned. How messages are known again: ``mailmatching.py``.
"""

from collections.abc import Mapping
from functools import partial

from twisted.logger import Logger

from carbonio_mobile.errors import StoreError, Unavailable
from carbonio_mobile.ids import OperationId
from carbonio_mobile.mailbox.embedded.change import Change, once
from carbonio_mobile.mailbox.gateway.mail.access import MailAccess
from carbonio_mobile.mailbox.gateway.mail.flags import state_of
from carbonio_mobile.mailbox.gateway.mail.matching import find_stored
from carbonio_mobile.mailbox.gateway.mail.moves import MailMoves
from carbonio_mobile.mailbox.gateway.mail.writes import APPEND, DRAFT, MailWrites
from carbonio_mobile.mailbox.gateway.mirrorjobs import MirrorJobs
from carbonio_mobile.mailbox.mirror import intents, mail
from carbonio_mobile.mailbox.mirror.intents import WriteIntent
from carbonio_mobile.mailbox.mirror.links import FolderLink
from carbonio_mobile.mailbox.mirror.mail import Seen

_log = Logger()


class MailRecovery:
    """Looks up the left-behind writes of one account; the caller holds the folders' locks.

    A server may go on for ``doubt_s`` with what it was told. Until then, what is not there may yet
    come.
    """

    def __init__(
        self,
        access: MailAccess,
        jobs: MirrorJobs,
        writes: MailWrites,
        moves: MailMoves,
        *,
        doubt_s: float,
    ) -> None:
        self._access = access
        self._jobs = jobs
        self._writes = writes
        self._moves = moves
        self._doubt_s = doubt_s

    async def settle(self, intent: WriteIntent, links: Mapping[int, FolderLink]) -> bool:
        """Find out what became of a write, and make the mirror so. Raises: StoreError.

        False: it may yet be done; it is to be looked up again.
        """
        try:
            is_over = await self._settle(intent, links)
        except Unavailable:
            raise
        except StoreError as exc:  # nobody is helped if the folder is shut for it
            _log.warn(
                "{account}: a {verb} that was broken off cannot be finished: {why}",
                account=self._jobs.account, verb=intent.verb, why=str(exc),
            )  # fmt: skip
            is_over = True
        age_s = self._jobs.seconds() - intent.begun_at
        if is_over or not 0 <= age_s < self._doubt_s:
            await self._jobs.write(intents.end, intent.id)
            return True
        return False

    async def _settle(self, intent: WriteIntent, links: Mapping[int, FolderLink]) -> bool:
        link = links.get(intent.folder)
        if link is None:
            return True
        if intent.verb == APPEND:
            return await self._settle_append(intent, link)
        if intent.verb == DRAFT:
            return await self._settle_draft(intent, link)
        target = links.get(intent.detail["target"])
        return target is None or await self._moves.settle(intent, link, target)

    async def _settle_append(self, intent: WriteIntent, link: FolderLink) -> bool:
        found = await find_stored(self._access, link, intent.detail)
        if found is None:
            return False
        await self._jobs.write(partial(_adopt, link=link, one=found[0], intent=intent))
        return True

    async def _settle_draft(self, intent: WriteIntent, link: FolderLink) -> bool:
        """Finish what was begun; after a change of UIDVALIDITY both drafts stay as they are."""
        detail = intent.detail
        if link.epoch != detail["epoch"]:
            return True
        found = await find_stored(self._access, link, detail)
        if found is None:
            return False
        one, source = found
        await self._writes.take_over_draft(
            link, detail["item"], source, detail["received"], old=detail["old"], new=one.uid
        )
        return True


def _adopt(change: Change, *, link: FolderLink, one: Seen, intent: WriteIntent) -> None:
    """Enter a message that an append stored, and record that it did."""
    mail.arrive(change, link.folder, [one], state_of)
    number = mail.numbers_of(change.db, link.folder, [one.uid])[one.uid]
    row = change.db.execute(
        "SELECT number, received, modseq FROM item WHERE folder = ? AND number = ?",
        (link.folder, number),
    ).fetchone()
    once(change, "append", OperationId(intent.operation), lambda: row)

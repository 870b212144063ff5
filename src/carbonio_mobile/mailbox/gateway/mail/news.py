"""What a mailbox tells of its messages, gathered for the mirror: all once, then the news."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace

from carbonio_mobile.imap.responses import Fetch
from carbonio_mobile.imap.uidsets import UidSet
from carbonio_mobile.mailbox.gateway.mail.flags import is_marked_deleted
from carbonio_mobile.mailbox.gateway.mail.marks import Mark
from carbonio_mobile.mailbox.gateway.mirrorjobs import MirrorJobs
from carbonio_mobile.mailbox.mirror import mail
from carbonio_mobile.mailbox.mirror.links import FolderLink
from carbonio_mobile.mailbox.mirror.mail import Seen, StateOf

SKELETON = ("FLAGS", "INTERNALDATE", "RFC822.SIZE")
"""What is asked of a message for its row in the mirror."""

_A_COMMIT = 2_000
_WORTH_TELLING = 5_000
"""From so many messages on, progress of a first reading is told."""


class FirstReading:
    """The first reading of a mailbox, committed piece by piece."""

    def __init__(
        self,
        jobs: MirrorJobs,
        link: FolderLink,
        told: Callable[[int, int], None],
        count: int,
        state_of: StateOf,
    ) -> None:
        self._jobs = jobs
        self._link = link
        self._told = told
        self._count = count
        self._state_of = state_of
        self._done = 0
        self._held: list[Seen] = []

    async def _write(self, held: list[Seen]) -> None:
        held.sort(key=lambda one: one.uid)
        await self._jobs.write(mail.arrive, self._link.folder, held, self._state_of)
        self._done += len(held)
        if self._count >= _WORTH_TELLING:
            self._told(self._done, self._count)

    def take(self, fetch: Fetch) -> Awaitable[None] | None:
        """Take one message; gives what is to be awaited where a piece is full."""
        one = seen_in(fetch)
        if one is not None:
            self._held.append(one)
        if len(self._held) < _A_COMMIT:
            return None
        return self.flush()

    async def flush(self) -> None:
        """Commit what is held."""
        held, self._held = self._held, []
        if held:
            await self._write(held)


class News:
    """What the server's history tells of a mailbox."""

    def __init__(self) -> None:
        self.gone: list[UidSet] = []
        self._seen: dict[int, Seen] = {}
        self._modseq = 0

    def take(self, fetch: Fetch) -> None:
        """Take a message that came or changed."""
        self._modseq = max(self._modseq, fetch.modseq)
        if fetch.flags is not None and fetch.date is not None:
            self._seen[fetch.uid] = Seen(fetch.uid, fetch.flags, fetch.date, fetch.size or 0)
        elif fetch.flags is not None and fetch.uid in self._seen:
            self._seen[fetch.uid] = replace(self._seen[fetch.uid], flags=fetch.flags)

    @property
    def shown(self) -> list[Seen]:
        """Those that stand in the mailbox, by UID."""
        found = [one for one in self._seen.values() if not is_marked_deleted(one.flags)]
        return sorted(found, key=lambda one: one.uid)

    @property
    def flags(self) -> dict[int, tuple[str, ...]]:
        """The flags of all that came or changed, by UID."""
        return {uid: one.flags for uid, one in self._seen.items()}

    def mark(self, before: Mark) -> Mark:
        """Give up to where a mailbox is known with this; what is told twice does no harm."""
        highest = max(self._seen, default=0)
        return replace(
            before,
            modseq=max(before.modseq, self._modseq),
            uid_next=max(before.uid_next, highest + 1),
        )


def take_seen(seen: list[Seen], fetch: Fetch) -> None:
    """Add a message to those seen, unless it is as good as deleted."""
    if (one := seen_in(fetch)) is not None:
        seen.append(one)


def seen_in(fetch: Fetch) -> Seen | None:
    """Give a message as the mirror enters it; None for one that is as good as deleted."""
    if fetch.flags is None or is_marked_deleted(fetch.flags):
        return None
    return Seen(fetch.uid, fetch.flags, fetch.date or 0.0, fetch.size or 0)

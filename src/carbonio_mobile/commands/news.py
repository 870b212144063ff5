"""Whether a collection has news for a device, and how much, without telling it."""

from dataclasses import dataclass

from carbonio_mobile.commands.collectionoptions import options_of, window_end
from carbonio_mobile.commands.collections import drive
from carbonio_mobile.commands.context import Call
from carbonio_mobile.eas.items.email import visible_aspects
from carbonio_mobile.eas.messages.sync import CollectionOptions
from carbonio_mobile.errors import Conflict
from carbonio_mobile.ids import FolderId
from carbonio_mobile.sync.pull import CHUNK, pull
from carbonio_mobile.sync.questions import Offer, Taken
from carbonio_mobile.sync.state import Generation

_ALL = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What a look at a collection found.

    ``news``: a Sync would bring something. ``progress``: without news, the generation with the
    history that was passed over behind it, worth storing under its own key; None if there was none.
    """

    news: bool
    progress: Generation | None = None


async def look(call: Call, folder: FolderId, base: Generation) -> Look:
    """Look whether a Sync from ``base`` would bring anything.

    A history that the mailbox no longer knows counts as news: the Sync that follows sorts it out.
    Raises: NotFound (folder).
    """
    made = base.successor()
    made.results = base.results
    reach = await window_end(call, folder, base.kind, options_of(base))
    shown = visible_aspects(call.version)
    run = pull(made, floor=reach, window=CHUNK, shown=shown)
    try:
        pulled = await drive(run, call.mailbox, folder, _take_nothing)
    except Conflict:
        return Look(news=True)
    if pulled.more:
        return Look(news=True)
    return Look(news=False, progress=made if made.token != base.token else None)


async def _take_nothing(_offers: tuple[Offer, ...]) -> Taken:
    """Stop at the first offer."""
    return Taken(0)


async def estimate(
    call: Call,
    folder: FolderId,
    base: Generation,
    options: CollectionOptions,
    *,
    conversations: bool,
) -> int:
    """Count what a series of Syncs from ``base`` would bring; where items were moved, at the most.

    Costs what has changed, and a count of what was never told. Raises: NotFound, Conflict.
    """
    seen = _Seen()
    made = base.successor()
    reach = await window_end(call, folder, base.kind, options)
    untold = 0
    if made.edge > reach and not conversations:
        made.weaving = None
        untold = await call.mailbox.count(folder, below=made.edge, down_to=reach)
        reach = made.edge  # the pull below then leaves the listing alone
    shown = visible_aspects(call.version)
    run = pull(made, floor=reach, window=_ALL, shown=shown, conversations=conversations or None)
    await drive(run, call.mailbox, folder, seen.show)
    return seen.count + untold


class _Seen:
    """Takes every offer, unread."""

    def __init__(self) -> None:
        self.count = 0

    async def show(self, offers: tuple[Offer, ...]) -> Taken:
        self.count += len(offers)
        return Taken(len(offers))

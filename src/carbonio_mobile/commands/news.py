"""Whether a collection has news for a device, and how much, without telling it."""

from carbonio_mobile.commands.collections import drive
from carbonio_mobile.commands.context import Call
from carbonio_mobile.errors import Conflict
from carbonio_mobile.ids import FolderId
from carbonio_mobile.sync.pull import Offer, Taken, pull
from carbonio_mobile.sync.state import Generation
from carbonio_mobile.sync.window import floor

_ALL = 1_000_000


async def has_news(call: Call, folder: FolderId, base: Generation) -> bool:
    """Tell whether a Sync from ``base`` would bring anything.

    A history that the mailbox no longer knows counts as news: the Sync that follows sorts it out.
    Raises: NotFound (folder).
    """
    seen = _Seen()
    reach = floor(base.options.get("filter", 0), call.now)
    try:
        await drive(pull(base.successor(), floor=reach, window=1), call.mailbox, folder, seen.show)
    except Conflict:
        return True
    return seen.count > 0


async def estimate(call: Call, folder: FolderId, base: Generation, filter_type: int) -> int:
    """Count what a series of Syncs from ``base`` would bring.

    Costs what has changed, and a count of what was never told. Raises: NotFound, Conflict.
    """
    seen = _Seen()
    made = base.successor()
    reach = floor(filter_type, call.now)
    untold = 0
    if made.edge > reach:
        untold = await call.mailbox.count(folder, below=made.edge, down_to=reach)
        reach = made.edge  # the pull below then leaves the listing alone
    await drive(pull(made, floor=reach, window=_ALL), call.mailbox, folder, seen.show)
    return seen.count + untold


class _Seen:
    """Takes every offer, unread."""

    def __init__(self) -> None:
        self.count = 0

    async def show(self, offers: tuple[Offer, ...]) -> Taken:
        self.count += len(offers)
        return Taken(len(offers))

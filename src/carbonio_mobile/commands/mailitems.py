"""Messages read for an answer, with as much of their bodies as it will show."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice

from carbonio_mobile.eas.bodies import further_wish, wish
from carbonio_mobile.eas.bodyoptions import BodyOptions
from carbonio_mobile.ids import FolderId, ItemId
from carbonio_mobile.interfaces import IItems
from carbonio_mobile.mime.mailitem import MailItem

Hits = Sequence[tuple[FolderId, ItemId]]

_BATCH = 10  # messages may be wanted whole, and be large


async def read_items(
    mailbox: IItems, folder: FolderId, items: Sequence[ItemId], options: BodyOptions
) -> Mapping[ItemId, MailItem]:
    """Read items of one folder as the options want their bodies; those that are gone are left out.

    Raises: NotFound (folder).
    """
    read = dict(await mailbox.read(folder, items, wish(options)))
    for item, mail in read.items():
        more = further_wish(mail, options)
        if more is not None:
            again = await mailbox.read(folder, [item], more)
            if item in again:
                read[item] = replace(mail, source=again[item].source)
    return read


def batches(hits: Hits) -> Iterator[Hits]:
    """Cut hits into pieces that may be held in memory with their bodies."""
    waiting = iter(hits)
    while batch := list(islice(waiting, _BATCH)):
        yield batch


async def read_hits(mailbox: IItems, hits: Hits, options: BodyOptions) -> list[MailItem]:
    """Read hits of any folders, in their order; those that are gone are left out.

    Raises: NotFound (a folder).
    """
    found: dict[tuple[FolderId, ItemId], MailItem] = {}
    for folder in dict.fromkeys(folder for folder, _ in hits):
        mine = [item for other, item in hits if other == folder]
        for item, mail in (await read_items(mailbox, folder, mine, options)).items():
            found[folder, item] = mail
    return [found[hit] for hit in hits if hit in found]

"""A program: prints what the mailboxes of a data directory hold, as JSON, beside any daemon.

``contents.py DATA ACCOUNT…`` gives, by account id, the folders with their kind and items; an item
is [server id, received, subject, read, flag, categories]. Of contacts, events and tasks it
gives the objects: [server id, place in the listing, what ``things.look_of`` tells].
"""

import json
import sys
from pathlib import Path
from typing import Any

from twisted.internet.defer import ensureDeferred
from twisted.internet.task import react

from carbonio_mobile.ids import AccountId, FolderId, ServerId
from carbonio_mobile.mailbox.embedded import EmbeddedMailboxes, Tuning
from carbonio_mobile.mailbox.memory import no_quota
from carbonio_mobile.mime.mailitem import BodyWish
from carbonio_mobile.sync.changes import NEWEST, OLDEST
from carbonio_mobile.testing.contracts.mailbox_fixture import RecordingSink
from tests.crash.things import SORTS, look_of

_ALL = 1 << 30
_LOOKED_AT = frozenset(sort.kind for sort in SORTS)


async def items(box: Any, folder: FolderId) -> list[list[Any]]:
    """List a folder."""
    page = await box.listing(folder, below=NEWEST, down_to=OLDEST, limit=_ALL)
    read = await box.read(folder, [head.item for head in page.heads], BodyWish())
    return [
        [
            str(ServerId(folder, one.item)),
            one.received,
            one.record.subject,
            one.state.read,
            0 if one.state.follow_up is None else one.state.follow_up.status,
            list(one.state.categories),
        ]
        for one in read.values()
    ]


async def objects(box: Any, folder: FolderId) -> list[list[Any]]:
    """List a folder of contacts, events or tasks."""
    page = await box.listing(folder, below=NEWEST, down_to=OLDEST, limit=_ALL)
    read = await box.objects(folder, [head.item for head in page.heads])
    return [
        [str(ServerId(folder, one.item)), one.received, look_of(one.record)]
        for one in read.values()
    ]


async def show(data: str, *accounts: str) -> None:
    """Print the JSON."""
    mailboxes = EmbeddedMailboxes(
        Path(data),
        reactor=_reactor(),
        clock=_reactor().seconds,
        sink=RecordingSink(),
        quota_of=no_quota,
        message_limit_bytes=1 << 20,
        tuning=Tuning(thread_count=1),
    )
    found = {}
    for account in accounts:
        box = await mailboxes.open(AccountId(account))
        present = await box.hierarchy()
        found[account] = {
            folder.id: {
                "name": folder.name,
                "kind": folder.kind.value,
                "items": await items(box, folder.id) if folder.kind.holds_mail else [],
                "objects": await objects(box, folder.id) if folder.kind in _LOOKED_AT else [],
            }
            for folder in present.folders
        }
    await mailboxes.stop()
    print(json.dumps(found))


def _reactor() -> Any:
    from twisted.internet import reactor

    return reactor


if __name__ == "__main__":
    react(lambda _: ensureDeferred(show(*sys.argv[1:])))

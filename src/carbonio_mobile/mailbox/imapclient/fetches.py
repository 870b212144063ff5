"""Fetches of many messages, of which some may be refused."""

from collections.abc import Collection, Coroutine
from typing import Any

from twisted.internet.defer import Deferred, DeferredList
from twisted.python.failure import Failure

from carbonio_mobile.errors import NotFound, StoreError
from carbonio_mobile.imap.responses import Fetch
from carbonio_mobile.imap.uidsets import UidSet
from carbonio_mobile.mailbox.imapclient.connection import ImapConnection

UNREADABLE = "the mail server cannot give this message"


async def fetch_one(connection: ImapConnection, uid: int, items: tuple[str, ...]) -> Fetch:
    """Fetch items of one message, in one answer or several.

    Raises: NotFound (gone), other StoreErrors.
    """
    found: dict[int, Fetch] = {}
    await connection.fetch(UidSet.of((uid,)), items, lambda one: _keep(found, one))
    if uid not in found:
        raise NotFound("the message is gone")
    return found[uid]


async def fetch_each(
    connection: ImapConnection, uids: Collection[int], items: tuple[str, ...]
) -> dict[int, Fetch]:
    """Fetch items of messages, by UID; those that are gone are left out.

    One that the server refuses does not hold up others: it comes with nothing but a fault. If all
    of several are refused, or the connection ends, that is raised. Raises: StoreError.
    """
    found: dict[int, Fetch] = {}
    if not uids:
        return found
    try:
        await connection.fetch(UidSet.of(uids), items, lambda one: _keep(found, one))
    except StoreError:
        if not connection.wire.is_open:
            raise
        before = len(found)
        refused = await _one_by_one(connection, uids, items, found)
        if refused == len(uids) > 1 and not before:
            raise
    return found


async def _one_by_one(
    connection: ImapConnection,
    uids: Collection[int],
    items: tuple[str, ...],
    found: dict[int, Fetch],
) -> int:
    """Fetch what is still lacking; gives how many are refused."""
    refused = 0
    for uid in [one for one in uids if one not in found]:
        try:
            await connection.fetch(UidSet.of((uid,)), items, lambda one: _keep(found, one))
        except StoreError:
            if not connection.wire.is_open:
                raise
            found[uid] = Fetch(0, uid, faults=(UNREADABLE,))
            refused += 1
    return refused


def _keep(found: dict[int, Fetch], one: Fetch) -> None:
    """Keep what the server tells of a message, in one answer or several."""
    before = found.setdefault(one.uid, one)
    if before is not one:
        before.sections |= one.sections
        before.structure = before.structure or one.structure
        before.size = one.size if before.size is None else before.size


async def at_once(*doing: Coroutine[Deferred[Any], Any, Any]) -> list[Any]:
    """Do things at once; gives what each gives. Raises what the first that fails raises."""
    results = await DeferredList([Deferred.fromCoroutine(one) for one in doing], consumeErrors=True)
    for _, outcome in results:
        if isinstance(outcome, Failure):
            outcome.raiseException()
    return [outcome for _, outcome in results]

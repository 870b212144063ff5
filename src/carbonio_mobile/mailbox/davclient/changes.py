"""What changed in a collection since a token.

Where the server keeps a history (sync-collection), the cost is that of the changes. Else the
collection's ctag says whether anything changed at all, and only then the etags of all members are
read and compared with those that the caller knows.

Spec: RFC 6578; calendarserver.org's ctag.
"""

from typing import Final

from carbonio_mobile.dav.bodies import XML, propfind, sync_collection
from carbonio_mobile.dav.collection import Collection
from carbonio_mobile.dav.faults import LoginRefused, StaleToken, TooMany, Unreadable
from carbonio_mobile.dav.hrefs import Url, host
from carbonio_mobile.dav.members import Changes, Known, Reading
from carbonio_mobile.dav.names import CTAG, ETAG, RESOURCE_TYPE
from carbonio_mobile.errors import Conflict, NotAllowed
from carbonio_mobile.mailbox.davclient.connection import DavConnection

_SYNC: Final = "s:"
_CTAG: Final = "c:"
_TO_THREAD_MEMBERS: Final = 2000
"""From here on, comparing with what is known takes longer than a turn of the reactor may."""


def is_current(collection: Collection, token: str) -> bool:
    """Tell whether nothing changed since a token, as far as a fresh listing shows it."""
    return (bool(collection.sync_token) and token == _SYNC + collection.sync_token) or (
        bool(collection.ctag) and token == _CTAG + collection.ctag
    )


class DavChanges:
    """Reads what changed; ``page`` is how many members a server is asked for at once."""

    def __init__(self, connection: DavConnection, *, page: int) -> None:
        self._connection = connection
        self._page = page

    async def changes(self, collection: Collection, token: str, known: Known) -> Changes:
        """Give what changed since ``token``; with an empty one, all that differs from ``known``.

        Members whose etag is the known one are left out: the caller's own changes. ``known`` is not
        to be changed meanwhile: it may be read in a thread.

        Raises: StaleToken (ask again with an empty one), StoreError.
        """
        if collection.can_sync:
            since = token.removeprefix(_SYNC) if token.startswith(_SYNC) else ""
            found = await self._synchronised(collection, since, known)
            if found is not None:
                return found
        return await self._compared(collection, token, known)

    async def _synchronised(
        self, collection: Collection, since: str, known: Known
    ) -> Changes | None:
        """Give the changes by the server's history; None where it keeps none after all."""
        reading = Reading(collection.url)
        token = since
        page: int | None = self._page
        while True:
            try:
                is_truncated, now = await self._report(reading, collection.url, token, page)
            except TooMany:
                if page is None:
                    raise
                page = None  # the server cannot do pages: RFC 6578 3.7
                continue
            except (NotAllowed, Conflict) as exc:
                _refused(exc, token)
                return None
            if not now or (is_truncated and now == token):
                raise Unreadable(f"REPORT at {host(collection.url)}: no new sync-token")
            token = now
            if not is_truncated:
                return await self._result(reading, known, _SYNC + token, is_whole=not since)

    async def _report(
        self, reading: Reading, url: Url, token: str, page: int | None
    ) -> tuple[bool, str]:
        body = sync_collection(token, page=page)
        headers = {"Content-Type": XML, "Depth": "0"}
        answer = await self._connection.request("REPORT", url, headers=headers, body=body)
        if answer.status == 500 and token:
            # Xandikos breaks on a token that is none of its own: without one, all will be well.
            raise StaleToken(f"REPORT at {host(url)}: 500")
        return await self._connection.parts("REPORT", answer, reading.take)

    async def _compared(self, collection: Collection, token: str, known: Known) -> Changes:
        url = collection.url
        before = await self._connection.multistatus(
            "PROPFIND", url, body=propfind((CTAG,)), depth="0"
        )
        # Read before the members: what changes in between is seen the next time.
        ctag = next((one.text(CTAG) for one in before.responses if one.url == url), "")
        now = _CTAG + ctag if ctag else ""
        if now and now == token:
            return Changes(changed={}, gone=(), token=now)
        headers = {"Content-Type": XML, "Depth": "1"}
        body = propfind((ETAG, RESOURCE_TYPE))
        answer = await self._connection.request("PROPFIND", url, headers=headers, body=body)
        reading = Reading(url)
        await self._connection.parts("PROPFIND", answer, reading.take)
        return await self._result(reading, known, now, is_whole=True)

    async def _result(
        self, reading: Reading, known: Known, token: str, *, is_whole: bool
    ) -> Changes:
        def compare() -> Changes:
            return reading.changes(known, token, is_whole=is_whole)

        if max(len(reading), len(known) if is_whole else 0) < _TO_THREAD_MEMBERS:
            return compare()
        return await self._connection.site.in_thread(compare)


def _refused(exc: NotAllowed | Conflict, token: str) -> None:
    """Take any refusal of a token for a stale one, as servers have many ways to say that.

    Without a token it is the report that is refused, and nothing is raised. Raises: StoreError.
    """
    if isinstance(exc, LoginRefused | StaleToken):
        raise exc
    if token:
        raise StaleToken(str(exc)) from exc
    if not isinstance(exc, NotAllowed):
        raise exc

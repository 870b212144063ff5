"""The members of a collection: read in pages, found by time, stored, deleted, moved.

Spec: RFC 4791 5.3.2, 5.3.4, 7.8, 7.9; RFC 6352 6.3.2, 8.7; RFC 9110 13.1; RFC 4918 9.9.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from twisted.internet.defer import Deferred, gatherResults

from carbonio_mobile.dav.bodies import calendar_query, multiget, propfind, series_query
from carbonio_mobile.dav.collection import Collection, Kind
from carbonio_mobile.dav.etags import ETag, is_weak, read_etag, same, strong
from carbonio_mobile.dav.faults import LoginRefused, Unreadable, condition_fault
from carbonio_mobile.dav.hrefs import Url, child, host, resolved
from carbonio_mobile.dav.multistatus import Multistatus, Response
from carbonio_mobile.dav.names import ADDRESS_TEXT, CALENDAR_TEXT, ETAG
from carbonio_mobile.errors import (
    Conflict,
    NotAllowed,
    NotFound,
    ProtocolError,
    StoreError,
    TooLarge,
    Unavailable,
)
from carbonio_mobile.mailbox.davclient.connection import DavConnection
from carbonio_mobile.mailbox.davclient.site import Answer

_TYPES: Final = {
    Kind.CALENDAR: "text/calendar; charset=utf-8",
    Kind.ADDRESS_BOOK: "text/vcard; charset=utf-8",
}
_TEXTS: Final = {Kind.CALENDAR: CALENDAR_TEXT, Kind.ADDRESS_BOOK: ADDRESS_TEXT}
_SINGLE_AT_ONCE: Final = 8
_NO_MOVE: Final = frozenset((405, 501, 502))
"""No such method; or, 502, a proxy stands between and the server does not know its own name."""

_LINE_END = re.compile("\r?\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A member: its text as stored, with CRLF at the ends of lines."""

    url: Url
    etag: ETag | None
    source: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What became of the members asked for: read, not there any more, or why it failed."""

    items: tuple[Item, ...] = ()
    gone: tuple[Url, ...] = ()
    failed: tuple[tuple[Url, StoreError], ...] = ()

    def __add__(self, other: "Page") -> "Page":
        """Give both together."""
        return Page(
            items=self.items + other.items,
            gone=self.gone + other.gone,
            failed=self.failed + other.failed,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """Where and in which state something was stored.

    ``source`` is what the server made of it, where it says that it changed it; else None.
    """

    url: Url
    etag: ETag | None
    source: bytes | None = field(default=None, repr=False)


class DavItems:
    """One collection's members; ``page`` is how many are read at once.

    ``vcard_version`` asks the server to convert contacts; empty: as they are stored, as far as the
    server gives them so.
    """

    def __init__(
        self,
        connection: DavConnection,
        collection: Collection,
        *,
        page: int,
        vcard_version: str = "",
    ) -> None:
        self._connection = connection
        self._collection = collection
        self._page = page
        self._vcard_version = vcard_version
        self._one_by_one = not collection.can_multiget

    async def read(self, urls: Sequence[Url]) -> Page:
        """Give members with their text, in no order. One that fails does not hold up the others.

        Raises: Unavailable, LoginRefused, NotFound (the collection).
        """
        found = Page()
        for at in range(0, len(urls), self._page):
            found += await self._read_page(urls[at : at + self._page])
        return found

    async def get(self, url: Url) -> Item:
        """Give one member. Raises: StoreError."""
        answer = await self._connection.done("GET", url, headers=self._accept())
        return Item(url=url, etag=answer.etag, source=answer.body)

    async def within(
        self, component: str, *, start: float | None = None, end: float | None = None
    ) -> dict[Url, ETag | None]:
        """Give the members of a calendar with a component that happens in a range of time.

        The range is from ``start`` to before ``end`` in seconds since 1970 UTC, None without bound.
        Xandikos (0.2.8) overlooks series that began before: see :meth:`series`. Raises: StoreError.
        """
        return await self._matching(calendar_query(component, start, end))

    async def series(self, component: str) -> dict[Url, ETag | None]:
        """Give the members of a calendar with a component that has a rule of recurrence.

        Raises: StoreError.
        """
        return await self._matching(series_query(component))

    async def _matching(self, query: bytes) -> dict[Url, ETag | None]:
        answer = await self._connection.multistatus(
            "REPORT", self._collection.url, body=query, depth="1"
        )
        return {
            one.url: read_etag(one.text(ETAG))
            for one in answer.responses
            if one.is_there and one.url != self._collection.url
        }

    async def add(self, segment: str, source: bytes) -> Stored:
        """Store a new member under a name.

        Raises: Conflict (there is one of the name; UidTaken: of the same UID), StoreError.
        """
        url = child(self._collection.url, segment)
        return await self._put(url, source, {"If-None-Match": "*"})

    async def replace(self, url: Url, source: bytes, expected: ETag) -> Stored:
        """Store a member anew. Raises: Conflict (it changed since ``expected``), StoreError."""
        return await self._put(url, source, {"If-Match": strong(expected)})

    async def delete(self, url: Url, expected: ETag | None) -> None:
        """Delete a member; with None, in whatever state it is.

        Raises: NotFound, Conflict (it changed since ``expected``), StoreError.
        """
        headers = {} if expected is None else {"If-Match": strong(expected)}
        await self._connection.done("DELETE", url, headers=headers)

    async def move(
        self, url: Url, target: Collection, segment: str, *, expected: ETag | None
    ) -> Stored:
        """Move a member to another collection; copy and delete where the server has no MOVE.

        Raises: Conflict (it changed since ``expected``, or there is one of the name), StoreError.
        """
        destination = child(target.url, segment)
        headers = {"Destination": destination, "Overwrite": "F"}
        if expected is not None:
            headers["If-Match"] = strong(expected)
        answer = await self._connection.request("MOVE", url, headers=headers)
        if answer.status in _NO_MOVE:
            return await self._carry(url, target, segment, expected)
        await self._connection.check("MOVE", answer)
        return Stored(url=destination, etag=await self._state(destination))

    async def _carry(
        self, url: Url, target: Collection, segment: str, expected: ETag | None
    ) -> Stored:
        item = await self.get(url)
        if expected is not None and not same(item.etag, expected):
            raise Conflict(f"MOVE at {host(url)}: it changed meanwhile")
        there = DavItems(self._connection, target, page=self._page)
        stored = await there.add(segment, item.source)
        try:
            await self.delete(url, item.etag)
        except NotFound:
            pass  # somebody else deleted it: the copy is all there is
        except Conflict:
            await there.delete(stored.url, stored.etag)
            raise
        return stored

    async def _put(self, url: Url, source: bytes, condition: dict[str, str]) -> Stored:
        limit = self._collection.size_max
        if limit is not None and len(source) > limit:
            raise TooLarge(f"PUT at {host(url)}: {len(source)} octets, {limit} are allowed")
        headers = {"Content-Type": _TYPES[self._collection.kind], **condition}
        answer = await self._connection.done("PUT", url, headers=headers, body=source)
        url = _where(answer, url)
        if answer.etag is not None and not is_weak(answer.etag):
            return Stored(url=url, etag=answer.etag)
        item = await self.get(url)
        return Stored(
            url=url, etag=item.etag, source=None if item.source == source else item.source
        )

    async def _state(self, url: Url) -> ETag | None:
        answer = await self._connection.multistatus(
            "PROPFIND", url, body=propfind((ETAG,)), depth="0"
        )
        return next((read_etag(one.text(ETAG)) for one in answer.responses if one.is_there), None)

    async def _read_page(self, urls: Sequence[Url]) -> Page:
        if self._one_by_one:
            return await self._read_singly(urls)
        try:
            answer = await self._multiget(urls)
        except LoginRefused:
            raise
        except TooLarge as exc:
            if len(urls) == 1:
                return Page(failed=((urls[0], exc),))
            middle = len(urls) // 2
            return await self._read_page(urls[:middle]) + await self._read_page(urls[middle:])
        except Unreadable:
            # One member with a control character makes no XML of the whole page.
            return await self._read_singly(urls)
        except NotAllowed:
            self._one_by_one = True
            return await self._read_singly(urls)
        return await self._sorted(urls, answer)

    async def _multiget(self, urls: Sequence[Url]) -> Multistatus:
        body = multiget(self._collection.kind, urls, vcard_version=self._vcard_version)
        return await self._connection.multistatus(
            "REPORT", self._collection.url, body=body, depth="0"
        )

    async def _sorted(self, urls: Sequence[Url], answer: Multistatus) -> Page:
        name = _TEXTS[self._collection.kind]
        by_url = {one.url: one for one in answer.responses}
        items: list[Item] = []
        gone: list[Url] = []
        failed: list[tuple[Url, StoreError]] = []
        missing: list[Url] = []
        for url in urls:
            response = by_url.get(url)
            text = response.found.get(name) if response is not None else None
            if response is None:
                missing.append(url)
            elif text is not None and text.text:
                etag = read_etag(response.text(ETAG))
                items.append(Item(url=url, etag=etag, source=_octets(text.text)))
            elif response.status in {404, 410} or response.refused.get(name) in {404, 410}:
                gone.append(url)
            else:
                failed.append((url, self._fault(response, name)))
        found = Page(items=tuple(items), gone=tuple(gone), failed=tuple(failed))
        return found + await self._read_singly(missing) if missing else found

    def _fault(self, response: Response, name: str) -> StoreError:
        what = f"REPORT at {host(response.url)}"
        status = response.refused.get(name, response.status)
        if 200 <= status < 300:
            return Unreadable(f"{what}: a member without a text")
        return condition_fault(status, what, response.conditions)

    async def _read_singly(self, urls: Sequence[Url]) -> Page:
        found = Page()
        for at in range(0, len(urls), _SINGLE_AT_ONCE):
            reading = [
                Deferred.fromCoroutine(self._read_one(url))
                for url in urls[at : at + _SINGLE_AT_ONCE]
            ]
            for one in await gatherResults(reading):
                found += one
        for _, fault in found.failed:
            if isinstance(fault, Unavailable | LoginRefused):
                raise fault
        return found

    async def _read_one(self, url: Url) -> Page:
        try:
            return Page(items=(await self.get(url),))
        except NotFound:
            return Page(gone=(url,))
        except StoreError as exc:
            return Page(failed=((url, exc),))

    def _accept(self) -> dict[str, str]:
        version = f"; version={self._vcard_version}" if self._vcard_version else ""
        return {"Accept": f"text/vcard{version}"} if version else {}


def _where(answer: Answer, url: Url) -> Url:
    """Give where the server put what was sent: it may have a name of its own for it."""
    location = answer.headers.get("location", "")
    if not location:
        return url
    try:
        return resolved(location, url)
    except ProtocolError as exc:
        raise Unreadable(f"PUT at {host(url)}: stored at what is no URL") from exc


def _octets(text: str) -> bytes:
    """Give a text out of XML, which turned its line ends into LF (XML 1.0 2.11), as it was."""
    return _LINE_END.sub("\r\n", text).encode("utf-8")

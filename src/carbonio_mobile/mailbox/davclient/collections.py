"""An account's calendars and address books: listed, made, renamed, deleted.

Spec: RFC 4791 5.3.1 (MKCALENDAR), RFC 5689 (extended MKCOL), RFC 4918 9.1, 9.2, 9.6.
"""

from collections.abc import Awaitable, Iterable

from carbonio_mobile.dav.bodies import XML, mkcalendar, mkcol, propfind, proppatch, shown
from carbonio_mobile.dav.collection import LISTED, Collection, Kind, read_collection
from carbonio_mobile.dav.faults import read_conditions
from carbonio_mobile.dav.hrefs import Url, as_collection, child, host
from carbonio_mobile.dav.multistatus import Response
from carbonio_mobile.errors import Conflict, NotFound
from carbonio_mobile.mailbox.davclient.connection import DavConnection
from carbonio_mobile.mailbox.davclient.discovery import Homes
from carbonio_mobile.mailbox.davclient.site import Answer

_NO_SUCH_METHOD = frozenset((400, 403, 405, 415, 501))
"""What servers that only know the other way of making a calendar say, without giving a reason; or,
403 and 405, those where there is something of that name (RFC 4791 5.3.1.2)."""


class DavCollections:
    """What stands in an account's homes."""

    def __init__(self, connection: DavConnection, homes: Homes) -> None:
        self._connection = connection
        self._homes = homes

    async def listing(self, names: Iterable[str] = LISTED) -> tuple[Collection, ...]:
        """Give all calendars and address books, each once, as the server orders them.

        ``names`` are the properties asked for: those left out are as where a server does not tell.
        Raises: StoreError; NotFound too when a home is missing, so that nobody takes a server that
        was set up wrongly for an account whose folders are gone.
        """
        found: dict[Url, Collection] = {}
        for response in await self._children(names):
            one = read_collection(response, principal=self._homes.principal)
            if one is not None:
                found.setdefault(one.url, one)
        return tuple(found.values())

    async def states(self, names: Iterable[str]) -> dict[Url, str]:
        """Give what stands in the homes, each with the first of some properties that it has.

        Asked for the ctag alone, Radicale has a third of the work that it has with a listing.
        Raises: as :meth:`listing`.
        """
        wanted = tuple(names)
        return {
            as_collection(one.url): next(filter(None, map(one.text, wanted)), "")
            for one in await self._children(wanted)
            if one.is_there
        }

    async def _children(self, names: Iterable[str]) -> list[Response]:
        """Ask for what stands in each home."""
        body = propfind(names)
        found: list[Response] = []
        for home in dict.fromkeys((*self._homes.calendars, *self._homes.address_books)):
            answer = await self._connection.multistatus("PROPFIND", home, body=body, depth="1")
            found += answer.responses
        return found

    async def describe(self, url: Url) -> Collection:
        """Give one of them. Raises: StoreError; NotFound too where it is something else."""
        answer = await self._connection.multistatus(
            "PROPFIND", url, body=propfind(LISTED), depth="0"
        )
        for response in answer.responses:
            found = read_collection(response, principal=self._homes.principal)
            if found is not None:
                return found
        raise NotFound(f"PROPFIND at {host(url)}: neither calendar nor address book")

    async def create(
        self,
        kind: Kind,
        segment: str,
        *,
        name: str,
        components: Iterable[str] = (),
        colour: str | None = None,
        order: int | None = None,
    ) -> Url:
        """Make a collection in the first home of its kind; ``segment`` is its name in the URL.

        Raises: StoreError; Conflict where there is one already, NotFound without a home.
        """
        homes = self._homes.calendars if kind is Kind.CALENDAR else self._homes.address_books
        if not homes:
            raise NotFound(f"there is no home for a new {kind.value}")
        url = as_collection(child(homes[0], segment))
        values = shown(kind, name, colour, order)
        extended = mkcol(kind, values, components)
        if kind is Kind.ADDRESS_BOOK:
            await self._make("MKCOL", url, extended)
            return url
        answer = await self._asked("MKCALENDAR", url, mkcalendar(values, components))
        if answer.status in _NO_SUCH_METHOD and not read_conditions(answer.body)[0]:
            await self._must_not_be_there(url)
            await self._make("MKCOL", url, extended)
        else:
            await self._connection.check("MKCALENDAR", answer)
        return url

    async def change(
        self,
        collection: Collection,
        *,
        name: str | None = None,
        colour: str | None = None,
        order: int | None = None,
    ) -> None:
        """Change how a collection is shown; None leaves as it is. Raises: StoreError."""
        values = shown(collection.kind, name, colour, order)
        if values:
            answer = await self._asked("PROPPATCH", collection.url, proppatch(values))
            await self._connection.check("PROPPATCH", answer)

    async def delete(self, url: Url) -> None:
        """Delete a collection with all that is in it. Raises: StoreError."""
        await self._connection.done("DELETE", url)

    async def _must_not_be_there(self, url: Url) -> None:
        """Raises: Conflict."""
        try:
            await self.describe(url)
        except NotFound:
            return
        raise Conflict(f"MKCALENDAR at {host(url)}: there is a collection of that name")

    async def _make(self, method: str, url: Url, body: bytes) -> None:
        answer = await self._asked(method, url, body)
        if answer.status == 405:  # RFC 4918 9.3.1: there is something
            raise Conflict(f"{method} at {host(url)}: there is a resource of that name")
        await self._connection.check(method, answer)

    def _asked(self, method: str, url: Url, body: bytes) -> Awaitable[Answer]:
        return self._connection.request(method, url, headers={"Content-Type": XML}, body=body)

"""Searches: in short steps, within limits, as fast as the peer takes what is found.

Spec: RFC 4511 4.5; RFC 2696 (pages), 2891 (sort), draft-ietf-ldapext-ldapv3-vlv-09 (views);
../shared/ldap/outlook-and-peers.md 2.3, 2.5, 4, 6.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from carbonio_mobile.addressbook.shelf import Hits, NoSuchObject, Shelf, Window
from carbonio_mobile.directory.accounts import Account
from carbonio_mobile.errors import ProtocolError, StoreError
from carbonio_mobile.ldap import controls as written
from carbonio_mobile.ldap.answers import done_body, message
from carbonio_mobile.ldap.names import Dn, parse_dn
from carbonio_mobile.ldap.requests import Control, Scope, Search
from carbonio_mobile.ldap.results import Result
from carbonio_mobile.ldapserver.house import House
from carbonio_mobile.ldapserver.journal import Tally
from carbonio_mobile.ldapserver.outlet import Outlet
from carbonio_mobile.ldapserver.paging import BadCookie, Place, Rest
from carbonio_mobile.ldapserver.searchcontrols import PLAIN, SearchFault, Wishes, wishes_of
from carbonio_mobile.ldapserver.searchrun import Batch, Run
from carbonio_mobile.ldapserver.serverentries import ROOT, SCHEMA, ServerEntry
from carbonio_mobile.ldapserver.session import Session

_STEP_ROWS = 64
"""So many entries are encoded in one step."""

_LOG_IN = "log in first"
_LATER = "try again later"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How a search ends, when its entries are given."""

    code: Result = Result.SUCCESS
    text: str = ""
    matched: str = ""
    controls: tuple[Control, ...] = ()


class Searcher:
    """Answers the searches of one connection."""

    def __init__(self, house: House, session: Session, *, outlet: Outlet, peer: str) -> None:
        self._house = house
        self._session = session
        self._outlet = outlet
        self._peer = peer
        self._tally = Tally()

    def end(self) -> None:
        """Tell the log how much was searched."""
        self._house.journal.ended(self._peer, self._who, self._tally)

    @property
    def _who(self) -> str:
        account = self._session.account
        return "" if account is None else account.name

    async def search(self, number: int, search: Search, controls: Sequence[Control]) -> None:
        """Answer one search. Raises: NoLongerValid."""
        began = self._house.timer()
        run = Run(self._house, self._outlet, number, search)
        try:
            ending = await self._answer(run, search, controls)
        except SearchFault as fault:
            ending = Ending(
                code=fault.code, text=fault.text, matched=fault.matched, controls=fault.controls
            )
        except NoSuchObject as exc:
            ending = Ending(code=Result.NO_SUCH_OBJECT, matched=exc.matched)
        except StoreError as exc:
            self._house.journal.refused(self._peer, "search", str(exc))
            ending = Ending(code=Result.UNAVAILABLE, text=_LATER)
        done = done_body(ending.code, ending.text, matched=ending.matched)
        self._outlet.write(run.taken() + message(number, done, ending.controls))
        tally, elapsed_s = self._tally, self._house.timer() - began
        tally.searches += 1
        tally.entries += run.count
        tally.elapsed_s += elapsed_s
        self._house.journal.searched(
            self._peer,
            self._who,
            search.scope,
            code=ending.code,
            entries=run.count,
            elapsed_s=elapsed_s,
        )

    async def _answer(self, run: Run, search: Search, controls: Sequence[Control]) -> Ending:
        base = _base(search.base)
        if search.scope is Scope.BASE:
            entry = ROOT if not base.rdns else SCHEMA if base == SCHEMA.dn else None
            if entry is not None:
                return await self._server_entry(run, entry, search)
        viewer = await self._session.viewer()
        if viewer is None:
            raise SearchFault(Result.INSUFFICIENT_ACCESS_RIGHTS, _LOG_IN)
        wishes = wishes_of(controls) if controls else PLAIN
        shelf = await self._house.books.shelf(viewer)
        await run.breathe()
        if wishes.view is not None:
            return await self._view(run, shelf, search, wishes, wishes.view)
        if wishes.paging is not None:
            return await self._page(run, shelf, search, wishes, wishes.paging, viewer)
        limit = self._limit(search)
        rest = await _give(run, _found(shelf, search, wishes), limit)
        code = Result.SUCCESS if rest is None else Result.SIZE_LIMIT_EXCEEDED
        return Ending(code=code, controls=wishes.answers)

    def _limit(self, search: Search) -> int:
        most = self._house.limits.entries
        return min(search.size_limit or most, most)

    async def _server_entry(self, run: Run, entry: ServerEntry, search: Search) -> Ending:
        await run.breathe()
        if entry.matches(search.filter):
            run.add([entry.body(search)])
        return Ending()

    async def _view(
        self, run: Run, shelf: Shelf, search: Search, wishes: Wishes, view: written.View
    ) -> Ending:
        """Give a part of the sorted list. What is beyond the limit is left out at its end first."""
        limit = self._limit(search)
        before = min(view.before, limit - 1)
        after = min(view.after, limit - 1 - before)
        windows = shelf.window(
            search.base,
            search.scope,
            search.filter,
            wishes.keys,
            replace(view, before=before, after=after),
        )
        window: Window | None = None
        while (found := await run.steps(windows)) is not None:
            window = found
        assert window is not None, "the last of what it gives is the window"
        batches = [Batch(shown, rows) for shown, rows in window.hits]
        for batch in batches[1:]:
            batch.hold()
        for batch in batches:
            for at in range(0, len(batch), _STEP_ROWS):
                await run.give(batch, at, at + _STEP_ROWS)
        viewed = written.viewed_control(window.position, window.count, Result.SUCCESS)
        return Ending(controls=(*wishes.answers, viewed))

    # Page by page

    async def _page(
        self,
        run: Run,
        shelf: Shelf,
        search: Search,
        wishes: Wishes,
        paging: written.Paging,
        viewer: Account,
    ) -> Ending:
        name = _identity(search, wishes, viewer)
        pages = self._house.pages
        try:
            if not paging.size and paging.cookie:
                pages.drop(paging.cookie, name)
                return _end_of_page(wishes, 0, b"")
            place: Place[Hits, Batch] = pages.begin(paging.cookie, name, shelf)
        except BadCookie:
            raise SearchFault(Result.UNWILLING_TO_PERFORM, "not a cookie of this search") from None
        if not paging.size:
            return _end_of_page(wishes, await _counted(run, _found(shelf, search, wishes)), b"")
        most = self._house.limits.entries
        left = search.size_limit - place.given if search.size_limit else most
        size = max(min(paging.size, most, left), 0)
        batches, found, skip = _found(shelf, search, wishes), None, place.given
        if place.rest is not None:
            batches, found, skip = place.rest.batches, place.rest.found, 0
        rest = await _give(run, batches, size, found=found, skip=skip)
        if rest is None:
            return _end_of_page(wishes, 0, b"")
        if search.size_limit and size == left:
            return _end_of_page(wishes, 0, b"", code=Result.SIZE_LIMIT_EXCEEDED)
        kept = Rest(shelf, batches, rest)
        return _end_of_page(wishes, 0, pages.end(place.given + run.count, name, kept))


def _end_of_page(
    wishes: Wishes, count: int, cookie: bytes, *, code: Result = Result.SUCCESS
) -> Ending:
    paged = written.paging_control(written.Paging(count, cookie))
    return Ending(code=code, controls=(*wishes.answers, paged))


def _base(text: str) -> Dn:
    try:
        return parse_dn(text)
    except ProtocolError as exc:
        raise SearchFault(Result.INVALID_DN_SYNTAX) from exc


def _found(shelf: Shelf, search: Search, wishes: Wishes) -> Iterator[Hits | None]:
    if wishes.keys:
        return shelf.sorted(search.base, search.scope, search.filter, wishes.keys)
    return shelf.find(search.base, search.scope, search.filter)


async def _give(
    run: Run,
    batches: Iterator[Hits | None],
    limit: int,
    *,
    found: Batch | None = None,
    skip: int = 0,
) -> Batch | None:
    """Give what is found, ``found`` before ``batches``, without the first ``skip``.

    Gives the first that are beyond the limit, None where there are none.
    """
    while True:
        if found is None:
            hits = await run.steps(batches)
            if hits is None:
                return None
            found = Batch(*hits)
        at = min(skip, len(found))
        skip -= at
        while at < len(found):
            end = min(at + _STEP_ROWS, at + limit - run.count)
            if end <= at:
                return found.rest(at)
            await run.give(found, at, end)
            at = end
        found = None


async def _counted(run: Run, batches: Iterator[Hits | None]) -> int:
    count = 0
    while (found := await run.steps(batches)) is not None:
        count += len(found[1])
        await run.breathe()
    return count


def _identity(search: Search, wishes: Wishes, viewer: Account) -> str:
    """Say whose search it is and what decides of what comes of it."""
    return repr((viewer.id, search.base, search.scope, search.filter, wishes.keys))

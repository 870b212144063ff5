"""The collections of one account: found, listed, made, renamed, deleted.

A listing is one PROPFIND over each home; so is the question which of them changed, which all that
wait for news of folders share.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, TypeVar

from twisted.logger import Logger

from carbonio_mobile.dav.collection import LISTED, Collection, Kind
from carbonio_mobile.dav.hrefs import Url, as_collection, child
from carbonio_mobile.dav.names import CTAG, SYNC_TOKEN
from carbonio_mobile.errors import Conflict, NotAllowed, NotFound, StoreError, Unavailable
from carbonio_mobile.ids import AccountId, OperationId
from carbonio_mobile.mailbox.davclient.collections import DavCollections
from carbonio_mobile.mailbox.davclient.connection import DavConnection
from carbonio_mobile.mailbox.davclient.discovery import Homes, find_homes
from carbonio_mobile.mailbox.embedded.threads import DatabaseThreads
from carbonio_mobile.mailbox.gateway.objects.choice import arranged, own_name
from carbonio_mobile.mailbox.gateway.objects.parts import (
    CONTACT,
    EVENT,
    NOTE,
    OWN,
    STANDARD,
    TASK,
    Connect,
    Lately,
    ObjectOptions,
    unpack,
)
from carbonio_mobile.mailbox.mirror.links import (
    FolderLink,
    Protocol,
    RemoteFolder,
    links,
)
from carbonio_mobile.mailbox.standard import STANDARD_FOLDERS, clean_name
from carbonio_mobile.sync.folders import FolderKind

_COMPONENT_OF: Final = {kind: component for component, kind in OWN.items()}
_LISTED: Final = tuple(one for one in LISTED if one not in {CTAG, SYNC_TOKEN})
"""Those two cost some servers a look at each member."""
_SEGMENTS: Final = {EVENT: "calendar", TASK: "tasks", NOTE: "notes", CONTACT: "contacts"}
_NAMES: Final = {one.kind: one.name for one in STANDARD_FOLDERS}

T = TypeVar("T")

_log = Logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """What there was at a moment; neither ctags nor sync-tokens were asked for."""

    homes: Homes
    collections: Mapping[Url, Collection]


class ObjectFolders:
    """Finds an account's collections; ``clock`` gives seconds."""

    def __init__(
        self,
        account: AccountId,
        *,
        threads: DatabaseThreads,
        connect: Connect,
        clock: Callable[[], float],
        options: ObjectOptions,
    ) -> None:
        self._account = account
        self._threads = threads
        self._connect = connect
        self._options = options
        self._homes = Lately(self._discover, clock=clock, s=options.discovery_s)
        self._listed = Lately(self._list, clock=clock, s=options.fresh_s)
        self._states = Lately(self._ask_states, clock=clock, s=options.fresh_s)
        self._state_names: tuple[str, ...] = (CTAG,)
        self._made: set[str] = set()

    async def folders(self) -> list[RemoteFolder]:
        """Give the folders as the server has them now; standard ones that it lacks are made, once.

        Raises: StoreError.
        """
        listed = await self._listed.get()
        found = await self._arranged(listed)
        lacking = self._lacking(found)
        if lacking and self._options.makes_missing:
            await self._make(lacking, listed.homes)
            self.outdate()
            found = await self._arranged(await self._listed.get())
        return found

    async def collection(self, place: Url) -> Collection:
        """Give a collection as it was when it was last listed.

        Raises: NotFound, StoreError.
        """
        listed = self._listed.last
        if listed is None or place not in listed.collections:
            listed = await _there(self._listed)
        found = listed.collections.get(place)
        if found is None:
            raise NotFound("a collection that is not there any more")
        return found

    async def homes(self) -> Homes:
        """Give what discovery found, with the homes that are configured. Raises: StoreError."""
        return await self._homes.get()

    async def state(self, place: Url) -> str:
        """Give the state of a collection, which is another when something in it changed.

        Empty where the server does not tell. Raises: NotFound (it is gone), StoreError.
        """
        found = (await _there(self._states)).get(place)
        if found is None:
            raise NotFound("a collection that is not there any more")
        return found

    def last_state(self, place: Url) -> str:
        """Give the state as it was known last; empty where it is not."""
        return (self._states.last or {}).get(place, "")

    def outdate(self) -> None:
        """Have the collections listed anew."""
        self._listed.outdate()
        self._states.outdate()

    async def _discover(self) -> Homes:
        return await find_homes(await self._connect(), self._options.homes)

    async def _list(self) -> Listed:
        homes, dav = await self._dav()
        collections = await self._at_home(dav.listing(_LISTED))
        return Listed(homes=homes, collections={one.url: one for one in collections})

    async def _ask_states(self) -> dict[Url, str]:
        _, dav = await self._dav()
        found = await self._at_home(dav.states(self._state_names))
        known = (self._listed.last or await self._listed.get()).collections
        if len(self._state_names) == 1 and not all(found.get(one, "-") for one in known):
            self._state_names = (CTAG, SYNC_TOKEN)
            found = await dav.states(self._state_names)
        return found

    async def _at_home(self, asking: Awaitable[T]) -> T:
        """Wait for what is asked of the homes; where they refuse it, they may have moved."""
        try:
            return await asking
        except (NotFound, NotAllowed):
            self._homes.outdate()
            raise

    async def _dav(self) -> tuple[Homes, DavCollections]:
        homes = await self.homes()
        return homes, DavCollections(await self._connect(), homes)

    async def _arranged(self, listed: Listed) -> list[RemoteFolder]:
        return arranged(
            listed.collections.values(),
            await self._links(),
            default=listed.homes.default_calendar,
            has_notes=self._options.has_notes,
        )

    async def _links(self) -> list[FolderLink]:
        found: list[FolderLink] = await self._threads.read(self._account, links)
        return [one for one in found if one.protocol is Protocol.DAV]

    def _lacking(self, found: Sequence[RemoteFolder]) -> list[str]:
        there = {one.kind for one in found}
        wanted = [EVENT, TASK, CONTACT, *([NOTE] if self._options.has_notes else [])]
        return [one for one in wanted if STANDARD[one] not in there and one not in self._made]

    async def _make(self, lacking: Sequence[str], homes: Homes) -> None:
        """Make collections; what the server does not let us make stays missing."""
        connection = await self._connect()
        for component in lacking:
            name = _NAMES[STANDARD[component]]
            try:
                await _create(connection, homes, component, _SEGMENTS[component], name)
            except Unavailable:
                raise
            except StoreError as exc:
                _log.warn(
                    "{account} has no collection for {name}, and none can be made: {why}",
                    account=self._account, name=name, why=str(exc),
                )  # fmt: skip
            self._made.add(component)

    async def create(self, name: str, kind: FolderKind, operation: OperationId) -> RemoteFolder:
        """Make a collection, once per operation.

        Raises: NotAllowed (kind, name, or the server does not let us), StoreError.
        """
        component = _COMPONENT_OF.get(kind)
        if component is None:
            raise NotAllowed(f"a collection for {kind.value}")
        kept = clean_name(name)
        homes = await self.homes()
        connection = await self._connect()
        segment = sha256(operation.encode("utf-8", "surrogatepass")).hexdigest()[:32]
        url = await _create(connection, homes, component, segment, kept)
        self.outdate()
        return RemoteFolder(
            protocol=Protocol.DAV, place=url, component=component, kind=kind, name=kept
        )

    async def rename(self, link: FolderLink, name: str) -> None:
        """Rename a collection. Raises: NotAllowed, NotFound, StoreError."""
        collection = await self.collection(Url(link.place))
        _, collections = await self._dav()
        await collections.change(collection, name=own_name(clean_name(name), link.component))
        self.outdate()

    async def delete(self, link: FolderLink) -> bool:
        """Delete a collection; False where other folders' objects stand in it, too.

        Raises: StoreError. One that is gone already is a success.
        """
        beside = [one for one in await self._links() if one.place == link.place]
        if len(beside) > 1 or any(unpack(one.token).strays for one in beside):
            return False
        _, collections = await self._dav()
        with suppress(NotFound):  # it is gone already
            await collections.delete(Url(link.place))
        self.outdate()
        return True


async def _there(question: Lately[T]) -> T:
    """Give the answer to a question about one collection, of whose absence that of all is no sign.

    Raises: Unavailable where the homes are not there.
    """
    try:
        return await question.get()
    except NotFound as exc:
        raise Unavailable(str(exc)) from exc


async def _create(
    connection: DavConnection, homes: Homes, component: str, segment: str, name: str
) -> Url:
    """Make a collection; one that is there already under that segment is it."""
    kind = Kind.ADDRESS_BOOK if component == CONTACT else Kind.CALENDAR
    collections = DavCollections(connection, homes)
    components = [component] if component else []
    try:
        return await collections.create(kind, segment, name=name, components=components)
    except Conflict:
        places = homes.address_books if kind is Kind.ADDRESS_BOOK else homes.calendars
        found = await collections.describe(as_collection(child(places[0], segment)))
        if found.kind is not kind:
            raise
        return found.url

"""What the modules of the object side share: options, the tables of forms, tokens, locks."""

from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar
from urllib.parse import quote, unquote

from twisted.internet.defer import DeferredLock

from carbonio_mobile.dav.hrefs import Url
from carbonio_mobile.errors import Unavailable
from carbonio_mobile.ids import AccountId
from carbonio_mobile.mailbox.davclient.connection import DavConnection
from carbonio_mobile.mailbox.davclient.discovery import Homes
from carbonio_mobile.mailbox.mirror.links import FolderLink
from carbonio_mobile.mailbox.sharedwork import SharedWork
from carbonio_mobile.pim.contact import Contact
from carbonio_mobile.pim.event import Event
from carbonio_mobile.pim.item import Record
from carbonio_mobile.pim.note import Note
from carbonio_mobile.pim.task import Task
from carbonio_mobile.sync.folders import FolderKind

T = TypeVar("T")

Connect = Callable[[], Awaitable[DavConnection]]
"""Gives an account's connection. Raises: StoreError (no password known)."""

QuotaOf = Callable[[AccountId], Awaitable[int]]
"""Gives an account's quota in bytes, 0 for none."""

EVENT: Final = "VEVENT"
TASK: Final = "VTODO"
NOTE: Final = "VJOURNAL"
CONTACT: Final = ""

COMPONENTS: Final = (EVENT, TASK, NOTE)
"""Those of a calendar; the first of them that it takes gives it its name."""

FORMS: Final[Mapping[str, type[Record]]] = {
    EVENT: Event,
    TASK: Task,
    NOTE: Note,
    CONTACT: Contact,
}
COMPONENT_OF: Final = {form: component for component, form in FORMS.items()}
STANDARD: Final = {
    EVENT: FolderKind.CALENDAR,
    TASK: FolderKind.TASKS,
    NOTE: FolderKind.NOTES,
    CONTACT: FolderKind.CONTACTS,
}
OWN: Final = {
    EVENT: FolderKind.USER_CALENDAR,
    TASK: FolderKind.USER_TASKS,
    NOTE: FolderKind.USER_NOTES,
    CONTACT: FolderKind.USER_CONTACTS,
}
SUFFIX: Final = {CONTACT: "vcf"}
"""How resources are called; all others ``ics``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectOptions:
    """How the object side works.

    ``page`` is how many members are read and committed at once, ``listed`` how many are asked of a
    server's history at once. What was asked of all collections is good for ``fresh_s``, what
    discovery found for ``discovery_s``; ``homes`` replaces it. ``has_notes``: notes are VJOURNALs.
    ``makes_missing``: collections are made for standard folders that have none.
    """

    page: int = 200
    listed: int = 5000
    fresh_s: float = 5.0
    discovery_s: float = 3600.0
    homes: Homes | None = None
    has_notes: bool = True
    makes_missing: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known of a collection: the token of its changes, its state when that was asked for,
    and the components that were seen in it and have no folder.
    """

    token: str = ""
    state: str = ""
    strays: frozenset[str] = frozenset()

    def pack(self) -> str:
        """Give the form in which a folder's link keeps it; never empty."""
        return f"{','.join(sorted(self.strays))} {quote(self.state)} {self.token}"


def unpack(kept: str) -> Known:
    """Read what :meth:`Known.pack` gave; nothing out of nothing."""
    strays, _, rest = kept.partition(" ")
    state, _, token = rest.partition(" ")
    return Known(token=token, state=unquote(state), strays=frozenset(strays.split(",")) - {""})


def known_of(links: Sequence[FolderLink]) -> Known:
    """Give what is known of a collection in all its folders: nothing, where they differ."""
    found = {one.token for one in links}
    return unpack(found.pop()) if len(found) == 1 else Known()


def form_folders(links: Sequence[FolderLink]) -> dict[type[Record], int]:
    """Give the folder of each form that a collection's objects may have."""
    return {FORMS[one.component]: one.folder for one in links}


_AWAY_S: Final = 30.0


class Lately(Generic[T]):
    """The answer to a question that is not asked again for ``s`` seconds, and that all who ask at
    the same time share. That the server is away is such an answer, too, for half a minute at most.
    """

    def __init__(
        self, ask: Callable[[], Coroutine[Any, Any, T]], *, clock: Callable[[], float], s: float
    ) -> None:
        self._ask = ask
        self._clock = clock
        self._s = s
        self._asking: SharedWork[T] | None = None
        self._at = 0.0
        self._away = ""
        self.last: T | None = None
        """The last answer that came, however old."""

    async def get(self) -> T:
        """Give the answer. Raises: as asking does."""
        longest_s = min(self._s, _AWAY_S) if self._away else self._s
        is_late = self._clock() - self._at >= longest_s
        if self._away and not is_late:
            raise Unavailable(self._away)
        if self.last is not None and not is_late:
            return self.last
        if self._asking is None or self._asking.is_over:
            self._at, self._away = self._clock(), ""
            self._asking = SharedWork(self._ask())
        asking = self._asking
        try:
            answer = await asking.result()
        except Unavailable as exc:
            if asking is self._asking:
                self._away = str(exc)
            raise
        if asking is self._asking:
            self.last = answer
        return answer

    def outdate(self) -> None:
        """Have it asked anew, whatever is under way."""
        self.last = None
        self._asking = None
        self._away = ""


class Locks:
    """A lock for each collection. One that nobody holds is forgotten."""

    def __init__(self) -> None:
        self._locks: dict[Url, DeferredLock] = {}

    @asynccontextmanager
    async def held(self, *places: Url) -> AsyncIterator[None]:
        """Hold some, taken in one order by everybody."""
        async with AsyncExitStack() as stack:
            for place in sorted(set(places)):
                await stack.enter_async_context(self._held(place))
            yield

    @asynccontextmanager
    async def _held(self, place: Url) -> AsyncIterator[None]:
        lock = self._locks.setdefault(place, DeferredLock())
        await lock.acquire()
        try:
            yield
        finally:
            lock.release()
            if not lock.locked and not lock.waiting:
                self._locks.pop(place, None)

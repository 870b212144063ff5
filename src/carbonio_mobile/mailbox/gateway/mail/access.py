"""Connections of one account, with the mailbox selected that somebody wants to work in."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from twisted.internet.interfaces import IReactorTime

from carbonio_mobile.errors import ReadOnly, Unavailable
from carbonio_mobile.ids import AccountId
from carbonio_mobile.mailbox.imapclient.connection import ImapConnection
from carbonio_mobile.mailbox.imapclient.pool import ImapPool
from carbonio_mobile.mailbox.imapclient.session import Selection
from carbonio_mobile.mailbox.mirror.links import FolderLink


class MailAccess:
    """Lends the account's connections; each block has one for itself."""

    def __init__(self, account: AccountId, pool: ImapPool) -> None:
        self.account = account
        self._pool = pool
        self._permanent: dict[str, tuple[str, ...]] = {}
        self._current: dict[str, ImapConnection] = {}
        self._replaced: set[str] = set()

    @property
    def clock(self) -> IReactorTime:
        """What tells the time."""
        return self._pool.clock

    def permanent_flags(self, place: str) -> tuple[str, ...]:
        """Give which flags a mailbox stores, as far as known: told to who may write in it."""
        return self._permanent.get(place, ())

    @asynccontextmanager
    async def connection(self, place: str | None = None) -> AsyncIterator[ImapConnection]:
        """Lend a connection, rather one that has a mailbox selected already. Raises: StoreError."""
        async with self._pool.lent(self.account, place) as connection:
            yield connection

    @asynccontextmanager
    async def selected(
        self, link: FolderLink, *, writes: bool = False, anew: bool = False
    ) -> AsyncIterator[ImapConnection]:
        """Lend a connection that has a folder selected, for reading only unless it ``writes``.

        See ``choose`` for the rest.
        """
        async with self._pool.lent(self.account, link.place) as connection:
            await self.choose(connection, link, writes=writes, anew=anew)
            yield connection

    async def choose(
        self,
        connection: ImapConnection,
        link: FolderLink,
        *,
        writes: bool = False,
        anew: bool = False,
    ) -> None:
        """Have a lent connection select a folder, and see all of it that the mirror knows.

        With ``anew`` it is selected just now, whatever its UIDVALIDITY is; else that must be the
        one that the mirror knows: under another one, the UIDs known are those of other messages.
        Raises: NotFound (there is no such mailbox), Unavailable (another UIDVALIDITY), ReadOnly
        (the account may not write in it), other StoreErrors.
        """
        place = link.place
        chosen = connection.selected
        self._replaced.discard(place)
        if anew or chosen is None or not serves(chosen, link, writes=writes):
            chosen = await connection.select(place, read_only=not writes)
            self._current[place] = connection
            if not chosen.read_only:
                self._permanent[place] = chosen.permanent_flags
            elif writes:
                raise ReadOnly(f"folder {link.id} may only be read")
        elif self._current.get(place) is not connection:
            await self.look_again(connection, place)
        if not anew and str(chosen.validity) != link.epoch:
            raise Unavailable(f"UIDVALIDITY of folder {link.id} changed")

    async def look_again(self, connection: ImapConnection, place: str) -> None:
        """Let a connection that has a mailbox selected see what others did in it since.

        Until then Dovecot shows it as it was, in answer to STATUS too. Raises: StoreError.
        """
        chosen = connection.selected
        if chosen is None or chosen.name != place:
            return
        if place in self._replaced:
            await connection.unselect()
        else:
            await connection.probe()
            self._current[place] = connection

    def replaced(self, place: str) -> None:
        """Note that there is another mailbox of a name.

        Who has the old one selected may go on with it, though it was deleted.
        """
        if place not in self._replaced:
            self._replaced.add(place)
            self._pool.forget(self.account)

    def is_replaced(self, place: str) -> bool:
        """Tell whether a mailbox is to be looked at anew for that."""
        return place in self._replaced

    def outdate(self, place: str) -> None:
        """Note that messages came into a mailbox: who has it selected may not see them yet."""
        self._current.pop(place, None)


def serves(chosen: Selection | None, link: FolderLink, *, writes: bool = False) -> bool:
    """Tell whether what is selected is the folder; not one that was deleted and made anew."""
    if chosen is None or chosen.name != link.place or str(chosen.validity) != link.epoch:
        return False
    return not (writes and chosen.read_only)

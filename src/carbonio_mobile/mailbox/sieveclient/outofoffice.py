"""The out-of-office setting as a Sieve script on the mail server, beside the user's own.

Where no script of the user's is active ours is made so; where one is, a small script of ours
includes both. Where the server cannot include, the setting is refused with the reason; so it is
beside a script of the user's that answers by itself or refuses mail, since Sieve allows one answer
to a letter, and after a second one files nothing as the user wished.

Spec: RFC 5804, RFC 6609; RFC 5230 4.7 (one answer), RFC 5429 2.1.
"""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

from twisted.internet.defer import DeferredLock
from twisted.logger import Logger
from zope.interface import implementer

from carbonio_mobile.errors import Conflict, Corrupt, NotAllowed, NotFound
from carbonio_mobile.interfaces import IOutOfOffice
from carbonio_mobile.mailbox.delivery.relay import Login
from carbonio_mobile.mailbox.sieveclient.managesieve import Scripts, SieveClient, SieveSession
from carbonio_mobile.sieve.awayrule import Person, rule_of
from carbonio_mobile.sieve.awayscript import (
    AWAY,
    BOTH,
    COPY,
    beside,
    both,
    copied,
    included,
    is_copy,
    read,
    written,
)
from carbonio_mobile.sieve.language import commands_of, included_by
from carbonio_mobile.sync.outofoffice import OofState, OutOfOffice

_CLASHING = ("vacation", "reject", "ereject")
_SCRIPTS_LOOKED_AT = 10
_CHARS_LOOKED_AT = 128 * 1024

_log = Logger()


@implementer(IOutOfOffice)
class NoSieve:
    """The setting where no ManageSieve server is: nobody is away, and cannot be."""

    def __init__(self, why: str) -> None:
        self._why = why

    async def out_of_office(self) -> OutOfOffice:
        """Give the setting that is off."""
        return OutOfOffice()

    async def set_out_of_office(self, settings: OutOfOffice) -> None:
        """Take a setting that answers nobody. Raises: NotAllowed (any other)."""
        if settings.state is not OofState.OFF:
            raise NotAllowed(f"automatic replies are not available: {self._why}")


@implementer(IOutOfOffice)
class SieveReplies:
    """One account's setting. ``login`` and ``person`` are asked for whenever they are needed.

    Both may raise StoreError. What the server gives is in force when an awaitable fires.
    """

    def __init__(
        self,
        client: SieveClient,
        *,
        login: Callable[[], Awaitable[Login]],
        person: Callable[[], Awaitable[Person]],
    ) -> None:
        self._client = client
        self._login = login
        self._person = person
        self._lock = DeferredLock()

    async def out_of_office(self) -> OutOfOffice:
        """See :meth:`IOutOfOffice.out_of_office`.

        It is off where the user has had another script run since. Raises: Unavailable.
        """
        session = await self._client.open(await self._login())
        with _closing(session):
            shelf = await session.scripts()
            if AWAY not in shelf.names:
                return OutOfOffice()
            settings = await _settings(session) or OutOfOffice()
            if settings.state is OofState.OFF or await _runs(session, shelf.active):
                return settings
            return OutOfOffice(messages=settings.messages)

    async def set_out_of_office(self, settings: OutOfOffice) -> None:
        """See :meth:`IOutOfOffice.set_out_of_office`.

        The same again changes nothing. Raises: NotAllowed (the server cannot do it, or not beside
        the user's own script), Conflict (a script with our name that is not ours), OverQuota,
        TooLarge, Unavailable.
        """
        await self._lock.acquire()
        try:
            await self._set(settings)
        finally:
            self._lock.release()

    async def _set(self, settings: OutOfOffice) -> None:
        login, person = await self._login(), await self._person()
        session = await self._client.open(login)
        with _closing(session):
            rule = rule_of(settings, person, session.offers)
            for shortcoming in rule.shortcomings:
                _log.info("automatic replies of {login} are not all as set: {why}",
                          login=login.acting_for or login.user, why=shortcoming)  # fmt: skip
            shelf = await session.scripts()
            if AWAY in shelf.names and await _settings(session) is None:
                raise Conflict(f"the script {AWAY} is somebody else's")
            users = await _users_script(session, shelf)
            if settings.state is not OofState.OFF and users:
                await _check_beside(session, users, shelf)
            await session.store(AWAY, written(settings, rule))
            if settings.state is OofState.OFF:
                await _give_back(session, shelf, users)
            else:
                await _have_run(session, shelf, users)


async def _settings(session: SieveSession) -> OutOfOffice | None:
    """Read the script with our name; None where it is somebody else's."""
    try:
        return read(await session.script(AWAY))
    except Corrupt as exc:
        _log.warn("{why}: taken for no setting", why=str(exc))
        return OutOfOffice()


async def _users_script(session: SieveSession, shelf: Scripts) -> str:
    """Give the name of the user's own script that runs or should; empty: there is none."""
    if shelf.active == BOTH:
        users = beside(await session.script(BOTH))
        if users is None:
            return BOTH
        return users if users in shelf.names else ""
    return "" if shelf.active == AWAY else shelf.active


async def _runs(session: SieveSession, active: str) -> bool:
    """Tell whether the active script is ours or includes it."""
    if active in ("", AWAY):
        return active == AWAY
    script = await session.script(active)
    return AWAY in script and AWAY in included_by(script[:_CHARS_LOOKED_AT])


async def _check_beside(session: SieveSession, users: str, shelf: Scripts) -> None:
    """Raises: NotAllowed (ours cannot run beside the user's script, or it is not known)."""
    if "include" not in session.offers.extensions:
        raise NotAllowed("another script is active, and the mail server's Sieve cannot include one")
    for name, is_ours in ((BOTH, _is_both), (COPY, is_copy)):
        if name in shelf.names and not is_ours(await session.script(name)):
            raise Conflict(f"the script {name} is somebody else's")
    ahead, seen, chars = [users], {AWAY}, 0
    while ahead:
        name = ahead.pop()
        if name in seen:
            continue
        seen.add(name)
        try:
            script = await session.script(name)
        except NotFound:
            continue
        chars += len(script)
        if chars > _CHARS_LOOKED_AT or len(seen) > _SCRIPTS_LOOKED_AT:
            raise NotAllowed("the active script is too large to be looked into")
        if clashing := sorted(commands_of(script) & set(_CLASHING)):
            raise NotAllowed(f"the active script has {', '.join(clashing)} of its own")
        ahead += included_by(script)


async def _have_run(session: SieveSession, shelf: Scripts, users: str) -> None:
    """Have the server run our script, beside that of the user."""
    if not users:
        wanted = AWAY
    elif await _runs(session, users):
        wanted = users
    else:
        wanted = BOTH
        await session.store(BOTH, await _beside(session, users))
    if wanted != shelf.active:
        await session.activate(wanted)


async def _beside(session: SieveSession, users: str) -> str:
    """Write the script that includes both.

    What Pigeonhole lists as active where the user has made nothing so (sieve_default_name) is no
    script of the user's and is not found by include, which it warns of: a copy is included.
    """
    try:
        is_found = await session.check(included(users))
    except NotAllowed:  # a server from before RFC 5804 knows no CHECKSCRIPT
        is_found = True
    if is_found:
        return both(users)
    await session.store(COPY, copied(await session.script(users)))
    return both(users, included=COPY)


def _is_both(script: str) -> bool:
    return beside(script) is not None


async def _give_back(session: SieveSession, shelf: Scripts, users: str) -> None:
    """Have the user's own script run alone again."""
    if shelf.active in (AWAY, BOTH) and shelf.active != users:
        await session.activate(users)
        if shelf.active == BOTH:
            for name in {BOTH, COPY}.intersection(shelf.names):
                await session.delete(name)


@contextmanager
def _closing(session: SieveSession) -> Iterator[None]:
    try:
        yield
    finally:
        session.close()

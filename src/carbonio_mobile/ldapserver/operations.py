"""What each operation of a connection comes to.

Spec: RFC 4511 4; ../shared/ldap/outlook-and-peers.md 6.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from twisted.internet.task import deferLater

from carbonio_mobile.addressbook.shelf import NoSuchObject
from carbonio_mobile.errors import ProtocolError, StoreError
from carbonio_mobile.ldap import oids
from carbonio_mobile.ldap.answers import (
    bind_body,
    compare_body,
    done_body,
    extended_body,
    message,
    write_body,
)
from carbonio_mobile.ldap.attributes import attribute
from carbonio_mobile.ldap.filters import And, Equal, Filter, Present
from carbonio_mobile.ldap.requests import (
    Bind,
    Compare,
    Control,
    Extended,
    Message,
    Operation,
    Scope,
    Search,
    Write,
)
from carbonio_mobile.ldap.results import Result
from carbonio_mobile.ldapserver.house import House
from carbonio_mobile.ldapserver.outlet import Outlet
from carbonio_mobile.ldapserver.searching import Searcher
from carbonio_mobile.ldapserver.session import Session

_SEARCH_CONTROLS = frozenset((oids.PAGED_RESULTS, oids.SORT, oids.VIEW, oids.MANAGE_DSA_IT))
_OTHER_CONTROLS = frozenset((oids.MANAGE_DSA_IT,))
_READ_ONLY = "the address book is read-only"
_LOG_IN = "log in first"
_LATER = "try again later"


class Operations:
    """Answers the requests of one connection. Coroutines may raise NoLongerValid: then it ends."""

    def __init__(self, house: House, session: Session, *, outlet: Outlet, peer: str) -> None:
        self._house = house
        self._session = session
        self._outlet = outlet
        self._peer = peer
        self._searcher = Searcher(house, session, outlet=outlet, peer=peer)
        self._extended: Mapping[str, Callable[[int], Awaitable[None]]] = {
            oids.WHO_AM_I: self._who_am_i,
            oids.START_TLS: self._start_tls,
            oids.PASSWORD_MODIFY: self._change_password,
        }

    def end(self) -> None:
        """Take note that the connection ended."""
        self._searcher.end()

    async def bind(self, number: int, bind: Bind, controls: Sequence[Control]) -> None:
        """Log in, or out."""
        if _has_unknown(controls, _OTHER_CONTROLS):
            self._say(number, bind_body(Result.UNAVAILABLE_CRITICAL_EXTENSION))
            return
        outcome = await self._session.bind(bind)
        self._house.journal.bound(self._peer, bind.name, outcome)
        is_last = outcome.is_over
        if outcome.is_wrong:
            delay_s = self._outlet.wrong_login()
            is_last = is_last or delay_s is None
            if delay_s is None or delay_s > 0:
                await deferLater(self._house.clock, delay_s or self._house.limits.login_delay_s)
        self._outlet.bound(self._session.account is not None)
        self._say(number, bind_body(outcome.code, outcome.text))
        if is_last:
            self._outlet.close()

    async def answer(self, request: Message) -> None:
        """Answer what is no bind. Raises: NoLongerValid."""
        number, operation = request.number, request.operation
        known = _SEARCH_CONTROLS if isinstance(operation, Search) else _OTHER_CONTROLS
        if request.controls and _has_unknown(request.controls, known):
            self._refuse(number, operation, Result.UNAVAILABLE_CRITICAL_EXTENSION, "")
            return
        try:
            if isinstance(operation, Search):
                await self._searcher.search(number, operation, request.controls)
            elif isinstance(operation, Compare):
                await self._compare(number, operation)
            elif isinstance(operation, Extended):
                await self._extend(number, operation)
            else:
                self._refuse(number, operation, Result.UNWILLING_TO_PERFORM, _READ_ONLY)
        except StoreError as exc:
            self._house.journal.refused(self._peer, type(operation).__name__.lower(), str(exc))
            self._refuse(number, operation, Result.UNAVAILABLE, _LATER)

    def _refuse(self, number: int, operation: Operation, code: Result, text: str) -> None:
        if isinstance(operation, Search):
            body = done_body(code, text)
        elif isinstance(operation, Compare):
            body = compare_body(code, text)
        elif isinstance(operation, Write):
            body = write_body(operation.answer_tag, code, text)
        else:
            body = extended_body(code, text)
        self._say(number, body)

    def _say(self, number: int, body: bytes) -> None:
        self._outlet.write(message(number, body))

    # Compare

    async def _compare(self, number: int, compare: Compare) -> None:
        viewer = await self._session.viewer()
        if viewer is None:
            self._say(number, compare_body(Result.INSUFFICIENT_ACCESS_RIGHTS, _LOG_IN))
            return
        known = attribute(compare.name)
        if known is None:
            self._say(number, compare_body(Result.UNDEFINED_ATTRIBUTE_TYPE))
            return
        shelf = await self._house.books.shelf(viewer)
        code, matched = Result.NO_SUCH_OBJECT, ""
        tries: tuple[tuple[Result, Filter], ...] = (
            (Result.COMPARE_TRUE, Equal(compare.name, compare.value)),
            (Result.COMPARE_FALSE, Present(compare.name)),
            (Result.NO_SUCH_ATTRIBUTE, And(())),
        )
        try:
            for meaning, wanted in tries:
                if await self._is_there(shelf, compare.entry, wanted):
                    code = meaning
                    break
        except NoSuchObject as exc:
            matched = exc.matched
        except ProtocolError:
            code = Result.INVALID_DN_SYNTAX
        self._say(number, compare_body(code, matched=matched))

    async def _is_there(self, shelf: Any, base: str, wanted: Filter) -> bool:
        await self._house.turns.breathe(self._outlet)
        for hits in shelf.find(base, Scope.BASE, wanted):
            if hits is not None and len(hits[1]):
                return True
            await self._house.turns.breathe(self._outlet)
        return False

    # Extended operations

    async def _extend(self, number: int, extended: Extended) -> None:
        respond = self._extended.get(extended.oid)
        if respond is None:
            text = "no such extended operation"
            self._say(number, extended_body(Result.PROTOCOL_ERROR, text))
            return
        await respond(number)

    async def _who_am_i(self, number: int) -> None:
        viewer = await self._session.viewer()
        who = b"" if viewer is None else f"u:{viewer.name}".encode()
        self._say(number, extended_body(Result.SUCCESS, value=who))

    async def _start_tls(self, number: int) -> None:
        is_on = self._outlet.has_tls
        code = Result.OPERATIONS_ERROR if is_on else Result.PROTOCOL_ERROR
        text = "TLS is on" if is_on else "TLS is on another port"
        self._say(number, extended_body(code, text, oid=oids.START_TLS))

    async def _change_password(self, number: int) -> None:
        self._say(number, extended_body(Result.UNWILLING_TO_PERFORM, _READ_ONLY))


def _has_unknown(controls: Sequence[Control], known: frozenset[str]) -> bool:
    """Tell whether something is demanded that is not understood here."""
    return any(each.critical and each.oid not in known for each in controls)

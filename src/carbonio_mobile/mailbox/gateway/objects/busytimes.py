"""When people are busy, asked of a calendar server in the name of whoever wants to know.

Spec: RFC 6638 5 (free-busy requests); RFC 5545 3.2.9 (FBTYPE).
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence

from zope.interface import implementer

from carbonio_mobile.dav.freebusy import Availability
from carbonio_mobile.errors import NotAllowed
from carbonio_mobile.ids import AccountId
from carbonio_mobile.interfaces import IBusy
from carbonio_mobile.mailbox.davclient.busy import ATTENDEES_MAX
from carbonio_mobile.pim.freebusy import Busy

_STATES: Mapping[str, int] = {"BUSY-TENTATIVE": 1, "BUSY": 2, "BUSY-UNAVAILABLE": 3}
_BUSY = 2

Ask = Callable[[AccountId, Sequence[str], float, float], Awaitable[Sequence[Availability] | None]]
"""Asks for at most ``ATTENDEES_MAX`` people. None or NotAllowed: the server is not asked so."""


@implementer(IBusy)
class DavBusy:
    """Asks the accounts' calendar server; nothing is known where it does not say such things."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask

    async def busy(
        self, account: AccountId, addresses: Sequence[str], start: float, end: float
    ) -> Mapping[str, Sequence[Busy]]:
        """See :meth:`IBusy.busy`."""
        found: dict[str, Sequence[Busy]] = {}
        for at in range(0, len(addresses), ATTENDEES_MAX):
            some = addresses[at : at + ATTENDEES_MAX]
            try:
                answers = await self._ask(account, some, start, end)
            except NotAllowed:
                break
            if answers is None:
                break
            found.update(_by_address(some, answers))
        return found


def _by_address(
    asked: Sequence[str], answers: Sequence[Availability]
) -> Mapping[str, Sequence[Busy]]:
    """Give what is known, by address as asked; a sole answer is to a sole question."""
    if len(asked) == len(answers) == 1:
        told = {asked[0].lower(): answers[0].periods}
    else:
        told = {one.address.lower(): one.periods for one in answers}
    found: dict[str, Sequence[Busy]] = {}
    for address in asked:
        periods = told.get(address.lower())
        if periods is not None:
            found[address] = [
                Busy(one.start, one.end, _STATES.get(one.kind, _BUSY)) for one in periods
            ]
    return found

"""When people of the address list are busy, asked of their mailboxes or of the calendar server.

Nothing but digits leaves this module: what somebody does is nobody's concern.

Spec: MS-ASCMD 2.2.3.16 (Availability), 2.2.3.107 (MergedFreeBusy), 2.2.3.177.12 (Status).
"""

from collections.abc import Iterable, Sequence
from functools import partial

from carbonio_mobile.commands.context import Call
from carbonio_mobile.directory.accounts import Account
from carbonio_mobile.directory.people import Person, PersonKind, PersonWish
from carbonio_mobile.eas.messages.resolverecipients import Availability
from carbonio_mobile.eas.status import ResolveRecipientsStatus as Status
from carbonio_mobile.errors import NotFound, StoreError, Unavailable
from carbonio_mobile.ids import AccountId
from carbonio_mobile.interfaces import IBusy
from carbonio_mobile.pim.event import Event
from carbonio_mobile.pim.freebusy import DAY_S, Busy, busy_times, free_busy, merged, nothing_known

MEMBERS_MAX = 20
"""A larger group is too large to say anything useful of (MS-ASCMD R4626)."""
PEOPLE_MAX = 100
"""Mailboxes that one request may ask (MS-ASCMD R4622)."""
EVENTS_MAX = 5000


class FreeBusy:
    """Answers for one request about one time, of at most ``PEOPLE_MAX`` people."""

    def __init__(self, call: Call, span: tuple[float, float]) -> None:
        self._call = call
        self._start, self._end = span
        self._left = PEOPLE_MAX
        self._known: dict[AccountId, str] = {}
        busy = call.services.busy
        self._others = None if busy is None else _Others(call, busy, span)

    async def expect(self, people: Iterable[Person]) -> None:
        """Learn of many at once what :meth:`of_person` will be asked for one by one."""
        if self._others is not None:
            single = [each for each in people if each.kind is not PersonKind.GROUP]
            own = self._call.account.id
            others = [each.address for each in single if each.account != own]
            await self._others.learn(others[:PEOPLE_MAX])

    async def of_person(self, person: Person) -> Availability:
        """Tell when somebody of the address list, or a group there, is busy."""
        is_group = person.kind is PersonKind.GROUP
        members = len(person.members) if is_group else 1
        if is_group and members > MEMBERS_MAX:
            return Availability(status=Status.DL_LIMIT_REACHED)
        if members > self._left:
            return Availability(status=Status.TOO_MANY_RECIPIENTS)
        self._left -= members
        try:
            digits = await (self._of_group(person) if is_group else self._of(person))
        except Unavailable:
            return Availability(status=Status.AVAILABILITY_TRANSIENT_FAILURE)
        except StoreError:
            return Availability(status=Status.AVAILABILITY_FAILURE)
        return Availability(status=Status.SUCCESS, digits=digits)

    def of_stranger(self) -> Availability:
        """Tell that nobody here knows somebody's calendar."""
        return Availability(status=Status.AVAILABILITY_FAILURE)

    async def _of_group(self, group: Person) -> str:
        call = self._call
        listed = await call.services.directory.at(call.account, group.members, wish=PersonWish())
        await self.expect(listed.values())
        # A member whom the asking account may not find is nobody of whom it is told anything.
        digits = [await self._of(listed.get(address)) for address in group.members]
        return merged([self._digits(None), *digits])

    async def _of(self, person: Person | None) -> str:
        """Give the digits of one person; each is looked at once, however often it is asked for."""
        if person is None:
            return self._digits(None)
        if self._others is not None and person.account != self._call.account.id:
            return self._digits(await self._others.times(person.address))
        if person.account is None:
            return self._digits(None)
        if person.account not in self._known:
            self._known[person.account] = self._digits(await self._looked_up(person.account))
        return self._known[person.account]

    def _digits(self, times: Sequence[Busy] | None) -> str:
        if times is None:
            return nothing_known(self._start, self._end)
        return free_busy(self._start, self._end, times)

    async def _looked_up(self, account: AccountId) -> Sequence[Busy] | None:
        try:
            owner = await self._call.services.accounts.account(account)
        except NotFound:
            return None
        if not owner.flag("zimbraFeatureCalendarEnabled", default=True):
            return None
        return await self._times(owner)

    async def _times(self, owner: Account) -> list[Busy]:
        services = self._call.services
        mailbox = await services.mailboxes.open(owner.id)
        # A day more on either side: the dates of all-day events are of the owner's zone.
        found = await mailbox.events(self._start - DAY_S, self._end + DAY_S, limit=EVENTS_MAX)
        events = [each.record for each in found if isinstance(each.record, Event)]
        zone = owner.value("zimbraPrefTimeZoneId")
        return await services.offload(partial(busy_times, events, self._start, self._end, zone))


class _Others:
    """People who are asked for by address, each once, and as many as come together at once.

    What they cannot be asked for counts for all of a question, and for this request.
    """

    def __init__(self, call: Call, busy: IBusy, span: tuple[float, float]) -> None:
        self._account = call.account.id
        self._busy = busy
        self._span = span
        self._times: dict[str, Sequence[Busy] | StoreError | None] = {}

    async def learn(self, addresses: Iterable[str]) -> None:
        """Ask for those who were not asked for."""
        new = [one for one in dict.fromkeys(addresses) if one and one not in self._times]
        if not new:
            return
        try:
            found = await self._busy.busy(self._account, new, *self._span)
        except StoreError as exc:
            self._times.update(dict.fromkeys(new, exc))
        else:
            self._times.update({one: found.get(one) for one in new})

    async def times(self, address: str) -> Sequence[Busy] | None:
        """Give the times of one person; None where nothing is known. Raises: StoreError."""
        await self.learn([address])
        found = self._times.get(address)
        if isinstance(found, StoreError):
            raise found
        return found

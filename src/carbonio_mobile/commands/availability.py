"""When people of the address list are busy, asked of their mailboxes.

Nothing but digits leaves this module: what somebody does is nobody's concern.

Spec: MS-ASCMD 2.2.3.16 (Availability), 2.2.3.107 (MergedFreeBusy), 2.2.3.177.12 (Status).
"""

from functools import partial

from carbonio_mobile.commands.context import Call
from carbonio_mobile.directory.accounts import Account
from carbonio_mobile.directory.people import Person, PersonKind, PersonWish
from carbonio_mobile.eas.messages.resolverecipients import Availability
from carbonio_mobile.eas.status import ResolveRecipientsStatus as Status
from carbonio_mobile.errors import NotFound, StoreError, Unavailable
from carbonio_mobile.ids import AccountId
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
            digits = await (self._of_group(person) if is_group else self._of(person.account))
        except Unavailable:
            return Availability(status=Status.AVAILABILITY_TRANSIENT_FAILURE)
        except StoreError:
            return Availability(status=Status.AVAILABILITY_FAILURE)
        return Availability(status=Status.SUCCESS, digits=digits)

    def of_stranger(self) -> Availability:
        """Tell that nobody here knows somebody's calendar."""
        return Availability(status=Status.AVAILABILITY_FAILURE)

    async def _of_group(self, group: Person) -> str:
        digits = [nothing_known(self._start, self._end)]
        call = self._call
        listed = await call.services.directory.at(call.account, group.members, wish=PersonWish())
        for address in group.members:
            # A member whom the asking account may not find is nobody of whom it is told anything.
            member = listed.get(address)
            digits.append(await self._of(member.account if member is not None else None))
        return merged(digits)

    async def _of(self, account: AccountId | None) -> str:
        """Give the digits of an account; each is looked at once, however often it is asked for."""
        if account is None:
            return nothing_known(self._start, self._end)
        if account not in self._known:
            self._known[account] = await self._looked_up(account)
        return self._known[account]

    async def _looked_up(self, account: AccountId) -> str:
        try:
            owner = await self._call.services.accounts.account(account)
        except NotFound:
            return nothing_known(self._start, self._end)
        if not owner.flag("zimbraFeatureCalendarEnabled", default=True):
            return nothing_known(self._start, self._end)
        return free_busy(self._start, self._end, await self._times(owner))

    async def _times(self, owner: Account) -> list[Busy]:
        services = self._call.services
        mailbox = await services.mailboxes.open(owner.id)
        # A day more on either side: the dates of all-day events are of the owner's zone.
        found = await mailbox.events(self._start - DAY_S, self._end + DAY_S, limit=EVENTS_MAX)
        events = [each.record for each in found if isinstance(each.record, Event)]
        zone = owner.value("zimbraPrefTimeZoneId")
        return await services.offload(partial(busy_times, events, self._start, self._end, zone))

"""Who looks at an item and who writes it, as the converters are told."""

from dataclasses import replace

from carbonio_mobile.commands.context import Call
from carbonio_mobile.directory.accounts import Account
from carbonio_mobile.eas.items.context import Author, Viewer
from carbonio_mobile.ids import AccountId

MONDAY = 1
_DAYS = frozenset("0123456")


def viewer(call: Call) -> Viewer:
    """Give the account and device that are shown an item."""
    return Viewer(
        address=call.account.name,
        addresses=frozenset(address.lower() for address in call.account.addresses),
        traits=call.traits,
    )


def author(call: Call, new_uid: str) -> Author:
    """Give the account and device that send an item; ``new_uid`` names one without a UID."""
    account = call.account
    return Author(
        version=call.version,
        now=call.now,
        address=account.name,
        display_name=account.display_name,
        addresses=frozenset(address.lower() for address in account.addresses),
        new_uid=new_uid,
        traits=call.traits,
        first_day_of_week=first_day_of_week(account),
    )


async def acting_for(call: Call, owner: AccountId) -> Call:
    """Give a call of which another account is the author: the one whose folder is written in.

    Its organiser's meetings stay its own, and attendees hear from it. Raises: NotFound.
    """
    return replace(call, account=await call.services.accounts.account(owner))


def first_day_of_week(account: Account) -> int:
    """Give the day that the account's weeks begin with, 0 Sunday to 6; Monday where nobody said."""
    said = account.value("zimbraPrefCalendarFirstDayOfWeek").strip()
    return int(said) if said in _DAYS else MONDAY

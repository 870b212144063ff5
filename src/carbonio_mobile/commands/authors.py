"""Who looks at an item and who writes it, as the converters are told."""

from carbonio_mobile.commands.context import Call
from carbonio_mobile.eas.items.context import Author, Viewer


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
    )

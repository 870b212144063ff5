"""The commands for address books that others see.

Spec: ../shared/carbonio/cli.md 2.3.
"""

from carbonio_mobile.admin.declaring import Command, Parameter
from carbonio_mobile.admin.kinds import ACCOUNT, DOMAIN, TEXT

_DOMAIN = Parameter(name="domain", kind=DOMAIN, help="whose accounts see it", required=True)
_OWNER = Parameter(name="account", kind=ACCOUNT, help="whose address book it is", required=True)
_FOLDER = Parameter(
    name="folder",
    kind=TEXT,
    help="all, or the id of a folder that holds contacts (7 is Contacts)",
    required=True,
)
_GONE = "An account that was deleted is named by its id."

COMMANDS = (
    Command(
        module="mobile",
        words=("addressBook", "add", "domain"),
        summary="Show an account's address book to all accounts of a domain",
        parameters=(_DOMAIN, _OWNER, _FOLDER),
        examples=("carbonio mobile addressBook add domain example.com john@example.com 7",),
        changes=True,
        note="It is seen through LDAP, beside the address list and the own books.",
    ),
    Command(
        module="mobile",
        words=("addressBook", "add", "global"),
        summary="Show an account's address book to all accounts of all domains",
        parameters=(_OWNER, _FOLDER),
        examples=("carbonio mobile addressBook add global john@example.com all",),
        changes=True,
        note="It is seen through LDAP, beside the address list and the own books.",
    ),
    Command(
        module="mobile",
        words=("addressBook", "list", "domain"),
        summary="List the address books that all accounts of a domain see",
        parameters=(_DOMAIN,),
        examples=("carbonio mobile addressBook list domain example.com",),
        note="Those that all domains see are listed by addressBook list global.",
    ),
    Command(
        module="mobile",
        words=("addressBook", "list", "global"),
        summary="List the address books that all accounts of all domains see",
        examples=("carbonio mobile addressBook list global",),
    ),
    Command(
        module="mobile",
        words=("addressBook", "remove", "domain"),
        summary="Show an account's address book to a domain no longer",
        parameters=(_DOMAIN, _OWNER, _FOLDER),
        examples=("carbonio mobile addressBook remove domain example.com john@example.com 7",),
        changes=True,
        note=f"With all, every book of the account goes. {_GONE}",
    ),
    Command(
        module="mobile",
        words=("addressBook", "remove", "global"),
        summary="Show an account's address book to all domains no longer",
        parameters=(
            _OWNER,
            Parameter(
                name="folder",
                kind=TEXT,
                help="all, or the id of the folder",
                default="all",
                by_position=True,
            ),
        ),
        examples=("carbonio mobile addressBook remove global john@example.com folder 7",),
        changes=True,
        note=f"With all, every book of the account goes. {_GONE}",
    ),
)

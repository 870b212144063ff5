"""Commands on the filters of protocol versions.

Spec: ../shared/carbonio/cli.md 2.4.
"""

from carbonio_mobile.admin import kinds
from carbonio_mobile.admin.declaring import Command, Parameter
from carbonio_mobile.policy.versionfilters import FILTERS_COUNT, Mode
from carbonio_mobile.policy.versionrules import TYPED

PROFILE = "carbonio"
_ID = kinds.whole(0, FILTERS_COUNT - 1)
_MODES = "add puts the versions into those on offer, subtract takes them out, fixed offers exactly "
_MODES += "these, limit drops all that are higher than the one given"

COMMANDS: tuple[Command, ...] = (
    Command(
        module="mobile",
        words=("getAllEASFilters",),
        summary="list the filters of protocol versions in the order in which they are asked",
        examples=("carbonio mobile getAllEASFilters",),
    ),
    Command(
        module="mobile",
        words=("doAddEASFilter",),
        summary="add a filter of protocol versions at the end of the queue",
        parameters=(
            Parameter(
                name="type",
                kind=kinds.choice(*(kind.value for kind in TYPED)),
                help="what the filter looks at",
                required=True,
            ),
            Parameter(
                name="parameter",
                kind=kinds.TEXT,
                help="a text of the user agent for contains and regex, an e-mail address, a "
                "domain; for and and or: TYPE=VALUE, commas between",
                required=True,
            ),
            Parameter(
                name="mode",
                kind=kinds.choice(*(mode.value for mode in Mode)),
                help=_MODES,
                required=True,
            ),
            Parameter(
                name="easversions",
                kind=kinds.TEXTS,
                help="one version for limit, one or more for the others",
                required=True,
            ),
            Parameter(
                name="blocking",
                kind=kinds.BOOLEAN,
                default="false",
                help="whether no further filter is asked where this one matches",
            ),
        ),
        examples=(
            "carbonio mobile doAddEASFilter contains android fixed 2.5,12.0,14.1",
            (
                "carbonio mobile doAddEASFilter and account=user@example.com,contains=android "
                "fixed 14.1 blocking true"
            ),
        ),
        changes=True,
        note="Case counts nowhere. Devices that were told of other versions are told of theirs "
        "anew at their next request.",
    ),
    Command(
        module="mobile",
        words=("doDeleteEASFilter",),
        summary="remove a filter; those after it move up by one",
        parameters=(Parameter(name="id", kind=_ID, help="its place", required=True),),
        examples=("carbonio mobile doDeleteEASFilter 2",),
        changes=True,
    ),
    Command(
        module="mobile",
        words=("doMoveEASFilter",),
        summary="move a filter to another place of the queue",
        parameters=(
            Parameter(name="from", kind=_ID, help="its place", required=True),
            Parameter(
                name="to",
                kind=kinds.whole(0),
                help="the place that it is to have; past the end means the end",
                required=True,
            ),
        ),
        examples=("carbonio mobile doMoveEASFilter 0 5",),
        changes=True,
    ),
    Command(
        module="mobile",
        words=("doSetEASFilterProfile",),
        summary="put the filters that the product ships in the place of all",
        parameters=(
            Parameter(
                name="profile",
                kind=kinds.choice(PROFILE),
                help="carbonio: Outlook gets 14.0, Samsung 2.5, all others up to 14.1",
                required=True,
            ),
        ),
        examples=("carbonio mobile doSetEASFilterProfile carbonio",),
        changes=True,
        note="A fresh installation has no filters and offers every version.",
    ),
    Command(
        module="mobile",
        words=("explainEASFilters",),
        summary="show which versions a device would be offered, rule by rule",
        parameters=(
            Parameter(name="account", kind=kinds.ACCOUNT, help="whose device", required=True),
            Parameter(
                name="user_agent",
                kind=kinds.TEXT,
                help="what the device calls itself, in quotes where it holds blanks",
                required=True,
            ),
        ),
        examples=(
            "carbonio mobile explainEASFilters john@example.com Android-SAMSUNG-SM-G960F/101.80000",
        ),
    ),
)
"""What there is to list, change and explain."""

"""Commands on the list of notifications.

Spec: ../shared/carbonio/admin-panel.md 4 ("plus the server's notification list").
"""

from typing import Final

from carbonio_mobile.admin import kinds
from carbonio_mobile.admin.declaring import Command, Kind, Parameter
from carbonio_mobile.policy.notices import NOTICES_COUNT

ALL: Final = "all"


def _which(value: str) -> str:
    folded = value.strip().lower()
    if folded != ALL and not (folded.isascii() and folded.isdigit() and len(folded) < 19):
        raise ValueError("no id")
    return folded


_NOTICE = Kind(
    name="String",
    expected=f"the id of a notification, as getNotifications tells it, or {ALL}",
    read=_which,
    words=(ALL,),
)

COMMANDS: tuple[Command, ...] = (
    Command(
        module="mobile",
        words=("getNotifications",),
        summary="list what administrators were notified of, newest first",
        parameters=(
            Parameter(
                name="limit",
                kind=kinds.whole(1, NOTICES_COUNT),
                default="100",
                help="how many of them",
            ),
        ),
        examples=("carbonio mobile getNotifications", "carbonio mobile getNotifications limit 5"),
        note=f"The last {NOTICES_COUNT} are kept. They are mailed as well, to the addresses of "
        "carbonioNotificationRecipients of the domain concerned, else of the global ones.",
    ),
    Command(
        module="mobile",
        words=("doDeleteNotification",),
        summary="remove one notification from the list, or all",
        parameters=(Parameter(name="id", kind=_NOTICE, help="which one", required=True),),
        examples=(
            "carbonio mobile doDeleteNotification 3",
            "carbonio mobile doDeleteNotification all",
        ),
        changes=True,
    ),
)
"""What there is to list and remove."""

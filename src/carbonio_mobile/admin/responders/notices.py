"""Answers to the commands on the list of notifications."""

from collections.abc import Mapping
from datetime import UTC, datetime

from carbonio_mobile.admin.answers import Answer, Listing, Said, Value, each
from carbonio_mobile.admin.calling import AdminCall, Respond
from carbonio_mobile.admin.catalogue.notices import ALL
from carbonio_mobile.interfaces import INoticeList
from carbonio_mobile.policy.notices import Notice


class NoticeCommands:
    """Lists and removes notifications."""

    def __init__(self, *, notices: INoticeList) -> None:
        self._notices = notices

    def responders(self) -> Mapping[str, Respond]:
        """Give what answers each command, by its full name."""
        return {
            "mobile getNotifications": self._list,
            "mobile doDeleteNotification": self._delete,
        }

    async def _list(self, call: AdminCall) -> Answer:
        found = await self._notices.notices(limit=call.number("limit"))
        return Listing(heading="notifications", rows=each(map(_row, found)))

    async def _delete(self, call: AdminCall) -> Answer:
        which = call.text("id")
        if which == ALL:
            count = await self._notices.delete_all()
            return Said(text=f"all notifications deleted ({count})", details={"deleted": count})
        await self._notices.delete(int(which))
        return Said(text=f"notification {which} deleted", details={"deleted": 1})


def _row(notice: Notice) -> Mapping[str, Value]:
    return {
        "id": notice.id,
        "date": datetime.fromtimestamp(notice.at, UTC).isoformat(timespec="seconds"),
        "kind": notice.kind.value,
        "domain": notice.domain,
        "subject": notice.subject,
        "text": notice.text,
    }

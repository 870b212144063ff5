"""When calendars and people are busy, asked of a DAV server.

Spec: RFC 4791 7.10 (free-busy-query), RFC 6638 5 (POST to a schedule-outbox).
"""

from collections.abc import Sequence

from carbonio_mobile.dav.bodies import XML, free_busy_query
from carbonio_mobile.dav.collection import Collection
from carbonio_mobile.dav.freebusy import (
    Availability,
    Period,
    free_busy_request,
    read_periods,
    read_schedule_response,
)
from carbonio_mobile.dav.hrefs import Url, host
from carbonio_mobile.dav.names import FREE_BUSY_QUERY
from carbonio_mobile.errors import NotAllowed, ProtocolError
from carbonio_mobile.mailbox.davclient.connection import DavConnection

ATTENDEES_MAX = 100
"""Of one question."""


async def busy_in(
    connection: DavConnection, calendar: Collection, start: float, end: float
) -> tuple[Period, ...]:
    """Give the times in which a calendar is busy, from ``start`` to ``end``, by start.

    Raises: NotAllowed (the server has no such report, or not for this login), StoreError.
    """
    if FREE_BUSY_QUERY not in calendar.reports:
        raise NotAllowed(f"{host(calendar.url)} does not say when a calendar is busy")
    headers = {"Content-Type": XML, "Depth": "1"}
    answer = await connection.done(
        "REPORT", calendar.url, headers=headers, body=free_busy_query(start, end)
    )
    return await connection.read("REPORT", answer, lambda: read_periods(answer.body))


async def busy_people(
    connection: DavConnection,
    outbox: Url,
    organizer: str,
    attendees: Sequence[str],
    start: float,
    end: float,
    *,
    uid: str,
) -> tuple[Availability, ...]:
    """Ask for people by their mail addresses, 100 at most, in the name of ``organizer``.

    Raises: NotAllowed (the server does not let this login ask so, or an address is none),
    StoreError.
    """
    if len(attendees) > ATTENDEES_MAX:
        raise NotAllowed(f"{len(attendees)} people in one question, {ATTENDEES_MAX} are allowed")
    now = connection.site.clock.seconds()
    try:
        body = free_busy_request(organizer, attendees, start, end, uid=uid, now=now)
    except ProtocolError as exc:
        raise NotAllowed(str(exc)) from exc
    headers = {"Content-Type": "text/calendar; charset=utf-8; component=VFREEBUSY; method=REQUEST"}
    if all(one.isascii() for one in (organizer, *attendees)):
        # Drafts before RFC 6638 had these, and servers that were made then still read them.
        headers["Originator"] = f"mailto:{organizer}"
        headers["Recipient"] = ", ".join(f"mailto:{one}" for one in attendees)
    answer = await connection.done("POST", outbox, headers=headers, body=body)
    return await connection.read("POST", answer, lambda: read_schedule_response(answer.body))

"""What an answer that is no success means: one table from HTTP status and condition to exception.

Spec: RFC 4918 11 and 16 (conditions), RFC 4791 5.3.2.1, RFC 6352 6.3.2.1, RFC 6578 3.2, RFC 9110
10.2.3 (Retry-After).
"""

from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Final

from carbonio_mobile.dav.documents import elements, read_document
from carbonio_mobile.dav.hrefs import Url, resolved
from carbonio_mobile.dav.multistatus import Response
from carbonio_mobile.dav.names import (
    ADDRESS_BOOK_UID_CONFLICT,
    CALENDAR_UID_CONFLICT,
    ERROR,
    HREF,
    TOO_MANY_MATCHES,
    VALID_TOKEN,
    clark,
    short,
)
from carbonio_mobile.errors import (
    Conflict,
    NotAllowed,
    NotFound,
    OverQuota,
    ProtocolError,
    StoreError,
    TooLarge,
    Unavailable,
)

LONGEST_RETRY_S: Final = 86_400.0
_DESCRIPTION: Final = clark("D:responsedescription")  # where Cyrus puts it, against the schema
_ERROR_OCTETS_MAX: Final = 64 * 1024


class TryLater(Unavailable):
    """The server has no time, or somebody holds a lock.

    ``retry_after_s`` is how long the server asks to be left alone: seconds, None where it does
    not say.
    """

    def __init__(self, text: str, retry_after_s: float | None = None) -> None:
        super().__init__(text)
        self.retry_after_s = retry_after_s


class Unreadable(Unavailable):
    """The answer is not what the protocol says it should be."""


class LoginRefused(NotAllowed):
    """The server does not take this login and password."""


class StaleToken(Conflict):
    """The server knows nothing of this sync-token (any more): all is to be compared."""


class TooMany(TooLarge):
    """There is more than the server gives at once, and it cannot give a part (RFC 6578 3.7)."""


class UidTaken(Conflict):
    """Another resource of the collection has the object's UID; ``url`` where the server tells."""

    def __init__(self, text: str, url: Url | None = None) -> None:
        super().__init__(text)
        self.url = url


_BY_CONDITION: Final[Mapping[str, type[StoreError]]] = {
    VALID_TOKEN: StaleToken,
    CALENDAR_UID_CONFLICT: UidTaken,
    ADDRESS_BOOK_UID_CONFLICT: UidTaken,
    clark("C:unique-scheduling-object-resource"): UidTaken,
    TOO_MANY_MATCHES: TooMany,
    clark("C:max-resource-size"): TooLarge,
    clark("A:max-resource-size"): TooLarge,
    clark("D:quota-not-exceeded"): OverQuota,
    clark("D:sufficient-disk-space"): OverQuota,
    clark("D:need-privileges"): NotAllowed,
    clark("D:lock-token-submitted"): TryLater,
    clark("D:no-conflicting-lock"): TryLater,
    clark("D:resource-must-be-null"): Conflict,
}
"""What says more than the status that it comes with."""

_BY_STATUS: Final[Mapping[int, type[StoreError]]] = {
    401: LoginRefused,
    404: NotFound,
    408: TryLater,
    409: Conflict,
    410: NotFound,
    412: Conflict,
    413: TooLarge,
    423: TryLater,
    424: TryLater,
    425: TryLater,
    429: TryLater,
    501: NotAllowed,
    505: NotAllowed,
    507: OverQuota,
}
"""All other refusals are NotAllowed (4xx), all other failures TryLater."""


def fault(
    status: int,
    what: str,
    *,
    body: bytes = b"",
    base: Url | None = None,
    retry_after_s: float | None = None,
) -> StoreError:
    """Make the exception for an answer. ``what`` is the request, without anything personal."""
    conditions, href = read_conditions(body)
    return condition_fault(
        status, what, conditions, href=href, base=base, retry_after_s=retry_after_s
    )


def condition_fault(
    status: int,
    what: str,
    conditions: frozenset[str],
    *,
    href: str = "",
    base: Url | None = None,
    retry_after_s: float | None = None,
) -> StoreError:
    """Make the exception where the conditions are known already."""
    text = f"{what}: {status}"
    if conditions:
        text += f" ({', '.join(sorted(map(short, conditions)))[:200]})"
    kind = next((_BY_CONDITION[one] for one in sorted(conditions & _BY_CONDITION.keys())), None)
    kind = kind or _BY_STATUS.get(status) or (NotAllowed if 400 <= status < 500 else TryLater)
    if kind is TryLater:
        return TryLater(text, retry_after_s)
    if kind is UidTaken:
        return UidTaken(text, _other(href, base))
    return kind(text)


def refusal(response: Response, what: str) -> StoreError | None:
    """Make the exception for what a part of a multistatus refuses; None where it was done."""
    # 424 only says that another property was refused (RFC 4918 11.4).
    statuses = [one for one in response.refused.values() if one != 424]
    if not response.is_there:
        statuses.insert(0, response.status)
    if not statuses and not response.refused:
        return None
    return condition_fault(statuses[0] if statuses else 424, what, response.conditions)


def read_conditions(body: bytes) -> tuple[frozenset[str], str]:
    """Give the names in an error document, and the href that one of them holds, if any.

    What is no such document holds nothing: most servers answer errors with a page for people.
    """
    if not body or len(body) > _ERROR_OCTETS_MAX:
        return frozenset(), ""
    try:
        root = read_document(body)
    except ProtocolError:
        return frozenset(), ""
    if root.tag != ERROR:
        return frozenset(), ""
    found = [one for one in elements(root) if one.tag != _DESCRIPTION]
    hrefs = [one.text or "" for child in found for one in child.iter(HREF)]
    return frozenset(str(one.tag) for one in found), hrefs[0] if hrefs else ""


def read_retry_after(text: str, now: float) -> float | None:
    """Give the seconds from ``now`` (seconds since 1970) on; None for what is neither form."""
    text = text.strip()
    if text.isascii() and text.isdigit():
        return min(float(text[:9]), LONGEST_RETRY_S)
    try:
        until = parsedate_to_datetime(text).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None
    return min(max(until - now, 0.0), LONGEST_RETRY_S)


def _other(href: str, base: Url | None) -> Url | None:
    if not href.strip() or base is None:
        return None
    try:
        return resolved(href, base)
    except ProtocolError:
        return None

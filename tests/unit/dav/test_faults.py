"""From answer to exception: one table."""

import pytest

from carbonio_mobile.dav.faults import (
    LoginRefused,
    StaleToken,
    TooMany,
    TryLater,
    UidTaken,
    fault,
    read_conditions,
    read_retry_after,
)
from carbonio_mobile.dav.hrefs import read_url
from carbonio_mobile.errors import (
    Conflict,
    NotAllowed,
    NotFound,
    OverQuota,
    StoreError,
    TooLarge,
    Unavailable,
)

BASE = read_url("https://dav.example.com/cal/")


def error(names: str) -> bytes:
    return (
        '<D:error xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"'
        f' xmlns:CR="urn:ietf:params:xml:ns:carddav">{names}</D:error>'
    ).encode()


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, NotAllowed), (401, LoginRefused), (403, NotAllowed), (404, NotFound),
        (405, NotAllowed), (408, TryLater), (409, Conflict), (410, NotFound), (412, Conflict),
        (413, TooLarge), (415, NotAllowed), (423, TryLater), (429, TryLater), (500, TryLater),
        (501, NotAllowed), (502, TryLater), (503, TryLater), (504, TryLater), (507, OverQuota),
        (599, TryLater), (302, TryLater),
    ],
)  # fmt: skip
def test_statuses(status: int, kind: type[StoreError]) -> None:
    """Each status is one kind of failure; the text says which status it was."""
    found = fault(status, "PUT at dav.example.com")
    assert type(found) is kind
    assert str(found) == f"PUT at dav.example.com: {status}"


@pytest.mark.parametrize(
    ("status", "names", "kind"),
    [
        (403, "<D:valid-sync-token/>", StaleToken),
        (409, "<D:valid-sync-token/>", StaleToken),
        (403, "<C:no-uid-conflict><D:href>/cal/a.ics</D:href></C:no-uid-conflict>", UidTaken),
        (403, "<CR:no-uid-conflict/>", UidTaken),
        (403, "<C:unique-scheduling-object-resource/>", UidTaken),
        (403, "<C:max-resource-size/>", TooLarge),
        (403, "<CR:max-resource-size/>", TooLarge),
        (403, "<D:quota-not-exceeded/>", OverQuota),
        (507, "<D:number-of-matches-within-limits/>", TooMany),
        (403, "<D:resource-must-be-null/>", Conflict),
        (403, "<D:need-privileges/>", NotAllowed),
        (409, "<C:calendar-collection-location-ok/>", Conflict),
    ],
)
def test_conditions_say_more_than_the_status(
    status: int, names: str, kind: type[StoreError]
) -> None:
    """RFC 4791 5.3.2.1, RFC 6352 6.3.2.1, RFC 6578 3.2, RFC 4331 6."""
    assert type(fault(status, "x", body=error(names))) is kind


def test_what_was_violated_is_told() -> None:
    """The log names the condition; another resource's address is kept as a value."""
    body = error("<C:no-uid-conflict><D:href>a%20b.ics</D:href></C:no-uid-conflict>")
    found = fault(409, "PUT at h", body=body, base=BASE)
    assert isinstance(found, UidTaken)
    assert found.url == "https://dav.example.com/cal/a%20b.ics"
    assert str(found) == "PUT at h: 409 (C:no-uid-conflict)"


@pytest.mark.parametrize("href", ["gopher://x/", "", "  "])
def test_another_resource_that_is_none(href: str) -> None:
    """What is no address is not kept."""
    body = error(f"<C:no-uid-conflict><D:href>{href}</D:href></C:no-uid-conflict>")
    found = fault(409, "x", body=body, base=BASE)
    assert isinstance(found, UidTaken)
    assert found.url is None


@pytest.mark.parametrize(
    "body", [b"", b"<html>Forbidden: john@example.com</html>", b"not xml <", b"<a/>", b" " * 70_000]
)
def test_pages_for_people(body: bytes) -> None:
    """Most servers answer errors with HTML: nothing of that is read or told."""
    assert read_conditions(body) == (frozenset(), "")
    assert str(fault(403, "x", body=body)) == "x: 403"


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("120", 120.0), ("0", 0.0), ("999999999", 86_400.0), ("", None), ("soon", None),
        ("-5", None), ("Thu, 01 Jan 1970 00:02:00 GMT", 20.0),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0.0), ("Thu, 01 Jan 2970 00:00:00 GMT", 86_400.0),
        ("Thu, 99 Jan 1970 00:00:00 GMT", None), ("9" * 5000, 86_400.0),
    ],
)  # fmt: skip
def test_retry_after(text: str, seconds: float | None) -> None:
    """RFC 9110 10.2.3: seconds or a date; never more than a day."""
    assert read_retry_after(text, now=100.0) == seconds


def test_retry_after_is_kept() -> None:
    """Who waits knows how long."""
    found = fault(503, "x", retry_after_s=7.0)
    assert isinstance(found, TryLater)
    assert isinstance(found, Unavailable)
    assert found.retry_after_s == 7.0

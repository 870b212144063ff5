"""What the server itself keeps of the policy: filters, truncations, no HTML."""

from dataclasses import replace

import pytest

from carbonio_mobile.eas.bodyoptions import BodyOptions, BodyPreference, BodyType, MimeSupport
from carbonio_mobile.policy.limits import SyncLimits, limits_of, narrowed
from tests.unit.policy.policies import account

PLAIN = BodyPreference(type=BodyType.PLAIN, truncation_bytes=500)
HTML = BodyPreference(type=BodyType.HTML, truncation_bytes=5000, preview_chars=100)
MIME = BodyPreference(type=BodyType.MIME)


def test_nothing_set_is_no_limit() -> None:
    """The permissive policy leaves every wish alone."""
    assert limits_of(account()) == SyncLimits()
    options = BodyOptions(preferences=(HTML, MIME), mime_support=MimeSupport.ALWAYS)
    assert narrowed(options, SyncLimits()) is options
    for filter_type in range(9):
        for name in ("Email", "Calendar", "Tasks", "Contacts"):
            assert SyncLimits().capped_filter(filter_type, name) == filter_type


def test_limits_follow_from_the_attributes() -> None:
    """Sizes are kilobytes in the directory; -1 and the policy switched off are no limit."""
    values = {
        "MaxEmailAgeFilter": "3",
        "MaxCalendarAgeFilter": "6",
        "MaxEmailBodyTruncationSize": "2",
        "MaxEmailHTMLBodyTruncationSize": "0",
        "AllowHTMLEmail": "0",
        "zimbraAttachmentsBlocked": "TRUE",
    }
    assert limits_of(account(**values)) == SyncLimits(
        email_filter_max=3,
        calendar_filter_max=6,
        plain_truncation_bytes=2048,
        html_truncation_bytes=0,
        html_allowed=False,
        attachments_allowed=False,
    )
    off = account(**values, zimbraFeatureMobilePolicyEnabled="FALSE")
    assert limits_of(off) == SyncLimits(attachments_allowed=False)
    unset = account(
        MaxEmailAgeFilter="-1",
        MaxCalendarAgeFilter="2",
        MaxEmailBodyTruncationSize="-1",
        AllowHTMLEmail="-1",
    )
    assert limits_of(unset) == SyncLimits()


def test_limits_of_the_profile() -> None:
    """mdm.md 2: one month of mail and of appointments."""
    limits = limits_of(account(carbonioMobilePolicyProfile="carbonio"))
    assert (limits.email_filter_max, limits.calendar_filter_max) == (5, 5)
    assert limits.html_allowed


@pytest.mark.parametrize(
    ("asked", "name", "got"),
    [
        (0, "Email", 3), (1, "Email", 1), (3, "Email", 3), (4, "Email", 3), (5, "Email", 3),
        (0, "Calendar", 6), (4, "Calendar", 4), (6, "Calendar", 6), (7, "Calendar", 6),
        (0, "Tasks", 0), (8, "Tasks", 8), (0, "Contacts", 0), (0, "Notes", 0),
    ],
)  # fmt: skip
def test_a_filter_is_cut_to_what_is_allowed(asked: int, name: str, got: int) -> None:
    """MS-ASPROV R245, R257: 0, everything, reaches furthest."""
    assert SyncLimits(email_filter_max=3, calendar_filter_max=6).capped_filter(asked, name) == got


def test_truncations() -> None:
    """MS-ASPROV R267, R268: each form has its own limit; a message as MIME the looser one."""
    limits = SyncLimits(plain_truncation_bytes=100, html_truncation_bytes=1000)
    options = BodyOptions(preferences=(PLAIN, HTML, MIME), part_preferences=(HTML,))
    got = narrowed(options, limits)
    assert [one.truncation_bytes for one in got.preferences] == [100, 1000, 1000]
    assert [one.truncation_bytes for one in got.part_preferences] == [1000]
    assert got.mime_truncation == 1000
    assert got.preferences[1].preview_chars == 100
    assert got.native_truncation == 100
    assert narrowed(replace(options, native_truncation=50), limits).native_truncation == 50
    only_plain = narrowed(options, SyncLimits(plain_truncation_bytes=0))
    assert [one.truncation_bytes for one in only_plain.preferences] == [0, 5000, None]
    assert only_plain.mime_truncation is None
    loose = narrowed(options, SyncLimits(plain_truncation_bytes=9000, html_truncation_bytes=9000))
    assert [one.truncation_bytes for one in loose.preferences] == [500, 5000, 9000]


def test_truncation_without_any_wish() -> None:
    """No wishes mean plain text, whole: that much of it as is allowed."""
    got = narrowed(BodyOptions(), SyncLimits(plain_truncation_bytes=2048))
    assert got.preferences == (BodyPreference(type=BodyType.PLAIN, truncation_bytes=2048),)


def test_without_html_everything_is_plain_text() -> None:
    """mdm.md 2: the server converts to plain text before it sends anything."""
    limits = SyncLimits(html_allowed=False)
    for preferences in ((HTML,), (HTML, PLAIN), (MIME, HTML), (PLAIN, MIME)):
        options = BodyOptions(
            preferences=preferences,
            part_preferences=(HTML,),
            mime_support=MimeSupport.ALWAYS,
        )
        got = narrowed(options, limits)
        assert [one.type for one in got.preferences] == [BodyType.PLAIN]
        assert got.part_preferences == ()
        assert got.mime_support is MimeSupport.NEVER
    assert narrowed(BodyOptions(preferences=(HTML, PLAIN)), limits).preferences == (PLAIN,)
    assert narrowed(BodyOptions(preferences=(HTML,)), limits).preferences[0].preview_chars == 100
    assert narrowed(BodyOptions(), limits) == BodyOptions()


def test_without_html_and_truncated() -> None:
    """Both limits hold."""
    limits = SyncLimits(html_allowed=False, plain_truncation_bytes=64)
    got = narrowed(BodyOptions(preferences=(HTML,)), limits)
    assert got.preferences[0].type is BodyType.PLAIN
    assert got.preferences[0].truncation_bytes == 64

"""Points in time in the two forms of the protocol."""

import contextlib
import math
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carbonio_mobile.eas.times import (
    EARLIEST_S,
    LATEST_S,
    format_compact,
    format_datetime,
    parse_datetime,
)

MOMENT = 1391187900.0  # 2014-01-31 17:05:00 UTC


def test_forms_are_those_of_the_specification() -> None:
    """MS-ASDTYPE R15 and R12213 give these very examples."""
    assert format_datetime(MOMENT) == "2014-01-31T17:05:00.000Z"
    assert format_compact(MOMENT) == "20140131T170500Z"


def test_milliseconds_are_kept_by_one_form_and_dropped_by_the_other() -> None:
    """The compact form has no fraction."""
    assert format_datetime(MOMENT + 0.123) == "2014-01-31T17:05:00.123Z"
    assert format_compact(MOMENT + 0.999) == "20140131T170500Z"


@given(st.floats(min_value=EARLIEST_S, max_value=LATEST_S))
def test_formatting_agrees_with_the_standard_library(seconds: float) -> None:
    """Every instant of the years 1 to 9999 is written as datetime writes it."""
    written = format_datetime(seconds)
    milliseconds = round(seconds * 1000)
    days, rest = divmod(milliseconds, 86_400_000)
    expected = datetime.fromordinal(719_163 + days)
    assert written[:10] == f"{expected.year:04d}-{expected.month:02d}-{expected.day:02d}"
    hours, rest = divmod(rest, 3_600_000)
    assert written[11:] == f"{hours:02d}:{rest // 60000:02d}:{rest % 60000 / 1000:06.3f}Z"
    assert format_compact(seconds) == written[:19].replace("-", "").replace(":", "") + "Z"


@given(st.integers(min_value=int(EARLIEST_S * 1000), max_value=int(LATEST_S * 1000)))
def test_reading_what_was_written_gives_the_same_instant(milliseconds: int) -> None:
    """To the millisecond in the long form, to the second in the compact one."""
    seconds = milliseconds / 1000
    assert abs(parse_datetime(format_datetime(seconds)) - seconds) < 0.001
    assert parse_datetime(format_compact(seconds)) == milliseconds // 1000


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (1e30, "9999-12-31T23:59:59.999Z"),
        (math.inf, "9999-12-31T23:59:59.999Z"),
        (-1e30, "0001-01-01T00:00:00.000Z"),
        (-math.inf, "0001-01-01T00:00:00.000Z"),
        (math.nan, "0001-01-01T00:00:00.000Z"),
    ],
)
def test_times_out_of_range_become_the_nearest_that_can_be_written(
    seconds: float, text: str
) -> None:
    """A lying date in a mail must not stop a Sync."""
    assert format_datetime(seconds) == text


@pytest.mark.parametrize(
    "text",
    [
        "2014-01-31T17:05:00.000Z",
        "2014-01-31T17:05:00Z",  # MS-ASDTYPE R10000: milliseconds are optional
        "2014-01-31T17:05:00",
        "2014-01-31t17:05z",
        " 2014-01-31 17:05:00 ",
        "20140131T170500Z",
        "20140131T1705Z",
        "20140131T170500.0Z",
        "2014-01-31T18:05:00+01:00",
        "20140131T120500-0500",
    ],
)
def test_reading_is_tolerant(text: str) -> None:
    """Clients mix forms, leave the Z out and write offsets."""
    assert parse_datetime(text) == MOMENT


def test_a_date_alone_is_its_midnight() -> None:
    """All-day values of 16.x have no time (MS-ASCAL R2008)."""
    midnight = datetime(2024, 2, 29, tzinfo=UTC).timestamp()
    assert parse_datetime("2024-02-29") == midnight
    assert parse_datetime("20240229") == midnight
    assert parse_datetime("2024-02-28T24:00:00Z") == midnight


@pytest.mark.parametrize(
    "text",
    [
        "",
        "now",
        "2014-13-01T00:00:00Z",
        "2014-02-30T00:00:00Z",
        "2023-02-29T00:00:00Z",
        "1900-02-29T00:00:00Z",
        "2014-01-31T25:00:00Z",
        "2014-01-31T24:00:01Z",
        "2014-01-31T17:60:00Z",
        "0000-01-01T00:00:00Z",
        "٢٠١٤-٠١-٣١",
        "2014-01-31T17:05:00Zjunk",
        "2" * 10_000,
    ],
)
def test_nonsense_is_a_value_error(text: str) -> None:
    """What is no time is told apart from every time."""
    with pytest.raises(ValueError, match=r"no (time|such)"):
        parse_datetime(text)


@given(st.text(max_size=40))
def test_reading_raises_nothing_but_value_error(text: str) -> None:
    """Any text gives a number or ValueError."""
    with contextlib.suppress(ValueError):
        assert isinstance(parse_datetime(text), float | int)

"""Tasks as VTODO: what is read, what is written, what survives."""

from codecs import BOM_UTF8
from dataclasses import fields, replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carbonio_mobile.errors import Corrupt
from carbonio_mobile.pim.objects import from_text, to_text
from carbonio_mobile.pim.recurrence import RecurrenceRule
from carbonio_mobile.pim.task import Task, TaskRecurrence
from carbonio_mobile.pim.tasks import normalised, read_task, write_task
from carbonio_mobile.pim.text import Text
from tests.unit.mime.corpus import ROOT

NOW = 1_772_000_000.0


def at(*when: int, zone: str = "UTC") -> float:
    return datetime(*when, tzinfo=ZoneInfo(zone)).timestamp()


def todo(*lines: str) -> bytes:
    body = "\r\n".join(["BEGIN:VTODO", "UID:t1", *lines, "END:VTODO"])
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{body}\r\nEND:VCALENDAR\r\n".encode()


def lines_of(source: bytes) -> list[str]:
    return source.decode().split("\r\n")


NINE = at(2026, 3, 10, 9)
EIGHT = at(2026, 3, 10, 8)
TENTH = at(2026, 3, 10)


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (["SUMMARY:a\\, b\\nc"], {"subject": "a, b\nc"}),
        (["DESCRIPTION:x\\ny"], {"body": Text(plain="x\ny")}),
        (
            ["DESCRIPTION:x", "X-ALT-DESC;FMTTYPE=text/html:<b>x</b>"],
            {"body": Text(plain="x", html="<b>x</b>")},
        ),
        (["CATEGORIES:a\\,b,c", "CATEGORIES:c,d"], {"categories": ("a,b", "c", "d")}),
        (["DUE;VALUE=DATE:20260310"], {"due_local": TENTH, "due_utc": TENTH}),
        (["DUE:20260310T080000Z"], {"due_local": EIGHT, "due_utc": EIGHT}),
        (["DUE:20260310T080000"], {"due_local": EIGHT, "due_utc": EIGHT}),
        (["DUE;TZID=Europe/Rome:20260310T090000"], {"due_local": NINE, "due_utc": EIGHT}),
        (
            ["DTSTART;TZID=Europe/Rome:20260310T090000", "DURATION:P1DT1H"],
            {"due_local": NINE + 90_000, "due_utc": EIGHT + 90_000, "start_local": NINE},
        ),
        (["DUE:nonsense"], {"due_local": None, "due_utc": None}),
        (["STATUS:COMPLETED", "COMPLETED:20260310T080000Z"], {"completed_at": EIGHT}),
        (["COMPLETED:20260310T080000Z"], {"complete": True, "completed_at": EIGHT}),
        (["PERCENT-COMPLETE:100", "DTSTAMP:20260310T080000Z"], {"completed_at": EIGHT}),
        (["STATUS:COMPLETED", "DUE:20260310T080000Z"], {"completed_at": EIGHT}),
        (["STATUS:COMPLETED"], {"complete": True, "completed_at": 0.0}),
        (["STATUS:CANCELLED"], {"complete": True}),
        (["STATUS:IN-PROCESS", "COMPLETED:20260310T080000Z"], {"completed_at": None}),
        (["PRIORITY:0"], {"importance": None}),
        (["PRIORITY:1"], {"importance": 2}),
        (["PRIORITY:4"], {"importance": 2}),
        (["PRIORITY:5"], {"importance": 1}),
        (["PRIORITY:6"], {"importance": 0}),
        (["PRIORITY:9"], {"importance": 0}),
        (["CLASS:PUBLIC"], {"sensitivity": 0}),
        (["CLASS:PRIVATE"], {"sensitivity": 2}),
        (["CLASS:CONFIDENTIAL"], {"sensitivity": 3}),
        (["CLASS:X-ANY"], {"sensitivity": 2}),
        (["RRULE:FREQ=WEEKLY;BYHOUR=3", "DUE;VALUE=DATE:20260310"], {"recurrence": None}),
        (["LAST-MODIFIED:20260310T080000Z", "DTSTAMP:20200101T000000Z"], {"modified_at": EIGHT}),
    ],
)
def test_properties(lines: list[str], said: dict[str, object]) -> None:
    """Each property as RFC 5545 has it, and what people make of it."""
    task = read_task(todo(*lines))
    assert {name: getattr(task, name) for name in said} == said


ALARM = ["BEGIN:VALARM", "ACTION:DISPLAY", "END:VALARM"]


@pytest.mark.parametrize(
    ("trigger", "reminder"),
    [
        ("TRIGGER;VALUE=DATE-TIME:20260310T080000Z", EIGHT),
        ("TRIGGER:-PT15M", EIGHT - 900 - 3600),
        ("TRIGGER;RELATED=END:-PT15M", EIGHT - 900),
        ("TRIGGER:PT0S", EIGHT - 3600),
        ("TRIGGER:soon", None),
    ],
)
def test_alarms(trigger: str, reminder: float | None) -> None:
    """A trigger is a time, or so long before or after the start or the end."""
    alarm = [*ALARM[:2], trigger, ALARM[2]]
    source = todo("DTSTART:20260310T070000Z", "DUE:20260310T080000Z", *alarm)
    assert read_task(source).reminder_at == reminder
    silent = source.replace(b"DISPLAY", b"NONE")
    assert read_task(silent).reminder_at is None


RICH = todo(
    "DTSTAMP:20200101T000000Z",
    "SUMMARY;LANGUAGE=de:Alt",
    "DTSTART;TZID=Europe/Rome:20260309T090000",
    "DUE;TZID=Europe/Rome:20260310T090000",
    "PRIORITY:3",
    "STATUS:IN-PROCESS",
    "PERCENT-COMPLETE:40",
    "CATEGORIES:A",
    "RRULE:WKST=SU;FREQ=WEEKLY;BYDAY=MO",
    'X-OTHER;X="a;b":kept  as it is',
    "ATTENDEE;CN=Ann:mailto:ann@example.com",
    "BEGIN:VALARM",
    "X-FOO:1",
    "ACTION:AUDIO",
    "TRIGGER:-PT1H",
    "END:VALARM",
)


@pytest.mark.parametrize(
    ("changes", "gone", "new"),
    [
        ({"subject": "Neu"}, ["SUMMARY;LANGUAGE=de:Alt"], ["SUMMARY:Neu"]),
        ({"importance": 0}, ["PRIORITY:3"], ["PRIORITY:9"]),
        ({"importance": None}, ["PRIORITY:3"], []),
        ({"importance": 77}, ["PRIORITY:3"], ["X-CARBONIO-MOBILE-IMPORTANCE:77"]),
        (
            {"due_local": NINE + 3600, "due_utc": EIGHT + 3600},
            ["DUE;TZID=Europe/Rome:20260310T090000"],
            ["DUE;TZID=Europe/Rome:20260310T100000"],
        ),
        (
            {"due_local": NINE, "due_utc": NINE},
            ["DUE;TZID=Europe/Rome:20260310T090000"],
            ["DUE:20260310T090000Z"],
        ),
        (
            {"complete": True, "completed_at": EIGHT},
            ["STATUS:IN-PROCESS", "PERCENT-COMPLETE:40"],
            ["COMPLETED:20260310T080000Z", "STATUS:COMPLETED", "PERCENT-COMPLETE:100"],
        ),
        (
            {"reminder_at": EIGHT},
            ["TRIGGER:-PT1H"],
            ["TRIGGER;VALUE=DATE-TIME:20260310T080000Z"],
        ),
        (
            {"reminder_at": None},
            ["BEGIN:VALARM", "X-FOO:1", "ACTION:AUDIO", "TRIGGER:-PT1H", "END:VALARM"],
            [],
        ),
        ({"recurrence": None}, ["RRULE:WKST=SU;FREQ=WEEKLY;BYDAY=MO"], []),
        ({"sensitivity": 1}, [], ["CLASS:X-PERSONAL"]),
    ],
)
def test_a_change_is_a_patch(changes: dict[str, object], gone: list[str], new: list[str]) -> None:
    """Only the lines of what changed are written; all others stay byte for byte."""
    task = read_task(RICH)
    written = write_task(RICH, replace(task, **changes), now=NOW)  # type: ignore[arg-type]
    before, after = lines_of(RICH), lines_of(written)
    assert [one for one in before if one not in after] == ["DTSTAMP:20200101T000000Z", *gone]
    stamps = ["DTSTAMP:20260225T061320Z", "LAST-MODIFIED:20260225T061320Z"]
    assert sorted(one for one in after if one not in before) == sorted([*new, *stamps])


def test_a_reminder_stays_where_it_is_when_the_start_moves() -> None:
    """An alarm an hour before the start is no hour before another start."""
    task = read_task(RICH)
    moved = replace(task, start_local=NINE, start_utc=EIGHT)
    assert read_task(write_task(RICH, moved, now=NOW)).reminder_at == task.reminder_at


def test_days_become_times_together() -> None:
    """RFC 5545 3.8.2.3: DTSTART and DUE are both dates or both times."""
    source = todo("DTSTART;VALUE=DATE:20260309", "DUE;VALUE=DATE:20260310")
    task = read_task(source)
    timed = write_task(source, replace(task, due_local=NINE, due_utc=EIGHT), now=NOW)
    assert b"DTSTART:20260309T000000Z" in timed
    assert b"DUE:20260310T080000Z" in timed
    back = replace(read_task(timed), due_local=TENTH, due_utc=TENTH)
    assert b"DUE;VALUE=DATE:20260310" not in timed
    again = write_task(timed, back, now=NOW)
    assert (read_task(again).due_local, read_task(again).start_local) == (TENTH, TENTH - 86_400)


def test_local_midnight_elsewhere_is_a_day_with_its_moment_beside() -> None:
    """Outlook and iOS say a day by local midnight and the moment that it is in UTC."""
    task = Task(uid="x", due_local=TENTH, due_utc=TENTH - 3600)
    written = write_task(None, task, now=NOW)
    assert b"DUE;VALUE=DATE:20260310\r\n" in written
    assert read_task(written).due_utc == TENTH - 3600
    other = written.replace(b"DATE:20260310", b"DATE:20260312")
    assert read_task(other).due_utc == TENTH + 2 * 86_400


def test_what_a_rule_cannot_say_is_not_believed_when_the_rule_changed() -> None:
    """Another program changes the rule: what stood beside the old one goes with it."""
    rule = RecurrenceRule(kind=1, day_of_week=2, first_day_of_week=1)
    series = TaskRecurrence(rule=rule, start=TENTH, regenerate=True)
    written = write_task(None, Task(uid="x", due_local=TENTH, recurrence=series), now=NOW)
    found = read_task(written).recurrence
    assert found is not None
    assert found.regenerate
    other = written.replace(b"RRULE:FREQ=WEEKLY;BYDAY=MO", b"RRULE:FREQ=DAILY")
    changed = read_task(other).recurrence
    assert changed is not None
    assert (changed.rule.kind, changed.regenerate) == (0, False)


def test_a_dead_occurrence_recurs_nowhere_else() -> None:
    """MS-ASTASK_R157: an instance that was split off and done says so, and has no RRULE."""
    series = TaskRecurrence(rule=RecurrenceRule(kind=0), start=TENTH, dead_occur=True)
    task = Task(uid="x", complete=True, completed_at=EIGHT, recurrence=series)
    written = write_task(None, task, now=NOW)
    assert b"\r\nRRULE" not in written
    assert read_task(written).recurrence == series


def test_a_series_beyond_activesync_survives_a_change() -> None:
    """It is not shown, is named as a fault, and stays."""
    source = todo("DUE;VALUE=DATE:20260310", "RRULE:FREQ=MONTHLY;BYMONTHDAY=1,15")
    task = read_task(source)
    assert task.recurrence is None
    assert task.faults
    written = write_task(source, replace(task, subject="x"), now=NOW)
    assert b"RRULE:FREQ=MONTHLY;BYMONTHDAY=1,15" in written


@pytest.mark.parametrize("source", [b"", b"x", b"BEGIN:VCALENDAR\r\nEND:VCALENDAR", b"\xff\xfe"])
def test_no_task(source: bytes) -> None:
    """Octets that hold none."""
    with pytest.raises(Corrupt):
        read_task(source)
    with pytest.raises(Corrupt):
        write_task(source, Task(uid="x"), now=NOW)


def test_the_master_is_read_where_others_come_first() -> None:
    """A changed occurrence is not the task."""
    first = "BEGIN:VTODO\r\nUID:t1\r\nRECURRENCE-ID:20260310T080000Z\r\nSUMMARY:b\r\nEND:VTODO\r\n"
    source = todo("SUMMARY:a").replace(b"BEGIN:VTODO", first.encode() + b"BEGIN:VTODO", 1)
    task = read_task(source)
    assert task.subject == "a"
    written = write_task(source, replace(task, subject="c"), now=NOW)
    assert b"SUMMARY:b" in written
    assert read_task(written).subject == "c"


LINES = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
STRINGS = st.sampled_from(["", "Ann", "a\\b", "x,y;z", "Ж", "two\nlines", 'say "x":']) | LINES
TIMES = st.floats(min_value=-6e10, max_value=2e11) | st.sampled_from(
    [TENTH, NINE, EIGHT, TENTH - 3600, 0.0]
)
MAYBE = st.none() | TIMES
RULES = st.builds(
    RecurrenceRule,
    kind=st.sampled_from([0, 1, 2, 3, 5, 6]),
    interval=st.integers(0, 999),
    until=MAYBE,
    occurrences=st.sampled_from([0, 0, 1, 255]),
    day_of_week=st.integers(0, 127),
    day_of_month=st.integers(0, 31),
    week_of_month=st.integers(0, 5),
    month_of_year=st.integers(0, 12),
    first_day_of_week=st.none() | st.integers(0, 6),
    calendar_type=st.sampled_from([0, 0, 1, 8, 14, 20]),
    is_leap_month=st.booleans(),
)
TASKS = st.builds(
    Task,
    uid=st.just("t1"),
    subject=STRINGS,
    body=st.builds(Text, plain=STRINGS, html=STRINGS),
    importance=st.none() | st.integers(0, 255),
    start_local=MAYBE,
    start_utc=MAYBE,
    due_local=MAYBE,
    due_utc=MAYBE,
    complete=st.booleans(),
    completed_at=MAYBE,
    categories=st.lists(STRINGS, max_size=4).map(tuple),
    sensitivity=st.none() | st.integers(0, 3),
    reminder_at=MAYBE,
    recurrence=st.none()
    | st.builds(
        TaskRecurrence,
        rule=RULES,
        start=TIMES,
        regenerate=st.booleans(),
        dead_occur=st.booleans(),
    ),
    ordinal_date=MAYBE,
    sub_ordinal=STRINGS,
)
SOURCES = {"new": None, "bare": todo(), "rich": RICH}


@pytest.mark.parametrize("source", SOURCES.values(), ids=SOURCES)
@given(TASKS, TASKS, st.data())
def test_what_is_written_is_read_again(
    source: bytes | None, task: Task, other: Task, draw: st.DataObject
) -> None:
    """The law of ``pim``: read(write(source, changed)) is changed; again with a part changed."""
    written = write_task(source, task, now=NOW)
    assert normalised(read_task(written)) == normalised(task)
    assert write_task(written, read_task(written), now=NOW + 1) == written
    names = draw.draw(st.sets(st.sampled_from([one.name for one in fields(Task)])))
    changes = {name: getattr(other, name) for name in names}
    changed = replace(read_task(written), **changes)  # type: ignore[arg-type]
    again = write_task(written, changed, now=NOW + 1)
    assert normalised(read_task(again)) == normalised(changed)
    assert normalised(normalised(changed)) == normalised(changed)
    if source is RICH:
        assert 'X-OTHER;X="a;b":kept  as it is' in lines_of(again)
    stored = read_task(again)
    assert from_text(to_text(stored)) == stored


@given(st.binary(max_size=300) | st.text(max_size=300).map(lambda text: todo(text)))
def test_any_octets_give_a_task_or_none(source: bytes) -> None:
    """Whatever stands in a file, nothing but Corrupt is raised."""
    try:
        task = read_task(source)
    except Corrupt:
        return
    assert write_task(source, task, now=NOW) == source


@pytest.mark.skipif(not (ROOT / "ical").exists(), reason="the corpus is not here")
def test_tasks_of_the_world() -> None:
    """Every VTODO of the corpus is read, comes back unchanged, and takes a change."""
    count = 0
    for path in sorted((ROOT / "ical").rglob("*.*")):
        source = path.read_bytes() if path.is_file() else b""
        if b"BEGIN:VTODO" not in source:
            continue
        count += 1
        task = read_task(source)
        assert write_task(source, task, now=NOW) == source
        changed = replace(
            task,
            subject="changed",
            due_local=NINE,
            due_utc=EIGHT,
            importance=0,
            complete=True,
            completed_at=5.0,
            reminder_at=datetime(2026, 1, 1, tzinfo=UTC).timestamp(),
        )
        written = write_task(source, changed, now=NOW)
        assert normalised(read_task(written)) == normalised(changed), path
        said = {"SUMMARY", "DUE", "PRIORITY", "STATUS", "COMPLETED", "DESCRIPTION", "TRIGGER"}
        said |= {"DTSTAMP", "LAST-MODIFIED", "PERCENT-COMPLETE", "DURATION", "RRULE", "DTSTART"}
        there = set(written.split(b"\n"))
        for line in source.removeprefix(BOM_UTF8).split(b"\n"):
            name = line.partition(b":")[0].partition(b";")[0].strip().decode("latin-1").upper()
            assert line in there or name in said or line[:1] in b" \t", (path, line)
    assert count > 50

"""Files of calendars and vCards taken apart into objects."""

import re
from collections import Counter
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carbonio_mobile.errors import Corrupt
from carbonio_mobile.pim import splitting
from carbonio_mobile.pim.event import Event
from carbonio_mobile.pim.newness import is_newer, says_the_same
from carbonio_mobile.pim.objects import read_object
from carbonio_mobile.pim.splitting import Fault, Piece, objects_of
from tests.unit.pim import vcard_corpus
from tests.unit.pim.ical_corpus import calendars

ROME = """BEGIN:VTIMEZONE
TZID:Europe/Rome
BEGIN:STANDARD
DTSTART:19701025T030000
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:19700329T020000
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU
END:DAYLIGHT
END:VTIMEZONE
"""
TOKYO = ROME.replace("Europe/Rome", "Asia/Tokyo")


def component(name: str, uid: str, *lines: str) -> str:
    """Give an event, task or note as text."""
    said = [f"UID:{uid}"] if uid else []
    return "\n".join((f"BEGIN:{name}", *said, *lines, f"END:{name}", ""))


def event(uid: str, *lines: str, tzid: str = "Europe/Rome") -> str:
    """Give an event as text."""
    return component("VEVENT", uid, f"DTSTART;TZID={tzid}:20270118T090000", *lines)


def calendar(*parts: str, head: str = "VERSION:2.0\nPRODID:-//x//y\n") -> str:
    """Give a calendar as text."""
    return f"BEGIN:VCALENDAR\n{head}{''.join(parts)}END:VCALENDAR\n"


def card(uid: str, name: str) -> str:
    """Give a vCard as text."""
    said = f"UID:{uid}\n" if uid else ""
    return f"BEGIN:VCARD\nVERSION:3.0\n{said}FN:{name}\nEND:VCARD\n"


def split(*texts: str) -> tuple[list[Piece], list[Fault]]:
    """Give the pieces and the faults of a file."""
    found = list(objects_of("".join(texts).encode()))
    pieces = [one for one in found if isinstance(one, Piece)]
    return pieces, [one for one in found if isinstance(one, Fault)]


def lines_of(piece: Piece) -> list[str]:
    return piece.source.decode().splitlines()


def test_each_object_takes_its_parts_and_zones_along() -> None:
    """RFC 4791 4.1: all components of a UID, the zones they name, the head, no METHOD."""
    pieces, faults = split(
        calendar(
            ROME,
            TOKYO,
            event("a", "RRULE:FREQ=DAILY"),
            event("b", tzid="Asia/Tokyo"),
            component("VTODO", "t", "SUMMARY:Pay"),
            event("a", "RECURRENCE-ID;TZID=Europe/Rome:20270119T090000", "SUMMARY:Other"),
            component("VJOURNAL", "j", "SUMMARY:Note"),
            head="VERSION:2.0\nMETHOD:PUBLISH\nPRODID:-//x//y\nX-WR-CALNAME:Work\n"
            "X-WR-TIMEZONE:Europe/Rome\n",
        )
    )
    assert faults == []
    assert [one.line for one in pieces] == [37, 42, 46, 56]
    series, tokyo, task, note = (lines_of(one) for one in pieces)
    assert series[:5] == [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//x//y",
        "X-WR-TIMEZONE:Europe/Rome",
        "BEGIN:VTIMEZONE",
    ]
    assert [one for one in series if "TZID:" in one] == ["TZID:Europe/Rome"]
    assert series.count("UID:a") == 2
    assert [one for one in tokyo if "TZID:" in one] == ["TZID:Asia/Tokyo"]
    assert "BEGIN:VTIMEZONE" not in task + note
    assert not any("METHOD" in one for each in (series, tokyo, task, note) for one in each)
    event_ = read_object(pieces[0].source)
    assert isinstance(event_, Event)
    assert [one.details and one.details.subject for one in event_.exceptions] == ["Other"]


def test_a_zone_that_no_component_names_rightly_is_the_first() -> None:
    """Microsoft 365 names a zone that its calendar does not define."""
    ((piece,), faults) = split(calendar(ROME, event("a", tzid="Customized Time Zone")))
    assert faults == []
    assert "TZID:Europe/Rome" in lines_of(piece)


def test_parts_of_one_series_may_stand_in_several_calendars() -> None:
    """Some programs put each component into a calendar of its own, exceptions even first."""
    change = event("a", "RECURRENCE-ID;TZID=Europe/Rome:20270119T090000")
    pieces, faults = split(calendar(ROME, change), calendar(ROME, event("a", "RRULE:FREQ=DAILY")))
    assert faults == []
    assert len(pieces) == 1
    record = read_object(pieces[0].source)
    assert isinstance(record, Event)
    assert record.recurrence_id is None
    assert len(record.exceptions) == 1


def test_parts_that_disagree_on_their_zone_are_told() -> None:
    """One TZID cannot mean two zones within one object."""
    change = event("a", "RECURRENCE-ID;TZID=Europe/Rome:20270119T090000")
    other = ROME.replace("+0100", "+0900").replace("+0200", "+0900")
    pieces, faults = split(calendar(ROME, event("a")), calendar(other, change))
    assert len(pieces) == 1
    assert faults == [
        Fault(line=42, why="another part of the same object defines its time zone otherwise")
    ]


def test_a_series_that_is_there_twice_is_two_objects() -> None:
    """Which of them counts is not for the splitter to say."""
    text = calendar(event("a", tzid=""), event("a", "SEQUENCE:2", tzid=""))
    first, second = split(text)[0]
    assert is_newer(second.source, first.source)
    assert not is_newer(first.source, second.source)


def test_what_has_no_uid_gets_one_of_its_content() -> None:
    """The same file read again gives the same objects; another content is another object."""
    texts = (
        calendar(event("", "SUMMARY:x"), event("", "SUMMARY:y"), event("", "SUMMARY:x")),
        card("", "Ann"),
        "BEGIN:VCARD\nVERSION:2.1\nN:Bob\nAGENT:\n" + card("inner", "Agent") + "END:VCARD\n",
        "BEGIN:VCARD\nVERSION:2.1\nUID:\nN:Cid",
    )
    pieces, faults = split(*texts)
    assert faults == []
    uids = [read_object(one.source).uid for one in pieces]
    assert uids == [read_object(one.source).uid for one in split(*texts)[0]]
    assert all(one.startswith("content-") for one in uids)
    assert len(uids) == 6
    assert len(set(uids)) == 5


def test_octets_survive() -> None:
    """What is no UTF-8, folds and quoted-printable lines come out as they went in."""
    source = (
        b"BEGIN:VCARD\r\nVERSION:2.1\r\nUID:u\r\nN;CHARSET=ISO-8859-1:M\xfcller\r\n"
        b"NOTE;ENCODING=QUOTED-PRINTABLE:a=\r\nb\r\nTEL:1\r\n 2\r\nEND:VCARD\r\n"
    )
    ((piece,), _) = ([*objects_of(source)], 0)
    assert isinstance(piece, Piece)
    assert piece.source == source


@pytest.mark.parametrize(
    ("octets", "count"),
    [
        (card("u", "Ann").encode("utf-16"), 1),
        (b"\xef\xbb\xbf" + card("u", "Ann").encode(), 1),
        (card("u", "Ann").replace("\n", "\r").encode(), 1),
        (card("u", "Ann").replace("\n", "\r\r\n").encode(), 1),
        (card("u", "Ann").lower().encode(), 1),
        (event("a").encode(), 1),
        ((event("a") + card("u", "Ann")).encode(), 2),
        (calendar(event("a")).replace("END:VEVENT\n", "").encode(), 1),
        (calendar(event("a"), event("b")).replace("END:VEVENT\n", "").encode(), 2),
        (card("u", "Ann").replace("END:VCARD\n", "").encode() * 2, 2),
        (calendar(event("a")).replace("END:VCALENDAR\n", "").encode() * 2, 2),
        (calendar(event("a", "BEGIN:VALARM", "UID:z", "END:VALARM")).encode(), 1),
        (calendar().encode(), 0),
        (b"BEGIN:VCALENDAR", 0),
    ],
)
def test_forms(octets: bytes, count: int) -> None:
    """Encodings, line ends and missing ENDs of all kinds."""
    found = list(objects_of(octets))
    assert len(found) == count or {type(one) for one in found} == {Piece}
    kinds = [type(one) for one in found]
    assert kinds == [Piece] * len(found)
    for one in found:
        assert isinstance(one, Piece)
        assert read_object(one.source).uid in ("a", "b", "u")


@pytest.mark.parametrize(
    ("text", "line", "why"),
    [
        ("", 1, "holds neither a calendar nor a vCard"),
        ("nothing", 1, "holds neither a calendar nor a vCard"),
        (
            "\n\n" + calendar(component("VFREEBUSY", "f")),
            6,
            "a VFREEBUSY is no event, task or note",
        ),
        (
            calendar(event("a"), head="METHOD:REPLY\n"),
            3,
            "is a REPLY of a meeting, no calendar's own",
        ),
        (
            calendar(event("a"), head="METHOD:CANCEL\n"),
            3,
            "is a CANCEL of a meeting, no calendar's own",
        ),
    ],
)
def test_what_is_no_object_is_named(text: str, line: int, why: str) -> None:
    """Lines count from 1."""
    assert split(text) == ([], [Fault(line=line, why=why)])


def test_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of too much the first is taken, and the rest is told; a huge zone or head is left out."""
    monkeypatch.setattr(splitting, "MAX_OBJECTS", 2)
    pieces, faults = split(card("", "1"), card("", "2"), card("", "3"))
    assert (len(pieces), [one.line for one in faults]) == (2, [9])
    monkeypatch.setattr(splitting, "MAX_OBJECTS", 10)
    monkeypatch.setattr(splitting, "MAX_COMPONENTS", 2)
    pieces, faults = split(calendar(*(event("a", f"RECURRENCE-ID:2027011{n}") for n in range(4))))
    assert (len(pieces), len(faults)) == (1, 2)
    wide = ROME.replace("TZID:", f"X-LONG:{'x' * splitting.MAX_ZONE_CHARS}\nTZID:")
    ((piece,), _) = split(calendar(wide, event("a"), head=f"PRODID:{'x' * 2000}\n"))
    assert len(piece.source) < 300


@given(
    st.lists(
        st.tuples(st.sampled_from("abc"), st.integers(0, 3), st.sampled_from(["", "RRULE:x"])),
        max_size=12,
    )
)
def test_nothing_is_lost_and_nothing_twice(parts: Iterable[tuple[str, int, str]]) -> None:
    """Each component is in one object, among others of its UID only, in the file's order."""
    texts = [
        event(uid, f"X-NUMBER:{number}", *([f"RECURRENCE-ID:2027010{day}"] if day else []))
        for number, (uid, day, _) in enumerate(parts)
    ]
    pieces, faults = split(calendar(*texts))
    assert faults == []
    seen: list[int] = []
    for one in pieces:
        text = one.source.decode()
        assert len(set(re.findall(r"UID:(\w)", text))) == 1
        numbers = [int(found) for found in re.findall(r"X-NUMBER:(\d+)", text)]
        assert numbers == sorted(numbers)
        masters = text.count("BEGIN:VEVENT") - text.count("RECURRENCE-ID")
        assert masters <= 1
        seen += numbers
    assert sorted(seen) == list(range(len(texts)))


WORDS = (
    *("BEGIN:", "END:", "VCALENDAR", "VEVENT", "VCARD", "VTIMEZONE", "AGENT:", "\n"),
    *("UID:a", "TZID:x", "METHOD:x", " "),
)


@given(st.lists(st.sampled_from(WORDS), max_size=40))
def test_any_text_is_split(parts: list[str]) -> None:
    """Nothing is raised, and whatever comes out comes out again the same."""
    for one in objects_of("".join(parts).encode()):
        if isinstance(one, Piece):
            assert list(objects_of(one.source)) == [Piece(line=_begin(one), source=one.source)]


def _begin(one: Piece) -> int:
    """Give the line at which a piece's first component stands in itself."""
    lines = one.source.decode().split("\n")
    names = ("VCARD", "VEVENT", "VTODO", "VJOURNAL")
    marks = [f"BEGIN:{name}" for name in names]
    return next(at for at, line in enumerate(lines, 1) if line.replace(" ", "").strip() in marks)


@pytest.mark.parametrize(
    ("one", "other", "newer"),
    [
        ("SEQUENCE:2", "SEQUENCE:1\nLAST-MODIFIED:20270101T000000Z", True),
        ("LAST-MODIFIED:20270102T000000Z", "LAST-MODIFIED:20270101T000000Z", True),
        ("LAST-MODIFIED:20270101T000000Z", "", True),
        ("LAST-MODIFIED:nonsense\nSEQUENCE:x", "", False),
        ("DTSTAMP:20270102T000000Z", "DTSTAMP:20270101T000000Z", False),
        ("", "", False),
    ],
)
def test_newer(one: str, other: str, newer: bool) -> None:
    """RFC 5546 2.1.5: SEQUENCE first; the time of writing an export says nothing."""
    sources = [calendar(event("a", text)).encode() for text in (one, other)]
    assert is_newer(sources[0], sources[1]) == newer
    if newer:
        assert not is_newer(sources[1], sources[0])


def test_newer_cards() -> None:
    """REV in both of its forms; that of a card within does not count."""
    old = card("u", "Ann").replace("FN", "REV:2027-01-01T00:00:00Z\nFN").encode()
    new = card("u", "Ann").replace("FN", "REV:20270102T000000Z\nFN").encode()
    assert is_newer(new, old)
    assert not is_newer(old, new)
    assert is_newer(old, card("u", "Ann").encode())


def test_the_same_but_for_the_time_of_writing() -> None:
    """Exports stamp each event anew."""
    records = [
        read_object(
            calendar(event("a", f"SUMMARY:{name}", f"DTSTAMP:2027010{day}T000000Z")).encode()
        )
        for name, day in (("x", 1), ("x", 2), ("y", 2))
    ]
    assert says_the_same(records[0], records[1])
    assert not says_the_same(records[1], records[2])


def check_corpus(files: Iterable[tuple[str, bytes]]) -> Counter[str]:
    """Split files; each piece is one object that its reader reads, or one that it refuses."""
    seen: Counter[str] = Counter()
    for path, octets in files:
        first = list(objects_of(octets))
        assert first == list(objects_of(octets)), path
        for one in first:
            if isinstance(one, Fault):
                seen["fault"] += 1
                continue
            again = [each for each in objects_of(one.source) if isinstance(each, Piece)]
            assert [each.source for each in again] == [one.source], path
            try:
                assert read_object(one.source).uid, path
            except Corrupt:
                seen["corrupt"] += 1
            else:
                seen["read"] += 1
    return seen


def test_core_corpus() -> None:
    """Real calendars and cards fall into objects that are read, each of which is whole."""
    seen = check_corpus(calendars(core=True))
    if not seen:
        pytest.skip("the corpus is not here")
    assert seen["read"] > 10 * seen["corrupt"]
    assert check_corpus(vcard_corpus.files())["read"] > 200


@pytest.mark.long
def test_whole_corpus() -> None:
    """The same of all files."""
    seen = check_corpus(calendars(core=False))
    if not seen:
        pytest.skip("the corpus is not here")
    assert seen["read"] > 3_000

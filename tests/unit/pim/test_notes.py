"""Notes as VJOURNAL and as plain text."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carbonio_mobile.errors import Corrupt
from carbonio_mobile.pim.note import Note
from carbonio_mobile.pim.notes import normalised, read_note, write_note
from carbonio_mobile.pim.objects import from_text, to_text
from carbonio_mobile.pim.text import Text
from tests.unit.mime.corpus import ROOT

NOW = 1_772_000_000.0
RICH = (
    b"BEGIN:VCALENDAR\nVERSION:2.0\nBEGIN:VJOURNAL\nUID:n1\nDTSTAMP:20200101T000000Z\n"
    b"SUMMARY:Old\nDESCRIPTION:one\\ntwo\nX-ALT-DESC;FMTTYPE=text/html:<p>one<br>two\n"
    b"CATEGORIES:a\\,b,c\nX-OTHER:kept\n  as folded\nCLASS:PRIVATE\n"
    b"X-CARBONIO-MOBILE-MESSAGE-CLASS:IPM.StickyNote.Mine\nLAST-MODIFIED:20200202T000000Z\n"
    b"END:VJOURNAL\nEND:VCALENDAR\n"
)
TEXT = b"Milk\r\n\r\nand bread\r\n"


def test_every_property_is_read() -> None:
    """Subject, both forms of the body, categories, class, time."""
    assert read_note(RICH) == Note(
        uid="n1",
        subject="Old",
        body=Text(plain="one\ntwo", html="<p>one<br>two"),
        categories=("a,b", "c"),
        message_class="IPM.StickyNote.Mine",
        modified_at=1_580_601_600.0,
    )
    other = RICH.replace(b"IPM.StickyNote.Mine", b"IPM.Note")
    assert read_note(other).message_class == "IPM.StickyNote"


@pytest.mark.parametrize(
    ("changes", "gone"),
    [
        ({"subject": "New"}, {b"SUMMARY:Old"}),
        ({"subject": ""}, {b"SUMMARY:Old"}),
        ({"categories": ()}, {b"CATEGORIES:a\\,b,c"}),
        (
            {"body": Text(plain="x")},
            {b"DESCRIPTION:one\\ntwo", b"X-ALT-DESC;FMTTYPE=text/html:<p>one<br>two"},
        ),
        (
            {"message_class": "IPM.StickyNote"},
            {b"X-CARBONIO-MOBILE-MESSAGE-CLASS:IPM.StickyNote.Mine"},
        ),
    ],
)
def test_a_change_is_a_patch(changes: dict[str, object], gone: set[bytes]) -> None:
    """Only the lines of what changed are written anew, with the line ends of the source."""
    changed = replace(read_note(RICH), **changes)  # type: ignore[arg-type]
    written = write_note(RICH, changed, now=NOW)
    stamps = {b"DTSTAMP:20200101T000000Z", b"LAST-MODIFIED:20200202T000000Z"}
    assert set(RICH.split(b"\n")) - set(written.split(b"\n")) == gone | stamps
    assert b"\r" not in written
    assert read_note(written) == replace(changed, modified_at=NOW)


@pytest.mark.parametrize(
    ("source", "subject", "body"),
    [
        (TEXT, "Milk", "Milk\n\nand bread"),
        (b"Milk", "Milk", "Milk"),
        (b"\n\n  Milk \nx", "Milk", "  Milk \nx"),
        ("Käse\nx".encode("latin-1"), "Käse", "Käse\nx"),
        ("Käse\nx".encode("utf-16"), "Käse", "Käse\nx"),
        (b"\xef\xbb\xbfMilk", "Milk", "Milk"),
        (b"", "", ""),
    ],
)
def test_plain_text_is_a_note(source: bytes, subject: str, body: str) -> None:
    """The first line that says something is the subject, all of it the body."""
    note = read_note(source)
    assert (note.subject, note.body, note.uid) == (subject, Text(plain=body), "")
    assert write_note(source, note, now=NOW) == source


def test_plain_text_stays_one_as_long_as_it_says_all() -> None:
    """Another text stays a text; categories call for a VJOURNAL."""
    note = replace(read_note(TEXT), uid="n2")
    longer = replace(note, body=Text(plain="Milk\nand eggs"))
    assert write_note(TEXT, longer, now=NOW) == b"Milk\nand eggs"
    sorted_in = replace(note, categories=("shop",))
    written = write_note(TEXT, sorted_in, now=NOW)
    assert read_note(written) == replace(sorted_in, modified_at=NOW)


@pytest.mark.parametrize(
    "source", [b"BEGIN:VCALENDAR\r\nEND:VCALENDAR", b"\0\1\2", b"x" * (2 << 20)]
)
def test_no_note(source: bytes) -> None:
    """A calendar without a journal entry, octets that are no text, too much of it."""
    with pytest.raises(Corrupt):
        read_note(source)


LINES = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
STRINGS = st.sampled_from(["", "Ann", "a\\b", "x,y;z", "two\nlines", "BEGIN:VCALENDAR"]) | LINES
NOTES = st.builds(
    Note,
    uid=st.just("n1"),
    subject=STRINGS,
    body=st.builds(Text, plain=STRINGS, html=STRINGS),
    categories=st.lists(STRINGS, max_size=4).map(tuple),
    message_class=st.sampled_from(
        ["IPM.StickyNote", "IPM.StickyNote.x", "ipm.stickynote", "IPM.Note"]
    ),
)


@pytest.mark.parametrize("source", [None, RICH, TEXT], ids=["new", "rich", "text"])
@given(NOTES, NOTES)
def test_what_is_written_is_read_again(source: bytes | None, note: Note, other: Note) -> None:
    """The law of ``pim``: read(write(source, changed)) is changed, in its normal form."""
    for one in (note, replace(note, body=other.body), replace(other, subject=note.subject)):
        source = write_note(source, one, now=NOW)
        again = read_note(source)
        assert replace(normalised(again), uid="") == replace(normalised(one), uid="")
        assert write_note(source, again, now=NOW + 1) == source
        assert from_text(to_text(again)) == again


@pytest.mark.parametrize("text", ["BEGIN:VCALENDAR", "  begin:vjournal\nmilk", "Begin: milk"])
def test_a_text_that_begins_like_a_calendar_stays_a_note(text: str) -> None:
    """A plain text changed to such a one becomes a VJOURNAL: else it could not be read again."""
    note = Note(uid="n1", subject=text.strip().partition("\n")[0], body=Text(plain=text))
    written = write_note(TEXT, note, now=NOW)
    assert replace(normalised(read_note(written)), uid="") == replace(normalised(note), uid="")


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_any_octets_give_a_note_or_none(source: bytes) -> None:
    """Whatever stands in a file, nothing but Corrupt is raised."""
    try:
        note = read_note(source)
    except Corrupt:
        return
    assert write_note(source, note, now=NOW) == source


@pytest.mark.skipif(not (ROOT / "ical").exists(), reason="the corpus is not here")
def test_journals_of_the_world() -> None:
    """Every VJOURNAL of the corpus is read, comes back unchanged, and takes a change."""
    count = 0
    for path in sorted((ROOT / "ical").rglob("*.*")):
        source = path.read_bytes() if path.is_file() else b""
        if b"BEGIN:VJOURNAL" not in source:
            continue
        count += 1
        note = read_note(source)
        assert write_note(source, note, now=NOW) == source
        changed = replace(note, subject="changed", categories=("a,b", "c"))
        written = write_note(source, changed, now=NOW)
        assert normalised(read_note(written)) == normalised(changed), path
    assert count > 20

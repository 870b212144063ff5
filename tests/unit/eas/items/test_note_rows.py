"""Notes to and from their elements, row by row of MS-ASNOTE."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carbonio_mobile.eas.bodyoptions import BodyOptions, BodyPreference, BodyType
from carbonio_mobile.eas.items.context import Ghosts
from carbonio_mobile.eas.items.faults import ItemFault
from carbonio_mobile.eas.items.note import added, application_data, changed
from carbonio_mobile.eas.status import SyncStatus
from carbonio_mobile.eas.version import Version
from carbonio_mobile.pim.note import Note
from carbonio_mobile.pim.notes import normalised, read_note, write_note
from carbonio_mobile.pim.text import Text
from carbonio_mobile.wbxml import decode, encode
from carbonio_mobile.wbxml.codepages import AirSyncBase, Notes
from carbonio_mobile.wbxml.elements import Element
from carbonio_mobile.wbxml.tokens import Tag
from tests.unit.eas.eas_mails import on_the_wire
from tests.unit.eas.items.objects import NOBODY, NOW, WHOLE, author, data, find, item, rows, value
from tests.unit.pim.test_notes import NOTES

SINCE_14 = [version for version in Version if version >= Version.V14_0]
NO_GHOSTS = Ghosts()
FULL = Note(
    uid="n1",
    subject="Milk",
    body=Text(plain="Fresh\nmilk", html="<p>Fresh<br>milk"),
    categories=("Home", "Shop"),
    message_class="IPM.StickyNote.Mine",
    modified_at=1_773_100_800.0,
)
CLASS = Element(Notes.MessageClass, "IPM.StickyNote")


def shown(
    note: Note, version: Version = Version.V16_1, wanted: BodyOptions = WHOLE
) -> list[Element]:
    """Give the elements as a device receives them, valid by the schemas."""
    return on_the_wire(application_data(item(note), wanted, version, NOBODY), version.text)


_SUPPORTS = r"\[In ([A-Za-z0-9]+)[^\]]*\] Protocol version (\S+) (does not support|supports)"


@pytest.mark.parametrize("row", rows("MS-ASNOTE", _SUPPORTS))
def test_each_version_has_its_elements(row: tuple[str, str, str]) -> None:
    """An element is shown, and read, in the versions that support it; to 12.1 there are no notes.

    MS-ASNOTE_R43001 MS-ASNOTE_R43002 MS-ASNOTE_R43003 MS-ASNOTE_R43004 MS-ASNOTE_R43005
    MS-ASNOTE_R47001 MS-ASNOTE_R47002 MS-ASNOTE_R47003 MS-ASNOTE_R47004 MS-ASNOTE_R47005
    MS-ASNOTE_R50001 MS-ASNOTE_R50002 MS-ASNOTE_R50003 MS-ASNOTE_R50004 MS-ASNOTE_R50005
    MS-ASNOTE_R53001 MS-ASNOTE_R53002 MS-ASNOTE_R53003 MS-ASNOTE_R53004 MS-ASNOTE_R53005
    MS-ASNOTE_R57001 MS-ASNOTE_R57002 MS-ASNOTE_R57003 MS-ASNOTE_R57004 MS-ASNOTE_R57005
    MS-ASNOTE_R60001 MS-ASNOTE_R60002 MS-ASNOTE_R60003 MS-ASNOTE_R60004 MS-ASNOTE_R60005
    """
    name, text, says = row
    version = Version.parse(text)
    tag = AirSyncBase.Body if name == "Body" else getattr(Notes, name)
    if says == "supports":
        assert find(shown(FULL, version), tag) is not None
        return
    assert application_data(item(FULL), WHOLE, version, NOBODY) == []
    with pytest.raises(ItemFault):
        added(data(CLASS), author(version))


@pytest.mark.parametrize("version", SINCE_14)
@pytest.mark.parametrize("note", [FULL, Note(uid="n2"), replace(FULL, modified_at=None)])
def test_a_note_on_the_wire(version: Version, note: Note) -> None:
    """Class and time always; the time is compact, that of the note or when it came.

    MS-ASNOTE_R2 MS-ASNOTE_R35 MS-ASNOTE_R44 MS-ASNOTE_R47 MS-ASNOTE_R50 MS-ASNOTE_R51
    MS-ASNOTE_R53 MS-ASNOTE_R54 MS-ASNOTE_R56 MS-ASNOTE_R57 MS-ASNOTE_R58 MS-ASNOTE_R60
    MS-ASNOTE_R125 MS-ASNOTE_R211 MS-ASAIRS_R105 MS-ASAIRS_R386 MS-ASWBXML_R626 MS-ASWBXML_R627
    MS-ASWBXML_R628 MS-ASWBXML_R629 MS-ASWBXML_R630 MS-ASDTYPE_R8 MS-ASDTYPE_R12211
    MS-ASDTYPE_R12213
    """
    elements = shown(note, version)
    tags = [one.tag for one in elements]
    assert len(set(tags)) == len(tags)
    assert AirSyncBase.Body in tags
    assert value(elements, Notes.MessageClass) == note.message_class
    stamp = "20260310T000000Z" if note.modified_at else "20260225T061220Z"
    assert value(elements, Notes.LastModifiedDate) == stamp
    assert (Notes.Subject in tags) == bool(note.subject)
    container = find(elements, Notes.Categories)
    names = [] if container is None else [one.string for one in container]
    assert tuple(names) == note.categories
    sent = application_data(item(note), WHOLE, version, NOBODY)
    assert on_the_wire(sent, version.text, change=True) == elements


@pytest.mark.parametrize(
    ("wanted", "kind"), [((), 1), ((1,), 1), ((2,), 2), ((1, 2), 2), ((3,), 1)]
)
def test_a_body_as_the_device_wants_it(wanted: tuple[int, ...], kind: int) -> None:
    """Type is 1, 2 or 3, and Data is there.

    MS-ASNOTE_R37 MS-ASNOTE_R38 MS-ASNOTE_R39 MS-ASNOTE_R43 MS-ASNOTE_R123
    """
    preferences = tuple(BodyPreference(type=BodyType(one)) for one in wanted)
    body = find(shown(FULL, wanted=BodyOptions(preferences=preferences)), AirSyncBase.Body)
    assert body is not None
    assert body.value(AirSyncBase.Type) == str(kind)
    expected = FULL.body.html if kind == 2 else FULL.body.plain.replace("\n", "\r\n")
    assert body.value(AirSyncBase.Data) == expected


@pytest.mark.parametrize(
    "message_class",
    ["IPM.StickyNote", "IPM.StickyNote.", "ipm.stickynote", "IPM.StickyNote.x.y"],
)
def test_classes_of_notes(message_class: str) -> None:
    """Any of them is kept as it came.

    MS-ASNOTE_R57
    """
    note = added(data(Element(Notes.MessageClass, message_class)), author())
    stored = read_note(write_note(None, note, now=NOW))
    assert value(shown(stored), Notes.MessageClass) == message_class


@pytest.mark.parametrize(
    "wrong",
    [
        Element(Notes.MessageClass, "IPM.Note"),
        Element(Notes.MessageClass, "IPM.StickyNotes"),
        Element(Notes.MessageClass, "IPM.StickyNoteX.y"),
        Element(Notes.MessageClass, ""),
        Element(Notes.MessageClass, "IPM.StickyNote." + "x" * 300),
    ],
)
def test_classes_that_are_none_of_notes(wrong: Element) -> None:
    """Status 6, in an Add and in a Change.

    MS-ASNOTE_R57 MS-ASNOTE_R119
    """
    for act in (
        lambda: added(data(wrong), author()),
        lambda: changed(FULL, data(wrong), author(), NO_GHOSTS),
    ):
        with pytest.raises(ItemFault) as caught:
            act()
        assert caught.value.status is SyncStatus.CONVERSION_ERROR


@pytest.mark.parametrize(
    "sent",
    [
        [],
        [CLASS, Element(Notes.Subject, "x" * 5000)],
        [CLASS, Element(Notes.Categories, [Element(Notes.Category, str(n)) for n in range(301)])],
        [CLASS, Element(Notes.Categories, [Element(Notes.Category, "x" * 256)])],
        [CLASS, Element(Notes.Categories, [Element(Notes.Subject, "x")])],
        [CLASS, Element(AirSyncBase.Body, [Element(AirSyncBase.Type, "4")])],
    ],
)
def test_a_note_against_the_rules(sent: list[Element]) -> None:
    """Without MessageClass (R54), with a body of another type, beyond the bounds.

    MS-ASNOTE_R37 MS-ASNOTE_R54
    """
    with pytest.raises(ItemFault):
        added(data(*sent), author())


def test_what_a_change_leaves_out() -> None:
    """Categories go; subject, body and class stay; the time is that of the change.

    MS-ASNOTE_R112 MS-ASNOTE_R113 MS-ASNOTE_R10003 MS-ASNOTE_R209 MS-ASCMD_R878
    """
    after = changed(FULL, data(CLASS), author(), NO_GHOSTS)
    assert after == replace(FULL, categories=(), message_class="IPM.StickyNote", modified_at=NOW)
    assert changed(FULL, data(), author(), NO_GHOSTS).message_class == FULL.message_class


def test_categories_that_a_change_leaves_out() -> None:
    """MS-ASNOTE_R10002."""
    one = Element(Notes.Categories, [Element(Notes.Category, "Shop")])
    assert changed(FULL, data(CLASS, one), author(), NO_GHOSTS).categories == ("Shop",)
    none = data(CLASS, Element(Notes.Categories))
    assert changed(FULL, none, author(), NO_GHOSTS).categories == ()


def test_the_time_of_a_device_is_not_looked_at() -> None:
    """What comes back is when the note was really changed.

    MS-ASNOTE_R84 MS-ASNOTE_R209
    """
    for text in ("20010101T000000Z", "nonsense"):
        sent = data(CLASS, Element(Notes.LastModifiedDate, text))
        for note in (added(sent, author()), changed(FULL, sent, author(), NO_GHOSTS)):
            stored = read_note(write_note(None, note, now=NOW))
            assert value(shown(stored), Notes.LastModifiedDate) == "20260225T061320Z"


def emptied(*tags: Tag) -> list[Element]:
    return [Element(tag) for tag in tags]


def test_what_comes_empty_is_taken_off() -> None:
    """An empty element is no absent one."""
    sent = data(CLASS, *emptied(Notes.Subject, AirSyncBase.Body))
    after = changed(FULL, sent, author(), NO_GHOSTS)
    assert (after.subject, after.body) == ("", Text())


@given(NOTES, st.sampled_from(SINCE_14))
def test_a_device_that_sends_back_what_it_was_shown(note: Note, version: Version) -> None:
    """Changes nothing; it asks for HTML and gets the native form."""
    stored = normalised(read_note(write_note(None, replace(note, body=Text()), now=NOW)))
    stored = replace(stored, body=Text(plain=note.body.plain.replace("\0", "").replace("\r", "")))
    stored = normalised(stored)
    elements = application_data(item(stored), WHOLE, version, NOBODY)
    received = decode(encode(data(*elements)))
    assert normalised(changed(stored, received, author(version), NO_GHOSTS)) == stored

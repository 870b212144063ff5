"""Messages drawn from header and BODYSTRUCTURE."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carbonio_mobile.imap.sketch import (
    MAX_HEADERS,
    MAX_SECTIONS,
    decoded_size,
    is_drawable,
    sketch,
    wanted,
)
from carbonio_mobile.imap.structure import BodyPart, read_structure
from carbonio_mobile.imap.values import values
from carbonio_mobile.mime.structure import scan
from tests.unit.imap.test_structure import trees
from tests.unit.imap.writing import Writer, structure_value

TEXT = BodyPart(section="1", content_type="text/plain", size=5, lines=1)


def mixed(*parts: BodyPart) -> BodyPart:
    """Make a multipart."""
    return BodyPart(section="", content_type="multipart/mixed", parts=parts)


def leaf(section: str, content_type: str, **more: object) -> BodyPart:
    """Make a part of 10 octets."""
    return BodyPart(**{"section": section, "content_type": content_type, "size": 10, **more})


@pytest.mark.parametrize(
    ("part", "is_wanted"),
    [
        (leaf("2", "text/plain"), True),
        (leaf("2", "text/html", disposition="inline"), True),
        (leaf("2", "text/html", disposition="attachment"), False),
        (leaf("2", "text/plain", parameters={"name": b"a.txt"}), False),
        (leaf("2", "text/plain", parameters={"name": b' ". '}), True),
        (leaf("2", "text/plain", disposition_parameters={"filename*0*": b"utf-8''a"}), False),
        (leaf("2", "text/calendar", disposition="attachment"), True),
        (leaf("2", "application/ics", disposition_parameters={"filename": b"Invite.ICS"}), True),
        (leaf("2", "application/pdf", encoding="base64"), False),
        (leaf("2", "application/pdf", encoding="quoted-printable"), True),
        (leaf("2", "application/pdf", encoding="quoted-printable", size=1 << 20), False),
        (leaf("2", "message/rfc822", encoding="7bit", parts=(TEXT,)), False),
        (leaf("2", "message/rfc822", encoding="base64", parts=(TEXT,)), True),
        (leaf("2", "message/global", encoding="8bit"), True),
        (leaf("2", "message/delivery-status"), False),
    ],
)
def test_what_is_wanted(part: BodyPart, is_wanted: bool) -> None:
    """What mime looks into, and what has no known size; headers of all parts."""
    found = wanted(mixed(TEXT, part))
    assert ("2" in found) is is_wanted
    assert found["1"] == 5
    assert found["2.MIME"] == 0


def test_what_reports_say_is_wanted() -> None:
    """Of a report, the parts for machines."""
    parts = (leaf("1", "text/plain"), leaf("2", "message/delivery-status"))
    report = BodyPart(section="", content_type="multipart/report", parts=parts)
    assert wanted(report)["2"] == 10


def test_a_single_part_is_wanted_without_a_header_of_its_own() -> None:
    """Its header is that of the message."""
    assert wanted(TEXT) == {"1": 5}
    assert wanted(leaf("1", "application/pdf")) == {}


def test_many_parts() -> None:
    """So many headers and sections, and no more: a command has its length."""
    few = mixed(*(leaf(str(n), "application/pdf") for n in range(1, 1000)))
    assert len(wanted(few)) == MAX_HEADERS
    assert is_drawable(few)
    many = mixed(*(leaf(str(n), "text/plain") for n in range(1, MAX_SECTIONS + 1)))
    assert not is_drawable(many)


@pytest.mark.parametrize(
    "structure",
    [
        mixed(),
        mixed(BodyPart(section="1", content_type="text/plain")),
        mixed(TEXT, BodyPart(section="2", content_type="multipart/related")),
    ],
)
def test_a_multipart_without_parts_is_not_drawn(structure: BodyPart) -> None:
    """Neither as it is nor as Dovecot tells it."""
    assert not is_drawable(structure)


def test_sketch() -> None:
    """The message's header, its parts' headers given or made, and what was fetched of them."""
    structure = mixed(
        TEXT,
        leaf(
            "2",
            "application/pdf",
            encoding="base64",
            parameters={"name": b'a"b\\c.pdf'},
            content_id=b"<x@y>",
            disposition="attachment",
            disposition_parameters={"filename": b"two\r\nlines.pdf"},
            location=b"http://x/",
        ),
        leaf("3", "message/rfc822", subject=b"Inner\r\n one", parts=(TEXT,)),
    )
    contents = {"1": b"Hello", "1.MIME": b"Content-Type: text/plain; charset=utf-8\r\n\r\n"}
    drawn = sketch(b"Subject: S\r\n\r\n", structure, contents)
    assert drawn == (
        b'Content-Type: multipart/mixed; boundary="=_sketch"\r\nSubject: S\r\n\r\n'
        b"\r\n--=_sketch\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nHello"
        b'\r\n--=_sketch\r\nContent-Type: application/pdf; name="a\\"b\\\\c.pdf"\r\n'
        b"Content-Transfer-Encoding: base64\r\nContent-ID: <x@y>\r\n"
        b'Content-Disposition: attachment; filename="two lines.pdf"\r\n'
        b"Content-Location: http://x/\r\n\r\n"
        b"\r\n--=_sketch\r\nContent-Type: message/rfc822\r\n\r\nSubject: Inner  one\r\n\r\n"
        b"\r\n--=_sketch--\r\n"
    )


@pytest.mark.parametrize(
    ("header", "begins"),
    [
        (b"From x Mon\nSubject: S\n\n", b"From x Mon\nContent-Type: "),
        (b"\xef\xbb\xbfSubject: S\r\n\r\n", b"\xef\xbb\xbfContent-Type: "),
        (b"\r\n", b"Content-Type: "),
        (b"", b"Content-Type: "),
    ],
)
def test_odd_headers(header: bytes, begins: bytes) -> None:
    """What stands before the first field stays there."""
    drawn = sketch(header, mixed(TEXT), {"1": b"x", "1.MIME": b"\r\n"})
    assert drawn.startswith(begins)
    (part,) = scan(drawn).root.children
    assert drawn[part.body_start : part.end] == b"x"


@given(
    trees,
    st.binary(max_size=40)
    | st.sampled_from([b"--=_sketch\r\n", b"\r\n--=_sketch--\r\n", b"--=_sketch.1"]),
)
def test_parts_keep_numbers_types_and_octets(tree: BodyPart, octets: bytes) -> None:
    """Whatever the structure and the texts: we read in the sketch what it was drawn from."""
    writer = Writer()
    writer.value(structure_value(tree))
    structure = read_structure(values(writer.raw)[0])
    if not structure.is_multipart:
        return
    contents = {one: octets for one in wanted(structure) if not one.endswith(".MIME")}
    drawn = sketch(b"Subject: S\r\n\r\n", structure, contents)
    waiting = [(scan(drawn).root, structure)]
    while waiting:
        ours, theirs = waiting.pop()
        if theirs.is_multipart and not theirs.parts:
            continue
        assert (ours.id, ours.content_type) == (theirs.section, theirs.content_type)
        if theirs.is_multipart:
            waiting.extend(zip(ours.children, theirs.parts, strict=True))
        elif theirs.section in contents:
            assert drawn[ours.body_start : ours.end] == octets


@pytest.mark.parametrize("length", [0, 1, 2, 3, 56, 57, 58, 113, 114, 115, 5_000, 100_001])
@pytest.mark.parametrize("end", [b"", b"\r\n"])
def test_decoded_size_of_base64(length: int, end: bytes) -> None:
    """To one octet for lines of 76 letters, exactly where the sender says it."""
    encoded = base64.encodebytes(b"x" * length).replace(b"\n", b"\r\n").removesuffix(b"\r\n")
    encoded += end if encoded else b""
    part = leaf("1", "image/png", encoding="base64", size=len(encoded))
    assert abs(decoded_size(part) - length) <= 1
    part.disposition_parameters = {"size": b"%d" % length}
    assert decoded_size(part) == length


def test_decoded_size_of_others() -> None:
    """As it stands, by the ratio of uuencode, and no lie that is too large."""
    assert decoded_size(leaf("1", "image/png", encoding="7bit")) == 10
    assert decoded_size(leaf("1", "image/png", encoding="x-uuencode", size=6300)) == 4500
    lie = {"size": b"9" * 30}
    part = leaf("1", "image/png", encoding="base64", size=780, disposition_parameters=lie)
    assert decoded_size(part) == 569

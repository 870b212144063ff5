"""What is read: every construct, every limit, and an offset for whatever is wrong."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carbonio_mobile.errors import ProtocolError
from carbonio_mobile.wbxml import Element, Limits, decode, encode
from carbonio_mobile.wbxml.codepages import AirSync, ComposeMail, FolderHierarchy
from carbonio_mobile.wbxml.pages import tag_of

from .trees import trees

HEADER = "03016a00"


def read(body: str, header: str = HEADER, limits: Limits | None = None) -> Element:
    octets = bytes.fromhex(header + body)
    return decode(octets, limits) if limits else decode(octets)


def key(text: str | bytes | None) -> Element:
    """FolderSync with that SyncKey."""
    return Element(FolderHierarchy.FolderSync, [Element(FolderHierarchy.SyncKey, text)])


def refused(octets: bytes, limits: Limits | None = None) -> ProtocolError:
    with pytest.raises(ProtocolError) as caught:
        decode(octets, limits or Limits())
    assert caught.value.offset is not None
    assert 0 <= caught.value.offset <= len(octets)
    return caught.value


def outcome(octets: bytes) -> Element | ProtocolError:
    """The tree, or the error that was raised."""
    try:
        return decode(octets)
    except ProtocolError as error:
        return error


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("0007 56 52 033000 01 01", "0"),
        ("0007 56 12 01", None),
        ("0007 56 52 01 01", None),
        ("0007 56 52 0300 01 01", None),
        ("0007 56 52 0300 0300 01 01", None),
        ("0007 56 52 c30130 01 01", b"0"),
        ("0007 56 52 c300 01 01", b""),
        ("0007 56 52 0230 01 01", "0"),
        ("0007 56 52 02 81a72c 01 01", "\u53ac"),
        ("0007 56 52 02 83b000 01 01", "\ufffd"),
        ("0007 56 52 02 c4c08000 01 01", "\ufffd"),
        ("0007 56 52 033100 033200 0233 01 01", "123"),
        ("0007 56 52 033100 c301ff 01 01", b"1\xff"),
        ("0007 56 52 03c3a900 c30130 01 01", "é0".encode()),
        ("0007 56 52 03ff30 00 01 01", "\ufffd0"),
        ("0007 56 52 030100 01 01", "\x01"),
        ("0000 0007 56 0007 52 0007 033000 0007 01 01", "0"),
    ],
)
def test_text_in_all_its_forms(body, text):
    """Inline strings, OPAQUE and entities, alone and together, also empty and illegal."""
    assert read(body) == key(text)


@pytest.mark.parametrize(
    ("reference", "text"), [("8300", "ab"), ("8301", "b"), ("8303", "cd"), ("8302", None)]
)
def test_string_table_references(reference, text):
    """STR_T gives the string at that offset, up to its zero or the end of the table."""
    table = "61620063 64"
    assert read(f"0007 56 52 {reference} 01 01", "03016a05" + table) == key(text)


@pytest.mark.parametrize(
    ("header", "octets", "text"),
    [
        ("03010000", "c3a9", "é"),
        ("03010300", "c3a9", "é"),
        ("03010400", "e9", "é"),
        ("03040600", None, None),
        ("03046a00", "c3a9", "é"),
        ("0300 00 6a 0178", "c3a9", "é"),
        ("01016a00", "c3a9", "é"),
        ("02016a00", "c3a9", "é"),
        ("0001 6a00", None, None),
        ("04016a00", None, None),
        ("03018f5f00", None, None),
    ],
)
def test_headers(header, octets, text):
    """WBXML 1.1 to 1.3, any public id, UTF-8 and Latin-1 are read; the rest is refused."""
    if octets is None:
        error = refused(bytes.fromhex(header + "0007 56 52 033000 01 01"))
        assert error.expected
    else:
        assert read(f"0007 56 52 03{octets}00 01 01", header) == key(text)


def test_children_win_over_text_beside_them():
    """Blanks and other text before, between and after child elements are dropped."""
    assert read("45 032000 0b 036100 0b c30161 01") == Element(
        AirSync.Sync, [Element(AirSync.SyncKey), Element(AirSync.SyncKey)]
    )


def test_unknown_pages_and_tokens_are_kept():
    """What no specification names becomes a placeholder with its content."""
    assert read("0063 45 033100 01") == Element(tag_of(0x63, 5), "1")
    assert read("7f 3f 01") == Element(tag_of(0, 0x3F), [Element(tag_of(0, 0x3F))])


@pytest.mark.parametrize("padding", ["", "00", "000000", "20090d0a00"])
def test_padding_behind_the_root_is_tolerated(padding):
    """Zeros and blanks may follow."""
    assert read("05" + padding) == Element(AirSync.Sync)


@pytest.mark.parametrize(
    ("octets", "offset", "message"),
    [
        ("", 0, "ends early"),
        ("03016a", 3, "ends early"),
        ("03016a00", 4, "ends early"),
        ("03016a0000", 5, "ends early"),
        ("03016a0045", 5, "ends early"),
        ("03016a00450b", 6, "ends early"),
        ("03016a00454b0331", 6, "without end"),
        ("03016a00454b033100", 9, "ends early"),
        ("03016a0045 4b c3", 7, "ends early"),
        ("03016a0045 4b c3 05 61", 6, "past the end of the document"),
        ("03016a0045 4b c3 8fffffff7f", 6, "too long"),
        ("03016a0045 4b c3 ffffffffff7f", 7, "more than 32 bits"),
        ("03016a0045 4b c3 9fffffff7f", 7, "more than 32 bits"),
        ("03016a0045 4b 8300 01 01", 6, "past the string table"),
        ("03016a05 4501", 3, "longer than the document"),
        ("03016a00 01", 4, "misplaced token 0x01"),
        ("03016a00 033100", 4, "misplaced token 0x03"),
        ("03016a00 4304", 4, "PI"),
        ("03016a00 45 40", 5, "EXT_I_0"),
        ("03016a00 45 c2", 5, "EXT_2"),
        ("03016a00 45 0400", 5, "LITERAL"),
        ("03016a00 45 c400", 5, "LITERAL_AC"),
        ("03016a00 c5 0501", 4, "attributes"),
        ("03016a00 45 85 01", 5, "attributes"),
        ("03016a00 05 05", 5, "after the root"),
        ("03016a00 05 0000 01", 7, "after the root"),
    ],
)
def test_errors_carry_the_offset(octets, offset, message):
    """Whatever is not WBXML, or not ActiveSync's part of it, is refused where it stands."""
    error = refused(bytes.fromhex(octets))
    assert message in str(error)
    assert error.offset == offset


def test_depth_limit_counts_every_element():
    """Containers, leaves and empty elements below the limit are refused alike."""
    limits = Limits(depth=3)
    assert read("45 45 45 033100 01 01 01", limits=limits).children[0].children[0].text == "1"
    for deepest in ("05", "4501", "4503310001"):
        error = refused(bytes.fromhex(HEADER + "454545" + deepest + "010101"), limits)
        assert error.offset == 7
    assert refused(bytes.fromhex(HEADER) + b"\x45" * 100_000).offset == 4 + 64


def test_levels_are_given_back_at_end():
    """Many shallow elements are not a deep tree."""
    tree = Element(AirSync.Sync, [Element(AirSync.Add, [Element(AirSync.Add)])] * 1000)
    assert decode(encode(tree)) == tree


def test_node_limit_counts_elements_and_pieces_of_text():
    """Neither bare elements nor tiny strings, entities and page switches can fill the memory."""
    limits = Limits(nodes=10)
    header = bytes.fromhex(HEADER)
    for unit in (b"\x05", b"\x03a\x00", b"\x02a", b"\xc3\x00", b"\x00\x07"):
        assert decode(header + b"\x45" + unit * 9 + b"\x01", limits).tag is AirSync.Sync
        error = refused(header + b"\x45" + unit * 10 + b"\x01", limits)
        assert error.offset == 5 + 9 * len(unit)


def test_page_switches_before_the_root_count() -> None:
    """Ten nodes are nine switches and the root, and nothing is left for the body."""
    limits = Limits(nodes=10)
    header = bytes.fromhex(HEADER)
    assert decode(header + b"\x00\x00" * 9 + b"\x45\x01", limits).tag is AirSync.Sync
    assert refused(header + b"\x00\x00" * 9 + b"\x45\x05\x01", limits).offset == 4 + 18 + 1
    assert refused(header + b"\x00\x00" * 10 + b"\x45\x01", limits).offset == 4 + 18


def test_padding_is_bounded() -> None:
    """Sixteen octets may follow the root; a megabyte of zeros may not."""
    document = encode(key("0"))
    assert decode(document + b"\0" * 16) == key("0")
    for count in (17, 1 << 20):
        assert refused(document + b"\0" * count).offset == len(document) + 16


def test_text_limits():
    """Strings, octets and whole documents at their limit pass, and not one octet more."""
    limits = Limits(string_bytes=5, opaque_bytes=4)
    assert decode(encode(key("12345")), limits) == key("12345")
    assert "string too long" in str(refused(encode(key("123456")), limits))
    assert decode(encode(key(b"1234")), limits) == key(b"1234")
    assert "opaque value too long" in str(refused(encode(key(b"12345")), limits))
    octets = encode(key("0"))
    assert decode(octets, Limits(total_bytes=len(octets))) == key("0")
    assert refused(octets, Limits(total_bytes=len(octets) - 1)).offset == len(octets) - 1


def test_references_cannot_multiply_a_string():
    """What STR_T expands to has a bound of its own."""
    table = b"x" * 100
    octets = b"\x03\x01\x6a\x64" + table + b"\x45" + b"\x83\x00" * 20 + b"\x01"
    assert decode(octets, Limits(expanded_bytes=2000)).string == "x" * 2000
    assert "too much" in str(refused(octets, Limits(expanded_bytes=1999)))


@given(st.binary(), st.booleans())
def test_any_octets_give_a_tree_or_a_protocol_error(octets, with_header):
    """Nothing else comes out, and the error tells where."""
    document = bytes.fromhex(HEADER) + octets if with_header else octets
    result = outcome(document)
    if isinstance(result, ProtocolError):
        assert result.offset is not None
        assert 0 <= result.offset <= len(document)
    else:
        assert decode(encode(result)).tag is result.tag


@given(trees(), st.data())
def test_truncations_are_errors_and_flips_are_contained(tree, data):
    """A document cut short never passes; a flipped bit gives a tree or an error."""
    octets = encode(tree)
    cut = data.draw(st.integers(0, len(octets) - 1))
    refused(octets[:cut])
    bit = data.draw(st.integers(0, len(octets) * 8 - 1))
    flipped = bytearray(octets)
    flipped[bit // 8] ^= 1 << bit % 8
    result = outcome(bytes(flipped))
    assert isinstance(result, Element) or result.offset is not None


@given(trees(), st.integers(1, 4), st.integers(1, 12), st.integers(0, 6), st.integers(0, 6))
def test_limits_hold_for_whatever_decodes(tree, depth, nodes, string_bytes, opaque_bytes):
    """A tree that comes out is within every limit that was given."""
    limits = Limits(depth=depth, nodes=nodes, string_bytes=string_bytes, opaque_bytes=opaque_bytes)

    def measure(element: Element, level: int) -> int:
        assert level <= depth
        if isinstance(element.text, str):
            assert len(element.text.encode()) <= string_bytes
        elif element.text is not None:
            assert len(element.text) <= opaque_bytes
        return 1 + sum(measure(child, level + 1) for child in element)

    try:
        decoded = decode(encode(tree), limits)
    except ProtocolError:
        return
    assert measure(decoded, 1) <= nodes


def test_mime_with_zeros_survives_as_opaque():
    """An OPAQUE value holds what would end a string (MS-ASDTYPE R98)."""
    mime = b"Subject: x\r\n\r\n\x00\x01\x00\x01"
    tree = Element(ComposeMail.SendMail, [Element(ComposeMail.Mime, mime)])
    assert decode(encode(tree)) == tree

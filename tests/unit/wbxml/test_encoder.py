"""What is written: exact octets, legal characters, and the tree that went in."""

import pytest
from hypothesis import example, given

from carbonio_mobile.wbxml import Element, decode, encode
from carbonio_mobile.wbxml.codepages import AirSync, AirSyncBase, ComposeMail, Email, Ping
from carbonio_mobile.wbxml.encoder import MAX_DEPTH, clean, mb_u_int32

from .trees import any_text, trees

HEADER = bytes.fromhex("03016a00")


def is_legal(character: str) -> bool:
    """The production Char of XML 1.0."""
    code = ord(character)
    return (
        code in (0x09, 0x0A, 0x0D)
        or 0x20 <= code <= 0xD7FF
        or 0xE000 <= code <= 0xFFFD
        or code >= 0x10000
    )


def legal(text: str) -> str:
    """What of a text may travel, said the slow way."""
    paired = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return "".join(filter(is_legal, paired))


def legalised(element: Element) -> Element:
    """The tree that is to arrive."""
    if element.children:
        return Element(element.tag, [legalised(child) for child in element])
    text = element.text
    return Element(element.tag, legal(text) if isinstance(text, str) else text)


@given(trees())
def test_decoding_gives_the_tree_that_was_encoded(tree):
    """decode(encode(tree)) is the tree with its text made legal, for any tags, text and octets."""
    arrived = decode(encode(tree))
    assert arrived == legalised(tree)
    assert encode(arrived) == encode(tree)


@given(any_text)
@example("\ud83d\ude00")
@example("\ud800")
@example("\udc00\ud800 ")
@example("\ufeffbom")
@example("\ufffe\uffff")
def test_only_legal_characters_are_written(text):
    """No text gets past the encoder with a character that XML 1.0 forbids."""
    for sent in (text, text * 300):  # the short and the long way through the encoder
        arrived = decode(encode(Element(Email.Subject, sent))).string
        assert arrived == legal(sent)
        assert all(map(is_legal, arrived))


@pytest.mark.parametrize("code", [*range(0x20), 0x7F, 0x85, 0xFFFD, 0xFFFE, 0xFFFF, 0x1FFFE])
@pytest.mark.parametrize("padding", ["", "x" * 1000, "é" * 1000, "日" * 1000])
def test_each_forbidden_character_vanishes(code, padding):
    """Controls but tab, CR and LF, and U+FFFE and U+FFFF are dropped from texts of any width."""
    character = chr(code)
    kept = character if is_legal(character) else ""
    assert clean(padding + character + "z").decode() == padding + kept + "z"


def test_page_switches_only_on_change():
    """A switch stays in force past END until the page changes again."""
    body = Element(AirSyncBase.Body, [Element(AirSyncBase.Type, "1")])
    tree = Element(AirSync.ApplicationData, [body, Element(AirSyncBase.NativeBodyType, "1")])
    assert encode(tree) == HEADER + bytes.fromhex("5d 0011 4a 46033100 01 01 56033100 01 01")


@pytest.mark.parametrize("content", [None, "", [], "\x00\x01"])
def test_empty_element_is_a_bare_token(content):
    """No content, or none that may travel: one octet, no END."""
    assert encode(Element(AirSync.Sync, content)) == HEADER + b"\x05"


def test_octets_travel_untouched_as_opaque():
    """OPAQUE carries any octets, also none, behind their number."""
    octets = bytes(range(256))
    assert encode(Element(ComposeMail.Mime, octets)) == (
        HEADER + bytes.fromhex("0015 50 c3 8200") + octets + b"\x01"
    )
    assert encode(Element(ComposeMail.Mime, b"")) == HEADER + bytes.fromhex("0015 50 c3 00 01")


def test_children_win_over_text():
    """An element that was given both writes its children, as the decoder would keep them."""
    element = Element(Ping.Ping, "text")
    element.children.append(Element(Ping.Status, "1"))
    assert decode(encode(element)) == Element(Ping.Ping, [Element(Ping.Status, "1")])


def test_depth_is_that_of_the_decoder():
    """The deepest tree that encodes also decodes; one level more is refused."""
    tree = Element(AirSync.Add, "x")
    for _ in range(MAX_DEPTH - 1):
        tree = Element(AirSync.Add, [tree])
    assert decode(encode(tree)) == tree
    with pytest.raises(ValueError, match="deeper than 64"):
        encode(Element(AirSync.Add, [tree]))


@pytest.mark.parametrize(
    ("number", "octets"),
    [(0, "00"), (0x7F, "7f"), (0x80, "8100"), (0xA0, "8120"), (0xFFFFFFFF, "8fffffff7f")],
)
def test_multi_byte_integers(number, octets):
    """Seven bits an octet, the highest first (WBXML 1.3, 5.1)."""
    assert mb_u_int32(number) == bytes.fromhex(octets)

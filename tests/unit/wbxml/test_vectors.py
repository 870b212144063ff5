"""The codec against published vectors and the corpus of real and broken documents."""

import csv
import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from carbonio_mobile.errors import ProtocolError
from carbonio_mobile.wbxml import Element, decode, dump, encode
from carbonio_mobile.wbxml.codepages import BY_NAME

SHARED = (Path(__file__).resolve().parents[3] / "../shared").resolve()
VECTORS = SHARED / "protocol" / "wbxml-vectors.json"
CORPUS = SHARED / "corpus" / "wbxml"
INDEX = SHARED / "corpus" / "INDEX.csv"

vectors = json.loads(VECTORS.read_text("utf-8")) if VECTORS.exists() else []
documents = sorted(CORPUS.rglob("*.wbxml"))
needs_vectors = pytest.mark.skipif(not vectors, reason=f"{VECTORS} is absent")
needs_corpus = pytest.mark.skipif(not documents, reason=f"{CORPUS} is absent")

# What a document here may decode to although the index calls it undecodable: this decoder accepts
# more (other versions of WBXML, other charsets, broken UTF-8, unknown tokens).
TOLERATED = {
    "charset-latin1",
    "invalid-utf8",
    "syncml-003-switch-tag-wbxml11-error",
    "syncml-003-switch-tag-wbxml12-ok",
    "unknown-page",
    "unknown-token",
    "utf8-overlong",
    "utf8-surrogate",
    "wrong-version-1.1",
}


def from_xml(node: ElementTree.Element, opaque_tags: list[str]) -> Element:
    """The element that a vector's XML describes; text of opaque tags is hex there."""
    namespace, name = node.tag[1:].split("}")
    if len(node):
        return Element(BY_NAME[namespace, name], [from_xml(child, opaque_tags) for child in node])
    text = node.text
    if text is not None and name in opaque_tags:
        return Element(BY_NAME[namespace, name], bytes.fromhex(text))
    return Element(BY_NAME[namespace, name], text)


def whole(path: Path) -> bytes:
    """A document of the corpus; Horde's fragments get a header, and a root where it lacks."""
    octets = path.read_bytes()
    if path.parent.name != "horde-activesync":
        return octets
    if path.stem in {"allday_appointment", "meeting_request_one"}:
        return b"\x03\x01\x6a\x00\x5d" + octets + b"\x01"
    return b"\x03\x01\x6a\x00" + octets


def outcome(octets: bytes) -> Element | ProtocolError:
    """The tree, or the error that was raised."""
    try:
        return decode(octets)
    except ProtocolError as error:
        return error


def tags_used(element: Element) -> list[str]:
    """Every tag of a tree, the root's first."""
    return [repr(element.tag), *(name for child in element for name in tags_used(child))]


@needs_vectors
@pytest.mark.parametrize("vector", vectors, ids=lambda vector: vector["name"])
def test_vector_round_trips_byte_for_byte(vector):
    """XML and octets of a vector are the same tree, and the octets come back exactly."""
    octets = bytes.fromhex(vector["wbxml_hex"])
    tree = from_xml(ElementTree.fromstring(vector["xml"]), vector["opaque_tags"])
    assert decode(octets) == tree
    assert encode(tree) == octets


@needs_corpus
@pytest.mark.parametrize("path", documents, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_document_gives_a_tree_or_a_protocol_error(path):
    """Each file decodes, and then re-encodes to the same tree, or says where it is wrong."""
    octets = whole(path)
    result = outcome(octets)
    if isinstance(result, ProtocolError):
        assert result.offset is not None
        assert 0 <= result.offset <= len(octets)
        return
    assert dump(result)
    again = decode(encode(result))
    assert encode(again) == encode(result)
    assert tags_used(again) == tags_used(result)


@needs_corpus
def test_corpus_decodes_as_its_index_says():
    """Root and number of elements are those of an independent decoder, or it refused too."""
    with INDEX.open(encoding="utf-8", newline="") as lines:
        rows = {row["path"]: row["tags"] for row in csv.DictReader(lines)}
    checked = 0
    for path in documents:
        expected = rows[f"wbxml/{path.relative_to(CORPUS)}"]
        result = outcome(whole(path))
        if isinstance(result, ProtocolError):
            assert not expected.startswith("root "), path
            continue
        names = tags_used(result)
        if expected.startswith("root "):
            root, count = expected.split(", ")[:2]
            assert (f"root {names[0]}", f"{len(names)} elements") == (root, count), path
            checked += 1
        else:
            assert path.stem in TOLERATED, path
    assert checked > 40

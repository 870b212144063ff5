"""The checks that tests of responses rely on: schemas and versions."""

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from carbonio_mobile.eas.roots import ROOTS
from carbonio_mobile.testing.schemas import as_xml, check_versions, validate
from carbonio_mobile.wbxml import Element
from carbonio_mobile.wbxml.codepages import (
    BY_NAME,
    AirSync,
    AirSyncBase,
    ComposeMail,
    Email,
    Email2,
    FolderHierarchy,
    ItemOperations,
    Ping,
)
from carbonio_mobile.wbxml.pages import tag_of

FOLDER = (Path(__file__).resolve().parents[3] / "../shared/protocol/schemas").resolve()
pytestmark = pytest.mark.skipif(not FOLDER.exists(), reason=f"{FOLDER} is absent")


def samples() -> list[tuple[str, str]]:
    """Command and XML of each sample that is the answer to a command in WBXML."""
    path = FOLDER / "samples.json"
    pairs = json.loads(path.read_text("utf-8")) if path.exists() else []
    found = [(pair["schema"].removesuffix("Response.xsd"), pair["xml"]) for pair in pairs]
    return [(command, xml) for command, xml in found if command != "Autodiscover"]


def from_xml(node: ElementTree.Element) -> Element:
    namespace, name = node.tag[1:].split("}")
    children = [from_xml(child) for child in node]
    return Element(BY_NAME[namespace, name], children or node.text)


def sync_with(*properties: Element) -> Element:
    """A Sync response that adds one message with those properties."""
    added = Element(
        AirSync.Add,
        [Element(AirSync.ServerId, "5:1"), Element(AirSync.ApplicationData, properties)],
    )
    collection = [
        Element(AirSync.SyncKey, "2"),
        Element(AirSync.CollectionId, "5"),
        Element(AirSync.Status, "1"),
        Element(AirSync.Commands, [added]),
    ]
    collections = Element(AirSync.Collections, [Element(AirSync.Collection, collection)])
    return Element(AirSync.Sync, [collections])


@pytest.mark.parametrize(("command", "xml"), samples())
def test_samples_validate(command, xml):
    """Each sample document satisfies the schema of its command."""
    validate(from_xml(ElementTree.fromstring(xml)), command, folder=FOLDER)


def test_there_is_a_schema_for_each_root():
    """The table of roots names no command whose schema is missing."""
    assert len(samples()) == 20
    for command, root in ROOTS.items():
        assert (FOLDER / f"{command}Response.xsd").exists(), command
        with pytest.raises(AssertionError):
            validate(Element(root, [Element(tag_of(99, 5))]), command, folder=FOLDER)


def test_octets_are_seen_as_base64():
    """OPAQUE values do not trip the schema, whatever they hold."""
    tree = sync_with(Element(Email2.ConversationId, b"\x00\xff\x01"), Element(Email.Subject, "s"))
    validate(tree, "Sync", folder=FOLDER)


def test_names_of_the_current_specification_are_mapped():
    """Name and Email of a forwardee are written as the ComposeMail schema calls them."""
    forwardee = Element(
        ComposeMail.Forwardee,
        [Element(ComposeMail.Name, "Mary"), Element(ComposeMail.Email, "mary@example.com")],
    )
    names = [child.tag for child in as_xml(forwardee)]
    assert names == ["{ComposeMail}ForwardeeName", "{ComposeMail}ForwardeeEmail"]


@pytest.mark.parametrize(
    ("tree", "command", "message"),
    [
        (Element(Ping.Ping, [Element(Ping.Status, "soon")]), "Ping", "Status"),
        (Element(Ping.Ping), "Sync", "answered with Ping:Ping, not AirSync:Sync"),
        (Element(Ping.Ping), "GetAttachment", "no schema"),
        (Element(FolderHierarchy.FolderSync, "\x00"), "FolderSync", "cannot be written as XML"),
        (sync_with(Element(AirSyncBase.Data, "x")), "Sync", "Data"),
    ],
)
def test_what_is_wrong_is_named(tree, command, message):
    """A wrong value, root, command, character or place fails with the reason."""
    with pytest.raises(AssertionError, match=message):
        validate(tree, command, folder=FOLDER)


def test_versions_of_tags_are_checked():
    """A tag newer or older than the version fails by name; placeholders always fail."""
    tree = sync_with(Element(Email2.IsDraft, "0"), Element(AirSyncBase.Body))
    check_versions(tree, "16.0")
    with pytest.raises(AssertionError, match=r"not in version 14\.1: Email2:IsDraft$"):
        check_versions(tree, "14.1")
    with pytest.raises(AssertionError, match="AirSync:0x3F, AirSyncBase:0x3F"):
        check_versions(sync_with(Element(tag_of(0, 0x3F)), Element(tag_of(17, 0x3F))), "16.1")
    check_versions(Element(ItemOperations.ItemOperations), "12.0")

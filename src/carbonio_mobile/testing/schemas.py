"""Check a response tree against the published XML schemas and against the tags of a version.

Spec: the schemas of the protocol's interoperability suite; MS-ASWBXML 2.1.2.1 (versions of tags).
"""

from base64 import b64encode
from functools import cache
from pathlib import Path
from typing import Final

from lxml import etree

from carbonio_mobile.eas.roots import ROOTS
from carbonio_mobile.wbxml.codepages import (
    VERSIONS,
    AirSync,
    Calendar,
    ComposeMail,
    Email,
    GetItemEstimate,
)
from carbonio_mobile.wbxml.elements import Element
from carbonio_mobile.wbxml.tokens import Tag

# The schemas keep the names these tokens had before the current specification.
_SCHEMA_NAMES: Final[dict[Tag, str]] = {
    ComposeMail.Name: "ForwardeeName",
    ComposeMail.Email: "ForwardeeEmail",
}
# What stands in responses up to 12.1 and not in these schemas, which begin with 12.1.
_OLDER_THAN_SCHEMAS: Final = frozenset(
    {
        (AirSync.Collection, AirSync.Class),  # MS-ASCMD R1327
        (GetItemEstimate.Collection, GetItemEstimate.Class),  # MS-ASCMD R1355
        (Email.Attachment, Email.AttOid),
        (Calendar.Exception, Calendar.Body),
        (Calendar.Exception, Calendar.BodyTruncated),
    }
)


def validate(response_wbxml_tree: Element, command: str, *, folder: Path) -> None:
    """Assert that a response has the command's root and satisfies its schema in ``folder``.

    ``folder`` holds the schemas with imports, as ``../shared/protocol/schemas`` does. They are a
    union over versions 12.1 to 16.1: see :func:`check_versions` for the rest.

    Raises: AssertionError naming the first errors.
    """
    root = ROOTS.get(command)
    if root is None:
        raise AssertionError(f"no schema for a response to {command}")
    if response_wbxml_tree.tag is not root:
        raise AssertionError(f"{command} answered with {response_wbxml_tree.tag}, not {root}")
    schema = _schema(folder / f"{command}Response.xsd")
    document = as_xml(response_wbxml_tree)
    if not schema.validate(document):
        errors = [f"{error.path}: {error.message}" for error in schema.error_log][:5]
        raise AssertionError(f"{command} response does not validate: " + "; ".join(errors))


def check_versions(tree: Element, version: str) -> None:
    """Assert that every tag of the tree exists in that protocol version, such as ``14.1``.

    Raises: AssertionError naming each tag that does not; placeholders never do.
    """
    foreign = set()
    waiting = [tree]
    while waiting:
        element = waiting.pop()
        if version not in VERSIONS.get(element.tag, ()):
            foreign.add(repr(element.tag))
        waiting += element.children
    if foreign:
        raise AssertionError(f"not in version {version}: {', '.join(sorted(foreign))}")


def as_xml(element: Element, parent: etree._Element | None = None) -> etree._Element:
    """Return the element as lxml has it, with the names that the schemas use and no older ones.

    OPAQUE becomes base64, which the schemas type as a string. Raises: AssertionError on text that
    XML cannot carry.
    """
    tag = element.tag
    name = f"{{{tag.namespace}}}{_SCHEMA_NAMES.get(tag, tag.name)}"
    try:
        node = etree.Element(name) if parent is None else etree.SubElement(parent, name)
        text = element.text
        node.text = b64encode(text).decode() if isinstance(text, bytes) else text
    except ValueError as exc:
        raise AssertionError(f"{tag} cannot be written as XML: {exc}") from exc
    for child in element.children:
        if (tag, child.tag) not in _OLDER_THAN_SCHEMAS:
            as_xml(child, node)
    return node


@cache
def _schema(path: Path) -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(str(path.resolve())))

"""XML documents of peers, read within bounds: no document type, no entity, nothing fetched.

libxml2 itself bounds the depth (256) and a text (10 million octets) while ``huge_tree`` is off.
"""

import re
from typing import Final

from lxml import etree

from carbonio_mobile.errors import ProtocolError

OCTETS_MAX: Final = 64 * 1024 * 1024
_ILLEGAL = re.compile("[^\\t\\n\\r\\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def read_document(octets: bytes, *, octets_max: int = OCTETS_MAX) -> etree._Element:
    """Give the root element. Raises: ProtocolError (no XML, too large or too deep, with a DTD)."""
    if len(octets) > octets_max:
        raise ProtocolError(f"a document of {len(octets)} octets", expected=f"{octets_max} at most")
    try:
        root = etree.fromstring(octets.lstrip(), _parser())
    except (etree.XMLSyntaxError, ValueError) as exc:
        # The parser's words may quote the document: they are not repeated.
        raise ProtocolError("this is no XML that can be read") from exc
    tree = root.getroottree()
    if tree.docinfo.internalDTD is not None or tree.docinfo.externalDTD is not None:
        raise ProtocolError("a document with a document type")
    return root


def _parser() -> etree.XMLParser:
    return etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
        collect_ids=False,
    )


def clean(text: str) -> str:
    """Leave out what XML 1.0 cannot carry."""
    return _ILLEGAL.sub("", text)


def text_of(element: etree._Element | None) -> str:
    """Give an element's own text, stripped; empty for none."""
    return (element.text or "").strip() if element is not None else ""


def elements(parent: etree._Element | None) -> list[etree._Element]:
    """Give the child elements: no entity that was left unresolved, no comment."""
    if parent is None:
        return []
    return [one for one in parent if isinstance(one.tag, str)]

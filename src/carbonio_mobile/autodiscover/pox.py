"""The XML documents of Autodiscover: a request read tolerantly, answers exact to the schema.

Spec: MS-ASCMD 2.2.1.1 (Autodiscover), 2.2.3 for its elements.
"""

import re
from dataclasses import dataclass
from datetime import time
from typing import Final

from lxml import etree

from carbonio_mobile.errors import ProtocolError

MOBILESYNC_SCHEMA: Final = (
    "http://schemas.microsoft.com/exchange/autodiscover/mobilesync/responseschema/2006"
)
"""The one response schema that a mobile client accepts (MS-ASCMD R711)."""

CONTENT_TYPE: Final = "text/xml; charset=utf-8"
CULTURE: Final = "en:us"
"""What to say when nothing better is known (MS-ASCMD R5823)."""

ERROR_INVALID_REQUEST: Final = 600
ERROR_NO_PROVIDER: Final = 601
_STATUS_PROTOCOL_ERROR = 2  # 1 means success and never appears (MS-ASCMD R4001, R4002)

_OUTER = "http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006"
_MAX_REQUEST_BYTES = 64 * 1024
_MAX_ADDRESS_CHARACTERS = 320
_ILLEGAL = re.compile("[^\\t\\n\\r\\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class PoxRequest:
    """What a client asks. Both are empty where the client left them out.

    An empty ``email`` means the address of the login (some Gmail builds); an empty ``schema`` means
    that the request is incomplete.
    """

    email: str
    schema: str

    @property
    def wants_mobilesync(self) -> bool:
        """Tell whether the answer of this server is one the client accepts."""
        return self.schema.lower() == MOBILESYNC_SCHEMA


def parse_request(xml: bytes) -> PoxRequest:
    """Find address and accepted schema, whatever namespace and case the elements are in.

    Raises: ProtocolError for an empty, oversized or hopeless document, or one with a document type
    (entities have no business here).
    """
    if len(xml) > _MAX_REQUEST_BYTES:
        raise ProtocolError("autodiscover request too large", expected="64 KiB at most")
    values: dict[str, str] = {}
    for element in _parsed(xml).iter():
        name = str(element.tag).rpartition("}")[2].lower()
        values.setdefault(name, (element.text or "").strip())
    return PoxRequest(
        email=values.get("emailaddress", "")[:_MAX_ADDRESS_CHARACTERS],
        schema=values.get("acceptableresponseschema", ""),
    )


def _parsed(xml: bytes) -> etree._Element:
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        recover=True,  # unescaped ampersands and unbound prefixes are seen in the wild
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(xml.strip(), parser)
    except (etree.XMLSyntaxError, ValueError) as exc:
        raise ProtocolError("autodiscover request is not XML") from exc
    if root is None:
        raise ProtocolError("autodiscover request is not XML")
    if root.getroottree().docinfo.doctype:
        raise ProtocolError("autodiscover request with a document type")
    return root


def build_success(*, email: str, display_name: str, url: str, culture: str = CULTURE) -> bytes:
    """Answer with the server: ``url`` is the whole URL of ``/Microsoft-Server-ActiveSync``.

    ``email`` is the primary address, which the client uses from then on (MS-ASCMD R2228, R5741).
    """
    document, response = _response(email, display_name, culture)
    settings = _child(_child(response, "Action"), "Settings")
    server = _child(settings, "Server")
    for name, text in (("Type", "MobileSync"), ("Url", url), ("Name", url)):
        _child(server, name, text)
    return _serialised(document)


def build_failure(*, email: str, display_name: str, message: str, culture: str = CULTURE) -> bytes:
    """Answer that this user is known but the look-up failed: Status 2 (MS-ASCMD R4001)."""
    document, response = _response(email, display_name, culture)
    error = _child(_child(response, "Action"), "Error")
    _child(error, "Status", str(_STATUS_PROTOCOL_ERROR))
    _child(error, "Message", message)
    _child(error, "DebugData", "")
    return _serialised(document)


def build_error(*, code: int, message: str, at: time, server_id: int) -> bytes:
    """Answer a request that cannot be served: code 600 or 601 (MS-ASCMD R2287, R2288).

    ``at`` is the time of day in UTC, ``server_id`` any stable number below 2**32 (R5545, R5547).
    """
    document = etree.Element(f"{{{_OUTER}}}Autodiscover", nsmap={None: _OUTER})
    response = etree.SubElement(document, f"{{{_OUTER}}}Response")
    error = etree.SubElement(response, f"{{{_OUTER}}}Error")
    error.set("Time", f"{at:%H:%M:%S}.{at.microsecond:06d}0")  # seven digits of a second
    error.set("Id", str(server_id))
    for name, text in (("ErrorCode", str(code)), ("Message", message), ("DebugData", "")):
        etree.SubElement(error, f"{{{_OUTER}}}{name}").text = _legal(text)
    return _serialised(document)


def _response(email: str, display_name: str, culture: str) -> tuple[etree._Element, etree._Element]:
    document = etree.Element(f"{{{_OUTER}}}Autodiscover", nsmap={None: _OUTER})
    response = etree.SubElement(
        document, f"{{{MOBILESYNC_SCHEMA}}}Response", nsmap={None: MOBILESYNC_SCHEMA}
    )
    _child(response, "Culture", culture)
    user = _child(response, "User")
    if display_name:
        _child(user, "DisplayName", display_name)
    _child(user, "EMailAddress", email)
    return document, response


def _child(parent: etree._Element, name: str, text: str | None = None) -> etree._Element:
    element = etree.SubElement(parent, f"{{{MOBILESYNC_SCHEMA}}}{name}")
    element.text = None if text is None else _legal(text)
    return element


def _legal(text: str) -> str:
    """Leave out what XML 1.0 cannot carry: controls, lone surrogates, U+FFFE and U+FFFF."""
    return _ILLEGAL.sub("", text)


def _serialised(document: etree._Element) -> bytes:
    return etree.tostring(document, xml_declaration=True, encoding="utf-8")

"""The XML form: tolerant reading, answers that the published schemas accept."""

from datetime import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from carbonio_mobile.autodiscover.pox import (
    MOBILESYNC_SCHEMA,
    PoxRequest,
    build_error,
    build_failure,
    build_success,
    parse_request,
)
from carbonio_mobile.errors import ProtocolError

SCHEMAS = Path(__file__).parents[3] / "../shared/protocol/schemas"
REQUEST = f"""<?xml version="1.0" encoding="utf-8"?>
<Autodiscover xmlns="http://schemas.microsoft.com/exchange/autodiscover/mobilesync/requestschema/2006">
  <Request>
    <EMailAddress> john@example.com </EMailAddress>
    <AcceptableResponseSchema>{MOBILESYNC_SCHEMA}</AcceptableResponseSchema>
  </Request>
</Autodiscover>"""
OUTLOOK = "http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a"
MOBILE = {"m": MOBILESYNC_SCHEMA}


@pytest.fixture(scope="module", name="schema")
def fixture_schema() -> etree.XMLSchema:
    path = SCHEMAS / "AutodiscoverResponse.xsd"
    if not path.exists():
        pytest.skip("the published schemas are not here")
    return etree.XMLSchema(etree.parse(path))


def test_mobile_request() -> None:
    """MS-ASCMD R2225, R711: address and schema of a well-formed request."""
    request = parse_request(REQUEST.encode())
    assert request == PoxRequest(email="john@example.com", schema=MOBILESYNC_SCHEMA)
    assert request.wants_mobilesync


def test_outlook_request_is_recognised() -> None:
    """The desktop schema is read, so that it can be refused with 601 rather than an error page."""
    request = parse_request(REQUEST.replace(MOBILESYNC_SCHEMA, OUTLOOK).encode())
    assert request.schema == OUTLOOK
    assert not request.wants_mobilesync


@pytest.mark.parametrize(
    "document",
    [
        "\n  " + REQUEST,
        REQUEST.replace("EMailAddress", "emailaddress"),
        REQUEST.replace(' xmlns="', ' xmlns:x="').replace(
            "<Request>", "<Request>&nbsp; & <!-- -->"
        ),
        "\ufeff" + REQUEST,
    ],
)
def test_sloppy_requests_are_understood(document: str) -> None:
    """Case, namespace, white space, a byte order mark and stray ampersands do not matter."""
    request = parse_request(document.encode())
    assert request.email == "john@example.com"
    assert request.wants_mobilesync


def test_utf16_request() -> None:
    """The declared encoding is obeyed."""
    request = parse_request(REQUEST.replace("utf-8", "utf-16").encode("utf-16"))
    assert request.email == "john@example.com"


def test_request_without_address() -> None:
    """Some clients leave the address out; the login name stands in for it."""
    assert parse_request(REQUEST.replace("EMailAddress", "Other").encode()).email == ""


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"   ",
        b"hello",
        b"\0\1\2",
        b'<!DOCTYPE a [<!ENTITY b "c">]><a><EMailAddress>&b;</EMailAddress></a>',
        b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>',
        b"<a>" + b"x" * 70_000 + b"</a>",
    ],
)
def test_hopeless_requests(document: bytes) -> None:
    """No XML, a document type or too much of it: ProtocolError, which becomes error 600."""
    with pytest.raises(ProtocolError):
        parse_request(document)


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(noise: bytes) -> None:
    """Neither noise nor a mutilated request raises anything but ProtocolError."""
    whole = REQUEST.encode()
    cut = len(noise) * 2 % len(whole)
    for document in (noise, whole[:cut] + noise + whole[cut + len(noise) :]):
        try:
            request = parse_request(document)
        except ProtocolError:
            continue
        assert len(request.email) <= 320


def test_success_document(schema: etree.XMLSchema) -> None:
    """MS-ASCMD R5823, R5741, R3892: culture, user and one MobileSync server."""
    url = "https://mail.example.com/Microsoft-Server-ActiveSync"
    document = etree.fromstring(
        build_success(email="john@example.com", display_name="Jöhn <\x01>", url=url)
    )
    schema.assertValid(document)
    assert document.findtext(".//m:Culture", namespaces=MOBILE) == "en:us"
    assert document.findtext(".//m:User/m:DisplayName", namespaces=MOBILE) == "Jöhn <>"
    server = document.find(".//m:Action/m:Settings/m:Server", MOBILE)
    assert server is not None
    assert [child.text for child in server] == ["MobileSync", url, url]


def test_failure_document(schema: etree.XMLSchema) -> None:
    """MS-ASCMD R4001, R4002: Status 2 inside Action, never 1."""
    document = etree.fromstring(
        build_failure(email="john@example.com", display_name="", message="Directory is away.")
    )
    schema.assertValid(document)
    assert document.findtext(".//m:Action/m:Error/m:Status", namespaces=MOBILE) == "2"


@pytest.mark.parametrize("code", [600, 601])
def test_error_document(schema: etree.XMLSchema, code: int) -> None:
    """MS-ASCMD R2287, R2288, R5545, R5547: code, time of day and server id."""
    at = time(3, 4, 5, 67)
    document = etree.fromstring(build_error(code=code, message="No.", at=at, server_id=2**32 - 1))
    schema.assertValid(document)
    error = document[0][0]
    assert dict(error.attrib) == {"Time": "03:04:05.0000670", "Id": "4294967295"}
    assert error[0].text == str(code)


@given(st.text(st.characters(), max_size=50))
def test_any_text_gives_a_document(text: str) -> None:
    """Names with characters that XML cannot carry lose those characters, nothing else."""
    document = etree.fromstring(
        build_success(email="a@b", display_name=text or "x", url="https://x")
    )
    shown = document.findtext(".//m:DisplayName", namespaces=MOBILE) or ""
    assert set(shown) <= set(text or "x") | {"\n"}

"""What is refused for every command alike, and Autodiscover."""

from collections.abc import Mapping

import pytest
from lxml import etree

from carbonio_mobile.eas.http import HttpRequest, HttpResponse
from carbonio_mobile.testing.rig import Rig, basic, now
from carbonio_mobile.wbxml import Element, decode, encode
from carbonio_mobile.wbxml.codepages import Email, Ping
from tests.unit.commands import asking
from tests.unit.test_discovery import MOBILE, OUTLOOK, asked

LINE = "Cmd=FolderSync&User=john&DeviceId=d1&DeviceType=Rig"
GOOD = encode(asking.folder_sync("0"))


def ask(rig: Rig, body: bytes = GOOD, *, query: str = LINE, version: str = "14.1") -> HttpResponse:
    """Send a request of John's."""
    headers = {
        "authorization": basic(Rig.ADDRESS, Rig.PASSWORD),
        "ms-asprotocolversion": version,
        "content-type": "application/vnd.ms-sync.wbxml",
    }
    return _posted(rig, headers, body, query)


def _posted(rig: Rig, headers: Mapping[str, str], body: bytes, query: str) -> HttpResponse:
    request = HttpRequest(
        method="POST",
        path="/Microsoft-Server-ActiveSync",
        query=query.encode(),
        headers=dict(headers),
        body=body,
        peer="127.0.0.1",
        host="example.com",
        secure=True,
    )
    response: HttpResponse = now(rig.pipeline.respond(request))
    return response


@pytest.mark.parametrize("version", ["14.0", "14.1", "16.0", "16.1"])
@pytest.mark.parametrize("command", ["MoveItems", "GetItemEstimate"])
def test_what_cannot_be_read(command: str, version: str) -> None:
    """MS-ASCMD R4815, R4817: 102 for what is no WBXML; 103 for the document of another command."""
    query = LINE.replace("FolderSync", command)
    for body, status in ((b"no wbxml", "102"), (encode(Element(Email.Subject, "x")), "103")):
        told = decode(ask(Rig(), body, query=query, version=version).body)
        assert told.children[0].text == status


def found(rig: Rig, schema: str = MOBILE, body: bytes | None = None) -> etree._Element:
    """Ask for Autodiscover; gives the document."""
    request = HttpRequest(
        method="POST",
        path="/autodiscover/autodiscover.xml",
        query=b"",
        headers={"authorization": basic(Rig.ADDRESS, Rig.PASSWORD), "host": "mail.example.com"},
        body=asked(schema) if body is None else body,
        peer="127.0.0.1",
        host="mail.example.com",
        secure=True,
    )
    response: HttpResponse = now(rig.pipeline.discover(request))
    assert response.code == 200
    return etree.fromstring(response.body)


def test_autodiscover_speaks_xml() -> None:
    """MS-ASCMD R8, R41, R703, R806, R2228, R3484, R4648; MS-ASHTTP R445: the URL twice."""
    document = found(Rig())
    assert etree.QName(document).localname == "Autodiscover"
    text = {etree.QName(one).localname: one.text for one in document.iter()}
    assert text["Type"] == "MobileSync"
    assert text["Name"] == text["Url"]
    assert str(text["Url"]).startswith("https://mail.example.com/")
    assert text["EMailAddress"] == Rig.ADDRESS
    response = document[0]
    assert etree.QName(response).namespace == MOBILE


def test_autodiscover_refuses_other_schemas() -> None:
    """MS-ASCMD R2285, R2286, R3818, R5698: an Error with a code and the time of day."""
    document = found(Rig(), OUTLOOK)
    errors = [one for one in document.iter() if etree.QName(one).localname == "Error"]
    assert len(errors) == 1
    (error,) = errors
    text = {etree.QName(one).localname: one.text for one in error}
    assert text["ErrorCode"] in {"600", "601"}
    hours, minutes, _rest = error.get("Time", "").split(":")
    assert 0 <= int(hours) < 24
    assert 0 <= int(minutes) < 60


def test_a_ping_that_has_nothing_to_say() -> None:
    """MS-ASHTTP R504: the folders are watched; an answer has its Status at least."""
    rig = Rig()
    answer = ask(rig, b"", query=LINE.replace("FolderSync", "Ping"))
    assert decode(answer.body).value(Ping.Status) == "3"

"""HTTP as devices see it: requests and answers whole, over a site, its pipeline and a mailbox."""

import gzip
from collections.abc import Mapping
from urllib.parse import quote

import pytest

from carbonio_mobile.eas.http import HttpRequest, HttpResponse
from carbonio_mobile.errors import OverQuota, Unavailable
from carbonio_mobile.mailbox.memory import MemoryMailbox
from carbonio_mobile.sync.folders import FolderKind
from carbonio_mobile.testing.rig import Rig, basic, now
from carbonio_mobile.wbxml import Element, decode, encode
from carbonio_mobile.wbxml.codepages import (
    AirSync,
    AirSyncBase,
    FolderHierarchy,
    ItemOperations,
    Move,
)
from tests.unit.commands import asking
from tests.unit.commands.checked import ALL_VERSIONS, CheckedPhone
from tests.unit.commands.phone import options
from tests.unit.web.rig import EAS
from tests.unit.web.rig import Rig as Site

WBXML = "application/vnd.ms-sync.wbxml"
LOGIN = {"authorization": basic(Rig.ADDRESS, Rig.PASSWORD)}


def ask(
    rig: Rig,
    command: str = "FolderSync",
    body: bytes = b"",
    *,
    method: str = "POST",
    version: str = "14.1",
    login: Mapping[str, str] = LOGIN,
    query: str = "",
) -> HttpResponse:
    """Send one request that is answered at once."""
    line = query or f"Cmd={command}&User=john&DeviceId=d1&DeviceType=Rig"
    request = HttpRequest(
        method=method,
        path="/Microsoft-Server-ActiveSync",
        query=line.encode(),
        headers={"ms-asprotocolversion": version, "content-type": WBXML, **login},
        body=body,
        peer="127.0.0.1",
        host="example.com",
        secure=True,
    )
    response: HttpResponse = now(rig.pipeline.respond(request))
    return response


FOLDER_SYNC = encode(asking.folder_sync("0"))


@pytest.mark.parametrize("version", ALL_VERSIONS)
def test_a_command_is_posted_and_answered(version: str) -> None:
    """MS-ASHTTP R1, R167, R175, R201, R228, R229, R261, R281; MS-ASWBXML R1: WBXML in and out."""
    answer = ask(Rig(), body=FOLDER_SYNC, version=version)
    headers = {name.lower(): value for name, value in answer.headers}
    assert answer.code == 200
    assert headers["content-type"] == WBXML
    assert headers["ms-server-activesync"]
    assert decode(answer.body).tag is FolderHierarchy.FolderSync


def test_options_tell_versions_and_commands() -> None:
    """MS-ASHTTP R222, R239, R244, R296, R297, R319, R450: in headers, in ASCII, without a body.

    MS-ASHTTP R240, R459, R460, R461, R1201, R12011: every version from 2.5 to 16.1.
    """
    answer = ask(Rig(), method="OPTIONS")
    headers = {name.lower(): value for name, value in answer.headers}
    assert answer.code == 200
    assert headers["ms-asprotocolversions"].split(",") == list(ALL_VERSIONS)
    assert {"Sync", "FolderSync"} <= set(headers["ms-asprotocolcommands"].split(","))
    assert all(value.isascii() for value in headers.values())


REFUSALS = [
    ("MS-ASHTTP R176 R177 R188", {"query": "Cmd=Sync"}, 400),
    ("MS-ASHTTP R523", {"login": {}}, 401),
    ("MS-ASHTTP R523", {"login": {"authorization": basic(Rig.ADDRESS, "wrong")}}, 401),
    ("MS-ASHTTP R443", {"command": "NoSuchCommand", "version": "12.1"}, 501),
]


@pytest.mark.parametrize(("_rows", "wrong", "code"), REFUSALS)
def test_refusals_have_their_code(_rows: str, wrong: dict[str, object], code: int) -> None:
    """The same each time that it is sent."""
    rig = Rig()
    for _ in range(2):
        assert ask(rig, body=FOLDER_SYNC, **wrong).code == code  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("rows", "error", "code"),
    [
        ("MS-ASHTTP R190", Unavailable("busy"), 503),
        ("MS-ASHTTP R192", OverQuota("full"), 507),
    ],
)
def test_what_the_server_cannot_do(
    monkeypatch: pytest.MonkeyPatch, rows: str, error: Exception, code: int
) -> None:
    """Up to 12.1 the code of HTTP says it."""

    async def failing(*_: object, **__: object) -> object:
        raise error

    rig = Rig()
    phone = CheckedPhone(rig, version="12.1", device="d1")
    phone.folder_sync()
    monkeypatch.setattr(MemoryMailbox, "create_folder", failing)
    body = encode(asking.folder_create(phone.folder_key, "Plans"))
    answer = ask(rig, "FolderCreate", body, version="12.1")
    assert answer.code == code
    if code == 503:
        assert "Retry-After" in dict(answer.headers)


@pytest.mark.parametrize("asked", [None, "F", "T"])
def test_multipart_is_for_who_asks(asked: str | None) -> None:
    """MS-ASHTTP R154, R155, R440: T, and nothing else."""
    rig = Rig()
    phone = CheckedPhone(rig, version="14.1")
    inbox = rig.folder(FolderKind.INBOX)
    name = f"{inbox}:{rig.deliver().item}"
    fetch = [Element(ItemOperations.Store, "Mailbox"), Element(AirSync.ServerId, name)]
    document = Element(ItemOperations.ItemOperations, [Element(ItemOperations.Fetch, fetch)])
    headers = {} if asked is None else {"ms-asacceptmultipart": asked}
    answer = phone.send("ItemOperations", document, headers=headers)
    kind = {name.lower(): value for name, value in answer.headers}["content-type"]
    assert kind == ("application/vnd.ms-sync.multipart" if asked == "T" else WBXML)


@pytest.mark.parametrize("version", ALL_VERSIONS)
def test_what_each_command_is_for(version: str) -> None:
    """MS-ASHTTP R428, R431, R491, R493, R496, R499: folders are listed, made, renamed, deleted."""
    rig = Rig()
    phone = CheckedPhone(rig, version=version)
    phone.folder_sync()
    inbox, trash = rig.folder(FolderKind.INBOX), rig.folder(FolderKind.TRASH)
    assert inbox in phone.folders
    made = phone.ask("FolderCreate", asking.folder_create(phone.folder_key, "Plans"))
    key, folder = made.children[1].string, made.children[2].string
    renamed = phone.ask("FolderUpdate", asking.folder_update(key, folder, "Old plans"))
    key = renamed.children[1].string
    hierarchy = now(rig.mailbox().hierarchy())
    found = hierarchy.find(folder)  # type: ignore[arg-type]
    assert found is not None
    assert found.name == "Old plans"
    phone.ask("FolderDelete", asking.folder_delete(key, folder))
    assert now(rig.mailbox().hierarchy()).find(folder) is None  # type: ignore[arg-type]
    item = f"{inbox}:{rig.deliver().item}"
    moved = phone.ask("MoveItems", asking.moves((item, inbox, trash)))
    assert moved.children[0].value(Move.Status) == "3"


def test_answers_without_a_document() -> None:
    """MS-ASHTTP R482: a Sync with no news; R230, MS-ASCMD R157, R5501: an attachment itself."""
    rig = Rig()
    phone = CheckedPhone(rig, version="12.1")
    inbox = rig.folder(FolderKind.INBOX)
    source = (
        b"From: mary@example.com\r\nSubject: file\r\n"
        b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\n\r\nx\r\n'
        b"--b\r\nContent-Type: text/csv\r\nContent-Disposition: attachment; filename=a.csv\r\n\r\n"
        b"1,2\r\n--b--\r\n"
    )
    rig.deliver(source)
    phone.prime(inbox, options())
    assert phone.post("Sync", asking.sync(phone.collection(inbox))) is None
    (item,) = phone.items[inbox].values()
    listed = item.find(AirSyncBase.Attachments)
    assert listed is not None
    name = listed.children[0].value(AirSyncBase.FileReference, "")
    answer = phone.send("GetAttachment", query=f"&AttachmentName={quote(name, safe='')}")
    assert answer.code == 200
    assert answer.body.strip() == b"1,2"
    kinds = {one.lower(): value for one, value in answer.headers}
    assert kinds["content-type"].startswith("text/csv")


def test_the_form_of_an_answer() -> None:
    """A status line, headers, an empty line, the body; nothing where nothing was asked.

    MS-ASHTTP R170, R172, R199, R215, R218, R220, R241, R412, R521, R522, R401: as RFC 2616 has it.
    """
    site = Site()
    client = site.connect()
    assert client.received() == b""
    client.request(EAS, b"x")
    site.pipeline.answer(b"text", Content_Type="text/plain")
    octets = client.received()
    head, _, body = octets.partition(b"\r\n\r\n")
    status, *lines = head.split(b"\r\n")
    assert status.startswith(b"HTTP/1.1 200")
    headers = {name.lower(): value.strip() for name, _, value in (x.partition(b":") for x in lines)}
    assert headers[b"content-length"] == b"4"
    assert headers[b"content-length"].isdigit()
    assert headers[b"content-type"] == b"text/plain"
    assert b"content-encoding" not in headers
    assert body == b"text"


def test_a_packed_answer_says_so() -> None:
    """MS-ASHTTP R197: Content-Encoding."""
    site = Site()
    client = site.connect()
    client.request(EAS, b"", b"Accept-Encoding: gzip")
    site.pipeline.answer(b"element " * 1000, Content_Type="text/plain")
    _, headers, body = client.answer()
    assert headers["content-encoding"] == "gzip"
    assert gzip.decompress(body) == b"element " * 1000


@pytest.mark.parametrize("path", [b"/", b"/nothing", EAS + b"/x"])
def test_other_paths_are_not_found(path: bytes) -> None:
    """MS-ASHTTP R182, R441: 404."""
    client = Site().connect()
    client.request(path, b"x")
    assert client.answer()[0] == 404

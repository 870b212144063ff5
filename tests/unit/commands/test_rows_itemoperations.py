"""ItemOperations, row by row of its requirements: every class, every status, every binary.

Spec: MS-ASCMD 2.2.1.10.
"""

import struct
from base64 import b64decode

import pytest

from carbonio_mobile.errors import Corrupt, NotAllowed, Unavailable
from carbonio_mobile.ids import FolderId, OperationId
from carbonio_mobile.mime.mailitem import BodyWish
from carbonio_mobile.sync.changes import NEWEST, OLDEST
from carbonio_mobile.sync.folders import FolderKind
from carbonio_mobile.testing.contracts.mailbox_objects import WITH_FILE
from carbonio_mobile.testing.rig import Rig, now
from carbonio_mobile.wbxml import Element, Tag, decode
from carbonio_mobile.wbxml.codepages import (
    AirSync,
    AirSyncBase,
    Calendar,
    Contacts,
    Email,
    ItemOperations,
    Notes,
    RightsManagement,
    Tasks,
)
from tests.unit.commands.checked import ALL_VERSIONS, CheckedPhone, check
from tests.unit.commands.everyclass import fill

KNOWING = tuple(version for version in ALL_VERSIONS if version != "2.5")
TITLES: dict[str, Tag] = {
    "Email": Email.Subject,
    "SMS": Email.From,
    "Contacts": Contacts.FileAs,
    "Calendar": Calendar.Subject,
    "Tasks": Tasks.Subject,
    "Notes": Notes.Subject,
}
SINCE = {"SMS": "14.0", "Notes": "14.0"}
ENCRYPTED = (
    b"From: mary@example.com\r\nSubject: secret\r\nMIME-Version: 1.0\r\n"
    b"Content-Type: application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m\r\n"
    b"Content-Transfer-Encoding: base64\r\n\r\nAAECAwQFBgc=\r\n"
)


def fetch(name: str, *options: Element, folder: str = "", also: Element | None = None) -> Element:
    return Element(
        ItemOperations.Fetch,
        [
            Element(ItemOperations.Store, "Mailbox"),
            Element(AirSync.CollectionId, folder) if folder else None,
            Element(AirSync.ServerId, name),
            Element(ItemOperations.Options, list(options)) if options else None,
            also,
        ],
    )


def file(reference: str, *more: Element) -> Element:
    named = Element(AirSyncBase.FileReference, reference)
    return Element(ItemOperations.Fetch, [Element(ItemOperations.Store, "Mailbox"), named, *more])


def empty(folder: FolderId, *, deep: bool = False) -> Element:
    options = Element(ItemOperations.Options, [Element(ItemOperations.DeleteSubFolders)])
    return Element(
        ItemOperations.EmptyFolderContents,
        [Element(AirSync.CollectionId, folder), options if deep else None],
    )


def move(conversation: bytes, target: FolderId, *, options: bool = True) -> Element:
    wanted = Element(ItemOperations.Options, [Element(ItemOperations.MoveAlways)])
    return Element(
        ItemOperations.Move,
        [
            Element(ItemOperations.ConversationId, conversation),
            Element(ItemOperations.DstFldId, target),
            wanted if options else None,
        ],
    )


def body(kind: str) -> Element:
    return Element(AirSyncBase.BodyPreference, [Element(AirSyncBase.Type, kind)])


def operate(phone: CheckedPhone, *operations: Element) -> list[Element]:
    document = Element(ItemOperations.ItemOperations, list(operations))
    answer = phone.ask("ItemOperations", document)
    assert answer.tag is ItemOperations.ItemOperations
    assert answer.value(ItemOperations.Status) == "1"
    response = answer.find(ItemOperations.Response)
    assert response is not None
    return list(response)


def status(phone: CheckedPhone, *operations: Element) -> list[str | None]:
    return [one.value(ItemOperations.Status) for one in operate(phone, *operations)]


def properties(phone: CheckedPhone, operation: Element) -> Element:
    (one,) = operate(phone, operation)
    assert one.value(ItemOperations.Status) == "1"
    inner = one.find(ItemOperations.Properties)
    assert inner is not None
    return inner


def heads(rig: Rig, folder: FolderId) -> int:
    return now(rig.mailbox().count(folder, below=NEWEST, down_to=OLDEST))


@pytest.mark.parametrize("version", KNOWING)
def test_items_of_every_class(version: str) -> None:
    """MS-ASCMD R913, R6269, R6274, R6275, R3206, R4153: fetched with their class, from the version
    on that has it; R3716: whole.
    """
    rig = Rig()
    phone = CheckedPhone(rig, version=version)
    for kind, (folder, name) in fill(rig).items():
        if version < SINCE.get(kind, ""):
            continue
        (one,) = operate(phone, fetch(name, body("1"), folder=folder))
        assert one.value(ItemOperations.Status) == "1", kind
        assert one.value(AirSync.Class) == kind
        assert one.value(AirSync.ServerId) == name
        assert one.value(AirSync.CollectionId) == folder
        inner = one.find(ItemOperations.Properties)
        assert inner is not None
        assert inner.value(TITLES[kind]), kind
        assert inner.has(AirSyncBase.Body)


@pytest.mark.parametrize("kind", TITLES)
def test_a_schema_limits_every_class(kind: str) -> None:
    """MS-ASCMD R3879: of an item of any class come the properties that the Schema names."""
    rig = Rig()
    folder, name = fill(rig)[kind]
    title = TITLES[kind]
    schema = Element(ItemOperations.Schema, [Element(title)])
    inner = properties(CheckedPhone(rig), fetch(name, schema, folder=folder))
    assert [child.tag for child in inner] == [title]


def test_operations_in_their_order() -> None:
    """MS-ASCMD R193, R194: each is done after those before it, and each has its own status."""
    rig = Rig()
    phone = CheckedPhone(rig)
    inbox = rig.folder(FolderKind.INBOX)
    name = f"{inbox}:{rig.deliver().item}"
    before, after = fetch(name), fetch(name)
    fetched = [
        one.value(ItemOperations.Status)
        for one in operate(phone, before, empty(inbox), after)
        if one.tag is ItemOperations.Fetch
    ]
    assert fetched == ["1", "6"]


@pytest.mark.parametrize(
    ("kind", "user"),
    [
        (FolderKind.CONTACTS, FolderKind.USER_CONTACTS),
        (FolderKind.CALENDAR, FolderKind.USER_CALENDAR),
        (FolderKind.TASKS, FolderKind.USER_TASKS),
        (FolderKind.NOTES, FolderKind.USER_NOTES),
        (FolderKind.TRASH, FolderKind.MAIL),
    ],
)
def test_folders_of_every_class_are_emptied(kind: FolderKind, user: FolderKind) -> None:
    """MS-ASCMD R199, R200, R2167, R2243, R2244: of all items; of subfolders where asked alone."""
    rig = Rig()
    phone = CheckedPhone(rig)
    named = dict(fill(rig).values())
    folder = rig.folder(kind)
    rig.deliver(folder=rig.folder(FolderKind.TRASH))
    making = rig.mailbox().create_folder(folder, "Below", user, operation=OperationId("below"))
    below = now(making).id
    others = {each: heads(rig, each) for each in named if each != folder}
    assert heads(rig, folder) == 1
    (one,) = operate(phone, empty(folder))
    assert [child.tag for child in one] == [ItemOperations.Status, AirSync.CollectionId]
    assert (one.value(ItemOperations.Status), one.value(AirSync.CollectionId)) == ("1", folder)
    assert heads(rig, folder) == 0
    assert now(rig.mailbox().hierarchy()).find(below) is not None
    assert status(phone, empty(folder, deep=True)) == ["1"]
    assert now(rig.mailbox().hierarchy()).find(below) is None
    assert {each: heads(rig, each) for each in others} == others


def test_the_recipient_cache_is_out_of_reach() -> None:
    """MS-ASCMD R196: nothing of it is fetched, and it is not emptied."""
    rig = Rig()
    phone = CheckedPhone(rig)
    cache = rig.folder(FolderKind.RECIPIENT_CACHE)
    assert status(phone, fetch(f"{cache}:1", folder=cache)) == ["6"]
    (one,) = operate(phone, empty(cache))
    assert one.value(ItemOperations.Status) != "1"


def test_a_conversation_moves() -> None:
    """MS-ASCMD R201, R2080, R3465: the answer names it; 155 without Options and MoveAlways: R4940,
    R4170, R4171; R4173: 156 for a folder that is not for mail; R7244: from 14.0 on.
    """
    rig = Rig()
    head = rig.deliver()
    inbox, trash = rig.folder(FolderKind.INBOX), rig.folder(FolderKind.TRASH)
    wish = BodyWish(text_bytes=0, html_bytes=0, source_bytes=None)
    mail = now(rig.mailbox().read(inbox, [head.item], wish))[head.item]
    conversation = mail.record.conversation_id
    calendar = rig.folder(FolderKind.CALENDAR)
    for version in ("14.0", "14.1", "16.0", "16.1"):
        phone = CheckedPhone(rig, version=version)
        assert status(phone, move(conversation, trash, options=False)) == ["155"]
        assert status(phone, move(conversation, calendar)) == ["156"]
        (one,) = operate(phone, move(conversation, trash))
        assert one.tag is ItemOperations.Move
        moved = one.find(ItemOperations.ConversationId)
        assert moved is not None
        assert moved.octets == conversation
        assert one.value(ItemOperations.Status) == "1"
    assert (heads(rig, inbox), heads(rig, trash)) == (0, 1)
    document = Element(ItemOperations.ItemOperations, [move(conversation, trash)])
    old = CheckedPhone(rig, version="12.1").ask("ItemOperations", document)
    assert old.value(ItemOperations.Status) == "2"


def test_the_whole_source_of_encrypted_mail() -> None:
    """MS-ASCMD R3360, R3363, R3364, R3365, R3366, R3367, R3368: a Body of type 4 with its size and
    the whole MIME, for S/MIME only (1) and for all (2).
    """
    rig = Rig()
    phone = CheckedPhone(rig)
    inbox = rig.folder(FolderKind.INBOX)
    name = f"{inbox}:{rig.deliver(ENCRYPTED).item}"
    for support in ("1", "2"):
        options = (Element(AirSync.MIMESupport, support), body("4"))
        (shown,) = properties(phone, fetch(name, *options)).find_all(AirSyncBase.Body)
        assert shown.value(AirSyncBase.Type) == "4"
        assert int(shown.value(AirSyncBase.EstimatedDataSize, "")) == len(ENCRYPTED)
        (data,) = shown.find_all(AirSyncBase.Data)
        assert data.octets == ENCRYPTED
    none = (Element(AirSync.MIMESupport, "0"), body("4"), body("1"))
    (shown,) = properties(phone, fetch(name, *none)).find_all(AirSyncBase.Body)
    assert shown.value(AirSyncBase.Type) == "1"


def test_one_file_reference_in_a_fetch() -> None:
    """MS-ASCMD R765, R4154: a second one, or none at all, is status 2 of that fetch."""
    phone = CheckedPhone(Rig())
    twice = Element(AirSyncBase.FileReference, "2:1:1")
    assert status(phone, file("2:1:2", twice), file("2:1:1")) == ["2", "15"]


def test_a_request_that_is_none() -> None:
    """MS-ASCMD R7238, R4148: status 2 of the whole, which has one as every operation has."""
    phone = CheckedPhone(Rig())
    for operation in (Element(ItemOperations.EmptyFolderContents), Element(ItemOperations.Move)):
        answer = phone.ask("ItemOperations", Element(ItemOperations.ItemOperations, [operation]))
        assert answer.value(ItemOperations.Status) == "2"
        assert not answer.has(ItemOperations.Response)


@pytest.mark.parametrize(
    ("error", "expected"),
    [(Unavailable("x"), "3"), (Corrupt("x"), "14"), (NotAllowed("x"), "16")],
)
def test_a_mailbox_that_fails(
    error: Exception, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """MS-ASCMD R4155, R4165, R4167: server error 3, failed conversion 14, denied access 16."""
    rig = Rig()
    name = f"{rig.folder(FolderKind.INBOX)}:{rig.deliver().item}"

    async def failing(*_args: object, **_named: object) -> object:
        raise error

    monkeypatch.setattr(type(rig.mailbox()), "read", failing)
    assert status(CheckedPhone(rig), fetch(name)) == [expected]


def test_rights_management_is_off() -> None:
    """MS-ASCMD R3572: nothing is under rights here: its removal is status 168, support is heard."""
    rig = Rig()
    phone = CheckedPhone(rig)
    name = f"{rig.folder(FolderKind.INBOX)}:{rig.deliver().item}"
    remove = Element(RightsManagement.RemoveRightsManagementProtection)
    assert status(phone, fetch(name, also=remove)) == ["168"]
    support = Element(RightsManagement.RightsManagementSupport, "1")
    inner = properties(phone, fetch(name, body("1"), support))
    assert inner.has(AirSyncBase.Body)
    assert not inner.has(RightsManagement.RightsManagementLicense)


def parts_of(phone: CheckedPhone, *operations: Element, asked: bool = True) -> list[bytes]:
    """Give the parts of a multipart answer, the document first."""
    document = Element(ItemOperations.ItemOperations, list(operations))
    headers = {"ms-asacceptmultipart": "T"} if asked else {}
    answer = phone.send("ItemOperations", document, headers=headers)
    if not asked:
        return [answer.body]
    (count,) = struct.unpack_from("<I", answer.body)
    places = [struct.unpack_from("<II", answer.body, 4 + 8 * n) for n in range(count)]
    return [answer.body[start : start + size] for start, size in places]


@pytest.mark.parametrize("version", ["16.0", "16.1"])
def test_files_of_events_in_both_deliveries(version: str) -> None:
    """MS-ASCMD R5503, R2130, R3633, R2301, R2302: inline as base64 unless parts are asked for; Part
    stands in a multipart answer alone.
    """
    rig = Rig()
    phone = CheckedPhone(rig, version=version)
    calendar = rig.folder(FolderKind.CALENDAR)
    adding = rig.mailbox().add_object(calendar, WITH_FILE, operation=OperationId("file"))
    name = f"{calendar}:{now(adding).item}"
    (attachments,) = properties(phone, fetch(name)).find_all(AirSyncBase.Attachments)
    reference = attachments.children[0].value(AirSyncBase.FileReference, "")
    assert reference
    inline = properties(phone, file(reference))
    assert b64decode(inline.value(ItemOperations.Data, "")) == b"hello"
    assert not inline.has(ItemOperations.Part)
    document, octets = parts_of(phone, file(reference))
    assert octets == b"hello"
    told = decode(document)
    check(told, "ItemOperations", version)
    found = told.children[1].children[0].find(ItemOperations.Properties)
    assert found is not None
    assert found.value(ItemOperations.Part) == "1"
    assert not found.has(ItemOperations.Data)


@pytest.mark.parametrize("kind", TITLES)
def test_bodies_of_every_class_in_parts(kind: str) -> None:
    """MS-ASCMD R2301, R3633: a body is a part where there is one to send; else nothing is."""
    rig = Rig()
    phone = CheckedPhone(rig)
    folder, name = fill(rig)[kind]
    (inline,) = properties(phone, fetch(name, body("1"), folder=folder)).find_all(AirSyncBase.Body)
    data = inline.find(AirSyncBase.Data)
    document, *rest = parts_of(phone, fetch(name, body("1"), folder=folder))
    told = decode(document)
    check(told, "ItemOperations", "14.1")
    assert rest == ([] if data is None else [data.octets])


def test_items_that_are_not_there() -> None:
    """MS-ASCMD R4158: an id that stands for nothing, in a folder of any class, is not found."""
    rig = Rig()
    named = fill(rig).values()
    names = [fetch(f"{folder}:99", folder=folder) for folder, _ in named]
    assert status(CheckedPhone(rig), *names, fetch("99:1")) == ["6"] * (len(names) + 1)

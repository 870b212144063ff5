"""The document library as devices search and fetch it, through the whole server."""

import struct
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import replace

import pytest

from carbonio_mobile.eas.linkid import Share
from carbonio_mobile.eas.times import format_datetime
from carbonio_mobile.errors import Corrupt, NotAllowed, TooLarge, Unavailable
from carbonio_mobile.sync.folders import FolderKind
from carbonio_mobile.testing.rig import BOUNDS, Rig
from carbonio_mobile.wbxml import Element, Tag, decode
from carbonio_mobile.wbxml.codepages import (
    VERSIONS,
    AirSync,
    AirSyncBase,
    DocumentLibrary,
    Email,
    ItemOperations,
    Search,
)
from tests.unit.commands.checked import ALL_VERSIONS, CheckedPhone, check

SHARE = Share(server="files.example.com", name="Shared docs")
ROOT = r"\\files.example.com\Shared docs"
TEXT = b"Wine and cheese for the party\n"
MODIFIED = 1_600_000_000.5
KNOWING = tuple(version for version in ALL_VERSIONS if version != "2.5")


def library(*, bounds: object = BOUNDS) -> Rig:
    rig = Rig(share=SHARE, bounds=bounds)  # type: ignore[arg-type]
    documents = rig.documents
    documents.put("Plans", "party.txt", octets=TEXT, modified=MODIFIED)
    documents.put("Plans", ".notes.odt", octets=b"x", modified=MODIFIED)
    documents.put("Plans", "Old", modified=MODIFIED)
    documents.put("Plans", "Old", ".secret", modified=MODIFIED)
    documents.put("empty.txt", octets=b"", modified=MODIFIED)
    return rig


def phone(version: str = "14.1", rig: Rig | None = None) -> CheckedPhone:
    return CheckedPhone(rig or library(), version=version)


def search(
    link: str | None, *options: Element, name: str = "DocumentLibrary", times: int = 1
) -> Element:
    compared = [Element(Search.Value, link)] if link is not None else []
    if link is not None:
        compared.insert(0, Element(DocumentLibrary.LinkId))
    query = Element(Search.Query, [Element(Search.EqualTo, compared)] * times)
    content = [Element(Search.Name, name), query]
    if options:
        content.append(Element(Search.Options, list(options)))
    return Element(Search.Search, [Element(Search.Store, content)])


def found(asking: CheckedPhone, document: Element) -> Element:
    """Give the store of an answer."""
    answer = asking.ask("Search", document)
    assert answer.value(Search.Status) in ("1", "3")
    response = answer.find(Search.Response)
    assert response is not None
    store = response.find(Search.Store)
    assert store is not None
    return store


def rows(store: Element) -> list[Mapping[Tag, str]]:
    """Give the properties of each result."""
    assert store.value(Search.Status) == "1"
    properties = [result.find(Search.Properties) for result in store.find_all(Search.Result)]
    return [{child.tag: child.string for child in one} for one in properties if one is not None]


def rows_of(text: str) -> Element:
    return Element(Search.Range, text)


def fetch(link: str, *options: Element, store: str = "DocumentLibrary") -> Element:
    content = [Element(ItemOperations.Store, store), Element(DocumentLibrary.LinkId, link)]
    if options:
        content.append(Element(ItemOperations.Options, list(options)))
    return Element(ItemOperations.Fetch, content)


def octets(text: str) -> Element:
    return Element(ItemOperations.Range, text)


def operate(asking: CheckedPhone, *operations: Element) -> list[Element]:
    document = Element(ItemOperations.ItemOperations, list(operations))
    answer = asking.ask("ItemOperations", document)
    assert answer.value(ItemOperations.Status) == "1"
    response = answer.find(ItemOperations.Response)
    assert response is not None
    return list(response)


def status(asking: CheckedPhone, operation: Element) -> str | None:
    (one,) = operate(asking, operation)
    if one.value(ItemOperations.Status) != "1":
        assert not one.has(ItemOperations.Properties)
    return one.value(ItemOperations.Status)


def properties(asking: CheckedPhone, operation: Element) -> Element:
    (one,) = operate(asking, operation)
    assert one.value(ItemOperations.Status) == "1"
    inner = one.find(ItemOperations.Properties)
    assert inner is not None
    return inner


@pytest.mark.parametrize("version", KNOWING)
def test_a_folder_and_what_it_holds(version: str) -> None:
    """MS-ASDOC R110, R111, R114, R45, R46, R47, R51, R52, R53; MS-ASCMD R3853, R3855: the folder
    that the link names comes first, then what it holds, each with all of its properties: MS-ASDOC
    R123, R29, R31, R33, R35, R36, R38, R39, R41, R42, R44, R48, R50, R54, R56.
    """
    store = found(phone(version), search(rf"{ROOT}\Plans"))
    folder, hidden, old, text = rows(store)
    assert (store.value(Search.Range), store.value(Search.Total)) == ("0-3", "4")
    assert folder[DocumentLibrary.LinkId] == rf"{ROOT}\Plans"
    assert folder[DocumentLibrary.DisplayName] == "Plans"
    flags = [
        (row[DocumentLibrary.IsFolder], row[DocumentLibrary.IsHidden])
        for row in (folder, hidden, old, text)
    ]
    assert flags == [("1", "0"), ("0", "1"), ("1", "0"), ("0", "0")]
    assert text == {
        DocumentLibrary.LinkId: rf"{ROOT}\Plans\party.txt",
        DocumentLibrary.DisplayName: "party.txt",
        DocumentLibrary.IsFolder: "0",
        DocumentLibrary.CreationDate: format_datetime(MODIFIED),
        DocumentLibrary.LastModifiedDate: "2020-09-13T12:26:40.500Z",
        DocumentLibrary.IsHidden: "0",
        DocumentLibrary.ContentLength: str(len(TEXT)),
        DocumentLibrary.ContentType: "text/plain",
    }
    assert set(text) - set(folder) == {DocumentLibrary.ContentType}
    assert hidden[DocumentLibrary.ContentType] == "application/vnd.oasis.opendocument.text"


def test_the_versions_of_the_elements() -> None:
    """MS-ASDOC R600-R647: from 12.0 on, every element is in each version's answer."""
    known = set(KNOWING)
    seen: dict[Tag, set[str]] = {}
    for version in known:
        for row in rows(found(phone(version), search(rf"{ROOT}\Plans"))):
            for tag in row:
                seen.setdefault(tag, set()).add(version)
    assert len(seen) == 8
    assert all(versions == known for versions in seen.values())
    assert all(version not in VERSIONS[tag] for tag in seen for version in ("1.0", "2.5"))


def test_hidden_folders() -> None:
    """MS-ASDOC R118, R119: a folder may be hidden as a document may."""
    old, secret = rows(found(phone(), search(rf"{ROOT}\Plans\Old")))
    assert [row[DocumentLibrary.IsFolder] for row in (old, secret)] == ["1", "1"]
    assert [row[DocumentLibrary.IsHidden] for row in (old, secret)] == ["0", "1"]


def test_the_root_and_a_document_alone() -> None:
    """MS-ASCMD R3853, R3858: the root is a folder called like the share; a document is one row."""
    asking = phone()
    root, *rest = rows(found(asking, search(ROOT)))
    assert (root[DocumentLibrary.LinkId], root[DocumentLibrary.DisplayName]) == (ROOT, SHARE.name)
    assert [row[DocumentLibrary.DisplayName] for row in rest] == ["empty.txt", "Plans"]
    store = found(asking, search(rf"{ROOT}\Plans\party.txt"))
    (one,) = rows(store)
    assert one[DocumentLibrary.DisplayName] == "party.txt"
    assert (store.value(Search.Range), store.value(Search.Total)) == ("0-0", "1")


def test_links_in_other_forms_get_the_canonical_one() -> None:
    """MS-ASDOC R83, R112: a UNC path, or a URL; links in answers are UNC and can be asked again."""
    asking = phone()
    links = (
        rf"{ROOT}\plans".replace("plans", "Plans"),
        r"\\FILES.example.com\SHARED DOCS\Plans" + "\\",
        "https://files.example.com/Shared%20docs/Plans",
        "file://files.example.com/Shared docs/Plans",
    )
    answers = [rows(found(asking, search(link))) for link in links]
    assert all(answer == answers[0] for answer in answers)
    for row in answers[0]:
        again = rows(found(asking, search(row[DocumentLibrary.LinkId])))
        assert again[0] == row


def test_the_link_may_stand_in_linkid_itself() -> None:
    """MS-ASDOC R81, R82: Value may be left out; LinkId then holds the link."""
    compared = Element(Search.EqualTo, [Element(DocumentLibrary.LinkId, ROOT)])
    content = [Element(Search.Name, "DocumentLibrary"), Element(Search.Query, [compared])]
    document = Element(Search.Search, [Element(Search.Store, content)])
    assert len(rows(found(phone(), document))) == 3


def test_a_search_without_a_link() -> None:
    """MS-ASDOC R85; MS-ASCMD R4329: without LinkId, or without any link, protocol error 2."""
    query = Element(Search.Query, [Element(Search.EqualTo, [Element(Search.Value, ROOT)])])
    content = [Element(Search.Name, "DocumentLibrary"), query]
    for document in (
        Element(Search.Search, [Element(Search.Store, content)]),
        Element(Search.Search, [Element(Search.Store, content[:1])]),
        search(None),
        search("   "),
        search(ROOT, rows_of("9-2")),
        search(ROOT, rows_of("some")),
    ):
        assert found(phone(), document).value(Search.Status) == "2"


def test_rows_of_a_listing() -> None:
    """MS-ASCMD R3734, R3736, R4361: 0-999 unless asked otherwise; more, and what is past the end,
    is status 12. R3856: the folder itself counts as a row.
    """
    rig = library()
    for number in range(1200):
        rig.documents.put("Many", f"{number:04}.txt", octets=b"x")
    asking = phone(rig=rig)

    def page(*options: Element) -> tuple[str | None, str | None, int]:
        store = found(asking, search(rf"{ROOT}\Many", *options))
        return store.value(Search.Range), store.value(Search.Total), len(rows(store))

    assert page() == ("0-999", "1201", 1000)
    assert page(rows_of("0-999")) == ("0-999", "1201", 1000)
    assert page(rows_of("0-0")) == ("0-0", "1201", 1)
    assert page(rows_of("5-7")) == ("5-7", "1201", 3)
    for beyond in ("0-1000", "1000-1200"):
        store = found(asking, search(rf"{ROOT}\Many", rows_of(beyond)))
        assert (store.value(Search.Status), store.find_all(Search.Result)) == ("12", [])
    past = found(asking, search(rf"{ROOT}\Plans", rows_of("4-9")))
    assert (past.value(Search.Status), past.value(Search.Total)) == ("12", "4")


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        ("Plans", "4"),
        (rf"{ROOT}\..\x", "4"),
        (r"\\files.example.com", "4"),
        (rf"{ROOT}\none", "6"),
        (r"\\files.example.com\other\x", "6"),
        (r"\\other.example.com\Shared docs", "13"),
    ],
)
def test_links_that_lead_nowhere(link: str, expected: str) -> None:
    """MS-ASCMD R4336, R4342, R4364: a bad link is 4, what is not there 6, another server's 13."""
    store = found(phone(), search(link))
    assert (store.value(Search.Status), store.find_all(Search.Result)) == (expected, [])


@pytest.mark.parametrize(
    ("error", "searched", "fetched"),
    [
        (NotAllowed("x"), "5", "5"),
        (Unavailable("x"), "7", "7"),
        (TooLarge("x"), "8", "11"),
        (Corrupt("x"), "3", "12"),
    ],
)
def test_a_library_that_fails(error: Exception, searched: str, fetched: str) -> None:
    """MS-ASCMD R4339, R4345, R4350, R4332, R4325: what a search says to each failure; R4157, R4159,
    R4163, R4164, R4151: what a fetch says.
    """
    rig = library()
    rig.documents.error = error
    asking = phone(rig=rig)
    assert found(asking, search(ROOT)).value(Search.Status) == searched
    assert status(asking, fetch(rf"{ROOT}\Plans\party.txt")) == fetched


def test_no_library() -> None:
    """MS-ASCMD R4364, R4161: where none is configured the store is blocked, and unknown."""
    asking = phone(rig=Rig())
    assert found(asking, search(ROOT)).value(Search.Status) == "13"
    assert status(asking, fetch(rf"{ROOT}\Plans\party.txt")) == "9"


def test_credentials_of_another_server_are_passed_over() -> None:
    """MS-ASCMD R3653, R5886: up to 256 characters of a password are accepted, no more."""
    asking = phone()
    user = (Element(Search.UserName, "john"), Element(Search.Password, "x" * 100))
    assert len(rows(found(asking, search(ROOT, *user)))) == 3
    for length, expected in ((256, "1"), (257, "2")):
        options = (
            Element(ItemOperations.UserName, "u" * 100),
            Element(ItemOperations.Password, "x" * length),
        )
        assert status(asking, fetch(rf"{ROOT}\Plans\party.txt", *options)) == expected
    long_name = Element(ItemOperations.UserName, "u" * 101)
    assert status(asking, fetch(rf"{ROOT}\Plans\party.txt", long_name)) == "2"


def test_more_than_one_comparison() -> None:
    """MS-ASCMD R2276, R7571: a second EqualTo is no protocol error."""
    assert len(rows(found(phone(), search(ROOT, times=2)))) == 3


@pytest.mark.parametrize("version", KNOWING)
def test_a_document_inline(version: str) -> None:
    """MS-ASDOC R69, R77, R98, R121, R101, R102, R104, R105, R107; MS-ASCMD R2130, R3716: the whole,
    as base64; R5276, R5919, R5417, R5273, R5274, R5275: with its Version; R1551 to R1554: and the
    link as it was asked.
    """
    link = "https://files.example.com/Shared%20docs/Plans/party.txt"
    (one,) = operate(phone(version), fetch(link))
    assert [child.tag for child in one] == [
        ItemOperations.Status,
        DocumentLibrary.LinkId,
        ItemOperations.Properties,
    ]
    assert one.value(DocumentLibrary.LinkId) == link
    (inner,) = one.find_all(ItemOperations.Properties)
    assert b64decode(inner.value(ItemOperations.Data, "")) == TEXT
    assert inner.value(AirSyncBase.ContentType) == "text/plain"
    (changed,) = inner.find_all(ItemOperations.Version)
    assert (changed.children, changed.string) == ([], format_datetime(MODIFIED))
    assert not inner.has(ItemOperations.Range)


def test_version_is_for_documents_alone() -> None:
    """MS-ASCMD R5276, R5919: an item of the mailbox has none."""
    rig = library()
    inbox = rig.folder(FolderKind.INBOX)
    name = Element(AirSync.ServerId, f"{inbox}:{rig.deliver().item}")
    item = Element(ItemOperations.Fetch, [Element(ItemOperations.Store, "Mailbox"), name])
    assert not properties(phone(rig=rig), item).has(ItemOperations.Version)


def test_documents_in_parts() -> None:
    """MS-ASDOC R76, R106, R120, R124; MS-ASCMD R5505, R2301, R2302: binary parts where wanted."""
    asking = phone()
    document = Element(
        ItemOperations.ItemOperations,
        [fetch(rf"{ROOT}\Plans\party.txt"), fetch(rf"{ROOT}\Plans\party.txt", octets("5-7"))],
    )
    answer = asking.send("ItemOperations", document, headers={"ms-asacceptmultipart": "T"})
    (count,) = struct.unpack_from("<I", answer.body)
    places = [struct.unpack_from("<II", answer.body, 4 + 8 * n) for n in range(count)]
    parts = [answer.body[start : start + size] for start, size in places]
    assert parts[1:] == [TEXT, b"and"]
    told = decode(parts[0])
    check(told, "ItemOperations", "14.1")
    response = told.find(ItemOperations.Response)
    assert response is not None
    inner = [one.find(ItemOperations.Properties) for one in response]
    assert [one.value(ItemOperations.Part) for one in inner if one is not None] == ["1", "2"]
    assert not any(one.has(ItemOperations.Data) for one in inner if one is not None)


def test_ranges_of_a_document() -> None:
    """MS-ASCMD R3711, R3713, R3715: zero-based, both ends in, cut at the end."""
    asking = phone()
    size = str(len(TEXT))
    last = len(TEXT) - 1
    for asked, given, content in (
        ("0-3", "0-3", b"Wine"),
        ("9-14", "9-14", b"cheese"),
        (f"{last}-99999", f"{last}-{last}", b"\n"),
        ("0-999999999", f"0-{last}", TEXT),
    ):
        inner = properties(asking, fetch(rf"{ROOT}\Plans\party.txt", octets(asked)))
        assert inner.value(ItemOperations.Range) == given
        assert inner.value(ItemOperations.Total) == size
        assert b64decode(inner.value(ItemOperations.Data, "")) == content


@pytest.mark.parametrize(
    ("link", "wanted", "expected"),
    [
        (r"\Plans\party.txt", "30-40", "8"),
        (r"\Plans\party.txt", "5-2", "8"),
        (r"\Plans\party.txt", "x", "8"),
        (r"\empty.txt", None, "10"),
        (r"\empty.txt", "0-5", "10"),
        (r"\Plans\none", None, "6"),
        (r"\Plans", None, "6"),
        ("", None, "6"),
        (r"\..\x", None, "4"),
    ],
)
def test_fetches_that_fail(link: str, wanted: str | None, expected: str) -> None:
    """MS-ASCMD R4160, R4162, R4158, R7239, R4156: bad ranges 8, nothing in it 10, none such 6, a
    bad link 4.
    """
    options = () if wanted is None else (octets(wanted),)
    assert status(phone(), fetch(ROOT + link, *options)) == expected


def test_links_of_others_are_not_fetched() -> None:
    """MS-ASCMD R4157, R7239: another server's documents are denied, another share's not found."""
    asking = phone()
    assert status(asking, fetch(r"\\other.example.com\Shared docs\x")) == "5"
    assert status(asking, fetch(r"\\files.example.com\other\x")) == "6"


def test_what_does_not_fit_a_document() -> None:
    """MS-ASCMD R3547, R3878: neither Schema nor body options; R4161: nor the other store."""
    asking = phone()
    link = rf"{ROOT}\Plans\party.txt"
    schema = Element(ItemOperations.Schema, [Element(Email.Subject)])
    body = Element(AirSyncBase.BodyPreference, [Element(AirSyncBase.Type, "1")])
    assert status(asking, fetch(link, schema)) == "2"
    assert status(asking, fetch(link, body)) == "2"
    assert status(asking, fetch(link, store="Mailbox")) == "9"
    assert status(asking, fetch(link, store="Attic")) == "9"
    assert status(asking, fetch(link, store="Document Library")) == "1"
    assert status(asking, fetch("")) == "4"


def test_no_more_than_an_answer_may_hold() -> None:
    """MS-ASCMD R4163: status 11, for one document and for all together; ranges help."""
    bounds = replace(
        BOUNDS, attachment_bytes=len(TEXT), message_bytes=len(TEXT), response_bytes=len(TEXT)
    )
    asking = phone(rig=library(bounds=bounds))
    link = rf"{ROOT}\Plans\party.txt"
    several = operate(asking, fetch(link), fetch(link), fetch(link, octets("0-0")))
    assert [one.value(ItemOperations.Status) for one in several] == ["1", "11", "11"]
    small = replace(bounds, attachment_bytes=10)
    asking = phone(rig=library(bounds=small))
    assert status(asking, fetch(link)) == "11"
    pieces = [fetch(link, octets(f"{at}-{at + 9}")) for at in (0, 10, 20)]
    got = [one.find(ItemOperations.Properties) for one in operate(asking, *pieces)]
    whole = b"".join(b64decode(one.value(ItemOperations.Data, "")) for one in got if one)
    assert whole == TEXT


def test_one_that_fails_spoils_no_other() -> None:
    """MS-ASDOC R103; MS-ASCMD R193, R194: each fetch has its own status, in order."""
    asking = phone()
    several = operate(
        asking,
        fetch(rf"{ROOT}\none"),
        fetch(rf"{ROOT}\Plans\party.txt"),
        fetch(rf"{ROOT}\empty.txt"),
    )
    assert [one.value(ItemOperations.Status) for one in several] == ["6", "1", "10"]

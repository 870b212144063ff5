"""Find, row by row of its requirements: what a result holds, pages, statuses.

Spec: MS-ASCMD 2.2.1.2.
"""

import pytest

from carbonio_mobile.ids import FolderId
from carbonio_mobile.mime.mailitem import MailState
from carbonio_mobile.sync.folders import FolderKind
from carbonio_mobile.testing.rig import Rig
from carbonio_mobile.wbxml import Element
from carbonio_mobile.wbxml.codepages import AirSync, Email, Email2, Find, ItemOperations
from tests.unit.commands.checked import CheckedPhone
from tests.unit.commands.everyclass import fill

LONG = b"Wine and cheese. " * 40
MAIL = (
    b"From: Mary <mary@example.com>\r\nTo: John <john@example.com>\r\n"
    b"Cc: Bob <bob@example.net>, Ann <ann@example.com>\r\nBcc: Eve <eve@example.com>\r\n"
    b"Subject: party\r\nX-Priority: 1\r\nMIME-Version: 1.0\r\n"
    b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n'
    b"--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n" + LONG + b"\r\n"
    b'--b\r\nContent-Type: text/csv; name="list.csv"\r\n'
    b'Content-Disposition: attachment; filename="list.csv"\r\n\r\n0123456789\r\n--b--\r\n'
)
FIRST = [
    Email.Subject,
    Email.DateReceived,
    Email.DisplayTo,
    Find.DisplayCc,
]
LAST = [
    Email.Importance,
    Email.Read,
    Email2.IsDraft,
    Find.Preview,
    Find.HasAttachments,
    Email.From,
]


def find(
    text: str,
    *query: Element,
    rows: str = "",
    search_id: str = "s1",
    deep: bool = False,
) -> Element:
    options = [
        Element(Find.Range, rows) if rows else None,
        Element(Find.DeepTraversal) if deep else None,
    ]
    criterion = Element(
        Find.MailBoxSearchCriterion,
        [
            Element(Find.Query, [Element(Find.FreeText, text), *query]),
            Element(Find.Options, options) if any(options) else None,
        ],
    )
    execute = Element(Find.ExecuteSearch, [criterion])
    return Element(Find.Find, [Element(Find.SearchId, search_id), execute])


def within(folder: FolderId) -> Element:
    return Element(AirSync.CollectionId, folder)


@pytest.fixture
def rig() -> Rig:
    return Rig()


@pytest.fixture
def phone(rig: Rig) -> CheckedPhone:
    return CheckedPhone(rig, version="16.1")


def response(phone: CheckedPhone, document: Element) -> Element:
    answer = phone.ask("Find", document)
    assert answer.tag is Find.Find
    assert answer.value(Find.Status) == "1"
    (found,) = answer.find_all(Find.Response)
    return found


def test_what_a_result_holds(rig: Rig, phone: CheckedPhone) -> None:
    """MS-ASCMD R65591902, R36841701, R36841704, R9010602, R9820602, R38971801, R45251801: class,
    ids and properties; R6978101702: up to 255 characters of the text.
    """
    inbox = rig.folder(FolderKind.INBOX)
    head = rig.deliver(MAIL)
    answer = response(phone, find("party"))
    assert answer.value(ItemOperations.Store) == "Mailbox"
    (result,) = answer.find_all(Find.Result)
    assert [child.tag for child in result] == [
        AirSync.Class,
        AirSync.ServerId,
        AirSync.CollectionId,
        Find.Properties,
    ]
    assert result.value(AirSync.Class) == "Email"
    assert result.value(AirSync.ServerId) == f"{inbox}:{head.item}"
    assert result.value(AirSync.CollectionId) == inbox
    (properties,) = result.find_all(Find.Properties)
    assert [child.tag for child in properties] == FIRST + LAST
    assert properties.value(Find.DisplayCc) == "Bob; Ann"
    assert properties.value(Find.HasAttachments) == "1"
    assert properties.value(Email.Importance) == "2"
    preview = properties.value(Find.Preview, "")
    assert 200 < len(preview) <= 255
    assert LONG.decode().startswith(preview.rstrip())


def test_the_hidden_recipients_of_a_draft(rig: Rig, phone: CheckedPhone) -> None:
    """MS-ASCMD R64390706, R64390708, R64390709: DisplayBcc is there for who wrote it alone."""
    drafts = rig.folder(FolderKind.DRAFTS)
    rig.deliver(MAIL, folder=drafts, state=MailState(read=True))
    rig.deliver(MAIL)
    for folder, names in ((drafts, ["Eve"]), (rig.folder(FolderKind.INBOX), [])):
        (result,) = response(phone, find("party", within(folder))).find_all(Find.Result)
        (properties,) = result.find_all(Find.Properties)
        assert [one.string for one in properties.find_all(Find.DisplayBcc)] == names
        assert properties.value(Email2.IsDraft) == ("1" if names else "0")


def test_a_result_for_each_match(rig: Rig, phone: CheckedPhone) -> None:
    """MS-ASCMD R38391804, R72172509, R72172520: as many as match, and none where none does."""
    for number in range(3):
        rig.deliver(f"Subject: party {number}\r\n\r\nx\r\n".encode())
    for text, count in (("party", 3), ("party 1", 1), ("nothing", 0)):
        answer = response(phone, find(text))
        assert answer.value(Find.Status) == "1"
        assert len(answer.find_all(Find.Result)) == count
        assert answer.value(Find.Total) == str(count)
        assert answer.has(Find.Range) == bool(count)


def test_pages(rig: Rig, phone: CheckedPhone) -> None:
    """MS-ASCMD R37071811, R37071812, R37071816, R72172518, R72172506: pages of one search follow
    upon one another without a gap; one that does not begin at 0 is status 4.
    """
    for number in range(25):
        rig.deliver(f"Subject: party {number}\r\n\r\nx\r\n".encode(), age_s=number)
    early = response(phone, find("party", rows="10-19"))
    assert early.value(Find.Status) == "4"
    assert early.find_all(Find.Result) == []
    seen = []
    for rows, given in (("0-9", "0-9"), ("10-19", "10-19"), ("20-999", "20-24")):
        answer = response(phone, find("party", rows=rows))
        assert (answer.value(Find.Range), answer.value(Find.Total)) == (given, "25")
        for result in answer.find_all(Find.Result):
            (properties,) = result.find_all(Find.Properties)
            seen.append(properties.value(Email.Subject))
    assert seen == [f"party {number}" for number in range(25)]
    assert response(phone, find("party", rows="10-19", search_id="s2")).value(Find.Status) == "4"


def test_pages_that_cannot_be(phone: CheckedPhone) -> None:
    """MS-ASCMD R37071812, R72172521: from 0 to 999, the first no higher than the last: status 2."""
    for rows in ("0-1000", "5-2", "-1-5", "a-b", "7"):
        assert response(phone, find("party", rows=rows)).value(Find.Status) == "2"


def test_a_folder_that_is_gone(phone: CheckedPhone) -> None:
    """MS-ASCMD R72172515, R72171802: status 3 of the whole sends the device to FolderSync."""
    answer = phone.ask("Find", find("party", within(FolderId("4711"))))
    assert answer.value(Find.Status) == "3"


def test_mail_alone_is_found(rig: Rig, phone: CheckedPhone) -> None:
    """MS-ASCMD R9010602: of a mailbox with items of every class, messages."""
    fill(rig)
    answer = response(phone, find("party"))
    kinds = {one.value(AirSync.Class) for one in answer.find_all(Find.Result)}
    assert kinds == {"Email"}
    assert response(phone, find("party", deep=True)).value(Find.Status) == "1"

"""Search, Find and ResolveRecipients: what stands in results (MS-ASCMD 2.2.1.2, .15, .16)."""

from base64 import b64encode

import pytest

from carbonio_mobile.testing.rig import Rig
from carbonio_mobile.wbxml import Element, Tag
from carbonio_mobile.wbxml.codepages import (
    GAL,
    AirSync,
    AirSyncBase,
    Calendar,
    Contacts,
    Contacts2,
    DocumentLibrary,
    Email,
    Email2,
    Find,
    Notes,
    ResolveRecipients,
    Search,
    Tasks,
)
from tests.unit.commands import test_documents as documents
from tests.unit.commands import test_resolverecipients as resolving
from tests.unit.commands.checked import ALL_VERSIONS, CheckedPhone
from tests.unit.commands.everyclass import CLASSES, fill
from tests.unit.commands.test_people import MARY, find, pictures, response_of, search, store_of
from tests.unit.commands.test_rows_search import of_class, results, words
from tests.unit.commands.test_rows_search import search as mailbox_search
from tests.unit.directory.authority import issue
from tests.unit.rows.mailcase import PLAIN, MailCase, the

SINCE_12 = ALL_VERSIONS[1:]
SINCE_14_1 = ("14.1", "16.0", "16.1")
CLASS_TAGS: dict[str, tuple[Tag, ...]] = {
    "Email": (Email.Subject, Email2.Sender),
    "SMS": (Email.Subject, Email2.Sender),
    "Contacts": (Contacts.FirstName, Contacts2.NickName),
    "Calendar": (Calendar.Subject,),
    "Tasks": (Tasks.Subject,),
    "Notes": (Notes.Subject,),
}


@pytest.mark.parametrize(
    ("kind", "version"),
    [
        (kind, version)
        for kind in CLASSES
        for version in SINCE_12
        if kind not in ("SMS", "Notes") or version >= "14.0"
    ],
)
def test_the_properties_of_a_result_are_those_of_its_class(kind: str, version: str) -> None:
    """MS-ASCMD R5751: elements of the content class, and what is common to all of them."""
    rig = Rig()
    fill(rig)
    phone = CheckedPhone(rig, version=version)
    (one,) = results(phone, mailbox_search(of_class(kind), words("party")))
    found = the(one, Search.Properties)
    pages = {tag.page for tag in CLASS_TAGS[kind]}
    assert {child.tag.page for child in found} & pages
    assert {child.tag.page for child in found} <= pages | {AirSyncBase.Body.page}


@pytest.mark.parametrize("version", SINCE_12)
def test_the_link_of_a_document(version: str) -> None:
    """MS-ASCMD R1559, R1560, R1561, R1562: one URI, without children, below Properties."""
    phone = documents.phone(version)
    asked = documents.search(documents.ROOT + r"\Plans")
    found = documents.found(phone, asked).find_all(Search.Result)
    assert len(found) > 1
    for result in found:
        properties = the(result, Search.Properties)
        link = the(properties, DocumentLibrary.LinkId)
        assert not link.children
        assert link.string.startswith((documents.ROOT, "file://"))
        assert not result.has(DocumentLibrary.LinkId)


PHOTOS = (b"", b"one", b"much too large", b"two", b"six")
TOLD = [("173", b""), ("1", b"one"), ("174", b""), ("1", b"two"), ("175", b"")]


@pytest.fixture
def rig() -> Rig:
    """People with photos: none, some that fit, and one that does not."""
    made = Rig()
    for n, photo in enumerate(PHOTOS):
        given = {"jpegPhoto": b64encode(photo).decode()} if photo else {}
        made.accounts.add(f"p{n}@example.com", "demo-photo", displayName=f"Photo {n}", **given)
    return made


@pytest.mark.parametrize("version", SINCE_14_1)
def test_pictures_of_a_search(rig: Rig, version: str) -> None:
    """MS-ASCMD R4372: 1; R4373, R4970: 173; R4374, R4972, R3310: 174 above MaxSize; R4974: 175.

    R2747: a Status stands in Search, in Store and in gal:Picture.
    """
    phone = CheckedPhone(rig, version=version)
    store = store_of(phone, search("photo", picture=(5, 2)))
    assert pictures(store, Search) == TOLD
    assert phone.ask("Search", search("photo")).value(Search.Status) == "1"
    assert store.value(Search.Status) == "1"


def test_pictures_of_each_command(rig: Rig) -> None:
    """MS-ASCMD R3667: Picture is in the answers of Find, ResolveRecipients and Search."""
    phone = CheckedPhone(rig, version="16.1")
    assert pictures(store_of(phone, search("photo", picture=(5, 2))), Search) == TOLD
    assert pictures(response_of(phone, find("photo", picture=(5, 2))), Find) == TOLD
    asked = resolving.ask("p1@example.com", options=(resolving.picture(5, 2),))
    answer = phone.ask("ResolveRecipients", asked)
    recipient = the(the(answer, ResolveRecipients.Response), ResolveRecipients.Recipient)
    picture = the(recipient, ResolveRecipients.Picture)
    assert the(picture, ResolveRecipients.Data).octets == b"one"


@pytest.mark.parametrize("version", SINCE_12)
def test_a_person_has_no_empty_property(version: str) -> None:
    """MS-ASCMD R3848: what is not known of somebody is left out."""
    rig = Rig()
    rig.accounts.add("mary@example.com", "demo-mary", **(MARY | {"company": "", "title": " "}))
    store = store_of(CheckedPhone(rig, version=version), search("mary"))
    (result,) = store.find_all(Search.Result)
    found = the(result, Search.Properties)
    assert GAL.Company not in {child.tag for child in found}
    assert all(child.string.strip() for child in found)


def with_file(disposition: str) -> bytes:
    return (
        b"From: mary@example.com\r\nSubject: hello\r\nMIME-Version: 1.0\r\n"
        b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\n\r\nhello\r\n--b\r\n'
        b"Content-Type: text/csv; name=list.csv\r\n" + disposition.encode() + b"\r\n\r\n"
        b"1\r\n--b--\r\n"
    )


@pytest.mark.parametrize(
    ("source", "shown"),
    [(PLAIN, "0"), (with_file("Content-Disposition: attachment; filename=list.csv"), "1")],
)
def test_found_mail_tells_of_attachments(source: bytes, shown: str) -> None:
    """MS-ASCMD R66851604, R66851605, R66851606: one boolean at most, without children."""
    case = MailCase("16.1")
    case.arrive(source)
    query = Element(Find.Query, [Element(AirSync.Class, "Email"), Element(Find.FreeText, "hello")])
    execute = Element(Find.ExecuteSearch, [Element(Find.MailBoxSearchCriterion, [query])])
    answer = case.phone.ask("Find", Element(Find.Find, [Element(Find.SearchId, "1"), execute]))
    result = the(the(answer, Find.Response), Find.Result)
    told = the(the(result, Find.Properties), Find.HasAttachments)
    assert not told.children
    assert told.text == shown


@pytest.mark.parametrize("version", ALL_VERSIONS)
def test_who_is_meant_is_listed(version: str) -> None:
    """MS-ASCMD R3761: the recipients of a To that is ambiguous, or a distribution list.

    R3762: the status of the Response tells which. R3764: with certificates, where asked for.
    """
    rig = Rig()
    certificate = b64encode(issue("Mary").der).decode()
    given = MARY | {"userCertificate": certificate}
    rig.accounts.add("mary@example.com", "demo-mary", **given)
    rig.accounts.add("mario@example.com", "demo-mario", displayName="Mario")
    rig.accounts.add(
        "team@example.com",
        "demo-team",
        objectClass="zimbraGroup",
        zimbraMailForwardingAddress=["mary@example.com"],
    )
    phone = CheckedPhone(rig, version=version)
    document = resolving.ask(
        "mar", "team@example.com", "mary@example.com", options=(resolving.retrieval(2),)
    )
    answer = phone.ask("ResolveRecipients", document)
    page = ResolveRecipients
    ambiguous, team, mary = answer.find_all(page.Response)
    assert [one.value(page.Status) for one in (ambiguous, team, mary)] == ["2", "1", "1"]
    assert len(ambiguous.find_all(page.Recipient)) == 2
    assert len(team.find_all(page.Recipient)) == 1
    for one in (team, mary):
        certificates = the(the(one, page.Recipient), page.Certificates)
        assert certificates.value(page.Status) == "1"
        assert certificates.find_all(page.Certificate)

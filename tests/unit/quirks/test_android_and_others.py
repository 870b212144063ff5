"""client-quirks 6 and 7: Android families; Windows, BlackBerry, Nine, Thunderbird."""

from email import message_from_bytes, policy

import pytest

from carbonio_mobile.eas.http import HttpResponse
from carbonio_mobile.ids import ServerId
from carbonio_mobile.pim.event import Event
from carbonio_mobile.pipeline import ProvisioningRules
from carbonio_mobile.sync.folders import FolderKind
from carbonio_mobile.testing.rig import Rig, now
from carbonio_mobile.wbxml import Element, decode
from carbonio_mobile.wbxml.codepages import (
    AirSync,
    AirSyncBase,
    Calendar,
    Email,
    FolderHierarchy,
    Search,
)
from tests.unit.commands import asking
from tests.unit.commands.checked import ALL_VERSIONS, CheckedPhone
from tests.unit.commands.objectphone import CALENDAR, Objects, event
from tests.unit.quirks.clients import FamilyPhone
from tests.unit.quirks.test_outlook_and_ios import _all, send_mail

VERSIONS = ALL_VERSIONS[2:]
FORWARDED = (
    b'Subject: FW\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n'
    b"--b\r\nContent-Type: text/plain\r\n\r\nsee below\r\n"
    b"--b\r\nContent-Type: message/rfc822\r\n\r\n"
    b"From: eve@example.com\r\nSubject: Wine / cheese\r\n\r\nold\r\n--b--\r\n"
)


def mail_of(rig: Rig, version: str, family: str = "Gmail") -> Element:
    """Give the one mail of the Inbox as a phone has it."""
    phone = FamilyPhone(rig, family, version)
    inbox = rig.folder(FolderKind.INBOX)
    phone.prime(inbox)
    (mail,) = phone.items[inbox].values()
    return mail


@pytest.mark.parametrize("version", VERSIONS)
def test_attached_mail_has_a_size_and_a_name(version: str) -> None:
    """client-quirks 6.1: without them it is not shown."""
    rig = Rig()
    rig.deliver(FORWARDED)
    (attached,) = _all(mail_of(rig, version), AirSyncBase.Attachment)
    assert attached.value(AirSyncBase.DisplayName, "").endswith(".eml")
    assert int(attached.value(AirSyncBase.EstimatedDataSize, "0")) > 0
    assert attached.value(AirSyncBase.Method) == "5"


def search_for(text: str, *folders: str, options: tuple[Element, ...] = ()) -> Element:
    """A Search of the mailbox."""
    criteria = [
        Element(AirSync.Class, "Email"),
        *[Element(AirSync.CollectionId, folder) for folder in folders],
        Element(Search.FreeText, text),
    ]
    store = [
        Element(Search.Name, "Mailbox"),
        Element(Search.Query, [Element(Search.And, criteria)]),
        Element(Search.Options, list(options)) if options else None,
    ]
    return Element(Search.Search, [Element(Search.Store, store)])


@pytest.mark.parametrize("folders", [(), ("0",)])
@pytest.mark.parametrize("version", VERSIONS)
def test_a_search_without_a_folder_or_in_folder_0_looks_everywhere(
    folders: tuple[str, ...], version: str
) -> None:
    """client-quirks 6.2: with Range and Total in the answer, whether a range was asked or not."""
    rig = Rig()
    for kind in (FolderKind.INBOX, FolderKind.SENT):
        rig.deliver(b"Subject: Plans\r\n\r\ncheese\r\n", folder=rig.folder(kind))
    phone = FamilyPhone(rig, "Outlook mobile" if folders else "Gmail", version)
    for options in ((), (Element(Search.Range, "0-9"),)):
        answer = phone.ask("Search", search_for("cheese", *folders, options=options))
        (store,) = _all(answer, Search.Store)
        assert store.value(Search.Total) == "2"
        assert store.value(Search.Range) == "0-1"
    (nothing,) = _all(phone.ask("Search", search_for("wine", *folders)), Search.Store)
    assert nothing.value(Search.Total) == "0"


def test_recipients_may_be_parted_by_semicolons() -> None:
    """client-quirks 6.6: in the header of a mail and in the elements of a draft."""
    rig = Rig()
    phone = FamilyPhone(rig, "Samsung", "16.1")
    source = b"To: mary@example.com; Bob <bob@example.com>;\r\nSubject: x\r\n\r\nHello\r\n"
    assert phone.post("SendMail", send_mail(source)) is None
    (sent,) = rig.submission.taken.values()
    assert sent.recipients == ("mary@example.com", "bob@example.com")
    header = message_from_bytes(sent.message, policy=policy.default)["To"]
    assert [one.addr_spec for one in header.addresses] == list(sent.recipients)
    drafts = rig.folder(FolderKind.DRAFTS)
    phone.prime(drafts)
    content = [Element(Email.To, "mary@example.com; bob@example.com"), Element(Email.Subject, "y")]
    name = phone.make(drafts, content)
    other = CheckedPhone(rig, version="16.1", device="other")
    other.prime(drafts)
    assert other.items[drafts][name].value(Email.To) == "mary@example.com, bob@example.com"


@pytest.mark.parametrize("family", ["AOSP", "Samsung"])
def test_what_a_mail_lacks_is_put_in(family: str) -> None:
    """client-quirks 6.7: From, Date, Message-ID; a foreign Sender goes."""
    rig = Rig()
    phone = FamilyPhone(rig, family)
    bare = b"To: mary@example.com\r\nSender: boss@example.com\r\nSubject: x\r\n\r\nHello\r\n"
    assert phone.post("SendMail", send_mail(bare)) is None
    (sent,) = rig.submission.taken.values()
    message = message_from_bytes(sent.message, policy=policy.default)
    assert message["From"].addresses[0].addr_spec == Rig.ADDRESS
    assert message["Date"].datetime is not None
    assert message["Message-ID"]
    assert message["Sender"] is None


@pytest.mark.parametrize("version", ["12.1", "14.1", "16.1"])
@pytest.mark.parametrize(("filter_type", "status"), [("4", "1"), ("7", "1"), ("1", "4")])
def test_the_window_of_a_calendar(filter_type: str, status: str, version: str) -> None:
    """client-quirks 6.8: only the windows that there are; the first day is a whole one."""
    rig = Rig()
    calendar = rig.folder(FolderKind.CALENDAR)
    phone = FamilyPhone(rig, "Samsung", version)
    options = Element(AirSync.Options, [Element(AirSync.FilterType, filter_type)])
    phone.sync(calendar)
    answer = phone.sync(calendar, options)
    told = None if phone.answer is None else phone.answer.value(AirSync.Status)
    if status == "1":
        assert told is None
        assert answer is None or answer.value(AirSync.Status) == "1"
    else:
        assert told == status


def test_nobody_is_asked_to_provision_unless_a_policy_is_set() -> None:
    """client-quirks 6.10: the screen for administrators scares users."""
    rig = Rig()
    phone = FamilyPhone(rig, "Gmail")
    for key in ("0", ""):
        headers = {"user-agent": phone.agent} | ({"x-ms-policykey": key} if key else {})
        sent = now(rig.send("FolderSync", asking.folder_sync("0"), headers=headers))
        assert decode(sent.body).value(FolderHierarchy.Status) == "1"


# Section 7


@pytest.mark.parametrize("version", ["14.0", "14.1"])
def test_a_windows_phone_gets_its_preview(version: str) -> None:
    """client-quirks 7: Preview beside a body, an empty Attendees; no agent needed every time."""
    rig = Rig()
    page = b"<p>Wine and cheese</p>" + b"<p>more</p>" * 100
    rig.deliver(b"Subject: x\r\nContent-Type: text/html\r\n\r\n" + page)
    phone = FamilyPhone(rig, "Windows Phone", version)
    inbox, calendar = rig.folder(FolderKind.INBOX), rig.folder(FolderKind.CALENDAR)
    preference = [
        Element(AirSyncBase.Type, "2"),
        Element(AirSyncBase.TruncationSize, "50"),
        Element(AirSyncBase.Preview, "100"),
    ]
    options = Element(AirSync.Options, [Element(AirSyncBase.BodyPreference, preference)])
    phone.prime(inbox, options)
    (mail,) = phone.items[inbox].values()
    (preview,) = _all(mail, AirSyncBase.Preview)
    assert (preview.text or "").startswith("Wine and cheese")
    phone.agent = ""
    Objects(rig, CALENDAR).store("Mine")
    phone.prime(calendar)
    (shown,) = phone.items[calendar].values()
    attendees = shown.find(Calendar.Attendees)
    assert attendees is not None
    assert not attendees.children


@pytest.mark.parametrize("version", ALL_VERSIONS)
def test_the_inbox_is_one(version: str) -> None:
    """client-quirks 7: Windows Mail wants the real types of the standard folders."""
    rig = Rig()
    answer = CheckedPhone(rig, version=version).folder_sync()
    types = {one.text for one in _all(answer, FolderHierarchy.Type)}
    assert {"2", "3", "4", "5", "7", "8", "9"} <= types


def test_empty_server_ids_are_told_their_own_status() -> None:
    """client-quirks 7 (BlackBerry): the rest of the request is done all the same."""
    rig = Rig()
    inbox = rig.folder(FolderKind.INBOX)
    head = rig.deliver()
    phone = CheckedPhone(rig)
    phone.prime(inbox)
    read = Element(Email.Read, "1")
    empty = Element(
        AirSync.Change,
        [Element(AirSync.ServerId, ""), Element(AirSync.ApplicationData, [read])],
    )
    name = str(ServerId(inbox, head.item))
    good = Element(
        AirSync.Change,
        [Element(AirSync.ServerId, name), Element(AirSync.ApplicationData, [read])],
    )
    answer = phone.sync(inbox, Element(AirSync.Commands, [empty, good]))
    assert answer is not None
    responses = answer.find(AirSync.Responses)
    assert responses is not None
    assert [one.value(AirSync.Status) for one in responses] == ["8"]
    other = CheckedPhone(rig, device="other")
    other.prime(inbox)
    assert other.items[inbox][name].value(Email.Read) == "1"


@pytest.mark.parametrize(("parent", "status"), [("0", "1"), ("", "10"), ("nowhere", "5")])
def test_folders_made_under_strange_parents(parent: str, status: str) -> None:
    """client-quirks 7 (BlackBerry): 0 is the top, whatever else is told by its status."""
    phone = CheckedPhone(Rig())
    phone.folder_sync()
    made = asking.folder_create(phone.folder_key, "New", parent=parent)
    assert phone.ask("FolderCreate", made).value(FolderHierarchy.Status) == status


def test_signed_mail_comes_as_mime() -> None:
    """client-quirks 7 (BlackBerry), 9.3: whatever else is wanted, where MIME is supported."""
    rig = Rig()
    rig.deliver(
        b"Subject: x\r\nContent-Type: multipart/signed; protocol=application/pkcs7-signature;"
        b' boundary="b"\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nsigned\r\n'
        b"--b\r\nContent-Type: application/pkcs7-signature\r\n\r\nx\r\n--b--\r\n"
    )
    inbox = rig.folder(FolderKind.INBOX)
    phone = FamilyPhone(rig, "BlackBerry")
    preferences = [
        Element(AirSyncBase.BodyPreference, [Element(AirSyncBase.Type, kind)])
        for kind in ("1", "2", "4")
    ]
    support = Element(AirSync.MIMESupport, "1")
    phone.prime(inbox, Element(AirSync.Options, [support, *preferences]))
    (mail,) = phone.items[inbox].values()
    (body,) = _all(mail, AirSyncBase.Body)
    assert body.value(AirSyncBase.Type) == "4"
    assert "multipart/signed" in body.value(AirSyncBase.Data, "")


def test_mixed_line_ends_part_header_and_body() -> None:
    """client-quirks 7 (Nine): CRLF in the header, bare ones where the body begins."""
    rig = Rig()
    phone = FamilyPhone(rig, "Nine", "16.1")
    mixed = b"To: mary@example.com\r\nSubject: x\r\nContent-Type: text/plain\n\nHello\n\nJohn\n"
    assert phone.post("SendMail", send_mail(mixed)) is None
    (sent,) = rig.submission.taken.values()
    message = message_from_bytes(sent.message)
    assert message["Subject"] == "x"
    assert message.get_payload() == "Hello\r\n\r\nJohn\r\n"


@pytest.mark.parametrize("version", VERSIONS)
def test_an_inline_file_with_an_id_can_be_had(version: str) -> None:
    """client-quirks 7 (Nine): inline with a content id, and yet an attachment like others."""
    rig = Rig()
    rig.deliver(
        b'Subject: x\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n'
        b"--b\r\nContent-Type: text/plain\r\n\r\nsee\r\n--b\r\nContent-Type: application/pdf\r\n"
        b'Content-ID: <1@x>\r\nContent-Disposition: inline; filename="a.pdf"\r\n\r\nx\r\n--b--\r\n'
    )
    (attached,) = _all(mail_of(rig, version, "Nine"), AirSyncBase.Attachment)
    assert attached.value(AirSyncBase.DisplayName) == "a.pdf"
    assert attached.value(AirSyncBase.FileReference)


@pytest.mark.parametrize(("family", "expected"), [("Thunderbird", 449), ("Gmail", 200)])
@pytest.mark.parametrize("version", ["14.0", "14.1", "16.1"])
def test_who_learns_of_provisioning_by_449_only(family: str, expected: int, version: str) -> None:
    """client-quirks 7: Thunderbird, in all versions; others are told by the status from 14.0 on."""
    rig = Rig(rules=ProvisioningRules(required=True, refresh_s=0.0))
    phone = FamilyPhone(rig, family, version)
    sent: HttpResponse = now(
        rig.send(
            "FolderSync",
            asking.folder_sync("0"),
            version=version,
            headers={"user-agent": phone.agent, "x-ms-policykey": "0"},
        )
    )
    assert sent.code == expected
    if sent.code == 200:
        assert decode(sent.body).value(FolderHierarchy.Status) == "142"


def test_thunderbird_works_at_14_1_where_others_have_16() -> None:
    """client-quirks 7: it knows no 16.0; the versions offered go down to what it knows."""
    rig = Rig()
    phone = FamilyPhone(rig, "Thunderbird", "14.1")
    phone.folder_sync()
    rig.deliver()
    phone.prime(rig.folder(FolderKind.INBOX))
    assert len(phone.items[rig.folder(FolderKind.INBOX)]) == 1


@pytest.mark.parametrize("version", ALL_VERSIONS)
def test_an_event_of_the_account_alone_names_it(version: str) -> None:
    """client-quirks 6.9: else the phone takes it for read-only; the event has no organiser yet."""
    calendar = Objects(Rig(), CALENDAR)
    phone = calendar.phone(version)
    name = phone.make(calendar.folder, event("Mine", "", version))
    record = calendar.get(name).record
    assert isinstance(record, Event)
    assert record.organizer_address == ""
    other = calendar.phone(version, device="other")
    assert other.hold(calendar.folder)[name].value(Calendar.OrganizerEmail) == Rig.ADDRESS

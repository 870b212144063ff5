"""client-quirks 4 and 5: Outlook on the desktop; iPhones and iPads."""

from email import message_from_bytes

import pytest

from carbonio_mobile.mime.bodies import html_to_text
from carbonio_mobile.pim.event import Event
from carbonio_mobile.pipeline import ProvisioningRules
from carbonio_mobile.sync.folders import FolderKind
from carbonio_mobile.testing.rig import Rig, now
from carbonio_mobile.wbxml import Element, decode
from carbonio_mobile.wbxml.codepages import (
    GAL,
    AirSync,
    AirSyncBase,
    Calendar,
    ComposeMail,
    Email,
    ItemOperations,
    Provision,
    Search,
    Settings,
)
from tests.unit.commands.checked import ALL_VERSIONS, CheckedPhone
from tests.unit.commands.objectphone import CALENDAR, Objects, add, change, event
from tests.unit.quirks.clients import FamilyPhone

SOFT_MAIL = (
    b"From: john@example.com\nTo: mary@example.com\nSubject: Hello\nMIME-Version: 1.0\n"
    b"Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\n"
    b"Gr=C3=BC=\n=C3=9Fe\n\nJohn\n"
)


def send_mail(mime: bytes, client_id: str = "c1") -> Element:
    """A SendMail from 14.0 on."""
    return Element(
        ComposeMail.SendMail,
        [
            Element(ComposeMail.ClientId, client_id),
            Element(ComposeMail.SaveInSentItems),
            Element(ComposeMail.Mime, mime),
        ],
    )


@pytest.mark.parametrize("version", ["12.1", "14.1"])
def test_text_with_bare_line_ends_is_sent_with_crlf(version: str) -> None:
    """client-quirks 4.8, 7 (Nine): else quoted-printable is read wrong; the text is UTF-8."""
    rig = Rig()
    phone = FamilyPhone(rig, "Outlook desktop", version)
    if version == "12.1":
        response = now(
            rig.send(
                "SendMail",
                version=version,
                body=SOFT_MAIL,
                query="&SaveInSent=T",
                headers={"user-agent": phone.agent, "content-type": "message/rfc822"},
            )
        )
        assert (response.code, response.body) == (200, b"")
    else:
        assert phone.post("SendMail", send_mail(SOFT_MAIL)) is None
    (sent,) = rig.submission.taken.values()
    assert sent.message.count(b"\n") == sent.message.count(b"\r\n")
    read = message_from_bytes(sent.message).get_payload(decode=True)
    assert isinstance(read, bytes)
    assert read.decode().split() == ["Grüße", "John"]


def test_a_reminder_that_is_not_there_is_not_made_up() -> None:
    """client-quirks 4.8: Outlook sends defaults; they are kept as sent, and none is added here."""
    calendar = Objects(Rig(), CALENDAR)
    phone = calendar.phone("14.1")
    plain = phone.make(calendar.folder, event("None"))
    minutes = Element(Calendar.Reminder, "1080")
    usual = phone.make(calendar.folder, event("18 hours", "", "14.1", minutes))
    for name, expected in ((plain, None), (usual, 1080)):
        record = calendar.get(name).record
        assert isinstance(record, Event)
        assert record.details.reminder_min == expected


def test_a_relay_is_a_device_like_others() -> None:
    """client-quirks 4.11: its address is its maker's; another one makes no other device of it."""
    rig = Rig()
    phone = FamilyPhone(rig, "Outlook mobile", device="0123456789ABCDEF0123456789ABCDEF")
    phone.folder_sync()
    known = phone.record()
    assert (known.peer, known.succeeded_by) == ("", "")


# Section 5


@pytest.mark.parametrize("version", ["14.1", "16.0", "16.1"])
def test_a_search_with_an_empty_picture(version: str) -> None:
    """client-quirks 5.2: iOS asks for pictures without bounds; whoever has one, it comes."""
    rig = Rig()
    rig.accounts.add("mary@example.com", "secret", displayName="Mary")
    phone = FamilyPhone(rig, "iOS", version)
    store = [
        Element(Search.Name, "GAL"),
        Element(Search.Query, "mary"),
        Element(Search.Options, [Element(Search.Picture)]),
    ]
    answer = phone.ask("Search", Element(Search.Search, [Element(Search.Store, store)]))
    found = _all(answer, GAL.EmailAddress)
    assert [one.text for one in found] == ["mary@example.com"]
    assert [one.value(GAL.Status) for one in _all(answer, GAL.Picture)] == ["173"]


def _all(tree: Element, tag: object) -> list[Element]:
    own = [tree] if tree.tag is tag else []
    return own + [one for child in tree.children for one in _all(child, tag)]


def test_an_attachment_has_a_range_only_where_one_was_asked() -> None:
    """client-quirks 5.3: else the first download fails."""
    rig = Rig()
    source = (
        b'Subject: x\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n'
        b'--b\r\nContent-Type: text/csv; name="a.csv"\r\n'
        b"Content-Disposition: attachment\r\n\r\n0123456789\r\n--b--\r\n"
    )
    rig.deliver(source)
    phone = FamilyPhone(rig, "iOS")
    inbox = rig.folder(FolderKind.INBOX)
    phone.prime(inbox)
    (mail,) = phone.items[inbox].values()
    (reference,) = _all(mail, AirSyncBase.FileReference)

    def fetched(*options: Element) -> Element:
        fetch = [
            Element(ItemOperations.Store, "Mailbox"),
            Element(AirSyncBase.FileReference, reference.text),
            *([Element(ItemOperations.Options, list(options))] if options else []),
        ]
        wanted = Element(ItemOperations.ItemOperations, [Element(ItemOperations.Fetch, fetch)])
        return phone.ask("ItemOperations", wanted)

    assert _all(fetched(), ItemOperations.Range) == []
    (range_,) = _all(fetched(Element(ItemOperations.Range, "2-5")), ItemOperations.Range)
    assert range_.text == "2-5"


def test_the_plain_text_is_fit_for_a_list() -> None:
    """client-quirks 5.4: without images, targets of links and markup; cut between characters."""
    page = (
        '<p>Dear <b>John</b>, <a href="https://example.com/very/long">look</a> '
        '<img src="cid:1" alt=""><style>p{}</style>grüße</p>'
    )
    text = html_to_text(page)
    rig = Rig()
    head = f"Subject: x\r\nContent-Type: text/html; charset=utf-8\r\n\r\n{page}\r\n"
    rig.deliver(head.encode())
    inbox = rig.folder(FolderKind.INBOX)
    whole = len(text.encode())
    seen = set()
    for size in range(8, whole):
        phone = FamilyPhone(rig, "iOS", device=f"cut{size}")
        preference = [
            Element(AirSyncBase.Type, "1"),
            Element(AirSyncBase.TruncationSize, str(size)),
        ]
        options = Element(AirSync.Options, [Element(AirSyncBase.BodyPreference, preference)])
        phone.prime(inbox, options)
        (mail,) = phone.items[inbox].values()
        (body,) = _all(mail, AirSyncBase.Body)
        data = body.value(AirSyncBase.Data, "")
        assert "\ufffd" not in data
        assert "<" not in data
        assert "https:" not in data
        assert len(data.encode()) <= size
        seen.add(data.strip())
    assert "Dear John, look grü" in seen


@pytest.mark.parametrize("version", ALL_VERSIONS[1:])
def test_settings_before_provision_lead_to_provision(version: str) -> None:
    """client-quirks 5.5: the refusal that says so, and no error page."""
    rig = Rig(rules=ProvisioningRules(required=True, refresh_s=0.0))
    phone = FamilyPhone(rig, "iOS", version)
    user = Element(Settings.UserInformation, [Element(Settings.Get)])
    sent = now(
        rig.send(
            "Settings",
            Element(Settings.Settings, [user]),
            version=version,
            device=phone.device,
            headers={"user-agent": phone.agent, "x-ms-policykey": "0"},
        )
    )
    if version < "14.0":
        assert sent.code == 449
    else:
        assert decode(sent.body).value(Settings.Status) == "142"


def test_the_first_key_of_a_policy_is_never_0() -> None:
    """client-quirks 5.5: early iOS dislikes it; a temporary one is sent."""
    rig = Rig()
    phone = FamilyPhone(rig, "iOS", "12.1")
    kind = Element(Provision.PolicyType, "MS-EAS-Provisioning-WBXML")
    policy = Element(Provision.Policies, [Element(Provision.Policy, [kind])])
    answer = phone.ask("Provision", Element(Provision.Provision, [policy]))
    (key,) = _all(answer, Provision.PolicyKey)
    assert key.text not in (None, "", "0")


@pytest.mark.parametrize("uid", ["4F3C2B1A-0011-2233", "4F3C2B1A00112233", "4F3C2B1A00112233\0"])
def test_ids_of_any_form_are_kept(uid: str) -> None:
    """client-quirks 5.6: with dashes, without, or with a NUL behind."""
    calendar = Objects(Rig(), CALENDAR)
    phone = calendar.phone("14.1")
    uid_element = Element(Calendar.UID, uid.encode())
    name = phone.make(calendar.folder, [*event("Mine"), uid_element])
    record = calendar.get(name).record
    assert isinstance(record, Event)
    assert record.uid == uid.rstrip("\0")


def test_an_add_of_what_is_there_is_a_change_of_it() -> None:
    """client-quirks 5.7, 7 (BlackBerry): no second event, the id is the one that it has."""
    calendar = Objects(Rig(), CALENDAR)
    there = calendar.store("Plans", uid="meeting-1")
    phone = calendar.phone("14.1")
    said = phone.one(calendar.folder, add(event("Our plans", uid="meeting-1")))
    assert (said.status, said.name) == ("1", there)
    assert calendar.names() == {there}
    assert calendar.title(there) == "Our plans"


@pytest.mark.parametrize("version", ALL_VERSIONS)
def test_what_a_list_of_mail_needs_is_always_there(version: str) -> None:
    """client-quirks 5.10, 6.3: DateReceived and Importance, whatever the mail lacks."""
    rig = Rig()
    rig.deliver(b"Subject: x\r\n\r\nno date, nothing\r\n")
    inbox = rig.folder(FolderKind.INBOX)
    phone = CheckedPhone(rig, version=version)
    phone.prime(inbox)
    (mail,) = phone.items[inbox].values()
    assert mail.value(Email.DateReceived)
    assert mail.value(Email.Importance) == "1"


@pytest.mark.parametrize("version", ALL_VERSIONS)
def test_an_event_always_says_whether_it_is_a_meeting(version: str) -> None:
    """client-quirks 5.10, 6.9: MeetingStatus, and an organiser."""
    calendar = Objects(Rig(), CALENDAR)
    name = calendar.store("Mine")
    phone = calendar.phone(version)
    shown = phone.hold(calendar.folder)[name]
    assert shown.value(Calendar.MeetingStatus) == "0"
    assert shown.value(Calendar.OrganizerEmail) == Rig.ADDRESS


def test_a_change_without_anything_new_is_a_success() -> None:
    """client-quirks 4.6: failing requests come again and again; harmless ones must not fail."""
    calendar = Objects(Rig(), CALENDAR)
    phone = calendar.phone("14.1")
    name = phone.make(calendar.folder, event("Mine"))
    for _ in range(3):
        assert phone.one(calendar.folder, change(name, *event("Mine"))).status == "1"

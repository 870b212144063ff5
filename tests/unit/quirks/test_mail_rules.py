"""client-quirks 9 and 10: mail as it goes out and comes in; the order of policies and wipes."""

from dataclasses import replace
from email import message_from_bytes, policy

import pytest

from carbonio_mobile.sync.folders import FolderKind
from carbonio_mobile.testing.rig import BOUNDS, Rig, now
from carbonio_mobile.wbxml import Element, decode, encode
from carbonio_mobile.wbxml.codepages import AirSync, AirSyncBase, ComposeMail, Email
from tests.unit.commands.checked import ALL_VERSIONS, CheckedPhone
from tests.unit.commands.phone import options
from tests.unit.quirks.clients import FamilyPhone
from tests.unit.quirks.test_outlook_and_ios import _all, send_mail

CONTROLS = "".join(map(chr, [*range(9), 11, 12, *range(14, 32)]))
BARE = b"To: mary@example.com\r\nSubject: x\r\n\r\nHello\r\n"


def only_mail(phone: CheckedPhone, *content: Element) -> Element:
    """Give the one mail of the Inbox as a phone has it."""
    inbox = phone.rig.folder(FolderKind.INBOX)
    phone.prime(inbox, *content)
    (mail,) = phone.items[inbox].values()
    return mail


@pytest.mark.parametrize("version", ALL_VERSIONS)
def test_no_control_character_leaves(version: str) -> None:
    """client-quirks 9.1, 12: subject with U+0001 and all the others but tab, CR and LF."""
    rig = Rig()
    text = f"Plans{CONTROLS} \u00e9"
    head = b"Subject: " + text.replace("\n", "").encode() + b"\r\nContent-Type: text/plain;"
    rig.deliver(head + b" charset=utf-8\r\n\r\na\0b\x01c\tg\xc3\xa9\r\n")
    mail = only_mail(CheckedPhone(rig, version=version))
    octets = encode(Element(AirSync.ApplicationData, mail.children))
    said = decode(octets)
    subject = said.value(Email.Subject, "")
    assert subject.startswith("Plans")
    assert subject.endswith("\u00e9")
    bodies = [*_all(mail, AirSyncBase.Data), *_all(mail, Email.Body)]
    for one in (subject, *(body.string for body in bodies)):
        assert not set(one) & set(CONTROLS)


@pytest.mark.parametrize(
    "charset", ["windows-1256", "unicode-1-1-utf-7", "x-unknown", "", "utf-8", "iso-8859-1"]
)
def test_no_charset_breaks_an_answer(charset: str) -> None:
    """client-quirks 9.2: what is not known is guessed; the mail comes in any case."""
    rig = Rig()
    kind = f"text/plain; charset={charset}" if charset else "text/plain"
    rig.deliver(f"Subject: x\r\nContent-Type: {kind}\r\n\r\n".encode() + b"Gr\xfc\xdfe, hello\r\n")
    (body,) = _all(only_mail(CheckedPhone(rig), options(body=1)), AirSyncBase.Data)
    assert "hello" in body.string


@pytest.mark.parametrize("version", ALL_VERSIONS)
def test_no_empty_data(version: str) -> None:
    """client-quirks 9.3: of a mail without text there is no Data, in 2.5 a blank."""
    rig = Rig()
    rig.deliver(b"Subject: x\r\n\r\n")
    mail = only_mail(CheckedPhone(rig, version=version))
    assert all(one.string for one in _all(mail, AirSyncBase.Data))
    if version == "2.5":
        assert mail.value(Email.Body) == " "


def test_truncation_counts_what_is_sent() -> None:
    """client-quirks 9.4: bytes of UTF-8, not characters; the estimate is the full size."""
    rig = Rig()
    text = "é" * 100
    rig.deliver(f"Subject: x\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{text}".encode())
    (body,) = _all(only_mail(CheckedPhone(rig), options(body=1, size=51)), AirSyncBase.Body)
    assert len(body.value(AirSyncBase.Data, "").encode()) == 50
    assert int(body.value(AirSyncBase.EstimatedDataSize, "0")) >= 200
    assert body.value(AirSyncBase.Truncated) == "1"


@pytest.mark.parametrize("version", ["14.0", "14.1", "16.0", "16.1"])
def test_what_was_sent_before(version: str) -> None:
    """client-quirks 9.5, 12: the same again is a success; another under its name is 118."""
    rig = Rig()
    phone = FamilyPhone(rig, "iOS", version)
    for _ in range(3):
        assert phone.post("SendMail", send_mail(BARE)) is None
    assert len(rig.submission.taken) == 1
    other = phone.ask("SendMail", send_mail(BARE.replace(b"Hello", b"Bye")))
    assert other.value(ComposeMail.Status) == "118"
    assert len(rig.submission.taken) == 1


@pytest.mark.parametrize("version", ["2.5", "12.0", "12.1"])
def test_a_message_is_known_by_what_it_says_where_it_has_no_name(version: str) -> None:
    """client-quirks 9.5: within a few minutes; much later it is another one."""
    rig = Rig()
    for wait_s, count in ((0, 1), (60, 1), (3600, 2)):
        rig.clock.advance(wait_s)
        sent = rig.send(
            "SendMail",
            version=version,
            body=BARE,
            query="&SaveInSent=T",
            headers={"content-type": "message/rfc822"},
        )
        assert now(sent).code == 200
        assert len(rig.submission.taken) == count


@pytest.mark.parametrize(("version", "told"), [("12.1", 413), ("14.1", 122), ("16.1", 122)])
def test_a_mail_that_is_too_big(version: str, told: int) -> None:
    """client-quirks 9.6: 122, or 413 where there are no statuses; never 500."""
    rig = Rig(bounds=replace(BOUNDS, message_bytes=1000))
    big = BARE + b"x" * 2000
    if version == "12.1":
        headers = {"content-type": "message/rfc822"}
        sent = now(rig.send("SendMail", version=version, body=big, headers=headers))
        assert sent.code == told
    else:
        phone = CheckedPhone(rig, version=version)
        assert phone.ask("SendMail", send_mail(big)).value(ComposeMail.Status) == str(told)
    assert not rig.submission.taken


def test_nobody_is_told_who_got_a_blind_copy() -> None:
    """client-quirks 9.5: Bcc goes, but from the copy; From is the account's."""
    rig = Rig()
    phone = CheckedPhone(rig)
    source = b"From: boss@example.com\r\nBcc: eve@example.com\r\n" + BARE
    assert phone.post("SendMail", send_mail(source)) is None
    (sent,) = rig.submission.taken.values()
    assert "eve@example.com" in sent.recipients
    assert b"eve@" not in sent.message
    assert sent.sent_copy is not None
    assert b"eve@" in sent.sent_copy
    read = message_from_bytes(sent.message, policy=policy.default)
    assert read["From"].addresses[0].addr_spec == Rig.ADDRESS


@pytest.mark.parametrize(
    ("method", "message_class"),
    [("REQUEST", "IPM.Schedule.Meeting.Request"), ("CANCEL", "IPM.Schedule.Meeting.Canceled")],
)
def test_an_attached_invitation_counts(method: str, message_class: str) -> None:
    """client-quirks 9.8: a calendar attached as *.ics; a plain file without method."""
    calendar = (
        f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nMETHOD:{method}\r\nBEGIN:VEVENT\r\nUID:1\r\n"
        "DTSTART:20270118T090000Z\r\nORGANIZER:mailto:mary@example.com\r\n"
        "ATTENDEE:mailto:john@example.com\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )
    for text, expected, has in (
        (calendar, message_class, True),
        (calendar.replace(f"METHOD:{method}\r\n", ""), "IPM.Note", False),
    ):
        rig = Rig()
        head = 'Subject: x\r\nContent-Type: application/ics; name="invite.ics"\r\n'
        rig.deliver(f"{head}Content-Disposition: attachment\r\n\r\n{text}".encode())
        mail = only_mail(CheckedPhone(rig))
        assert mail.value(Email.MessageClass) == expected
        assert mail.has(Email.MeetingRequest) is has

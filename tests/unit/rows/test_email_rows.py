"""Properties of mail, one by one, as a device of each version gets them (MS-ASEMAIL 2.2.2)."""

import pytest

from carbonio_mobile.mime.mailitem import MailState
from carbonio_mobile.sync.folders import FolderKind
from carbonio_mobile.wbxml import Element
from carbonio_mobile.wbxml.codepages import AirSync, AirSyncBase, ComposeMail, Email, Email2
from tests.unit.commands import asking
from tests.unit.commands.checked import ALL_VERSIONS
from tests.unit.commands.phone import commands, options
from tests.unit.rows.mailcase import PLAIN, MailCase, tags, the

SINCE_12 = ALL_VERSIONS[1:]
SINCE_14 = ("14.0", "14.1", "16.0", "16.1")
BARE = b"\r\nNo head at all\r\n"
LONG = ", ".join(f"Someone {n} <someone{n}@example.com>" for n in range(2000))


def with_(*lines: str, source: bytes = PLAIN) -> bytes:
    """Give a mail with more fields, or with others of the same name."""
    head, _, body = source.partition(b"\r\n\r\n")
    new = {line.partition(":")[0].lower() for line in lines}
    kept = [one for one in head.decode().split("\r\n") if one.partition(":")[0].lower() not in new]
    return "\r\n".join([*kept, *lines]).encode() + b"\r\n\r\n" + body


@pytest.mark.parametrize("version", ALL_VERSIONS)
@pytest.mark.parametrize("source", [PLAIN, BARE])
def test_what_every_mail_has(version: str, source: bytes) -> None:
    """MS-ASEMAIL R496: the code page, also of a mail that names none."""
    data = MailCase(version).shown(source)
    assert the(data, Email.InternetCPID).string.isdigit()


@pytest.mark.parametrize("version", ALL_VERSIONS)
@pytest.mark.parametrize(
    ("charset", "page"),
    [("utf-8", "65001"), ("windows-1252", "1252"), ("iso-2022-jp", "50220"), ("koi8-r", "20866")],
)
def test_the_code_page_is_that_of_the_mime_message(version: str, charset: str, page: str) -> None:
    """MS-ASEMAIL R496."""
    data = MailCase(version).shown(with_(f"Content-Type: text/plain; charset={charset}"))
    assert data.value(Email.InternetCPID) == page


@pytest.mark.parametrize("version", SINCE_12)
@pytest.mark.parametrize("source", [PLAIN, BARE])
def test_the_content_class_of_mail(version: str, source: bytes) -> None:
    """MS-ASEMAIL R342."""
    data = MailCase(version).shown(source)
    assert the(data, Email.ContentClass).string == "urn:content-classes:message"


@pytest.mark.parametrize("version", ALL_VERSIONS)
def test_lists_of_addresses_hold_one_or_more(version: str) -> None:
    """MS-ASEMAIL R330, R786, R710: one or more addresses; R331: Cc, parted by commas.

    R399: the names of all in To.
    """
    case = MailCase(version)
    one = case.shown(with_("Cc: ann@example.com", "Reply-To: list@example.com"))
    assert one.value(Email.To) == '"John" <john@example.com>'
    assert one.value(Email.Cc) == "ann@example.com"
    assert one.value(Email.ReplyTo) == "list@example.com"
    assert one.value(Email.DisplayTo) == "John"
    more = case.shown(
        with_(
            "To: John <john@example.com>, Mary <mary@example.com>",
            "Cc: ann@example.com, Bob <bob@example.com>",
            "Reply-To: list@example.com, other@example.com",
        )
    )
    assert more.value(Email.To) == '"John" <john@example.com>, "Mary" <mary@example.com>'
    assert more.value(Email.Cc) == 'ann@example.com, "Bob" <bob@example.com>'
    assert more.value(Email.ReplyTo) == "list@example.com; other@example.com"
    assert more.value(Email.DisplayTo) == "John; Mary"


@pytest.mark.parametrize("version", ALL_VERSIONS)
def test_long_lists_are_cut(version: str) -> None:
    """MS-ASEMAIL R477: From is no longer than 32,768 characters."""
    data = MailCase(version).shown(with_(f"From: {LONG}"))
    assert len(LONG) > 32_768 > len(data.value(Email.From, "")) > 0


@pytest.mark.parametrize("version", SINCE_14)
def test_a_copy_goes_to_the_secondary_recipients(version: str) -> None:
    """MS-ASEMAIL R328: whoever stands in Cc receives what is directed at those of To."""
    case = MailCase(version)
    mime = with_("From: john@example.com", "To: mary@example.com", "Cc: ann@example.com")
    content = [Element(ComposeMail.ClientId, "c1"), Element(ComposeMail.Mime, mime)]
    assert case.phone.post("SendMail", Element(ComposeMail.SendMail, content)) is None
    (sent,) = case.rig.submission.taken.values()
    assert set(sent.recipients) == {"mary@example.com", "ann@example.com"}


@pytest.mark.parametrize("version", SINCE_14)
def test_categories_are_there_though_empty(version: str) -> None:
    """MS-ASEMAIL R318: the Add of a mail without any has the empty container."""
    case = MailCase(version)
    assert the(case.shown(), Email.Categories).children == []
    full = the(case.shown(state=MailState(categories=("Work",))), Email.Categories)
    assert [(one.tag, one.string) for one in full] == [(Email.Category, "Work")]


@pytest.mark.parametrize("version", SINCE_14)
@pytest.mark.parametrize("source", [PLAIN, BARE])
def test_every_mail_is_of_a_conversation(version: str, source: bytes) -> None:
    """MS-ASEMAIL R343, R350: both elements are in every answer; R1003: as octets, not text."""
    data = MailCase(version).shown(source)
    for tag in (Email2.ConversationId, Email2.ConversationIndex):
        found = the(data, tag)
        assert isinstance(found.text, bytes)
        assert found.text


@pytest.mark.parametrize("version", SINCE_14)
def test_the_index_begins_with_the_time_of_sending(version: str) -> None:
    """MS-ASEMAIL R351: of a message that begins a conversation, to the step of the index."""
    index = the(MailCase(version).shown(), Email2.ConversationIndex).octets
    assert len(index) == 5
    ticks = int.from_bytes(b"\x01" + index + b"\0\0", "big")
    sent = 1_799_996_400  # 2027-01-15T07:00:00Z, the Date of the mail
    assert 0 <= sent - (ticks / 10_000_000 - 11_644_473_600) < 2**16 / 10_000_000


@pytest.mark.parametrize("version", ["16.0", "16.1"])
def test_a_new_draft_is_told_its_conversation(version: str) -> None:
    """MS-ASEMAIL R11850, R11910: both elements are in the answer to the Add."""
    case = MailCase(version, FolderKind.DRAFTS)
    wanted = commands(asking.add("c1", Element(Email.Subject, "New plans")))
    collection = case.phone.sync(case.folder, wanted)
    assert collection is not None
    (response,) = the(collection, AirSync.Responses).children
    data = the(response, AirSync.ApplicationData)
    assert the(data, Email2.ConversationId).octets
    assert the(data, Email2.ConversationIndex).octets


@pytest.mark.parametrize("version", ["16.0", "16.1"])
@pytest.mark.parametrize(
    ("kind", "draft"), [(FolderKind.DRAFTS, "1"), (FolderKind.INBOX, "0"), (FolderKind.SENT, "0")]
)
def test_drafts_and_their_blind_copies(version: str, kind: FolderKind, draft: str) -> None:
    """MS-ASEMAIL R1277: IsDraft is a boolean; R1131: Bcc is a string."""
    data = MailCase(version, kind).shown(with_("Bcc: carl@example.com"))
    assert the(data, Email2.IsDraft).text == draft
    if draft == "1":
        assert the(data, Email2.Bcc).text == "carl@example.com"


@pytest.mark.parametrize("version", SINCE_14)
@pytest.mark.parametrize("verb", [0, 1, 2, 3])
def test_the_last_verb_is_one_of_four(version: str, verb: int) -> None:
    """MS-ASEMAIL R514: 0 to 3; R510: it is optional, and absent is 0."""
    data = MailCase(version).shown(state=MailState(verb=verb, verb_at=1_800_000_000.0))
    found = data.find(Email2.LastVerbExecuted)
    assert (None if found is None else found.string) == (str(verb) if verb else None)
    assert data.value(Email2.LastVerbExecuted, "0") in {"0", "1", "2", "3"}


ROOTS = {"SmartReply": ComposeMail.SmartReply, "SmartForward": ComposeMail.SmartForward}


@pytest.mark.parametrize("version", SINCE_14)
@pytest.mark.parametrize(
    ("command", "to", "verb"),
    [
        ("SmartReply", "mary@example.com", "1"),
        ("SmartReply", "mary@example.com, ann@example.com", "2"),
        ("SmartForward", "eve@example.com", "3"),
    ],
)
def test_the_last_verb_is_what_was_done(version: str, command: str, to: str, verb: str) -> None:
    """MS-ASEMAIL R510, R514: the action that was taken on the message."""
    case = MailCase(version)
    name = case.arrive(with_("Cc: ann@example.com"))
    mime = with_("From: john@example.com", f"To: {to}")
    content = [
        Element(ComposeMail.ClientId, "c1"),
        Element(
            ComposeMail.Source,
            [Element(ComposeMail.FolderId, case.folder), Element(ComposeMail.ItemId, name)],
        ),
        Element(ComposeMail.Mime, mime),
    ]
    assert case.phone.post(command, Element(ROOTS[command], content)) is None
    case.told()
    assert case.held(name).value(Email2.LastVerbExecuted) == verb


@pytest.mark.parametrize("version", SINCE_14)
@pytest.mark.parametrize(
    ("lines", "sender"),
    [
        ((), None),
        (("Sender: mary@example.com",), None),
        (("Sender: Mary Poppins <MARY@example.com>",), None),
        (("Sender: boss@example.com",), "boss@example.com"),
    ],
)
def test_the_sender_is_told_where_it_is_another(
    version: str, lines: tuple[str, ...], sender: str | None
) -> None:
    """MS-ASEMAIL R726, R1065: not where it is the author or nobody.

    R724, R721, R722: else the server tells who sent the message, an address; R1073: From tells on
    whose behalf.
    """
    data = MailCase(version).shown(with_(*lines))
    assert data.value(Email2.Sender) == sender
    assert data.value(Email.From) == '"Mary" <mary@example.com>'


@pytest.mark.parametrize("version", SINCE_14)
@pytest.mark.parametrize("to", ["john@example.com", "others@example.com"])
def test_nobody_is_told_of_not_being_blind_copied(version: str, to: str) -> None:
    """MS-ASEMAIL R649: ReceivedAsBcc is never there with 0."""
    found = MailCase(version).shown(with_(f"To: {to}")).find(Email2.ReceivedAsBcc)
    assert found is None or found.string == "1"


def report(kind: str, content: str) -> bytes:
    return (
        f'Content-Type: multipart/report; report-type={kind}; boundary="b"\r\nSubject: Report\r\n'
        f"\r\n--b\r\n\r\nYour message ...\r\n--b\r\nContent-Type: message/{kind}\r\n\r\n"
        f"{content}\r\n--b--\r\n"
    ).encode()


@pytest.mark.parametrize("version", ALL_VERSIONS)
@pytest.mark.parametrize(
    ("source", "suffix"),
    [
        (report("delivery-status", "Reporting-MTA: dns; x\r\n\r\nAction: failed"), "NDR"),
        (report("delivery-status", "Reporting-MTA: dns; x\r\n\r\nAction: delivered"), "DR"),
        (
            report("disposition-notification", "Disposition: manual-action/x; displayed"),
            "IPNRN",
        ),
        (
            report("disposition-notification", "Disposition: manual-action/x; deleted"),
            "IPNNRN",
        ),
    ],
)
def test_reports_have_a_class_of_their_own(version: str, source: bytes, suffix: str) -> None:
    """MS-ASEMAIL R601, R602: REPORT, the class reported on, and the type of the report."""
    assert MailCase(version).shown(source).value(Email.MessageClass) == f"REPORT.IPM.Note.{suffix}"


BODY_TAGS = {AirSyncBase.Type, AirSyncBase.EstimatedDataSize, AirSyncBase.Truncated,
             AirSyncBase.Data}  # fmt: skip


@pytest.mark.parametrize("version", SINCE_12)
@pytest.mark.parametrize(
    ("size", "shown"), [(None, b"Hello" * 9), (10, b"HelloHello"), (1000, b"Hello" * 9), (0, None)]
)
def test_the_children_of_a_body(version: str, size: int | None, shown: bytes | None) -> None:
    """MS-ASEMAIL R246, R250: in a Sync, Type always, the others where there is something to say."""
    case = MailCase(version)
    case.options = (options(size=size),)
    body = the(case.shown(PLAIN.replace(b"Hello", b"Hello" * 9)), AirSyncBase.Body)
    assert tags(body) <= BODY_TAGS
    assert the(body, AirSyncBase.Type).string == "1"
    assert int(the(body, AirSyncBase.EstimatedDataSize).string) >= 45
    found = body.find(AirSyncBase.Data)
    assert (None if found is None else found.string.strip()) == (shown and shown.decode())
    cut = size is not None and size < 45
    assert body.value(AirSyncBase.Truncated, "0") == ("1" if cut else "0")

"""What devices may change of a mail, and what they write of a draft."""

from base64 import b64encode

import pytest

from carbonio_mobile.eas.bodies import BodyOptions, BodyType
from carbonio_mobile.eas.filereference import FileReference
from carbonio_mobile.eas.items.email import (
    DraftBody,
    DraftContent,
    application_data,
    parse_change,
    parse_draft,
)
from carbonio_mobile.eas.items.faults import ItemFault
from carbonio_mobile.eas.items.files import NewFile
from carbonio_mobile.eas.items.followup import flag_element, parse_flag
from carbonio_mobile.eas.status import SyncStatus
from carbonio_mobile.eas.version import OFFERED, Version
from carbonio_mobile.ids import FolderId, ItemId, PartId
from carbonio_mobile.mime.mailitem import ClearFollowUp, FollowUp, MailPatch
from carbonio_mobile.wbxml import Element, Tag, decode, encode
from carbonio_mobile.wbxml.codepages import AirSync, AirSyncBase, Calendar, Email, Email2, Tasks
from tests.unit.eas.eas_mails import FLAG, FULL, mail

V = Version.V16_1


def data(*children: Element) -> Element:
    """Give ApplicationData as the decoder gives it."""
    return decode(encode(Element(AirSync.ApplicationData, list(children))))


def refused(*children: Element, version: Version = V) -> None:
    with pytest.raises(ItemFault) as caught:
        parse_change(data(*children), version)
    assert caught.value.status is SyncStatus.CONVERSION_ERROR


def flag(*children: tuple[Tag, str]) -> Element:
    return Element(Email.Flag, [Element(tag, text) for tag, text in children])


START = (Tasks.StartDate, "2014-02-01T00:00:00.000Z")
DUE = (Tasks.DueDate, "2014-02-02T00:00:00Z")
UTC_START = (Tasks.UtcStartDate, "20140131T230000Z")
UTC_DUE = (Tasks.UtcDueDate, "2014-02-01T23:00:00.000Z")
TYPE = (Email.FlagType, "Flag for follow up")
ACTIVE = (Email.Status, "2")
COMPLETE = (Email.Status, "1")
DONE = ((Email.CompleteTime, START[1]), (Tasks.DateCompleted, START[1]))


@pytest.mark.parametrize(("text", "read"), [("1", True), ("0", False), (" 1 ", True)])
def test_read_is_changed(text: str, read: bool) -> None:
    """MS-ASEMAIL R640, R641; nothing else is touched (MS-ASCMD R873)."""
    assert parse_change(data(Element(Email.Read, text)), V) == MailPatch(read=read)


@pytest.mark.parametrize("text", ["", "2", "true", "yes", "10", "-1"])
def test_read_that_is_no_boolean_is_refused(text: str) -> None:
    """MS-ASEMAIL R643: status 6."""
    refused(Element(Email.Read, text))


def test_nothing_said_changes_nothing() -> None:
    """MS-ASEMAIL R320: what is absent stays."""
    assert parse_change(data(), V) == MailPatch()


def test_categories_are_replaced_as_a_whole() -> None:
    """MS-ASEMAIL R319: each name once, in order; an empty container takes all off."""
    names = [Element(Email.Category, name) for name in ("B", "A", "B", " ", "C")]
    assert parse_change(data(Element(Email.Categories, names)), V).categories == ("B", "A", "C")
    assert parse_change(data(Element(Email.Categories)), V).categories == ()


def test_categories_have_limits_and_a_first_version() -> None:
    """MS-ASEMAIL R324 (300), R1159 (14.0)."""
    many = [Element(Email.Category, str(number)) for number in range(301)]
    full = parse_change(data(Element(Email.Categories, many[:300])), V).categories
    assert full is not None
    assert len(full) == 300
    refused(Element(Email.Categories, many))
    refused(Element(Email.Categories, [Element(Email.Category, "x" * 256)]))
    refused(Element(Email.Categories, [Element(Email.Read, "1")]))
    refused(Element(Email.Categories), version=Version.V12_1)


@pytest.mark.parametrize(
    "tag",
    [Email2.ConversationId, Email2.ConversationIndex, Email2.Sender, Email2.ReceivedAsBcc,
     Email2.UmCallerID, Email2.UmUserNotes, Email2.IsDraft, Email2.LastVerbExecuted,
     Email.MeetingRequest, Email.ThreadTopic, Email.InternetCPID, Email.DisplayTo,
     Email.DateReceived, Email.Subject, Email.To, AirSyncBase.Body, Calendar.UID],
)  # fmt: skip
def test_everything_else_of_a_mail_is_the_servers(tag: Tag) -> None:
    """MS-ASEMAIL R41, R347, R648, R723, R817, R835: status 6, whatever stands beside it."""
    refused(Element(Email.Read, "1"), Element(tag, "1"))


def test_flag_is_set_with_its_dates() -> None:
    """MS-ASEMAIL R940; all times come out in one form, in the order sent."""
    found = parse_flag(flag(ACTIVE, TYPE, START, UTC_START, DUE, UTC_DUE))
    assert found == FollowUp(
        status=2,
        fields=(
            ("FlagType", "Flag for follow up"),
            ("StartDate", "2014-02-01T00:00:00.000Z"),
            ("UtcStartDate", "2014-01-31T23:00:00.000Z"),
            ("DueDate", "2014-02-02T00:00:00.000Z"),
            ("UtcDueDate", "2014-02-01T23:00:00.000Z"),
        ),
    )


def test_flag_without_dates_is_a_flag() -> None:
    """MS-ASEMAIL R408: all four or none."""
    assert parse_flag(flag(ACTIVE, TYPE)) == FollowUp(
        status=2, fields=(("FlagType", "Flag for follow up"),)
    )


def test_flag_is_completed() -> None:
    """MS-ASEMAIL R86: CompleteTime and DateCompleted are needed."""
    found = parse_flag(flag(COMPLETE, *DONE))
    assert isinstance(found, FollowUp)
    assert found.status == 1
    for missing in ((COMPLETE,), (COMPLETE, DONE[0]), (COMPLETE, DONE[1], TYPE)):
        refused(flag(*missing))


@pytest.mark.parametrize("children", [(), ((Email.Status, "0"),), ((Email.Status, "0"), TYPE)])
def test_flag_is_cleared(children: tuple[tuple[Tag, str], ...]) -> None:
    """MS-ASEMAIL R88, R8800: status 0 or an empty container."""
    assert parse_change(data(flag(*children)), V).follow_up == ClearFollowUp()


@pytest.mark.parametrize(
    "children",
    [
        [(Email.Status, "3")],  # R757
        [(Email.Status, "x"), TYPE],
        [ACTIVE],  # R940, R92: FlagType is missing
        [ACTIVE, TYPE, START],  # R409
        [ACTIVE, TYPE, START, DUE, UTC_START],  # R853
        [ACTIVE, TYPE, START, DUE, UTC_START, (Tasks.UtcDueDate, "soon")],
        [ACTIVE, TYPE, (Tasks.StartDate, DUE[1]), (Tasks.DueDate, START[1]), UTC_START, UTC_DUE],
        [ACTIVE, TYPE, START, DUE, (Tasks.UtcStartDate, UTC_DUE[1]),
         (Tasks.UtcDueDate, UTC_START[1])],  # R850
        [ACTIVE, TYPE, (Tasks.ReminderSet, "1")],  # R702
        [ACTIVE, TYPE, (Tasks.ReminderSet, "2")],
        [ACTIVE, TYPE, (Tasks.ReminderSet, "1"), (Tasks.ReminderTime, "")],
        [ACTIVE, TYPE, (Tasks.Subject, "x" * 1025)],
        [ACTIVE, TYPE, (Email.Read, "1")],
    ],
)  # fmt: skip
def test_flag_that_breaks_a_rule_is_refused(children: list[tuple[Tag, str]]) -> None:
    """MS-ASEMAIL R92, R407, R409, R702, R757, R850: status 6."""
    refused(flag(*children))


def test_meeting_requests_are_flagged_without_a_type() -> None:
    """MS-ASEMAIL R470."""
    patch = parse_change(data(flag(ACTIVE)), V, message_class="IPM.Schedule.Meeting.Request")
    assert patch.follow_up == FollowUp(status=2)


def test_fields_alone_bring_an_active_flag_up_to_date() -> None:
    """MS-ASEMAIL R90: updating metadata needs no status."""
    assert parse_flag(flag((Tasks.Subject, "later"))) == FollowUp(
        status=2, fields=(("Subject", "later"),)
    )


def test_flag_goes_back_as_it_came() -> None:
    """What one device sets another one sees."""
    assert parse_flag(flag_element(FLAG)) == FLAG


def test_all_changes_of_one_mail_come_together() -> None:
    """One Change may hold all three blocks."""
    patch = parse_change(
        data(
            Element(Email.Read, "0"),
            flag(ACTIVE, TYPE),
            Element(Email.Categories, [Element(Email.Category, "A")]),
        ),
        Version.V14_0,
    )
    assert patch.read is False
    assert patch.categories == ("A",)
    assert isinstance(patch.follow_up, FollowUp)


def body(kind: str, content: str | bytes | None) -> Element:
    return Element(
        AirSyncBase.Body,
        [
            Element(AirSyncBase.Type, kind),
            None if content is None else Element(AirSyncBase.Data, content),
        ],
    )


def attachment(*children: Element) -> Element:
    return Element(AirSyncBase.Attachments, [Element(AirSyncBase.Add, list(children))])


ADDED = (
    Element(AirSyncBase.ClientId, "c1"),
    Element(AirSyncBase.Method, "1"),
    Element(AirSyncBase.ContentType, "image/png"),
    Element(AirSyncBase.Content, b"\x89PNG\0"),
    Element(AirSyncBase.DisplayName, "a.png"),
    Element(AirSyncBase.ContentId, "a@1"),
    Element(AirSyncBase.IsInline),
)


def test_draft_of_properties_is_read_whole() -> None:
    """MS-ASEMAIL R1489, R1490: what may be set of a draft whose body is not MIME."""
    found = parse_draft(
        data(
            Element(Email.To, "a@example.com; b@example.com"),
            Element(Email.Cc),
            Element(Email2.Bcc, "c@example.com"),
            Element(Email.ReplyTo, "r@example.com"),
            Element(Email.Subject, "Grüße"),
            Element(Email.Importance, "2"),
            Element(Email.Read, "1"),
            flag(ACTIVE, TYPE),
            Element(Email.Categories, [Element(Email.Category, "A")]),
            body("2", "<p>ü</p>"),
            Element(
                AirSyncBase.Attachments,
                [
                    Element(AirSyncBase.Add, list(ADDED)),
                    Element(AirSyncBase.Delete, [Element(AirSyncBase.FileReference, "5:7:2.1")]),
                ],
            ),
        ),
        V,
    )
    assert found == DraftContent(
        to="a@example.com; b@example.com",
        cc="",
        bcc="c@example.com",
        reply_to="r@example.com",
        subject="Grüße",
        importance=2,
        read=True,
        follow_up=FollowUp(status=2, fields=(("FlagType", "Flag for follow up"),)),
        categories=("A",),
        body=DraftBody(type=BodyType.HTML, octets="<p>ü</p>".encode()),
        added=(
            NewFile(
                client_id="c1",
                name="a.png",
                content=b"\x89PNG\0",
                content_type="image/png",
                content_id="a@1",
                inline=True,
            ),
        ),
        removed=(FileReference(FolderId("5"), ItemId(7), PartId("2.1")),),
    )


def test_draft_in_mime_is_kept_octet_for_octet() -> None:
    """MS-ASEMAIL R14890: iOS and Nine send the whole message."""
    source = b"From: a@example.com\r\n\r\n\xe4\0"
    found = parse_draft(data(body("4", source), Element(Email.Importance, "1")), V)
    assert found.body == DraftBody(type=BodyType.MIME, octets=source)
    assert found.subject is None


def test_draft_that_says_nothing_changes_nothing() -> None:
    """MS-ASCMD R876: a body is never deleted by its absence."""
    assert parse_draft(data(), V) == DraftContent()
    assert parse_draft(data(Element(AirSyncBase.Body)), V) == DraftContent()
    assert parse_draft(data(body("1", None)), V).body == DraftBody(type=BodyType.PLAIN, octets=b"")


@pytest.mark.parametrize("version", [one for one in OFFERED if one < Version.V16_0])
def test_drafts_are_written_from_16_0_on(version: Version) -> None:
    """MS-ASCMD R755: status 6 before."""
    with pytest.raises(ItemFault):
        parse_draft(data(Element(Email.Subject, "x")), version)


@pytest.mark.parametrize(
    "child",
    [
        Element(Email2.IsDraft, "1"),  # MS-ASEMAIL R1276
        Element(Email2.ConversationId, b"x"),  # R347
        Element(Email2.Sender, "x@example.com"),  # R723
        Element(AirSyncBase.BodyPart),  # MS-ASAIRS R123
        Element(Calendar.UID, "x"),
        Element(Email.Importance, "3"),
        Element(Email.Subject, "x" * 32769),
        body("3", "x"),
        body("", "x"),
        Element(AirSyncBase.Attachments, [Element(AirSyncBase.Attachment)]),  # R88
        Element(AirSyncBase.Attachments, [Element(AirSyncBase.Delete)]),
        Element(AirSyncBase.Attachments, [Element(AirSyncBase.Add)] * 501),
        attachment(*ADDED[1:]),
        attachment(Element(AirSyncBase.ClientId, "x" * 65), *ADDED[1:]),
        attachment(*ADDED[:3]),
        attachment(ADDED[0], Element(AirSyncBase.Method, "6"), *ADDED[2:]),
        attachment(ADDED[0], Element(AirSyncBase.Content, "not base64!")),
    ],
)
def test_draft_that_breaks_a_rule_is_refused(child: Element) -> None:
    """What only the server sets, and values that cannot be read: status 6."""
    with pytest.raises(ItemFault) as caught:
        parse_draft(data(child), V)
    assert caught.value.status is SyncStatus.CONVERSION_ERROR


def test_content_in_base64_is_read_too() -> None:
    """Some devices write text where octets belong (MS-ASDTYPE R98)."""
    text = b64encode(bytes(range(256))).decode()
    folded = text[:76] + "\r\n" + text[76:]
    (one,) = parse_draft(data(attachment(ADDED[0], Element(AirSyncBase.Content, folded))), V).added
    assert one.content == bytes(range(256))
    assert not one.inline
    assert one.method == 1


def test_empty_file_is_a_file() -> None:
    """No octets are content as well."""
    (one,) = parse_draft(data(attachment(ADDED[0], Element(AirSyncBase.Content, b""))), V).added
    assert one.content == b""


def test_draft_may_be_sent_back_as_it_was_shown() -> None:
    """Devices copy what the server set into their Change: harmless properties pass."""
    shown = application_data(mail(record=FULL, text="x", draft=True), BodyOptions(), V)
    server_only = {Email2.ConversationId, Email2.ConversationIndex, Email2.IsDraft, Email2.Sender,
                   Email.MeetingRequest, AirSyncBase.Attachments}  # fmt: skip
    found = parse_draft(data(*[one for one in shown if one.tag not in server_only]), V)
    assert found.bcc == FULL.bcc
    assert found.body == DraftBody(type=BodyType.PLAIN, octets=b"x")


def test_repr_shows_no_content() -> None:
    """Bodies and files pass through logs unseen."""
    found = parse_draft(data(body("1", "secret words"), attachment(*ADDED)), V)
    assert "secret" not in repr(found)
    assert "PNG" not in repr(found)

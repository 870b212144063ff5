"""Messages as the properties of the Email class."""

import pytest

from carbonio_mobile.eas.bodies import BodyOptions, BodyPreference, BodyType, MimeSupport
from carbonio_mobile.eas.filereference import FileReference
from carbonio_mobile.eas.items.email import (
    application_data,
    degraded_data,
    find_properties,
    needs_bodies,
)
from carbonio_mobile.eas.items.meeting import meeting_element
from carbonio_mobile.eas.version import OFFERED, Version
from carbonio_mobile.ids import FolderId, ItemId, PartId
from carbonio_mobile.mime.mailitem import MailState
from carbonio_mobile.mime.record import MessageRecord
from carbonio_mobile.sync.changes import ALL_ASPECTS, NO_ASPECT, Aspect
from carbonio_mobile.testing.schemas import check_versions, validate
from carbonio_mobile.wbxml import Element, Tag
from carbonio_mobile.wbxml.codepages import (
    VERSIONS,
    AirSync,
    AirSyncBase,
    Calendar,
    Email,
    Email2,
    Find,
    ItemOperations,
    Search,
    Tasks,
)
from tests.unit.eas.eas_mails import (
    FLAG,
    FULL,
    MEETING,
    RECEIVED,
    SCHEMAS,
    STATE,
    mail,
    on_the_wire,
)

PLAIN = BodyOptions()
OPTIONS = [
    PLAIN,
    BodyOptions(
        preferences=(
            BodyPreference(type=BodyType.PLAIN, truncation_bytes=30, preview_chars=80),
            BodyPreference(type=BodyType.HTML, truncation_bytes=40, preview_chars=80),
        ),
        part_preferences=(
            BodyPreference(type=BodyType.HTML, truncation_bytes=40, preview_chars=80),
        ),
    ),
    BodyOptions(preferences=(BodyPreference(type=BodyType.MIME),), mime_support=MimeSupport.ALWAYS),
    BodyOptions(
        preferences=(BodyPreference(type=BodyType.HTML, truncation_bytes=1, all_or_none=True),)
    ),
]
BODIES = {"text": "Hello Mary,\r\nbye\r\n", "html": "<p>Hello</p>" * 9, "source": b"A: b\r\n\r\nx"}
WHOLE = mail(record=FULL, state=STATE, **BODIES)
ASPECTS = [Aspect(bits) for bits in range(ALL_ASPECTS.value + 1)]


def tags(elements: list[Element]) -> list[str]:
    return [str(one.tag) for one in elements]


def value(elements: list[Element], tag: Tag) -> str | None:
    return Element(AirSync.ApplicationData, elements).value(tag)


def find(elements: list[Element], tag: Tag) -> Element | None:
    return Element(AirSync.ApplicationData, elements).find(tag)


@pytest.mark.parametrize("version", OFFERED)
@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize("draft", [False, True])
def test_every_form_of_an_item_validates(
    version: Version, options: BodyOptions, draft: bool
) -> None:
    """Each aspect, version and kind of body gives what the schema and the version take."""
    for item in (
        mail(record=FULL, state=STATE, draft=draft, **BODIES),
        mail(record=FULL, state=STATE, draft=draft),
        mail(text="x", draft=draft),
        mail(draft=draft),
    ):
        for aspects in ASPECTS:
            data = application_data(item, options, version, aspects)
            if data:
                assert on_the_wire(data, version.text, change=True) == data
        assert on_the_wire(application_data(item, options, version), version.text)


def test_nothing_of_the_item_is_left_out() -> None:
    """MS-ASEMAIL 2.2.2: what the record knows arrives, each property once."""
    data = application_data(WHOLE, PLAIN, Version.V14_1)
    assert len(set(tags(data))) == len(data)
    expected = {
        Email.To: '"Mary" <mary@example.com>',
        Email.Cc: '"Ann, B." <ann@example.com>, bob@example.com',
        Email.From: '"John" <john@example.com>',
        Email.Subject: "Über alles",
        Email.ReplyTo: "list@example.com;other@example.com",
        Email.DateReceived: "2014-01-31T17:05:00.000Z",
        Email.DisplayTo: "Mary",
        Email.ThreadTopic: "Über alles",
        Email.Importance: "2",
        Email.Read: "1",
        Email.MessageClass: "IPM.Note",
        Email.InternetCPID: "65001",
        Email.ContentClass: "urn:content-classes:message",
        Email2.LastVerbExecuted: "1",
        Email2.LastVerbExecutionTime: "2014-01-31T17:06:00.000Z",
        Email2.Sender: "assistant@example.com",
        AirSyncBase.NativeBodyType: "2",
    }
    assert {tag: value(data, tag) for tag in expected} == expected
    conversation = find(data, Email2.ConversationId)
    assert conversation is not None
    assert conversation.text == bytes(16)  # R348: octets, not text
    index = find(data, Email2.ConversationIndex)
    assert index is not None
    assert index.text == FULL.conversation_index
    categories = find(data, Email.Categories)
    assert categories is not None
    assert [one.string for one in categories] == ["Work", "Blue"]


@pytest.mark.parametrize("version", OFFERED)
def test_properties_appear_with_their_version(version: Version) -> None:
    """MS-ASEMAIL R1132, R1159, R1180, R1280: no property before the version that brings it."""
    data = application_data(WHOLE, PLAIN, version)
    new_in_14 = {Email.Categories, Email2.ConversationId, Email2.ConversationIndex,
                 Email2.LastVerbExecuted, Email2.LastVerbExecutionTime, Email2.Sender}  # fmt: skip
    shown = {one.tag for one in data}
    assert (shown & new_in_14 == new_in_14) is (version >= Version.V14_0)
    assert (Email2.IsDraft in shown) is (version >= Version.V16_0)
    assert all(version.text in VERSIONS[tag] for tag in shown)


def test_what_devices_guess_wrong_is_always_sent() -> None:
    """Importance, Read, DateReceived, an empty Flag (R437) and Categories (R318) always."""
    data = application_data(mail(), PLAIN, Version.V16_1)
    assert value(data, Email.Importance) == "1"
    assert value(data, Email.Read) == "0"
    assert value(data, Email.DateReceived) == "2014-01-31T17:05:00.000Z"
    assert find(data, Email.Flag) == Element(Email.Flag)
    assert find(data, Email.Subject) is None
    assert find(data, Email.Categories) == Element(Email.Categories)


def test_change_of_one_state_sends_that_block_alone() -> None:
    """MS-ASEMAIL R75, R76: Read or Flag as the only child; R319: no category left is said."""
    for version in OFFERED:
        read = application_data(WHOLE, PLAIN, version, Aspect.READ)
        flag = application_data(WHOLE, PLAIN, version, Aspect.FOLLOW_UP)
        assert read == [Element(Email.Read, "1")]
        assert tags(flag) == (["Email:Flag"] if version >= Version.V12_0 else [])
        assert not needs_bodies(Aspect.READ | Aspect.FOLLOW_UP | Aspect.CATEGORIES, version)
    bare = mail()
    assert application_data(bare, PLAIN, Version.V14_0, Aspect.CATEGORIES) == [
        Element(Email.Categories)
    ]
    assert application_data(bare, PLAIN, Version.V14_0, Aspect.FOLLOW_UP) == [Element(Email.Flag)]


def test_change_that_a_version_cannot_see_sends_nothing() -> None:
    """MS-ASEMAIL R78, R81: no Change for what is outside the class."""
    old = Version.V12_1
    assert application_data(WHOLE, PLAIN, old, Aspect.CATEGORIES | Aspect.VERB) == []
    assert application_data(WHOLE, PLAIN, Version.V16_1, NO_ASPECT) == []


@pytest.mark.parametrize("aspects", [Aspect.CONTENT, Aspect.VERB, Aspect.VERB | Aspect.READ])
def test_change_of_anything_else_sends_the_whole_item(aspects: Aspect) -> None:
    """MS-ASEMAIL R94: a full Change, that takes categories off which are no more."""
    version = Version.V14_1
    assert needs_bodies(aspects, version)
    changed = application_data(WHOLE, PLAIN, version, aspects)
    assert changed == application_data(WHOLE, PLAIN, version, ALL_ASPECTS)
    bare = application_data(mail(), PLAIN, version, aspects)
    assert find(bare, Email.Categories) == Element(Email.Categories)


def test_flag_holds_what_was_set() -> None:
    """MS-ASEMAIL R440: Status and the children of both namespaces."""
    flag = find(application_data(WHOLE, PLAIN, Version.V16_1), Email.Flag)
    assert flag is not None
    assert flag.value(Email.Status) == "2"
    assert flag.value(Email.FlagType) == "Flag for follow up"
    assert flag.value(Tasks.Subject) == "call back"
    assert flag.value(Tasks.ReminderTime) == "2014-02-01T08:00:00.000Z"
    assert len(flag.children) == 1 + len(FLAG.fields)


def test_drafts_show_their_blind_copies_and_others_do_not() -> None:
    """MS-ASEMAIL R1135, R1278, R1279: Bcc and IsDraft from 16.0 on."""
    draft = application_data(mail(record=FULL, draft=True), PLAIN, Version.V16_0)
    assert value(draft, Email2.Bcc) == "carl@example.com"
    assert value(draft, Email2.IsDraft) == "1"
    sent = application_data(mail(record=FULL), PLAIN, Version.V16_0)
    assert value(sent, Email2.Bcc) is None
    assert value(sent, Email2.IsDraft) == "0"


def test_attachments_tell_name_size_method_and_place() -> None:
    """MS-ASAIRS R89, R93, R213, R217: the reference leads back to the part."""
    attachments = find(application_data(WHOLE, PLAIN, Version.V12_1), AirSyncBase.Attachments)
    assert attachments is not None
    pdf, logo = attachments.children
    assert pdf.value(AirSyncBase.DisplayName) == 'Umfang äöü "x".pdf'
    assert pdf.value(AirSyncBase.Method) == "1"
    assert pdf.value(AirSyncBase.EstimatedDataSize) == "12345"
    assert not pdf.has(AirSyncBase.IsInline)
    assert logo.value(AirSyncBase.IsInline) == "1"
    assert logo.value(AirSyncBase.ContentId) == "logo@1"
    assert logo.value(AirSyncBase.ContentLocation) == "logo.png"
    assert FileReference.parse(logo.value(AirSyncBase.FileReference, "")) == FileReference(
        FolderId("5"), ItemId(7), PartId("1.2")
    )


@pytest.mark.parametrize("version", OFFERED)
def test_invitation_names_its_meeting_in_the_words_of_the_version(version: Version) -> None:
    """MS-ASEMAIL R1253 (UID), R13001 (Location), R1154 (BusyStatus 4), R291, R417."""
    meeting = find(application_data(WHOLE, PLAIN, version), Email.MeetingRequest)
    assert meeting is not None
    new = version >= Version.V16_0
    assert meeting.value(Calendar.UID) == ("abc@example.com" if new else None)
    assert meeting.has(Email.GlobalObjId) is not new
    assert meeting.value(Email.Location) == (None if new else "Canteen")
    assert meeting.has(AirSyncBase.Location) is new
    assert meeting.value(Email.BusyStatus) == ("4" if new else "0")
    assert meeting.value(Email.Reminder) == "900"
    assert meeting.value(Email.DtStamp) == "2014-01-31T17:05:00.000Z"
    assert meeting.has(Email2.MeetingMessageType) is (version >= Version.V14_1)
    rule = meeting.children[[c.tag for c in meeting].index(Email.Recurrences)].children[0]
    assert rule.value(Email.Type) == "3"
    assert rule.has(Email2.CalendarType) is (version >= Version.V14_0)
    assert rule.has(Email2.FirstDayOfWeek) is (version >= Version.V14_1)


def altered(**fields: object) -> MessageRecord:
    names = {name: getattr(MEETING, name) for name in type(MEETING).__slots__}
    return MessageRecord(meeting=type(MEETING)(**(names | fields)))


@pytest.mark.parametrize("method", ["REPLY", "COUNTER", "PUBLISH"])
def test_answers_to_a_meeting_are_plain_mail(method: str) -> None:
    """MS-ASEMAIL R543: the element is for the attendee who is asked."""
    data = application_data(mail(record=altered(method=method)), PLAIN, Version.V16_1)
    assert find(data, Email.MeetingRequest) is None


@pytest.mark.parametrize(
    ("kind", "version", "shown_kind", "shown_id"),
    [(0, 141, "0", False), (1, 141, "1", False), (2, 141, "2", True), (3, 160, "3", True),
     (4, 141, "3", True), (4, 160, "4", True)],
)  # fmt: skip
def test_recurrence_id_stands_for_single_instances(
    kind: int, version: int, shown_kind: str, shown_id: bool
) -> None:
    """MS-ASEMAIL R935, R936, R1355: exceptions, and orphans, which 16.0 brought."""
    meeting = altered(instance_type=kind, recurrence_id=RECEIVED).meeting
    assert meeting is not None
    element = meeting_element(meeting, Version(version), sent=0.0)
    assert element.value(Email.InstanceType) == shown_kind
    assert element.has(Email.RecurrenceId) is shown_id


@pytest.mark.parametrize(
    ("seconds", "shown"), [(None, None), (-60, None), (0, "0"), (86400, "65535")]
)
def test_reminder_stays_within_its_type(seconds: int | None, shown: str | None) -> None:
    """The schema's unsignedShort holds 18 hours of seconds (MS-ASEMAIL R687)."""
    meeting = altered(reminder_s=seconds).meeting
    assert meeting is not None
    element = meeting_element(meeting, Version.V14_1, sent=0.0)
    assert element.value(Email.Reminder) == shown


@pytest.mark.parametrize("version", OFFERED)
def test_item_that_cannot_be_read_is_shown_with_a_note(version: Version) -> None:
    """A poison item costs itself and not the folder."""
    data = degraded_data(
        received=RECEIVED,
        version=version,
        subject="Hi \0 there",
        from_="a@example.com",
        conversation_id=b"x" * 16,
    )
    arrived = on_the_wire(data, version.text)
    if version is Version.V2_5:
        text, size = value(arrived, Email.Body), value(arrived, Email.BodySize)
    else:
        body = find(arrived, AirSyncBase.Body)
        assert body is not None
        assert body.value(AirSyncBase.Type) == "1"
        text = body.value(AirSyncBase.Data)
        size = body.value(AirSyncBase.EstimatedDataSize)
    assert text
    assert size == str(len(text.encode()))
    assert value(arrived, Email.DateReceived) == "2014-01-31T17:05:00.000Z"
    assert (find(arrived, Email2.ConversationId) is not None) is (version >= Version.V14_0)
    assert on_the_wire(degraded_data(received=RECEIVED, version=version), version.text)


def test_find_gives_the_short_properties() -> None:
    """MS-ASCMD 2.2.3.139.1: enough for a list, nothing to read."""
    item = mail(record=FULL, state=MailState(read=True), draft=True)
    found = find_properties(item, Version.V16_1)
    assert value(found, Find.DisplayCc) == "Ann, B.; bob@example.com"
    assert value(found, Find.DisplayBcc) == "carl@example.com"
    assert value(found, Find.HasAttachments) == "1"
    assert value(found, Email2.IsDraft) == "1"
    assert value(found, Find.Preview) == FULL.preview[:255]
    # iOS sends Find at 14.x too: what that version does not know stays out.
    assert find(find_properties(item, Version.V14_1), Email2.IsDraft) is None


def test_inline_pictures_are_no_attachments_to_a_list() -> None:
    """A logo in a signature is not a paper clip."""
    only_logo = mail(attachments=FULL.attachments[1:])
    assert value(find_properties(only_logo, Version.V16_1), Find.HasAttachments) == "0"


@pytest.mark.skipif(not SCHEMAS.exists(), reason="../shared/protocol is absent")
@pytest.mark.parametrize("options", OPTIONS)
def test_other_commands_take_the_same_properties(options: BodyOptions) -> None:
    """Fetch, Search and Find validate with what Sync sends (MS-ASAIRS R97, R103)."""
    version = Version.V16_1
    data = application_data(WHOLE, options, version)
    fetched = Element(
        ItemOperations.ItemOperations,
        [
            Element(ItemOperations.Status, "1"),
            Element(
                ItemOperations.Response,
                [
                    Element(
                        ItemOperations.Fetch,
                        [
                            Element(ItemOperations.Status, "1"),
                            Element(AirSync.ServerId, "5:7"),
                            Element(ItemOperations.Properties, data),
                        ],
                    )
                ],
            ),
        ],
    )
    validate(fetched, "ItemOperations", folder=SCHEMAS)
    searched = Element(
        Search.Search,
        [
            Element(Search.Status, "1"),
            Element(
                Search.Response,
                [
                    Element(
                        Search.Store,
                        [
                            Element(Search.Status, "1"),
                            Element(Search.Result, [Element(Search.Properties, data)]),
                        ],
                    )
                ],
            ),
        ],
    )
    validate(searched, "Search", folder=SCHEMAS)
    found = Element(
        Find.Find,
        [
            Element(Find.Status, "1"),
            Element(
                Find.Response,
                [
                    Element(ItemOperations.Store, "Mailbox"),
                    Element(Find.Status, "1"),
                    Element(
                        Find.Result,
                        [Element(Find.Properties, find_properties(WHOLE, version))],
                    ),
                ],
            ),
        ],
    )
    validate(found, "Find", folder=SCHEMAS)
    check_versions(found, version.text)


@pytest.mark.parametrize("version", OFFERED)
def test_meeting_that_says_little_validates_too(version: Version) -> None:
    """What a plain invitation lacks is left out, the required children stand (MS-ASEMAIL R401)."""
    bare = altered(location="", organizer="", recurrence=None, instance_type=0, dtstamp=None)
    data = application_data(mail(record=bare), PLAIN, version)
    meeting = find(on_the_wire(data, version.text), Email.MeetingRequest)
    assert meeting is not None
    assert meeting.value(Email.DtStamp) == "2014-01-31T17:05:00.000Z"
    for absent in (Email.Location, AirSyncBase.Location, Email.Organizer, Email.Recurrences):
        assert not meeting.has(absent)

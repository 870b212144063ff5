"""What a phone writes for each class in each version, and how it keeps what comes."""

import pytest

from carbonio_mobile.client import objecttrees, peopletrees, synctrees
from carbonio_mobile.client.classes import CALENDAR, CONTACTS, EMAIL, NOTES, OBJECTS, TASKS
from carbonio_mobile.client.faults import ServerFault
from carbonio_mobile.client.items import Item, body_of
from carbonio_mobile.client.objects import exceptions
from carbonio_mobile.client.objecttrees import NewContact, NewEvent, NewTask
from carbonio_mobile.client.phone import PhoneState, SyncOptions, Wanted
from carbonio_mobile.client.state import PhoneCollection, PhoneFolder
from carbonio_mobile.eas.version import Version, knows
from carbonio_mobile.testing.rig import now
from carbonio_mobile.wbxml import Element
from carbonio_mobile.wbxml.codepages import (
    AirSync,
    AirSyncBase,
    Calendar,
    Contacts,
    Email,
    GetItemEstimate,
    Notes,
    Tasks,
)
from carbonio_mobile.wbxml.codepages import ResolveRecipients as Page
from tests.unit.client.scripted import collection, phone_of

VERSIONS = list(Version)


def _options(version: Version, class_name: str, **wanted: object) -> list[Element]:
    options = SyncOptions(**wanted)  # type: ignore[arg-type]
    written = synctrees.next_collection(
        Wanted(folder="5", options=options), PhoneCollection(key="k"), version, class_name
    )
    return written.find_all(AirSync.Options)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("class_name", [EMAIL, *OBJECTS])
def test_the_class_is_named_up_to_12_1(version: Version, class_name: str) -> None:
    """In the first Sync and in all others (MS-ASCMD R6319)."""
    first = synctrees.first_collection("5", version, class_name)
    other = synctrees.next_collection(
        Wanted(folder="5"), PhoneCollection(key="k"), version, class_name
    )
    expected = class_name if version < Version.V14_0 else None
    assert [one.value(AirSync.Class) for one in (first, other)] == [expected] * 2


@pytest.mark.parametrize("version", VERSIONS)
def test_contacts_and_calendar_say_what_they_support(version: Version) -> None:
    """At the first Sync, with elements of the version only."""
    for class_name, some in ((CONTACTS, Contacts.FirstName), (CALENDAR, Calendar.Attendees)):
        supported = synctrees.first_collection("5", version, class_name).find(AirSync.Supported)
        assert supported is not None
        assert supported.has(some)
        assert all(knows(version, one.tag) for one in supported)
    for class_name in (EMAIL, TASKS, NOTES):
        assert not synctrees.first_collection("5", version, class_name).has(AirSync.Supported)


@pytest.mark.parametrize(
    ("class_name", "wanted", "asked"),
    [
        (EMAIL, 3, "3"),
        (EMAIL, 8, "0"),
        (CALENDAR, 4, "4"),
        (CALENDAR, 2, "0"),
        (TASKS, 8, "8"),
        (TASKS, 3, "0"),
        (CONTACTS, 3, None),
        (NOTES, 3, None),
    ],
)
def test_filters_are_those_of_the_class(class_name: str, wanted: int, asked: str | None) -> None:
    """One that the class lacks asks for all; contacts and notes have none."""
    (options,) = _options(Version.V14_1, class_name, filter_type=wanted)
    assert options.value(AirSync.FilterType) == asked


@pytest.mark.parametrize(
    ("limit", "number"),
    [(None, "9"), (0, "0"), (1, "1"), (512, "1"), (513, "2"), (102_400, "8"), (200_000, "9")],
)
def test_2_5_wants_bodies_by_truncation(limit: int | None, number: str) -> None:
    """By the number of the next larger size; there is no BodyPreference."""
    (options,) = _options(Version.V2_5, TASKS, truncation_bytes=limit)
    assert options.value(AirSync.Truncation) == number
    assert not options.has(AirSyncBase.BodyPreference)
    (later,) = _options(Version.V12_0, TASKS, truncation_bytes=limit)
    assert not later.has(AirSync.Truncation)
    assert later.has(AirSyncBase.BodyPreference)


def test_text_messages_have_options_of_their_own() -> None:
    """From 14.0 on, and in mail folders only."""
    mail, sms = _options(Version.V14_0, EMAIL, sms=True)
    assert [one.value(AirSync.Class) for one in (mail, sms)] == ["Email", "SMS"]
    assert len(_options(Version.V12_1, EMAIL, sms=True)) == 1
    assert len(_options(Version.V14_0, CALENDAR, sms=True)) == 1


@pytest.mark.parametrize("version", VERSIONS)
def test_estimates_name_the_class_up_to_12_1(version: Version) -> None:
    """And a filter only where the class has one."""
    known = PhoneCollection(key="k")
    document = synctrees.estimate_document(
        [("5", CALENDAR, known), ("6", CONTACTS, known)], version
    )
    listed = document.find(GetItemEstimate.Collections)
    assert listed is not None
    events, contacts = listed.children
    old = version < Version.V14_0
    assert events.value(GetItemEstimate.Class) == (CALENDAR if old else None)
    holder = events if old else events.find(AirSync.Options)
    assert holder is not None
    assert holder.value(AirSync.FilterType) == "0"
    assert not contacts.has(AirSync.FilterType)
    assert not contacts.has(AirSync.Options)


@pytest.mark.parametrize("version", VERSIONS)
def test_what_is_written_exists_in_the_version(version: Version) -> None:
    """Every element of every new item."""
    event = NewEvent(
        subject="s", start=0, end=3600, location="l", attendees=["a@b"], text="t", reminder_min=5,
        recurrence=objecttrees.recurrence(objecttrees.YEARLY, 0.0, until=1e9), categories=["c"],
    )  # fmt: skip
    contact = NewContact(first_name="a", birthday=0.0, categories=["c"], text="t", email="a@b")
    task = NewTask(subject="s", start=0.0, due=1.0, remind_at=0.5, text="t", categories=["c"])
    written = [
        *objecttrees.event(event, version, uid="u", organizer="a@b", now=0.0),
        *objecttrees.contact(contact, version),
        *objecttrees.task(task, version),
    ]
    if version >= Version.V14_0:
        written += objecttrees.note("s", "t", version, categories=["c"])
    waiting, foreign = list(written), set()
    while waiting:
        element = waiting.pop()
        waiting += element.children
        if not knows(version, element.tag):
            foreign.add(element.tag.name)
    assert foreign == set()


def _data(*content: Element) -> Element:
    return Element(AirSync.ApplicationData, content)


def _body(text: str) -> Element:
    return Element(
        AirSyncBase.Body, [Element(AirSyncBase.Type, "1"), Element(AirSyncBase.Data, text)]
    )


def test_a_change_of_a_contact_is_the_whole_contact_but_for_its_body() -> None:
    """What is absent is gone (MS-ASCMD R879), the body stays (R878)."""
    first = _data(
        Element(Contacts.FileAs, "Ada"), Element(Contacts.JobTitle, "Countess"), _body("x")
    )
    item = Item.of("1", first, keep_content=False, item_class=CONTACTS)
    later = item.changed(_data(Element(Contacts.FileAs, "Ada L.")), keep_content=False)
    assert later.subject == "Ada L."
    assert later.content is not None
    assert not later.content.has(Contacts.JobTitle)
    body = body_of(later.content)
    assert body is not None
    assert body.text == "x"


def test_objects_are_kept_with_their_properties() -> None:
    """In the state as it is written and read again; a state of before has mail only."""
    content = _data(Element(Tasks.Subject, "Plants"), Element(Tasks.Complete, "0"))
    task = Item.of("1", content, keep_content=False, item_class=TASKS)
    assert Item.from_json(task.to_json()).content == content
    state = PhoneState(device_id="d", version="14.1")
    state.folders["7"] = PhoneFolder(id="7", parent="0", name="Tasks", type=7)
    state.collection("7").items["1"] = task
    again = PhoneState.from_json(state.to_json())
    assert again == state
    assert again.class_of("7") == TASKS
    assert again.class_of("unknown") == EMAIL
    mail = Item(id="2", subject="s")
    assert Item.from_json(mail.to_json()) == mail
    with pytest.raises(ValueError, match="cannot be read"):
        Item.from_json([*task.to_json()[:-1], "AAAA"])


def test_bodies_and_files_of_2_5() -> None:
    """In elements of their classes."""
    file = [
        Element(Email.AttName, "2:1:2"),
        Element(Email.DisplayName, "a.pdf"),
        Element(Email.AttSize, "9"),
    ]
    content = _data(
        Element(Email.Body, "hello"),
        Element(Email.BodyTruncated, "1"),
        Element(Email.Attachments, [Element(Email.Attachment, file)]),
    )
    item = Item.of("1", content, keep_content=False)
    (attached,) = item.attachments
    assert (attached.name, attached.reference, attached.size_bytes) == ("a.pdf", "2:1:2", 9)
    body = body_of(content)
    assert body is not None
    assert (body.text, body.type, body.truncated) == ("hello", 1, True)
    whole = body_of(_data(Element(Email.MIMEData, b"From: x")))
    assert whole is not None
    assert whole.type == 4


def test_an_exception_that_does_not_say_which_is_a_fault() -> None:
    """It can be told by either element."""
    bad = _data(Element(Calendar.Exceptions, [Element(Calendar.Exception)]))
    with pytest.raises(ValueError, match="original start"):
        list(exceptions(bad))


def test_responses_for_two_occurrences_of_one_event() -> None:
    """They are told apart by InstanceId, and the event stays held."""

    def refused(at: str) -> Element:
        return Element(
            AirSync.Delete,
            [
                Element(AirSync.ServerId, "e"),
                Element(AirSyncBase.InstanceId, at),
                Element(AirSync.Status, "8"),
            ],
        )

    answer = collection(
        Element(AirSync.Responses, [refused("19700101T000000Z"), refused("19700102T000000Z")])
    )
    phone, _ = phone_of(answer, version="16.0")
    phone.state.folders["5"] = PhoneFolder(id="5", parent="0", name="Calendar", type=8)
    phone.state.collection("5").items["e"] = Item(id="e", item_class=CALENDAR, content=_data())
    commands = [synctrees.delete("e", instance=at) for at in (0.0, 86_400.0, 172_800.0)]
    result = now(phone.sync("5", *commands))
    assert result.refused == {"e": 8}
    assert "e" in phone.items("5")


def test_a_note_is_said_with_its_class() -> None:
    """Without it servers refuse it (MS-ASNOTE R119)."""
    written = _data(*objecttrees.note("s", "t", Version.V16_1))
    assert written.value(Notes.MessageClass) == "IPM.StickyNote"


def test_recipients_that_do_not_count_are_a_fault() -> None:
    """Somebody came although nobody was found."""
    response = Element(
        Page.Response,
        [Element(Page.To, "a"), Element(Page.RecipientCount, "0"), Element(Page.Recipient)],
    )
    with pytest.raises(ServerFault, match="counts wrongly"):
        peopletrees.read_resolved(response)

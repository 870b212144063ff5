"""A collection of what the server answers: every command, every version, many kinds of item.

Claims of requirement rows are held against all of it (:mod:`tests.unit.requirements.claims`).
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import time
from functools import cache

from lxml import etree
from twisted.internet.defer import Deferred

from carbonio_mobile.autodiscover.pox import build_error, build_failure, build_success
from carbonio_mobile.eas.bodyoptions import BodyOptions, BodyPreference, BodyType
from carbonio_mobile.eas.http import HttpResponse
from carbonio_mobile.eas.items import calendar, email
from carbonio_mobile.eas.version import Version
from carbonio_mobile.errors import ProtocolError
from carbonio_mobile.pim.event import Place
from carbonio_mobile.sync.folders import FolderKind
from carbonio_mobile.testing.rig import Rig, now
from carbonio_mobile.wbxml import Element, Tag, decode
from carbonio_mobile.wbxml.codepages import (
    AirSync,
    AirSyncBase,
    Find,
    ItemOperations,
    MeetingResponse,
    ResolveRecipients,
    Settings,
)
from tests.unit.commands import asking
from tests.unit.commands.checked import ALL_VERSIONS, VERSIONS, CheckedPhone, check
from tests.unit.commands.meetingcase import Meetings
from tests.unit.commands.meetingcase import mail as meeting_mail
from tests.unit.commands.phone import options
from tests.unit.commands.test_conformance import STEPS, Walk
from tests.unit.eas.eas_events import EVENTS, NOW, RULES, VIEWER, item_of
from tests.unit.eas.eas_mails import FLAG, FULL, MEETING, STATE, mail, response
from tests.unit.pim.meetings import ics

Answer = tuple[str, Element]
OLD = ("2.5", "12.0", "12.1")


class RecordingRig(Rig):
    """A rig that keeps every document it answered with."""

    def __init__(self, kept: list[Answer]) -> None:
        super().__init__()
        self._kept = kept

    def send(self, command: str, *args: object, **named: object) -> "Deferred[HttpResponse]":
        """As any rig does, and keep the answer."""
        sent: Deferred[HttpResponse] = super().send(command, *args, **named)  # type: ignore[arg-type]

        def keep(answer: HttpResponse) -> HttpResponse:
            if answer.code == 200 and answer.body and command != "GetAttachment":
                with suppress(ProtocolError):  # a multipart answer begins with its own head
                    self._kept.append((command, decode(answer.body)))
            return answer

        return sent.addCallback(keep)


@cache
def every_answer() -> tuple[Answer, ...]:
    """Give all of them, the same each time."""
    kept: list[Answer] = []
    for one in STEPS:
        for version in VERSIONS:
            if version >= one.first:
                one.run(Walk(version=version, rig=RecordingRig(kept)))
    for version in ALL_VERSIONS:
        for scene in SCENES:
            scene(CheckedPhone(RecordingRig(kept), version=version))
    kept += _mails()
    kept += _events()
    kept += _autodiscover()
    return tuple(kept)


def _hierarchy(phone: CheckedPhone) -> None:
    """Folders come, change and go, at another device's wish."""
    other = CheckedPhone(phone.rig, version=phone.version, device="other")
    phone.folder_sync()
    other.folder_sync()
    made = other.ask("FolderCreate", asking.folder_create(other.folder_key, "Plans"))
    key, name = made.children[1].string, made.children[2].string
    phone.folder_sync()
    changed = other.ask("FolderUpdate", asking.folder_update(key, name, "Deals"))
    phone.folder_sync()
    other.ask("FolderDelete", asking.folder_delete(changed.children[1].string, name))
    phone.folder_sync()
    if phone.version in OLD:
        phone.ask("GetHierarchy")


def _mailbox(phone: CheckedPhone) -> None:
    """Mail is synchronised; changes and deletions of what is gone are answered."""
    rig = phone.rig
    inbox = rig.folder(FolderKind.INBOX)
    rig.deliver()
    head = rig.deliver()
    if phone.version == "2.5":
        phone.sync(inbox)
        phone.sync(inbox)
        return
    phone.prime(inbox, options())
    now(rig.mailbox().delete(inbox, [head.item]))
    gone = Element(AirSync.Delete, [Element(AirSync.ServerId, f"{inbox}:999")])
    phone.sync(inbox, Element(AirSync.Commands, [gone]))


def _meetings(phone: CheckedPhone) -> None:
    """An invitation comes and is accepted, as a whole and for one date; one is unknown."""
    meetings = Meetings(phone.rig)
    single = meetings.arrive(meeting_mail(ics()))
    if phone.version != "2.5":
        phone.prime(meetings.inbox, options())
        phone.prime(meetings.calendar, options())
    wanted = [
        Element(
            MeetingResponse.Request,
            [
                Element(MeetingResponse.UserResponse, "1"),
                Element(MeetingResponse.CollectionId, meetings.inbox),
                Element(MeetingResponse.RequestId, name),
            ],
        )
        for name in (single, f"{meetings.inbox}:999")
    ]
    phone.ask("MeetingResponse", Element(MeetingResponse.MeetingResponse, wanted))


def _away(phone: CheckedPhone) -> None:
    """Out of office for a while, then asked for."""
    if phone.version == "2.5":
        return
    message = Element(
        Settings.OofMessage,
        [
            Element(Settings.AppliesToInternal),
            Element(Settings.Enabled, "1"),
            Element(Settings.ReplyMessage, "I am away."),
            Element(Settings.BodyType, "TEXT"),
        ],
    )
    wanted = Element(
        Settings.Set,
        [
            Element(Settings.OofState, "2"),
            Element(Settings.StartTime, "2027-02-01T08:00:00.000Z"),
            Element(Settings.EndTime, "2027-02-08T08:00:00.000Z"),
            message,
        ],
    )
    asked = Element(Settings.Get, [Element(Settings.BodyType, "TEXT")])
    for content in (wanted, asked):
        oof = Element(Settings.Oof, [content])
        phone.ask("Settings", Element(Settings.Settings, [oof]))


def _parts(phone: CheckedPhone) -> None:
    """A body comes as a part of its own."""
    if phone.version == "2.5":
        return
    rig = phone.rig
    inbox = rig.folder(FolderKind.INBOX)
    name = f"{inbox}:{rig.deliver().item}"
    content = Element(
        ItemOperations.Fetch,
        [
            Element(ItemOperations.Store, "Mailbox"),
            Element(AirSync.CollectionId, inbox),
            Element(AirSync.ServerId, name),
            Element(
                ItemOperations.Options,
                [Element(AirSyncBase.BodyPreference, [Element(AirSyncBase.Type, "1")])],
            ),
        ],
    )
    answer = phone.send(
        "ItemOperations",
        Element(ItemOperations.ItemOperations, [content]),
        headers={"ms-asacceptmultipart": "T"},
    )
    count, start, size = (int.from_bytes(answer.body[at : at + 4], "little") for at in (0, 4, 8))
    assert count == 2
    document = decode(answer.body[start : start + size])
    check(document, "ItemOperations", phone.version)
    phone.rig._kept.append(("ItemOperations", document))  # type: ignore[attr-defined]


def _people(phone: CheckedPhone) -> None:
    """Somebody is looked up who is not there, and a mail is found that went to several."""
    to = Element(ResolveRecipients.To, "nobody")
    document = Element(ResolveRecipients.ResolveRecipients, [to])
    phone.ask("ResolveRecipients", document)
    if phone.version != "16.1":
        return
    phone.rig.deliver(COPIED)
    query = Element(Find.Query, [Element(Find.FreeText, "copied"), Element(AirSync.Class, "Email")])
    criterion = Element(Find.MailBoxSearchCriterion, [query])
    search = [Element(Find.SearchId, "1"), Element(Find.ExecuteSearch, [criterion])]
    phone.ask("Find", Element(Find.Find, search))


COPIED = (
    b"From: mary@example.com\r\nTo: john@example.com\r\nCc: ann@example.com\r\n"
    b"Bcc: carl@example.com\r\nSubject: copied\r\n\r\nCopied.\r\n"
)
SCENES = (_hierarchy, _mailbox, _meetings, _away, _parts, _people)


def _mails() -> Iterator[Answer]:
    """Everything that a mail can have, in each version that has bodies."""
    from carbonio_mobile.mime.mailitem import FollowUp, MailState

    done = FollowUp(
        status=1,
        fields=(
            *FLAG.fields,
            ("CompleteTime", "2014-02-01T08:00:00.000Z"),
            ("DateCompleted", "2014-02-01T08:00:00.000Z"),
            ("OrdinalDate", "2014-02-01T08:00:00.000Z"),
            ("SubOrdinalDate", "5555555"),
        ),
    )
    text, html = "Wine and cheese", "<p>Wine and <b>cheese</b></p>"
    cut = BodyPreference(type=BodyType.HTML, truncation_bytes=10, preview_chars=50)
    wanted = BodyOptions(preferences=(cut,))
    parts = BodyOptions(part_preferences=(cut,))
    for version in Version:
        for state in (STATE, MailState(follow_up=done)):
            for draft in (False, True):
                item = mail(text=text, html=html, record=FULL, state=state, draft=draft)
                for wish in (wanted, parts):
                    yield "Sync", response(email.application_data(item, wish, version))
        for rule in RULES:
            record = replace(FULL, meeting=replace(MEETING, recurrence=rule))
            yield "Sync", response(email.application_data(mail(record=record), wanted, version))
        single = replace(MEETING, recurrence=None, recurrence_id=NOW, instance_type=3)
        item = mail(record=replace(FULL, meeting=single))
        yield "Sync", response(email.application_data(item, wanted, version))


PLACE = Place(
    display_name="Office",
    annotation="second floor",
    street="Main Street 1",
    city="Bonn",
    state="NRW",
    country="Germany",
    postal_code="53111",
    latitude="50.7",
    longitude="7.1",
    accuracy="10.5",
    altitude="60",
    altitude_accuracy="3",
    uri="https://example.com/office",
)


def _events() -> Iterator[Answer]:
    """Events of every form, in each version."""
    everywhere = replace(EVENTS[0], details=replace(EVENTS[0].details, place=PLACE))
    for version in Version:
        for event in (*EVENTS, everywhere):
            shown = calendar.application_data(item_of(event), BodyOptions(), version, VIEWER)
            yield "Sync", response(shown)


def _autodiscover() -> Iterator[Answer]:
    """What the XML form of Autodiscover answers."""
    for document in (
        build_success(email="john@example.com", display_name="John", url="https://example.com/x"),
        build_failure(email="john@example.com", display_name="John", message="Try again."),
        build_error(code=600, message="Invalid Request", at=time(8, 0), server_id=1),
    ):
        yield "Autodiscover", _from_xml(etree.fromstring(document))


def _from_xml(node: etree._Element) -> Element:
    name = etree.QName(node).localname
    children = [_from_xml(child) for child in node]
    return Element(_tag(name), children or node.text or "")


@cache
def _tag(name: str) -> Tag:
    return Tag("Autodiscover", name, 255, 5)

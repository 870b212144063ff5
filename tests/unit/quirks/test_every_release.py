"""client-quirks 12: the behaviours that are looked at for every release, each by a phone.

Every answer is checked against the schemas and the tags of its version.
"""

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from carbonio_mobile.changes.turns import DeviceTurns
from carbonio_mobile.eas.clients import SUCCESSION_S
from carbonio_mobile.eas.items.calendarseries import DAY_S
from carbonio_mobile.eas.version import Version
from carbonio_mobile.ids import FolderId, ServerId
from carbonio_mobile.pim.event import Event
from carbonio_mobile.pim.timezones import ZoneRule, blob_at, zone_named
from carbonio_mobile.pipeline import Pipeline, ProvisioningRules
from carbonio_mobile.policy.wipe import released, request_wipe
from carbonio_mobile.sync.device import Device, WipeKind
from carbonio_mobile.sync.folders import FolderKind
from carbonio_mobile.testing.rig import NOW, Rig, now
from carbonio_mobile.wbxml import Element, Limits, decode
from carbonio_mobile.wbxml.codepages import (
    AirSync,
    AirSyncBase,
    Calendar,
    Email,
    Find,
    FolderHierarchy,
    MeetingResponse,
    Ping,
    Provision,
)
from tests.unit.commands import asking
from tests.unit.commands.checked import ALL_VERSIONS, CheckedPhone
from tests.unit.commands.meetingcase import Meetings, calendar_in, mail, parsed
from tests.unit.commands.objectphone import (
    CALENDAR,
    DAY,
    Objects,
    add,
    change,
    delete,
    event,
    stamp,
)
from tests.unit.commands.phone import change as mail_change
from tests.unit.commands.test_provision_command import EVERYTHING
from tests.unit.pim.meetings import JOHN, MARY, ics
from tests.unit.quirks.clients import FamilyPhone
from tests.unit.quirks.test_outlook_and_ios import _all, send_mail
from tests.unit.test_provisioning_gates import GateCase

OLD_AND_NEW = ("14.1", "16.1")
MAIL = b"To: mary@example.com\r\nSubject: x\r\n\r\nHello\r\n"


def is_before(version: str, other: str) -> bool:
    """Compare versions as numbers: 2.5 comes first."""
    return Version.parse(version) < Version.parse(other)


def inbox_of(rig: Rig) -> FolderId:
    """Give the id of the Inbox."""
    return rig.folder(FolderKind.INBOX)


@pytest.mark.parametrize("version", ALL_VERSIONS)
def test_folder_sync_0_in_mid_life(version: str) -> None:
    """client-quirks 12, 3.1: the same ids, Count right, and the collections go on."""
    rig = Rig()
    rig.deliver()
    phone = FamilyPhone(rig, "Gmail", version)
    phone.folder_sync()
    phone.prime(inbox_of(rig))
    before = dict(phone.folders)
    phone.folder_key, phone.folders = "0", {}
    answer = phone.folder_sync()
    changes = answer.find(FolderHierarchy.Changes)
    assert changes is not None
    assert phone.folders == before
    assert int(changes.value(FolderHierarchy.Count, "")) == len(before)
    new = rig.deliver()
    phone.settle(inbox_of(rig))
    assert str(ServerId(inbox_of(rig), new.item)) in phone.items[inbox_of(rig)]
    assert len(phone.items[inbox_of(rig)]) == 2


@pytest.mark.parametrize("version", ALL_VERSIONS)
def test_the_last_sync_again_after_a_lost_answer(version: str) -> None:
    """client-quirks 12, 3.2: the same content under the same key, and no item twice."""
    rig = Rig()
    phone = CheckedPhone(rig, version=version)
    phone.prime(inbox_of(rig))
    rig.deliver()
    lost = phone.sync(inbox_of(rig), lose=True)
    again = phone.sync(inbox_of(rig))
    assert lost is not None
    assert again is not None
    assert again.value(AirSync.SyncKey) == lost.value(AirSync.SyncKey)
    assert again == lost
    assert len(phone.items[inbox_of(rig)]) == 1


@pytest.mark.parametrize("version", OLD_AND_NEW)
def test_send_mail_again(version: str) -> None:
    """client-quirks 12, 9.5: one message, whatever is repeated."""
    rig = Rig()
    phone = FamilyPhone(rig, "Outlook desktop", version)
    for _ in range(4):
        assert phone.post("SendMail", send_mail(MAIL)) is None
        rig.clock.advance(30)
    assert len(rig.submission.taken) == 1


@pytest.mark.parametrize("version", ALL_VERSIONS)
def test_an_add_with_a_client_id_that_is_known(version: str) -> None:
    """client-quirks 12, 3.2: the answer got lost; the repeat learns the id that there is."""
    calendar = Objects(Rig(), CALENDAR)
    phone = calendar.phone(version)
    command = add(event("Mine", "", version), "once")
    phone.up(calendar.folder, command, lose=True)
    said = phone.one(calendar.folder, command)
    assert said.status == "1"
    assert calendar.names() == {said.name}
    again = phone.one(calendar.folder, command)
    assert (again.status, again.name) == ("1", said.name)
    assert calendar.names() == {said.name}


@pytest.mark.parametrize("version", ALL_VERSIONS)
def test_a_change_of_what_was_just_deleted(version: str) -> None:
    """client-quirks 12: status 8, in the calendar and in the Inbox; the folder goes on."""
    calendar = Objects(Rig(), CALENDAR)
    name = calendar.store("Mine")
    phone = calendar.phone(version)
    calendar.drop(name)
    said = phone.one(calendar.folder, change(name, *event("Changed", "", version)))
    assert said.status == "8"
    assert phone.hold(calendar.folder) == {}
    rig = calendar.rig
    head = rig.deliver()
    phone.prime(inbox_of(rig))
    now(rig.mailbox().delete(inbox_of(rig), [head.item]))
    mailed = str(ServerId(inbox_of(rig), head.item))
    read = mail_change(mailed, Element(Email.Read, "1"))
    assert phone.one(inbox_of(rig), read).status == "8"


@pytest.mark.parametrize("version", ALL_VERSIONS)
def test_a_sync_on_a_folder_that_vanished(version: str) -> None:
    """client-quirks 12, 3.7: 12 for the whole request; after three, the folders once anew."""
    rig = Rig()
    phone = FamilyPhone(rig, "Outlook desktop", version)
    phone.folder_sync()
    for _ in range(3):
        told = phone.ask("Sync", asking.sync(phone.collection(FolderId("gone"))))
        assert told.value(AirSync.Status) == "12"
    answer = phone.ask("FolderSync", asking.folder_sync(phone.folder_key))
    assert answer.value(FolderHierarchy.Status) == "9"
    phone.folder_key, phone.folders = "0", {}
    phone.folder_sync()
    assert (
        phone.ask("FolderSync", asking.folder_sync(phone.folder_key)).value(FolderHierarchy.Status)
        == "1"
    )


def test_find_at_14_1() -> None:
    """client-quirks 12, 2: iOS sends it at any version."""
    rig = Rig()
    rig.deliver(b"Subject: Plans\r\n\r\ncheese\r\n")
    phone = FamilyPhone(rig, "iOS", "14.1")
    criterion = Element(
        Find.MailBoxSearchCriterion, [Element(Find.Query, [Element(Find.FreeText, "cheese")])]
    )
    search = [
        Element(Find.SearchId, "0f8fad5b-d9cb-469f-a165-70867728950e"),
        Element(Find.ExecuteSearch, [criterion]),
    ]
    answer = phone.ask("Find", Element(Find.Find, search))
    assert [one.string for one in _all(answer, Find.Total)] == ["1"]


def test_an_empty_sync_at_12_0_and_14_1() -> None:
    """client-quirks 12, 3.5: it repeats the last set from 12.1 on; before, there is none."""
    rig = Rig()
    for version in ("12.0", "14.1"):
        phone = CheckedPhone(rig, version=version, device="d" + version.replace(".", ""))
        phone.prime(inbox_of(rig))
        answer = phone.send("Sync")
        if version == "14.1":
            assert (answer.code, answer.body) == (200, b"")
            rig.deliver()
            told = phone.told(phone.send("Sync"), "Sync")
            assert len(_all(told, AirSync.Add)) == 1
        else:
            assert phone.told(answer, "Sync").value(AirSync.Status) == "4"


@pytest.mark.parametrize("version", ALL_VERSIONS)
def test_a_ping_with_a_folder_that_is_never_synced(version: str) -> None:
    """client-quirks 12, 3.8: it waits, wakes on arrivals, and nothing is told of it for ever."""
    rig = Rig()
    phone = CheckedPhone(rig, version=version)
    phone.folder_sync()
    trash = rig.folder(FolderKind.TRASH)
    waiting = rig.send("Ping", asking.ping(60, trash), version=version, device=phone.device)
    assert not waiting.called
    rig.deliver(folder=trash)
    answer = phone.told(now(waiting), "Ping")
    assert answer.value(Ping.Status) == "2"
    waiting = rig.send("Ping", asking.ping(60, trash), version=version, device=phone.device)
    assert not waiting.called
    rig.clock.advance(60)
    assert phone.told(now(waiting), "Ping").value(Ping.Status) == "1"


@pytest.mark.parametrize("version", ALL_VERSIONS)
def test_two_pings_of_one_device(version: str) -> None:
    """client-quirks 12: the older ends, the newer waits."""
    rig = Rig()
    phone = CheckedPhone(rig, version=version)
    phone.prime(inbox_of(rig))
    ping = asking.ping(600, inbox_of(rig))
    older = rig.send("Ping", ping, version=version, device=phone.device)
    newer = rig.send("Ping", ping, version=version, device=phone.device)
    assert phone.told(now(older), "Ping").value(Ping.Status) == "1"
    assert not newer.called
    rig.deliver()
    assert phone.told(now(newer), "Ping").value(Ping.Status) == "2"


@pytest.mark.parametrize("version", ALL_VERSIONS)
@pytest.mark.parametrize(
    ("zone", "first"),
    [
        ("Pacific/Auckland", datetime(2027, 3, 29, tzinfo=UTC)),  # UTC+12; winter on 4 April
        ("America/Los_Angeles", datetime(2027, 3, 10, tzinfo=UTC)),  # UTC-8; summer on 14 March
    ],
)
def test_an_all_day_series_across_a_change_of_clocks(
    zone: str, first: datetime, version: str
) -> None:
    """client-quirks 12, 8.2: the same dates for all, whichever zone the phone sends and shows."""
    calendar = Objects(Rig(), CALENDAR)
    phone = calendar.phone(version)
    midnight = first.timestamp()
    tzinfo = zone_named(zone)
    assert tzinfo is not None
    local = first.replace(tzinfo=ZoneInfo(zone))
    old = is_before(version, "16.0")
    start = local.timestamp() if old else midnight
    blob = blob_at(tzinfo, local)
    rule = [
        Element(Calendar.Type, "0"),
        Element(Calendar.Interval, "1"),
        Element(Calendar.Occurrences, "10"),
    ]
    content = [
        *([Element(Calendar.Timezone, blob)] if old else []),
        Element(Calendar.AllDayEvent, "1"),
        Element(Calendar.StartTime, stamp(start)),
        Element(Calendar.EndTime, stamp(start + DAY_S)),
        Element(Calendar.Subject, "Days"),
        Element(Calendar.Recurrence, rule),
    ]
    name = phone.make(calendar.folder, content)
    record = calendar.get(name).record
    assert isinstance(record, Event)
    assert (record.details.start, record.details.end) == (midnight, midnight + DAY_S)
    assert b"DTSTART;VALUE=DATE:" + first.strftime("%Y%m%d").encode() in calendar.get(name).source
    for shown_in in ALL_VERSIONS:
        shown = calendar.phone(shown_in, device="o" + shown_in.replace(".", "")).hold(
            calendar.folder
        )[name]
        assert shown.value(Calendar.StartTime) == stamp(midnight)
        assert shown.value(Calendar.EndTime) == stamp(midnight + DAY_S)
        if is_before(shown_in, "16.0"):
            zone_rule = ZoneRule.from_blob(shown.value(Calendar.Timezone, ""))
            assert (zone_rule.bias_min, zone_rule.to_daylight) == (0, None)
        else:
            assert not shown.has(Calendar.Timezone)


@pytest.mark.parametrize("version", OLD_AND_NEW)
def test_an_occurrence_moved_and_then_cancelled(version: str) -> None:
    """client-quirks 12, 8.3: as an exception inside the series, or as a command of its own."""
    calendar = Objects(Rig(), CALENDAR)
    phone = calendar.phone(version)
    rule = [
        Element(Calendar.Type, "0"),
        Element(Calendar.Interval, "1"),
        Element(Calendar.Occurrences, "5"),
    ]
    series = event("Daily", "", version, Element(Calendar.Recurrence, rule))
    name = phone.make(calendar.folder, series)
    original, later = NOW + 3 * DAY, NOW + 3 * DAY + 7200
    times = [
        Element(Calendar.StartTime, stamp(later)),
        Element(Calendar.EndTime, stamp(later + 3600)),
    ]

    def exceptions() -> list[tuple[float, float | None]]:
        record = calendar.get(name).record
        assert isinstance(record, Event)
        return [(one.original, one.details and one.details.start) for one in record.exceptions]

    if version == "16.1":
        moved = change(name, *times, instance=stamp(original))
        gone = delete(name, stamp(original))
    else:
        which = Element(Calendar.ExceptionStartTime, stamp(original))
        moved, gone = (
            change(name, *series, Element(Calendar.Exceptions, [Element(Calendar.Exception, one)]))
            for one in ([which, *times], [Element(Calendar.Deleted, "1"), which])
        )
    assert phone.one(calendar.folder, moved).status == "1"
    assert exceptions() == [(original, later)]
    assert phone.one(calendar.folder, gone).status == "1"
    assert exceptions() == [(original, None)]
    shown = calendar.phone(version, device="other").hold(calendar.folder)[name]
    (one,) = _all(shown, Calendar.Exception)
    assert one.value(Calendar.Deleted) == "1"


@pytest.mark.parametrize("version", ALL_VERSIONS)
def test_an_attendee_declines(version: str) -> None:
    """client-quirks 12, 8.7: the event goes; from 16.0 on the organiser is told by the server."""
    rig = Rig()
    meetings = Meetings(rig)
    item = meetings.arrive(mail(ics()))
    phone = CheckedPhone(rig, version=version)
    phone.prime(meetings.inbox)
    phone.prime(meetings.calendar)
    assert len(phone.items[meetings.calendar]) == 1
    later = not is_before(version, "16.0")
    request = Element(
        MeetingResponse.Request,
        [
            Element(MeetingResponse.UserResponse, "3"),
            Element(MeetingResponse.CollectionId, meetings.inbox),
            Element(MeetingResponse.RequestId, item),
            Element(MeetingResponse.SendResponse) if later else None,
        ],
    )
    answer = phone.ask("MeetingResponse", Element(MeetingResponse.MeetingResponse, [request]))
    assert [one.string for one in _all(answer, MeetingResponse.Status)] == ["1"]
    assert not _all(answer, MeetingResponse.CalendarId)
    phone.settle(meetings.calendar)
    assert phone.items[meetings.calendar] == {}
    told = [(one.recipients, calendar_in(parsed(one.message)).method) for one in meetings.sent()]
    assert told == ([((MARY,), "REPLY")] if later else [])


@pytest.mark.parametrize("version", OLD_AND_NEW)
def test_an_invitation_with_300_attendees(version: str) -> None:
    """client-quirks 12: kept and shown whole; from 16.1 the server asks each of them once."""
    calendar = Objects(Rig(), CALENDAR)
    phone = calendar.phone(version)
    guests = [
        Element(
            Calendar.Attendee,
            [
                Element(Calendar.Email, f"guest{number}@example.org"),
                Element(Calendar.Name, f"Guest {number}"),
            ],
        )
        for number in range(300)
    ]
    listed = Element(Calendar.Attendees, guests)
    meets = Element(Calendar.MeetingStatus, "1")
    name = phone.make(calendar.folder, event("All", "", version, listed, meets))
    shown = calendar.phone(version, device="other").hold(calendar.folder)[name]
    assert len(_all(shown, Calendar.Attendee)) == 300
    sent = calendar.rig.submission.taken.values()
    asked = sorted(address for one in sent for address in one.recipients)
    expected = sorted(f"guest{n}@example.org" for n in range(300)) if version == "16.1" else []
    assert asked == expected
    rig = Rig()
    people = (f"mailto:{JOHN}", *(f"mailto:guest{n}@example.org" for n in range(299)))
    invited = ics(attendees=tuple(f"RSVP=TRUE:{one}" for one in people))
    Meetings(rig).arrive(mail(invited))
    reader = CheckedPhone(rig, version=version)
    reader.prime(rig.folder(FolderKind.CALENDAR))
    (entry,) = reader.items[rig.folder(FolderKind.CALENDAR)].values()
    assert len(_all(entry, Calendar.Attendee)) == 300


@pytest.mark.parametrize("version", ALL_VERSIONS)
def test_a_thread_topic_with_a_raw_octet(version: str) -> None:
    """client-quirks 12, 9.1: 0xE7 is no UTF-8 and is guessed; the topic is the subject's."""
    rig = Rig()
    rig.deliver(b"Subject: Re: Fran\xe7ais\r\nThread-Topic: Fran\xe7ais\r\n\r\nHello\r\n")
    phone = CheckedPhone(rig, version=version)
    phone.prime(inbox_of(rig))
    (data,) = phone.items[inbox_of(rig)].values()
    assert data.value(Email.ThreadTopic) == "Fran\u00e7ais"
    assert phone.poisoned() == []


@pytest.mark.parametrize("version", ALL_VERSIONS)
def test_a_subject_with_a_control_character(version: str) -> None:
    """client-quirks 12, 9.1: U+0001 does not leave, raw or encoded; the words do."""
    rig = Rig()
    rig.deliver(b"Subject: Pl\x01ans\r\n\r\nHello\r\n")
    rig.deliver(b"Subject: =?utf-8?q?Pl=01ans?=\r\n\r\nHello\r\n")
    phone = CheckedPhone(rig, version=version)
    phone.prime(inbox_of(rig))
    for data in phone.items[inbox_of(rig)].values():
        subject = data.value(Email.Subject, "")
        assert "\x01" not in subject
        assert subject.replace(" ", "") == "Plans"
    assert phone.poisoned() == []


@pytest.mark.parametrize(
    "written",
    [
        'filename="=?utf-8?q?Umfang_=C3=A4=C3=B6=C3=BC_=22x=22=2Epdf?="',
        "filename*=utf-8''Umfang%20%C3%A4%C3%B6%C3%BC%20%22x%22.pdf",
        'filename="Umfang \u00e4\u00f6\u00fc \\"x\\".pdf"',
    ],
)
@pytest.mark.parametrize("version", ALL_VERSIONS)
def test_an_attachment_with_umlauts_and_quotes(written: str, version: str) -> None:
    """client-quirks 12: in whichever form it was written; quotes are nothing for a file's name."""
    rig = Rig()
    rig.deliver(
        b'Subject: x\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n'
        b"--b\r\nContent-Type: text/plain\r\n\r\nsee\r\n--b\r\nContent-Type: application/pdf\r\n"
        + f"Content-Disposition: attachment; {written}\r\n\r\nx\r\n--b--\r\n".encode()
    )
    phone = CheckedPhone(rig, version=version)
    phone.prime(inbox_of(rig))
    (data,) = phone.items[inbox_of(rig)].values()
    names = [*_all(data, AirSyncBase.DisplayName), *_all(data, Email.DisplayName)]
    assert [one.string for one in names] == ["Umfang \u00e4\u00f6\u00fc _x_.pdf"]


LARGE = """
import resource, sys
from base64 import encodebytes
from dataclasses import replace
from carbonio_mobile.sync.folders import FolderKind
from carbonio_mobile.testing.rig import BOUNDS, Rig
from carbonio_mobile.wbxml import Element
from carbonio_mobile.wbxml.codepages import AirSync, AirSyncBase, ItemOperations
from tests.unit.commands.checked import CheckedPhone
from tests.unit.quirks.test_outlook_and_ios import _all

rig = Rig(bounds=replace(BOUNDS, attachment_bytes=40 << 20))
phone = CheckedPhone(rig)
phone.folder_sync()
inbox = rig.folder(FolderKind.INBOX)
content = bytes(range(256)) * (22 << 12)
head = (b'Subject: large\\r\\nContent-Type: multipart/mixed; boundary="b"\\r\\n\\r\\n'
        b'--b\\r\\nContent-Type: text/plain\\r\\n\\r\\nsee\\r\\n--b\\r\\n'
        b'Content-Type: application/pdf; name="a.pdf"\\r\\nContent-Transfer-Encoding: base64\\r\\n'
        b'Content-Disposition: attachment\\r\\n\\r\\n')
source = head + encodebytes(content) + b'--b--\\r\\n'
assert len(source) > 30e6
del content
pages = int(open('/proc/self/statm').read().split()[0])
cap = pages * resource.getpagesize() + CAP
resource.setrlimit(resource.RLIMIT_AS, (cap, cap))
rig.deliver(source)
kind = [Element(AirSyncBase.Type, '4'), Element(AirSyncBase.TruncationSize, '1000')]
mime = [Element(AirSync.MIMESupport, '2'), Element(AirSyncBase.BodyPreference, kind)]
phone.prime(inbox, Element(AirSync.Options, mime))
(mail,) = phone.items[inbox].values()
(body,) = _all(mail, AirSyncBase.Body)
assert int(body.value(AirSyncBase.EstimatedDataSize)) == len(source)
(reference,) = _all(mail, AirSyncBase.FileReference)
got = 0
for start in range(0, 22 << 20, 4 << 20):
    last = min(start + (4 << 20), 22 << 20) - 1
    fetch = [
        Element(ItemOperations.Store, 'Mailbox'),
        Element(AirSyncBase.FileReference, reference.text),
        Element(ItemOperations.Options, [Element(ItemOperations.Range, f'{start}-{last}')]),
    ]
    wanted = Element(ItemOperations.ItemOperations, [Element(ItemOperations.Fetch, fetch)])
    (total,) = _all(phone.ask('ItemOperations', wanted), ItemOperations.Total)
    assert int(total.text) == 22 << 20
    got += last + 1 - start
assert got == 22 << 20
print('done')
"""
CAP_BYTES = 200 << 20


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="needs Linux's /proc")
def test_a_mail_of_30_mb_under_a_memory_cap() -> None:
    """client-quirks 12: delivered, listed and fetched in pieces with 200 MB more than at rest."""
    done = subprocess.run(
        [sys.executable, "-c", LARGE.replace("CAP", str(CAP_BYTES))],
        cwd=Path(__file__).resolve().parents[3],
        env={"PYTHONPATH": "src:.", "PATH": ""},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.stdout.strip() == "done", done.stderr[-3000:]


def test_outlook_with_a_new_device_id() -> None:
    """client-quirks 12, 4.1: what is known of it goes over; it syncs from 0 without trouble."""
    rig = Rig()
    rig.deliver()
    first = FamilyPhone(rig, "Outlook desktop", device="AAAA")
    first.folder_sync()
    first.prime(inbox_of(rig))
    known = replace(first.record(), information=(("FriendlyName", "desk"),))
    now(rig.services.devices.save_device(known))
    rig.clock.advance(SUCCESSION_S / 2)
    second = FamilyPhone(rig, "Outlook desktop", device="BBBB")
    second.folder_sync()
    second.prime(inbox_of(rig))
    assert second.items[inbox_of(rig)].keys() == first.items[inbox_of(rig)].keys()
    assert second.record().information == known.information
    assert second.record().first_seen == known.first_seen
    assert first.record().succeeded_by == "bbbb"


class PolicyTests(GateCase):
    """client-quirks 12: policies and wipes."""

    def test_a_policy_with_all_that_there_is(self) -> None:
        """client-quirks 12, 4.2, 10.3: each version gets what it knows, and is let in by it."""
        for version in ALL_VERSIONS:
            self.setUp()
            self.set(**EVERYTHING)
            self.told(version)
            self.provision(version)
            self.assertEqual(self.told(version), 1)
            self.assertEqual(self.told(version), 1)

    def restart(self) -> None:
        """Begin with nothing in memory but what was stored."""
        rig = self.rig
        rig.pipeline = Pipeline(
            accounts=rig.accounts,
            services=rig.services,
            turns=DeviceTurns(queue_limit=10),
            rules=ProvisioningRules(required=False, refresh_s=0.0),
            limits=Limits(),
            observe=rig.served.append,
        )

    def test_a_wipe_ordered_a_restart_and_its_acknowledgement(self) -> None:
        """client-quirks 12, 10.4: told at every Provision until it is done, then kept out."""
        for version in ALL_VERSIONS:
            self.setUp()
            self.set(DevicePasswordEnabled="TRUE")
            self.told(version)
            self.provision(version)
            ordered = request_wipe(self.device(), WipeKind.FULL, self.rig.clock.seconds())
            assert isinstance(ordered, Device)
            now(self.rig.store.save_wipe(ordered.key, ordered.wipe))
            for _ in range(2):
                self.restart()
                self.assertNotEqual(self.told(version), 1)
                told = decode(self.send("Provision", None, version).body)
                self.assertTrue(told.has(Provision.RemoteWipe))
            status = Element(Provision.RemoteWipe, [Element(Provision.Status, "1")])
            done = Element(Provision.Provision, [status])
            self.assertEqual(self.told(version, "Provision", done), 1)
            self.restart()
            for command in ("FolderSync", "Provision"):
                document = asking.folder_sync("0") if command == "FolderSync" else None
                refused = self.told(version, command, document)
                self.assertEqual(refused, 403 if is_before(version, "14.0") else 129)
            free = released(self.device())
            now(self.rig.store.save_device(free))
            now(self.rig.store.save_wipe(free.key, None))
            self.restart()
            self.provision(version)
            self.assertEqual(self.told(version), 1)


def test_every_behaviour_of_the_list_has_its_test() -> None:
    """client-quirks 12: as many as the list has, where the list is at hand."""
    facts = Path(__file__).resolve().parents[3] / "../shared/protocol/client-quirks.md"
    if not facts.exists():
        pytest.skip("the facts are not at hand")
    text = facts.read_text().partition("## 12.")[2].partition("## 13.")[0]
    listed = " ".join(text.partition("\n")[2].split()).rstrip(".").split("; ")
    assert len(listed) == len(BEHAVIOURS)
    for words, test in zip(listed, BEHAVIOURS, strict=True):
        assert callable(test), words


BEHAVIOURS: Sequence[object] = (
    test_folder_sync_0_in_mid_life,
    test_the_last_sync_again_after_a_lost_answer,
    test_send_mail_again,
    test_an_add_with_a_client_id_that_is_known,
    test_a_change_of_what_was_just_deleted,
    test_a_sync_on_a_folder_that_vanished,
    test_find_at_14_1,
    test_an_empty_sync_at_12_0_and_14_1,
    test_a_ping_with_a_folder_that_is_never_synced,
    test_two_pings_of_one_device,
    test_an_all_day_series_across_a_change_of_clocks,
    test_an_occurrence_moved_and_then_cancelled,
    test_an_attendee_declines,
    test_an_invitation_with_300_attendees,
    test_a_thread_topic_with_a_raw_octet,
    test_a_subject_with_a_control_character,
    test_an_attachment_with_umlauts_and_quotes,
    test_a_mail_of_30_mb_under_a_memory_cap,
    test_outlook_with_a_new_device_id,
    PolicyTests.test_a_policy_with_all_that_there_is,
    PolicyTests.test_a_wipe_ordered_a_restart_and_its_acknowledgement,
)
"""The tests in the order of the list."""

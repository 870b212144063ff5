"""The commands on contacts, events, tasks, notes, people and folders, against the whole server."""

import json
from email import message_from_bytes
from pathlib import Path
from typing import Any

import pytest

from carbonio_mobile.client.selftest.people import self_made
from carbonio_mobile.testing.rig import NOW, Rig
from tests.unit.client.shell import Shell

VERSIONS = ("2.5", "12.0", "12.1", "14.0", "14.1", "16.0", "16.1")


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(Rig(), tmp_path)


@pytest.fixture(params=VERSIONS)
def spoken(request: pytest.FixtureRequest, shell: Shell) -> Shell:
    """A shell whose phone speaks a version."""
    version: str = request.param
    assert shell.john("--version", version, "folders") == 0, shell.err.getvalue()
    return shell


def held(shell: Shell, folder: str) -> list[Any]:
    """Give what another phone, which never synchronised before, sees of a folder."""
    state = shell.home / "other.json"
    state.unlink(missing_ok=True)
    assert shell.john("--state", str(state), "sync", folder) == 0, shell.err.getvalue()
    other = ("--state", str(state), "--json", "list", folder)
    assert shell.john(*other) == 0
    value: list[Any] = json.loads(shell.out.getvalue())
    return value


def test_contacts(spoken: Shell) -> None:
    """A contact is made, changed in part, and deleted; what did not change stays."""
    name = ("--first", "Ada", "--last", "Lovelace")
    made = spoken.made("add-contact", *name, "--email", "ada@example.org", "--body", "Countess")
    assert "Lovelace, Ada" in _listing(spoken, "contacts")
    assert spoken.john("change-contact", made, "--phone", "+39 0123") == 0
    (seen,) = held(spoken, "contacts")
    assert (seen["title"], seen["email"], seen["phone"]) == (
        "Lovelace, Ada",
        "ada@example.org",
        "+39 0123",
    )
    assert spoken.john("show", made) == 0
    assert "Countess" in spoken.out.getvalue()
    assert spoken.john("delete", made, "--for-good") == 0
    assert held(spoken, "contacts") == []


def _listing(shell: Shell, folder: str) -> str:
    assert shell.john("list", folder) == 0
    return shell.out.getvalue()


def test_a_series_with_one_moved_and_one_off(spoken: Shell) -> None:
    """In the form of each version: exceptions up to 14.1, occurrences from 16.0 on."""
    series = ("--repeat", "weekly", "--count", "5", "--zone", "Europe/Rome")
    made = spoken.made("add-event", "--subject", "Review", "--start", "2027-02-01T08:00Z", *series)
    moved = ("--instance", "2027-02-08T08:00Z", "--start", "2027-02-08T09:30Z")
    assert spoken.john("move-event", made, *moved) == 0, spoken.err.getvalue()
    assert spoken.john("delete-event", made, "--instance", "2027-02-15T08:00Z") == 0
    (seen,) = held(spoken, "events")
    assert seen["exceptions"] == (
        "2027-02-08T08:00:00.000Z changed, at 2027-02-08T09:30:00.000Z; "
        "2027-02-15T08:00:00.000Z cancelled"
    )
    assert seen["kind"] == "series"
    assert spoken.john("delete-event", made) == 0
    assert held(spoken, "events") == []


def test_an_event_keeps_its_length_when_it_moves(spoken: Shell) -> None:
    """A new start without an end; the body and the place stay."""
    start = ("--start", "2027-02-01T08:00Z", "--end", "2027-02-01T10:00Z")
    more = ("--location", "Room 1", "--body", "Bring the papers", "--remind", "15")
    made = spoken.made("add-event", "--subject", "Talk", *start, *more)
    assert spoken.john("move-event", made, "--start", "2027-02-02T08:00Z") == 0
    (seen,) = held(spoken, "events")
    assert (seen["start"], seen["end"]) == ("2027-02-02T08:00:00.000Z", "2027-02-02T10:00:00.000Z")
    assert (seen["where"], seen["reminder"]) == ("Room 1", "15 minutes before")
    assert spoken.john("show", made) == 0
    assert "Bring the papers" in spoken.out.getvalue()


def test_a_holiday_of_two_days(spoken: Shell) -> None:
    """All-day events are dates, the last one included."""
    dates = ("--start", "2027-08-16", "--end", "2027-08-18", "--all-day")
    assert spoken.john("add-event", "--subject", "Holiday", *dates) == 0
    (seen,) = held(spoken, "events")
    assert (seen["start"], seen["end"], seen["kind"]) == ("2027-08-16", "2027-08-17", "all day")


def test_who_is_invited_hears_of_it_once(spoken: Shell) -> None:
    """By the phone up to 14.1, by the server later; the same when the meeting is off."""
    invited = ("--attendee", "mary@example.com")
    made = spoken.made("add-event", "--subject", "Lunch", "--start", "2027-02-01T10:00Z", *invited)
    assert _methods(spoken) == [b"REQUEST"]
    assert spoken.john("delete-event", made) == 0
    assert _methods(spoken) == [b"REQUEST", b"CANCEL"]


def _methods(shell: Shell) -> list[bytes]:
    told = shell.rig.submission.taken.values()
    assert all(one.recipients == ("mary@example.com",) for one in told)
    methods = (b"REQUEST", b"REPLY", b"CANCEL")
    return [name for one in told for name in methods if b"METHOD:" + name in _decoded(one.message)]


def _decoded(message: bytes) -> bytes:
    parts = [one for one in message_from_bytes(message).walk() if not one.is_multipart()]
    return b"\n".join(one.get_payload(decode=True) or b"" for one in parts)  # type: ignore[misc]


INVITATION = (
    b"From: Mary <mary@example.com>\r\nTo: john@example.com\r\nSubject: Lunch\r\n"
    b"MIME-Version: 1.0\r\nContent-Type: text/calendar; method=REQUEST; charset=utf-8\r\n\r\n"
    b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\n"
    b"UID:lunch-1@example.com\r\nDTSTAMP:20270101T000000Z\r\nDTSTART:20270201T100000Z\r\n"
    b"DTEND:20270201T110000Z\r\nSUMMARY:Lunch\r\nORGANIZER:mailto:mary@example.com\r\n"
    b"ATTENDEE;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:john@example.com\r\n"
    b"END:VEVENT\r\nEND:VCALENDAR\r\n"
)


@pytest.mark.parametrize(
    ("answer", "said"),
    [("accept", b"ACCEPTED"), ("tentative", b"TENTATIVE"), ("decline", b"DECLINED")],
)
def test_an_invitation_is_answered(spoken: Shell, answer: str, said: bytes) -> None:
    """The event is in the calendar, unless declined, and the organiser gets one reply."""
    spoken.rig.deliver(INVITATION)
    (report,) = spoken.value("sync", "inbox")  # type: ignore[misc]
    (item,) = report["new"]
    assert spoken.john("respond", item["id"], answer, "--text", "Well.") == 0, spoken.err.getvalue()
    assert _methods(spoken) == [b"REPLY"]
    (reply,) = spoken.rig.submission.taken.values()
    text = _decoded(reply.message)
    assert b"PARTSTAT=" + said in text.replace(b"\r\n ", b"")
    assert b"UID:lunch-1@example.com" in text
    events = held(spoken, "events")
    assert [one["subject"] if "subject" in one else one["title"] for one in events] == (
        [] if answer == "decline" else ["Lunch"]
    )


def test_what_is_no_invitation_is_not_answered(shell: Shell) -> None:
    """A plain message."""
    shell.rig.deliver()
    shell.john("--version", "14.1", "sync")
    assert shell.john("respond", "2:1", "accept") == 1
    assert "no invitation" in shell.err.getvalue()
    assert not shell.rig.submission.taken


def test_tasks(spoken: Shell) -> None:
    """A task is made and done."""
    made = spoken.made("add-task", "--subject", "Plants", "--due", "2027-08-05", "--important")
    (seen,) = held(spoken, "tasks")
    assert (seen["state"], seen["due"]) == ("open, !", "2027-08-05T00:00:00.000Z")
    assert spoken.john("complete-task", made) == 0
    (seen,) = held(spoken, "tasks")
    assert seen["state"] == "done, !"
    assert seen["completed"].startswith("2027-01-15")


def test_notes(spoken: Shell, request: pytest.FixtureRequest) -> None:
    """From 14.0 on; before, the reason is said."""
    version = request.node.callspec.params["spoken"]
    note = ("add-note", "--subject", "Shopping", "--body", "Milk", "--category", "Home")
    if float(version) < 14:
        assert spoken.john(*note) == 1
        assert "notes came with 14.0" in spoken.err.getvalue()
        return
    made = spoken.made(*note)
    (seen,) = held(spoken, "notes")
    assert (seen["title"], seen["categories"]) == ("Shopping", ["Home"])
    assert spoken.john("show", made) == 0
    assert "Milk" in spoken.out.getvalue()


def test_a_message_of_2_5_is_fetched_by_sync(shell: Shell) -> None:
    """There is no ItemOperations; the text and the whole message both come."""
    shell.rig.deliver()
    assert shell.john("--version", "2.5", "sync") == 0
    assert shell.john("show", "2:1") == 0
    assert "Hello, John." in shell.out.getvalue()
    assert shell.john("fetch", "2:1", "-o", "-") == 0
    assert b"Subject: hello" in shell.octets.getvalue()
    assert shell.john("sync") == 0
    assert "0 new" in shell.out.getvalue()


def test_objects_of_one_class_are_not_of_another(shell: Shell) -> None:
    """The reason is said, and nothing is sent."""
    made = shell.made("add-task", "--subject", "Plants")
    assert shell.john("change-contact", made, "--phone", "1") == 1
    assert "not in a folder of contacts" in shell.err.getvalue()
    assert shell.john("add-task", "--subject", "x", "--folder", "inbox") == 1
    assert "does not hold tasks" in shell.err.getvalue()
    assert shell.john("move-event", "9:9", "--start", "2027-02-01T08:00Z") == 1
    assert "no item '9:9' is held" in shell.err.getvalue()


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("--count", "3"), "need --repeat"),
        (("--repeat", "daily", "--count", "3", "--until", "2027-03-01"), "not both"),
        (("--end", "2027-01-31"), "before it starts"),
        (("--zone", "Europe/Nowhere"), "no time zone"),
    ],
)
def test_events_that_cannot_be(shell: Shell, words: tuple[str, ...], why: str) -> None:
    """Each is refused with its reason."""
    assert shell.john("add-event", "--subject", "x", "--start", "2027-02-01", *words) == 1
    assert why in shell.err.getvalue()


def test_folders(spoken: Shell) -> None:
    """Made, renamed, deleted."""
    made = spoken.made("create-folder", "Team", "--holds", "calendar")
    assert spoken.made("rename-folder", "team", "Crew") == made
    assert "Crew" in [one["path"] for one in spoken.value("folders")]  # type: ignore[attr-defined]
    assert spoken.made("delete-folder", "Crew") == made
    assert spoken.john("delete-folder", "Crew") == 1


def test_a_folder_is_emptied(shell: Shell) -> None:
    """What was held is gone here, too."""
    shell.rig.deliver()
    shell.john("sync")
    assert shell.john("empty-folder", "inbox") == 0
    assert shell.value("list", "inbox") == []


def test_sync_all_brings_every_class(spoken: Shell) -> None:
    """Each folder that the version can sync, with its own class."""
    spoken.made("add-task", "--subject", "Plants")
    assert held(spoken, "tasks")
    reports = {one["folder"]: one["held"] for one in spoken.value("sync", "--all")}  # type: ignore[attr-defined]
    assert {"Inbox", "Contacts", "Calendar", "Tasks"} <= set(reports)
    assert reports["Tasks"] == 1


def test_people(spoken: Shell, tmp_path: Path) -> None:
    """Who there is, who is meant, and whether a certificate is good."""
    assert spoken.john("gal", "john") == 0
    assert Rig.ADDRESS in spoken.out.getvalue()
    assert spoken.john("resolve", Rig.ADDRESS, "--certificates") == 0
    assert Rig.ADDRESS in spoken.out.getvalue()
    file = tmp_path / "mine.der"
    file.write_bytes(self_made(Rig.ADDRESS, NOW))
    assert spoken.john("validate-cert", str(file)) == 1
    assert "status" in spoken.out.getvalue()
    file.write_text("no certificate")
    assert spoken.john("validate-cert", str(file)) == 1
    assert "holds no certificate" in spoken.err.getvalue()


def test_when_people_are_busy(shell: Shell) -> None:
    """A letter for each half hour; 12.1 cannot say it."""
    event = ("add-event", "--subject", "Lunch", "--start", "2027-02-01T10:00Z")
    assert shell.john(*event) == 0
    day = ("--from", "2027-02-01T09:00Z", "--until", "2027-02-01T12:00Z")
    assert shell.john("resolve", Rig.ADDRESS, *day) == 0
    assert "..BB.." in shell.out.getvalue()
    assert shell.john("resolve", Rig.ADDRESS, "--from", "2027-02-01T09:00Z") == 1
    assert shell.john("--version", "12.1", "resolve", Rig.ADDRESS, *day) == 1
    assert "14.0" in shell.err.getvalue()


def test_find_is_of_16_1(shell: Shell) -> None:
    """Before, the reason is said; 2.5 cannot search the mailbox at all."""
    shell.rig.deliver()
    assert len(shell.value("find", "hello")) == 1  # type: ignore[arg-type]
    assert shell.john("--version", "14.1", "find", "hello") == 1
    assert "Find came with 16.1" in shell.err.getvalue()
    assert shell.john("--version", "2.5", "search", "hello") == 1
    assert "see gal" in shell.err.getvalue()

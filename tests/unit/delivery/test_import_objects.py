"""Calendars and address books from files into an embedded mailbox."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from carbonio_mobile.ids import AccountId
from carbonio_mobile.mailbox.embedded import objects
from carbonio_mobile.mailbox.embedded.database import DatabaseFiles, database_path
from carbonio_mobile.mailbox.embedded.import_ import ImportSummary, import_files
from carbonio_mobile.pim.contact import Contact
from carbonio_mobile.pim.event import Event
from carbonio_mobile.pim.item import ObjectItem
from carbonio_mobile.pim.note import Note
from carbonio_mobile.pim.task import Task
from tests.unit.mime.corpus import ROOT
from tests.unit.pim.test_splitting import ROME, calendar, card, component, event

JOHN = AccountId("john")
EVERYTHING = calendar(
    ROME,
    event("e", "SUMMARY:Event"),
    event("e", "RECURRENCE-ID;TZID=Europe/Rome:20270119T090000", "SUMMARY:Other"),
    component("VTODO", "t", "SUMMARY:Task"),
    component("VJOURNAL", "n", "SUMMARY:Note"),
) + card("c", "Ann")  # fmt: skip


def run(
    data: Path, *paths: Path, folder: str | None = None, form: str = "auto", **more: object
) -> ImportSummary:
    """Import for John."""
    return import_files(data, JOHN, paths, folder, form, lambda done, total: None, **more)  # type: ignore[arg-type]


def stored(data: Path, uid: str) -> list[ObjectItem]:
    """Give the objects of a UID."""
    with closing(DatabaseFiles(data_dir=data, busy_s=1, durable=False).open(JOHN)) as db:
        return list(objects.find_uid(db, uid))


def items(data: Path) -> dict[str, int]:
    """Count what is in each folder that holds something."""
    with closing(sqlite3.connect(database_path(data, JOHN))) as db:
        rows = db.execute(
            "SELECT name, kind, count(*) FROM item JOIN folder ON folder.id = folder"
            " GROUP BY folder.id"
        ).fetchall()
    return {f"{name} ({kind})": count for name, kind, count in rows}


def imported(count: int, **more: int) -> ImportSummary:
    """What an import without refusals comes to."""
    counts = {"already_there": 0, "replaced": 0, "kept": 0, **more}
    return ImportSummary(imported=count, refused=(), **counts)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Give an empty data directory."""
    place = tmp_path / "data"
    place.mkdir()
    return place


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Give a file with an object of each kind."""
    place = tmp_path / "all.ics"
    place.write_text(EVERYTHING)
    return place


def test_each_goes_to_its_own_folder(data: Path, file: Path) -> None:
    """Events, tasks, notes and contacts of one file come apart, a series stays whole."""
    assert run(data, file) == imported(4)
    assert items(data) == {
        "Contacts (contacts)": 1,
        "Calendar (calendar)": 1,
        "Notes (notes)": 1,
        "Tasks (tasks)": 1,
    }
    records = {uid: stored(data, uid)[0].record for uid in "etnc"}
    assert {uid: type(one) for uid, one in records.items()} == {
        "e": Event,
        "t": Task,
        "n": Note,
        "c": Contact,
    }
    series = records["e"]
    assert isinstance(series, Event)
    assert series.tzid == "Europe/Rome"


def test_again(data: Path, file: Path) -> None:
    """A second import brings nothing twice; what was deleted since comes again."""
    run(data, file)
    assert run(data, file) == imported(0, already_there=4)
    assert run(data, file, folder="Elsewhere") == imported(0, already_there=4)
    with closing(DatabaseFiles(data_dir=data, busy_s=1, durable=False).open(JOHN)) as db:
        db.execute("DELETE FROM item WHERE id = (SELECT min(id) FROM item)")
        db.commit()
    assert run(data, file) == imported(1, already_there=3)


@pytest.mark.parametrize(
    ("before", "after", "counted", "subject"),
    [
        ("SUMMARY:a", "SUMMARY:a\nDTSTAMP:20270101T000000Z", {"already_there": 1}, "a"),
        ("SUMMARY:a", "SUMMARY:b", {"kept": 1}, "a"),
        ("SUMMARY:a\nSEQUENCE:1", "SUMMARY:b\nSEQUENCE:2", {"replaced": 1}, "b"),
        ("SUMMARY:a\nSEQUENCE:2", "SUMMARY:b\nSEQUENCE:1", {"kept": 1}, "a"),
        ("SUMMARY:a", "SUMMARY:b\nLAST-MODIFIED:20270101T000000Z", {"replaced": 1}, "b"),
    ],
)
def test_another_state(
    data: Path, tmp_path: Path, before: str, after: str, counted: dict[str, int], subject: str
) -> None:
    """Of one UID the newer state stays, where it is; what is not newer changes nothing."""
    for name, text in (("1.ics", before), ("2.ics", after)):
        (tmp_path / name).write_text(calendar(ROME, event("e", text)))
    assert run(data, tmp_path / "1.ics", folder="Work") == imported(1)
    assert run(data, tmp_path / "2.ics") == imported(0, **counted)
    (one,) = stored(data, "e")
    assert isinstance(one.record, Event)
    assert one.record.details.subject == subject
    assert items(data) == {"Work (user-calendar)": 1}


def test_both_states_in_one_file(data: Path, tmp_path: Path) -> None:
    """The newer of two states counts, whichever stands first."""
    old, new = event("e", "SUMMARY:old"), event("e", "SEQUENCE:1", "SUMMARY:new")
    for name, parts, counted in (
        ("a", (old, new), {"replaced": 1}),
        ("b", (new, old), {"kept": 1}),
    ):
        place = tmp_path / name
        place.mkdir()
        (tmp_path / f"{name}.ics").write_text(calendar(ROME, *parts))
        assert run(place, tmp_path / f"{name}.ics") == imported(1, **counted)
        (one,) = stored(place, "e")
        assert isinstance(one.record, Event)
        assert one.record.details.subject == "new"


def test_contacts_by_their_time(data: Path, tmp_path: Path) -> None:
    """REV tells the newer card; the same card in another version is another state."""
    old = card("c", "Ann").replace("FN", "REV:20270101T000000Z\nFN")
    new = card("c", "Anna").replace("FN", "REV:20270102T000000Z\nFN")
    (tmp_path / "old.vcf").write_text(old)
    (tmp_path / "new.vcf").write_text(new)
    assert run(data, tmp_path / "old.vcf") == imported(1)
    assert run(data, tmp_path / "new.vcf") == imported(0, replaced=1)
    assert run(data, tmp_path / "old.vcf") == imported(0, kept=1)
    assert "Anna" in stored(data, "c")[0].source.decode()


def test_a_named_folder_takes_the_kind_of_the_first(data: Path, file: Path) -> None:
    """It is made for what comes there first; other kinds are refused, file and line named."""
    summary = run(data, file, folder="Private/Old")
    assert summary.imported == 1
    assert items(data) == {"Old (user-contacts)": 1}
    assert summary.refused == (
        (f"{file} at line 19", "the folder Old is not for events"),
        (f"{file} at line 30", "the folder Old is not for tasks"),
        (f"{file} at line 34", "the folder Old is not for notes"),
    )


def test_folders_that_cannot_be(data: Path, file: Path) -> None:
    """Nothing goes into folders for mail, and into the one that fills itself."""
    for folder in ("Inbox", "Recipient information"):
        summary = run(data, file, folder=folder)
        assert (summary.imported, len(summary.refused)) == (0, 4)
    assert items(data) == {}
    assert run(data, file, folder="Tasks").imported == 1


def test_refused(data: Path, tmp_path: Path) -> None:
    """What is broken is named with file and line; all else comes."""
    file = tmp_path / "some.ics"
    file.write_text(
        calendar(
            event("a"),
            component("VEVENT", "b", "SUMMARY:No start"),
            component("VFREEBUSY", "f"),
            event("c", f"DESCRIPTION:{'x' * 3000}"),
        )
    )
    (tmp_path / "none.vcf").write_text("nothing")
    summary = run(data, file, tmp_path / "none.vcf", message_limit_bytes=2000)
    assert summary.imported == 1
    assert sorted(summary.refused) == [
        (
            str(tmp_path / "none.vcf"),
            "is neither a message nor a mailbox, calendar or address book",
        ),
        (f"{file} at line 12", "a VFREEBUSY is no event, task or note"),
        (f"{file} at line 15", "is larger than 2000 bytes"),
        (f"{file} at line 8", "no event with a start"),
    ]
    again = run(data, tmp_path / "none.vcf", form="vcf")
    assert again.refused == (
        (f"{tmp_path / 'none.vcf'} at line 1", "holds neither a calendar nor a vCard"),
    )


def test_directories(data: Path, tmp_path: Path) -> None:
    """A directory of files works too: with mail among them, or of one kind of file."""
    place = tmp_path / "in"
    (place / "deeper").mkdir(parents=True)
    (place / "a.ICS").write_text(calendar(event("a")))
    (place / "deeper" / "b.vcf").write_text(card("b", "Bob") + card("c", "Cid"))
    (place / "deeper" / "mail.eml").write_text("From: a@example.com\nSubject: x\n\nx\n")
    (place / "link.ics").symlink_to(place / "a.ICS")
    assert run(data, place, form="ics").imported == 1
    assert run(data, place, form="vcf").imported == 2
    summary = run(data, place)
    assert (summary.imported, summary.already_there) == (1, 3)
    assert summary.refused == ((str(place / "link.ics"), "cannot be read: it is a link"),)


def test_quota(data: Path, tmp_path: Path) -> None:
    """What does not fit is refused, and leaves nothing half done; a dry run stores nothing."""
    file = tmp_path / "a.vcf"
    file.write_text("".join(card(f"u{n}", f"Number {n}") for n in range(5)))
    size = len(card("u1", "Number 1"))
    summary = run(data, file, quota_bytes=3 * size + 5)
    assert (summary.imported, len(summary.refused)) == (3, 2)
    assert "bytes used" in summary.refused[0][1]
    assert items(data) == {"Contacts (contacts)": 3}


def test_dry_run(data: Path, file: Path) -> None:
    """It reads everything and makes nothing."""
    assert run(data, file, dry_run=True) == imported(4)
    assert not list(data.iterdir())


def test_progress_and_batches(data: Path, tmp_path: Path) -> None:
    """Progress rises to the whole, one commit for each batch."""
    file = tmp_path / "a.vcf"
    file.write_text("".join(card(f"u{n}", f"Number {n}") for n in range(120)))
    told: list[tuple[int, int | None]] = []
    import_files(data, JOHN, [file], None, "auto", lambda *step: told.append(step))
    assert told == [(50, 120), (100, 120), (120, 120)]


@pytest.mark.skipif(not ROOT.exists(), reason="the corpus is not here")
def test_corpus(data: Path) -> None:
    """Real calendars and cards import, and again without effect."""
    paths = [ROOT / "ical" / "synthetic", ROOT / "ical" / "carbonio", ROOT / "vcard" / "synthetic"]
    first = run(data, *paths)
    assert first.imported > 30
    again = run(data, *paths)
    assert (again.imported, again.replaced, again.refused) == (0, 0, first.refused)
    assert again.already_there + again.kept == (
        first.imported + first.already_there + first.kept + first.replaced
    )


@pytest.mark.long
@pytest.mark.skipif(not ROOT.exists(), reason="the corpus is not here")
def test_whole_corpus(data: Path) -> None:
    """The same of all files."""
    paths = [ROOT / "ical", ROOT / "vcard"]
    first = run(data, *paths)
    assert first.imported > 2_000
    again = run(data, *paths)
    assert (again.imported, again.refused) == (0, first.refused)

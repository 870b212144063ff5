"""The commands on contacts, events, tasks, notes, people and folders, with their options."""

from argparse import ArgumentParser
from pathlib import Path

from carbonio_mobile.client.commands import events, foldering, objects, people
from carbonio_mobile.client.grammar import Commands, count, time

_TIME = "like 2027-08-01T09:00Z or 2027-08-01T11:00+02:00"


def add_objects(rows: Commands) -> None:
    """Add the commands that concern more than mail."""
    _add_contacts(rows)
    _add_events(rows)
    _add_tasks_and_notes(rows)
    _add_people(rows)
    _add_folders(rows)


def _add_contacts(rows: Commands) -> None:
    row = rows.add(
        "add-contact",
        objects.add_contact,
        "add a contact",
        "--first Ada --last Lovelace --email ada@example.org --birthday 1815-12-10",
    )
    _add_contact(row)
    row.add_argument("--folder", metavar="FOLDER", help="(default: contacts)")
    row = rows.add(
        "change-contact",
        objects.change_contact,
        "change a contact",
        '8:3 --phone "+39 0123 456789"',
    )
    row.add_argument("id", metavar="ID")
    _add_contact(row)


def _add_contact(row: ArgumentParser) -> None:
    for name in ("first", "last", "email", "phone", "mobile", "company", "title"):
        row.add_argument(f"--{name}", metavar="TEXT")
    row.add_argument("--birthday", type=time, metavar="DATE", help="like 1815-12-10")
    _add_text(row)


def _add_text(row: ArgumentParser) -> None:
    row.add_argument("--category", action="append", default=[], metavar="NAME")
    row.add_argument("--body", default="", metavar="TEXT", help="- reads standard input")


def _add_events(rows: Commands) -> None:
    row = rows.add(
        "add-event",
        events.add_event,
        "add an event, and invite to it",
        "--subject Lunch --start 2027-08-02T10:30Z --location Canteen",
        "--subject Holiday --start 2027-08-16 --end 2027-08-21 --all-day",
        "--subject Review --start 2027-08-03T08:00Z --repeat weekly --count 6 "
        "--zone Europe/Rome --attendee mary@example.com",
    )
    row.add_argument("--subject", required=True, metavar="TEXT")
    row.add_argument("--start", type=time, required=True, metavar="TIME", help=_TIME)
    row.add_argument(
        "--end", type=time, metavar="TIME", help="(default: after an hour, or a day); exclusive"
    )
    row.add_argument("--all-day", action="store_true")
    row.add_argument("--location", default="", metavar="TEXT")
    row.add_argument("--attendee", action="append", default=[], metavar="ADDRESS")
    row.add_argument("--remind", type=count, metavar="MINUTES")
    row.add_argument("--repeat", choices=list(events.REPEATS), help="on the day of the start")
    row.add_argument("--every", type=count, default=1, metavar="N", help="days, weeks … (1)")
    row.add_argument("--count", type=count, metavar="N", help="so many times (default: for ever)")
    row.add_argument("--until", type=time, metavar="TIME", help="the last start")
    row.add_argument("--zone", default="", metavar="NAME", help="whose clock it goes by (UTC)")
    row.add_argument("--folder", metavar="FOLDER", help="(default: calendar)")
    _add_text(row)
    row = rows.add(
        "move-event",
        events.move_event,
        "give an event another time",
        "7:3 --start 2027-08-02T11:30Z",
        "7:4 --instance 2027-08-10T08:00Z --start 2027-08-10T09:00Z",
    )
    row.add_argument("id", metavar="ID")
    row.add_argument("--start", type=time, required=True, metavar="TIME", help=_TIME)
    row.add_argument("--end", type=time, metavar="TIME", help="(default: as long as before)")
    _add_instance(row)
    row = rows.add(
        "delete-event",
        events.delete_event,
        "delete an event, or one of a series",
        "7:3",
        "7:4 --instance 2027-08-10T08:00Z",
    )
    row.add_argument("id", metavar="ID")
    _add_instance(row)
    row = rows.add(
        "respond",
        events.respond,
        "answer an invitation or a meeting",
        "2:17 accept",
        '2:17 decline --text "I am away."',
    )
    row.add_argument("id", metavar="ID", help="of the message or the event")
    row.add_argument("answer", choices=list(events.ANSWERS), metavar="|".join(events.ANSWERS))
    row.add_argument("--text", default="", metavar="TEXT", help="for the organiser")
    row.add_argument("--quiet", action="store_true", help="send no mail to the organiser")
    _add_instance(row)


def _add_instance(row: ArgumentParser) -> None:
    row.add_argument(
        "--instance", type=time, metavar="TIME", help="one of a series, by its usual start"
    )


def _add_tasks_and_notes(rows: Commands) -> None:
    row = rows.add(
        "add-task",
        objects.add_task,
        "add a task",
        '--subject "Water the plants" --due 2027-08-05 --important',
    )
    row.add_argument("--subject", required=True, metavar="TEXT")
    row.add_argument("--start", type=time, metavar="TIME", help=_TIME)
    row.add_argument("--due", type=time, metavar="TIME")
    row.add_argument("--remind", type=time, metavar="TIME")
    row.add_argument("--important", action="store_true")
    row.add_argument("--folder", metavar="FOLDER", help="(default: tasks)")
    _add_text(row)
    row = rows.add("complete-task", objects.complete_task, "mark tasks as done", "15:2 15:3")
    row.add_argument("ids", nargs="+", metavar="ID")
    row = rows.add(
        "add-note",
        objects.add_note,
        "add a note (14.0 and later)",
        '--subject Shopping --body "Milk, eggs"',
    )
    row.add_argument("--subject", required=True, metavar="TEXT")
    row.add_argument("--folder", metavar="FOLDER", help="(default: notes)")
    _add_text(row)


def _add_people(rows: Commands) -> None:
    row = rows.add(
        "resolve",
        people.resolve,
        "tell who is meant by a name, and when they are busy",
        "mary",
        "mary@example.com --from 2027-08-02T06:00Z --until 2027-08-02T18:00Z --certificates",
    )
    row.add_argument("names", nargs="+", metavar="NAME")
    row.add_argument("--from", dest="start", type=time, metavar="TIME", help="busy from when")
    row.add_argument("--until", dest="end", type=time, metavar="TIME")
    row.add_argument("--certificates", action="store_true", help="count their certificates")
    row = rows.add("gal", people.gal, "search the address list", "mary")
    row.add_argument("words", nargs="+", metavar="WORDS")
    row.add_argument("--limit", type=count, default=50, metavar="N", help="(%(default)s)")
    row = rows.add(
        "validate-cert",
        people.validate_cert,
        "have certificates checked by the server",
        "mary.pem --chain authority.pem",
    )
    row.add_argument("files", nargs="+", type=Path, metavar="FILE", help="PEM or DER")
    row.add_argument("--chain", type=Path, action="append", default=[], metavar="FILE")
    row.add_argument("--revocation", action="store_true", help="look for revocations, too")


def _add_folders(rows: Commands) -> None:
    row = rows.add(
        "create-folder", foldering.create, "make a folder", "Projects", "Team --holds calendar"
    )
    row.add_argument("name", metavar="NAME")
    row.add_argument("--within", metavar="FOLDER", help="(default: at the top)")
    row.add_argument("--holds", choices=list(foldering.CLASSES), default="mail")
    row = rows.add("rename-folder", foldering.rename, "rename a folder", "Projects Work")
    row.add_argument("folder", metavar="FOLDER")
    row.add_argument("name", metavar="NAME")
    row = rows.add(
        "delete-folder", foldering.delete, "delete a folder and what is in it", "Projects"
    )
    row.add_argument("folder", metavar="FOLDER")
    row = rows.add("empty-folder", foldering.empty, "delete all that is in a folder", "trash")
    row.add_argument("folder", metavar="FOLDER")
    row.add_argument("--subfolders", action="store_true", help="and the folders within it")

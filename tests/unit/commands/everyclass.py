"""A mailbox with one item of every class, each of which says "party"; for tests."""

from carbonio_mobile.ids import FolderId, OperationId
from carbonio_mobile.mime.textmessages import TextMessage, build
from carbonio_mobile.sync.folders import FolderKind
from carbonio_mobile.testing.contracts.mailbox_objects import card, event, task
from carbonio_mobile.testing.rig import NOW, Rig, now

MAIL = b"From: mary@example.com\r\nSubject: party mail\r\n\r\nCome to the party.\r\n"
SMS = build(
    TextMessage(
        sender='"Mary" [MOBILE:+39123]', to='"John" [MOBILE:+39456]', text="party sms",
        received=NOW, name="sms-1",
    )
)  # fmt: skip
NOTE = (
    b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//EN\r\nBEGIN:VJOURNAL\r\nUID:note-1\r\n"
    b"DTSTAMP:20270101T000000Z\r\nSUMMARY:party note\r\nDESCRIPTION:bread\r\nEND:VJOURNAL\r\n"
    b"END:VCALENDAR\r\n"
)
PERSON = card().replace(b"N:Example;", b"N:party;")
OBJECTS = {
    "Contacts": (FolderKind.CONTACTS, PERSON),
    "Calendar": (FolderKind.CALENDAR, event("party event")),
    "Tasks": (FolderKind.TASKS, task("party task")),
    "Notes": (FolderKind.NOTES, NOTE),
}
CLASSES = ("Email", "SMS", *OBJECTS)


def fill(rig: Rig) -> dict[str, tuple[FolderId, str]]:
    """Put one of each in; gives folder and server id by class."""
    inbox = rig.folder(FolderKind.INBOX)
    named = {
        kind: (inbox, f"{inbox}:{rig.deliver(source).item}")
        for kind, source in (("Email", MAIL), ("SMS", SMS))
    }
    for kind, (place, source) in OBJECTS.items():
        folder = rig.folder(place)
        adding = rig.mailbox().add_object(folder, source, operation=OperationId(f"of-{kind}"))
        named[kind] = (folder, f"{folder}:{now(adding).item}")
    return named

"""What every mailbox does with contacts, events, tasks and notes."""

from carbonio_mobile.errors import Conflict, Corrupt, NotAllowed, NotFound, OverQuota, TooLarge
from carbonio_mobile.ids import FolderId, ItemId, ItemVersion, PartId
from carbonio_mobile.mime.mailitem import BodyWish, MailQuery, MailState
from carbonio_mobile.pim.contact import Contact
from carbonio_mobile.pim.event import Event
from carbonio_mobile.pim.note import Note
from carbonio_mobile.pim.objects import ENDLESS
from carbonio_mobile.pim.task import Task
from carbonio_mobile.sync.changes import NEWEST, OLDEST, Aspect, ItemHead
from carbonio_mobile.sync.folders import FolderKind
from carbonio_mobile.testing.contracts.mailbox_fixture import (
    MESSAGE_LIMIT_BYTES,
    MailboxFixture,
    message,
)
from carbonio_mobile.testing.contracts.mailbox_folders import NO_FOLDER

NOON = 1_800_014_400.0
"""2027-01-15T12:00:00Z, when the event of these tests begins."""


def card(name: str = "Ann Example", uid: str = "card-1") -> bytes:
    """Give a small vCard."""
    return (
        f"BEGIN:VCARD\r\nVERSION:4.0\r\nUID:{uid}\r\nFN:{name}\r\nN:Example;Ann;;;\r\n"
        "EMAIL:ann@example.com\r\nEND:VCARD\r\n"
    ).encode()


def event(
    subject: str = "Meeting",
    uid: str = "event-1",
    *lines: str,
    start: str = "20270115T120000Z",
    end: str = "20270115T130000Z",
) -> bytes:
    """Give a small event; ``lines`` are further properties."""
    own = "".join(f"{line}\r\n" for line in lines)
    return (
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//EN\r\nBEGIN:VEVENT\r\n"
        f"UID:{uid}\r\nDTSTAMP:20270101T000000Z\r\nDTSTART:{start}\r\nDTEND:{end}\r\n"
        f"SUMMARY:{subject}\r\n{own}END:VEVENT\r\nEND:VCALENDAR\r\n"
    ).encode()


def task(subject: str = "Do it", *lines: str) -> bytes:
    """Give a small task."""
    own = "".join(f"{line}\r\n" for line in lines)
    return (
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//EN\r\nBEGIN:VTODO\r\nUID:task-1\r\n"
        f"DTSTAMP:20270101T000000Z\r\nSUMMARY:{subject}\r\n{own}END:VTODO\r\nEND:VCALENDAR\r\n"
    ).encode()


NOTE = (
    b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//EN\r\nBEGIN:VJOURNAL\r\nUID:note-1\r\n"
    b"DTSTAMP:20270101T000000Z\r\nSUMMARY:Milk\r\nDESCRIPTION:and bread\r\nEND:VJOURNAL\r\n"
    b"END:VCALENDAR\r\n"
)

WITH_FILE = event(
    "Plan",
    "event-2",
    "ATTACH;FMTTYPE=text/plain;ENCODING=BASE64;VALUE=BINARY;FILENAME=a.txt:aGVsbG8=",
)


class ObjectPromises(MailboxFixture):
    """The promises of IObjects."""

    async def folder_of(self, kind: FolderKind) -> FolderId:
        """Give the id of a standard folder."""
        found = (await self.box.hierarchy()).standard(kind)
        assert found is not None
        return found.id

    async def put(self, kind: FolderKind, source: bytes) -> ItemHead:
        """Store an object."""
        return await self.box.add_object(
            await self.folder_of(kind), source, operation=self.operation()
        )

    async def test_objects_come_back_as_records(self) -> None:
        """Each form is read once and comes back as its record, with the source where asked."""
        for kind, source, form, name in (
            (FolderKind.CONTACTS, card(), Contact, "card-1"),
            (FolderKind.CALENDAR, event(), Event, "event-1"),
            (FolderKind.TASKS, task(), Task, "task-1"),
            (FolderKind.NOTES, NOTE, Note, "note-1"),
        ):
            folder = await self.folder_of(kind)
            head = await self.put(kind, source)
            found = await self.box.objects(folder, [ItemId(99), head.item])
            self.assertEqual([head.item], list(found))
            one = found[head.item]
            self.assertIsInstance(one.record, form)
            self.assertEqual(
                (folder, head.version, head.position.received, name, b""),
                (one.folder, one.version, one.received, one.record.uid, one.source),
            )
            with_source = (await self.box.objects(folder, [head.item], source=True))[head.item]
            self.assertEqual((source, one.record), (with_source.source, with_source.record))

    async def test_forms_and_folders(self) -> None:
        """A folder takes objects of its own form; messages and objects do not mix."""
        calendar = await self.folder_of(FolderKind.CALENDAR)
        for folder, source in (
            (calendar, card()),
            (calendar, task()),
            (self.inbox, event()),
            (self.inbox, card()),
        ):
            with self.assertRaises(NotAllowed):
                await self.box.add_object(folder, source, operation=self.operation())
        with self.assertRaises(NotAllowed):
            await self.box.append(
                calendar, message(), MailState(), received=1.0, operation=self.operation()
            )
        with self.assertRaises(NotAllowed):
            await self.box.objects(self.inbox, [])
        with self.assertRaises(NotAllowed):
            await self.box.read(calendar, [], BodyWish())
        with self.assertRaises(NotFound):
            await self.box.objects(NO_FOLDER, [])
        with self.assertRaises(NotFound):
            await self.box.add_object(NO_FOLDER, event(), operation=self.operation())
        with self.assertRaises(Corrupt):
            await self.box.add_object(calendar, b"no calendar", operation=self.operation())
        self.assertEqual(0, await self.box.count(calendar, below=NEWEST, down_to=OLDEST))

    async def test_adding_happens_once(self) -> None:
        """A repeated operation gives the first result and stores nothing."""
        calendar = await self.folder_of(FolderKind.CALENDAR)
        operation = self.operation()
        first = await self.box.add_object(calendar, event(), operation=operation)
        again = await self.box.add_object(calendar, event("Other"), operation=operation)
        self.assertEqual(first, again)
        self.assertEqual(1, await self.box.count(calendar, below=NEWEST, down_to=OLDEST))
        self.assertIn((self.box.account, calendar, True), self.sink.told)

    async def test_replacing(self) -> None:
        """A new content is a new version and a change of content; the same one is none."""
        calendar = await self.folder_of(FolderKind.CALENDAR)
        head = await self.put(FolderKind.CALENDAR, event())
        token = await self.box.token(calendar)
        version = await self.box.replace_object(
            calendar, head.item, event("Later"), expected=head.version
        )
        self.assertNotEqual(head.version, version)
        batch = await self.box.changes(calendar, token, limit=10)
        self.assertEqual(
            [(head.item, version, Aspect.CONTENT)],
            [(one.item, one.version, one.aspects) for one in batch.changed],
        )
        for expected in (version, head.version):  # what is there already is no conflict
            same = await self.box.replace_object(
                calendar, head.item, event("Later"), expected=expected
            )
            self.assertEqual(version, same)
        with self.assertRaises(Conflict):
            await self.box.replace_object(
                calendar, head.item, event("Too late"), expected=head.version
            )
        with self.assertRaises(NotFound):
            await self.box.replace_object(calendar, ItemId(9), event(), expected=version)
        with self.assertRaises(NotAllowed):
            await self.box.replace_object(calendar, head.item, card(), expected=version)
        with self.assertRaises(Corrupt):
            await self.box.replace_object(calendar, head.item, b"x", expected=version)
        one = (await self.box.objects(calendar, [head.item]))[head.item]
        assert isinstance(one.record, Event)
        self.assertEqual(("Later", version), (one.record.details.subject, one.version))

    async def test_places_in_the_listing(self) -> None:
        """Events stand where they end, open tasks and endless series at the end of time."""
        single = await self.put(FolderKind.CALENDAR, event())
        self.assertEqual(NOON + 3600, single.position.received)
        daily = await self.put(
            FolderKind.CALENDAR, event("Daily", "event-2", "RRULE:FREQ=DAILY;COUNT=3")
        )
        self.assertEqual(NOON + 2 * 86_400 + 3600, daily.position.received)
        endless = await self.put(FolderKind.CALENDAR, event("Ever", "event-3", "RRULE:FREQ=WEEKLY"))
        self.assertEqual(ENDLESS, endless.position.received)
        folder = await self.folder_of(FolderKind.TASKS)
        open_task = await self.put(FolderKind.TASKS, task())
        self.assertEqual(ENDLESS, open_task.position.received)
        done = task("Done", "STATUS:COMPLETED", "COMPLETED:20270115T120000Z")
        await self.box.replace_object(folder, open_task.item, done, expected=open_task.version)
        page = await self.box.listing(folder, below=NEWEST, down_to=OLDEST, limit=5)
        self.assertEqual([NOON], [head.position.received for head in page.heads])

    async def test_by_uid(self) -> None:
        """Objects are found by UID, with their sources, in whatever folder they stand."""
        await self.put(FolderKind.CALENDAR, event("One", "a"))
        await self.put(FolderKind.CALENDAR, event("Two", "b"))
        own = await self.box.create_folder(
            None, "Team", FolderKind.USER_CALENDAR, operation=self.operation()
        )
        await self.box.add_object(own.id, event("Three", "a"), operation=self.operation())
        found = await self.box.find_uid("a")
        self.assertEqual([event("One", "a"), event("Three", "a")], [one.source for one in found])
        self.assertEqual([own.id], [one.folder for one in found[1:]])
        self.assertEqual([], list(await self.box.find_uid("A")))
        await self.box.delete(own.id, [found[1].item])
        self.assertEqual(1, len(await self.box.find_uid("a")))

    async def test_events_of_a_time(self) -> None:
        """Events that may touch a stretch of time are found in all calendars, and only those."""
        await self.put(FolderKind.CALENDAR, event("Then", "a"))
        await self.put(FolderKind.CALENDAR, event("Ever", "b", "RRULE:FREQ=WEEKLY"))
        await self.put(FolderKind.TASKS, task())

        async def found(start: float, end: float, limit: int = 10) -> list[str]:
            shown = await self.box.events(start, end, limit=limit)
            return sorted(one.record.uid for one in shown)

        self.assertEqual(["a", "b"], await found(NOON - 60, NOON + 60))
        self.assertEqual(["b"], await found(NOON + 86_400, NOON + 90_000))
        self.assertEqual([], await found(NOON - 10 * 86_400, NOON - 5 * 86_400))
        self.assertEqual(["a"], await found(NOON, NOON + 60, limit=1))

    async def test_who_sends_invitations(self) -> None:
        """Each folder tells it; where messages are stored nobody is told by storing one."""
        folders = (await self.box.hierarchy()).folders
        told = {one.kind: await self.box.schedules(one.id) for one in folders}
        self.assertTrue(all(isinstance(one, bool) for one in told.values()), told)
        self.assertFalse(any(is_told for kind, is_told in told.items() if kind.holds_mail), told)

    async def test_moving_and_deleting(self) -> None:
        """Objects move to folders of their kind with a new id, and go for good."""
        calendar = await self.folder_of(FolderKind.CALENDAR)
        own = await self.box.create_folder(
            None, "Team", FolderKind.USER_CALENDAR, operation=self.operation()
        )
        head = await self.put(FolderKind.CALENDAR, event())
        moved = await self.box.move(calendar, [head.item], own.id)
        there = await self.box.objects(own.id, [moved[head.item].item])
        self.assertEqual(1, len(there))
        gone = await self.box.delete(own.id, [moved[head.item].item])
        self.assertEqual({moved[head.item].item}, gone)
        self.assertEqual([], list(await self.box.find_uid("event-1")))

    async def test_moving_keeps_to_the_form(self) -> None:
        """Nothing moves to a folder for items of another form, and nothing of it happens."""
        head = await self.put(FolderKind.CALENDAR, event())
        calendar = await self.folder_of(FolderKind.CALENDAR)
        for kind in (FolderKind.CONTACTS, FolderKind.TASKS, FolderKind.NOTES, FolderKind.TRASH):
            with self.assertRaises(NotAllowed):
                await self.box.move(calendar, [head.item], await self.folder_of(kind))
        self.assertEqual(1, len(await self.box.objects(calendar, [head.item])))

    async def test_attachments_of_events(self) -> None:
        """A file within an event is read by its part."""
        calendar = await self.folder_of(FolderKind.CALENDAR)
        head = await self.put(FolderKind.CALENDAR, WITH_FILE)
        one = (await self.box.objects(calendar, [head.item]))[head.item]
        assert isinstance(one.record, Event)
        (file,) = one.record.details.attachments
        content = await self.box.part(calendar, head.item, file.part)
        self.assertEqual(("text/plain", b"hello"), content)
        with self.assertRaises(NotFound):
            await self.box.part(calendar, head.item, PartId("77"))

    async def test_objects_are_searched_in_their_folders(self) -> None:
        """Words find objects where their folder is named, and never among all mail."""
        calendar = await self.folder_of(FolderKind.CALENDAR)
        head = await self.put(FolderKind.CALENDAR, event("Besprechung", "x", "LOCATION:Köln"))
        for phrase in ("besprech", "koln"):
            hits = await self.box.search(
                MailQuery(phrase=phrase, folders=(calendar,)), offset=0, limit=5
            )
            self.assertEqual(((calendar, head.item),), hits.hits)
            everywhere = await self.box.search(MailQuery(phrase=phrase), offset=0, limit=5)
            self.assertEqual((), everywhere.hits)

    async def test_room_for_objects(self) -> None:
        """Objects count towards the quota and have the size limit of messages."""
        calendar = await self.folder_of(FolderKind.CALENDAR)
        head = await self.put(FolderKind.CALENDAR, event())
        self.quota_bytes = len(event()) + 5
        with self.assertRaises(OverQuota):
            await self.put(FolderKind.CALENDAR, event("Second", "b"))
        with self.assertRaises(OverQuota):
            await self.box.replace_object(
                calendar, head.item, event("A longer subject"), expected=head.version
            )
        self.quota_bytes = 0
        large = event("x" * MESSAGE_LIMIT_BYTES)
        with self.assertRaises(TooLarge):
            await self.put(FolderKind.CALENDAR, large)
        with self.assertRaises(TooLarge):
            await self.box.replace_object(calendar, head.item, large, expected=ItemVersion("1"))

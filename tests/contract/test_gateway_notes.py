"""Notes of the gateway in an IMAP folder: what every mailbox promises of objects holds for them."""

from typing import Any, ClassVar

from carbonio_mobile.errors import Conflict, Corrupt, NotAllowed, NotFound, OverQuota, TooLarge
from carbonio_mobile.ids import FolderId, ItemId
from carbonio_mobile.mime.mailitem import BodyWish, MailQuery, MailState
from carbonio_mobile.pim.note import Note
from carbonio_mobile.sync.changes import NEWEST, OLDEST, Aspect, ItemHead
from carbonio_mobile.sync.folders import FolderKind
from carbonio_mobile.testing.contracts.mailbox_fixture import MESSAGE_LIMIT_BYTES, message
from carbonio_mobile.testing.contracts.mailbox_objects import ObjectPromises, event
from tests.contract.gatewayservers import OnServers
from tests.peers.dovecot import requires_dovecot
from tests.peers.radicale import requires_radicale


def note(subject: str = "Milk", uid: str = "note-1", text: str = "and bread") -> bytes:
    """Give a small note."""
    return (
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//EN\r\nBEGIN:VJOURNAL\r\n"
        f"UID:{uid}\r\nDTSTAMP:20270101T000000Z\r\nSUMMARY:{subject}\r\nDESCRIPTION:{text}\r\n"
        "X-KEPT:as it is\r\nEND:VJOURNAL\r\nEND:VCALENDAR\r\n"
    ).encode()


@requires_dovecot
@requires_radicale
class GatewayNotesTests(OnServers, ObjectPromises):
    """Notes on Dovecot, all other objects on Radicale."""

    options: ClassVar[dict[str, Any]] = {"has_notes": True}
    folds_accents = False

    notes: FolderId

    async def setUp(self) -> None:
        """Make a mailbox, and find its notes."""
        await super().setUp()
        self.notes = await self.folder_of(FolderKind.NOTES)

    async def add_note(self, source: bytes, folder: FolderId | None = None) -> ItemHead:
        """Store a note."""
        head: ItemHead = await self.box.add_object(
            folder or self.notes, source, operation=self.operation()
        )
        return head

    async def add_folder_of_notes(self, name: str) -> FolderId:
        """Make a folder of notes."""
        return (await self.add_folder(name, kind=FolderKind.USER_NOTES)).id

    async def test_one_standard_folder(self) -> None:
        """There is one folder of notes, and its objects stand on the mail server."""
        folders = (await self.box.hierarchy()).folders
        self.assertEqual(["Notes"], [one.name for one in folders if one.kind is FolderKind.NOTES])
        self.assertNotIn("Notes", [one.name for one in folders if one.kind is FolderKind.MAIL])
        self.assertFalse(await self.box.schedules(self.notes))

    async def test_folders_of_notes(self) -> None:
        """They stand below the standard one and nothing else does; they are renamed and deleted."""
        own = await self.add_folder("Own", kind=FolderKind.USER_NOTES)
        deep = await self.add_folder("Deep", own.id, FolderKind.USER_NOTES)
        self.assertEqual((self.notes, own.id), (own.parent, deep.parent))
        found = await self.box.hierarchy()
        self.assertEqual(own, found.find(own.id))
        self.assertEqual(deep, found.find(deep.id))
        for parent, kind in ((self.notes, FolderKind.MAIL), (self.inbox, FolderKind.USER_NOTES)):
            with self.assertRaises(NotAllowed):
                await self.add_folder("Wrong", parent, kind)
        with self.assertRaises(Conflict):
            await self.add_folder("own", kind=FolderKind.USER_NOTES)
        head = await self.add_note(note(), deep.id)
        for _ in range(2):
            await self.box.update_folder(deep.id, parent=None, name="High")
        with self.assertRaises(NotAllowed):
            await self.box.update_folder(deep.id, parent=self.inbox, name="High")
        renamed = (await self.box.hierarchy()).find(deep.id)
        assert renamed is not None
        self.assertEqual(
            (self.notes, "High", FolderKind.USER_NOTES),
            (renamed.parent, renamed.name, renamed.kind),
        )
        self.assertEqual([head.item], await self.items(deep.id))
        await self.box.delete_folder(own.id)
        self.assertIsNone((await self.box.hierarchy()).find(own.id))
        with self.assertRaises(NotAllowed):
            await self.box.delete_folder(self.notes)

    async def test_only_notes(self) -> None:
        """A folder of notes takes notes only, and gives no messages."""
        with self.assertRaises(NotAllowed):
            await self.add_note(event())
        with self.assertRaises(NotAllowed):
            await self.box.append(
                self.notes, message(), MailState(), received=1.0, operation=self.operation()
            )
        with self.assertRaises(NotAllowed):
            await self.box.read(self.notes, [], BodyWish())
        with self.assertRaises(Corrupt):
            await self.add_note(b"no note")
        mail = await self.add()
        with self.assertRaises(NotAllowed):
            await self.box.move(self.inbox, [mail.item], self.notes)
        self.assertEqual(0, await self.box.count(self.notes, below=NEWEST, down_to=OLDEST))

    async def test_adding_a_note_once(self) -> None:
        """A repeated operation gives the first result; so does the same note under another name."""
        operation = self.operation()
        first = await self.box.add_object(self.notes, note(), operation=operation)
        for source in (note(), note("Other")):
            again = await self.box.add_object(self.notes, source, operation=operation)
            self.assertEqual(first, again)
        self.assertEqual(first, await self.add_note(note()))
        with self.assertRaises(Conflict):
            await self.add_note(note("Other"))
        self.assertEqual([first.item], await self.items(self.notes))
        self.assertIn((self.box.account, self.notes, True), self.sink.told)

    async def test_replacing_a_note(self) -> None:
        """A new content is a new version of the same item and a change of content."""
        head = await self.add_note(note())
        token = await self.token(self.notes)
        version = await self.box.replace_object(
            self.notes, head.item, note("Later"), expected=head.version
        )
        self.assertNotEqual(head.version, version)
        batch = await self.box.changes(self.notes, token, limit=10)
        self.assertEqual(
            [(head.item, version, Aspect.CONTENT)],
            [(one.item, one.version, one.aspects) for one in batch.changed],
        )
        self.assertEqual((), batch.gone)
        for expected in (version, head.version):  # what is there already is no conflict
            same = await self.box.replace_object(
                self.notes, head.item, note("Later"), expected=expected
            )
            self.assertEqual(version, same)
        for fault, item, source, expected in (
            (Conflict, head.item, note("Too late"), head.version),
            (NotFound, ItemId(9), note(), version),
            (NotAllowed, head.item, event(), version),
            (Corrupt, head.item, b"x", version),
        ):
            with self.assertRaises(fault):
                await self.box.replace_object(self.notes, item, source, expected=expected)
        one = (await self.box.objects(self.notes, [head.item], source=True))[head.item]
        assert isinstance(one.record, Note)
        self.assertEqual(
            ("Later", version, note("Later")), (one.record.subject, one.version, one.source)
        )

    async def test_a_uid_stands_once_in_a_folder(self) -> None:
        """No note takes another's place by its UID."""
        await self.add_note(note("One", "a"))
        two = await self.add_note(note("Two", "b"))
        with self.assertRaises(Conflict):
            await self.box.replace_object(
                self.notes, two.item, note("Two", "a"), expected=two.version
            )
        moved_on = await self.box.replace_object(
            self.notes, two.item, note("Two", "c"), expected=two.version
        )
        self.assertEqual([], list(await self.box.find_uid("b")))
        found = await self.box.find_uid("c")
        self.assertEqual([(two.item, moved_on)], [(one.item, one.version) for one in found])

    async def test_moving_and_deleting_notes(self) -> None:
        """Notes move to folders of notes with a new id, and go for good."""
        own = await self.add_folder_of_notes("Own")
        head, other = await self.add_note(note()), await self.add_note(note("Other", "note-2"))
        since = await self.token(self.notes)
        for _ in range(2):
            moved = await self.box.move(self.notes, [head.item, ItemId(99)], own)
            self.assertEqual([head.item], list(moved))
        there = await self.box.objects(own, [moved[head.item].item], source=True)
        self.assertEqual([note()], [one.source for one in there.values()])
        batch = await self.box.changes(self.notes, since, limit=10)
        self.assertEqual(((), (head.item,)), (batch.changed, batch.gone))
        self.assertEqual(
            {other.item: other}, await self.box.move(self.notes, [other.item], self.notes)
        )
        gone = await self.box.delete(own, [moved[head.item].item, ItemId(99)])
        self.assertEqual({moved[head.item].item}, gone)
        self.assertEqual([], list(await self.box.find_uid("note-1")))
        await self.box.empty_folder(self.notes, subfolders=True)
        self.assertEqual([], await self.items(self.notes))
        self.assertIsNone((await self.box.hierarchy()).find(own))

    async def test_notes_are_searched_in_their_folder(self) -> None:
        """Words find notes where their folder is named, and never among all mail."""
        head = await self.add_note(note("Besprechung", text="in Köln"))
        for phrase in ("besprech", "koln"):
            query = MailQuery(phrase=phrase, folders=(self.notes,))
            hits = await self.box.search(query, offset=0, limit=5)
            self.assertEqual(((self.notes, head.item),), hits.hits)
            everywhere = await self.box.search(MailQuery(phrase=phrase), offset=0, limit=5)
            self.assertEqual((), everywhere.hits)

    async def test_room_for_notes(self) -> None:
        """Notes count towards the quota and have the size limit of messages."""
        head = await self.add_note(note())
        self.quota_bytes = len(note()) + 5
        with self.assertRaises(OverQuota):
            await self.add_note(note("Second", "b"))
        longer = note("A longer subject")
        with self.assertRaises(OverQuota):
            await self.box.replace_object(self.notes, head.item, longer, expected=head.version)
        self.quota_bytes = 0
        with self.assertRaises(TooLarge):
            await self.add_note(note("x" * MESSAGE_LIMIT_BYTES))
        large = note(text="0123456789" * 5000)
        version = await self.box.replace_object(self.notes, head.item, large, expected=head.version)
        one = (await self.box.objects(self.notes, [head.item], source=True))[head.item]
        self.assertEqual((version, large), (one.version, one.source))


# pytest collects what a module holds: the suites themselves are not for collection.
del ObjectPromises, OnServers

"""Notes in an IMAP folder that another client changes, too, in the form of Apple's Notes."""

from collections.abc import Sequence
from typing import Any

from carbonio_mobile.errors import Conflict, NotAllowed, NotFound
from carbonio_mobile.ids import ItemId
from carbonio_mobile.sync.changes import NEWEST, OLDEST, Aspect
from carbonio_mobile.sync.folders import FolderKind
from carbonio_mobile.testing.contracts.mailbox_fixture import message
from tests.interop.notescase import (
    ID,
    JOHN,
    NO_HISTORY,
    NO_QRESYNC,
    Notebook,
    NotesCase,
    apple,
    journal,
    note_of,
)
from tests.peers.dovecot import requires_dovecot


class ChangesByOthers(NotesCase):
    """What another client does in the mailbox of notes, as devices see it."""

    async def test_what_others_write_is_anote_of(self) -> None:
        """In Apple's form or none at all; the identifier is the UID."""
        self.other.write(apple("Shopping"))
        self.other.write(message("Lunch", "At noon?"))
        self.other.write(b"\xff\x00 no header at all"[:1] + b" nothing\r\n")
        found = await self.shown()
        self.assertEqual(3, len(found))
        one, two = note_of(found["Shopping"]), note_of(found["Lunch"])
        self.assertEqual((ID, "bread"), (one.uid, one.body.plain.strip()))
        self.assertEqual("At noon?", two.body.plain.strip())

    async def test_a_change_by_others_is_a_change(self) -> None:
        """A new message of the identifier in the place of the old one: the item stays."""
        old = self.other.write(apple("Shopping"))
        item = (await self.shown())["Shopping"].item
        since = await self.box.token(self.notes)
        self.other.write(apple("Errands"))
        self.other.take_away(old)
        self.assertEqual(([(item, Aspect.CONTENT)], ()), await self.events(since))
        self.assertEqual(["Errands"], await self.titles())

    async def test_a_change_by_others_seen_half_done(self) -> None:
        """While both messages stand there, and when the old one goes."""
        old = self.other.write(apple("Shopping"))
        item = (await self.shown())["Shopping"].item
        since = await self.box.token(self.notes)
        self.other.write(apple("Errands", ID.lower()))
        self.assertEqual(([(item, Aspect.CONTENT)], ()), await self.events(since))
        self.assertEqual(["Errands"], await self.titles())
        between = await self.box.token(self.notes)
        self.other.take_away(old)
        self.assertEqual(([], ()), await self.events(between))
        self.assertEqual(["Errands"], await self.titles())

    async def test_both_change_one_note_in_turn(self) -> None:
        """There is one message of it at any time, with one identifier."""
        head = await self.add(journal())
        (identifier,) = self.other.identifiers()
        version = await self.box.replace_object(
            self.notes, head.item, journal("Bread"), expected=head.version
        )
        ((uid, source),) = self.other.messages().items()
        self.assertIn(b"Subject: Bread", source)
        self.other.write(apple("Cheese", identifier))
        self.other.take_away(uid)
        with self.assertRaises(Conflict):
            await self.box.replace_object(
                self.notes, head.item, journal("Too late"), expected=version
            )
        now = (await self.shown())["Cheese"]
        self.assertEqual(head.item, now.item)
        changed = now.source.replace(b"SUMMARY:Cheese", b"SUMMARY:Wine")
        await self.box.replace_object(self.notes, now.item, changed, expected=now.version)
        self.assertEqual(["Wine"], await self.titles())
        self.assertEqual([identifier], self.other.identifiers())

    async def test_a_message_becomes_a_note_by_a_change(self) -> None:
        """A plain mail in the folder is changed as any note."""
        self.other.write(message("Lunch", "At noon?"))
        one = (await self.shown())["Lunch"]
        changed = one.source.replace(b"SUMMARY:Lunch", b"SUMMARY:Dinner")
        await self.box.replace_object(self.notes, one.item, changed, expected=one.version)
        self.assertEqual(
            [(one.item, changed)],
            [(each.item, each.source) for each in (await self.shown()).values()],
        )
        ((_, source),) = self.other.messages().items()
        self.assertIn(b"com.apple.mail-note", source)

    async def test_what_others_delete_is_gone(self) -> None:
        r"""Also what is only marked; without the mark it comes as a new one."""
        one, two = self.other.write(apple("One", "a")), self.other.write(apple("Two", "b"))
        items = {title: note.item for title, note in (await self.shown()).items()}
        since = await self.box.token(self.notes)
        self.other.take_away(one)
        self.other.mark(two, "+")
        self.assertEqual(([], sorted(items.values())), _sorted(await self.events(since)))
        self.other.mark(two, "-")
        again = (await self.shown())["Two"]
        self.assertNotIn(again.item, items.values())

    async def test_copies_within_a_folder(self) -> None:
        """The last of equal identifiers is the note; the one before shows again when it goes."""
        self.other.write(apple("First"))
        second = self.other.write(apple("Second"))
        self.assertEqual(["Second"], await self.titles())
        self.other.take_away(second)
        self.assertEqual(["First"], await self.titles())
        self.other.write(apple("Third"))
        third = (await self.shown())["Third"]
        await self.restart()
        await self.box.delete(self.notes, [third.item])
        self.assertEqual([], await self.titles())
        self.assertEqual({}, self.other.messages())

    async def test_more_than_a_note_can_hold(self) -> None:
        """Such a message is shown, moved and deleted, but not lost by a change."""
        files = "".join(f"{'A' * 70}\r\n" for _ in range(25_000))
        self.other.write(
            b"Subject: Plan\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n"
            b"\r\n--b\r\n\r\nText\r\n--b\r\nContent-Type: application/pdf; name=p.pdf\r\n"
            b"Content-Transfer-Encoding: base64\r\n\r\n" + files.encode() + b"--b--\r\n"
        )
        one = (await self.shown())["Plan"]
        with self.assertRaises(NotAllowed):
            await self.box.replace_object(
                self.notes,
                one.item,
                one.source.replace(b"SUMMARY:Plan", b"SUMMARY:Other"),
                expected=one.version,
            )
        self.assertEqual(1, len(self.other.messages()))
        own = await self.box.create_folder(
            None, "Own", FolderKind.USER_NOTES, operation=self.operation()
        )
        await self.box.move(self.notes, [one.item], own.id)
        self.assertEqual(["Plan"], sorted(await self.shown(own.id)))
        self.assertEqual(1, len(Notebook(self.other.client, "Notes/Own").messages()))

    async def test_uids_that_mean_nothing_any_more(self) -> None:
        """The mailbox was made anew: what has the same identifier is the same note."""
        head, gone = await self.add(journal()), await self.add(journal("Old", "note-2"))
        since = await self.box.token(self.notes)
        kept = [one for one in self.other.messages().values() if b"Subject: Milk" in one]
        self.other.client.unselect()
        self.other.client.delete("Notes")
        self.other.client.create("Notes")
        self.other.write(apple("New"))
        for one in kept:
            self.other.write(one)
        await self.restart()  # Dovecot shows what is selected as it was
        found = await self.shown()
        self.assertEqual(["Milk", "New"], sorted(found))
        self.assertEqual(head.item, found["Milk"].item)
        changed, went = await self.events(since)
        self.assertEqual([found["New"].item], [item for item, _ in changed])
        self.assertEqual([gone.item], list(went))
        await self.box.delete(self.notes, [head.item])
        self.assertEqual([ID], self.other.identifiers())

    async def test_news_reach_the_sink(self) -> None:
        """What a watch hears of the mailbox is looked at, and told."""
        names = await self.box.mailbox_names([self.notes])
        self.assertEqual({self.notes: "Notes"}, names)
        await self.titles()
        self.sink.told.clear()
        self.other.write(apple("Shopping"))
        await self.box.look_at("Notes")
        self.assertEqual([(JOHN, self.notes, True)], self.sink.told)


@requires_dovecot
class NotesOnDovecotTests(ChangesByOthers):
    """With all that Dovecot has; and what is configured."""

    async def test_without_notes(self) -> None:
        """The mailbox is one of mail then, and becomes one for notes when that is asked for."""
        self.other.write(apple("Shopping"))
        await self.restart(has_notes=False)
        hierarchy = await self.box.hierarchy()
        self.assertIsNone(hierarchy.standard(FolderKind.NOTES))
        (mail,) = [one for one in hierarchy.folders if one.name.startswith("Notes")]
        self.assertIs(FolderKind.MAIL, mail.kind)
        self.assertEqual(1, await self.box.count(mail.id, below=NEWEST, down_to=OLDEST))
        with self.assertRaises(NotAllowed):
            await self.box.add_object(mail.id, journal(), operation=self.operation())
        with self.assertRaises(NotAllowed):
            await self.box.create_folder(
                None, "Own", FolderKind.USER_NOTES, operation=self.operation()
            )
        await self.restart()
        self.assertEqual(["Shopping"], await self.titles())
        with self.assertRaises(NotFound):
            await self.box.count(mail.id, below=NEWEST, down_to=OLDEST)

    async def test_a_mailbox_of_another_name(self) -> None:
        """The configured mailbox is the one for notes, made where it is missing."""
        await self.restart(roles={FolderKind.NOTES: "Memos"})
        found = (await self.box.hierarchy()).standard(FolderKind.NOTES)
        assert found is not None
        self.assertEqual("Memos", found.name)
        await self.add(journal())
        self.assertEqual(1, len(Notebook(self.other.client, "Memos").messages()))


@requires_dovecot
class NotesWithoutHistoryTests(ChangesByOthers):
    """The same on a server that keeps no history."""

    hidden = NO_HISTORY


@requires_dovecot
class NotesWithoutQresyncTests(ChangesByOthers):
    """The same on a server that tells what changed, but not what went."""

    hidden = NO_QRESYNC


def _sorted(found: tuple[list[Any], Sequence[ItemId]]) -> tuple[list[Any], list[ItemId]]:
    return found[0], sorted(found[1])


# pytest collects what a module holds: these are not for collection.
del ChangesByOthers, NotesCase

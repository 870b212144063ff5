"""Notes in an IMAP folder when lines are cut and processes die between server and mirror."""

from collections.abc import Callable
from typing import Any

from carbonio_mobile.errors import Unavailable
from carbonio_mobile.mailbox.imapclient.messages import MessageCommands
from carbonio_mobile.sync.folders import FolderKind
from tests.interop.notescase import (
    Notebook,
    NotesCase,
    apple,
    journal,
)
from tests.peers.dovecot import requires_dovecot


@requires_dovecot
class NotesCutTests(NotesCase):
    """One message of a note, and one item, whatever was heard of it."""

    def cut_after(self, name: str) -> Callable[[], None]:
        """Have the line cut after a command of that name was done; gives what mends it."""
        does = getattr(MessageCommands, name)

        async def cut(connection: MessageCommands, *args: Any, **manner: Any) -> None:
            await does(connection, *args, **manner)
            raise Unavailable("the line was cut")

        return self.patch(MessageCommands, name, cut).restore  # type: ignore[no-any-return]

    async def test_an_addition_whose_answer_was_lost(self) -> None:
        """The same operation finds what it stored, in this process and in the next."""
        for n, again in enumerate((self.start_again, self.restart)):
            mend = self.cut_after("append")
            operation, source = self.operation(), journal(f"Note {n}", f"note-{n}")
            with self.assertRaises(Unavailable):
                await self.box.add_object(self.notes, source, operation=operation)
            mend()
            await again()
            head = await self.box.add_object(self.notes, source, operation=operation)
            one = (await self.shown())[f"Note {n}"]
            self.assertEqual((head.item, source), (one.item, one.source))
            self.assertEqual(n + 1, len(self.other.messages()))

    async def start_again(self) -> None:
        """Go on in the same process."""

    async def test_an_addition_that_never_arrived(self) -> None:
        """It is done then."""

        async def cut(*_args: Any, **_manner: Any) -> None:
            raise Unavailable("the line was cut")

        mend = self.patch(MessageCommands, "append", cut)
        operation = self.operation()
        with self.assertRaises(Unavailable):
            await self.box.add_object(self.notes, journal(), operation=operation)
        mend.restore()
        await self.restart()
        self.assertEqual([], await self.titles())
        await self.box.add_object(self.notes, journal(), operation=operation)
        self.assertEqual(["Milk"], await self.titles())

    async def test_a_change_whose_answer_was_lost(self) -> None:
        """After the new message was stored, or the old one taken away: one message, one item."""
        for n, (command, again) in enumerate(
            (command, again)
            for command in ("append", "expunge")
            for again in (self.start_again, self.restart)
        ):
            head = await self.add(journal(f"Old {n}", f"note-{n}"))
            mend = self.cut_after(command)
            source = journal(f"New {n}", f"note-{n}")
            with self.assertRaises(Unavailable):
                await self.box.replace_object(self.notes, head.item, source, expected=head.version)
            mend()
            await again()
            await self.box.replace_object(self.notes, head.item, source, expected=head.version)
            found = await self.shown()
            self.assertEqual([f"New {m}" for m in range(n + 1)], sorted(found))
            self.assertEqual(head.item, found[f"New {n}"].item)
            self.assertEqual(n + 1, len(self.other.messages()))

    async def test_a_move_whose_answer_was_lost(self) -> None:
        """The next who asks finds it done, or goes on with it: nothing stands twice."""
        own = await self.box.create_folder(
            None, "Own", FolderKind.USER_NOTES, operation=self.operation()
        )
        for n, (command, again) in enumerate(
            (command, again)
            for command in ("move", "copy")
            for again in (self.start_again, self.restart)
        ):
            head = await self.add(journal(f"Note {n}", f"note-{n}"))
            if command == "copy":
                mend = self.patch(MessageCommands, "move", _copy_and_die).restore
            else:
                mend = self.cut_after(command)
            with self.assertRaises(Unavailable):
                await self.box.move(self.notes, [head.item], own.id)
            mend()
            await again()
            if n % 2:
                await self.box.token(own.id)  # somebody looks at the target first
            moved = await self.box.move(self.notes, [head.item], own.id)
            found = await self.shown(own.id)
            self.assertEqual([f"Note {m}" for m in range(n + 1)], sorted(found))
            self.assertEqual(moved[head.item].item, found[f"Note {n}"].item)
            self.assertEqual([], await self.titles())
            self.assertEqual({}, self.other.messages())
            self.assertEqual(n + 1, len(Notebook(self.other.client, "Notes/Own").messages()))

    async def test_a_message_that_the_server_does_not_give(self) -> None:
        """It holds up no other, and is tried again, also by the next process; not for ever."""
        does, refused = MessageCommands.fetch, list[int]()

        async def fetch(
            connection: MessageCommands, uids: Any, items: Any, *args: Any, **manner: Any
        ) -> None:
            if "BODY.PEEK[]" in items and bad in uids:
                refused.append(len(uids))
                raise Unavailable("it cannot be read")
            await does(connection, uids, items, *args, **manner)

        self.other.write(apple("One", "a"))
        bad = self.other.write(apple("Two", "b"))
        mend = self.patch(MessageCommands, "fetch", fetch)
        self.assertEqual(["One"], await self.titles())
        mend.restore()
        await self.restart()
        self.assertEqual(["One", "Two"], await self.titles())
        bad = self.other.write(apple("Three", "c"))
        self.patch(MessageCommands, "fetch", fetch)
        refused.clear()
        for _ in range(6):
            self.assertEqual(["One", "Two"], await self.titles())
        self.other.write(apple("Four", "d"))
        self.assertEqual(["Four", "One", "Two"], await self.titles())
        self.assertEqual([1] * len(refused), refused)
        self.assertEqual(2 * 3, len(refused))  # asked for alone again each time


async def _copy_and_die(connection: MessageCommands, uids: Any, target: str) -> None:
    await connection.copy(uids, target)
    raise Unavailable("the line was cut")

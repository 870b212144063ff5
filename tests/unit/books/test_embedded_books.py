"""The address books of mailboxes on disk."""

import shutil
import tempfile
from pathlib import Path
from unittest.mock import patch

from twisted.internet import reactor
from twisted.internet.defer import DeferredList, ensureDeferred
from twisted.internet.task import deferLater
from twisted.trial.unittest import TestCase

from carbonio_mobile.books import follower
from carbonio_mobile.books.folders import PAGE_COUNT, FolderBooks
from carbonio_mobile.ids import AccountId, OperationId
from carbonio_mobile.mailbox.embedded import EmbeddedMailboxes, Tuning
from carbonio_mobile.testing.contracts.mailbox_fixture import RecordingSink
from tests.unit.books.house import CONTACTS, vcard

JOHN = AccountId("john-1")


async def no_quota(_account: AccountId) -> int:
    """Give no bound."""
    return 0


class EmbeddedBooksTests(TestCase):
    """Books of SQLite mailboxes, looked at as often as one likes."""

    def setUp(self) -> None:
        self.directory = Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.directory)
        self.books = FolderBooks(
            mailboxes=self.mailboxes(),
            clock=reactor,
            turn=lambda: deferLater(reactor, 0),
            entries_count=10_000,
        )
        changed = patch.object(follower, "FRESH_S", -1.0)
        changed.start()
        self.addCleanup(changed.stop)

    def mailboxes(self) -> EmbeddedMailboxes:
        """Open the mailboxes, as a process does."""
        mailboxes = EmbeddedMailboxes(
            self.directory,
            reactor=reactor,
            clock=reactor.seconds,
            sink=RecordingSink(),
            quota_of=no_quota,
            message_limit_bytes=1 << 20,
            tuning=Tuning(thread_count=1, durable=False),
        )
        self.addCleanup(mailboxes.stop)
        return mailboxes

    async def names(self) -> list[str]:
        """Give the names in John's contacts."""
        ((_, book),) = await self.books.of(JOHN)
        rows = book.index.page(0, len(book.index))
        return [str(book.index.entry(row).values["cn"][0]) for row in rows]

    async def test_what_another_process_changes_is_seen(self) -> None:
        """Without a hint: by looking what changed."""
        self.assertEqual(await self.names(), [])
        box = await self.mailboxes().open(JOHN)
        ann = await box.add_object(CONTACTS, vcard("Ann"), operation=OperationId("1"))
        await box.add_object(CONTACTS, vcard("Bob"), operation=OperationId("2"))
        self.assertEqual(await self.names(), ["Ann", "Bob"])
        await box.replace_object(CONTACTS, ann.item, vcard("Zoe"), expected=ann.version)
        self.assertEqual(await self.names(), ["Bob", "Zoe"])
        await box.delete(CONTACTS, [ann.item])
        self.assertEqual(await self.names(), ["Bob"])

    async def test_changes_while_a_book_is_first_read_are_in_it(self) -> None:
        """However the pages and the changes fall."""
        count = 3 * PAGE_COUNT
        box = await self.mailboxes().open(JOHN)
        heads = [
            await box.add_object(CONTACTS, vcard(f"C{n:03}"), operation=OperationId(f"{n}"))
            for n in range(count)
        ]
        reading = ensureDeferred(self.books.of(JOHN))
        changes = [ensureDeferred(box.delete(CONTACTS, [head.item])) for head in heads[::3]]
        changes += [
            ensureDeferred(
                box.replace_object(CONTACTS, head.item, vcard(f"D{n:03}"), expected=head.version)
            )
            for n, head in enumerate(heads)
            if n % 3 == 1
        ]
        await DeferredList([reading, *changes], fireOnOneErrback=True)
        expected = [f"D{n:03}" if n % 3 == 1 else f"C{n:03}" for n in range(count) if n % 3]
        self.assertEqual(await self.names(), sorted(expected))

"""What every mailbox does with its folders."""

from carbonio_mobile.errors import Conflict, NotAllowed, NotFound
from carbonio_mobile.ids import FolderId
from carbonio_mobile.sync.folders import FolderKind
from carbonio_mobile.testing.contracts.mailbox_fixture import JOHN, MARY, MailboxFixture

NO_FOLDER = FolderId("999999")


class FolderPromises(MailboxFixture):
    """The promises of IFolders."""

    async def names(self) -> set[tuple[FolderId | None, str]]:
        """Give (parent, name) of all folders."""
        return {(f.parent, f.name) for f in (await self.box.hierarchy()).folders}

    async def test_standard_folders(self) -> None:
        """A new mailbox has the standard mail folders, one of each, at the top level."""
        folders = (await self.box.hierarchy()).folders
        for kind in (FolderKind.INBOX, FolderKind.DRAFTS, FolderKind.SENT, FolderKind.TRASH):
            self.assertEqual([None], [f.parent for f in folders if f.kind is kind])
        self.assertEqual(len(folders), len({f.id for f in folders}))

    async def test_folder_ids_are_short_and_plain(self) -> None:
        """Folder ids have at most 30 characters of the alphabet of ``ids.FolderId``."""
        await self.add_folder("Projects")
        for folder in (await self.box.hierarchy()).folders:
            self.assertRegex(folder.id, r"\A[A-Za-z0-9_-]{1,30}\Z")

    async def test_created_folder_is_in_the_hierarchy(self) -> None:
        """A created folder stands in the hierarchy after its parent, and its token changed."""
        before = await self.box.hierarchy()
        outer = await self.add_folder("Projects")
        inner = await self.add_folder("Bridge", outer.id)
        after = await self.box.hierarchy()
        self.assertNotEqual(before.token, after.token)
        ids = [folder.id for folder in after.folders]
        self.assertLess(ids.index(outer.id), ids.index(inner.id))
        self.assertEqual(inner, after.find(inner.id))
        self.assertEqual(
            (outer.id, "Bridge", FolderKind.MAIL), (inner.parent, inner.name, inner.kind)
        )

    async def test_unchanged_hierarchy_keeps_its_token(self) -> None:
        """Changes of items do not change the hierarchy's token."""
        before = await self.box.hierarchy()
        await self.add()
        self.assertEqual(before, await self.box.hierarchy())

    async def test_token_without_the_folders(self) -> None:
        """hierarchy_token() gives the token that hierarchy() gives, whatever happens in between."""
        seen = []
        for happens in (self.add, lambda: self.add_folder("A"), lambda: self.add_folder("B")):
            await happens()
            seen.append(await self.box.hierarchy_token())
            self.assertEqual((await self.box.hierarchy()).token, seen[-1])
        self.assertEqual(3, len(set(seen)))

    async def test_create_once(self) -> None:
        """A repeated operation gives the folder of the first time, even if it is gone again."""
        name = self.operation()
        first = await self.box.create_folder(None, "A", FolderKind.MAIL, operation=name)
        self.assertEqual(
            first, await self.box.create_folder(None, "A", FolderKind.MAIL, operation=name)
        )
        await self.box.delete_folder(first.id)
        self.assertEqual(
            first, await self.box.create_folder(None, "A", FolderKind.MAIL, operation=name)
        )
        self.assertNotIn((None, "A"), await self.names())

    async def test_create_trims_the_name(self) -> None:
        """White space around a name is not kept."""
        self.assertEqual("A b", (await self.add_folder("  A b ")).name)

    async def test_create_refuses(self) -> None:
        """A missing parent, a name that is taken whatever its case, a standard kind, a bad name."""
        above = await self.add_folder("Straße")
        with self.assertRaises(NotFound):
            await self.add_folder("A", NO_FOLDER)
        with self.assertRaises(NotFound):
            await self.add_folder("A", FolderId("no such id"))
        for taken in ("STRASSE", " straße ", "Straße"):
            with self.assertRaises(Conflict):
                await self.add_folder(taken)
        await self.add_folder("Straße", above.id)  # free under another parent
        for kind in (FolderKind.INBOX, FolderKind.CALENDAR):
            with self.assertRaises(NotAllowed):
                await self.add_folder("A", kind=kind)
        for bad in ("", " \t", "a/b", "a\nb", "a\x00b", "a\ud800b", "x" * 257):
            with self.assertRaises(NotAllowed):
                await self.add_folder(bad)
        longest = "x" * self.longest_name
        self.assertEqual(longest, (await self.add_folder(longest)).name)

    async def test_user_kinds(self) -> None:
        """Folders for every class can be created."""
        for kind in self.user_kinds:
            self.assertIs(kind, (await self.add_folder(kind.value, kind=kind)).kind)

    async def test_rename_and_move(self) -> None:
        """A folder gets another name and parent with its id and items; again changes nothing."""
        outer, inner = await self.add_folder("Outer"), await self.add_folder("Inner")
        head = await self.add(folder=inner.id)
        for _ in range(2):
            await self.box.update_folder(inner.id, parent=outer.id, name=" Deep ")
        after = await self.box.hierarchy()
        moved = after.find(inner.id)
        assert moved is not None
        self.assertEqual((outer.id, "Deep"), (moved.parent, moved.name))
        self.assertEqual([head.item], await self.items(inner.id))
        await self.box.update_folder(inner.id, parent=outer.id, name="Deep")
        self.assertEqual(after.token, (await self.box.hierarchy()).token)
        await self.box.update_folder(inner.id, parent=outer.id, name="DEEP")
        self.assertIn((outer.id, "DEEP"), await self.names())

    async def test_update_refuses(self) -> None:
        """A folder within itself, under nothing, over another's name; standard folders at all."""
        outer = await self.add_folder("Outer")
        inner = await self.add_folder("Inner", outer.id)
        before = await self.box.hierarchy()
        for parent in (outer.id, inner.id, NO_FOLDER):
            with self.assertRaises(NotAllowed):
                await self.box.update_folder(outer.id, parent=parent, name="Outer")
        with self.assertRaises(NotAllowed):
            await self.box.update_folder(self.inbox, parent=None, name="Post")
        with self.assertRaises(NotAllowed):
            await self.box.update_folder(inner.id, parent=outer.id, name="")
        with self.assertRaises(NotFound):
            await self.box.update_folder(NO_FOLDER, parent=None, name="X")
        with self.assertRaises(Conflict):
            await self.box.update_folder(inner.id, parent=None, name="outer")
        self.assertEqual(before, await self.box.hierarchy())

    async def test_delete_with_all_below(self) -> None:
        """Deleting takes subfolders and items along; none of the ids is used again."""
        outer = await self.add_folder("Outer")
        inner = await self.add_folder("Inner", outer.id)
        await self.add(folder=inner.id)
        await self.box.delete_folder(outer.id)
        after = await self.box.hierarchy()
        self.assertIsNone(after.find(outer.id))
        self.assertIsNone(after.find(inner.id))
        for gone in (outer.id, inner.id):
            with self.assertRaises(NotFound):
                await self.token(gone)
            with self.assertRaises(NotFound):
                await self.box.delete_folder(gone)
        self.assertNotIn((await self.add_folder("Outer")).id, (outer.id, inner.id))

    async def test_standard_folders_stay(self) -> None:
        """A standard folder cannot be deleted."""
        with self.assertRaises(NotAllowed):
            await self.box.delete_folder(self.trash)

    async def test_empty(self) -> None:
        """Emptying deletes the items; the subfolders stay unless asked."""
        below = await self.add_folder("Below", self.trash)
        kept = await self.add(folder=below.id)
        gone = await self.add(folder=self.trash)
        since = await self.token(self.trash)
        await self.box.empty_folder(self.trash, subfolders=False)
        batch = await self.box.changes(self.trash, since, limit=10)
        self.assertEqual(((), (gone.item,)), (batch.changed, batch.gone))
        self.assertEqual([kept.item], await self.items(below.id))
        await self.box.empty_folder(self.trash, subfolders=True)
        self.assertIsNone((await self.box.hierarchy()).find(below.id))
        with self.assertRaises(NotFound):
            await self.box.empty_folder(below.id, subfolders=True)

    async def test_hierarchy_changes_are_reported(self) -> None:
        """Every change of the hierarchy reaches the sink once; refusals and repetitions do not."""
        folder = await self.add_folder("A")
        self.assertEqual([(JOHN, None, False)], self.sink.told)
        await self.box.update_folder(folder.id, parent=None, name="B")
        await self.box.update_folder(folder.id, parent=None, name="B")
        with self.assertRaises(Conflict):
            await self.add_folder("b")
        self.assertEqual([(JOHN, None, False)] * 2, self.sink.told)
        await self.box.delete_folder(folder.id)
        self.assertEqual([(JOHN, None, False)] * 3, self.sink.told)

    async def test_accounts_are_apart(self) -> None:
        """What happens in one mailbox does not show in another; opened again it is as it was."""
        await self.add_folder("A")
        other = await self.mailboxes.open(MARY)
        self.assertEqual((JOHN, MARY), (self.box.account, other.account))
        self.assertNotIn("A", {f.name for f in (await other.hierarchy()).folders})
        again = await self.mailboxes.open(JOHN)
        self.assertIn("A", {f.name for f in (await again.hierarchy()).folders})

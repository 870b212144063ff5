"""FolderCreate, FolderDelete and FolderUpdate, from request to answer, over memory backends."""

from typing import Any

import pytest
from twisted.trial.unittest import SynchronousTestCase

from carbonio_mobile.ids import FolderId
from carbonio_mobile.mailbox.memory import MemoryMailbox
from carbonio_mobile.sync.folders import Folder, FolderKind
from carbonio_mobile.testing.rig import Rig
from carbonio_mobile.wbxml import Element
from carbonio_mobile.wbxml.codepages import FolderHierarchy
from tests.unit.commands import asking
from tests.unit.commands.checked import CheckedPhone
from tests.unit.commands.test_foldersync import told


class FolderChangeTests(SynchronousTestCase):
    """A device makes, renames, moves and deletes folders."""

    def setUp(self) -> None:
        self.rig = Rig()
        self.phone = CheckedPhone(self.rig)
        self.phone.folder_sync()
        self.other = CheckedPhone(self.rig, device="phone2")
        self.other.folder_sync()

    @property
    def key(self) -> str:
        return self.phone.folder_key

    def ask(self, command: str, document: Element) -> tuple[str, str]:
        """Post a command; gives its status and the server id, the new key taken over."""
        answer = self.phone.ask(command, document)
        status = answer.value(FolderHierarchy.Status, "")
        key = answer.value(FolderHierarchy.SyncKey)
        self.assertEqual(key is not None, status == "1")  # MS-ASCMD R4570
        self.phone.folder_key = key or self.phone.folder_key
        return status, answer.value(FolderHierarchy.ServerId, "")

    def create(self, name: str, parent: str = "0") -> str:
        status, folder = self.ask(
            "FolderCreate", asking.folder_create(self.key, name, parent=parent)
        )
        self.assertEqual(status, "1")
        self.phone.folders[folder] = name
        return folder

    def test_a_new_folder_is_told_to_others_and_not_to_its_maker(self) -> None:
        """P2: no echo of one's own change; the folder can be synced at once."""
        folder = self.create("Plans")
        self.assertEqual(told(self.phone.folder_sync()), [])
        self.assertEqual(told(self.other.folder_sync()), [("Add", folder)])
        self.assertEqual(self.other.folders[folder], "Plans")
        self.phone.prime(folder)

    def test_a_new_folder_that_is_made_elsewhere_is_told_to_its_maker(self) -> None:
        """MS-ASCMD 2.2.1.2: the answer cannot say so, the next FolderSync does, once."""
        outer = self.create("Plans")
        create = MemoryMailbox.create_folder

        async def below(
            box: MemoryMailbox, _parent: Any, name: str, kind: FolderKind, **more: Any
        ) -> Folder:
            return await create(box, FolderId(outer), name, kind, **more)

        self.patch(MemoryMailbox, "create_folder", below)
        folder = self.create("Inner")
        answer = self.phone.folder_sync()
        self.assertEqual(told(answer), [("Update", folder)])
        changes = answer.find(FolderHierarchy.Changes)
        assert changes is not None
        (update,) = changes.children[1:]
        self.assertEqual(update.value(FolderHierarchy.ParentId), outer)
        self.assertEqual(told(self.phone.folder_sync()), [])

    def test_a_repeated_create_makes_one_folder(self) -> None:
        """P1: the repeat with the previous key gets the same folder, under the same key."""
        request = asking.folder_create(self.key, "Plans")
        first = self.phone.ask("FolderCreate", request)
        self.assertEqual(self.phone.ask("FolderCreate", request), first)
        self.assertEqual(len(told(self.other.folder_sync())), 1)

    def test_what_others_changed_meanwhile_is_still_told(self) -> None:
        """The new key stands for one's own change alone."""
        self.other.ask("FolderCreate", asking.folder_create(self.other.folder_key, "Theirs"))
        self.create("Mine")
        self.assertEqual([kind for kind, _ in told(self.phone.folder_sync())], ["Add"])
        self.assertIn("Theirs", self.phone.folders.values())

    def test_a_name_that_is_taken_is_status_2(self) -> None:
        """commands.md 3: the same name under the same parent; under another it is free."""
        outer = self.create("Plans")
        status, _ = self.ask("FolderCreate", asking.folder_create(self.key, "Plans"))
        self.assertEqual(status, "2")
        self.create("Plans", outer)

    def test_a_parent_that_is_missing_is_status_5(self) -> None:
        """commands.md 3."""
        status, _ = self.ask("FolderCreate", asking.folder_create(self.key, "x", parent="4711"))
        self.assertEqual(status, "5")

    def test_types_that_no_device_may_make_are_status_10(self) -> None:
        """MS-ASCMD R4654, R4655: 2 to 11 and 19 are the server's."""
        for kind in ("2", "3", "4", "5", "6", "11", "18", "19", "99"):
            status, _ = self.ask("FolderCreate", asking.folder_create(self.key, "x", kind=kind))
            self.assertEqual(status, "10", kind)

    def test_a_rename_and_a_move_in_the_tree(self) -> None:
        """FolderUpdate changes both name and parent."""
        outer, folder = self.create("Outer"), self.create("Plans")
        self.other.folder_sync()
        status, _ = self.ask(
            "FolderUpdate", asking.folder_update(self.key, folder, "Old plans", parent=outer)
        )
        self.assertEqual(status, "1")
        self.assertEqual(told(self.phone.folder_sync()), [])
        answer = self.other.folder_sync()
        self.assertEqual(told(answer), [("Update", folder)])
        changes = answer.find(FolderHierarchy.Changes)
        assert changes is not None
        self.assertEqual(changes.children[1].value(FolderHierarchy.ParentId), outer)
        self.assertEqual(changes.children[1].value(FolderHierarchy.DisplayName), "Old plans")

    def test_a_repeated_update_succeeds_again(self) -> None:
        """P2: the lost answer is given again."""
        folder = self.create("Plans")
        request = asking.folder_update(self.key, folder, "Old plans")
        first = self.phone.ask("FolderUpdate", request)
        self.assertEqual(self.phone.ask("FolderUpdate", request), first)

    def test_updates_that_cannot_be(self) -> None:
        """commands.md 3: taken name and special folder 2, missing folder 4, missing parent 5."""
        folder = self.create("Plans")
        self.create("Taken")
        inbox = self.rig.folder(FolderKind.INBOX)
        for name, target, parent, expected in (
            ("Taken", folder, "0", "2"),
            ("Post", inbox, "0", "2"),
            ("x", "4711", "0", "4"),
            ("x", folder, "4711", "5"),
            ("x", folder, folder, "2"),
        ):
            status, _ = self.ask(
                "FolderUpdate", asking.folder_update(self.key, target, name, parent=parent)
            )
            self.assertEqual(status, expected, (name, target, parent))
        self.assertEqual(told(self.phone.folder_sync()), [])
        self.other.folder_sync()
        self.assertEqual(self.other.folders[folder], "Plans")

    def test_a_deleted_folder_goes_with_what_is_inside(self) -> None:
        """MS-ASCMD: subfolders go too, as all are told; their collections end with status 12."""
        outer = self.create("Outer")
        inner = self.create("Inner", outer)
        self.phone.prime(inner)
        self.other.folder_sync()
        status, _ = self.ask("FolderDelete", asking.folder_delete(self.key, outer))
        self.assertEqual(status, "1")
        self.assertEqual(told(self.phone.folder_sync()), [("Delete", inner)])
        self.assertEqual(
            sorted(told(self.other.folder_sync())),
            sorted([("Delete", outer), ("Delete", inner)]),
        )
        self.phone.sync(inner)
        assert self.phone.answer is not None
        self.assertEqual(self.phone.answer.children[0].text, "12")

    def test_a_repeated_delete_succeeds_again(self) -> None:
        """P2: the folder is gone and the device that asked is told so twice."""
        folder = self.create("Plans")
        request = asking.folder_delete(self.key, folder)
        first = self.phone.ask("FolderDelete", request)
        self.assertEqual(self.phone.ask("FolderDelete", request), first)

    def test_deletes_that_cannot_be(self) -> None:
        """commands.md 3: a special folder 3, a missing one 4."""
        for folder, expected in ((self.rig.folder(FolderKind.INBOX), "3"), ("4711", "4")):
            status, _ = self.ask("FolderDelete", asking.folder_delete(self.key, folder))
            self.assertEqual(status, expected)

    def test_a_wrong_key_changes_nothing(self) -> None:
        """MS-ASCMD R4573, R4581, R5592: Status 9 without a key, and nothing is done."""
        folder = self.create("Plans")
        key = self.key
        for command, document in (
            ("FolderCreate", asking.folder_create("nonsense", "x")),
            ("FolderUpdate", asking.folder_update("nonsense", folder, "x")),
            ("FolderDelete", asking.folder_delete("nonsense", folder)),
        ):
            self.assertEqual(self.ask(command, document)[0], "9")
        self.assertEqual(self.key, key)
        self.other.folder_sync()
        self.assertEqual(self.other.folders[folder], "Plans")
        self.assertNotIn("x", self.other.folders.values())

    def test_malformed_requests_are_status_10(self) -> None:
        """MS-ASCMD R4568, R2194: no key; no name, or one beyond 256 characters."""
        for command, document in (
            ("FolderCreate", asking.folder_create(None, "x")),
            ("FolderUpdate", asking.folder_update(None, "2", "x")),
            ("FolderDelete", asking.folder_delete(None, "2")),
            ("FolderCreate", asking.folder_create(self.key, "")),
            ("FolderCreate", asking.folder_create(self.key, "x" * 257)),
            ("FolderCreate", asking.folder_create(self.key, "x", kind="twelve")),
        ):
            self.assertEqual(self.ask(command, document)[0], "10")


@pytest.mark.parametrize("command", ["FolderCreate", "FolderUpdate", "FolderDelete"])
def test_a_device_that_never_asked_for_folders_is_sent_to_do_so(command: str) -> None:
    """Status 9 before the first FolderSync: there is no key that could be right."""
    phone = CheckedPhone(Rig())
    document = {
        "FolderCreate": asking.folder_create("0", "x"),
        "FolderUpdate": asking.folder_update("0", "10", "x"),
        "FolderDelete": asking.folder_delete("0", "10"),
    }[command]
    assert phone.ask(command, document).value(FolderHierarchy.Status) == "9"

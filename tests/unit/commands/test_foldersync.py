"""FolderSync, from request to answer, over memory backends."""

from twisted.trial.unittest import SynchronousTestCase

from carbonio_mobile.commands.hierarchy import TOLD
from carbonio_mobile.ids import DeviceId, DeviceKey, OperationId
from carbonio_mobile.sync import hierarchy
from carbonio_mobile.sync.folders import Folder, FolderKind
from carbonio_mobile.testing.rig import Rig, now
from carbonio_mobile.wbxml import Element
from carbonio_mobile.wbxml.codepages import FolderHierarchy
from tests.unit.commands import asking
from tests.unit.commands.checked import VERSIONS, CheckedPhone, checked_phone


def told(answer: Element) -> list[tuple[str, str]]:
    """What a FolderSync says: (Add, Update or Delete; server id) each."""
    changes = answer.find(FolderHierarchy.Changes)
    assert changes is not None
    listed = [(c.tag.name, c.value(FolderHierarchy.ServerId, "")) for c in changes.children[1:]]
    assert changes.value(FolderHierarchy.Count) == str(len(listed))
    return listed


class FolderSyncTests(SynchronousTestCase):
    """What devices learn of the hierarchy, and when."""

    def setUp(self) -> None:
        self.rig = Rig()
        self.phone = CheckedPhone(self.rig)

    def make(self, name: str, parent: str | None = None) -> Folder:
        made = self.rig.mailbox().create_folder(
            parent, name, FolderKind.MAIL, operation=OperationId(f"make-{name}")
        )
        folder: Folder = now(made)
        return folder

    def test_key_zero_gives_the_whole_tree_in_every_version(self) -> None:
        """MS-ASCMD R5916: Drafts are listed at any version, though synced from 16.0 only."""
        for version in VERSIONS:
            phone = checked_phone(self.rig, version)
            answer = phone.folder_sync()
            kinds = {
                change.value(FolderHierarchy.Type)
                for change in (answer.find(FolderHierarchy.Changes) or answer).children[1:]
            }
            self.assertLessEqual({"2", "3", "4", "5"}, kinds)
            self.assertTrue(all(kind == "Add" for kind, _ in told(answer)))

    def test_key_zero_again_gives_the_same_ids_and_leaves_collections_alone(self) -> None:
        """client-quirks.md 3.1: Gmail sends key 0 in mid-life; nothing may be lost by it."""
        inbox = self.rig.folder(FolderKind.INBOX)
        self.rig.deliver()
        self.phone.folder_sync()
        self.phone.prime(inbox)
        before = dict(self.phone.folders)
        self.phone.folder_key, self.phone.folders = "0", {}
        self.phone.folder_sync()
        self.assertEqual(self.phone.folders, before)
        self.assertIsNone(self.phone.sync(inbox))

    def test_nothing_new_keeps_the_key(self) -> None:
        """MS-ASCMD R2120: Count is 0 where nothing changed."""
        self.phone.folder_sync()
        key = self.phone.folder_key
        self.assertEqual(told(self.phone.folder_sync()), [])
        self.assertEqual(self.phone.folder_key, key)

    def test_folders_that_come_change_and_go_are_told_once(self) -> None:
        """client-quirks.md 3.10: each folder once, also where its subfolders go with it."""
        self.phone.folder_sync()
        outer = self.make("Outer")
        inner = self.make("Inner", outer.id)
        self.assertEqual(told(self.phone.folder_sync()), [("Add", outer.id), ("Add", inner.id)])
        now(self.rig.mailbox().update_folder(outer.id, parent=None, name="Other"))
        self.assertEqual(told(self.phone.folder_sync()), [("Update", outer.id)])
        self.assertEqual(self.phone.folders[outer.id], "Other")
        now(self.rig.mailbox().delete_folder(outer.id))
        gone = told(self.phone.folder_sync())
        self.assertEqual(sorted(gone), sorted([("Delete", outer.id), ("Delete", inner.id)]))

    def test_a_lost_answer_is_given_again(self) -> None:
        """client-quirks.md 3.2: the previous key stays valid, its answer is the same."""
        self.phone.folder_sync()
        self.make("New")
        request = asking.folder_sync(self.phone.folder_key)
        first = self.phone.ask("FolderSync", request)
        self.assertEqual(self.phone.ask("FolderSync", request), first)
        self.phone.folder_sync()
        self.assertEqual(told(self.phone.folder_sync()), [])

    def test_the_key_before_the_previous_is_refused(self) -> None:
        """MS-ASCMD R4573: Status 9, so that the device starts over; two generations are kept."""
        self.phone.folder_sync()
        oldest = self.phone.folder_key
        for name in ("One", "Two"):
            self.make(name)
            self.phone.folder_sync()
        answer = self.phone.ask("FolderSync", asking.folder_sync(oldest))
        self.assertEqual(answer.value(FolderHierarchy.Status), "9")
        self.assertFalse(answer.has(FolderHierarchy.Changes))

    def test_keys_that_were_never_given_are_refused(self) -> None:
        """Status 9 for an unknown key, also of a device that never synced."""
        for key in ("1", "a.b.c", "x" * 64):
            answer = self.phone.ask("FolderSync", asking.folder_sync(key))
            self.assertEqual(answer.value(FolderHierarchy.Status), "9")

    def test_malformed_requests_are_status_10(self) -> None:
        """MS-ASCMD: without a key, with a key too long, without a document, with another root."""
        malformed = (
            asking.folder_sync(None),
            asking.folder_sync("x" * 65),
            None,
            asking.folder_delete("1", "2"),
        )
        for document in malformed:
            answer = self.phone.ask("FolderSync", document)
            self.assertEqual(answer.value(FolderHierarchy.Status), "10")

    def test_a_state_that_cannot_be_read_sends_the_device_back_to_key_zero(self) -> None:
        """design.md 4: an unreadable state costs a new start, never an endless error."""
        self.phone.folder_sync()
        key = DeviceKey(self.rig.account, DeviceId(self.phone.device))
        now(self.rig.store.commit(key, {hierarchy.DOCUMENT: "{", TOLD: None}))
        answer = self.phone.ask("FolderSync", asking.folder_sync(self.phone.folder_key))
        self.assertEqual(answer.value(FolderHierarchy.Status), "9")
        self.phone.folder_key, self.phone.folders = "0", {}
        self.phone.folder_sync()
        self.assertTrue(self.phone.folders)

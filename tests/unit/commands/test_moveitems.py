"""MoveItems, from request to answer, over memory backends."""

from twisted.trial.unittest import SynchronousTestCase

from carbonio_mobile.ids import FolderId, ServerId
from carbonio_mobile.mime.mailitem import MailPatch
from carbonio_mobile.sync.folders import FolderKind
from carbonio_mobile.testing.rig import Rig, now
from carbonio_mobile.wbxml.codepages import AirSync, AirSyncBase, Email, Move
from tests.unit.commands import asking
from tests.unit.commands.checked import CheckedPhone


class MoveItemsTests(SynchronousTestCase):
    """A device moves mail from the Inbox to the trash and back."""

    def setUp(self) -> None:
        self.rig = Rig()
        self.phone = CheckedPhone(self.rig)
        self.inbox = self.rig.folder(FolderKind.INBOX)
        self.trash = self.rig.folder(FolderKind.TRASH)

    def move(self, *wanted: tuple[str, str, str]) -> list[tuple[str, str | None]]:
        """Post the moves; gives status and new id of each."""
        answer = self.phone.ask("MoveItems", asking.moves(*wanted))
        self.assertEqual([r.value(Move.SrcMsgId) for r in answer], [item for item, _, _ in wanted])
        return [(r.value(Move.Status, ""), r.value(Move.DstMsgId)) for r in answer]

    def deliver(self) -> str:
        return f"{self.inbox}:{self.rig.deliver().item}"

    def carry(self, item: str, source: str, target: str) -> str:
        """Move an item in mailbox and device; gives its new id."""
        ((status, moved),) = self.move((item, source, target))
        assert status == "3"
        assert moved is not None
        self.phone.items[target][moved] = self.phone.items[source].pop(item)
        return moved

    def test_a_move_succeeds_with_3_and_neither_folder_tells_it_back(self) -> None:
        """client-quirks.md 4.5: an Add of what the device moved would be a second message.

        Its state is told: others may have changed that before the move.
        """
        item = self.deliver()
        self.phone.prime(self.inbox)
        self.phone.prime(self.trash)
        moved = self.carry(item, self.inbox, self.trash)
        self.assertTrue(moved.startswith(f"{self.trash}:"))
        self.assertIsNone(self.phone.sync(self.inbox))
        collection = self.phone.sync(self.trash)
        assert collection is not None
        found = collection.find(AirSync.Commands)
        assert found is not None
        told = [(child.tag, child.value(AirSync.ServerId)) for child in found]
        self.assertEqual(told, [(AirSync.Change, moved)])
        self.assertIsNone(self.phone.sync(self.trash))

    def test_another_device_sees_a_delete_and_an_add(self) -> None:
        """MS-ASCMD R289."""
        item = self.deliver()
        other = CheckedPhone(self.rig, device="phone2")
        other.prime(self.inbox)
        other.prime(self.trash)
        ((_, moved),) = self.move((item, self.inbox, self.trash))
        other.sync(self.inbox)
        other.sync(self.trash)
        self.assertEqual(list(other.items[self.inbox]), [])
        self.assertEqual(list(other.items[self.trash]), [moved])

    def test_a_repeated_move_gets_the_same_answer(self) -> None:
        """P2: the answer was lost; the item is where it went, under the id it got."""
        wanted = (self.deliver(), self.inbox, self.trash)
        first = self.move(wanted)
        self.assertEqual(self.move(wanted), first)

    def test_a_moved_item_can_go_back_and_forth(self) -> None:
        """Each arrival has a new id; both collections stay right."""
        item = self.deliver()
        self.phone.prime(self.inbox)
        self.phone.prime(self.trash)
        there = self.carry(item, self.inbox, self.trash)
        back = self.carry(there, self.trash, self.inbox)
        self.assertNotEqual(back, item)
        for folder in (self.inbox, self.trash):
            self.phone.settle(folder)
            self.assertIsNone(self.phone.sync(folder))
        self.assertEqual(list(self.phone.items[self.inbox]), [back])
        self.assertEqual(list(self.phone.items[self.trash]), [])

    def test_what_others_changed_before_and_after_the_move_is_told(self) -> None:
        """The device learns of a flag that was set before it moved the item, and of one after."""
        item = self.deliver()
        self.phone.prime(self.inbox)
        self.phone.prime(self.trash)
        mailbox = self.rig.mailbox()
        now(mailbox.update(self.inbox, {ServerId.parse(item).item: MailPatch(read=True)}))
        moved = self.carry(item, self.inbox, self.trash)
        red = {ServerId.parse(moved).item: MailPatch(categories=("red",))}
        now(mailbox.update(FolderId(self.trash), red))
        self.phone.settle(self.trash)
        held = self.phone.items[self.trash][moved]
        self.assertEqual(held.value(Email.Read), "1")
        self.assertTrue(held.has(Email.Categories))
        self.assertTrue(held.has(AirSyncBase.Body))

    def test_several_moves_are_answered_one_by_one(self) -> None:
        """commands.md 7: each move has its own status."""
        good, lost = self.deliver(), f"{self.inbox}:999"
        answers = self.move(
            (good, self.inbox, self.trash),
            (lost, self.inbox, self.trash),
            (good, self.inbox, self.inbox),
            (good, self.inbox, "4711"),
            (good, "4711", self.trash),
            (good, self.trash, self.inbox),
            ("no id of ours", self.inbox, self.trash),
            (good, self.inbox, self.rig.folder(FolderKind.CALENDAR)),
        )
        statuses = [status for status, _ in answers]
        self.assertEqual(statuses, ["3", "1", "4", "2", "1", "1", "1", "2"])

    def test_a_request_without_moves_is_refused(self) -> None:
        """MS-ASCMD: at least one Move; the refusal is the common one for a bad document."""
        response = self.phone.send("MoveItems", asking.moves())
        self.assertEqual(self.phone.told(response, "MoveItems").value(Move.Status), "103")

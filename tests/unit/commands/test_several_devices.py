"""Several devices on one mailbox: nothing that one does is hidden from another (P2)."""

from twisted.trial.unittest import SynchronousTestCase

from carbonio_mobile.commands.hierarchy import VANISHED_MAX
from carbonio_mobile.ids import FolderId, ItemId, ServerId
from carbonio_mobile.mime.mailitem import BodyWish, FollowUp, MailPatch, MailState
from carbonio_mobile.sync.folders import FolderKind
from carbonio_mobile.testing.rig import Rig, now
from carbonio_mobile.wbxml import Element
from carbonio_mobile.wbxml.codepages import AirSync, Email, FolderHierarchy, Move
from tests.unit.commands import asking
from tests.unit.commands.phone import Phone, change, commands

NO_PULL = Element(AirSync.GetChanges, "0")
ONE = Element(AirSync.WindowSize, "1")
FLAGGED = MailPatch(follow_up=FollowUp(status=2))


def read(value: str) -> Element:
    return Element(Email.Read, value)


class SeveralDevicesTests(SynchronousTestCase):
    """The phone is one device; the others change the mailbox directly."""

    def setUp(self) -> None:
        self.rig = Rig()
        self.inbox = self.rig.folder(FolderKind.INBOX)
        self.trash = self.rig.folder(FolderKind.TRASH)
        self.phone = Phone(self.rig)

    def name(self, item: int) -> str:
        return str(ServerId(self.inbox, ItemId(item)))

    def others_change(self, item: ItemId, patch: MailPatch) -> None:
        now(self.rig.mailbox().update(self.inbox, {item: patch}))

    def state(self, item: ItemId) -> MailState:
        found = now(self.rig.mailbox().read(self.inbox, [item], BodyWish()))
        state: MailState = found[item].state
        return state

    def shows_flag(self, name: str, folder: str = "") -> bool:
        flag = self.phone.items[folder or self.inbox][name].find(Email.Flag)
        return flag is not None and flag.value(Email.Status) == "2"

    def status(self, collection: Element | None) -> str | None:
        assert collection is not None
        responses = collection.find(AirSync.Responses)
        return None if responses is None else responses.children[0].value(AirSync.Status)

    def test_a_change_told_bit_by_bit_is_told_whole(self) -> None:
        """An item that changes again while a long history is told keeps its earlier change."""
        heads = [self.rig.deliver() for _ in range(4)]
        self.phone.prime(self.inbox)
        for head in heads:
            self.others_change(head.item, FLAGGED)
        self.phone.sync(self.inbox, ONE)
        self.others_change(heads[1].item, MailPatch(read=True))
        self.phone.settle(self.inbox, ONE)
        for head in heads:
            self.assertTrue(self.shows_flag(self.name(head.item)), head)

    def test_a_change_of_ones_own_while_behind_hides_nothing(self) -> None:
        """The device's own change of an item that it has not heard all of yet."""
        heads = [self.rig.deliver() for _ in range(3)]
        self.phone.prime(self.inbox)
        for head in heads:
            self.others_change(head.item, FLAGGED)
        self.phone.sync(self.inbox, ONE)
        name = self.name(heads[1].item)
        self.others_change(heads[1].item, MailPatch(categories=("red",)))
        self.phone.sync(self.inbox, ONE)
        self.phone.sync(self.inbox, ONE, NO_PULL, commands(change(name, read("1"))))
        self.phone.settle(self.inbox, ONE)
        self.assertTrue(self.shows_flag(name))

    def test_a_second_change_of_ones_own_hides_nothing(self) -> None:
        """Pushed twice without a pull, another's change in between: the pull tells of it."""
        head = self.rig.deliver()
        name = self.name(head.item)
        self.phone.prime(self.inbox)
        self.phone.sync(self.inbox, NO_PULL, commands(change(name, read("1"))))
        self.others_change(head.item, FLAGGED)
        self.phone.sync(self.inbox, NO_PULL, commands(change(name, read("0"))))
        self.phone.settle(self.inbox)
        self.assertTrue(self.shows_flag(name))

    def test_an_item_moved_while_its_target_is_listed(self) -> None:
        """What the listing comes by and the device holds already is told as it is now."""
        head = self.rig.deliver()
        name = self.name(head.item)
        self.phone.prime(self.inbox)
        moved = now(self.rig.mailbox().move(self.inbox, [head.item], self.trash))[head.item].item
        now(self.rig.mailbox().update(self.trash, {moved: FLAGGED}))
        self.phone.sync(self.trash)  # the first key: nothing was listed yet
        self.phone.post("MoveItems", asking.moves((name, self.inbox, self.trash)))
        target = str(ServerId(self.trash, moved))
        self.phone.items[self.trash] = {target: self.phone.items[self.inbox].pop(name)}
        self.phone.settle(self.trash)
        self.assertTrue(self.shows_flag(target, self.trash))

    def test_a_device_does_not_conflict_with_itself(self) -> None:
        """It lost the answer to one change and, instead of repeating it, wants another."""
        head = self.rig.deliver()
        name = self.name(head.item)
        self.phone.prime(self.inbox)
        self.phone.sync(self.inbox, commands(change(name, read("1"))), lose=True)
        collection = self.phone.sync(self.inbox, commands(change(name, read("0"))))
        self.assertIsNone(self.status(collection))
        self.assertFalse(self.state(head.item).read)

    def test_what_is_so_already_is_no_conflict(self) -> None:
        """A copy of the request may have been cut short before it could leave a record."""
        head = self.rig.deliver()
        name = self.name(head.item)
        self.phone.prime(self.inbox)
        self.others_change(head.item, MailPatch(read=True))
        collection = self.phone.sync(self.inbox, commands(change(name, read("1"))))
        self.assertIsNone(self.status(collection))

    def test_what_was_told_while_behind_is_no_conflict(self) -> None:
        """The device answers to what it heard, although there is more to hear."""
        heads = [self.rig.deliver() for _ in range(3)]
        self.phone.prime(self.inbox)
        for head in heads:
            self.others_change(head.item, FLAGGED)
        self.phone.sync(self.inbox, ONE)
        name = self.name(heads[0].item)
        self.assertTrue(self.shows_flag(name))
        collection = self.phone.sync(
            self.inbox, ONE, NO_PULL, commands(change(name, Element(Email.Flag)))
        )
        self.assertIsNone(self.status(collection))
        self.assertIsNone(self.state(heads[0].item).follow_up)

    def test_an_item_that_went_on_before_its_move_was_repeated(self) -> None:
        """The answer to a move was lost, another took the item from the target: it is told gone."""
        head = self.rig.deliver()
        name = self.name(head.item)
        self.phone.prime(self.inbox)
        self.phone.post("MoveItems", asking.moves((name, self.inbox, self.trash)))
        now(self.rig.mailbox().delete(self.trash, [ItemId(1)]))
        answer = self.phone.post("MoveItems", asking.moves((name, self.inbox, self.trash)))
        assert answer is not None
        self.assertEqual(answer.children[0].value(Move.Status), "1")
        self.phone.settle(self.inbox)
        self.assertEqual(self.phone.items[self.inbox], {})

    def test_of_a_deleted_tree_each_folder_is_told(self) -> None:
        """The device deleted the uppermost only; its subfolders come as Deletes."""
        self.phone.folder_sync()
        outer = self.make_folder("outer", "0")
        inner = self.make_folder("inner", outer)
        answer = self.phone.post("FolderDelete", asking.folder_delete(self.phone.folder_key, outer))
        assert answer is not None
        self.phone.folder_key = answer.children[1].string
        del self.phone.folders[outer]
        self.phone.folder_sync()
        self.assertNotIn(inner, self.phone.folders)

    def test_only_a_device_that_was_told_of_a_folders_end_is_sent_back(self) -> None:
        """It may repeat itself before it was told; afterwards, it does not understand."""
        self.phone.folder_sync()
        gone = FolderId(self.make_folder("gone", "0"))
        self.phone.sync(gone)
        now(self.rig.mailbox().delete_folder(gone))
        for _ in range(VANISHED_MAX):
            self.phone.sync(gone)
        self.phone.folder_sync()
        self.assertNotIn(gone, self.phone.folders)
        for _ in range(VANISHED_MAX):
            self.phone.sync(gone)
        answer = self.phone.post("FolderSync", asking.folder_sync(self.phone.folder_key))
        assert answer is not None
        self.assertEqual(answer.value(FolderHierarchy.Status), "9")

    def make_folder(self, name: str, parent: str) -> str:
        document = asking.folder_create(self.phone.folder_key, name, parent=parent)
        answer = self.phone.post("FolderCreate", document)
        assert answer is not None
        _, key, made = (child.string for child in answer)
        self.phone.folder_key = key
        self.phone.folders[made] = name
        return made

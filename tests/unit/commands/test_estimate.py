"""GetItemEstimate, from request to answer, over memory backends."""

import pytest
from twisted.trial.unittest import SynchronousTestCase

from carbonio_mobile.sync.folders import FolderKind
from carbonio_mobile.testing.rig import Rig, now
from carbonio_mobile.wbxml import Element
from carbonio_mobile.wbxml.codepages import AirSync, GetItemEstimate
from tests.unit.commands import asking
from tests.unit.commands.checked import VERSIONS, CheckedPhone, checked_phone
from tests.unit.commands.phone import options

DAY = 86_400.0


def asked(
    phone: CheckedPhone, folder: str, key: str | None = None, filter_type: int | None = None
) -> tuple[str, str | None]:
    """Status and count of one collection."""
    document = asking.estimate(key or phone.keys[folder], folder, phone.version, filter_type)
    (response,) = phone.ask("GetItemEstimate", document).children
    collection = response.find(GetItemEstimate.Collection)
    count = None if collection is None else collection.value(GetItemEstimate.Estimate)
    return response.value(GetItemEstimate.Status, ""), count


class EstimateTests(SynchronousTestCase):
    """What waits in the Inbox."""

    def setUp(self) -> None:
        self.rig = Rig()
        self.inbox = self.rig.folder(FolderKind.INBOX)
        self.phone = CheckedPhone(self.rig)

    def test_the_count_is_what_syncs_bring(self) -> None:
        """Before the first page, between pages, after the last; then changes and deletes."""
        heads = [self.rig.deliver(age_s=age * DAY) for age in range(5)]
        self.phone.sync(self.inbox)
        self.assertEqual(asked(self.phone, self.inbox), ("1", "5"))
        self.phone.sync(self.inbox, Element(AirSync.WindowSize, "2"))
        self.assertEqual(asked(self.phone, self.inbox), ("1", "3"))
        self.phone.settle(self.inbox)
        self.assertEqual(asked(self.phone, self.inbox), ("1", "0"))
        now(self.rig.mailbox().delete(self.inbox, [heads[0].item]))
        self.rig.deliver()
        self.assertEqual(asked(self.phone, self.inbox), ("1", "2"))

    def test_the_key_is_not_moved(self) -> None:
        """MS-ASCMD R4590, R4591: the Sync that follows brings what was counted."""
        self.rig.deliver()
        self.phone.sync(self.inbox)
        for _ in range(2):
            self.assertEqual(asked(self.phone, self.inbox), ("1", "1"))
        self.phone.sync(self.inbox)
        self.assertEqual(len(self.phone.items[self.inbox]), 1)

    def test_the_filter_in_force_counts_unless_another_is_named(self) -> None:
        """commands.md 5: Options may differ from those of the Sync."""
        for age in (0, 2, 10, 100):
            self.rig.deliver(age_s=age * DAY)
        self.phone.sync(self.inbox)
        self.phone.sync(self.inbox, options(filter_type=3), Element(AirSync.WindowSize, "1"))
        self.assertEqual(asked(self.phone, self.inbox), ("1", "1"))
        self.assertEqual(asked(self.phone, self.inbox, filter_type=0), ("1", "3"))
        self.assertEqual(asked(self.phone, self.inbox, filter_type=1), ("1", "0"))

    def test_what_cannot_be_counted(self) -> None:
        """commands.md 5: an unknown folder 2, one never primed 3, a wrong key 4."""
        self.assertEqual(asked(self.phone, "4711", "x.1.0"), ("2", None))
        self.assertEqual(asked(self.phone, self.inbox, "x.1.0"), ("3", None))
        self.phone.sync(self.inbox)
        self.assertEqual(asked(self.phone, self.inbox, "x.1.0"), ("4", None))

    def test_several_collections_are_answered_in_their_order(self) -> None:
        """Each collection has its own Response."""
        trash = self.rig.folder(FolderKind.TRASH)
        self.phone.sync(self.inbox)
        self.phone.sync(trash)
        self.rig.deliver(folder=trash)
        parts = [
            asking.estimate(self.phone.keys[folder], folder, "14.1").children[0].children[0]
            for folder in (self.inbox, trash)
        ]
        document = Element(
            GetItemEstimate.GetItemEstimate, [Element(GetItemEstimate.Collections, parts)]
        )
        answer = self.phone.ask("GetItemEstimate", document)
        counts = [
            (response.find(GetItemEstimate.Collection) or response).value(GetItemEstimate.Estimate)
            for response in answer
        ]
        self.assertEqual(counts, ["0", "1"])


@pytest.mark.parametrize("version", VERSIONS)
def test_both_forms_of_the_request_are_read(version: str) -> None:
    """MS-ASCMD R6260, R6263: up to 12.1 the filter stands in the collection, then in Options."""
    rig = Rig()
    inbox = rig.folder(FolderKind.INBOX)
    phone = checked_phone(rig, version)
    for age in (0, 2):
        rig.deliver(age_s=age * DAY)
    phone.sync(inbox)
    assert asked(phone, inbox) == ("1", "2")
    assert asked(phone, inbox, filter_type=1) == ("1", "1")

"""Sync, from request to answer, over memory backends."""

import pytest
from twisted.trial.unittest import SynchronousTestCase

from carbonio_mobile.ids import ItemId
from carbonio_mobile.mime.mailitem import MailPatch
from carbonio_mobile.sync.folders import FolderKind
from carbonio_mobile.testing.rig import Rig, now
from carbonio_mobile.wbxml import Element, decode
from carbonio_mobile.wbxml.codepages import AirSync, AirSyncBase, Email
from tests.unit.commands.phone import Phone, change, commands, delete, options

DAY = 86_400.0


class SyncTests(SynchronousTestCase):
    """One device, one folder."""

    def setUp(self) -> None:
        self.rig = Rig()
        self.inbox = self.rig.folder(FolderKind.INBOX)
        self.trash = self.rig.folder(FolderKind.TRASH)
        self.phone = Phone(self.rig)

    def names(self) -> list[str]:
        return list(self.phone.items[self.inbox])

    def read_on_server(self, item: int) -> bool:
        from carbonio_mobile.mime.mailitem import BodyWish

        found = now(self.rig.mailbox().read(self.inbox, [ItemId(item)], BodyWish()))
        read: bool = found[ItemId(item)].state.read
        return read

    def test_key_zero_gives_a_key_and_no_items(self) -> None:
        """MS-ASCMD R4598, R4599: the first answer holds a key only."""
        self.rig.deliver()
        collection = self.phone.sync(self.inbox)
        assert collection is not None
        self.assertEqual(collection.value(AirSync.Status), "1")
        self.assertNotEqual(collection.value(AirSync.SyncKey), "0")
        self.assertFalse(collection.has(AirSync.Commands))

    def test_key_zero_with_get_changes_is_refused(self) -> None:
        """MS-ASCMD R3128: GetChanges beside key 0 is a protocol error."""
        collection = self.phone.sync(self.inbox, Element(AirSync.GetChanges, "1"))
        assert collection is not None
        self.assertEqual(collection.value(AirSync.Status), "4")

    def test_the_newest_comes_first_and_no_more_than_the_window(self) -> None:
        """design.md 4: a first sync begins with the newest; WindowSize is never exceeded."""
        for age in (5, 3, 4, 1, 2):
            self.rig.deliver(b"Subject: %d\r\n\r\nx" % age, age_s=age * DAY)
        self.phone.sync(self.inbox)
        collection = self.phone.sync(self.inbox, Element(AirSync.WindowSize, "2"))
        assert collection is not None
        self.assertTrue(collection.has(AirSync.MoreAvailable))
        subjects = [data.value(Email.Subject) for data in self.phone.items[self.inbox].values()]
        self.assertEqual(subjects, ["1", "2"])
        self.phone.settle(self.inbox, Element(AirSync.WindowSize, "2"))
        self.assertEqual(len(self.names()), 5)

    def test_mail_that_arrives_overtakes_the_listing(self) -> None:
        """A message that comes during the first sync is in the next answer."""
        for age in range(1, 6):
            self.rig.deliver(age_s=age * DAY)
        self.phone.sync(self.inbox)
        self.phone.sync(self.inbox, Element(AirSync.WindowSize, "2"))
        head = self.rig.deliver()
        self.phone.sync(self.inbox, Element(AirSync.WindowSize, "1"))
        self.assertIn(f"{self.inbox}:{head.item}", self.names())

    def test_nothing_new_is_an_empty_answer(self) -> None:
        """MS-ASCMD R667: without changes the answer has no body and the key stays."""
        self.rig.deliver()
        self.phone.prime(self.inbox)
        self.assertIsNone(self.phone.sync(self.inbox))
        self.assertIsNone(self.phone.answer)

    def test_a_repeated_request_gets_the_same_answer_and_key(self) -> None:
        """P2: what an answer that was lost said is said again, under the same key."""
        for _ in range(3):
            self.rig.deliver()
        self.phone.sync(self.inbox)
        lost = self.phone.sync(self.inbox, lose=True)
        again = self.phone.sync(self.inbox)
        self.assertEqual(lost, again)
        self.assertIsNone(self.phone.sync(self.inbox))

    def test_a_repeat_after_a_change_has_another_key(self) -> None:
        """Two answers that differ never carry the same key."""
        self.rig.deliver()
        self.phone.sync(self.inbox)
        lost = self.phone.sync(self.inbox, lose=True)
        self.rig.deliver()
        again = self.phone.sync(self.inbox)
        assert lost is not None
        assert again is not None
        self.assertNotEqual(lost.value(AirSync.SyncKey), again.value(AirSync.SyncKey))
        self.assertEqual(len(self.names()), 2)

    def test_an_unknown_key_is_refused(self) -> None:
        """MS-ASCMD R4424: a key that is neither current nor previous ends in status 3."""
        self.phone.prime(self.inbox)
        for key in ("nonsense", "a.b.c", "1"):
            self.phone.keys[self.inbox] = key
            collection = self.phone.sync(self.inbox)
            assert collection is not None
            self.assertEqual(collection.value(AirSync.Status), "3")

    def test_the_key_before_the_previous_is_refused(self) -> None:
        """Exactly two generations are kept."""
        self.rig.deliver()
        self.phone.sync(self.inbox)
        oldest = self.phone.keys[self.inbox]
        self.phone.sync(self.inbox)
        self.rig.deliver()
        self.phone.sync(self.inbox)
        self.phone.keys[self.inbox] = oldest
        collection = self.phone.sync(self.inbox)
        assert collection is not None
        self.assertEqual(collection.value(AirSync.Status), "3")

    def test_read_goes_up_and_does_not_come_back(self) -> None:
        """P2: a device is not told of its own change; a success goes without a word."""
        head = self.rig.deliver()
        self.phone.prime(self.inbox)
        name = f"{self.inbox}:{head.item}"
        collection = self.phone.sync(self.inbox, commands(change(name, Element(Email.Read, "1"))))
        assert collection is not None
        self.assertFalse(collection.has(AirSync.Responses))
        self.assertFalse(collection.has(AirSync.Commands))
        self.assertTrue(self.read_on_server(head.item))
        self.assertIsNone(self.phone.sync(self.inbox))

    def test_read_goes_up_without_changes_asked_for(self) -> None:
        """GetChanges 0: the device pushes first; the echo does not come with the later pull."""
        head = self.rig.deliver()
        self.phone.prime(self.inbox)
        self.rig.deliver()
        name = f"{self.inbox}:{head.item}"
        collection = self.phone.sync(
            self.inbox,
            Element(AirSync.GetChanges, "0"),
            commands(change(name, Element(Email.Read, "1"))),
        )
        assert collection is not None
        self.assertFalse(collection.has(AirSync.Commands))
        collection = self.phone.sync(self.inbox)
        assert collection is not None
        added = collection.find(AirSync.Commands)
        assert added is not None
        self.assertEqual([child.tag for child in added], [AirSync.Add])

    def test_the_same_change_on_another_device_comes_down_as_a_block(self) -> None:
        """MS-ASEMAIL R75, R76: only the changed block is sent."""
        head = self.rig.deliver()
        self.phone.prime(self.inbox)
        other = Phone(self.rig, device="phone2")
        other.prime(self.inbox)
        name = f"{self.inbox}:{head.item}"
        self.phone.sync(self.inbox, commands(change(name, Element(Email.Read, "1"))))
        collection = other.sync(self.inbox)
        assert collection is not None
        found = collection.find(AirSync.Commands)
        assert found is not None
        (told,) = found.children
        content = told.find(AirSync.ApplicationData)
        assert content is not None
        self.assertEqual([child.tag for child in content], [Email.Read])

    def test_two_devices_change_different_things_and_both_learn(self) -> None:
        """A device's own change does not hide what another changed on the same item."""
        head = self.rig.deliver()
        self.phone.prime(self.inbox)
        other = Phone(self.rig, device="phone2")
        other.prime(self.inbox)
        name = f"{self.inbox}:{head.item}"
        flag = Element(Email.Flag, [Element(Email.Status, "2"), Element(Email.FlagType, "x")])
        other.sync(self.inbox, commands(change(name, flag)))
        self.phone.sync(self.inbox, commands(change(name, Element(Email.Read, "1"))))
        content = self.phone.items[self.inbox][name].find(Email.Flag)
        assert content is not None
        self.assertEqual(content.value(Email.Status), "2")

    def test_the_server_wins_a_conflict(self) -> None:
        """MS-ASCMD R2066, R2069: the device's change is discarded with status 7."""
        head = self.rig.deliver()
        self.phone.prime(self.inbox)
        mailbox = self.rig.mailbox()
        now(mailbox.update(self.inbox, {head.item: MailPatch(categories=("red",))}))
        name = f"{self.inbox}:{head.item}"
        blue = Element(Email.Categories, [Element(Email.Category, "blue")])
        collection = self.phone.sync(self.inbox, commands(change(name, blue)))
        assert collection is not None
        responses = collection.find(AirSync.Responses)
        assert responses is not None
        self.assertEqual(responses.children[0].value(AirSync.Status), "7")
        held = self.phone.items[self.inbox][name].find(Email.Categories)
        assert held is not None
        self.assertEqual(held.value(Email.Category), "red")

    def test_a_delete_moves_to_the_trash(self) -> None:
        """MS-ASCMD R2158: DeletesAsMoves is the default."""
        head = self.rig.deliver()
        self.phone.prime(self.inbox)
        self.phone.prime(self.trash)
        name = f"{self.inbox}:{head.item}"
        self.phone.sync(self.inbox, commands(delete(name)))
        del self.phone.items[self.inbox][name]
        self.assertIsNone(self.phone.sync(self.inbox))
        self.phone.sync(self.trash)
        self.assertEqual(len(self.phone.items[self.trash]), 1)

    def test_a_delete_in_the_trash_is_for_good(self) -> None:
        """commands.md 4: deletes inside Deleted Items are permanent."""
        head = self.rig.deliver(folder=self.trash)
        self.phone.prime(self.trash)
        self.phone.sync(self.trash, commands(delete(f"{self.trash}:{head.item}")))
        token = now(self.rig.mailbox().token(self.trash))
        self.assertTrue(token)
        other = Phone(self.rig, device="phone2")
        other.prime(self.trash)
        self.assertEqual(other.items[self.trash], {})

    def test_a_delete_of_what_is_gone_succeeds(self) -> None:
        """client-quirks.md 9.9: a Delete of something already gone is a success."""
        head = self.rig.deliver()
        self.phone.prime(self.inbox)
        now(self.rig.mailbox().delete(self.inbox, [head.item]))
        collection = self.phone.sync(self.inbox, commands(delete(f"{self.inbox}:{head.item}")))
        assert collection is not None
        self.assertFalse(collection.has(AirSync.Responses))

    def test_a_change_of_what_is_gone_is_status_8(self) -> None:
        """MS-ASCMD: the target of a Change that is gone."""
        head = self.rig.deliver()
        self.phone.prime(self.inbox)
        now(self.rig.mailbox().delete(self.inbox, [head.item]))
        name = f"{self.inbox}:{head.item}"
        collection = self.phone.sync(self.inbox, commands(change(name, Element(Email.Read, "1"))))
        assert collection is not None
        responses = collection.find(AirSync.Responses)
        assert responses is not None
        self.assertEqual(responses.children[0].value(AirSync.Status), "8")

    def test_an_added_mail_is_refused(self) -> None:
        """MS-ASCMD R755: mail is not added through Sync; nothing is stored."""
        self.phone.prime(self.inbox)
        add = Element(
            AirSync.Add,
            [
                Element(AirSync.ClientId, "c1"),
                Element(AirSync.ApplicationData, [Element(Email.Subject, "x")]),
            ],
        )
        collection = self.phone.sync(self.inbox, commands(add))
        assert collection is not None
        responses = collection.find(AirSync.Responses)
        assert responses is not None
        self.assertEqual(responses.children[0].value(AirSync.Status), "6")
        self.assertEqual(responses.children[0].value(AirSync.ClientId), "c1")
        self.assertIsNone(self.phone.sync(self.inbox))

    def test_a_filter_takes_old_items_away_and_widening_brings_them_back(self) -> None:
        """MS-ASCMD R3064, R3967: what leaves the window goes by SoftDelete."""
        self.rig.deliver(age_s=10 * DAY)
        self.rig.deliver(age_s=1.5 * DAY)
        self.rig.deliver()
        self.phone.prime(self.inbox, options(filter_type=0))
        self.assertEqual(len(self.names()), 3)
        collection = self.phone.sync(self.inbox, options(filter_type=3))
        assert collection is not None
        found = collection.find(AirSync.Commands)
        assert found is not None
        self.assertEqual([child.tag for child in found], [AirSync.SoftDelete])
        self.phone.settle(self.inbox, options(filter_type=0))
        self.assertEqual(len(self.names()), 3)

    def test_options_stick_until_others_come(self) -> None:
        """MS-ASAIRS R157: options are remembered; a block replaces all of them."""
        self.rig.deliver(age_s=10 * DAY)
        self.phone.prime(self.inbox, options(filter_type=3))
        self.assertEqual(self.names(), [])
        self.assertIsNone(self.phone.sync(self.inbox))
        self.phone.settle(self.inbox, options(filter_type=0))
        self.assertEqual(len(self.names()), 1)

    def test_a_filter_that_is_not_for_mail_is_refused(self) -> None:
        """MS-ASCMD R3041: 6, 7 and 8 are no filters of mail."""
        self.phone.prime(self.inbox)
        answer = self.phone.post(
            "Sync",
            Element(
                AirSync.Sync,
                [
                    Element(
                        AirSync.Collections,
                        [self.phone.collection(self.inbox, options(filter_type=7))],
                    )
                ],
            ),
        )
        assert answer is not None
        self.assertEqual(answer.value(AirSync.Status), "4")

    def test_a_folder_that_is_not_there_is_status_12(self) -> None:
        """client-quirks.md 3.7: the hierarchy has changed, for the whole request."""
        from carbonio_mobile.ids import FolderId

        self.phone.sync(FolderId("4711"))
        assert self.phone.answer is not None
        self.assertEqual(self.phone.answer.value(AirSync.Status), "12")

    def test_a_fetch_answers_with_the_item(self) -> None:
        """Fetch always has an entry among the responses."""
        head = self.rig.deliver(b"Subject: s\r\n\r\nthe body")
        self.phone.prime(self.inbox)
        fetch = Element(AirSync.Fetch, [Element(AirSync.ServerId, f"{self.inbox}:{head.item}")])
        missing = Element(AirSync.Fetch, [Element(AirSync.ServerId, f"{self.inbox}:999")])
        collection = self.phone.sync(self.inbox, commands(fetch, missing))
        assert collection is not None
        responses = collection.find(AirSync.Responses)
        assert responses is not None
        good, bad = responses.children
        content = good.find(AirSync.ApplicationData)
        assert content is not None
        body = content.find(AirSyncBase.Body)
        assert body is not None
        self.assertEqual(body.value(AirSyncBase.Data, "").strip(), "the body")
        self.assertEqual(bad.value(AirSync.Status), "8")

    def test_an_empty_request_repeats_the_last(self) -> None:
        """MS-ASCMD R666: an empty body stands for the last complete request."""
        self.phone.prime(self.inbox)
        self.assertIsNone(self.phone.sync(self.inbox))
        self.rig.deliver()
        collection = self.phone.take(self.phone.post("Sync"))
        assert collection is not None
        self.assertEqual(len(self.names()), 1)

    def test_an_empty_request_after_an_answer_with_news_must_be_complete(self) -> None:
        """Whether the answer was lost, only the device can tell, by the key that it names."""
        self.phone.prime(self.inbox)
        self.phone.sync(self.inbox)
        self.rig.deliver()
        lost = self.phone.take(self.phone.post("Sync"), lose=True)
        self.assertIsNotNone(lost)
        answer = self.phone.post("Sync")
        assert answer is not None
        self.assertEqual(answer.value(AirSync.Status), "13")
        self.assertEqual(self.phone.sync(self.inbox), lost)

    def test_an_empty_first_request_is_status_13(self) -> None:
        """MS-ASCMD R4456: nothing is remembered."""
        answer = self.phone.post("Sync")
        assert answer is not None
        self.assertEqual(answer.value(AirSync.Status), "13")

    def test_collections_share_the_window_of_the_request(self) -> None:
        """MS-ASCMD R4773, R4782: the sum is capped; the rest waits for the next request."""
        for folder in (self.inbox, self.trash):
            self.phone.sync(folder)
            for _ in range(3):
                self.rig.deliver(folder=folder)
        request = Element(
            AirSync.Sync,
            [
                Element(
                    AirSync.Collections,
                    [self.phone.collection(self.inbox), self.phone.collection(self.trash)],
                ),
                Element(AirSync.WindowSize, "4"),
            ],
        )
        answer = self.phone.post("Sync", request)
        assert answer is not None
        listed = answer.find(AirSync.Collections)
        assert listed is not None
        counts = [len(found.children) if (found := c.find(AirSync.Commands)) else 0 for c in listed]
        self.assertEqual(counts, [3, 1])
        self.assertTrue(listed.children[1].has(AirSync.MoreAvailable))

    def test_a_small_byte_budget_still_tells_everything(self) -> None:
        """design.md 4: never more than a byte budget per response, and at least one item."""
        from dataclasses import replace

        from carbonio_mobile.testing.rig import BOUNDS

        self.rig = Rig(bounds=replace(BOUNDS, response_bytes=5_000))
        self.phone = Phone(self.rig)
        for _ in range(7):
            self.rig.deliver(b"Subject: s\r\n\r\n" + b"x" * 4_000)
        self.phone.sync(self.inbox)
        collection = self.phone.sync(self.inbox)
        assert collection is not None
        self.assertTrue(collection.has(AirSync.MoreAvailable))
        self.phone.settle(self.inbox)
        self.assertEqual(len(self.names()), 7)
        for _ in range(5):
            self.rig.deliver(b"Subject: s\r\n\r\n" + b"x" * 4_000)
        self.phone.settle(self.inbox)
        self.assertEqual(len(self.names()), 12)


class WaitingSyncTests(SynchronousTestCase):
    """Sync with HeartbeatInterval or Wait."""

    def setUp(self) -> None:
        self.rig = Rig()
        self.inbox = self.rig.folder(FolderKind.INBOX)
        self.phone = Phone(self.rig)
        self.phone.prime(self.inbox)

    def waiting(self, *content: Element) -> Element:
        return Element(
            AirSync.Sync,
            [Element(AirSync.Collections, [self.phone.collection(self.inbox)]), *content],
        )

    def test_an_arrival_ends_the_wait(self) -> None:
        """MS-ASCMD R5596: the answer comes as soon as something arrived."""
        waiting = self.rig.send("Sync", self.waiting(Element(AirSync.HeartbeatInterval, "600")))
        self.assertNoResult(waiting)
        self.rig.deliver()
        response = self.successResultOf(waiting)
        self.phone.take(decode(response.body))
        self.assertEqual(len(self.phone.items[self.inbox]), 1)

    def test_time_up_is_an_empty_answer(self) -> None:
        """MS-ASCMD R667."""
        waiting = self.rig.send("Sync", self.waiting(Element(AirSync.Wait, "1")))
        self.rig.clock.advance(59)
        self.assertNoResult(waiting)
        self.rig.clock.advance(2)
        self.assertEqual(self.successResultOf(waiting).body, b"")

    def test_a_newer_sync_takes_the_place_of_a_waiting_one(self) -> None:
        """http.md 9: the held request is superseded, and the newer one is answered."""
        request = self.waiting(Element(AirSync.HeartbeatInterval, "600"))
        first = self.rig.send("Sync", request)
        second = self.rig.send("Sync", request)
        self.assertEqual(self.successResultOf(first).body, b"")
        self.assertNoResult(second)
        self.rig.deliver()
        self.assertNotEqual(self.successResultOf(second).body, b"")

    def test_a_client_that_went_away_leaves_nothing_behind(self) -> None:
        """A cancelled request frees the device's turn and its watch."""
        waiting = self.rig.send("Sync", self.waiting(Element(AirSync.HeartbeatInterval, "600")))
        waiting.cancel()
        self.failureResultOf(waiting)
        self.assertEqual(self.rig.hub.waiting, 0)
        self.assertIsNone(self.phone.sync(self.inbox))


@pytest.mark.parametrize(
    ("element", "limit"),
    [
        (Element(AirSync.HeartbeatInterval, "10"), "60"),
        (Element(AirSync.HeartbeatInterval, "9999"), "3540"),
        (Element(AirSync.Wait, "99"), "59"),
        (Element(AirSync.Wait, "0"), "1"),
    ],
)
def test_a_wait_out_of_bounds_is_told_the_bound(element: Element, limit: str) -> None:
    """MS-ASCMD R3226 to R3230: status 14 and the nearest allowed value, in the device's unit."""
    rig = Rig()
    phone = Phone(rig)
    inbox = rig.folder(FolderKind.INBOX)
    request = Element(
        AirSync.Sync, [Element(AirSync.Collections, [phone.collection(inbox)]), element]
    )
    answer = phone.post("Sync", request)
    assert answer is not None
    assert answer.value(AirSync.Status) == "14"
    assert answer.value(AirSync.Limit) == limit

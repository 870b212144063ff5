"""Ping, from request to answer, over memory backends and a clock that stands still."""

import pytest
from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from carbonio_mobile.eas.http import HttpResponse
from carbonio_mobile.ids import OperationId
from carbonio_mobile.mime.mailitem import MailPatch
from carbonio_mobile.sync.folders import FolderKind
from carbonio_mobile.sync.ping import FRUITLESS_MAX, HOLD_S
from carbonio_mobile.testing.rig import Rig, now
from carbonio_mobile.wbxml import Element, decode
from carbonio_mobile.wbxml.codepages import Email, Ping
from tests.unit.commands import asking
from tests.unit.commands.checked import VERSIONS, CheckedPhone, check, checked_phone
from tests.unit.commands.phone import change, commands


class PingTests(SynchronousTestCase):
    """One device that watches the Inbox."""

    version = "14.1"

    def setUp(self) -> None:
        self.rig = Rig()
        self.inbox = self.rig.folder(FolderKind.INBOX)
        self.trash = self.rig.folder(FolderKind.TRASH)
        self.phone = CheckedPhone(self.rig, version=self.version)
        self.phone.folder_sync()
        self.phone.prime(self.inbox)

    def begin(self, document: Element | None, device: str = "phone1") -> "Deferred[HttpResponse]":
        return self.rig.send("Ping", document, version=self.version, device=device)

    def ended(self, waiting: "Deferred[HttpResponse]") -> Element:
        """Give the answer of a Ping that is over."""
        response = self.successResultOf(waiting)
        self.assertEqual(response.code, 200)
        answer = decode(response.body)
        check(answer, "Ping", self.version)
        return answer

    def status(self, document: Element | None) -> str:
        return self.ended(self.begin(document)).value(Ping.Status, "")

    def held(self, document: Element | None) -> str:
        """Give the status of a Ping that may be held for a moment."""
        waiting = self.begin(document)
        if not waiting.called:
            self.rig.clock.advance(HOLD_S)
        return self.ended(waiting).value(Ping.Status, "")

    def make_folder(self, name: str) -> None:
        mailbox = self.rig.mailbox()
        now(mailbox.create_folder(None, name, FolderKind.MAIL, operation=OperationId(name)))

    def test_time_up_is_status_1(self) -> None:
        """MS-ASCMD R4233: the interval passed and nothing came."""
        waiting = self.begin(asking.ping(60, self.inbox))
        self.rig.clock.advance(59)
        self.assertNoResult(waiting)
        self.rig.clock.advance(1)
        self.assertEqual(self.ended(waiting).value(Ping.Status), "1")
        self.assertEqual(self.rig.hub.waiting, 0)

    def test_an_arrival_is_status_2_with_the_folder(self) -> None:
        """MS-ASCMD R4235: the folders that have news are named, others are not."""
        waiting = self.begin(asking.ping(600, self.inbox, self.trash))
        self.rig.deliver()
        answer = self.ended(waiting)
        self.assertEqual(answer.value(Ping.Status), "2")
        folders = answer.find(Ping.Folders)
        assert folders is not None
        self.assertEqual([folder.text for folder in folders], [self.inbox])

    def test_an_arrival_elsewhere_does_not_wake(self) -> None:
        """Only the folders named are watched."""
        waiting = self.begin(asking.ping(600, self.inbox))
        self.rig.deliver(folder=self.trash)
        self.assertNoResult(waiting)
        waiting.cancel()
        self.failureResultOf(waiting)

    def test_a_change_does_not_wake(self) -> None:
        """MS-ASCMD R5597: modifications and deletions wait for the next arrival."""
        head = self.rig.deliver()
        self.phone.settle(self.inbox)
        waiting = self.begin(asking.ping(600, self.inbox))
        now(self.rig.mailbox().update(self.inbox, {head.item: MailPatch(read=True)}))
        self.rig.clock.advance(0)
        self.assertNoResult(waiting)
        self.rig.clock.advance(600)
        self.assertEqual(self.ended(waiting).value(Ping.Status), "1")

    def test_news_that_wait_already_are_told_at_once(self) -> None:
        """commands.md 6: a folder with changes that were not synced answers at once."""
        self.rig.deliver()
        self.assertEqual(self.status(asking.ping(600, self.inbox)), "2")

    def test_the_devices_own_change_is_no_news(self) -> None:
        """P2: what it pushed up itself is not reported to it."""
        head = self.rig.deliver()
        self.phone.settle(self.inbox)
        name = f"{self.inbox}:{head.item}"
        self.phone.sync(self.inbox, commands(change(name, Element(Email.Read, "1"))))
        waiting = self.begin(asking.ping(60, self.inbox))
        self.assertNoResult(waiting)
        self.rig.clock.advance(60)
        self.assertEqual(self.ended(waiting).value(Ping.Status), "1")

    def test_nothing_remembered_is_status_3(self) -> None:
        """MS-ASCMD R4239: the first Ping must give interval and folders."""
        for document in (None, asking.ping(60), asking.ping(None, self.inbox)):
            self.assertEqual(self.status(document), "3")

    def test_what_is_left_out_is_as_last_time(self) -> None:
        """MS-ASCMD R4241, R3151, R3152: interval, folders or all of it."""
        waiting = self.begin(asking.ping(60, self.inbox))
        self.rig.clock.advance(60)
        self.ended(waiting)
        for document, seconds in (
            (None, 60),
            (asking.ping(None, self.trash), 60),
            (asking.ping(90), 90),
        ):
            waiting = self.begin(document)
            self.rig.clock.advance(seconds - 1)
            self.assertNoResult(waiting)
            self.rig.clock.advance(1)
            self.assertEqual(self.ended(waiting).value(Ping.Status), "1")
        waiting = self.begin(None)
        self.rig.deliver(folder=self.trash)
        self.assertEqual(self.ended(waiting).value(Ping.Status), "2")

    def test_a_folder_named_twice_is_status_4(self) -> None:
        """MS-ASCMD R6699."""
        self.assertEqual(self.status(asking.ping(60, self.inbox, self.inbox)), "4")
        self.assertEqual(self.status(asking.folder_sync("0")), "4")

    def test_an_interval_out_of_bounds_is_status_5_with_the_bound(self) -> None:
        """MS-ASCMD R7493, R7494, R5690, R5691: the nearest allowed interval."""
        for seconds, bound in ((1, "60"), (3541, "3540"), (0, "60")):
            answer = self.ended(self.begin(asking.ping(seconds, self.inbox)))
            self.assertEqual(answer.value(Ping.Status), "5")
            self.assertEqual(answer.value(Ping.HeartbeatInterval), bound)

    def test_too_many_folders_is_status_6_with_the_bound(self) -> None:
        """MS-ASCMD R4253."""
        answer = self.ended(self.begin(asking.ping(60, *(str(n) for n in range(21)))))
        self.assertEqual(answer.value(Ping.Status), "6")
        self.assertEqual(answer.value(Ping.MaxFolders), "20")

    def test_a_hierarchy_that_changed_is_status_7(self) -> None:
        """MS-ASCMD R4256: before the Ping and while it waits; after FolderSync it waits again."""
        waiting = self.begin(asking.ping(600, self.inbox))
        self.make_folder("One")
        self.rig.clock.advance(0)
        self.assertEqual(self.ended(waiting).value(Ping.Status), "7")
        self.assertEqual(self.status(asking.ping(600, self.inbox)), "7")
        self.phone.folder_sync()
        waiting = self.begin(asking.ping(600, self.inbox))
        self.assertNoResult(waiting)
        waiting.cancel()
        self.failureResultOf(waiting)

    def test_a_folder_that_the_device_made_itself_is_no_news(self) -> None:
        """The device knows of its own folder; the Ping goes on."""
        made = asking.folder_create(self.phone.folder_key, "Mine")
        waiting = self.begin(asking.ping(600, self.inbox))
        self.phone.ask("FolderCreate", made)
        self.rig.clock.advance(0)
        self.assertNoResult(waiting)
        self.rig.clock.advance(600)
        self.assertEqual(self.ended(waiting).value(Ping.Status), "1")

    def test_a_folder_that_is_gone_is_status_7(self) -> None:
        """A watched folder that was deleted sends the device to FolderSync."""
        self.make_folder("One")
        self.phone.folder_sync()
        (folder,) = [f for f, name in self.phone.folders.items() if name == "One"]
        self.phone.prime(folder)
        now(self.rig.mailbox().delete_folder(folder))
        self.assertEqual(self.status(asking.ping(600, folder)), "7")

    def test_a_folder_reported_again_and_again_sends_the_device_to_folder_sync(self) -> None:
        """client-quirks.md 3.8: its Sync never comes; after some rounds status 7, once."""
        self.rig.deliver()
        statuses = [self.held(asking.ping(60, self.inbox)) for _ in range(FRUITLESS_MAX + 2)]
        self.assertEqual(statuses, ["2"] * FRUITLESS_MAX + ["7", "2"])

    def test_who_asks_again_without_a_sync_is_held_for_a_moment(self) -> None:
        """client-quirks 3.8: some ask every second; the first answer comes at once."""
        self.rig.deliver()
        self.assertEqual(self.status(asking.ping(60, self.inbox)), "2")
        waiting = self.begin(asking.ping(60, self.inbox))
        self.rig.clock.advance(HOLD_S - 0.5)
        self.assertNoResult(waiting)
        newer = self.begin(asking.ping(60, self.inbox))
        self.assertEqual(self.ended(waiting).value(Ping.Status), "1")
        self.rig.clock.advance(HOLD_S)
        self.assertEqual(self.ended(newer).value(Ping.Status), "2")
        self.phone.settle(self.inbox)
        self.rig.deliver()
        self.assertEqual(self.status(asking.ping(60, self.inbox)), "2")

    def test_who_ignores_status_7_is_held_until_its_folder_sync(self) -> None:
        """client-quirks 3.8: a folder came, and the device pings on."""
        self.make_folder("One")
        self.assertEqual(self.status(asking.ping(60, self.inbox)), "7")
        for _ in range(FRUITLESS_MAX + 2):
            self.assertEqual(self.held(asking.ping(60, self.inbox)), "7")
        self.phone.folder_sync()
        waiting = self.begin(asking.ping(60, self.inbox))
        self.assertNoResult(waiting)
        self.rig.clock.advance(60)
        self.assertEqual(self.ended(waiting).value(Ping.Status), "1")

    def test_a_sync_between_pings_starts_the_count_anew(self) -> None:
        """Reports that were followed up are no sign of trouble."""
        for _ in range(FRUITLESS_MAX + 2):
            self.rig.deliver()
            self.assertEqual(self.status(asking.ping(60, self.inbox)), "2")
            self.phone.settle(self.inbox)

    def test_a_newer_ping_takes_the_place_of_a_waiting_one(self) -> None:
        """http.md 9: the older request is answered, the newer one waits."""
        older = self.begin(asking.ping(600, self.inbox))
        newer = self.begin(asking.ping(600, self.inbox))
        self.assertEqual(self.ended(older).value(Ping.Status), "1")
        self.assertNoResult(newer)
        self.rig.deliver()
        self.assertEqual(self.ended(newer).value(Ping.Status), "2")

    def test_the_pings_of_two_devices_do_not_disturb_each_other(self) -> None:
        """P4: each device waits on its own."""
        mine = self.begin(asking.ping(600, self.inbox))
        theirs = self.begin(asking.ping(600, self.trash), device="phone2")
        self.rig.deliver()
        self.assertEqual(self.ended(mine).value(Ping.Status), "2")
        self.assertNoResult(theirs)
        theirs.cancel()
        self.failureResultOf(theirs)
        self.assertEqual(self.rig.hub.waiting, 0)

    def test_other_commands_go_on_while_a_ping_waits(self) -> None:
        """design.md 5: a parked request does not hold its device's turn."""
        waiting = self.begin(asking.ping(600, self.inbox))
        self.assertIsNone(self.phone.sync(self.inbox))
        self.assertNoResult(waiting)
        self.rig.deliver()
        self.assertEqual(self.ended(waiting).value(Ping.Status), "2")

    def test_a_folder_never_synced_wakes_on_arrivals(self) -> None:
        """Without a key there is nothing to compare with, but what comes is noticed."""
        waiting = self.begin(asking.ping(600, self.trash))
        self.assertNoResult(waiting)
        self.rig.deliver(folder=self.trash)
        self.assertEqual(self.ended(waiting).value(Ping.Status), "2")

    def test_ping_moves_no_key(self) -> None:
        """commands.md 6: the Sync that follows brings what was reported."""
        self.rig.deliver()
        self.status(asking.ping(60, self.inbox))
        self.phone.settle(self.inbox)
        self.assertEqual(len(self.phone.items[self.inbox]), 1)

    def test_a_client_that_went_away_leaves_nothing_behind(self) -> None:
        """A cancelled Ping frees its watch and its turn."""
        waiting = self.begin(asking.ping(600, self.inbox))
        waiting.cancel()
        self.failureResultOf(waiting)
        self.assertEqual(self.rig.hub.waiting, 0)
        self.assertIsNone(self.phone.sync(self.inbox))


@pytest.mark.parametrize("version", VERSIONS)
def test_ping_in_every_version(version: str) -> None:
    """MS-ASCMD R6277: the same command in all versions."""
    rig = Rig()
    inbox = rig.folder(FolderKind.INBOX)
    phone = checked_phone(rig, version)
    phone.folder_sync()
    phone.prime(inbox)
    rig.deliver()
    assert phone.ask("Ping", asking.ping(60, inbox)).value(Ping.Status) == "2"

"""The commands on devices, over a whole server in memory."""

from dataclasses import replace

import pytest
from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from carbonio_mobile.admin.answers import Lines, Listing, Said, Tree
from carbonio_mobile.admin.calling import AdminCall, AdminFault, Caller
from carbonio_mobile.admin.catalogue.devices import COMMANDS
from carbonio_mobile.admin.declaring import UsageFault, assign, read
from carbonio_mobile.admin.partnerships import Partnerships
from carbonio_mobile.admin.responders.devicechanges import DeviceChangeResponders
from carbonio_mobile.admin.responders.devices import PAGE, DeviceResponders
from carbonio_mobile.admin.responders.simulation import SimulationResponders
from carbonio_mobile.admin.simulating import Stage, filter_for
from carbonio_mobile.changes.turns import DeviceTurns
from carbonio_mobile.errors import NotFound
from carbonio_mobile.ids import AccountId, DeviceId, DeviceKey, ServerId
from carbonio_mobile.logs.activity import Activity
from carbonio_mobile.pipeline import Pipeline, ProvisioningRules
from carbonio_mobile.store.memory import MemoryStore
from carbonio_mobile.sync.device import Device, PolicyState, WipeKind, WipeState
from carbonio_mobile.sync.folders import FolderKind
from carbonio_mobile.sync.poison import PoisonList
from carbonio_mobile.testing.devices import rig_phone
from carbonio_mobile.testing.rig import NOW, Rig, now
from carbonio_mobile.wbxml import Element, Limits, decode
from carbonio_mobile.wbxml.codepages import AirSync, FolderHierarchy, Ping
from tests.unit.commands import asking

WHO = Caller(uid=1000, groups=frozenset(), pid=1, name="admin")
GONE = AccountId("0c5cbbd6-0000-4000-8000-000000000000")
MANAGED = PolicyState(key=7, provisioned_at=NOW - 60, acknowledged_version="14.1")


class DeviceCommands(SynchronousTestCase):
    """A server with its devices' commands; ``run`` types one."""

    rules = ProvisioningRules(required=False, refresh_s=0.0)

    def setUp(self) -> None:
        self.rig = Rig(rules=self.rules)
        self.store = self.rig.store
        self.activity = Activity(self.rig.clock.seconds)
        self.turns = DeviceTurns(queue_limit=10, clock=self.rig.clock.seconds)
        self.rig.pipeline = self.pipeline(self.rig.services, self.turns)
        self.progress: list[tuple[int, int, str]] = []
        self.stages: list[MemoryStore] = []
        partnerships = Partnerships(
            accounts=self.rig.accounts, devices=self.store, turns=self.turns
        )
        self.reading = DeviceResponders(
            partnerships=partnerships,
            devices=self.store,
            states=self.store,
            turns=self.turns,
            steady_clock=self.rig.clock.seconds,
            recent=self.activity.recent,
            remote_folders=lambda account: 3 if account == self.rig.account else 0,
        )
        changing = DeviceChangeResponders(
            partnerships=partnerships, devices=self.store, clock=self.rig.clock.seconds
        )
        simulating = SimulationResponders(
            partnerships=partnerships,
            devices=self.store,
            states=self.store,
            open_stage=self.open_stage,
            steady_clock=self.rig.clock.seconds,
            random_bytes=bytes,
        )
        self.responders = {
            **self.reading.responders(),
            **changing.responders(),
            **simulating.responders(),
        }

    def pipeline(self, services, turns) -> Pipeline:
        return Pipeline(
            accounts=self.rig.accounts,
            services=services,
            turns=turns,
            rules=self.rules,
            limits=Limits(),
            observe=self.activity.observe,
        )

    def open_stage(self) -> Stage:
        store = MemoryStore()
        self.stages.append(store)
        services = replace(self.rig.services, devices=store, states=store)
        pipeline = self.pipeline(services, DeviceTurns(queue_limit=10))
        return Stage(devices=store, states=store, respond_as=pipeline.respond_as)

    def run_line(self, line: str):
        """Type a command; gives its answer, the rows of long ones as a list."""
        words = line.split()
        command = next(one for one in COMMANDS if one.words[0].lower() == words[0].lower())
        call = AdminCall(
            command=command,
            values=read(command, assign(command, words[1:])),
            caller=WHO,
            tell=lambda one: self.progress.append((one.done, one.total, one.what)),
        )

        async def whole():
            answer = await self.responders[command.name](call)
            if isinstance(answer, Listing | Lines):
                return [row async for row in answer.rows]
            return answer

        return now(whole())

    def said(self, line: str) -> str:
        answer = self.run_line(line)
        assert isinstance(answer, Said)
        return answer.text

    def tree(self, line: str) -> dict:
        answer = self.run_line(line)
        assert isinstance(answer, Tree)
        return dict(answer.content)

    def key(self, device: str = "phone1", account: str | None = None) -> DeviceKey:
        return DeviceKey(AccountId(account or self.rig.account), DeviceId(device))

    def device(self, device: str = "phone1") -> Device | None:
        return now(self.store.device(self.key(device)))

    def known(self, device: str = "Phone1", *, account: str | None = None, **more) -> Device:
        """Let a device be known that never asked for anything."""
        made = Device(
            key=self.key(device.lower(), account),
            sent_id=device,
            kind="iPhone",
            version="14.1",
            first_seen=NOW - 100,
            last_seen=more.pop("last_seen", NOW - 50),
            **more,
        )
        now(self.store.save_device(made))
        return made

    def synced(self):
        """Let a phone sync its folders and a message."""
        self.rig.deliver()
        phone = rig_phone(self.rig)
        now(Deferred.fromCoroutine(phone.folder_sync()))
        now(Deferred.fromCoroutine(phone.settle(self.rig.folder(FolderKind.INBOX))))
        return phone


class CatalogueTests(DeviceCommands):
    """What is declared is what is answered."""

    def test_every_command_has_its_responder(self) -> None:
        """And no responder is without a command."""
        self.assertEqual({one.name for one in COMMANDS}, set(self.responders))

    def test_examples_can_be_typed(self) -> None:
        """Each example is read by its own declaration."""
        for command in COMMANDS:
            for example in command.examples:
                read(command, assign(command, example.split()[2:]))

    def test_wrong_input_is_refused(self) -> None:
        """It says what was expected."""
        for line in (
            "doRemoveDevice john@example.com",
            "doWipeDevice john@example.com phone1 confirm perhaps",
            "doPurgeMobileState retention-period 0",
            "doSimulateSync john@example.com new device_type nokia",
        ):
            with pytest.raises(UsageFault, match="expected"):
                self.run_line(line)


class ReadingTests(DeviceCommands):
    """Lists, and what is known of one device."""

    def test_all_devices_over_many_pages(self) -> None:
        """admin-panel.md 2: each once, the six keys that must be there with their types."""
        for number in range(2 * PAGE + 1):
            self.known(f"D{number:04}")
        rows = self.run_line("getAllDevices")
        self.assertEqual([f"D{number:04}" for number in range(2 * PAGE + 1)], ids(rows))
        first = rows[0]
        self.assertEqual(Rig.ADDRESS, first["accountEmail"])
        self.assertEqual((NOW - 100) * 1000, first["firstSeen"])
        self.assertEqual(("iPhone", 1), (first["deviceType"], first["status"]))
        self.assertEqual(first["accountName"], first["accountEmail"])

    def test_exactly_one_page(self) -> None:
        """A page that is full is not taken for the last, nor is an empty one shown."""
        for number in range(PAGE):
            self.known(f"D{number:04}")
        self.assertEqual(PAGE, len(self.run_line("getAllDevices verbose true")))

    def test_devices_of_some_domains(self) -> None:
        """Case does not count; devices of accounts that are gone are in no domain."""
        other = self.rig.accounts.add("ann@other.org", "x")
        self.known("a")
        self.known("b", account=other)
        self.known("c", account=GONE)
        self.assertEqual(["b"], ids(self.run_line("getAllDevices domains OTHER.org,no.net")))
        self.assertEqual({"a", "b", "c"}, set(ids(self.run_line("getAllDevices"))))

    def test_devices_of_an_account(self) -> None:
        """By address or id; an account that is gone by its id alone."""
        self.known("a")
        self.known("c", account=GONE)
        for name in (Rig.ADDRESS, self.rig.account):
            self.assertEqual(["a"], ids(self.run_line(f"getDeviceList {name}")))
        self.assertEqual(["c"], ids(self.run_line(f"getDeviceList {GONE.upper()}")))
        with pytest.raises(NotFound, match=r"nobody@example\.com"):
            self.run_line("getDeviceList nobody@example.com")

    def test_a_device_that_is_not_there(self) -> None:
        """The message names those that are."""
        self.known("Phone1")
        with pytest.raises(NotFound, match=r"no device 'phone2'; it has phone1"):
            self.run_line("getDeviceInfo john@example.com phone2")

    def test_what_a_device_said_of_itself(self) -> None:
        """The keys of admin-panel.md 2, as far as the device told."""
        self.known(information=(("Model", "X"), ("IMEI", "12"), ("PhoneNumber", "")))
        told = self.tree("getDeviceInfo john@example.com PHONE1")
        self.assertEqual(("X", "12"), (told["model"], told["imei"]))
        self.assertNotIn("phoneNumber", told)
        self.assertNotIn("hasMobilePassword", told)

    def test_statistics_count_what_is_held(self) -> None:
        """By class, with the items that it got only a stand-in for."""
        self.synced()
        spoilt = PoisonList("1")
        spoilt.add(ServerId.parse("2:7"), "broken")
        now(self.store.commit(self.key(), {"poison": spoilt.to_text()}))
        told = self.tree("getDeviceStatistics john@example.com phone1")
        self.assertEqual((1, 0, 1), (told["numEmails"], told["numContacts"], told["numBadItems"]))
        self.assertEqual(3, told["numRemoteFolders"])

    def test_a_parked_ping_is_told(self) -> None:
        """What the device does now, what it did, what it holds, and that nothing is wrong."""
        phone = self.synced()
        inbox = self.rig.folder(FolderKind.INBOX)
        waiting = Deferred.fromCoroutine(phone.ping([inbox], heartbeat_s=600))
        self.rig.clock.advance(30)
        told = self.tree("getDeviceInfo john@example.com phone1 verbose true")
        self.assertEqual(
            [{"command": "Ping", "state": "waits for changes in 1 folders for 30 s"}],
            told["doingNow"],
        )
        self.assertEqual(
            ("Sync", 200), (told["lastCommands"][0]["command"], told["lastCommands"][0]["code"])
        )
        self.assertIn(("Inbox", 1), [(one["folder"], one["items"]) for one in told["folders"]])
        self.assertEqual("nothing keeps it from syncing", told["access"])
        self.assertEqual((600, True), (told["lastPingTimeoutSecs"], told["isOnline"]))
        self.assertEqual("none", told["poisonItems"])
        self.turns.wake(self.key())
        self.rig.clock.advance(0)
        self.successResultOf(waiting)

    def test_states_that_cannot_be_read(self) -> None:
        """They are passed over: an administrator who looks for a fault must not meet another."""
        self.known()
        broken = {"collection:5": "{", "hierarchy": "[]", "ping": "x", "poison": "3"}
        now(self.store.commit(self.key(), broken))
        told = self.tree("getDeviceInfo john@example.com phone1 verbose true")
        self.assertEqual("none synced", told["folders"])
        self.run_line("getDeviceStatistics john@example.com phone1")

    def test_orders_are_told_in_words(self) -> None:
        """Why a device is kept out stands in its record, and its status is 0."""
        device = self.known(policy=MANAGED)
        now(self.store.suspend(device.key, NOW))
        now(self.store.save_wipe(device.key, WipeState(kind=WipeKind.FULL, requested_at=NOW)))
        told = self.tree("getDeviceInfo john@example.com phone1 verbose true")
        self.assertEqual(0, told["status"])
        self.assertIn("2027-01-15 08:00:00Z", told["access"]["suspended"])
        self.assertIn("not come for it yet", told["access"]["wipe"])
        self.assertIn("acknowledged in full", told["policy"])
        (row,) = self.run_line("getAllDevices verbose true")
        self.assertIn("full wipe", row["wipe"])

    def test_the_last_refusal_is_told(self) -> None:
        """The account may not sync: the device was told so."""
        self.known()
        self.rig.accounts.set_attributes(self.rig.account, zimbraFeatureMobileSyncEnabled="FALSE")
        now(self.rig.send("FolderSync", asking.folder_sync("0"), device="Phone1"))
        told = self.tree("getDeviceInfo john@example.com phone1 verbose true")
        self.assertIn("may not use ActiveSync", told["access"]["lastRefusal"])


class ChangeTests(DeviceCommands):
    """Orders, and what a device in use makes of them."""

    def parked(self) -> "Deferred":
        """Let phone1 park a Ping."""
        phone = self.synced()
        inbox = self.rig.folder(FolderKind.INBOX)
        self.state = phone.state
        waiting = self.rig.send("Ping", asking.ping(600, inbox))
        self.assertNoResult(waiting)
        return waiting

    def test_a_reset_wakes_and_starts_the_device_over(self) -> None:
        """A parked Ping ends; the next keys are unknown; the record stays."""
        waiting = self.parked()
        self.assertIn("phone1", self.said("doResetDevice john@example.com phone1"))
        self.rig.clock.advance(0)
        answer = decode(self.successResultOf(waiting).body)
        self.assertEqual("1", answer.value(Ping.Status))
        self.assertEqual([], now(self.store.document_names(self.key())))
        self.assertIsNotNone(self.device())
        answer = self.rig.post("FolderSync", asking.folder_sync(self.state.folder_key))
        assert answer is not None
        self.assertEqual("9", answer.value(FolderHierarchy.Status))

    def test_a_waiting_sync_writes_nothing_back(self) -> None:
        """It ends as superseded, and the state stays dropped."""
        phone = self.synced()
        inbox = self.rig.folder(FolderKind.INBOX)
        key = phone.state.collections[inbox].key
        named = [Element(AirSync.SyncKey, key), Element(AirSync.CollectionId, inbox)]
        request = asking.sync(
            Element(AirSync.Collection, named), wait=Element(AirSync.HeartbeatInterval, "600")
        )
        waiting = self.rig.send("Sync", request)
        self.assertNoResult(waiting)
        self.said("doResetAccount john@example.com")
        self.rig.clock.advance(0)
        self.assertEqual(200, self.successResultOf(waiting).code)
        self.assertEqual([], now(self.store.document_names(self.key())))

    def test_a_change_waits_for_the_request_under_way(self) -> None:
        """What the request stores when it ends is gone as well."""
        self.known()
        turn = now(self.turns.begin(self.key(), command="Sync"))
        command = next(one for one in COMMANDS if one.words[0] == "doRemoveDevice")
        values = read(command, assign(command, ["john@example.com", "phone1"]))
        call = AdminCall(command=command, values=values, caller=WHO)
        removing = Deferred.fromCoroutine(self.responders[command.name](call))
        self.assertNoResult(removing)
        self.known(last_seen=NOW)
        now(self.store.commit(self.key(), {"x": "1"}))
        turn.finish()
        self.successResultOf(removing)
        self.assertIsNone(self.device())
        self.assertEqual([], now(self.store.document_names(self.key())))

    def test_reset_of_all(self) -> None:
        """It is the default, counts them, and an account without devices is no fault."""
        self.assertEqual(
            "0 devices of john@example.com reset", self.said("doResetDevice john@example.com")
        )
        self.known("a")
        self.assertEqual(
            "1 device of john@example.com reset",
            self.said("doResetDevice john@example.com device_id ALL"),
        )
        self.known("b")
        self.assertEqual(
            "2 devices of john@example.com reset", self.said("doResetAccount john@example.com")
        )

    def test_suspend_and_resume(self) -> None:
        """Said twice it changes nothing; resuming without a device is for all."""
        self.known()
        self.assertEqual(
            "device Phone1 of john@example.com suspended",
            self.said("doSuspendDeviceSync john@example.com phone1"),
        )
        self.assertEqual(NOW, self.device().suspended_at)
        self.rig.clock.advance(5)
        self.assertIn("already", self.said("doSuspendDeviceSync john@example.com phone1"))
        self.assertEqual(NOW, self.device().suspended_at)
        self.assertEqual(
            "1 device of john@example.com resumed", self.said("doResumeDeviceSync john@example.com")
        )
        self.assertEqual(0.0, self.device().suspended_at)
        self.assertIn("was not suspended", self.said("doResumeDeviceSync john@example.com phone1"))

    def test_a_suspended_ping_ends_and_its_next_request_is_refused(self) -> None:
        """MS-ASHTTP R287: 503 with Retry-After for whatever it asks; resumed, it goes on."""
        waiting = self.parked()
        self.said("doSuspendDeviceSync john@example.com phone1")
        self.rig.clock.advance(0)
        self.assertEqual(200, self.successResultOf(waiting).code)
        folders = asking.folder_sync(self.state.folder_key)
        refused = now(self.rig.send("FolderSync", folders))
        self.assertEqual((503, "600"), (refused.code, dict(refused.headers)["Retry-After"]))
        self.said("doResumeDeviceSync john@example.com")
        answer = self.rig.post("FolderSync", folders)
        assert answer is not None
        self.assertEqual("1", answer.value(FolderHierarchy.Status))

    def test_a_wipe_wants_to_be_confirmed(self) -> None:
        """mdm.md 3: without confirm nothing is wiped; what would be done is told."""
        self.known(policy=MANAGED)
        for line in ("", " confirm false", " account_only false confirm FALSE"):
            text = self.said(f"doWipeDevice john@example.com phone1{line}")
            self.assertIn("nothing was changed", text)
            self.assertIn("confirm true", text)
            self.assertIsNone(self.device().wipe)
        self.assertIn("ordered", self.said("doWipeDevice john@example.com phone1 confirm TRUE"))
        order = self.device().wipe
        self.assertEqual(
            (WipeKind.FULL, NOW, "admin"), (order.kind, order.requested_at, order.requested_by)
        )

    def test_a_wipe_that_cannot_be(self) -> None:
        """mdm.md 3: account-only below 16.1 is refused, not widened; so is an unmanaged device."""
        self.known()
        with pytest.raises(AdminFault, match=r"16\.1"):
            self.said("doWipeDevice john@example.com phone1 confirm true account_only true")
        with pytest.raises(AdminFault, match="acknowledged a policy"):
            self.said("doWipeDevice john@example.com phone1")
        self.assertIsNone(self.device().wipe)

    def test_an_order_is_withdrawn(self) -> None:
        """The device provisions anew; a device under an order is not forgotten."""
        self.known(policy=MANAGED)
        self.said("doWipeDevice john@example.com phone1 confirm true")
        with pytest.raises(AdminFault, match=r"doCancelWipe john@example\.com Phone1"):
            self.said("doRemoveDevice john@example.com phone1")
        self.assertIn("withdrawn", self.said("doCancelWipe john@example.com phone1"))
        self.assertEqual((None, 0), (self.device().wipe, self.device().policy.key))
        self.assertIn("no order", self.said("doCancelWipe john@example.com phone1"))
        self.assertIn("removed", self.said("doRemoveDevice john@example.com phone1"))
        self.assertIsNone(self.device())

    def test_devices_of_a_gone_account_are_removed(self) -> None:
        """admin-panel.md 4: what a restored account left is cleaned by UUID."""
        self.known(account=GONE)
        self.said(f"doRemoveDevice {GONE} phone1")
        self.assertEqual([], self.run_line("getAllDevices"))

    def test_purge(self) -> None:
        """Devices that were not seen for so long go; progress is told."""
        day = 86_400.0
        for number in range(250):
            self.known(f"old{number}", last_seen=NOW - 91 * day)
        self.known("new", last_seen=NOW - 89 * day)
        self.assertIn("250 devices not seen for 90 days", self.said("doPurgeMobileState"))
        self.assertEqual(["new"], ids(self.run_line("getAllDevices")))
        self.assertEqual([(200, 250), (250, 250), (250, 250)], [one[:2] for one in self.progress])
        self.assertIn("1 devices", self.said("doPurgeMobileState retention-period 30"))

    def test_what_needs_no_doing(self) -> None:
        """The two are answered, and change nothing."""
        for line in ("createStateIndex", "dbMigrate"):
            self.assertIn("nothing to do", self.said(line))


class SimulationTests(DeviceCommands):
    """A sync inside the server."""

    def mailbox(self):
        folder = self.rig.folder(FolderKind.INBOX)
        return now(self.rig.mailbox().token(folder)), now(self.rig.mailbox().hierarchy_token())

    def test_a_new_device(self) -> None:
        """Each step is told; neither mailbox nor store of devices changes."""
        self.rig.deliver()
        self.rig.deliver(age_s=10 * 86_400)
        before = self.mailbox()
        lines = self.run_line("doSimulateSync john@example.com new")
        self.assertIn("FolderSync", lines[0])
        self.assertTrue(any("Inbox: 2 items (2 Add)" in one for one in lines), lines)
        self.assertIn("2 items", lines[-1])
        self.assertNotIn("ended", "".join(lines))
        self.assertEqual(before, self.mailbox())
        self.assertEqual([], self.run_line("getAllDevices"))
        lines = self.run_line("doSimulateSync john@example.com new days 2 device_type android")
        self.assertTrue(any("Inbox: 1 items (1 Add)" in one for one in lines), lines)

    def test_a_known_device_goes_on(self) -> None:
        """Its double is told what came since; the device itself still waits for that."""
        phone = self.synced()
        self.rig.deliver()
        inbox = self.rig.folder(FolderKind.INBOX)
        stored = now(self.store.load(self.key(), [f"collection:{inbox}"]))
        lines = self.run_line("doSimulateSync john@example.com phone1")
        self.assertTrue(any("Inbox: 1 items (1 Add)" in one for one in lines), lines)
        lines = self.run_line("doSimulateSync john@example.com phone1 initial true")
        self.assertTrue(any("Inbox: 2 items (2 Add)" in one for one in lines), lines)
        self.assertEqual(stored, now(self.store.load(self.key(), [f"collection:{inbox}"])))
        now(Deferred.fromCoroutine(phone.settle(inbox)))
        self.assertEqual(2, len(phone.items(inbox)))

    def test_many_items_come_in_rounds(self) -> None:
        """More is asked for until there is no more."""
        for _ in range(250):
            self.rig.deliver()
        lines = self.run_line("doSimulateSync john@example.com new")
        self.assertEqual(3, sum("Inbox: " in one and "items" in one for one in lines))
        self.assertIn("250 items", lines[-1])

    def test_a_refusal_ends_it(self) -> None:
        """It is told, and what was done until then."""
        self.rig.accounts.set_attributes(self.rig.account, zimbraFeatureMobileSyncEnabled="FALSE")
        lines = self.run_line("doSimulateSync john@example.com new")
        self.assertIn("refused with status 126", lines[0])

    def test_filters(self) -> None:
        """The days are rounded up to what devices can ask for; beyond half a year it is all."""
        days = (0, 1, 2, 3, 7, 8, 30, 60, 184, 185)
        self.assertEqual([0, 1, 2, 2, 3, 4, 5, 6, 7, 0], [filter_for(each) for each in days])


class StrictSimulationTests(DeviceCommands):
    """Where devices must provision, the simulated one does."""

    rules = ProvisioningRules(required=True, refresh_s=0.0)

    def test_it_provisions(self) -> None:
        """In both phases, and the folders come after."""
        lines = self.run_line("doSimulateSync john@example.com new")
        text = "\n".join(lines)
        for step in ("policy demanded", "policy fetched", "policy acknowledged", "folders"):
            self.assertIn(step, text)
        self.assertNotIn("ended", text)


def ids(rows) -> list[str]:
    return [row["deviceId"] for row in rows]

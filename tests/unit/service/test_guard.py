"""The guard at the limit of devices: who is refused, who takes whose place, who is told.

Spec: ../shared/protocol/client-quirks.md 4.1 (a new id is no new device in limits), 10.6.
"""

from dataclasses import replace

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from carbonio_mobile.admin.abqservice import AbqService
from carbonio_mobile.admin.partnerships import Partnerships
from carbonio_mobile.changes.turns import DeviceTurns
from carbonio_mobile.commands.acquaintance import PROBE_DEVICE
from carbonio_mobile.eas.refusal import Reason
from carbonio_mobile.errors import NotFound
from carbonio_mobile.ids import DeviceId, DeviceKey
from carbonio_mobile.pipeline import Pipeline, ProvisioningRules
from carbonio_mobile.policy.devicelimit import MAX_DEVICES, REPLACED_AFTER_S
from carbonio_mobile.policy.dos import DosFilter, DosSettings
from carbonio_mobile.policy.notices import NoticeKind
from carbonio_mobile.service.guard import HouseGuard
from carbonio_mobile.store.memory import MemoryStore
from carbonio_mobile.store.memoryabq import MemoryAbq
from carbonio_mobile.store.memorymarks import MemoryMarks
from carbonio_mobile.sync.device import Device, WipeKind, WipeState
from carbonio_mobile.testing.rig import NOW, Rig
from carbonio_mobile.wbxml import Element, Limits
from carbonio_mobile.wbxml.codepages import FolderHierarchy

OUTLOOK = "Outlook/16.0 (16.0.17628.20110; C2R; x64)"


class Told:
    """Notices, kept in a list."""

    def __init__(self) -> None:
        self.told: list[tuple[NoticeKind, str, str, str]] = []

    async def notify(self, kind: NoticeKind, subject: str, text: str, *, domain: str = "") -> None:
        self.told.append((kind, subject, text, domain))


class DeviceLimitTests(SynchronousTestCase):
    """An account that may have two devices, and has them."""

    def setUp(self) -> None:
        rig = Rig()
        self.store = MemoryStore()
        self.notices = Told()
        self.now = NOW
        turns = DeviceTurns(queue_limit=10, clock=rig.clock.seconds)
        self.partnerships = Partnerships(accounts=rig.accounts, devices=self.store, turns=turns)
        found = self.successResultOf(Deferred.fromCoroutine(rig.accounts.account(rig.account)))
        attributes = {**found.attributes, MAX_DEVICES.lower(): ("2",)}
        self.account = replace(found, attributes=attributes)
        self.guard = HouseGuard(
            dos=DosFilter(DosSettings()),
            abq=AbqService(
                store=MemoryAbq(),
                accounts=rig.accounts,
                notices=self.notices,
                marks=MemoryMarks(),
                reset=self.partnerships.reset,
                clock=lambda: self.now,
                background=Deferred.fromCoroutine,
            ),
            devices=self.store,
            configuration=None,
            notices=self.notices,
            dummy=None,
            background=Deferred.fromCoroutine,
            steady_clock=lambda: self.now,
            clock=lambda: self.now,
            remove=self.partnerships.remove,
        )

    def device(self, name: str, **facts: object) -> Device:
        said = {"kind": "Android", "user_agent": "Android/14", "last_seen": self.now, **facts}
        key = DeviceKey(self.account.id, DeviceId(name))
        return Device(key=key, sent_id=name, **said)

    def has(self, *devices: Device) -> None:
        for device in devices:
            self.wait(self.store.save_device(device))
            if device.wipe:
                self.wait(self.store.save_wipe(device.key, device.wipe))
            if device.suspended_at:
                self.wait(self.store.suspend(device.key, device.suspended_at))

    def wait(self, work):
        return self.successResultOf(Deferred.fromCoroutine(work))

    def welcome(self, new: Device) -> Reason | None:
        return self.wait(self.guard.newcomer(self.account, new))

    def names(self) -> set[str]:
        return {one.key.device for one in self.wait(self.store.devices(self.account.id))}

    def test_below_the_limit_everybody_comes_in(self) -> None:
        """Nobody is asked and nobody is told."""
        self.has(self.device("one"))
        assert self.welcome(self.device("two")) is None
        assert (self.names(), self.notices.told) == ({"one"}, [])

    def test_a_stranger_is_refused_and_told_of_once_a_day(self) -> None:
        """The notice names the device, those that the account has, and what makes room."""
        self.has(self.device("one"), self.device("two"))
        for _ in range(3):
            assert self.welcome(self.device("new")) is Reason.TOO_MANY_DEVICES
        ((kind, subject, text, domain),) = self.notices.told
        assert (kind, domain) == (NoticeKind.SERVER, self.account.domain)
        assert self.account.name in subject
        for part in ("new (Android, Android/14)", "one (", "two (", "doRemoveDevice", MAX_DEVICES):
            assert part in text
        self.now += 86_400
        assert self.welcome(self.device("new")) is Reason.TOO_MANY_DEVICES
        assert len(self.notices.told) == 2

    def test_the_longest_silent_of_its_kind_gives_its_place(self) -> None:
        """Neither one that is in use, nor of another type or program, nor one under an order."""
        long_ago = self.now - REPLACED_AFTER_S
        wipe = WipeState(kind=WipeKind.FULL, requested_at=1.0)
        self.has(
            self.device("in-use"),
            self.device("nearly", last_seen=long_ago + 1),
            self.device("other-type", kind="iPhone", last_seen=1.0),
            self.device("other-program", user_agent="Android/13", last_seen=1.0),
            self.device("suspended", last_seen=1.0, suspended_at=5.0),
            self.device("to-wipe", last_seen=1.0, wipe=wipe),
        )
        stay = self.names()
        assert self.welcome(self.device("new")) is Reason.TOO_MANY_DEVICES
        self.has(
            self.device("silent", last_seen=long_ago),
            self.device("longest", last_seen=long_ago - 1),
        )
        assert self.welcome(self.device("new")) is None
        assert self.names() == stay | {"silent"}

    def test_a_changed_id_is_no_device_more(self) -> None:
        """client-quirks 4.1: its record stays, to be carried over; another address is not."""
        said = {"kind": "WindowsOutlook15", "user_agent": OUTLOOK, "peer": "10.0.0.7"}
        self.has(self.device("a" * 32, **said), self.device("phone"))
        new = self.device("b" * 32, **said)
        assert self.welcome(new) is None
        assert self.names() == {"a" * 32, "phone"}
        assert self.welcome(replace(new, peer="10.0.0.8")) is Reason.TOO_MANY_DEVICES

    def test_a_test_of_the_login_is_no_device(self) -> None:
        """client-quirks 1.2: nothing is kept of it, so it takes no place."""
        self.has(self.device("one"), self.device("two"))
        assert self.welcome(self.device(PROBE_DEVICE)) is None
        assert self.notices.told == []

    def test_administrators_who_ask_for_a_refused_device_learn_why(self) -> None:
        """There is no record of it to show."""
        self.has(self.device("one"), self.device("two"))
        owner = self.wait(self.partnerships.owner_of(self.account.id))
        looked = Deferred.fromCoroutine(
            self.partnerships.device(replace(owner, account=self.account), "new")
        )
        text = str(self.failureResultOf(looked, NotFound).value)
        assert f"{MAX_DEVICES} 2" in text
        assert "doRemoveDevice" in text

    def test_requests_of_an_outlook_that_changes_its_id(self) -> None:
        """client-quirks 4.1: at the limit as below it; its old record is carried over."""
        rig = Rig(rules=ProvisioningRules(required=False, refresh_s=0.0))
        self.store = self.guard._devices = rig.store
        rig.accounts.set_attributes(rig.account, **{MAX_DEVICES: "2"})
        rig.pipeline = Pipeline(
            accounts=rig.accounts,
            services=rig.services,
            turns=DeviceTurns(queue_limit=10),
            rules=ProvisioningRules(required=False, refresh_s=0.0),
            limits=Limits(),
            observe=rig.served.append,
            guard=self.guard,
        )
        key = Element(FolderHierarchy.SyncKey, "0")
        document = Element(FolderHierarchy.FolderSync, [key])

        def asked(device: str, kind: str, agent: str) -> int:
            request = rig.send(
                "FolderSync",
                document,
                device=f"{device}&DeviceType={kind}",
                headers={"user-agent": agent},
            )
            return self.successResultOf(request).code

        for device in ("a" * 32, "b" * 32, "c" * 32):
            assert asked(device, "WindowsOutlook15", OUTLOOK) == 200
        assert asked("phone", "Android", "Android/14") == 200
        assert asked("d" * 32, "WindowsOutlook15", OUTLOOK) == 200
        asked("tablet", "Android", "Android/14")
        assert rig.served[-1].refused is Reason.TOO_MANY_DEVICES
        assert self.wait(rig.store.count(rig.account)) == 2

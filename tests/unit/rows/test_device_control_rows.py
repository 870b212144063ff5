"""What administrators decide of devices and accounts, as phones of each version are told of it.

The gates stand in the real pipeline; the guard of these tests says yes or no as it is told.
"""

from dataclasses import replace

import pytest

from carbonio_mobile.changes.turns import DeviceTurns
from carbonio_mobile.commands.context import Call
from carbonio_mobile.commands.table import COMMANDS
from carbonio_mobile.directory.accounts import Account
from carbonio_mobile.eas.http import HttpResponse
from carbonio_mobile.eas.refusal import Reason
from carbonio_mobile.eas.version import Version
from carbonio_mobile.errors import Corrupt
from carbonio_mobile.ids import DeviceKey
from carbonio_mobile.mailbox.dummy import DummyMailbox
from carbonio_mobile.pipeline import Pipeline, ProvisioningRules
from carbonio_mobile.pipeline.guard import (
    DIVERTED_COMMANDS,
    OWN_MAILBOX,
    Admission,
    Barred,
    OpenGuard,
)
from carbonio_mobile.policy.abq import AbqStatus
from carbonio_mobile.policy.abqmessages import GLOBAL, MessageKey, built_in
from carbonio_mobile.sync.device import Device
from carbonio_mobile.testing.rig import NOW, Rig, now
from carbonio_mobile.wbxml import Limits, decode
from tests.unit.commands import asking
from tests.unit.commands.checked import ALL_VERSIONS, CheckedPhone, check

UP_TO_12_1 = ("2.5", "12.0", "12.1")
SINCE_14 = ("14.0", "14.1", "16.0", "16.1")


class Gatekeeper(OpenGuard):
    """Refuses newcomers, jails, diverts: whatever is set."""

    def __init__(self) -> None:
        self.is_full = False
        self.jail_s = 0.0
        self.dummy: DummyMailbox | None = None

    def proven(self, _peer: str, _claimed: str, _key: DeviceKey, _name: str) -> Barred | None:
        """See :meth:`Guard.proven`."""
        return Barred(reason=Reason.JAILED, wait_s=self.jail_s) if self.jail_s else None

    async def newcomer(self, _account: Account, _new: Device) -> Reason | None:
        """See :meth:`Guard.newcomer`."""
        return Reason.TOO_MANY_DEVICES if self.is_full else None

    async def admit(self, _account: Account, _device: Device) -> Admission:
        """See :meth:`Guard.admit`."""
        return OWN_MAILBOX if self.dummy is None else Admission(mailbox=self.dummy)


class House:
    """A rig with such a guard. ``offered`` are the versions that the filters leave, None: all."""

    def __init__(self) -> None:
        self.rig = Rig()
        self.guard = Gatekeeper()
        self.offered: tuple[Version, ...] | None = None
        self.rig.pipeline = Pipeline(
            accounts=self.rig.accounts,
            services=self.rig.services,
            turns=DeviceTurns(queue_limit=10),
            rules=ProvisioningRules(required=False, refresh_s=0.0),
            limits=Limits(),
            observe=self.rig.served.append,
            guard=self.guard,
            offer=self._offer,
        )

    def _offer(self, _account: Account, _device: Device | None) -> tuple[Version, ...]:
        return tuple(Version) if self.offered is None else self.offered

    def folders(self, version: str, device: str = "phone1") -> HttpResponse:
        """Ask for the folders."""
        document = asking.folder_sync("0")
        return now(self.rig.send("FolderSync", document, version=version, device=device))


def status_of(response: HttpResponse, command: str, version: str) -> str:
    """Give the status of an answer that says nothing else."""
    assert response.code == 200
    answer = decode(response.body)
    check(answer, command, version)
    (status,) = answer.children
    assert status.tag.name == "Status"
    return status.string


@pytest.mark.parametrize("version", ALL_VERSIONS)
def test_one_device_too_many(version: str) -> None:
    """MS-ASCMD R4977, R4980: 177, in HTTP 403, for a newcomer; nothing is written down of it.

    Devices that are known go on.
    """
    house = House()
    assert house.folders(version).code == 200
    house.guard.is_full = True
    assert house.folders(version).code == 200
    refused = house.folders(version, "phone2")
    if version in SINCE_14:
        assert status_of(refused, "FolderSync", version) == "177"
    else:
        assert refused.code == 403
    known = now(house.rig.store.devices(house.rig.account))
    assert [one.key.device for one in known] == ["phone1"]


@pytest.mark.parametrize("version", UP_TO_12_1)
def test_an_account_without_activesync(version: str) -> None:
    """MS-ASHTTP R180: 403, from the next request on."""
    house = House()
    assert house.folders(version).code == 200
    rig = house.rig
    rig.accounts.set_attributes(rig.account, zimbraFeatureMobileSyncEnabled="FALSE")
    assert house.folders(version).code == 403


@pytest.mark.parametrize("version", ALL_VERSIONS)
def test_what_nobody_expected(version: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """MS-ASHTTP R184: a mailbox that is broken is 500, from 14.0 on a status in its place."""
    house = House()

    async def broken(_call: Call) -> object:
        raise Corrupt("the test broke it")

    command = replace(COMMANDS["FolderSync"], respond=broken)
    monkeypatch.setitem(COMMANDS, "FolderSync", command)
    refused = house.folders(version)
    if version in SINCE_14:
        assert status_of(refused, "FolderSync", version) == "110"
    else:
        assert refused.code == 500


@pytest.mark.parametrize("version", SINCE_14)
def test_a_version_that_the_filters_took_away(version: str) -> None:
    """MS-ASCMD R4897: 138, with what is left; in that the device goes on."""
    house = House()
    assert house.folders(version).code == 200
    house.offered = (Version.V12_1,)
    refused = house.folders(version)
    assert status_of(refused, "FolderSync", version) == "138"
    assert dict(refused.headers)["X-MS-RP"] == "12.1"
    assert house.folders("12.1").code == 200


@pytest.mark.parametrize("version", ALL_VERSIONS)
def test_one_that_asks_too_often(version: str) -> None:
    """MS-ASHTTP R273, R287: 503 in every version, with the time that is left of the jail."""
    house = House()
    house.guard.jail_s = 42.0
    refused = house.folders(version)
    assert refused.code == 503
    assert dict(refused.headers)["Retry-After"] == "42"
    assert not refused.body
    house.guard.jail_s = 0.0
    assert house.folders(version).code == 200


def diverted(house: House) -> None:
    """Let the next requests see the dummy mailbox."""
    message = built_in(MessageKey(GLOBAL, AbqStatus.BLOCKED, "en"))
    house.guard.dummy = DummyMailbox(
        house.rig.account, message, address=Rig.ADDRESS, sender="it@example.com", now=NOW
    )


@pytest.mark.parametrize("version", SINCE_14)
@pytest.mark.parametrize("command", sorted(set(COMMANDS) - DIVERTED_COMMANDS))
def test_what_a_diverted_device_may_not_ask(command: str, version: str) -> None:
    """MS-ASCMD R4876: 129 for all that would reach past the one message, whatever is asked."""
    house = House()
    spoken = Version.parse(version)
    if not COMMANDS[command].first <= spoken <= COMMANDS[command].last:
        return
    assert house.folders(version).code == 200
    diverted(house)
    answer = decode(now(house.rig.send(command, version=version)).body)
    assert [child.string for child in answer.children] == ["129"]


@pytest.mark.parametrize("version", ALL_VERSIONS)
def test_a_device_is_diverted_and_let_in(version: str) -> None:
    """Its folders are replaced by one with a message, and come back; it never starts over."""
    house = House()
    phone = CheckedPhone(house.rig, version=version)
    phone.folder_sync()
    own = dict(phone.folders)
    diverted(house)
    phone.folder_sync()
    (inbox,) = phone.folders
    assert inbox not in own
    phone.prime(inbox)  # type: ignore[arg-type]
    assert len(phone.items[inbox]) == 1
    house.guard.dummy = None
    phone.folder_sync()
    assert phone.folders == own

"""Run a sync in the server as a device would.

Spec: ../shared/carbonio/cli.md 2.6 (doSimulateSync).
"""

from collections.abc import Callable, Mapping

from carbonio_mobile.admin.answers import Answer, Lines
from carbonio_mobile.admin.calling import AdminCall, AdminFault, Respond
from carbonio_mobile.admin.partnerships import Partnerships
from carbonio_mobile.admin.simulating import SimulatedDevice, Stage, filter_for
from carbonio_mobile.directory.accounts import Account
from carbonio_mobile.eas.version import Version
from carbonio_mobile.errors import Corrupt
from carbonio_mobile.ids import FolderId
from carbonio_mobile.interfaces import IDevices, ISyncStates
from carbonio_mobile.sync import hierarchy
from carbonio_mobile.sync.device import Device
from carbonio_mobile.sync.hierarchy import HierarchyState
from carbonio_mobile.sync.state import CollectionState, document_name

NEW = "new"
NEW_VERSION = Version.V14_1
TYPES = {"iphone": "iPhone", "android": "Android"}
_COLLECTION = document_name(FolderId(""))


class SimulationResponders:
    """Simulates syncs. ``open_stage`` gives a new stage, with an empty store, for each.

    ``random_bytes`` names new devices.
    """

    def __init__(
        self,
        *,
        partnerships: Partnerships,
        devices: IDevices,
        states: ISyncStates,
        open_stage: Callable[[], Stage],
        steady_clock: Callable[[], float],
        random_bytes: Callable[[int], bytes],
    ) -> None:
        self._partnerships = partnerships
        self._devices = devices
        self._states = states
        self._open_stage = open_stage
        self._steady_clock = steady_clock
        self._random_bytes = random_bytes

    def responders(self) -> Mapping[str, Respond]:
        """Give the responders by the names of their commands."""
        return {"mobile doSimulateSync": self.simulate}

    async def simulate(self, call: AdminCall) -> Answer:
        """Run a sync and tell each step as it is done. Raises: AdminFault, NotFound."""
        owner = await self._partnerships.owner(call.text("account"))
        if owner.account is None:
            raise AdminFault(f"the account {owner.name} is gone: there is nothing to sync")
        wanted = call.text("device_id")
        if wanted.strip().lower() == NEW:
            one = self._new(owner.account, call)
        else:
            device = await self._partnerships.device(owner, wanted)
            one = await self._known(owner.account, device, call)
        return Lines(rows=one.steps())

    def _new(self, account: Account, call: AdminCall) -> SimulatedDevice:
        kind = call.optional_text("device_type") or "iphone"
        return SimulatedDevice(
            account=account,
            respond_as=self._open_stage().respond_as,
            steady_clock=self._steady_clock,
            version=NEW_VERSION,
            device_id=f"simulated{self._random_bytes(8).hex()}",
            device_type=TYPES[kind],
            filter_type=_filter(call),
        )

    async def _known(self, account: Account, device: Device, call: AdminCall) -> SimulatedDevice:
        """Give a double of a device: its record and, unless it starts over, what it holds."""
        stage = self._open_stage()
        await stage.devices.save_device(device)
        kind = call.optional_text("device_type")
        one = SimulatedDevice(
            account=account,
            respond_as=stage.respond_as,
            steady_clock=self._steady_clock,
            version=Version.parse(device.version) if device.version else NEW_VERSION,
            device_id=device.sent_id,
            device_type=TYPES[kind] if kind else device.kind,
            policy_key=device.policy.key or None,
            filter_type=_filter(call),
        )
        if not call.flag("initial"):
            await self._double(stage, device, one)
        return one

    async def _double(self, stage: Stage, device: Device, one: SimulatedDevice) -> None:
        """Bring over what the device holds; what it has half done stays with the real one."""
        for name in await self._devices.document_names(device.key):
            if name != hierarchy.DOCUMENT and not name.startswith(_COLLECTION):
                continue
            documents = await self._states.load(device.key, (name,))
            await stage.states.commit(device.key, documents)
            for text in documents.values():
                _learn(one, name, text)


def _learn(one: SimulatedDevice, name: str, text: str) -> None:
    """Let the double know what a document says; one that is unreadable makes it start there."""
    try:
        if name == hierarchy.DOCUMENT:
            known = HierarchyState.from_text(text).current
            one.folder_key = known.key
            one.folders = {
                folder.id: (folder.name, folder.kind) for folder in known.folders.values()
            }
        else:
            key = CollectionState.from_text(text).current.key
            one.keys[name.removeprefix(_COLLECTION)] = key
    except (Corrupt, ValueError):
        return


def _filter(call: AdminCall) -> int | None:
    days = call.optional_number("days")
    return None if days is None else filter_for(days)

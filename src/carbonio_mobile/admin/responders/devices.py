"""Answer what administrators ask about devices.

Spec: ../shared/carbonio/cli.md 2.6; admin-panel.md 2.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence

from carbonio_mobile.admin import devicerecords as records
from carbonio_mobile.admin.answers import Answer, Listing, Tree, Value
from carbonio_mobile.admin.calling import AdminCall, Respond
from carbonio_mobile.admin.partnerships import Owner, Partnerships
from carbonio_mobile.ids import AccountId, FolderId
from carbonio_mobile.interfaces import IDevices, ISyncStates, ITurns
from carbonio_mobile.sync import hierarchy, ping, poison
from carbonio_mobile.sync.device import Device
from carbonio_mobile.sync.doing import Handled
from carbonio_mobile.sync.folders import FolderKind
from carbonio_mobile.sync.poison import PoisonList
from carbonio_mobile.sync.state import document_name

PAGE = 100
"""So many devices are read at once."""

POISON_SHOWN = 20

_COLLECTION = document_name(FolderId(""))

Recent = Callable[[str, str], Sequence[Handled]]
"""Gives the last requests of a device, the newest first, by the account's name and the id."""

Diverted = Callable[[Owner, Device], Awaitable[str]]
"""Says why a device sees another mailbox than its own, or is kept out; empty where it is not."""

RemoteFolders = Callable[[AccountId], int]
"""Counts the folders of others that an account's devices are shown."""

HasPassword = Callable[[Owner], Awaitable[bool]]
"""Tells whether an account has a password for mobile devices."""


def none_recent(_account: str, _device: str) -> Sequence[Handled]:
    """Remember nothing."""
    return ()


def no_remote_folders(_account: AccountId) -> int:
    """Share nothing."""
    return 0


async def never_diverted(_owner: Owner, _device: Device) -> str:
    """Divert nobody."""
    return ""


class DeviceResponders:
    """Lists of devices, and all that is known of one.

    ``steady_clock`` is the one that ``turns`` goes by. Without ``has_password`` the field is left
    out.
    """

    def __init__(
        self,
        *,
        partnerships: Partnerships,
        devices: IDevices,
        states: ISyncStates,
        turns: ITurns,
        steady_clock: Callable[[], float],
        recent: Recent = none_recent,
        diverted: Diverted = never_diverted,
        remote_folders: RemoteFolders = no_remote_folders,
        has_password: HasPassword | None = None,
    ) -> None:
        self._partnerships = partnerships
        self._devices = devices
        self._states = states
        self._turns = turns
        self._steady_clock = steady_clock
        self._recent = recent
        self._diverted = diverted
        self._remote_folders = remote_folders
        self._has_password = has_password

    def responders(self) -> Mapping[str, Respond]:
        """Give the responders by the names of their commands."""
        return {
            "mobile getAllDevices": self.all_devices,
            "mobile getDeviceList": self.device_list,
            "mobile getDeviceInfo": self.one_device,
            "mobile getDeviceStatistics": self.device_statistics,
        }

    async def all_devices(self, call: AdminCall) -> Answer:
        """List the devices of all accounts, by account and device."""
        domains = frozenset(name.lower() for name in _names(call))
        return Listing(heading="devices", rows=self._rows(domains, verbose=call.flag("verbose")))

    async def device_list(self, call: AdminCall) -> Answer:
        """List the devices of one account, the one seen last first."""
        owner = await self._partnerships.owner(call.text("account"))
        devices = await self._devices.devices(owner.id)
        return Listing(heading="devices", rows=self._of_owner(owner, devices))

    async def one_device(self, call: AdminCall) -> Answer:
        """Tell what is known of a device."""
        owner = await self._partnerships.owner(call.text("account"))
        device = await self._partnerships.device(owner, call.text("device_id"))
        told = await self._record(owner, device, await self._password_of(owner))
        if call.flag("verbose"):
            told |= await self._in_words(owner, device)
        return Tree(content=told)

    async def device_statistics(self, call: AdminCall) -> Answer:
        """Tell what is known of a device, with how much it holds."""
        owner = await self._partnerships.owner(call.text("account"))
        device = await self._partnerships.device(owner, call.text("device_id"))
        told = await self._record(owner, device, await self._password_of(owner))
        spoilt = await self._poison(device)
        held = [(kind, number) for _, kind, number in await self._collections(device)]
        return Tree(
            content={
                **told,
                "numBadItems": len(spoilt),
                **records.counts(held),
                "numRemoteFolders": self._remote_folders(owner.id),
            }
        )

    async def _rows(
        self, domains: frozenset[str], *, verbose: bool
    ) -> AsyncIterator[Mapping[str, Value]]:
        owner: Owner | None = None
        password: dict[str, Value] = {}
        async for device in self._every():
            if owner is None or owner.id != device.key.account:
                owner = await self._partnerships.owner_of(device.key.account)
                password = await self._password_of(owner) if verbose else {}
            if domains and not _within(owner, domains):
                continue
            if verbose:
                yield {**await self._record(owner, device, password), **_orders(device)}
            else:
                yield self._short(owner, device)

    async def _every(self) -> AsyncIterator[Device]:
        page: Sequence[Device] = ()
        while not page or len(page) == PAGE:
            page = await self._devices.all_devices(page[-1].key if page else None, PAGE)
            if not page:
                return
            for device in page:
                yield device

    async def _of_owner(
        self, owner: Owner, devices: Sequence[Device]
    ) -> AsyncIterator[Mapping[str, Value]]:
        for device in devices:
            yield self._short(owner, device)

    def _short(self, owner: Owner, device: Device) -> dict[str, Value]:
        return records.record(owner, device, doing=self._turns.doing(device.key))

    async def _password_of(self, owner: Owner) -> dict[str, Value]:
        if self._has_password is None:
            return {}
        return {"hasMobilePassword": await self._has_password(owner)}

    async def _record(
        self, owner: Owner, device: Device, password: Mapping[str, Value]
    ) -> dict[str, Value]:
        """Give the whole record but for what is held."""
        documents = await self._states.load(device.key, (ping.DOCUMENT,))
        recent = self._recent(owner.name, device.key.device)
        told = self._short(owner, device)
        told |= records.last_command(device, recent)
        told |= records.ping_timeout(documents.get(ping.DOCUMENT))
        return told | dict(password) | records.said_of_itself(device)

    async def _in_words(self, owner: Owner, device: Device) -> dict[str, Value]:
        now = self._steady_clock()
        doing = [records.doing_in_words(one, now) for one in self._turns.doing(device.key)]
        recent = self._recent(owner.name, device.key.device)
        spoilt = list(await self._poison(device))
        return {
            "doingNow": doing or "nothing",
            "lastCommands": [records.handled_in_words(one) for one in recent] or "none known",
            "folders": await self._folders(device) or "none synced",
            "access": await self._access(owner, device, recent),
            "policy": records.policy_in_words(device),
            "poisonItemCount": len(spoilt),
            "poisonItems": [{"item": item, "reason": why} for item, why in spoilt[-POISON_SHOWN:]]
            or "none",
        }

    async def _folders(self, device: Device) -> list[Value]:
        documents = await self._states.load(device.key, (hierarchy.DOCUMENT,))
        names = records.folder_names(documents.get(hierarchy.DOCUMENT))
        return [
            {
                "folder": names.get(folder, "(not listed)"),
                "id": folder,
                "kind": "unknown" if kind is None else kind.value,
                "items": number,
            }
            for folder, kind, number in await self._collections(device)
        ]

    async def _collections(self, device: Device) -> list[tuple[str, FolderKind | None, int]]:
        """Read what the device holds, one folder after another: a state may be large."""
        found = []
        for name in await self._devices.document_names(device.key):
            if not name.startswith(_COLLECTION):
                continue
            documents = await self._states.load(device.key, (name,))
            held = records.held(documents[name]) if name in documents else None
            if held is not None:
                found.append((name.removeprefix(_COLLECTION), *held))
        return found

    async def _poison(self, device: Device) -> PoisonList:
        documents = await self._states.load(device.key, (poison.DOCUMENT,))
        return PoisonList.from_text(documents.get(poison.DOCUMENT), "")

    async def _access(self, owner: Owner, device: Device, recent: Sequence[Handled]) -> Value:
        """Say why the device is kept out or led elsewhere, if it is."""
        told: dict[str, Value] = _orders(device)
        diverted = await self._diverted(owner, device)
        if diverted:
            told["diverted"] = diverted
        if recent and recent[0].refused:
            told["lastRefusal"] = f"{recent[0].command} on {records.day(recent[0].at)}: " + (
                recent[0].refused
            )
        if device.succeeded_by:
            told["succeededBy"] = device.succeeded_by
        return told or "nothing keeps it from syncing"


def _orders(device: Device) -> dict[str, Value]:
    told: dict[str, Value] = {}
    if device.suspended_at:
        told["suspended"] = f"by an administrator on {records.day(device.suspended_at)}"
    if device.wipe is not None:
        told["wipe"] = records.wipe_in_words(device.wipe)
    return told


def _names(call: AdminCall) -> Sequence[str]:
    return call.texts("domains")


def _within(owner: Owner, domains: frozenset[str]) -> bool:
    return owner.account is not None and owner.account.domain.lower() in domains

"""One sync as a device would do it, step by step: what is asked, and what each answer comes to.

The requests go to a stage: the server's own commands, with a store of devices that is thrown away.
Nothing but reading is asked for. Spec: MS-ASCMD 2.2.1.5 (FolderSync), 2.2.1.21 (Sync); MS-ASPROV
3.1.5.1.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

from carbonio_mobile.directory.accounts import Account
from carbonio_mobile.eas import foldertypes
from carbonio_mobile.eas.http import HttpResponse
from carbonio_mobile.eas.requestline import RequestLine
from carbonio_mobile.eas.status import Common
from carbonio_mobile.eas.version import Version
from carbonio_mobile.errors import CarbonioMobileError
from carbonio_mobile.interfaces import IDevices, ISyncStates
from carbonio_mobile.sync.folders import FolderKind
from carbonio_mobile.wbxml import Element, Limits, decode, encode
from carbonio_mobile.wbxml.codepages import (
    AirSync,
    AirSyncBase,
    FolderHierarchy,
    Provision,
    Settings,
)

WINDOW = 100
ROUNDS_MAX = 10_000
"""So many times a folder is asked for more, before it is taken for an endless loop."""

BODY_BYTES = 32_768
_CHANGES = (AirSync.Add, AirSync.Change, AirSync.Delete, AirSync.SoftDelete)
_FILTERS = ((1, 1), (3, 2), (7, 3), (14, 4), (31, 5), (92, 6), (184, 7))
_UNPROVISIONED = frozenset(
    {
        Common.DEVICE_NOT_PROVISIONED,
        Common.POLICY_REFRESH,
        Common.INVALID_POLICY_KEY,
        Common.LEGACY_DEVICE_ON_STRICT_POLICY,
    }
)

RespondAs = Callable[[Account, RequestLine, bytes], Awaitable[HttpResponse]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """The commands of the server over a store of devices of their own, for one simulation."""

    devices: IDevices
    states: ISyncStates
    respond_as: RespondAs


class SimulationEnded(CarbonioMobileError):
    """The server does not let the device go on; says how it was refused."""


@dataclass(slots=True, kw_only=True)
class SimulatedDevice:
    """A device that syncs. ``keys`` are those it holds, by folder; none where it starts over.

    ``filter_type`` None leaves the filter in force, everything where there is none.
    """

    account: Account
    respond_as: RespondAs
    steady_clock: Callable[[], float]
    version: Version
    device_id: str
    device_type: str
    folder_key: str = "0"
    policy_key: int | None = None
    keys: dict[str, str] = field(default_factory=dict)
    folders: dict[str, tuple[str, FolderKind]] = field(default_factory=dict)
    filter_type: int | None = None
    requests: int = 0
    items: int = 0
    octets: int = 0

    async def steps(self) -> AsyncIterator[str]:
        """Do it, and tell each step: time, octets of the answer, what it held."""
        began = self.steady_clock()
        try:
            async for line in self._folder_sync():
                yield line
            for folder, (name, kind) in list(self.folders.items()):
                if foldertypes.syncable(kind, self.version):
                    async for line in self._collection(folder, name, kind):
                        yield line
        except SimulationEnded as exc:
            yield f"ended: {exc}"
        total_ms = (self.steady_clock() - began) * 1e3
        yield (
            f"{total_ms:8.0f} ms {self.octets:12,d} bytes  in all: {self.requests} requests, "
            f"{self.items} items"
        )

    async def _folder_sync(self) -> AsyncIterator[str]:
        document = Element(
            FolderHierarchy.FolderSync, [Element(FolderHierarchy.SyncKey, self.folder_key)]
        )
        line, answer = await self._ask("FolderSync", document)
        if answer is None:  # it has to provision first
            yield f"{line}: policy demanded"
            async for step in self._provision():
                yield step
            line, answer = await self._ask("FolderSync", document)
        if answer is None:
            raise SimulationEnded("the policy is demanded again")
        status = answer.value(FolderHierarchy.Status, "")
        if status != "1":
            raise SimulationEnded(f"FolderSync was answered with status {status}")
        changes = answer.find(FolderHierarchy.Changes)
        told = [] if changes is None else list(changes)
        for change in told:
            self._take_folder(change)
        yield f"{line}: {sum(one.tag is not FolderHierarchy.Count for one in told)} folders"

    def _take_folder(self, change: Element) -> None:
        folder = change.value(FolderHierarchy.ServerId, "")
        number = change.value(FolderHierarchy.Type, "")
        if change.tag is FolderHierarchy.Delete:
            self.folders.pop(folder, None)
        elif folder and number.isdigit():
            try:
                kind = foldertypes.kind_of(int(number))
            except ValueError:
                return  # a folder that no device syncs by this number
            self.folders[folder] = (change.value(FolderHierarchy.DisplayName, ""), kind)

    async def _provision(self) -> AsyncIterator[str]:
        self.policy_key = 0
        for key, status in ((None, None), (True, "1")):
            told = str(self.policy_key) if key else None
            line, answer = await self._ask("Provision", self._policy(told, status))
            policy = _deep(answer, Provision.Policies, Provision.Policy)
            found = "" if policy is None else policy.value(Provision.PolicyKey, "")
            if not found.isdigit():
                raise SimulationEnded("Provision gave no policy key")
            self.policy_key = int(found)
            yield f"{line}: policy {'acknowledged' if key else 'fetched'}"

    def _policy(self, key: str | None, status: str | None) -> Element:
        old = self.version < Version.V12_0
        kind = "MS-WAP-Provisioning-XML" if old else "MS-EAS-Provisioning-WBXML"
        policy = Element(
            Provision.Policy,
            [
                Element(Provision.PolicyType, kind),
                None if key is None else Element(Provision.PolicyKey, key),
                None if status is None else Element(Provision.Status, status),
            ],
        )
        told = self._information() if key is None and self.version >= Version.V14_1 else None
        return Element(Provision.Provision, [told, Element(Provision.Policies, [policy])])

    def _information(self) -> Element:
        """Write what a device says of itself: from 14.1 on it has to (status 165)."""
        model = Element(Settings.Model, f"{self.device_type}, simulated")
        return Element(Settings.DeviceInformation, [Element(Settings.Set, [model])])

    async def _collection(self, folder: str, name: str, kind: FolderKind) -> AsyncIterator[str]:
        class_name = foldertypes.class_name(kind)
        if folder not in self.keys:
            line, answer = await self._sync(folder, class_name, "0")
            self._take_key(folder, answer)
            yield f"{line} {name}: begun"
            first = True
        else:
            first = self.filter_type is not None
        for _ in range(ROUNDS_MAX):
            options = self._options(class_name) if first else None
            line, answer = await self._sync(folder, class_name, self.keys[folder], options)
            first = False
            if answer is None:
                yield f"{line} {name}: nothing new"
                return
            self._take_key(folder, answer)
            more = answer.has(AirSync.MoreAvailable)
            yield f"{line} {name}: {self._items(answer)}{', more to come' if more else ''}"
            if not more:
                return
        raise SimulationEnded(f"{name} has no end after {ROUNDS_MAX} requests")

    async def _sync(
        self, folder: str, class_name: str, key: str, options: Element | None = None
    ) -> tuple[str, Element | None]:
        """Ask for a folder; gives its part of the answer, None where there is nothing new."""
        collection = Element(
            AirSync.Collection,
            [
                Element(AirSync.Class, class_name) if self.version < Version.V14_0 else None,
                Element(AirSync.SyncKey, key),
                Element(AirSync.CollectionId, folder),
                None if key == "0" else Element(AirSync.WindowSize, str(WINDOW)),
                options,
            ],
        )
        document = Element(AirSync.Sync, [Element(AirSync.Collections, [collection])])
        line, answer = await self._ask("Sync", document, empty=True)
        if answer is None:
            return line, None
        status = answer.value(AirSync.Status, "1")
        found = _deep(answer, AirSync.Collections, AirSync.Collection)
        if status == "1" and found is not None:
            status = found.value(AirSync.Status, "1")
        if status != "1" or found is None:
            raise SimulationEnded(f"Sync was answered with status {status}")
        return line, found

    def _options(self, class_name: str) -> Element | None:
        mail = class_name == "Email"
        number = self.filter_type if mail else None
        body = Element(
            AirSyncBase.BodyPreference,
            [
                Element(AirSyncBase.Type, "2" if mail else "1"),
                Element(AirSyncBase.TruncationSize, str(BODY_BYTES)),
            ],
        )
        wishes = [
            None if number is None else Element(AirSync.FilterType, str(number)),
            body if self.version >= Version.V12_0 else None,
        ]
        return Element(AirSync.Options, wishes) if any(wishes) else None

    def _take_key(self, folder: str, answer: Element | None) -> None:
        key = "" if answer is None else answer.value(AirSync.SyncKey, "")
        if not key:
            raise SimulationEnded("Sync gave no key")
        self.keys[folder] = key

    def _items(self, answer: Element) -> str:
        commands = answer.find(AirSync.Commands)
        told = [] if commands is None else list(commands)
        self.items += len(told)
        counted = ((tag.name, sum(one.tag is tag for one in told)) for tag in _CHANGES)
        parts = ", ".join(f"{number} {name}" for name, number in counted if number)
        return f"{len(told)} items" + (f" ({parts})" if parts else "")

    async def _ask(
        self, command: str, document: Element, *, empty: bool = False
    ) -> tuple[str, Element | None]:
        """Send one command; gives the beginning of its line and the answer.

        None is an answer that is ``empty`` where that is allowed, or else a demand for the policy.
        Raises: SimulationEnded.
        """
        line = RequestLine(
            command=command,
            version=self.version.text,
            device_id=self.device_id,
            device_type=self.device_type,
            policy_key=self.policy_key,
        )
        began = self.steady_clock()
        response = await self.respond_as(self.account, line, encode(document))
        elapsed_ms = (self.steady_clock() - began) * 1e3
        self.requests += 1
        self.octets += len(response.body)
        said = f"{elapsed_ms:8.0f} ms {len(response.body):12,d} bytes  {command}"
        if response.code == 449 and not empty:
            return said, None
        if response.code != 200:
            raise SimulationEnded(f"{command} was refused with HTTP {response.code}")
        answer = decode(response.body, Limits()) if response.body else None
        if answer is None and not empty:
            raise SimulationEnded(f"{command} was answered without a document")
        status = _refusing_status(answer)
        if status in _UNPROVISIONED and not empty:
            return said, None
        if status:
            raise SimulationEnded(f"{command} was refused with status {status}")
        return said, answer


def filter_for(days: int) -> int:
    """Give the FilterType that reaches so many days back at least; 0 is everything."""
    return next((number for most, number in _FILTERS if 0 < days <= most), 0)


def _refusing_status(answer: Element | None) -> int:
    """Give the status of the common table that an answer is, 0 where it is none."""
    statuses = (one.string for one in answer or () if one.tag.name == "Status")
    text = next(iter(statuses), "")
    return int(text) if text.isdigit() and int(text) > 100 else 0


def _deep(answer: Element | None, *tags: object) -> Element | None:
    found = answer
    for tag in tags:
        found = next((one for one in found or () if one.tag is tag), None)
    return found

"""Knowing a device again: what is written down of it when it asks, and who came back renamed.

Spec: ../shared/protocol/client-quirks.md, sections 1 and 4.1.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace

from carbonio_mobile.directory.accounts import Account
from carbonio_mobile.eas.clients import PLAIN, Traits, predecessor_of, successor_of, traits_of
from carbonio_mobile.eas.requestline import RequestLine
from carbonio_mobile.eas.version import Version, listed
from carbonio_mobile.ids import DeviceId, DeviceKey
from carbonio_mobile.interfaces import IDevices
from carbonio_mobile.sync.device import Device

SEEN_EVERY_S = 600.0
"""So often at the most a device's last sight is written down."""

PROBE_DEVICE = DeviceId("validate")
"""The id that old Android uses while it tests a login (client-quirks.md 1.2): no device comes of
it.
"""

Recognise = Callable[[Account, Device], Traits]
"""Says what a device's family is known for; who tests a family's ways puts another in its place."""


def by_its_words(_account: Account, device: Device) -> Traits:
    """Recognise a device by type, agent and id."""
    return traits_of(device)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """One request as far as it tells who sends it; ``now`` in seconds UTC."""

    account: Account
    line: RequestLine
    user_agent: str
    peer: str
    version: Version
    now: float

    def stranger(self) -> Device:
        """Give the sender as a device of which nothing was known before, with its address."""
        return replace(_seen(self, None), peer=self.peer)


@dataclass(frozen=True, slots=True, kw_only=True)
class Met:
    """A device as it is now known. ``note`` is what the log should tell of it, mostly nothing."""

    device: Device
    traits: Traits
    note: str = ""


async def meet(
    devices: IDevices,
    sight: Sight,
    known: Device | None,
    offered: Callable[[Device], Collection[Version]],
    recognise: Recognise,
) -> Met:
    """Give the device that sends a request, written down where something is new of it.

    ``known`` is its record, None for one that was never here. Raises: Unavailable.
    """
    device = _seen(sight, known)
    traits = recognise(sight.account, device)
    note = ""
    if traits.changes_device_id:
        device = replace(device, peer=sight.peer, succeeded_by="")
        if known is None:
            device, note = await _succeeding(devices, device, sight.now)
        elif known.succeeded_by:
            note = f"the device speaks again, though {known.succeeded_by} took its place"
    if known is None:
        device = replace(device, versions_told=listed(offered(device)))
    news = device != known or sight.now - device.last_seen >= SEEN_EVERY_S
    if news and device.key.device != PROBE_DEVICE:
        device = replace(device, last_seen=sight.now, user_agent=_agent(sight, device, recognise))
        await devices.save_device(device)
        if known is None and device.wipe is not None:  # a record alone does not carry the order
            await devices.save_wipe(device.key, device.wipe)
        if known is None and device.suspended_at:
            await devices.suspend(device.key, device.suspended_at)
    return Met(device=device, traits=traits, note=note)


def _agent(sight: Sight, device: Device, recognise: Recognise) -> str:
    """Give the agent to write down: the last one sent, unless it no longer tells the family.

    Some devices send another with some requests, or none (1.1); their ways stay the same.
    """
    if not sight.user_agent:
        return device.user_agent
    families = [
        recognise(sight.account, replace(device, user_agent=agent)).family
        for agent in (device.user_agent, sight.user_agent)
    ]
    lost = families[0] != PLAIN.family == families[1]
    return device.user_agent if lost else sight.user_agent


def _seen(sight: Sight, known: Device | None) -> Device:
    line = sight.line
    if known is not None:
        return replace(known, version=sight.version.text)
    return Device(
        key=DeviceKey(sight.account.id, DeviceId(line.device_id.lower())),
        sent_id=line.device_id,
        kind=line.device_type[:64],
        user_agent=sight.user_agent,
        version=sight.version.text,
        first_seen=sight.now,
    )


async def _succeeding(devices: IDevices, new: Device, now: float) -> tuple[Device, str]:
    """Give a new device what is known of the one that it was before, if it was one."""
    known = await devices.devices(new.key.account)
    before, carried = predecessor_of(new, known, now), successor_of(new, known, now)
    if before is None or carried is None:
        return new, ""
    await devices.save_device(replace(before, succeeded_by=new.key.device))
    return carried, f"the device was {before.key.device} before"

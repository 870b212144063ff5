"""Devices as records for administrators, in the keys that the admin panel reads.

Times of a record are milliseconds since 1970, UTC. Spec: ../shared/carbonio/admin-panel.md 2.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

from carbonio_mobile.admin.answers import Value
from carbonio_mobile.admin.partnerships import Owner
from carbonio_mobile.errors import Corrupt
from carbonio_mobile.policy import suspension
from carbonio_mobile.sync.device import Device, WipeKind, WipeState
from carbonio_mobile.sync.doing import Doing, Handled
from carbonio_mobile.sync.folders import FolderKind
from carbonio_mobile.sync.hierarchy import HierarchyState
from carbonio_mobile.sync.ping import PingParameters
from carbonio_mobile.sync.state import CollectionState

MAY_SYNC = 1
MAY_NOT_SYNC = 0

INFORMATION = {
    "friendlyName": "FriendlyName",
    "imei": "IMEI",
    "model": "Model",
    "os": "OS",
    "osLanguage": "OSLanguage",
    "phoneNumber": "PhoneNumber",
}
"""Keys of the record -> elements of what a device says of itself (MS-ASCMD 2.2.3.44)."""

_COUNTS = {
    "numContacts": {FolderKind.CONTACTS, FolderKind.USER_CONTACTS, FolderKind.RECIPIENT_CACHE},
    "numEmails": {kind for kind in FolderKind if kind.holds_mail},
    "numEvents": {FolderKind.CALENDAR, FolderKind.USER_CALENDAR},
    "numTasks": {FolderKind.TASKS, FolderKind.USER_TASKS},
    "numNotes": {FolderKind.NOTES, FolderKind.USER_NOTES},
}


def record(owner: Owner, device: Device, *, doing: Sequence[Doing]) -> dict[str, Value]:
    """Give what every list shows of a device."""
    return {
        "accountEmail": owner.name,
        "accountName": owner.name,
        "deviceId": device.sent_id,
        "deviceType": device.kind,
        "firstSeen": ms(device.first_seen),
        "lastSeen": ms(device.last_seen),
        "status": MAY_SYNC if may_sync(device) else MAY_NOT_SYNC,
        "protocolVersion": device.version,
        "userAgent": device.user_agent,
        "isOnline": bool(doing),
        "provisionable": bool(device.policy.key),
    }


def may_sync(device: Device) -> bool:
    """Whether neither an order to wipe nor a suspension keeps the device out."""
    return device.wipe is None and suspension.verdict(device) is None


def said_of_itself(device: Device) -> dict[str, Value]:
    """Give what the device told of itself, as far as it did."""
    told = dict(device.information)
    return {key: told[name] for key, name in INFORMATION.items() if told.get(name)}


def ping_timeout(text: str | None) -> dict[str, Value]:
    """Give the heartbeat of the last Ping, from the document that remembers it."""
    try:
        seconds = 0 if text is None else PingParameters.from_text(text).heartbeat_s
    except Corrupt:
        seconds = 0
    return {"lastPingTimeoutSecs": seconds} if seconds else {}


def last_command(device: Device, recent: Sequence[Handled]) -> dict[str, Value]:
    """Give when the device asked for something last; its last sight is written every while only."""
    at = max((one.at for one in recent), default=device.last_seen)
    return {"lastCommandReceived": ms(max(at, device.last_seen))}


def folder_names(text: str | None) -> Mapping[str, str]:
    """Give the names of the folders that a device knows, by id; none where it is unreadable."""
    try:
        known = {} if text is None else HierarchyState.from_text(text).current.folders
    except Corrupt:
        return {}
    return {folder.id: folder.name for folder in known.values()}


def held(text: str) -> tuple[FolderKind | None, int] | None:
    """Give the kind of a collection and how many items the device holds of it, at the most.

    Items that are gone for good may be counted still. None for a document that is unreadable.
    """
    try:
        current = CollectionState.from_text(text).current
    except (Corrupt, ValueError):
        return None
    return current.kind, len(current.held)


def counts(collections: Iterable[tuple[FolderKind | None, int]]) -> dict[str, Value]:
    """Add the items of the collections up, by class."""
    found = list(collections)
    return {
        name: sum(number for kind, number in found if kind in kinds)
        for name, kinds in _COUNTS.items()
    }


def policy_in_words(device: Device) -> str:
    """Say where provisioning stands."""
    policy = device.policy
    if policy.key:
        how = "in part" if policy.acknowledged_status == 2 else "in full"
        version = (
            f" in version {policy.acknowledged_version}" if policy.acknowledged_version else ""
        )
        return f"acknowledged {how} on {day(policy.provisioned_at)}{version}"
    if policy.refused_status:
        return f"refused by the device with status {policy.refused_status}"
    if policy.temporary:
        return "sent, and not acknowledged yet"
    if policy.demands:
        return f"the device was told {policy.demands} times to fetch it and never did"
    return "never fetched by the device"


def wipe_in_words(wipe: WipeState) -> str:
    """Say how far an order to wipe came."""
    what = "a wipe of the account" if wipe.kind is WipeKind.ACCOUNT_ONLY else "a full wipe"
    by = f" by {wipe.requested_by}" if wipe.requested_by else ""
    ordered = f"{what} was ordered on {day(wipe.requested_at)}{by}"
    if wipe.acknowledged_at:
        return f"{ordered} and was done on {day(wipe.acknowledged_at)}; the device is kept out"
    if wipe.failed_at:
        return f"{ordered}; the device said on {day(wipe.failed_at)} that it failed"
    if wipe.sent_at:
        return f"{ordered} and sent on {day(wipe.sent_at)}; the device has not confirmed it"
    return f"{ordered}; the device has not come for it yet"


def doing_in_words(doing: Doing, now: float) -> dict[str, Value]:
    """Say what a request is at; ``now`` in seconds of the steady clock."""
    seconds = max(0, round(now - doing.since))
    if doing.parked:
        state = f"waits for changes in {doing.folders} folders for {seconds} s"
    else:
        state = f"{doing.phase}, for {seconds} s"
    return {"command": doing.command, "state": state}


def handled_in_words(one: Handled) -> dict[str, Value]:
    """Tell of a request that was answered."""
    told: dict[str, Value] = {
        "at": day(one.at),
        "command": one.command,
        "version": one.version,
        "code": one.code,
        "elapsed": f"{one.elapsed_s * 1e3:.0f} ms",
        "received": f"{one.bytes_in} bytes",
        "sent": f"{one.bytes_out} bytes",
    }
    if one.refused:
        told["refused"] = one.refused
    if one.fault:
        told["fault"] = one.fault
    return told


def ms(seconds: float) -> int:
    """Give a time in milliseconds since 1970."""
    return round(seconds * 1000)


def day(seconds: float) -> str:
    """Give a time for people: date and time, UTC."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%SZ")

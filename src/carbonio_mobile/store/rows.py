"""Turn devices into rows of the database and back, field by field."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from carbonio_mobile.errors import Corrupt
from carbonio_mobile.ids import AccountId, DeviceId, DeviceKey
from carbonio_mobile.sync.device import Device, PolicyState, WipeKind, WipeState


def device_to_row(device: Device) -> dict[str, Any]:
    """Give the columns of a device's row but ``wipe`` and ``suspended``, stored by themselves."""
    policy = device.policy
    record = {
        "sent_id": device.sent_id,
        "kind": device.kind,
        "user_agent": device.user_agent,
        "version": device.version,
        "first_seen": device.first_seen,
        "policy": {
            "key": policy.key,
            "temporary": policy.temporary,
            "policy_hash": policy.policy_hash,
            "acknowledged_hash": policy.acknowledged_hash,
            "acknowledged_status": policy.acknowledged_status,
            "provisioned_at": policy.provisioned_at,
            "offered_version": policy.offered_version,
            "acknowledged_version": policy.acknowledged_version,
            "refused_status": policy.refused_status,
            "demands": policy.demands,
        },
        "information": device.information,
        "recovery_password": device.recovery_password,
        "versions_told": device.versions_told,
        "peer": device.peer,
        "succeeded_by": device.succeeded_by,
    }
    return {
        "account": device.key.account,
        "device": device.key.device,
        "last_seen": device.last_seen,
        "record": json.dumps(record, separators=(",", ":")),
    }


def partners(devices: Iterable[Device]) -> int:
    """Count devices, each that came back under another id only once."""
    return sum(not device.succeeded_by for device in devices)


def wipe_to_text(wipe: WipeState | None) -> str | None:
    """Give the column ``wipe``."""
    if wipe is None:
        return None
    record = {
        "kind": wipe.kind.value,
        "requested_at": wipe.requested_at,
        "requested_by": wipe.requested_by,
        "sent_at": wipe.sent_at,
        "failed_at": wipe.failed_at,
        "acknowledged_at": wipe.acknowledged_at,
    }
    return json.dumps(record, separators=(",", ":"))


def device_from_row(row: tuple[str, str, float, str, str | None, float | None]) -> Device:
    """Give the device of a row, its columns as in the schema. Raises: Corrupt."""
    account, device, last_seen, record, wipe, suspended = row
    key = DeviceKey(AccountId(account), DeviceId(device))
    try:
        known = _device(key, last_seen, json.loads(record))
        return replace(known, wipe=_wipe(wipe), suspended_at=suspended or 0.0)
    except (AttributeError, KeyError, TypeError, ValueError) as exc:
        # The record holds a password: nothing of it may come into the text.
        raise Corrupt(f"the record of device {device} is not readable") from exc


def _device(key: DeviceKey, last_seen: float, record: Mapping[str, Any]) -> Device:
    return Device(
        key=key,
        sent_id=str(record["sent_id"]),
        kind=str(record["kind"]),
        user_agent=str(record["user_agent"]),
        version=str(record["version"]),
        first_seen=float(record["first_seen"]),
        last_seen=last_seen,
        policy=_policy(record["policy"]),
        information=tuple((str(name), str(text)) for name, text in record["information"]),
        recovery_password=str(record["recovery_password"]),
        # Records of before have none of these.
        versions_told=str(record.get("versions_told", "")),
        peer=str(record.get("peer", "")),
        succeeded_by=str(record.get("succeeded_by", "")),
    )


def _policy(record: Mapping[str, Any]) -> PolicyState:
    return PolicyState(
        key=int(record["key"]),
        temporary=int(record["temporary"]),
        policy_hash=str(record["policy_hash"]),
        acknowledged_hash=str(record["acknowledged_hash"]),
        acknowledged_status=int(record["acknowledged_status"]),
        provisioned_at=float(record["provisioned_at"]),
        # What follows is newer than the first records.
        offered_version=str(record.get("offered_version", "")),
        acknowledged_version=str(record.get("acknowledged_version", "")),
        refused_status=int(record.get("refused_status", 0)),
        demands=int(record.get("demands", 0)),
    )


def _wipe(text: str | None) -> WipeState | None:
    if text is None:
        return None
    record = json.loads(text)
    return WipeState(
        kind=WipeKind(record["kind"]),
        requested_at=float(record["requested_at"]),
        requested_by=str(record["requested_by"]),
        sent_at=float(record["sent_at"]),
        failed_at=float(record["failed_at"]),
        acknowledged_at=float(record["acknowledged_at"]),
    )

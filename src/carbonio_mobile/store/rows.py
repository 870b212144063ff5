"""Turn devices into rows of the database and back, field by field."""

import json
from collections.abc import Mapping
from typing import Any

from carbonio_mobile.errors import Corrupt
from carbonio_mobile.ids import AccountId, DeviceId, DeviceKey
from carbonio_mobile.sync.device import Device, PolicyState


def device_to_row(device: Device) -> dict[str, Any]:
    """Give the columns of a device's row."""
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
        },
        "information": device.information,
        "recovery_password": device.recovery_password,
    }
    return {
        "account": device.key.account,
        "device": device.key.device,
        "last_seen": device.last_seen,
        "record": json.dumps(record, separators=(",", ":")),
    }


def device_from_row(row: tuple[str, str, float, str]) -> Device:
    """Give the device of a row, its columns as in the schema. Raises: Corrupt."""
    account, device, last_seen, record = row
    try:
        return _device(
            DeviceKey(AccountId(account), DeviceId(device)), last_seen, json.loads(record)
        )
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
    )


def _policy(record: Mapping[str, Any]) -> PolicyState:
    return PolicyState(
        key=int(record["key"]),
        temporary=int(record["temporary"]),
        policy_hash=str(record["policy_hash"]),
        acknowledged_hash=str(record["acknowledged_hash"]),
        acknowledged_status=int(record["acknowledged_status"]),
        provisioned_at=float(record["provisioned_at"]),
    )

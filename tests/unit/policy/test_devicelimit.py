"""Suspended devices, and accounts that have as many devices as they may have."""

from dataclasses import replace

import pytest

from carbonio_mobile.directory.accounts import Account, AccountStatus
from carbonio_mobile.eas.refusal import HttpRefusal, Reason, StatusRefusal, answer
from carbonio_mobile.eas.version import OFFERED, Version
from carbonio_mobile.ids import AccountId, DeviceId, DeviceKey
from carbonio_mobile.policy import suspension
from carbonio_mobile.policy.devicelimit import MAX_DEVICES, limit_of, limit_verdict
from carbonio_mobile.sync.device import Device, WipeKind, WipeState

DEVICE = Device(key=DeviceKey(AccountId("a"), DeviceId("d")), sent_id="D", kind="t")
ORDER = WipeState(kind=WipeKind.FULL, requested_at=1.0)


def test_a_suspended_device_is_kept_out() -> None:
    """Unless it is to come for the order to wipe it; a wiped one is kept out anyway."""
    suspended = replace(DEVICE, suspended_at=5.0)
    assert suspension.verdict(DEVICE) is None
    assert suspension.verdict(suspended) is Reason.DEVICE_SUSPENDED
    assert suspension.verdict(replace(suspended, wipe=ORDER)) is None
    wiped = replace(ORDER, acknowledged_at=2.0)
    assert suspension.verdict(replace(suspended, wipe=wiped)) is Reason.DEVICE_SUSPENDED


def test_suspension_is_told_by_http_in_every_version() -> None:
    """MS-ASHTTP R273, R287: 503, with the seconds to wait."""
    for version in Version:
        told = answer(Reason.DEVICE_SUSPENDED, version, "Sync")
        assert isinstance(told, HttpRefusal)
        assert (told.code, dict(told.headers)["Retry-After"]) == (503, "600")


@pytest.mark.parametrize(
    ("text", "limit"),
    [("", 0), ("0", 0), ("3", 3), (" 4 ", 4), ("-1", 0), ("many", 0), ("9" * 12, 0), ("²", 0)],
)
def test_the_limit_of_an_account(text: str, limit: int) -> None:
    """What is no number is no limit: nobody is locked out by a slip of the pen."""
    account = Account(
        id=AccountId("a"),
        name="a@example.com",
        display_name="",
        domain="example.com",
        addresses=(),
        status=AccountStatus.ACTIVE,
        domain_status=AccountStatus.ACTIVE,
        attributes={MAX_DEVICES.lower(): (text,)} if text else {},
    )
    assert limit_of(account) == limit


@pytest.mark.parametrize(
    ("known", "count", "limit", "refused"),
    [
        (False, 0, 1, False),
        (False, 1, 1, True),
        (False, 9, 3, True),
        (True, 9, 3, False),
        (False, 9, 0, False),
    ],
)
def test_only_new_devices_are_refused(known: bool, count: int, limit: int, refused: bool) -> None:
    """A device that is known stays, whatever the limit became."""
    expected = Reason.TOO_MANY_DEVICES if refused else None
    assert limit_verdict(known=known, count=count, limit=limit) is expected


def test_how_too_many_devices_are_told() -> None:
    """MS-ASCMD R4977: 177 from 14.0 on, 403 below."""
    for version in OFFERED:
        status = version >= Version.V14_0
        expected = StatusRefusal(status=177) if status else HttpRefusal(code=403)
        assert answer(Reason.TOO_MANY_DEVICES, version, "FolderSync") == expected

"""Orders to wipe: who takes them, what a device under one is answered, how they end."""

from dataclasses import replace

import pytest

from carbonio_mobile.eas.refusal import Reason
from carbonio_mobile.eas.version import Version
from carbonio_mobile.ids import AccountId, DeviceId, DeviceKey
from carbonio_mobile.policy import wipe
from carbonio_mobile.policy.wipe import WipeRefusal, released, request_wipe
from carbonio_mobile.sync.device import Device, PolicyState, WipeKind, WipeState

FULL, ACCOUNT = WipeKind.FULL, WipeKind.ACCOUNT_ONLY
BARE = Device(key=DeviceKey(AccountId("a"), DeviceId("d")), sent_id="D", kind="Phone")
MANAGED = replace(BARE, policy=PolicyState(key=77), version="16.1")


def ordered(kind: WipeKind = FULL, **times: float) -> Device:
    """Give a device under an order that was given at 10."""
    return replace(MANAGED, wipe=WipeState(kind=kind, requested_at=10.0, **times))


def test_an_order_is_taken() -> None:
    """Kind, time and who asked are written down."""
    device = request_wipe(MANAGED, FULL, 10.0, by="admin@example.com")
    assert isinstance(device, Device)
    order = WipeState(kind=FULL, requested_at=10.0, requested_by="admin@example.com")
    assert device == replace(MANAGED, wipe=order)


def test_a_full_wipe_needs_a_policy_that_was_acknowledged() -> None:
    """client-quirks.md 10.4: whoever never took a policy did not agree to lose everything."""
    assert request_wipe(replace(BARE, version="16.1"), FULL, 1.0) is WipeRefusal.NOT_MANAGED
    offered = replace(BARE, policy=PolicyState(temporary=5))
    assert request_wipe(offered, FULL, 1.0) is WipeRefusal.NOT_MANAGED
    assert isinstance(request_wipe(replace(BARE, version="16.1"), ACCOUNT, 1.0), Device)


@pytest.mark.parametrize("version", ["", "2.5", "12.0", "12.1", "14.0", "14.1", "16.0"])
def test_an_account_only_wipe_is_never_widened(version: str) -> None:
    """MS-ASPROV_R6906: 16.1 alone knows it; the order is refused with the reason."""
    device = replace(MANAGED, version=version)
    refused = request_wipe(device, ACCOUNT, 1.0)
    assert refused is WipeRefusal.VERSION_TOO_LOW
    assert "16.1" in refused.value
    assert isinstance(request_wipe(device, FULL, 1.0), Device)


def test_a_second_order() -> None:
    """The same changes nothing; another replaces it, unless the device may be at it already."""
    standing = ordered(sent_at=11.0)
    assert request_wipe(standing, FULL, 99.0, by="somebody else") is standing
    assert request_wipe(standing, ACCOUNT, 99.0) is WipeRefusal.FULL_ORDERED
    narrowed = request_wipe(ordered(), ACCOUNT, 99.0)
    assert isinstance(narrowed, Device)
    assert narrowed.wipe == WipeState(kind=ACCOUNT, requested_at=99.0)
    widened = request_wipe(ordered(ACCOUNT, sent_at=11.0), FULL, 99.0)
    assert isinstance(widened, Device)
    assert widened.wipe == WipeState(kind=FULL, requested_at=99.0)
    for kind in WipeKind:
        wiped = ordered(kind, sent_at=11.0, acknowledged_at=12.0)
        assert request_wipe(wiped, FULL, 99.0) is WipeRefusal.WIPED


def test_release() -> None:
    """An order is withdrawn, and a wiped device may come back as one that was never seen."""
    for device in (ordered(), ordered(sent_at=11.0, acknowledged_at=12.0)):
        assert released(device) == replace(MANAGED, wipe=None, policy=PolicyState())
    assert released(MANAGED) is MANAGED


@pytest.mark.parametrize("version", list(Version))
def test_a_device_under_an_order(version: Version) -> None:
    """Told to provision where it can take the order, kept out where it cannot or did."""
    assert wipe.verdict(MANAGED, version, None) is None
    for sent_at in (0.0, 11.0):
        full = ordered(sent_at=sent_at)
        assert wipe.verdict(full, version, 77) is Reason.WIPE_PENDING
        assert wipe.verdict(full, version, 0) is Reason.WIPE_PENDING
        assert wipe.verdict(full, version, None) is Reason.WIPE_PENDING_NO_KEY
    can = version is Version.V16_1
    expected = Reason.WIPE_PENDING if can else Reason.DEVICE_BLOCKED
    assert wipe.verdict(ordered(ACCOUNT), version, 77) is expected
    for kind in WipeKind:
        wiped = ordered(kind, sent_at=11.0, acknowledged_at=12.0)
        assert wipe.verdict(wiped, version, 77) is Reason.DEVICE_BLOCKED


def test_the_record_of_an_order() -> None:
    """MS-ASPROV_R663, MS-ASPROV_R66601: first told, last failed, done."""
    order = WipeState(kind=FULL, requested_at=10.0)
    told = wipe.sent(order, 11.0)
    assert wipe.sent(told, 12.0) is told
    failed = wipe.reported(told, 13.0, done=False)
    assert (failed.sent_at, failed.failed_at, failed.acknowledged_at) == (11.0, 13.0, 0.0)
    finished = wipe.reported(failed, 14.0, done=True)
    assert (finished.failed_at, finished.acknowledged_at) == (13.0, 14.0)

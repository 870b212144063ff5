"""The last requests of devices are remembered, within bounds."""

from dataclasses import dataclass

from carbonio_mobile.eas.refusal import Reason
from carbonio_mobile.logs.activity import FAULT_CHARACTERS, Activity


@dataclass(frozen=True)
class Told:
    """A request as the pipeline tells of it."""

    account: str = "John@example.com"
    device: str = "Phone1"
    command: str = "Sync"
    version: str = "14.1"
    code: int = 200
    elapsed_s: float = 0.5
    bytes_in: int = 10
    bytes_out: int = 20
    refused: Reason | None = None
    fault: str = ""


def test_the_newest_come_first_and_the_oldest_go() -> None:
    """So many are kept of a device, whatever the case of its name."""
    times = iter(range(100))
    activity = Activity(lambda: float(next(times)), commands_max=3)
    for number in range(5):
        activity.observe(Told(command=f"C{number}", fault="x" * 1000, refused=Reason.QUOTA))
    recent = activity.recent("john@EXAMPLE.com", "phone1")
    assert [one.command for one in recent] == ["C4", "C3", "C2"]
    assert recent[0].at == 4.0
    assert recent[0].refused == Reason.QUOTA.value
    assert len(recent[0].fault) == FAULT_CHARACTERS
    assert activity.recent("john@example.com", "other") == ()


def test_the_device_that_was_silent_longest_makes_room() -> None:
    """A flood of devices takes no more memory than the bound allows."""
    activity = Activity(lambda: 1.0, devices_max=3)
    for device in ("a", "b", "c", "a", "d"):
        activity.observe(Told(device=device))
    assert len(activity) == 3
    assert not activity.recent("john@example.com", "b")
    assert len(activity.recent("john@example.com", "a")) == 2


def test_requests_of_nobody_are_not_kept() -> None:
    """Without the right password there is no account, in OPTIONS mostly no device."""
    activity = Activity(lambda: 1.0)
    activity.observe(Told(account=""))
    activity.observe(Told(device=""))
    assert len(activity) == 0

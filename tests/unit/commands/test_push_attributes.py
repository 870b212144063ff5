"""What attributes say of push holds over the options, from the next request on.

Spec: ../shared/carbonio/cli.md 3.2.
"""

from dataclasses import replace

import pytest

from carbonio_mobile.commands.context import pushed_as_wished
from carbonio_mobile.testing.rig import BOUNDS, Rig, now

OPTIONS = replace(BOUNDS, heartbeat_min_s=60, heartbeat_max_s=3540, latency_s=5.0)


@pytest.mark.parametrize(
    ("attributes", "longest_s", "latency_s"),
    [
        ({}, 3540, 5.0),
        ({"ZxMobile_MaxPingHeartbeat": "900"}, 900, 5.0),
        ({"ZxMobile_MaxPingHeartbeat": "1"}, 60, 5.0),
        ({"ZxMobile_NotificationsLatency": "20"}, 3540, 20.0),
        ({"ZxMobile_UseInstantNotficiations": "TRUE"}, 3540, 0.0),
        (
            {"ZxMobile_UseInstantNotficiations": "TRUE", "ZxMobile_NotificationsLatency": "20"},
            3540,
            0.0,
        ),
        ({"ZxMobile_UseInstantNotficiations": "FALSE"}, 3540, 5.0),
    ],
)
def test_attributes_before_options(
    attributes: dict[str, str], longest_s: int, latency_s: float
) -> None:
    """The instant notification overrides the latency; the least heartbeat stays possible."""
    rig = Rig()
    account = now(rig.accounts.account(rig.account))
    values = {name.lower(): (value,) for name, value in attributes.items()}
    told = replace(account, attributes={**account.attributes, **values})
    bounds = pushed_as_wished(OPTIONS, told)
    assert (bounds.heartbeat_max_s, bounds.latency_s) == (longest_s, latency_s)

"""The gate of provisioning and the life of policy keys."""

from dataclasses import replace

import pytest

from carbonio_mobile.eas.refusal import HttpRefusal, Reason, StatusRefusal, answer
from carbonio_mobile.eas.status import AcknowledgementStatus
from carbonio_mobile.eas.version import Version
from carbonio_mobile.policy.document import Policy, policy_hash
from carbonio_mobile.policy.provisioning import (
    DEMANDS_MAX,
    acknowledged,
    demanded,
    is_acknowledgeable,
    new_key,
    offered,
    refusal_of,
    refused,
    verdict,
)
from carbonio_mobile.sync.device import PolicyState
from tests.unit.policy.policies import EVERYTHING, policy

V = Version.V14_1
OPEN = policy()
PIN = policy(DevicePasswordEnabled="TRUE")
STRICT = policy(AllowNonProvisionableDevices="FALSE")
LENIENT_PIN = policy(DevicePasswordEnabled="TRUE", AllowNonProvisionableDevices="TRUE")
FRESH = PolicyState()
TIRED = PolicyState(demands=DEMANDS_MAX)


def done(given: Policy, version: Version = V, at: float = 1000.0) -> PolicyState:
    """Give the state of a device that acknowledged a policy in a version; its key is 77."""
    state = offered(FRESH, policy_hash(given, version), version, 5)
    return acknowledged(state, 1, 77, at)


def gate(
    state: PolicyState,
    key: int | None,
    given: Policy = OPEN,
    version: Version = V,
    now: float = 1001.0,
    *,
    required: bool = False,
    refresh_s: float = 0,
) -> Reason | None:
    """Ask the gate."""
    return verdict(state, key, given, version, now, required=required, refresh_s=refresh_s)


@pytest.mark.parametrize(
    ("state", "key", "given", "required", "expected"),
    [
        # Nothing is demanded: who wants to provision may, nobody must.
        (FRESH, None, OPEN, False, None),
        (FRESH, 0, OPEN, False, None),
        (FRESH, 9, OPEN, False, Reason.POLICY_CHANGED),  # a key of another server, or a lost record
        # Everybody must.
        (FRESH, 0, OPEN, True, Reason.NOT_PROVISIONED),
        (FRESH, 0, STRICT, False, Reason.NOT_PROVISIONED),
        (FRESH, 9, STRICT, False, Reason.POLICY_CHANGED),
        (TIRED, 0, STRICT, False, Reason.NOT_PROVISIONED),
        (FRESH, None, STRICT, False, Reason.NO_POLICY_KEY),
        (FRESH, None, OPEN, True, Reason.NO_POLICY_KEY),
        (TIRED, None, STRICT, False, Reason.CANNOT_PROVISION),
        # Who can must, who cannot is let in: for ever asking it would keep it out.
        (FRESH, 0, PIN, False, Reason.NOT_PROVISIONED),
        (FRESH, None, PIN, False, None),
        (TIRED, 0, PIN, False, None),
        (TIRED, 9, PIN, False, None),
        (FRESH, None, LENIENT_PIN, True, None),  # the attribute goes before the option
        (FRESH, 0, LENIENT_PIN, True, Reason.NOT_PROVISIONED),
        # A device that did provision
        (done(OPEN), 77, OPEN, True, None),
        (done(OPEN), 0, OPEN, False, Reason.NOT_PROVISIONED),
        (done(OPEN), None, OPEN, False, Reason.NOT_PROVISIONED),
        (done(OPEN), 78, OPEN, False, Reason.POLICY_CHANGED),
        (done(OPEN), 5, OPEN, False, Reason.POLICY_CHANGED),  # R650: for phase two only
    ],
)
def test_verdict(
    state: PolicyState, key: int | None, given: Policy, required: bool, expected: Reason | None
) -> None:
    """MS-ASPROV_R483, MS-ASPROV_R487, MS-ASPROV_R509, MS-ASPROV_R537, MS-ASPROV_R650,
    MS-ASPROV_R685: a key that is missing, 0 or unknown leads to provisioning, unless the policy
    lets devices in without.
    """
    assert gate(state, key, given, required=required) is expected


def test_a_changed_policy_asks_again() -> None:
    """MS-ASPROV_R693: the key of an older document does not open the gate."""
    assert gate(done(OPEN), 77, PIN) is Reason.POLICY_CHANGED
    assert gate(done(PIN), 77, OPEN) is Reason.POLICY_CHANGED
    assert gate(done(PIN), 77, policy(**EVERYTHING)) is Reason.POLICY_CHANGED


def test_a_switch_for_the_server_alone_does_not_ask_again() -> None:
    """Nothing of what the device was sent has changed."""
    strict = policy(AllowNonProvisionableDevices="FALSE", AllowPartialProvisioning="FALSE")
    assert gate(done(OPEN), 77, strict) is None


@pytest.mark.parametrize("taken", list(Version))
@pytest.mark.parametrize("spoken", list(Version))
def test_a_device_that_switches_versions_is_left_in_peace(taken: Version, spoken: Version) -> None:
    """Client-quirks 4.2: Outlook provisions in one version and works in another."""
    given = policy(**EVERYTHING)
    state = done(given, taken)
    assert gate(state, 77, given, spoken) is None
    changed = policy(**{**EVERYTHING, "MinDevicePasswordLength": "7"})
    assert gate(state, 77, changed, spoken) is Reason.POLICY_CHANGED


def test_a_change_that_the_device_never_hears_of() -> None:
    """What is no element of its version does not make a device of 12.0 provision again."""
    before, after = policy(AllowCamera="1"), policy(AllowCamera="0")
    assert gate(done(before, Version.V12_0), 77, after, Version.V12_0) is None
    assert gate(done(before), 77, after) is Reason.POLICY_CHANGED


def test_a_record_without_a_version_is_measured_by_the_request() -> None:
    """Records of an earlier release do not name the version of the document."""
    state = replace(done(OPEN), acknowledged_version="")
    assert gate(state, 77) is None
    assert gate(state, 77, version=Version.V12_0) is Reason.POLICY_CHANGED


def test_an_aged_key_asks_again() -> None:
    """MS-ASCMD_R4909: after the refresh interval the device provisions again; 0 is never."""
    state = done(OPEN)
    assert gate(state, 77, now=1099.9, refresh_s=100) is None
    assert gate(state, 77, now=1100.0, refresh_s=100) is Reason.POLICY_EXPIRED
    assert gate(state, 77, now=1e9) is None


def test_refresh_interval_of_the_account() -> None:
    """attributes.md 2: minutes; it goes before the option."""
    short, never = policy(RefreshInterval="2"), policy(RefreshInterval="0")
    assert gate(done(OPEN), 77, short, now=1119.9, refresh_s=60) is None
    assert gate(done(OPEN), 77, short, now=1120.0, refresh_s=60) is Reason.POLICY_EXPIRED
    assert gate(done(OPEN), 77, never, now=1e9, refresh_s=60) is None


def test_with_the_policy_off_everybody_passes() -> None:
    """mdm.md 1: never answer "not provisioned"."""
    off = policy(**EVERYTHING, zimbraFeatureMobilePolicyEnabled="FALSE")
    for state in (FRESH, TIRED, done(PIN)):
        for key in (None, 0, 5, 77, 78):
            assert gate(state, key, off, now=1e9, required=True, refresh_s=1) is None


def test_demands_are_counted_until_the_device_provisions() -> None:
    """Only of devices that never did, and no further than is needed."""
    state = FRESH
    for expected in (1, 2, 3, 3):
        state = demanded(state, Reason.NOT_PROVISIONED)
        assert state.demands == expected
    assert demanded(TIRED, Reason.NO_POLICY_KEY) is TIRED
    assert demanded(FRESH, Reason.DEVICE_BLOCKED) is FRESH
    assert demanded(FRESH, None) is FRESH
    assert demanded(done(OPEN), Reason.NOT_PROVISIONED) == done(OPEN)
    assert offered(TIRED, "h", V, 11).demands == 0


@pytest.mark.parametrize("version", [*Version])
def test_how_refusals_look(version: Version) -> None:
    """MS-ASCMD_R4904, MS-ASCMD_R7563, MS-ASCMD_R4906, MS-ASCMD_R7564, MS-ASCMD_R7565,
    MS-ASCMD_R4912, MS-ASCMD_R7566, MS-ASPROV_R1034: a status from 14.0 on, a code before.
    """
    expected = {
        Reason.NO_POLICY_KEY: (141, 449),
        Reason.CANNOT_PROVISION: (141, 403),
        Reason.NOT_PROVISIONED: (142, 449),
        Reason.POLICY_EXPIRED: (143, 449),
        Reason.POLICY_CHANGED: (144, 449),
        Reason.NOT_FULLY_PROVISIONABLE: (139, 403),
        Reason.EXTERNALLY_MANAGED: (145, 403),
    }
    for reason, (status, code) in expected.items():
        found = answer(reason, version, "Sync")
        if version >= Version.V14_0:
            assert found == StatusRefusal(status=status)
        else:
            assert isinstance(found, HttpRefusal)
            assert found.code == code


# Keys


def test_keys_are_never_0_nor_repeated() -> None:
    """MS-ASPROV_R606, MS-ASPROV_R711: 32 bits; 0 stands for "not provisioned" (R312)."""
    state = done(OPEN)
    assert new_key(b"\0\0\0\0", FRESH) == 1
    assert new_key((77).to_bytes(4, "big"), state) == 78
    assert new_key((5).to_bytes(4, "big"), state) == 6
    assert new_key(b"\xff\xff\xff\xff", PolicyState(key=2**32 - 1)) == 1


def test_phase_one_repeated_offers_the_same_key() -> None:
    """A device whose answer was lost gets the temporary key that it can acknowledge."""
    first = offered(FRESH, "h", V, 11)
    assert (first.temporary, first.key) == (11, 0)
    assert offered(first, "h", V, 12) == first
    assert offered(first, "other", V, 12).temporary == 12


def test_phase_one_after_an_acknowledgement_offers_a_new_key() -> None:
    """Provisioning anew takes a new acknowledgement; until then the key in force stays."""
    again = offered(done(OPEN), "h", V, 12)
    assert (again.temporary, again.key, again.acknowledged_status) == (12, 77, 0)
    assert gate(again, 77) is None
    assert gate(again, 12) is Reason.POLICY_CHANGED


def test_acknowledgement_puts_a_key_in_force() -> None:
    """MS-ASPROV_R662: the acknowledged document and the final key belong together."""
    state = acknowledged(offered(FRESH, "h", V, 11), 1, 99, 50.0)
    assert (state.key, state.acknowledged_hash, state.provisioned_at) == (99, "h", 50.0)
    assert state.acknowledged_version == "14.1"


def test_acknowledgement_repeated_gives_the_same_key() -> None:
    """The answer to phase two may be lost as well."""
    state = acknowledged(offered(FRESH, "h", V, 11), 1, 99, 50.0)
    assert acknowledged(state, 1, 100, 60.0) is state
    assert refused(state, 2) is state


@pytest.mark.parametrize(("key", "well"), [(0, False), (12, False), (77, False), (11, True)])
def test_only_the_temporary_key_is_acknowledged(key: int, well: bool) -> None:
    """MS-ASPROV_R657: neither 0 nor another nor the one in force."""
    assert is_acknowledgeable(offered(done(OPEN), "h", V, 11), key) is well
    assert not is_acknowledgeable(FRESH, 0)


# How much a device applied

APPLIED, PARTLY, NOTHING, MANAGED = AcknowledgementStatus


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (OPEN, {}),
        (PIN, {}),
        (
            policy(AllowPartialProvisioning="FALSE"),
            {PARTLY: 139, NOTHING: 139, MANAGED: 145},
        ),
        (STRICT, {NOTHING: 139, MANAGED: 145}),
        (
            policy(AllowPartialProvisioning="FALSE", zimbraFeatureMobilePolicyEnabled="FALSE"),
            {},
        ),
    ],
)
def test_what_is_enough(given: Policy, told: dict[AcknowledgementStatus, int]) -> None:
    """MS-ASPROV_R455, MS-ASPROV_R461, MS-ASPROV_R659, MS-ASPROV_R660, MS-ASPROV_R684,
    MS-ASPROV_R687, MS-ASPROV_R697: the switches say which acknowledgements are.
    """
    for status in AcknowledgementStatus:
        reason = refusal_of(status, given)
        found = None if reason is None else answer(reason, V, "Provision")
        expected = StatusRefusal(status=told[status]) if status in told else None
        assert found == expected


def test_a_refused_acknowledgement_is_noted_and_gives_no_key() -> None:
    """The device may acknowledge again, with the same key, once it did more."""
    state = refused(offered(FRESH, "h", V, 11), 2)
    assert (state.refused_status, state.key, state.temporary) == (2, 0, 11)
    assert acknowledged(state, 1, 99, 50.0).refused_status == 0
    assert offered(state, "other", V, 12).refused_status == 0

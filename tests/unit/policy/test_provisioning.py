"""The gate of provisioning and the life of policy keys."""

import pytest

from carbonio_mobile.eas.refusal import Reason
from carbonio_mobile.policy.provisioning import acknowledged, new_key, offered, verdict
from carbonio_mobile.sync.device import PolicyState

FRESH = PolicyState()
DONE = PolicyState(
    key=77,
    temporary=5,
    policy_hash="h",
    acknowledged_hash="h",
    acknowledged_status=1,
    provisioned_at=1000.0,
)


@pytest.mark.parametrize(
    ("state", "key", "required", "expected"),
    [
        (FRESH, None, False, None),
        (FRESH, 0, False, None),
        (FRESH, None, True, Reason.NOT_PROVISIONED),
        (FRESH, 0, True, Reason.NOT_PROVISIONED),
        (FRESH, 9, False, Reason.POLICY_CHANGED),  # a key of another server, or of a lost record
        (DONE, 77, True, None),
        (DONE, 0, False, Reason.NOT_PROVISIONED),
        (DONE, None, False, Reason.NOT_PROVISIONED),
        (DONE, 78, False, Reason.POLICY_CHANGED),
        (DONE, 5, False, Reason.POLICY_CHANGED),  # R650: the temporary key is for phase two only
    ],
)
def test_verdict(
    state: PolicyState, key: int | None, required: bool, expected: Reason | None
) -> None:
    """MS-ASPROV R483: a key that is missing, 0 or unknown leads to provisioning."""
    assert verdict(state, key, "h", 1001.0, 0, required=required) is expected


def test_a_changed_policy_asks_again() -> None:
    """MS-ASPROV R693: the key of an older document does not open the gate."""
    assert verdict(DONE, 77, "other", 1001.0, 0, required=False) is Reason.POLICY_CHANGED


def test_an_aged_key_asks_again() -> None:
    """MS-ASCMD R4910: after the refresh interval the device provisions again; 0 is never."""
    assert verdict(DONE, 77, "h", 1099.9, 100, required=False) is None
    assert verdict(DONE, 77, "h", 1100.0, 100, required=False) is Reason.POLICY_EXPIRED
    assert verdict(DONE, 77, "h", 1e9, 0, required=False) is None


def test_keys_are_never_0_nor_repeated() -> None:
    """MS-ASPROV R312: 0 stands for "not provisioned", so it is no key."""
    assert new_key(b"\0\0\0\0", FRESH) == 1
    assert new_key((77).to_bytes(4, "big"), DONE) == 78
    assert new_key(b"\xff\xff\xff\xff", PolicyState(key=2**32 - 1)) == 1


def test_phase_one_repeated_offers_the_same_key() -> None:
    """A device whose answer was lost gets the temporary key that it can acknowledge."""
    first = offered(FRESH, "h", 11)
    assert (first.temporary, first.key) == (11, 0)
    assert offered(first, "h", 12) is first
    assert offered(first, "other", 12).temporary == 12


def test_phase_one_after_an_acknowledgement_offers_a_new_key() -> None:
    """Provisioning anew takes a new acknowledgement; until then the key in force stays."""
    again = offered(DONE, "h", 12)
    assert (again.temporary, again.key, again.acknowledged_status) == (12, 77, 0)


def test_acknowledgement_puts_a_key_in_force() -> None:
    """MS-ASPROV R661: the acknowledged document and the final key belong together."""
    state = acknowledged(offered(FRESH, "h", 11), 11, 1, 99, 50.0)
    assert state is not None
    assert (state.key, state.acknowledged_hash, state.provisioned_at) == (99, "h", 50.0)
    assert verdict(state, 99, "h", 51.0, 0, required=True) is None


def test_acknowledgement_repeated_gives_the_same_key() -> None:
    """The answer to phase two may be lost as well."""
    state = acknowledged(offered(FRESH, "h", 11), 11, 1, 99, 50.0)
    assert state is not None
    assert acknowledged(state, 11, 1, 100, 60.0) is state


@pytest.mark.parametrize("key", [0, 12, 77])
def test_acknowledgement_of_another_key_is_refused(key: int) -> None:
    """MS-ASPROV R657, R658: only the temporary key can be acknowledged."""
    assert acknowledged(offered(DONE, "h", 11), key, 1, 99, 50.0) is None

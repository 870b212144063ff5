"""Where a policy comes from: the account, its class of service, the profile of any level."""

from collections.abc import Sequence

from carbonio_mobile.accounts.inheritance import build_account, inherited_values
from carbonio_mobile.directory.accounts import AccountStatus
from carbonio_mobile.ids import AccountId
from carbonio_mobile.policy.document import Policy, policy_of
from carbonio_mobile.wbxml.codepages import Provision
from tests.unit.policy.policies import attributes

Layer = dict[str, str | Sequence[str]]


def policy_from(
    own: Layer | None = None,
    cos: Layer | None = None,
    domain: Layer | None = None,
    everywhere: Layer | None = None,
) -> Policy:
    """Give the policy of an account whose attributes stand at these levels."""
    shared = inherited_values(
        cos=attributes(cos or {}),
        domain=attributes(domain or {}),
        everywhere=attributes(everywhere or {}),
    )
    account = build_account(
        account=AccountId("a"),
        addresses=("john@example.com",),
        own=attributes(own or {}),
        shared=shared,
        domain_status=AccountStatus.ACTIVE,
        locked_out=False,
    )
    return policy_of(account)


def test_a_fresh_directory_demands_nothing() -> None:
    """The built-in defaults switch the policy on and restrict nothing."""
    policy = policy_from()
    assert policy.enabled
    assert not policy.restricts
    assert policy.text(Provision.DevicePasswordEnabled) == "0"


def test_the_account_goes_before_its_class_of_service() -> None:
    """attributes.md 2: account, else COS."""
    cos: Layer = {"DevicePasswordEnabled": "TRUE", "MinDevicePasswordLength": "8"}
    assert policy_from(cos=cos).text(Provision.MinDevicePasswordLength) == "8"
    own: Layer = {"MinDevicePasswordLength": "5"}
    assert policy_from(own, cos).text(Provision.MinDevicePasswordLength) == "5"
    assert not policy_from({"zimbraFeatureMobilePolicyEnabled": "FALSE"}, cos).restricts


def test_the_profile_of_every_level() -> None:
    """It fills in what is unset, wherever the one or the other stands; the nearest one counts."""
    carbonio: Layer = {"carbonioMobilePolicyProfile": "carbonio"}
    cos: Layer = {"MinDevicePasswordLength": "8"}
    for policy in (
        policy_from(carbonio, cos),
        policy_from(None, {**cos, **carbonio}),
        policy_from(None, cos, carbonio),
        policy_from(None, cos, None, carbonio),
    ):
        assert policy.text(Provision.DevicePasswordEnabled) == "1"
        assert policy.text(Provision.MinDevicePasswordLength) == "8"
        assert policy.text(Provision.MaxInactivityTimeDeviceLock) == "900"
    permissive: Layer = {"carbonioMobilePolicyProfile": "permissive"}
    assert not policy_from(permissive, None, None, carbonio).restricts

"""Whether an account may use ActiveSync now.

Spec: ../shared/carbonio/attributes.md (zimbraAccountStatus, zimbraDomainStatus,
zimbraFeatureMobileSyncEnabled).
"""

from collections.abc import Mapping

from carbonio_mobile.directory.accounts import Account, AccountStatus
from carbonio_mobile.eas.refusal import Reason

FEATURE = "zimbraFeatureMobileSyncEnabled"

_REASONS: Mapping[AccountStatus, Reason] = {
    AccountStatus.MAINTENANCE: Reason.ACCOUNT_IN_MAINTENANCE,
    AccountStatus.LOCKED: Reason.ACCOUNT_LOCKED,
    AccountStatus.LOCKOUT: Reason.ACCOUNT_LOCKED,
    AccountStatus.PENDING: Reason.ACCOUNT_DISABLED,
    AccountStatus.CLOSED: Reason.ACCOUNT_CLOSED,
    AccountStatus.SUSPENDED: Reason.ACCOUNT_DISABLED,
    AccountStatus.SHUTDOWN: Reason.ACCOUNT_DISABLED,
}


def status_verdict(account: Account) -> Reason | None:
    """Decide by the states of the domain and of the account; None lets it through."""
    return _REASONS.get(account.domain_status) or _REASONS.get(account.status)


def feature_verdict(account: Account) -> Reason | None:
    """Decide by the feature that the account, its COS or its domain has; None lets it through."""
    return None if account.flag(FEATURE, default=False) else Reason.NOT_ENABLED

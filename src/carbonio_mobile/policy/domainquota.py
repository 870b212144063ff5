"""What all mailboxes of a domain may hold together, and what happens when they do.

Spec: ../shared/carbonio/attributes.md 4 (zimbraDomainAggregateQuota, …Policy); admin-panel.md 4.
"""

from dataclasses import dataclass
from enum import Enum, IntEnum

from carbonio_mobile.directory.accounts import Account

QUOTA = "zimbraDomainAggregateQuota"
POLICY = "zimbraDomainAggregateQuotaPolicy"
WARN_PERCENT = "zimbraDomainAggregateQuotaWarnPercent"
_WARN_PERCENT_DEFAULT = "80"


class FullPolicy(Enum):
    """What is refused in a domain that is full."""

    NOTHING = "ALLOWSENDRECEIVE"
    SENDING = "BLOCKSEND"
    EVERYTHING = "BLOCKSENDRECEIVE"


class Fullness(IntEnum):
    """How full a domain is, as far as administrators are told."""

    ROOMY = 0
    NEARLY = 1
    FULL = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainQuota:
    """What a domain may hold, in bytes; ``warn_percent`` 0 warns of nothing."""

    size_bytes: int
    policy: FullPolicy = FullPolicy.NOTHING
    warn_percent: int = 0

    @property
    def blocks_sending(self) -> bool:
        """Whether nobody of the domain may send once it is full."""
        return self.policy is not FullPolicy.NOTHING

    @property
    def blocks_storing(self) -> bool:
        """Whether mailboxes take nothing more once it is full."""
        return self.policy is FullPolicy.EVERYTHING

    def fullness(self, used_bytes: int) -> Fullness:
        """Tell how full the domain is that holds so much."""
        if used_bytes >= self.size_bytes:
            return Fullness.FULL
        warned = self.warn_percent and used_bytes * 100 >= self.size_bytes * self.warn_percent
        return Fullness.NEARLY if warned else Fullness.ROOMY


def domain_quota_of(account: Account) -> DomainQuota | None:
    """Give the quota of an account's domain; None where it has none."""
    size = _number(account.value(QUOTA, "0"))
    if not size:
        return None
    text = account.value(POLICY, FullPolicy.NOTHING.value)
    known = {policy.value: policy for policy in FullPolicy}
    return DomainQuota(
        size_bytes=size,
        policy=known.get(text, FullPolicy.NOTHING),
        warn_percent=_number(account.value(WARN_PERCENT, _WARN_PERCENT_DEFAULT)),
    )


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else 0


def quota_notice(domain: str, quota: DomainQuota, used_bytes: int) -> tuple[str, str]:
    """Give subject and text of what administrators are told of a domain that is (nearly) full."""
    percent = used_bytes * 100 // quota.size_bytes
    refused = {
        FullPolicy.NOTHING: "nothing is refused",
        FullPolicy.SENDING: "nobody of the domain can send mail until there is room",
        FullPolicy.EVERYTHING: "nobody of the domain can send or get mail until there is room",
    }[quota.policy]
    is_full = quota.fullness(used_bytes) is Fullness.FULL
    state = "full" if is_full else f"{percent} % full"
    return (
        f"The mailboxes of {domain} are {state}",
        (
            f"The mailboxes of {domain} hold {used_bytes} of {quota.size_bytes} bytes together "
            f"({percent} %).\n{'Now' if is_full else 'Once they are full'} {refused} "
            f"({POLICY} {quota.policy.value}).\n\nThe limit is {QUOTA}: carbonio config set domain "
            f"{domain} {QUOTA} BYTES\n"
        ),
    )

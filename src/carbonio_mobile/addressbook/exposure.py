"""``Exposure``: somebody's address book that an administrator shows to others.

Spec: ../shared/carbonio/cli.md 2.3 (addressBook).
"""

from dataclasses import dataclass

from carbonio_mobile.ids import AccountId, FolderId

EXPOSURES_COUNT = 1_000
"""So many may be kept: each is looked after at every look-up of those who see it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposure:
    """One book that others see.

    ``domain`` is the name of the domain whose accounts see it, empty for those of all. ``account``
    owns it; it is known by its id, which outlives the account. ``folder`` is one address book, None
    all that the account has, those of later included.
    """

    domain: str
    account: AccountId
    folder: FolderId | None


def in_order(exposure: Exposure) -> tuple[str, str, str]:
    """Give the key of the order in which exposures are listed."""
    return exposure.domain, exposure.account, exposure.folder or ""

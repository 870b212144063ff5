"""``ItemFault``: what a device sent for one item cannot be done.

Spec: MS-ASCMD 2.2.3.177.17 (Status of an item in a Sync).
"""

from carbonio_mobile.eas.status import SyncStatus
from carbonio_mobile.errors import CarbonioMobileError


class ItemFault(CarbonioMobileError):
    """One item of a Sync fails with ``status``; the others go on.

    The text says why, for logs.
    """

    def __init__(self, why: str, status: SyncStatus = SyncStatus.CONVERSION_ERROR) -> None:
        super().__init__(why)
        self.status = status

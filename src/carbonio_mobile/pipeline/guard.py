"""What administrators decide of requests and devices, as the pipeline asks it.

The guard stands between the gates: its words come from settings that change while requests are
served. Spec: design.md section 3 (DoS, ABQ, suspension), section 8.
"""

from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Protocol

from carbonio_mobile.directory.accounts import Account
from carbonio_mobile.eas.refusal import Reason
from carbonio_mobile.ids import DeviceKey
from carbonio_mobile.interfaces import IMailbox
from carbonio_mobile.sync.device import Device

DIVERTED_COMMANDS = frozenset(
    {
        "FolderSync",
        "GetHierarchy",
        "GetItemEstimate",
        "ItemOperations",
        "Ping",
        "Provision",
        "Settings",
        "Sync",
    }
)
"""What a device may ask that sees the dummy mailbox instead of its own: enough to show what is in
it. Everything else would reach past it.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Barred:
    """A request goes no further; ``wait_s`` is how long its device should wait, None as usual."""

    reason: Reason
    wait_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """How a device is let in. ``mailbox`` stands in for the account's own; None: its own."""

    mailbox: IMailbox | None = None


OWN_MAILBOX = Admission()


class Guard(Protocol):
    """Says who goes no further."""

    def knock(self, peer: str, claimed: str) -> Barred | None:
        """Look at a request of which nothing is proven.

        ``claimed`` names the account and device that it says it is of.
        """

    def proven(self, peer: str, claimed: str, key: DeviceKey, name: str) -> Barred | None:
        """Look at a request whose credentials were right; ``name`` is the account's.

        ``peer`` and ``claimed`` are those of :meth:`knock`.
        """

    def newcomer(self, account: Account, new: Device) -> Awaitable[Reason | None]:
        """Look at a device that was never here, before anything of it is written down.

        ``new`` is what its first request says of it, with its network address.
        """

    def admit(self, account: Account, device: Device) -> Awaitable[Admission]:
        """Say which mailbox a device sees. It writes down one that is seen for the first time."""


class OpenGuard:
    """Lets everybody through."""

    def knock(self, _peer: str, _claimed: str) -> Barred | None:
        """Refuse nobody."""
        return None

    def proven(self, _peer: str, _claimed: str, _key: DeviceKey, _name: str) -> Barred | None:
        """Refuse nobody."""
        return None

    async def newcomer(self, _account: Account, _new: Device) -> Reason | None:
        """Refuse nobody."""
        return None

    async def admit(self, _account: Account, _device: Device) -> Admission:
        """Give everybody their own mailbox."""
        return OWN_MAILBOX

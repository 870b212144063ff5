"""What is known of a device: how it names itself, what it said about itself, policy keys, wipes.

Spec: MS-ASHTTP 2.2.1.1.1 (request line), MS-ASCMD 2.2.3.44 (DeviceInformation), MS-ASPROV 3.1.5.
"""

from dataclasses import dataclass, field
from enum import Enum

from carbonio_mobile.ids import DeviceKey


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyState:
    """Where provisioning stands. Keys are never 0; 0 here means that there is none.

    ``temporary`` was sent in phase one and may be acknowledged; ``key`` is in force.
    ``policy_hash`` is the hash of the document sent with ``temporary`` in ``offered_version``,
    ``acknowledged_hash`` of the one in force, sent in ``acknowledged_version``. A version is empty
    where it was not written down. ``refused_status`` is what the device said of the document sent
    last, where that was not enough. ``demands`` counts how often a device that never provisioned
    was told to.
    """

    key: int = 0
    temporary: int = 0
    policy_hash: str = ""
    acknowledged_hash: str = ""
    acknowledged_status: int = 0
    provisioned_at: float = 0.0
    offered_version: str = ""
    acknowledged_version: str = ""
    refused_status: int = 0
    demands: int = 0


class WipeKind(Enum):
    """How much a device is told to forget."""

    FULL = "full"
    ACCOUNT_ONLY = "account_only"


@dataclass(frozen=True, slots=True, kw_only=True)
class WipeState:
    """An order to wipe, and how far it went; times are 0 where it did not come to that.

    ``sent_at`` is when the device was first told, ``failed_at`` when it last said that it failed,
    ``acknowledged_at`` when it said that it is done: from then on it is kept out.
    """

    kind: WipeKind
    requested_at: float
    requested_by: str = ""
    sent_at: float = 0.0
    failed_at: float = 0.0
    acknowledged_at: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """A device of an account. Times are seconds since 1970, UTC.

    ``sent_id`` is the id with the letters' case as the device sends it. ``information`` is what the
    device said of itself (element name -> text of DeviceInformation: Model, OS, FriendlyName …).
    ``recovery_password`` is the device's recovery password where it deposited one. ``wipe`` is
    stored by itself (``IDevices.save_wipe``), for administrators order it while the device is
    being served; so is ``suspended_at``, since when an administrator keeps it from syncing, 0 where
    nobody does. ``versions_told`` is the list of versions that it was told last, as
    MS-ASProtocolVersions has it. ``peer`` is its network address, kept only of those that change
    their ids; ``succeeded_by`` the id under which such a device came back, empty while it uses this
    one.
    """

    key: DeviceKey
    sent_id: str
    kind: str
    user_agent: str = ""
    version: str = ""
    first_seen: float = 0.0
    last_seen: float = 0.0
    policy: PolicyState = field(default_factory=PolicyState)
    information: tuple[tuple[str, str], ...] = ()
    recovery_password: str = field(default="", repr=False)
    wipe: WipeState | None = None
    suspended_at: float = 0.0
    versions_told: str = ""
    peer: str = ""
    succeeded_by: str = ""

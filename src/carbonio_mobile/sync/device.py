"""What is known of a device: how it names itself, what it said about itself, its policy keys.

Spec: MS-ASHTTP 2.2.1.1.1 (request line), MS-ASCMD 2.2.3.44 (DeviceInformation), MS-ASPROV 3.1.5.
"""

from dataclasses import dataclass, field

from carbonio_mobile.ids import DeviceKey


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyState:
    """Where provisioning stands. Keys are never 0; 0 here means that there is none.

    ``temporary`` was sent in phase one and may be acknowledged; ``key`` is in force.
    ``policy_hash`` is the hash of the document sent with ``temporary``, ``acknowledged_hash`` of
    the one in force.
    """

    key: int = 0
    temporary: int = 0
    policy_hash: str = ""
    acknowledged_hash: str = ""
    acknowledged_status: int = 0
    provisioned_at: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """A device of an account. Times are seconds since 1970, UTC.

    ``sent_id`` is the id with the letters' case as the device sends it. ``information`` is what the
    device said of itself (element name -> text of DeviceInformation: Model, OS, FriendlyName …).
    ``recovery_password`` is the device's recovery password where it deposited one.
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

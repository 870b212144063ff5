"""The commands about the policy for devices, and the old ones about properties of the module.

Spec: ../shared/carbonio/cli.md 2.8, 2.10.
"""

from carbonio_mobile.admin.declaring import Command, Parameter
from carbonio_mobile.admin.kinds import BOOLEAN, FREE_TEXT, TEXT, TEXTS, choice

PROPERTIES = (
    "abqMode",
    "abqNotificationsInterval",
    "abq_enabled_at_startup",
    "mobileAntiDosServiceEnabled",
    "mobileAntiDosServiceJailDuration",
    "mobileAntiDosServiceMaxRequests",
    "mobileAntiDosServiceTimeWindow",
    "ZxMobile_DeviceManagementEnabled",
    "ZxMobile_MaxGlobalVersion",
    "ZxMobile_MaxOutlookVersion",
    "ZxMobile_MaxPingHeartbeat",
    "ZxMobile_NotificationsLatency",
    "ZxMobile_UseInstantNotficiations",
)
"""The attributes that are properties of the module."""

_TARGET = (
    Parameter(
        name="target_type", kind=choice("account", "cos"), required=True,
        help="whose policy it is",
    ),
    Parameter(
        name="target", kind=TEXT, required=True,
        help="an account by e-mail address or id, a COS by name or id",
    ),
)  # fmt: skip
_KEY_HELP = "a property, with or without the prefix zimbraMobilePolicy"
_VALUES = Parameter(
    name="value", kind=FREE_TEXT, required=True, rest=True,
    help="its value; several for a list; true and false do for numbers, too",
)  # fmt: skip

_WHOLE_NAME_EXAMPLE = (
    "carbonio mobile getProvisioning account john@example.com "
    "key zimbraMobilePolicyAllowDesktopSync"
)

COMMANDS: tuple[Command, ...] = (
    Command(
        module="mobile",
        words=("getProvisioning",),
        summary="Shows the policy for devices of an account or COS, or one property of it.",
        parameters=(*_TARGET, Parameter(name="key", kind=TEXT, help=_KEY_HELP)),
        examples=(
            _WHOLE_NAME_EXAMPLE,
            "carbonio mobile getProvisioning cos default",
        ),
    ),
    Command(
        module="mobile",
        words=("setProvisioning",),
        summary="Sets one property of the policy for devices of an account or COS.",
        parameters=(
            *_TARGET,
            Parameter(name="key", kind=TEXT, help=_KEY_HELP, required=True),
            _VALUES,
        ),
        examples=(
            "carbonio mobile setProvisioning account john@example.com AllowDesktopSync true",
        ),
        changes=True,
        note="An empty value removes the property: what the COS has counts again.",
    ),
    Command(
        module="mobile",
        words=("getProperty",),
        summary="Shows properties of the module.",
        parameters=(
            Parameter(name="verbose", kind=BOOLEAN, default="false", help="also what they may be"),
            Parameter(name="property_name", kind=TEXTS, help="which, all without it"),
        ),
        examples=("carbonio mobile getProperty property_name abqMode,ZxMobile_MaxPingHeartbeat",),
        deprecated="config get server",
    ),
    Command(
        module="mobile",
        words=("setProperty",),
        summary="Sets a property of the module.",
        parameters=(
            Parameter(name="property", kind=TEXT, help="its name", required=True),
            Parameter(name="value", kind=TEXT, help="its value", required=True),
        ),
        examples=("carbonio mobile setProperty ZxMobile_MaxPingHeartbeat 1200",),
        changes=True,
        deprecated="config set server",
    ),
)

"""The one table of the policy: directory attribute -> element of the policy document.

A row tells what values the attribute takes, what the profile ``carbonio`` says where the directory
says nothing, which element it becomes, since which version, and what that element holds while the
attribute is unset: the value that restricts nothing.

Spec: MS-ASPROV 2.2.2 (elements and their ranges); ../shared/carbonio/attributes.md 2, mdm.md 2.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum

from carbonio_mobile.eas.version import Version
from carbonio_mobile.wbxml import Tag
from carbonio_mobile.wbxml.codepages import Provision

PREFIX = "zimbraMobilePolicy"
ENABLED = "zimbraFeatureMobilePolicyEnabled"
"""Whether the policy attributes mean anything at all."""

PROFILE = "carbonioMobilePolicyProfile"
"""Names the set of values that stands in for attributes that are unset."""

PROFILES = ("permissive", "carbonio")
"""``permissive`` has no values; ``carbonio`` those of that product's default class of service."""

ATTACHMENTS_BLOCKED = "zimbraAttachmentsBlocked"


class Form(Enum):
    """What the values of an attribute look like."""

    FLAG = "TRUE or FALSE"
    NUMBER = "a whole number"
    TEXTS = "any number of texts"


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One row. An attribute without ``tag`` is for the server; a tag without attribute is fixed.

    ``lowest`` and ``highest`` bound a number, ``highest`` the length of a text. An empty
    ``permissive`` is an empty element, which stands for "no limit"; None is no element. ``sent``
    turns the attribute's value into that of the element, None for no element. ``password`` marks
    what devices ignore while no password is asked for (MS-ASPROV R629). ``child`` is the element
    of one text.
    """

    name: str = ""
    form: Form = Form.NUMBER
    lowest: int | None = None
    highest: int | None = None
    carbonio: str = ""
    tag: Tag | None = None
    permissive: str | None = None
    since: Version = Version.V12_1
    sent: Callable[[str], str | None] = str
    password: bool = False
    child: Tag | None = None

    @property
    def attribute(self) -> str:
        """The name of the attribute in the directory; empty where there is none."""
        return self.name and PREFIX + self.name


# From the value of an attribute to that of its element

CALENDAR_FILTERS = (0, 4, 5, 6, 7)
EMAIL_FILTERS = (0, 1, 2, 3, 4, 5)
_UINT_MAX = 0xFFFFFFFF
_LOCK_MAX_S = 9998


def _flag(value: str) -> str | None:
    return "1" if value.upper() == "TRUE" else "0"


def _limited(text: str, lowest: int, highest: int) -> str | None:
    """Give a number as the element can say it; nothing for 0 and for "not set"."""
    number = whole(text)
    return str(min(max(number, lowest), highest)) if number > 0 else None


def whole(text: str) -> int:
    """Read a number of the directory; what is none counts as -1, "not set"."""
    text = text.strip()
    digits = text.removeprefix("-")
    usable = digits.isascii() and digits.isdigit() and len(digits) <= 18
    return int(text) if usable else -1


def _set(text: str) -> str | None:
    """Leave out what is not set, which is -1."""
    number = whole(text)
    return str(min(number, _UINT_MAX)) if number >= 0 else None


def _length(text: str) -> str | None:
    """1 to 16 (MS-ASPROV R288); no minimum is an empty element (R289)."""
    return _limited(text, 1, 16) or ""


def _attempts(text: str) -> str | None:
    """4 to 16 (MS-ASPROV R253)."""
    return _limited(text, 4, 16)


def _groups(text: str) -> str | None:
    """1 to 4 (MS-ASPROV R282)."""
    return _limited(text, 1, 4)


def _lock_seconds(minutes: str) -> str | None:
    """Give the seconds of so many minutes; from 9999 on a device would never lock (R278)."""
    return _limited(str(60 * whole(minutes)), 60, _LOCK_MAX_S) or ""


def _count(text: str) -> str | None:
    return str(min(max(whole(text), 0), _UINT_MAX))


def _calendar_filter(text: str) -> str | None:
    """Only some of the filters are for calendars (MS-ASPROV R245)."""
    number = whole(text)
    return str(number) if number in CALENDAR_FILTERS else None


def _email_filter(text: str) -> str | None:
    """As MS-ASPROV R257 has them."""
    number = whole(text)
    return str(number) if number in EMAIL_FILTERS else None


def _option(name: str, neutral: str, *, highest: int = 1) -> Setting:
    """Make a row of 12.1 for a number from -1 (not set) up, which the element takes as it is.

    ``neutral`` restricts nothing, and is what the profile says as well.
    """
    return Setting(
        name=name, lowest=-1, highest=highest, carbonio=neutral,
        tag=getattr(Provision, name), permissive=neutral, sent=_set,
    )  # fmt: skip


def _password_flag(name: str, carbonio: str, permissive: str) -> Setting:
    return Setting(
        name=name, form=Form.FLAG, carbonio=carbonio, tag=getattr(Provision, name),
        permissive=permissive, since=Version.V12_0, sent=_flag, password=True,
    )  # fmt: skip


def _password_number(
    name: str,
    carbonio: str,
    permissive: str,
    sent: Callable[[str], str | None],
    since: Version = Version.V12_0,
) -> Setting:
    return Setting(
        name=name, carbonio=carbonio, tag=getattr(Provision, name),
        permissive=permissive, since=since, sent=sent, password=True,
    )  # fmt: skip


SETTINGS: tuple[Setting, ...] = (
    # For the server alone
    Setting(name="AllowNonProvisionableDevices", form=Form.FLAG, carbonio="TRUE"),
    Setting(name="AllowPartialProvisioning", form=Form.FLAG, carbonio="TRUE"),
    Setting(name="RefreshInterval", carbonio="1440"),
    Setting(name="SuppressDeviceEncryption", form=Form.FLAG, carbonio="FALSE"),
    Setting(name="DeviceEncryptionEnabled", form=Form.FLAG),
    Setting(name="ApprovedApplicationList", form=Form.TEXTS, highest=256),
    # The document, in the order of the schema
    Setting(
        name="DevicePasswordEnabled", form=Form.FLAG, carbonio="TRUE",
        tag=Provision.DevicePasswordEnabled, permissive="0", since=Version.V12_0, sent=_flag,
    ),
    _password_flag("AlphanumericDevicePasswordRequired", "FALSE", "0"),
    _password_flag("PasswordRecoveryEnabled", "TRUE", "0"),
    Setting(
        name="RequireStorageCardEncryption", form=Form.FLAG, carbonio="FALSE",
        tag=Provision.RequireStorageCardEncryption, permissive="0", sent=_flag,
    ),
    Setting(tag=Provision.AttachmentsEnabled, permissive="1", since=Version.V12_0),
    _password_number("MinDevicePasswordLength", "4", "", _length),
    _password_number("MaxInactivityTimeDeviceLock", "15", "", _lock_seconds),
    _password_number("MaxDevicePasswordFailedAttempts", "4", "", _attempts),
    Setting(tag=Provision.MaxAttachmentSize, permissive="", since=Version.V12_0),
    _password_flag("AllowSimpleDevicePassword", "FALSE", "1"),
    _password_number("DevicePasswordExpiration", "0", "0", _count),
    _password_number("DevicePasswordHistory", "8", "0", _count),
    _option("AllowStorageCard", "1"),
    _option("AllowCamera", "1"),
    _option("RequireDeviceEncryption", "0"),
    _option("AllowUnsignedApplications", "1"),
    _option("AllowUnsignedInstallationPackages", "1"),
    _password_number("MinDevicePasswordComplexCharacters", "0", "1", _groups, Version.V12_1),
    _option("AllowWiFi", "1"),
    _option("AllowTextMessaging", "1"),
    _option("AllowPOPIMAPEmail", "1"),
    _option("AllowBluetooth", "2", highest=2),
    _option("AllowIrDA", "1"),
    _option("RequireManualSyncWhenRoaming", "0"),
    _option("AllowDesktopSync", "1"),
    Setting(
        name="MaxCalendarAgeFilter", lowest=-1, highest=7, carbonio="5",
        tag=Provision.MaxCalendarAgeFilter, permissive="0", sent=_calendar_filter,
    ),
    _option("AllowHTMLEmail", "1"),
    Setting(
        name="MaxEmailAgeFilter", lowest=-1, highest=5, carbonio="5",
        tag=Provision.MaxEmailAgeFilter, permissive="0", sent=_email_filter,
    ),
    _option("MaxEmailBodyTruncationSize", "-1", highest=2**31 - 1),
    _option("MaxEmailHTMLBodyTruncationSize", "-1", highest=2**31 - 1),
    _option("RequireSignedSMIMEMessages", "0"),
    _option("RequireEncryptedSMIMEMessages", "0"),
    _option("RequireSignedSMIMEAlgorithm", "0"),
    _option("RequireEncryptionSMIMEAlgorithm", "0"),
    _option("AllowSMIMEEncryptionAlgorithmNegotiation", "2", highest=2),
    _option("AllowSMIMESoftCerts", "1"),
    _option("AllowBrowser", "1"),
    _option("AllowConsumerEmail", "1"),
    _option("AllowRemoteDesktop", "1"),
    _option("AllowInternetSharing", "1"),
    Setting(
        name="UnapprovedInROMApplication", form=Form.TEXTS, highest=512, permissive="",
        tag=Provision.UnapprovedInROMApplicationList, child=Provision.ApplicationName,
    ),
    # Where this one is present, even empty, only what it names may run (MS-ASPROV R198).
    Setting(
        name="ApprovedApplication", form=Form.TEXTS, highest=256,
        tag=Provision.ApprovedApplicationList, child=Provision.Hash,
    ),
)  # fmt: skip
"""All settings; those with an element in the order of the schema."""

BY_NAME: Mapping[str, Setting] = {row.name: row for row in SETTINGS if row.name}
"""The rows with an attribute, by its name without the prefix."""

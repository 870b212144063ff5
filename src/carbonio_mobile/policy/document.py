"""The policy document that devices are sent, and its hash.

There is one policy for now: everything allowed, nothing demanded. Its document is complete all the
same, so that a device which was under a stricter policy before is told each setting anew.

Spec: MS-ASPROV 2.2.2 (elements and their ranges), 3.2.5.1.1 (R652: settings that
are withdrawn are sent at their defaults).
"""

from dataclasses import dataclass
from hashlib import sha256

from carbonio_mobile.eas.version import Version
from carbonio_mobile.wbxml import Element, Tag, encode
from carbonio_mobile.wbxml.codepages import Provision


@dataclass(frozen=True, slots=True)
class Setting:
    """One element: the value that restricts nothing, and the version that brought the element.

    An empty ``permissive`` is an empty element, which stands for "no limit".
    """

    tag: Tag
    permissive: str
    since: Version = Version.V12_1


SETTINGS: tuple[Setting, ...] = (
    Setting(Provision.DevicePasswordEnabled, "0", Version.V12_0),
    Setting(Provision.AlphanumericDevicePasswordRequired, "0", Version.V12_0),
    Setting(Provision.PasswordRecoveryEnabled, "0", Version.V12_0),
    Setting(Provision.RequireStorageCardEncryption, "0"),
    Setting(Provision.AttachmentsEnabled, "1", Version.V12_0),
    Setting(Provision.MinDevicePasswordLength, "", Version.V12_0),
    Setting(Provision.MaxInactivityTimeDeviceLock, "", Version.V12_0),
    Setting(Provision.MaxDevicePasswordFailedAttempts, "", Version.V12_0),
    Setting(Provision.MaxAttachmentSize, "", Version.V12_0),
    Setting(Provision.AllowSimpleDevicePassword, "1", Version.V12_0),
    Setting(Provision.DevicePasswordExpiration, "0", Version.V12_0),
    Setting(Provision.DevicePasswordHistory, "0", Version.V12_0),
    Setting(Provision.AllowStorageCard, "1"),
    Setting(Provision.AllowCamera, "1"),
    Setting(Provision.RequireDeviceEncryption, "0"),
    Setting(Provision.AllowUnsignedApplications, "1"),
    Setting(Provision.AllowUnsignedInstallationPackages, "1"),
    Setting(Provision.MinDevicePasswordComplexCharacters, "1"),
    Setting(Provision.AllowWiFi, "1"),
    Setting(Provision.AllowTextMessaging, "1"),
    Setting(Provision.AllowPOPIMAPEmail, "1"),
    Setting(Provision.AllowBluetooth, "2"),
    Setting(Provision.AllowIrDA, "1"),
    Setting(Provision.RequireManualSyncWhenRoaming, "0"),
    Setting(Provision.AllowDesktopSync, "1"),
    Setting(Provision.MaxCalendarAgeFilter, "0"),
    Setting(Provision.AllowHTMLEmail, "1"),
    Setting(Provision.MaxEmailAgeFilter, "0"),
    Setting(Provision.MaxEmailBodyTruncationSize, "-1"),
    Setting(Provision.MaxEmailHTMLBodyTruncationSize, "-1"),
    Setting(Provision.RequireSignedSMIMEMessages, "0"),
    Setting(Provision.RequireEncryptedSMIMEMessages, "0"),
    Setting(Provision.RequireSignedSMIMEAlgorithm, "0"),
    Setting(Provision.RequireEncryptionSMIMEAlgorithm, "0"),
    Setting(Provision.AllowSMIMEEncryptionAlgorithmNegotiation, "2"),
    Setting(Provision.AllowSMIMESoftCerts, "1"),
    Setting(Provision.AllowBrowser, "1"),
    Setting(Provision.AllowConsumerEmail, "1"),
    Setting(Provision.AllowRemoteDesktop, "1"),
    Setting(Provision.AllowInternetSharing, "1"),
    Setting(Provision.UnapprovedInROMApplicationList, ""),
)
"""All settings in the order of the schema, but one: where ApprovedApplicationList is present, only
what it names may run (R198), so that "no restriction" is not to send it."""

_PERMISSIVE = {setting.tag: setting.permissive for setting in SETTINGS}


def permissive_value(tag: Tag) -> str:
    """Give the value of a setting under the policy in force."""
    return _PERMISSIVE[tag]


def policy_document(version: Version) -> Element:
    """Give the EASProvisionDoc for a device of that version: no element it does not know."""
    return Element(
        Provision.EASProvisionDoc,
        [
            Element(setting.tag, setting.permissive)
            for setting in SETTINGS
            if setting.since <= version
        ],
    )


def document_hash(document: Element) -> str:
    """Give the SHA-256, in hexadecimal, of the octets that a document is on the wire.

    It covers what this device at its version is sent and nothing else; were it over the policy as
    configured, Outlook at an older version would be asked to provision for ever.
    """
    return sha256(encode(document)).hexdigest()

"""Accounts with policy attributes, for tests."""

from collections.abc import Sequence
from pathlib import Path

from carbonio_mobile.directory.accounts import Account, AccountStatus
from carbonio_mobile.ids import AccountId
from carbonio_mobile.policy.document import Policy, policy_of
from carbonio_mobile.policy.settings import BY_NAME, PREFIX

PROTOCOL = Path(__file__).resolve().parents[3] / "../shared/protocol"
CARBONIO = PROTOCOL.parent / "carbonio"

EVERYTHING: dict[str, str | Sequence[str]] = {
    "DevicePasswordEnabled": "TRUE",
    "AlphanumericDevicePasswordRequired": "TRUE",
    "PasswordRecoveryEnabled": "TRUE",
    "RequireStorageCardEncryption": "TRUE",
    "MinDevicePasswordLength": "6",
    "MaxInactivityTimeDeviceLock": "5",
    "MaxDevicePasswordFailedAttempts": "8",
    "AllowSimpleDevicePassword": "FALSE",
    "DevicePasswordExpiration": "90",
    "DevicePasswordHistory": "3",
    "AllowStorageCard": "0",
    "AllowCamera": "0",
    "RequireDeviceEncryption": "1",
    "AllowUnsignedApplications": "0",
    "AllowUnsignedInstallationPackages": "0",
    "MinDevicePasswordComplexCharacters": "3",
    "AllowWiFi": "0",
    "AllowTextMessaging": "0",
    "AllowPOPIMAPEmail": "0",
    "AllowBluetooth": "1",
    "AllowIrDA": "0",
    "RequireManualSyncWhenRoaming": "1",
    "AllowDesktopSync": "0",
    "MaxCalendarAgeFilter": "4",
    "AllowHTMLEmail": "0",
    "MaxEmailAgeFilter": "3",
    "MaxEmailBodyTruncationSize": "64",
    "MaxEmailHTMLBodyTruncationSize": "128",
    "RequireSignedSMIMEMessages": "1",
    "RequireEncryptedSMIMEMessages": "1",
    "RequireSignedSMIMEAlgorithm": "1",
    "RequireEncryptionSMIMEAlgorithm": "1",
    "AllowSMIMEEncryptionAlgorithmNegotiation": "1",
    "AllowSMIMESoftCerts": "0",
    "AllowBrowser": "0",
    "AllowConsumerEmail": "0",
    "AllowRemoteDesktop": "0",
    "AllowInternetSharing": "0",
    "UnapprovedInROMApplication": ("calc.exe", "solitaire & more"),
    "ApprovedApplication": ("0" * 40, "f" * 40),
}
"""A policy in which every element is there, none at the value that restricts nothing."""


def attributes(values: dict[str, str | Sequence[str]]) -> dict[str, tuple[str, ...]]:
    """Give attributes as an account has them; the names may lack the prefix of the policy's."""
    given = {}
    for name, value in values.items():
        full = PREFIX + name if name in BY_NAME else name
        given[full.lower()] = (value,) if isinstance(value, str) else tuple(value)
    return given


def account(**values: str | Sequence[str]) -> Account:
    """Give an account with these attributes."""
    return Account(
        id=AccountId("acc"),
        name="john@example.com",
        display_name="John",
        domain="example.com",
        addresses=("john@example.com",),
        status=AccountStatus.ACTIVE,
        domain_status=AccountStatus.ACTIVE,
        attributes=attributes(values),
    )


def policy(**values: str | Sequence[str]) -> Policy:
    """Give the policy that these attributes make."""
    return policy_of(account(**values))

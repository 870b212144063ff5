"""The policy as devices of 2.5 take it: a text of WAP provisioning, which knows of passwords alone.

Spec: MS-ASPROV 2.2.2.24.2 (Data as a string: the two top-level characteristics and their parms).
"""

from collections.abc import Callable

from lxml import etree

from carbonio_mobile.wbxml import Tag
from carbonio_mobile.wbxml.codepages import Provision

_LASSD = r"HKLM\Comm\Security\Policy\LASSD"
_INACTIVITY = _LASSD + r"\AE\{50C13377-C66D-400C-889E-C316FC4AB374}"
_PASSWORD = _LASSD + r"\LAP\lap_pw"
_NOT_REQUIRED = "4131"
"""The security policy "a password is not required"."""

_ALPHANUMERIC, _ANY = "0", "2"
"""Values of PasswordComplexity."""


def wap_document(text: Callable[[Tag], str]) -> str:
    """Give the document; ``text`` gives the text of an element of the EASProvisionDoc.

    Without a password nothing is said but that: what stood in the registry has no effect then.
    """
    root = etree.Element("wap-provisioningdoc")
    required = text(Provision.DevicePasswordEnabled) == "1"
    _characteristic(root, "SecurityPolicy", {_NOT_REQUIRED: "0" if required else "1"})
    registry = etree.SubElement(root, "characteristic", {"type": "Registry"})
    _characteristic(registry, _INACTIVITY, _inactivity(text if required else _nothing))
    if required:
        attempts = text(Provision.MaxDevicePasswordFailedAttempts)
        if attempts:
            _characteristic(registry, _LASSD, {"DeviceWipeThreshold": attempts})
        _characteristic(registry, _PASSWORD, _strength(text))
    written: str = etree.tostring(root, encoding="unicode")
    return written


def _nothing(_tag: Tag) -> str:
    return ""


def _inactivity(text: Callable[[Tag], str]) -> dict[str, str]:
    """The registry counts minutes, the element seconds."""
    seconds = text(Provision.MaxInactivityTimeDeviceLock)
    if not seconds:
        return {"AEFrequencyType": "0"}
    return {"AEFrequencyType": "1", "AEFrequencyValue": str(-(-int(seconds) // 60))}


def _strength(text: Callable[[Tag], str]) -> dict[str, str]:
    mixed = text(Provision.AlphanumericDevicePasswordRequired) == "1"
    return {
        "MinimumPasswordLength": text(Provision.MinDevicePasswordLength) or "1",
        "PasswordComplexity": _ALPHANUMERIC if mixed else _ANY,
    }


def _characteristic(parent: etree._Element, kind: str, parms: dict[str, str]) -> None:
    branch = etree.SubElement(parent, "characteristic", {"type": kind})
    for name, value in parms.items():
        etree.SubElement(branch, "parm", {"name": name, "value": value})

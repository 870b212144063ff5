"""The policy as devices of 2.5 take it."""

from lxml import etree

from carbonio_mobile.eas.version import Version
from carbonio_mobile.policy.document import Policy, rendered
from tests.unit.policy.policies import EVERYTHING, policy

LASSD = r"HKLM\Comm\Security\Policy\LASSD"


def read(given: Policy) -> dict[tuple[str, str], str]:
    """Give (innermost characteristic, parm) -> value of the text in Data."""
    data = rendered(given, Version.V2_5)
    assert not data.children
    root = etree.fromstring(data.string)
    assert root.tag == "wap-provisioningdoc"
    assert [child.get("type") for child in root] == ["SecurityPolicy", "Registry"]
    return {
        (parm.getparent().get("type"), parm.get("name")): parm.get("value")
        for parm in root.iter("parm")
    }


def test_nothing_demanded() -> None:
    """MS-ASPROV_R965: no password is required, the device never locks by itself."""
    assert read(policy()) == {
        ("SecurityPolicy", "4131"): "1",
        (LASSD + r"\AE\{50C13377-C66D-400C-889E-C316FC4AB374}", "AEFrequencyType"): "0",
    }


def test_a_password_demanded() -> None:
    """Lock after minutes, wipe after failures, length and letters of the password."""
    lock = LASSD + r"\AE\{50C13377-C66D-400C-889E-C316FC4AB374}"
    assert read(policy(**EVERYTHING)) == {
        ("SecurityPolicy", "4131"): "0",
        (lock, "AEFrequencyType"): "1",
        (lock, "AEFrequencyValue"): "5",
        (LASSD, "DeviceWipeThreshold"): "8",
        (LASSD + r"\LAP\lap_pw", "MinimumPasswordLength"): "6",
        (LASSD + r"\LAP\lap_pw", "PasswordComplexity"): "0",
    }


def test_a_password_of_any_kind() -> None:
    """Without limits of its own it may be anything."""
    found = read(policy(DevicePasswordEnabled="TRUE"))
    assert found[(LASSD + r"\LAP\lap_pw", "MinimumPasswordLength")] == "1"
    assert found[(LASSD + r"\LAP\lap_pw", "PasswordComplexity")] == "2"
    assert (LASSD, "DeviceWipeThreshold") not in found

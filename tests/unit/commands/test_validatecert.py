"""ValidateCert, at every version."""

from base64 import b64encode

import pytest
from cryptography import x509

from carbonio_mobile.directory.certificates import TrustStore, read_list, read_roots
from carbonio_mobile.eas.messages import validatecert
from carbonio_mobile.testing.rig import Rig
from carbonio_mobile.wbxml import Element
from carbonio_mobile.wbxml.codepages import AirSync, ValidateCert
from tests.unit.commands.checked import CheckedPhone, checked_phone
from tests.unit.directory.authority import (
    SIGNING,
    WEB,
    Holder,
    authority,
    issue,
    revocations,
)

ALL_VERSIONS = ("2.5", "12.0", "12.1", "14.0", "14.1", "16.0", "16.1")
ROOT = authority("Root")
MIDDLE = authority("Middle", ROOT)
SILENT = authority("Silent", ROOT)
LATE = authority("Late", ROOT)
JOHN = issue("John", MIDDLE)
GONE = issue("Gone", MIDDLE)
LOST = authority("Lost", ROOT)
LISTS = (
    revocations(ROOT, LOST),
    revocations(MIDDLE, GONE),
    revocations(LATE, begins=-9, ends=-5),
)
TRUST = TrustStore(roots=tuple(read_roots(ROOT.pem)), lists=tuple(map(read_list, LISTS)))


def base64(holder: Holder | bytes) -> str:
    return b64encode(holder if isinstance(holder, bytes) else holder.der).decode()


def request(
    *certificates: Holder | bytes, chain: tuple[Holder | bytes, ...] = (), check: str | None = None
) -> Element:
    """A request; ``check`` is the text of CheckCRL."""
    return Element(
        ValidateCert.ValidateCert,
        [
            Element(
                ValidateCert.CertificateChain,
                [Element(ValidateCert.Certificate, base64(each)) for each in chain],
            )
            if chain
            else None,
            Element(
                ValidateCert.Certificates,
                [Element(ValidateCert.Certificate, base64(each)) for each in certificates],
            ),
            None if check is None else Element(ValidateCert.CheckCRL, check),
        ],
    )


@pytest.fixture
def rig() -> Rig:
    return Rig(trust=TRUST)


def statuses(phone: CheckedPhone, document: Element) -> list[str]:
    """Give the status of each certificate of an answer that succeeded."""
    answer = phone.ask("ValidateCert", document)
    assert answer.tag is ValidateCert.ValidateCert
    assert answer.value(ValidateCert.Status) == "1"
    found = answer.find_all(ValidateCert.Certificate)
    assert all([child.tag for child in each] == [ValidateCert.Status] for each in found)
    return [each.value(ValidateCert.Status, "") for each in found]


@pytest.mark.parametrize("version", ALL_VERSIONS)
def test_certificates_are_answered_in_their_order(rig: Rig, version: str) -> None:
    """MS-ASCMD R686, R687, R688, R1120, R1122, R2774, R2923, R2924, R2926, R4469, R4474, R4727,
    R5387, R5389: a status for each, at every version.
    """
    phone = checked_phone(rig, version)
    assert statuses(phone, request(JOHN, chain=(MIDDLE,))) == ["1"]
    assert statuses(phone, request(JOHN, b"none", JOHN, chain=(MIDDLE, ROOT))) == ["1", "10", "1"]


_IMPOSTOR = authority("Middle", ROOT)
_PERSON = issue("Person", ROOT, uses=SIGNING)


@pytest.mark.parametrize(
    ("leaf", "chain", "check", "status"),
    [
        (JOHN, (MIDDLE,), None, "1"),
        (JOHN, (MIDDLE,), "0", "1"),
        (JOHN, (MIDDLE,), "1", "1"),
        (JOHN, (_IMPOSTOR,), None, "3"),
        (JOHN, (), None, "4"),
        (issue("Self"), (), None, "4"),
        (JOHN, (b"none",), None, "5"),
        (issue("Web", ROOT, purposes=WEB), (), None, "6"),
        (issue("Old", ROOT, begins=-9, ends=-1), (), None, "7"),
        (issue("New", ROOT, begins=1, ends=9), (), None, "7"),
        *[
            (issue("Leaf", old), (old,), None, "8")
            for old in [authority("Over", ROOT, begins=-9, ends=-1)]
        ],
        *[
            (issue("Leaf", mute), (mute,), None, "9")
            for mute in [authority("Mute", ROOT, uses=SIGNING)]
        ],
        (b"none", (), None, "10"),
        (issue("Leaf", _PERSON), (_PERSON,), None, "11"),
        (MIDDLE, (), None, "11"),
        (GONE, (MIDDLE,), None, "13"),
        (GONE, (MIDDLE,), "1", "13"),
        (issue("Late", LATE), (LATE,), None, "1"),
        (issue("Late", LATE), (LATE,), "1", "14"),
        (issue("Under", LOST), (LOST,), None, "15"),
        (issue("Quiet", SILENT), (SILENT,), "0", "1"),
        (issue("Quiet", SILENT), (SILENT,), "1", "16"),
    ],
)
def test_each_fault_has_its_status(
    rig: Rig,
    leaf: Holder | bytes,
    chain: tuple[Holder | bytes, ...],
    check: str | None,
    status: str,
) -> None:
    """MS-ASCMD R893, R895, R4479, R4482, R4485, R4488, R4491, R4494, R4497, R4500, R4504, R5847,
    R4509, R4512, R4515: statuses 3 to 16; 12 and 17 need what a request never says.
    """
    assert statuses(checked_phone(rig, "14.1"), request(leaf, chain=chain, check=check)) == [status]


@pytest.mark.parametrize(
    "document",
    [
        request(),
        request(*[b"x"] * 101),
        request(*[b"x"] * 60, chain=(b"x",) * 41),
        request(JOHN, check="2"),
        Element(ValidateCert.ValidateCert),
    ],
)
def test_malformed_requests(rig: Rig, document: Element) -> None:
    """MS-ASCMD R4476, R5662: no certificate, more than 100, a CheckCRL that is no boolean."""
    answer = checked_phone(rig, "14.1").ask("ValidateCert", document)
    assert answer.value(ValidateCert.Status) == "2"
    assert not answer.has(ValidateCert.Certificate)


@pytest.mark.parametrize("body", [None, Element(AirSync.Sync)])
def test_no_request_at_all(rig: Rig, body: Element | None) -> None:
    """MS-ASCMD R4476: nor is another document one."""
    answer = checked_phone(rig, "14.1").ask("ValidateCert", body)
    assert answer.value(ValidateCert.Status) == "2"


def test_a_hundred_certificates_are_taken(rig: Rig) -> None:
    """MS-ASCMD R5662: the limit itself is allowed."""
    document = request(*[b"x"] * 60, chain=(b"x",) * 40)
    assert statuses(checked_phone(rig, "16.1"), document) == ["10"] * 60


def test_nothing_is_trusted_by_itself() -> None:
    """Without configured roots every certificate is of an untrusted source."""
    document = request(JOHN, ROOT, chain=(MIDDLE, ROOT))
    assert statuses(checked_phone(Rig(), "14.1"), document) == ["4", "11"]


def test_octets_are_read_in_every_form() -> None:
    """Base64 with line ends, or the octets themselves; what is neither is empty."""
    lines = b64encode(JOHN.der).decode()
    forms = (lines, f"\n{lines[:64]}\r\n{lines[64:]}\n", JOHN.der, lines.encode(), "?", b"\xff")
    certificates = [Element(ValidateCert.Certificate, form) for form in forms]
    document = Element(
        ValidateCert.ValidateCert, [Element(ValidateCert.Certificates, certificates)]
    )
    read = validatecert.parse(document).certificates
    assert read == (JOHN.der,) * 4 + (b"",) * 2
    assert x509.load_der_x509_certificate(read[0]) == JOHN.certificate

"""ValidateCert: certificates to be checked, and what became of each.

Spec: MS-ASCMD 2.2.1.22; schema ValidateCert.
"""

import binascii
from base64 import b64decode
from collections.abc import Sequence
from dataclasses import dataclass, field

from carbonio_mobile.eas.messages.fields import boolean
from carbonio_mobile.eas.status import ValidateCertStatus
from carbonio_mobile.errors import ProtocolError
from carbonio_mobile.wbxml import Element
from carbonio_mobile.wbxml.codepages import ValidateCert

MAX_CERTIFICATES = 100
"""MS-ASCMD R5662; those of the chain count as well."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """Certificates (DER) to be checked, with possible issuers; octets that are no base64 are
    empty.
    """

    certificates: tuple[bytes, ...] = field(repr=False)
    chain: tuple[bytes, ...] = field(default=(), repr=False)
    check_revocation: bool = False


def parse(root: Element) -> Request:
    """Read a request. Raises: ProtocolError, which is status 2."""
    if root.tag is not ValidateCert.ValidateCert:
        raise ProtocolError(f"a document {root.tag.name}", expected="ValidateCert")
    wanted = root.find(ValidateCert.Certificates)
    certificates = _certificates(wanted)
    chain = _certificates(root.find(ValidateCert.CertificateChain))
    if not certificates:
        raise ProtocolError("ValidateCert without a certificate")
    if len(certificates) + len(chain) > MAX_CERTIFICATES:
        raise ProtocolError("too many certificates", expected=f"{MAX_CERTIFICATES}")
    return Request(
        certificates=certificates,
        chain=chain,
        check_revocation=bool(boolean(root, ValidateCert.CheckCRL)),
    )


def _certificates(parent: Element | None) -> tuple[bytes, ...]:
    if parent is None:
        return ()
    return tuple(_octets(each) for each in parent.find_all(ValidateCert.Certificate))


def _octets(element: Element) -> bytes:
    """Read base64; some clients send the octets themselves."""
    if isinstance(element.text, bytes) and element.text[:1] == b"\x30":
        return element.text
    try:
        return b64decode("".join(element.string.split()), validate=True)
    except (binascii.Error, ValueError):
        return b""


def build(statuses: Sequence[ValidateCertStatus]) -> Element:
    """Write the answer, a status for each certificate in the order of the request."""
    return Element(
        ValidateCert.ValidateCert,
        [_status(ValidateCertStatus.SUCCESS)]
        + [Element(ValidateCert.Certificate, [_status(status)]) for status in statuses],
    )


def _status(status: ValidateCertStatus) -> Element:
    return Element(ValidateCert.Status, str(int(status)))

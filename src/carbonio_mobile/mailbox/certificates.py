"""What was wrong with a server's certificate, in words for the one who has to mend it."""

from typing import Any

from OpenSSL import SSL
from service_identity import VerificationError
from twisted.internet.ssl import Certificate, trustRootFromCertificates

SYSTEM_AUTHORITIES = "the system's authorities"
"""What certificates are checked against where no file is configured."""


def certificate_fault(cause: BaseException | None, host: str, authority: str) -> str:
    """Say why a connection ended, if it was for the certificate; else nothing.

    ``cause`` is what a connection was lost for; ``host`` the name that was expected and
    ``authority`` the file that was used, or SYSTEM_AUTHORITIES.
    """
    if isinstance(cause, VerificationError):
        return f"has a certificate for other names than {host} (checked against {authority})"
    if isinstance(cause, SSL.Error) and "certificate verify failed" in str(cause):
        return f"has a certificate that is not vouched for by {authority} (expected name: {host})"
    return ""


def trust_root(pem: bytes) -> Any:
    """Give what ``optionsForClientTLS`` takes: all certificates of a PEM file, or None if empty.

    Raises: OpenSSL.crypto.Error (no PEM).
    """
    end = b"-----END CERTIFICATE-----"
    pieces = [piece + end for piece in pem.split(end)[:-1]]
    return trustRootFromCertificates(map(Certificate.loadPEM, pieces)) if pieces else None

"""A little certification authority for tests: roots, issuers, people, lists of the revoked."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

NOW = 1_800_000_000.0
MAIL = (ExtendedKeyUsageOID.EMAIL_PROTECTION,)
WEB = (ExtendedKeyUsageOID.SERVER_AUTH,)
SIGNING = frozenset({"digital_signature"})
ALL_USES = frozenset({"digital_signature", "key_encipherment", "key_agreement"})
ISSUING = frozenset({"key_cert_sign", "crl_sign"})

_USES = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)
_DAY = timedelta(days=1)
_serials = iter(range(1, 10**9))


def at(days: float) -> datetime:
    """Give a time so many days from NOW."""
    return datetime.fromtimestamp(NOW, UTC) + _DAY * days


@dataclass(frozen=True)
class Holder:
    """A certificate with its key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(Encoding.PEM)


def issue(
    name: str,
    issuer: Holder | None = None,
    *,
    authority: bool = False,
    path_length: int | None = None,
    uses: frozenset[str] | None = ALL_USES,
    purposes: tuple[x509.ObjectIdentifier, ...] | None = MAIL,
    begins: float = -10,
    ends: float = 10,
    address: str = "john@example.com",
    extensions: tuple[tuple[x509.ExtensionType, bool], ...] = (),
    key: ec.EllipticCurvePrivateKey | None = None,
    subject: x509.Name | None = None,
) -> Holder:
    """Make a certificate; without an issuer it issues itself."""
    key = key or ec.generate_private_key(ec.SECP256R1())
    own_name = subject or x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(own_name)
        .issuer_name(issuer.certificate.subject if issuer else own_name)
        .public_key(key.public_key())
        .serial_number(next(_serials))
        .not_valid_before(at(begins))
        .not_valid_after(at(ends))
        .add_extension(x509.BasicConstraints(ca=authority, path_length=path_length), critical=True)
    )
    if uses is not None:
        flags = {use: use in uses for use in _USES}
        builder = builder.add_extension(x509.KeyUsage(**flags), critical=True)
    if purposes is not None:
        builder = builder.add_extension(x509.ExtendedKeyUsage(purposes), critical=False)
    if address and not authority:
        names = x509.SubjectAlternativeName([x509.RFC822Name(address)])
        builder = builder.add_extension(names, critical=False)
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical=critical)
    signer = issuer.key if issuer else key
    return Holder(builder.sign(signer, hashes.SHA256()), key)


def authority(name: str, issuer: Holder | None = None, **wishes: object) -> Holder:
    """Make a certificate that issues others."""
    given: dict[str, object] = {"uses": ISSUING, "purposes": None, **wishes}
    return issue(name, issuer, authority=True, **given)  # type: ignore[arg-type]


def revocations(
    issuer: Holder,
    *revoked: Holder,
    begins: float = -1,
    ends: float = 1,
    signer: Holder | None = None,
    reason: x509.ReasonFlags | None = None,
    critical: bool = False,
) -> bytes:
    """Make a list of the revoked, PEM."""
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuer.certificate.subject)
        .last_update(at(begins))
        .next_update(at(ends))
    )
    for each in revoked:
        entry = x509.RevokedCertificateBuilder().serial_number(each.certificate.serial_number)
        entry = entry.revocation_date(at(-1))
        if reason is not None:
            entry = entry.add_extension(x509.CRLReason(reason), critical=False)
        builder = builder.add_revoked_certificate(entry.build())
    if critical:
        builder = builder.add_extension(x509.DeltaCRLIndicator(1), critical=True)
    signed = builder.sign((signer or issuer).key, hashes.SHA256())
    return signed.public_bytes(Encoding.PEM)

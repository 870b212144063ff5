"""Whether a certificate may sign mail: its own form, its chain up to a trusted root, revocation.

Nothing is fetched: issuers come from the request and the configuration, revocation lists from the
configuration. Signatures of MD5 and SHA-1 prove nothing and are refused.

Spec: MS-ASCMD 2.2.1.22, 2.2.3.177.18; RFC 5280 4.2, 6; RFC 8550 4.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, ExtensionOID

from carbonio_mobile.directory.nameconstraints import allows

MAX_BYTES = 64 * 1024
"""The largest certificate that is looked at."""
MAX_DEPTH = 8
"""The longest chain, from the certificate to its root."""
MAX_STEPS = 64
"""Signatures checked for one certificate, whatever its chains look like."""

_WEAK = (hashes.MD5, hashes.SHA1)
_MAIL = frozenset(
    {ExtendedKeyUsageOID.EMAIL_PROTECTION, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE}
)
# Critical extensions that are obeyed here; another one says something that is not understood.
_UNDERSTOOD = frozenset(
    {
        ExtensionOID.BASIC_CONSTRAINTS,
        ExtensionOID.KEY_USAGE,
        ExtensionOID.EXTENDED_KEY_USAGE,
        ExtensionOID.SUBJECT_ALTERNATIVE_NAME,
        ExtensionOID.CERTIFICATE_POLICIES,  # no policy is asked for
        ExtensionOID.NAME_CONSTRAINTS,
    }
)
_SIGNING, _ENCRYPTING = (
    ("digital_signature", "content_commitment"),
    (
        "key_encipherment",
        "key_agreement",
    ),
)


class Verdict(Enum):
    """What became of a certificate, in the order in which one verdict goes before another."""

    VALID = "valid"
    REVOKED = "revoked"
    CHAIN_REVOKED = "an issuer is revoked"
    REVOCATION_OUTDATED = "the list of revoked certificates is out of date"
    REVOCATION_UNKNOWN = "no list of revoked certificates says anything of it"
    CHAIN_EXPIRED = "an issuer is not valid at this time"
    CHAIN_MISUSED = "an issuer may not issue it"
    WRONG_ROLE = "an authority used as a person's certificate, or the other way round"
    BAD_SIGNATURE = "the signature does not fit"
    UNTRUSTED = "no trusted root"
    EXPIRED = "expired, or not valid yet"
    NOT_FOR_MAIL = "not for signing mail"
    MALFORMED_CHAIN = "an issuer that is no certificate"
    MALFORMED = "no certificate"


_RANK = {verdict: rank for rank, verdict in enumerate(Verdict)}


class Certificate:
    """A certificate that was read whole. Raises: ValueError for octets that are none."""

    def __init__(self, der: bytes) -> None:
        if not 0 < len(der) <= MAX_BYTES:
            raise ValueError("no size of a certificate")
        self.der = der
        try:
            self._read(x509.load_der_x509_certificate(der))
        except (x509.DuplicateExtension, x509.UnsupportedGeneralNameType, TypeError) as exc:
            raise ValueError("a certificate with unusable extensions") from exc
        except UnsupportedAlgorithm as exc:
            raise ValueError("a certificate of an unknown algorithm") from exc

    def _read(self, parsed: x509.Certificate) -> None:
        self.parsed = parsed
        self.subject, self.issuer = parsed.subject, parsed.issuer
        self.extensions = {each.oid: each for each in parsed.extensions}
        self.begins = parsed.not_valid_before_utc.timestamp()
        self.ends = parsed.not_valid_after_utc.timestamp()

    def is_valid_at(self, now: float) -> bool:
        """Tell whether its time has come and is not over."""
        return self.begins <= now <= self.ends

    @cached_property
    def is_authority(self) -> bool:
        """Whether it says that it issues others."""
        found = self.extensions.get(ExtensionOID.BASIC_CONSTRAINTS)
        return found is not None and bool(found.value.ca)

    @property
    def is_understood(self) -> bool:
        """Whether every critical extension is one that is obeyed here."""
        return all(oid in _UNDERSTOOD for oid, one in self.extensions.items() if one.critical)

    def may(self, *usages: str) -> bool:
        """Tell whether the key may be used in any of these ways; all are allowed where none is
        named.
        """
        found = self.extensions.get(ExtensionOID.KEY_USAGE)
        return found is None or any(getattr(found.value, usage) for usage in usages)

    @property
    def is_for_mail(self) -> bool:
        """Whether it may be used for mail, as far as its purposes go."""
        found = self.extensions.get(ExtensionOID.EXTENDED_KEY_USAGE)
        return found is None or any(oid in _MAIL for oid in found.value)

    def is_issued_by(self, issuer: "Certificate") -> bool:
        """Check the signature."""
        if isinstance(self.parsed.signature_hash_algorithm, _WEAK):
            return False
        try:
            self.parsed.verify_directly_issued_by(issuer.parsed)
        except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
            return False
        return True

    def issuer_and_serial_number(self) -> bytes:
        """Give what names it among all certificates, DER (RFC 5652 10.2.4)."""
        number = self.parsed.serial_number
        serial = number.to_bytes(number.bit_length() // 8 + 1, "big")
        return _der(0x30, self.issuer.public_bytes() + _der(0x02, serial))


def _der(tag: int, content: bytes) -> bytes:
    size = len(content)
    if size < 0x80:
        return bytes((tag, size)) + content
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(octets))) + octets + content


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustStore:
    """The roots that are trusted and the lists of revoked certificates that are at hand."""

    roots: tuple[Certificate, ...] = ()
    lists: tuple[x509.CertificateRevocationList, ...] = field(default=(), repr=False)


def encrypts_mail(der: bytes, now: float) -> Certificate | None:
    """Read a certificate that mail may be encrypted for now; None for any other."""
    try:
        found = Certificate(der)
    except ValueError:
        return None
    fit = found.is_valid_at(now) and found.is_for_mail and found.may(*_ENCRYPTING)
    return found if fit and not found.is_authority else None


def check(
    der: bytes, chain: Sequence[bytes], trust: TrustStore, *, now: float, check_revocation: bool
) -> Verdict:
    """Say whether a certificate (DER) may sign mail now, with the help of possible issuers.

    With ``check_revocation`` a state of revocation that cannot be found out is a fault.
    """
    try:
        leaf = Certificate(der)
    except ValueError:
        return Verdict.MALFORMED
    own = _own_fault(leaf, now)
    if own is not None:
        return own
    issuers, broken = _read_all(chain)
    climb = _Climb(issuers, trust, now, check_revocation=check_revocation)
    verdict = climb.up((leaf,))
    if verdict is Verdict.UNTRUSTED and broken:
        return Verdict.MALFORMED_CHAIN
    return verdict


def _own_fault(leaf: Certificate, now: float) -> Verdict | None:
    if not leaf.is_valid_at(now):
        return Verdict.EXPIRED
    if leaf.is_authority:
        return Verdict.WRONG_ROLE
    if not leaf.is_for_mail or not leaf.may(*_SIGNING) or not leaf.is_understood:
        return Verdict.NOT_FOR_MAIL
    return None


def _read_all(ders: Iterable[bytes]) -> tuple[list[Certificate], bool]:
    """Give those that are certificates, and whether there were others."""
    read: list[Certificate] = []
    broken = False
    for der in ders:
        try:
            read.append(Certificate(der))
        except ValueError:
            broken = True
    return read, broken


class _Climb:
    """The way from a certificate to a root, over every issuer of the right name."""

    def __init__(
        self,
        issuers: Sequence[Certificate],
        trust: TrustStore,
        now: float,
        *,
        check_revocation: bool,
    ) -> None:
        self._trust, self._now, self._must_know = trust, now, check_revocation
        self._roots = frozenset(root.der for root in trust.roots)
        self._steps = MAX_STEPS
        self._by_name: dict[x509.Name, dict[bytes, Certificate]] = {}
        for each in (*trust.roots, *issuers):
            self._by_name.setdefault(each.subject, {})[each.der] = each

    def up(self, path: tuple[Certificate, ...]) -> Verdict:
        """Go on from the last of ``path``; give the best that can be said of any way."""
        last = path[-1]
        if last.der in self._roots:
            return self._at_root(path)
        best = Verdict.UNTRUSTED
        for issuer in self._by_name.get(last.issuer, {}).values():
            if issuer.der in {each.der for each in path} or len(path) >= MAX_DEPTH:
                continue
            found = self._over(path, issuer)
            best = min(best, found, key=_RANK.__getitem__)
            if best is Verdict.VALID:
                break
        return best

    def _over(self, path: tuple[Certificate, ...], issuer: Certificate) -> Verdict:
        self._steps -= 1
        if self._steps < 0:
            return Verdict.UNTRUSTED
        if not path[-1].is_issued_by(issuer):
            return Verdict.BAD_SIGNATURE
        fault = self._issuer_fault(path, issuer)
        return fault if fault is not None else self.up((*path, issuer))

    def _issuer_fault(self, path: tuple[Certificate, ...], issuer: Certificate) -> Verdict | None:
        if not issuer.is_authority:
            return Verdict.WRONG_ROLE
        if not issuer.is_valid_at(self._now):
            return Verdict.CHAIN_EXPIRED
        constraints = issuer.extensions[ExtensionOID.BASIC_CONSTRAINTS].value
        too_long = constraints.path_length is not None and len(path) - 1 > constraints.path_length
        named = issuer.extensions.get(ExtensionOID.NAME_CONSTRAINTS)
        names_fit = named is None or allows(named.value, [each.parsed for each in path])
        fit = issuer.may("key_cert_sign") and issuer.is_for_mail and issuer.is_understood
        return None if fit and names_fit and not too_long else Verdict.CHAIN_MISUSED

    def _at_root(self, path: tuple[Certificate, ...]) -> Verdict:
        """The chain is whole: look who of it is revoked, the authorities first."""
        verdict = Verdict.VALID
        for depth in range(len(path) - 2, -1, -1):
            found = self._revocation(path[depth], path[depth + 1])
            if found is Verdict.REVOKED:
                return Verdict.REVOKED if depth == 0 else Verdict.CHAIN_REVOKED
            if found is not Verdict.VALID and self._must_know:
                verdict = found
        return verdict

    def _revocation(self, one: Certificate, issuer: Certificate) -> Verdict:
        verdict = Verdict.REVOCATION_UNKNOWN
        for revoked in self._trust.lists:
            if revoked.issuer != one.issuer or not _is_list_of(revoked, issuer):
                continue
            entry = revoked.get_revoked_certificate_by_serial_number(one.parsed.serial_number)
            if entry is not None and not _is_taken_back(entry):
                return Verdict.REVOKED
            current = _is_current(revoked, self._now)
            verdict = Verdict.VALID if current else _older(verdict)
        return verdict


def _older(verdict: Verdict) -> Verdict:
    """A list that is out of date says less than a current one, and more than none."""
    return verdict if verdict is Verdict.VALID else Verdict.REVOCATION_OUTDATED


def _is_current(revoked: x509.CertificateRevocationList, now: float) -> bool:
    begins, ends = revoked.last_update_utc, revoked.next_update_utc
    return begins.timestamp() <= now and (ends is None or now <= ends.timestamp())


def _is_list_of(revoked: x509.CertificateRevocationList, issuer: Certificate) -> bool:
    """Tell whether a list was signed by an issuer that may sign lists, and covers all it issued."""
    if isinstance(revoked.signature_hash_algorithm, _WEAK) or not issuer.may("crl_sign"):
        return False
    if any(each.critical for each in revoked.extensions):
        return False  # a part of a list, or a change of one
    try:
        key = issuer.parsed.public_key()
        return revoked.is_signature_valid(key)  # type: ignore[arg-type]  # others raise TypeError
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return False


def _is_taken_back(entry: x509.RevokedCertificate) -> bool:
    try:
        reason = entry.extensions.get_extension_for_class(x509.CRLReason).value.reason
    except (x509.ExtensionNotFound, ValueError):
        return False
    return reason is x509.ReasonFlags.remove_from_crl


def read_roots(pem: bytes) -> list[Certificate]:
    """Read the roots of a PEM file, at least one. Raises: ValueError."""
    return [
        Certificate(each.public_bytes(Encoding.DER))
        for each in x509.load_pem_x509_certificates(pem)
    ]


def read_list(octets: bytes) -> x509.CertificateRevocationList:
    """Read a list of revoked certificates, PEM or DER. Raises: ValueError."""
    is_pem = octets.lstrip().startswith(b"-----BEGIN")
    found = x509.load_pem_x509_crl(octets) if is_pem else x509.load_der_x509_crl(octets)
    list(found.extensions)  # what is wrong in them shows now
    return found

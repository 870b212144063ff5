"""Certificates of mail: their form, their chain, their revocation."""

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from hypothesis import given
from hypothesis import strategies as st

from carbonio_mobile.directory.certificates import (
    MAX_BYTES,
    MAX_DEPTH,
    MAX_STEPS,
    Certificate,
    TrustStore,
    Verdict,
    check,
    encrypts_mail,
    read_list,
    read_roots,
)
from tests.unit.directory.authority import (
    ALL_USES,
    ISSUING,
    NOW,
    SIGNING,
    WEB,
    Holder,
    authority,
    issue,
    revocations,
)

ROOT = authority("Root")
MIDDLE = authority("Middle", ROOT)
JOHN = issue("John", MIDDLE)
STRANGE = authority("Strange")
TRUST = TrustStore(roots=tuple(read_roots(ROOT.pem)))


def verdict(
    leaf: Holder | bytes,
    *chain: Holder | bytes,
    trust: TrustStore = TRUST,
    now: float = NOW,
    check_revocation: bool = False,
) -> Verdict:
    ders = [each if isinstance(each, bytes) else each.der for each in (leaf, *chain)]
    return check(ders[0], ders[1:], trust, now=now, check_revocation=check_revocation)


def test_a_whole_chain_is_valid() -> None:
    """MS-ASCMD R686, R687, R688: in any order, with the root or without, and among strangers."""
    assert verdict(JOHN, MIDDLE) is Verdict.VALID
    assert verdict(JOHN, STRANGE, ROOT, MIDDLE, JOHN) is Verdict.VALID
    assert verdict(issue("Direct", ROOT)) is Verdict.VALID
    alone = issue("Alone")
    assert verdict(alone, trust=lists(roots=(ROOT, alone))) is Verdict.VALID


@pytest.mark.parametrize(
    ("leaf", "chain", "expected"),
    [
        (b"", (), Verdict.MALFORMED),
        (b"no certificate", (), Verdict.MALFORMED),
        (JOHN.der[:-3], (MIDDLE,), Verdict.MALFORMED),
        (JOHN.der + bytes(MAX_BYTES), (MIDDLE,), Verdict.MALFORMED),
        (JOHN, (), Verdict.UNTRUSTED),
        (JOHN, (STRANGE,), Verdict.UNTRUSTED),
        (JOHN, (b"no certificate",), Verdict.MALFORMED_CHAIN),
        (JOHN, (b"no certificate", MIDDLE), Verdict.VALID),
        (issue("Self"), (), Verdict.UNTRUSTED),
        (issue("Foreign", STRANGE), (STRANGE,), Verdict.UNTRUSTED),
        (issue("Old", ROOT, begins=-20, ends=-1), (), Verdict.EXPIRED),
        (issue("New", ROOT, begins=1, ends=20), (), Verdict.EXPIRED),
        (issue("Web", ROOT, purposes=WEB), (), Verdict.NOT_FOR_MAIL),
        (issue("Any", ROOT, purposes=None, uses=None), (), Verdict.VALID),
        (
            issue("All", ROOT, purposes=(ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE,)),
            (),
            Verdict.VALID,
        ),
        (issue("Crypt", ROOT, uses=frozenset({"key_encipherment"})), (), Verdict.NOT_FOR_MAIL),
        (issue("Legal", ROOT, uses=frozenset({"content_commitment"})), (), Verdict.VALID),
        (MIDDLE, (), Verdict.WRONG_ROLE),
        (ROOT, (), Verdict.WRONG_ROLE),
        (
            issue("Odd", ROOT, extensions=((x509.InhibitAnyPolicy(0), True),)),
            (),
            Verdict.NOT_FOR_MAIL,
        ),
        (issue("Mild", ROOT, extensions=((x509.InhibitAnyPolicy(0), False),)), (), Verdict.VALID),
    ],
)
def test_one_certificate(
    leaf: Holder | bytes, chain: tuple[Holder | bytes, ...], expected: Verdict
) -> None:
    """MS-ASCMD R4482, R4485, R4488, R4491, R4500, R5847: each fault has its own name."""
    assert verdict(leaf, *chain) is expected


def _under(issuer: Holder, *above: Holder) -> tuple[Holder, ...]:
    return (issue("Leaf", issuer), issuer, *above)


_PERSON = issue("Person", ROOT, purposes=None, uses=frozenset({"digital_signature"}))
_SHORT = authority("Short", ROOT, path_length=0)
_EXAMPLE = x509.NameConstraints([x509.RFC822Name("example.com")], None)
_NOT_EXAMPLE = x509.NameConstraints(None, [x509.RFC822Name(".example.com")])
_BOUND = authority("Bound", ROOT, extensions=((_EXAMPLE, True),))
_KEPT_OUT = authority("Kept", ROOT, extensions=((_NOT_EXAMPLE, True),))


@pytest.mark.parametrize(
    ("certificates", "expected"),
    [
        (_under(_PERSON), Verdict.WRONG_ROLE),
        (_under(authority("Over", ROOT, begins=-20, ends=-1)), Verdict.CHAIN_EXPIRED),
        (_under(authority("Mute", ROOT, uses=SIGNING)), Verdict.CHAIN_MISUSED),
        (_under(authority("Web", ROOT, purposes=WEB)), Verdict.CHAIN_MISUSED),
        (_under(_SHORT), Verdict.VALID),
        (_under(authority("Below", _SHORT), _SHORT), Verdict.CHAIN_MISUSED),
        (
            _under(authority("Odd", ROOT, extensions=((x509.InhibitAnyPolicy(0), True),))),
            Verdict.CHAIN_MISUSED,
        ),
        ((issue("In", _BOUND), _BOUND), Verdict.VALID),
        ((issue("Out", _BOUND, address="john@example.net"), _BOUND), Verdict.CHAIN_MISUSED),
        ((issue("No", _BOUND, address=""), _BOUND), Verdict.VALID),
        ((issue("Kept", _KEPT_OUT, address="a@sub.example.com"), _KEPT_OUT), Verdict.CHAIN_MISUSED),
        ((issue("Free", _KEPT_OUT, address="a@example.com"), _KEPT_OUT), Verdict.VALID),
    ],
)
def test_issuers(certificates: tuple[Holder, ...], expected: Verdict) -> None:
    """MS-ASCMD R687, R4494, R4497, R4504: who may issue, when, how deep and to whom."""
    assert verdict(*certificates) is expected


def test_names_of_the_subject_are_bound() -> None:
    """RFC 5280 4.2.1.10: distinguished names, addresses in them, kinds that are not compared."""
    organisation = x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "ACME")])
    person = [*organisation, x509.NameAttribute(NameOID.COMMON_NAME, "John")]
    mail = [*person, x509.NameAttribute(NameOID.EMAIL_ADDRESS, "john@example.net")]
    rooms = x509.NameConstraints([x509.DirectoryName(organisation)], None)
    hosts = x509.NameConstraints([x509.DNSName("example.com")], None)
    one = x509.NameConstraints([x509.RFC822Name("john@example.com")], None)
    host = x509.SubjectAlternativeName([x509.DNSName("a.example.com")])
    for constraints, subject, names, expected in (
        (rooms, person, (), Verdict.VALID),
        (rooms, person[1:], (), Verdict.CHAIN_MISUSED),
        (_EXAMPLE, mail, (), Verdict.CHAIN_MISUSED),
        (hosts, person, ((host, False),), Verdict.CHAIN_MISUSED),
        (hosts, person, (), Verdict.VALID),
        (one, person, (), Verdict.VALID),
    ):
        issuer = authority("Issuer", ROOT, extensions=((constraints, True),))
        leaf = issue("x", issuer, address="", subject=x509.Name(subject), extensions=names)
        assert verdict(leaf, issuer) is expected, constraints
    exact = authority("Issuer", ROOT, extensions=((one, True),))
    assert verdict(issue("x", exact), exact) is Verdict.VALID
    assert verdict(issue("x", exact, address="j@example.com"), exact) is Verdict.CHAIN_MISUSED


def test_a_forged_signature_is_found() -> None:
    """MS-ASCMD R4479: an issuer of the right name with another key signed nothing."""
    impostor = authority("Middle", ROOT)
    assert verdict(JOHN, impostor) is Verdict.BAD_SIGNATURE
    assert verdict(JOHN, impostor, MIDDLE) is Verdict.VALID
    changed = bytearray(JOHN.der)
    changed[-1] ^= 1
    assert verdict(bytes(changed), MIDDLE) is Verdict.BAD_SIGNATURE


def test_chains_are_bounded() -> None:
    """Neither long chains nor many issuers of one name, nor two that issue one another, cost
    much.
    """
    chain = [ROOT]
    for depth in range(MAX_DEPTH):
        chain.append(authority(f"A{depth}", chain[-1]))
    assert verdict(issue("Deep", chain[-1]), *chain) is Verdict.UNTRUSTED
    assert verdict(issue("Less", chain[MAX_DEPTH - 2]), *chain) is Verdict.VALID
    twins = [authority("Twin", STRANGE) for _ in range(MAX_STEPS + 5)]
    assert verdict(issue("Lost", twins[0]), *twins) is Verdict.BAD_SIGNATURE
    first = authority("First")
    second = authority("Second", first)
    back = authority("First", second, key=first.key)
    assert verdict(issue("Ring", back), back, second, first) is Verdict.UNTRUSTED


def lists(*given: bytes, roots: tuple[Holder, ...] = (ROOT,)) -> TrustStore:
    pem = b"".join(each.pem for each in roots)
    return TrustStore(roots=tuple(read_roots(pem)), lists=tuple(map(read_list, given)))


def test_revocation() -> None:
    """MS-ASCMD R686, R688, R893, R895, R4509, R4512, R4515: what lists say, and what if none do."""
    of_root, of_middle = revocations(ROOT), revocations(MIDDLE)
    other = issue("Other", MIDDLE)
    old = revocations(MIDDLE, begins=-9, ends=-5)
    for trust, told, asked in (
        (lists(of_root, of_middle), Verdict.VALID, Verdict.VALID),
        (lists(of_root, revocations(MIDDLE, other)), Verdict.VALID, Verdict.VALID),
        (lists(of_root, revocations(MIDDLE, JOHN)), Verdict.REVOKED, Verdict.REVOKED),
        (lists(revocations(ROOT, MIDDLE)), Verdict.CHAIN_REVOKED, Verdict.CHAIN_REVOKED),
        (lists(), Verdict.VALID, Verdict.REVOCATION_UNKNOWN),
        (lists(of_root), Verdict.VALID, Verdict.REVOCATION_UNKNOWN),
        (lists(of_root, old), Verdict.VALID, Verdict.REVOCATION_OUTDATED),
        (lists(of_root, old, of_middle), Verdict.VALID, Verdict.VALID),
        (lists(of_root, of_middle, old), Verdict.VALID, Verdict.VALID),
        (
            lists(of_root, revocations(MIDDLE, JOHN, begins=-9, ends=-5)),
            Verdict.REVOKED,
            Verdict.REVOKED,
        ),
        (
            lists(of_root, revocations(MIDDLE, JOHN, signer=STRANGE)),
            Verdict.VALID,
            Verdict.REVOCATION_UNKNOWN,
        ),
        (
            lists(of_root, revocations(MIDDLE, JOHN, reason=x509.ReasonFlags.remove_from_crl)),
            Verdict.VALID,
            Verdict.VALID,
        ),
        (
            lists(of_root, revocations(MIDDLE, JOHN, reason=x509.ReasonFlags.key_compromise)),
            Verdict.REVOKED,
            Verdict.REVOKED,
        ),
        (
            lists(of_root, revocations(MIDDLE, critical=True)),
            Verdict.VALID,
            Verdict.REVOCATION_UNKNOWN,
        ),
    ):
        assert verdict(JOHN, MIDDLE, trust=trust) is told
        assert verdict(JOHN, MIDDLE, trust=trust, check_revocation=True) is asked


def test_lists_are_believed_of_those_who_may_sign_them() -> None:
    """RFC 5280 6.3.3: the issuer's key must be one that signs lists."""
    dumb = authority("Dumb", ROOT, uses=frozenset({"key_cert_sign"}))
    leaf = issue("Leaf", dumb)
    trust = lists(revocations(dumb, leaf))
    assert verdict(leaf, dumb, trust=trust) is Verdict.VALID


def test_roots_and_lists_are_read() -> None:
    """PEM with several roots, lists as PEM or DER; anything else is refused."""
    pem = revocations(ROOT)
    assert read_list(read_list(pem).public_bytes(Encoding.DER)) == read_list(pem)
    assert len(read_roots(ROOT.pem + STRANGE.pem)) == 2
    for octets in (b"", b"x", b"-----BEGIN X"):
        for read in (read_roots, read_list):
            with pytest.raises(ValueError):  # noqa: PT011 - whatever cryptography says
                read(octets)


@pytest.mark.parametrize(
    ("holder", "fits"),
    [
        (JOHN, True),
        (issue("None said", uses=None, purposes=None), True),
        (issue("Signs", uses=SIGNING), False),
        (issue("Web", purposes=WEB), False),
        (issue("Old", begins=-9, ends=-1), False),
        (authority("Root", uses=ALL_USES | ISSUING), False),
    ],
)
def test_certificates_to_encrypt_for(holder: Holder, fits: bool) -> None:
    """MS-ASCMD R3435: only a valid certificate of somebody's mail is given to others."""
    assert (encrypts_mail(holder.der, NOW) is not None) is fits


def test_the_short_form_names_issuer_and_number() -> None:
    """RFC 5652 10.2.4, against the octets of the certificate."""
    short = Certificate(JOHN.der).issuer_and_serial_number()
    number = JOHN.certificate.serial_number
    name = MIDDLE.certificate.subject.public_bytes()
    serial = number.to_bytes(number.bit_length() // 8 + 1, "big")
    assert (
        short
        == bytes([0x30, len(name) + 2 + len(serial)]) + name + bytes([0x02, len(serial)]) + serial
    )
    long = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "x" * 60)] * 5)
    octets = Certificate(issue("x", subject=long).der).issuer_and_serial_number()
    assert octets[:2] == b"\x30\x82"
    assert int.from_bytes(octets[2:4], "big") == len(octets) - 4


@given(st.binary(max_size=80), st.integers(0, len(JOHN.der)), st.integers(0, 40))
def test_any_octets_get_a_verdict(noise: bytes, place: int, cut: int) -> None:
    """Nothing a peer sends raises: not even a certificate with its middle torn out."""
    torn = JOHN.der[:place] + noise + JOHN.der[place + cut :]
    assert verdict(torn, torn, MIDDLE) in Verdict
    assert isinstance(encrypts_mail(torn, NOW), Certificate | None)

"""resolve, gal, validate-cert: who there is, and whether a certificate is good."""

from argparse import Namespace
from dataclasses import asdict
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from carbonio_mobile.client.faults import ClientFault
from carbonio_mobile.client.peopletrees import Resolved, ToValidate
from carbonio_mobile.client.program import Program
from carbonio_mobile.client.screen import clean
from carbonio_mobile.eas.status import ValidateCertStatus
from carbonio_mobile.eas.version import Version

_BUSY = {"0": ".", "1": "t", "2": "B", "3": "O", "4": "?"}
_LEGEND = "half hours: . free, t tentative, B busy, O out of office, ? not known"


async def resolve(program: Program, arguments: Namespace) -> int:
    """Tell who is meant by names, when they are busy, whether mail to them can be encrypted."""
    span = _span(arguments)
    async with program.phone(folders=False) as phone:
        if span is not None and phone.version < Version.V14_0:
            raise ClientFault(
                f"availability came with 14.0, and this phone speaks {phone.version.text}"
            )
        found = await phone.resolve(arguments.names, span=span, certificates=arguments.certificates)
    head = ["ASKED", "NAME", "ADDRESS", "FROM"]
    head += ["CERTIFICATES"] if arguments.certificates else []
    head += ["BUSY"] if span else []
    rows = [_resolved(one, arguments.certificates, span is not None) for one in found]
    table = program.screen.table(head, rows) or ["nobody found"]
    legend = [_LEGEND] if span and found else []
    program.screen.result([asdict(one) for one in found], [*table, *legend])
    return 0


def _span(arguments: Namespace) -> tuple[float, float] | None:
    if arguments.start is None and arguments.end is None:
        return None
    if arguments.start is None or arguments.end is None:
        raise ClientFault("give both --from and --until, or neither")
    return arguments.start, arguments.end


def _resolved(one: Resolved, certificates: bool, busy: bool) -> list[str]:
    source = "contacts" if one.from_contacts else "directory"
    row = [clean(one.asked), clean(one.name), clean(one.address), source]
    row += [str(one.certificates or 0)] if certificates else []
    return row + (["".join(_BUSY.get(digit, "?") for digit in one.busy)] if busy else [])


async def gal(program: Program, arguments: Namespace) -> int:
    """Search the address list."""
    text, rows = " ".join(arguments.words), (0, arguments.limit - 1)
    async with program.phone(folders=False) as phone:
        search = phone.find_people if phone.version >= Version.V16_1 else phone.gal
        found = await search(text, rows=rows)
    table = program.screen.table(
        ("NAME", "ADDRESS", "PHONE", "MOBILE", "TITLE", "COMPANY"),
        [
            [clean(one) for one in
             (each.name, each.address, each.phone, each.mobile, each.title, each.company)]
            for each in found
        ],
    )  # fmt: skip
    program.screen.result([asdict(one) for one in found], [*table, f"{len(found)} found"])
    return 0


async def validate_cert(program: Program, arguments: Namespace) -> int:
    """Have certificates checked by the server; the exit status is 1 unless all are good."""
    wanted = [(path, der) for path in arguments.files for der in _certificates(path)]
    chain = [der for path in arguments.chain for der in _certificates(path)]
    async with program.phone(folders=False) as phone:
        statuses = await phone.validate(
            ToValidate(
                certificates=[der for _, der in wanted],
                chain=chain,
                check_revocation=arguments.revocation,
            )
        )
    told = [
        {"file": str(path), "status": status, "says": _words(status)}
        for (path, _), status in zip(wanted, statuses, strict=True)
    ]
    lines = [f"{clean(str(one['file']))}: {one['says']}" for one in told]
    program.screen.result(told, lines)
    return 0 if all(status == 1 for status in statuses) else 1


def _words(status: int) -> str:
    if status == ValidateCertStatus.SUCCESS:
        return "good"
    known = next((one.name for one in ValidateCertStatus if one == status), "refused")
    return f"{known.replace('_', ' ').lower()} (status {status})"


def _certificates(path: Path) -> list[bytes]:
    """Read certificates in PEM or one in DER. Raises: OSError, ClientFault."""
    octets = path.read_bytes()
    try:
        if b"-----BEGIN" in octets:
            found = x509.load_pem_x509_certificates(octets)
        else:
            found = [x509.load_der_x509_certificate(octets)]
    except ValueError as exc:
        raise ClientFault(f"{path} holds no certificate") from exc
    return [one.public_bytes(Encoding.DER) for one in found]

"""The arguments of MAIL and RCPT: an address in angle brackets and parameters after it.

Spec: RFC 5321 4.1.1.2, 4.1.1.3, 4.1.2; RFC 6531 3.3.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from carbonio_mobile.mailbox.delivery.outcome import Outcome

_ATOMS = r"[^\s\x00-\x20\x7f()<>@,;:\\\"\[\].]+(?:\.[^\s\x00-\x20\x7f()<>@,;:\\\"\[\].]+)*"
_QUOTED = r"\"(?:[^\"\\\r\n\x00-\x1f\x7f]|\\[\x20-\x7e])*\""
_ADDRESS = re.compile(
    rf"(?:{_ATOMS}|{_QUOTED})@(?:{_ATOMS}|\[[0-9A-Fa-f:.]+\]|\[IPv6:[0-9A-Fa-f:.]+\])"
)
_PATH = re.compile(r"\s*<(?:@[^<>:\s]*:)?((?:[^<>\"\\]|\"(?:[^\"\\]|\\.)*\")*)>(?:\s+(.*))?\Z")
_PARAMETER = re.compile(r"([A-Za-z0-9][A-Za-z0-9-]*)(?:=([^\s=]+))?")
_MAX_ADDRESS_BYTES = 320

BAD_PATH = Outcome(code=501, status="5.1.3", text="expected an address in angle brackets")
BAD_PARAMETERS = Outcome(code=501, status="5.5.4", text="malformed parameters")
UNKNOWN_PARAMETER = Outcome(code=555, status="5.5.4", text="unknown parameter")
NOT_INTERNATIONAL = Outcome(code=553, status="5.6.7", text="such an address needs SMTPUTF8")


@dataclass(frozen=True, slots=True, kw_only=True)
class Path:
    """An address, empty in ``<>``, and its parameters by upper-case name."""

    address: str
    parameters: Mapping[str, str]


def parse_path(text: str) -> Path | Outcome:
    """Read ``<address> parameters``; what is wrong with it comes as the reply.

    ``Postmaster`` needs no domain; ``<>`` is for senders only, which the caller sees to.
    """
    found = _PATH.match(text)
    if found is None or len(found[1].encode("utf-8")) > _MAX_ADDRESS_BYTES:
        return BAD_PATH
    address = found[1]
    if address and address.lower() != "postmaster" and not _ADDRESS.fullmatch(address):
        return BAD_PATH
    parameters = {}
    for word in (found[2] or "").split():
        parameter = _PARAMETER.fullmatch(word)
        if parameter is None:
            return BAD_PARAMETERS
        parameters[parameter[1].upper()] = parameter[2] or ""
    return Path(address=address, parameters=parameters)


def sender_fault(path: Path, limit_bytes: int) -> Outcome | None:
    """Tell what is wrong with the argument of MAIL, if anything is."""
    too_large = Outcome(code=552, status="5.3.4", text=f"at most {limit_bytes} bytes are taken")
    for name, value in path.parameters.items():
        match name:
            case "SIZE":
                if not value.isascii() or not value.isdigit() or len(value) > 20:
                    return BAD_PARAMETERS
                if int(value) > limit_bytes:
                    return too_large
            case "BODY":
                if value.upper() not in ("7BIT", "8BITMIME"):
                    return BAD_PARAMETERS
            case "SMTPUTF8":
                if value:
                    return BAD_PARAMETERS
            case _:
                return UNKNOWN_PARAMETER
    if not path.address.isascii() and "SMTPUTF8" not in path.parameters:
        return NOT_INTERNATIONAL
    return None


def recipient_fault(path: Path, *, international: bool) -> Outcome | None:
    """Tell what is wrong with the argument of RCPT, if anything is."""
    if not path.address:
        return BAD_PATH
    if path.parameters:
        return UNKNOWN_PARAMETER
    if not path.address.isascii() and not international:
        return NOT_INTERNATIONAL
    return None

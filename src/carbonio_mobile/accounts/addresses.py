"""The one normal form of domain names and e-mail addresses in the directory.

Spec: RFC 5321 4.1.2 (dot-string local parts) and 4.5.3.1 (64 octets before the at sign), RFC 5891
(A-labels).
"""

import re

import idna

from carbonio_mobile.accounts.invalid import InvalidArgument, shown

_LOCAL_PART = re.compile(r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*\Z")
_LOCAL_PART_MAX = 64
_DOMAIN_MAX = 253


def normal_domain(name: str) -> str:
    """Give a domain name in lower case with A-labels and no trailing dot.

    Raises: InvalidArgument.
    """
    text = name.strip().rstrip(".")
    if not text or len(text) > _DOMAIN_MAX:
        raise InvalidArgument("domain", f"expected a name like example.com, got {shown(name)}")
    try:
        encoded = idna.encode(text, uts46=True).decode("ascii").lower()
    except (idna.IDNAError, UnicodeError) as exc:
        raise InvalidArgument(
            "domain", f"expected a name like example.com, got {shown(name)}"
        ) from exc
    if encoded.rpartition(".")[2].isdigit():
        raise InvalidArgument("domain", f"expected a name, not an IP address: {shown(name)}")
    return encoded


def split_address(address: str) -> tuple[str, str]:
    """Give the normal local part and domain of an e-mail address.

    Raises: InvalidArgument.
    """
    local_part, at, domain = address.strip().rpartition("@")
    folded = local_part.lower()
    if not at or len(folded) > _LOCAL_PART_MAX or not _LOCAL_PART.match(folded):
        raise InvalidArgument(
            "address", f"expected an address like john@example.com, got {shown(address)}"
        )
    return folded, normal_domain(domain)


def normal_address(address: str) -> str:
    """Give an e-mail address in the form in which the directory keeps it: lower case, A-labels.

    Raises: InvalidArgument.
    """
    local_part, domain = split_address(address)
    return f"{local_part}@{domain}"

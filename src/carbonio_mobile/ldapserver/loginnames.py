"""What clients give as the name of a bind, turned into a login.

Spec: RFC 4511 4.2 (a name is a DN); ../shared/ldap/outlook-and-peers.md 2.2 (what they type).
"""

from carbonio_mobile.errors import ProtocolError
from carbonio_mobile.ldap.names import Dn, parse_dn

_NAMING = frozenset(("mail", "uid", "cn", "userprincipalname"))
"""The first part of a DN that may hold a login is of one of these types."""


def login_of(name: str) -> str:
    """Give the login that a name means: an address, ``DOMAIN\\user`` or a bare user.

    Of a DN it is the value of the first part, with the domain of its ``dc`` parts where the value
    names none. Empty for a DN whose first part holds no login.
    """
    name = name.strip()
    if "=" not in name:
        return name
    try:
        dn = parse_dn(name)
    except ProtocolError:
        return name
    return _of_dn(dn) if dn.rdns else ""


def _of_dn(dn: Dn) -> str:
    found = next((value for kind, value in dn.rdns[0] if kind.lower() in _NAMING), "")
    if not found or "@" in found or "\\" in found:
        return found
    domain = ".".join(value for rdn in dn.rdns[1:] for kind, value in rdn if kind.lower() == "dc")
    return f"{found}@{domain}" if domain else found

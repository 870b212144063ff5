"""The names that an authority may give certificates to.

Mail addresses and distinguished names are compared; a certificate with a name of another kind is
refused where the authority is bound in that kind.

Spec: RFC 5280 4.2.1.10.
"""

from collections.abc import Sequence

from cryptography import x509
from cryptography.x509.oid import NameOID

Names = Sequence[x509.GeneralName]


def allows(constraints: x509.NameConstraints, issued: Sequence[x509.Certificate]) -> bool:
    """Tell whether all certificates below an authority bear names that it may give.

    Authorities that issued themselves are not bound (RFC 5280 6.1.3); their end is.
    """
    bound = [one for place, one in enumerate(issued) if place == 0 or one.subject != one.issuer]
    return all(_is_allowed(constraints, name) for one in bound for name in _names(one))


def _names(certificate: x509.Certificate) -> list[x509.GeneralName]:
    """Give all names: the subject, its alternatives, and the addresses that the subject holds."""
    names: list[x509.GeneralName] = []
    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
        names += found.value
    except x509.ExtensionNotFound:
        names += [
            x509.RFC822Name(str(each.value))
            for each in certificate.subject.get_attributes_for_oid(NameOID.EMAIL_ADDRESS)
            if str(each.value).isascii()
        ]
    if list(certificate.subject):
        names.append(x509.DirectoryName(certificate.subject))
    return names


def _is_allowed(constraints: x509.NameConstraints, name: x509.GeneralName) -> bool:
    excluded = _alike(constraints.excluded_subtrees or (), name)
    permitted = _alike(constraints.permitted_subtrees or (), name)
    if any(_covers(each, name) is not False for each in excluded):
        return False
    return not permitted or any(_covers(each, name) is True for each in permitted)


def _alike(subtrees: Names, name: x509.GeneralName) -> list[x509.GeneralName]:
    return [each for each in subtrees if type(each) is type(name)]


def _covers(subtree: x509.GeneralName, name: x509.GeneralName) -> bool | None:
    """Tell whether a name lies in a subtree; None where that kind is not compared here."""
    if isinstance(subtree, x509.RFC822Name) and isinstance(name, x509.RFC822Name):
        return _covers_address(subtree.value.lower(), name.value.lower())
    if isinstance(subtree, x509.DirectoryName) and isinstance(name, x509.DirectoryName):
        above, below = list(subtree.value.rdns), list(name.value.rdns)
        return below[: len(above)] == above
    return None


def _covers_address(subtree: str, address: str) -> bool:
    if "@" in subtree:
        return address == subtree
    host = address.rpartition("@")[2]
    return host.endswith(subtree) if subtree.startswith(".") else host == subtree

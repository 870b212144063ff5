"""Whether a server can be reached: its name, its port, its certificate."""

import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final, Protocol, TypeVar

from twisted.internet.threads import deferToThread

from carbonio_mobile.setup.doctor import probing
from carbonio_mobile.setup.doctor.findings import Part
from carbonio_mobile.setup.doctor.probing import Blocked, Certificate, Target, Trouble

_ENDS_SOON_S: Final = 14 * 86_400.0
_ADDRESSES_SHOWN: Final = 4
_T = TypeVar("_T")


class InThread(Protocol):
    """Calls a function in a thread."""

    def __call__(self, function: Callable[[], _T], /) -> Awaitable[_T]:
        """Fire with what it gives, or fail with what it raises."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A server, and the options that say where it is.

    ``host_option`` names it, ``port_option`` its port, ``tls_option`` the encryption,
    ``authority_option`` who is believed; ``authority`` is what that one says, for people.
    """

    target: Target
    is_encrypted: bool
    authority: str
    host_option: str
    port_option: str
    tls_option: str
    authority_option: str


async def reach(part: Part, place: Place, *, in_thread: InThread = deferToThread) -> bool:
    """Look at the way to a server; false where it ends before the server."""
    target = place.target
    try:
        addresses = await in_thread(lambda: probing.resolve(target.host, target.port))
        shown = ", ".join(addresses[:_ADDRESSES_SHOWN])
        if addresses != (target.host,):
            part.works(f"{target.host} is {shown}")
        if not place.is_encrypted:
            (await in_thread(lambda: probing.connect(target))).close()
            part.works(f"port {target.port} answers; without TLS, as {place.tls_option} says")
            return True
        (await in_thread(lambda: probing.connect(target))).close()
        part.works(f"port {target.port} answers")
        found = await in_thread(lambda: probing.certificate(target))
    except Blocked as exc:
        part.fails(_what(exc, place), _remedy(exc, place))
        return False
    _tell(part, place, found)
    return True


def _tell(part: Part, place: Place, found: Certificate) -> None:
    text = (
        f"TLS: a certificate for {found.names_text}, by {found.issuer}, until "
        f"{probing.day(found.ends)}; checked for {place.target.host} by {place.authority}"
    )
    if found.ends - time.time() < _ENDS_SOON_S:
        part.degrades(text, "Renew it: phones are turned away when it has ended.")
    else:
        part.works(text)


def _what(exc: Blocked, place: Place) -> str:
    host, port = place.target.host, place.target.port
    names = ", ".join(exc.names) or "no name"
    texts: Mapping[Trouble, str] = {
        Trouble.NAME: f"the name {host} is not known: {exc}",
        Trouble.REFUSED: f"nobody listens on port {port} of {host}",
        Trouble.SILENT: f"port {port} of {host}: {exc}",
        Trouble.UNREACHABLE: f"{host} cannot be reached: {exc}",
        Trouble.NO_TLS: f"port {port} of {host}: {exc}",
        Trouble.WRONG_NAME: f"the certificate is for {names}, and not for {host}",
        Trouble.EXPIRED: f"the certificate of {host} is not valid now: {exc}",
        Trouble.UNTRUSTED: (
            f"the certificate of {host} (for {names}, by {exc.issuer or 'nobody known'}) is not "
            f"vouched for by {place.authority}: {exc}"
        ),
    }
    return texts[exc.trouble]


def _remedy(exc: Blocked, place: Place) -> str:
    host = place.target.host
    there = f"{place.host_option} and {place.port_option}"
    if place.host_option == place.port_option:
        there = place.host_option
    texts: Mapping[Trouble, str] = {
        Trouble.NAME: f"Set {place.host_option} to a name that this machine can resolve.",
        Trouble.REFUSED: f"Does the server run, and listen on other than its own loopback? "
        f"See {there}.",
        Trouble.SILENT: f"Is a firewall in between? See {there}.",
        Trouble.UNREACHABLE: f"See {there}, and the routes of this machine.",
        Trouble.NO_TLS: f"Does {place.tls_option} fit the port? Else switch TLS on in the server.",
        Trouble.WRONG_NAME: f"Set {place.host_option} to a name that is in the certificate, or "
        f"have one made for {host}.",
        Trouble.EXPIRED: "Renew it, and look at the clocks of both machines.",
        Trouble.UNTRUSTED: f"Put the certificate that signs it, PEM, into a file and name that in "
        f"{place.authority_option}.",
    }
    return texts[exc.trouble]

"""Who the client is when proxies stand between: only a trusted proxy's word counts.

Spec: none; X-Forwarded-For and X-Forwarded-Proto are customs of proxies.
"""

from collections.abc import Mapping, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Network = IPv4Network | IPv6Network

LOCAL_SOCKET = "unix"
"""The peer of a connection over a UNIX socket: only a proxy on this host can be there."""


def is_trusted(address: str, trusted: Sequence[Network]) -> bool:
    """Tell whether an address is one of the configured proxies."""
    if address == LOCAL_SOCKET:
        return True
    parsed = _parse(address)
    return parsed is not None and any(parsed in network for network in trusted)


def origin(address: str, trusted: Sequence[Network]) -> str | None:
    """Return under which name an address is held to the bounds for one peer; None for a proxy.

    Whoever has an IPv6 address has the whole network of 64 bits that it is in.
    """
    if is_trusted(address, trusted):
        return None
    parsed = _parse(address)
    if isinstance(parsed, IPv6Address):
        return str(IPv6Network((parsed, 64), strict=False))
    return str(parsed or address)


def is_loopback(address: str) -> bool:
    """Tell whether an address is this host's."""
    parsed = _parse(address)
    return parsed is not None and parsed.is_loopback


def client_of(
    peer: str, secure: bool, headers: Mapping[str, str], trusted: Sequence[Network]
) -> tuple[str, bool]:
    """Return the client's address and whether it came in by HTTPS.

    ``peer`` is the other end of the connection, ``headers`` have lower-case names. The addresses in
    X-Forwarded-For are read from the right for as long as the one before was a trusted proxy: what
    stands further left was written by a stranger. An entry that is no address ends the reading.
    """
    forwarded = headers.get("x-forwarded-for")
    scheme = headers.get("x-forwarded-proto")
    if (forwarded is None and scheme is None) or not is_trusted(peer, trusted):
        return peer, secure
    if scheme is not None:
        secure = scheme.rpartition(",")[2].strip().lower() == "https"
    return _rightmost_stranger(peer, forwarded or "", trusted), secure


def _rightmost_stranger(peer: str, forwarded: str, trusted: Sequence[Network]) -> str:
    client = peer
    for entry in reversed(forwarded.split(",")):
        address = _parse(_without_port(entry.strip()))
        if address is None:
            break
        client = str(address)
        if not is_trusted(client, trusted):
            break
    return client


def _without_port(entry: str) -> str:
    """``[2001:db8::1]:443`` and ``192.0.2.1:443`` are written by some proxies."""
    if entry.startswith("["):
        return entry[1:].partition("]")[0]
    return entry.partition(":")[0] if entry.count(":") == 1 else entry


def _parse(address: str) -> IPv4Address | IPv6Address | None:
    try:
        parsed = ip_address(address)
    except ValueError:
        return None
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped is not None:
        return parsed.ipv4_mapped
    return parsed

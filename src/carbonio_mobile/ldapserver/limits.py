"""What one peer, one connection and one search may cost.

Spec: none; RFC 4511 leaves every limit to the server (sizeLimitExceeded, timeLimitExceeded, busy).
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class LdapLimits:
    """Bounds of the LDAP listener.

    ``connections`` are those of all peers, ``peer_connections`` those of one address (an IPv6
    network of 64 bits counts as one), ``loopback_connections`` those of this host; 0 is no bound
    for either, and trusted proxies have none.

    A connection must finish its TLS handshake within ``handshake_s``, be bound within
    ``unbound_s``, and ask something every ``idle_s``. A peer that takes nothing of an answer for
    ``stalled_s`` is cut. A request may have ``unbound_bytes``, once somebody logged in
    ``bound_bytes``; ``in_flight`` of a connection are worked on at a time, the rest is not read.

    A search gives ``entries`` at the most (for each page, where it asks for pages) and may take
    ``search_s``. From the ``delayed_from``-th wrong login of a connection on each answer is
    ``login_delay_s`` late, and after ``logins`` of them it is closed.
    """

    connections: int = 12_000
    peer_connections: int = 1_000
    loopback_connections: int = 0
    handshake_s: float = 10.0
    unbound_s: float = 30.0
    idle_s: float = 600.0
    stalled_s: float = 60.0
    linger_s: float = 5.0
    unbound_bytes: int = 8 * 1024
    bound_bytes: int = 64 * 1024
    in_flight: int = 16
    entries: int = 1_000
    search_s: float = 60.0
    delayed_from: int = 3
    login_delay_s: float = 1.0
    logins: int = 10


DEFAULT_LIMITS = LdapLimits()

"""What a peer may cost before anything is known about it.

Spec: none; RFC 9112 leaves every limit to the server.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class WebLimits:
    """Bounds of the HTTP edge, enforced before a request reaches the pipeline.

    A body must come whole within ``body_timeout_s``, or as many bytes as ``slowest_bytes_per_s``
    brings in that time, and so on: a large mail over a weak line gets through while a sender that
    drips, or falls silent, does not. An answer may take the time that its bytes need at that rate,
    as long as the peer takes some of it every ``stalled_after_s``.

    ``body_bytes`` bounds one body, as sent and inflated; ``all_bodies_bytes`` bounds what requests
    and answers in transit or in work hold together, ``peer_bodies_bytes`` those of one peer. Bodies
    of up to ``small_body_bytes`` are not counted and never refused for want of room, so that phones
    get through while others fill it.

    ``peer_connections`` bounds the connections from one address (an IPv6 network of 64 bits counts
    as one), ``loopback_connections`` those from this host; 0 is no bound, and trusted proxies have
    none.

    A parked connection whose peer fell silent is found after ``keepalive_idle_s`` plus
    ``keepalive_probes`` times ``keepalive_interval_s``. Probes wake a phone's radio: rare is kind.
    """

    connections: int
    peer_connections: int
    loopback_connections: int
    header_bytes: int
    header_count: int
    header_timeout_s: float
    body_bytes: int
    all_bodies_bytes: int
    peer_bodies_bytes: int
    small_body_bytes: int
    body_timeout_s: float
    slowest_bytes_per_s: int
    stalled_after_s: float
    idle_timeout_s: float
    linger_timeout_s: float
    keepalive_idle_s: int
    keepalive_interval_s: int
    keepalive_probes: int
    compress_from_bytes: int
    compress_in_thread_from_bytes: int


DEFAULT_LIMITS = WebLimits(
    connections=50_000,
    peer_connections=2_000,
    loopback_connections=0,
    header_bytes=16 * 1024,
    header_count=100,
    header_timeout_s=20.0,
    body_bytes=64 * 1024 * 1024,
    all_bodies_bytes=512 * 1024 * 1024,
    peer_bodies_bytes=128 * 1024 * 1024,
    small_body_bytes=64 * 1024,
    body_timeout_s=30.0,
    slowest_bytes_per_s=4_000,
    stalled_after_s=120.0,
    idle_timeout_s=75.0,
    linger_timeout_s=10.0,
    keepalive_idle_s=600,
    keepalive_interval_s=60,
    keepalive_probes=3,
    compress_from_bytes=1_400,
    compress_in_thread_from_bytes=64 * 1024,
)
"""The profile that the service's options start from."""

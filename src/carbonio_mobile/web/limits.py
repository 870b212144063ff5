"""What a peer may cost before anything is known about it.

Spec: none; RFC 9112 leaves every limit to the server.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class WebLimits:
    """Bounds of the HTTP edge, enforced before a request reaches the pipeline.

    A body (or an answer) in transit may take its timeout plus the time that its bytes need at
    ``slowest_bytes_per_s``, so that a large mail over a weak line gets through while a sender that
    drips does not. ``body_bytes`` bounds one body, as sent and inflated; ``all_bodies_bytes``
    bounds what all requests that are being received or answered hold together.

    A parked connection whose peer fell silent is found after ``keepalive_idle_s`` plus
    ``keepalive_probes`` times ``keepalive_interval_s``. Probes wake a phone's radio: rare is kind.
    """

    connections: int
    header_bytes: int
    header_count: int
    header_timeout_s: float
    body_bytes: int
    all_bodies_bytes: int
    body_timeout_s: float
    slowest_bytes_per_s: int
    idle_timeout_s: float
    linger_timeout_s: float
    keepalive_idle_s: int
    keepalive_interval_s: int
    keepalive_probes: int
    compress_from_bytes: int
    compress_in_thread_from_bytes: int


DEFAULT_LIMITS = WebLimits(
    connections=50_000,
    header_bytes=16 * 1024,
    header_count=100,
    header_timeout_s=20.0,
    body_bytes=64 * 1024 * 1024,
    all_bodies_bytes=512 * 1024 * 1024,
    body_timeout_s=30.0,
    slowest_bytes_per_s=4_000,
    idle_timeout_s=75.0,
    linger_timeout_s=10.0,
    keepalive_idle_s=600,
    keepalive_interval_s=60,
    keepalive_probes=3,
    compress_from_bytes=1_400,
    compress_in_thread_from_bytes=64 * 1024,
)
"""The profile that the service's options start from."""

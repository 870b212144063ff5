"""Sizes as people write them: 2GB, 500 MB, 1048576."""

import re

_SIZE = re.compile(r"(\d{1,15})\s*(|B|KB|KIB|MB|MIB|GB|GIB|TB|TIB)\Z")
_POWERS = {"": 0, "K": 1, "M": 2, "G": 3, "T": 4}


def size_bytes(text: str) -> int:
    """Read a size in bytes; KB, MB, GB, TB are powers of 1024. Raises: ValueError."""
    match = _SIZE.match(text.strip().upper())
    if match is None:
        raise ValueError(f"expected a size like 2GB or 500MB, got {text!r}")
    return int(match[1]) << 10 * _POWERS[match[2].rstrip("B").rstrip("I")]

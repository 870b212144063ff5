"""Content codings: bodies inflated to what they announce, answers deflated where it pays.

Spec: MS-ASHTTP 2.2.2.1 (R214: an answer is compressed only if the client accepts gzip).
"""

import zlib

from carbonio_mobile.errors import ProtocolError

_GZIP = 16 + zlib.MAX_WBITS
_MAGIC = b"\x1f\x8b"
_LEVEL = 1  # twice as fast as level 6 (99 against 49 MB/s on mail texts) for 9 % more bytes
_SAMPLE_BYTES = 4096
_WORTH_IT = 0.9


def announced_bytes(body: bytes) -> int:
    """Read off the end of a gzip body how much comes out of it (RFC 1952 2.3.1, ISIZE).

    Raises: ProtocolError when ``body`` is not gzip.
    """
    if body and not body.startswith(_MAGIC):
        raise ProtocolError("request body is not gzip")
    return int.from_bytes(body[-4:], "little")


def inflate(body: bytes) -> bytes:
    """Undo gzip, of one member. No more than ``announced_bytes`` are made, whatever comes out.

    Raises: ProtocolError when ``body`` is not gzip, ends early, has something behind its one member
    or announces another size.
    """
    if not body:
        return b""
    member = zlib.decompressobj(_GZIP)
    try:
        inflated = member.decompress(body, announced_bytes(body) + 1)
    except zlib.error as exc:
        raise ProtocolError("request body is not gzip") from exc
    if not member.eof or member.unused_data or len(inflated) != announced_bytes(body):
        raise ProtocolError("gzip request body is not one whole member")
    return inflated


def accepts_gzip(accept_encoding: str) -> bool:
    """Read an Accept-Encoding header: gzip named (or ``*``), and not at quality zero."""
    for entry in accept_encoding.lower().split(","):
        coding, _, parameters = entry.partition(";")
        if coding.strip() in ("gzip", "x-gzip", "*"):
            weight = parameters.replace(" ", "")
            return not (weight.startswith("q=0") and not weight.strip("q=0."))
    return False


def deflate(body: bytes) -> bytes | None:
    """Return the body in gzip, or None where that saves less than a tenth.

    A body of some size is judged by a sample from its middle, so that pictures cost little.
    """
    middle = len(body) // 2
    sample = body[middle : middle + _SAMPLE_BYTES]
    if len(body) > 8 * _SAMPLE_BYTES and len(_gzip(sample)) > _WORTH_IT * len(sample):
        return None
    packed = _gzip(body)
    return packed if len(packed) < _WORTH_IT * len(body) else None


def _gzip(body: bytes) -> bytes:
    stream = zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP)
    return stream.compress(body) + stream.flush()

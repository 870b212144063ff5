"""The multipart form of an ItemOperations answer.

Spec: MS-ASCMD 2.2.2.10 (MultiPartResponse, R5509, R5517, R5518); http.md section 6. All integers
are little-endian.
"""

import struct
from collections.abc import Sequence

CONTENT_TYPE = "application/vnd.ms-sync.multipart"


def frame(parts: Sequence[bytes]) -> bytes:
    """Join the WBXML document (the first part) and its binaries behind their table of contents."""
    offset = 4 + 8 * len(parts)
    head = [struct.pack("<I", len(parts))]
    for part in parts:
        head.append(struct.pack("<II", offset, len(part)))
        offset += len(part)
    return b"".join([*head, *parts])

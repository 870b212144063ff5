"""Entity tags: which state of a resource is meant.

Spec: RFC 9110 8.8.3 and 13.1, RFC 4791 5.3.4 (a strong one in the answer to PUT says that what was
sent was stored octet for octet).
"""

import re
from typing import Final, NewType

ETag = NewType("ETag", str)
"""``"opaque"`` or ``W/"opaque"``, quotes included, whatever way the server wrote it."""

CHARACTERS_MAX: Final = 1024
_FORM = re.compile(r'(?:[Ww]/)?"([^"]*)"')
_OPAQUE = re.compile(r"[\x21\x23-\x7e\x80-\xff ]+")


def read_etag(text: str) -> ETag | None:
    """Read a tag, also one that lacks its quotes; None for what is none."""
    text = text.strip()
    match = _FORM.fullmatch(text)
    opaque = match[1] if match else text
    if len(opaque) > CHARACTERS_MAX or not _OPAQUE.fullmatch(opaque):
        return None
    return ETag(f'W/"{opaque}"' if match and text[0] in "Ww" else f'"{opaque}"')


def header_etag(text: str, *, is_compressed: bool) -> ETag | None:
    """Read the tag of an answer's head, as the resource itself would have it.

    A proxy that compresses says so in the tag: nginx makes it weak, Apache appends ``-gzip``.
    """
    etag = read_etag(text)
    if etag is None or not is_compressed:
        return etag
    return ETag(strong(etag).removesuffix('-gzip"').rstrip('"') + '"')


def is_weak(etag: ETag) -> bool:
    """Tell whether it promises equal meaning only, not equal octets."""
    return etag.startswith("W/")


def strong(etag: ETag) -> ETag:
    """Give the form for If-Match, which never matches a weak one (RFC 9110 13.1.1)."""
    return ETag(etag[2:]) if is_weak(etag) else etag


def same(one: ETag | None, other: ETag | None) -> bool:
    """Tell whether both are known and mean the same state."""
    return one is not None and other is not None and strong(one) == strong(other)

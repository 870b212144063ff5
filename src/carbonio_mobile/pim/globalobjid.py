"""The GlobalObjId of a meeting, which stands for its iCalendar UID before version 16.0.

Spec: MS-ASEMAIL 2.2.2.37 (layout), 3.1.5.1 (R26 to R29, R1009: back to a UID).
"""

from binascii import Error as HexError
from binascii import unhexlify
from datetime import date

CLASS_ID = bytes.fromhex("040000008200E00074C5B7101A82E008")

_MARK = b"vCal-Uid"
_VERSION = b"\x01\x00\x00\x00"
_INSTANCE = slice(16, 20)
_COUNT_AT, _DATA_AT, _UID_AT = 36, 40, 52


def from_uid(uid: str, instance: date | None = None) -> bytes:
    """Give the id of a meeting, or of one instance of a series by its original date."""
    outlook = _outlook_id(uid)
    if outlook:
        blob = outlook
    else:
        content = _MARK + _VERSION + uid.encode("utf-8", "replace") + b"\0"
        blob = CLASS_ID + bytes(20) + len(content).to_bytes(4, "little") + content
    when = bytes(4)
    if instance is not None:
        when = instance.year.to_bytes(2, "big") + bytes((instance.month, instance.day))
    return blob[: _INSTANCE.start] + when + blob[_INSTANCE.stop :]


def to_uid(blob: bytes) -> str:
    """Give the iCalendar UID that an id stands for (MS-ASEMAIL R1009, R26 to R29)."""
    count = int.from_bytes(blob[_COUNT_AT:_DATA_AT], "little")
    sound = 13 <= count <= len(blob) - _DATA_AT
    if len(blob) < 53 or blob[_DATA_AT : _DATA_AT + 8] != _MARK or not sound:
        return (blob[: _INSTANCE.start] + bytes(4) + blob[_INSTANCE.stop :]).hex().upper()
    return blob[_UID_AT : _UID_AT + count - 13].decode("utf-8", "replace")


def _outlook_id(uid: str) -> bytes:
    try:
        blob = unhexlify(uid)
    except (HexError, ValueError):
        return b""
    return blob if blob.startswith(CLASS_ID) and len(blob) >= _DATA_AT else b""

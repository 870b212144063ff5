"""The files that an event holds.

Spec: RFC 5545 3.8.1.1 (ATTACH); RFC 8607 4 (FILENAME).
"""

from collections.abc import Sequence

from carbonio_mobile.ids import PartId
from carbonio_mobile.pim.calendars import (
    Lines,
)
from carbonio_mobile.pim.contentlines import ContentLine, clean
from carbonio_mobile.pim.event import EventAttachment
from carbonio_mobile.pim.eventfields import (
    CONTENT_ID,
    FILE_NAMES,
    INLINE,
)

MAX_ATTACHMENTS = 100


def attachments_of(lines: Lines, prefix: str) -> list[EventAttachment]:
    """Give the files of an event, their part ids begun with ``prefix``."""
    found = inline_attachments(lines.get("ATTACH", ()))
    return [
        EventAttachment(
            part=PartId(f"{prefix}{number}"),
            name=attachment_name(one),
            content_type=attachment_type(one),
            size_bytes=_size(one.value),
            content_id=clean(one.param(CONTENT_ID)),
            inline=one.param(INLINE).upper() == "TRUE",
        )
        for number, one in enumerate(found, 1)
    ]


def inline_attachments(lines: Sequence[ContentLine]) -> list[ContentLine]:
    """Give the attachments that the calendar itself holds."""
    return [one for one in lines if is_inline(one)][:MAX_ATTACHMENTS]


def is_inline(one: ContentLine) -> bool:
    """Tell whether an attachment's content stands in the calendar."""
    return one.name == "ATTACH" and one.encoding() in ("BASE64", "B")


def attachment_name(one: ContentLine) -> str:
    """Give the file's name, and one where it has none."""
    names = (clean(one.param(name)).strip() for name in FILE_NAMES)
    return next((name[:300] for name in names if name), "attachment")


def attachment_type(one: ContentLine) -> str:
    """Give the content type of an attachment."""
    said = clean(one.param("FMTTYPE")).strip().lower()
    return said[:200] if "/" in said else "application/octet-stream"


def _size(base64: str) -> int:
    packed = len(base64) if base64.isalnum() else len("".join(base64.split()).rstrip("="))
    return packed * 3 // 4

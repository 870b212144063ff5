"""Files of events, which devices of 16.0 and later add and take off.

Spec: MS-ASCAL 2.2.2.5 (Attachments); MS-ASAIRS 2.2.2.2, 2.2.2.21.
"""

from collections.abc import Mapping
from dataclasses import replace

from carbonio_mobile.eas.items.files import Files, NewFile
from carbonio_mobile.ids import PartId
from carbonio_mobile.pim.event import Details, Event, EventAttachment

NEW = "new"
"""Begins the part of a file that is not stored yet."""


def with_files(
    event: Event, files: Files, original: float | None = None
) -> tuple[Event, Mapping[PartId, bytes]]:
    """Give the event with its files changed, and the content of the new ones by their parts.

    ``original`` names the occurrence whose files they are, None for the event as a whole. A file
    without content is passed over: iOS sends such ones while it moves an event (client-quirks 5.6).
    """
    removed = {reference.part for reference in files.removed}
    new = [one for one in files.added if one.content]
    contents = {PartId(f"{NEW}{number}"): one.content for number, one in enumerate(new)}
    added = [_attachment(one, part) for one, part in zip(new, contents, strict=True)]

    def changed(details: Details) -> Details:
        kept = [one for one in details.attachments if one.part not in removed]
        return replace(details, attachments=(*kept, *added))

    if original is None:
        return replace(event, details=changed(event.details)), contents
    exceptions = tuple(
        replace(one, details=changed(one.details))
        if one.original == original and one.details is not None
        else one
        for one in event.exceptions
    )
    return replace(event, exceptions=exceptions), contents


def new_parts(
    event: Event, files: Files, original: float | None = None
) -> tuple[tuple[NewFile, PartId], ...]:
    """Say under which parts the files that were added stand in the event as it was stored."""
    details: Details | None = event.details
    if original is not None:
        details = next((one.details for one in event.exceptions if one.original == original), None)
    new = [one for one in files.added if one.content]
    stored = details.attachments[-len(new) :] if details is not None and new else ()
    return tuple((one, known.part) for one, known in zip(new, stored, strict=False))


def _attachment(one: NewFile, part: PartId) -> EventAttachment:
    return EventAttachment(
        part=part,
        name=one.name,
        content_type=one.content_type or "application/octet-stream",
        size_bytes=len(one.content),
        content_id=one.content_id,
        inline=one.inline,
    )

"""``Note``: a sticky note, in the terms of ActiveSync.

Spec: MS-ASNOTE 2.2.2; RFC 5545 3.6.3 (VJOURNAL).
"""

from dataclasses import dataclass, field

from carbonio_mobile.pim.text import NO_TEXT, Text

STICKY_NOTE = "IPM.StickyNote"


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A note.

    ``message_class`` is ``IPM.StickyNote`` or begins with ``IPM.StickyNote.`` (MS-ASNOTE R57).
    ``modified_at`` is when it was last written, seconds since 1970 UTC, None where the stored note
    does not say. ``faults`` says in words what could not be read as written.
    """

    uid: str
    subject: str = ""
    body: Text = NO_TEXT
    categories: tuple[str, ...] = ()
    message_class: str = STICKY_NOTE
    modified_at: float | None = None
    faults: tuple[str, ...] = field(default=())

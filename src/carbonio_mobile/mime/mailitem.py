"""A message in a mailbox: its record, its state, and the wishes and patches that concern them.

Spec: MS-ASEMAIL 2.2.2 (Read, Flag, Categories, LastVerbExecuted), MS-ASAIRS 2.2.2 (bodies).
"""

from dataclasses import dataclass, field

from carbonio_mobile.ids import FolderId, ItemId, ItemVersion
from carbonio_mobile.mime.record import MessageRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUp:
    """The follow-up flag of a mail: ``status`` 1 complete, 2 active (no flag at all: no FollowUp).

    ``fields`` are its other elements in the order sent, as (element name, text), dates in the form
    of MS-ASDTYPE 2.6; ``eas`` checked them before they came here.
    """

    status: int
    fields: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MailState:
    """What users and devices change on a message without changing the message.

    ``verb`` is 0 none, 1 replied, 2 replied to all, 3 forwarded, done at ``verb_at`` (seconds,
    UTC).
    """

    read: bool = False
    follow_up: FollowUp | None = None
    categories: tuple[str, ...] = ()
    verb: int = 0
    verb_at: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ClearFollowUp:
    """In a patch: take the follow-up flag off."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MailPatch:
    """A change of a message; None leaves a property as it is.

    ``source`` replaces the message itself and is for drafts only.
    """

    read: bool | None = None
    follow_up: FollowUp | ClearFollowUp | None = None
    categories: tuple[str, ...] | None = None
    verb: tuple[int, float] | None = None
    source: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class BodyWish:
    """How many octets of each form of the body a reader wants; 0 none, None all of it.

    Text is the plain form (native or converted at delivery), ``html`` the native HTML (empty where
    the message has none), ``source`` the whole message as it was delivered.
    """

    text_bytes: int | None = 0
    html_bytes: int | None = 0
    source_bytes: int | None = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class MailItem:
    """A message read from a mailbox.

    The bodies are UTF-8 octets, cut at the sizes wished for and possibly within a character; their
    full sizes stand in ``record``.
    """

    item: ItemId
    folder: FolderId
    version: ItemVersion
    received: float
    record: MessageRecord
    state: MailState
    draft: bool = False
    text: bytes = field(default=b"", repr=False)
    html: bytes = field(default=b"", repr=False)
    source: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class MailQuery:
    """What to look for. Empty ``folders`` means every mail folder; words must all occur.

    ``phrase`` is free text as the user typed it: words match by prefix, case and accents folded.
    ``after``/``before`` bound the time of receipt (seconds, UTC, exclusive).
    """

    phrase: str = ""
    folders: tuple[FolderId, ...] = ()
    conversation: bytes = b""
    after: float | None = None
    before: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchHits:
    """Hits newest first, of which ``total`` exist."""

    hits: tuple[tuple[FolderId, ItemId], ...]
    total: int

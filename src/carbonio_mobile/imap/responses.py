"""The responses of an IMAP server, as values.

Names of mailboxes are those of the wire (``names`` tells what they mean); flags are as the server
spells them; numbers are those of the protocol.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from carbonio_mobile.imap.codes import Code
from carbonio_mobile.imap.structure import BodyPart
from carbonio_mobile.imap.uidsets import UidSet


@dataclass(frozen=True, slots=True)
class Continuation:
    """``+``: the server waits for more of the command."""

    text: bytes


@dataclass(frozen=True, slots=True)
class Status:
    """OK, NO, BAD, BYE or PREAUTH; of the command with this tag, or of none (an empty tag)."""

    tag: bytes
    condition: str
    code: Code | None = None
    text: bytes = b""


@dataclass(slots=True)
class Fetch:
    """What the server tells of one message; None or empty is what it did not tell.

    ``date`` is seconds since 1970 UTC. The keys of ``sections`` are in capitals, without quotes:
    ``BODY[HEADER]``, ``BODY[1.2]<0>``; a section that the message has not is None. ``faults``
    names what was told and could not be read: one broken message must not hold up the others.
    """

    sequence: int
    uid: int = 0
    flags: tuple[str, ...] | None = None
    date: float | None = None
    modseq: int = 0
    size: int | None = None
    structure: BodyPart | None = None
    preview: bytes | None = None
    email_id: str = ""
    thread_id: str = ""
    sections: dict[str, bytes | None] = field(default_factory=dict)
    faults: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Exists:
    """How many messages the selected mailbox has."""

    count: int


@dataclass(frozen=True, slots=True)
class Expunged:
    """The message of this number is gone (where QRESYNC is not on)."""

    sequence: int


@dataclass(frozen=True, slots=True)
class Vanished:
    """Messages are gone; ``earlier``: it is the answer to a question about the past.

    The set may name billions that never were: go through what is known, not through it.
    """

    uids: UidSet
    earlier: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """The answer to SEARCH; the server's ``tag`` names the command where it is an ESEARCH."""

    uids: UidSet
    tag: bytes = b""
    count: int | None = None
    least: int | None = None
    greatest: int | None = None
    modseq: int = 0


@dataclass(frozen=True, slots=True)
class Listed:
    """A mailbox in a listing. ``attributes`` are lower case, with their backslash."""

    wire: bytes
    attributes: frozenset[str]
    separator: str = ""


@dataclass(frozen=True, slots=True)
class MailboxStatus:
    """What STATUS tells: numbers by name in capitals; ``mailbox_id`` with OBJECTID."""

    wire: bytes
    numbers: Mapping[str, int]
    mailbox_id: str = ""


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What the server can, in capitals."""

    names: frozenset[str]


@dataclass(frozen=True, slots=True)
class Enabled:
    """What of it was switched on just now, in capitals."""

    names: frozenset[str]


@dataclass(frozen=True, slots=True)
class Flags:
    """The flags that the selected mailbox knows."""

    flags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Quota:
    """A quota root: used and limit of each resource by name in capitals, STORAGE in KiB."""

    root: bytes
    resources: Mapping[str, tuple[int, int]]


@dataclass(frozen=True, slots=True)
class QuotaRoots:
    """The quota roots that a mailbox counts for."""

    wire: bytes
    roots: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Namespaces:
    """Prefix (of the wire) and separator of the personal, others' and shared namespaces."""

    personal: tuple[tuple[bytes, str], ...] = ()
    others: tuple[tuple[bytes, str], ...] = ()
    shared: tuple[tuple[bytes, str], ...] = ()


@dataclass(frozen=True, slots=True)
class MyRights:
    """The rights of the one who asks, letters of RFC 4314."""

    wire: bytes
    rights: frozenset[str]


@dataclass(frozen=True, slots=True)
class Acl:
    """Everybody's rights on a mailbox, by identifier."""

    wire: bytes
    rights: Mapping[bytes, frozenset[str]]


@dataclass(frozen=True, slots=True)
class Identity:
    """What the server says that it is (ID), names in lower case."""

    fields: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Unknown:
    """A response of another kind; it may be skipped."""

    name: str


Response = (
    Continuation
    | Status
    | Fetch
    | Exists
    | Expunged
    | Vanished
    | Found
    | Listed
    | MailboxStatus
    | Capabilities
    | Enabled
    | Flags
    | Quota
    | QuotaRoots
    | Namespaces
    | MyRights
    | Acl
    | Identity
    | Unknown
)

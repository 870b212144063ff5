"""What is kept of a message beside its source: all that a Sync needs without parsing MIME again.

The JSON forms use short keys and leave defaults out, for one stands beside every stored message and
a hundred are read for a page of a Sync.

Spec: MS-ASEMAIL 2.2.2 (properties), MS-ASAIRS 2.2.2.8 (Attachment), MS-ASCON 2.2.2.3, 2.2.2.4.
"""

from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from carbonio_mobile.ids import PartId
from carbonio_mobile.pim.recurrence import RecurrenceRule

Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """One part of a message that a device shows as an attachment or an inline picture.

    ``name`` is never empty and holds no path and no control character. ``size_bytes`` counts the
    decoded content. ``method`` is 1 (a file) or 5 (an embedded message), MS-ASAIRS R225, R226.
    ``content_id`` stands without its angle brackets. ``charset`` is set for text only.
    """

    part: PartId
    name: str
    content_type: str
    size_bytes: int
    inline: bool = False
    content_id: str = ""
    content_location: str = ""
    method: int = 1
    charset: str = ""

    def to_json(self) -> Json:
        """Give the compact form that :meth:`from_json` reads."""
        doc: Json = {"p": self.part, "n": self.name, "t": self.content_type, "z": self.size_bytes}
        if self.inline:
            doc["i"] = 1
        if self.content_id:
            doc["c"] = self.content_id
        if self.content_location:
            doc["l"] = self.content_location
        if self.method != 1:
            doc["m"] = self.method
        if self.charset:
            doc["h"] = self.charset
        return doc

    @classmethod
    def from_json(cls, doc: Mapping[str, Any]) -> "Attachment":
        """Read the form of :meth:`to_json`."""
        get = doc.get
        return cls(
            part=doc["p"],
            name=doc["n"],
            content_type=doc["t"],
            size_bytes=doc["z"],
            inline=bool(get("i", 0)),
            content_id=get("c", ""),
            content_location=get("l", ""),
            method=get("m", 1),
            charset=get("h", ""),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetingSummary:
    """The meeting that an invitation, answer or cancellation is about (MS-ASEMAIL 2.2.2.48).

    Times are seconds UTC. ``method`` is the iTIP method in capitals; ``part`` is where the calendar
    stands in the message. ``organizer`` is in the form ``"Name" <address>``. ``reminder_s`` is None
    without an alarm. ``instance_type``: 0 single, 1 series, 2 instance, 3 exception, 4 orphan.
    ``meeting_message_type``: 0 unspecified, 1 initial request, 2 full update, 4 outdated.
    ``proposed`` is the (start, end) that an attendee would like better, where ``start`` and ``end``
    are the time that stands; ``forwardees`` are (address, name) of whom a meeting was passed on to,
    told by the method FORWARDED, which is our own. ``timezone_blob`` is
    the 172 octet structure in base64. ``attendees`` are bare addresses of whom the method concerns.
    """

    uid: str
    method: str
    start: float
    end: float
    timezone_blob: str
    global_obj_id: bytes
    part: PartId
    summary: str = ""
    sequence: int = 0
    all_day: bool = False
    location: str = ""
    organizer: str = ""
    dtstamp: float | None = None
    recurrence: RecurrenceRule | None = None
    recurrence_id: float | None = None
    reminder_s: int | None = None
    sensitivity: int = 0
    busy_status: int = 2
    response_requested: bool = False
    instance_type: int = 0
    meeting_message_type: int = 0
    disallow_new_time_proposal: bool = False
    partstat: str = ""
    attendees: tuple[str, ...] = ()
    proposed: tuple[float, float] | None = None
    forwardees: tuple[tuple[str, str], ...] = ()

    def to_json(self) -> Json:
        """Give the compact form that :meth:`from_json` reads."""
        doc: Json = {
            "u": self.uid,
            "m": self.method,
            "s": self.start,
            "e": self.end,
            "z": self.timezone_blob,
            "g": b64encode(self.global_obj_id).decode("ascii"),
            "p": self.part,
        }
        for key, value, default in (
            ("t", self.summary, ""),
            ("q", self.sequence, 0),
            ("a", int(self.all_day), 0),
            ("l", self.location, ""),
            ("o", self.organizer, ""),
            ("d", self.dtstamp, None),
            ("i", self.recurrence_id, None),
            ("r", self.reminder_s, None),
            ("y", self.sensitivity, 0),
            ("b", self.busy_status, 2),
            ("rr", int(self.response_requested), 0),
            ("it", self.instance_type, 0),
            ("mt", self.meeting_message_type, 0),
            ("dn", int(self.disallow_new_time_proposal), 0),
            ("ps", self.partstat, ""),
            ("at", list(self.attendees), []),
            ("pt", None if self.proposed is None else list(self.proposed), None),
            ("fw", [list(one) for one in self.forwardees], []),
        ):
            if value != default:
                doc[key] = value
        if self.recurrence is not None:
            doc["rc"] = self.recurrence.to_json()
        return doc

    @classmethod
    def from_json(cls, doc: Mapping[str, Any]) -> "MeetingSummary":
        """Read the form of :meth:`to_json`."""
        get = doc.get
        rule = get("rc")
        return cls(
            uid=doc["u"],
            method=doc["m"],
            start=doc["s"],
            end=doc["e"],
            timezone_blob=doc["z"],
            global_obj_id=b64decode(doc["g"]),
            part=doc["p"],
            summary=get("t", ""),
            sequence=get("q", 0),
            all_day=bool(get("a", 0)),
            location=get("l", ""),
            organizer=get("o", ""),
            dtstamp=get("d"),
            recurrence=None if rule is None else RecurrenceRule.from_json(rule),
            recurrence_id=get("i"),
            reminder_s=get("r"),
            sensitivity=get("y", 0),
            busy_status=get("b", 2),
            response_requested=bool(get("rr", 0)),
            instance_type=get("it", 0),
            meeting_message_type=get("mt", 0),
            disallow_new_time_proposal=bool(get("dn", 0)),
            partstat=get("ps", ""),
            attendees=tuple(get("at", ())),
            proposed=tuple(get("pt") or ()) or None,
            forwardees=tuple((address, name) for address, name in get("fw", ())),
        )


MESSAGE_CLASS = "IPM.Note"
CONTENT_CLASS = "urn:content-classes:message"


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageRecord:
    """The structure, headers and preview of one message, taken once at delivery.

    ``from_``, ``sender``, ``to``, ``cc`` and ``bcc`` are decoded lists ``"Name" <address>`` joined
    by commas, ``reply_to`` by semicolons, each at most 32,768 characters (MS-ASEMAIL R787, R711).
    ``sender`` is empty where it is the same address as ``from_`` (R726). ``sent_at`` is the Date
    header in seconds UTC, None where it cannot be read. ``importance`` is 0 low, 1 normal, 2 high.
    ``codepage`` belongs to the main text part as sent. ``native_type`` is 1 (plain) or 2 (HTML).
    ``preview`` is at most 255 characters on one line. ``text_size_bytes`` and ``html_size_bytes``
    count the UTF-8 of the extracted bodies, ``size_bytes`` the source. ``conversation_id`` is 16
    octets. ``automatic`` marks what a machine sent and no machine may answer. ``receipt_to`` is
    where a read receipt is asked for. ``faults`` says in words what could not be read as sent;
    empty for a sound message.
    """

    subject: str = ""
    from_: str = ""
    sender: str = ""
    to: str = ""
    cc: str = ""
    bcc: str = ""
    reply_to: str = ""
    display_to: str = ""
    thread_topic: str = ""
    message_id: str = ""
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    sent_at: float | None = None
    importance: int = 1
    message_class: str = MESSAGE_CLASS
    content_class: str = CONTENT_CLASS
    codepage: int = 65001
    native_type: int = 1
    preview: str = ""
    text_size_bytes: int = 0
    html_size_bytes: int = 0
    size_bytes: int = 0
    attachments: tuple[Attachment, ...] = ()
    conversation_id: bytes = b""
    conversation_index: bytes = b""
    meeting: MeetingSummary | None = None
    automatic: bool = False
    receipt_to: str = ""
    faults: tuple[str, ...] = ()

    def to_json(self) -> Json:
        """Give the compact form that :meth:`from_json` reads."""
        doc: Json = {
            key: value
            for key, value, default in (
                ("s", self.subject, ""),
                ("f", self.from_, ""),
                ("sn", self.sender, ""),
                ("t", self.to, ""),
                ("c", self.cc, ""),
                ("b", self.bcc, ""),
                ("rt", self.reply_to, ""),
                ("dt", self.display_to, ""),
                ("tt", self.thread_topic, self.subject),
                ("mi", self.message_id, ""),
                ("ir", self.in_reply_to, ""),
                ("rf", list(self.references), []),
                ("d", self.sent_at, None),
                ("im", self.importance, 1),
                ("mc", self.message_class, MESSAGE_CLASS),
                ("cc", self.content_class, CONTENT_CLASS),
                ("cp", self.codepage, 65001),
                ("nt", self.native_type, 1),
                ("pv", self.preview, ""),
                ("tz", self.text_size_bytes, 0),
                ("hz", self.html_size_bytes, 0),
                ("z", self.size_bytes, 0),
                ("au", int(self.automatic), 0),
                ("rc", self.receipt_to, ""),
                ("x", list(self.faults), []),
            )
            if value != default
        }
        if self.attachments:
            doc["a"] = [one.to_json() for one in self.attachments]
        if self.conversation_id:
            doc["ci"] = b64encode(self.conversation_id).decode("ascii")
        if self.conversation_index:
            doc["cx"] = b64encode(self.conversation_index).decode("ascii")
        if self.meeting is not None:
            doc["m"] = self.meeting.to_json()
        return doc

    @classmethod
    def from_json(cls, doc: Mapping[str, Any]) -> "MessageRecord":
        """Read the form of :meth:`to_json`; on the hot path of Sync."""
        get = doc.get
        subject = get("s", "")
        meeting = get("m")
        return cls(
            subject=subject,
            from_=get("f", ""),
            sender=get("sn", ""),
            to=get("t", ""),
            cc=get("c", ""),
            bcc=get("b", ""),
            reply_to=get("rt", ""),
            display_to=get("dt", ""),
            thread_topic=get("tt", subject),
            message_id=get("mi", ""),
            in_reply_to=get("ir", ""),
            references=tuple(get("rf", ())),
            sent_at=get("d"),
            importance=get("im", 1),
            message_class=get("mc", MESSAGE_CLASS),
            content_class=get("cc", CONTENT_CLASS),
            codepage=get("cp", 65001),
            native_type=get("nt", 1),
            preview=get("pv", ""),
            text_size_bytes=get("tz", 0),
            html_size_bytes=get("hz", 0),
            size_bytes=get("z", 0),
            attachments=tuple([Attachment.from_json(one) for one in get("a", ())]),
            conversation_id=b64decode(get("ci", "")),
            conversation_index=b64decode(get("cx", "")),
            meeting=None if meeting is None else MeetingSummary.from_json(meeting),
            automatic=bool(get("au", 0)),
            receipt_to=get("rc", ""),
            faults=tuple(get("x", ())),
        )

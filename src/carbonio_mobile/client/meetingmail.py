"""The mails of meetings that a phone writes itself, as phones up to 14.1 do.

Spec: RFC 5546 3.2.2 (REQUEST), 3.2.3 (REPLY), 3.2.5 (CANCEL); RFC 6047; MS-ASCMD R268.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP

from carbonio_mobile.client.faults import ClientFault
from carbonio_mobile.eas.times import format_compact

ANSWERS = {1: "ACCEPTED", 2: "TENTATIVE", 3: "DECLINED"}
"""What UserResponse means in iCalendar."""
WORDS = {1: "Accepted", 2: "Tentative", 3: "Declined"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Meeting:
    """What the mails of a meeting say; times are seconds UTC, addresses bare."""

    uid: str
    subject: str
    start: float
    end: float
    organizer: str
    attendees: Sequence[str] = ()
    location: str = ""
    rule: str = ""


def invitation(meeting: Meeting, *, now: float, text: str = "") -> bytes:
    """Give the MIME of an invitation, to all attendees."""
    lines = [
        f"ATTENDEE;ROLE=REQ-PARTICIPANT;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:{_safe(one)}"
        for one in meeting.attendees
    ]
    return _mail("REQUEST", meeting, lines, now, ", ".join(meeting.attendees), "", text)


def cancellation(meeting: Meeting, *, now: float) -> bytes:
    """Give the MIME that calls a meeting off, to all attendees."""
    lines = [f"ATTENDEE:mailto:{_safe(one)}" for one in meeting.attendees]
    lines += ["STATUS:CANCELLED", "SEQUENCE:1"]
    return _mail("CANCEL", meeting, lines, now, ", ".join(meeting.attendees), "Cancelled: ", "")


def reply(meeting: Meeting, answer: int, *, attendee: str, now: float, text: str = "") -> bytes:
    """Give the MIME that tells the organiser what an attendee answers (1, 2 or 3)."""
    lines = [f"ATTENDEE;PARTSTAT={ANSWERS[answer]}:mailto:{_safe(attendee)}"]
    prefix = f"{WORDS[answer]}: "
    return _mail("REPLY", meeting, lines, now, meeting.organizer, prefix, text)


def _mail(
    method: str,
    meeting: Meeting,
    lines: Sequence[str],
    now: float,
    to: str,
    prefix: str,
    text: str,
) -> bytes:
    built = EmailMessage(policy=SMTP)
    built["To"] = to
    built["Subject"] = prefix + " ".join(meeting.subject.split())
    built.set_content(text or "\n")
    calendar = [
        "BEGIN:VCALENDAR",
        "PRODID:-//carbonio-mobile//client//EN",
        "VERSION:2.0",
        f"METHOD:{method}",
        "BEGIN:VEVENT",
        f"UID:{_escaped(meeting.uid)}",
        f"DTSTAMP:{format_compact(now)}",
        f"DTSTART:{format_compact(meeting.start)}",
        f"DTEND:{format_compact(meeting.end)}",
        *([f"RRULE:{meeting.rule}"] if meeting.rule else []),
        f"SUMMARY:{_escaped(meeting.subject)}",
        *([f"LOCATION:{_escaped(meeting.location)}"] if meeting.location else []),
        f"ORGANIZER:mailto:{_safe(meeting.organizer)}",
        *lines,
        "END:VEVENT",
        "END:VCALENDAR",
    ]
    content = "\r\n".join(map(_folded, calendar)) + "\r\n"
    built.add_alternative(content, subtype="calendar", params={"method": method})
    return built.as_bytes()


def _safe(address: str) -> str:
    if address.count("@") != 1 or not address.isprintable() or " " in address:
        raise ClientFault(f"not an address: {address!r}")
    return address


def _escaped(text: str) -> str:
    for plain, written in (("\\", "\\\\"), (";", "\\;"), (",", "\\,"), ("\n", "\\n")):
        text = text.replace(plain, written)
    return text


def _folded(line: str) -> str:
    """Break a line into pieces of 70 characters at most (RFC 5545 3.1, whose bound is octets)."""
    pieces = (
        [line[at : at + 18] for at in range(0, len(line), 18)]
        if not line.isascii()
        else [line[at : at + 70] for at in range(0, len(line), 70)]
    )
    return "\r\n ".join(pieces)

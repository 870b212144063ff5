"""Write the demo's mail: the same messages for the same account and anchor, on any machine.

Spec: RFC 5322, RFC 2045 to 2047, RFC 5546 (invitations).
"""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from html import escape
from random import Random

from carbonio_mobile.service.demotext import (
    CONVERSATIONS,
    JUNK,
    LETTERS,
    MEETINGS,
    NEWSLETTER_ITEMS,
    NEWSLETTERS,
    NOTICES,
    OWNERS,
    PEOPLE,
    QUOTES,
)

HOUR_S = 3600.0
DAY_S = 24 * HOUR_S
OWN_FOLDERS = ("Projects", "Projects/Harbour bridge", "Projects/Web site", "Travel", "Personal",
               "Newsletters")  # fmt: skip
"""The folders that the demo adds to the standard ones, parents first."""

Person = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoMessage:
    """A message and where it belongs. ``received`` is in seconds, UTC."""

    folder: str
    source: bytes
    received: float
    read: bool
    flagged: bool
    categories: tuple[str, ...]
    verb: int


def demo_mail(owner: str, anchor: float) -> list[DemoMessage]:
    """Give an account's mail, oldest first; the newest is a little older than ``anchor``."""
    writer = _Writer(owner, anchor)
    parts = (
        writer.conversations(),
        writer.newsletters(),
        writer.notices(),
        writer.letters(),
        writer.meetings(),
        writer.documents(),
        writer.junk(),
        writer.drafts(),
    )
    return sorted((each for part in parts for each in part), key=lambda each: each.received)


class _Writer:
    """Writes the mail of one account."""

    def __init__(self, owner: str, anchor: float) -> None:
        self._me: Person = (OWNERS[owner], owner)
        self._anchor = anchor
        # A text as the seed: Random hashes it in a way that is the same everywhere.
        self._random = Random(f"carbonio-mobile demo {owner}")  # noqa: S311 -- no secret
        self._number = 0

    # What people write

    def conversations(self) -> Iterator[DemoMessage]:
        """Write the threads; what the owner says lies in Sent."""
        for position, (subject, folder, turns) in enumerate(CONVERSATIONS):
            age_s = (1 + position * 5 + self._random.random() * 3) * DAY_S
            others = self._random.sample(PEOPLE, 2)
            speakers = [others[0], self._me, others[1], self._me]
            yield from self._thread(subject, folder, turns, speakers, self._anchor - age_s)

    def _thread(
        self,
        subject: str,
        folder: str,
        turns: tuple[str, ...],
        speakers: list[Person],
        starts: float,
    ) -> Iterator[DemoMessage]:
        references: list[str] = []
        said: list[tuple[str, str]] = []
        at = starts
        for number, text in enumerate(turns):
            speaker = speakers[number % len(speakers)]
            to = [person for person in dict.fromkeys(speakers) if person != speaker]
            title = subject if number == 0 else f"Re: {subject}"
            message = self._begin(speaker, to, title, at, references)
            self._fill_turn(message, text, speaker[0], said, html=number % 2 == 1)
            if "sheet" in text or "attached" in text or "Pictures" in text:
                self._attach(message, text)
            references.append(message["Message-ID"])
            said.append((speaker[0], text))
            mine = speaker == self._me
            answered = not mine and speakers[(number + 1) % len(speakers)] == self._me
            yield self._done(
                message,
                "Sent" if mine else folder,
                at,
                read=mine or answered or at < self._anchor - 2 * DAY_S,
                flagged=number == 0 and self._random.random() < 0.3,
                categories=("Work",) if folder.startswith("Projects") else (),
                verb=1 if answered and number + 1 < len(turns) else 0,
            )
            at = min(at + (0.3 + self._random.random() * 7) * HOUR_S, self._anchor - 60)

    def _fill_turn(
        self,
        message: EmailMessage,
        text: str,
        name: str,
        said: list[tuple[str, str]],
        *,
        html: bool,
    ) -> None:
        greeting = self._random.choice(QUOTES)
        quoted = "".join(f"\n{who} wrote:\n> {what}\n" for who, what in reversed(said[-3:]))
        message.set_content(f"{text}\n\n{greeting}\n{name}\n{quoted}", cte="quoted-printable")
        if html:
            quotes = "".join(
                f"<p>{escape(who)} wrote:</p><blockquote>{escape(what)}</blockquote>"
                for who, what in reversed(said[-3:])
            )
            message.add_alternative(
                f"<html><body><p>{escape(text)}</p><p>{greeting}<br><b>{escape(name)}</b></p>"
                f"{quotes}</body></html>",
                subtype="html",
            )

    def letters(self) -> Iterator[DemoMessage]:
        """Write letters in many scripts and charsets, each with an answer some days later."""
        for number, (name, address, subject, charset, text) in enumerate(LETTERS):
            at = self._anchor - (2 + number * 4) * DAY_S - self._random.random() * 9 * HOUR_S
            message = self._begin((name, address), [self._me], subject, at, [])
            message.set_content(f"{text}\n", charset=charset)
            if number == 8:
                self._attach(message, "Pictures")
            yield self._done(message, "Inbox", at, read=number % 3 > 0, categories=("Family",)
                             if number % 4 == 0 else ())  # fmt: skip
            later = at + DAY_S
            answer = self._begin(
                self._me, [(name, address)], f"Re: {subject}", later, [message["Message-ID"]]
            )
            quoted = "".join(f"> {line}\n" for line in text.splitlines())
            answer.set_content(f"Thank you! — {self._me[0]}\n\n{quoted}")
            yield self._done(answer, "Sent", later, read=True)

    def documents(self) -> Iterator[DemoMessage]:
        """Write mails that are there for what is attached to them."""
        kinds = ("sheet", "attached", "Pictures", "forwarded")
        for number in range(24):
            at = self._anchor - (0.2 + number * 2.3) * DAY_S
            sender = self._random.choice(PEOPLE)
            kind = kinds[number % len(kinds)]
            message = self._begin(sender, [self._me], f"Document {2300 + number}", at, [])
            message.set_content(f"As promised.\n\n{self._random.choice(QUOTES)}\n{sender[0]}\n")
            self._attach(message, kind)
            yield self._done(
                message, "Inbox", at, read=number > 2, flagged=number == 1, categories=()
            )

    def drafts(self) -> Iterator[DemoMessage]:
        """Write what the owner has begun and not sent."""
        for number, subject in enumerate(("Ideas for the autumn", "Holiday plans", "(no subject)")):
            at = self._anchor - (1 + number) * DAY_S
            message = self._begin(self._me, [PEOPLE[number]], subject, at, [])
            message.set_content("Some first thoughts:\n\n- \n")
            yield self._done(message, "Drafts", at, read=True)

    # What programs write

    def newsletters(self) -> Iterator[DemoMessage]:
        """Write weekly newsletters: HTML with an inline picture."""
        for week in range(9):
            for place, (name, address, title) in enumerate(NEWSLETTERS):
                at = self._anchor - (week * 7 + place + 0.4) * DAY_S
                message = self._begin((name, address), [self._me], f"{title} ({week + 1})", at, [])
                message["List-Id"] = f"{name} <{address.replace('@', '.')}>"
                self._fill_newsletter(message, name, title)
                yield self._done(message, "Newsletters", at, read=week > 0)

    def _fill_newsletter(self, message: EmailMessage, name: str, title: str) -> None:
        items = self._random.sample(NEWSLETTER_ITEMS, 4)
        message.set_content(
            f"{title}\n\n" + "\n\n".join(f"* {head}\n{text}" for head, text in items) + "\n"
        )
        picture = f"picture-{self._number}@demo.example.com"
        blocks = "".join(f"<h2>{escape(head)}</h2><p>{escape(text)}</p>" for head, text in items)
        message.add_alternative(
            f"<html><head><style>h1{{color:#1b4f72}} p{{line-height:1.4}}</style></head><body>"
            f'<table width="600"><tr><td><img src="cid:{picture}" alt="{escape(name)}" width="600">'
            f"<h1>{escape(title)}</h1>{blocks}<hr><p><small>You get this because you asked for it."
            "</small></p></td></tr></table></body></html>",
            subtype="html",
        )
        html = message.get_payload(1)
        assert isinstance(html, EmailMessage)
        html.add_related(
            self._picture(120, 40), "image", "png", cid=f"<{picture}>", filename="head.png",
            disposition="inline",
        )  # fmt: skip

    def notices(self) -> Iterator[DemoMessage]:
        """Write what machines send; some of it the owner threw away."""
        for number in range(40):
            subject, text = NOTICES[number % len(NOTICES)]
            at = self._anchor - (0.1 + number * 1.4) * DAY_S
            sender = ("Notifications", "no-reply@systems.example.org")
            message = self._begin(sender, [self._me], subject.format(n=300 - number), at, [])
            message["Auto-Submitted"] = "auto-generated"
            message.set_content(f"{text}\n")
            yield self._done(message, "Trash" if number % 5 == 4 else "Inbox", at, read=number > 3)

    def junk(self) -> Iterator[DemoMessage]:
        """Write what nobody asked for."""
        for number in range(12):
            subject, text = JUNK[number % len(JUNK)]
            at = self._anchor - (0.5 + number * 3) * DAY_S
            message = self._begin(("Best Offers", f"offer{number}@spam.example.net"), [self._me],
                                  subject, at, [])  # fmt: skip
            message.set_content(f"<html><body><p>{escape(text)}</p></body></html>", subtype="html")
            yield self._done(message, "Junk", at, read=False)

    # Meetings

    def meetings(self) -> Iterator[DemoMessage]:
        """Write invitations to meetings of the coming days, and one that is called off."""
        for number, (title, place, minutes, rule) in enumerate(MEETINGS):
            organizer = PEOPLE[number % len(PEOPLE)]
            at = self._anchor - (0.3 + number) * DAY_S
            starts = datetime.fromtimestamp(self._anchor, UTC).replace(minute=0, second=0)
            starts = starts.replace(hour=9 + number) + timedelta(days=2 + number)
            uid = f"demo-meeting-{number}-{self._me[1]}"
            event = (title, place, starts, minutes, rule)
            yield self._invitation("REQUEST", organizer, event, uid, at)
            if number == 3:
                yield self._invitation("CANCEL", organizer, event, uid, at + 5 * HOUR_S)

    def _invitation(
        self,
        method: str,
        organizer: Person,
        event: tuple[str, str, datetime, int, str],
        uid: str,
        at: float,
    ) -> DemoMessage:
        title, place, starts, minutes, _rule = event
        subject = f"Cancelled: {title}" if method == "CANCEL" else title
        message = self._begin(organizer, [self._me], subject, at, [])
        message.set_content(f"{title}\n{starts:%A, %d %B %Y, %H:%M} UTC, {minutes} min\n{place}\n")
        message.add_alternative(
            f"<html><body><h3>{escape(title)}</h3><p>{starts:%A, %d %B %Y, %H:%M} UTC, "
            f"{minutes} min<br>{escape(place)}</p></body></html>",
            subtype="html",
        )
        message.add_alternative(
            self._calendar(method, organizer, event, uid, at),
            subtype="calendar",
            params={"method": method},
        )
        return self._done(message, "Inbox", at, read=False)

    def _calendar(
        self,
        method: str,
        organizer: Person,
        event: tuple[str, str, datetime, int, str],
        uid: str,
        at: float,
    ) -> str:
        title, place, starts, minutes, rule = event
        ends = starts + timedelta(minutes=minutes)
        stamp = datetime.fromtimestamp(at, UTC)
        lines = [
            "BEGIN:VCALENDAR",
            "VERSION:2.0",
            "PRODID:-//carbonio-mobile//demo//EN",
            f"METHOD:{method}",
            "BEGIN:VEVENT",
            f"UID:{uid}",
            f"DTSTAMP:{stamp:%Y%m%dT%H%M%SZ}",
            f"DTSTART:{starts:%Y%m%dT%H%M%SZ}",
            f"DTEND:{ends:%Y%m%dT%H%M%SZ}",
            "SUMMARY:" + title.replace(",", "\\,"),
            "LOCATION:" + place.replace(",", "\\,"),
            f'ORGANIZER;CN="{organizer[0]}":mailto:{organizer[1]}',
            f'ATTENDEE;CN="{self._me[0]}";PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:{self._me[1]}',
            f"SEQUENCE:{1 if method == 'CANCEL' else 0}",
            f"STATUS:{'CANCELLED' if method == 'CANCEL' else 'CONFIRMED'}",
            *([f"RRULE:{rule}"] if rule else []),
            "END:VEVENT",
            "END:VCALENDAR",
            "",
        ]
        return "\r\n".join(lines)

    # Pieces

    def _begin(
        self, sender: Person, to: list[Person], subject: str, at: float, references: list[str]
    ) -> EmailMessage:
        self._number += 1
        message = EmailMessage(policy=SMTP)
        message["From"] = _address(sender)
        message["To"] = [_address(person) for person in to]
        message["Subject"] = subject
        message["Date"] = datetime.fromtimestamp(at, UTC)
        owner = self._me[1].partition("@")[0]
        message["Message-ID"] = f"<demo-{owner}-{self._number}@demo.example.com>"
        if references:
            message["In-Reply-To"] = references[-1]
            message["References"] = " ".join(references)
        return message

    def _attach(self, message: EmailMessage, text: str) -> None:
        """Attach what a text speaks of."""
        number = self._number
        if "sheet" in text:
            message.add_attachment(self._table().encode(), "text", "csv", filename="figures.csv")
        elif "Pictures" in text:
            for shot in (13, 14):
                message.add_attachment(
                    self._picture(320, 200), "image", "png", filename=f"Bild {shot} – große.png"
                )
        elif text == "forwarded":
            inner = self._begin(PEOPLE[1], [PEOPLE[2]], "The original", self._anchor - DAY_S, [])
            inner.set_content("This is the message that was forwarded.\n")
            message.add_attachment(inner)
        else:
            message.add_attachment(
                _pdf(f"Document {number}"), "application", "pdf", filename=f"document-{number}.pdf"
            )

    def _table(self) -> str:
        rows = [f"2026-{month:02},{self._random.randrange(9000)}\r\n" for month in range(1, 13)]
        return "month,amount\r\n" + "".join(rows)

    def _picture(self, width: int, height: int) -> bytes:
        """Draw stripes that nobody has drawn before."""
        ramp = b"".join(bytes((x % 256, x // 3 % 256, 160)) for x in range(256 + width))
        shades = [self._random.randrange(256) for _ in range(height)]
        rows = b"".join(b"\0" + ramp[3 * shade : 3 * (shade + width)] for shade in shades)
        return png(width, height, rows)

    def _done(
        self,
        message: EmailMessage,
        folder: str,
        at: float,
        *,
        read: bool,
        flagged: bool = False,
        categories: tuple[str, ...] = (),
        verb: int = 0,
    ) -> DemoMessage:
        # Boundaries are random otherwise, and the mail would differ from start to start.
        for part in message.walk():
            if part.is_multipart() and part.get_content_maintype() == "multipart":
                self._number += 1
                part.set_boundary(f"=_demo_{self._number}")
        return DemoMessage(
            folder=folder, source=message.as_bytes(), received=at, read=read, flagged=flagged,
            categories=categories, verb=verb,
        )  # fmt: skip


def _address(person: Person) -> Address:
    return Address(display_name=person[0], addr_spec=person[1])


def png(width: int, height: int, rows: bytes) -> bytes:
    """Give a picture as PNG; ``rows`` hold a filter octet and RGB for each pixel."""

    def chunk(name: bytes, content: bytes) -> bytes:
        checked = name + content
        return struct.pack(">I", len(content)) + checked + struct.pack(">I", zlib.crc32(checked))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = zlib.compress(rows, 6)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def _pdf(title: str) -> bytes:
    """Give a PDF of one page that says its title."""
    text = f"BT /F1 24 Tf 72 720 Td ({title}) Tj ET".encode("ascii")
    bodies = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources 6 0 R >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(text), text),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        b"<< /Font << /F1 5 0 R >> >>",
    )
    out, places = b"%PDF-1.4\n", []
    for number, body in enumerate(bodies, start=1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    size = len(places) + 1
    head = b"xref\n0 %d\n0000000000 65535 f \n" % size
    tail = b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (size, len(out))
    return out + head + table + tail

"""Notes as messages of an IMAP folder."""

from base64 import b64decode, b64encode
from dataclasses import replace
from email import message_from_bytes, policy
from email.message import EmailMessage
from hashlib import blake2b

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carbonio_mobile.errors import Corrupt
from carbonio_mobile.mailbox.gateway.notes.notemail import (
    MAX_KEPT_BYTES,
    identifier_of,
    message_of,
    source_of,
)
from carbonio_mobile.mime.bodies import html_to_text
from carbonio_mobile.pim.note import Note
from carbonio_mobile.pim.notes import read_note, write_note
from carbonio_mobile.pim.text import Text

NOW = 1_772_000_000.0
UUID_ = "0811AAB1-6B98-4236-A762-AC8CCDEAB7D4"
RICH = (
    b"BEGIN:VCALENDAR\nVERSION:2.0\nBEGIN:VJOURNAL\nUID:n1\nDTSTAMP:20200101T000000Z\n"
    b"CREATED:20190101T000000Z\nSUMMARY;LANGUAGE=en:Old\nDESCRIPTION:one\\ntwo\n"
    b"CATEGORIES:a\\,b,c\nX-OTHER:kept\n  as folded\nCLASS:PRIVATE\n"
    b"X-CARBONIO-MOBILE-MESSAGE-CLASS:IPM.StickyNote.Mine\nLAST-MODIFIED:20200202T000000Z\n"
    b"END:VJOURNAL\nEND:VCALENDAR\n"
)
TEXTS = st.one_of(st.text(max_size=80), st.text("a\n \t=.\r\u00e4\u4e8b<&;,\\", max_size=80))
NOTES = st.builds(
    lambda uid, subject, plain, html, categories: Note(
        uid=uid, subject=subject, body=Text(plain=plain, html=html), categories=tuple(categories)
    ),
    st.one_of(st.text(max_size=40), st.uuids().map(str)),
    TEXTS,
    TEXTS,
    st.one_of(st.just(""), TEXTS, TEXTS.map(lambda text: f"<p>{text}</p>")),
    st.lists(TEXTS, max_size=3),
)


def opened(message: bytes) -> EmailMessage:
    """Read a message as the standard library does."""
    found = message_from_bytes(message, policy=policy.default)
    assert isinstance(found, EmailMessage)
    return found


@given(NOTES)
def test_a_note_comes_back_from_its_message(note: Note) -> None:
    """Octet for octet, whatever it says."""
    source = write_note(None, note, now=NOW)
    message = message_of(source, now=NOW)
    assert source_of(message) == source
    assert message == message_of(source, now=NOW + 1)
    assert all(len(one) <= 200 and one.isascii() for one in message.split(b"\r\n"))


@given(NOTES, st.sampled_from([b"\r\n", b"\n"]))
def test_a_long_note_comes_back_from_its_message(note: Note, end: bytes) -> None:
    """Its record is the same, and every line is there."""
    long = replace(note, body=Text(plain=note.body.plain + "0123456789 " * 2000))
    source = write_note(None, long, now=NOW).replace(b"\r\n", end)
    message = message_of(source, now=NOW)
    again = source_of(message)
    form = b"rest" if read_note(source).uid else b"part"
    assert b"X-Carbonio-Mobile-Journal: " + form in message
    assert read_note(again) == read_note(source)
    assert sorted(again.split(end)) == sorted(source.split(end))


@given(st.one_of(st.binary(max_size=300), st.text(max_size=200).map(str.encode)))
def test_any_octets_are_a_readable_note(message: bytes) -> None:
    """Whatever stands in the folder, it never raises, and gives a note with a UID."""
    assert read_note(source_of(message)).uid


@given(st.binary(max_size=200), st.integers(0, 2000))
def test_a_broken_message_is_a_readable_note(octets: bytes, at: int) -> None:
    """A message of ours that was cut and written into is read as far as it goes."""
    message = message_of(RICH, now=NOW)
    assert read_note(source_of(message[:at] + octets + message[at:])).uid
    assert read_note(source_of(message[:at])).uid


@pytest.mark.parametrize(
    "source",
    [
        RICH,
        RICH.replace(b"DESCRIPTION:one\\ntwo", b"X-ALT-DESC;FMTTYPE=text/html:<p>x\nDESCRIPTION:y"),
        RICH.replace(b"UID:n1\n", b""),
        RICH.replace(b"DESCRIPTION", b"X-FILE:" + b"x" * MAX_KEPT_BYTES + b"\nDESCRIPTION"),
        RICH.replace(b"\nCLASS", b"\nDESCRIPTION:two\nCLASS") + b" " * MAX_KEPT_BYTES,
        b"Milk\n\nand bread\n",
        b"Milk\n" * 10_000,
        b"",
    ],
)
def test_what_the_form_cannot_say_is_kept(source: bytes) -> None:
    """In the header, or as a file where it is large: the source comes back itself."""
    assert source_of(message_of(source, now=NOW)) == source


def test_a_large_page_stands_in_its_message_once() -> None:
    """Where the plain form was made from the page, the header holds neither."""
    html = "<p>long</p>" * 3000
    source = write_note(
        None, Note(uid="x", body=Text(plain=html_to_text(html), html=html)), now=1.0
    )
    message = message_of(source, now=NOW)
    assert len(message) < len(html) * 1.5
    assert sorted(source_of(message).split(b"\r\n")) == sorted(source.split(b"\r\n"))


def test_a_large_note_of_html_keeps_its_own_plain_form() -> None:
    """Where the plain form was not made from the page, both go along."""
    body = Text(plain="not what the page says", html="<p>long</p>" * 3000)
    source = write_note(None, Note(uid="x", body=body), now=NOW)
    message = message_of(source, now=NOW)
    assert source_of(message) == source
    first = next(opened(message).iter_parts())
    assert first.get_content().strip() == body.html


def test_the_form_of_the_message() -> None:
    """What Apple's Notes look for, and what a mail must have."""
    note = Note(uid=UUID_, subject="Käse", body=Text(plain="Käse\nund Brot"))
    found = opened(message_of(write_note(None, note, now=NOW), now=0.0, author="ann@example.org"))
    assert found["X-Uniform-Type-Identifier"] == "com.apple.mail-note"
    assert found["X-Universally-Unique-Identifier"] == UUID_
    assert found["From"] == "ann@example.org"
    assert found["Subject"] == "Käse"
    assert found["Date"] == found["X-Mail-Created-Date"] == "Wed, 25 Feb 2026 06:13:20 -0000"
    assert found["Message-ID"].startswith(f"<{UUID_}.")
    assert found.get_content_type() == "text/plain"
    assert found.get_content() == "Käse\r\nund Brot"
    rich = opened(message_of(RICH, now=NOW))
    assert rich["X-Mail-Created-Date"] == "Tue, 01 Jan 2019 00:00:00 -0000"
    assert rich["X-Universally-Unique-Identifier"] == identifier_of("n1")
    page = Note(uid="x", body=Text(plain="x", html="<p>x</p>"))
    assert opened(message_of(write_note(None, page, now=NOW), now=NOW)).get_content_type() == (
        "text/html"
    )


def test_identifiers() -> None:
    """A UUID is its own; any other UID has one that is always the same."""
    assert identifier_of(UUID_.lower()) == UUID_.lower()
    assert identifier_of("n1") == identifier_of("n1") != identifier_of("n2")
    assert identifier_of(identifier_of("n1")) == identifier_of("n1")
    assert message_of(b"one", now=NOW) != message_of(b"two", now=NOW)


def rewritten(source: bytes, *, subject: str, kept: bool) -> bytes:
    """Give what another client makes of a message: a new text, our own field kept or not."""
    before = opened(message_of(source, now=NOW))
    lines = [
        f"Subject: {subject}",
        "From: Ann <ann@example.org>",
        "Content-Type: text/html; charset=utf-8",
        "Content-Transfer-Encoding: 7bit",
        "X-Uniform-Type-Identifier: com.apple.mail-note",
        f"X-Universally-Unique-Identifier: {before['X-Universally-Unique-Identifier']}",
        "Message-Id: <F191E3E8-061F-4BE0-A5F4-B559B54DF973@example.org>",
        "Date: Fri, 06 Mar 2026 23:19:33 +0100",
    ]
    if kept:
        lines.append(f"X-Carbonio-Mobile-Journal: {before['X-Carbonio-Mobile-Journal']}")
    return "\r\n".join((*lines, "", f"{subject}<div><br></div><div>butter</div>", "")).encode()


@pytest.mark.parametrize("source", [RICH, RICH.replace(b":one", b":" + b"one " * 5000)])
def test_a_change_by_another_client_keeps_the_other_lines(source: bytes) -> None:
    """Title, text and time are those of the message; no other line is touched."""
    again = source_of(rewritten(source, subject="New", kept=True))
    note = read_note(again)
    assert (note.uid, note.subject, note.modified_at) == ("n1", "New", 1_772_835_573.0)
    assert note.body.plain.split() == ["New", "butter"]
    assert note.body.html.startswith("New<div>")
    assert (note.categories, note.message_class) == (("a,b", "c"), "IPM.StickyNote.Mine")
    assert {b"X-OTHER:kept", b"  as folded", b"CLASS:PRIVATE"} <= {*again.split(b"\n")}


def test_a_message_that_another_client_wrote_anew_keeps_its_identity() -> None:
    """Apple's Notes keep the identifier alone."""
    note = Note(uid=UUID_, subject="Old", body=Text(plain="Old"))
    source = write_note(None, note, now=NOW)
    again = read_note(source_of(rewritten(source, subject="New", kept=False)))
    assert (again.uid, again.subject, again.modified_at) == (UUID_, "New", 1_772_835_573.0)


def test_a_field_copied_to_another_note_is_not_believed() -> None:
    """The identifier tells which note a message is; a copy under another one is another note."""
    other = rewritten(RICH, subject="New", kept=True).replace(
        identifier_of("n1").encode(), UUID_.encode()
    )
    note = read_note(source_of(other))
    assert (note.uid, note.categories) == (UUID_, ())


@pytest.mark.parametrize(
    ("message", "note"),
    [
        (
            b"Subject: =?utf-8?Q?K=C3=A4se?=\nMessage-ID: <a@b>\nKeywords: x, y\n\nBrot\n",
            Note(
                uid="a@b",
                subject="K\u00e4se",
                body=Text(plain="Brot"),
                categories=("x", "y"),
                modified_at=5.0,
            ),
        ),
        (
            b"Date: Fri, 06 Mar 2026 23:19:33 +0100\r\nMessage-ID: <a@b>\r\n\r\n\r\nMilk\r\nx",
            Note(uid="a@b", subject="Milk", body=Text(plain="\nMilk\nx"), modified_at=1772835573.0),
        ),
    ],
)
def test_any_mail_in_the_folder_is_a_note(message: bytes, note: Note) -> None:
    """Without a subject the first line is the title; without a date the receipt is its time."""
    assert read_note(source_of(message, received=5.0)) == note


def test_a_mail_without_any_identity_has_one_all_the_same() -> None:
    """The digest of its octets."""
    uids = {
        read_note(source_of(one)).uid for one in (b"\r\n\r\none", b"\r\n\r\ntwo", b"\r\n\r\none")
    }
    assert len(uids) == 2


def test_the_files_of_another_clients_note_go_along() -> None:
    """They survive a change by a device, as lines of the VJOURNAL; too large ones do not."""
    mail = EmailMessage()
    mail["Message-ID"] = "<a@b>"
    mail.set_content("see file")
    for size in (1000, 2 << 20):
        mail.add_attachment(b"\1" * size, maintype="image", subtype="png", filename=f"{size}.png")
    source = source_of(mail.as_bytes(policy=policy.SMTP))
    changed = write_note(source, replace(read_note(source), subject="New"), now=NOW)
    again = source_of(message_of(changed, now=NOW))
    assert again == changed
    attached = [one for one in again.replace(b"\r\n ", b"").split(b"\r\n") if b"ATTACH" in one]
    head, _, value = attached[0].partition(b":")
    assert head == (b"ATTACH;FMTTYPE=image/png;ENCODING=BASE64;VALUE=BINARY;X-FILENAME=1000.png")
    assert b64decode(value) == b"\1" * 1000
    assert len(attached) == 1


@pytest.mark.parametrize("value", [b"", b"whole", b"whole !! !!", b"rest AA AAAA", b"part", b"x y"])
def test_a_broken_field_is_left_alone(value: bytes) -> None:
    """The message is read as any other."""
    message = b"X-Carbonio-Mobile-Journal: %b\r\nMessage-ID: <a@b>\r\n\r\ntext" % value
    assert read_note(source_of(message)).body.plain == "text"


def test_a_field_that_holds_something_else() -> None:
    """An event is no note, and neither are octets that are no text."""
    for kept in (b"BEGIN:VEVENT\nEND:VEVENT\n", b"\0\1", RICH):
        digest = blake2b(kept, digest_size=16).hexdigest().encode()
        field = b"X-Carbonio-Mobile-Journal: whole %b %b" % (digest, b64encode(kept))
        assert read_note(source_of(field + b"\r\nMessage-ID: <a@b>\r\n\r\nx")).uid == "a@b"


def test_what_is_no_note_is_no_message() -> None:
    """A calendar without a journal entry is not stored."""
    with pytest.raises(Corrupt):
        message_of(b"BEGIN:VCALENDAR\nEND:VCALENDAR\n", now=NOW)

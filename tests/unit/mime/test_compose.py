"""Mail that goes out: sender, header, recipients, answers, drafts, bounces."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carbonio_mobile.ids import PartId
from carbonio_mobile.mime.attachments import attachment
from carbonio_mobile.mime.compose import (
    Body,
    DraftChange,
    Drafted,
    Failure,
    NewAttachment,
    Outgoing,
    bounce,
    draft,
    forward,
    patch_draft,
    prepare_outgoing,
    replace,
    reply,
)
from carbonio_mobile.mime.extract import Extracted, extract
from carbonio_mobile.mime.outgoing import TOO_MANY
from carbonio_mobile.mime.structure import top_fields


def outgoing(source: bytes, allowed: frozenset[str] = frozenset()) -> Outgoing:
    return prepare_outgoing(
        source,
        from_address="john@example.com",
        display_name="Jöhn",
        allowed=allowed,
        message_id="new@example.com",
        date=1773133200.0,
    )


def look(source: bytes) -> Extracted:
    return extract(source, received_at=0)


MINIMAL = b"To: a@x.org; B <b@x.org>\nBcc: c@x.org\nSubject: s\n\nbody\n"


def test_header_is_completed_and_bcc_leaves_the_wire() -> None:
    """Bcc is in the Sent copy alone, its address among the recipients (client-quirks, rule 5)."""
    out = outgoing(MINIMAL)
    sent, wire = look(out.sent_copy).record, look(out.message).record
    assert out.recipients == ("a@x.org", "b@x.org", "c@x.org")
    assert (sent.bcc, wire.bcc) == ("c@x.org", "")
    assert wire.from_ == '"Jöhn" <john@example.com>'
    assert wire.to == 'a@x.org, "B" <b@x.org>'
    assert (wire.message_id, wire.sent_at) == ("new@example.com", 1773133200.0)
    assert out.message_id == "new@example.com"
    assert out.sender == "john@example.com"
    assert b"MIME-Version: 1.0\r\n" in out.message
    assert not re.search(rb"(?<!\r)\n", out.message)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (b"From: Boss <boss@example.com>", "john@example.com"),
        (b"From: J <JOHN@example.com>", "JOHN@example.com"),
        (b"From: team@example.com", "team@example.com"),
        (b"From: john@example.com, boss@example.com", "john@example.com"),
        (b"From: a@b\nFrom: boss@example.com", "john@example.com"),
        (b"X: y", "john@example.com"),
    ],
)
def test_sender_is_an_allowed_identity(written: bytes, expected: str) -> None:
    """Nobody writes in another's name, not even with a second From."""
    out = outgoing(written + b"\nTo: a@x.org\n\nx", frozenset(("team@example.com",)))
    assert out.sender == expected
    assert f"<{expected}>" in f"<{look(out.message).record.from_}>"
    assert out.message.lower().count(b"\r\nfrom:") + out.message.lower().startswith(b"from:") == 1


def test_foreign_sender_field_is_dropped() -> None:
    """A Sender that is not ours goes."""
    out = outgoing(b"From: john@example.com\nSender: boss@example.com\nTo: a@x.org\n\nx")
    assert b"boss@example.com" not in out.message


def test_own_date_and_id_are_kept() -> None:
    """What the device has set well stays."""
    out = outgoing(b"Date: Tue, 10 Mar 2026 10:00:00 +0000\nMessage-ID: <own@x>\nTo: a@x.org\n\nx")
    assert out.message_id == "own@x"
    assert b"Date: Tue, 10 Mar 2026 10:00:00 +0000\r\n" in out.message


def test_entries_that_are_no_addresses_are_named() -> None:
    """An address that cannot be used is told apart."""
    out = outgoing(b"To: nobody, a@x.org, x y@z@w\n\nx")
    assert out.recipients == ("a@x.org",)
    assert "nobody" in out.unusable


def test_lists_too_long_to_be_read_whole_say_so() -> None:
    """No recipient is left out in silence."""
    assert outgoing(b"To: " + b"a@example.com,\n " * 3000 + b"\n\nx").unusable == ()
    assert TOO_MANY in outgoing(b"To: " + b"a@b.c,\n " * 6000 + b"\n\nx").unusable
    assert TOO_MANY in outgoing(b"X-A: y\n" * 6000 + b"To: a@b.c\n\nx").unusable


def test_group_is_no_list_with_semicolons() -> None:
    """undisclosed-recipients:; stays as it is."""
    out = outgoing(b"To: undisclosed-recipients:;\nBcc: a@x.org\n\nx")
    assert b"To: undisclosed-recipients:;" in out.message
    assert out.recipients == ("a@x.org",)


def test_raw_eight_bit_header_is_encoded() -> None:
    """Raw UTF-8 in a header leaves as encoded words."""
    out = outgoing("To: Jürgen <j@x.org>\nSubject: Grüße\n\nx".encode())
    assert out.message.partition(b"\r\n\r\n")[0].isascii()
    record = look(out.message).record
    assert (record.subject, record.to) == ("Grüße", '"Jürgen" <j@x.org>')


@given(st.binary(max_size=300))
def test_body_octets_survive(body: bytes) -> None:
    """A body with whole line ends is the same octets in the copy that is sent (signatures hold)."""
    body = re.sub(rb"\r(?!\n)|(?<!\r)\n", b"\r\n", body)
    out = outgoing(b"To: a@x.org\r\n\r\n" + body)
    assert out.message.endswith(b"\r\n\r\n" + body)


@given(st.text(max_size=200), st.text(max_size=60))
def test_subject_and_name_survive_the_header(subject: str, name: str) -> None:
    """Any text put in a header is read back, as far as a header can hold it, on lines that fit."""
    change = DraftChange(subject=subject, to=f'"{re.sub(r"[^A-Za-z ]", "", name)}" <a@x.org>')
    source = new_draft(change).source
    head = source.partition(b"\r\n\r\n")[0]
    assert head.isascii()
    assert all(len(line) <= 998 for line in head.split(b"\r\n"))
    shown = "".join(c if c.isprintable() else " " for c in subject)
    read = "".join(c if c.isprintable() else " " for c in look(source).record.subject)
    assert "".join(read.split()) == "".join(shown.split())[: len("".join(read.split()))]


ORIGINAL = (
    b"From: Ann <ann@x.org>\r\nTo: john@example.com\r\nSubject: Plan\r\n"
    b"Date: Tue, 10 Mar 2026 10:00:00 +0000\r\nMessage-ID: <o2@x>\r\nReferences: <o1@x>\r\n"
    b"Content-Type: multipart/mixed; boundary=m\r\n\r\n--m\r\n"
    b"Content-Type: multipart/related; boundary=r\r\n\r\n--r\r\nContent-Type: text/html\r\n\r\n"
    b"<html><head><style>p{}</style></head><body><p>Old <img src='cid:p1'></p></body></html>\r\n"
    b"--r\r\nContent-Type: image/png\r\nContent-ID: <p1>\r\n\r\nPNG\r\n--r--\r\n"
    b"--m\r\nContent-Type: application/pdf; name=a.pdf\r\n"
    b"Content-Transfer-Encoding: base64\r\n\r\nSGVsbG8=\r\n--m--\r\n"
)
NOTE = (
    "To: ann@x.org\r\nSubject: Re: Plan\r\nContent-Type: text/plain; charset=utf-8\r\n"
    "Content-Transfer-Encoding: 8bit\r\n\r\nMy nöte <1>\r\n"
).encode()


def test_reply_quotes_and_refers() -> None:
    """The note comes first, then who wrote what; pictures come along, files do not."""
    seen = look(reply(NOTE, ORIGINAL))
    assert seen.text.startswith("My nöte <1>\r\n")
    assert '-----Original Message-----\r\nFrom: "Ann" <ann@x.org>' in seen.text
    assert "> Old" in seen.text
    assert "My nöte &lt;1&gt;" in seen.html
    assert "<p>Old <img src='cid:p1'></p>" in seen.html
    assert [one.content_id for one in seen.record.attachments] == ["p1"]
    assert seen.record.in_reply_to == "o2@x"
    assert seen.record.references == ("o1@x", "o2@x")
    assert seen.record.subject == "Re: Plan"
    assert seen.record.conversation_id == look(ORIGINAL).record.conversation_id


def test_forward_carries_the_attachments_on() -> None:
    """All attachments of the original are there, with their content."""
    made = forward(NOTE, ORIGINAL)
    seen = look(made)
    assert [one.name for one in seen.record.attachments] == ["image-1.png", "a.pdf"]
    assert attachment(made, seen.record.attachments[1].part) == ("application/pdf", b"Hello")
    assert "Old" in seen.text
    assert "> Old" not in seen.text
    assert seen.record.references == ("o1@x", "o2@x")


def test_replace_sends_the_device_mime_alone() -> None:
    """ReplaceMime changes nothing but the references."""
    made = replace(NOTE, ORIGINAL)
    assert made.endswith("\r\n\r\nMy nöte <1>\r\n".encode())
    assert look(made).record.references == ("o1@x", "o2@x")
    assert look(made).record.in_reply_to == "o2@x"


def test_signed_note_is_not_touched() -> None:
    """A signed message of the device cannot be added to without breaking it."""
    signed = (
        b'To: a@x.org\r\nContent-Type: multipart/signed; boundary=s; protocol="application/pkcs7-'
        b'signature"\r\n\r\n--s\r\n\r\nx\r\n--s\r\nContent-Type: application/pkcs7-signature'
        b"\r\n\r\ny\r\n--s--\r\n"
    )
    for made in (reply(signed, ORIGINAL), forward(signed, ORIGINAL)):
        assert made.partition(b"\r\n\r\n")[2] == signed.partition(b"\r\n\r\n")[2]


def test_encrypted_original_is_forwarded_whole() -> None:
    """What cannot be opened goes along as a message."""
    secret = b"Subject: S\r\nContent-Type: application/pkcs7-mime\r\n\r\nxxxx\r\n"
    made = forward(NOTE, secret)
    (one,) = look(made).record.attachments
    assert (one.name, one.method) == ("S.eml", 5)
    assert attachment(made, one.part)[1] == secret


def test_plain_answers_stay_plain() -> None:
    """Two plain messages make a plain one."""
    seen = look(reply(NOTE, b"Subject: x\r\n\r\nold words\r\n"))
    assert seen.html == ""
    assert "> old words" in seen.text


def new_draft(change: DraftChange) -> Drafted:
    return draft(
        change,
        from_address="john@example.com",
        display_name="John",
        message_id="d1@example.com",
        date=1773133200.0,
    )


def test_draft_holds_what_the_device_sent() -> None:
    """Every property of a draft is read back (MS-ASEMAIL R1489)."""
    made = new_draft(
        DraftChange(
            to='"Ann, A" <a@x.org>; b@x.org',
            cc="c@x.org",
            bcc="d@x.org",
            reply_to="r@x.org",
            subject="Grüße",
            importance=2,
            body=Body.from_html("<p>Hi <img src='cid:p'></p>"),
            add=(
                NewAttachment(name="ü.txt", content=b"\x00\xff", content_type="text/plain"),
                NewAttachment(
                    name="p.png",
                    content=b"PNG",
                    content_type="image/png",
                    content_id="p",
                    inline=True,
                ),
                NewAttachment(name="m.eml", content=b"Subject: In\r\n\r\nx", method=5),
            ),
        )
    )
    seen = look(made.source)
    record = seen.record
    assert record.to == '"Ann, A" <a@x.org>, b@x.org'
    assert (record.cc, record.bcc, record.reply_to) == ("c@x.org", "d@x.org", "r@x.org")
    assert (record.subject, record.importance) == ("Grüße", 2)
    assert seen.html == "<p>Hi <img src='cid:p'></p>\n"
    assert seen.text == "Hi\r\n"
    names = {one.part: one.name for one in record.attachments}
    assert [names[part] for part in made.added] == ["ü.txt", "p.png", "In.eml"]
    assert attachment(made.source, made.added[0])[1] == b"\x00\xff"
    assert attachment(made.source, made.added[1])[1] == b"PNG"


@pytest.mark.parametrize(
    "entry",
    [
        "a\r\nBcc: x@y",
        "<a@b\r\nBcc: x@y>",
        "<=?utf-8?Q?a@b=0D=0ABcc:_x@y?=>",
        "<a:x@y>",
        "<a, x@y>",
        "x@y\u2028z",
        "bob x@y",
    ],
)
def test_entry_of_a_draft_never_becomes_another_recipient(entry: str) -> None:
    """What cannot be used stays one unusable entry on its way through the stored draft."""
    made = patch_draft(b"Subject: s\r\n\r\n", DraftChange(to=f"c@d.org, {entry}"))
    out = outgoing(made.source)
    assert out.recipients == ("c@d.org",)
    assert len(out.unusable) == 1
    assert look(out.sent_copy).record.bcc == ""


def test_change_of_a_draft_keeps_the_rest() -> None:
    """What is not named stays; attachments are added and deleted by part."""
    files = tuple(NewAttachment(name=f"{n}.bin", content=bytes([n])) for n in range(3))
    first = new_draft(DraftChange(to="a@x.org", subject="s", body=Body(text="one"), add=files))
    second = patch_draft(
        first.source,
        DraftChange(
            body=Body(text="two"),
            delete=frozenset((first.added[1], PartId("99"))),
            add=(NewAttachment(name="new.bin", content=b"n"),),
        ),
    )
    seen = look(second.source)
    assert (seen.text, seen.record.to, seen.record.subject) == ("two\r\n", "a@x.org", "s")
    assert [one.name for one in seen.record.attachments] == ["0.bin", "2.bin", "new.bin"]
    assert attachment(second.source, second.added[0])[1] == b"n"
    assert seen.record.message_id == "d1@example.com"


def test_header_change_leaves_the_body_octets() -> None:
    """A new subject does not rewrite the body; an empty list takes the field away."""
    first = new_draft(DraftChange(to="a@x.org", cc="c@x.org", body=Body(text="one")))
    second = patch_draft(first.source, DraftChange(subject="n", cc="", importance=0))
    assert first.source.partition(b"\r\n\r\n")[2] == second.source.partition(b"\r\n\r\n")[2]
    record = look(second.source).record
    assert (record.subject, record.cc, record.importance) == ("n", "", 0)


def test_mime_body_replaces_the_message() -> None:
    """A Body of type 4 is the message (MS-ASEMAIL R14890)."""
    first = new_draft(DraftChange(subject="a", body=Body(text="one")))
    second = patch_draft(first.source, DraftChange(mime=b"Subject: b\r\n\r\ntwo\r\n"))
    assert second.source == b"Subject: b\r\n\r\ntwo\r\n"


@pytest.mark.parametrize(("action", "kind"), [("failed", "NDR"), ("delayed", "DELAYED")])
def test_bounce_is_a_delivery_status_notification(action: str, kind: str) -> None:
    """The report names recipient, status and the original's header (RFC 3464), and cannot loop."""
    failure = Failure(
        recipient="a@x.org", status="5.1.1", diagnostic="550 no\r\nsuch: user", action=action
    )
    made = bounce(
        ORIGINAL,
        [failure],
        to="john@example.com",
        from_address="mailer-daemon@example.com",
        reporting_mta="mx.example.com",
        message_id="b@example.com",
        date=1773133200.0,
    )
    seen = look(made)
    assert seen.record.message_class == f"REPORT.IPM.Note.{kind}"
    assert seen.record.automatic
    assert "a@x.org" in seen.text
    status = attachment(made, PartId("2"))[1]
    assert b"Final-Recipient: rfc822; a@x.org\r\n" in status
    assert b"Diagnostic-Code: smtp; 550 no such: user\r\n" in status
    assert b"Message-ID: <o2@x>" in attachment(made, PartId("3"))[1]
    assert top_fields(made).first("auto-submitted").strip() == b"auto-replied"

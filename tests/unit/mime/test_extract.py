"""What one look at a message gives: bodies, attachments, header, class, conversation."""

import time

import pytest

from carbonio_mobile.errors import NotFound
from carbonio_mobile.ids import PartId
from carbonio_mobile.mime import selection
from carbonio_mobile.mime.attachments import attachment
from carbonio_mobile.mime.bodies import MAX_HTML_CHARS
from carbonio_mobile.mime.extract import Extracted, extract


def look(text: str | bytes, **fields: str) -> Extracted:
    source = text if isinstance(text, bytes) else text.replace("\n", "\r\n").encode()
    return extract(source, received_at=1_000_000_000.0)


ALTERNATIVE = """From: =?utf-8?Q?J=C3=BCrgen_M=C3=BCller?= <j@example.org>
To: "Doe, John" <john@example.com>; mary@example.com
Reply-To: a@example.org, "B" <b@example.org>
Subject: =?iso-8859-1?q?Gr=FC=DFe?=
Date: Tue, 10 Mar 2026 10:00:00 +0100
Message-ID: <m1@example.org>
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=out

--out
Content-Type: multipart/alternative; boundary=alt

--alt
Content-Type: text/plain; charset=iso-8859-15
Content-Transfer-Encoding: quoted-printable

Preis: 5 =A4
--alt
Content-Type: multipart/related; boundary=rel; type="text/html"

--rel
Content-Type: text/html; charset=utf-8

<p>Preis: <b>5 €</b> <img src="cid:logo@x"></p>
--rel
Content-Type: image/png
Content-ID: <logo@x>
Content-Transfer-Encoding: base64

AAEC
--rel--

--alt--

--out
Content-Type: application/pdf; name="x.pdf"
Content-Disposition: attachment; filename*=utf-8''..%2F%C3%9Cbersicht.pdf
Content-Transfer-Encoding: base64

SGVsbG8=
--out
Content-Type: message/rfc822

Subject: Inner / one

inner body
--out--
"""


def test_alternative_gives_both_forms_and_the_other_parts_are_attachments() -> None:
    """Plain and HTML of one alternative are one body; pictures, files and messages are listed."""
    seen = look(ALTERNATIVE)
    assert seen.text == "Preis: 5 €\r\n"
    assert seen.html.startswith("<p>Preis: <b>5 €</b>")
    picture, file, message = seen.record.attachments
    assert (picture.part, picture.inline, picture.content_id) == ("1.2.2", True, "logo@x")
    assert (file.part, file.name, file.size_bytes) == ("2", "Übersicht.pdf", 5)
    assert (message.part, message.method, message.name) == ("3", 5, "Inner one.eml")
    assert seen.record.native_type == 2
    assert seen.record.faults == ()
    assert "Übersicht.pdf" in seen.search_text


def test_header_is_decoded_as_activesync_wants_it() -> None:
    """Names are decoded, lists use commas, ReplyTo semicolons (MS-ASEMAIL R787, R711, R400)."""
    record = look(ALTERNATIVE).record
    assert record.subject == "Grüße"
    assert record.from_ == '"Jürgen Müller" <j@example.org>'
    assert record.to == '"Doe, John" <john@example.com>, mary@example.com'
    assert record.reply_to == 'a@example.org; "B" <b@example.org>'
    assert record.display_to == "Doe, John; mary@example.com"
    assert record.sent_at == 1773133200.0
    assert record.message_id == "m1@example.org"


def test_attachments_are_fetched_by_part_and_messages_octet_for_octet() -> None:
    """A part's content is decoded; an embedded message is exactly what stands in the source."""
    source = ALTERNATIVE.replace("\n", "\r\n").encode()
    assert attachment(source, PartId("2")) == ("application/pdf", b"Hello")
    kind, content = attachment(source, PartId("3"))
    assert kind == "message/rfc822"
    assert content == b"Subject: Inner / one\r\n\r\ninner body"
    assert content in source


@pytest.mark.parametrize("part", ["", "9", "1", "1.2", "x", "1.2.2.1", "-1", "0"])
def test_a_part_that_is_not_there_is_not_found(part: str) -> None:
    """Multiparts and positions outside the message raise NotFound."""
    with pytest.raises(NotFound):
        attachment(ALTERNATIVE.replace("\n", "\r\n").encode(), PartId(part))


def test_html_only_mail_has_text_made_from_it() -> None:
    """The text of a mail with HTML alone holds its words and no markup."""
    seen = look("Content-Type: text/html; charset=utf-8\n\n<style>p{}</style><p>One<p>Two <b>3</b>")
    assert seen.text == "One\r\n\r\nTwo 3\r\n"
    assert seen.record.preview == "One Two 3"


def test_page_names_the_charset_in_which_it_is_sent_on() -> None:
    """A page that calls itself ISO-8859-1 leaves as UTF-8 and says so."""
    page = "<html><head><meta charset='iso-8859-1'></head><body>\xe4</body></html>"
    seen = look(b"Content-Type: text/html\r\n\r\n" + page.encode("latin-1"))
    assert "charset='utf-8'" in seen.html
    assert "ä" in seen.html


def test_nested_alternatives_are_laid_out_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """However deep a page stands in alternatives, its text is made once."""
    calls: list[str] = []
    monkeypatch.setattr(selection, "html_to_text", lambda page: calls.append(page) or "text")
    opened = b"".join(
        b"Content-Type: multipart/alternative; boundary=b%d\r\n\r\n--b%d\r\n\r\n \r\n--b%d\r\n"
        % (n, n, n)
        for n in range(20)
    )
    assert extract(opened + b"Content-Type: text/html\r\n\r\nx", received_at=0).text == "text\r\n"
    assert calls == ["x"]


def test_pages_of_one_message_have_one_bound() -> None:
    """Beyond the bound of one page further pages stand in the HTML but not in the text."""
    page = b"--b\r\nContent-Type: text/html\r\n\r\n" + b"w" * 700_000 + b"\r\n"
    seen = extract(b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + page * 3, received_at=0)
    assert seen.text.count("w") == MAX_HTML_CHARS
    assert seen.html.count("w") == 2_100_000


def test_broken_uuencoded_content_is_given_up() -> None:
    """A wrong count here and there is repaired; a part of nothing else ends soon."""
    head = b"Content-Type: application/x\r\nContent-Transfer-Encoding: x-uuencode\r\n\r\n"
    repaired = extract(head + b"begin 644 f\r\n#86)CZZ\r\n#86)C\r\nend\r\n", received_at=0)
    assert repaired.record.attachments[0].size_bytes == 6
    before = time.process_time()
    extract(head + b"!zz\n" * 2_000_000, received_at=0)
    assert time.process_time() - before < 3.0


def test_flowed_text_is_unfolded() -> None:
    """Soft breaks join, DelSp drops the blank, quotes and signatures stay (RFC 3676)."""
    seen = look("Content-Type: text/plain; format=flowed\n\nOne \ntwo\n> a \n> b\n-- \nme\n")
    assert seen.text == "One two\r\n> a b\r\n-- \r\nme\r\n"
    seen = look("Content-Type: text/plain; format=flowed; delsp=yes\n\nOn \ne\n")
    assert seen.text == "One\r\n"


def test_mixed_text_parts_are_one_body() -> None:
    """A list footer in plain text joins an HTML body in both forms."""
    seen = look(
        "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/html\n\n<p>Hi</p>\n"
        "--b\n\nfooter <x>\n--b--\n"
    )
    assert seen.text == "Hi\r\n\r\nfooter <x>\r\n".replace("\r\n\r\n", "\r\n\r\n")
    assert "<p>Hi</p>" in seen.html
    assert "footer &lt;x&gt;" in seen.html


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("Content-Type: application/pkcs7-mime; smime-type=enveloped-data", "IPM.Note.SMIME"),
        ('Content-Type: application/octet-stream; name="smime.p7m"', "IPM.Note.SMIME"),
        (
            'Content-Type: multipart/signed; protocol="application/pkcs7-signature"; boundary=b',
            "IPM.Note.SMIME.MultipartSigned",
        ),
        (
            'Content-Type: multipart/signed; protocol="application/pgp-signature"; boundary=b',
            "IPM.Note",
        ),
        ("Content-Type: text/plain", "IPM.Note"),
    ],
)
def test_message_class_of_secured_mail(header: str, expected: str) -> None:
    """S/MIME has classes of its own, PGP is ordinary mail (MS-ASEMAIL R591, R592)."""
    body = "\n\n--b\n\nx\n--b\nContent-Type: a/b\n\nsig\n--b--\n"
    assert look(header + body).record.message_class == expected


@pytest.mark.parametrize(
    ("kind", "status", "expected"),
    [
        ("delivery-status", "Action: failed", "REPORT.IPM.Note.NDR"),
        ("delivery-status", "Action: delayed", "REPORT.IPM.Note.DELAYED"),
        ("delivery-status", "Action: delivered", "REPORT.IPM.Note.DR"),
        ("disposition-notification", "Disposition: a/b; displayed", "REPORT.IPM.Note.IPNRN"),
        ("disposition-notification", "Disposition: a/b; deleted", "REPORT.IPM.Note.IPNNRN"),
    ],
)
def test_message_class_of_reports(kind: str, status: str, expected: str) -> None:
    """Reports say what they report (MS-ASEMAIL R603 to R608)."""
    seen = look(
        "Content-Type: multipart/report; boundary=b\n\n--b\n\nHuman words\n"
        f"--b\nContent-Type: message/{kind}\n\n{status}\n\n--b--\n"
    )
    assert seen.record.message_class == expected
    assert seen.record.automatic
    assert seen.text == "Human words\r\n"


def test_conversation_holds_a_thread_together() -> None:
    """All messages of a thread have the root's id; replies go deeper in the index (R90)."""
    root = look("Message-ID: <a@x>\nSubject: T\nDate: Tue, 10 Mar 2026 10:00:00 +0100\n\n").record
    first = look("Message-ID: <b@x>\nIn-Reply-To: <a@x>\nSubject: Re: T\n\n").record
    second = look("Message-ID: <c@x>\nReferences: <a@x>\n <b@x>\nSubject: AW: Re[2]: T\n\n").record
    assert root.conversation_id == first.conversation_id == second.conversation_id
    assert len(root.conversation_id) == 16
    levels = [len(one.conversation_index) for one in (root, first, second)]
    assert levels == [5, 10, 15]
    assert second.thread_topic == "T"
    ticks = (1773133200 + 11_644_473_600) * 10_000_000
    assert root.conversation_index == ticks.to_bytes(8, "big")[1:6]


def test_thread_index_of_outlook_is_used() -> None:
    """The 22 octet form gives the 5 octet header and its levels (MS-ASCON R97, R400)."""
    from base64 import b64encode

    raw = b"\x01" + b"ABCDE" + bytes(16) + b"LEVEL"
    seen = look(f"Subject: x\nThread-Index: {b64encode(raw).decode()}\n\n")
    assert seen.record.conversation_index == b"ABCDELEVEL"


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("Importance: High", 2),
        ("X-Priority: 5 (Lowest)", 0),
        ("Priority: urgent", 2),
        ("X-Priority: 3", 1),
        ("Importance: nonsense", 1),
        ("X-MSMail-Priority: Low", 0),
    ],
)
def test_importance(header: str, expected: int) -> None:
    """Importance is read from every field in use."""
    assert look(header + "\n\n").record.importance == expected


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("Tue, 10 Mar 2026 10:00:00 +0100", 1773133200.0),
        ("10 Mar 26 09:00 GMT", 1773133200.0),
        ("Tue, 10 Mar 2026 09:00:00", 1773133200.0),
        ("Tue, 99 Foo 2026", None),
        ("yesterday", None),
        ("", None),
        ("Tue, 10 Mar 99999 10:00:00 +0100", None),
        ("Tue, 10 Mar 2026 99:99:99 +9999999999999999", None),
    ],
)
def test_dates_are_read_or_left_out(raw: str, expected: float | None) -> None:
    """A date is read as mailers write it; nonsense gives None, never an exception."""
    assert look(f"Date: {raw}\n\n").record.sent_at == expected


@pytest.mark.parametrize(
    ("charset", "octets", "text", "codepage"),
    [
        ("windows-1256", "مرحبا".encode("cp1256"), "مرحبا", 1256),
        ("unicode-1-1-utf-7", b"Hi +AOQ-", "Hi ä", 65000),
        ("iso-2022-jp", "日本".encode("iso2022_jp"), "日本", 50220),
        ("gb2312", "中文".encode("gb18030"), "中文", 936),
        ("ks_c_5601-1987", "한국".encode("cp949"), "한국", 949),
        ("iso-8859-1", b"\x80 5", "€ 5", 28591),
        ("us-ascii", "é".encode(), "é", 20127),
        ("x-unknown", "é".encode(), "é", 65001),
        ("utf-8", b"caf\xe9", "café", 65001),
        ("idna", b"caf\xe9", "café", 65001),
        ("", b"caf\xe9", "café", 65001),
    ],
)
def test_charsets_of_the_real_world(charset: str, octets: bytes, text: str, codepage: int) -> None:
    """Known names are read, misnamed and unnamed text is guessed (client-quirks, mail rule 2)."""
    label = f"; charset={charset}".encode() if charset else b""
    seen = look(b"Content-Type: text/plain" + label + b"\r\n\r\n" + octets)
    assert seen.text == f"{text}\r\n"
    assert seen.record.codepage == codepage


def test_faults_say_what_was_not_readable() -> None:
    """What is degraded is named in words."""
    assert look(b"Content-Type: text/plain; charset=x-foo\r\n\r\n\xff").record.faults
    assert look(b"Content-Type: multipart/mixed\r\n\r\nx").record.faults
    deep = b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n)
        for n in range(1000)
    )
    assert any("deeper" in fault for fault in look(deep).record.faults)


@pytest.mark.parametrize(
    ("claimed", "expected"),
    [
        ('filename="../../etc/passwd"', "passwd"),
        ('filename="C:\\\\temp\\\\a.txt"', "a.txt"),
        ('filename="=?utf-8?B?w5xiZXIudHh0?="', "Über.txt"),
        ("filename*0*=utf-8''%C3%9C; filename*1=ber.txt", "Über.txt"),
        ('filename="a\x07\x1fb\u202etxt.exe"', "abtxt.exe"),
        ('filename=".."', "attachment-1.pdf"),
        ("", "attachment-1.pdf"),
        ('filename="' + "x" * 300 + '.pdf"', "x" * 196 + ".pdf"),
    ],
)
def test_attachment_names_are_safe(claimed: str, expected: str) -> None:
    """No path, no control character, never empty."""
    seen = look(
        "Content-Type: application/pdf\nContent-Disposition: attachment"
        + (f"; {claimed}" if claimed else "")
        + "\n\nx"
    )
    assert [one.name for one in seen.record.attachments] == [expected]


def test_header_injection_by_encoded_words_is_gone() -> None:
    """Line breaks inside an encoded word do not survive decoding."""
    record = look("Subject: =?utf-8?Q?a=0D=0ABcc:_x?=\n\n").record
    assert record.subject == "aBcc: x"


def test_character_cut_between_encoded_words_is_whole() -> None:
    """Adjacent words of one charset are joined before they are decoded."""
    assert look("Subject: =?utf-8?Q?=C3?= =?utf-8?Q?=BC?= x\n\n").record.subject == "ü x"


def test_marks_before_the_header_are_stepped_over() -> None:
    """A byte order mark or the line of a mailbox file does not hide the header."""
    for before in (b"\xef\xbb\xbf", b"From a@x Tue Mar 10 10:00:00 2026\n", b">From x\n"):
        seen = look(before + b"Subject: s\n\nx")
        assert (seen.record.subject, seen.text, seen.record.faults) == ("s", "x\r\n", ())


def test_tnef_stays_an_attachment() -> None:
    """winmail.dat is kept as a file."""
    seen = look("Content-Type: application/ms-tnef\nContent-Transfer-Encoding: base64\n\nAAEC")
    assert [one.name for one in seen.record.attachments] == ["winmail.dat"]

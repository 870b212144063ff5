"""Which body a device gets, how it is cut, and what is said of it."""

from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carbonio_mobile.eas.bodies import (
    BodyOptions,
    BodyPreference,
    BodyType,
    MimeSupport,
    body_elements,
    choose,
    further_wish,
    wish,
)
from carbonio_mobile.eas.version import OFFERED, Version
from carbonio_mobile.mime.mailitem import BodyWish, MailItem
from carbonio_mobile.wbxml import Element
from carbonio_mobile.wbxml.codepages import AirSyncBase
from tests.unit.eas.eas_mails import mail, on_the_wire

V = Version.V16_1
TEXT = "Grüße aus Köln, " * 40
HTML = "<p>" + "Grüße aus <b>Köln</b>, " * 40 + "</p>"
SOURCE = b"From: a@example.com\r\nSubject: x\r\n\r\n" + "Grüße\r\n".encode() * 40
HTML_MAIL = mail(text=TEXT, html=HTML, source=SOURCE, preview="Hello " * 30)
PLAIN_MAIL = mail(text=TEXT, source=SOURCE, preview="Hello " * 30)
SIGNED = mail(text=TEXT, html=HTML, source=SOURCE, message_class="IPM.Note.SMIME.MultipartSigned")


def want(
    kind: int, limit: int | None = None, *, whole: bool = False, preview: int = 0
) -> BodyPreference:
    return BodyPreference(
        type=BodyType(kind), truncation_bytes=limit, all_or_none=whole, preview_chars=preview
    )


def options(
    *preferences: BodyPreference,
    mime: int = 0,
    mime_truncation: int | None = None,
    parts: tuple[BodyPreference, ...] = (),
) -> BodyOptions:
    return BodyOptions(
        preferences=preferences,
        part_preferences=parts,
        mime_support=MimeSupport(mime),
        mime_truncation=mime_truncation,
    )


def body_of(elements: list[Element]) -> Element:
    (found,) = [one for one in elements if one.tag is AirSyncBase.Body]
    return found


def names(element: Element) -> list[str]:
    return [child.tag.name for child in element]


@pytest.mark.parametrize(
    ("item", "wanted", "kind"),
    [
        (HTML_MAIL, options(), 1),
        (HTML_MAIL, options(want(1)), 1),
        (HTML_MAIL, options(want(2)), 2),
        (PLAIN_MAIL, options(want(2)), 2),
        (HTML_MAIL, options(want(1), want(2)), 2),  # R77: the native type first
        (PLAIN_MAIL, options(want(2), want(1)), 1),
        (HTML_MAIL, options(want(1), want(3)), 1),
        (HTML_MAIL, options(want(3)), 1),  # no RTF is made
        (HTML_MAIL, options(want(4)), 1),  # MS-ASCMD R3396: MIMESupport 0, never MIME
        (HTML_MAIL, options(want(2), want(4)), 2),
        (HTML_MAIL, options(want(2), want(4), mime=1), 2),  # R3397: S/MIME only
        (SIGNED, options(want(2), want(4), mime=1), 4),
        (HTML_MAIL, options(want(2), want(4), mime=2), 4),  # R3399: all messages
        (PLAIN_MAIL, options(want(4), mime=2), 4),
        (SIGNED, options(want(2), want(4)), 2),
        (SIGNED, options(want(2), mime=2), 2),  # R3407: type 4 must be wanted too
    ],
)
def test_type_follows_wish_and_native_form(item: MailItem, wanted: BodyOptions, kind: int) -> None:
    """MS-ASAIRS R77, MS-ASCMD R3396 to R3409."""
    body = choose(item, wanted, V)
    assert body.type == kind
    assert not body.truncated
    assert body.data


def test_body_too_large_for_all_or_none_gives_way_to_the_next_type() -> None:
    """MS-ASAIRS R78, R80, R385: HTML over 50 bytes, all or none; text cut at 50."""
    body = choose(HTML_MAIL, options(want(2, 50, whole=True), want(1, 50)), V)
    assert body.type is BodyType.PLAIN
    assert body.truncated
    assert len(body.octets) in range(47, 51)
    assert choose(HTML_MAIL, options(want(2, 9999, whole=True), want(1)), V).type == 2


def test_nothing_that_fits_leaves_type_and_size_and_no_data() -> None:
    """MS-ASAIRS R377: what would be cut is not retrieved; the size lets the client fetch it."""
    wanted = options(want(2, 50, whole=True), want(1, 50, whole=True))
    body = body_of(body_elements(HTML_MAIL, wanted, V))
    assert names(body) == ["Type", "EstimatedDataSize", "Truncated"]
    assert body.value(AirSyncBase.Type) == "2"
    assert body.value(AirSyncBase.EstimatedDataSize) == str(len(HTML.encode()))


@given(
    st.text(max_size=200),
    st.integers(0, 700),
    st.sampled_from([1, 2]),
    st.booleans(),
)
def test_cut_body_is_the_longest_prefix_of_whole_characters(
    text: str, limit: int, kind: int, native_html: bool
) -> None:
    """Octets are counted, no character is split, and the size is that of the whole (R202, R299)."""
    item = mail(text=text, html=text if native_html else "")
    whole = choose(item, options(want(kind)), V)
    body = choose(item, options(want(kind, limit)), V)
    assert not whole.truncated
    assert whole.size_bytes == body.size_bytes == len(whole.octets)
    assert whole.octets.startswith(body.octets)
    assert body.truncated == (len(body.octets) < len(whole.octets))
    assert len(body.octets) <= limit
    if body.truncated:
        following = whole.octets[: limit + 1]
        assert limit - len(body.octets) < 4
        assert len(following.decode("utf-8", "ignore").encode()) <= limit + 1


@given(st.text(max_size=100), st.integers(1, 60))
def test_reading_as_wished_cuts_as_reading_all_does(text: str, limit: int) -> None:
    """The mailbox may cut inside a character; the device sees no difference."""
    for kind, html in product((1, 2), ("", f"<p>{text}</p>")):
        wanted = options(want(kind, limit))
        item = mail(text=text, html=html)
        read = wish(wanted)
        cut = MailItem(
            item=item.item,
            folder=item.folder,
            version=item.version,
            received=item.received,
            record=item.record,
            state=item.state,
            text=item.text[: read.text_bytes],
            html=item.html[: read.html_bytes],
        )
        whole, part = choose(item, wanted, V), choose(cut, wanted, V)
        assert (part.data, part.truncated, part.type) == (whole.data, whole.truncated, whole.type)
        if kind == 1 or html:
            assert part.size_bytes == whole.size_bytes
        else:  # the page around a text that was not read is estimated
            assert part.size_bytes >= min(whole.size_bytes, limit + 1)


def test_children_stand_in_the_order_of_the_specification() -> None:
    """MS-ASAIRS R112, R126."""
    wanted = options(want(2, 40, preview=10), parts=(want(2, 40, preview=10),))
    body, part, native = body_elements(HTML_MAIL, wanted, V)
    assert names(body) == ["Type", "EstimatedDataSize", "Truncated", "Data", "Preview"]
    assert names(part) == ["Status", *names(body)]
    assert part.value(AirSyncBase.Status) == "1"
    assert native == Element(AirSyncBase.NativeBodyType, "2")


def test_whole_body_says_nothing_of_truncation() -> None:
    """MS-ASAIRS R277, R180: no Truncated, not truncated."""
    assert names(body_of(body_elements(HTML_MAIL, options(want(2)), V))) == [
        "Type",
        "EstimatedDataSize",
        "Data",
    ]


def test_empty_body_has_no_data_element() -> None:
    """Some clients crash on an empty Data; nothing is missing either."""
    for wanted in (options(), options(want(2)), options(want(1, 0)), options(want(2, 10))):
        body = body_of(body_elements(mail(), wanted, V))
        assert names(body) == ["Type", "EstimatedDataSize"]
        assert body.value(AirSyncBase.EstimatedDataSize) == "0"


def test_truncation_to_nothing_tells_the_size() -> None:
    """A device that asks for 0 octets wants to know how many there are."""
    body = body_of(body_elements(HTML_MAIL, options(want(1, 0)), V))
    assert names(body) == ["Type", "EstimatedDataSize", "Truncated"]
    assert body.value(AirSyncBase.EstimatedDataSize) == str(len(TEXT.encode()))


@pytest.mark.parametrize(("version", "shown"), [(Version.V12_1, False), (Version.V14_0, True)])
def test_preview_is_cut_to_the_characters_wished(version: Version, shown: bool) -> None:
    """MS-ASAIRS R250; the element came with 14.0."""
    body = body_of(body_elements(HTML_MAIL, options(want(2, 0, preview=13)), version))
    assert body.value(AirSyncBase.Preview) == ("Hello Hello H" if shown else None)


def test_no_preview_beside_plain_data() -> None:
    """MS-ASAIRS R1001036: the text is its own preview; without data there is one."""
    beside = body_of(body_elements(HTML_MAIL, options(want(1, 50, preview=10)), V))
    alone = body_of(body_elements(HTML_MAIL, options(want(1, 0, preview=10)), V))
    assert not beside.has(AirSyncBase.Preview)
    assert alone.value(AirSyncBase.Preview) == "Hello Hell"


@pytest.mark.parametrize("version", OFFERED)
def test_body_part_comes_with_14_1(version: Version) -> None:
    """MS-ASAIRS R120, R133; beside a part alone Body tells the size and no more (R386)."""
    elements = body_elements(HTML_MAIL, options(parts=(want(2, 100),)), version)
    parts = [one for one in elements if one.tag is AirSyncBase.BodyPart]
    assert len(parts) == (version >= Version.V14_1)
    if parts:
        assert parts[0].value(AirSyncBase.Data) == choose(HTML_MAIL, options(want(2, 100)), V).data
        assert names(body_of(elements)) == ["Type", "EstimatedDataSize", "Truncated"]


def test_smime_answer_has_all_four_children() -> None:
    """MS-ASCMD R3409: Type, EstimatedDataSize, Truncated, Data."""
    body = body_of(body_elements(SIGNED, options(want(2), want(4), mime=1), V))
    assert names(body) == ["Type", "EstimatedDataSize", "Truncated", "Data"]
    assert body.value(AirSyncBase.Truncated) == "0"
    assert body.find(AirSyncBase.Data).octets == SOURCE


@pytest.mark.parametrize(
    "source",
    [
        b"Subject: x\r\n\r\nplain",
        "Subject: ü\r\n\r\nß\r\n".encode(),
        b"Subject: x\r\n\r\nlatin \xe4\xf6\xfc",
        b"Subject: x\r\n\r\nnul \0 bell \7 \x7f",
        b"\xff\xfe\0",
        "\ufffe\uffff".encode(),
        b"\r\r\n\n\t",
        bytes(range(256)) * 300,
    ],
)
def test_mime_arrives_octet_for_octet(source: bytes) -> None:
    """A string where it carries the octets, OPAQUE else: a signature must still fit."""
    wanted = options(want(4), mime=2)
    (data,) = on_the_wire(body_elements(mail(source=source), wanted, V), "16.1")[0].find_all(
        AirSyncBase.Data
    )
    assert data.octets == source


@given(st.binary(min_size=1, max_size=60), st.integers(1, 70))
def test_cut_mime_is_a_prefix_of_the_source(source: bytes, limit: int) -> None:
    """MIME is cut as other bodies are, and never changed."""
    body = choose(mail(source=source), options(want(4, limit), mime=2), V)
    assert source.startswith(body.octets)
    assert limit - 4 < len(body.octets) <= limit or body.octets == source
    assert body.truncated == (body.octets != source)
    assert body.size_bytes == len(source)


@pytest.mark.parametrize(
    ("limit", "truncation", "length"), [(None, 20, 20), (30, 20, 20), (20, None, 20), (10, 20, 10)]
)
def test_the_smaller_of_both_limits_holds_for_mime(
    limit: int | None, truncation: int | None, length: int
) -> None:
    """TruncationSize of the preference and MIMETruncation of the Options (MS-ASCMD R3418)."""
    wanted = options(want(4, limit), mime=2, mime_truncation=truncation)
    assert len(choose(PLAIN_MAIL, wanted, V).octets) == length
    assert wish(wanted).source_bytes == length + 4


def test_mime_wanted_whole_gives_way_unless_it_is_signed() -> None:
    """MS-ASAIRS R78; an S/MIME message has no other form (MS-ASCMD R3409)."""
    wanted = options(want(2), want(4, 10, whole=True), mime=2)
    assert choose(HTML_MAIL, wanted, V).type is BodyType.HTML
    signed = choose(SIGNED, wanted, V)
    assert (signed.type, signed.data, signed.truncated) == (BodyType.MIME, "", True)


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (options(), BodyWish(text_bytes=None)),
        (options(want(1, 500)), BodyWish(text_bytes=504)),
        (options(want(1, 0)), BodyWish()),
        (options(want(2, 500)), BodyWish(text_bytes=504, html_bytes=504)),
        (options(want(1, 100), want(2, 500)), BodyWish(text_bytes=504, html_bytes=504)),
        (options(want(2), want(1, 9)), BodyWish(text_bytes=None, html_bytes=None)),
        (options(want(3, 77)), BodyWish(text_bytes=81)),
        (options(want(4)), BodyWish(text_bytes=None)),
        (options(want(4), mime=2), BodyWish(source_bytes=None)),
        (options(want(2, 9), want(4, 96), mime=2), BodyWish(source_bytes=100)),
        (options(want(2, 9), want(4), mime=1), BodyWish(text_bytes=13, html_bytes=13)),
        (
            options(want(1, 9), want(4, 96, whole=True), mime=2),
            BodyWish(text_bytes=13, source_bytes=100),
        ),
        (options(parts=(want(2, 96),)), BodyWish(text_bytes=100, html_bytes=100)),
    ],
)
def test_wish_is_what_may_be_sent_and_a_little_more(
    wanted: BodyOptions, expected: BodyWish
) -> None:
    """Nothing is read that cannot go out, but for the form that a mail turns out not to have."""
    assert wish(wanted) == expected


def test_source_of_signed_mail_is_read_when_it_turns_up() -> None:
    """Where MIME is for S/MIME only, its source is not read for every mail."""
    wanted = options(want(2, 9), want(4, 96), mime=1)
    unread = mail(html=HTML, message_class="IPM.Note.SMIME", record=None)
    lacking = MailItem(
        item=unread.item,
        folder=unread.folder,
        version=unread.version,
        received=unread.received,
        record=SIGNED.record,
        state=unread.state,
    )
    assert further_wish(lacking, wanted) == BodyWish(source_bytes=100)
    assert further_wish(SIGNED, wanted) is None
    assert further_wish(HTML_MAIL, wanted) is None
    assert further_wish(lacking, options(want(2))) is None
    assert further_wish(lacking, options(want(4, 0), mime=1)) is None


def test_page_made_of_a_text_escapes_it() -> None:
    """Plain text turned to HTML shows as it was and runs nothing."""
    body = choose(mail(text="1 < 2 & <script>"), options(want(2)), V)
    assert "1 &lt; 2 &amp; &lt;script&gt;" in str(body.data)
    assert body.size_bytes == len(body.octets)


def test_repr_shows_no_body() -> None:
    """Bodies pass through logs as sizes only."""
    assert "Grüße" not in repr(choose(HTML_MAIL, options(want(2)), V))


def test_size_of_a_page_that_was_not_made_is_estimated() -> None:
    """MS-ASAIRS R196, R197: an estimate, near to what the page turns out to be."""
    item = mail(text="word " * 5000)
    whole = choose(item, options(want(2)), V).size_bytes
    for octets in (b"", item.text[:500]):
        body = choose(replace(item, text=octets), options(want(2, 100)), V)
        assert body.truncated
        assert abs(body.size_bytes - whole) < whole / 2

"""The body of a contact, event, task or note: what goes out, what comes in."""

from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carbonio_mobile.eas.bodyoptions import BodyOptions, BodyPreference, BodyType
from carbonio_mobile.eas.items.faults import ItemFault
from carbonio_mobile.eas.status import SyncStatus
from carbonio_mobile.eas.textbody import MAX_BODY_CHARS, parse_text, text_body, text_elements
from carbonio_mobile.eas.version import Version
from carbonio_mobile.pim.text import Text
from carbonio_mobile.wbxml.codepages import (
    AirSync,
    AirSyncBase,
    Calendar,
    Contacts,
    Tasks,
)
from carbonio_mobile.wbxml.elements import Element
from carbonio_mobile.wbxml.tokens import Tag

V = Version.V16_1
PLAIN = Text(plain="Grüße aus Köln, " * 40)
HTML = Text(plain="Grüße aus Köln, " * 40, html="<p>" + "Grüße aus <b>Köln</b>, " * 40 + "</p>")
AFTER_12 = [version for version in Version if version >= Version.V12_0]


def want(kind: int, limit: int | None = None, *, whole: bool = False, preview: int = 0) -> object:
    return BodyPreference(
        type=BodyType(kind), truncation_bytes=limit, all_or_none=whole, preview_chars=preview
    )


def options(*preferences: object) -> BodyOptions:
    return BodyOptions(preferences=preferences)  # type: ignore[arg-type]  # made by want


def shown(text: Text, wanted: BodyOptions, version: Version = V) -> Element:
    return text_elements(text, wanted, version)[0]


def sent(*children: tuple[Tag, str | bytes | None]) -> Element:
    body = Element(AirSyncBase.Body, [Element(tag, said) for tag, said in children])
    return Element(AirSync.ApplicationData, [body])


def names(element: Element) -> list[str]:
    return [child.tag.name for child in element]


@pytest.mark.parametrize("version", AFTER_12)
@pytest.mark.parametrize(
    ("text", "wanted", "kind"),
    [
        (PLAIN, options(), 1),
        (HTML, options(), 1),
        (PLAIN, options(want(1)), 1),
        (PLAIN, options(want(2)), 2),
        (HTML, options(want(1)), 1),
        (HTML, options(want(2)), 2),
        (HTML, options(want(1), want(2)), 2),
        (PLAIN, options(want(2), want(1)), 1),
        (HTML, options(want(3)), 1),
        (HTML, options(want(4)), 1),
        (HTML, options(want(4), want(2)), 2),
    ],
)
def test_type_follows_wish_and_native_form(
    version: Version, text: Text, wanted: BodyOptions, kind: int
) -> None:
    """The native type first, else what is wanted; RTF and MIME are never made of a text.

    NativeBodyType tells the stored form, and differs from Type where the body was converted.
    MS-ASAIRS_R77 MS-ASAIRS_R105 MS-ASAIRS_R106 MS-ASAIRS_R113 MS-ASAIRS_R172 MS-ASAIRS_R174
    MS-ASAIRS_R178 MS-ASAIRS_R195 MS-ASAIRS_R203 MS-ASAIRS_R204 MS-ASAIRS_R231 MS-ASAIRS_R232
    MS-ASAIRS_R233 MS-ASAIRS_R235 MS-ASAIRS_R236 MS-ASAIRS_R237 MS-ASAIRS_R238 MS-ASAIRS_R241
    MS-ASAIRS_R2411 MS-ASAIRS_R2412 MS-ASAIRS_R277 MS-ASAIRS_R280 MS-ASAIRS_R300 MS-ASAIRS_R302
    MS-ASAIRS_R303 MS-ASAIRS_R304 MS-ASAIRS_R305 MS-ASAIRS_R308 MS-ASAIRS_R312 MS-ASAIRS_R313
    MS-ASAIRS_R386
    """
    body, native = text_elements(text, wanted, version)
    assert body.tag is AirSyncBase.Body
    assert body.value(AirSyncBase.Type) == str(kind)
    assert names(body) == ["Type", "EstimatedDataSize", "Data"]
    data = body.value(AirSyncBase.Data, "")
    assert ("<" in data) == (kind == 2)
    assert body.value(AirSyncBase.EstimatedDataSize) == str(len(data.encode()))
    assert native.tag is AirSyncBase.NativeBodyType
    assert native.string == ("2" if text.html else "1")
    assert not any(child.children for child in [*body, native])


@given(st.text(max_size=200), st.integers(0, 700), st.sampled_from([1, 2]), st.booleans())
def test_cut_body_is_the_longest_prefix_of_whole_characters(
    text: str, limit: int, kind: int, native_html: bool
) -> None:
    """The octets of the form that goes out are counted.

    MS-ASAIRS_R180 MS-ASAIRS_R202 MS-ASAIRS_R274 MS-ASAIRS_R276 MS-ASAIRS_R297
    """
    body = Text(plain=text, html=text if native_html else "")
    whole = text_body(body, options(want(kind)), V)
    cut = text_body(body, options(want(kind, limit)), V)
    assert cut.size_bytes == whole.size_bytes == len(whole.octets)
    assert whole.octets.startswith(cut.octets)
    assert cut.truncated == (len(cut.octets) < len(whole.octets))
    assert len(cut.octets) <= limit
    rest = whole.octets[len(cut.octets) :].decode()
    assert not rest or len(cut.octets) + len(rest[0].encode()) > limit
    element = shown(body, options(want(kind, limit)))
    assert element.has(AirSyncBase.Truncated) == cut.truncated
    assert "TruncationSize" not in names(element)


def test_all_or_none_gives_way_to_the_next_type() -> None:
    """HTML over 50 octets, all or none; text cut at 50. Nothing of it stands in the answer.

    MS-ASAIRS_R55 MS-ASAIRS_R74 MS-ASAIRS_R78 MS-ASAIRS_R80 MS-ASAIRS_R378 MS-ASAIRS_R379
    MS-ASAIRS_R381 MS-ASAIRS_R382 MS-ASAIRS_R421 MS-ASAIRS_R424
    """
    body = shown(HTML, options(want(2, 50, whole=True), want(1, 50)))
    assert names(body) == ["Type", "EstimatedDataSize", "Truncated", "Data"]
    assert body.value(AirSyncBase.Type) == "1"
    whole = shown(HTML, options(want(2, 9999, whole=True), want(1)))
    assert whole.value(AirSyncBase.Data) == HTML.html
    assert not whole.has(AirSyncBase.Truncated)


def test_nothing_that_fits_leaves_no_data() -> None:
    """Type and size are told, so that the device may fetch.

    MS-ASAIRS_R54 MS-ASAIRS_R373 MS-ASAIRS_R376 MS-ASAIRS_R377
    """
    body = shown(HTML, options(want(2, 50, whole=True), want(1, 50, whole=True)))
    assert names(body) == ["Type", "EstimatedDataSize", "Truncated"]
    assert body.value(AirSyncBase.EstimatedDataSize) == str(len(HTML.html.encode()))


@pytest.mark.parametrize("version", AFTER_12)
def test_previews_are_of_14_and_not_beside_text(version: Version) -> None:
    """A preview is plain text, of at most as many characters as wanted.

    MS-ASAIRS_R112 MS-ASAIRS_R248 MS-ASAIRS_R249 MS-ASAIRS_R250 MS-ASAIRS_R251 MS-ASAIRS_R252
    MS-ASAIRS_R1001036
    """
    beside = shown(HTML, options(want(1, preview=20)), version)
    assert not beside.has(AirSyncBase.Preview)
    page = shown(HTML, options(want(2, preview=20)), version)
    preview = page.value(AirSyncBase.Preview)
    if version < Version.V14_0:
        assert preview is None
    else:
        assert preview is not None
        assert 0 < len(preview) <= 20
        assert names(page) == ["Type", "EstimatedDataSize", "Data", "Preview"]
        cut = shown(HTML, options(want(1, 0, preview=20)), version)
        assert names(cut) == ["Type", "EstimatedDataSize", "Truncated", "Preview"]


@pytest.mark.parametrize("kind", [1, 2])
def test_no_text_is_a_body_without_data(kind: int) -> None:
    """Some clients crash on an empty Data (client-quirks.md 9.3).

    MS-ASAIRS_R105 MS-ASAIRS_R386
    """
    body = shown(Text(), options(want(kind, 100, preview=20)))
    assert names(body) == ["Type", "EstimatedDataSize"]
    assert body.value(AirSyncBase.EstimatedDataSize) == "0"


def test_a_page_alone_has_a_plain_form() -> None:
    """A stored page without its plain form is shown as text as well."""
    assert text_body(Text(html="<p>a<br>b"), options(want(1)), V).data == "a\r\nb"


@pytest.mark.parametrize(
    ("native", "others"),
    [
        (Tasks.Body, [Tasks.BodySize, Tasks.BodyTruncated]),
        (Contacts.Body, [Contacts.BodySize, Contacts.BodyTruncated]),
        (Calendar.Body, [Calendar.BodyTruncated]),
    ],
)
@pytest.mark.parametrize(
    ("limit", "said", "truncated"),
    [
        (None, "Gr\u00fc\u00df\r\ne", "0"),
        (7, "Gr\u00fc\u00df\r\ne", "0"),
        (3, "Gr\u00fc", "1"),
        (0, None, "1"),
    ],
)
def test_2_5_has_bodies_of_its_own(
    native: Tag, others: list[Tag], limit: int | None, said: str | None, truncated: str
) -> None:
    """MS-ASCMD R7347, R7356 to R7365: Truncation counts characters, 0 leaves all of them out."""
    wanted = BodyOptions(native_truncation=limit)
    elements = text_elements(Text(plain="Gr\u00fc\u00df\ne"), wanted, Version.V2_5, native=native)
    assert [one.tag for one in elements] == ([native] if said else []) + others
    by_tag = {one.tag: one.string for one in elements}
    assert by_tag.get(native) == said
    assert by_tag[others[-1]] == truncated
    assert by_tag.get(others[0]) == ("9" if len(others) == 2 else truncated)
    assert text_elements(Text(), wanted, Version.V2_5, native=native) == []
    assert text_elements(PLAIN, wanted, Version.V2_5) == []


@given(
    st.text(st.characters(exclude_characters="\0\r", exclude_categories=["Cs"]), max_size=100),
    st.sampled_from(AFTER_12),
)
def test_text_comes_back(plain: str, version: Version) -> None:
    """A device that sends back what it was shown changes nothing.

    MS-ASAIRS_R178 MS-ASAIRS_R304 MS-ASAIRS_R406
    """
    elements = text_elements(Text(plain=plain), options(), version)
    back = parse_text(Element(AirSync.ApplicationData, elements), version)
    assert back == (Text(plain=plain) if plain else None)
    native = text_elements(Text(plain=plain), options(), Version.V2_5, native=Tasks.Body)
    data = Element(AirSync.ApplicationData, native)
    assert parse_text(data, Version.V2_5, native=Tasks.Body) == back


T, D = AirSyncBase.Type, AirSyncBase.Data
RTF = b64encode(b"{\\rtf1\\ansi Gr\\'fc\\'dfe\\par next}").decode()


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (Element(AirSync.ApplicationData), None),
        (sent(), Text()),
        (sent((T, "1")), None),  # MS-ASCMD R878: without Data it stays
        (sent((T, "1"), (D, None)), Text()),
        (sent((T, "1"), (D, "a\r\nb\rc\0")), Text(plain="a\nb\nc")),
        (sent((T, "1"), (D, "Ä".encode())), Text(plain="Ä")),
        (sent((T, "2"), (D, "<p>a</p>")), Text(plain="a", html="<p>a</p>")),
        (sent((T, "3"), (D, RTF)), Text(plain="Grüße\nnext")),
        (sent((T, "3"), (D, "")), Text()),
        (sent((T, "1"), (AirSyncBase.Truncated, "1"), (D, "x")), Text(plain="x")),
        (sent((T, "1"), (AirSyncBase.Truncated, "0"), (D, "x")), Text(plain="x")),
        (sent((T, "1"), (AirSyncBase.EstimatedDataSize, "99"), (D, "x")), Text(plain="x")),
    ],
)
def test_bodies_as_they_come(data: Element, text: Text | None) -> None:
    """Types 1 to 3 are read, Truncated is not looked at, what is absent changes nothing.

    MS-ASAIRS_R115 MS-ASAIRS_R11500 MS-ASAIRS_R179 MS-ASAIRS_R239 MS-ASAIRS_R279 MS-ASAIRS_R306
    MS-ASAIRS_R406 MS-ASCMD_R878 MS-ASNOTE_R38 MS-ASNOTE_R39 MS-ASNOTE_R40
    """
    assert parse_text(data, V) == text


@pytest.mark.parametrize(
    "data",
    [
        sent((T, "4"), (D, "Subject: x\r\n\r\nx")),
        sent((T, "5"), (D, "x")),
        sent((D, "x")),
        sent((T, "3"), (D, "not base64!")),
        sent((T, "3"), (D, "bm8gcnRm")),
        sent((T, "1"), (D, "x" * (MAX_BODY_CHARS + 1))),
    ],
)
def test_bodies_that_cannot_be(data: Element) -> None:
    """MIME is no body of such an item, a body has a type, and there are bounds.

    MS-ASAIRS_R303 MS-ASAIRS_R307
    """
    with pytest.raises(ItemFault) as caught:
        parse_text(data, V)
    assert caught.value.status is SyncStatus.CONVERSION_ERROR

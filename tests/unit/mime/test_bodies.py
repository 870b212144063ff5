"""HTML to text, text to HTML, cutting and preview."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carbonio_mobile.mime.bodies import html_to_text, preview, text_to_html, truncate_utf8


@given(st.text(max_size=200), st.integers(-5, 400))
def test_cut_is_the_longest_whole_prefix(text: str, limit: int) -> None:
    """The cut decodes, is a prefix, fits, and one more character would not have fitted."""
    octets = text.encode("utf-8", "ignore")
    cut = truncate_utf8(octets, limit)
    assert octets.startswith(cut)
    assert len(cut) <= max(0, limit)
    kept = cut.decode("utf-8")
    if len(cut) < len(octets):
        following = octets.decode("utf-8")[len(kept)].encode("utf-8")
        assert len(cut) + len(following) > limit


@pytest.mark.parametrize(
    ("page", "text"),
    [
        ("", ""),
        ("<p>a</p><p>b</p>", "a\n\nb\n"),
        ("a<br>b<br><br>c", "a\nb\n\nc\n"),
        ("<ul><li>x<li>y</ul><ol><li>1<li>2</ol>", "* x\n* y\n\n1. 1\n2. 2\n"),
        ("<blockquote>a<blockquote>b</blockquote></blockquote>c", "> a\n>\n>> b\n\nc\n"),
        ("<a href='https://x.org/y'>there</a>.", "there <https://x.org/y>.\n"),
        ("<a href='https://x.org/'>x.org</a>", "x.org\n"),
        ("<a href='https://x.org/%s'>long</a>" % ("t" * 300), "long\n"),
        ("<a href='javascript:x()'>js</a>", "js\n"),
        ("<img src=x alt=pic>text", "text\n"),
        ("<script>a</script><style>b</style>c<!-- d -->e", "ce\n"),
        ("<div style='DISPLAY: none'>hidden</div>seen", "seen\n"),
        ("<pre>a\n  b</pre>", "a\n  b\n"),
        ("<table><tr><td>a<td>b<tr><td>c</table>", "a b\nc\n"),
        ("&lt;b&gt; &amp; &euro; &nbsp;", "<b> & €\n"),
        ("<?xml version='1.0' encoding='utf-16'?><p>x", "x\n"),
        ("a\0b", "ab\n"),
        ("<!-- only -->", ""),
        ("plain < text", "plain < text\n"),
        ("<p style='display:none'>a<b>b</b><p>c</p></p>d", "c\n\nd\n"),
        ("<div style='display:none'>a<div>b</div>c</div>d", "d\n"),
        ("<body>a</body></html><div>footer</div>", "a\nfooter\n"),
    ],
)
def test_pages_as_text(page: str, text: str) -> None:
    """Words keep their lines; markup, scripts and pictures go."""
    assert html_to_text(page).replace("\u00a0", "") == text


def test_page_nested_beyond_the_parser_keeps_its_words() -> None:
    """5,000 levels give the text all the same."""
    assert html_to_text("<div>" * 5000 + "deep" + "</div>" * 5000).strip() == "deep"


def test_page_in_pieces() -> None:
    """What the parser is fed in several pieces may be cut anywhere, inside a character too."""
    page, text = "perché größer 😀 &amp; <b>x</b>" * 3000, "perché größer 😀 & x" * 3000
    for head in ("", "a", "ab", "abc"):
        assert html_to_text(head + page) == f"{head}{text}\n"


def attributes(count: int) -> str:
    return "<p " + " ".join(f"a{n}=1" for n in range(count)) + ">"


# As costly as pages get: each of these took minutes a megabyte, or would if bounds were taken off.
COSTLY = {
    "attributes of one tag": attributes(100_000) + "x",
    "attributes without blanks": "<p" + "".join(f"/a{n}" for n in range(140_000)) + ">x",
    "attributes with brackets": "<p " + " ".join(f"a{n}='<>'" for n in range(45_000)) + ">x",
    "many tags of many attributes": attributes(1000) * 140 + "x",
    "end tags in depth": "<div>" * 1900 + "</b>" * 40_000 + "x",
    "end tags in too great a depth": "<div>" * 20_000 + "</b>" * 20_000 + "x",
    "tags": "<hr>" * 250_000 + "x",
}
GENEROUS_S = 3.0
"""Each takes 0.1 to 0.4 s."""


@pytest.mark.parametrize("name", COSTLY)
def test_cost_of_a_page_is_bounded(name: str) -> None:
    """A megabyte of the worst markup is laid out in well under a second, its words kept."""
    before = time.process_time()
    assert html_to_text(COSTLY[name]).strip("-\n") == "x"
    assert time.process_time() - before < GENEROUS_S


@given(st.text())
def test_any_text_is_a_page(page: str) -> None:
    """No text makes the conversion raise, and none leaves a lone surrogate or NUL."""
    found = html_to_text(page)
    assert "\0" not in found
    found.encode("utf-8")


def test_text_as_html_is_escaped_and_linked() -> None:
    """Markup in the text is shown, not obeyed; links can be followed; lines break."""
    page = text_to_html("<b>&\r\nsee https://x.org/?a=1&b=2. or www.y.org")
    assert "&lt;b&gt;&amp;<br>" in page
    assert '<a href="https://x.org/?a=1&amp;b=2">https://x.org/?a=1&amp;b=2</a>.' in page
    assert '<a href="http://www.y.org">www.y.org</a>' in page


@given(st.text(alphabet="ab <>&\"'\n.", max_size=60))
def test_text_survives_html_and_back(text: str) -> None:
    """The words of a text are those of its page."""
    assert html_to_text(text_to_html(text)).split() == text.split()


@pytest.mark.parametrize(
    ("text", "limit", "line"),
    [
        ("a  b\r\n c", 255, "a b c"),
        ("see <https://x.org/abc> now", 255, "see now"),
        ("[image: logo] hi", 255, "hi"),
        ("> quoted\nanswer", 255, "answer"),
        ("> only quoted", 255, "> only quoted"),
        ("x" * 300, 255, "x" * 255),
        ("----------\nafter", 255, "after"),
        ("", 255, ""),
        ("abc", 0, ""),
    ],
)
def test_preview(text: str, limit: int, line: str) -> None:
    """One line of words, at most so many characters (MS-ASAIRS R250)."""
    assert preview(text, limit) == line

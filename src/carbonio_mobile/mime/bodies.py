"""Bodies from one form to another: HTML to text, text to HTML, cut to a size, shown in a line.

Spec: MS-ASAIRS 2.2.2.9 (Body), 2.2.2.31 (Preview), 2.2.2.42 (TruncationSize).
"""

import html as stdlib_html
import re

from carbonio_mobile.mime.layout import BLANKS, LINES, PARAGRAPHS, lay_out

MAX_HTML_CHARS = 1 << 20
MAX_TAGS = 50_000

_TAG = re.compile(r"<(/?)([A-Za-z!?][A-Za-z0-9]{0,20})[^<>]{0,4000}>")
_URL = re.compile(r"\b(?:https?://|ftp://|www\.|mailto:)[^\s<>\"']{1,2000}", re.IGNORECASE)
_URL_END = ".,;:!?)]}'*_"
_PREVIEW_NOISE = re.compile(
    r"<?\b(?:https?|ftp)://\S{1,2000}|\[(?:image|cid|inline)[^\]\n]{0,200}\]|^[ \t]*>.*$"
    r"|[-_=*~#]{4,}",
    re.IGNORECASE | re.MULTILINE,
)
_TARGET = re.compile(
    r"[ \t]*(?:<(?:(?:https?|ftp)://|mailto:)[^<>\s]{0,2000}(?:>|$)"
    r"|\[(?:image|cid|inline)[^\]\n]{0,200}(?:\]|$)|<[a-z:/]{0,8}$)",
    re.IGNORECASE,
)
_SPACES = re.compile(r"[\s\u00ad\u034f\u200b-\u200f\u2060\ufeff]+")

_PAGE = (
    '<html><head><meta http-equiv="Content-Type" content="text/html; charset=utf-8"></head>'
    '<body><div style="font-family: sans-serif; white-space: pre-wrap">{}</div></body></html>'
)


def html_to_text(html: str) -> str:
    """Lay a page out as plain text with LF line ends. Never raises, never gives markup.

    Of a page longer than ``MAX_HTML_CHARS`` only the beginning is laid out; one of more than
    ``MAX_TAGS`` tags only loses them, which costs a quarter.
    """
    html = html[:MAX_HTML_CHARS].replace("\0", "")
    if not html.strip():
        return ""
    laid_out = lay_out(html) if html.count("<") <= MAX_TAGS else None
    return _stripped(html) if laid_out is None else laid_out


def text_to_html(text: str) -> str:
    """Make a page that shows the text as it stands, its links to be followed."""
    return _PAGE.format(text_to_fragment(text))


def text_to_fragment(text: str) -> str:
    """Escape a text for the inside of a page: links clickable, line breaks as ``<br>``."""
    out: list[str] = []
    at = 0
    for found in _URL.finditer(text):
        url = found.group().rstrip(_URL_END)
        out.append(stdlib_html.escape(text[at : found.start()]))
        target = f"http://{url}" if url.lower().startswith("www.") else url
        out.append(f'<a href="{stdlib_html.escape(target)}">{stdlib_html.escape(url)}</a>')
        at = found.start() + len(url)
    out.append(stdlib_html.escape(text[at:]))
    return "".join(out).replace("\r\n", "\n").replace("\r", "\n").replace("\n", "<br>\r\n")


def truncate_utf8(octets: bytes, limit: int) -> bytes:
    """Cut UTF-8 to at most ``limit`` octets, never inside a character."""
    if len(octets) <= limit:
        return octets
    cut = max(0, limit)
    while cut > 0 and cut > limit - 4 and octets[cut] & 0xC0 == 0x80:
        cut -= 1
    return octets[:cut]


def without_targets(text: str) -> str:
    """Take out what a page's layout says of where links lead and of images, also one cut short."""
    return _TARGET.sub("", text)


def preview(text: str, limit: int = 255) -> str:
    """Give the first words of a text on one line: no links, no quoted lines, blanks collapsed."""
    head = text[: max(4096, limit * 8)]
    # None of the noise goes beyond its line: what the first lines give is how all of it begins.
    line = _on_one_line(head[: head.find("\n", limit + limit // 4) + 1])
    if len(line) < limit:
        line = _on_one_line(head) or _SPACES.sub(" ", head).strip()
    return line[:limit].rstrip()


def _on_one_line(text: str) -> str:
    return _SPACES.sub(" ", _PREVIEW_NOISE.sub(" ", text)).strip()


def _stripped(html: str) -> str:
    """Take the tags off a page that cannot be parsed, and what scripts and styles hold."""
    out: list[str] = []
    at, silent = 0, 0
    html = _without_comments(html)
    for tag in _TAG.finditer(html):
        if silent == 0:
            out.append(html[at : tag.start()])
        name = tag[2].lower()
        if name in ("script", "style", "head"):
            silent = max(0, silent + (-1 if tag[1] else 1))
        elif name in LINES or name in PARAGRAPHS or name == "br":
            out.append("\n")
        at = tag.end()
    out.append("" if silent else html[at:])
    lines = (BLANKS.sub(" ", line).strip() for line in "".join(out).split("\n"))
    return stdlib_html.unescape("\n".join(line for line in lines if line))


def _without_comments(html: str) -> str:
    out: list[str] = []
    at = 0
    while (opened := html.find("<!--", at)) >= 0:
        out.append(html[at:opened])
        closed = html.find("-->", opened)
        at = closed + 3 if closed >= 0 else len(html)
    return "".join(out) + html[at:]

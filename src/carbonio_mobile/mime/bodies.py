"""Bodies from one form to another: HTML to text, text to HTML, cut to a size, shown in a line.

lxml parses the page as a browser would; the text is laid out for mail: no columns, for most tables
of mails are layout, links after their words, quotes marked.

Spec: MS-ASAIRS 2.2.2.9 (Body), 2.2.2.31 (Preview), 2.2.2.42 (TruncationSize).
"""

import html as stdlib_html
import re

from lxml import etree

MAX_HTML_CHARS = 2 << 20
MAX_QUOTE_DEPTH = 20
MAX_SHOWN_LINK = 120
MAX_LINK_PIECES = 100

# fmt: off
_SKIPPED = frozenset((
    "script", "style", "head", "title", "noscript", "template", "object", "applet", "iframe", "svg",
    "math", "select",
))
_PARAGRAPHS = frozenset((
    "p", "h1", "h2", "h3", "h4", "h5", "h6", "table", "ul", "ol", "dl", "blockquote", "pre", "hr",
    "figure",
))
_LINES = frozenset((
    "div", "tr", "li", "dt", "dd", "address", "article", "aside", "section", "header", "footer",
    "nav", "main", "center", "form", "fieldset", "caption", "legend", "tbody", "thead", "tfoot",
    "body", "html",
))
# fmt: on
_BLANKS = re.compile(r"[ \t\r\n\f\u200b]+")
_TAG = re.compile(r"<(/?)([A-Za-z!?][A-Za-z0-9]{0,20})[^<>]{0,4000}>")
_URL = re.compile(r"\b(?:https?://|ftp://|www\.|mailto:)[^\s<>\"']{1,2000}", re.IGNORECASE)
_SHOWN_LINK = re.compile(r"^(?:https?|ftp|mailto|tel):", re.IGNORECASE)
_URL_END = ".,;:!?)]}'*_"
_PREVIEW_NOISE = re.compile(
    r"<?\b(?:https?|ftp)://\S{1,2000}|\[(?:image|cid|inline)[^\]\n]{0,200}\]|^[ \t]*>.*$"
    r"|[-_=*~#]{4,}",
    re.IGNORECASE | re.MULTILINE,
)
_SPACES = re.compile(r"[\s\u00ad\u034f\u200b-\u200f\u2060\ufeff]+")

_PAGE = (
    '<html><head><meta http-equiv="Content-Type" content="text/html; charset=utf-8"></head>'
    '<body><div style="font-family: sans-serif; white-space: pre-wrap">{}</div></body></html>'
)


class _Layout:
    """Lines of text in the making: collapsed blanks, pending line breaks, quote marks."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.pieces: list[str] = []
        self.blank = True
        self.quotes = 0
        self.preformatted = 0

    def say(self, text: str) -> None:
        if self.preformatted:
            first, *rest = text.split("\n")
            self.put(first)
            for line in rest:
                self.end_line()
                self.put(line)
            return
        text = _BLANKS.sub(" ", text)
        self.put(text.lstrip(" ") if self.blank else text)

    def put(self, text: str) -> None:
        if text:
            self.pieces.append(text)
            self.blank = text.endswith(" ")

    def end_line(self) -> None:
        mark = ">" * min(self.quotes, MAX_QUOTE_DEPTH)
        line = "".join(self.pieces).rstrip()
        self.lines.append(f"{mark} {line}".rstrip() if mark else line)
        self.pieces, self.blank = [], True

    def fresh_line(self) -> None:
        if self.has_words():
            self.end_line()
        self.pieces, self.blank = [], True

    def has_words(self) -> bool:
        return any(not piece.isspace() for piece in self.pieces)

    def fresh_paragraph(self) -> None:
        self.fresh_line()
        if self.lines and self.lines[-1].strip("> "):
            self.end_line()
        elif self.lines:
            self.lines[-1] = ">" * min(self.quotes, MAX_QUOTE_DEPTH)

    def text(self) -> str:
        self.fresh_line()
        return "\n".join(self.lines).strip("\n") + "\n" if any(self.lines) else ""


def html_to_text(html: str) -> str:
    """Lay a page out as plain text with LF line ends. Never raises, never gives markup.

    Of a page longer than ``MAX_HTML_CHARS`` only the beginning is laid out.
    """
    html = html[:MAX_HTML_CHARS].replace("\0", "")
    if not html.strip():
        return ""
    root = _parsed(html)
    return _stripped(html) if root is None else _lay_out(root)


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


def preview(text: str, limit: int = 255) -> str:
    """Give the first words of a text on one line: no links, no quoted lines, blanks collapsed."""
    head = text[: max(4096, limit * 8)]
    line = _SPACES.sub(" ", _PREVIEW_NOISE.sub(" ", head)).strip()
    if not line:
        line = _SPACES.sub(" ", head).strip()
    return line[:limit].rstrip()


def _parser() -> etree.HTMLParser:
    # A fresh one each time: a parser of lxml keeps the errors of the last page.
    return etree.HTMLParser(
        encoding="utf-8", recover=True, no_network=True, huge_tree=True, remove_pis=True
    )


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
        elif name in _LINES or name in _PARAGRAPHS or name == "br":
            out.append("\n")
        at = tag.end()
    out.append("" if silent else html[at:])
    lines = (_BLANKS.sub(" ", line).strip() for line in "".join(out).split("\n"))
    return stdlib_html.unescape("\n".join(line for line in lines if line))


def _without_comments(html: str) -> str:
    out: list[str] = []
    at = 0
    while (opened := html.find("<!--", at)) >= 0:
        out.append(html[at:opened])
        closed = html.find("-->", opened)
        at = closed + 3 if closed >= 0 else len(html)
    return "".join(out) + html[at:]


def _parsed(html: str) -> etree._Element | None:
    """Parse a page; None where nothing, or not all of it, can be had that way."""
    parser = _parser()
    try:
        root = etree.fromstring(html.encode("utf-8", "replace"), parser)
    except (etree.XMLSyntaxError, ValueError, AssertionError):
        return None
    # Beyond 2048 levels libxml2 gives up and loses what is inside.
    too_deep = any(one.type_name == "ERR_RESOURCE_LIMIT" for one in parser.error_log)
    return None if too_deep else root


def _lay_out(root: etree._Element) -> str:
    layout = _Layout()
    walk = etree.iterwalk(root, events=("start", "end", "comment"))
    counters: list[int] = []
    links: list[tuple[str, int]] = []
    for event, node in walk:
        tag = node.tag if isinstance(node.tag, str) else ""
        if event == "start":
            if tag in _SKIPPED or _hidden(node):
                walk.skip_subtree()
                continue
            _start(layout, node, tag, counters, links)
            if node.text:
                layout.say(node.text)
        elif event == "end":
            if tag not in _SKIPPED and not _hidden(node):
                _end(layout, tag, counters, links)
            if node.tail:
                layout.say(node.tail)
        elif node.tail:
            layout.say(node.tail)
    return layout.text()


def _hidden(node: etree._Element) -> bool:
    """Find the preheaders that newsletters hide before their first line."""
    style = node.get("style")
    return style is not None and "display:none" in style.replace(" ", "").lower()


def _start(
    layout: _Layout,
    node: etree._Element,
    tag: str,
    counters: list[int],
    links: list[tuple[str, int]],
) -> None:
    if tag == "br":
        layout.end_line()
    elif tag in _PARAGRAPHS:
        layout.fresh_paragraph()
    elif tag in _LINES:
        layout.fresh_line()
    if tag == "a":
        links.append((node.get("href") or "", len(layout.pieces)))
    elif tag == "blockquote":
        layout.quotes += 1
    elif tag == "pre":
        layout.preformatted += 1
    elif tag in ("ul", "ol"):
        counters.append(0 if tag == "ul" else 1)
    elif tag == "li":
        layout.put(_bullet(counters))
    elif tag == "hr":
        layout.say("----------")
        layout.end_line()
    elif tag in ("td", "th") and layout.pieces:
        layout.say(" ")


def _end(layout: _Layout, tag: str, counters: list[int], links: list[tuple[str, int]]) -> None:
    if tag == "a" and links:
        _say_link(layout, *links.pop())
    elif tag == "pre":
        layout.preformatted -= 1
    elif tag in ("ul", "ol") and counters:
        counters.pop()
    if tag == "blockquote":
        layout.fresh_line()
        layout.quotes -= 1
    if tag in _PARAGRAPHS:
        layout.fresh_paragraph()
    elif tag in _LINES:
        layout.fresh_line()


def _bullet(counters: list[int]) -> str:
    indent = "  " * max(0, min(len(counters), 10) - 1)
    if not counters or counters[-1] == 0:
        return f"{indent}* "
    counters[-1] += 1
    return f"{indent}{counters[-1] - 1}. "


def _say_link(layout: _Layout, target: str, since: int) -> None:
    """Put the target after the words of a link, where the words do not say it already."""
    target = target.strip()
    if len(layout.pieces) - since > MAX_LINK_PIECES:
        return
    words = "".join(layout.pieces[since:]).strip()
    bare = target.removeprefix("mailto:")
    if not words or not _SHOWN_LINK.match(target) or len(target) > MAX_SHOWN_LINK:
        return
    shown = words.rstrip("/").lower()
    if bare.rstrip("/").lower() in (shown, f"http://{shown}", f"https://{shown}"):
        return
    layout.say(f" <{bare}>")

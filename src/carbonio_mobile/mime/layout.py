"""A page of HTML laid out as lines of text: no columns, links after their words, quotes marked.

lxml parses the page as a browser would. There are no columns because most tables of mails are for
the looks.

Spec: none.
"""

import re
from collections.abc import Mapping

from lxml import etree

MAX_DEPTH = 2000
MAX_QUOTE_DEPTH = 20
MAX_SHOWN_LINK = 120
MAX_LINK_PIECES = 100
_FED_BYTES = 16 * 1024

# fmt: off
_SKIPPED = frozenset((
    "script", "style", "head", "title", "noscript", "template", "object", "applet", "iframe", "svg",
    "math", "select",
))
PARAGRAPHS = frozenset((
    "p", "h1", "h2", "h3", "h4", "h5", "h6", "table", "ul", "ol", "dl", "blockquote", "pre", "hr",
    "figure",
))
LINES = frozenset((
    "div", "tr", "li", "dt", "dd", "address", "article", "aside", "section", "header", "footer",
    "nav", "main", "center", "form", "fieldset", "caption", "legend", "tbody", "thead", "tfoot",
    "body", "html",
))
# fmt: on
BLANKS = re.compile(r"[ \t\r\n\f\u200b]+")
_SHOWN_LINK = re.compile(r"^(?:https?|ftp|mailto|tel):", re.IGNORECASE)


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
        text = BLANKS.sub(" ", text)
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


class _TooDeep(Exception):
    """Stops the parser."""


class _Page:
    """What the parser calls while it reads: elements and texts become lines at once.

    A tree is not made of them: to hang the attributes of one tag into it takes libxml2 the square
    of their number (1 MiB of attributes: 76 s).
    """

    def __init__(self) -> None:
        self.layout = _Layout()
        self.counters: list[int] = []
        self.links: list[tuple[str, int]] = []
        self.depth = 0
        self.shown_above = MAX_DEPTH + 1  # elements deeper than this are inside a hidden one

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise _TooDeep
        if self.depth > self.shown_above:
            return
        if tag in _SKIPPED or _hidden(attributes.get("style")):
            self.shown_above = self.depth - 1
            return
        layout = self.layout
        if tag == "br":
            layout.end_line()
        elif tag in PARAGRAPHS:
            layout.fresh_paragraph()
        elif tag in LINES:
            layout.fresh_line()
        if tag == "a":
            self.links.append((attributes.get("href") or "", len(layout.pieces)))
        elif tag == "blockquote":
            layout.quotes += 1
        elif tag == "pre":
            layout.preformatted += 1
        elif tag in ("ul", "ol"):
            self.counters.append(0 if tag == "ul" else 1)
        elif tag == "li":
            layout.put(_bullet(self.counters))
        elif tag == "hr":
            layout.say("----------")
            layout.end_line()
        elif tag in ("td", "th") and layout.pieces:
            layout.say(" ")

    def end(self, tag: str) -> None:
        self.depth -= 1
        if self.depth >= self.shown_above:
            if self.depth == self.shown_above:
                self.shown_above = MAX_DEPTH + 1
            return
        layout = self.layout
        if tag == "a" and self.links:
            _say_link(layout, *self.links.pop())
        elif tag == "pre":
            layout.preformatted -= 1
        elif tag in ("ul", "ol") and self.counters:
            self.counters.pop()
        if tag == "blockquote":
            layout.fresh_line()
            layout.quotes -= 1
        if tag in PARAGRAPHS:
            layout.fresh_paragraph()
        elif tag in LINES:
            layout.fresh_line()

    def words(self, text: str) -> None:
        if self.depth <= self.shown_above:
            self.layout.say(text)

    data = words  # which is what lxml calls

    def comment(self, _text: str) -> None:
        """Leave comments out."""

    def close(self) -> str:
        return self.layout.text()


def lay_out(html: str) -> str | None:
    """Give the lines of a page; None where nothing, or not all of it, can be had that way.

    The time it takes grows as the page does, and with ``MAX_DEPTH``.
    """
    # A fresh one each time: a parser of lxml keeps the errors of the last page.
    # The stubs ask for methods that lxml takes as optional.
    parser = etree.HTMLParser(  # type: ignore[call-overload]
        target=_Page(),
        encoding="utf-8",
        recover=True,
        no_network=True,
        huge_tree=True,
        remove_pis=True,
    )
    octets = html.encode("utf-8", "replace")
    try:
        # In pieces, for only between them does the parser mind what the page raised.
        for at in range(0, len(octets), _FED_BYTES):
            parser.feed(octets[at : at + _FED_BYTES])
        text: str = parser.close()
    except (_TooDeep, etree.XMLSyntaxError, ValueError, AssertionError):
        return None
    return text


def _hidden(style: str | None) -> bool:
    """Find the preheaders that newsletters hide before their first line."""
    return style is not None and "display:none" in style.replace(" ", "").lower()


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

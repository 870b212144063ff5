"""``Element``: one node of the tree that travels as WBXML.

Spec: MS-ASWBXML 2.1.3; MS-ASDTYPE 2.7.1 (byte arrays travel as OPAQUE).
"""

from collections.abc import Iterator, Sequence
from typing import overload

from carbonio_mobile.wbxml.tokens import Tag


class Element:
    """A tag with text, with octets, with children, or empty.

    ``text`` is a str (inline string), bytes (OPAQUE) or None; ``children`` is empty when there is
    text. An empty str is no content, as on the wire. Comparison is by structure. The ``repr``
    never shows text: bodies and passwords pass through here.
    """

    __slots__ = ("children", "tag", "text")

    tag: Tag
    text: str | bytes | None
    children: "list[Element]"

    def __init__(
        self, tag: Tag, content: "str | bytes | Sequence[Element | None] | None" = None
    ) -> None:
        """Take text, OPAQUE octets, or children; None among the children is left out."""
        self.tag = tag
        if content is None:
            self.text = None
            self.children = []
        elif isinstance(content, str):
            self.text = content or None
            self.children = []
        elif isinstance(content, bytes):
            self.text = content
            self.children = []
        else:
            self.text = None
            self.children = [child for child in content if child is not None]

    def find(self, tag: Tag) -> "Element | None":
        """Return the first direct child of that tag."""
        for child in self.children:
            if child.tag is tag:
                return child
        return None

    def find_all(self, tag: Tag) -> "list[Element]":
        """Return the direct children of that tag, in order."""
        return [child for child in self.children if child.tag is tag]

    def has(self, tag: Tag) -> bool:
        """Tell whether a direct child of that tag is there, empty or not."""
        return self.find(tag) is not None

    @overload
    def value(self, tag: Tag, default: str) -> str: ...
    @overload
    def value(self, tag: Tag, default: None = None) -> str | None: ...
    def value(self, tag: Tag, default: str | None = None) -> str | None:
        """Return the text of the first direct child of that tag: '' when the child is empty."""
        for child in self.children:
            if child.tag is tag:
                return child.string
        return default

    @property
    def string(self) -> str:
        """The element's own text, '' when it has none; octets are read as UTF-8 with U+FFFD."""
        text = self.text
        if isinstance(text, bytes):
            return text.decode("utf-8", "replace")
        return text or ""

    @property
    def octets(self) -> bytes:
        """The element's own text as octets, b'' when it has none; a str becomes UTF-8."""
        text = self.text
        if isinstance(text, bytes):
            return text
        return (text or "").encode("utf-8", "replace")

    def __iter__(self) -> "Iterator[Element]":
        return iter(self.children)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Element):
            return NotImplemented
        pairs = [(self, other)]
        while pairs:
            left, right = pairs.pop()
            if left.tag is not right.tag or left.text != right.text:
                return False
            if len(left.children) != len(right.children):
                return False
            pairs += zip(left.children, right.children, strict=True)
        return True

    __hash__ = None  # type: ignore[assignment]  # mutable; how Python spells "unhashable"

    def __repr__(self) -> str:
        if self.children:
            return f"<{self.tag} {len(self.children)} children>"
        if self.text is None:
            return f"<{self.tag} empty>"
        return f"<{self.tag} {type(self.text).__name__}[{len(self.text)}]>"

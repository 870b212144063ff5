"""An element tree as indented text for logs and eyes; never parsed again."""

from collections.abc import Callable
from typing import Final

from carbonio_mobile.wbxml.elements import Element
from carbonio_mobile.wbxml.tokens import Tag

_OPAQUE_SHOWN_BYTES: Final = 16


def dump(root: Element, *, redact: Callable[[Tag], bool] | None = None, width: int = 120) -> str:
    """Return the tree, one line an element, XML-like, without a closing line feed.

    Names carry their namespace where it differs from the parent's. Text longer than ``width``
    characters is cut and its length stated; line ends and controls are escaped, so that text
    cannot look like further lines; octets show their number and the first few in hex. Of an
    element for which ``redact`` is true only the size is shown, of its children nothing.
    """
    lines: list[str] = []
    waiting: list[tuple[Element | str, str, int]] = [(root, "", 0)]
    while waiting:
        element, namespace, level = waiting.pop()
        indent = "  " * level
        if isinstance(element, str):
            lines.append(f"{indent}</{element}>")
            continue
        tag = element.tag
        name = tag.name if tag.namespace == namespace else repr(tag)
        if redact is not None and redact(tag):
            lines.append(f"{indent}<{name}>{_size(element)}</{name}>")
        elif element.children:
            lines.append(f"{indent}<{name}>")
            waiting.append((name, "", level))
            waiting += [(child, tag.namespace, level + 1) for child in reversed(element.children)]
        elif element.text is None:
            lines.append(f"{indent}<{name}/>")
        else:
            lines.append(f"{indent}<{name}>{_shown(element.text, width)}</{name}>")
    return "\n".join(lines)


def _size(element: Element) -> str:
    if element.children:
        return f"[{len(element.children)} elements]"
    return f"[{len(element.octets)} bytes]"


def _shown(text: str | bytes, width: int) -> str:
    if isinstance(text, bytes):
        more = "…" if len(text) > _OPAQUE_SHOWN_BYTES else ""
        return f"opaque[{len(text)}] {text[:_OPAQUE_SHOWN_BYTES].hex()}{more}"
    shown = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text[:width])
    return shown if len(text) <= width else f"{shown}… [{len(text)} characters]"

"""Single values among the elements that a device sends: numbers, times, names; what is not one.

Spec: MS-ASDTYPE 2.3 (dateTime), 2.6 (integer), 2.8 (unsignedByte).
"""

from collections.abc import Container

from carbonio_mobile.eas.items.faults import ItemFault
from carbonio_mobile.eas.times import parse_datetime
from carbonio_mobile.wbxml.elements import Element
from carbonio_mobile.wbxml.tokens import Tag

MAX_CATEGORIES = 300
MAX_CATEGORY_CHARS = 255
MAX_NUMBER = 0xFFFFFFFF


def number(parent: Element, tag: Tag, allowed: Container[int]) -> int | None:
    """Read a number, None where the element is absent or empty.

    Raises: ItemFault for what is no number among the allowed ones.
    """
    text = parent.value(tag, "").strip()
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 10) or int(text) not in allowed:
        raise ItemFault(f"{tag} is none of its numbers")
    return int(text)


def moment(parent: Element, tag: Tag) -> float | None:
    """Read a time as seconds UTC, None where absent or empty. Raises: ItemFault for no time."""
    text = parent.value(tag, "").strip()
    if not text:
        return None
    try:
        return parse_datetime(text)
    except ValueError as exc:
        raise ItemFault(f"{tag} is no time") from exc


def text(parent: Element, tag: Tag, limit: int) -> str | None:
    """Read a text, None where absent, '' where empty. Raises: ItemFault beyond ``limit``."""
    found = parent.value(tag)
    if found is not None and len(found) > limit:
        raise ItemFault(f"{tag} is too long")
    return found


def categories(parent: Element, container: Tag, child: Tag) -> tuple[str, ...]:
    """Read a list of names, each once, in the order sent; none where it is absent or empty.

    Raises: ItemFault for more than 300, for one of more than 255 characters, for another child.
    """
    found = parent.find(container)
    if found is None:
        return ()
    if len(found.children) > MAX_CATEGORIES:
        raise ItemFault("more than 300 categories")
    names: dict[str, None] = {}
    for one in found:
        name = one.string.strip()
        if one.tag is not child or len(name) > MAX_CATEGORY_CHARS:
            raise ItemFault("a category that is none, or is too long")
        if name:
            names[name] = None
    return tuple(names)


def category_elements(container: Tag, child: Tag, names: tuple[str, ...]) -> list[Element]:
    """Give the container, or nothing where there are no names."""
    if not names:
        return []
    return [Element(container, [Element(child, name) for name in names[:MAX_CATEGORIES]])]

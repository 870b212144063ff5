"""Reading typed values out of request elements.

Spec: MS-ASDTYPE 2.1 (boolean, integer), 2.7 (string).
"""

from carbonio_mobile.errors import ProtocolError
from carbonio_mobile.ids import FolderId, ServerId
from carbonio_mobile.wbxml import Element, Tag

ID_LENGTH = 64
DIGITS_MAX = 20


def required(parent: Element, tag: Tag) -> str:
    """Give the text of a child that must be there and not be empty. Raises: ProtocolError."""
    text = parent.value(tag)
    if not text:
        raise ProtocolError(f"{parent.tag.name} without {tag.name}")
    return text


def integer(parent: Element, tag: Tag, *, low: int = 0, high: int = 2**32 - 1) -> int | None:
    """Give a child as a number within bounds; None where it is missing or empty.

    Raises: ProtocolError.
    """
    text = parent.value(tag, "").strip()
    if not text:
        return None
    is_number = text.isascii() and text.isdigit() and len(text) <= DIGITS_MAX
    if not is_number or not low <= int(text) <= high:
        raise ProtocolError(f"{tag.name} out of range", expected=f"{low} to {high}")
    return int(text)


def boolean(parent: Element, tag: Tag) -> bool | None:
    """Give a child as a boolean: an empty element is true; None where the child is missing.

    Raises: ProtocolError.
    """
    child = parent.find(tag)
    if child is None:
        return None
    text = child.string.strip()
    if text not in ("", "0", "1"):
        raise ProtocolError(f"{tag.name} is no boolean", expected="0 or 1")
    return text != "0"


def identity(parent: Element, tag: Tag) -> str:
    """Give the text of an id that must be there, at most 64 characters. Raises: ProtocolError."""
    text = required(parent, tag)
    if len(text) > ID_LENGTH:
        raise ProtocolError(f"{tag.name} too long", expected=f"{ID_LENGTH} characters")
    return text


def folder_id(parent: Element, tag: Tag) -> FolderId:
    """Give a folder's id. Raises: ProtocolError."""
    return FolderId(identity(parent, tag))


def server_id(text: str) -> ServerId | None:
    """Give an item's id, or None for one that this server never issued."""
    try:
        return ServerId.parse(text)
    except ValueError:
        return None

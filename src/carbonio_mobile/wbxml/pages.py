"""From a token byte on a code page to its ``Tag``, for known and unknown tokens alike.

Spec: WBXML 1.3, 5.8.4.7; MS-ASWBXML 2.1.2.1.
"""

from functools import cache

from carbonio_mobile.wbxml.codepages import BY_TOKEN, PAGES
from carbonio_mobile.wbxml.tokens import FIRST_TAG, HAS_CONTENT, LAST_TAG, PAGE_COUNT, Tag


@cache
def tags_of_page(page: int) -> tuple[Tag | None, ...]:
    """The tags of a code page, indexed by the byte on the wire; None where no tag stands.

    256 entries: a tag is found under its token with and without the content bit. A token that no
    specification names gets a placeholder such as ``AirSync:0x2F`` or ``page99:0x05``, the same
    object each time (256 pages of 59 tokens at most).
    """
    if not 0 <= page < PAGE_COUNT:
        raise ValueError(f"{page} is no code page")
    namespace = PAGES[page].__name__ if page < len(PAGES) else f"page{page}"
    entries: list[Tag | None] = [None] * 256
    for token in range(FIRST_TAG, LAST_TAG + 1):
        known = BY_TOKEN.get((page, token))
        tag = known or Tag(namespace, f"0x{token:02X}", page, token)
        entries[token] = entries[token | HAS_CONTENT] = tag
    return tuple(entries)


def tag_of(page: int, token: int) -> Tag:
    """The tag of a six-bit token (0x05 to 0x3F) on a page (0 to 255), placeholder or not."""
    if not FIRST_TAG <= token <= LAST_TAG:
        raise ValueError(f"{token:#04x} is no tag token")
    tag = tags_of_page(page)[token]
    assert tag is not None
    return tag

"""What a device may change of a mail that is no draft: Read, Flag, Categories, and nothing else.

Spec: MS-ASEMAIL 3.1.5.4 (R41), 2.2.2.58 (Read), 2.2.2.16 (Categories).
"""

from carbonio_mobile.eas.items.faults import ItemFault
from carbonio_mobile.eas.items.followup import parse_flag
from carbonio_mobile.eas.version import Version, knows
from carbonio_mobile.mime.mailitem import ClearFollowUp, FollowUp, MailPatch
from carbonio_mobile.wbxml.codepages import Email
from carbonio_mobile.wbxml.elements import Element

MAX_CATEGORIES = 300
MAX_CATEGORY_CHARS = 255


def parse_change(data: Element, version: Version, *, message_class: str = "IPM.Note") -> MailPatch:
    """Read the ApplicationData of a Change of a mail.

    ``message_class`` is the mail's own, for meeting requests are flagged by fewer properties.
    Raises: ItemFault (status 6) for what the mail's state does not hold (MS-ASEMAIL R347, R648,
    R723), and for values that break a rule (R643, R757).
    """
    read: bool | None = None
    follow_up: FollowUp | ClearFollowUp | None = None
    categories: tuple[str, ...] | None = None
    for child in data:
        if not knows(version, child.tag):
            raise ItemFault(f"{child.tag} of a mail in version {version.text}")
        if child.tag is Email.Read:
            read = parse_read(child)
        elif child.tag is Email.Flag:
            follow_up = parse_flag(child, message_class=message_class)
        elif child.tag is Email.Categories:
            categories = parse_categories(child)
        else:
            raise ItemFault(f"{child.tag} of a mail cannot be changed")
    return MailPatch(read=read, follow_up=follow_up, categories=categories)


def parse_read(element: Element) -> bool:
    """Read the boolean Read. Raises: ItemFault for anything but 0 and 1 (MS-ASEMAIL R643)."""
    text = element.string.strip()
    if text not in ("0", "1"):
        raise ItemFault("Read is no boolean")
    return text == "1"


def parse_categories(element: Element) -> tuple[str, ...]:
    """Read Categories, each name once, in the order sent; empty takes all off (MS-ASEMAIL R319).

    Raises: ItemFault for more than 300 (R324), for one of more than 255 characters, and for
    another child.
    """
    if len(element.children) > MAX_CATEGORIES:
        raise ItemFault("more than 300 categories")
    names: dict[str, None] = {}
    for child in element:
        if child.tag is not Email.Category:
            raise ItemFault(f"{child.tag} among categories")
        name = child.string.strip()
        if len(name) > MAX_CATEGORY_CHARS:
            raise ItemFault("a category is too long")
        if name:
            names[name] = None
    return tuple(names)

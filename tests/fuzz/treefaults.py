"""Faults put into the element trees of devices, for the fuzz tests."""

import random
from base64 import b64encode
from collections.abc import Sequence

from carbonio_mobile.wbxml import Element, Tag
from carbonio_mobile.wbxml.codepages import (
    AirSync,
    AirSyncBase,
    Calendar,
    Contacts,
    Contacts2,
    Email,
    Email2,
    Notes,
    Tasks,
)

ZONE = b64encode(bytes(172)).decode()
TEXTS: tuple[str | bytes | None, ...] = (
    *("", " ", "-1", "0", "1", "2", "4", "7", "255", "999", "1e5", "NaN", "٣", "9" * 25),
    *("00010101T000000Z", "99991231T235959Z", "19691231T235959Z", "20270231T000000Z"),
    *("20270118T090000Z", "2027-01-18T09:00:00.000Z", "0001-01-01T00:00:00.000Z"),
    *(ZONE, b64encode(b"\xff" * 172).decode(), b64encode(bytes(range(172))).decode(), "QUJD"),
    *(
        "é" * 50,
        "x" * 40_000,
        "a\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\n",
        'a,b;c\\n:"^n\t',
        "a\x01\ufffe",
    ),
    *("john@example.com", "mailto:mary@example.com", '"x" <a@b.c>', "<b>a</b>", "@", "IPM.Task"),
    *(b"\xff\x00", None),
)
PAGES = (Contacts, Contacts2, Calendar, Tasks, Notes, Email, Email2, AirSyncBase, AirSync)
TAGS = [one for page in PAGES for one in vars(page).values() if isinstance(one, Tag)]


def el(tag: Tag, *content: Element | str) -> Element:
    """An element of a text or of children."""
    if len(content) == 1 and isinstance(content[0], str):
        return Element(tag, content[0])
    return Element(tag, [one for one in content if isinstance(one, Element)])


def mutated(
    rng: random.Random, content: Sequence[Element], tags: Sequence[Tag] = TAGS
) -> list[Element]:
    """Change, drop, double, move or add elements, one to five times, at any depth."""
    root = Element(AirSync.ApplicationData, list(content))
    for _ in range(rng.randint(1, 5)):
        root = _once(rng, root, tags)
    return list(root.children)


def _once(rng: random.Random, element: Element, tags: Sequence[Tag]) -> Element:
    children = list(element.children)
    if children and rng.random() < 0.45:
        inner = [at for at, one in enumerate(children) if one.children]
        if inner:
            at = rng.choice(inner)
            children[at] = _once(rng, children[at], tags)
            return Element(element.tag, children)
    at = rng.randrange(len(children)) if children else 0
    match rng.randrange(7):
        case 0 if children:
            del children[at]
        case 1 if children:
            children[at:at] = [children[at]] * rng.choice((1, 1, 2, 20))
        case 2 if children:
            rng.shuffle(children)
        case 3:
            children.insert(at, _text(rng, rng.choice(tags)))
        case 4 if children:
            children[at] = Element(rng.choice(tags), [children[at]])
        case 5 if children:
            children[at] = Element(children[at].tag)
        case _ if children:
            children[at] = _text(rng, children[at].tag)
    return Element(element.tag, children)


def _text(rng: random.Random, tag: Tag) -> Element:
    return Element(tag, rng.choice(TEXTS))

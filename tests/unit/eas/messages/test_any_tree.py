"""Requests that nobody would send: every parser gives a request or one of two errors."""

import random
from collections.abc import Callable

import pytest

from carbonio_mobile.eas.messages import (
    composemail,
    find,
    itemoperations,
    provision,
    search,
    settings,
)
from carbonio_mobile.eas.version import OFFERED
from carbonio_mobile.errors import CommandStatus, ProtocolError
from carbonio_mobile.wbxml import Element, Tag
from carbonio_mobile.wbxml.codepages import (
    PAGES,
    AirSync,
    AirSyncBase,
    ComposeMail,
    DocumentLibrary,
    Email,
    Find,
    ItemOperations,
    Provision,
    RightsManagement,
    Search,
    Settings,
)

SEED = 20
TREES = 1500
TEXTS = (
    *("", "0", "1", "2", "4", "-1", "99999999999", "0-9", "9-0", "x", "Mailbox", "GAL", "Text"),
    *("HTML", "2:1", "L:2:1", "2:1:2", "²", "2014-01-31T17:05:00.000Z", "\U0001f600", "y" * 2000),
)
FOREIGN = (AirSync, AirSyncBase, DocumentLibrary, Email, RightsManagement, Search, Settings)


def tags_of(*pages: type) -> list[Tag]:
    assert all(page in PAGES for page in pages)
    return [tag for page in pages for tag in vars(page).values() if isinstance(tag, Tag)]


def tree(chance: random.Random, root: Tag, own: list[Tag], other: list[Tag]) -> Element:
    """Give a tree of up to some dozens of elements, mostly of the command's own page."""

    def grow(tag: Tag, depth: int) -> Element:
        if depth == 0 or chance.random() < 0.25:
            text = chance.choice(TEXTS)
            return Element(tag, text.encode() if chance.random() < 0.2 else text)
        count = chance.randint(0, 5)
        picked = [chance.choice(own if chance.random() < 0.75 else other) for _ in range(count)]
        return Element(tag, [grow(one, depth - 1) for one in picked])

    return grow(root, 5)


@pytest.mark.parametrize(
    ("page", "root", "parse"),
    [
        (Provision, Provision.Provision, lambda root, _: provision.parse(root)),
        (Settings, Settings.Settings, settings.parse),
        (ItemOperations, ItemOperations.ItemOperations, itemoperations.parse),
        (Search, Search.Search, search.parse),
        (Find, Find.Find, lambda root, _: find.parse(root)),
        (ComposeMail, ComposeMail.SmartForward, composemail.parse),
    ],
    ids=["provision", "settings", "itemoperations", "search", "find", "composemail"],
)
def test_any_tree_is_a_request_or_an_error(
    page: type, root: Tag, parse: Callable[..., object]
) -> None:
    """Whatever a peer sends, a parser returns or raises ProtocolError or CommandStatus."""
    chance = random.Random(SEED)
    own, other = tags_of(page), tags_of(*FOREIGN)
    good = 0
    for _ in range(TREES):
        request = tree(chance, root, own, other)
        try:
            parse(request, chance.choice(OFFERED))
            good += 1
        except (ProtocolError, CommandStatus):
            continue
    # A generator that never got past the first check would prove nothing.
    assert good or page in (ComposeMail, Find), f"seed {SEED}: no tree was taken"

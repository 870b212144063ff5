"""Which folders an account's collections make: one for each component that stands in one.

Few people keep tasks and notes in each of their calendars, though most servers let them. So a
calendar is a folder of its main component: events, else tasks, else notes. Another component gets
a folder where that one is the standard Tasks or Notes, or where such objects were seen. One that
was made here for tasks stays that, on servers too (Xandikos) that let each hold all the same.
"""

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Final
from urllib.parse import unquote

from carbonio_mobile.dav.collection import Collection, Kind
from carbonio_mobile.dav.hrefs import Url, name, path
from carbonio_mobile.mailbox.gateway.objects.parts import (
    COMPONENTS,
    CONTACT,
    EVENT,
    NOTE,
    OWN,
    STANDARD,
    TASK,
    unpack,
)
from carbonio_mobile.mailbox.mirror.links import FolderLink, Protocol, RemoteFolder
from carbonio_mobile.mailbox.standard import MAX_NAME_CHARS, STANDARD_FOLDERS

_USUAL: Final[Mapping[str, frozenset[str]]] = {
    EVENT: frozenset(("calendar", "default", "personal", "home", "kalender", "calendario")),
    TASK: frozenset(("tasks", "todo", "default", "personal", "aufgaben", "attività")),
    NOTE: frozenset(("notes", "journal", "default", "personal", "notizen", "note")),
    CONTACT: frozenset(
        ("contacts", "default", "personal", "addressbook", "card", "kontakte", "contatti")
    ),
}
"""What servers call the collection that they make first."""
_NO_NAMES: Final = frozenset(("personal", "default"))
"""What Cyrus and others write for a name, the same for calendar and address book, where nobody gave
one."""

_BESIDE: Final = {TASK: " (tasks)", NOTE: " (notes)"}
_STANDARD_NAMES: Final = {one.kind: one.name for one in STANDARD_FOLDERS}


def components_of(collection: Collection, *, has_notes: bool) -> tuple[str, ...]:
    """Give what a collection may hold of what devices know, the first of which is its main one."""
    if collection.kind is Kind.ADDRESS_BOOK:
        return (CONTACT,)
    wanted = COMPONENTS if has_notes else COMPONENTS[:-1]
    return tuple(one for one in wanted if one in collection.components)


def arranged(
    collections: Iterable[Collection],
    linked: Sequence[FolderLink],
    *,
    default: Url | None,
    has_notes: bool,
) -> list[RemoteFolder]:
    """Give the folders of an account's collections, the standard ones first.

    ``linked`` are those that there are now: what is a standard folder stays it as long as it is
    there. ``default`` is the calendar in which the server puts invitations.
    """
    shown = {(one.place, one.component) for one in linked} | _strays(linked)
    held = {
        one: _main_first(one, components_of(one, has_notes=has_notes), shown) for one in collections
    }
    standard = _standards(held, linked, default)
    found = [
        _folder(one, component, held[one][0], is_standard=standard.get(component) is one)
        for one in sorted(held, key=lambda one: one.url)
        for component in held[one]
        if component == held[one][0]
        or standard.get(component) is one
        or (one.url, component) in shown
    ]
    return sorted(found, key=lambda one: not one.kind.standard)


def _main_first(
    one: Collection, components: tuple[str, ...], shown: set[tuple[str, str]]
) -> tuple[str, ...]:
    """Put the main component first: of those that are shown, where there are folders already."""
    known = [each for each in components if (one.url, each) in shown]
    return tuple(dict.fromkeys((*known[:1], *components)))


def _strays(linked: Iterable[FolderLink]) -> set[tuple[str, str]]:
    """Give the places and components of objects that were seen and have no folder yet."""
    return {(one.place, component) for one in linked for component in unpack(one.token).strays}


_Held = Mapping[Collection, tuple[str, ...]]


def _standards(
    held: _Held, linked: Sequence[FolderLink], default: Url | None
) -> dict[str, Collection]:
    found: dict[str, Collection] = {}
    for component, kind in STANDARD.items():
        there = [one for one, components in held.items() if component in components]
        before = {one.place for one in linked if one.kind is kind}
        own = [one for one in there if not one.is_read_only and not one.is_shared]
        kept = [one for one in there if one.url in before]
        if kept:
            found[component] = kept[0]
        elif own:
            found[component] = min(
                own, key=lambda one: _rank(one, component, held[one][0], default, found.get(EVENT))
            )
    return found


def _rank(
    one: Collection,
    component: str,
    main: str,
    default: Url | None,
    calendar: Collection | None,
) -> tuple[bool, bool, bool, bool, bool, int, str]:
    """Order collections by how well they serve as the standard one of a component; the least is
    the best.
    """
    called = {one.name.casefold(), name(one.url).casefold()}
    return (
        component != EVENT or one.url != default,
        main != component,
        one is not calendar,
        not called & _USUAL[component],
        one.order is None,
        one.order or 0,
        one.url,
    )


def _folder(one: Collection, component: str, main: str, *, is_standard: bool) -> RemoteFolder:
    return RemoteFolder(
        protocol=Protocol.DAV,
        place=one.url,
        component=component,
        kind=(STANDARD if is_standard else OWN)[component],
        name=_name(one, component, main, is_standard=is_standard),
        read_only=one.is_read_only,
    )


def _name(one: Collection, component: str, main: str, *, is_standard: bool) -> str:
    """Give a folder's name. A standard one whose collection has none gets its usual one."""
    usual = _STANDARD_NAMES[STANDARD[component]]
    # Radicale calls a collection that has no name by its path.
    segment = name(one.url)
    said = segment if one.name.strip("/") == unquote(path(one.url)).strip("/") else one.name
    if is_standard and (component != main or said == segment or said in _NO_NAMES):
        return usual
    beside = "" if component == main else _BESIDE[component]
    return shown_name(said, MAX_NAME_CHARS - len(beside), usual) + beside


def shown_name(text: str, longest: int, usual: str) -> str:
    """Make a folder's name out of any text; ``usual`` where nothing is left of it."""
    kept = "".join(" " if c == "/" or unicodedata.category(c) in ("Cc", "Cs") else c for c in text)
    return kept.strip()[:longest].strip() or usual


def own_name(text: str, component: str) -> str:
    """Give what a collection is to be called so that its folder of a component gets a name."""
    return text.removesuffix(_BESIDE.get(component, "")) or text

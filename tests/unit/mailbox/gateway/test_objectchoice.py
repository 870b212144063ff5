"""Which folders collections make."""

from typing import Any

import pytest

from carbonio_mobile.dav.collection import Collection, Kind
from carbonio_mobile.dav.hrefs import Url, read_url
from carbonio_mobile.mailbox.gateway.objects.choice import arranged, own_name, shown_name
from carbonio_mobile.mailbox.gateway.objects.parts import Known
from carbonio_mobile.mailbox.mirror.links import FolderLink, Protocol
from carbonio_mobile.sync.folders import FolderKind

ALL = ("VEVENT", "VTODO", "VJOURNAL")


def url(segment: str) -> Url:
    return read_url(f"https://dav.example.com/john/{segment}/")


def calendar(segment: str, *components: str, **more: Any) -> Collection:
    held = frozenset(components or ALL)
    return Collection(
        **{"url": url(segment), "kind": Kind.CALENDAR, "name": segment, "components": held, **more}
    )


def book(segment: str, **more: Any) -> Collection:
    return Collection(**{"url": url(segment), "kind": Kind.ADDRESS_BOOK, "name": segment, **more})


def link(
    segment: str, component: str, kind: FolderKind, token: str = " - s:1", folder: int = 300
) -> FolderLink:
    return FolderLink(
        folder=folder, kind=kind, protocol=Protocol.DAV, place=url(segment), component=component,
        remote_id="", epoch="", token=token, read_only=False, container=False,
    )  # fmt: skip


def shown(*collections: Collection, **more: Any) -> list[tuple[str, str, str]]:
    """Give segment, kind and name of each folder."""
    options = {"linked": (), "default": None, "has_notes": True, **more}
    found = arranged(collections, options.pop("linked"), **options)
    return [(one.place.split("/")[-2], one.kind.value, one.name) for one in found]


def test_one_collection_for_everything() -> None:
    """It is all the standard folders that it can be."""
    assert shown(calendar("cal"), book("book")) == [
        ("book", "contacts", "Contacts"),
        ("cal", "calendar", "Calendar"),
        ("cal", "tasks", "Tasks"),
        ("cal", "notes", "Notes"),
    ]
    assert ("cal", "notes", "Notes") not in shown(calendar("cal"), has_notes=False)


def test_a_collection_for_each() -> None:
    """Those made for a component go before those that take it too."""
    found = shown(
        calendar("a", name="Work"), calendar("t", "VTODO", name="To do"),
        calendar("n", "VJOURNAL"), book("b"), book("c", name="Other people"),
    )  # fmt: skip
    assert found == [
        ("a", "calendar", "Work"),
        ("b", "contacts", "Contacts"),
        ("n", "notes", "Notes"),
        ("t", "tasks", "To do"),
        ("c", "user-contacts", "Other people"),
    ]


@pytest.mark.parametrize(
    ("more", "wanted"),
    [
        ({}, "personal"),
        ({"default": url("work")}, "work"),
        ({"linked": [link("a", "VEVENT", FolderKind.CALENDAR)]}, "a"),
        ({"linked": [link("gone", "VEVENT", FolderKind.CALENDAR)]}, "personal"),
    ],
)
def test_the_standard_calendar(more: dict[str, Any], wanted: str) -> None:
    """The one that it was; where invitations go; a usual name."""
    found = shown(calendar("a"), calendar("personal"), calendar("work"), **more)
    assert [place for place, kind, _ in found if kind == "calendar"] == [wanted]


def test_by_order_where_no_name_tells() -> None:
    """The server's own order, then that of the addresses."""
    assert shown(calendar("a"), calendar("b", order=1))[0][0] == "b"
    assert shown(calendar("b"), calendar("a"))[0][0] == "a"


def test_what_is_not_ours_is_no_standard_folder() -> None:
    """Read-only and shared collections stand beside."""
    found = shown(calendar("a", is_read_only=True), calendar("b", is_shared=True))
    assert {kind for _, kind, _ in found} == {"user-calendar"}


def test_other_components_of_other_calendars() -> None:
    """They are folders where there is something in them, or were."""
    both = (calendar("calendar"), calendar("b", name="B"))
    assert [one for one in shown(*both) if one[0] == "b"] == [("b", "user-calendar", "B")]
    seen = link("b", "VEVENT", FolderKind.USER_CALENDAR, Known(strays=frozenset(("VTODO",))).pack())
    found = [one for one in shown(*both, linked=[seen]) if one[0] == "b"]
    assert found == [("b", "user-calendar", "B"), ("b", "user-tasks", "B (tasks)")]
    main = link("b", "VEVENT", FolderKind.USER_CALENDAR)
    kept = link("b", "VJOURNAL", FolderKind.USER_NOTES, folder=301)
    found = [one for one in shown(*both, linked=[kept, main]) if one[0] == "b"]
    assert found == [("b", "user-calendar", "B"), ("b", "user-notes", "B (notes)")]


def test_what_a_calendar_was_made_for() -> None:
    """Its folder stays what it is where the server lets it hold all the same (Xandikos does).

    Events that somebody puts there show all the same.
    """
    both = (calendar("calendar"), calendar("t", name="To do"))
    own = [
        link("calendar", "VEVENT", FolderKind.CALENDAR),
        link("calendar", "VTODO", FolderKind.TASKS, folder=301),
    ]
    made = link("t", "VTODO", FolderKind.USER_TASKS, folder=302)
    found = [one for one in shown(*both, linked=[*own, made]) if one[0] == "t"]
    assert found == [("t", "user-tasks", "To do")]
    seen = link("t", "VTODO", FolderKind.USER_TASKS, Known(strays=frozenset(("VEVENT",))).pack())
    found = [one for one in shown(*both, linked=[*own, seen]) if one[0] == "t"]
    assert found == [("t", "user-calendar", "To do"), ("t", "user-tasks", "To do (tasks)")]


def test_names() -> None:
    """Any text makes a name; what a folder's name adds is not the collection's."""
    assert shown_name("a/b\x00c", 256, "Calendar") == "a b c"
    assert shown_name(" / ", 256, "Calendar") == "Calendar"
    assert shown_name("x" * 300, 248, "Calendar") == "x" * 248
    assert own_name("Team (tasks)", "VTODO") == "Team"
    assert own_name("Team (tasks)", "VEVENT") == "Team (tasks)"
    assert own_name(" (tasks)", "VTODO") == " (tasks)"
    # Cyrus's names for what has none, and Radicale's.
    found = shown(calendar("Default", name="personal"), book("Default", name="personal"))
    assert {name for _, kind, name in found} == {"Calendar", "Tasks", "Notes", "Contacts"}
    assert shown(calendar("Default", name="Personal"))[0][2] == "Personal"
    found = shown(calendar("x", "VEVENT"), calendar("y", "VEVENT", name="john/y"))
    assert found == [("x", "calendar", "Calendar"), ("y", "user-calendar", "y")]

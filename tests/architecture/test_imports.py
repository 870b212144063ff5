"""The import rule (docs/architecture.md): who may know whom."""

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from tests.architecture.source import PACKAGE, Module, module, modules

PURE = {
    "ids", "errors", "wbxml", "eas", "mime", "pim", "autodiscover", "policy", "sync", "directory",
    "dav", "imap", "sieve", "ldap", "addressbook",
}  # fmt: skip
"""Rooms that take values and give values, and fetch nothing."""

FETCHING = {
    "twisted", "zope", "time", "random", "secrets", "socket", "os", "sqlite3", "logging",
    "sqlalchemy", "threading", "asyncio", "subprocess", "tempfile", "pathlib",
}  # fmt: skip
"""What pure rooms may not import: clock, chance, network, files, logs."""

HARMLESS = {"time.gmtime"}
"""Functions of their arguments alone, from modules that hold others as well."""

AWAITING = {"commands", "pipeline", "discovery"}
"""Rooms that await what interfaces give, and know no Twisted and no backend."""

ADAPTERS = {
    "store",
    "mailbox",
    "accounts",
    "changes",
    "documents",
    "web",
    "logs",
    "books",
    "ldapserver",
}
PROGRAMS = {"service", "client", "setup", "cli"}

MAY_KNOW = {
    "ids": set(),
    "errors": set(),
    "wbxml": {"errors"},
    "sync": {"ids", "errors"},
    "directory": {"ids", "errors"},
    "eas": {"wbxml", "errors", "ids", "directory", "mime", "pim", "sync"},
    "mime": {"errors", "ids", "pim"},
    "pim": {"errors", "ids"},
    "autodiscover": {"errors"},
    "dav": {"errors"},
    "imap": {"errors"},
    "sieve": {"errors", "mime", "sync"},
    "ldap": {"errors"},
    "addressbook": {"ldap", "directory", "pim", "errors", "ids"},
    "policy": {"eas", "errors", "ids", "wbxml", "directory", "sync"},
    "interfaces": {"ids", "directory", "mime", "pim", "policy", "sync", "addressbook"},
    "commands": PURE | {"interfaces"},
    "discovery": PURE | {"interfaces"},
    "pipeline": PURE | {"interfaces", "commands", "discovery"},
    "ownership": set(),
    **{room: PURE | {"interfaces", "ownership"} for room in ADAPTERS},
    "web": PURE | {"interfaces", "pipeline"},
    "testing": PURE | {"interfaces", "commands", "pipeline", "client"} | ADAPTERS,
    "client": PURE,
    "admin": PURE | {"interfaces"},
    "cli": PURE | {"admin"},
    "setup": PURE | {"interfaces", "service"} | ADAPTERS,
    "service": PURE | {"interfaces", "commands", "pipeline", "admin"} | ADAPTERS,
}
"""For each room, the rooms that it may import from."""


def place(dotted: str) -> str:
    """Give the room that a module or name of the package belongs to."""
    parts = dotted.split(".")[1:]
    return parts[0] if parts else ""


def forbidden(found: Iterable[Module]) -> Iterator[str]:
    """Name each import that breaks the rule."""
    for each in found:
        for name in each.imports():
            top = name.partition(".")[0]
            if top == PACKAGE:
                allowed = MAY_KNOW.get(place(each.name), set()) | {each.room, "__version__"}
                if each.room and place(name) not in allowed:
                    yield f"{each.name} imports {name}"
            elif each.room in PURE and top in FETCHING and name not in HARMLESS:
                yield f"{each.name} is pure and imports {name}"
            elif each.room in AWAITING and top in {"twisted", "zope"}:
                yield f"{each.name} imports {name}"


def test_every_room_is_in_the_plan() -> None:
    """A new room gets its line in the table above first."""
    rooms = {place(each.name) for each in modules() if each.room}
    assert rooms <= set(MAY_KNOW), rooms - set(MAY_KNOW)


def test_nothing_imports_from_below() -> None:
    """Each module imports only what its room may know."""
    assert list(forbidden(modules())) == []


def test_rooms_have_no_cycles() -> None:
    """No two rooms know each other, directly or by way of others."""
    known: dict[str, set[str]] = {}
    for each in modules():
        rooms = {place(name) for name in each.imports() if name.startswith(f"{PACKAGE}.")}
        known.setdefault(place(each.name), set()).update(rooms - {place(each.name), "__version__"})
    known.pop("", None)
    while free := [room for room, others in known.items() if not others & set(known)]:
        for room in free:
            del known[room]
    assert known == {}


def test_reactor_is_imported_by_programs_only() -> None:
    """Only service, client and setup take the global reactor; all others are given one."""
    takers = [
        each.name
        for each in modules()
        if "twisted.internet.reactor" in each.imports() and each.room not in PROGRAMS
    ]
    assert takers == []


def test_relative_imports_are_not_used() -> None:
    """A reader sees where a name comes from without counting dots."""
    dotted = [each.name for each in modules() for name in each.imports() if name.startswith("None")]
    assert dotted == []


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("carbonio_mobile.wbxml.planted", "from twisted.internet import defer"),
        ("carbonio_mobile.sync.planted", "def f():\n    import time\n"),
        ("carbonio_mobile.eas.planted", "from carbonio_mobile.store.sql import SqlStore"),
        ("carbonio_mobile.store.planted", "from carbonio_mobile.commands import context"),
        ("carbonio_mobile.commands.planted", "import twisted.internet.defer"),
    ],
)
def test_a_planted_import_is_caught(name: str, text: str) -> None:
    """The rule sees what it is there for."""
    assert len(list(forbidden([module(name, Path(name), text)]))) == 1


def test_pure_rooms_import_only_the_standard_library_and_parsers() -> None:
    """What a pure room needs beyond Python itself is a parser, and on this list."""
    parsers = {
        "re2",
        "lxml",
        "icalendar",
        "dateutil",
        "charset_normalizer",
        "inscriptis",
        "idna",
        "cryptography",
    }
    others = {
        f"{each.name} imports {name}"
        for each in modules()
        if each.room in PURE
        for name in each.imports()
        if name.partition(".")[0] not in {PACKAGE, *sys.stdlib_module_names, *parsers}
    }
    assert others == set()

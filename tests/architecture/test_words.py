"""What the source may say, and where: one room for each kind of thing (style of the house)."""

import ast
import re
from collections.abc import Iterator

from tests.architecture.source import Module, modules

EDGES = {
    "carbonio_mobile.admin.runs": "what a row raises is told once the rows before it have gone out",
    "carbonio_mobile.web.exchange": "the request: whatever goes wrong is logged and answered 500",
    "carbonio_mobile.store.lane": "work in a thread: its failure travels to who asked for it",
    "carbonio_mobile.mailbox.embedded.jobs": "work in a thread: as above",
    "carbonio_mobile.mailbox.delivery.local": "one recipient must not hold up the others",
    "carbonio_mobile.mailbox.delivery.scheduling": "a mail is not lost for what its calendar holds",
    "carbonio_mobile.mailbox.delivery.stages": "a message that fails must not do so for ever",
    "carbonio_mobile.mailbox.delivery.reports": "who gets no mail is told, whatever it looks like",
    "carbonio_mobile.mailbox.gateway.push.accountwatch": "a watch that fails is tried again",
    "carbonio_mobile.mailbox.gateway.push.news": "a look that fails is tried again, and logged",
    "carbonio_mobile.setup.doctor.examination": "a part that fails must not hide the others",
    "carbonio_mobile.commands.syncdown": "an item that cannot be converted must not stall a folder",
}
"""Where everything may be caught, each with its reason."""

SPEAKERS = {"client", "setup"}
"""Rooms that print: they are command line programs."""
PRINTING = {
    "carbonio_mobile.service.tap": "--version and --check answer on the terminal",
    "carbonio_mobile.service.process": "why the start failed, on standard error",
}

BANNED = re.compile(
    r"(^|_)(manager|handler|processor|helper|utils?|common|misc|data|info)(_|$)", re.IGNORECASE
)
BANNED_IN_CLASSES = re.compile(r"(Manager|Handler|Processor|Helper|Utils?|Misc|Info)(?![a-z])")
SAID_BY_OTHERS = {
    "Common": "MS-ASCMD 2.2.2: the common status codes",
    "from_common": "the same",
    "DeviceInformation": "MS-ASCMD 2.2.3.53",
    "UserInformation": "MS-ASCMD 2.2.3.200",
    "application_data": "MS-ASCMD 2.2.3.11, the element ApplicationData",
    "degraded_data": "the same",
    "_data": "the same",
    "_do_data": "RFC 5321 4.1.1.4, the command DATA",
}


def calls(module: Module, *names: str) -> Iterator[int]:
    """Give the lines on which one of these is called."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in names:
            yield node.lineno


def test_only_programs_print() -> None:
    """print() belongs to command line programs."""
    found = [
        f"{each.name}:{line}"
        for each in modules()
        if each.room not in SPEAKERS and each.name not in PRINTING
        for line in calls(each, "print")
    ]
    assert found == []


def test_the_clock_is_handed_in() -> None:
    """Only programs ask the time of day; all others are given a clock or the time."""
    found = [
        f"{each.name}:{line}"
        for each in modules()
        if each.room not in {"service", "client", "setup"}
        for line in calls(each, "time.time", "datetime.now", "datetime.utcnow")
    ]
    found += [each.name for each in modules() if "time.time" in each.imports()]
    assert found == []


def test_everything_is_caught_at_the_edges_only() -> None:
    """``except Exception`` stands where nothing above could do better, and nowhere else."""
    found = {
        each.name
        for each in modules()
        for node in ast.walk(each.tree)
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or "Exception" in {ast.unparse(t) for t in _types(node.type)})
    }
    assert found <= set(EDGES), found - set(EDGES)


def _types(node: ast.expr) -> list[ast.expr]:
    return node.elts if isinstance(node, ast.Tuple) else [node]


def test_modules_and_names_say_what_they_are() -> None:
    """No manager, handler, helper, util, common, misc, data or info."""
    found = []
    for each in modules():
        if BANNED.search(each.name.rpartition(".")[2]):
            found.append(each.name)
        for node in ast.walk(each.tree):
            if isinstance(node, ast.ClassDef):
                banned = BANNED_IN_CLASSES.search(node.name)
            elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                banned = BANNED.search(node.name)
            else:
                continue
            if banned and node.name not in SAID_BY_OTHERS:
                found.append(f"{each.name}.{node.name}")
    assert found == []


def test_every_module_says_what_it_is_responsible_for() -> None:
    """A module begins with a docstring."""
    assert [each.name for each in modules() if not ast.get_docstring(each.tree)] == []


def test_packages_hold_no_code() -> None:
    """``__init__.py`` holds a docstring and re-exports."""
    allowed = (ast.Expr, ast.ImportFrom, ast.Assign)
    found = [
        each.name
        for each in modules()
        if each.path.name == "__init__.py"
        and not all(isinstance(node, allowed) for node in each.tree.body)
    ]
    assert found == []

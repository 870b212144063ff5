"""Which tests name which requirements, read from their source without running it.

The grammar. An id is ``MS-ASCMD_R77`` or ``MS-ASCMD R77``; after a specification was named, a bare
``R77`` belongs to it, up to where another is named. ``R77 to R80`` names every row that exists
between the two. The specification may be named by the docstring of the class or of the module
instead, if that names one only. What counts:

- the docstring of a test (a function or method ``test_...``) and of a class that holds tests;
- strings that consist of ids (``"MS-ASCMD R77 R78"``), in the decorators of a test, as in
  ``@parametrize``, and in the module's tables that those decorators name; a function that is no
  test by its name is one if a decorator names ids: ``@step("MS-ASCMD R77")``;
- comments that begin with an id, on the lines of a test and its decorators: ``# R77: why``.
"""

import ast
import io
import re
import tokenize
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
FOLDERS: Final = ("tests", "src/carbonio_mobile/testing")
EXAMPLES: Final = "tests/unit/test_compliance.py"
"""Names ids to show how they are read, and proves none."""

_TOKEN = re.compile(
    r"(?P<spec>MS-[A-Z0-9]+)"
    r"|(?<![A-Za-z0-9])R(?P<first>\d+)(?:\s*(?:to|-|–)\s*(?:MS-[A-Z]+[_ ])?R(?P<last>\d+))?(?![\w])"
)
_ONLY_IDS = re.compile(r"\s*MS-AS[A-Z]+[_ ]R\d+(?:[\s,;]+(?:MS-AS[A-Z]+[_ ])?R\d+)*[\s,;.]*")
_COMMENT = re.compile(r"#\s*(?:MS-AS[A-Z]+[_ ])?R\d+\b")
Definition = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True, order=True)
class Citation:
    """A test that names a requirement: ``tests/unit/x.py::XTests::test_y``."""

    test: str
    requirement: str


class Ids:
    """Every id there is, to resolve what is named."""

    def __init__(self, known: Iterable[str]) -> None:
        self._numbers: dict[str, list[int]] = {}
        for name in known:
            specification, _, number = name.partition("_R")
            self._numbers.setdefault(specification, []).append(int(number))
        for numbers in self._numbers.values():
            numbers.sort()

    def between(self, specification: str, first: int, last: int) -> Iterator[str]:
        """Give the ids from one to the other, both included if they exist."""
        numbers = self._numbers.get(specification, [])
        for number in numbers[bisect_left(numbers, first) : bisect_right(numbers, last)]:
            yield f"{specification}_R{number}"


def named(text: str, default: str | None, ids: Ids | None = None) -> Iterator[str]:
    """Give the ids that a text names, in order.

    Without ``ids`` a range gives its two ends. A bare number without a specification gives nothing.
    """
    specification = default
    text = re.sub(r"-\s*\n\s*", "-", text)
    for found in _TOKEN.finditer(text.replace("_R", " R")):
        if found["spec"]:
            specification = found["spec"]
        elif specification is not None and found["last"] and ids is not None:
            yield from ids.between(specification, int(found["first"]), int(found["last"]))
        elif specification is not None:
            yield f"{specification}_R{int(found['first'])}"
            if found["last"]:
                yield f"{specification}_R{int(found['last'])}"


def citations(ids: Ids | None = None, root: Path = ROOT) -> list[Citation]:
    """Give every citation in the tests of a checkout, sorted, each once."""
    found: set[Citation] = set()
    for source in _sources(root):
        if source.name != EXAMPLES:
            found.update(source.citations(ids))
    return sorted(found)


def places(root: Path = ROOT) -> set[str]:
    """Give the name of everything that a citation could come from."""
    return {name for source in _sources(root) for name in source.names()}


@cache
def _sources(root: Path) -> tuple["Source", ...]:
    paths = [path for folder in FOLDERS for path in sorted((root / folder).rglob("*.py"))]
    return tuple(
        Source(path.relative_to(root).as_posix(), path.read_text(encoding="utf-8"))
        for path in paths
    )


class Source:
    """One module of tests."""

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self._text = text
        self._tree = ast.parse(text, filename=name)
        self._tables = _tables(self._tree)

    def names(self) -> Iterator[str]:
        """Give the names of its tests, and of their classes."""
        for qualified, _node, _default in self._places():
            yield f"{self.name}::{qualified}"

    def citations(self, ids: Ids | None) -> Iterator[Citation]:
        """Give what its tests name."""
        comments = dict(_comments(self._text)) if _COMMENT.search(self._text) else {}
        for qualified, node, default in self._places():
            said = ast.get_docstring(node) or ""
            cited = list(named(said, default, ids))
            if isinstance(node, Definition):
                for text in self._tabled(node, comments):
                    cited += named(text, _only(said) if "MS-AS" in said else default, ids)
            for requirement in cited:
                yield Citation(f"{self.name}::{qualified}", requirement)

    def _places(self) -> Iterator[tuple[str, Definition | ast.ClassDef, str | None]]:
        """Give each test and class of tests: its name, itself, the specification it is about."""
        default = _only(ast.get_docstring(self._tree) or "")
        for node in self._tree.body:
            if isinstance(node, Definition) and _is_test(node):
                yield node.name, node, default
            elif isinstance(node, ast.ClassDef):
                inner = _only(ast.get_docstring(node) or "") or default
                members = [one for one in node.body if isinstance(one, Definition)]
                found = [one for one in members if _is_test(one)]
                if found:
                    yield node.name, node, default
                yield from ((f"{node.name}::{one.name}", one, inner) for one in found)

    def _tabled(self, node: Definition, comments: dict[int, str]) -> Iterator[str]:
        for decorator in node.decorator_list:
            yield from _strings(decorator)
            for one in ast.walk(decorator):
                if isinstance(one, ast.Name) and one.id in self._tables:
                    yield from _strings(self._tables[one.id])
        begin = min([node.lineno, *(one.lineno for one in node.decorator_list)])
        for line in range(begin, (node.end_lineno or begin) + 1):
            if line in comments:
                yield comments[line]


def _is_test(node: Definition) -> bool:
    return node.name.startswith("test") or any(
        True for decorator in node.decorator_list for _ in _strings(decorator)
    )


def _tables(tree: ast.Module) -> dict[str, ast.expr]:
    found: dict[str, ast.expr] = {}
    for node in tree.body:
        if isinstance(node, ast.Assign):
            found.update({one.id: node.value for one in node.targets if isinstance(one, ast.Name)})
        elif isinstance(node, ast.AnnAssign) and node.value and isinstance(node.target, ast.Name):
            found[node.target.id] = node.value
    return found


def _strings(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        text = node.value if isinstance(node, ast.Constant) else None
        if isinstance(text, str) and _ONLY_IDS.fullmatch(text):
            yield text


def _comments(text: str) -> Iterator[tuple[int, str]]:
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT and _COMMENT.match(token.string):
            yield token.start[0], token.string


def _only(text: str) -> str | None:
    found = set(re.findall(r"MS-AS[A-Z]+", text))
    return found.pop() if len(found) == 1 else None

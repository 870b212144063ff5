"""The source as the architecture tests see it: modules, what they import, what they say."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src"
PACKAGE = "carbonio_mobile"


@dataclass(frozen=True, slots=True, kw_only=True)
class Module:
    """One module: its dotted name, its path and its syntax tree."""

    name: str
    path: Path
    tree: ast.Module

    @property
    def room(self) -> str:
        """The first name below the package: ``wbxml``; empty for the package itself."""
        return self.name.removeprefix(PACKAGE).lstrip(".").partition(".")[0]

    def imports(self) -> Iterator[str]:
        """Give the dotted names that are imported, from a module or whole."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                yield from (f"{node.module}.{alias.name}" for alias in node.names)


def module(name: str, path: Path, text: str) -> Module:
    """Make a module of a text."""
    return Module(name=name, path=path, tree=ast.parse(text, filename=str(path)))


@cache
def modules() -> tuple[Module, ...]:
    """Give every module of the package."""
    found = []
    for path in sorted((SOURCE / PACKAGE).rglob("*.py")):
        parts = path.relative_to(SOURCE).with_suffix("").parts
        name = ".".join(part for part in parts if part != "__init__")
        found.append(module(name, path, path.read_text(encoding="utf-8")))
    return tuple(found)

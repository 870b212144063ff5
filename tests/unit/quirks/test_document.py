"""docs/clients.md says what is so: its families are the program's, its tests exist."""

import ast
import re
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest

from carbonio_mobile.eas.clients import FAMILIES, PLAIN, Traits

ROOT = Path(__file__).resolve().parents[3]
TESTS = ROOT / "tests/unit"
DOCUMENT = (ROOT / "docs/clients.md").read_text()
FACTS = ROOT / "../shared/protocol/client-quirks.md"
COUNTS = {"1": 6, "2": 5, "3": 15, "4": 11, "5": 12, "6": 10, "7": 5, "8": 11, "9": 9, "10": 6}
COUNTS |= {"11": 5}


def rows(title: str) -> Iterator[list[str]]:
    """Give the cells of the first table below a title, without its head."""
    below = DOCUMENT.partition(f"\n## {title}\n")[2].partition("\n## ")[0]
    lines = [line for line in below.partition("\n\n| trait")[0].splitlines() if line[:1] == "|"]
    for line in lines[2:]:
        yield [one.strip().replace("\\|", "|") for one in re.split(r"(?<!\\)\|", line)[1:-1]]


def said(traits: Traits) -> str:
    """Write the traits that are not those of a plain client."""
    found = []
    for one in fields(Traits):
        value = getattr(traits, one.name)
        if one.name == "family" or value == getattr(PLAIN, one.name):
            continue
        if isinstance(value, frozenset):
            value = ", ".join(sorted(value))
        number = f"{value:g}" if isinstance(value, float) else str(value)
        found.append(f"`{one.name}`" + ("" if value is True else f" {number}"))
    return ", ".join(found)


def test_the_families_are_those_of_the_program() -> None:
    """client-quirks 1: name, patterns and traits, in the order in which they are tried."""
    expected = [
        [
            family.traits.family,
            *(f"`{one}`" if one else "" for one in (family.kind, family.agent, family.device_id)),
            said(family.traits),
        ]
        for family in FAMILIES
    ]
    assert list(rows("Families"))[:-1] == expected


def test_every_trait_is_told() -> None:
    """Each has its line, and no line tells of another."""
    table = DOCUMENT.partition("\n| trait |")[2].partition("\n\n")[0]
    named = re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)
    assert named == [one.name for one in fields(Traits) if one.name != "family"]


def test_every_rule_has_its_row() -> None:
    """client-quirks 1 to 12, each rule once and in their order."""
    numbers = [number for number, *_ in rows("The rules")]
    expected = [f"{one}.{n}" for one, count in COUNTS.items() for n in range(1, count + 1)]
    assert numbers == [*expected, "12"]


def test_the_rules_are_those_of_the_facts() -> None:
    """client-quirks: no rule came that has no row."""
    if not FACTS.exists():
        pytest.skip("the facts are not at hand")
    text = FACTS.read_text()
    for section, count in COUNTS.items():
        part = text.partition(f"\n## {section}. ")[2].partition("\n## ")[0]
        found = re.findall(r"^(?:\d+\.|-) ", part, re.MULTILINE)
        assert len(found) == count, section


def defined(path: Path) -> set[str]:
    """Name the tests of a module, those of a class with and without it."""
    found = set()
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.FunctionDef):
            found.add(node.name)
        elif isinstance(node, ast.ClassDef):
            inside = [one.name for one in node.body if isinstance(one, ast.FunctionDef)]
            found |= {*inside, *(f"{node.name}::{one}" for one in inside)}
    return found


@pytest.mark.parametrize("row", list(rows("The rules")), ids=lambda row: row[0])
def test_the_tests_that_are_named_exist(row: list[str]) -> None:
    """Each rule has one at least."""
    named = re.findall(r"`([^`]+)`", row[2])
    assert named
    for one in named:
        module, _, name = one.partition("::")
        path = TESTS / module
        assert path.is_file(), one
        assert not name or name in defined(path), one

"""docs/commands.md is what the declarations say."""

import pytest

from carbonio_mobile.cli.batch import words_of
from carbonio_mobile.cli.faults import Mistyped
from carbonio_mobile.cli.grammar import Grammar
from carbonio_mobile.cli.helping import command_page
from tests.unit.cli.sample import COMMANDS
from tools import generate_admin_reference


def test_every_command_has_its_section() -> None:
    """With its syntax and its parameters."""
    text = generate_admin_reference.reference(COMMANDS)
    for each in COMMANDS:
        assert f"### {each.name}\n" in text
        assert f"    carbonio {each.usage}\n" in text


def test_the_reference_is_current() -> None:
    """Run tools/generate_admin_reference.py after a change of the catalogue."""
    catalogue = pytest.importorskip("carbonio_mobile.admin.catalogue.all")
    text = generate_admin_reference.TARGET.read_text(encoding="utf-8")
    assert text == generate_admin_reference.reference(catalogue.COMMANDS)


def test_no_two_commands_are_typed_alike() -> None:
    """Neither by their words nor by the short ones."""
    catalogue = pytest.importorskip("carbonio_mobile.admin.catalogue.all")
    typed = [each.name.lower() for each in catalogue.COMMANDS]
    typed += [f"{each.module} {each.short}".lower() for each in catalogue.COMMANDS if each.short]
    assert [each for each in set(typed) if typed.count(each) > 1] == []


def test_every_command_of_the_catalogue_has_help() -> None:
    """Its examples, too, are understood by the grammar, where they have no shell around them."""
    catalogue = pytest.importorskip("carbonio_mobile.admin.catalogue.all")
    grammar = Grammar(catalogue.COMMANDS)
    wrong = []
    for each in catalogue.COMMANDS:
        assert command_page(each)
        for line in each.examples:
            if not set(line) & set("<>|$"):
                try:
                    found = grammar.ask(words_of(line)).command
                except Mistyped as exc:
                    wrong.append(f"{each.name}: {line}: {exc}")
                else:
                    assert found is each, line
    assert wrong == []

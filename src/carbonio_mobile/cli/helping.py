"""The help pages, made of the declarations.

Spec: ../shared/carbonio/cli.md 1.1 (``(M)``, ``(O)``, the columns), 1.2.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from carbonio_mobile.admin.declaring import Command, Parameter
from carbonio_mobile.cli import options
from carbonio_mobile.cli.faults import Mistyped
from carbonio_mobile.cli.grammar import Grammar

MODULES: Mapping[str, str] = {
    "mobile": "devices, ABQ, EAS filters, loggers, address books, services",
    "config": "attributes of the configuration at every level",
    "auth": "mobile passwords and the policies of logins",
    "prov": "domains, classes of service, accounts, distribution lists",
}
OWN_WORDS: Mapping[str, str] = {
    "help [WORDS…]": "this page, or that of a module or command",
    "completion bash|zsh|fish": "print a script that completes commands in that shell",
    "exit": "leave the interactive shell",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """A table; without ``heads`` a list of things and what they are."""

    rows: tuple[tuple[str, ...], ...]
    heads: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Titled:
    """A part of a page below its title."""

    title: str
    body: tuple[str | Columns, ...]


Page = tuple[str | Columns | Titled, ...]


def page(grammar: Grammar, words: Sequence[str], program: str) -> Page:
    """Give the help page of a module, a group or a command; no words: of all.

    Raises: Mistyped.
    """
    if not words and not grammar.module:
        return _everything(grammar, program)
    path = grammar.whole(words)
    command = grammar.command(path)
    group = grammar.following(path)
    if command is not None:
        others = (_group(grammar, path, program),) if group else ()
        return (*command_page(command), *(part for other in others for part in other))
    if not group:
        raise Mistyped(f"there is no help on {' '.join(words)}", grammar.known(path))
    return _group(grammar, path, program)


def _everything(grammar: Grammar, program: str) -> Page:
    modules = tuple(
        (name, f"{MODULES.get(name, '')} ({len(grammar.within((name,)))} commands)")
        for name in grammar.modules
    )
    given = {**options.FLAGS, **options.VALUED, **options.PLAIN}
    return (
        f"{program} [OPTION…] MODULE COMMAND MANDATORY… [NAME VALUE]…",
        "Without words it opens a shell; commands piped into it, one a line, are done in turn.",
        Titled(title="Modules", body=(Columns(rows=modules),)),
        Titled(title="Options", body=(Columns(rows=tuple(given.items())),)),
        Titled(title="Other words", body=(Columns(rows=tuple(OWN_WORDS.items())),)),
        f"More: {program} help MODULE, {program} help MODULE COMMAND.",
    )


def _group(grammar: Grammar, path: Sequence[str], program: str) -> Page:
    found = grammar.within(path)
    spelt = (found[0].module, *found[0].words)[: len(path)]
    rows = tuple((_listed(each), _summary(each)) for each in found)
    below = "COMMAND" if len(path) == 1 else " ".join((*spelt[1:], "COMMAND"))
    return (
        Titled(title=f"Commands of {' '.join(spelt)}", body=(Columns(rows=rows),)),
        f"More: {program} help {spelt[0]} {below}.",
    )


def _listed(command: Command) -> str:
    name = " ".join(command.words)
    return f"{name} ({command.short})" if command.short else name


def command_page(command: Command) -> Page:
    """Give the help page of a command."""
    return tuple(_command(command))


def _command(command: Command) -> Iterator[str | Columns | Titled]:
    yield f"{command.name}: {_summary(command)}"
    if command.deprecated:
        yield f"Deprecated: use {command.deprecated}."
    syntax = [f"carbonio {command.usage}"]
    if command.short:
        syntax.append(
            f"carbonio {command.usage}".replace(
                command.name, f"{command.module} {command.short}", 1
            )
        )
    yield Titled(title="Syntax", body=tuple(syntax))
    if command.parameters:
        rows = tuple(_row(each) for each in command.parameters)
        heads = ("NAME", "TYPE", "EXPECTED VALUES", "DEFAULT")
        meanings = tuple((each.name, each.help) for each in command.parameters if each.help)
        yield Titled(title="PARAMETER LIST", body=(Columns(heads=heads, rows=rows),))
        yield "(M) mandatory, (O) optional"
        if meanings:
            yield Columns(rows=meanings)
    if command.note:
        yield command.note
    if command.examples:
        yield Titled(title="Examples", body=tuple(map(_example, command.examples)))


def _summary(command: Command) -> str:
    """Give the summary as a heading has it, however it was declared."""
    text = command.summary.rstrip(".")
    return text[:1].upper() + text[1:]


def _example(line: str) -> str:
    return line if line.startswith("carbonio") else f"carbonio {line}"


def _row(parameter: Parameter) -> tuple[str, ...]:
    kind = parameter.kind
    mark = "(M)" if parameter.required else "(O)"
    expected = "|".join(kind.words) if kind.words else kind.expected
    if parameter.rest:
        expected += ", one or more" if parameter.required else ", any number"
    return (f"{parameter.name} {mark}", kind.name, expected, parameter.default or "")


def plain(found: Page) -> str:
    """Give a page as text; columns are padded, nothing is wrapped."""
    return "\n\n".join("\n".join(_lines(part)) for part in found) + "\n"


def _lines(part: str | Columns | Titled) -> Iterator[str]:
    if isinstance(part, str):
        yield part
    elif isinstance(part, Columns):
        for line in table_lines(part):
            yield f"    {line}"
    else:
        yield part.title
        yield ""
        for each in part.body:
            yield from ([f"    {each}"] if isinstance(each, str) else _lines(each))


def table_lines(table: Columns) -> Iterator[str]:
    """Give the lines of a table, its columns padded to the longest of each."""
    rows = (table.heads, *table.rows) if table.heads else table.rows
    if not rows:
        return
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    for row in rows:
        yield "   ".join(cell.ljust(wide) for cell, wide in zip(row, widths, strict=True)).rstrip()

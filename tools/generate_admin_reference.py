"""Write docs/commands.md: the help pages of every command, made of the declarations.

Run from the root of the checkout: PYTHONPATH=src python tools/generate_admin_reference.py
"""

from collections.abc import Iterable
from itertools import groupby
from pathlib import Path

from carbonio_mobile.admin.declaring import Command
from carbonio_mobile.cli.helping import MODULES, command_page, plain

TARGET = Path(__file__).parents[1] / "docs" / "commands.md"

HEAD = """\
# Commands

What `carbonio help MODULE COMMAND` prints, for every command. How commands are typed, and the
options before them, stand in [admin.md](admin.md). This file is generated:
`tools/generate_admin_reference.py` writes it from the declarations in
`src/carbonio_mobile/admin/catalogue`.
"""


def reference(commands: Iterable[Command]) -> str:
    """Give the whole document, module by module, in the order of the catalogue."""
    parts = [HEAD]
    for module, members in groupby(commands, key=lambda each: each.module):
        about = MODULES.get(module, "")
        parts.append(
            f"## {module}\n\n{about[:1].upper()}{about[1:]}.\n" if about else f"## {module}\n"
        )
        parts.extend(map(_section, members))
    return "\n".join(parts)


def _section(command: Command) -> str:
    lines = plain(command_page(command)).split("\n")
    return (
        f"### {command.name}\n\n"
        + "\n".join(f"    {line}".rstrip() for line in lines).rstrip()
        + "\n"
    )


def main() -> None:
    """Write the document."""
    from carbonio_mobile.admin.catalogue.all import COMMANDS

    TARGET.write_text(reference(COMMANDS), encoding="utf-8")


if __name__ == "__main__":
    main()

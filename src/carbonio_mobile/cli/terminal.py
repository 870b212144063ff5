"""Answers and help pages on a terminal: colours, tables where they fit, QR codes.

Everything that comes from elsewhere is made visible first: the name of a device may hold what
controls a terminal.
"""

from collections.abc import Iterator, Mapping
from itertools import chain, islice
from typing import TextIO

import segno
from rich.console import Console
from rich.style import Style
from rich.table import Table
from rich.text import Text

from carbonio_mobile.cli import rendering
from carbonio_mobile.cli.helping import Columns, Page, Titled
from carbonio_mobile.cli.rendering import Paint, Row, Write, scalar, visible

TABLE_ROWS = 100
"""A listing that has more rows is written as blocks, each as it comes."""
TABLE_COLUMNS = 12
_TITLE = "bold"
_KEY = "cyan"


class Coloured:
    """Headings and keys in colour, as far as the terminal has any."""

    def __init__(self, out: TextIO) -> None:
        console = Console(file=out)
        self._system = None if console.no_color else console._color_system
        self._heading = Style.parse(_TITLE)
        self._key = Style.parse(_KEY)

    def heading(self, text: str) -> str:
        """See :meth:`Paint.heading`."""
        return self._heading.render(visible(text), color_system=self._system)

    def key(self, text: str) -> str:
        """See :meth:`Paint.key`."""
        return self._key.render(visible(text), color_system=self._system)

    def value(self, text: str) -> str:
        """See :meth:`Paint.value`."""
        return visible(text)


def write_answer(
    head: Mapping[str, object], rows: Iterator[Row], write: Write, paint: Paint, out: TextIO
) -> None:
    """Write an answer as a table where it is one that fits, else as text; then its QR code."""
    if "listing" in head:
        first = list(islice(rows, TABLE_ROWS + 1))
        table = _table(str(head.get("heading", "")), first)
        console = Console(file=out)
        if table is not None and console.measure(table).minimum <= console.width:
            console.print(table)
            return
        rows = chain(first, rows)
    rendering.write_text(head, rows, write, paint)
    code = rendering.qr_text(head)
    if code:
        write("\n")
        segno.make(code, micro=False).terminal(out=out, compact=True)


def _table(heading: str, rows: list[Row]) -> Table | None:
    """Give a table of rows that have the same keys and a text of one line for each."""
    mappings = [each for each in rows if isinstance(each, Mapping)]
    if not 0 < len(mappings) <= TABLE_ROWS or len(mappings) < len(rows):
        return None
    keys = list(mappings[0])
    if not keys or len(keys) > TABLE_COLUMNS or any(list(each) != keys for each in mappings):
        return None
    cells = [[_cell(each[key]) for key in keys] for each in mappings]
    if any(cell is None for line in cells for cell in line):
        return None
    table = Table(title=Text(visible(heading)), title_justify="left", title_style=_TITLE)
    for key in keys:
        table.add_column(Text(visible(key), style=_KEY), no_wrap=True)
    for line in cells:
        table.add_row(*(Text(cell or "") for cell in line))
    return table


def _cell(value: object) -> str | None:
    if isinstance(value, Mapping) or (
        isinstance(value, list) and any(isinstance(each, Mapping) for each in value)
    ):
        return None
    text = scalar(value)
    return None if "\n" in text else visible(text)


def write_page(page: Page, out: TextIO) -> None:
    """Write a help page, its tables as wide as the terminal."""
    console = Console(file=out, highlight=False)
    for at, part in enumerate(page):
        if at:
            console.print()
        _write_part(console, part)


def _write_part(console: Console, part: str | Columns | Titled) -> None:
    if isinstance(part, str):
        console.print(Text(part))
    elif isinstance(part, Columns):
        console.print(_columns(part))
    else:
        console.print(Text(part.title, style=_TITLE))
        for each in part.body:
            if isinstance(each, str):
                console.print(Text(f"    {each}"), soft_wrap=True)
            else:
                _write_part(console, each)


def _columns(part: Columns) -> Table:
    if part.heads:
        table = Table(*part.heads, header_style=_TITLE)
    else:
        table = Table(box=None, show_header=False, padding=(0, 2, 0, 4))
        table.add_column(no_wrap=True)
        table.add_column()
    for row in part.rows:
        table.add_row(Text(row[0], style=_KEY), *map(Text, row[1:]))
    return table

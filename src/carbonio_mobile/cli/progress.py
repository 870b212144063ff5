"""Word of progress: a bar on a terminal, lines elsewhere."""

from types import TracebackType
from typing import TYPE_CHECKING, TextIO

from carbonio_mobile.cli.rendering import visible

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID


class Bar:
    """Takes word of progress and shows it, where that was asked for."""

    def __init__(self, out: TextIO, *, is_shown: bool) -> None:
        self._out = out
        self._is_shown = is_shown
        self._rich: Progress | None = None
        self._task: TaskID | None = None

    def __enter__(self) -> "Bar":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        exc: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.end()

    def __call__(self, done: int, total: int, what: str) -> None:
        """Take word: so many done, of so many (0: nobody knows)."""
        if not self._is_shown:
            return
        if self._out.isatty():
            self._draw(done, total, visible(what))
            return
        count = f"{done}/{total}" if total else str(done)
        self._out.write(f"{count} {what}\n")
        self._out.flush()

    def end(self) -> None:
        """Take the bar away: the answer begins."""
        if self._rich is not None:
            self._rich.stop()
            self._rich = None
        self._is_shown = False

    def _draw(self, done: int, total: int, what: str) -> None:
        from rich.console import Console
        from rich.markup import escape
        from rich.progress import Progress

        if self._rich is None:
            self._rich = Progress(console=Console(file=self._out), transient=True)
            self._task = self._rich.add_task("")
            self._rich.start()
        assert self._task is not None
        self._rich.update(self._task, completed=done, total=total or None, description=escape(what))

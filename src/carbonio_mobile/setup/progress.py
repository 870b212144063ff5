"""A line on the terminal that shows how far a long command is."""

from typing import TextIO

_BAR_CHARACTERS = 30
_STEP_WITHOUT_TOTAL = 20


class ProgressBar:
    """Draws on a terminal only, and only when what is seen changes."""

    def __init__(self, out: TextIO, what: str) -> None:
        self._out = out
        self._what = what
        self._is_shown = out.isatty()
        self._drawn = ""

    def __call__(self, done: int, total: int | None) -> None:
        """Show that ``done`` of ``total`` are done; how many there are may not be known."""
        if not self._is_shown:
            return
        line = self._counted(done) if total is None else self._barred(done, total)
        if line != self._drawn:
            # Spaces cover what a longer line before left.
            self._out.write("\r" + line.ljust(len(self._drawn)))
            self._out.flush()
            self._drawn = line

    def close(self) -> None:
        """End the line."""
        if self._drawn:
            self._out.write("\n")
            self._out.flush()

    def _counted(self, done: int) -> str:
        return f"{done - done % _STEP_WITHOUT_TOTAL} {self._what}"

    def _barred(self, done: int, total: int) -> str:
        part = min(done / total, 1.0) if total else 1.0
        filled = int(part * _BAR_CHARACTERS)
        bar = "#" * filled + "." * (_BAR_CHARACTERS - filled)
        return f"[{bar}] {int(part * 100):3d} % of {total} {self._what}"

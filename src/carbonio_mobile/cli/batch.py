"""Commands from a pipe: one a line, each done whether or not the one before it was.

Spec: ../shared/carbonio/cli.md 1.2.
"""

import shlex
from collections.abc import Iterable

from carbonio_mobile.cli.faults import Outcome
from carbonio_mobile.cli.session import Session


def words_of(line: str) -> list[str]:
    """Give the words of a line, by the quoting rules of shells.

    The word ``carbonio`` at the head may be there or not; a line that begins with ``#`` has no
    words. Raises: ValueError where a quote is not closed.
    """
    text = line.lstrip("\ufeff").strip()
    if text.startswith("#"):
        return []
    words = shlex.split(text)
    return words[1:] if words[:1] == ["carbonio"] else words


def run(session: Session, lines: Iterable[str]) -> int:
    """Do each line; 1 where any failed."""
    failed = False
    for number, line in enumerate(lines, start=1):
        failed = not _succeeds(session, number, line) or failed
    return Outcome.FAILED if failed else Outcome.SUCCESSFUL


def _succeeds(session: Session, number: int, line: str) -> bool:
    place = f"line {number}"
    try:
        words = words_of(line)
    except ValueError as exc:
        session.complain(f"{place}: {str(exc).lower()}; a quote is closed by the same quote")
        return False
    return not words or session.do(words, place) == Outcome.SUCCESSFUL

"""How findings look on a terminal: a line each as they come, and what a phone will have."""

import unicodedata
from collections.abc import Callable, Iterable, Mapping

from carbonio_mobile.setup.doctor.findings import Feature, Finding, Level, Report

_SIGNS: Mapping[Level, str] = {Level.WORKS: "✓", Level.DEGRADES: "!", Level.FAILS: "✗"}
_PLAIN_SIGNS: Mapping[Level, str] = {Level.WORKS: "+", Level.DEGRADES: "!", Level.FAILS: "X"}
"""For terminals that cannot show the others."""

_LONGEST = 600


class Screen:
    """Writes lines by ``say``; ``encoding`` is that of the terminal."""

    def __init__(self, say: Callable[[str], None], encoding: str | None) -> None:
        self._say = say
        self._encoding = encoding or "ascii"
        self._signs = _SIGNS if self._can("".join(_SIGNS.values())) else _PLAIN_SIGNS

    def show(self, finding: Finding) -> None:
        """Write what was found, and below it how to mend it."""
        self._line(f"{self._signs[finding.level]} {finding.about}: {finding.text}")
        if finding.remedy:
            self._line(f"    {finding.remedy}")

    def summary(self, report: Report) -> None:
        """Write what a phone will have, and how much was found."""
        self._say("")
        self._line("What a phone will have:")
        for feature in Feature:
            level, text = report.features.get(feature, (None, "not looked at"))
            sign = "-" if level is None else self._signs[level]
            self._line(f"  {sign} {feature.value:<13} {text}")
        self._say("")
        self._line(_counted(report.findings))

    def _line(self, text: str) -> None:
        # What servers said stands in it: nothing of that may move the cursor.
        clean = "".join("?" if unicodedata.category(c) in ("Cc", "Cf") else c for c in text)
        if len(clean) > _LONGEST:
            clean = clean[: _LONGEST - 1].rstrip() + "…"
        self._say(clean if self._can(clean) else clean.encode("ascii", "replace").decode("ascii"))

    def _can(self, text: str) -> bool:
        try:
            text.encode(self._encoding)
        except (UnicodeEncodeError, LookupError):
            return False
        return True


def _counted(findings: Iterable[Finding]) -> str:
    levels = [one.level for one in findings]
    return ", ".join(
        f"{levels.count(level)} {word}"
        for level, word in (
            (Level.WORKS, "fine"),
            (Level.DEGRADES, "could be better"),
            (Level.FAILS, "wrong"),
        )
    )

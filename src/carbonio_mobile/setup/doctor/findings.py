"""What an examination finds, and what a phone will have after it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum


class Level(Enum):
    """How something is. Members stand in the order from good to bad."""

    WORKS = "works"
    DEGRADES = "degrades"
    FAILS = "fails"


class Feature(Enum):
    """What people have a phone for; in the order in which it is told."""

    LOGIN = "Login"
    MAIL = "Mail"
    PUSH = "Push"
    SENDING = "Sending"
    CALENDAR = "Calendar"
    CONTACTS = "Contacts"
    TASKS = "Tasks"
    NOTES = "Notes"
    AWAY = "Out of office"
    PEOPLE = "Address list"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was found. ``about`` is the part that was looked at; ``remedy`` says how to
    mend it, naming the option or the server's setting; empty where nothing is to be mended.
    """

    level: Level
    about: str
    text: str
    remedy: str = ""


@dataclass(slots=True)
class Report:
    """All that was found. Each finding is given to ``show`` as it comes.

    ``features`` has what a phone will have, with a word on it; what was not looked at is not in it.
    """

    show: Callable[[Finding], None]
    findings: list[Finding] = field(default_factory=list)
    features: dict[Feature, tuple[Level, str]] = field(default_factory=dict)

    def part(self, about: str) -> "Part":
        """Give what findings on one part are told to."""
        return Part(self, about)

    def add(self, finding: Finding) -> None:
        """Take a finding, and show it."""
        self.findings.append(finding)
        self.show(finding)

    def gives(self, feature: Feature, level: Level, text: str) -> None:
        """Note what a phone will have of a feature; the worst that is said of it counts."""
        order = list(Level)
        known = self.features.get(feature)
        if known is None or order.index(level) > order.index(known[0]):
            self.features[feature] = (level, text)

    @property
    def has_failures(self) -> bool:
        """Whether anything does not work."""
        return any(one.level is Level.FAILS for one in self.findings)


@dataclass(frozen=True, slots=True)
class Part:
    """One part under examination."""

    report: Report
    about: str

    def works(self, text: str) -> None:
        """Say that something is as it should be."""
        self.report.add(Finding(level=Level.WORKS, about=self.about, text=text))

    def degrades(self, text: str, remedy: str = "") -> None:
        """Say what phones can do without, or what is worth a look."""
        self._bad(Level.DEGRADES, text, remedy)

    def fails(self, text: str, remedy: str = "") -> None:
        """Say what does not work."""
        self._bad(Level.FAILS, text, remedy)

    def gives(self, feature: Feature, level: Level, text: str) -> None:
        """Note what a phone will have; see ``Report.gives``."""
        self.report.gives(feature, level, text)

    def _bad(self, level: Level, text: str, remedy: str) -> None:
        self.report.add(Finding(level=level, about=self.about, text=text, remedy=remedy))

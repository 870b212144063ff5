"""What a self-test found: for each feature and version one outcome, as a table and as JSON."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any


class Outcome(Enum):
    """What became of a feature in a version."""

    WORKS = "works"
    REFUSED = "refused"
    FAILS = "fails"
    SKIPPED = "skipped"
    ABSENT = "absent"
    """The version does not have it."""


_SHOWN = {Outcome.FAILS: "FAILS", Outcome.ABSENT: "-"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One cell of the table. ``exchange`` are the last request and answer of what fails."""

    feature: str
    version: str
    outcome: Outcome
    why: str = ""
    exchange: tuple[str, str] = field(default=("", ""), repr=False)


@dataclass(slots=True, kw_only=True)
class Report:
    """Findings in the order of the walk; versions are in the order they were walked."""

    versions: Sequence[str]
    findings: list[Finding] = field(default_factory=list)

    def add(self, finding: Finding) -> None:
        """Take a finding."""
        self.findings.append(finding)

    def count(self, outcome: Outcome) -> int:
        """Tell how many findings have an outcome."""
        return sum(one.outcome is outcome for one in self.findings)

    def by_feature(self) -> Mapping[str, Mapping[str, Finding]]:
        """Give the findings by feature, then version."""
        rows: dict[str, dict[str, Finding]] = {}
        for one in self.findings:
            rows.setdefault(one.feature, {})[one.version] = one
        return rows

    def rows(self) -> list[tuple[str, ...]]:
        """Give the rows of the table: a feature, and a word for each version."""
        return [
            (feature, *(_word(found.get(version)) for version in self.versions))
            for feature, found in self.by_feature().items()
        ]

    def remarks(self) -> list[str]:
        """Say why, of all that neither works nor is absent; what fails comes last."""
        told = [one for one in self.findings if one.outcome not in (Outcome.WORKS, Outcome.ABSENT)]
        told.sort(key=lambda one: one.outcome is Outcome.FAILS)
        return [
            f"{one.version} {one.feature}: {_SHOWN.get(one.outcome, one.outcome.value)}, {one.why}"
            for one in told
        ]

    def closing(self) -> str:
        """Count the outcomes in one line."""
        shown = (Outcome.WORKS, Outcome.REFUSED, Outcome.FAILS, Outcome.SKIPPED)
        return ", ".join(f"{self.count(one)} {one.value}" for one in shown)

    def as_json(self) -> dict[str, Any]:
        """Give all of it as JSON values."""
        features = [
            {
                "feature": feature,
                "results": {version: _as_json(one) for version, one in found.items()},
            }
            for feature, found in self.by_feature().items()
        ]
        counts = {one.value: self.count(one) for one in Outcome}
        return {"versions": list(self.versions), "counts": counts, "features": features}


def _word(finding: Finding | None) -> str:
    if finding is None:
        return ""
    return _SHOWN.get(finding.outcome, finding.outcome.value)


def _as_json(one: Finding) -> dict[str, Any]:
    value: dict[str, Any] = {"outcome": one.outcome.value}
    if one.why:
        value["why"] = one.why
    if any(one.exchange):
        value["request"], value["answer"] = one.exchange
    return value

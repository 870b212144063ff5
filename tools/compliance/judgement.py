"""What is told of one row: a word, and the test or the rule that it rests on."""

from dataclasses import dataclass
from typing import Final

from tools.compliance.requirements import Row
from tools.compliance.rules import RULES

PROVED: Final = "proved"
CONSTRUCTION: Final = "by construction"
NOT_APPLICABLE: Final = "not applicable"
NOT_DONE: Final = "not done"
WORDS: Final = (PROVED, CONSTRUCTION, NOT_APPLICABLE, NOT_DONE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """``tests`` name what proves it; ``rule`` is empty where there are tests, or no rule at all."""

    word: str
    tests: tuple[str, ...] = ()
    rule: str = ""


def judge(row: Row, tests: list[str]) -> Judgement:
    """Tell the word: a test goes before every rule, and the first rule that fits before others."""
    if tests:
        return Judgement(word=PROVED, tests=tuple(tests))
    for rule in RULES:
        if rule.fits(row):
            return Judgement(word=rule.word, rule=rule.name)
    return Judgement(word=NOT_DONE)

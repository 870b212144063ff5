"""docs/compliance.md out of rows and what is told of them."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from tools.compliance.judgement import NOT_DONE, PROVED, WORDS, Judgement
from tools.compliance.requirements import Row, section_order
from tools.compliance.rules import RULES

Told = Sequence[tuple[Row, Judgement]]


def render(told: Told, notes: str) -> str:
    """Give the document: notes, totals, rules, and the rows of each specification."""
    used = {each.rule for _row, each in told}
    lines = [notes.rstrip(), "", "## Totals", "", *_totals(told), "", "## Rules", ""]
    lines += ["| rule | word | why | what guards it |", "| --- | --- | --- | --- |"]
    for rule in RULES:
        if rule.name in used:
            guards = "<br>".join(f"`{one}`" for one in rule.guards)
            lines.append(f"| {rule.name} | {rule.word} | {rule.why} | {guards} |")
    lines += ["", "## Rows", ""]
    for specification in sorted({row.specification for row, _told in told}):
        lines += [
            f"### {specification}",
            "",
            "| id | section | | by |",
            "| --- | --- | --- | --- |",
        ]
        lines += [_line(row, each) for row, each in told if row.specification == specification]
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def _totals(told: Told) -> Iterator[str]:
    counted = Counter((row.specification, each.word) for row, each in told)
    yield "| specification | rows | " + " | ".join(WORDS) + " |"
    yield "| --- | ---: |" + " ---: |" * len(WORDS)
    for specification in sorted({row.specification for row, _each in told}):
        yield _sum(specification, [counted[specification, word] for word in WORDS])
    yield _sum("all", [sum(n for (_s, w), n in counted.items() if w == word) for word in WORDS])


def _sum(name: str, numbers: list[int]) -> str:
    return f"| {name} | {sum(numbers)} | " + " | ".join(map(str, numbers)) + " |"


def _line(row: Row, told: Judgement) -> str:
    if told.word == PROVED:
        others = f" +{len(told.tests) - 1}" if len(told.tests) > 1 else ""
        by = f"`{told.tests[0]}`{others}"
    else:
        by = told.rule
    return f"| R{row.number} | {row.section} | {told.word} | {by} |"


def gaps(told: Told) -> str:
    """List what is not done: a line for each section, with the ids and what the rows are about."""
    sections: dict[tuple[str, str], list[Row]] = {}
    for row, each in told:
        if each.word == NOT_DONE:
            sections.setdefault((row.specification, row.section), []).append(row)
    lines = []
    for (specification, section), rows in sorted(
        sections.items(), key=lambda found: (found[0][0], section_order(found[0][1]))
    ):
        places = ", ".join(_some({row.place for row in rows if row.place}))
        ids = " ".join(f"R{row.number}" for row in rows)
        lines.append(f"{specification} {section} ({len(rows)}) {places}: {ids}")
    return "\n".join(lines)


def _some(names: Iterable[str]) -> list[str]:
    return sorted(names)[:3]

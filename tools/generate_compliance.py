"""Write docs/compliance.md: for each requirement row that binds a server, what shows it is met.

Run from the root of the checkout, where ../shared is present:

    PYTHONPATH=src:. python tools/generate_compliance.py            writes the document
    PYTHONPATH=src:. python tools/generate_compliance.py --check    compares, writes nothing
    PYTHONPATH=src:. python tools/generate_compliance.py --gaps     what is not done, by section
    PYTHONPATH=src:. python tools/generate_compliance.py --rule X   the texts of a rule's rows
"""

import argparse
import random
import sys
from pathlib import Path

# Run as a program, the folder of this file is on the path and not the checkout.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tools.compliance.citations import Ids, citations
from tools.compliance.document import gaps, render
from tools.compliance.judgement import Judgement, judge
from tools.compliance.requirements import FOLDER, ROOT, Row, read

TARGET = ROOT / "docs" / "compliance.md"
NOTES = ROOT / "tools" / "compliance" / "notes.md"
CORPUS = ROOT / "tools" / "compliance" / "corpus-differences.md"
SAMPLE = 30


def judgements() -> list[tuple[Row, Judgement]]:
    """Give every row with what is told of it. Reads ../shared and the tests."""
    rows, known = read(FOLDER)
    tests: dict[str, list[str]] = {}
    for one in citations(Ids(known)):
        tests.setdefault(one.requirement, []).append(one.test)
    return [(row, judge(row, tests.get(row.id, []))) for row in rows]


def generate() -> str:
    """Give the whole document."""
    title, _, corpus = CORPUS.read_text(encoding="utf-8").partition("\n")
    notes = NOTES.read_text(encoding="utf-8").rstrip()
    return render(judgements(), f"{notes}\n\n## {title.strip()}\n{corpus}")


def unknown() -> list[str]:
    """Name each citation of an id that stands in no table."""
    known = read(FOLDER)[1]
    return [
        f"{one.test} cites {one.requirement}"
        for one in citations(Ids(known))
        if one.requirement not in known and one.requirement.startswith("MS-AS")
    ]


def _show(rule: str) -> None:
    """Print rows of a rule, to be read by who wrote the rule."""
    found = [row for row, told in judgements() if told.rule == rule]
    print(f"{rule}: {len(found)} rows")
    for row in random.Random(len(found)).sample(found, min(SAMPLE, len(found))):
        print(f"{row.id} {row.section} {row.text}")


def main(arguments: list[str]) -> int:
    """Do what is asked; the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    parser.add_argument("--gaps", action="store_true", help="print what is not done")
    parser.add_argument("--rule", help="print a sample of the rows of one rule")
    options = parser.parse_args(arguments)
    if options.gaps:
        print(gaps(judgements()))
    elif options.rule:
        _show(options.rule)
    elif not options.check:
        TARGET.write_text(generate(), encoding="utf-8")
    elif TARGET.read_text(encoding="utf-8") != generate():
        print(f"{TARGET} is stale; run {Path(__file__).name}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

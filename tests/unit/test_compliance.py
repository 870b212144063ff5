"""docs/compliance.md says what the tests say, and names nothing that is not there."""

import re

import pytest

from tools import generate_compliance
from tools.compliance.citations import Ids, Source, named, places
from tools.compliance.judgement import NOT_DONE, WORDS, judge
from tools.compliance.requirements import FOLDER, Row
from tools.compliance.rules import RULES

needs_tables = pytest.mark.skipif(not FOLDER.exists(), reason="../shared/protocol is absent")
TEST = re.compile(r"`((?:tests|src)/[^`]+\.py::[^`]+)`")
IDS = Ids(f"MS-ASCMD_R{number}" for number in (7, 8, 9, 77, 80))


@needs_tables
def test_the_document_is_what_the_generator_gives() -> None:
    """Rows, tests and rules as they are now: run tools/generate_compliance.py after a change."""
    assert generate_compliance.TARGET.read_text(encoding="utf-8") == generate_compliance.generate()


@needs_tables
def test_nothing_is_cited_that_does_not_exist() -> None:
    """A citation that cannot be looked up is worth nothing."""
    assert generate_compliance.unknown() == []


def test_every_test_that_the_document_names_exists() -> None:
    """Renamed and removed tests do not stay behind in it; nor do rules."""
    document = generate_compliance.TARGET.read_text(encoding="utf-8")
    told = set(TEST.findall(document))
    assert told
    assert told - places() == set()
    assert {name for rule in RULES for name in rule.guards} - places() == set()


def test_every_line_has_one_of_the_words() -> None:
    """What the totals count is all there is."""
    document = generate_compliance.TARGET.read_text(encoding="utf-8")
    words = re.findall(r"^\| R\d+ \| [\d.]* \| ([^|]+) \|", document, re.MULTILINE)
    assert set(words) <= set(WORDS)
    (total,) = re.findall(r"^\| all \| (\d+) \|", document, re.MULTILINE)
    assert len(words) == int(total)


@pytest.mark.parametrize(
    ("text", "default", "numbers"),
    [
        ("MS-ASCMD_R77", None, [77]),
        ("MS-ASCMD R77, R8; and R9.", None, [77, 8, 9]),
        ("MS-ASCMD R7 to R9", None, [7, 8, 9]),
        ("MS-ASCMD_R7 to MS-ASCMD_R9", None, [7, 8, 9]),
        ("MS-\n    ASCMD_R80", None, [80]),
        ("R80", "MS-ASCMD", [80]),
        ("R80", None, []),
        ("MS-OXOCAL R77", "MS-ASCMD", []),
        ("RFC 5545, R2D2, MAR7", "MS-ASCMD", []),
    ],
)
def test_ids_are_read_out_of_prose(text: str, default: str | None, numbers: list[int]) -> None:
    """The grammar of citations."""
    found = [name for name in named(text, default, IDS) if name.startswith("MS-ASCMD")]
    assert found == [f"MS-ASCMD_R{number}" for number in numbers]


SOURCE = '''
"""About MS-ASCMD 2.2."""
TABLE = [("MS-ASCMD R7", 1)]
def test_a():
    """R77."""
@pytest.mark.parametrize("x", TABLE)
def test_b(x):
    """Nothing."""
    assert x  # R8: a reason
    assert x  # see R9
@step("MS-ASCMD R80")
def walked(): ...
def helped():
    """R9."""
class CTests:
    """R9 of all."""
    def test_c(self):
        """MS-ASCAL R5."""
'''


def test_citations_are_read_out_of_tests() -> None:
    """Docstrings of tests and their classes, tables, decorators and comments; nothing else."""
    found = {(one.test, one.requirement) for one in Source("t.py", SOURCE).citations(IDS)}
    assert found == {
        ("t.py::test_a", "MS-ASCMD_R77"),
        ("t.py::test_b", "MS-ASCMD_R7"),
        ("t.py::test_b", "MS-ASCMD_R8"),
        ("t.py::walked", "MS-ASCMD_R80"),
        ("t.py::CTests", "MS-ASCMD_R9"),
        ("t.py::CTests::test_c", "MS-ASCAL_R5"),
    }


def test_a_test_goes_before_a_rule_and_nothing_is_taken_for_granted() -> None:
    """A row that no test names and no rule fits is not done."""
    row = Row(id="MS-ASCMD_R0", section="9.9", text="The server does it.", server=True)
    assert judge(row, []).word == NOT_DONE
    assert judge(row, ["tests/a.py::test_b"]).word == "proved"
    noted = Row(id="MS-ASRM_R0", section="9.9", text="The server does it.", server=True)
    assert judge(noted, []).word == "not applicable"
    assert judge(noted, ["tests/a.py::test_b"]).word == "proved"

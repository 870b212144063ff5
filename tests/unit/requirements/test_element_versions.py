"""Which versions know an element: the rows of the specifications against the tables used."""

import pytest

from tools.compliance.requirements import FOLDER, Row, read
from tools.compliance.rules import version_agrees, version_claim

needs_tables = pytest.mark.skipif(not FOLDER.exists(), reason="../shared/protocol is absent")


@needs_tables
def test_the_tables_say_what_the_rows_say() -> None:
    """Every row about a version agrees, but for those of Find, which iOS asks at 14.x too."""
    rows = [row for row in read()[0] if version_claim(row) is not None]
    others = {row.place for row in rows if not version_agrees(row)}
    assert len(rows) > 200
    assert others <= {"Office (Find)", "ServerId (Find)", "Title (Find)"}


@needs_tables
@pytest.mark.parametrize(
    ("text", "agrees"),
    [
        ("[In Send] Protocol version 16.0 supports this [Send] element.", True),
        ("[In Send] Protocol version 14.1 supports this [Send] element.", False),
        ("[In Send] Protocol version 14.1 does not support this [Send] element.", True),
        ("[In Send] Protocol version 16.1 does not support this [Send] element.", False),
        ("[In Nothing] Protocol version 16.1 supports this [Nothing] element.", False),
        ("[In Type(GetHierarchy)] Protocol version 14.0 supports this [Type] element.", False),
    ],
)
def test_a_row_that_is_wrong_does_not_agree(text: str, *, agrees: bool) -> None:
    """The comparison above can fail."""
    row = Row(id="MS-ASEMAIL_R0", section="1", text=text, server=True)
    assert version_agrees(row) is agrees

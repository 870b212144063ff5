"""The table of policy attributes against the directory's schema, and its place in the catalogue."""

import re

import pytest

from carbonio_mobile.accounts.attributes import CATALOGUE, Level, checked
from carbonio_mobile.accounts.invalid import InvalidArgument
from carbonio_mobile.policy.settings import BY_NAME, PREFIX, PROFILE, Form, Setting
from tests.unit.policy.policies import CARBONIO

RENAMED = {"UnapprovedInROMApplicationList", "ApprovedApplicationList"}
ROW = re.compile(r"^\| `(\w+)`[^|]*\| ([^|]+) \| ([^|]+) \| ([^|]+) \|")


def reference() -> list[tuple[str, str, str, str]]:
    """Give name, type, default and element of each row of attributes.md, section 2."""
    page = CARBONIO / "attributes.md"
    if not page.exists():
        pytest.skip("../shared is not here")
    section = page.read_text().partition("## 2. zimbraMobilePolicy")[2].partition("\n## 3.")[0]
    found = [match.groups() for line in section.splitlines() if (match := ROW.match(line))]
    return [(a, b.strip(), c.strip(), d.strip()) for a, b, c, d in found if a != "key"]


def kind(row: Setting) -> str:
    """Spell the type of an attribute as the reference does."""
    if row.form is Form.FLAG:
        return "boolean"
    if row.form is Form.TEXTS:
        return f"string ≤{row.highest}"
    if row.lowest is None:
        return "integer"
    return f"integer {row.lowest}…{'' if row.highest == 2**31 - 1 else row.highest}"


def test_all_attributes_of_the_directory_are_there() -> None:
    """attributes.md 2: 46 attributes, their types and ranges, their defaults in the profile."""
    rows = reference()
    assert {name for name, *_ in rows} == set(BY_NAME)
    assert len(rows) == 46
    for name, form, default, _ in rows:
        row = BY_NAME[name]
        assert kind(row) == form, name
        # The product's table of what is sent leaves the old name out, for the new one is FALSE.
        wanted = "" if default == "–" or name == "DeviceEncryptionEnabled" else default
        assert row.carbonio == wanted, name


def test_elements_and_tokens_are_those_of_the_reference() -> None:
    """attributes.md 2: each attribute becomes the element of that name and token."""
    compared = 0
    for name, _, _, element in reference():
        tag = BY_NAME[name].tag
        if tag is not None:
            assert f"{tag.name} 0x{tag.token:02X}" in element or tag.name in RENAMED, name
            compared += 1
        else:
            assert "not sent" in element or "old name" in element, name
    assert compared == 40


@pytest.mark.parametrize("row", BY_NAME.values(), ids=list(BY_NAME))
def test_the_catalogue_has_each(row: Setting) -> None:
    """They may stand on accounts and classes of service, and have no default of their own."""
    known = CATALOGUE[row.attribute.lower()]
    assert known.name == PREFIX + row.name
    assert known.levels == {Level.ACCOUNT, Level.COS}
    assert known.default == ()
    assert known.multiple is (row.form is Form.TEXTS)
    for bad in ("\0", "x" * 1000):
        with pytest.raises(InvalidArgument):
            checked(known.name, [bad], Level.COS)
    if row.lowest is not None:
        for number in (row.lowest, row.highest):
            assert checked(known.name, [str(number)], Level.COS) == (str(number),)
        with pytest.raises(InvalidArgument):
            checked(known.name, [str(row.lowest - 1)], Level.COS)


def test_the_profile_may_be_named_at_every_level() -> None:
    """One word for a class of service, a domain, or everywhere."""
    for level in set(Level) - {Level.LIST}:
        assert checked(PROFILE, ["CARBONIO"], level) == ("carbonio",)
    with pytest.raises(InvalidArgument):
        checked(PROFILE, ["exchange"], Level.COS)

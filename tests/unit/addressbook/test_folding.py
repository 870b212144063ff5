"""How texts are folded: RFC 4518, and accents on top."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carbonio_mobile.addressbook.folding import (
    LAST,
    MAX_FOLDED_CHARS,
    fold,
    fold_number,
    fold_phone,
    fold_piece,
    fold_time,
    fold_value,
)
from carbonio_mobile.ldap.attributes import Syntax


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("", ""),
        ("John Smith", "john smith"),
        ("  John   Smith ", "john smith"),
        ("John\tSmith\r\n", "john smith"),
        ("MÜLLER", "muller"),
        ("Mu\u0308ller", "muller"),
        ("Straße", "strasse"),
        ("STRASSE", "strasse"),
        ("Łukasz Ørsted Þór", "lukasz orsted thor"),
        ("Ælfric Œuvre", "aelfric oeuvre"),
        ("İstanbul", "istanbul"),
        ("ΣΊΣΥΦΟΣ", "σισυφοσ"),
        ("Σίσυφος", "σισυφοσ"),
        ("ﬁne", "fine"),
        ("Ｆｕｌｌ", "full"),
        ("co\u00adop", "coop"),
        ("a\u200bb\ufeffc\u200d", "abc"),
        ("a\u00a0\u3000b", "a b"),
        ("a\u2028b\u1680c", "a b c"),
        ("a\x00\x07b\x7f", "ab"),
        ("①", "1"),
        ("Владимир ЁЖ", "владимир еж"),
        ("한글", "한글"),
        ("ガ", "ガ"),
        (f"a{LAST}", "a"),
    ],
)
def test_texts_are_prepared(text: str, folded: str) -> None:
    """RFC 4518 2.2 (map), 2.3 (normalise), 2.6.1 (blanks); case and accents are folded."""
    assert fold(text) == folded


@pytest.mark.parametrize(
    ("text", "first", "last", "folded"),
    [
        ("john ", True, False, "john "),
        (" john", True, False, "john"),
        ("  jo  hn  ", False, False, " jo hn "),
        (" smith ", False, True, " smith"),
        ("   ", False, False, " "),
        ("   ", True, False, ""),
        ("", False, False, ""),
        ("Ö\u00a0", False, False, "o "),
    ],
)
def test_blanks_at_the_edges_of_pieces_count(
    text: str, first: bool, last: bool, folded: str
) -> None:
    """RFC 4518 2.6.1: a substring's outer blanks are those of the value's inside."""
    assert fold_piece(text, first=first, last=last) == folded


@pytest.mark.parametrize(
    "text", ["+39 (0444) 12-34 56", "390444123456", "+39.0444/123-456", "39 0444\u2011123456"]
)
def test_telephone_numbers_are_compared_by_their_digits(text: str) -> None:
    """RFC 4517 4.2.29: blanks and hyphens do not count; nor do here the other marks."""
    assert fold_phone(text) == "390444123456"


def test_a_number_of_marks_alone_is_none() -> None:
    """Nothing is left to compare."""
    assert fold_value(Syntax.PHONE, " +- ") is None


@given(st.lists(st.integers(min_value=-(10**30), max_value=10**30), max_size=20))
def test_integers_keep_their_order(numbers: list[int]) -> None:
    """RFC 4517 4.2.19: by value, not by digits."""
    folded = {number: fold_number(str(number)) for number in numbers}
    assert sorted(numbers) == sorted(numbers, key=lambda number: folded[number] or "")
    assert fold_number(" +007") == fold_number("7")


@pytest.mark.parametrize("text", ["", "x", "1x", "1_000", "0x1", "1" * 101, "--1"])
def test_what_is_no_integer_is_none(text: str) -> None:
    """So that an assertion of it is undefined."""
    assert fold_number(text) is None


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("20261121171100Z", "20261121171100z"),
        ("202611211711Z", "20261121171100z"),
        ("2026112117Z", "20261121170000z"),
        ("20261121171100.5Z", "20261121171100z"),
        ("20261121171100+0100", None),
        ("today", None),
    ],
)
def test_times(text: str, folded: str | None) -> None:
    """RFC 4517 3.3.13, in UTC."""
    assert fold_time(text) == folded


@given(st.text())
def test_folding_twice_is_folding_once(text: str) -> None:
    """What was folded stays; nothing in it is outside what columns can hold."""
    folded = fold(text)
    assert fold(folded) == folded
    assert "\0" not in folded
    assert folded < LAST
    assert len(fold(text * 300)) <= MAX_FOLDED_CHARS

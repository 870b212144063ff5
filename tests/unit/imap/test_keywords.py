"""Categories as keywords, and keywords as categories."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from carbonio_mobile.imap import lostcase, names
from carbonio_mobile.imap.commands import flag_list
from carbonio_mobile.imap.keywords import (
    LABELS,
    MAX_KEYWORD_OCTETS,
    category,
    folded,
    is_technical,
    keyword,
    spellings,
)

ATOM_CHARACTERS = "".join(chr(code) for code in range(0x21, 0x7F) if chr(code) not in '(){}%*"\\]')
NAMES = st.one_of(
    st.text(max_size=30),
    st.text("ÄÖÜäöüßéèàçñ ąęłżAZaz'=&-_,+09", max_size=20),
    st.text(ATOM_CHARACTERS, max_size=50),
    st.sampled_from([*LABELS, *LABELS.values(), "Junk", "nonjunk", "$MDNSent", "NIL"]),
)
KEYWORDS = st.one_of(
    st.text(ATOM_CHARACTERS, min_size=1, max_size=60),
    st.text("aAcC4349=&-'_qgO", min_size=1, max_size=16),
    st.builds(lambda text: folded(keyword(text) or "x"), NAMES),
)


@given(NAMES)
@example("=-t0a4afmq3ad4grc")
@example("'C3'A4")
@example("&AOQ-")
def test_a_category_comes_back_from_its_keyword(name: str) -> None:
    """``category(keyword(c)) == c``, and the keyword is one that every server takes."""
    sent = keyword(name)
    if sent is not None:
        assert category(sent) == name
        assert len(flag_list([sent])) <= MAX_KEYWORD_OCTETS + 2
        assert not is_technical(sent)


@given(NAMES, NAMES)
def test_different_categories_have_different_keywords(one: str, other: str) -> None:
    """No keyword stands for two categories."""
    if one != other:
        assert not {*spellings(one)} & {*spellings(other)}


@given(KEYWORDS)
@example("Käse")
@example("=-T0A4AFMQ3AD4GRC")
def test_what_is_shown_can_be_taken_off(one: str) -> None:
    """Of a category that a keyword gave, that keyword is a spelling."""
    name = category(one)
    if name is not None:
        assert folded(one) in map(folded, spellings(name))


@pytest.mark.parametrize(
    ("name", "sent"),
    [
        ("Important", "$label1"),
        ("To Do", "$label4"),
        ("important", "important"),
        ("Projekt", "Projekt"),
        ("Projekt X", "Projekt=20X"),
        ("Käse", "K=c3=a4se"),
        ("R&D (new)", "R=26D=20=28new=29"),
        ("a_b", "a_b"),
        ("50%", "50=25"),
        ("NonJunk", "=4EonJunk"),
        ("$label1", "=24label1"),
        ("\\Seen", "=5cSeen"),
        ("Совещания", "=-t0a4afmq3ad4grc"),
        ("x" * 50, "x" * 50),
        ("x" * 51, None),
        ("", None),
        ("a\nb", None),
        ("a\ud800", None),
    ],
)
def test_keywords_as_they_are_sent(name: str, sent: str | None) -> None:
    """Readable where it can be; None where no server would take it."""
    assert keyword(name) == sent


@pytest.mark.parametrize(
    ("set_by", "name"),
    [
        ("$Label2", "Work"),
        ("projekt=20x", "projekt x"),
        ("k=c3=a4se", "käse"),
        ("k&aoq-se", "käse"),
        ("gr&apwa3w-e", "grüße"),
        ("r&-d", "r&d"),
        ("my_&apy-l", "my öl"),
        ("na'C3'AFve_person", "naïve person"),
        ("todo_list", "todo_list"),
        ("John's", "John's"),
        ("x=zz", "x=zz"),
        ("=ff", "=ff"),
        ("=00", "=00"),
        ("&b8rmyw-", "&b8rmyw-"),
        ("=-\u00e4", None),
        ("x" * 51, None),
    ],
)
def test_keywords_of_other_clients(set_by: str, name: str | None) -> None:
    """Thunderbird's, eM Client's; any other is its own name."""
    assert category(set_by) == name


@pytest.mark.parametrize(
    "one",
    [
        "\\Seen", "\\Recent", "$MDNSent", "$Forwarded", "$SubmitPending", "$Submitted", "$Junk",
        "$NotJunk", "$Phishing", "$Important", "$MailFlagBit0", "$HasAttachment", "$label6",
        "$Labelwork", "NonJunk", "Junk", "JunkRecorded", "NotJunk", "Forwarded", "MDNSent",
        "receipt-handled", "X-ME-Annot-2", "unknown-0", "NIL",
    ],
)  # fmt: skip
def test_keywords_of_programs_are_no_categories(one: str) -> None:
    """Registered ones, and those that clients and servers set for themselves, in any case."""
    assert category(one) is None
    assert category(one.lower()) is None


@given(st.text(st.characters(min_codepoint=0xA1, max_codepoint=0x17F), min_size=1, max_size=1))
def test_one_letter_is_always_restored(letter: str) -> None:
    """Of one letter, base64 is never in doubt."""
    assert lostcase.restored(_lowered(letter)) == letter


@given(st.text(st.characters(min_codepoint=0xA1, max_codepoint=0x17F), min_size=1, max_size=9))
def test_a_restored_run_has_the_same_base64(letters: str) -> None:
    """A reading is the only one, or none is given."""
    assert lostcase.restored(_lowered(letters)) in (letters, None)


@pytest.mark.parametrize("base64", ["", "a", "a" * 25, "äöü", "!!!", "BBBB"])
def test_what_is_no_run_is_not_restored(base64: str) -> None:
    """Neither octets that are none, nor too many, nor those of other scripts."""
    assert lostcase.restored(base64) is None


def _lowered(letters: str) -> str:
    return names.encode(letters).decode("ascii").lower()[1:-1]

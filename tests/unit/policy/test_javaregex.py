"""Java's patterns mean for ids of devices what they mean in Java, or are refused with a reason."""

import re
from contextlib import suppress
from pathlib import Path
from time import thread_time

import pytest
import re2
from hypothesis import given
from hypothesis import strategies as st

from carbonio_mobile.policy.abq import AbqRule, AbqStatus
from carbonio_mobile.policy.abqrules import RuleBook, RuleView, check_pattern, in_order
from carbonio_mobile.policy.javaregex import MAX_PATTERN_CHARS, PatternFault, translate

VERDICTS = Path(__file__).with_name("javaverdicts.tsv")
"""Patterns with what OpenJDK 17 (Pattern.CASE_INSENSITIVE, matches()) said of the ids in the first
line: 1 or 0 each, or E where it refused the pattern. The patterns were made at random."""

SUBJECTS, *ROWS = (line.split("\t") for line in VERDICTS.read_text("ascii").splitlines())


def matches(pattern: str, subject: str) -> bool:
    """Ask a single pattern."""
    return re2.fullmatch(translate(pattern), subject) is not None


@pytest.mark.parametrize(("pattern", "verdict"), ROWS)
def test_as_java_does(pattern: str, verdict: str) -> None:
    """Each pattern has the verdict that Java gave."""
    if verdict == "E":
        with pytest.raises(PatternFault):
            translate(pattern)
        return
    told = "".join("01"[matches(pattern, subject)] for subject in SUBJECTS[1:])
    assert told == verdict


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("", "empty"),
        ("a" * (MAX_PATTERN_CHARS + 1), "501 characters"),
        ("x(?=a)", "lookahead (?=…) cannot be matched in linear time, at character 2"),
        ("(?!a)", "lookahead"),
        ("(?<=a)b", "lookbehind"),
        ("(?<!a)b", "lookbehind"),
        ("(?>a)", "an atomic group"),
        (r"(a)\1", "a backreference cannot be matched in linear time, at character 4"),
        (r"(?<n>a)\k<n>", "a backreference"),
        ("a*+", "a possessive quantifier"),
        ("a{2}+", "a possessive quantifier"),
        ("a**", "a quantifier of a quantifier"),
        ("*a", "a * that repeats nothing, at character 1"),
        ("a{1001}", "more than 1000 times"),
        ("a{2,1}", "end lies before"),
        ("(a", "a ( that is not closed, at character 1"),
        ("a)", "a ) that closes nothing"),
        ("[a", "a [ that is not closed"),
        ("[z-a]", "end lies before"),
        ("[a&&]", "both sides"),
        (r"\y", "means nothing in Java"),
        ("a\\", "at the end"),
        (r"\p{Nonsense}", "not known here"),
        (r"\R", "line break"),
        ("(?x)a", "comments"),
        ("(?-i)a", "without case"),
        ("(" * 40 + "a" + ")" * 40, "30 groups"),
        (r"\x{110000}", "no character"),
    ],
)
def test_what_is_refused(pattern: str, why: str) -> None:
    """The text says what it is and where."""
    with pytest.raises(PatternFault, match=re.escape(why)):
        translate(pattern)


def test_ids_are_matched_as_a_whole_and_without_case() -> None:
    """The example of the manual."""
    assert matches("android.*", "androidc133785981")
    assert matches("ANDROID.*", "androidc133785981")
    assert not matches("android", "androidc133785981")
    assert not matches("[^A-Z]+", "abc")


@given(st.text(max_size=30))
def test_anything_is_translated_or_refused(pattern: str) -> None:
    """No other exception, and what is translated compiles unless it is too large."""
    try:
        told = translate(pattern)
    except PatternFault:
        return
    with suppress(PatternFault):  # it repeats too much
        check_pattern(pattern)
    assert told


def test_a_pattern_that_explodes_elsewhere() -> None:
    """(a+)+b is answered at once: the engine is linear."""
    view = RuleView([rule("(a+)+b"), rule("(a|a)*c"), rule("(.*)(.*)(.*)(.*)(.*)x", order=2)])
    began = thread_time()
    assert view.first("a" * 64) is None
    assert thread_time() - began < 5


def test_too_large() -> None:
    """Repetitions of repetitions are refused."""
    for pattern in ("((a{100}){100}){100}", "(a{1000}){5}"):
        with pytest.raises(PatternFault, match="repeats too much"):
            check_pattern(pattern)


def rule(pattern: str, order: int = 1, domain: str = "") -> AbqRule:
    """Make a rule."""
    return AbqRule(pattern=pattern, status=AbqStatus.BLOCKED, order=order, domain=domain)


def test_order() -> None:
    """The lowest order is asked first; of equals that of the domain, then by pattern."""
    rules = [rule("a.*", 2), rule("b.*", 1, "x.org"), rule("a.*", 2, "x.org"), rule("ab.*", 1)]
    told = [(each.pattern, each.domain) for each in in_order(rules, "x.org")]
    assert told == [("b.*", "x.org"), ("ab.*", ""), ("a.*", "x.org"), ("a.*", "")]
    book = RuleBook(rules)
    assert book.view("x.org").first("abc") == rules[3]
    assert book.view("x.org").first("ac") == rules[2]
    assert book.view("y.org").first("ac") == rules[0]
    assert book.view("y.org").first("bc") is None
    assert book.view("y.org") is book.view("")


@given(st.lists(st.sampled_from(["a.*", "ab*", "[ab]+", r"\d+", "a|b", "x{2}", ".*1"]), max_size=9))
def test_all_at_once_is_as_one_by_one(patterns: list[str]) -> None:
    """The set gives the rule that asking one after the other gives."""
    rules = [rule(pattern, number) for number, pattern in enumerate(patterns)]
    view = RuleView(rules)
    for subject in ("a", "ab", "1", "abab1", "xx", "c", "z1"):
        slow = next((one for one in rules if matches(one.pattern, subject)), None)
        assert view.first(subject) == slow
        assert view.first(subject) == slow


PATTERNS = st.sampled_from(["a.*", "ab*", "[ab]+", r"\d+", "a|b", "x{2}", ".*1"])


@given(
    st.lists(st.tuples(PATTERNS, st.integers(-2, 2), st.sampled_from(["", "x.org", "y.org"]))),
    st.sampled_from([1, 2, 1000]),
)
def test_a_domain_has_its_own_rules_among_those_of_all(
    given_rules: list[tuple[str, int, str]], batch: int
) -> None:
    """Compiled apart and in batches, they answer as all of them in order one by one."""
    rules = [rule(*each) for each in given_rules]
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("carbonio_mobile.policy.abqrules.BATCH", batch)
        book = RuleBook(rules).prepare()
    for domain in ("x.org", "y.org", "z.org"):
        for subject in ("a", "ab", "1", "abab1", "xx", "c"):
            asked = in_order(rules, domain)
            slow = next((one for one in asked if matches(one.pattern, subject)), None)
            found = book.view(domain).first(subject)
            assert found == slow or (found and slow and _alike(found) == _alike(slow))


def _alike(one: AbqRule) -> tuple[str, int, str]:
    """Name a rule without its status: the same one may stand in a list twice."""
    return one.pattern, one.order, one.domain


def test_what_did_not_change_is_not_compiled_again() -> None:
    """A book like another one takes over its views, but for those of what changed or went."""
    rules = [rule("a.*"), rule("b.*", 1, "x.org"), rule("c.*", 1, "y.org")]
    old = RuleBook(rules).prepare()
    new = RuleBook([*rules[:2], rule("d.*", 1, "x.org")], like=old).prepare()
    assert new.view("") is old.view("")
    assert new.view("x.org").first("d1") == rule("d.*", 1, "x.org")
    assert old.view("x.org").first("d1") is None
    assert new.view("y.org") is new.view("")

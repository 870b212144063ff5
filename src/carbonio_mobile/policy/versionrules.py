"""The rules of version filters: of which requests a filter speaks, as typed, matched and printed.

Spec: ../shared/carbonio/cli.md 2.4 (doAddEASFilter, getAllEASFilters).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

import re2

from carbonio_mobile.directory.accounts import Account
from carbonio_mobile.policy.abqrules import check_pattern
from carbonio_mobile.policy.javaregex import PatternFault, translate

TEXT_CHARACTERS = 1000
TERMS_COUNT = 50
"""A rule is matched at the first request of each device; what it may hold is bounded."""


class RuleKind(Enum):
    """What a rule looks at. ``always`` is never typed: it comes with a set of filters."""

    CONTAINS = "contains"
    REGEX = "regex"
    ACCOUNT = "account"
    DOMAIN = "domain"
    AND = "and"
    OR = "or"
    ALWAYS = "always"


JOINING = (RuleKind.AND, RuleKind.OR)
SINGLE = (RuleKind.CONTAINS, RuleKind.REGEX, RuleKind.ACCOUNT, RuleKind.DOMAIN)
TYPED = (RuleKind.AND, RuleKind.OR, RuleKind.REGEX, *(k for k in SINGLE if k != RuleKind.REGEX))

# A comma ends a term only where another one begins: patterns and agents have commas of their own.
_NEXT_TERM = re.compile(
    rf",(?=\s*(?:{'|'.join(kind.value for kind in SINGLE)})\s*=)", re.IGNORECASE
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule: a kind with its text, or ``rules`` joined by ``and`` or ``or``.

    ``str`` gives the form of the manual's listing: ``[type = contains; rule = samsung]``.
    """

    kind: RuleKind
    text: str = ""
    rules: tuple["Rule", ...] = ()

    def __str__(self) -> str:
        if self.kind in JOINING:
            joined = f" {self.kind.name} ".join(map(str, self.rules))
            return f"[type = {self.kind.value}; rules = [{joined}]]"
        if self.kind is RuleKind.ALWAYS:
            return "[type = always]"
        return f"[type = {self.kind.value}; rule = {self.text}]"


def parse_rule(kind: RuleKind, parameter: str) -> Rule:
    """Read a rule as it is typed; for ``and`` and ``or``: ``TYPE=VALUE`` with commas between.

    Raises: ValueError in words for the person who typed it.
    """
    if len(parameter) > TEXT_CHARACTERS:
        raise ValueError(f"a rule has at most {TEXT_CHARACTERS} characters")
    if kind in JOINING:
        return Rule(kind=kind, rules=_terms(_NEXT_TERM.split(parameter)))
    if kind is RuleKind.ALWAYS:
        raise ValueError("a filter of type always cannot be added by hand, expected another type")
    return _single(kind, parameter.strip())


def _terms(texts: Sequence[str]) -> tuple[Rule, ...]:
    if len(texts) > TERMS_COUNT:
        raise ValueError(f"a rule has at most {TERMS_COUNT} terms")
    return tuple(map(_term, texts))


def _term(text: str) -> Rule:
    word, equals, value = text.partition("=")
    kinds = {kind.value: kind for kind in SINGLE}
    if not equals or word.strip().lower() not in kinds:
        raise ValueError(
            f"expected terms like account=user@example.com,contains=android (one of "
            f"{', '.join(kinds)} before each =), got {text.strip()[:80]!r}"
        )
    return _single(kinds[word.strip().lower()], value.strip())


def _single(kind: RuleKind, text: str) -> Rule:
    if not text:
        raise ValueError(f"the text of {kind.value} is empty")
    if kind is RuleKind.REGEX:
        _checked_pattern(text)
    elif kind is RuleKind.ACCOUNT and ("@" not in text or " " in text):
        raise ValueError(f"expected the e-mail address of an account, got {text[:80]!r}")
    elif kind is RuleKind.DOMAIN and ("@" in text or " " in text):
        raise ValueError(f"expected the name of a domain, got {text[:80]!r}")
    return Rule(kind=kind, text=text)


def matches(rule: Rule, account: Account, user_agent: str) -> bool:
    """Tell whether a rule speaks of an account whose device names itself so.

    Case counts nowhere. ``regex`` finds its pattern anywhere in the user agent; ``account`` means
    any address of the account.
    """
    if rule.kind is RuleKind.AND:
        return all(matches(each, account, user_agent) for each in rule.rules)
    if rule.kind is RuleKind.OR:
        return any(matches(each, account, user_agent) for each in rule.rules)
    if rule.kind is RuleKind.CONTAINS:
        return rule.text.lower() in user_agent.lower()
    if rule.kind is RuleKind.REGEX:
        # The engine takes UTF-8 only, and a header may hold anything.
        return (
            _pattern(rule.text).search(user_agent.encode("ascii", "replace").decode()) is not None
        )
    if rule.kind is RuleKind.ACCOUNT:
        names = {account.name.lower(), *(each.lower() for each in account.addresses)}
        return rule.text.lower() in names
    if rule.kind is RuleKind.DOMAIN:
        return rule.text.lower() == account.domain.lower()
    return True


def _checked_pattern(text: str) -> None:
    try:
        check_pattern(text)
    except PatternFault as exc:
        raise ValueError(f"not a pattern that can be matched: {exc}") from exc


@lru_cache(maxsize=256)
def _pattern(text: str) -> "re2._Regexp":
    return re2.compile(translate(text))

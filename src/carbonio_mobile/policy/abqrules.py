"""Ask thousands of rules at once which of them match an id.

Spec: ../shared/carbonio/cli.md 2.1.
"""

from collections.abc import Iterable, Sequence

import re2

from carbonio_mobile.policy.abq import AbqRule
from carbonio_mobile.policy.javaregex import PatternFault, translate

MAX_RULES = 5000
MAX_INSTRUCTIONS = 4000
"""How large one pattern may be once it is compiled: ``a{1000}`` has about a thousand."""
MEMORY_BYTES = 128 << 20
"""How much one set of rules may need: what is more is refused when the set is made."""
VERDICTS_KEPT = 20_000
"""So many ids are remembered with what matched; then it is forgotten and begun again."""

_SENTINEL = "(?s:.*)"


def _options() -> re2.Options:
    options = re2.Options()
    options.log_errors = False
    options.never_capture = True
    options.max_mem = MEMORY_BYTES
    return options


def check_pattern(pattern: str) -> None:
    """See that a pattern can be a rule. Raises: PatternFault."""
    compiled = _compiled(pattern)
    if compiled.programsize > MAX_INSTRUCTIONS:
        raise PatternFault("the pattern repeats too much within what it repeats")


def _compiled(pattern: str) -> "re2._Regexp":
    try:
        return re2.compile(translate(pattern), _options())
    except re2.error as exc:
        raise PatternFault("the pattern repeats too much within what it repeats") from exc


def in_order(rules: Iterable[AbqRule], domain: str) -> list[AbqRule]:
    """Give the rules that count in a domain, as they are asked: by order, a domain's own first."""
    mine = (rule for rule in rules if rule.domain in ("", domain))
    return sorted(mine, key=lambda rule: (rule.order, not rule.domain, rule.pattern))


class RuleView:
    """The rules as one domain has them. Raises: PatternFault (all together are too large)."""

    def __init__(self, rules: Sequence[AbqRule]) -> None:
        self.rules = tuple(rules)
        self._verdicts: dict[str, AbqRule | None] = {}
        self._set = re2.Set.FullMatchSet(_options())
        for rule in self.rules:
            self._set.Add(translate(rule.pattern))
        # Always matches: where it does not, the set gave up, and silence is no answer.
        self._sentinel = self._set.Add(_SENTINEL)
        try:
            self._set.Compile()
        except re2.error as exc:
            raise PatternFault("the rules are too large together") from exc

    def first(self, device: str) -> AbqRule | None:
        """Give the first rule that matches an id in lower case, or None."""
        try:
            return self._verdicts[device]
        except KeyError:
            pass
        if len(self._verdicts) >= VERDICTS_KEPT:
            self._verdicts.clear()
        found = self._verdicts[device] = self._asked(device)
        return found

    def _asked(self, device: str) -> AbqRule | None:
        if not self.rules:
            return None
        matched = self._set.Match(device) or ()
        if self._sentinel not in matched:
            return next((rule for rule in self.rules if self._matches(rule, device)), None)
        number = min(matched)
        return self.rules[number] if number < self._sentinel else None

    @staticmethod
    def _matches(rule: AbqRule, device: str) -> bool:
        return _compiled(rule.pattern).fullmatch(device) is not None


class RuleBook:
    """All rules, with a view for each domain that has some of its own."""

    def __init__(self, rules: Iterable[AbqRule] = ()) -> None:
        self.rules = tuple(rules)
        self._domains = {rule.domain for rule in self.rules if rule.domain}
        self._views: dict[str, RuleView] = {}

    def view(self, domain: str) -> RuleView:
        """Give the rules as a domain has them. Raises: PatternFault."""
        name = domain if domain in self._domains else ""
        if name not in self._views:
            self._views[name] = RuleView(in_order(self.rules, name))
        return self._views[name]

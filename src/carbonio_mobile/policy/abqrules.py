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
BATCH = 1000
"""So many rules are compiled together: 4 ms in which no other thread runs."""
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
    return sorted(mine, key=_rank)


def _rank(rule: AbqRule) -> tuple[int, bool, str]:
    return rule.order, not rule.domain, rule.pattern


class _Batch:
    """Some rules compiled together. Raises: PatternFault (all together are too large)."""

    def __init__(self, rules: Sequence[AbqRule]) -> None:
        self._rules = rules
        self._set = re2.Set.FullMatchSet(_options())
        for rule in rules:
            self._set.Add(translate(rule.pattern))
        # Always matches: where it does not, the set gave up, and silence is no answer.
        self._sentinel = self._set.Add(_SENTINEL)
        try:
            self._set.Compile()
        except re2.error as exc:
            raise PatternFault("the rules are too large together") from exc
        self._set.Match("")  # makes ready what the first match would have to

    def first(self, device: str) -> AbqRule | None:
        matched = self._set.Match(device) or ()
        if self._sentinel not in matched:
            return next((rule for rule in self._rules if _matches(rule, device)), None)
        number = min(matched)
        return self._rules[number] if number < self._sentinel else None


def _matches(rule: AbqRule, device: str) -> bool:
    return _compiled(rule.pattern).fullmatch(device) is not None


class RuleView:
    """Rules in their order. Raises: PatternFault (so many together are too large).

    Making one takes about 0.1 ms a rule; it may be made in another thread than it is asked in.
    """

    def __init__(self, rules: Sequence[AbqRule]) -> None:
        self.rules = tuple(rules)
        self._verdicts: dict[str, AbqRule | None] = {}
        # The library keeps the interpreter for itself while it compiles a set, 6 us a rule.
        self._batches = [
            _Batch(self.rules[begin : begin + BATCH]) for begin in range(0, len(self.rules), BATCH)
        ]

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
        asked = (batch.first(device) for batch in self._batches)
        return next((found for found in asked if found is not None), None)


class DomainView:
    """The rules of a domain together with those of all."""

    def __init__(self, shared: RuleView, own: RuleView) -> None:
        self._parts = (shared, own)

    def first(self, device: str) -> AbqRule | None:
        """See :meth:`RuleView.first`."""
        found = [rule for part in self._parts if (rule := part.first(device)) is not None]
        return min(found, key=_rank, default=None)


class RuleBook:
    """All rules, with a view for each domain that has some of its own.

    Each rule is compiled once. What another book, ``like``, has compiled already is taken over.
    """

    def __init__(self, rules: Iterable[AbqRule] = (), *, like: "RuleBook | None" = None) -> None:
        self.rules = tuple(rules)
        self._scopes: dict[str, list[AbqRule]] = {"": []}
        for rule in self.rules:
            self._scopes.setdefault(rule.domain, []).append(rule)
        made: dict[str, RuleView] = {} if like is None else dict(like._compiled)
        self._compiled: dict[str, RuleView] = {
            name: made[name] for name in self._scopes if name in made
        }
        self._views: dict[str, RuleView | DomainView] = {}

    def prepare(self) -> "RuleBook":
        """Compile all rules now; gives this book. For another thread, before anybody asks.

        Raises: PatternFault.
        """
        for domain in self._scopes:
            self.view(domain)
        return self

    def view(self, domain: str) -> RuleView | DomainView:
        """Give the rules as a domain has them. Raises: PatternFault."""
        name = domain if domain in self._scopes else ""
        if name not in self._views:
            shared = self._of("")
            self._views[name] = DomainView(shared, self._of(name)) if name else shared
        return self._views[name]

    def _of(self, domain: str) -> RuleView:
        """Give the rules of one domain alone, or of none."""
        rules = tuple(sorted(self._scopes[domain], key=_rank))
        found = self._compiled.get(domain)
        if found is None or found.rules != rules:
            found = self._compiled[domain] = RuleView(rules)
        return found

"""Version filters as rows of the state database."""

import json
from typing import Any

from carbonio_mobile.eas.version import Version
from carbonio_mobile.errors import Corrupt
from carbonio_mobile.policy.abqrules import check_pattern
from carbonio_mobile.policy.javaregex import PatternFault
from carbonio_mobile.policy.versionfilters import EasFilter, Mode
from carbonio_mobile.policy.versionrules import Rule, RuleKind


def filter_to_text(one: EasFilter) -> str:
    """Give the record of a filter."""
    return json.dumps(
        {
            "rule": _rule_record(one.rule),
            "mode": one.mode.value,
            "versions": [version.text for version in one.versions],
            "blocking": one.blocking,
        }
    )


def filter_from_text(text: str) -> EasFilter:
    """Read the record of a filter. Raises: Corrupt."""
    try:
        record = json.loads(text)
        return EasFilter(
            rule=_rule(record["rule"]),
            mode=Mode(record["mode"]),
            versions=tuple(Version.parse(version) for version in record["versions"]),
            blocking=bool(record["blocking"]),
        )
    except (ValueError, KeyError, TypeError, RecursionError, PatternFault) as exc:
        raise Corrupt("the record of a version filter") from exc


def _rule_record(rule: Rule) -> dict[str, Any]:
    return {
        "kind": rule.kind.value,
        "text": rule.text,
        "rules": [_rule_record(each) for each in rule.rules],
    }


def _rule(record: Any) -> Rule:
    rule = Rule(
        kind=RuleKind(record["kind"]),
        text=str(record["text"]),
        rules=tuple(_rule(each) for each in record["rules"]),
    )
    if rule.kind is RuleKind.REGEX:
        check_pattern(rule.text)  # or each request of a phone would find out anew
    return rule

"""Version filters: which protocol versions an account's device is offered, and why.

The filters run in the order of their ids over the pool of all versions; then come the caps of the
server and the switches of the account.

Spec: ../shared/carbonio/cli.md 2.4, 3.3; attributes.md 1 (zimbraMobileForceProtocol25 …).
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import Enum

from carbonio_mobile.directory.accounts import Account
from carbonio_mobile.eas.clients import family_of
from carbonio_mobile.eas.version import Version, listed
from carbonio_mobile.policy.versionrules import Rule, RuleKind, matches

FILTERS_COUNT = 200
"""So many filters there may be: each one is asked for every new device."""

GLOBAL_CAP = "ZxMobile_MaxGlobalVersion"
OUTLOOK_CAP = "ZxMobile_MaxOutlookVersion"
OUTLOOK_ALLOWED = "zimbraMobileOutlookSyncEnabled"
FORCE_25 = "zimbraMobileForceProtocol25"
FORCE_SAMSUNG_25 = "zimbraMobileForceSamsungProtocol25"

DECIDING = (GLOBAL_CAP, OUTLOOK_CAP, OUTLOOK_ALLOWED, FORCE_25, FORCE_SAMSUNG_25)
"""The attributes that an evaluation looks at."""


class Mode(Enum):
    """What a filter does to the pool of versions."""

    ADD = "add"
    SUBTRACT = "subtract"
    FIXED = "fixed"
    LIMIT = "limit"


@dataclass(frozen=True, slots=True, kw_only=True)
class EasFilter:
    """One filter. ``versions`` are in ascending order, one only for ``limit``; a ``blocking`` one
    that matched is the last that is asked.
    """

    rule: Rule
    mode: Mode
    versions: tuple[Version, ...]
    blocking: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of an evaluation, in words, with the versions that are left after it."""

    name: str
    result: str
    versions: tuple[Version, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """What an account's device may speak, ascending, and how that came about.

    ``versions`` empty: the device may not sync, and ``why`` says what took the last one away.
    """

    versions: tuple[Version, ...]
    steps: tuple[Step, ...]
    why: str = ""


def parse_versions(texts: Sequence[str], mode: Mode) -> tuple[Version, ...]:
    """Read the versions of a filter, ascending. Raises: ValueError in words for who typed them."""
    try:
        versions = tuple(sorted({Version.parse(text) for text in texts}))
    except ValueError as exc:
        raise ValueError(f"{exc}, expected some of {listed(Version)}") from exc
    if not versions:
        raise ValueError(f"no version is given, expected some of {listed(Version)}")
    if mode is Mode.LIMIT and len(versions) > 1:
        raise ValueError("limit takes one version, the highest that is let through")
    return versions


def carbonio_profile_filters() -> tuple[EasFilter, ...]:
    """Give the three filters that the product ships: Outlook 14.0, Samsung 2.5, all others 14.1."""
    outlook = Rule(
        kind=RuleKind.OR,
        rules=tuple(
            Rule(kind=RuleKind.CONTAINS, text=text) for text in ("outlook/", "microsoft.outlook")
        ),
    )
    samsung = Rule(kind=RuleKind.CONTAINS, text="samsung")
    return (
        EasFilter(rule=outlook, mode=Mode.FIXED, versions=(Version.V14_0,), blocking=True),
        EasFilter(rule=samsung, mode=Mode.LIMIT, versions=(Version.V2_5,)),
        EasFilter(rule=Rule(kind=RuleKind.ALWAYS), mode=Mode.LIMIT, versions=(Version.V14_1,)),
    )


def evaluate(
    filters: Sequence[EasFilter],
    account: Account,
    user_agent: str,
    offered: Collection[Version],
    *,
    family: str | None = None,
) -> Evaluation:
    """Find out which of the versions ``offered`` by this server a device may speak.

    ``family`` is that of ``eas/clients.py``, told from the user agent alone where it is not given.
    """
    course = _Course(account, user_agent, offered)
    for number, each in enumerate(filters):
        if course.ask(number, each):
            break
    if family is None:
        family = family_of("", user_agent, "").family
    course.cap(GLOBAL_CAP)
    if family == "Outlook desktop":
        course.cap(OUTLOOK_CAP)
        if not account.flag(OUTLOOK_ALLOWED, default=True):
            course.take(OUTLOOK_ALLOWED, "FALSE: Outlook may not sync", ())
    if account.flag(FORCE_25, default=False):
        course.force(FORCE_25)
    elif family.startswith("Samsung") and account.flag(FORCE_SAMSUNG_25, default=False):
        course.force(FORCE_SAMSUNG_25)
    return course.evaluation()


class _Course:
    """The pool of versions on its way through the steps."""

    def __init__(self, account: Account, user_agent: str, offered: Collection[Version]) -> None:
        self._account = account
        self._user_agent = user_agent
        self._offered = frozenset(offered)
        self._pool = tuple(sorted(self._offered))
        self._why = ""
        self._steps = [Step(name="server", result="offers these versions", versions=self._pool)]

    def ask(self, number: int, each: EasFilter) -> bool:
        """Apply a filter where it matches; True where no other is to be asked."""
        name = f"filter {number} {each.rule}"
        if not matches(each.rule, self._account, self._user_agent):
            self.take(name, "does not match", self._pool)
            return False
        result = f"matches: {each.mode.value} {listed(each.versions)}"
        if each.blocking:
            result += ", blocking: no further filter is asked"
        self.take(name, result, _applied(each, self._pool))
        return each.blocking

    def cap(self, attribute: str) -> None:
        """Drop all versions above the one that an attribute names."""
        value = self._account.value(attribute).strip()
        if not value:
            return
        try:
            highest = Version.parse(value)
        except ValueError:
            self.take(attribute, f"is no version: {value[:16]!r}, ignored", self._pool)
            return
        self.take(attribute, f"limit {value}", [v for v in self._pool if v <= highest])

    def force(self, attribute: str) -> None:
        """Leave 2.5 alone, unless nothing was left before: who is kept out stays out."""
        self.take(attribute, "TRUE: fixed 2.5", [Version.V2_5] if self._pool else [])

    def take(self, name: str, result: str, versions: Collection[Version]) -> None:
        """Write down a step and what it leaves, of what this server speaks at all."""
        pool = tuple(sorted(self._offered & set(versions)))
        if self._pool and not pool:
            self._why = f"{name}: {result}"
        self._pool = pool
        self._steps.append(Step(name=name, result=result, versions=pool))

    def evaluation(self) -> Evaluation:
        """Give the end of it."""
        why = "" if self._pool else self._why
        return Evaluation(versions=self._pool, steps=tuple(self._steps), why=why)


def _applied(each: EasFilter, pool: Sequence[Version]) -> Collection[Version]:
    given = set(each.versions)
    if each.mode is Mode.ADD:
        return given | set(pool)
    if each.mode is Mode.SUBTRACT:
        return set(pool) - given
    if each.mode is Mode.LIMIT:
        return [version for version in pool if version <= max(given)]
    return given

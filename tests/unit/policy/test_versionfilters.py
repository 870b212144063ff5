"""Version filters: what the manual's filters, modes and rules do to the versions on offer."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carbonio_mobile.directory.accounts import Account, AccountStatus
from carbonio_mobile.eas.refusal import Reason
from carbonio_mobile.eas.version import OFFERED, Version
from carbonio_mobile.ids import AccountId, DeviceId, DeviceKey
from carbonio_mobile.policy.offers import REMEMBERED_COUNT, Offers
from carbonio_mobile.policy.versionfilters import (
    EasFilter,
    Mode,
    carbonio_profile_filters,
    evaluate,
    parse_versions,
)
from carbonio_mobile.policy.versionrules import Rule, RuleKind, matches, parse_rule
from carbonio_mobile.sync.device import Device

SAMSUNG = "SAMSUNG-SM-G900F/101.40402"
NEW_SAMSUNG = "Android-SAMSUNG-SM-S911B/101.14"
OUTLOOK = "Outlook/16.0 (16.0.17328.20162; x64)"
OUTLOOK_MOBILE = "Outlook-iOS-Android/1.0"
IPHONE = "Apple-iPhone14C5/2001.55"
ALL = "2.5,12.0,12.1,14.0,14.1,16.0,16.1"


def account(name: str = "john@example.com", **attributes: str) -> Account:
    """Make an account with these attributes."""
    return Account(
        id=AccountId("a-1"),
        name=name,
        display_name="",
        domain=name.partition("@")[2],
        addresses=(name, f"alias-{name}"),
        status=AccountStatus.ACTIVE,
        domain_status=AccountStatus.ACTIVE,
        attributes={key.lower(): (value,) for key, value in attributes.items()},
    )


JOHN = account()


def versions(text: str) -> tuple[Version, ...]:
    """Read a list of versions; of nothing comes none."""
    return tuple(Version.parse(each) for each in text.split(",") if each)


def made(kind: str, parameter: str, mode: str, listed: str, *, blocking: bool = False) -> EasFilter:
    """Make a filter as it is typed."""
    return EasFilter(
        rule=parse_rule(RuleKind(kind), parameter),
        mode=Mode(mode),
        versions=parse_versions(listed.split(","), Mode(mode)),
        blocking=blocking,
    )


@pytest.mark.parametrize(
    ("agent", "expected"),
    [
        (OUTLOOK, "14.0"),
        ("Microsoft.Outlook.15", "14.0"),
        (SAMSUNG, "2.5"),
        (NEW_SAMSUNG, "2.5"),
        (IPHONE, "2.5,12.0,12.1,14.0,14.1"),
        ("", "2.5,12.0,12.1,14.0,14.1"),
    ],
)
def test_the_three_filters_of_the_manual(agent: str, expected: str) -> None:
    """cli.md 2.4: Outlook at 14.0 and no further, Samsung at 2.5, all others up to 14.1."""
    found = evaluate(carbonio_profile_filters(), JOHN, agent, OFFERED)
    assert found.versions == versions(expected)
    assert found.steps[-1].versions == found.versions


def test_the_rules_of_the_manual_as_they_are_printed() -> None:
    """The form of getAllEASFilters, with the bracket that the source lost."""
    assert [str(each.rule) for each in carbonio_profile_filters()] == [
        (
            "[type = or; rules = [[type = contains; rule = outlook/] OR "
            "[type = contains; rule = microsoft.outlook]]]"
        ),
        "[type = contains; rule = samsung]",
        "[type = always]",
    ]


@pytest.mark.parametrize(
    ("mode", "listed", "expected"),
    [
        ("fixed", "2.5,12.0,14.1", "2.5,12.0,14.1"),
        ("limit", "12.1", "2.5,12.0,12.1"),
        ("limit", "16.1", ALL),
        ("subtract", "16.0,16.1", "2.5,12.0,12.1,14.0,14.1"),
        ("add", "16.0", ALL),
        ("subtract", ALL, ""),
    ],
)
def test_modes(mode: str, listed: str, expected: str) -> None:
    """Each mode on the whole list."""
    found = evaluate([made("contains", "x", mode, listed)], JOHN, "X", OFFERED)
    assert found.versions == versions(expected)


def test_order_and_blocking() -> None:
    """Filters are asked by their ids, each sees what those before left, a blocking one ends it."""
    fixed = made("contains", "android", "fixed", "2.5,14.1")
    adding = made("contains", "android", "add", "16.1")
    stops = made("contains", "android", "limit", "14.1", blocking=True)
    passes = made("contains", "iphone", "fixed", "2.5", blocking=True)

    def offered(*filters: EasFilter) -> Sequence[Version]:
        return evaluate(filters, JOHN, "Android/1", OFFERED).versions

    assert offered(fixed, adding) == versions("2.5,14.1,16.1")
    assert offered(adding, fixed) == versions("2.5,14.1")
    assert offered(fixed, stops, adding) == versions("2.5,14.1")
    assert offered(passes, fixed) == versions("2.5,14.1")
    assert offered() == OFFERED


def test_nothing_beyond_what_the_server_speaks() -> None:
    """A filter cannot put into the pool what this server does not offer."""
    few = versions("12.1,14.1")
    for mode in ("fixed", "add"):
        found = evaluate([made("contains", "x", mode, "14.1,16.1")], JOHN, "x", few)
        assert set(found.versions) <= set(few)


@pytest.mark.parametrize(
    ("kind", "parameter", "agent", "expected"),
    [
        ("contains", "Android", "my-ANDROID-phone", True),
        ("contains", "android", "Apple", False),
        ("regex", "Android/[0-9]+", "xAndroid/12.1", True),
        ("regex", "^Android", "xAndroid", False),
        ("regex", "(?i)APPLE", "apple-iphone", True),
        ("regex", "x.*y", "x\udc80\x00☃y", True),
        ("account", "John@Example.com", "", True),
        ("account", "alias-john@example.com", "", True),
        ("account", "jane@example.com", "", False),
        ("domain", "EXAMPLE.com", "", True),
        ("domain", "example.org", "", False),
        ("and", "account=john@example.com,contains=android", "Android", True),
        ("and", "account=john@example.com,contains=android", "Apple", False),
        ("or", "account=jane@example.com, contains = apple", "Apple", True),
        ("or", "contains=a,regex=x{1,3}y,domain=no.org", "xxy", True),
        ("or", "CONTAINS=iphone14,5", "iPhone14,5", True),
    ],
)
def test_rules(kind: str, parameter: str, agent: str, expected: bool) -> None:
    """What the types of rules look at."""
    assert matches(parse_rule(RuleKind(kind), parameter), JOHN, agent) is expected


@pytest.mark.parametrize(
    ("kind", "parameter", "said"),
    [
        ("regex", "a(", "not closed"),
        ("regex", "(?=a)b", "linear time"),
        ("regex", "((a{1000}){1000}){1000}", "repeats too much"),
        ("and", "android", "expected terms"),
        ("or", "colour=red", "expected terms"),
        ("and", "contains=", "empty"),
        ("and", "and=contains=x", "expected terms"),
        ("or", ",".join(["contains=a"] * 60), "at most"),
        ("account", "john", "e-mail"),
        ("domain", "john@example.com", "domain"),
        ("contains", " ", "empty"),
        ("contains", "x" * 2000, "at most"),
        ("always", "x", "by hand"),
    ],
)
def test_rules_that_mean_nothing(kind: str, parameter: str, said: str) -> None:
    """A rule that cannot be one is refused in words."""
    with pytest.raises(ValueError, match=said):
        parse_rule(RuleKind(kind), parameter)


@pytest.mark.parametrize(
    ("listed", "mode", "said"),
    [
        ("15.0", "fixed", "no ActiveSync version '15.0', expected some of 2.5"),
        ("x", "add", "expected some of"),
        ("2.5,14.1", "limit", "one version"),
    ],
)
def test_versions_that_mean_nothing(listed: str, mode: str, said: str) -> None:
    """A version that does not exist is refused, and the known ones are named."""
    with pytest.raises(ValueError, match=said):
        parse_versions(listed.split(","), Mode(mode))


@pytest.mark.parametrize(
    ("attributes", "agent", "expected"),
    [
        ({"ZxMobile_MaxGlobalVersion": "14.1"}, IPHONE, "2.5,12.0,12.1,14.0,14.1"),
        ({"ZxMobile_MaxGlobalVersion": "nonsense"}, IPHONE, ALL),
        ({"ZxMobile_MaxOutlookVersion": "14.0"}, OUTLOOK, "2.5,12.0,12.1,14.0"),
        ({"ZxMobile_MaxOutlookVersion": "14.0"}, OUTLOOK_MOBILE, ALL),
        ({"zimbraMobileForceProtocol25": "TRUE"}, IPHONE, "2.5"),
        ({"zimbraMobileForceProtocol25": "FALSE"}, IPHONE, ALL),
        ({"zimbraMobileForceSamsungProtocol25": "TRUE"}, IPHONE, ALL),
        ({"zimbraMobileForceSamsungProtocol25": "TRUE"}, SAMSUNG, "2.5"),
        ({"zimbraMobileForceSamsungProtocol25": "TRUE"}, NEW_SAMSUNG, "2.5"),
        ({"zimbraMobileOutlookSyncEnabled": "FALSE"}, OUTLOOK, ""),
        ({"zimbraMobileOutlookSyncEnabled": "FALSE"}, OUTLOOK_MOBILE, ALL),
        ({"zimbraMobileOutlookSyncEnabled": "FALSE"}, IPHONE, ALL),
        (
            {"zimbraMobileOutlookSyncEnabled": "FALSE", "zimbraMobileForceProtocol25": "TRUE"},
            OUTLOOK,
            "",
        ),
    ],
)
def test_caps_and_switches(attributes: dict[str, str], agent: str, expected: str) -> None:
    """attributes.md 1, cli.md 3.3: what stands above the filters."""
    found = evaluate((), account(**attributes), agent, OFFERED)
    assert found.versions == versions(expected)
    assert bool(found.why) is (not expected)


def test_nothing_is_left_and_it_is_said_why() -> None:
    """Filters and caps that exclude one another keep the device out, and say which did."""
    john = account(ZxMobile_MaxGlobalVersion="12.1")
    found = evaluate([made("contains", "x", "fixed", "14.1")], john, "x", OFFERED)
    assert found.versions == ()
    assert found.why == "ZxMobile_MaxGlobalVersion: limit 12.1"


kinds = st.sampled_from([kind for kind in RuleKind if kind is not RuleKind.REGEX])
rules = st.recursive(
    st.builds(Rule, kind=kinds, text=st.text(max_size=3)),
    lambda inner: st.builds(Rule, kind=kinds, rules=st.lists(inner, max_size=3).map(tuple)),
    max_leaves=5,
)
filters = st.builds(
    EasFilter,
    rule=rules,
    mode=st.sampled_from(Mode),
    versions=st.sets(st.sampled_from(Version), min_size=1).map(lambda v: tuple(sorted(v))),
    blocking=st.booleans(),
)


@given(st.lists(filters, max_size=6), st.text(max_size=8))
def test_an_evaluation_tells_the_truth(each: list[EasFilter], agent: str) -> None:
    """Versions come in order and once, the last step leaves them, none are without a reason."""
    found = evaluate(each, JOHN, agent, OFFERED)
    assert list(found.versions) == sorted(set(found.versions))
    assert found.steps[-1].versions == found.versions
    assert bool(found.why) is not bool(found.versions)


def phone(agent: str, kind: str = "") -> Device:
    """Make a device with this user agent."""
    key = DeviceKey(JOHN.id, DeviceId("d"))
    return Device(key=key, sent_id="D", kind=kind, user_agent=agent)


def test_offers_follow_filters_and_attributes() -> None:
    """What is remembered of an offer never outlives what it was made from."""
    offers = Offers()
    assert offers(JOHN, phone(IPHONE)) == OFFERED
    assert offers(JOHN, None) == OFFERED
    offers.use(carbonio_profile_filters())
    assert offers(JOHN, phone(OUTLOOK)) == versions("14.0")
    assert offers(JOHN, phone("", "SAMSUNGSMG900F")) == versions("2.5,12.0,12.1,14.0,14.1")
    offers.use(())
    assert offers(JOHN, phone(OUTLOOK)) == OFFERED
    forced = account(zimbraMobileForceProtocol25="TRUE")
    assert offers(forced, phone(OUTLOOK)) == versions("2.5")
    assert offers(JOHN, phone(OUTLOOK)) == OFFERED
    samsung = account(zimbraMobileForceSamsungProtocol25="TRUE")
    assert offers(samsung, phone("", "SAMSUNGSMG900F")) == versions("2.5")


def test_an_offer_of_nothing_is_a_refusal() -> None:
    """A device without a version is told to stay out, with the reason for the log."""
    offers = Offers()
    kept_out = account(zimbraMobileOutlookSyncEnabled="FALSE")
    assert offers.refusal(JOHN, phone(OUTLOOK)) is None
    assert offers.refusal(kept_out, phone(OUTLOOK)) == (
        Reason.DEVICE_BLOCKED,
        "zimbraMobileOutlookSyncEnabled: FALSE: Outlook may not sync",
    )


def test_what_is_remembered_is_bounded() -> None:
    """Any number of user agents may come by."""
    offers = Offers()
    for number in range(REMEMBERED_COUNT + 10):
        offers(JOHN, phone(f"agent {number}"))
    assert len(offers._known) == REMEMBERED_COUNT


def test_explaining_tells_each_step() -> None:
    """The evaluation rule by rule: what matched, what it did, what was left."""
    offers = Offers(carbonio_profile_filters())
    found = offers.explained(JOHN, SAMSUNG)
    assert [step.result for step in found.steps] == [
        "offers these versions",
        "does not match",
        "matches: limit 2.5",
        "matches: limit 14.1",
    ]

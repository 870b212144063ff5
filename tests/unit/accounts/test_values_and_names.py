"""Addresses, domains, login forms and attribute values in their normal form."""

import pytest

from carbonio_mobile.accounts.addresses import normal_address, normal_domain
from carbonio_mobile.accounts.attributes import (
    CATALOGUE,
    DEFAULTS,
    Level,
    checked,
    key_of,
    spelt,
)
from carbonio_mobile.accounts.invalid import InvalidArgument
from carbonio_mobile.accounts.logins import DomainNames, login_address
from carbonio_mobile.accounts.values import duration_s

NAMES = DomainNames(
    hosts={
        "example.com": "example.com",
        "example.org": "example.org",
        "lab.example.org": "lab.example.org",
        "phones.example.net": "example.org",
    },
    default="example.com",
)


@pytest.mark.parametrize(
    ("given", "normal"),
    [
        ("John.Doe@Example.COM", "john.doe@example.com"),
        (" john@example.com ", "john@example.com"),
        ("john+tag@bücher.example", "john+tag@xn--bcher-kva.example"),
        ("o'neil@example.com.", "o'neil@example.com"),
    ],
)
def test_address_has_one_form(given: str, normal: str) -> None:
    """Case, blanks, a final dot and the script of the domain make no difference."""
    assert normal_address(given) == normal


@pytest.mark.parametrize(
    "given",
    [
        *("", "john", "@example.com", "john@", "j ohn@example.com", "a..b@example.com"),
        *(".a@b.example", "a@b@c.example", "jöhn@example.com", "x" * 65 + "@example.com"),
        *("a@10.0.0.1", "a@-b.example", "a@" + "b" * 64 + ".example", "a@exa mple.com"),
        *("a\n@example.com", "a@example.com\0"),
    ],
)
def test_no_address(given: str) -> None:
    """What cannot be an address is refused with what would be right."""
    with pytest.raises(InvalidArgument, match="expected"):
        normal_address(given)


def test_long_argument_is_cut_in_the_error() -> None:
    """An error text does not repeat an argument of any length."""
    with pytest.raises(InvalidArgument) as caught:
        normal_domain("x" * 10000)
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize(
    ("login", "host", "address"),
    [
        ("john@example.org", "", "john@example.org"),
        ("john%40example.org", "", "john@example.org"),
        ("EXAMPLE.ORG\\john", "", "john@example.org"),
        ("LAB\\john", "", "john@lab.example.org"),
        # Two domains begin with this label: the host decides, as without it.
        ("EXAMPLE\\john", "phones.example.net", "john@example.org"),
        ("WORKGROUP\\john", "", "john@example.com"),
        ("john", "phones.example.net:8443", "john@example.org"),
        ("john", "eas.lab.example.org", "john@lab.example.org"),
        ("john", "[::1]:443", "john@example.com"),
        ("john", "", "john@example.com"),
        ("", "", None),
        ("john doe", "", None),
    ],
)
def test_login_forms(login: str, host: str, address: str | None) -> None:
    """Each form that clients send leads to one address (client-quirks 1, rules 4 and 5)."""
    assert login_address(login, host, NAMES) == address


def test_bare_user_without_any_domain() -> None:
    """Where there is no default domain a bare user means nobody."""
    assert login_address("john", "host", DomainNames(hosts={}, default="")) is None


@pytest.mark.parametrize(
    ("name", "given", "stored"),
    [
        ("zimbraFeatureMobileSyncEnabled", "true", "TRUE"),
        ("zimbraMailQuota", " 0042 ", "42"),
        ("zimbraPasswordLockoutDuration", "15M", "15m"),
        ("zimbraAccountStatus", "Closed", "closed"),
        ("zimbraAllowFromAddress", "Info@Example.com", "info@example.com"),
        ("zimbraUnknownThing", " kept as it is ", " kept as it is "),
    ],
)
def test_values_are_stored_in_one_form(name: str, given: str, stored: str) -> None:
    """A good value is brought into its normal form; a free attribute's is kept."""
    assert checked(name, [given], Level.ACCOUNT) == (stored,)


@pytest.mark.parametrize(
    ("name", "values", "level", "reason"),
    [
        ("zimbraMailQuota", ["-1"], Level.ACCOUNT, "a whole number, 0 or more"),
        ("zimbraMailQuota", ["9" * 30], Level.ACCOUNT, "a whole number, 0 or more"),
        ("zimbraMailQuota", ["1", "2"], Level.ACCOUNT, "expected one value, got 2"),
        ("zimbraMailQuota", ["1"], Level.DOMAIN, "only at account or cos"),
        ("zimbraQuotaWarnPercent", ["101"], Level.COS, "from 0 to 100"),
        ("zimbraPasswordLockoutDuration", ["soon"], Level.COS, "a duration like"),
        ("zimbraAccountStatus", ["lockout"], Level.ACCOUNT, "one of active"),
        ("zimbraVirtualHostname", ["a b"], Level.DOMAIN, "a host name"),
        ("zimbraId", ["x"], Level.ACCOUNT, "use create"),
        ("USERPASSWORD", ["x"], Level.ACCOUNT, "use setPassword"),
        ("zimbraPrefTimeZoneId", ["a\0b"], Level.ACCOUNT, "a text of at most 256"),
        ("free", ["x" * 70000], Level.ACCOUNT, "a text of at most 65536"),
        ("free", ["x"] * 1001, Level.ACCOUNT, "at most 1000 values"),
        ("not a name", ["x"], Level.ACCOUNT, "a name like displayName"),
    ],
)
def test_bad_values(name: str, values: list[str], level: Level, reason: str) -> None:
    """A bad value is refused with what was expected."""
    with pytest.raises(InvalidArgument, match=reason):
        checked(name, values, level)


def test_both_spellings_of_instant_notifications() -> None:
    """The product's misspelt name and the right one are the same attribute (cli.md 3.2)."""
    assert key_of("ZxMobile_UseInstantNotifications") == key_of("zxmobile_useinstantnotficiations")
    assert spelt("ZxMobile_UseInstantNotifications") == "ZxMobile_UseInstantNotficiations"


def test_defaults_would_be_accepted() -> None:
    """Each built-in default is a value that the catalogue itself accepts, in normal form."""
    for key, values in DEFAULTS.items():
        row = CATALOGUE[key]
        assert checked(row.name, values, next(iter(row.levels))) == values


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90", 90), ("90s", 90), ("15m", 900), ("1h", 3600), ("30d", 2592000), ("250ms", 0.25)],
)
def test_durations(text: str, seconds: float) -> None:
    """A bare number is seconds; the units are s, m, h, d and ms."""
    assert duration_s(text) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["", "h", "-1s", "1.5h", "1w", "1 h", "9" * 40])
def test_no_duration(text: str) -> None:
    """Anything else is no duration."""
    with pytest.raises(ValueError, match="not a duration"):
        duration_s(text)

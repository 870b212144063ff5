"""Settings out of TOML and the command line: typed, bounded, every mistake named in one line."""

from pathlib import Path
from typing import Any

import pytest

from carbonio_mobile.errors import ConfigError
from carbonio_mobile.service.config import read_file, settings
from carbonio_mobile.service.options import BY_PATH, OPTIONS, SECTIONS, Kind


def why(document: dict[str, Any], overrides: dict[str, Any] | None = None) -> str:
    """Give the line that refuses a configuration."""
    with pytest.raises(ConfigError) as refused:
        settings(document, overrides or {})
    line = str(refused.value)
    assert "\n" not in line
    return line


def test_an_empty_file_gives_all_defaults() -> None:
    """Every option has a default that fits its own type and range."""
    made = settings({}, {})
    assert made.eas == ("tls:443",)
    assert made.limits.connections == BY_PATH["http.connections"].default
    assert set(made.values) == set(BY_PATH)


@pytest.mark.parametrize("option", OPTIONS, ids=lambda option: option.path)
def test_each_option_can_be_given_its_default(option: Any) -> None:
    """What the sample file shows is accepted."""
    value = list(option.default) if isinstance(option.default, tuple) else option.default
    assert (
        settings({option.section: {option.name: value}}, {}).values[option.path] == option.default
    )


@pytest.mark.parametrize("option", [o for o in OPTIONS if o.low is not None], ids=lambda o: o.path)
def test_ranges_are_kept(option: Any) -> None:
    """One below the least and one above the greatest value are refused with the range."""
    for value in (option.low - 1, option.high + 1):
        line = why({option.section: {option.name: value}})
        assert line.startswith(f"{option.path}: must be ")
        assert f"{option.low:,}" in line


@pytest.mark.parametrize(
    ("document", "line"),
    [
        ({"servr": {}}, "servr: no such section; did you mean server?"),
        ({"server": {"ea": []}}, "server.ea: no such option; did you mean server.eas?"),
        ({"colour": {}}, "colour: no such section"),
        ({"server": 3}, "server: is a section: write [server] and its options below"),
        ({"server": {"eas": "tcp:80"}}, "server.eas: must be a list of endpoint strings"),
        ({"server": {"data": ""}}, "server.data: must name a directory"),
        ({"http": {"connections": True}}, "http.connections: must be a whole number, not true"),
        ({"http": {"connections": 1.5}}, "http.connections: must be a whole number, not 1.5"),
        ({"http": {"trusted_proxies": ["10.0.0.1/8"]}},
         "http.trusted_proxies: 10.0.0.1/8 has host bits set"),
        ({"log": {"level": "loud"}},
         "log.level: must be one of debug, info, warn, error, critical, not 'loud'"),
        ({"tls": {"certificates": [{"certificate": "a"}]}},
         "tls.certificates, number 1: names no key"),
        ({"tls": {"certificates": [{"certificate": "a", "kee": "b"}]}},
         "tls.certificates, number 1: no such setting: kee; did you mean key?"),
        ({"tls": {"certificates": [{"certificate": "a", "key": "b"}] * 2}},
         "tls.certificates, number 2: names no hosts"),
        ({"eas": {"heartbeat_min_s": 120}, "push": {"ZxMobile_MaxPingHeartbeat": 60}},
         "eas.heartbeat_min_s: must not be above push.ZxMobile_MaxPingHeartbeat (60 s), not 120"),
    ],
)  # fmt: skip
def test_mistakes_are_named(document: dict[str, Any], line: str) -> None:
    """Option, reason, and the nearest name where one was misspelt."""
    assert why(document).startswith(line)


def test_nan_is_out_of_range() -> None:
    """TOML has nan; no bound is kept by it."""
    assert why({"http": {"idle_timeout_s": float("nan")}}).startswith("http.idle_timeout_s: must")


def test_the_command_line_replaces_the_file() -> None:
    """Listeners named there stand alone, and mistakes name the option as it was typed."""
    made = settings({"server": {"eas": ["tcp:1", "tcp:2"]}}, {"server.eas": ["tcp:3"]})
    assert made.eas == ("tcp:3",)
    assert made.spelling("server.eas") == "--eas"
    assert made.spelling("server.lmtp") == "server.lmtp"
    assert why({}, {"server.data": "a\0b"}).startswith("--data: must be a path")


def test_latency_is_nought_with_instant_notifications() -> None:
    """The instant option overrides the latency, in the product's spelling and the right one."""
    latency = {"ZxMobile_NotificationsLatency": 30}
    assert settings({"push": latency}, {}).bounds.latency_s == 0
    for name in ("ZxMobile_UseInstantNotficiations", "ZxMobile_UseInstantNotifications"):
        assert settings({"push": {**latency, name: False}}, {}).bounds.latency_s == 30


def test_certificates_become_a_plan() -> None:
    """The first is the default; each host has its own, compared without case."""
    first = {"certificate": "/a.pem", "key": "/a.key", "hosts": ["Mail.Example.com"]}
    second = {"certificate": "/b.pem", "key": "/b.key", "hosts": ["*.example.net"]}
    plan = settings({"tls": {"certificates": [first, second]}}, {}).certificates
    assert plan is not None
    assert plan.default.chain == Path("/a.pem")
    assert plan.by_host["mail.example.com"] is plan.default
    assert plan.by_host["*.example.net"].key == Path("/b.key")
    twice = {**second, "hosts": ["mail.example.com"]}
    assert "two certificates for mail.example.com" in why({"tls": {"certificates": [first, twice]}})


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"[server\n", "is not TOML"), (b"a = '\xff'", "is not UTF-8"), (None, "cannot read")],
)
def test_unreadable_files(tmp_path: Path, content: bytes | None, reason: str) -> None:
    """A file that is missing, no text or no TOML is refused by name."""
    file = tmp_path / "a.toml"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ConfigError, match=reason) as refused:
        read_file(file)
    assert str(file) in str(refused.value)


def test_every_option_is_described() -> None:
    """A help text, a section that is described, a unit where the name carries one."""
    assert {option.section for option in OPTIONS} == set(SECTIONS)
    for option in OPTIONS:
        assert option.help
        assert option.name.endswith("_s") <= option.unit.endswith("s"), option.path
        assert option.name.endswith("_bytes") <= (option.unit == "bytes"), option.path
        assert option.kind is not Kind.COUNT or option.low is not None, option.path

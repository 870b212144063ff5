"""Reading what proxies say about the client."""

from ipaddress import ip_network

import pytest

from carbonio_mobile.web.hops import client_of, is_trusted

TRUSTED = [ip_network("10.0.0.0/8"), ip_network("2001:db8:ffff::/48")]


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("10.0.0.1", "203.0.113.9", "203.0.113.9"),
        ("10.0.0.1", "203.0.113.9:4711", "203.0.113.9"),
        ("10.0.0.1", "[2001:db8::7]:443", "2001:db8::7"),
        ("10.0.0.1", "2001:db8::7", "2001:db8::7"),
        ("::ffff:10.0.0.1", "203.0.113.9", "203.0.113.9"),
        ("2001:db8:ffff::1", "::ffff:203.0.113.9", "203.0.113.9"),
        ("unix", "203.0.113.9", "203.0.113.9"),
        ("10.0.0.1", "1.1.1.1, 203.0.113.9, 10.3.3.3", "203.0.113.9"),
        ("10.0.0.1", "10.4.4.4, 10.3.3.3", "10.4.4.4"),
        ("10.0.0.1", "unknown", "10.0.0.1"),
        ("10.0.0.1", "1.1.1.1, <script>, 10.3.3.3", "10.3.3.3"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("192.0.2.7", "203.0.113.9", "192.0.2.7"),
        ("not an address", "203.0.113.9", "not an address"),
    ],
)
def test_client_address(peer: str, forwarded: str, client: str) -> None:
    """Entries count from the right, for as long as the one before was trusted."""
    assert client_of(peer, False, {"x-forwarded-for": forwarded}, TRUSTED) == (client, False)


@pytest.mark.parametrize(
    ("scheme", "secure"), [("https", True), ("http", False), ("http, HTTPS", True), ("", False)]
)
def test_scheme(scheme: str, secure: bool) -> None:
    """The last word on the scheme is the trusted proxy's own."""
    headers = {"x-forwarded-proto": scheme}
    assert client_of("10.0.0.1", True, headers, TRUSTED) == ("10.0.0.1", secure)


def test_no_proxies_configured() -> None:
    """Without configuration nobody is believed, a local socket excepted."""
    assert not is_trusted("127.0.0.1", ())
    assert is_trusted("unix", ())

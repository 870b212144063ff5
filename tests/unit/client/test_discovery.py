"""Finding a server from an address."""

import json
from collections.abc import Mapping
from datetime import time
from urllib.parse import urlsplit

import pytest

from carbonio_mobile.autodiscover.json_v2 import answer, parse
from carbonio_mobile.autodiscover.pox import build_error, build_success, parse_request
from carbonio_mobile.client.discovery import discover, hosts_of
from carbonio_mobile.client.faults import ClientFault, Unreachable
from carbonio_mobile.client.wire import HttpReply
from carbonio_mobile.testing.rig import now

URL = "https://mail.example.com/Microsoft-Server-ActiveSync"
HOSTS = ("https://autodiscover.example.com", "https://example.com")


class Hosts:
    """Answers what each of some URLs (host and end of the path) was told to say."""

    def __init__(self, answers: Mapping[tuple[str, str], HttpReply]) -> None:
        self.answers = answers
        self.asked: list[tuple[str, str, Mapping[str, str]]] = []
        self.bodies: list[bytes] = []

    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        body: bytes = b"",
        timeout_s: float,
    ) -> HttpReply:
        parts = urlsplit(url)
        self.asked.append((method, parts.netloc, headers))
        self.bodies.append(body)
        found = self.answers.get((parts.netloc, parts.path[-4:]))
        if found is None:
            raise Unreachable(f"cannot connect to {parts.netloc}")
        return found


def json_reply(url: str) -> HttpReply:
    code, body, _ = answer(
        parse("/", b"Email=a@example.com&Protocol=ActiveSync"),
        active_sync_url=url,
        autodiscover_url="https://x",
    )
    return HttpReply(code=code, body=body)


def xml_reply(url: str) -> HttpReply:
    return HttpReply(code=200, body=build_success(email="a@example.com", display_name="A", url=url))


def found(hosts: Hosts) -> str:
    url: str = now(discover(hosts.request, "a@example.com", "secret", hosts=HOSTS))
    return url


def test_json_is_asked_first_and_without_the_password() -> None:
    """The first host that knows is believed; no login is sent."""
    hosts = Hosts({("example.com", "json"): json_reply(URL)})
    assert found(hosts) == URL
    assert all("Authorization" not in headers for _, _, headers in hosts.asked)


def test_xml_is_asked_where_json_is_not_known() -> None:
    """The request is one that this project's server reads."""
    hosts = Hosts(
        {
            ("autodiscover.example.com", "json"): HttpReply(code=404),
            ("autodiscover.example.com", ".xml"): xml_reply(URL),
        }
    )
    assert found(hosts) == URL
    request = parse_request(hosts.bodies[-1])
    assert (request.email, request.wants_mobilesync) == ("a@example.com", True)


def test_redirects_are_followed_within_bounds() -> None:
    """One to a host that knows is followed; a loop ends."""
    away = HttpReply(
        code=302, headers={"location": "https://b.example.com/autodiscover/autodiscover.json"}
    )
    hosts = Hosts({("example.com", "json"): away, ("b.example.com", "json"): json_reply(URL)})
    assert found(hosts) == URL
    loop = Hosts({("example.com", "json"): away, ("b.example.com", "json"): away})
    with pytest.raises(ClientFault, match="again and again"):
        found(loop)


@pytest.mark.parametrize(
    "reply",
    [
        json_reply("http://mail.example.com/x"),
        HttpReply(code=302, headers={"location": "http://evil.example.com/x.json"}),
        HttpReply(code=200, body=b"<html>"),
        HttpReply(code=200, body=json.dumps(["no object"]).encode()),
    ],
)
def test_answers_that_are_not_believed(reply: HttpReply) -> None:
    """No leading away from TLS; no nonsense."""
    with pytest.raises(ClientFault, match="no server found"):
        found(Hosts({("example.com", "json"): reply}))


def test_refusals_are_told() -> None:
    """The user hears what each host said."""
    error = build_error(code=601, message="Provider is not found", at=time(), server_id=1)
    hosts = Hosts(
        {
            ("example.com", ".xml"): HttpReply(code=401),
            ("autodiscover.example.com", ".xml"): HttpReply(code=200, body=error),
        }
    )
    with pytest.raises(ClientFault, match=r"Provider is not found.*refused \(401\)"):
        found(hosts)


def test_hosts_come_from_the_domain() -> None:
    """And only from an address that has one."""
    assert hosts_of("a@example.com") == HOSTS
    for bad in ("john", "@example.com", "a@b/c", "a@"):
        with pytest.raises(ClientFault):
            hosts_of(bad)

"""The JSON form: two spellings of the question, three kinds of answer."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carbonio_mobile.autodiscover.json_v2 import JsonRequest, answer, parse
from carbonio_mobile.errors import ProtocolError

PATH = "/autodiscover/autodiscover.json"
EAS = "https://mail.example.com/Microsoft-Server-ActiveSync"
POX = "https://mail.example.com/autodiscover/autodiscover.xml"


def ask(path: str, query: bytes) -> tuple[int, dict[str, str]]:
    code, body, headers = answer(parse(path, query), active_sync_url=EAS, autodiscover_url=POX)
    assert headers == {"Content-Type": "application/json"}
    return code, json.loads(body)


@pytest.mark.parametrize(
    ("path", "query"),
    [
        (PATH, b"Email=john%40example.com&Protocol=ActiveSync&RedirectCount=1"),
        (PATH, b"email=john@example.com&PROTOCOL=activesync"),
        (PATH + "/v1.0/john@example.com", b"Protocol=ActiveSync"),
        ("/odd/Autodiscover/AutoDiscover.JSON/v1.0/john%40example.com", b"protocol=ActiveSync"),
    ],
)
def test_active_sync_url(path: str, query: bytes) -> None:
    """All spellings of the question get the same URL."""
    assert parse(path, query).email == "john@example.com"
    assert parse(path, query).domain == "example.com"
    assert ask(path, query) == (200, {"Protocol": "ActiveSync", "Url": EAS})


def test_plus_in_an_address() -> None:
    """An address with a tag is kept whole."""
    assert parse(PATH, b"Email=a+b@example.com").email == "a+b@example.com"


def test_older_autodiscover_url() -> None:
    """AutodiscoverV1 names the XML document."""
    assert ask(PATH, b"Protocol=autodiscoverv1") == (
        200,
        {"Protocol": "AutodiscoverV1", "Url": POX},
    )


def test_unknown_protocol() -> None:
    """The refusal echoes the protocol, cut short, and lists what there is."""
    code, members = ask(PATH, b"Protocol=" + b"%22%3Cx" * 40)
    assert code == 400
    assert members["ErrorCode"] == "InvalidProtocol"
    assert members["ErrorMessage"].endswith("Supported values are 'ActiveSync,AutodiscoverV1'")
    assert len(members["ErrorMessage"]) < 200


def test_missing_protocol() -> None:
    """Without a protocol there is nothing to answer."""
    code, members = ask(PATH, b"Email=john@example.com")
    assert (code, members["ErrorCode"]) == (400, "MandatoryParameterMissing")


def test_oversized_query() -> None:
    """A query above the limit is refused before it is taken apart."""
    with pytest.raises(ProtocolError):
        parse(PATH, b"a" * 5000)


@given(st.text(max_size=40), st.binary(max_size=100))
def test_any_question_gets_an_answer_and_no_redirect(path: str, query: bytes) -> None:
    """Whatever is asked, the answer is 200 or 400."""
    assert ask(path, query)[0] in {200, 400}


def test_address_without_domain() -> None:
    """A bare name has no domain."""
    assert JsonRequest(email="john", protocol="").domain == ""

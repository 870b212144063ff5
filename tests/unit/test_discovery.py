"""Autodiscover in both forms, over memory accounts."""

from dataclasses import replace
from pathlib import Path

import pytest
from lxml import etree
from twisted.trial.unittest import SynchronousTestCase

from carbonio_mobile.eas.http import HttpRequest, HttpResponse
from carbonio_mobile.errors import Unavailable
from carbonio_mobile.testing.rig import Rig, basic, now

SCHEMAS = Path(__file__).resolve().parents[2] / "../shared/protocol/schemas"
MOBILE = "http://schemas.microsoft.com/exchange/autodiscover/mobilesync/responseschema/2006"
OUTLOOK = "http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a"
REQUEST = "http://schemas.microsoft.com/exchange/autodiscover/mobilesync/requestschema/2006"


def asked(schema: str, address: str = Rig.ADDRESS) -> bytes:
    return (
        f'<?xml version="1.0" encoding="utf-8"?><Autodiscover xmlns="{REQUEST}"><Request>'
        f"<EMailAddress>{address}</EMailAddress>"
        f"<AcceptableResponseSchema>{schema}</AcceptableResponseSchema>"
        "</Request></Autodiscover>"
    ).encode()


class DiscoveryTests(SynchronousTestCase):
    """Requests as clients send them."""

    def setUp(self) -> None:
        self.rig = Rig()

    def request(self, body: bytes = b"", **changes: object) -> HttpRequest:
        request = HttpRequest(
            method="POST",
            path="/autodiscover/autodiscover.xml",
            query=b"",
            headers={"authorization": basic(Rig.ADDRESS, Rig.PASSWORD), "host": "mail.example.com"},
            body=body,
            peer="127.0.0.1",
            host="mail.example.com",
            secure=True,
        )
        return replace(request, **changes)

    def answer(self, body: bytes = b"", **changes: object) -> HttpResponse:
        response: HttpResponse = now(self.rig.pipeline.discover(self.request(body, **changes)))
        return response

    def values(self, response: HttpResponse) -> dict[str, str]:
        """The text of each element of an XML answer, by its local name."""
        self.assertEqual(response.code, 200)
        root = etree.fromstring(response.body)
        if SCHEMAS.exists() and root.find(".//{*}Server") is not None:
            schema = etree.XMLSchema(etree.parse(str(SCHEMAS / "AutodiscoverResponse.xsd")))
            self.assertTrue(schema.validate(root), schema.error_log)
        return {etree.QName(one).localname: one.text or "" for one in root.iter()}

    def test_a_phone_is_told_the_url(self) -> None:
        """autodiscover.md: type MobileSync with the URL twice, in the host that was asked."""
        found = self.values(self.answer(asked(MOBILE)))
        self.assertEqual(found["EMailAddress"], Rig.ADDRESS)
        self.assertEqual(found["Type"], "MobileSync")
        url = "https://mail.example.com/Microsoft-Server-ActiveSync"
        self.assertEqual((found["Url"], found["Name"]), (url, url))

    def test_the_public_name_of_the_domain_wins(self) -> None:
        """attributes.md: zimbraPublicServiceHostname is the name that clients shall use."""
        self.rig.accounts.add_domain("example.com", zimbraPublicServiceHostname="eas.example.com")
        found = self.values(self.answer(asked(MOBILE)))
        self.assertEqual(found["Url"], "https://eas.example.com/Microsoft-Server-ActiveSync")

    def test_a_plain_connection_is_answered_in_kind(self) -> None:
        """The demo's plain listener hands out a URL that works."""
        headers = {"authorization": basic(Rig.ADDRESS, Rig.PASSWORD), "host": "127.0.0.1:8080"}
        found = self.values(self.answer(asked(MOBILE), secure=False, headers=headers))
        self.assertEqual(found["Url"], "http://127.0.0.1:8080/Microsoft-Server-ActiveSync")

    def test_outlooks_schema_gets_the_documented_error(self) -> None:
        """autodiscover.md: error 601, provider not available."""
        self.assertEqual(self.values(self.answer(asked(OUTLOOK)))["ErrorCode"], "601")

    def test_what_cannot_be_read_gets_error_600(self) -> None:
        """autodiscover.md: no XML, another root, no schema, an entity bomb."""
        bomb = b'<!DOCTYPE a [<!ENTITY b "bbb">]><a>&b;</a>'
        for body in (b"", b"hello", b"<a/>", asked(""), bomb):
            self.assertEqual(self.values(self.answer(body))["ErrorCode"], "600", body)

    def test_without_right_credentials_there_is_a_challenge(self) -> None:
        """http.md: 401 with the realm; nothing tells which addresses exist."""
        for value in ("", "Basic !", "Bearer x", basic(Rig.ADDRESS, "wrong"), basic("x@y.z", "a")):
            response = self.answer(asked(MOBILE), headers={"authorization": value})
            self.assertEqual(response.code, 401)
            self.assertIn("realm", dict(response.headers)["WWW-Authenticate"])

    def test_an_account_without_the_feature_is_refused(self) -> None:
        """attributes.md: zimbraFeatureMobileSyncEnabled, zimbraAccountStatus."""
        for name, value in (
            ("zimbraFeatureMobileSyncEnabled", "FALSE"),
            ("zimbraAccountStatus", "closed"),
        ):
            rig = self.rig = Rig()
            rig.accounts.set_attributes(rig.account, **{name: value})
            self.assertEqual(self.answer(asked(MOBILE)).code, 403, name)

    def test_a_directory_that_cannot_answer_is_503(self) -> None:
        """The client is asked to come again."""

        async def gone(*_: object, **__: object) -> None:
            raise Unavailable("no directory")

        self.patch(self.rig.accounts, "log_in", gone)
        response = self.answer(asked(MOBILE))
        self.assertEqual(response.code, 503)
        self.assertIn("Retry-After", dict(response.headers))

    def json(self, address: str, query: bytes) -> HttpResponse:
        path = f"/autodiscover/autodiscover.json/v1.0/{address}"
        return self.answer(method="GET", path=path, query=query, headers={"host": "m.example.com"})

    def test_the_json_form_needs_no_credentials_and_knows_nobody(self) -> None:
        """autodiscover.md: the same answer for every address, there or not."""
        answers = [self.json(one, b"Protocol=ActiveSync") for one in (Rig.ADDRESS, "x@example.com")]
        self.assertEqual([one.code for one in answers], [200, 200])
        self.assertIn(b"https://m.example.com/Microsoft-Server-ActiveSync", answers[0].body)
        self.assertEqual(answers[0].body, answers[1].body)

    def test_the_json_form_points_to_the_xml_form(self) -> None:
        """autodiscover.md: Protocol=AutodiscoverV1."""
        answer = self.json(Rig.ADDRESS, b"Protocol=AutodiscoverV1")
        self.assertEqual(answer.code, 200)
        self.assertIn(b"https://m.example.com/autodiscover/autodiscover.xml", answer.body)

    def test_protocols_that_are_not_here_are_refused(self) -> None:
        """autodiscover.md: a client error with a document that says why."""
        for query in (b"Protocol=EWS", b"Protocol=", b""):
            self.assertEqual(self.json(Rig.ADDRESS, query).code, 400, query)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_the_xml_form_takes_both_methods(method: str) -> None:
    """Issue 2, 3: GET and POST; a GET says nothing, and gets the error for that."""
    rig = Rig()
    request = HttpRequest(
        method=method,
        path="/AutoDiscover/AutoDiscover.xml",
        query=b"",
        headers={"authorization": basic(Rig.ADDRESS, Rig.PASSWORD), "host": "mail.example.com"},
        body=asked(MOBILE) if method == "POST" else b"",
        peer="127.0.0.1",
        host="mail.example.com",
        secure=True,
    )
    response = now(rig.pipeline.discover(request))
    assert response.code == 200
    assert (b"MobileSync" in response.body) is (method == "POST")

"""Posting, repeating, provisioning, and how refusals are told."""

import struct

import pytest

from carbonio_mobile.client.faults import (
    AnswerLost,
    LoginRefused,
    Refused,
    ServerFault,
    TryLater,
    Unreachable,
)
from carbonio_mobile.client.phone import Message, Retries
from carbonio_mobile.client.wire import HttpReply, split_multipart
from carbonio_mobile.testing.rig import now
from carbonio_mobile.wbxml import Element
from carbonio_mobile.wbxml.codepages import (
    AirSync,
    ComposeMail,
    Provision,
    Search,
)

from .scripted import collection, phone_of


def policy(key: str | None, *, status: str = "1", document: bool = False) -> Element:
    parts = [
        Element(Provision.PolicyType, "MS-EAS-Provisioning-WBXML"),
        Element(Provision.Status, status),
        None if key is None else Element(Provision.PolicyKey, key),
        Element(
            Provision.Data,
            [Element(Provision.EASProvisionDoc, [Element(Provision.AllowCamera, "1")])],
        )
        if document
        else None,
    ]
    return Element(
        Provision.Provision,
        [
            Element(Provision.Status, "1"),
            Element(Provision.Policies, [Element(Provision.Policy, parts)]),
        ],
    )


PHASES = (policy("11", document=True), policy("22"))


@pytest.mark.parametrize("status", [142, 143, 144])
def test_status_that_wants_a_policy(status: int) -> None:
    """The policy is accepted and the command repeated with the final key."""
    wants = Element(AirSync.Sync, [Element(AirSync.Status, str(status))])
    phone, transport = phone_of(wants, *PHASES, collection())
    now(phone.sync("5"))
    assert [line.command for line in transport.lines] == ["Sync", "Provision", "Provision", "Sync"]
    assert [line.policy_key for line in transport.lines] == [0, 0, 11, 22]
    assert transport.bodies[0] == transport.bodies[3]


def test_449_wants_a_policy() -> None:
    """So it is said up to 12.1."""
    phone, transport = phone_of(HttpReply(code=449), *PHASES, collection(), version="12.1")
    now(phone.sync("5"))
    assert transport.lines[-1].policy_key == 22


def test_policy_wanted_again_and_again_is_refused() -> None:
    """Once is tried, not for ever."""
    phone, transport = phone_of(HttpReply(code=449), *PHASES, HttpReply(code=449))
    with pytest.raises(Refused):
        now(phone.sync("5"))
    assert not transport.answers


def test_wipe_is_never_acknowledged() -> None:
    """A server that wants the device wiped hears nothing more of it."""
    for tag in (Provision.RemoteWipe, Provision.AccountOnlyRemoteWipe):
        wipe = Element(Provision.Provision, [Element(Provision.Status, "1"), Element(tag)])
        phone, transport = phone_of(wipe)
        with pytest.raises(Refused, match="nothing was wiped"):
            now(phone.provision())
        assert len(transport.lines) == 1


def test_server_without_a_policy() -> None:
    """Policy status 2 ends provisioning well."""
    phone, _ = phone_of(policy(None, status="2"))
    assert now(phone.provision()) is None


def test_lost_answer_is_asked_for_again_to_the_octet() -> None:
    """A repetition is the same request, ClientId included."""
    phone, transport = phone_of(
        AnswerLost("lost"), HttpReply(code=200), retries=Retries(attempts=3)
    )
    now(phone.send(Message(to="mary@example.com", text="hi")))
    assert transport.bodies[0] == transport.bodies[1]
    assert transport.lines[0] == transport.lines[1]


def test_repetitions_end_and_pause_between() -> None:
    """After the last attempt the fault is told; before each repetition there is a pause."""
    pauses: list[int] = []

    async def pause(attempt: int) -> None:
        pauses.append(attempt)

    phone, transport = phone_of(
        Unreachable("no"),
        HttpReply(code=503),
        AnswerLost("lost"),
        retries=Retries(attempts=3, pause=pause),
    )
    with pytest.raises(AnswerLost):
        now(phone.sync("5"))
    assert pauses == [1, 2]
    assert not transport.answers
    assert phone.state.collection("5").key == "{k}1"


@pytest.mark.parametrize(
    ("reply", "fault", "text"),
    [
        (HttpReply(code=401), LoginRefused, "refused the login"),
        (HttpReply(code=403), Refused, "may not use ActiveSync"),
        (HttpReply(code=404), Refused, "no ActiveSync server"),
        (HttpReply(code=418), Refused, "418"),
        (HttpReply(code=503, headers={"retry-after": "7"}), TryLater, "503"),
        (
            HttpReply(code=451, headers={"x-ms-location": "https://b.example.com/x"}),
            Refused,
            "b.example.com",
        ),
    ],
)
def test_http_refusals(reply: HttpReply, fault: type[Refused], text: str) -> None:
    """Each code has its words, and the code with them."""
    phone, _ = phone_of(reply)
    with pytest.raises(fault, match=text) as caught:
        now(phone.sync("5"))
    assert caught.value.http_code == reply.code
    if isinstance(caught.value, TryLater):
        assert caught.value.retry_after_s == 7


@pytest.mark.parametrize(("status", "fault"), [(111, TryLater), (126, Refused), (140, Refused)])
def test_common_statuses(status: int, fault: type[Exception]) -> None:
    """A status of the common table refuses the command as a whole."""
    phone, _ = phone_of(Element(Search.Search, [Element(Search.Status, str(status))]))
    with pytest.raises(fault, match=str(status)):
        now(phone.search("x"))


def test_sent_before_is_sent() -> None:
    """Status 118 says that the message went out already."""
    sent = Element(ComposeMail.SendMail, [Element(ComposeMail.Status, "118")])
    phone, transport = phone_of(sent)
    now(phone.send(Message(to="mary@example.com", text="hi")))
    assert not transport.answers


def test_unsent_is_refused() -> None:
    """Any other status of SendMail is a refusal."""
    refused = Element(ComposeMail.SendMail, [Element(ComposeMail.Status, "120")])
    phone, _ = phone_of(refused)
    with pytest.raises(Refused, match="mail submission failed"):
        now(phone.send(Message(to="mary@example.com", text="hi")))


def test_options_without_versions() -> None:
    """A web server that is no ActiveSync server is told apart."""
    phone, _ = phone_of(HttpReply(code=200))
    with pytest.raises(ServerFault, match="no ActiveSync server"):
        now(phone.options())


def test_multipart_tables_are_checked() -> None:
    """Parts come whole; a table that points outside is a fault."""
    head = struct.pack("<IIIII", 2, 20, 3, 23, 2)
    assert split_multipart(head + b"abcde") == [b"abc", b"de"]
    for broken in (b"", b"\1", struct.pack("<I", 2**31), head + b"abcd", struct.pack("<I", 0)):
        with pytest.raises(ServerFault):
            split_multipart(broken)

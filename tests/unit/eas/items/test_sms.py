"""Text messages to and from their elements."""

from dataclasses import replace

import pytest

from carbonio_mobile.eas.bodyoptions import BodyOptions
from carbonio_mobile.eas.items.faults import ItemFault
from carbonio_mobile.eas.items.sms import NewMessage, added, application_data, is_sms
from carbonio_mobile.eas.version import Version
from carbonio_mobile.mime.mailitem import FollowUp, MailItem, MailState
from carbonio_mobile.wbxml.codepages import AirSyncBase, Email, Email2
from carbonio_mobile.wbxml.elements import Element
from carbonio_mobile.wbxml.tokens import Tag
from tests.unit.eas.eas_mails import mail, mail_of, on_the_wire
from tests.unit.eas.items.objects import NOW, author, data

SINCE_14 = [version for version in Version if version >= Version.V14_0]
T = "2026-03-10T00:00:00.000Z"
SHOWN = [
    Email.To,
    Email.From,
    Email.DateReceived,
    Email.Importance,
    Email.Read,
    Email.MessageClass,
    Email.Flag,
    Email.ContentClass,
    AirSyncBase.Body,
    AirSyncBase.NativeBodyType,
]


def sent(*, text: str = "Grüße 😀\nAnn", **values: str) -> Element:
    """Give what a phone uploads."""
    named = {"From": "[MOBILE: +15551]", "To": '"Me" [MOBILE:+15552]', "DateReceived": T} | values
    body = [Element(AirSyncBase.Type, "1"), Element(AirSyncBase.Data, text)]
    return data(
        *(Element(getattr(Email, name), said) for name, said in named.items()),
        Element(AirSyncBase.Body, body),
    )


def stored(message: NewMessage) -> MailItem:
    return replace(mail_of(message.source), received=message.received, state=message.state)


@pytest.mark.parametrize("version", SINCE_14)
def test_an_uploaded_message_comes_down_to_other_devices(version: Version) -> None:
    """With the properties of text messages and no others of mails (MS-ASEMAIL R42)."""
    item = stored(added(sent(Read="1", Importance="2"), author(version)))
    assert is_sms(item.record)
    elements = on_the_wire(application_data(item, BodyOptions(), version), version.text)
    assert [one.tag for one in elements] == SHOWN
    said = {one.tag: one.string for one in elements}
    assert said[Email.From] == "[MOBILE:+15551]"
    assert said[Email.To] == '"Me" [MOBILE:+15552]'
    assert said[Email.DateReceived] == T
    assert (said[Email.Importance], said[Email.Read]) == ("2", "1")
    body = next(one for one in elements if one.tag is AirSyncBase.Body)
    assert body.value(AirSyncBase.Type) == "1"
    assert body.value(AirSyncBase.Data, "").strip() == "Grüße 😀\r\nAnn"
    assert not [one for one in elements if one.tag.namespace == Email2.Sender.namespace]


def test_the_same_upload_is_the_same_mail() -> None:
    """So that a repeated request stores nothing new."""
    assert added(sent(), author()) == added(sent(), author())


def test_state_goes_beside_the_message() -> None:
    """Flag and Categories; nothing said is not read and not flagged."""
    flag = Element(Email.Flag, [Element(Email.Status, "2"), Element(Email.FlagType, "Follow up")])
    names = Element(Email.Categories, [Element(Email.Category, "Work")])
    one = added(data(*sent(), flag, names), author())
    assert one.state == MailState(
        follow_up=FollowUp(status=2, fields=(("FlagType", "Follow up"),)), categories=("Work",)
    )
    assert added(sent(), author()).state == MailState()


@pytest.mark.parametrize(
    ("values", "received"),
    [({}, 1_773_100_800.0), ({"DateReceived": ""}, NOW)],
)
def test_time_of_receipt(values: dict[str, str], received: float) -> None:
    """That of the phone, else now."""
    assert added(sent(**values), author()).received == received


@pytest.mark.parametrize(
    "values",
    [
        {"From": "", "To": " "},
        {"Read": "x"},
        {"Importance": "3"},
        {"DateReceived": "today"},
        {"To": "x" * 40_000},
    ],
)
def test_messages_that_cannot_be(values: dict[str, str]) -> None:
    """Nothing is stored of what cannot be read."""
    with pytest.raises(ItemFault):
        added(sent(**values), author())


@pytest.mark.parametrize("tag", [Email.ContentClass, Email.MessageClass, Email.InternetCPID])
def test_what_the_server_knows_is_not_looked_at(tag: Tag) -> None:
    """A phone sends them along."""
    assert added(data(*sent(), Element(tag, "x")), author()) == added(sent(), author())


def test_a_mail_is_no_text_message() -> None:
    """Whatever its text says."""
    assert not is_sms(mail(text="SMS").record)

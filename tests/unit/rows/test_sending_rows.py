"""SendMail, SmartReply and SmartForward: what is refused (MS-ASCMD 2.2.1.17, .19, .20)."""

import pytest

from carbonio_mobile.wbxml import Element, Tag
from carbonio_mobile.wbxml.codepages import ComposeMail
from tests.unit.rows.mailcase import MailCase

SINCE_14 = ("14.0", "14.1", "16.0", "16.1")
ROOTS = {
    "SendMail": ComposeMail.SendMail,
    "SmartReply": ComposeMail.SmartReply,
    "SmartForward": ComposeMail.SmartForward,
}
MIME = b"From: john@example.com\r\nTo: mary@example.com\r\nSubject: Re: Plans\r\n\r\nYes.\r\n"


def sent(case: MailCase, command: str, *more: Element, instance: str | None = None) -> str:
    """Send; gives the status, empty for an answer without a document."""
    name = case.arrive()
    source = Element(
        ComposeMail.Source,
        [
            Element(ComposeMail.FolderId, case.folder),
            Element(ComposeMail.ItemId, name),
            None if instance is None else Element(ComposeMail.InstanceId, instance),
        ],
    )
    content = [
        Element(ComposeMail.ClientId, "c1"),
        *more,
        None if command == "SendMail" else source,
        Element(ComposeMail.Mime, MIME),
    ]
    answer = case.phone.post(command, Element(ROOTS[command], content))
    if answer is None:
        assert len(case.rig.submission.taken) == 1
        return ""
    assert answer.tag is ROOTS[command]
    assert case.rig.submission.taken == {}
    assert case.read(name).state.verb == 0
    status: Tag = ComposeMail.Status
    assert [child.tag for child in answer] == [status]
    return answer.value(status, "")


@pytest.mark.parametrize("version", SINCE_14)
@pytest.mark.parametrize("command", ["SmartReply", "SmartForward"])
@pytest.mark.parametrize("instance", ["tomorrow", "2027-13-01T00:00:00.000Z", "18.1.2027"])
def test_an_instance_that_is_no_time(version: str, command: str, instance: str) -> None:
    """MS-ASCMD R578, R4819: 104; nothing is sent, and nothing marked as answered."""
    assert sent(MailCase(version), command, instance=instance) == "104"


@pytest.mark.parametrize("version", ["14.1", "16.0", "16.1"])
@pytest.mark.parametrize("command", ROOTS)
@pytest.mark.parametrize("account", ["1", "john@example.com", "x" * 300])
def test_an_account_that_cannot_send(version: str, command: str, account: str) -> None:
    """MS-ASCMD R723, R4956: 166, for no AccountId was ever told; without one the mail goes."""
    asked = Element(ComposeMail.AccountId, account)
    assert sent(MailCase(version), command, asked) == "166"
    assert sent(MailCase(version), command) == ""

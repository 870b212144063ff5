"""Sending in Mary's name, with a right and without."""

from dataclasses import dataclass, replace
from email import message_from_bytes

import pytest

from carbonio_mobile.commands.delegation import SAVE_TARGET
from carbonio_mobile.ids import OperationId
from carbonio_mobile.mailbox.sendingrights import SendingRights
from carbonio_mobile.mime.mailitem import MailState
from carbonio_mobile.sync.changes import NEWEST, OLDEST
from carbonio_mobile.sync.folders import FolderKind
from carbonio_mobile.testing.rig import now
from carbonio_mobile.wbxml import Element
from carbonio_mobile.wbxml.codepages import AirSync, ComposeMail, Email2
from tests.unit.commands.checked import CheckedPhone
from tests.unit.commands.phone import commands
from tests.unit.commands.sharedrig import MARY, SharedRig

MAIL = (
    b"From: Mary <mary@example.com>\r\nTo: ann@example.com\r\nSubject: hello\r\n"
    b"Message-ID: <1@example.com>\r\nDate: Thu, 15 Jan 2026 12:00:00 +0000\r\n\r\nHello.\r\n"
)


@dataclass(frozen=True)
class OneRight:
    """A directory in which John has one right on Mary's account, or none."""

    right: str

    async def has_right(self, grantee: str, target: str, right: str) -> bool:
        """See :meth:`IProvisioning.has_right`."""
        return (grantee, target, right) == (SharedRig.ADDRESS, MARY, self.right)


def rig_with(right: str) -> SharedRig:
    rig = SharedRig()
    rights = SendingRights(OneRight(right), rig.sharing)
    rig.serve(replace(rig.services, rights=rights))
    return rig


def send(rig: SharedRig, name: str = "one") -> None:
    content = [
        Element(ComposeMail.ClientId, name),
        Element(ComposeMail.SaveInSentItems),
        Element(ComposeMail.Mime, MAIL.replace(b"<1@", f"<{name}@".encode())),
    ]
    assert rig.post("SendMail", Element(ComposeMail.SendMail, content)) is None


def sent_of_mary(rig: SharedRig) -> int:
    folder = rig.their_folder(FolderKind.SENT)
    page = now(rig.theirs().listing(folder, below=NEWEST, down_to=OLDEST, limit=10))
    return len(page.heads)


@pytest.mark.parametrize(
    ("right", "author", "sender"),
    [
        ("sendAs", MARY, None),
        ("sendOnBehalf", MARY, SharedRig.ADDRESS),
        ("", SharedRig.ADDRESS, None),
    ],
)
def test_the_right_decides_who_a_message_is_from(
    right: str, author: str, sender: str | None
) -> None:
    """Bounces go to John in any case; a repeat sends nothing again."""
    rig = rig_with(right)
    send(rig)
    send(rig)
    (taken,) = rig.submission.taken.values()
    message = message_from_bytes(taken.message)
    assert author in message["From"]
    assert (message["Sender"] is None) == (sender is None)
    assert sender is None or sender in message["Sender"]
    assert taken.sender == SharedRig.ADDRESS
    assert taken.account == rig.account


def test_a_folder_shared_for_sending_is_a_right_to_send_on_behalf() -> None:
    """``rws`` is; ``rw`` is not."""
    rig = rig_with("")
    rig.grant(rig.their_folder(FolderKind.INBOX), "rw")
    send(rig)
    rig.grant(rig.their_folder(FolderKind.INBOX), "rws")
    send(rig, "two")
    first, second = rig.submission.taken.values()
    assert MARY not in message_from_bytes(first.message)["From"]
    assert MARY in message_from_bytes(second.message)["From"]
    assert SharedRig.ADDRESS in message_from_bytes(second.message)["Sender"]


@pytest.mark.parametrize(
    ("target", "own", "hers"),
    [("owner", False, 1), ("sender", True, 0), ("both", True, 1), ("none", False, 0)],
)
def test_the_owner_says_where_copies_stay(target: str, own: bool, hers: int) -> None:
    """zimbraPrefDelegatedSendSaveTarget of the account in whose name the message goes out."""
    rig = rig_with("sendAs")
    rig.accounts.set_attributes(rig.mary, **{SAVE_TARGET: target})
    send(rig)
    send(rig)
    (taken,) = rig.submission.taken.values()
    assert (taken.sent_copy is not None) == own
    assert sent_of_mary(rig) == hers


@pytest.mark.parametrize(
    ("right", "target", "in_her_name", "own", "hers"),
    [
        ("sendAs", "owner", True, False, 1),
        ("sendOnBehalf", "both", True, True, 1),
        ("", "owner", False, True, 0),
    ],
)
def test_a_draft_in_her_name_is_sent_as_mail_is(
    right: str, target: str, in_her_name: bool, own: bool, hers: int
) -> None:
    """Written elsewhere with her From, sent by the phone (16.1); a repeat sends nothing again."""
    rig = rig_with(right)
    rig.accounts.set_attributes(rig.mary, **{SAVE_TARGET: target})
    drafts = rig.folder(FolderKind.DRAFTS)
    phone = CheckedPhone(rig, version="16.1")
    phone.prime(drafts)
    now(
        rig.johns().append(
            drafts, MAIL, MailState(read=True), received=1.0, operation=OperationId("draft")
        )
    )
    phone.settle(drafts)
    (name,) = phone.items[drafts]
    send_it = Element(AirSync.Change, [Element(AirSync.ServerId, name), Element(Email2.Send)])
    phone.sync(drafts, commands(send_it), lose=True)
    phone.sync(drafts, commands(send_it))
    (taken,) = rig.submission.taken.values()
    assert (MARY in message_from_bytes(taken.message)["From"]) == in_her_name
    assert (taken.sent_copy is not None) == own
    assert sent_of_mary(rig) == hers

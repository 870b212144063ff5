"""ConversationMode, from request to answer: whole conversations beside the window."""

import pytest

from carbonio_mobile.eas.bodyoptions import BodyOptions
from carbonio_mobile.ids import ItemId
from carbonio_mobile.sync.folders import FolderKind
from carbonio_mobile.testing.rig import Rig, now
from carbonio_mobile.wbxml import Element
from carbonio_mobile.wbxml.codepages import AirSync, AirSyncBase, Email, GetItemEstimate
from tests.unit.commands.checked import VERSIONS, CheckedPhone

DAY = 86_400.0
ON, OFF = Element(AirSync.ConversationMode, "1"), Element(AirSync.ConversationMode, "0")


def mail(number: int, answers: int | None = None) -> bytes:
    parent = "" if answers is None else f"In-Reply-To: <m{answers}@x>\r\nReferences: <m1@x>\r\n"
    return (
        f"From: mary@example.com\r\nSubject: mail {number}\r\nMessage-ID: <m{number}@x>\r\n{parent}"
        f"\r\nThe text of mail {number}.\r\n"
    ).encode()


def week(*, preview: bool = False) -> Element:
    """Options: one week, plain text."""
    wanted = Element(AirSyncBase.Preview, "100") if preview else None
    return Element(
        AirSync.Options,
        [
            Element(AirSync.FilterType, "3"),
            Element(AirSyncBase.BodyPreference, [Element(AirSyncBase.Type, "1"), wanted]),
        ],
    )


class Talk:
    """An Inbox with a conversation that began long ago and one that ended then."""

    def __init__(self, version: str = "16.1") -> None:
        self.rig = Rig()
        self.inbox = self.rig.folder(FolderKind.INBOX)
        self.rig.deliver(mail(1), age_s=50 * DAY)
        self.rig.deliver(mail(2, 1), age_s=30 * DAY)
        self.rig.deliver(mail(8), age_s=20 * DAY)
        self.rig.deliver(mail(3, 2), age_s=1 * DAY)
        self.phone = CheckedPhone(self.rig, version=version)

    def subjects(self) -> list[str]:
        """What the device holds, in the order of its coming."""
        return [one.value(Email.Subject, "") for one in self.phone.items[self.inbox].values()]


@pytest.mark.parametrize("version", VERSIONS)
def test_the_older_mails_of_a_conversation_come_after_the_window(version: str) -> None:
    """MS-ASCMD R2107, R2110, R6372: from 14.0 on, and none of other conversations."""
    talk = Talk(version)
    talk.phone.prime(talk.inbox, ON, week())
    old = [] if version == "12.1" else ["mail 2", "mail 1"]
    assert talk.subjects() == ["mail 3", *old]
    assert talk.phone.sync(talk.inbox, ON) is None


def test_of_bodies_beyond_the_window_only_previews_come() -> None:
    """MS-ASCMD R2108: the body is left out, the preview comes if it was wanted."""
    talk = Talk()
    talk.phone.prime(talk.inbox, ON, week(preview=True))
    new, old, _ = talk.phone.items[talk.inbox].values()
    body = new.find(AirSyncBase.Body)
    assert body is not None
    assert "text of mail 3" in body.value(AirSyncBase.Data, "")
    body = old.find(AirSyncBase.Body)
    assert body is not None
    assert not body.has(AirSyncBase.Data)
    assert body.value(AirSyncBase.Truncated) == "1"
    assert "text of mail 2" in body.value(AirSyncBase.Preview, "")


def test_an_answer_to_an_old_mail_brings_it_along() -> None:
    """The conversation enters the window with the mail that arrives."""
    talk = Talk()
    talk.phone.prime(talk.inbox, ON, week())
    talk.rig.deliver(mail(9, 8).replace(b"<m1@x>", b"<m8@x>"))
    talk.phone.settle(talk.inbox, ON)
    assert talk.subjects()[-2:] == ["mail 9", "mail 8"]


def test_a_conversation_leaves_with_its_last_mail() -> None:
    """When the window has moved past all of it, SoftDelete takes it away."""
    talk = Talk()
    talk.phone.prime(talk.inbox, ON, week())
    talk.rig.clock.advance(10 * DAY)
    talk.phone.settle(talk.inbox, ON)
    assert talk.subjects() == []


def test_switched_off_the_window_alone_stays_and_on_again_all_comes_back() -> None:
    """MS-ASCMD R2109: each request says what it wants."""
    talk = Talk()
    talk.phone.prime(talk.inbox, ON, week())
    talk.phone.settle(talk.inbox, OFF)
    assert talk.subjects() == ["mail 3"]
    talk.phone.settle(talk.inbox, ON)
    assert talk.subjects() == ["mail 3", "mail 2", "mail 1"]


def test_small_pages_bring_all_of_it() -> None:
    """WindowSize holds for what lies beyond the window, too; a lost answer is given again."""
    talk = Talk()
    talk.phone.sync(talk.inbox)
    one = Element(AirSync.WindowSize, "1")
    for _ in range(3):
        lost = talk.phone.sync(talk.inbox, one, ON, week(), lose=True)
        assert talk.phone.sync(talk.inbox, one, ON, week()) == lost
    assert talk.subjects() == ["mail 3", "mail 2", "mail 1"]


def test_an_old_mail_that_is_deleted_goes() -> None:
    """What lies beyond the window is held as any other item is."""
    talk = Talk()
    talk.phone.prime(talk.inbox, ON, week())
    now(talk.rig.mailbox().delete(talk.inbox, [ItemId(1)]))
    talk.phone.settle(talk.inbox, ON)
    assert talk.subjects() == ["mail 3", "mail 2"]


def test_estimates_count_it() -> None:
    """MS-ASCMD R2096, R2097."""
    talk = Talk("14.1")
    talk.phone.sync(talk.inbox)
    for mode, count in ((ON, "3"), (OFF, "1"), (None, "1")):
        collection = Element(
            GetItemEstimate.Collection,
            [
                Element(AirSync.SyncKey, talk.phone.keys[talk.inbox]),
                Element(GetItemEstimate.CollectionId, talk.inbox),
                mode,
                Element(AirSync.Options, [Element(AirSync.FilterType, "3")]),
            ],
        )
        document = Element(
            GetItemEstimate.GetItemEstimate, [Element(GetItemEstimate.Collections, [collection])]
        )
        (response,) = talk.phone.ask("GetItemEstimate", document).children
        told = response.find(GetItemEstimate.Collection)
        assert told is not None
        assert told.value(GetItemEstimate.Estimate) == count


def test_without_any_wishes_only_the_size_of_an_old_body_comes() -> None:
    """No BodyPreference means plain text, whole: within nothing it is cut to nothing."""
    (wish,) = BodyOptions().within(0).preferences
    assert (int(wish.type), wish.truncation_bytes) == (1, 0)

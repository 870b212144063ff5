"""Which folders of a server are which of the mirror's, after others renamed them."""

from carbonio_mobile.mailbox.mirror.links import FolderLink, Protocol, RemoteFolder
from carbonio_mobile.mailbox.mirror.renames import renamed
from carbonio_mobile.sync.folders import FolderKind

SECOND = "1795295747"


def before(place: str, epoch: str = "", *, name: str = "", container: bool = False) -> FolderLink:
    return FolderLink(
        folder=300,
        kind=FolderKind.MAIL,
        protocol=Protocol.IMAP,
        place=place,
        component="",
        remote_id=name,
        epoch=epoch,
        token="",
        read_only=False,
        container=container,
    )


def now(place: str, epoch: str = "", *, name: str = "", container: bool = False) -> RemoteFolder:
    return RemoteFolder(
        protocol=Protocol.IMAP,
        place=place,
        kind=FolderKind.MAIL,
        name=place,
        remote_id=name,
        epoch=epoch,
        container=container,
    )


def pairs(known: list[FolderLink], present: list[RemoteFolder]) -> dict[str, str]:
    found = renamed({one.key: one for one in known}, present)
    return {old.place: new.place for old, new in found}


def test_by_its_name_for_good() -> None:
    """MAILBOXID tells, whatever UIDVALIDITY is."""
    known = [before("a", "7", name="A"), before("b", "7", name="B")]
    assert pairs(known, [now("x", "8", name="B"), now("y", "8", name="A")]) == {"a": "y", "b": "x"}
    assert not pairs(known, [now("x", "7", name="C"), now("b", "7", name="B")])


def test_by_its_own_uidvalidity() -> None:
    """Where one folder alone has it, before and now."""
    known = [before("a", "5"), before("b", "6")]
    assert pairs(known, [now("x", "5"), now("b", "6")]) == {"a": "x"}
    assert not pairs([*known, before("c", "5")], [now("x", "5"), now("b", "6"), now("c", "5")])


def test_all_made_in_one_second() -> None:
    """The last part of the name tells, and what is below and above went the same way."""
    known = [before(one, SECOND) for one in ("T", "T/a", "T/a/deep", "T/b")]
    known.append(before("O", "", container=True))
    known.append(before("O/leaf", SECOND))
    present = [now(one, SECOND) for one in ("N", "N/a", "N/a/deep", "N/b", "P/leaf")]
    present.append(now("P", "", container=True))
    assert pairs(known, present) == {
        "T": "N",
        "T/a": "N/a",
        "T/a/deep": "N/a/deep",
        "T/b": "N/b",
        "O/leaf": "P/leaf",
        "O": "P",
    }


def test_servers_that_give_all_the_same() -> None:
    """A UIDVALIDITY that is no moment tells nothing: another folder of that name is another."""
    known = [before("a/x", "1"), before("b", "1")]
    assert not pairs(known, [now("c/x", "1"), now("b", "1")])


def test_nothing_moved() -> None:
    """What is where it was is not looked at; what came and went is not the same."""
    assert not pairs([before("a", "5")], [now("a", "9"), now("b", "5")])
    assert not pairs([before("a", "5")], [now("b", "6")])
    assert not pairs([before("a", SECOND)], [now("b", "1795295999")])

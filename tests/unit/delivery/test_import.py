"""Mail from files into an embedded mailbox."""

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from carbonio_mobile.errors import NotAllowed, Unavailable
from carbonio_mobile.ids import AccountId
from carbonio_mobile.mailbox.embedded.blobs import read_source
from carbonio_mobile.mailbox.embedded.database import DatabaseFiles, database_path
from carbonio_mobile.mailbox.embedded.import_ import ImportSummary, import_files
from carbonio_mobile.mailbox.importing.found import Found, Refusal
from carbonio_mobile.mailbox.importing.maildir import decoded_name
from carbonio_mobile.mailbox.importing.sources import find, read
from carbonio_mobile.testing.contracts.mailbox_fixture import message

JOHN = AccountId("john")
CORPUS = Path(__file__).parents[4] / "shared" / "corpus"


def run(data: Path, *paths: Path, folder: str = "Inbox", form: str = "auto", **more: object):  # type: ignore[no-untyped-def]
    """Import for John."""
    return import_files(data, JOHN, paths, folder, form, lambda done, total: None, **more)  # type: ignore[arg-type]


def contents(data: Path) -> dict[str, list[bytes]]:
    """Give the sources in each folder that has some, in the order of their ids."""
    found: dict[str, list[bytes]] = {}
    with closing(DatabaseFiles(data_dir=data, busy_s=1, durable=False).open(JOHN)) as db:
        rows = db.execute(
            "SELECT item.id, parent, name FROM item JOIN folder ON folder.id = item.folder"
            " ORDER BY folder.id, number"
        ).fetchall()
        names = dict(db.execute("SELECT id, name FROM folder"))
        for item, parent, name in rows:
            path = f"{names[parent]}/{name}" if parent else name
            found.setdefault(path, []).append(read_source(db, item, None))
    return found


def column(data: Path, text: str) -> list[object]:
    """Give a column of all items, in the order of their ids."""
    with closing(sqlite3.connect(database_path(data, JOHN))) as db:
        return [row[0] for row in db.execute(f"SELECT {text} FROM item ORDER BY id")]


def dated(day: int, text: str = "x") -> bytes:
    """Give a message received on a day of January 2026."""
    return b"Received: by a; Thu, %d Jan 2026 10:00:00 +0000\n" % day + message(body=text).replace(
        b"\r\n", b"\n"
    )


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Give an empty data directory."""
    place = tmp_path / "data"
    place.mkdir()
    return place


def test_mbox_messages_are_as_they_were(data: Path, tmp_path: Path) -> None:
    """From lines are unquoted, the empty line between messages falls away, all else stays."""
    one = dated(2, "From here on\n>From there\n\nend")
    two = dated(1, "two\n\n")
    file = tmp_path / "a.mbox"
    quoted = one.replace(b"\n>From", b"\n>>From").replace(b"\nFrom ", b"\n>From ")
    line = b"From ann@example.com Thu Jan  1 10:00:00 2026\n"
    file.write_bytes(line + quoted + b"\n" + line + two + b"\n")
    summary = run(data, file)
    assert summary == ImportSummary(imported=2, already_there=0, refused=())
    assert contents(data) == {"Inbox": [two, one]}, "the older one has the lower id"
    assert column(data, "received") == [1767261600.0, 1767348000.0]


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_mbox_variants(tmp_path: Path, end: bytes) -> None:
    """Bodies with lines that look like separators, no empty line between, a mark of UTF-8 first."""
    first = end.join((b"From: a", b"Subject: 1", b"", b"From Russia with love", b"Year: 1963", b""))
    second = end.join((b"From: b", b"", b"text", b""))
    file = tmp_path / "a"
    file.write_bytes(b"\xef\xbb\xbfFrom -" + end + first + b"From ann@example.com" + end + second)
    assert [read(one) for one in found_in(file)] == [first, second]


def test_mbox_content_length(tmp_path: Path) -> None:
    """A true Content-Length keeps an unquoted separator in the body; a false one is ignored."""
    line = b"From a@b.c Thu Jan  1 10:00:00 2026\n"
    body = b"forwarded:\n\n" + line + b"Subject: inner\n\n>From me\n"
    true = b"Subject: 1\nContent-Length: %d\n\n" % len(body) + body
    false = b"Subject: 2\nContent-Length: 7\n\nlonger than that\n"
    file = tmp_path / "a"
    file.write_bytes(line + true + b"\n" + line + false + b"\n")
    assert [read(one) for one in found_in(file)] == [true, false]


def test_mbox_flags(data: Path, tmp_path: Path) -> None:
    """Status fields tell what was read, answered, flagged; what was expunged goes to Trash."""
    line = b"From a@b.c Thu Jan  1 10:00:00 2026\n"
    heads = [
        b"Status: RO\nX-Status: AF\n",
        b"Status: O\n",
        b"X-Mozilla-Status: 0009\n",
        b"X-Mozilla-Status: nonsense\n",
    ]
    file = tmp_path / "a"
    file.write_bytes(
        b"".join(line + head + dated(day) + b"\n" for day, head in enumerate(heads, start=1))
    )
    run(data, file)
    assert column(data, "is_read") == [1, 0, 1, 0]
    assert column(data, "verb") == [1, 0, 0, 0]
    assert column(data, "follow_up IS NULL") == [0, 1, 1, 1]
    assert {folder: len(there) for folder, there in contents(data).items()} == {
        "Inbox": 3,
        "Trash": 1,
    }


def test_archive_counts_as_read(data: Path, tmp_path: Path) -> None:
    """Where no message of an mbox tells its status, all were read."""
    file = tmp_path / "a"
    file.write_bytes(b"From a@b.c Thu Jan  1 10:00:00 2026\n" + dated(1))
    run(data, file)
    assert column(data, "is_read") == [1]


def make_maildir(root: Path) -> None:
    """Make a Maildir++ with subfolders."""
    for folder in ("", ".Archive.2024", ".Sent Items", ".Entw&APw-rfe"):
        for part in ("cur", "new", "tmp"):
            (root / folder / part).mkdir(parents=True)
    (root / "cur/1767200000.M1.host:2,RS").write_bytes(dated(3, "answered"))
    (root / "cur/1767200001.M2.host:2,F").write_bytes(b"Subject: no date\n\nflagged\n")
    (root / "cur/1767200002.M3.host:2,D").write_bytes(dated(4, "draft"))
    (root / "cur/1767200003.M4.host:2,ST").write_bytes(dated(5, "trashed"))
    (root / "new/1767200004.M5.host").write_bytes(dated(6, "new"))
    (root / "tmp/1767200005.M6.host").write_bytes(b"half")
    (root / ".Archive.2024/cur/1.a:2,S").write_bytes(dated(7, "archived"))
    (root / ".Sent Items/cur/2.a:2,S").write_bytes(dated(8, "sent"))
    (root / ".Entw&APw-rfe/cur/3.a:2,P").write_bytes(dated(9, "umlaut"))


def test_maildir(data: Path, tmp_path: Path) -> None:
    """Flags become states and folders, subfolders become folders, half-delivered files are left."""
    root = tmp_path / "Maildir"
    make_maildir(root)
    assert run(data, root).imported == 8
    names = {folder: len(there) for folder, there in contents(data).items()}
    assert names == {
        "Inbox": 3, "Trash": 1, "Sent": 1, "Drafts": 1, "Archive/2024": 1, "Entwürfe": 1
    }  # fmt: skip
    assert column(data, "received")[0] == 1767200001.0, "the file's name, where no header says"
    assert column(data, "is_read") == [0, 1, 0, 1, 0, 1, 1, 0]
    assert column(data, "verb") == [0, 1, 0, 0, 0, 0, 0, 3]
    assert column(data, "follow_up IS NULL")[:2] == [0, 1]


def test_maildir_below_a_folder(data: Path, tmp_path: Path) -> None:
    """Imported into another folder, subfolders are made below it."""
    make_maildir(tmp_path / "m")
    run(data, tmp_path / "m", folder="Old")
    assert {"Old", "Old/Sent Items", "Old/Entwürfe"} < set(contents(data))


@pytest.mark.parametrize(
    ("name", "decoded"),
    [("a&-b", "a&b"), ("&ZeVnLIqe-", "日本語"), ("&x", "&x"), ("&AA-", "&AA-"), ("plain", "plain")],
)
def test_folder_names(name: str, decoded: str) -> None:
    """Names in IMAP's modified UTF-7 are decoded; what is none stays."""
    assert decoded_name(name) == decoded


def test_again(data: Path, tmp_path: Path) -> None:
    """A second import of the same brings nothing twice; new mail among it comes."""
    root = tmp_path / "m"
    make_maildir(root)
    run(data, root)
    before = contents(data)
    assert run(data, root) == ImportSummary(imported=0, already_there=8, refused=())
    assert contents(data) == before
    (root / "new/9.z").write_bytes(dated(10))
    assert run(data, root) == ImportSummary(imported=1, already_there=8, refused=())
    assert run(data, root, folder="Elsewhere").imported == 7, "drafts and trash are where they were"


def test_refused(data: Path, tmp_path: Path) -> None:
    """What cannot be imported is listed with the reason; all else comes."""
    (tmp_path / "in").mkdir()
    (tmp_path / "in/good.eml").write_bytes(dated(1))
    (tmp_path / "in/large.eml").write_bytes(dated(2, "x" * 5000))
    (tmp_path / "in/readme").write_bytes(b"not a message")
    summary = run(data, tmp_path / "in", message_limit_bytes=2000)
    assert summary.imported == 1
    assert summary.refused == (
        (
            str(tmp_path / "in/readme"),
            "is neither a message nor a mailbox, calendar or address book",
        ),
        (str(tmp_path / "in/large.eml"), "is larger than 2000 bytes"),
    )
    assert (
        run(data, tmp_path / "absent").refused[0][1] == "cannot be read: No such file or directory"
    )


def test_links_and_pipes(data: Path, tmp_path: Path) -> None:
    """What leads out of a Maildir, and what is no file, is refused; it neither comes nor hangs."""
    secret, root = tmp_path / "secret", tmp_path / "Maildir"
    secret.write_bytes(b"Subject: x\n\nroot only\n")
    make_maildir(root)
    (root / "cur/1.link").symlink_to(secret)
    os.mkfifo(root / "new/2.pipe")
    (root / ".Linked").symlink_to(root / ".Archive.2024")
    (root / ".Sent Items/cur/2.a:2,S").unlink()
    (root / ".Sent Items/cur").rmdir()
    (root / ".Sent Items/cur").symlink_to(root / ".Archive.2024/cur")
    summary = run(data, root)
    assert summary.imported == 7
    assert sorted(summary.refused) == [
        (str(root / ".Linked"), "is a link to a directory"),
        (str(root / ".Sent Items/cur"), "is a link to a directory"),
        (str(root / "cur/1.link"), "cannot be read: it is a link"),
        (str(root / "new/2.pipe"), "cannot be read: it is no regular file"),
    ]
    for name in ("a.eml", "b"):
        (tmp_path / name).symlink_to(secret)
    for form in ("auto", "eml", "mbox"):
        assert run(data, tmp_path / "b", form=form).refused == (
            (str(tmp_path / "b"), "is a link: name what it leads to"),
        )
    (tmp_path / "b").unlink()
    refused = run(data, tmp_path, form="eml").refused
    assert refused == ((str(tmp_path / "a.eml"), "cannot be read: it is a link"),)


def test_link_that_comes_later(tmp_path: Path) -> None:
    """A directory that became a link after it was looked at is not gone through."""
    (tmp_path / "in").mkdir()
    (tmp_path / "in/a.eml").write_bytes(dated(1))
    (one,) = found_in(tmp_path / "in")
    (tmp_path / "in").rename(tmp_path / "moved")
    (tmp_path / "in").symlink_to(tmp_path / "moved")
    with pytest.raises(NotADirectoryError):
        read(one)


def test_named_in_any_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A relative path and one over a link of the caller's own lead to the same mail."""
    (tmp_path / "in").mkdir()
    (tmp_path / "in/a.eml").write_bytes(dated(1))
    (tmp_path / "link").symlink_to(tmp_path / "in")
    monkeypatch.chdir(tmp_path / "in")
    for path in (Path(), Path("a.eml"), Path("../in"), Path(".."), tmp_path / "link/a.eml"):
        assert [read(one) for one in found_in(path)] == [dated(1)], path


def test_quota(data: Path, tmp_path: Path) -> None:
    """What does not fit is refused, one by one, and leaves nothing half done."""
    for day in (1, 2, 3):
        (tmp_path / f"{day}.eml").write_bytes(dated(day, "x" * 1000))
    size = len(dated(1, "x" * 1000))
    summary = run(
        data,
        *(tmp_path / f"{day}.eml" for day in (1, 2, 3)),
        folder="New",
        quota_bytes=2 * size + 9,
    )
    assert (summary.imported, len(summary.refused)) == (2, 1)
    assert "bytes used" in summary.refused[0][1]
    assert len(contents(data)["New"]) == 2


def test_folders_that_cannot_be(data: Path, tmp_path: Path) -> None:
    """Mail is not put among contacts, nor into a folder without a name."""
    (tmp_path / "a.eml").write_bytes(dated(1))
    assert "not for mail" in run(data, tmp_path / "a.eml", folder="Contacts").refused[0][1]
    assert "control character" in run(data, tmp_path / "a.eml", folder="Ok/a\x07").refused[0][1]
    with pytest.raises(NotAllowed):
        run(data, tmp_path / "a.eml", folder=" / ")
    with closing(sqlite3.connect(database_path(data, JOHN))) as db:
        assert db.execute("SELECT count(*) FROM folder WHERE name = 'Ok'").fetchone() == (0,)


def test_dry_run(data: Path, tmp_path: Path) -> None:
    """A dry run reads all and makes nothing."""
    make_maildir(tmp_path / "m")
    assert run(data, tmp_path / "m", dry_run=True).imported == 8
    assert not list(data.iterdir())


def test_progress(data: Path, tmp_path: Path) -> None:
    """Progress rises to the whole."""
    for number in range(120):
        (tmp_path / f"{number}.eml").write_bytes(dated(1, str(number)))
    told: list[tuple[int, int | None]] = []
    paths = [tmp_path / f"{number}.eml" for number in range(120)]
    import_files(data, JOHN, paths, "Inbox", "eml", lambda done, total: told.append((done, total)))
    assert told == [(100, None), (50, 120), (100, 120), (120, 120)]


def test_unusable_database(data: Path, tmp_path: Path) -> None:
    """A database that cannot be opened is an error of the store."""
    (tmp_path / "a.eml").write_bytes(dated(1))
    (data / "mailboxes").write_bytes(b"in the way")
    with pytest.raises(Unavailable):
        run(data, tmp_path / "a.eml")


def found_in(*paths: Path) -> Sequence[Found]:
    """Give what is found, none of it refused."""
    found = list(find(paths, "auto"))
    assert not [one for one in found if isinstance(one, Refusal)]
    return [one for one in found if isinstance(one, Found)]


def corpus_mboxes() -> Iterator[Path]:
    """Give real mbox files."""
    yield from sorted((CORPUS / "mbox").rglob("*.mbox"))


@pytest.mark.skipif(not CORPUS.exists(), reason="the corpus is not here")
def test_corpus_is_whole() -> None:
    """Of real mbox files every octet is in a message, a From line or an empty line between."""
    for path in corpus_mboxes():
        octets = path.read_bytes()
        if not octets.removeprefix(b"\xef\xbb\xbf").startswith(b"From "):
            continue
        at = 0
        for one in found_in(path):
            between = octets[at : one.start].removeprefix(b"\xef\xbb\xbf").strip(b"\r\n")
            assert between.startswith(b"From ")
            assert b"\n" not in between
            assert one.received > 0
            at = one.end
        assert not octets[at:].strip(), path


@pytest.mark.skipif(not CORPUS.exists(), reason="the corpus is not here")
def test_corpus_imports(data: Path) -> None:
    """Real mboxes and messages import, and again without effect."""
    paths = [CORPUS / "mbox", CORPUS / "mail" / "roundcube"]
    summary = run(data, *(path for path in paths if path.exists()), folder="Corpus")
    assert summary.imported > 700
    again = run(data, *(path for path in paths if path.exists()), folder="Corpus")
    assert (again.imported, again.refused) == (0, summary.refused)

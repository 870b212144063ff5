"""The library of documents out of the options, on a real disk and in real threads."""

from pathlib import Path

import pytest
from twisted.internet import reactor
from twisted.trial.unittest import TestCase

from carbonio_mobile.errors import ConfigError
from carbonio_mobile.service.config import settings
from carbonio_mobile.service.library import document_settings, library, make_slots


def values(root: object = "", server: str = "files", share: str = "docs") -> dict[str, str]:
    return {
        "documents.root": str(root),
        "documents.server": server,
        "documents.share": share,
    }


def test_there_is_none_by_itself() -> None:
    """Nobody's files are shown unless somebody says which."""
    assert settings({}, {}).documents is None
    assert document_settings(values()) is None


def test_what_is_configured(tmp_path: Path) -> None:
    """Directory, server and share."""
    made = settings(
        {"documents": {"root": str(tmp_path), "server": "nas.example.com", "share": "Our docs"}}, {}
    ).documents
    assert made is not None
    assert made.root == tmp_path
    assert made.share.link(("a",)) == r"\\nas.example.com\Our docs\a"


@pytest.mark.parametrize(
    ("changed", "option"),
    [
        ({"root": "/nowhere/at/all"}, "documents.root"),
        ({"root": __file__}, "documents.root"),
        ({"server": "a b"}, "documents.server"),
        ({"server": ""}, "documents.server"),
        ({"server": "a\\b"}, "documents.server"),
        ({"share": "a/b"}, "documents.share"),
        ({"share": ".."}, "documents.share"),
        ({"share": ""}, "documents.share"),
    ],
)
def test_mistakes_are_named(changed: dict[str, str], option: str) -> None:
    """A directory that is none, and names that no link could carry."""
    with pytest.raises(ConfigError) as refused:
        document_settings(values(**changed))
    assert refused.value.option == option


class LibraryTests(TestCase):
    """The library that a daemon makes."""

    def setUp(self) -> None:
        self.root = Path(self.mktemp())
        self.root.mkdir()
        (self.root / "a.txt").write_bytes(b"some text")

    async def test_it_reads_in_threads(self) -> None:
        """Listing and reading come back from the threads of the reactor."""
        slots = make_slots(reactor, answer_s=30.0)
        assert library(None, slots) is None
        made = library(document_settings(values(self.root)), slots)
        assert made is not None
        path = made.share.parse(r"\\files\docs\a.txt")
        listing = await made.documents.list((), offset=0, limit=9)
        self.assertEqual([row.path for row in listing.rows], [(), path])
        excerpt = await made.documents.read(path, first=5, last=None, limit=9)
        self.assertEqual((excerpt.octets, excerpt.total_bytes), (b"text", 9))

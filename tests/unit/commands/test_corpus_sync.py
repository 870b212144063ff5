"""Every mail of the shared corpus through the whole server: synced, fetched, forwarded, answered."""

from base64 import b64decode, b64encode
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes

import pytest
from tests.unit.commands.checked import VERSIONS, CheckedPhone
from tests.unit.commands.phone import commands
from tests.unit.mime.corpus import ROOT, mails

from carbonio_mobile.commands.syncdown import HEADERS_BYTES
from carbonio_mobile.ids import FolderId, ItemId
from carbonio_mobile.mime.attachments import attachment
from carbonio_mobile.mime.mailitem import BodyWish
from carbonio_mobile.sync.folders import FolderKind
from carbonio_mobile.testing.rig import BOUNDS, Rig, now
from carbonio_mobile.wbxml import Element
from carbonio_mobile.wbxml.codepages import (
    AirSync,
    AirSyncBase,
    ComposeMail,
    Email,
    ItemOperations,
)

PLAIN, HTML, MIME = "1", "2", "4"
SIZES = (0, 512, 32_768, None)

pytestmark = pytest.mark.skipif(not ROOT.exists(), reason="../shared/corpus is absent")


@dataclass(kw_only=True)
class Corpus:
    """A rig whose Inbox holds the corpus; ``sources`` is by server id."""

    rig: Rig
    inbox: FolderId
    sources: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    devices: int = 0

    def deliver(self, name: str, source: bytes) -> str:
        head = self.rig.deliver(source)
        server_id = f"{self.inbox}:{head.item}"
        self.sources[server_id] = (name, source)
        return server_id

    def phone(self, version: str) -> CheckedPhone:
        self.devices += 1
        return CheckedPhone(self.rig, version=version, device=f"corpus{self.devices}")


def filled(*, core: bool) -> Corpus:
    rig = Rig()
    corpus = Corpus(rig=rig, inbox=rig.folder(FolderKind.INBOX))
    for name, source in mails(core=core):
        corpus.deliver(name, source)
    return corpus


@pytest.fixture(scope="module")
def core() -> Corpus:
    return filled(core=True)


@pytest.fixture(scope="module")
def whole() -> Corpus:
    return filled(core=False)


def wanted(kind: str, size: int | None) -> Element:
    """The Options that ask for one type of body, MIME for every mail where it is type 4."""
    limit = None if size is None else Element(AirSyncBase.TruncationSize, str(size))
    mime = Element(AirSync.MIMESupport, "2") if kind == MIME else None
    preference = Element(AirSyncBase.BodyPreference, [Element(AirSyncBase.Type, kind), limit])
    return Element(AirSync.Options, [mime, preference])


def sync_all(corpus: Corpus, version: str, kind: str, size: int | None) -> None:
    """Sync the folder to the end and check what has arrived."""
    phone = corpus.phone(version)
    phone.prime(corpus.inbox, wanted(kind, size))
    held = phone.items[corpus.inbox]
    assert set(held) == set(corpus.sources)
    assert phone.poisoned() == []
    for server_id, content in held.items():
        name, source = corpus.sources[server_id]
        check_body(content, kind, size, source, name)


def check_body(content: Element, kind: str, size: int | None, source: bytes, name: str) -> None:
    """The corpus' README, 1: sizes as announced, cut where asked, MIME octet for octet."""
    body = content.find(AirSyncBase.Body)
    assert body is not None, name
    data = body.find(AirSyncBase.Data)
    octets = b"" if data is None else data.octets
    announced = int(body.value(AirSyncBase.EstimatedDataSize, "-1"))
    cut = body.value(AirSyncBase.Truncated, "0") == "1"
    assert size is None or len(octets) <= size, name
    assert cut == (len(octets) < announced), name
    assert size is not None or not cut, name
    if kind == MIME:
        assert body.value(AirSyncBase.Type) == MIME, name
        assert announced == len(source), name
        assert source.startswith(octets), name


@pytest.mark.parametrize("kind", [PLAIN, HTML, MIME])
@pytest.mark.parametrize("version", VERSIONS)
def test_the_core_corpus_arrives_whole_in_every_version_and_form(
    core: Corpus, version: str, kind: str
) -> None:
    """Issue 2, 10: every mail comes, valid, in each version, as each type, cut at each size."""
    for size in SIZES:
        sync_all(core, version, kind, size)


@pytest.mark.long
@pytest.mark.parametrize("kind", [PLAIN, HTML, MIME])
@pytest.mark.parametrize("version", VERSIONS)
def test_the_whole_corpus_arrives_whole_in_every_version_and_form(
    whole: Corpus, version: str, kind: str
) -> None:
    """The same with every file of mail and every message of the mbox files."""
    for size in SIZES:
        sync_all(whole, version, kind, size)

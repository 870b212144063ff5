"""Every mail of the shared corpus through the server: synced, fetched, forwarded, answered."""

from base64 import b64decode, b64encode
from dataclasses import dataclass, field
from email.parser import BytesHeaderParser

import pytest

from carbonio_mobile.commands import mailsource
from carbonio_mobile.commands.collectionoptions import BODY_BYTES_MAX
from carbonio_mobile.eas.items.email import application_data
from carbonio_mobile.ids import FolderId, PartId
from carbonio_mobile.mime.attachments import attachment
from carbonio_mobile.mime.extract import extract
from carbonio_mobile.mime.mailitem import MailItem
from carbonio_mobile.sync.folders import FolderKind
from carbonio_mobile.testing.rig import Rig
from carbonio_mobile.wbxml import Element, Tag
from carbonio_mobile.wbxml.codepages import (
    AirSync,
    AirSyncBase,
    ComposeMail,
    Email,
    ItemOperations,
)
from tests.unit.commands.checked import ALL_VERSIONS, CheckedPhone
from tests.unit.mime.corpus import ROOT, mails

SINCE_12_0 = [version for version in ALL_VERSIONS if version != "2.5"]
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
@pytest.mark.parametrize("version", SINCE_12_0)
def test_the_core_corpus_arrives_whole_in_every_version_and_form(
    core: Corpus, version: str, kind: str
) -> None:
    """Issue 2, 10: every mail comes, valid, in each version, as each type, cut at each size."""
    for size in SIZES:
        sync_all(core, version, kind, size)


TRUNCATIONS = {"0": 0, "1": 512, "2": 1024, "3": 2048, "4": 5120, "5": 10240, "6": 20480,
               "7": 51200, "8": 102400, "9": None, None: None}  # fmt: skip
MIME_TRUNCATIONS = {"0": 0, "1": 4096, "7": 102400, "8": None, None: None}


def sync_native(corpus: Corpus, options: Element) -> dict[str, Element]:
    """Sync the folder to the end in 2.5."""
    phone = corpus.phone("2.5")
    phone.prime(corpus.inbox, options)
    held = phone.items[corpus.inbox]
    assert set(held) == set(corpus.sources)
    assert phone.poisoned() == []
    return held


@pytest.mark.parametrize("scale", ["0", "1", "4", "9", None])
def test_the_core_corpus_arrives_as_text_in_2_5(core: Corpus, scale: str | None) -> None:
    """MS-ASCMD R7347, R7356 to R7365: the Body of the class itself, in characters; never none."""
    limit = TRUNCATIONS[scale]
    wanted_text = Element(AirSync.Truncation, scale) if scale else None
    for server_id, content in sync_native(core, Element(AirSync.Options, [wanted_text])).items():
        name = core.sources[server_id][0]
        text, size = content.value(Email.Body, ""), int(content.value(Email.BodySize, "-1"))
        cut = content.value(Email.BodyTruncated) == "1"
        assert limit is None or len(text) <= max(limit, 1), name
        assert cut == (len(text.encode()) < size), name
        assert text or limit == 0, name
        assert limit is not None or not cut, name
        assert not content.has(Email.MIMEData), name


@pytest.mark.parametrize("scale", list(MIME_TRUNCATIONS))
def test_the_core_corpus_arrives_as_mime_in_2_5(core: Corpus, scale: str | None) -> None:
    """MS-ASCMD R3399, R3418 to R3426: octet for octet, the scale being that of MIMETruncation."""
    limit = MIME_TRUNCATIONS[scale]
    cut_at = Element(AirSync.MIMETruncation, scale) if scale else None
    asked = Element(AirSync.Options, [Element(AirSync.MIMESupport, "2"), cut_at])
    for server_id, content in sync_native(core, asked).items():
        name, source = core.sources[server_id]
        found = content.find(Email.MIMEData)
        octets = b"" if found is None else found.octets
        assert source.startswith(octets), name
        assert limit is None or len(octets) <= limit, name
        assert content.value(Email.MIMESize) == str(len(source)), name
        assert content.value(Email.MIMETruncated) == str(int(len(octets) < len(source))), name
        assert limit is not None or octets == source, name
        assert not content.has(Email.Body), name


@pytest.mark.long
@pytest.mark.parametrize("kind", [PLAIN, HTML, MIME])
@pytest.mark.parametrize("version", SINCE_12_0)
def test_the_whole_corpus_arrives_whole_in_every_version_and_form(
    whole: Corpus, version: str, kind: str
) -> None:
    """The same with every file of mail and every message of the mbox files."""
    for size in SIZES:
        sync_all(whole, version, kind, size)


def fetch(*content: Element) -> Element:
    store = Element(ItemOperations.Store, "Mailbox")
    return Element(
        ItemOperations.ItemOperations, [Element(ItemOperations.Fetch, [store, *content])]
    )


def fetched(phone: CheckedPhone, document: Element) -> Element:
    """The Properties of the one thing fetched."""
    answer = phone.ask("ItemOperations", document)
    assert answer.value(ItemOperations.Status) == "1"
    response = answer.find(ItemOperations.Response)
    assert response is not None
    (one,) = response.children
    assert one.value(ItemOperations.Status) == "1", one.value(ItemOperations.Status)
    properties = one.find(ItemOperations.Properties)
    assert properties is not None
    return properties


def fetch_all(corpus: Corpus, version: str) -> None:
    """Fetch each mail as MIME, and each of its attachments as the Sync named it."""
    phone = corpus.phone(version)
    phone.prime(corpus.inbox, wanted(PLAIN, 0))
    options = Element(
        ItemOperations.Options,
        [
            Element(AirSync.MIMESupport, "2"),
            Element(AirSyncBase.BodyPreference, [Element(AirSyncBase.Type, MIME)]),
        ],
    )
    count = 0
    for server_id, content in phone.items[corpus.inbox].items():
        name, source = corpus.sources[server_id]
        named = (Element(AirSync.CollectionId, corpus.inbox), Element(AirSync.ServerId, server_id))
        properties = fetched(phone, fetch(*named, options))
        check_body(properties, MIME, None, source, name)
        attachments = content.find(AirSyncBase.Attachments)
        children = [] if attachments is None else attachments.children
        # One mail has 2,000: each fetch parses it again, so its first and last have to do.
        for listed in (*children[:20], *children[20:][-1:]):
            count += check_attachment(phone, listed, source, name)
    assert count


def check_attachment(phone: CheckedPhone, listed: Element, source: bytes, name: str) -> int:
    """Fetch one attachment; it is what the message holds there, as large as was said."""
    if listed.tag is not AirSyncBase.Attachment:
        return 0
    reference = listed.value(AirSyncBase.FileReference, "")
    properties = fetched(phone, fetch(Element(AirSyncBase.FileReference, reference)))
    octets = b64decode(properties.value(ItemOperations.Data, ""))
    assert len(octets) == int(listed.value(AirSyncBase.EstimatedDataSize, "-1")), name
    assert octets == attachment(source, PartId(reference.rpartition(":")[2]))[1], name
    return 1


@pytest.mark.parametrize("version", ["12.0", "16.1"])
def test_every_core_mail_and_attachment_can_be_fetched(core: Corpus, version: str) -> None:
    """Corpus README, 1: ItemOperations gives each mail octet for octet, and all attachments."""
    fetch_all(core, version)


@pytest.mark.parametrize("version", ["2.5", "12.0"])
def test_every_core_attachment_comes_by_get_attachment(core: Corpus, version: str) -> None:
    """MS-ASCMD R162, R164: up to 12.1 an attachment is asked for by the name that Sync gave it."""
    phone, count = core.phone(version), 0
    truncation = Element(AirSync.Options, [Element(AirSync.Truncation, "0")])
    phone.prime(core.inbox, truncation if version == "2.5" else wanted(PLAIN, 0))
    for server_id, content in phone.items[core.inbox].items():
        name, source = core.sources[server_id]
        listed = content.find(Email.Attachments) or content.find(AirSyncBase.Attachments)
        for one in list(listed or ())[:5]:
            reference = one.value(Email.AttName) or one.value(AirSyncBase.FileReference, "")
            size = one.value(Email.AttSize) or one.value(AirSyncBase.EstimatedDataSize)
            response = phone.send("GetAttachment", query=f"&AttachmentName={reference}")
            assert (response.code, str(len(response.body))) == (200, size), name
            assert response.body == attachment(source, PartId(reference.rpartition(":")[2]))[1], (
                name
            )
            count += 1
    assert count > 20


@pytest.mark.long
def test_every_mail_and_attachment_can_be_fetched(whole: Corpus) -> None:
    """The same with the whole corpus, in the newest version."""
    fetch_all(whole, "16.1")


ANSWER = (
    b"From: john@example.com\r\nTo: mary@example.com\r\nSubject: Re: it\r\nMIME-Version: 1.0\r\n"
    b"Content-Type: text/plain; charset=utf-8\r\n\r\nWhat John wrote.\r\n"
)


def answer_all(corpus: Corpus, command: str, tag: Tag, version: str) -> None:
    """Send an answer to each mail; what leaves can be parsed and holds what the user wrote."""
    phone = corpus.phone(version)
    submission = corpus.rig.submission
    for server_id, (name, source) in corpus.sources.items():
        submission.taken.clear()
        if version in ("2.5", "12.0", "12.1"):
            mime = {"content-type": "message/rfc822"}
            query = f"&ItemId={server_id}&CollectionId={corpus.inbox}"
            response = phone.send(command, body=ANSWER, query=query, headers=mime)
        else:
            response = phone.send(command, compose(tag, corpus.inbox, server_id))
        assert (response.code, response.body) == (200, b""), name
        ((_, sent),) = submission.taken.items()
        check_answer(sent.message, source, name, forwards=tag is ComposeMail.SmartForward)


def compose(tag: Tag, folder: str, server_id: str) -> Element:
    source = [Element(ComposeMail.FolderId, folder), Element(ComposeMail.ItemId, server_id)]
    return Element(
        tag,
        [
            Element(ComposeMail.ClientId, f"{tag.name[5:]}-{server_id}"),
            Element(ComposeMail.Source, source),
            Element(ComposeMail.Mime, ANSWER),
        ],
    )


def check_answer(message: bytes, source: bytes, name: str, *, forwards: bool) -> None:
    """The answer is a message, its text the user's; a forward carries on what the mail held."""
    assert BytesHeaderParser().parsebytes(message)["To"] == "mary@example.com", name
    assert "What John wrote." in extract(message, received_at=0.0).text, name
    if forwards:
        carried = contents(message)
        missing = [one for one in contents(source) if one not in carried]
        # Signed and encrypted mail travels as a whole (but for an mbox's From line); what lies too
        # deep to be told apart travels in its parent.
        whole = any(len(one) > 1000 and flat(source).endswith(one) for one in carried)
        assert whole or all(one in flat(message) for one in missing), name


def contents(message: bytes) -> list[bytes]:
    """What the first 20 attachments of a message hold, line ends aside (one has 2,000)."""
    listed = extract(message, received_at=0.0).record.attachments[:20]
    return [flat(attachment(message, one.part)[1]) for one in listed]


def flat(octets: bytes) -> bytes:
    return octets.translate(None, b"\r\n")


@pytest.mark.parametrize("version", ["2.5", "12.0", "16.1"])
@pytest.mark.parametrize("tag", [ComposeMail.SmartReply, ComposeMail.SmartForward])
def test_every_core_mail_can_be_answered_and_forwarded(
    core: Corpus, tag: Tag, version: str
) -> None:
    """Corpus README, 1: what the user wrote goes out with the mail it is about."""
    answer_all(core, tag.name, tag, version)


def large_mail(size: int) -> bytes:
    """A mail with one attachment, of about so many octets in all."""
    line = b64encode(bytes(range(57))) + b"\r\n"
    return (
        b"From: mary@example.com\r\nTo: john@example.com\r\nSubject: all of it\r\n"
        b'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n'
        b"--b\r\nContent-Type: text/plain\r\n\r\nIt is attached.\r\n"
        b"--b\r\nContent-Type: application/octet-stream\r\n"
        b"Content-Disposition: attachment; filename=all.bin\r\n"
        b"Content-Transfer-Encoding: base64\r\n\r\n" + line * (size // len(line)) + b"--b--\r\n"
    )


@pytest.mark.parametrize("kind", [PLAIN, HTML, MIME])
def test_a_mail_of_50_mb_comes_and_does_not_hold_up_the_folder(kind: str) -> None:
    """Issue 2, 10: the largest mail comes, its MIME cut, and all others come beside it."""
    corpus = Corpus(rig=(rig := Rig()), inbox=rig.folder(FolderKind.INBOX))
    small = b"From: mary@example.com\r\nSubject: small\r\n\r\nSmall.\r\n"
    corpus.deliver("before", small)
    large = corpus.deliver("large", large_mail(50 << 20))
    corpus.deliver("after", small)
    sync_all(corpus, "14.1", kind, 512)
    phone = corpus.phone("14.1")
    phone.prime(corpus.inbox, wanted(kind, None))
    assert set(phone.items[corpus.inbox]) == set(corpus.sources)
    body = phone.items[corpus.inbox][large].find(AirSyncBase.Body)
    assert body is not None
    sent = body.find(AirSyncBase.Data)
    assert sent is not None
    whole = len(corpus.sources[large][1])
    assert len(sent.octets) == BODY_BYTES_MAX if kind == MIME else b"It is attached." in sent.octets
    assert body.value(AirSyncBase.Truncated, "0") == ("1" if kind == MIME else "0")
    assert kind != MIME or body.value(AirSyncBase.EstimatedDataSize) == str(whole)


def test_an_attachment_beyond_the_limit_is_refused_and_a_range_of_it_too() -> None:
    """MS-ASCMD R3949: status 11, and the server goes on."""
    corpus = Corpus(rig=(rig := Rig()), inbox=rig.folder(FolderKind.INBOX))
    server_id = corpus.deliver("large", large_mail(50 << 20))
    phone = corpus.phone("14.1")
    phone.prime(corpus.inbox, wanted(PLAIN, 512))
    (listed,) = phone.items[corpus.inbox][server_id].find(AirSyncBase.Attachments) or ()
    reference = Element(AirSyncBase.FileReference, listed.value(AirSyncBase.FileReference, ""))
    answer = phone.ask("ItemOperations", fetch(reference))
    response = answer.find(ItemOperations.Response)
    assert response is not None
    assert response.children[0].value(ItemOperations.Status) == "11"
    assert phone.sync(corpus.inbox) is None


def test_an_item_that_cannot_be_converted_costs_that_item_only() -> None:
    """design.md 4: an item that fails is told degraded and recorded, the folder goes on."""
    corpus = Corpus(rig=(rig := Rig()), inbox=rig.folder(FolderKind.INBOX))
    for number in range(3):
        corpus.deliver(str(number), b"Subject: %d\r\n\r\nBody.\r\n" % number)
    spoilt = f"{corpus.inbox}:2"
    phone = corpus.phone("16.1")

    def failing(item: MailItem, *rest: object) -> list[Element]:
        if item.item == 2:
            raise RecursionError("too deep")
        return application_data(item, *rest)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mailsource, "application_data", failing)
        phone.prime(corpus.inbox, wanted(PLAIN, None))
    assert set(phone.items[corpus.inbox]) == set(corpus.sources)
    assert phone.poisoned() == [(spoilt, "RecursionError in conversion")]
    assert phone.items[corpus.inbox][spoilt].value(Email.Subject)
    assert phone.sync(corpus.inbox) is None

"""Contents of messages from real IMAP servers: as if the whole message had been read."""

import base64
import json
import unittest
from collections.abc import Iterator
from typing import Any

from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.trial.unittest import TestCase

from carbonio_mobile.errors import NotFound
from carbonio_mobile.ids import PartId
from carbonio_mobile.imap.responses import Fetch
from carbonio_mobile.imap.uidsets import UidSet
from carbonio_mobile.mailbox.embedded import writing
from carbonio_mobile.mailbox.embedded.writing import Content
from carbonio_mobile.mailbox.gateway.mail import contents as mailcontents
from carbonio_mobile.mailbox.gateway.mail.contents import Fetched, make_content
from carbonio_mobile.mailbox.imapclient.connection import ImapConnection
from carbonio_mobile.mailbox.imapclient.login import (
    Encryption,
    ImapReach,
    ImapServer,
    PasswordLogin,
)
from carbonio_mobile.mime.attachments import attachment
from tests.interop.test_imap_dovecot import DovecotCase
from tests.peers.cyrusimap import CyrusImap, requires_cyrus_imap
from tests.peers.davserver import JOHN, PASSWORD
from tests.peers.dovecot import requires_dovecot
from tests.unit.mime.corpus import ROOT, mails

Sources = dict[int, bytes]

PICTURE = base64.encodebytes(bytes(range(256)) * 400).replace(b"\n", b"\r\n")
FILE = (
    b"Content-Type: image/png; name=my picture.png\r\nContent-Transfer-Encoding: base64\r\n"
    b"Content-ID: <pic@x>\r\nContent-Disposition: %b;\r\n"
    b" filename*0*=utf-8''gr%%C3%%BC%%C3%%9F;\r\n filename*1*=e.png\r\n\r\n" + PICTURE
)
CALENDAR = (
    b"Content-Type: text/calendar; method=REQUEST; charset=utf-8\r\n\r\n"
    b"BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nUID:u1\r\nSUMMARY:Meet\r\n"
    b"DTSTART:20260115T100000Z\r\nDTEND:20260115T110000Z\r\nORGANIZER:mailto:a@example.com\r\n"
    b"END:VEVENT\r\nEND:VCALENDAR\r\n"
)
LATIN = (
    b"Content-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable"
    b"\r\n\r\nGr=FC=DFe --=_sketch\r\n"
)
TEXTS = (
    LATIN,
    b"Content-Type: text/html; charset=utf-8\r\n\r\n<p>Gr\xc3\xbc\xc3\x9fe</p>\r\n",
)
FORWARDED = (
    b"Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n again\r\nFrom: a@example.com\r\n\r\nInner\r\n"
)


def multipart(kind: str, *parts: bytes, boundary: bytes = b"b1") -> bytes:
    """Make a multipart with its header."""
    head = b'Content-Type: multipart/%b; boundary="%b"\r\n\r\n' % (kind.encode(), boundary)
    body = b"".join(b"--%b\r\n%b\r\n" % (boundary, part) for part in parts)
    return head + body + b"--%b--\r\n" % boundary


HEAD = b"From: Ann <ann@example.com>\r\nSubject: Report\r\nMIME-Version: 1.0\r\n"
ALTERNATIVE = multipart("alternative", *TEXTS, boundary=b"b2")
LETTERS = {
    "plain": b"Content-Type: text/plain; charset=utf-8\r\n\r\nGr\xc3\xbc\xc3\x9fe\r\n",
    "nothing said": b"\r\nHello\r\n",
    "only a file": FILE % b"attachment",
    "mixed": multipart("mixed", ALTERNATIVE, FILE % b"attachment", b"\r\nno header\r\n"),
    "related": multipart('related; type="text/html"', TEXTS[1], FILE % b"inline"),
    "meeting": multipart("alternative", *TEXTS, CALENDAR),
    "meeting as a file": multipart(
        "mixed", TEXTS[0], b'Content-Type: application/ics; name="x.ics"\r\n\r\n' + CALENDAR
    ),
    "report": multipart(
        "report; report-type=delivery-status",
        TEXTS[0],
        b"Content-Type: message/delivery-status\r\n\r\nAction: delayed\r\n",
    ),
    "forwarded": multipart(
        "mixed",
        TEXTS[0],
        b"Content-Type: message/rfc822\r\n\r\n" + FORWARDED,
        b"Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        + base64.encodebytes(FORWARDED).replace(b"\n", b"\r\n"),
    ),
    "digest": multipart("digest", b"\r\n" + FORWARDED, b"\r\n" + FORWARDED),
    "signed": multipart(
        'signed; protocol="application/pkcs7-signature"',
        TEXTS[0],
        b"Content-Type: application/pkcs7-signature; name=smime.p7s\r\n"
        b"Content-Transfer-Encoding: base64\r\n\r\nAAAA\r\n",
    ),
    "many parts": multipart("mixed", *(TEXTS[0], FILE % b"attachment") * 15),
    "no end": multipart("mixed", *TEXTS).removesuffix(b"--b1--\r\n"),
    "no parts": b'Content-Type: multipart/mixed; boundary="x"\r\n\r\nWords\r\n',
    "deep": b"".join(
        b'Content-Type: multipart/mixed; boundary="%d"\r\n\r\n--%d\r\n' % (n, n) for n in range(40)
    )
    + b"\r\nWords\r\n",
}
"""Without the first fields of their headers."""

UNTOLD = {
    "a multipart does not end with its closing delimiter",
    "a header line without a field name",
}
ODD = {
    "mail/cpython/msg_15.txt.eml",  # a boundary that is the beginning of another, or of a line
    "mail/cpython/msg_39.txt.eml",
    "mail/dovecot-malformed/malformed/004.eml",
    "mail/mime4j/testmsgs/ending-boundaries.msg.eml",
    "mail/mime4j/testmsgs/very-very-long-boundary.msg.eml",
    "mail/ruby-mail/emails/mime_emails/raw_email_with_illegal_boundary.eml",
    "mail/cpython/msg_47.txt.eml",  # no closing delimiter: where does the last part end?
    "mail/dovecot-malformed/malformed/013.eml",
    "mail/james/invalid.eml",
    "mail/jsmime/multipart-complex2.eml",
    "mail/ruby-mail/emails/plain_emails/raw_email_bad_time.eml",
    "mail/james/mailWithLongHeaders.eml",  # a header that begins with what is no field
    "mail/james/oneAttachmentAndSomeTextInlined.eml",
}
"""What Dovecot reads otherwise than we do: broken messages."""


def said(content: Content) -> dict[str, Any]:
    """Give a record without what a structure cannot tell exactly."""
    found: dict[str, Any] = json.loads(content.record)
    found["a"] = [one | {"z": 0} for one in found.get("a", ())]
    found["x"] = [one for one in found.get("x", ()) if one not in UNTOLD]
    return found


def sizes(content: Content) -> list[int]:
    """Give the sizes of the attachments."""
    return [one["z"] for one in json.loads(content.record).get("a", ())]


class ContentsMixin:
    """The tests; ``connection`` is an account's."""

    connection: ImapConnection

    async def stored(self, letters: Iterator[bytes]) -> Sources:
        """Store messages; gives them as the server has them."""
        for one in letters:
            await self.connection.append("INBOX", one)
        await self.connection.select("INBOX")
        found: Sources = {}

        def note(one: Fetch) -> None:
            found[one.uid] = one.sections["BODY[]"] or b""

        await self.connection.fetch(UidSet.from_on(1), ("BODY.PEEK[]",), note)
        return found

    async def fetched(self, sources: Sources) -> dict[int, Fetched]:
        """Fetch the contents, none of them by way of the whole message if that can be helped."""
        self.patch(mailcontents, "WHOLE_BYTES", -1)  # type: ignore[attr-defined]  # a TestCase's
        return await mailcontents.fetch(
            self.connection, {uid: len(octets) for uid, octets in sources.items()}
        )

    async def test_records_are_those_of_the_whole_messages(self) -> None:
        """Text, HTML, record; the sizes of attachments as near as they can be told."""
        sources = await self.stored(HEAD + one for one in LETTERS.values())
        found = await self.fetched(sources)
        assert set(found) == set(sources)
        drawn = 0
        for name, (uid, octets) in zip(LETTERS, sources.items(), strict=True):
            whole, ours = writing.make_content(octets, 5.0), make_content(found[uid], 5.0)
            drawn += not found[uid].whole
            assert said(ours) == said(whole), name
            assert (ours.text, ours.html, ours.size_bytes) == (
                whole.text,
                whole.html,
                whole.size_bytes,
            ), name
            for one, other in zip(sizes(ours), sizes(whole), strict=True):
                assert abs(one - other) <= 1, name
        assert drawn >= len(LETTERS) - 3

    async def test_parts_are_those_of_the_whole_message(self) -> None:
        """By the numbers of the record; others are not found."""
        sources = await self.stored(HEAD + one for one in LETTERS.values())
        found = await self.fetched(sources)
        for uid, octets in sources.items():
            record = json.loads(make_content(found[uid], 5.0).record)
            for one in record.get("a", ())[:4]:
                given = await mailcontents.part(self.connection, uid, PartId(one["p"]))
                assert given == attachment(octets, PartId(one["p"]))
            for number in ("99", "1.99", "x", "", "0"):
                try:
                    await mailcontents.part(self.connection, uid, PartId(number))
                except NotFound:
                    continue
                raise AssertionError(number)

    async def test_sources(self) -> None:
        """All octets, or the first."""
        ((uid, octets),) = (await self.stored(iter([HEAD + LETTERS["mixed"]]))).items()
        assert await mailcontents.source(self.connection, uid, None, 1 << 20) == octets
        assert await mailcontents.source(self.connection, uid, 300, 1 << 20) == octets[:300]
        for first_bytes in (None, 300):
            try:
                await mailcontents.source(self.connection, uid + 1, first_bytes, 1 << 20)
            except NotFound:
                continue
            raise AssertionError(first_bytes)

    async def test_large_attachments_do_not_travel(self) -> None:
        """Of 8 MiB come a few KiB."""
        file = (FILE % b"attachment").replace(PICTURE, PICTURE * 60)
        ((uid, octets),) = (
            await self.stored(iter([HEAD + multipart("mixed", TEXTS[0], file)]))
        ).items()
        wire: Any = self.connection.wire
        received, take = 0, wire.dataReceived

        def count(data: bytes) -> None:
            nonlocal received
            received += len(data)
            take(data)

        wire.dataReceived = count
        found = await mailcontents.fetch(self.connection, {uid: len(octets)})
        assert received < 8192 < len(octets)
        (size,) = sizes(make_content(found[uid], 5.0))
        assert abs(size - 256 * 400 * 60) < 256 * 400


@requires_dovecot
class DovecotTests(ContentsMixin, DovecotCase):
    """Dovecot."""

    timeout = 120

    @unittest.skipUnless(ROOT.exists(), "the corpus is not here")
    async def test_corpus(self) -> None:
        """What Dovecot reads as we do, in real mail good and bad, is read alike by either way."""
        letters = {name: one for name, one in mails(core=True) if one.strip() and b"\0" not in one}
        sources = await self.stored(iter(letters.values()))
        differing, drawn = set(), 0
        uids = list(sources)
        for at in range(0, len(uids), 10):
            found = await self.fetched({uid: sources[uid] for uid in uids[at : at + 10]})
            for uid, one in found.items():
                whole, ours = writing.make_content(sources[uid], 5.0), make_content(one, 5.0)
                drawn += not one.whole
                if (said(ours), ours.text, ours.html) != (said(whole), whole.text, whole.html):
                    differing.add(list(letters)[uids.index(uid)])
        assert drawn > 0.9 * len(letters)
        assert differing <= ODD, "\n".join(sorted(differing - ODD))


@requires_cyrus_imap
class CyrusTests(ContentsMixin, TestCase):
    """Cyrus."""

    timeout = 60
    cyrus: CyrusImap

    @classmethod
    def setUpClass(cls) -> None:
        cls.cyrus = CyrusImap.started()

    @classmethod
    def tearDownClass(cls) -> None:
        cls.cyrus.remove()

    async def setUp(self) -> None:
        server = ImapServer(host="127.0.0.1", port=self.cyrus.imap_port, encryption=Encryption.OFF)
        reach = ImapReach(server, reactor=reactor, identity=("carbonio-mobile", "test"))
        self.connection = await reach.open(PasswordLogin(user=JOHN, password=PASSWORD))
        self.addCleanup(lambda: Deferred.fromCoroutine(self.close()))
        await self.connection.select("INBOX")
        await self.connection.expunge(await self.connection.search())

    async def close(self) -> None:
        self.connection.wire.abort("end of test")
        await self.connection.ended

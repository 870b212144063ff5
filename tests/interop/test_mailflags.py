"""Flags, keywords and notes as real IMAP servers keep them."""

from random import Random

from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.trial.unittest import TestCase

from carbonio_mobile.imap.responses import Fetch
from carbonio_mobile.imap.searching import header
from carbonio_mobile.imap.uidsets import UidSet
from carbonio_mobile.mailbox.gateway.mail.flags import flag_changes, initial_flags, state_of
from carbonio_mobile.mailbox.gateway.notes.notemail import (
    IDENTIFIER,
    identifier_of,
    message_of,
    source_of,
)
from carbonio_mobile.mailbox.imapclient.connection import ImapConnection
from carbonio_mobile.mailbox.imapclient.login import (
    Encryption,
    ImapReach,
    ImapServer,
    PasswordLogin,
)
from carbonio_mobile.mime.mailitem import FollowUp, MailState
from carbonio_mobile.pim.note import Note
from carbonio_mobile.pim.notes import write_note
from carbonio_mobile.pim.text import Text
from tests.interop.test_imap_dovecot import DovecotCase, letter
from tests.peers.cyrusimap import CyrusImap, requires_cyrus_imap
from tests.peers.davserver import JOHN, PASSWORD
from tests.peers.dovecot import requires_dovecot

NAMES = (
    "Work", "work", "Important", "To Do", "Projekt X", "K\u00e4se", "R&D (new)", "John's", "a_b",
    "50%", "[x]", "{y}", '"z"', "\\Seen", "$label1", "Junk", "NIL", "~#|", "\u4ed5\u4e8b",
    "\u0421\u043e\u0432\u0435\u0449\u0430\u043d\u0438\u044f", "\U0001f600", "x" * 50, "x" * 60,
)  # fmt: skip
FOLLOW_UPS = (
    None,
    FollowUp(status=1, fields=(("CompleteTime", "2026-01-16"),)),
    FollowUp(status=2, fields=(("FlagType", "mine"),)),
)
VERBS = ((0, 0.0), (1, 1.0), (2, 2.0), (3, 3.0))


def any_state(chance: Random) -> MailState:
    """Give a state."""
    verb, verb_at = chance.choice(VERBS)
    return MailState(
        read=chance.random() < 0.5,
        follow_up=chance.choice(FOLLOW_UPS),
        categories=tuple(chance.sample(NAMES, chance.randrange(6))),
        verb=verb,
        verb_at=verb_at,
    )


class KeepingMixin:
    """What every server keeps."""

    connection: ImapConnection

    async def one(self, uids: UidSet, item: str) -> Fetch:
        """Fetch something of one message."""
        found: list[Fetch] = []
        await self.connection.fetch(uids, (item,), found.append)
        (fetch,) = found
        return fetch

    async def stored(self, message: bytes, flags: tuple[str, ...] = ()) -> UidSet:
        """Store a message."""
        appended = await self.connection.append("INBOX", message, flags=flags)
        assert appended is not None
        await self.connection.select("INBOX")
        return appended.uids

    async def test_states(self) -> None:
        """A message stored and changed says what the device said, in every step."""
        chance = Random(6)
        permanent = (await self.connection.select("INBOX")).permanent_flags
        assert "\\*" in permanent
        for _ in range(8):
            state = any_state(chance)
            uids = await self.stored(letter("x"), initial_flags(state, permanent=permanent))
            for after in [state, *(any_state(chance) for _ in range(6))]:
                changes = flag_changes(state, after, permanent)
                for sign, flags in (("+", changes.add), ("-", changes.remove)):
                    if flags:
                        await self.connection.store(uids, sign, sorted(flags))
                flags_now = (await self.one(uids, "FLAGS")).flags or ()
                assert state_of(flags_now, after, permanent=permanent) == after
                state = after
            shown = {*state_of(flags_now).categories}
            kept = {name for name in state.categories if name not in ("x" * 60, "Work", "work")}
            assert shown - {"Work", "work"} == kept

    async def test_notes(self) -> None:
        """A note comes back octet for octet, and is found by its identifier."""
        for size in (1, 3000, 30_000):
            note = Note(uid=f"n{size}", subject="K\u00e4se", body=Text(plain="Brot\n" * size))
            source = write_note(None, note, now=1e9)
            uids = await self.stored(message_of(source, now=1e9))
            fetch = await self.one(uids, "BODY.PEEK[]")
            again = source_of(fetch.sections["BODY[]"] or b"")
            assert sorted(again.split(b"\r\n")) == sorted(source.split(b"\r\n"))
            found = await self.connection.search(header(IDENTIFIER, identifier_of(note.uid)))
            assert list(found) == list(uids)


@requires_dovecot
class DovecotTests(KeepingMixin, DovecotCase):
    """Dovecot: keywords of at most 50 octets."""


@requires_dovecot
class MaildirTests(KeepingMixin, DovecotCase):
    """Dovecot on Maildir: 26 keywords in the names of files, the others in its index."""

    store = "maildir"


@requires_cyrus_imap
class CyrusTests(KeepingMixin, TestCase):
    """Cyrus: at most 128 keywords in a mailbox."""

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

    async def close(self) -> None:
        self.connection.wire.abort("end of test")
        await self.connection.ended

"""Searching mailboxes behind the gateway, on real IMAP servers."""

import contextlib
from itertools import count
from typing import Any, ClassVar

from twisted.internet import reactor as _reactor
from twisted.internet.defer import Deferred
from twisted.internet.task import deferLater
from twisted.trial.unittest import TestCase

from carbonio_mobile.errors import Conflict, Unavailable
from carbonio_mobile.ids import ItemId
from carbonio_mobile.imap.uidsets import UidSet
from carbonio_mobile.mailbox.gateway.mailbox import GatewayMailbox
from carbonio_mobile.mailbox.imapclient.connection import ImapConnection
from carbonio_mobile.mime.mailitem import BodyWish, MailPatch, MailQuery
from tests.peers.cyrusimap import CyrusImap, requires_cyrus_imap
from tests.peers.dovecot import JOHN, Dovecot, requires_dovecot
from tests.peers.imapgateway import ImapGateway, heads, names

reactor: Any = _reactor

_FTS = """
mail_plugins = $mail_plugins fts fts_squat
plugin {
  fts = squat
  fts_autoindex = yes
  acl = vfile
}
"""


def letter(number: int, words: str) -> bytes:
    """Give a message of its own."""
    return (
        f"From: ann@example.net\r\nTo: john@example.com\r\nSubject: letter {number}\r\n"
        f"Message-ID: <{number}@example.net>\r\nDate: Fri, 2 Jan 2026 10:00:00 +0000\r\n\r\n"
        f"{words}\r\n"
    ).encode()


class SearchMixin:
    """What holds on every server."""

    port = 0
    numbers: ClassVar["count[int]"] = count(1)

    async def begin(self, **options: Any) -> None:
        self.gateway = ImapGateway(self.port, **options)
        self.addCleanup(lambda: Deferred.fromCoroutine(self.close()))  # type: ignore[attr-defined]
        self.box: GatewayMailbox = await self.gateway.open(JOHN)
        self.client = await self.gateway.connect(JOHN)
        self.word = f"garden{next(self.numbers)}x"

    async def close(self) -> None:
        self.client.wire.abort("end of test")
        await self.client.ended
        await self.gateway.stop()

    async def put(self, place: str, *days: int, words: str = "") -> None:
        """Store messages that arrived on days of January 2026."""
        with contextlib.suppress(Conflict):
            await self.client.create(place)
        for day in days:
            number = next(self.numbers)
            source = letter(number, words or self.word)
            await self.client.append(place, source, date=1767225600.0 + (day - 1) * 86400 + 3600)

    async def found(self, *, offset: int = 0, limit: int = 100, **query: Any) -> list[str]:
        """Give the hits, each as its folder's name and its number there."""
        wanted = MailQuery(**{"phrase": self.word, **query})
        hits = await self.box.search(wanted, offset=offset, limit=limit)
        by_id = {one.id: one.name for one in (await self.box.hierarchy()).folders}
        self.total = hits.total
        return [f"{by_id[folder]} {item}" for folder, item in hits.hits]

    def searches(self) -> int:
        """Count the searches that the server was asked for since the last call."""
        count = self.gateway.commands.count("UID SEARCH")
        self.gateway.commands.clear()
        return count

    async def test_many_folders(self) -> None:
        """Newest first over all; only folders with hits are read, and those that were not known
        before are known then.
        """
        for number in range(40):
            await self.put(f"Box{number}", *((number % 28 + 1,) if number % 4 == 0 else ()))
            await self.put(f"Box{number}", 5, words="nothing")
        await names(self.box)
        self.gateway.commands.clear()
        expected = [f"Box{n} 1" for n in range(24, -1, -4)]
        assert [one for one in await self.found() if one in expected] == expected
        assert self.total == 10
        assert self.gateway.commands.count("LIST") <= 1
        assert self.gateway.commands.count("STATUS") <= 10
        assert self.pool_count() == 1
        self.searches()
        assert len(await self.found(offset=4, limit=3)) == 3
        assert not self.searches(), "it was just found"
        assert len(await self.found()) == 10  # the mirror had to learn of them meanwhile
        assert self.searches()
        assert len(await self.found()) == 10
        assert not self.searches(), "it was all known"

    def pool_count(self) -> int:
        return self.gateway.pool.count

    async def test_pages_are_of_one_search(self) -> None:
        """Later pages stay as they were; the first row begins anew, if something changed."""
        await self.put("INBOX", 1, 2, 3)
        first = await self.found(limit=2)
        await self.put("INBOX", 4)
        inbox = (await names(self.box))["Inbox"]
        newest = max(await heads(self.box, inbox.id), key=lambda one: one.item)
        self.searches()
        later = await self.found(offset=2, limit=2)
        assert (len(later), self.total, self.searches()) == (1, 3, 0)
        assert len({*first, *later}) == 3
        assert f"Inbox {newest.item}" in await self.found(limit=2)
        assert (self.total, self.searches() > 0) == (4, True)
        await self.box.update(inbox.id, {newest.item: MailPatch(read=True)})
        await self.box.delete(inbox.id, [newest.item])
        assert f"Inbox {newest.item}" not in await self.found()
        assert self.total == 3

    async def test_times(self) -> None:
        """Times of receipt, to the second, with words or without."""
        await self.put("INBOX", 10, 11, 12)
        noon = 1767225600.0 + 10 * 86400 + 3600
        assert len(await self.found(after=noon)) == 1
        assert len(await self.found(after=noon - 1)) == 2
        assert len(await self.found(before=noon)) == 1
        inbox = (await names(self.box))["Inbox"]
        span = {"phrase": "", "folders": (inbox.id,), "after": noon - 1, "before": noon + 1}
        assert len(await self.found(**span)) >= 1

    async def test_conversations(self) -> None:
        """A conversation is found in all folders in which its messages were read."""
        await self.put("INBOX", 1)
        inbox = (await names(self.box))["Inbox"]
        newest = max(one.item for one in await heads(self.box, inbox.id))
        read = await self.box.read(inbox.id, [newest], BodyWish())
        talk = read[ItemId(newest)].record.conversation_id
        assert await self.found(phrase="", conversation=talk) == [f"Inbox {newest}"]
        assert not self.searches()

    async def test_an_epoch(self) -> None:
        """A mailbox that was made anew is read anew when something is found in it."""
        await self.put("Again", 1, 2)
        assert len(await self.found()) == 2
        await self.client.delete("Again")
        await deferLater(reactor, 1.1)  # UIDVALIDITY is the second
        await self.put("Again", 3)
        await names(self.box)
        assert len(await self.found()) == 1

    async def test_too_little_time(self) -> None:
        """What was found in time is told with its number; the rest comes with the next question."""
        await self.close()
        await self.begin(search_s=0.3)
        for number in range(6):
            await self.put(f"Slow{number}", number + 1)
        await names(self.box)
        search = ImapConnection.search

        async def slowly(connection: ImapConnection, *criteria: Any) -> UidSet:
            await deferLater(reactor, 0.15)
            return await search(connection, *criteria)

        self.patch(ImapConnection, "search", slowly)  # type: ignore[attr-defined]
        counts = [0]
        while counts[-1] < 6:
            try:
                counts.append(len(await self.found()))
            except Unavailable:
                counts.append(0)
            assert self.total == counts[-1] or not counts[-1]
        while not self.box.is_idle:
            await deferLater(reactor, 0.05)
        assert len(counts) > 2, counts
        assert counts == sorted(counts)

    total = 0


@requires_dovecot
class DovecotTests(SearchMixin, TestCase):
    """Dovecot without an index of words."""

    timeout = 60
    more = ""
    dovecot: ClassVar[Dovecot]

    @classmethod
    def setUpClass(cls) -> None:
        cls.dovecot = Dovecot.started(more=cls.more)

    @classmethod
    def tearDownClass(cls) -> None:
        cls.dovecot.remove()

    async def setUp(self) -> None:
        self.port = self.dovecot.imap_port
        await self.begin()


class IndexedDovecotTests(DovecotTests):
    """Dovecot with fts_squat."""

    more = _FTS


@requires_cyrus_imap
class CyrusTests(SearchMixin, TestCase):
    """Cyrus, which offers FUZZY and has no index for it here."""

    timeout = 60
    cyrus: ClassVar[CyrusImap]

    @classmethod
    def setUpClass(cls) -> None:
        cls.cyrus = CyrusImap.started()

    @classmethod
    def tearDownClass(cls) -> None:
        cls.cyrus.remove()

    async def setUp(self) -> None:
        self.port = self.cyrus.imap_port
        await self.begin()

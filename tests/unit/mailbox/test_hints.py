"""Hints from other processes."""

import os
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase, TestCase

from carbonio_mobile.ids import AccountId, FolderId
from carbonio_mobile.mailbox.embedded.hints import (
    HintListener,
    HintSink,
    hint_socket,
    listen_for_hints,
    send_hint,
)
from carbonio_mobile.testing.contracts.mailbox_fixture import RecordingSink

JOHN, INBOX = AccountId("jöhn"), FolderId("2")


class ListenerTests(SynchronousTestCase):
    """Datagrams of every kind."""

    def told(self, datagram: bytes) -> list[object]:
        sink = RecordingSink()
        HintListener(sink).datagramReceived(datagram, None)
        return list(sink.told)

    def test_hints(self) -> None:
        """A hint reaches the sink as what happened."""
        changed = b'{"account": "a", "folder": "2", "arrival": true}'
        self.assertEqual([("a", "2", True)], self.told(changed))
        self.assertEqual([("a", None, False)], self.told(b'{"account": "a", "hierarchy": true}'))

    def test_nonsense(self) -> None:
        """Anything else is ignored."""
        for datagram in (
            b"",
            b"\xff",
            b"{",
            b"[]",
            b'{"account": 1, "hierarchy": true}',
            b"1",
            b'{"account": "a"}',
            b'{"account": "a", "folder": "2", "arrival": 1}',
        ):
            self.assertEqual([], self.told(datagram))


class SocketTests(TestCase):
    """From one process to another."""

    def setUp(self) -> None:
        self.data_dir = Path(mkdtemp())  # trial's own place is too long for a socket's name
        self.addCleanup(rmtree, self.data_dir)

    def test_nobody_listens(self) -> None:
        """Without a daemon a hint is lost, quietly; so it is beside one that was killed."""
        send_hint(self.data_dir, JOHN, INBOX, arrival=True)
        hint_socket(self.data_dir).write_bytes(b"")
        send_hint(self.data_dir, JOHN, INBOX, arrival=True)

    async def test_hint_arrives(self) -> None:
        """The daemon's sink is told what another process's sink was told, even after a kill -9."""
        arrived: Deferred[None] = Deferred()

        class Sink(RecordingSink):
            def hierarchy_changed(self, account: AccountId) -> None:
                super().hierarchy_changed(account)
                arrived.callback(None)

        sink = Sink()
        killed = listen_for_hints(reactor, self.data_dir, RecordingSink())
        place = hint_socket(self.data_dir)
        self.assertEqual(0o600, place.stat().st_mode & 0o777)
        os.link(place, place.with_name("left"))
        await killed.stopListening()
        if not place.exists():
            place.with_name("left").rename(place)
        port = listen_for_hints(reactor, self.data_dir, sink)
        self.addCleanup(port.stopListening)
        elsewhere = HintSink(self.data_dir)
        elsewhere.folder_changed(JOHN, INBOX, arrival=True)
        elsewhere.hierarchy_changed(JOHN)
        await arrived
        self.assertEqual([(JOHN, INBOX, True), (JOHN, None, False)], sink.told)

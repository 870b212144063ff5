"""Peers that ask for much, beside others."""

from collections.abc import Callable

from twisted.internet.defer import Deferred, ensureDeferred
from twisted.trial.unittest import SynchronousTestCase

from carbonio_mobile.accounts.peers import PeerQueues
from carbonio_mobile.errors import Unavailable


class PeerQueuesTests(SynchronousTestCase):
    """Two pieces at once, three more may wait."""

    def setUp(self) -> None:
        self.queues = PeerQueues(at_once=2, waiting_max=3)
        self.begun: list[tuple[str, Deferred[str]]] = []

    def ask(self, peer: str) -> "Deferred[str]":
        """Begin a piece of work that the test ends."""

        def work() -> Deferred[str]:
            self.begun.append((peer, Deferred()))
            return self.begun[-1][1]

        return ensureDeferred(self.queues.run(peer, work))

    def peers(self) -> list[str]:
        """Tell whose work was begun."""
        return [peer for peer, _ in self.begun]

    def test_others_do_not_wait_for_one(self) -> None:
        """What one peer asks for beyond its share waits; another's begins at once."""
        asked = [self.ask("10.0.0.1") for _ in range(5)]
        self.failureResultOf(self.ask("10.0.0.1"), Unavailable)
        self.ask("10.0.0.2")
        self.assertEqual(["10.0.0.1", "10.0.0.1", "10.0.0.2"], self.peers())
        self.begun[0][1].callback("done")
        self.assertEqual("done", self.successResultOf(asked[0]))
        self.assertEqual(3, self.peers().count("10.0.0.1"))

    def test_nothing_is_kept(self) -> None:
        """Peers whose work is done, well or not, are forgotten, and have their share again."""
        outcomes: list[Callable[[Deferred[str]], None]] = [
            lambda begun: begun.callback("x"),
            lambda begun: begun.errback(ZeroDivisionError()),
        ]
        for end in outcomes:
            asked = [self.ask("10.0.0.1") for _ in range(4)]
            while self.begun:
                end(self.begun.pop(0)[1])
            for each in asked:
                each.addErrback(lambda failure: failure.trap(ZeroDivisionError))
                self.assertTrue(each.called)
        self.assertEqual({}, self.queues._queues)

    def test_networks_of_ipv6(self) -> None:
        """All addresses of a /64 are one peer's; the next network is another's."""
        for host in range(3):
            self.ask(f"2001:db8:0:1::{host}")
        self.ask("2001:db8:0:2::1")
        self.assertEqual(["2001:db8:0:1::0", "2001:db8:0:1::1", "2001:db8:0:2::1"], self.peers())

    def test_mapped_and_nameless_peers(self) -> None:
        """IPv4 written as IPv6 is IPv4; what is no address stands for itself."""
        for peer in ("::ffff:10.0.0.1", "::ffff:10.0.0.2", "::ffff:10.0.0.3", "", "local"):
            self.ask(peer)
        self.assertEqual(5, len(self.begun))

"""The process that ``test_gateway_mail_kill.py`` kills: works on a mailbox that Dovecot has.

``gateway_mail_child.py DATA_DIR JOURNAL SEED COUNT IMAP_PORT AUTHORITY`` is what
``mailbox_child.py`` is for the embedded mailbox; what is Unavailable is done again, as phones do.
"""

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from twisted.internet import reactor
from twisted.internet.defer import ensureDeferred, gatherResults
from twisted.internet.task import deferLater, react

from carbonio_mobile.errors import Unavailable
from carbonio_mobile.ids import AccountId
from carbonio_mobile.mailbox.memory import no_quota
from carbonio_mobile.testing.contracts.mailbox_fixture import RecordingSink
from tests.crash.mailbox_child import IN_FLIGHT, Journal, one_message
from tests.peers.gateway import Gateway

USER = "john@example.com"
DOUBT_S = 0.15


def make_gateway(data_dir: Path, port: int, authority: str) -> Gateway:
    """Give a gateway upon the mirror that is there."""
    dovecot: Any = SimpleNamespace(imap_port=port, sieve_port=port, authority=Path(authority))
    return Gateway(
        data_dir,
        dovecot,
        user_of=lambda _: USER,
        sink=RecordingSink(),
        quota_of=no_quota,
        message_limit_bytes=1 << 20,
        options={"doubt_s": DOUBT_S},
        durable=True,
    )


class Patient:
    """A mailbox that is asked again while it is Unavailable."""

    def __init__(self, box: Any) -> None:
        self._box = box

    def __getattr__(self, name: str) -> Any:
        async def call(*args: Any, **named: Any) -> Any:
            while True:
                try:
                    return await getattr(self._box, name)(*args, **named)
                except Unavailable:
                    await deferLater(reactor, 0.02)

        return call


async def work(data_dir: str, path: str, seed: str, count: str, port: str, authority: str) -> None:
    gateway = make_gateway(Path(data_dir), int(port), authority)
    journal = Journal(path)
    box = Patient(await gateway.mailboxes.open(AccountId("john")))
    await box.hierarchy()
    journal.note("ready", "x", "x")
    for start in range(0, int(count), IN_FLIGHT):
        numbers = range(start, start + IN_FLIGHT)
        await gatherResults(
            [ensureDeferred(one_message(box, journal, n, int(seed))) for n in numbers]
        )
    await gateway.stop()


if __name__ == "__main__":
    react(lambda _: ensureDeferred(work(*sys.argv[1:])))

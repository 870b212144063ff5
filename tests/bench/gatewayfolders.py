"""What large hierarchies and searches cost: ``python -m tests.bench.gatewayfolders [MAILBOXES]``.

Needs Dovecot. Prints one line a figure: what LIST costs with and without STATUS, what the gateway's
``hierarchy()`` costs when it is asked first, when nothing changed, after a rename of a tree; what a
search in all mailboxes costs, first, again and a page further. CPU is that of both, in ms.
"""

import resource
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.task import react

from carbonio_mobile.errors import Conflict
from carbonio_mobile.mailbox.gateway.mailbox import GatewayMailbox
from carbonio_mobile.mailbox.imapclient.connection import ImapConnection
from carbonio_mobile.mime.mailitem import MailQuery
from tests.peers.dovecot import JOHN, Dovecot
from tests.peers.imapgateway import ImapGateway

BELOW = 9
MESSAGE = (
    b"From: ann@example.net\r\nTo: john@example.com\r\nSubject: garden\r\n"
    b"Message-ID: <%d@example.net>\r\n\r\nflowers and %d trees\r\n"
)


class Bench:
    """One Dovecot, one gateway."""

    def __init__(self, dovecot: Dovecot, gateway: ImapGateway) -> None:
        self.dovecot = dovecot
        self.gateway = gateway

    async def measured(self, name: str, work: Callable[[], Awaitable[Any]]) -> Any:
        """Do something, and print what it took."""
        self.gateway.commands.clear()
        peer, own, at = self.dovecot.cpu_s(), _own_cpu_s(), time.monotonic()
        result = await work()
        took, own = time.monotonic() - at, _own_cpu_s() - own
        peer = self.dovecot.cpu_s() - peer
        print(
            f"{name}: {took * 1000:.0f} ms, CPU {own * 1000:.0f} here, {peer * 1000:.0f} Dovecot,"
            f" {len(self.gateway.commands)} commands",
            flush=True,
        )
        return result

    async def run(self, count: int) -> None:
        """Measure all."""
        client = await self.gateway.connect(JOHN)
        await self._fill(client, count)
        for _ in range(2):
            await self.measured("LIST", lambda: client.mailboxes(status=False))
            await self.measured("LIST with STATUS", client.mailboxes)
        box = await self.gateway.open(JOHN)
        await self._hierarchies(client, box)
        await self._searches(box)
        client.wire.abort("done")
        await client.ended

    async def _fill(self, client: ImapConnection, count: int) -> None:
        for top in range(count // (BELOW + 1)):
            for name in (f"Top{top}", *(f"Top{top}/Sub{n}" for n in range(BELOW))):
                try:
                    await client.create(name)
                except Conflict:
                    continue
            if top % 10 == 0:
                await client.append(f"Top{top}/Sub1", MESSAGE % (top, top))

    async def _hierarchies(self, client: ImapConnection, box: GatewayMailbox) -> None:
        async def asked() -> None:
            box.tree.stale()
            await box.hierarchy()

        await self.measured("hierarchy, first", asked)
        for _ in range(2):
            await self.measured("hierarchy, nothing new", asked)
        await client.rename("Top1", "Renamed")
        await self.measured("hierarchy, a tree renamed", asked)

    async def _searches(self, box: GatewayMailbox) -> None:
        query = MailQuery(phrase="flowers")
        for name, offset in (("first", 0), ("again", 0), ("again", 0), ("a page further", 5)):
            offset_now = offset
            await self.measured(
                f"search in all mailboxes, {name}",
                lambda: box.search(query, offset=offset_now, limit=100),  # noqa: B023 -- awaited here
            )


def _own_cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


async def main(count: int) -> None:
    """Start what is needed, and measure."""
    dovecot = Dovecot.started()
    gateway = ImapGateway(dovecot.imap_port)
    try:
        await Bench(dovecot, gateway).run(count)
    finally:
        await gateway.stop()
        dovecot.remove()


if __name__ == "__main__":
    size = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    react(lambda _: Deferred.fromCoroutine(main(size)))

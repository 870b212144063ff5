"""Measures deliveries by LMTP and the way from a submission to the recipient's inbox.

``python -m tests.bench.delivery [MESSAGES]``: real databases with every commit on disk, ten
accounts, messages of 10 KB. The LMTP client is a process of its own; the wake-up is taken when the
change sink is told, which is when a parked Ping returns.
"""

import asyncio
import statistics
import sys
import tempfile
from pathlib import Path
from time import perf_counter, process_time

from twisted.internet import reactor
from twisted.internet.defer import Deferred, ensureDeferred
from twisted.internet.protocol import ProcessProtocol
from twisted.internet.task import react

from carbonio_mobile.accounts.memory import MemoryAccounts
from carbonio_mobile.ids import AccountId, FolderId, OperationId
from carbonio_mobile.mailbox.delivery.lmtp import LmtpFactory, LmtpLimits
from carbonio_mobile.mailbox.delivery.outbox import Outbox, OutboxOptions
from carbonio_mobile.mailbox.embedded import EmbeddedMailboxes
from carbonio_mobile.mailbox.memory import no_quota
from carbonio_mobile.testing.contracts.mailbox_fixture import message

ACCOUNTS = 10
BODY = "\r\n".join(f"{n} the quick brown fox jumps over {n * 7919} dogs" for n in range(200))


class Sink:
    """Fires when somebody's inbox has something new."""

    def __init__(self) -> None:
        self.arrived: dict[AccountId, Deferred[None]] = {}

    def folder_changed(self, account: AccountId, folder: FolderId, *, arrival: bool) -> None:
        if arrival and folder == "2" and account in self.arrived:
            self.arrived.pop(account).callback(None)

    def hierarchy_changed(self, account: AccountId) -> None:
        """Nobody waits for this."""


async def client(port: int, connections: int, count: int) -> None:
    """Deliver ``count`` messages over some connections, one transaction after the other."""
    left = iter(range(count))

    async def one() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        await reader.readline()
        writer.write(b"LHLO bench\r\n")
        while not (await reader.readline()).startswith(b"250 "):
            pass
        for number in left:
            writer.write(
                b"MAIL FROM:<a@example.org>\r\nRCPT TO:<u%d@example.com>\r\nDATA\r\n"
                % (number % ACCOUNTS)
            )
            for _ in range(3):
                await reader.readline()
            writer.write(message(body=BODY, number=number) + b".\r\n")
            answer = await reader.readline()
            assert answer.startswith(b"250"), answer
        writer.close()

    started = perf_counter()
    await asyncio.gather(*(one() for _ in range(connections)))
    print(perf_counter() - started)


class Client(ProcessProtocol):
    """The client's process."""

    def __init__(self) -> None:
        self.ended: Deferred[None] = Deferred()
        self.took = b""

    def outReceived(self, data: bytes) -> None:
        self.took += data

    def errReceived(self, data: bytes) -> None:
        sys.stderr.write(data.decode())

    def processEnded(self, reason: object) -> None:
        self.ended.callback(None)


async def deliver(port: int, connections: int, count: int) -> str:
    """Run the client; gives the line of the result."""
    process = Client()
    code = f"import asyncio; from {__spec__.name} import client; "
    code += f"asyncio.run(client({port}, {connections}, {count}))"
    cpu = process_time()
    reactor.spawnProcess(process, sys.executable, [sys.executable, "-c", code], env=None)
    await process.ended
    took, used = float(process.took), process_time() - cpu
    return (
        f"LMTP, {connections:2d} connections: {count / took:6.0f} deliveries/s,"
        f" server CPU {used / count * 1000:.2f} ms each"
    )


async def submissions(outbox: Outbox, sink: Sink, john: AccountId, mary: AccountId) -> list[float]:
    """Submit one message after the other; gives the seconds until each was in the inbox."""
    times = []
    for number in range(200):
        arrived = sink.arrived[mary] = Deferred()
        source = message(body=BODY, number=number)
        started = perf_counter()
        await outbox.submit(
            john,
            source,
            sender="u0@example.com",
            recipients=["u1@example.com"],
            sent_copy=source,
            operation=OperationId(f"op-{number}"),
        )
        submitted = perf_counter()
        await arrived
        times.append(perf_counter() - started)
        times.append(submitted - started)
    return times


async def main(count: int) -> None:
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as place:
        accounts = MemoryAccounts(clock=reactor.seconds)
        users = [accounts.add(f"u{n}@example.com", "x") for n in range(ACCOUNTS)]
        sink = Sink()
        mailboxes = EmbeddedMailboxes(
            Path(place),
            reactor=reactor,
            clock=reactor.seconds,
            sink=sink,
            quota_of=no_quota,
            message_limit_bytes=1 << 25,
        )
        outbox = Outbox(
            Path(place),
            reactor=reactor,
            accounts=accounts,
            mailboxes=mailboxes,
            options=OutboxOptions(hostname="bench"),
        )
        outbox.start()
        factory = LmtpFactory(outbox.local, limits=LmtpLimits(), clock=reactor)
        port = reactor.listenTCP(0, factory, interface="127.0.0.1")
        for connections in (1, 10, 10):
            print(await deliver(port.getHost().port, connections, count))
        times = await submissions(outbox, sink, users[0], users[1])
        whole, taken = times[::2], times[1::2]
        print(
            f"submit: taken (durable) after {statistics.median(taken) * 1000:.1f} ms median;"
            f" in the recipient's inbox (durable) after {statistics.median(whole) * 1000:.1f} ms"
            f" median, {statistics.quantiles(whole, n=20)[-1] * 1000:.1f} ms at p95"
        )
        await port.stopListening()
        await factory.stop()
        await outbox.stop()
        await mailboxes.stop()


if __name__ == "__main__":
    react(lambda _: ensureDeferred(main(int((*sys.argv, "1000")[1]))))

"""The IMAP client on Debian's Dovecot: ``python tests/bench/imapclient.py [--count N] [--tls]``.

A mailbox of ``../shared/bench/makemail.py``, fetched in pages of 100 by commands that are
pipelined, with nothing done to what comes; and the flags of 10,000 short messages. Prints CPU (user
and system) of this process (the best of some rounds) and of Dovecot for a message; and what
Twisted's own IMAP client takes to read the same answers, on which the choice of a parser rests.
"""

import argparse
import re
import sys
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from twisted.internet import task
from twisted.internet.defer import Deferred, DeferredList
from twisted.internet.ssl import Certificate, optionsForClientTLS
from twisted.internet.testing import StringTransport
from twisted.mail import imap4

from carbonio_mobile.imap.framing import FrameLimits, Framer
from carbonio_mobile.imap.parsing import parse
from carbonio_mobile.imap.responses import Fetch
from carbonio_mobile.imap.uidsets import UidSet
from carbonio_mobile.mailbox.imapclient.connection import ImapConnection
from carbonio_mobile.mailbox.imapclient.login import (
    Encryption,
    ImapReach,
    ImapServer,
    PasswordLogin,
)
from tests.peers.dovecot import HOST, JOHN, PASSWORD, Dovecot, missing

SHARED = Path(__file__).parents[2].parent / "shared" / "bench"
ROUNDS = 5
PAGE = 100
CHUNK = 65_536
LISTED = 10_000
HEAD = ("UID", "FLAGS", "INTERNALDATE", "MODSEQ", "RFC822.SIZE", "BODYSTRUCTURE")
FETCHES = {
    "structure": HEAD,
    "structure and header": (*HEAD, "BODY.PEEK[HEADER]"),
    "structure and whole message": (*HEAD, "BODY.PEEK[]"),
}


def messages(count: int) -> Iterator[bytes]:
    """Give the messages of a mailbox."""
    sys.path.insert(0, str(SHARED))
    import makemail

    for number in range(count):
        yield makemail.make_message(7, number)[0]


async def fill(connection: ImapConnection, mailbox: str, letters: Iterable[bytes]) -> int:
    """Append messages, some under way at once; gives their octets."""
    size = 0
    appending: list[Deferred[Any]] = []
    for letter in letters:
        size += len(letter)
        appending.append(Deferred.fromCoroutine(connection.append(mailbox, letter)))
        if len(appending) == PAGE:
            await DeferredList(appending, fireOnOneErrback=True)
            appending.clear()
    await DeferredList(appending, fireOnOneErrback=True)
    return size


async def best(
    dovecot: Dovecot, count: int, work: Callable[[], Awaitable[Any]]
) -> tuple[float, float, float]:
    """Give our CPU, Dovecot's and the time that passed, in µs a message."""
    found = []
    for _ in range(ROUNDS):
        theirs, ours, began = dovecot.cpu_s(), time.process_time(), time.perf_counter()
        await work()
        passed = time.perf_counter() - began
        found.append((time.process_time() - ours, dovecot.cpu_s() - theirs, passed))
    ours, passed = (min(one[index] for one in found) for index in (0, 2))
    theirs = sum(one[1] for one in found) / ROUNDS  # the kernel counts in steps of 10 ms
    return ours / count * 1e6, theirs / count * 1e6, passed / count * 1e6


async def fetch_all(connection: ImapConnection, uids: list[int], items: tuple[str, ...]) -> None:
    """Fetch pages, as many under way as the connection takes."""
    seen = 0

    def on_message(fetch: Fetch) -> None:
        nonlocal seen
        seen += 1

    pages = [UidSet.of(uids[at : at + PAGE]) for at in range(0, len(uids), PAGE)]
    fetching = [Deferred.fromCoroutine(connection.fetch(one, items, on_message)) for one in pages]
    await DeferredList(fetching, fireOnOneErrback=True)
    assert seen == len(uids)


def recorded(connection: ImapConnection) -> tuple[list[bytes], Callable[[], None]]:
    """Note the octets that come; gives them and what ends that."""
    octets: list[bytes] = []
    wire: Any = connection.wire
    received = wire.dataReceived

    def note(data: bytes) -> None:
        octets.append(data)
        received(data)

    wire.dataReceived = note
    return octets, lambda: setattr(wire, "dataReceived", received)


def parser_us(chunks: list[bytes], count: int) -> float:
    """Read an answer with our parser."""
    found = []
    for _ in range(ROUNDS):
        began = time.process_time()
        framer = Framer(FrameLimits())
        for chunk in chunks:
            framer.feed(chunk)
            while (raw := framer.next()) is not None:
                parse(raw)
        found.append(time.process_time() - began)
    return min(found) / count * 1e6


def twisted_us(chunks: list[bytes], count: int) -> float:
    """Read it with Twisted's client, which gives lists of lists of octets."""
    answer = re.sub(rb"(?<=\n)c\d+ OK [^\n]*\n", b"", b"".join(chunks))
    found = []
    for _ in range(ROUNDS):
        client = imap4.IMAP4Client()
        transport = StringTransport()
        client.makeConnection(transport)
        client.dataReceived(b"* OK [CAPABILITY IMAP4rev1] ready\r\n")
        done = client.sendCommand(imap4.Command(b"UID FETCH", b"1:*", wantResponse=(b"FETCH",)))
        tagged = answer + transport.value().split()[0] + b" OK done\r\n"
        began = time.process_time()
        for at in range(0, len(tagged), CHUNK):
            client.dataReceived(tagged[at : at + CHUNK])
        found.append(time.process_time() - began)
        assert len(done.result[0]) == count
    return min(found) / count * 1e6


async def measure(reactor: Any, count: int, tls: bool) -> None:
    """Do all of it."""
    dovecot = Dovecot.started(more="plugin {\n quota_rule = *:storage=10G\n}\n")
    try:
        server = ImapServer(
            host=HOST,
            port=dovecot.imap_port,
            encryption=Encryption.STARTTLS if tls else Encryption.OFF,
            context=optionsForClientTLS(HOST, Certificate.loadPEM(dovecot.authority.read_bytes())),
        )
        reach = ImapReach(server, reactor=reactor, identity=("bench", "1"))
        connection = await reach.open(PasswordLogin(user=JOHN, password=PASSWORD))
        size = await fill(connection, "INBOX", messages(count))
        print(f"{count} messages of {size / count / 1024:.1f} KiB, {'TLS' if tls else 'in clear'}")
        await connection.select("INBOX")
        uids = list(await connection.search())
        for name, items in FETCHES.items():
            figures = await best(dovecot, count, lambda: fetch_all(connection, uids, items))  # noqa: B023  # awaited
            line = "{:.0f} µs here, {:.0f} µs Dovecot, {:.0f} µs passed a message".format(*figures)
            print(f"{name}: {line}")
            octets, end = recorded(connection)
            some = uids[: min(200, count)]
            await fetch_all(connection, some, items)
            end()
            print(f"  parser alone {parser_us(octets, len(some)):.0f} µs,", end=" ")
            print(f"Twisted's {twisted_us(octets, len(some)):.0f} µs")
        await connection.create("Listed")
        await fill(connection, "Listed", (b"Subject: x\r\n\r\nx\r\n" for _ in range(LISTED)))
        await connection.select("Listed")

        async def flags() -> None:
            await connection.fetch(UidSet.from_on(1), ("FLAGS", "MODSEQ"), lambda _: None)

        ours, theirs, passed = await best(dovecot, 1, flags)
        print(f"flags of {LISTED} UIDs: {ours / 1e3:.0f} ms here, {theirs / 1e3:.0f} ms Dovecot,",
              f"{passed / 1e3:.0f} ms passed")  # fmt: skip
        connection.close()
        await connection.ended
    finally:
        dovecot.remove()


def main() -> None:
    """Read the arguments and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=2_000)
    parser.add_argument("--tls", action="store_true")
    options = parser.parse_args()
    if missing():
        sys.exit(missing())
    task.react(lambda reactor: Deferred.fromCoroutine(measure(reactor, options.count, options.tls)))


if __name__ == "__main__":
    main()

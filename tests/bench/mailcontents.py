"""Contents of messages from Debian's Dovecot: ``python tests/bench/mailcontents.py [--count N]``.

A mailbox of ``../shared/bench/makemail.py``, fetched in pages of 100 and extracted, with several
bounds for what is fetched whole. Prints CPU (user and system) of this process and of Dovecot for a
message; the bound in use is to be where their sum is least. With ``--large`` every message has an
attachment of so many KiB.
"""

import argparse
import base64
import sys
import time
from collections.abc import Iterator
from typing import Any

from twisted.internet import task
from twisted.internet.defer import Deferred
from twisted.internet.ssl import Certificate, optionsForClientTLS

from carbonio_mobile.imap.responses import Fetch
from carbonio_mobile.imap.uidsets import UidSet
from carbonio_mobile.mailbox.gateway.mail import contents as mailcontents
from carbonio_mobile.mailbox.imapclient.connection import ImapConnection
from carbonio_mobile.mailbox.imapclient.login import (
    Encryption,
    ImapReach,
    ImapServer,
    PasswordLogin,
)
from tests.bench.imapclient import fill, messages
from tests.peers.dovecot import HOST, JOHN, PASSWORD, Dovecot, missing

ROUNDS = 3
PAGE = 100
BOUNDS_KIB = (0, 16, 32, 48, 64, 96, 128, 1_000_000)


def large(count: int, kib: int) -> Iterator[bytes]:
    """Give messages with an attachment each."""
    octets = base64.encodebytes(bytes(range(256)) * 4 * kib).replace(b"\n", b"\r\n")
    for number in range(count):
        yield (
            b"Subject: %d\r\nMIME-Version: 1.0\r\n"
            b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n'
            b"--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nHello\r\n"
            b"--b\r\nContent-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n"
            b'Content-Disposition: attachment; filename="x.pdf"\r\n\r\n%b\r\n--b--\r\n'
        ) % (number, octets)


async def sizes_of(connection: ImapConnection) -> dict[int, int]:
    """Ask for the size of every message."""
    found: dict[int, int] = {}

    def note(one: Fetch) -> None:
        found[one.uid] = one.size or 0

    await connection.fetch(UidSet.from_on(1), ("RFC822.SIZE",), note)
    return found


async def once(connection: ImapConnection, sizes: dict[int, int]) -> tuple[float, float]:
    """Fetch and extract all; gives the CPU seconds here of either."""
    fetching = extracting = 0.0
    uids = sorted(sizes, reverse=True)
    for at in range(0, len(uids), PAGE):
        began = time.process_time()
        page = {uid: sizes[uid] for uid in uids[at : at + PAGE]}
        found = await mailcontents.fetch(connection, page)
        fetched = time.process_time()
        for one in found.values():
            mailcontents.make_content(one, 0.0)
        fetching += fetched - began
        extracting += time.process_time() - fetched
        assert len(found) == len(page)
    return fetching, extracting


async def measure(reactor: Any, options: argparse.Namespace) -> None:
    """Do all of it."""
    dovecot = Dovecot.started(more="plugin {\n quota_rule = *:storage=10G\n}\n")
    try:
        server = ImapServer(
            host=HOST,
            port=dovecot.imap_port,
            encryption=Encryption.STARTTLS if options.tls else Encryption.OFF,
            context=optionsForClientTLS(HOST, Certificate.loadPEM(dovecot.authority.read_bytes())),
        )
        reach = ImapReach(server, reactor=reactor, identity=("bench", "1"))
        connection = await reach.open(PasswordLogin(user=JOHN, password=PASSWORD))
        count = options.count
        letters = large(count, options.large) if options.large else messages(count)
        size = await fill(connection, "INBOX", letters)
        how = "TLS" if options.tls else "in clear"
        print(f"{count} messages of {size / count / 1024:.1f} KiB, {how}; µs of CPU a message")
        await connection.select("INBOX")
        sizes = await sizes_of(connection)
        for kib in BOUNDS_KIB:
            mailcontents.WHOLE_BYTES = kib * 1024
            await once(connection, sizes)
            before = dovecot.cpu_s()
            found = [await once(connection, sizes) for _ in range(ROUNDS)]
            theirs = (dovecot.cpu_s() - before) / ROUNDS / count * 1e6
            ours, extracting = (min(one[index] for one in found) / count * 1e6 for index in (0, 1))
            print(
                f"whole up to {kib:7} KiB: fetch {ours:4.0f} + extract {extracting:4.0f} here"
                f" + {theirs:4.0f} Dovecot = {ours + extracting + theirs:4.0f}"
            )
        connection.close()
        await connection.ended
    finally:
        dovecot.remove()


def main() -> None:
    """Read the arguments and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1_000)
    parser.add_argument("--large", type=int, default=0, metavar="KIB")
    parser.add_argument("--tls", action="store_true")
    options = parser.parse_args()
    if missing():
        sys.exit(missing())
    task.react(lambda reactor: Deferred.fromCoroutine(measure(reactor, options)))


if __name__ == "__main__":
    main()

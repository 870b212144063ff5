"""A crowd at the address book: ``python tests/bench/ldapcrowd.py [--entries N] [--idle N]``.

Fifty clients ask for everything, again and again, while idle ones are held; meanwhile a lookup of
one name and an ActiveSync OPTIONS are asked ten times a second each. Prints how long these two
take, alone and beside the crowd, and the memory of the daemon. Needs ../shared/bench/ldapload.py.
"""

import argparse
import asyncio
import base64
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from multiprocessing import Process
from pathlib import Path

from tests.bench.eas import PASSWORD
from tests.bench.ldapindex import ldapload
from tests.bench.ldapserver import LOAD, LOGIN, Server, certificate, cpu_s, ours, settle

CLIENTS = 50

Ask = Callable[[], Awaitable[None]]


def context() -> ssl.SSLContext:
    """Give a client's side of TLS that takes any certificate."""
    made = ssl.create_default_context()
    made.check_hostname = False
    made.verify_mode = ssl.CERT_NONE
    return made


CONTEXT = context()


class Client:
    """One connection that is logged in."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._number = 1

    @classmethod
    async def open(cls, port: int) -> "Client":
        made = cls(*await asyncio.open_connection("127.0.0.1", port, ssl=CONTEXT))
        octets, integer, tlv = ldapload.octets, ldapload.integer, ldapload.tlv
        bind = integer(3) + octets(LOGIN) + octets(PASSWORD, 0x80)
        await made.ask(tlv(0x60, bind))
        return made

    async def ask(self, operation: bytes, controls: bytes = b"") -> int:
        """Ask; gives how many entries came."""
        self._number += 1
        number = ldapload.integer(self._number)
        self._writer.write(ldapload.tlv(0x30, number + operation + controls))
        await self._writer.drain()
        count = 0
        while True:
            tag = await self._message()
            if tag != 0x64:
                return count
            count += 1

    async def _message(self) -> int:
        head = await self._reader.readexactly(2)
        length = head[1]
        if length & 0x80:
            length = int.from_bytes(await self._reader.readexactly(length & 0x7F), "big")
        octets = await self._reader.readexactly(length)
        return octets[2 + octets[1]]


def everything() -> bytes:
    """Ask for all attributes of everybody."""
    present = ldapload.f_present("objectClass")
    return bytes(ldapload.search_op("", 2, present, (), 0, 60))


async def crowd(port: int, seconds: float) -> int:
    """Ask for everything, all clients at once, until it is over; gives how many answers came."""
    end = time.perf_counter() + seconds

    async def one() -> int:
        client, count = await Client.open(port), 0
        while time.perf_counter() < end:
            await client.ask(everything())
            count += 1
        return count

    return sum(await asyncio.gather(*(one() for _ in range(CLIENTS))))


def run_crowd(port: int, seconds: float) -> None:
    """Be the crowd, in a process of its own."""
    print(f"  the crowd got {asyncio.run(crowd(port, seconds))} answers")


async def timed(ask: Ask, seconds: float) -> list[float]:
    """Ask ten times a second; gives the ms of each."""
    took, end = [], time.perf_counter() + seconds
    while time.perf_counter() < end:
        start = time.perf_counter()
        await ask()
        took.append((time.perf_counter() - start) * 1e3)
        await asyncio.sleep(max(0.0, 0.1 - took[-1] / 1e3))
    return sorted(took)


def told(name: str, took: list[float]) -> str:
    """Put times on one line."""
    last = len(took) - 1
    p50, p99 = took[last // 2], took[int(last * 0.99)]
    return f"  {name:20} p50 {p50:7.1f} ms  p99 {p99:7.1f} ms  most {took[-1]:7.1f} ms"


def rss_mib(pid: int) -> float:
    """Give the memory of a process."""
    return int(Path(f"/proc/{pid}/statm").read_text(encoding="utf-8").split()[1]) * 4096 / 2**20


def options_request(port: int) -> Ask:
    """Give what asks OPTIONS of ActiveSync."""
    login = base64.b64encode(f"{LOGIN}:{PASSWORD}".encode()).decode()
    head = (
        f"OPTIONS /Microsoft-Server-ActiveSync HTTP/1.1\r\nHost: localhost:{port}\r\n"
        f"Authorization: Basic {login}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    )

    async def ask() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(head.encode())
        answer = await reader.read()
        writer.close()
        assert b" 200 " in answer[:20], answer[:200]

    return ask


async def measure(server: Server, seconds: float, idle: int) -> None:
    """Print what others feel of the crowd."""
    one = await Client.open(server.port)
    prefix = ldapload.f_prefix("cn", "mari")
    name = ldapload.search_op("", 2, prefix, ("cn", "mail"), 20, 60)

    async def look_up() -> None:
        await one.ask(name)

    options = options_request(server.web)
    print(f"held before: {rss_mib(server.pid):.0f} MiB")
    held = [await Client.open(server.port) for _ in range(idle)]
    print(f"with {len(held)} idle connections: {rss_mib(server.pid):.0f} MiB")
    for title, others in (("alone", 0), (f"beside {CLIENTS} that ask for everything", 1)):
        print(title)
        crowds = [Process(target=run_crowd, args=(server.port, seconds + 2)) for _ in range(others)]
        for each in crowds:
            each.start()
        await asyncio.sleep(1)
        spent = cpu_s(server.pid)
        looked, asked = await asyncio.gather(timed(look_up, seconds), timed(options, seconds))
        print(f"  {cpu_s(server.pid) - spent:.1f} s CPU, {rss_mib(server.pid):.0f} MiB")
        for each in crowds:
            await asyncio.get_running_loop().run_in_executor(None, each.join)
        print(told("one name", looked))
        print(told("ActiveSync OPTIONS", asked))


def main() -> None:
    """Read the command line and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, default=100_000)
    parser.add_argument("--seconds", type=float, default=15.0)
    parser.add_argument("--idle", type=int, default=500)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="carbonio-mobile-ldap-") as place:
        folder = Path(place)
        pem, ldif = certificate(folder), folder / "gal.ldif"
        generated = ("gen", "--entries", str(arguments.entries), "--ldif", str(ldif))
        subprocess.run([sys.executable, str(LOAD), *generated], check=True)
        with ours(folder, ldif, pem) as server:
            settle(server.pid)
            asyncio.run(measure(server, arguments.seconds, arguments.idle))


if __name__ == "__main__":
    main()

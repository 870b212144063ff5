"""Measure what a parked request costs at the HTTP edge, and what a trivial one does.

    python tests/bench/held_connections.py [--count 5000] [--tls] [--idle-s 30] [--requests 20000]

Starts a site whose pipeline never answers a Ping, in a process of its own, opens ``--count``
connections to it over the loopback interface, each with one request like a phone's, and prints the
growth of the server's memory (PSS from ``smaps_rollup``, kernel buffers not included) per
connection, the CPU time that it takes while nothing happens, and for ``--requests`` trivial answers
over kept connections the CPU time of each. Raise ``ulimit -n`` above ``--count`` first.
"""

import argparse
import json
import os
import platform
import resource
import socket
import ssl
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

REQUEST = (
    b"POST /Microsoft-Server-ActiveSync?Cmd=%s&User=john%%40example.com&DeviceId=androidc%d"
    b"&DeviceType=Android HTTP/1.1\r\nHost: mail.example.com\r\n"
    b"Authorization: Basic am9obkBleGFtcGxlLmNvbTpkZW1vLWpvaG4=\r\n"
    b"User-Agent: Android-Mail/2026.01.01.459604605.Release\r\nMS-ASProtocolVersion: 14.1\r\n"
    b"X-MS-PolicyKey: 3942919513\r\nConnection: keep-alive\r\nAccept-Encoding: gzip\r\n"
    b"Content-Type: application/vnd.ms-sync.wbxml\r\nContent-Length: 13\r\n\r\n"
    b"\x03\x01\x6a\x00\x00\x0d\x45\x48\x03\x34\x38\x30\x00"
)


def serve(port: int, certificate: str | None) -> None:
    """Run the site in this process until it is killed."""
    from twisted.internet import reactor
    from twisted.internet.defer import Deferred
    from twisted.internet.endpoints import TCP4ServerEndpoint
    from twisted.internet.interfaces import IStreamServerEndpoint
    from twisted.internet.threads import deferToThreadPool
    from twisted.logger import Logger

    from carbonio_mobile.eas.http import HttpRequest, HttpResponse
    from carbonio_mobile.service.tls import (
        CertificateFiles,
        CertificatePlan,
        CertificateTable,
        wrap_endpoint,
    )
    from carbonio_mobile.web.limits import DEFAULT_LIMITS
    from carbonio_mobile.web.site import make_site

    answer = HttpResponse(
        code=200, headers=(("Content-Type", "application/vnd.ms-sync.wbxml"),), body=b"x" * 40
    )

    async def respond(request: HttpRequest) -> HttpResponse:
        if b"Cmd=Ping" in request.query:
            del request  # as the pipeline does: nothing of it is needed while it waits
            await Deferred()
        return answer

    site = make_site(
        respond=respond,
        discover=respond,
        health=None,
        limits=DEFAULT_LIMITS,
        trusted_proxies=(),
        clock=reactor,
        time_of_day=reactor.seconds,
        in_thread=partial(deferToThreadPool, reactor, reactor.getThreadPool()),
        log=Logger(),
        access_log=None,
    )
    endpoint: IStreamServerEndpoint = TCP4ServerEndpoint(
        reactor, port, backlog=1024, interface="127.0.0.1"
    )
    if certificate is not None:
        files = CertificateFiles(chain=Path(certificate), key=Path(certificate))
        table = CertificateTable(CertificatePlan(default=files))
        endpoint = wrap_endpoint(endpoint, table, clock=reactor)
    endpoint.listen(site)
    reactor.run()


def pss_kib(pid: int) -> int:
    """Return the proportional set size of a process."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1])
    raise RuntimeError("no Pss in smaps_rollup")


def cpu_s(pid: int) -> float:
    """Return user and system time of a process."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def connect(port: int, context: ssl.SSLContext | None) -> socket.socket:
    """Open one connection, trying again while the server's backlog is full."""
    plain = socket.create_connection(("127.0.0.1", port), timeout=30)
    return plain if context is None else context.wrap_socket(plain)


def read_answer(sock: socket.socket) -> None:
    """Read the one small answer."""
    if not sock.recv(4096).startswith(b"HTTP/1.1 200"):
        raise RuntimeError("no 200")


def wait_until_listening(port: int) -> None:
    """Return when the server takes connections."""
    for _ in range(100):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("the server does not start")


def measure_requests(port: int, pid: int, context: ssl.SSLContext | None, count: int) -> float:
    """Return the server's CPU time per trivial request, microseconds, over 8 kept connections."""
    socks = [connect(port, context) for _ in range(8)]
    request = REQUEST % (b"Sync", 0)
    before = cpu_s(pid)
    for _ in range(count // 8):
        for sock in socks:
            sock.sendall(request)
        for sock in socks:
            read_answer(sock)
    spent_s = cpu_s(pid) - before
    for sock in socks:
        sock.close()
    return spent_s / count * 1e6


def hold(port: int, context: ssl.SSLContext | None, count: int) -> list[socket.socket]:
    """Park ``count`` requests; return their connections."""
    socks = []
    for number in range(count):
        sock = connect(port, context)
        sock.sendall(REQUEST % (b"Ping", number))
        socks.append(sock)
    return socks


def is_parked(sock: socket.socket) -> bool:
    """Tell whether the connection is open and nothing came (TLS session tickets aside)."""
    sock.setblocking(False)
    try:
        sock.recv(1)
    except (BlockingIOError, ssl.SSLWantReadError):
        return True
    return False


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=5000)
    parser.add_argument("--tls", action="store_true")
    parser.add_argument("--idle-s", type=float, default=30.0)
    parser.add_argument("--requests", type=int, default=20_000)
    parser.add_argument("--port", type=int, default=18_443)
    parser.add_argument("--serve", metavar="PEM", help=argparse.SUPPRESS)
    options = parser.parse_args()
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if options.serve is not None:
        serve(options.port, options.serve or None)
        return
    certificate, context = "", None
    with tempfile.TemporaryDirectory() as folder:
        if options.tls:
            from carbonio_mobile.service.tls import self_signed

            certificate = f"{folder}/both.pem"
            Path(certificate).write_bytes(
                b"".join(self_signed(["localhost"], now=datetime.now(UTC)))
            )
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        command = [sys.executable, __file__, "--port", str(options.port), "--serve", certificate]
        with subprocess.Popen(command) as server:
            try:
                wait_until_listening(options.port)
                print(json.dumps(run(options, server.pid, context), indent=1))
            finally:
                server.terminate()


def run(options: argparse.Namespace, pid: int, context: ssl.SSLContext | None) -> dict[str, object]:
    """Take all figures, the trivial requests first: they warm the server up."""
    request_us = measure_requests(options.port, pid, context, options.requests)
    first = hold(options.port, context, 200)  # arenas and tables that grow once
    time.sleep(1)
    before_kib = pss_kib(pid)
    socks = hold(options.port, context, options.count)
    time.sleep(2)
    held_kib = pss_kib(pid) - before_kib
    idle_before_s = cpu_s(pid)
    time.sleep(options.idle_s)
    idle_s = cpu_s(pid) - idle_before_s
    return {
        "tls": options.tls,
        "held": sum(map(is_parked, first + socks)),
        "kib_per_connection": round(held_kib / options.count, 2),
        "idle_cpu_ms_per_minute": round(idle_s * 1000 * 60 / options.idle_s, 1),
        "trivial_request_cpu_us": round(request_us, 1),
        "requests_cpu_us_with_parked": round(
            measure_requests(options.port, pid, context, options.requests), 1
        ),
        "python": platform.python_version(),
        "openssl_client": ssl.OPENSSL_VERSION,
        "cpus": os.cpu_count(),
    }


if __name__ == "__main__":
    main()

"""The entry point of carbonio-mobile-client."""

import sys
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from getpass import getpass
from os import environ
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.task import deferLater
from twisted.python.failure import Failure

from carbonio_mobile.client.arguments import make_parser
from carbonio_mobile.client.discovery import discover, hosts_of
from carbonio_mobile.client.faults import ClientFault
from carbonio_mobile.client.program import Access, Around, Network, Program
from carbonio_mobile.client.screen import Screen
from carbonio_mobile.client.transport import HttpClient, HttpTransport, Trust, complete_url
from carbonio_mobile.client.wire import HttpReply, Transport

INTERRUPTED = 130


def main(argv: Sequence[str] | None = None) -> int:
    """Do what the command line says and give the exit status.

    Raises: SystemExit(2) for wrong usage.
    """
    return run(argv, _real())


def run(argv: Sequence[str] | None, around: Around) -> int:
    """Do what a command line says in given surroundings."""
    parser = make_parser()
    arguments = parser.parse_args(argv)
    screen = Screen(out=around.out, err=around.err, json=arguments.json)
    try:
        access = _access(parser, arguments, around)
        authorities = None if arguments.ca is None else arguments.ca.read_bytes()
        trust = Trust(authorities_pem=authorities, insecure=arguments.insecure)

        async def work() -> int:
            network = around.network(trust)
            try:
                return await _command(arguments, access, around, screen, network)
            finally:
                await network.close()

        return around.run(work)
    except BrokenPipeError:
        return 1  # who read the output has seen enough
    except (ClientFault, OSError) as exc:
        screen.remark(f"carbonio-mobile-client: {exc}")
        return 1
    except KeyboardInterrupt:
        screen.remark("carbonio-mobile-client: interrupted")
        return INTERRUPTED


async def _command(
    arguments: Namespace, access: Access, around: Around, screen: Screen, network: Network
) -> int:
    if arguments.discover and not access.url:
        hosts = hosts_of(access.user)
        url = await discover(network.request, access.user, access.password, hosts=hosts)
        access = replace(access, url=complete_url(url))
    program = Program(access=access, around=around, screen=screen, network=network)
    status: int = await arguments.run(program, arguments)
    return status


def _access(parser: ArgumentParser, arguments: Namespace, around: Around) -> Access:
    """Raises: SystemExit(2) where it is not said who and where; ClientFault."""
    url = arguments.url or around.environ.get("CARBONIO_MOBILE_URL", "")
    user = arguments.user or around.environ.get("CARBONIO_MOBILE_USER", "")
    if arguments.discover:
        url = ""
    elif arguments.needs_server and not url:
        parser.error("name the server with --url URL, or have it found with --discover")
    if not user:
        parser.error("say whose mail it is with --user ADDRESS")
    return Access(
        url=complete_url(url) if url else "",
        user=user,
        password=_password(parser, arguments, around),
        state=arguments.state,
        device_id=arguments.device_id or "",
        version=arguments.version,
    )


def _password(parser: ArgumentParser, arguments: Namespace, around: Around) -> str:
    if arguments.password is not None:
        return str(arguments.password)
    if arguments.password_file is not None:
        text: str = arguments.password_file.read_text("utf-8")
        return text.partition("\n")[0].rstrip("\r")
    found = around.environ.get("CARBONIO_MOBILE_PASSWORD")
    if found is not None:
        return found
    if not around.stdin.isatty():
        parser.error("give the password: --password-file FILE, or CARBONIO_MOBILE_PASSWORD")
    return around.ask_secret("Password: ")


class _RealNetwork:
    """The network of this process, over the global reactor."""

    def __init__(self, reactor: Any, trust: Trust) -> None:
        self._reactor = reactor
        self._client = HttpClient(reactor, trust)

    def transport(self, url: str, login: str, password: str) -> Transport:
        """See :meth:`Network.transport`."""
        return HttpTransport(client=self._client, url=url, login=login, password=password)

    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        body: bytes = b"",
        timeout_s: float,
    ) -> HttpReply:
        """See :meth:`Network.request`."""
        return await self._client.request(
            method, url, headers=headers, body=body, timeout_s=timeout_s
        )

    async def sleep(self, seconds: float) -> None:
        """See :meth:`Network.sleep`."""
        await deferLater(self._reactor, seconds)

    async def close(self) -> None:
        """See :meth:`Network.close`."""
        await self._client.close()


def _real() -> Around:
    from twisted.internet import reactor  # importing it installs it: only the program does

    def run_reactor(work: Callable[[], Awaitable[int]]) -> int:
        return _run_reactor(reactor, work)

    return Around(
        stdin=sys.stdin,
        stdin_bytes=lambda: sys.stdin.buffer,
        out=sys.stdout,
        out_bytes=lambda: sys.stdout.buffer,
        err=sys.stderr,
        environ=environ,
        ask_secret=getpass,
        clock=time.time,
        network=lambda trust: _RealNetwork(reactor, trust),
        run=run_reactor,
    )


def _run_reactor(reactor: Any, work: Callable[[], Awaitable[int]]) -> int:
    """Run the reactor until the work is done. Raises: what it raised, KeyboardInterrupt."""
    results: list[int | Failure] = []

    def begin() -> None:
        doing: Deferred[int] = Deferred.fromCoroutine(_awaited(work))
        doing.addBoth(results.append)
        doing.addBoth(lambda _: reactor.stop() if reactor.running else None)

    reactor.callWhenRunning(begin)
    reactor.run()
    if not results:
        raise KeyboardInterrupt
    result = results[0]
    if isinstance(result, Failure):
        result.raiseException()
    assert isinstance(result, int)
    return result


async def _awaited(work: Callable[[], Awaitable[int]]) -> int:
    return await work()


if __name__ == "__main__":
    sys.exit(main())

"""The daemon in one process: reload, all or nothing, and a stop that loses nobody."""

import os
import shutil
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.logger import LogEvent, formatEvent, globalLogPublisher
from twisted.trial.unittest import TestCase
from twisted.web.client import Agent, readBody

from carbonio_mobile.errors import ConfigError
from carbonio_mobile.service.prepare import Prepared, prepare
from carbonio_mobile.service.source import SettingsSource
from carbonio_mobile.service.tls import self_signed
from carbonio_mobile.service.wiring import Daemon


class DaemonTests(TestCase):
    """A daemon on a fresh data directory and loopback ports of the system's choice."""

    def setUp(self) -> None:
        # Short, as there is a limit to the name of the socket in it.
        self.folder = Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)
        self.file = self.folder / "a.toml"
        for name in ("one", "two"):
            certificate, key = self_signed([f"{name}.example.com"], now=datetime.now(UTC))
            (self.folder / f"{name}.pem").write_bytes(certificate)
            (self.folder / f"{name}.key").write_bytes(key)
        self.configure()
        self.daemon: Daemon | None = None

    def configure(self, *, certificate: str = "one", more: str = "") -> None:
        """Write the configuration file."""
        where = self.folder.absolute()
        self.file.write_text(
            f'[server]\ndata = "{where}/data"\n'
            'eas = ["tcp:0:interface=127.0.0.1", "tls:0:interface=127.0.0.1"]\n'
            'ldap = ["ssl:0:interface=127.0.0.1"]\n'
            f'[tls]\ncertificates = [{{ certificate = "{where}/{certificate}.pem",'
            f' key = "{where}/{certificate}.key" }}]\n{more}'
        )

    def source(self) -> SettingsSource:
        """Give where the settings come from."""
        return SettingsSource(file=self.file, demo=False, overrides={})

    def prepare(self) -> Prepared:
        """Take sockets and data directory."""
        return prepare(self.source().read(), reactor, with_demo=False)

    async def start(self) -> Daemon:
        """Start a daemon that the test's end stops."""
        source = self.source()
        daemon = Daemon(
            source=source, settings=source.read(), prepared=self.prepare(), reactor=reactor
        )
        self.addCleanup(lambda: Deferred.fromCoroutine(daemon.end()))
        await daemon.begin()
        return daemon

    async def get(self, daemon: Daemon, path: str) -> tuple[int, bytes]:
        """Ask the plain listener."""
        port = daemon.prepared.ports[0].getHost().port
        agent = Agent(reactor)
        url = f"http://127.0.0.1:{port}{path}".encode()
        response: Any = await agent.request(b"GET", url)
        return response.code, await readBody(response)

    async def test_serves(self) -> None:
        """It answers, and takes what it keeps from everybody else."""
        daemon = await self.start()
        self.assertEqual((200, b"well\n"), await self.get(daemon, "/healthz"))
        for file in (self.folder / "data").iterdir():
            # The admin socket asks each caller for its uid and groups besides.
            for_others = 0o060 if file.name == "admin.sock" else 0
            self.assertEqual(for_others, file.stat().st_mode & 0o077, file)

    async def test_second_daemon(self) -> None:
        """The same data directory is not for two."""
        await self.start()
        with self.assertRaisesRegex(ConfigError, "in use by another carbonio-mobile"):
            self.prepare()

    async def test_nothing_is_kept_by_a_start_that_fails(self) -> None:
        """Neither sockets nor the data directory: the next start has them."""
        daemon = await self.start()
        taken = daemon.prepared.ports[0].getHost().port
        settings = self.source().read()
        other = SettingsSource(
            file=self.file,
            demo=False,
            overrides={
                "server.data": f"{settings.data}2",
                "server.eas": ["tcp:0", f"tcp:{taken}:interface=127.0.0.1"],
            },
        ).read()
        with self.assertRaisesRegex(ConfigError, "--eas: cannot listen on .*: address already"):
            prepare(other, reactor, with_demo=False)
        prepared = prepare(
            SettingsSource(
                file=self.file, demo=False, overrides={"server.data": f"{settings.data}2"}
            ).read(),
            reactor,
            with_demo=False,
        )
        for port in prepared.ports:
            await port.stopListening()
        os.close(prepared.lock)

    async def test_reload(self) -> None:
        """Certificates and reloadable options change; what needs a restart is named."""
        daemon = await self.start()
        table = daemon.prepared.table
        assert table is not None
        before = table.context_for("")
        self.configure(
            certificate="two", more="[push]\nZxMobile_MaxPingHeartbeat = 120\n[wbxml]\ndepth = 20\n"
        )
        with self.assertLogsText("a restart is needed for wbxml.depth"):
            daemon.reload()
        self.assertIsNot(before, table.context_for(""))
        self.assertEqual(120, daemon.settings.bounds.heartbeat_max_s)
        self.assertEqual((200, b"well\n"), await self.get(daemon, "/healthz"))

    async def test_reload_refused(self) -> None:
        """One mistake, and everything stays as it was; the log says why."""
        daemon = await self.start()
        table = daemon.prepared.table
        assert table is not None
        before = table.context_for("")
        for certificate, more, why in (
            ("two", "[push]\nZxMobile_MaxPingHeartbeat = 1\n", "push.ZxMobile_MaxPingHeartbeat"),
            ("none", "[push]\nZxMobile_MaxPingHeartbeat = 90\n", "none.pem: cannot be read"),
            ("two", '[log]\nfile = "/nowhere/log"\n', "log.file"),
        ):
            self.configure(certificate=certificate, more=more)
            with self.assertLogsText(why):
                daemon.reload()
            self.assertIs(before, table.context_for(""))
            self.assertEqual(3540, daemon.settings.bounds.heartbeat_max_s)

    async def test_changed_files_are_noticed(self) -> None:
        """A renewed certificate is used without a reload; half of one is not."""
        daemon = await self.start()
        table = daemon.prepared.table
        assert table is not None
        before = table.context_for("")
        (self.folder / "two.pem").replace(self.folder / "one.pem")
        with self.assertLogsText("changed certificates are not used"):
            daemon.look_at_certificates()
        self.assertIs(before, table.context_for(""))
        (self.folder / "two.key").replace(self.folder / "one.key")
        daemon.look_at_certificates()
        self.assertIsNot(before, table.context_for(""))

    def assertLogsText(self, text: str) -> "Logged":
        """Give a context within which something must be logged that holds a text."""
        return Logged(self, text)


class Logged:
    """Looks at what is logged meanwhile."""

    def __init__(self, test: TestCase, text: str) -> None:
        self._test = test
        self._text = text
        self._seen: list[str] = []

    def _observe(self, event: LogEvent) -> None:
        self._seen.append(formatEvent(event))

    def __enter__(self) -> None:
        globalLogPublisher.addObserver(self._observe)

    def __exit__(self, *_: object) -> None:
        globalLogPublisher.removeObserver(self._observe)
        self._test.assertTrue(any(self._text in line for line in self._seen), self._seen)

"""The daemon as a Twisted service: start, reload on SIGHUP, stop without losing anybody."""

# ruff: noqa: N802  # names that Twisted dictates

import os
import signal
import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from twisted.application.service import Service
from twisted.internet import reactor as global_reactor
from twisted.internet.defer import Deferred, maybeDeferred
from twisted.internet.error import CannotListenError
from twisted.internet.interfaces import IListeningPort
from twisted.logger import Logger, globalLogPublisher
from twisted.python.failure import Failure

from carbonio_mobile.errors import CarbonioMobileError, ConfigError
from carbonio_mobile.mailbox.embedded.hints import listen_for_hints
from carbonio_mobile.service import process
from carbonio_mobile.service.config import Settings
from carbonio_mobile.service.demo import DemoContent, greeting
from carbonio_mobile.service.ending import let_go
from carbonio_mobile.service.gatewaysettings import with_connections
from carbonio_mobile.service.listeners import port_text, speaks_tls
from carbonio_mobile.service.logfile import LogFile, LogFiles
from carbonio_mobile.service.notify import Notifier, watchdog_interval_s
from carbonio_mobile.service.options import BY_PATH
from carbonio_mobile.service.parts import Parts, Reactor, build, reconfigure
from carbonio_mobile.service.periodic import Periodic
from carbonio_mobile.service.prepare import Prepared, prepare
from carbonio_mobile.service.shares import file_shares
from carbonio_mobile.service.source import SettingsSource

_log = Logger()

_REFRESH_S = 1.0
_NOTICES_S = 60.0


def make_daemon(source: SettingsSource, settings: Settings) -> "Daemon":
    """Take data directory and sockets and give the service. Raises: ConfigError."""
    reactor: Any = global_reactor
    process.keep_steady_time(reactor)
    process.ignore_hang_ups()  # until there is something to reload
    process.harden()
    prepared = prepare(settings, reactor, with_demo=source.demo)
    return Daemon(source=source, settings=settings, prepared=prepared, reactor=reactor)


class Daemon(Service):
    """Everything that runs in one process, with the settings in force."""

    name = "carbonio-mobile"

    def __init__(
        self,
        *,
        source: SettingsSource,
        settings: Settings,
        prepared: Prepared,
        reactor: Reactor,
    ) -> None:
        self._source = source
        self.settings = settings
        self.prepared = prepared
        self._reactor = reactor
        self._notifier = Notifier(os.environ)
        self._parts: Parts | None = None
        self._hints: IListeningPort | None = None
        self._log_files = LogFiles(globalLogPublisher)
        self._periodic = Periodic(reactor)

    # Start

    def startService(self) -> None:
        """Begin to serve once the reactor runs; where that fails the process ends with status 1."""
        super().startService()  # type: ignore[no-untyped-call]  # Twisted has no types there
        self._reactor.callWhenRunning(self._begin)

    def _begin(self) -> None:
        Deferred.fromCoroutine(self.begin()).addErrback(self._give_up)

    async def begin(self) -> None:
        """Open the stores, start what is periodic, and serve."""
        self._log_files.use(self.prepared.log_file)
        parts = self._parts = build(self._affordable(), self._reactor)
        parts.directory.start()
        parts.gal.start()
        await parts.database.start()
        self._hints = listen_for_hints(self._reactor, self.settings.data, parts.sink)
        if self._source.demo:
            await self._fill_demo(parts)
        await parts.sharing.load()
        await parts.exposures.load()
        await parts.administration.begin()
        parts.mail.start()
        self.prepared.eas.serving = parts.site
        self.prepared.lmtp.serving = parts.lmtp
        self.prepared.ldap.serving = parts.ldap
        self.prepared.admin.serving = parts.administration.factory(self.prepared.admin_group)
        signal.signal(signal.SIGHUP, self._hang_up)
        self._start_periodic()
        process.share_the_interpreter()
        process.tune_collector()
        for port in self.prepared.ports:
            _log.info("listening on {address}", address=port_text(port))
        self._notifier.tell("READY=1", f"STATUS=serving on {len(self.prepared.ports)} sockets")
        if self._source.demo:
            self._greet()

    def _affordable(self) -> Settings:
        """Give the settings with no more connections and databases than there are files for."""
        limit = process.raise_file_limit()
        wished = self.settings
        shares = file_shares(
            limit,
            connections=wished.limits.connections,
            databases=wished.mailboxes.open_databases,
            lmtp=wished.lmtp_limits.connections,
            ldap=wished.address_book.limits.connections if wished.ldap else 0,
            servers=_imap_connections(wished),
        )
        ldap = replace(wished.address_book.limits, connections=shares.ldap)
        for option, count, wish in (
            ("http.connections", shares.connections, wished.limits.connections),
            ("ldap.connections", shares.ldap, wished.address_book.limits.connections),
            ("process.open_databases", shares.databases, wished.mailboxes.open_databases),
            ("imap.connections", shares.servers, _imap_connections(wished)),
        ):
            if count < wish and (count or wished.ldap):
                _log.warn(
                    "{option} is {count} instead of {wish}: only {limit} files may be open",
                    option=option,
                    count=count,
                    wish=wish,
                    limit=limit,
                )
        return replace(
            wished,
            limits=replace(wished.limits, connections=shares.connections),
            address_book=replace(wished.address_book, limits=ldap),
            mailboxes=replace(wished.mailboxes, open_databases=shares.databases),
            gateway=with_connections(wished.gateway, shares.servers),
        )

    async def _fill_demo(self, parts: Parts) -> None:
        content = DemoContent(
            self.settings.data,
            parts.mail.mailboxes,
            reactor=self._reactor,
            pool=self._reactor.getThreadPool(),
        )
        written = await content.fill(parts.directory.store.accounts())
        if written:
            _log.info("demo: {count} items written", count=written)

    def _start_periodic(self) -> None:
        assert self._parts is not None, "the parts are made by now"
        self._periodic.repeat(_REFRESH_S, self._parts.administration.refresh)
        self._periodic.repeat(_NOTICES_S, self._parts.administration.notify_due)
        watchdog_s = watchdog_interval_s(os.environ)
        if watchdog_s is not None:
            self._periodic.repeat(watchdog_s, self._feed_watchdog)
        if self.prepared.table is not None:
            self._periodic.repeat(self.settings.watch_interval_s, self.look_at_certificates)

    async def _feed_watchdog(self) -> None:
        if self._parts is not None and await self._parts.health.is_awake():
            self._notifier.tell("WATCHDOG=1")
        else:
            _log.error("the state database's thread does not answer: the watchdog is not fed")

    def _greet(self) -> None:
        settings, ports = self.settings, self.prepared.ports
        urls = _urls("http", settings.eas, ports)
        ldap = _urls("ldap", settings.ldap, ports[len(settings.eas) + len(settings.lmtp) :])
        out = sys.__stdout__  # twistd has put its log in the place of sys.stdout
        if out is not None:
            out.write(greeting(settings.data, urls, ldap))
            out.flush()

    def _give_up(self, failure: Failure) -> None:
        if not failure.check(CarbonioMobileError, OSError, CannotListenError):
            _log.failure("the start failed", failure)
        process.exit_with_failure(failure.getErrorMessage())
        self._reactor.stop()

    # Reload

    def _hang_up(self, _signal: int, _frame: object) -> None:
        self._reactor.callFromThread(self.reload)

    def reload(self) -> None:
        """Read configuration, certificates and log file anew: all of it counts, or nothing."""
        self._notifier.reloading()
        try:
            settings = self._source.read()
            self._reload(settings)
        except ConfigError as exc:
            _log.error("reload refused, nothing was changed: {why}", why=str(exc))
        else:
            _log.info("reloaded; {restart}", restart=_restart_note(self.settings, settings))
            self.settings = settings
        finally:
            self._notifier.tell("READY=1")

    def _reload(self, settings: Settings) -> None:
        log_file = LogFile.open(settings.log)
        try:
            if self.prepared.table is not None:
                if settings.certificates is None:
                    raise ConfigError("tls.certificates", "are in use and cannot all be removed")
                self.prepared.table.reload(settings.certificates)
        except ConfigError:
            if log_file is not None:
                log_file.file.close()
            raise
        self._log_files.use(log_file)
        if self._parts is not None:
            self._reopen_sync_log(self._parts)
            reconfigure(self._parts, settings)

    def _reopen_sync_log(self, parts: Parts) -> None:
        try:
            parts.sync_log.reopen()
        except OSError as exc:
            _log.error("sync.log stays as it was: {why}", why=str(exc))

    def look_at_certificates(self) -> None:
        """Take renewed certificates into use; while they do not fit, the old ones serve."""
        table = self.prepared.table
        try:
            if table is not None and table.reload_if_changed():
                _log.info("certificates were renewed")
        except ConfigError as exc:
            _log.error("changed certificates are not used: {why}", why=str(exc))

    # Stop

    def stopService(self) -> Deferred[None]:
        """Take no more, let everyone who waits have an answer, then close the stores."""
        super().stopService()  # type: ignore[no-untyped-call]  # Twisted has no types there
        return Deferred.fromCoroutine(self.end())

    async def end(self) -> None:
        """Stop in the order in which nothing is lost: sockets, parked requests, answers, stores."""
        self._notifier.tell("STOPPING=1")
        process.ignore_hang_ups()
        self._periodic.stop()
        for port in (*self.prepared.ports, *([self._hints] if self._hints else [])):
            await maybeDeferred(port.stopListening)
        if self._parts is not None:
            await self._end_parts(self._parts)
        self._notifier.close()
        self._log_files.use(None)
        os.close(self.prepared.lock)

    async def _end_parts(self, parts: Parts) -> None:
        await let_go(
            site=parts.site,
            hub=parts.hub,
            lmtp=parts.lmtp,
            ldap=parts.ldap,
            spread_s=self.settings.release_spread_s,
            clock=self._reactor,
        )
        await parts.mail.stop()
        await parts.database.stop()
        parts.gal.stop()
        if parts.gateway is not None:
            await parts.gateway.stop()
        await parts.directory.stop()
        parts.administration.end()
        parts.sync_log.close()


def _imap_connections(settings: Settings) -> int:
    return settings.gateway.imap.pool.connections if settings.gateway else 0


def _urls(scheme: str, texts: Sequence[str], ports: Sequence[IListeningPort]) -> list[str]:
    """Give the URL of each endpoint; with TLS the scheme has one letter more."""
    return [
        f"{scheme}{'s' if speaks_tls(text) else ''}://{port_text(port)}"
        for text, port in zip(texts, ports, strict=False)
    ]


def _restart_note(before: Settings, after: Settings) -> str:
    """Tell which options changed that a reload does not change."""
    changed = [
        path
        for path, value in after.values.items()
        if value != before.values[path] and not BY_PATH[path].reloadable
    ]
    return f"a restart is needed for {', '.join(changed)}" if changed else "all of it is in force"

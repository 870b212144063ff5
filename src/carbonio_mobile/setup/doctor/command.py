"""The command: its words, the password, the reactor, the exit status."""

from argparse import Namespace
from collections.abc import Awaitable, Callable
from typing import Any, Final

from twisted.internet.defer import Deferred
from twisted.logger import ILogObserver, LogEvent, globalLogBeginner
from zope.interface import provider

from carbonio_mobile.accounts.addresses import normal_address
from carbonio_mobile.accounts.invalid import InvalidArgument
from carbonio_mobile.errors import ConfigError
from carbonio_mobile.mailbox.gateway.logins.keychain import Way
from carbonio_mobile.service.config import Settings
from carbonio_mobile.service.process import keep_steady_time
from carbonio_mobile.service.secretfile import read_password
from carbonio_mobile.service.source import SettingsSource
from carbonio_mobile.setup.doctor.examination import Examination
from carbonio_mobile.setup.doctor.findings import Report
from carbonio_mobile.setup.doctor.screen import Screen
from carbonio_mobile.setup.doctor.subject import Subject
from carbonio_mobile.setup.surroundings import Surroundings

WRONG_USAGE: Final = 2

Run = Callable[[Callable[[Any], Awaitable[None]]], bool]
"""Runs what is given a reactor; true if it came to its end."""


class _WrongUsage(Exception):
    """The command line does not fit the configuration or the terminal."""


def doctor_command(arguments: Namespace, around: Surroundings, run: Run | None = None) -> int:
    """Examine one account; gives 0, 1 (something does not work) or 2 (wrong usage)."""
    screen = Screen(around.say, getattr(around.out, "encoding", None))
    report = Report(screen.show)
    part = report.part("Configuration")
    try:
        settings = SettingsSource(file=arguments.config.absolute(), demo=False, overrides={}).read()
    except ConfigError as exc:
        part.fails(str(exc), "twistd -n carbonio-mobile --config FILE --check says the same.")
        return 1
    part.works(
        f"{arguments.config} is read: mailboxes are {settings.values['backend.mailboxes']}, "
        f"accounts {settings.accounts_at}"
    )
    try:
        subject = _subject(arguments, settings, around)
    except _WrongUsage as exc:
        around.complain(f"carbonio-mobile-setup doctor: {exc}")
        return WRONG_USAGE
    whole = (run or run_in_reactor)(
        lambda reactor: Examination(settings, subject, report, reactor=reactor).run()
    )
    screen.summary(report)
    if not whole:
        around.complain("carbonio-mobile-setup: interrupted")
    return 1 if report.has_failures or not whole else 0


def _subject(arguments: Namespace, settings: Settings, around: Surroundings) -> Subject:
    try:
        address = normal_address(arguments.address)
    except InvalidArgument as exc:
        raise _WrongUsage(str(exc)) from exc
    gateway = settings.gateway
    if arguments.as_proxy and (gateway is None or gateway.logins.way is Way.OWN):
        raise _WrongUsage("--as-proxy needs imap.login = proxy, master or token")
    return Subject(
        address=address, password=_password(arguments, settings, around), writes=arguments.write
    )


def _password(arguments: Namespace, settings: Settings, around: Surroundings) -> str | None:
    """Give the account's password; None where it is not to be used, or of no use."""
    if arguments.password_file:
        try:
            return read_password("--password-file", arguments.password_file)
        except ConfigError as exc:
            raise _WrongUsage(str(exc)) from exc
    if arguments.as_proxy or (settings.gateway is None and settings.directory is None):
        return None
    if not around.stdin.isatty():
        raise _WrongUsage("there is no terminal to ask for the password; use --password-file")
    password = around.ask_secret(f"Password of {arguments.address}: ")
    if not password:
        raise _WrongUsage("no password was given")
    return password


@provider(ILogObserver)
def _unwritten(_event: LogEvent) -> None:
    """Write nothing of an event of the log."""


def run_in_reactor(doing: Callable[[Any], Awaitable[None]]) -> bool:
    """Run something in Twisted's reactor until it ends, or somebody interrupts it."""
    from twisted.internet import reactor as global_reactor

    reactor: Any = global_reactor
    # Whatever the clients log is said by the findings, in better words.
    globalLogBeginner.beginLoggingTo([_unwritten], redirectStandardIO=False)
    keep_steady_time(reactor)
    ended: list[bool] = []

    async def go() -> None:
        try:
            await doing(reactor)
            ended.append(True)
        finally:
            if reactor.running:
                reactor.stop()

    reactor.callWhenRunning(lambda: Deferred.fromCoroutine(go()).addErrback(lambda _: None))
    reactor.run()
    return bool(ended)

"""The twistd command: its options, their check before all else, the service that they make.

Whatever is wrong is said in one line on standard error, with exit status 1, before a socket is
opened. Twisted would print the whole help first.
"""

# ruff: noqa: N802, N815  # names that Twisted dictates

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

from twisted.application.service import IService
from twisted.python import usage

from carbonio_mobile.errors import ConfigError
from carbonio_mobile.service.check import check
from carbonio_mobile.service.config import Settings
from carbonio_mobile.service.demo import DEMO_DATA, DEMO_ENDPOINTS, DEMO_LDAP
from carbonio_mobile.service.describe import help_text
from carbonio_mobile.service.options import BY_PATH
from carbonio_mobile.service.source import SettingsSource
from carbonio_mobile.service.wiring import make_daemon

_HELP_COLUMNS = 96
_CHECK = (
    "Check configuration, files and endpoints, start nothing: exit status 0, or 1 with one line "
    "that names the option and the reason."
)
_DEMO = (
    "Try it out: accounts with mail of example.com below --data "
    f"[default: {DEMO_DATA}], a certificate made on the spot, listeners "
    f"{' and '.join((*DEMO_ENDPOINTS, DEMO_LDAP))}."
)
_CONFIG = (
    "The configuration file, TOML [default: none, all options at their defaults]; the sample is "
    "etc/carbonio-mobile.toml."
)
_ADMIN = (
    "The Unix socket of the carbonio command, a path [default: server.admin, else admin.sock in "
    "--data]."
)
_DATA = f"The data directory, a path [default: server.data, {BY_PATH['server.data'].default}]."


class Options(usage.Options):
    """What may stand on the command line."""

    synopsis = "[options]"
    longdesc = ""
    optFlags = [["check", None, _CHECK], ["demo", None, _DEMO]]
    optParameters = [
        ["config", None, None, _CONFIG],
        ["data", None, None, _DATA],
        ["admin", None, None, _ADMIN],
    ]

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # Twisted has no types there
        self.source: SettingsSource | None = None
        self.settings: Settings | None = None
        self._listeners: dict[str, list[str]] = {}

    def opt_eas(self, endpoint: str) -> None:
        """Where phones connect, an endpoint; may be given again.

        tls:PORT, tcp:PORT:interface=ADDRESS, haproxy:tcp:PORT, tls:haproxy:tcp:PORT, ...
        [default: server.eas]
        """
        self._listeners.setdefault("server.eas", []).append(endpoint)

    def opt_lmtp(self, endpoint: str) -> None:
        """Where the mail server delivers, an endpoint; may be given again.

        [default: server.lmtp]
        """
        self._listeners.setdefault("server.lmtp", []).append(endpoint)

    def opt_ldap(self, endpoint: str) -> None:
        """Where mail programs look people up by LDAP, an endpoint; may be given again.

        ssl:8636, tls:PORT, tls:haproxy:tcp:PORT, tcp:PORT:interface=127.0.0.1 behind a proxy, ...
        [default: server.ldap]
        """
        self._listeners.setdefault("server.ldap", []).append(endpoint)

    def opt_version(self) -> NoReturn:
        """Print the version and exit."""
        from carbonio_mobile import __version__

        print(f"carbonio-mobile {__version__}")  # noqa: T201 -- asked for
        sys.exit(0)

    def getUsage(self, width: int | None = None) -> str:
        """Give the help: the command line, then every option of the configuration file."""
        return f"{super().getUsage(width)}\n{help_text(width or _HELP_COLUMNS)}"

    def parseOptions(self, options: Sequence[str] | None = None) -> None:
        """Parse and check; a mistake ends the program with one line."""
        try:
            super().parseOptions(options)  # type: ignore[no-untyped-call]  # Twisted has none
        except usage.UsageError as exc:
            raise SystemExit(f"carbonio-mobile: {exc}") from None

    def parseArgs(self, *args: str) -> None:
        """Refuse what is no option. Raises: UsageError."""
        if args:
            raise usage.UsageError(f"unexpected argument {args[0]!r}")

    def postOptions(self) -> None:
        """Read and check everything. Raises: UsageError naming option and reason."""
        if self["demo"] and self["config"]:
            raise usage.UsageError("--demo: takes no --config")
        overrides: dict[str, Any] = dict(self._listeners)
        for name in ("data", "admin"):
            if self[name] is not None:
                overrides[f"server.{name}"] = self[name]
        self.source = SettingsSource(
            file=Path(self["config"]).absolute() if self["config"] else None,
            demo=bool(self["demo"]),
            overrides=overrides,
        )
        try:
            self.settings = self.source.read()
            check(self.settings, demo=self.source.demo)
        except ConfigError as exc:
            raise usage.UsageError(str(exc)) from exc
        if self["check"]:
            print("carbonio-mobile: the configuration can be used")  # noqa: T201 -- asked for
            sys.exit(0)


def makeService(options: Options) -> IService:
    """Take the listening sockets and give the service; ends the program where that fails."""
    assert options.source is not None, "the options were not parsed"
    assert options.settings is not None, "the options were not parsed"
    try:
        return make_daemon(options.source, options.settings)
    except ConfigError as exc:
        raise SystemExit(f"carbonio-mobile: {exc}") from None

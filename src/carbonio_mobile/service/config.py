"""Read the configuration: TOML in, validated and typed settings out, every unit converted once."""

import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from ipaddress import ip_network
from pathlib import Path
from typing import Any

from twisted.logger import LogLevel

from carbonio_mobile.accounts.addresses import normal_domain
from carbonio_mobile.accounts.invalid import InvalidArgument
from carbonio_mobile.commands.context import Bounds
from carbonio_mobile.directory.certificates import TrustStore
from carbonio_mobile.errors import ConfigError
from carbonio_mobile.ldapserver.limits import LdapLimits
from carbonio_mobile.mailbox.delivery.lmtp import LmtpLimits
from carbonio_mobile.mailbox.delivery.outbox import OutboxOptions
from carbonio_mobile.mailbox.delivery.relay import RelayOptions
from carbonio_mobile.mailbox.embedded import Tuning
from carbonio_mobile.pipeline import ProvisioningRules
from carbonio_mobile.service.certificateplan import certificate_plan, nearest
from carbonio_mobile.service.directorysettings import DirectorySettings, directory_settings
from carbonio_mobile.service.gatewaysettings import GatewaySettings, gateway_settings
from carbonio_mobile.service.library import DocumentSettings, document_settings
from carbonio_mobile.service.options import BY_PATH, BY_SPELLING, OPTIONS, SECTIONS, Kind, Option
from carbonio_mobile.service.outgoing import lmtp_limits, outbox_options, relay_options
from carbonio_mobile.service.tls import CertificatePlan
from carbonio_mobile.service.trust import trust_store
from carbonio_mobile.wbxml import Limits
from carbonio_mobile.web.hops import Network
from carbonio_mobile.web.limits import WebLimits

Values = Mapping[str, Any]
"""Validated values by the path of their option, every option present."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountSettings:
    """What the directory is told; ``domains`` are those to be made where they are missing."""

    domains: tuple[str, ...]
    prove_again_s: float
    verified_idle_s: float
    remembered_count: int
    password_threads: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LogSettings:
    """Where the log goes beside twistd's own; ``file`` None: nowhere.

    ``directory`` holds sync.log; account loggers write there and in ``account_directories``.
    """

    file: Path | None
    level: Any
    requests: bool
    directory: Path
    account_directories: tuple[Path, ...]
    account_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LdapSettings:
    """The address book by LDAP: what the address list is called there, how many contacts are kept
    in memory, and what peers may cost.
    """

    gal_name: str
    kept_contacts: int
    limits: LdapLimits


ADMIN_SOCKET = "admin.sock"
AUDIT_FILE = "audit.log"
LOG_DIRECTORY = "logs"
SYNC_LOG = "sync.log"


@dataclass(frozen=True, slots=True, kw_only=True)
class AdminSettings:
    """Where administrators speak to the daemon, who they are, and what is written of it."""

    socket: Path
    group: str
    audit: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The whole configuration.

    ``values`` are the options as given, by path, to tell what changed; ``from_command_line`` are
    the paths of those that were given there. ``accounts_at`` is ``embedded``, ``imap`` or ``ldap``;
    ``gateway`` is None where no mail server is asked for anything, ``directory`` no LDAP directory.
    """

    values: Values
    from_command_line: frozenset[str]
    data: Path
    eas: tuple[str, ...]
    lmtp: tuple[str, ...]
    ldap: tuple[str, ...]
    admin: AdminSettings
    certificates: CertificatePlan | None
    watch_interval_s: float
    trusted_proxies: tuple[Network, ...]
    limits: WebLimits
    bounds: Bounds
    documents: DocumentSettings | None
    wbxml: Limits
    trust: TrustStore
    provisioning: ProvisioningRules
    accounts: AccountSettings
    accounts_at: str
    gateway: GatewaySettings | None
    directory: DirectorySettings | None
    outbox: OutboxOptions
    relay: RelayOptions | None
    lmtp_limits: LmtpLimits
    address_book: LdapSettings
    release_spread_s: float
    busy_timeout_s: float
    answer_s: float
    mailboxes: Tuning
    log: LogSettings

    def spelling(self, path: str) -> str:
        """Give an option's name as its user knows it: ``--eas`` where the command line gave it."""
        return f"--{BY_PATH[path].name}" if path in self.from_command_line else path


def read_file(path: Path) -> dict[str, Any]:
    """Read a TOML file. Raises: ConfigError."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as exc:
        raise ConfigError("--config", f"cannot read {path}: {exc.strerror}") from exc
    except UnicodeDecodeError as exc:
        raise ConfigError("--config", f"{path} is not UTF-8 text") from exc
    except tomllib.TOMLDecodeError as exc:
        raise ConfigError("--config", f"{path} is not TOML: {exc}") from exc


def settings(document: Mapping[str, Any], overrides: Mapping[str, Any]) -> Settings:
    """Validate a parsed file, with ``overrides`` (by path, from the command line) put over it.

    Raises: ConfigError naming the option as its user spelt it (``--eas`` for ``server.eas``).
    """
    values = {option.path: option.default for option in OPTIONS}
    for spelling, value in _flat(document).items():
        option = _find(spelling)
        values[option.path] = checked(option, spelling, value)
    for path, value in overrides.items():
        option = BY_SPELLING[path]
        values[path] = checked(option, f"--{option.name}", value)
    return _typed(values, frozenset(overrides))


def _flat(document: Mapping[str, Any]) -> dict[str, Any]:
    """Give the values of all sections by path. Raises: ConfigError (no such section)."""
    flat = {}
    for section, content in document.items():
        if section not in SECTIONS:
            raise ConfigError(section, f"no such section{nearest(section, SECTIONS)}")
        if not isinstance(content, dict):
            raise ConfigError(section, f"is a section: write [{section}] and its options below")
        flat.update({f"{section}.{name}": value for name, value in content.items()})
    return flat


def _find(spelling: str) -> Option:
    option = BY_SPELLING.get(spelling)
    if option is None:
        raise ConfigError(spelling, f"no such option{nearest(spelling, BY_SPELLING)}")
    return option


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and "\0" not in value


def _is_list(of: Callable[[Any], bool], value: Any) -> bool:
    return isinstance(value, list | tuple) and all(map(of, value))


_FITS: Mapping[Kind, Callable[[Any], bool]] = {
    Kind.FLAG: lambda value: isinstance(value, bool),
    Kind.COUNT: lambda value: _is_number(value) and isinstance(value, int),
    Kind.SECONDS: _is_number,
    Kind.TEXT: _is_text,
    Kind.PATH: _is_text,
    Kind.ENDPOINTS: partial(_is_list, _is_text),
    Kind.TEXTS: partial(_is_list, lambda value: _is_text(value) and bool(value)),
    Kind.TABLE: lambda value: isinstance(value, dict) and all(map(_is_text, value.values())),
    Kind.PATHS: lambda value: (
        _is_list(_is_text, value) and all(text.startswith("/") for text in value)
    ),
    Kind.DELAYS: lambda value: (
        _is_list(_is_number, value) and bool(value) and all(each >= 1 for each in value)
    ),
    Kind.NETWORKS: partial(_is_list, _is_text),
    Kind.CERTIFICATES: partial(_is_list, lambda value: isinstance(value, dict)),
}


def checked(option: Option, spelling: str, value: Any) -> Any:
    """Give a value as its option wants it. Raises: ConfigError (wrong type, out of range)."""
    if not _FITS[option.kind](value):
        raise ConfigError(spelling, f"must be {option.kind.value}, not {_shown(value)}")
    _check_range(option, spelling, value)
    return tuple(value) if isinstance(value, list) else value


def _check_range(option: Option, spelling: str, value: Any) -> None:
    unit = f" {option.unit}" if option.unit else ""
    if option.choices and value not in option.choices:
        raise ConfigError(spelling, f"must be one of {', '.join(option.choices)}, not {value!r}")
    too_low = option.low is not None and value < option.low
    too_high = option.high is not None and not value <= option.high
    if too_low or too_high:
        raise ConfigError(spelling, f"must be {option.range_text}{unit}, not {_shown(value)}")


def _shown(value: Any) -> str:
    text = "true" if value is True else "false" if value is False else repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


# Values to settings


def _typed(values: Mapping[str, Any], from_command_line: frozenset[str]) -> Settings:
    data = values["server.data"]
    if not data:
        raise ConfigError("server.data", "must name a directory")
    certificates = certificate_plan(values["tls.certificates"])
    return Settings(
        values=values,
        from_command_line=from_command_line,
        data=Path(data).absolute(),
        eas=values["server.eas"],
        lmtp=values["server.lmtp"],
        ldap=_ldap_endpoints(values, has_certificates=certificates is not None),
        admin=AdminSettings(
            socket=Path(values["server.admin"] or Path(data) / ADMIN_SOCKET).absolute(),
            group=values["server.admin_group"],
            audit=Path(values["log.audit"] or Path(data) / AUDIT_FILE).absolute(),
        ),
        certificates=certificates,
        watch_interval_s=float(values["tls.watch_interval_s"]),
        trusted_proxies=_networks(values["http.trusted_proxies"]),
        limits=_limits(values),
        bounds=_bounds(values),
        documents=document_settings(values),
        wbxml=Limits(**_section(values, "wbxml")),
        trust=trust_store(values),
        provisioning=ProvisioningRules(
            required=values["provisioning.required"],
            refresh_s=float(values["provisioning.refresh_s"]),
        ),
        accounts=_accounts(values),
        accounts_at=values["backend.accounts"],
        gateway=gateway_settings(values),
        directory=directory_settings(values),
        outbox=outbox_options(values),
        relay=relay_options(values),
        lmtp_limits=lmtp_limits(values),
        address_book=_address_book(values),
        release_spread_s=float(values["process.release_spread_s"]),
        busy_timeout_s=float(values["process.busy_timeout_s"]),
        answer_s=float(values["process.answer_timeout_s"]),
        mailboxes=_tuning(values),
        log=LogSettings(
            file=Path(values["log.file"]).absolute() if values["log.file"] else None,
            level=LogLevel.levelWithName(values["log.level"]),
            requests=values["log.requests"],
            directory=Path(values["log.directory"] or Path(data) / LOG_DIRECTORY).absolute(),
            account_directories=tuple(map(Path, values["log.account_directories"])),
            account_bytes=values["log.account_bytes"],
        ),
    )


def _ldap_endpoints(values: Values, *, has_certificates: bool) -> tuple[str, ...]:
    """Give where to listen for LDAP: not at the default's TLS port where nothing is there for TLS.

    Who names an endpoint is told that it needs certificates.
    """
    texts: tuple[str, ...] = values["server.ldap"]
    is_default = texts == BY_PATH["server.ldap"].default
    return () if is_default and not has_certificates else texts


def _address_book(values: Values) -> LdapSettings:
    bounds = _section(values, "ldap")
    gal_name = bounds.pop("gal_name").strip("/ ")
    if not gal_name:
        raise ConfigError("ldap.gal_name", "must name the address list")
    kept_contacts = bounds.pop("kept_contacts")
    return LdapSettings(gal_name=gal_name, kept_contacts=kept_contacts, limits=LdapLimits(**bounds))


def _accounts(values: Values) -> AccountSettings:
    options = _section(values, "accounts")
    try:
        domains = tuple(map(normal_domain, options.pop("domains")))
    except InvalidArgument as exc:
        raise ConfigError("accounts.domains", str(exc)) from exc
    return AccountSettings(domains=domains, **options)


def _tuning(values: Mapping[str, Any]) -> Tuning:
    return Tuning(
        open_databases=values["process.open_databases"],
        answer_s=float(values["process.answer_timeout_s"]),
    )


def _section(values: Mapping[str, Any], section: str) -> dict[str, Any]:
    """Give the values of one section by name."""
    prefix = f"{section}."
    return {path[len(prefix) :]: value for path, value in values.items() if path.startswith(prefix)}


def _limits(values: Mapping[str, Any]) -> WebLimits:
    limits = _section(values, "http")
    del limits["trusted_proxies"]
    return WebLimits(**limits)


def _bounds(values: Mapping[str, Any]) -> Bounds:
    longest = values["push.ZxMobile_MaxPingHeartbeat"]
    shortest = values["eas.heartbeat_min_s"]
    if shortest > longest:
        raise ConfigError(
            "eas.heartbeat_min_s",
            f"must not be above push.ZxMobile_MaxPingHeartbeat ({longest} s), not {shortest}",
        )
    instant = values["push.ZxMobile_UseInstantNotficiations"]
    latency_s = 0.0 if instant else float(values["push.ZxMobile_NotificationsLatency"])
    return Bounds(heartbeat_max_s=longest, latency_s=latency_s, **_section(values, "eas"))


def _networks(texts: Sequence[str]) -> tuple[Network, ...]:
    networks = []
    for text in texts:
        try:
            networks.append(ip_network(text))
        except ValueError as exc:
            raise ConfigError("http.trusted_proxies", str(exc)) from exc
    return tuple(networks)

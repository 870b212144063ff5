"""The options of the servers behind the gateway, checked and typed.

Spec: issue 6, sections 1 to 3.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from ipaddress import ip_address
from typing import Any

from carbonio_mobile.dav.hrefs import Url, host, read_url
from carbonio_mobile.errors import ConfigError, ProtocolError
from carbonio_mobile.mailbox.certificates import SYSTEM_AUTHORITIES
from carbonio_mobile.mailbox.davclient.discovery import configured_home
from carbonio_mobile.mailbox.delivery.relay import RelayOptions, TlsMode
from carbonio_mobile.mailbox.gateway.logins.keychain import LoginPlan
from carbonio_mobile.mailbox.imapclient.login import Encryption
from carbonio_mobile.mailbox.imapclient.pool import PoolLimits
from carbonio_mobile.mailbox.sieveclient.managesieve import SieveOptions
from carbonio_mobile.service.gatewaylogins import login_plan
from carbonio_mobile.service.secretfile import read_certificates

Values = Mapping[str, Any]
ROLES = ("drafts", "sent", "trash", "junk", "notes")


@dataclass(frozen=True, slots=True, kw_only=True)
class Authority:
    """Who signs a server's certificate: those in ``pem``, else the system; ``name`` says so."""

    pem: bytes = field(default=b"", repr=False)
    name: str = SYSTEM_AUTHORITIES


@dataclass(frozen=True, slots=True, kw_only=True)
class ImapSettings:
    """``roles`` are the configured names of mailboxes by what they are for (:data:`ROLES`)."""

    host: str
    port: int
    encryption: Encryption
    authority: Authority
    pool: PoolLimits
    roles: Mapping[str, str]
    shared: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DavSettings:
    """``calendars`` and ``address_books`` are templates of ``configured_home``, or empty."""

    url: Url
    authority: Authority
    calendars: str
    address_books: str
    other_hosts: frozenset[str]
    poll_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmissionSettings:
    """``server_saves``: the server itself puts a copy into Sent."""

    relay: RelayOptions
    server_saves: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SieveSettings:
    """The ManageSieve server."""

    options: SieveOptions
    authority: Authority


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewaySettings:
    """The servers. All but IMAP are None where there is none, or only logins are checked.

    ``notes`` is where these are: ``journal``, ``imap`` or ``off``. ``keeps_mail``: mailboxes are on
    these servers (backend.mailboxes = gateway).
    """

    keeps_mail: bool
    imap: ImapSettings
    logins: LoginPlan
    dav: DavSettings | None = None
    submission: SubmissionSettings | None = None
    sieve: SieveSettings | None = None
    notes: str = "off"


def gateway_settings(values: Values) -> GatewaySettings | None:
    """Give the servers behind the gateway; None where no option asks for them.

    Raises: ConfigError naming the option.
    """
    wanted = _who_needs_imap(values)
    if not wanted:
        return None
    if not values["imap.host"]:
        raise ConfigError("imap.host", f"is needed for {wanted}")
    keeps_mail = values["backend.mailboxes"] == "gateway"
    if keeps_mail:
        _refuse_own_mail(values)
    return GatewaySettings(
        keeps_mail=keeps_mail,
        imap=_imap(values),
        logins=login_plan(values),
        dav=_dav(values) if keeps_mail else None,
        submission=_submission(values) if keeps_mail else None,
        sieve=_sieve(values) if keeps_mail else None,
        notes=values["dav.notes"] if keeps_mail else "off",
    )


def with_connections(settings: GatewaySettings | None, count: int) -> GatewaySettings | None:
    """Give the settings with so many connections to the IMAP server."""
    if settings is None:
        return None
    pool = replace(settings.imap.pool, connections=count)
    return replace(settings, imap=replace(settings.imap, pool=pool))


def _refuse_own_mail(values: Values) -> None:
    """Refuse what is for mailboxes of our own. Raises: ConfigError."""
    if values["server.lmtp"]:
        why = "takes mail for mailboxes here; with backend.mailboxes = gateway the mail server does"
        raise ConfigError("server.lmtp", why)
    if values["relay.host"]:
        why = "is for mailboxes here; with backend.mailboxes = gateway mail goes by [submission]"
        raise ConfigError("relay.host", why)


def _who_needs_imap(values: Values) -> str:
    if values["backend.mailboxes"] == "gateway":
        return "backend.mailboxes = gateway"
    if values["backend.accounts"] == "imap":
        return "backend.accounts = imap"
    if values["backend.accounts"] == "ldap" and values["directory.login"] == "imap":
        return "directory.login = imap"
    return ""


# The servers


def _imap(values: Values) -> ImapSettings:
    encryption = Encryption(values["imap.tls"])
    _check_clear("imap", values["imap.host"], is_clear=encryption is Encryption.OFF)
    for pattern in values["imap.shared"]:
        if not pattern.strip():
            raise ConfigError("imap.shared", "names an empty mailbox")
    return ImapSettings(
        host=values["imap.host"],
        port=values["imap.port"],
        encryption=encryption,
        authority=_authority(values, "imap.authority"),
        pool=PoolLimits(
            connections=values["imap.connections"],
            per_account=values["imap.connections_per_account"],
            logins=values["imap.logins_at_once"],
            idle_s=float(values["imap.idle_s"]),
        ),
        roles={role: values[f"imap.{role}"] for role in ROLES if values[f"imap.{role}"]},
        shared=values["imap.shared"],
    )


def _dav(values: Values) -> DavSettings | None:
    if not values["dav.url"]:
        _refuse_orphans(values, "dav", ("calendars", "address_books", "other_hosts", "authority"))
        return None
    url = _url("dav.url", values["dav.url"])
    for name in ("calendars", "address_books"):
        if values[f"dav.{name}"]:
            _check_home(f"dav.{name}", values[f"dav.{name}"])
    return DavSettings(
        url=url,
        authority=_authority(values, "dav.authority"),
        calendars=values["dav.calendars"],
        address_books=values["dav.address_books"],
        other_hosts=frozenset(each.lower() for each in values["dav.other_hosts"]),
        poll_s=float(values["dav.poll_s"]),
    )


def _url(option: str, text: str) -> Url:
    try:
        url = read_url(text)
    except ProtocolError as exc:
        raise ConfigError(option, f"expected https://HOST/PATH, got {text}") from exc
    if url.startswith("http:") and not is_here(host(url).strip("[]")):
        raise ConfigError(option, f"passwords would go to {host(url)} as they are: use https://")
    return url


def _check_home(option: str, template: str) -> None:
    try:
        home = configured_home(template, "john@example.com")
    except ConfigError as exc:
        raise ConfigError(option, f"{template}: {exc.why}") from exc
    _url(option, home)


def _submission(values: Values) -> SubmissionSettings:
    name = values["submission.host"]
    if not name:
        raise ConfigError("submission.host", "is needed for backend.mailboxes = gateway")
    tls = TlsMode(values["submission.tls"])
    _check_clear("submission", name, is_clear=tls is TlsMode.OFF)
    authority = _authority(values, "submission.authority")
    is_service = values["submission.login"] == "service"
    given = [name for name in ("user", "password_file") if values[f"submission.{name}"]]
    if is_service and len(given) < 2:
        raise ConfigError("submission.login", "service needs submission.user and .password_file")
    if given and not is_service:
        raise ConfigError(f"submission.{given[0]}", "is for submission.login = service alone")
    relay = RelayOptions(
        host=name,
        port=values["submission.port"],
        tls=tls,
        authority_pem=authority.pem,
        authority_file=values["submission.authority"],
    )
    return SubmissionSettings(relay=relay, server_saves=values["submission.save_sent"] == "server")


def _sieve(values: Values) -> SieveSettings | None:
    if not values["sieve.host"]:
        return None
    tls = TlsMode(values["sieve.tls"])
    _check_clear("sieve", values["sieve.host"], is_clear=tls is TlsMode.OFF)
    if values["imap.login"] == "token":
        raise ConfigError("sieve.host", "ManageSieve takes no token: imap.login must be another")
    authority = _authority(values, "sieve.authority")
    options = SieveOptions(
        host=values["sieve.host"], port=values["sieve.port"], tls=tls, authority=authority.name
    )
    return SieveSettings(options=options, authority=authority)


# What they have in common


def _authority(values: Values, option: str) -> Authority:
    pem = read_certificates(option, values[option])
    return Authority(pem=pem, name=values[option] or SYSTEM_AUTHORITIES)


def _check_clear(section: str, name: str, *, is_clear: bool) -> None:
    if is_clear and not is_here(name):
        raise ConfigError(
            f"{section}.tls", f"off would send passwords to {name} as they are; that is for "
            "servers on this machine",
        )  # fmt: skip


def is_here(name: str) -> bool:
    """Tell whether nothing that is said to a host leaves this machine."""
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return name.lower() == "localhost"


def _refuse_orphans(values: Values, section: str, names: tuple[str, ...]) -> None:
    given = next((name for name in names if values[f"{section}.{name}"]), "")
    if given:
        raise ConfigError(f"{section}.{given}", f"needs {section}.url")

"""The options of mail on its way, as outbox, relay and LMTP listener take them."""

import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cryptography.x509 import load_pem_x509_certificate

from carbonio_mobile.errors import ConfigError
from carbonio_mobile.mailbox.delivery.lmtp import LmtpLimits
from carbonio_mobile.mailbox.delivery.outbox import OutboxOptions
from carbonio_mobile.mailbox.delivery.relay import RelayOptions, TlsMode
from carbonio_mobile.mailbox.delivery.schedule import RetrySchedule


def outbox_options(values: Mapping[str, Any]) -> OutboxOptions:
    """Give the outbox its options, by their paths. Raises: ConfigError (a file cannot be read)."""
    return OutboxOptions(
        hostname=values["mail.hostname"] or socket.gethostname(),
        postmaster=values["mail.postmaster"],
        schedule=RetrySchedule(
            delays_s=tuple(map(float, values["mail.retry_delays_s"])),
            give_up_s=float(values["mail.give_up_s"]),
        ),
        message_limit_bytes=values["eas.message_bytes"],
        waiting_count=values["mail.waiting_count"],
        waiting_bytes=values["mail.waiting_bytes"],
        free_bytes=values["mail.free_bytes"],
        answer_every_s=float(values["mail.answer_every_s"]),
        busy_s=float(values["process.busy_timeout_s"]),
    )


def lmtp_limits(values: Mapping[str, Any]) -> LmtpLimits:
    """Give the LMTP listener its limits."""
    return LmtpLimits(
        message_bytes=values["eas.message_bytes"],
        all_bytes=values["mail.lmtp_bytes"],
        recipients=values["mail.lmtp_recipients"],
        connections=values["mail.lmtp_connections"],
        idle_s=float(values["mail.lmtp_idle_s"]),
    )


def relay_options(values: Mapping[str, Any]) -> RelayOptions | None:
    """Give the relay its options; None where there is none. Raises: ConfigError."""
    if not values["relay.host"]:
        return None
    if bool(values["relay.user"]) != bool(values["relay.password_file"]):
        raise ConfigError("relay.user", "needs relay.password_file, and the other way round")
    if values["relay.user"] and TlsMode(values["relay.tls"]) is TlsMode.OPPORTUNISTIC:
        why = "opportunistic gives the password to whoever answers; with relay.user it is required"
        raise ConfigError("relay.tls", f"{why} or wrapped")
    password = _content("relay.password_file", values)
    try:
        text = password.decode("utf-8").rstrip("\r\n")
    except UnicodeDecodeError as exc:
        raise ConfigError("relay.password_file", "is not UTF-8 text") from exc
    return RelayOptions(
        host=values["relay.host"],
        port=values["relay.port"],
        tls=TlsMode(values["relay.tls"]),
        user=values["relay.user"],
        password=text,
        authority_pem=_authority(values),
    )


def _authority(values: Mapping[str, Any]) -> bytes:
    content = _content("relay.authority", values)
    if content:
        try:
            load_pem_x509_certificate(content)
        except ValueError as exc:
            raise ConfigError("relay.authority", "holds no PEM certificate") from exc
    return content


def _content(option: str, values: Mapping[str, Any]) -> bytes:
    """Read the file that an option names; nothing where it names none."""
    if not values[option]:
        return b""
    try:
        return Path(values[option]).read_bytes()
    except OSError as exc:
        raise ConfigError(option, f"cannot read {values[option]}: {exc.strerror}") from exc

"""The options of mail that goes out, as the outbox takes them."""

import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from carbonio_mobile.errors import ConfigError
from carbonio_mobile.mailbox.delivery.outbox import OutboxOptions
from carbonio_mobile.mailbox.delivery.relay import RelayOptions, TlsMode
from carbonio_mobile.mailbox.delivery.schedule import RetrySchedule


def outbox_options(values: Mapping[str, Any]) -> OutboxOptions:
    """Give the outbox its options, by their paths. Raises: ConfigError (a file cannot be read)."""
    return OutboxOptions(
        hostname=values["mail.hostname"] or socket.gethostname(),
        postmaster=values["mail.postmaster"],
        relay=_relay(values) if values["relay.host"] else None,
        schedule=RetrySchedule(
            delays_s=tuple(map(float, values["mail.retry_delays_s"])),
            give_up_s=float(values["mail.give_up_s"]),
        ),
        message_limit_bytes=values["eas.message_bytes"],
        answer_every_s=float(values["mail.answer_every_s"]),
        busy_s=float(values["process.busy_timeout_s"]),
    )


def _relay(values: Mapping[str, Any]) -> RelayOptions:
    if bool(values["relay.user"]) != bool(values["relay.password_file"]):
        raise ConfigError("relay.user", "needs relay.password_file, and the other way round")
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
        authority_pem=_content("relay.authority", values),
    )


def _content(option: str, values: Mapping[str, Any]) -> bytes:
    """Read the file that an option names; nothing where it names none."""
    if not values[option]:
        return b""
    try:
        return Path(values[option]).read_bytes()
    except OSError as exc:
        raise ConfigError(option, f"cannot read {values[option]}: {exc.strerror}") from exc

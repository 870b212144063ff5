"""Check settings against the machine: directories, keys, endpoints. Changes nothing."""

import os
import tempfile
from pathlib import Path
from typing import Any

from twisted.internet import reactor as global_reactor

from carbonio_mobile.errors import ConfigError
from carbonio_mobile.mailbox.embedded.hints import hint_socket
from carbonio_mobile.service.adminsocket import check_place, group_of
from carbonio_mobile.service.config import Settings
from carbonio_mobile.service.listeners import check_endpoints
from carbonio_mobile.service.tls import CertificateTable

_SOCKET_PATH_MAX_BYTES = 107
"""What Linux allows the name of a socket (unix(7)), and one lies in the data directory."""


def check(settings: Settings, *, demo: bool) -> None:
    """Refuse what would fail at the start, as far as it shows without starting.

    The demo makes its certificate itself. Raises: ConfigError.
    """
    check_writable(settings.spelling("server.data"), settings.data)
    _check_length(settings.spelling("server.data"), settings.data)
    check_place(settings.spelling("server.admin"), settings.admin.socket)
    group_of("server.admin_group", settings.admin.group)
    if settings.log.file is not None:
        _check_log_file(settings.log.file)
    if settings.certificates is not None and not demo:
        certificate_table(settings)
    reactor: Any = global_reactor
    has_certificates = settings.certificates is not None
    for path, texts in (
        ("server.eas", settings.eas),
        ("server.lmtp", settings.lmtp),
        ("server.ldap", settings.ldap),
    ):
        check_endpoints(
            settings.spelling(path), texts, reactor=reactor, certificates=has_certificates
        )
    if not settings.eas:
        raise ConfigError("server.eas", "names no endpoint: phones could not connect")


def certificate_table(settings: Settings) -> CertificateTable | None:
    """Load the certificates; None where there are none. Raises: ConfigError naming the file."""
    if settings.certificates is None:
        return None
    try:
        return CertificateTable(settings.certificates)
    except ConfigError as exc:
        raise ConfigError("tls.certificates", str(exc)) from exc


def check_writable(option: str, directory: Path) -> None:
    """Refuse a directory that cannot be written, or not be made. Raises: ConfigError."""
    nearest = directory
    while not os.path.lexists(nearest):
        nearest = nearest.parent
    if not nearest.is_dir():
        raise ConfigError(option, f"{nearest} is not a directory")
    try:
        # Tried, not read from the mode bits: it may be mounted read-only, or be /proc.
        tempfile.TemporaryFile(dir=nearest).close()
    except OSError as exc:
        raise ConfigError(option, f"cannot write in {nearest}: {exc.strerror}") from exc


def _check_length(option: str, data: Path) -> None:
    most = _SOCKET_PATH_MAX_BYTES - len(os.fsencode(hint_socket(data))) + len(os.fsencode(data))
    if len(os.fsencode(data)) > most:
        raise ConfigError(option, f"{data} is too long a path: at most {most} bytes")


def _check_log_file(file: Path) -> None:
    if file.is_dir() or not file.parent.is_dir():
        raise ConfigError("log.file", f"{file} is not a file in an existing directory")
    check_writable("log.file", file.parent)

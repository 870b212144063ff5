"""Files that the configuration names: passwords that not everybody may read, certificates."""

import stat
from pathlib import Path

from OpenSSL import crypto
from twisted.internet.ssl import Certificate

from carbonio_mobile.errors import ConfigError

_SECRET_MAX_BYTES = 4096


def read_password(option: str, path: str) -> str:
    """Give the password in a file, without the line's end; nothing for no path.

    Raises: ConfigError (it cannot be read, everybody may read it, it is empty or no text).
    """
    if not path:
        return ""
    try:
        if Path(path).stat().st_mode & stat.S_IROTH:
            raise ConfigError(option, f"everybody may read {path}: chmod o-r")
        octets = Path(path).read_bytes()
        text = octets.decode("utf-8").rstrip("\r\n")
    except OSError as exc:
        raise ConfigError(option, f"cannot read {path}: {exc.strerror}") from exc
    except UnicodeDecodeError as exc:
        raise ConfigError(option, f"{path} is not UTF-8 text") from exc
    if not text.isprintable() or not text or len(octets) > _SECRET_MAX_BYTES:
        raise ConfigError(option, f"expected one line with a password in {path}")
    return text


def read_certificates(option: str, path: str) -> bytes:
    """Give the certificates in a file, PEM; nothing for no path, which means the system's.

    Raises: ConfigError (it cannot be read or holds none).
    """
    if not path:
        return b""
    try:
        octets = Path(path).read_bytes()
    except OSError as exc:
        raise ConfigError(option, f"cannot read {path}: {exc.strerror}") from exc
    try:
        Certificate.loadPEM(octets)
    except crypto.Error as exc:
        raise ConfigError(option, f"{path} holds no PEM certificate") from exc
    return octets

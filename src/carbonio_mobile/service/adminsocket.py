"""The admin socket in the file system: its place, its mode, its group; who may speak through it."""

import grp
import os
import socket
import stat
from pathlib import Path

from twisted.internet.interfaces import IListeningPort, IReactorUNIX
from twisted.internet.protocol import Factory

from carbonio_mobile.admin.server import Admission
from carbonio_mobile.errors import ConfigError

MODE = 0o660
_NAME_MAX_BYTES = 107  # unix(7)


def group_of(option: str, name: str) -> int:
    """Give the id of the group that may use the socket: the daemon's own where none is named.

    Raises: ConfigError.
    """
    if not name:
        return os.getegid()
    try:
        return grp.getgrnam(name).gr_gid
    except KeyError as exc:
        raise ConfigError(option, f"there is no group {name!r}") from exc


def admission(group: int) -> Admission:
    """Give who may use the socket: root, the daemon's user, the group."""
    return Admission(own_uid=os.geteuid(), group=group)


def check_place(option: str, path: Path) -> None:
    """Refuse a place where no socket can be made, or something else stands. Raises: ConfigError."""
    if len(os.fsencode(path)) > _NAME_MAX_BYTES:
        raise ConfigError(option, f"{path} is too long a path: at most {_NAME_MAX_BYTES} bytes")
    if os.path.lexists(path) and not stat.S_ISSOCK(os.lstat(path).st_mode):
        raise ConfigError(option, f"{path} is there already, and no socket")


def listen(
    option: str, path: Path, factory: Factory, *, group: int, reactor: IReactorUNIX
) -> IListeningPort:
    """Listen at a path; a socket that a killed daemon left is replaced. Raises: ConfigError."""
    check_place(option, path)
    before = os.umask(0o177)  # nobody else's from its first moment
    try:
        _remove_dead(option, path)
        port: IListeningPort = reactor.listenUNIX(str(path), factory, mode=0o600, wantPID=False)
        _open_to_group(path, group)
    except OSError as exc:
        raise ConfigError(option, f"cannot listen at {path}: {exc.strerror or exc}") from exc
    finally:
        os.umask(before)
    return port


def _open_to_group(path: Path, group: int) -> None:
    if os.lstat(path).st_gid != group:
        os.chown(path, -1, group)
    os.chmod(path, MODE)


def _remove_dead(option: str, path: Path) -> None:
    if not os.path.lexists(path):
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(1.0)
        try:
            probe.connect(str(path))
        except OSError:
            os.unlink(path)  # nobody answers
        else:
            raise ConfigError(option, f"another daemon listens at {path}")

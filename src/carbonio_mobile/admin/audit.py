"""The audit log: who changed what by the admin socket, one JSON line a change and its outcome."""

import json
import os
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from carbonio_mobile.admin.calling import Caller
from carbonio_mobile.admin.declaring import Command

_VALUE_CHARACTERS = 1000


class AuditLog:
    """Appends to a file, which is opened for each line: it may be rotated at any time.

    ``clock`` gives seconds since 1970, UTC.
    """

    def __init__(self, path: Path, *, clock: Callable[[], float]) -> None:
        self._path = path
        self._clock = clock

    def write(
        self,
        command: Command,
        typed: Mapping[str, str | tuple[str, ...]],
        caller: Caller,
        outcome: str,
    ) -> None:
        """Write what was asked by whom, and what came of it. Raises: OSError.

        The values of secret parameters are not written.
        """
        line = {
            "time": datetime.fromtimestamp(self._clock(), UTC).isoformat(timespec="milliseconds"),
            "uid": caller.uid,
            "user": caller.name,
            "pid": caller.pid,
            "command": command.name,
            "arguments": {name: _shown(command, name, value) for name, value in typed.items()},
            "outcome": outcome[:_VALUE_CHARACTERS],
        }
        octets = json.dumps(line, ensure_ascii=False).encode("utf-8", "backslashreplace") + b"\n"
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        file = os.open(self._path, flags, 0o600)
        try:
            os.write(file, octets)
        finally:
            os.close(file)


def _shown(command: Command, name: str, value: str | tuple[str, ...]) -> str | list[str]:
    parameter = command.parameter(name)
    if parameter is None or parameter.secret:
        return "***"
    if isinstance(value, str):
        return value[:_VALUE_CHARACTERS]
    return [each[:_VALUE_CHARACTERS] for each in value[:50]]

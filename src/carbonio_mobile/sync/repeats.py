"""Devices that send the same request over and over: Outlook 2401 does so with FolderSync.

Spec: ../shared/protocol/client-quirks.md 4.4.
"""

from collections.abc import Hashable
from dataclasses import dataclass

from carbonio_mobile.ids import DeviceKey

WINDOW_S = 60.0
DEVICES_MAX = 10_000


@dataclass(slots=True)
class _Run:
    """Equal requests of one device since ``began``."""

    mark: Hashable
    began: float
    count: int


class Repeats:
    """Counts equal requests of devices; what it forgets costs a device nothing."""

    def __init__(self) -> None:
        self._runs: dict[DeviceKey, _Run] = {}

    def count(self, key: DeviceKey, mark: Hashable, now: float) -> int:
        """Note a request, and give how many equal ones the device sent within ``WINDOW_S``.

        Counting starts anew with the first request after that time and with one of another
        ``mark``. ``now`` is in seconds of a clock that nobody sets.
        """
        run = self._runs.get(key)
        if run is None or run.mark != mark or now - run.began >= WINDOW_S:
            self._runs.pop(key, None)
            if len(self._runs) >= DEVICES_MAX:
                del self._runs[next(iter(self._runs))]
            run = self._runs[key] = _Run(mark, now, 0)
        run.count += 1
        return run.count

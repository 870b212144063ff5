"""The last requests of each device, kept in memory for administrators who ask what goes on."""

from collections import OrderedDict, deque
from collections.abc import Callable, Sequence
from typing import Protocol

from carbonio_mobile.sync.doing import Handled

COMMANDS_MAX = 10
"""So many requests are kept of a device."""

DEVICES_MAX = 5_000
"""So many devices are remembered; the one that was silent longest makes room."""

FAULT_CHARACTERS = 200


class Told(Protocol):
    """What is needed of a request that was answered: the pipeline's ``Served`` has it."""

    @property
    def account(self) -> str: ...
    @property
    def device(self) -> str: ...
    @property
    def command(self) -> str: ...
    @property
    def version(self) -> str: ...
    @property
    def code(self) -> int: ...
    @property
    def elapsed_s(self) -> float: ...
    @property
    def bytes_in(self) -> int: ...
    @property
    def bytes_out(self) -> int: ...
    @property
    def refused(self) -> object: ...
    @property
    def fault(self) -> str: ...


class Activity:
    """What devices asked for last, by the account's name and the device's id.

    Only requests with the right password are kept: those alone name an account. ``clock`` gives
    seconds since 1970, UTC.
    """

    def __init__(
        self,
        clock: Callable[[], float],
        *,
        devices_max: int = DEVICES_MAX,
        commands_max: int = COMMANDS_MAX,
    ) -> None:
        self._clock = clock
        self._devices_max = devices_max
        self._commands_max = commands_max
        self._kept: OrderedDict[tuple[str, str], deque[Handled]] = OrderedDict()

    def __len__(self) -> int:
        """Tell how many devices are remembered."""
        return len(self._kept)

    def observe(self, told: Told) -> None:
        """Keep a request that was answered."""
        if not told.account or not told.device:
            return
        key = (told.account.lower(), told.device.lower())
        kept = self._kept.get(key)
        if kept is None:
            if len(self._kept) >= self._devices_max:
                self._kept.popitem(last=False)
            kept = self._kept[key] = deque(maxlen=self._commands_max)
        else:
            self._kept.move_to_end(key)
        kept.append(
            Handled(
                at=self._clock(),
                command=told.command,
                version=told.version,
                code=told.code,
                elapsed_s=told.elapsed_s,
                bytes_in=told.bytes_in,
                bytes_out=told.bytes_out,
                refused=str(getattr(told.refused, "value", "") or ""),
                fault=told.fault[:FAULT_CHARACTERS],
            )
        )

    def recent(self, account: str, device: str) -> Sequence[Handled]:
        """Give the last requests of a device, the newest first."""
        return tuple(reversed(self._kept.get((account.lower(), device.lower()), ())))

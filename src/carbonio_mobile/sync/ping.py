"""What a device's last Ping asked for, remembered for the next one.

Spec: MS-ASCMD 2.2.1.13; commands.md section 6 (cached parameters); client-quirks.md 3.8.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from carbonio_mobile.errors import Corrupt
from carbonio_mobile.ids import FolderId

DOCUMENT = "ping"
"""The name under which a device's Ping parameters are stored."""

FRUITLESS_MAX = 5
"""So often a folder may be reported without a Sync of it before the device is sent to FolderSync.
"""


HOLD_S = 3.0
"""So long a Ping is held that has been told the same just before: some ask every second."""

HIERARCHY = FolderId("*")
"""Stands among the reported folders for the hierarchy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PingParameters:
    """Heartbeat (seconds) and folders of the last complete Ping.

    ``reported`` tells, for folders that had news already when a Ping came, under which sync key
    they were reported and how often in a row.
    """

    heartbeat_s: int
    folders: tuple[FolderId, ...]
    reported: Mapping[FolderId, tuple[str, int]] = field(default_factory=dict)

    def report(self, keys: Mapping[FolderId, str]) -> "PingParameters":
        """Count one more report of these folders, each with its present sync key."""
        counts = {}
        for folder, key in keys.items():
            before, count = self.reported.get(folder, ("", 0))
            counts[folder] = (key, count + 1 if before == key else 1)
        return replace(self, reported=counts)

    @property
    def repeated(self) -> bool:
        """Whether the device was told something just before and has done nothing about it."""
        return any(count > 1 for _, count in self.reported.values())

    @property
    def fruitless(self) -> bool:
        """Whether some folder was reported again and again and never synced."""
        return any(count > FRUITLESS_MAX for _, count in self.reported.values())

    def to_text(self) -> str:
        """Give the stored document."""
        form = [self.heartbeat_s, list(self.folders), dict(self.reported)]
        return json.dumps(form, separators=(",", ":"))

    @classmethod
    def from_text(cls, text: str) -> "PingParameters":
        """Read a stored document. Raises: Corrupt."""
        try:
            heartbeat_s, folders, reported = json.loads(text)
            return cls(
                heartbeat_s=int(heartbeat_s),
                folders=tuple(folders),
                reported={FolderId(f): (key, int(n)) for f, (key, n) in reported.items()},
            )
        except (ValueError, TypeError, AttributeError) as exc:
            raise Corrupt("unreadable Ping parameters") from exc

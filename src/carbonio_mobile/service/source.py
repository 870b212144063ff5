"""Where the settings come from: file, command line, demo; read at the start and on SIGHUP."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from carbonio_mobile.service.config import Settings, read_file, settings
from carbonio_mobile.service.demo import DEMO_DATA, demo_document


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsSource:
    """What this daemon was told to be. ``file`` is absolute, as twistd changes directory."""

    file: Path | None
    demo: bool
    overrides: Mapping[str, Any]

    def read(self) -> Settings:
        """Read and validate all of it. Raises: ConfigError."""
        if self.demo:
            data = Path(self.overrides.get("server.data", DEMO_DATA)).absolute()
            return settings(demo_document(data), self.overrides)
        document = {} if self.file is None else read_file(self.file)
        return settings(document, self.overrides)

"""The file in which the command line keeps a phone's state between two calls."""

import fcntl
import json
import os
import re
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from carbonio_mobile.client.faults import ClientFault
from carbonio_mobile.client.state import PhoneState


def default_path(environ: Mapping[str, str], user: str, url: str) -> Path:
    """Give the file for a user at a server: ``$XDG_STATE_HOME/carbonio-mobile-client/…json``."""
    base = environ.get("XDG_STATE_HOME") or str(Path(environ.get("HOME", ".")) / ".local/state")
    name = re.sub(r"[^A-Za-z0-9._@+-]", "-", f"{user}@{urlsplit(url).netloc}")
    return Path(base) / "carbonio-mobile-client" / f"{name}.json"


@dataclass(frozen=True, slots=True)
class StateFile:
    """One file, mode 0600, replaced as a whole; no password is ever in it."""

    path: Path

    def load(self) -> PhoneState | None:
        """Read the state, None where there is no file yet. Raises: ClientFault."""
        try:
            text = self.path.read_text("utf-8")
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError) as exc:
            raise ClientFault(f"the state in {self.path} cannot be read: {exc}") from exc
        try:
            return PhoneState.from_json(json.loads(text))
        except ValueError as exc:
            raise ClientFault(
                f"the state in {self.path} cannot be used ({exc}); remove it to start over"
            ) from exc

    def save(self, state: PhoneState) -> None:
        """Write the state; it is durable, and the old one untouched until then."""
        text = json.dumps(state.to_json(), separators=(",", ":"), ensure_ascii=False)
        self._make_directory()
        descriptor, name = tempfile.mkstemp(prefix=f".{self.path.name}.", dir=self.path.parent)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            os.replace(name, self.path)
        except OSError as exc:
            Path(name).unlink(missing_ok=True)
            raise ClientFault(f"the state cannot be saved in {self.path}: {exc}") from exc

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other programs of this kind away from the file. Raises: ClientFault if one is in."""
        self._make_directory()
        with open(f"{self.path}.lock", "a", opener=_private) as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as exc:
                raise ClientFault(
                    f"another carbonio-mobile-client works with {self.path}; "
                    "wait for it, or give this one its own --state and --device-id"
                ) from exc
            yield

    def _make_directory(self) -> None:
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as exc:
            raise ClientFault(f"cannot make {self.path.parent}: {exc}") from exc


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)

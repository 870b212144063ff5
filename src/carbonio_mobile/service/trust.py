"""Read the roots of mail certificates and the lists of revoked ones."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from carbonio_mobile.directory.certificates import TrustStore, read_list, read_roots
from carbonio_mobile.errors import ConfigError

T = TypeVar("T")

_FILES_MAX = 1000


def trust_store(values: Mapping[str, Any]) -> TrustStore:
    """Read what ``smime.roots`` and ``smime.crls`` name. Raises: ConfigError."""
    roots = [
        root
        for path, octets in _contents("smime.roots", values["smime.roots"])
        for root in _read("smime.roots", path, partial(read_roots, octets))
    ]
    lists = [
        _read("smime.crls", path, partial(read_list, octets))
        for path, octets in _contents("smime.crls", values["smime.crls"])
    ]
    return TrustStore(roots=tuple(roots), lists=tuple(lists))


def _read(option: str, path: Path, read: Callable[[], T]) -> T:
    try:
        return read()
    except ValueError as exc:
        raise ConfigError(option, f"cannot use {path}: {exc}") from exc


def _contents(option: str, text: str) -> list[tuple[Path, bytes]]:
    """Give the content of a file, or of all files in a directory; hidden ones are passed over."""
    if not text:
        return []
    path = Path(text)
    try:
        if not path.is_dir():
            return [(path, path.read_bytes())]
        shown = (each for each in path.iterdir() if each.name[0] != "." and each.is_file())
        paths = sorted(shown)
        if len(paths) > _FILES_MAX:
            raise ConfigError(option, f"{path} holds more than {_FILES_MAX} files")
        return [(each, each.read_bytes()) for each in paths]
    except OSError as exc:
        raise ConfigError(option, f"cannot read {exc.filename}: {exc.strerror}") from exc

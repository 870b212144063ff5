"""The files of etc/examples, with the places of a test in them."""

import json
import tomllib
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from carbonio_mobile.service.tls import self_signed

PLACE = Path(__file__).resolve().parents[2] / "etc" / "examples"
FILES = tuple(sorted(one.name for one in PLACE.glob("*.toml")))

Sections = dict[str, dict[str, Any]]

_ETC = "/etc/carbonio-mobile/"


def example(name: str, place: Path, **changes: Mapping[str, Any]) -> Path:
    """Write an example into a directory, with the files that it names and other values put in.

    ``changes`` are those of each section; None takes an option out. Gives the file.
    """
    text = (PLACE / name).read_text(encoding="utf-8")
    document: Sections = tomllib.loads(text.replace(_ETC, f"{place}/"))
    document["server"]["data"] = str(place / "data")
    (place / "data").mkdir(mode=0o700, exist_ok=True)
    for section, values in changes.items():
        held = document.setdefault(section, {})
        held.update(values)
        document[section] = {name: value for name, value in held.items() if value is not None}
    _make_files(place)
    file = place / "carbonio-mobile.toml"
    file.write_text(written(document), encoding="utf-8")
    return file


def _make_files(place: Path) -> None:
    certificate, key = self_signed(["mail.example.com"], now=datetime.now(UTC))
    (place / "fullchain.pem").write_bytes(certificate)
    (place / "carbonio-ca.pem").write_bytes(certificate)
    (place / "privkey.pem").write_bytes(key)
    for name in ("ldap.password", "imap.password"):
        if not (place / name).exists():
            give(place, name, "secret")


def give(place: Path, name: str, password: str) -> None:
    """Put a password into a file that an example names."""
    (place / name).write_text(f"{password}\n")
    (place / name).chmod(0o600)


def written(document: Mapping[str, Mapping[str, Any]]) -> str:
    """Write sections as TOML."""
    lines = []
    for section, values in document.items():
        lines.append(f"[{section}]")
        lines += [f"{name} = {_value(value)}" for name, value in values.items()]
    return "\n".join(lines) + "\n"


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{json.dumps(k)} = {_value(v)}" for k, v in value.items()) + " }"
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    return json.dumps(value, ensure_ascii=False)

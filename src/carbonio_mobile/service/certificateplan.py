"""The option ``tls.certificates``: which files serve which host."""

import difflib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from carbonio_mobile.errors import ConfigError
from carbonio_mobile.service.tls import CertificateFiles, CertificatePlan


def nearest(name: str, known: Mapping[str, object]) -> str:
    """Ask whether another name was meant, if there is one like it."""
    found = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    return f"; did you mean {found[0]}?" if found else ""


def certificate_plan(tables: Sequence[Mapping[str, Any]]) -> CertificatePlan | None:
    """Give the plan of ``tls.certificates``; None where there are none. Raises: ConfigError."""
    default: CertificateFiles | None = None
    by_host: dict[str, CertificateFiles] = {}
    for number, table in enumerate(tables, start=1):
        files, hosts = _certificate(f"tls.certificates, number {number}", table)
        if default is None:
            default = files
        elif not hosts:
            raise ConfigError(f"tls.certificates, number {number}", "names no hosts")
        for host in hosts:
            if by_host.setdefault(host.lower(), files) is not files:
                raise ConfigError("tls.certificates", f"two certificates for {host}")
    return None if default is None else CertificatePlan(default=default, by_host=by_host)


def _certificate(where: str, table: Mapping[str, Any]) -> tuple[CertificateFiles, list[str]]:
    known = {"certificate": str, "key": str, "hosts": list}
    for name, value in table.items():
        if name not in known:
            hint = nearest(name, known)
            raise ConfigError(where, f"no such setting: {name}{hint}")
        if not isinstance(value, known[name]):
            raise ConfigError(where, f"{name} must be {'a list' if name == 'hosts' else 'a path'}")
    hosts = table.get("hosts", [])
    if not all(isinstance(host, str) and host for host in hosts):
        raise ConfigError(where, "hosts must be host names")
    missing = [name for name in ("certificate", "key") if not table.get(name)]
    if missing:
        raise ConfigError(where, f"names no {missing[0]}")
    return CertificateFiles(chain=Path(table["certificate"]), key=Path(table["key"])), hosts

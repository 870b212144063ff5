"""Mobile passwords as records of the product, read from a file: pure.

Spec: ../shared/carbonio/cli.md 4.1 (fields of a record; Base64 of an unsalted SHA-256).
"""

import json
from collections.abc import Iterator, Mapping, Sequence

from carbonio_mobile.admin.calling import AdminFault
from carbonio_mobile.directory.credentials import EAS, SERVICES, SHA256, CredentialWish

_SPELT = {service.lower(): service for service in SERVICES}


def wishes_of(octets: bytes) -> tuple[CredentialWish, ...]:
    """Read a file: JSON with records anywhere in it, or lines of a hash and a label.

    Records of another algorithm are refused, and what has no hash is no record. Raises: AdminFault.
    """
    try:
        text = octets.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        raise AdminFault(f"input_file: expected UTF-8, at octet {exc.start} it is not") from exc
    wishes = _of_json(text) if text.lstrip().startswith(("{", "[")) else tuple(_of_lines(text))
    if not wishes:
        raise AdminFault("input_file: expected at least one record with a hash")
    return wishes


def _of_json(text: str) -> tuple[CredentialWish, ...]:
    try:
        return tuple(_wish(record) for record in _records(json.loads(text)))
    except (ValueError, RecursionError) as exc:
        raise AdminFault(f"input_file: expected JSON: {exc}") from exc


def _records(value: object) -> Iterator[Mapping[str, object]]:
    """Find what looks like a record, however deep the product's answer wraps it."""
    if isinstance(value, dict):
        if "hash" in value:
            yield value
            return
        value = list(value.values())
    if isinstance(value, list):
        for inner in value:
            yield from _records(inner)


def _wish(record: Mapping[str, object]) -> CredentialWish:
    algorithm = str(record.get("algorithm", SHA256)).upper()
    if algorithm != SHA256:
        raise AdminFault(f"input_file: expected the algorithm {SHA256}, got {algorithm[:40]}")
    return CredentialWish(
        label=str(record.get("label") or ""),
        services=_services(record.get("services")),
        hash=str(record["hash"]),
        enabled=str(record.get("enabled", True)).lower() != "false",
    )


def _services(given: object) -> tuple[str, ...]:
    """Read a list of services, or their names with commas between; EAS where none is named."""
    if isinstance(given, Mapping):
        given = [name for name, is_on in given.items() if is_on]
    names: Sequence[object] = given if isinstance(given, list) else str(given or EAS).split(",")
    folded = [str(name).strip().lower() for name in names]
    unknown = next((name for name in folded if name not in _SPELT), None)
    if unknown is not None:
        raise AdminFault(
            f"input_file: expected some of the services {', '.join(SERVICES)}, got {unknown[:40]}"
        )
    return tuple(dict.fromkeys(_SPELT[name] for name in folded))


def _of_lines(text: str) -> Iterator[CredentialWish]:
    for line in text.splitlines():
        found, _, label = line.strip().partition(" ")
        if found:
            yield CredentialWish(hash=found, label=label.strip())

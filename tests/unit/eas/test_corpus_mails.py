"""Real messages as items, in every version and as every type of body."""

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest

from carbonio_mobile.eas.bodies import BodyOptions, BodyPreference, BodyType, MimeSupport
from carbonio_mobile.eas.items.email import application_data, find_properties
from carbonio_mobile.eas.version import OFFERED, Version
from carbonio_mobile.wbxml import Element
from carbonio_mobile.wbxml.codepages import AirSync, AirSyncBase
from tests.unit.eas.eas_mails import CORPUS, mail_of, on_the_wire

INDEX = CORPUS / "INDEX.csv"


def core_mails() -> Iterator[Path]:
    if INDEX.exists():
        with INDEX.open(newline="", encoding="utf-8") as file:
            for row in csv.DictReader(file):
                if row["kind"] == "mail" and row["core"] == "1":
                    yield CORPUS / row["path"]


MAILS = list(core_mails())
pytestmark = pytest.mark.skipif(not MAILS, reason="../shared/corpus is absent")


def options(kind: BodyType, limit: int | None) -> BodyOptions:
    return BodyOptions(
        preferences=(BodyPreference(type=kind, truncation_bytes=limit, preview_chars=100),),
        mime_support=MimeSupport.ALWAYS,
    )


@pytest.mark.parametrize("path", MAILS, ids=lambda path: str(path.relative_to(CORPUS)))
def test_mail_arrives_well_formed_with_the_sizes_announced(path: Path) -> None:
    """Corpus README, what every file should survive, 1: valid, sizes true, MIME octet for octet."""
    source = path.read_bytes()
    item = mail_of(source)
    for kind in (BodyType.PLAIN, BodyType.HTML, BodyType.MIME):
        for limit in (0, 512, 32_768, None):
            data = application_data(item, options(kind, limit), Version.V16_1)
            body = Element(AirSync.ApplicationData, on_the_wire(data, "16.1")).find(
                AirSyncBase.Body
            )
            assert body is not None
            _check(body, limit, source if kind is BodyType.MIME else None)
        for version in OFFERED:
            on_the_wire(application_data(item, options(kind, 512), version), version.text)
    assert find_properties(item, Version.V16_1)


def _check(body: Element, limit: int | None, source: bytes | None) -> None:
    found = body.find(AirSyncBase.Data)
    octets = b"" if found is None else found.octets
    size = int(body.value(AirSyncBase.EstimatedDataSize, ""))
    truncated = body.value(AirSyncBase.Truncated) == "1"
    assert found is None or octets
    assert limit is None or len(octets) <= limit
    assert (len(octets) < size) is truncated
    assert len(octets) == size or truncated
    if source is not None:
        assert size == len(source)
        assert source.startswith(octets)

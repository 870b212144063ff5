"""Large messages drawn from BODYSTRUCTURE and their texts, against what their octets say.

The server is made of our own scanner, so that structure and source agree; what a real one tells
otherwise is seen in tests/interop/test_mailcontents.py.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from itertools import islice

import pytest

from carbonio_mobile.ids import PartId
from carbonio_mobile.imap.responses import Fetch
from carbonio_mobile.imap.sketch import leaves
from carbonio_mobile.imap.structure import BodyPart
from carbonio_mobile.mailbox.gateway.mail.drawing import (
    Drawing,
    Outline,
    draw,
    draw_part,
    plan,
    plan_part,
    planned_sections,
    read_outline,
    reduced,
)
from carbonio_mobile.mime.attachments import MESSAGE_TYPES, attachment
from carbonio_mobile.mime.extract import Extracted, extract
from carbonio_mobile.mime.parameters import parse_parameterised
from carbonio_mobile.mime.structure import Part, find, scan, top_fields
from tests.unit.mime.corpus import ROOT, mails

UNTOLD = {
    "a multipart does not end with its closing delimiter",
    "a header line without a field name",
    "parts beyond 2000 were not read",
}
"""Faults between the parts, which a structure does not tell."""


class Server:
    """Tells of one message as an IMAP server does."""

    def __init__(self, source: bytes) -> None:
        self.source = re.sub(rb"\r\n|\r|\n", b"\r\n", source)
        self.root = scan(self.source).root

    def outline(self) -> Outline | None:
        """Answer the first question."""
        header = self.source[: self.root.body_start]
        answer = Fetch(1, 1, structure=self._structure(self.root))
        answer.sections["BODY[HEADER]<0>"] = header
        return read_outline(answer)

    def _structure(self, part: Part) -> BodyPart:
        disposition, named = parse_parameterised(part.fields.first("content-disposition"))
        encoding = part.fields.first("content-transfer-encoding").strip().lower().decode("latin-1")
        embedded, subject = (), b""
        if part.content_type in MESSAGE_TYPES:
            embedded = (BodyPart(section=f"{part.id}.1", content_type="text/plain"),)
            subject = top_fields(self.source[part.body_start : part.end]).first("subject")
        return BodyPart(
            section=part.id,
            content_type=part.content_type,
            parameters=_octets(part.parameters),
            content_id=part.fields.first("content-id"),
            encoding=encoding,
            size=part.end - part.body_start,
            disposition=disposition,
            disposition_parameters=_octets(named),
            location=part.fields.first("content-location"),
            subject=subject.strip(),
            parts=tuple(map(self._structure, part.children)) or embedded,
        )

    def give(self, items: tuple[str, ...]) -> dict[str, bytes | None]:
        """Answer the second question."""
        names = planned_sections(items)
        return {name: self._section(name, item) for name, item in zip(names, items, strict=True)}

    def _section(self, name: str, item: str) -> bytes | None:
        most = int(item.partition("<0.")[2].rstrip(">") or len(self.source))
        part = find(self.root, name.removesuffix(".MIME"))  # type: ignore[arg-type]  # a number
        if name == "HEADER" or part is None:
            return self.source[: self.root.body_start][:most]
        if name.endswith(".MIME"):
            return self.source[part.start : part.body_start][:most]
        return self.source[part.body_start : part.end][:most]


def _octets(parameters: Mapping[str, str]) -> dict[str, bytes]:
    return {name: value.encode() for name, value in parameters.items()}


def drawn(server: Server, most_bytes: int = 1 << 40) -> Drawing | None:
    """Do all that is done for a message."""
    outline = server.outline()
    if outline is None:
        return None
    found = draw(outline, server.give(plan(outline, most_bytes)))
    for part in islice(leaves(outline.structure), 5):
        alone = draw_part(outline, server.give(plan_part(outline, part)))
        assert (alone is None) is (found is None)
        if alone is not None:
            number = PartId(part.section)
            assert attachment(alone, number) == attachment(server.source, number)
    return found


def told(drawing: Drawing, size_bytes: int) -> Extracted:
    """Extract, with the sizes put right."""
    found = extract(drawing.octets, received_at=5.0)
    attachments = tuple(
        replace(one, size_bytes=drawing.sizes.get(one.part, one.size_bytes))
        for one in found.record.attachments
    )
    faults = tuple(one for one in found.record.faults if one not in UNTOLD)
    record = replace(found.record, attachments=attachments, size_bytes=size_bytes, faults=faults)
    return replace(found, record=record)


def without_sizes(one: Extracted) -> Extracted:
    """Leave the sizes of attachments out."""
    attachments = tuple(replace(each, size_bytes=0) for each in one.record.attachments)
    return replace(one, record=replace(one.record, attachments=attachments))


@pytest.mark.skipif(not ROOT.exists(), reason="the corpus is not here")
def test_corpus() -> None:
    """Drawn messages have the records, texts and parts of the messages themselves.

    What differs is broken between its parts, so that the first field that a sketch puts in front
    mends it.
    """
    differing, counts = [], {True: 0, False: 0}
    for name, source in mails(core=False):
        server = Server(source)
        drawing = drawn(server)
        counts[drawing is not None] += 1
        if drawing is None:
            continue
        size = len(server.source)
        whole = told(Drawing(octets=server.source), size)
        found = told(drawing, size)
        if without_sizes(found) != without_sizes(whole):
            differing.append(name)
            continue
        for ours, theirs in zip(found.record.attachments, whole.record.attachments, strict=True):
            assert abs(ours.size_bytes - theirs.size_bytes) <= 64 + theirs.size_bytes // 30, name
    assert counts[True] > 20 * counts[False]
    assert differing == []


@pytest.mark.skipif(not ROOT.exists(), reason="the corpus is not here")
def test_corpus_reduced() -> None:
    """A message without the parts that nobody looks into says the same, with the same sizes."""
    differing = []
    for name, source in mails(core=False):
        drawing, is_cut = reduced(source, 1 << 30)
        assert not is_cut
        if told(drawing, len(source)) != told(Drawing(octets=source), len(source)):
            differing.append(name)
    assert differing == []

"""The parts of a message by position: where each begins, what it says it is, where it ends.

The octets stay where they are; a part is a pair of offsets. So an attached message is fetched
exactly as it was sent, which the standard parser (it builds new text) cannot promise, and the worst
message costs one pass: nothing recurses, and parts, nesting and header fields are bounded.

Spec: RFC 5322 2.2, RFC 2046 5.1, RFC 2045 5.2 (defaults).
"""

import re
from dataclasses import dataclass, field

from carbonio_mobile.ids import PartId
from carbonio_mobile.mime.parameters import parse_parameterised

MAX_DEPTH = 30
MAX_PARTS = 2000
MAX_HEADER_BYTES = 1 << 20
MAX_FIELDS = 2000
MAX_FALSE_DELIMITERS = 20_000

_FIELD_NAME = re.compile(rb"[!-9;-~]{1,200}[ \t]*:")
_AFTER_DELIMITER = re.compile(rb"(--)?[ \t]*(?:\r\n|\n|\r|\Z)")


class Fields:
    """The header fields of one part, by lower-case name, as raw octets still folded."""

    __slots__ = ("_values",)

    def __init__(self) -> None:
        self._values: dict[str, list[bytes]] = {}

    def add(self, name: str, value: bytes) -> None:
        """Note one more field, in the order of the message."""
        self._values.setdefault(name, []).append(value)

    def first(self, name: str) -> bytes:
        """Give the first field of this name, or nothing."""
        values = self._values.get(name)
        return values[0] if values else b""

    def all(self, name: str) -> list[bytes]:
        """Give every field of this name, in order."""
        return self._values.get(name, [])

    def __contains__(self, name: str) -> bool:
        return name in self._values


@dataclass(slots=True, kw_only=True)
class Part:
    """One part: ``source[start:body_start]`` is its header, ``source[body_start:end]`` its body.

    ``content_type`` is lower case, ``parameters`` are decoded (RFC 2231) with lower-case names.
    ``id`` is empty for a multipart that is the message itself.
    """

    id: PartId
    start: int
    body_start: int
    end: int
    fields: Fields
    content_type: str
    parameters: dict[str, str]
    children: list["Part"] = field(default_factory=list)

    @property
    def maintype(self) -> str:
        """The half of the content type before the slash."""
        return self.content_type.partition("/")[0]


@dataclass(slots=True, kw_only=True)
class Structure:
    """A scanned message and what was wrong with it."""

    root: Part
    faults: list[str]


def scan(source: bytes) -> Structure:
    """Find every part of a message; any bytes whatever give a structure."""
    faults: list[str] = []
    start = _after_envelope_line(source)
    root = _open(source, PartId("1"), start, len(source), "text/plain", faults)
    pending = [(root, 1)]
    if root.maintype == "multipart":
        root.id = PartId("")
    count = 1
    while pending:
        part, depth = pending.pop()
        if part.maintype != "multipart":
            continue
        if depth > MAX_DEPTH:
            _note(faults, f"parts nested deeper than {MAX_DEPTH} were not opened")
            part.content_type = "application/octet-stream"
            continue
        count = _fill(source, part, count, faults)
        pending.extend((child, depth + 1) for child in part.children)
    return Structure(root=root, faults=faults)


def top_fields(source: bytes) -> Fields:
    """Read the header of a message and nothing more."""
    start = _after_envelope_line(source)
    header_end, _ = _header_bounds(source, start, len(source), [])
    return parse_fields(source[start:header_end], [])[0]


def find(root: Part, part_id: PartId) -> Part | None:
    """Give the part of this position, or None."""
    if root.id == part_id:
        return root
    here = root
    try:
        for step in part_id.split("."):
            here = here.children[int(step) - 1]
    except (ValueError, IndexError):
        return None
    return here if here.id == part_id else None


def _fill(source: bytes, part: Part, count: int, faults: list[str]) -> int:
    """Find the children of one multipart; give the number of parts seen so far."""
    spans = _split(source, part, MAX_PARTS - count, faults)
    default = "message/rfc822" if part.content_type == "multipart/digest" else "text/plain"
    prefix = f"{part.id}." if part.id else ""
    for number, (start, end) in enumerate(spans, 1):
        child_id = PartId(f"{prefix}{number}")
        part.children.append(_open(source, child_id, start, end, default, faults))
    if not spans:
        _note(faults, "a multipart without parts was read as plain text")
        part.content_type = "text/plain"
        if not part.id:
            part.id = PartId("1")
    return count + len(spans)


def _note(faults: list[str], fault: str) -> None:
    if fault not in faults:
        faults.append(fault)


def _after_envelope_line(source: bytes) -> int:
    """Step over the line that mailbox files put before a message, and the mark that editors do."""
    start = 3 if source.startswith(b"\xef\xbb\xbf") else 0
    if source.startswith((b"From ", b">From "), start):
        return max(start, source.find(b"\n", start, start + 1000) + 1)
    return start


def _open(
    source: bytes, part_id: PartId, start: int, end: int, default: str, faults: list[str]
) -> Part:
    header_end, body_start = _header_bounds(source, start, end, faults)
    fields, consumed = parse_fields(source[start:header_end], faults)
    if consumed is not None:
        body_start = start + consumed
    content_type = default
    parameters: dict[str, str] = {}
    if "content-type" in fields:
        said, parameters = parse_parameterised(fields.first("content-type"))
        main, slash, sub = said.partition("/")
        # RFC 2045 5.2: what cannot be read is text/plain. "text" alone is seen from old mailers.
        content_type = said if main and slash and sub else "text/plain"
        if content_type.startswith("multipart/") and not parameters.get("boundary"):
            _note(faults, "a multipart without boundary was read as plain text")
            content_type = "text/plain"
    return Part(
        id=part_id,
        start=start,
        body_start=body_start,
        end=end,
        fields=fields,
        content_type=content_type,
        parameters=parameters,
    )


def _header_bounds(source: bytes, start: int, end: int, faults: list[str]) -> tuple[int, int]:
    """Give where the header of a part ends and where its body begins."""
    for empty in (b"\r\n", b"\n", b"\r"):
        if source.startswith(empty, start, end):
            return start, start + len(empty)
    limit = min(end, start + MAX_HEADER_BYTES)
    best = (limit, limit)
    for line_end, blank in ((b"\n\r\n", 3), (b"\n\n", 2), (b"\r\r", 2)):
        at = source.find(line_end, start, min(limit, best[0] + 3))
        if at >= 0 and at < best[0] and (line_end != b"\r\r" or b"\n" not in source[start:at]):
            best = (at + 1, at + blank)
    if best[0] == limit < end:
        _note(faults, f"a header longer than {MAX_HEADER_BYTES} octets was cut")
    return best


def parse_fields(block: bytes, faults: list[str]) -> tuple[Fields, int | None]:
    """Read a header block: its fields, and where the body began if no empty line came first."""
    if b"\n" not in block and b"\r" in block:
        block = block.replace(b"\r", b"\n")
    fields, name, pieces, offset = Fields(), "", [], 0
    lines = block.split(b"\n")
    count = 0
    for number, line in enumerate(lines):
        if line[:1] in (b" ", b"\t"):
            pieces.append(line)
        elif _FIELD_NAME.match(line):
            if name:
                fields.add(name, b"\n".join(pieces))
            count += 1
            if count > MAX_FIELDS:
                _note(faults, f"header fields beyond {MAX_FIELDS} were not read")
                return fields, None
            label, _, value = line.partition(b":")
            name, pieces = label.strip().decode("ascii").lower(), [value]
        elif line.strip():
            _note(faults, "a header line without a field name")
            following = lines[number + 1] if number + 1 < len(lines) else b""
            if not name or not _FIELD_NAME.match(following):
                if name:
                    fields.add(name, b"\n".join(pieces))
                return fields, offset
        offset += len(line) + 1
    if name:
        fields.add(name, b"\n".join(pieces))
    return fields, None


def _split(source: bytes, part: Part, limit: int, faults: list[str]) -> list[tuple[int, int]]:
    """Cut the body of a multipart at its delimiter lines; the preamble and epilogue fall away."""
    delimiter = b"--" + part.parameters["boundary"].encode("utf-8", "surrogateescape")
    spans: list[tuple[int, int]] = []
    opened, at, missed = -1, part.body_start, 0
    while missed < MAX_FALSE_DELIMITERS:
        at = source.find(delimiter, at, part.end)
        if at < 0:
            break
        after = _AFTER_DELIMITER.match(source, at + len(delimiter), part.end)
        if after is None or (at > part.body_start and source[at - 1] not in b"\r\n"):
            missed += 1
            at += 1
            continue
        if opened >= 0:
            spans.append((opened, max(opened, _before_line_end(source, at))))
        if after.group(1):
            return spans
        if len(spans) >= limit:
            _note(faults, f"parts beyond {MAX_PARTS} were not read")
            return spans
        opened = at = after.end()
    if opened >= 0:
        _note(faults, "a multipart does not end with its closing delimiter")
        spans.append((opened, part.end))
    return spans


def _before_line_end(source: bytes, at: int) -> int:
    """Step back over the line end that belongs to the delimiter after it (RFC 2046 5.1.1)."""
    if at >= 1 and source[at - 1] == 0x0A:
        at -= 1
        if at >= 1 and source[at - 1] == 0x0D:
            at -= 1
    elif at >= 1 and source[at - 1] == 0x0D:
        at -= 1
    return at

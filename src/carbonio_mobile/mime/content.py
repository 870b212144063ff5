"""The content of one part: transfer encoding undone, text decoded and unflowed.

Spec: RFC 2045 6, RFC 3676 4.
"""

import binascii
import re
import string

from carbonio_mobile.mime.charsets import decode
from carbonio_mobile.mime.structure import Part

MAX_BASE64_BLOCKS = 1000
MAX_BROKEN_UU_LINES = 1000

_BASE64 = (string.ascii_letters + string.digits + "+/=").encode()
_NOT_BASE64 = bytes(set(range(256)) - set(_BASE64))
_PADDING = re.compile(rb"=+")
_BAD_CHARACTERS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_META = r"(<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*)([A-Za-z0-9_.:-]{1,40})"
_META_SAID = re.compile(_META, re.IGNORECASE)
_META_CHARSET = re.compile(_META.encode(), re.IGNORECASE)
_META_WINDOW = 4096


def decoded(source: bytes, part: Part) -> bytes:
    """Give the content of a part with its transfer encoding undone, as far as it can be.

    An unknown encoding gives the octets as they stand (RFC 2045 6.4). Never raises.
    """
    body = source[part.body_start : part.end]
    encoding = _encoding(part)
    if encoding.startswith(b"base64"):
        return _base64(body)
    if encoding.startswith((b"quoted-printable", b"quotedprintable")):
        # Files from old Macs end their lines in CR alone, which the decoder does not know.
        return binascii.a2b_qp(body if b"\n" in body else body.replace(b"\r", b"\n"))
    if encoding in (b"x-uuencode", b"uuencode", b"x-uue", b"uue"):
        return _uuencoded(body)
    return body


def decoded_size(source: bytes, part: Part) -> int:
    """Give how many octets ``decoded`` gives, for less where they are base64. Never raises."""
    if _encoding(part).startswith(b"base64"):
        letters = _letters(source[part.body_start : part.end])
        if b"=" not in letters:
            return len(letters) * 3 // 4
    return len(decoded(source, part))


def text_of(source: bytes, part: Part, faults: list[str]) -> str:
    """Give a text part as text with LF line ends, what was wrong to ``faults``. Never raises."""
    octets = decoded(source, part)
    label = part.parameters.get("charset", "")
    html = part.content_type == "text/html"
    if html and not label:
        said = _META_CHARSET.search(octets, 0, _META_WINDOW)
        label = said.group(2).decode("ascii") if said else ""
    if octets.startswith((b"\xff\xfe", b"\xfe\xff")):
        label = "utf-16"
    text, fault = decode(octets, label)
    if fault and fault not in faults:
        faults.append(fault)
    text = clean_text(text)
    if html:
        return _as_utf8_page(text)
    if part.parameters.get("format", "").lower() == "flowed":
        return unflow(text, delsp=part.parameters.get("delsp", "").lower() == "yes")
    return text


def clean_text(text: str) -> str:
    """Give text with LF line ends and without what XML 1.0 cannot carry."""
    text = text.removeprefix("\ufeff")
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _BAD_CHARACTERS.sub("", text) if _BAD_CHARACTERS.search(text) else text


def unflow(text: str, *, delsp: bool) -> str:
    """Join the soft line breaks of format=flowed text; quote levels keep their own lines."""
    out: list[list[str]] = []
    open_depth = -1
    for line in text.split("\n"):
        content = line.lstrip(">")
        depth = len(line) - len(content)
        if content.startswith(" "):
            content = content[1:]
        signature = content == "-- "
        soft = content.endswith(" ") and not signature
        if soft and delsp:
            content = content[:-1]
        if open_depth == depth and not signature:
            out[-1].append(content)
        else:
            out.append([f"{'>' * depth} {content}" if depth else content])
        open_depth = depth if soft else -1
    return "\n".join("".join(pieces) for pieces in out)


def _encoding(part: Part) -> bytes:
    return part.fields.first("content-transfer-encoding").strip().strip(b"\"';").lower()


def _letters(body: bytes) -> bytes:
    return body.translate(None, _NOT_BASE64).rstrip(b"=")


def _base64(body: bytes) -> bytes:
    letters = _letters(body)
    # Some gateways add a footer, some mailers join several encoded blocks.
    chunks = _PADDING.split(letters, MAX_BASE64_BLOCKS) if b"=" in letters else [letters]
    return b"".join(_base64_block(chunk.replace(b"=", b"")) for chunk in chunks)


def _base64_block(letters: bytes) -> bytes:
    if len(letters) % 4 == 1:
        letters = letters[:-1]
    return binascii.a2b_base64(letters + b"=" * (-len(letters) % 4))


def _uuencoded(body: bytes) -> bytes:
    out: list[bytes] = []
    broken = 0
    for line in body.splitlines():
        if line[:6] in (b"begin ", b"end"):
            continue
        try:
            out.append(binascii.a2b_uu(line))
        except binascii.Error:
            broken += 1
            if broken > MAX_BROKEN_UU_LINES:  # an exception a line is 2 s a MiB
                break
            # Broken encoders count wrongly; the length octet says how much is meant.
            length = (((line[0] - 32) & 63) * 4 + 5) // 3 if line else 0
            out.append(_uu_again(line[:length]))
    return b"".join(out)


def _uu_again(line: bytes) -> bytes:
    try:
        return binascii.a2b_uu(line)
    except binascii.Error:
        return b""


def _as_utf8_page(text: str) -> str:
    """Let a page name the charset in which it is sent on, which is always UTF-8."""
    if "charset" not in text[:_META_WINDOW]:
        return text
    head = _META_SAID.sub(r"\g<1>utf-8", text[:_META_WINDOW])
    return head + text[_META_WINDOW:]

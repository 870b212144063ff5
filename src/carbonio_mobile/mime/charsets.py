"""Octets of a named, misnamed or unnamed character set as text; code page numbers for the names.

Spec: MS-ASEMAIL 2.2.2.42 (InternetCPID); labels read as browsers read them, where they differ from
the registry (ISO-8859-1 is Windows-1252 in the wild).
"""

import codecs
import re
from functools import lru_cache

import charset_normalizer

_LABELS = {
    "ascii": "cp1252",
    "us-ascii": "cp1252",
    "ansi": "cp1252",
    "iso-8859-1": "cp1252",
    "latin1": "cp1252",
    "latin-1": "cp1252",
    "iso8859-1": "cp1252",
    "iso-8859-8-i": "iso8859-8",
    "iso-8859-8-e": "iso8859-8",
    "iso-8859-9": "cp1254",
    "iso-8859-11": "cp874",
    "tis-620": "cp874",
    "windows-874": "cp874",
    "dos-874": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "gb_2312-80": "gb18030",
    "x-gbk": "gb18030",
    "chinese": "gb18030",
    "ks_c_5601-1987": "cp949",
    "ks_c_5601": "cp949",
    "ksc5601": "cp949",
    "euc-kr": "cp949",
    "korean": "cp949",
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "x-sjis": "cp932",
    "sjis": "cp932",
    "windows-31j": "cp932",
    "iso-2022-jp": "iso2022_jp_ext",
    "iso-2022-jp-ms": "iso2022_jp_ext",
    "cp50220": "iso2022_jp_ext",
    "big5": "cp950",
    "x-x-big5": "cp950",
    "unicode-1-1-utf-7": "utf-7",
    "unicode-1-1-utf-8": "utf-8",
    "utf8mb4": "utf-8",
    "unicode": "utf-8",
    "macintosh": "mac-roman",
    "x-mac-roman": "mac-roman",
    "x-mac-cyrillic": "mac-cyrillic",
}

# Codecs of Python that are no character set of mail, or cost more than linear time.
_NOT_FOR_MAIL = re.compile(
    r"idna|punycode|escape|undefined|mbcs|oem|rot.?13|base64|zlib|bz2|hex|quopri|uu|charmap"
)

_CODEPAGES = {
    "utf-8": 65001,
    "utf-7": 65000,
    "utf-16": 1200,
    "utf-16-le": 1200,
    "utf-16-be": 1201,
    "ascii": 20127,
    "gb18030": 54936,
    "cp932": 932,
    "cp949": 949,
    "cp950": 950,
    "big5hkscs": 950,
    "iso2022_jp_ext": 50220,
    "iso2022_jp": 50220,
    "iso2022_kr": 50225,
    "euc_jp": 51932,
    "hz": 52936,
    "koi8-r": 20866,
    "koi8-u": 21866,
    "mac-roman": 10000,
    "mac-cyrillic": 10007,
    **{f"iso8859-{n}": 28590 + n for n in (2, 3, 4, 5, 6, 7, 8, 13, 15)},
}
_CODEPAGES_BY_LABEL = {
    "us-ascii": 20127,
    "ascii": 20127,
    "iso-8859-1": 28591,
    "latin1": 28591,
    "iso-8859-9": 28599,
    "iso-8859-8-i": 38598,
    "gb2312": 936,
    "gbk": 936,
    "euc-kr": 51949,
}

UTF8 = 65001
_GUESS_BYTES = 4096


@lru_cache(maxsize=512)
def codec_name(label: str) -> str:
    """Give Python's name of the codec for a charset label, empty where there is none."""
    name = label.strip().strip("\"'").lower()[:60]
    if not name or _NOT_FOR_MAIL.search(name):
        return ""
    try:
        found = codecs.lookup(_LABELS.get(name, name)).name
    except (LookupError, ValueError):
        return ""
    return "" if _NOT_FOR_MAIL.search(found) else found


@lru_cache(maxsize=512)
def codepage(label: str) -> int:
    """Give the Windows code page number of a charset label, 65001 (UTF-8) where there is none."""
    name = label.strip().strip("\"'").lower()[:60]
    if name in _CODEPAGES_BY_LABEL:
        return _CODEPAGES_BY_LABEL[name]
    codec = codec_name(name)
    if codec.startswith("cp") and codec[2:].isdigit():
        return int(codec[2:])
    return _CODEPAGES.get(codec, UTF8)


def decode(octets: bytes, label: str) -> tuple[str, str]:
    """Decode text that says it is in ``label``; never raises.

    What is not valid in the named charset is tried as UTF-8, then guessed from its octets, and in
    the end read in the named charset with replacement characters.

    Returns: the text, and in words what was wrong, empty if nothing.
    """
    if octets.isascii() and b"\x1b" not in octets and not _shifted(label):
        return octets.decode("ascii"), ""
    codec = codec_name(label)
    if codec and codec != "cp1252":
        try:
            return octets.decode(codec), ""
        except (UnicodeError, ValueError, OverflowError):
            pass
    try:
        text = octets.decode("utf-8")
    except UnicodeDecodeError:
        return _decode_by_guess(octets, label, codec)
    lied = codec not in ("", "utf-8", "cp1252")
    return text, f"text is utf-8, not {codec}" if lied else ""


def decode_header_octets(octets: bytes, label: str = "") -> str:
    """Decode raw 8-bit octets of a header: UTF-8, then ``label``, then Windows-1252."""
    try:
        return octets.decode("utf-8")
    except UnicodeDecodeError:
        codec = codec_name(label) or "cp1252"
        if codec == "utf-8":
            codec = "cp1252"
        return octets.decode(codec, "replace")


def _shifted(label: str) -> bool:
    """Say whether ASCII octets may mean other characters in this charset."""
    name = label.lower()
    return "utf-7" in name or "utf-16" in name or "utf-32" in name or name.startswith("hz")


def _decode_by_guess(octets: bytes, label: str, codec: str) -> tuple[str, str]:
    if codec == "cp1252":
        return octets.decode("cp1252", "replace"), ""
    if codec and codec != "utf-8":
        return octets.decode(codec, "replace"), f"text is not valid {codec}"
    what = "text is not valid utf-8" if codec else _missing(label)
    # A damaged character is no reason to call the whole text something else.
    if codec and not octets.decode("utf-8", "ignore").isascii():
        return octets.decode("utf-8", "replace"), what
    return octets.decode(_guess(octets), "replace"), what


def _missing(label: str) -> str:
    return f"unknown charset {label[:40]!a}" if label else "8-bit text without charset"


def _guess(octets: bytes) -> str:
    """Name the codec that a sample of the octets looks like; Windows-1252 without a good reason."""
    sample = octets[:_GUESS_BYTES]
    if sum(octet > 0x7F for octet in sample) < 16:
        return "cp1252"
    best = charset_normalizer.from_bytes(sample, steps=4, chunk_size=512).best()
    if best is None or best.chaos > 0.1:
        return "cp1252"
    return codec_name(best.encoding) or "cp1252"

"""The values of vCard properties, to and from what a contact holds.

Spec: RFC 6350 6.2 to 6.7; RFC 2426 3; MS-ASCNTC 2.2.2.
"""

import re
from base64 import b64encode
from datetime import date
from urllib.parse import unquote_to_bytes

from carbonio_mobile.pim.contact import NO_ADDRESS, Address
from carbonio_mobile.pim.contentlines import (
    ContentLine,
    Params,
    clean,
    encode_source,
    escape,
    from_base64,
    param_value,
    split_value,
    unescape,
)

MAX_PICTURE_BYTES = 8 * 1024 * 1024

NAME_PARAM = "X-CARBONIO-MOBILE-NAME"
"""Holds the display name that ActiveSync shows before an e-mail address."""

_NO_YEAR = 1604
"""What Apple writes for the year of a date without one."""
_DATE = re.compile(r"(\d{4})-?(\d\d)-?(\d\d)(?:[Tt ].*)?\Z", re.ASCII)
_DATA = re.compile(r"data:[^,;]*(?:;(?!base64)[^,;]*)*(;base64)?,", re.IGNORECASE)
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S")
_SHOWN_EMAIL = re.compile(r'"([^"\n]*)" <([^<>@\s"]+@[^<>\s"]+)>\Z')
_KANA = re.compile("[\u3040-\u30ff\uff66-\uff9f]")
_IMAGES = (
    (b"\xff\xd8\xff", "jpeg"),
    (b"\x89PNG", "png"),
    (b"GIF8", "gif"),
    (b"BM", "bmp"),
    (b"II*\0", "tiff"),
    (b"MM\0*", "tiff"),
)


def read_text(line: ContentLine) -> str:
    """Read a single text."""
    return clean(unescape(line.text())).strip()


def read_note(line: ContentLine) -> str:
    """Read a text whose blanks at either end count."""
    return clean(unescape(line.text()))


def read_listed(line: ContentLine) -> str:
    """Read a list that is shown as one text, ``"Jim, Jimmie"``."""
    return listed(line.text(), line.plain)


def listed(raw: str, plain: bool) -> str:
    """Give a component that may be a list as one text."""
    if plain or "," not in raw:
        return clean(unescape(raw)).strip()
    parts = (clean(unescape(part)).strip() for part in split_value(raw, ","))
    return ", ".join(part for part in parts if part)


def read_components(line: ContentLine, count: int) -> tuple[str, ...]:
    """Read the first components of a structured value, all of them, empty where absent."""
    raw = split_value(line.text(), ";")[:count]
    found = [listed(one, line.plain) if one else "" for one in raw]
    return tuple(found + [""] * (count - len(found)))


def write_components(old: str, before: tuple[str, ...], now: tuple[str, ...], plain: bool) -> str:
    """Write the components that differ into a structured value; every other stays as it was."""
    raw = split_value(old, ";")
    raw += [""] * (len(now) - len(raw))
    for index, text in enumerate(now):
        if text != before[index]:
            raw[index] = escape(text, plain=plain)
    return ";".join(raw)


def read_values(line: ContentLine) -> list[str]:
    """Read a list of texts."""
    parts = split_value(line.text(), ",")
    return [text for part in parts if (text := clean(unescape(part)).strip())]


def read_date(line: ContentLine) -> date | None:
    """Read a whole date, None for any other (a year or a day alone, a text, none).

    Its time and zone are not looked at (MS-ASCNTC R999).
    """
    found = _DATE.match(line.text().strip())
    if found is None or int(found[1]) == _NO_YEAR:
        return None
    try:
        return date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        return None


def write_date(value: date, *, dashed: bool) -> str:
    """Write a date: with dashes for vCard 3.0 and 2.1, without for 4.0."""
    text = value.isoformat()
    return text if dashed else text.replace("-", "")


def read_address(line: ContentLine) -> Address:
    """Read ADR; post office box and extension come as lines of the street."""
    box, extension, street, city, state, code, country = read_components(line, 7)
    if not (box or extension or street or city or state or code or country):
        return NO_ADDRESS
    lines = f"{box}\n{extension}\n{street}".split("\n")
    return Address(
        street="\n".join(text for one in lines if (text := one.strip())),
        city=city,
        state=state,
        postal_code=code,
        country=country,
    )


def write_address(address: Address, old: str, before: Address, plain: bool) -> str:
    """Write an address into the value of ADR that ``before`` was read from."""
    raw = split_value(old, ";")
    if address.street != before.street:
        raw[:3] = ["", "", escape(address.street, plain=plain)]
    was = ("", before.city, before.state, before.postal_code, before.country)
    now = ("", address.city, address.state, address.postal_code, address.country)
    rest = write_components(";".join(["", *raw[3:]]), was, now, plain)
    return ";".join((raw[:3] + [""] * 3)[:3]) + rest


def read_email(line: ContentLine) -> str:
    """Read an e-mail address as ActiveSync shows it."""
    address = read_text(line)
    name = line.param(NAME_PARAM) if address else ""
    return f'"{name}" <{address}>' if name else address


def write_email(text: str) -> tuple[str, Params]:
    """Split an address into what EMAIL holds and the parameter for its display name."""
    found = _SHOWN_EMAIL.match(text)
    if found is None or not found[1] or found[1] != found[1].strip():
        return text, []
    return found[2], [(NAME_PARAM, param_value(found[1]))]


def read_phone(line: ContentLine) -> str:
    """Read a telephone number; the extension of a tel: URI is written out."""
    text = read_text(line)
    if not is_tel_uri(text) or (line.head and line.param("VALUE").lower() == "text"):
        return text
    number, _, rest = text[4:].partition(";")
    extension = next((one[4:] for one in rest.split(";") if one[:4].lower() == "ext="), "")
    return f"{number} ext. {extension}" if extension else number


def is_tel_uri(text: str) -> bool:
    """Tell whether a text begins as a tel: URI does."""
    return text[:4].lower() == "tel:"


def is_uri(text: str) -> bool:
    """Tell whether a text begins as a URI does."""
    return _URI.match(text) is not None


def is_external(line: ContentLine) -> bool:
    """Tell whether a PHOTO names a picture that is elsewhere."""
    start = line.value.lstrip()[:5].lower()
    return start != "data:" and (
        line.param("VALUE").lower() in ("uri", "url") or is_uri(line.value[:200].strip())
    )


def read_picture(line: ContentLine) -> bytes:
    """Read an inline picture, nothing for one that is broken, elsewhere, or larger than 8 MiB."""
    value = line.value.strip()
    found = _DATA.match(value.replace("\\", "")[:200]) if value[:5].lower() == "data:" else None
    if found is None:
        octets = line.base64()
    else:
        # Some writers escape the comma and the semicolon of a data URI.
        packed = value.partition(",")[2]
        octets = from_base64(packed) if found[1] else unquote_to_bytes(encode_source(packed))
    return octets if octets and len(octets) <= MAX_PICTURE_BYTES else b""


def write_picture(octets: bytes, version: int) -> tuple[str, Params]:
    """Write a picture as a version of vCard does: value and parameters."""
    kind = next((name for magic, name in _IMAGES if octets.startswith(magic)), "")
    packed = b64encode(octets).decode("ascii")
    if version >= 40:
        media = f"image/{kind}" if kind else "application/octet-stream"
        return f"data:{media};base64,{packed}", []
    params = [("ENCODING", "b" if version == 30 else "BASE64")]
    return packed, params + ([("TYPE", kind.upper())] if kind else [])


def kana_sort(line: ContentLine, count: int) -> tuple[str, ...]:
    """Give the parts of SORT-AS if it says how Japanese is spoken, else empty texts."""
    text = line.param("SORT-AS") if "SORT-AS" in line.head.upper() else ""
    if not _KANA.search(text):
        return ("",) * count
    raw = next(value for name, value in line.params() if name == "SORT-AS")
    parts = [one.strip() for one in raw.replace('"', "").split(",")]
    return tuple((parts + [""] * count)[:count])

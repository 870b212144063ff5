"""The body of a contact, event, task or note, to and from its elements.

From 12.0 on it is airsyncbase:Body, chosen as the body of a message is: the wanted type nearest to
the stored one, cut on a character. In 2.5 it is the class's own Body, plain text.

Spec: MS-ASAIRS 2.2.2.9 (Body), 2.2.2.20 (Data), 2.2.2.32 (NativeBodyType), 2.2.2.41 (Type);
MS-ASCMD 2.2.3.184 (Truncation).
"""

from collections.abc import Callable, Mapping
from dataclasses import replace

from carbonio_mobile.eas.bodychoice import Body, body_element, cut_text, fitting, readable
from carbonio_mobile.eas.bodyoptions import BodyOptions, BodyPreference, BodyType
from carbonio_mobile.eas.items.faults import ItemFault
from carbonio_mobile.eas.version import Version
from carbonio_mobile.mime.bodies import html_to_text, preview, text_to_html
from carbonio_mobile.mime.rtf import rtf_to_text
from carbonio_mobile.pim.text import Text
from carbonio_mobile.wbxml.codepages import AirSyncBase, Calendar, Contacts, Tasks
from carbonio_mobile.wbxml.elements import Element
from carbonio_mobile.wbxml.tokens import Tag

MAX_BODY_CHARS = 1 << 20

_TRUNCATED: Mapping[Tag, Tag] = {
    Contacts.Body: Contacts.BodyTruncated,
    Calendar.Body: Calendar.BodyTruncated,
    Tasks.Body: Tasks.BodyTruncated,
}
_SIZES: Mapping[Tag, Tag] = {
    Contacts.Body: Contacts.BodySize,
    Tasks.Body: Tasks.BodySize,
}


def text_body(text: Text, options: BodyOptions, version: Version) -> Body:
    """Choose and cut a body for 12.0 and above.

    RTF and MIME are never what comes out: who wants nothing else gets plain text. Its ``octets``
    are what a part of a multipart answer holds.
    """
    # A BodyPart is of conversations of mails (MS-ASCON 2.2.2.1).
    wishes = replace(options, part_preferences=()) if options.part_preferences else options
    wanted = readable(wishes, native_type(text))
    words = preview(text.plain) if any(one.preview_chars for one in wanted) else ""
    return fitting(wanted, lambda one: _cut(text, one), words, version)


def native_type(text: Text) -> BodyType:
    """Give the form in which a body is stored (MS-ASAIRS R236)."""
    return BodyType.HTML if text.html else BodyType.PLAIN


def text_elements(
    text: Text,
    options: BodyOptions,
    version: Version,
    *,
    native: Tag | None = None,
) -> list[Element]:
    """Give the elements that say a body, in the order of the schemas.

    12.0 and above: Body, also for no text (MS-ASAIRS R386), and NativeBodyType. 2.5: ``native``,
    the Body of the class's own page, with BodyTruncated and, where the page has it, BodySize in
    octets; nothing where ``native`` is None or there is no text.
    """
    if version < Version.V12_0:
        plain = "" if native is None else _as(text, BodyType.PLAIN)
        return _native_elements(plain, options, native) if native and plain else []
    return [
        body_element(text_body(text, options, version)),
        Element(AirSyncBase.NativeBodyType, str(int(native_type(text)))),
    ]


def parse_text(data: Element, version: Version, *, native: Tag | None = None) -> Text | None:
    """Read the body among the children of ``data``; ``native`` is as in :func:`text_elements`.

    None: the body stays as it was, for neither Body nor Data is there (MS-ASCMD R878). An empty
    Data, and an empty Body, take it off. Truncated and NativeBodyType are not looked at (MS-ASAIRS
    R279). Raises: ItemFault (status 6) for MIME, an unknown or missing type, RTF that cannot be
    read, and more than ``MAX_BODY_CHARS``.
    """
    if version < Version.V12_0:
        found = None if native is None else data.find(native)
        return None if found is None else Text(plain=_lines(_bounded(found.string)))
    body = data.find(AirSyncBase.Body)
    if body is None:
        return None
    if not body.children:
        return Text()
    kind = body.value(AirSyncBase.Type, "").strip()
    if kind not in _READERS:
        raise ItemFault("a body that is neither plain text, HTML nor RTF")
    found = body.find(AirSyncBase.Data)
    return None if found is None else _READERS[kind](_bounded(found.string))


def _cut(text: Text, wanted: BodyPreference) -> Body:
    octets = _as(text, wanted.type).encode("utf-8", "replace")
    return cut_text(wanted.type, octets, len(octets), wanted.truncation_bytes)


def _as(text: Text, kind: BodyType) -> str:
    if kind is not BodyType.HTML:
        return _sent(text.plain or _laid_out(text.html))
    return text.html or (text_to_html(text.plain) if text.plain else "")


def _native_elements(plain: str, options: BodyOptions, native: Tag) -> list[Element]:
    limit = options.native_truncation
    shown = plain if limit is None else plain[:limit]
    elements = [Element(native, shown)] if shown else []
    if native in _SIZES:
        elements.append(Element(_SIZES[native], str(len(plain.encode("utf-8", "replace")))))
    truncated = str(int(len(shown) < len(plain)))
    return [*elements, Element(_TRUNCATED[native], truncated)]


def _bounded(text: str) -> str:
    if len(text) > MAX_BODY_CHARS:
        raise ItemFault("a body is too long")
    return text


def _laid_out(html: str) -> str:
    return html_to_text(html).strip("\n")


def _sent(plain: str) -> str:
    """Give the line ends of plain text that devices know from mails."""
    return plain.replace("\n", "\r\n")


def _lines(text: str) -> str:
    return text.replace("\0", "").replace("\r\n", "\n").replace("\r", "\n")


def _from_plain(data: str) -> Text:
    return Text(plain=_lines(data))


def _from_html(data: str) -> Text:
    html = _lines(data)
    return Text(plain=_laid_out(html), html=html)


def _from_rtf(data: str) -> Text:
    try:
        return Text(plain=rtf_to_text(data))
    except ValueError as exc:
        raise ItemFault("a body in RTF that cannot be read") from exc


_READERS: Mapping[str, Callable[[str], Text]] = {
    "1": _from_plain,
    "2": _from_html,
    "3": _from_rtf,
}

"""Which body of a message a device gets, and how much of it.

A device names the types it can show and how much it wants of each; the message has a native type.
From both follows one body: the wanted type nearest to the native one, cut on a character, with its
full size. MIME is the stored octets: a string where a string carries them unchanged, OPAQUE else.

Spec: MS-ASAIRS 2.2.2.3 (AllOrNone), 2.2.2.9 (Body), 2.2.2.10 (BodyPart), 2.2.2.32 (NativeBodyType),
2.2.2.35 (Preview); MS-ASCMD 2.2.3.110 (MIMESupport), 2.2.3.111 (MIMETruncation), 2.2.3.185
(Truncation).
"""

from dataclasses import replace

from carbonio_mobile.eas.bodychoice import Body, body_element, cut_text, fitting, readable
from carbonio_mobile.eas.bodyoptions import BodyOptions, BodyPreference, BodyType, MimeSupport
from carbonio_mobile.eas.version import Version, knows
from carbonio_mobile.mime.bodies import text_to_html, truncate_utf8, without_targets
from carbonio_mobile.mime.mailitem import BodyWish, MailItem
from carbonio_mobile.mime.record import MessageRecord
from carbonio_mobile.wbxml.codepages import AirSyncBase, Email
from carbonio_mobile.wbxml.elements import Element
from carbonio_mobile.wbxml.encoder import clean

__all__ = [
    "Body",
    "BodyOptions",
    "BodyPreference",
    "BodyType",
    "MimeSupport",
    "body_elements",
    "choose",
    "further_wish",
    "wish",
]

_SLACK_BYTES = 4  # the longest character of UTF-8
_PAGE_BYTES = 200  # about what text_to_html adds around a text
_SMIME_CLASSES = ("ipm.note.smime", "ipm.note.receipt.smime")


def wish(options: BodyOptions) -> BodyWish:
    """Say what to read of messages for these options, a little more than will be sent.

    The source of S/MIME messages is not in it where only they are wanted as MIME: it would be read
    for all the others too. :func:`further_wish` tells who lacks it.
    """
    text: int | None = 0
    html: int | None = 0
    for one in options.part_preferences:
        html = text = _larger(html, one.truncation_bytes)
    mime = options.preference(BodyType.MIME)
    source: int | None = 0
    if mime is not None and options.mime_support is MimeSupport.ALWAYS:
        source = _larger(0, _mime_limit(mime, options))
        if not mime.all_or_none:
            return BodyWish(text_bytes=text, html_bytes=html, source_bytes=source)
    for one in readable(options, BodyType.PLAIN):
        text = _larger(text, one.truncation_bytes)
        if one.type is BodyType.HTML:
            html = _larger(html, one.truncation_bytes)
    return BodyWish(text_bytes=text, html_bytes=html, source_bytes=source)


def further_wish(item: MailItem, options: BodyOptions) -> BodyWish | None:
    """Say what an item lacks that was read as :func:`wish` said, None if nothing."""
    mime = options.preference(BodyType.MIME)
    if mime is None or item.source or not _wants_mime(item.record, options):
        return None
    limit = _mime_limit(mime, options)
    if limit == 0 or not item.record.size_bytes:
        return None
    return BodyWish(source_bytes=_larger(0, limit))


def choose(item: MailItem, options: BodyOptions, version: Version) -> Body:
    """Choose and cut the body of a message.

    S/MIME messages go as MIME whenever that is supported (MS-ASCMD R3409). Else the native type
    comes first (MS-ASAIRS R77); a type wanted whole or not at all that does not fit gives way to
    the next (R78, R80); where nothing fits there is no data.
    """
    return fitting(
        _candidates(item.record, options),
        lambda wanted: _cut(item, wanted, options),
        item.record.preview,
        version,
    )


def body_elements(item: MailItem, options: BodyOptions, version: Version) -> list[Element]:
    """Give Body, a BodyPart for each part wanted, and NativeBodyType.

    In 2.5 these are the elements of the Email class itself.
    """
    if not knows(version, AirSyncBase.Body):
        return _native_elements(choose(item, options, version), options)
    elements = [body_element(choose(item, options, version))]
    if version >= Version.V14_1:
        elements += [_part_element(item, one, options) for one in options.part_preferences]
    elements.append(Element(AirSyncBase.NativeBodyType, str(item.record.native_type)))
    return elements


def _native_elements(body: Body, options: BodyOptions) -> list[Element]:
    """Give the body as 2.5 has it: plain text with its size in octets, or MIME.

    An empty Body makes some clients crash, so that a message without text gets a blank; of what is
    cut off whole there is no Body.
    """
    data, truncated = body.data, body.truncated
    if body.type is BodyType.MIME:
        content, size, cut = Email.MIMEData, Email.MIMESize, Email.MIMETruncated
    else:
        content, size, cut = Email.Body, Email.BodySize, Email.BodyTruncated
        limit = options.native_truncation
        if limit is not None and len(data) > limit:
            data, truncated = data[:limit], True
        if not body.size_bytes:
            data = " "
    return [
        *([Element(content, data)] if data else []),
        Element(size, str(body.size_bytes)),
        Element(cut, str(int(truncated))),
    ]


def _part_element(item: MailItem, wanted: BodyPreference, options: BodyOptions) -> Element:
    """Build BodyPart, its children in the order of MS-ASAIRS R126."""
    body = _cut(item, wanted, options)
    data = "" if wanted.all_or_none and body.truncated else body.data
    preview = item.record.preview[: wanted.preview_chars]
    return Element(
        AirSyncBase.BodyPart,
        [
            Element(AirSyncBase.Status, "1"),
            Element(AirSyncBase.Type, str(int(body.type))),
            Element(AirSyncBase.EstimatedDataSize, str(body.size_bytes)),
            Element(AirSyncBase.Truncated, "1") if body.truncated else None,
            Element(AirSyncBase.Data, data) if data else None,
            Element(AirSyncBase.Preview, preview) if preview else None,
        ],
    )


def _candidates(record: MessageRecord, options: BodyOptions) -> list[BodyPreference]:
    """Give the preferences that may serve a message, the best first; never empty."""
    mime = options.preference(BodyType.MIME)
    texts = readable(options, record.native_type)
    if mime is None or not _wants_mime(record, options):
        return texts
    return [mime] if is_smime(record) else [mime, *texts]


def is_smime(record: MessageRecord) -> bool:
    """Tell whether a message is signed or encrypted by S/MIME (MS-ASEMAIL R591 to R593)."""
    return record.message_class.lower().startswith(_SMIME_CLASSES)


def _wants_mime(record: MessageRecord, options: BodyOptions) -> bool:
    if options.mime_support is MimeSupport.SMIME:
        return is_smime(record)
    return options.mime_support is MimeSupport.ALWAYS


def _cut(item: MailItem, wanted: BodyPreference, options: BodyOptions) -> Body:
    if wanted.type is BodyType.MIME:
        return _cut_mime(item, _mime_limit(wanted, options))
    octets, size = item.text, max(item.record.text_size_bytes, len(item.text))
    if wanted.type is BodyType.HTML:
        if item.record.native_type == BodyType.HTML:
            octets, size = item.html, max(item.record.html_size_bytes, len(item.html))
        else:
            octets, size = _page(octets, size)
    body = cut_text(wanted.type, octets, size, wanted.truncation_bytes)
    laid_out = item.record.native_type == BodyType.HTML and body.type is BodyType.PLAIN
    if laid_out and body.truncated and isinstance(body.data, str):
        # The beginning of a page as text is what lists show (client-quirks 5.4).
        return replace(body, data=without_targets(body.data))
    return body


def _page(text: bytes, size: int) -> tuple[bytes, int]:
    """Make the HTML of a plain body, and its size: estimated where part of the text is here."""
    if not size:
        return b"", 0
    page = text_to_html(text.decode("utf-8", "ignore")).encode() if text else b""
    if len(text) >= size:
        return page, len(page)
    if not text:
        return b"", size + _PAGE_BYTES
    return page, max(len(page) + 1, len(page) * size // len(text))


def _cut_mime(item: MailItem, limit: int | None) -> Body:
    size = max(item.record.size_bytes, len(item.source))
    kept = item.source if limit is None else truncate_utf8(item.source, limit)
    return Body(
        type=BodyType.MIME,
        size_bytes=size,
        data=_as_sent(kept),
        truncated=len(kept) < size,
    )


def _as_sent(octets: bytes) -> str | bytes:
    """Give the string that arrives as these octets, or the octets themselves where none does.

    MS-ASAIRS R172 makes Data a string; NUL, other controls and octets that are no UTF-8 would be
    lost in one, and with them signatures.
    """
    try:
        text = octets.decode("utf-8")
    except UnicodeDecodeError:
        return octets
    return text if clean(text) == octets else octets


def _mime_limit(wanted: BodyPreference, options: BodyOptions) -> int | None:
    limits = [n for n in (wanted.truncation_bytes, options.mime_truncation) if n is not None]
    return min(limits) if limits else None


def _larger(known: int | None, limit: int | None) -> int | None:
    """Widen a number of octets to read by what a limit calls for; None is all."""
    if known is None or limit is None:
        return None
    return max(known, limit + _SLACK_BYTES) if limit else known

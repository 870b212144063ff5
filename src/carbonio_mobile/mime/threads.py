"""Which conversation a message belongs to, and where in it.

Spec: MS-ASCON 2.2.2.3.3 (ConversationId), 2.2.2.4 (ConversationIndex); MS-ASEMAIL 2.2.2.76
(ThreadTopic); the Thread-Index header as in MS-OXOMSG 2.2.1.3.
"""

import binascii
import re
from collections.abc import Sequence
from hashlib import blake2b

MAX_REFERENCES = 200
MAX_LEVELS = 100

_ID = re.compile(rb"<([^<>\s]{1,900})>")
_PREFIX = re.compile(
    r"\s*(?:(?:re|aw|sv|vs|antw|odp|rif|r|ref|res|enc|fwd?|wg|tr|i|doorst|vb|vl|pd|rv)"
    r"\s*(?:\[\d{1,3}\]|\(\d{1,3}\))?\s*[:：]|\[fwd?:\s*)",
    re.IGNORECASE,
)
_FILETIME_EPOCH_S = 11_644_473_600
_LEVEL_BYTES = 5
_MAPI_HEADER_BYTES = 22


def message_ids(raw: bytes) -> tuple[str, ...]:
    """Give the message ids of a References or In-Reply-To field, without brackets, oldest first."""
    found = [_id_text(one) for one in _ID.findall(raw[:200_000])]
    unique = list(dict.fromkeys(found))
    # The root names the thread, the newest ids the parents; the middle can go.
    return tuple(unique[:1] + unique[1:][-(MAX_REFERENCES - 1) :])


def message_id(raw: bytes) -> str:
    """Give the id of a Message-ID field without brackets, as written where it has none."""
    found = _ID.search(raw[:4000])
    return _id_text(found.group(1) if found else b"".join(raw[:998].split()).strip(b"<>"))


def thread_topic(subject: str) -> str:
    """Give the subject without the prefixes of replies and forwards in common languages."""
    topic = subject
    for _ in range(20):
        prefix = _PREFIX.match(topic)
        if prefix is None:
            break
        topic = topic[prefix.end() :]
        if prefix.group().lstrip().startswith("["):
            topic = topic.removesuffix("]")
    return " ".join(topic.split())


def conversation_id(own_id: str, ancestors: Sequence[str], topic: str) -> bytes:
    """Name the conversation in 16 octets: by its first message, or its topic without one."""
    root = ancestors[0] if ancestors else own_id
    name = f"id:{root}" if root else f"topic:{topic.casefold()}"
    return blake2b(name.encode("utf-8", "replace"), digest_size=16).digest()


def conversation_index(thread_index: bytes, ancestors: Sequence[str], sent_at: float) -> bytes:
    """Place a message in its conversation: 5 octets of time, 5 more for each reply before it.

    Outlook's own Thread-Index is used where there is one. Else the levels carry no time, which the
    message cannot know, but the ancestor, so that siblings share their prefix.
    """
    mapi = _mapi_index(thread_index)
    if mapi:
        levels = mapi[_MAPI_HEADER_BYTES:][: MAX_LEVELS * _LEVEL_BYTES]
        return mapi[1:6] + levels[: len(levels) - len(levels) % _LEVEL_BYTES]
    ticks = max(0, int((sent_at + _FILETIME_EPOCH_S) * 10_000_000))
    header = (ticks & (1 << 64) - 1).to_bytes(8, "big")[1:6]
    return header + b"".join(_level(one) for one in ancestors[-MAX_LEVELS:])


def _mapi_index(thread_index: bytes) -> bytes:
    try:
        raw = binascii.a2b_base64(b"".join(thread_index[:8000].split()))
    except binascii.Error:
        return b""
    return raw if len(raw) >= _MAPI_HEADER_BYTES and raw[0] == 1 else b""


def _level(ancestor: str) -> bytes:
    digest = blake2b(ancestor.encode("utf-8", "replace"), digest_size=_LEVEL_BYTES).digest()
    # The first bit says the unit of the time that follows; 0 is the common one.
    return bytes([digest[0] & 0x7F]) + digest[1:]


def _id_text(raw: bytes) -> str:
    text = raw.decode("utf-8", "replace")
    return text if text.isprintable() else "".join(c for c in text if c.isprintable())

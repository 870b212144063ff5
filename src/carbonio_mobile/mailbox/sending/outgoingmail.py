"""A message on its way out, and the names of what is done with it."""

from dataclasses import dataclass, field
from hashlib import blake2b

from carbonio_mobile.ids import OperationId
from carbonio_mobile.mailbox.delivery.reports import header_of
from carbonio_mobile.mime.structure import top_fields
from carbonio_mobile.mime.threads import message_id
from carbonio_mobile.mime.writing import ids_field
from carbonio_mobile.sync.intents import Intent


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingMail:
    """``intent`` is what is durable of it; ``sent_copy`` None: none is wanted."""

    intent: Intent
    message: bytes = field(repr=False)
    sender: str
    recipients: tuple[str, ...]
    sent_copy: bytes | None = field(repr=False)


def identified(
    message: bytes, sent_copy: bytes | None, operation: OperationId, hostname: str
) -> tuple[bytes, bytes | None, str]:
    """Give message, copy and the Message-ID (without brackets) that they have or get."""
    found = message_id(top_fields(header_of(message)).first("message-id"))
    if found:
        return message, sent_copy, found
    made = f"{effect('mail', operation)}@{hostname}"
    own = ids_field("Message-ID", [made])
    return own + message, None if sent_copy is None else own + sent_copy, made


def effect(verb: str, operation: OperationId) -> OperationId:
    """Name one effect of an operation."""
    digest = blake2b(operation.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
    return OperationId(f"{verb}-{digest}")

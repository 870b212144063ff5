"""The content of one part of a message, fetched by its position.

Spec: MS-ASAIRS 2.2.2.8; MS-ASCMD 2.2.1.10 (ItemOperations Fetch by FileReference).
"""

from carbonio_mobile.errors import NotFound
from carbonio_mobile.ids import PartId
from carbonio_mobile.mime.content import decoded
from carbonio_mobile.mime.structure import find, scan

MESSAGE_TYPES = frozenset(("message/rfc822", "message/global"))


def attachment(source: bytes, part: PartId) -> tuple[str, bytes]:
    """Give the content type and the decoded content of one part.

    An embedded message comes octet for octet as it stands in ``source``.

    Raises: NotFound, where the message has no such part or it is a multipart.
    """
    found = find(scan(source).root, part)
    if found is None or found.maintype == "multipart":
        raise NotFound(f"no part {part[:40]!a}")
    return found.content_type, decoded(source, found)

"""The out-of-office answer: who gets one, and what it says.

A sender who stands in the owner's contacts is known.

Spec: RFC 3834; RFC 2369 and 2919 (list mail); MS-ASCMD 2.2.3.121 (audiences).
"""

import re
import secrets
from collections.abc import Awaitable, Callable
from email.utils import formatdate
from functools import partial
from typing import Any

from carbonio_mobile.directory.accounts import Account
from carbonio_mobile.interfaces import IAccounts, IMailbox, IMailboxes
from carbonio_mobile.mailbox.delivery.database import QueueThread
from carbonio_mobile.mailbox.delivery.local import Letter
from carbonio_mobile.mailbox.delivery.queue import Recipient, Submission, tell_once, was_told
from carbonio_mobile.mailbox.delivery.reports import header_of
from carbonio_mobile.mime.addresses import Mailbox, parse_addresses
from carbonio_mobile.mime.building import Body, content
from carbonio_mobile.mime.envelope import is_automatic
from carbonio_mobile.mime.mailitem import MailQuery
from carbonio_mobile.mime.structure import Fields, top_fields
from carbonio_mobile.mime.threads import message_id, message_ids
from carbonio_mobile.mime.words import header_text
from carbonio_mobile.mime.writing import CRLF, address_field, ids_field, text_field
from carbonio_mobile.pim.contact import Contact
from carbonio_mobile.sync.folders import FolderKind
from carbonio_mobile.sync.outofoffice import Audience, OofMessage, OofState, OutOfOffice

_NOBODY = re.compile(
    r"(?:owner-.*|.*-(?:request|owner|bounces?)|bounces?|mailer-daemon|postmaster|listserv"
    r"|majordomo|root|no-?reply|do-?not-?reply|.*[-_.]no-?reply)(?:\+.*)?@.*",
    re.IGNORECASE | re.DOTALL,
)
_MAX_TEXT_BYTES = 32 * 1024
_LIST_FIELDS = ("list-id", "list-unsubscribe", "list-post", "list-help", "feedback-id")
_BOOKS = (FolderKind.CONTACTS, FolderKind.USER_CONTACTS)
_CONTACTS_LOOKED_AT = 50
_ADDRESSED = ("to", "cc", "resent-to", "resent-cc")


class AutoReply:
    """Answers letters for accounts whose owners are away, through the queue.

    At most one answer goes to a sender within ``every_s``. ``in_thread`` calls a function beside
    the reactor: some pages take seconds to read.
    """

    def __init__(
        self,
        *,
        queue: QueueThread,
        in_thread: Callable[..., Awaitable[Any]],
        accounts: IAccounts,
        mailboxes: IMailboxes,
        clock: Callable[[], float],
        hostname: str,
        every_s: float,
    ) -> None:
        self._queue = queue
        self._in_thread = in_thread
        self._accounts = accounts
        self._mailboxes = mailboxes
        self._clock = clock
        self._hostname = hostname
        self._every_s = every_s

    async def consider(self, account: Account, letter: Letter) -> bool:
        """Answer a delivered letter if that is wished and right; True if an answer was queued.

        Raises: StoreError.
        """
        if not letter.sender or _NOBODY.fullmatch(letter.sender):
            return False
        mailbox = await self._mailboxes.open(account.id)
        settings: OutOfOffice = await mailbox.out_of_office()
        if not in_force(settings, self._clock()):
            return False
        fields = top_fields(header_of(letter.message))
        if not deserves_answer(account, letter.sender, fields):
            return False
        answer = chosen(settings, await self._audience(account, mailbox, letter.sender))
        if answer is None:
            return False
        return await self._answer_once(account, letter.sender, fields, answer)

    async def _audience(self, account: Account, mailbox: IMailbox, sender: str) -> Audience:
        """Say who writes: a colleague, somebody among the contacts, or anybody."""
        internal = sender.rpartition("@")[2].lower() == account.domain.lower()
        if internal or await self._accounts.find(sender) is not None:
            return Audience.INTERNAL
        known = await is_contact(mailbox, sender)
        return Audience.EXTERNAL_KNOWN if known else Audience.EXTERNAL_UNKNOWN

    async def _answer_once(
        self, account: Account, sender: str, fields: Fields, answer: OofMessage
    ) -> bool:
        now = self._clock()
        whom, every_s = sender.lower(), self._every_s
        known = partial(was_told, account=account.id, whom=whom, every_s=every_s, now=now)
        if await self._queue.run(known):
            return False
        source: bytes = await self._in_thread(
            compose,
            account,
            sender,
            fields,
            answer,
            message_id=f"{secrets.token_hex(12)}@{account.domain or self._hostname}",
            date=now,
        )
        submission = Submission(
            account=account.id,
            sender="",
            message=source,
            recipients=(Recipient(address=sender),),
        )
        is_new: bool = await self._queue.run(
            partial(tell_once, answer=submission, whom=whom, every_s=every_s, now=now)
        )
        return is_new


def in_force(settings: OutOfOffice, now: float) -> bool:
    """Tell whether the owner is away at a time (seconds, UTC)."""
    if settings.state is OofState.TIMED:
        return (settings.start or 0.0) <= now and (settings.end is None or now < settings.end)
    return settings.state is OofState.ON


def deserves_answer(account: Account, sender: str, fields: Fields) -> bool:
    """Tell whether a person wrote to this very person (RFC 3834 2)."""
    own = {address.lower() for address in account.addresses}
    if sender.lower() in own or is_automatic(fields):
        return False
    if any(name in fields for name in _LIST_FIELDS):
        return False
    if fields.first("x-spam-flag").strip().upper() == b"YES":
        return False
    named = [raw for name in _ADDRESSED for raw in fields.all(name)]
    return any(_without_detail(one.address) in own for one in parse_addresses(named))


def _without_detail(address: str) -> str:
    local_part, at, domain = address.lower().rpartition("@")
    return local_part.partition("+")[0] + at + domain


async def is_contact(mailbox: IMailbox, address: str) -> bool:
    """Tell whether an address stands in one of the contacts of a mailbox."""
    hierarchy = await mailbox.hierarchy()
    books = tuple(one.id for one in hierarchy.folders if one.kind in _BOOKS)
    if not books:
        return False
    hits = await mailbox.search(
        MailQuery(phrase=address, folders=books), offset=0, limit=_CONTACTS_LOOKED_AT
    )
    for folder, item in hits.hits:
        for one in (await mailbox.objects(folder, [item])).values():
            if isinstance(one.record, Contact) and address.lower() in _addresses(one.record):
                return True
    return False


def _addresses(contact: Contact) -> list[str]:
    texts = (contact.email1_address, contact.email2_address, contact.email3_address)
    return [one.address.lower() for one in parse_addresses([text.encode() for text in texts])]


def chosen(settings: OutOfOffice, audience: Audience) -> OofMessage | None:
    """Give the answer for an audience, None where there is none."""
    message = dict(settings.messages).get(audience)
    return message if message is not None and message.enabled and message.text else None


def compose(
    account: Account,
    sender: str,
    fields: Fields,
    answer: OofMessage,
    *,
    message_id: str,
    date: float,
) -> bytes:
    """Write the answer to a letter with these header fields (RFC 3834 3).

    Of a text beyond 32 KiB so much goes out.
    """
    subject = header_text(fields.first("subject"))[:200]
    text = answer.text.encode("utf-8", "replace")[:_MAX_TEXT_BYTES].decode("utf-8", "ignore")
    body = Body.from_html(text) if answer.html else Body(text=text)
    head = [
        address_field("From", [Mailbox(account.display_name, account.name)]),
        address_field("To", [Mailbox("", sender)]),
        text_field("Subject", f"Automatic reply: {subject}" if subject else "Automatic reply"),
        b"Date: " + formatdate(date).encode("ascii") + CRLF,
        ids_field("Message-ID", [message_id]),
        *_references(fields),
        b"Auto-Submitted: auto-replied" + CRLF,
        b"Precedence: bulk" + CRLF,
        b"X-Auto-Response-Suppress: All" + CRLF,
        b"MIME-Version: 1.0" + CRLF,
    ]
    return b"".join(head) + content(body, [], [])


def _references(fields: Fields) -> list[bytes]:
    answered = message_id(fields.first("message-id"))
    if not answered:
        return []
    earlier = [one for one in message_ids(fields.first("references")) if one != answered]
    return [
        ids_field("In-Reply-To", [answered]),
        ids_field("References", [*earlier[-20:], answered]),
    ]

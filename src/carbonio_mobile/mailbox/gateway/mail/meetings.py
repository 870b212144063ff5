"""Meeting mail in the Inboxes of a mail server, applied to calendars whose server does not do it.

A mail server delivers by itself; what arrived shows when somebody reads it. So an invitation stands
in the calendar, and an answer at its meeting, from when a phone gets the mail. Each mail has its
effect once, as a delivery of ours would have: what the user has deleted since does not come back.

A server that schedules enters the meetings of its own people, and need not read mail. There only
what stands in the calendar is brought up to date, such as by the answer of a guest from elsewhere.

Spec: MS-ASEMAIL R17; RFC 5546, RFC 6047; RFC 6638 (where the server does it).
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable
from hashlib import blake2b

from twisted.internet.defer import Deferred, DeferredList, DeferredSemaphore
from twisted.logger import Logger
from twisted.python.failure import Failure

from carbonio_mobile.errors import StoreError
from carbonio_mobile.ids import AccountId, FolderId, ItemId, OperationId
from carbonio_mobile.interfaces import IAccounts, IMailbox
from carbonio_mobile.mailbox.delivery.scheduling import Scheduling
from carbonio_mobile.mime.mailitem import BodyWish, MailItem
from carbonio_mobile.pim.itip import METHODS
from carbonio_mobile.sync.folders import FolderKind

INVITED_WITHIN_S = 7 * 86_400.0
"""An invitation that is older when it is first read was dealt with elsewhere, or missed."""

_WHOLE = BodyWish(source_bytes=None)
_Key = tuple[AccountId, FolderId, ItemId]

_log = Logger()


class MeetingMail:
    """Applies the meetings of mails that were read, in the background, a few at a time.

    ``known_most`` mails are remembered as dealt with; one that was forgotten is looked at again,
    to no effect. ``clock`` is of the day.
    """

    def __init__(
        self,
        *,
        accounts: IAccounts,
        scheduling: Scheduling,
        clock: Callable[[], float],
        known_most: int = 50_000,
        at_once: int = 4,
        waiting_most: int = 1_000,
    ) -> None:
        self._accounts = accounts
        self._scheduling = scheduling
        self._clock = clock
        self._known_most = known_most
        self._waiting_most = waiting_most
        self._known: OrderedDict[_Key, None] = OrderedDict()
        self._turns = DeferredSemaphore(at_once)
        self._under_way: set[Deferred[None]] = set()

    def seen(self, mailbox: IMailbox, mails: Iterable[MailItem]) -> None:
        """Take note of mails of an Inbox that were read; returns at once, and never raises.

        What finds no room now, or a server away, is taken up when the mail is read again.
        """
        for mail in mails:
            if len(self._under_way) >= self._waiting_most:
                return
            if self._is_due(mail):
                self._begin(mailbox, mail)

    async def settle(self) -> None:
        """Wait until nothing is under way."""
        while self._under_way:
            await DeferredList(list(self._under_way))

    def _is_due(self, mail: MailItem) -> bool:
        meeting = mail.record.meeting
        if meeting is None or meeting.method not in METHODS or mail.draft:
            return False
        is_old = mail.received < self._clock() - INVITED_WITHIN_S
        return not (is_old and meeting.method == "REQUEST")

    def _begin(self, mailbox: IMailbox, mail: MailItem) -> None:
        key = mailbox.account, mail.folder, mail.item
        if key in self._known:
            return
        self._known[key] = None  # before it is read once more for this
        if len(self._known) > self._known_most:
            self._known.popitem(last=False)
        doing = Deferred.fromCoroutine(self._in_turn(mailbox, key)).addErrback(_tell)
        if not doing.called:
            self._under_way.add(doing)
            doing.addBoth(lambda _: self._under_way.discard(doing))

    async def _in_turn(self, mailbox: IMailbox, key: _Key) -> None:
        await self._turns.acquire()
        try:
            await self._apply(mailbox, key)
        finally:
            self._turns.release()

    async def _apply(self, mailbox: IMailbox, key: _Key) -> None:
        try:
            is_done = await self._applied(mailbox, key)
        except StoreError as exc:
            _log.info("meeting mail of {account} waits: {why}", account=key[0], why=str(exc))
            is_done = False
        if not is_done:
            self._known.pop(key, None)

    async def _applied(self, mailbox: IMailbox, key: _Key) -> bool:
        """Tell whether a mail is dealt with. Raises: StoreError."""
        account, folder, item = key
        calendar = (await mailbox.hierarchy()).standard(FolderKind.CALENDAR)
        if calendar is None:
            return True
        mail = (await mailbox.read(folder, [item], _WHOLE)).get(item)
        if mail is None or mail.record.meeting is None:
            return True
        uid = mail.record.meeting.uid
        if await mailbox.schedules(calendar.id) and not await mailbox.find_uid(uid):
            return True
        owner = await self._accounts.account(account)
        stored = folder, item
        return await self._scheduling.apply(owner, mailbox, stored, mail.source, _operation(key))


def _operation(key: _Key) -> OperationId:
    """Name the effect of a mail: numbers of items are never used twice."""
    words = "\0".join(map(str, key)).encode("utf-8", "surrogatepass")
    return OperationId(f"meet-{blake2b(words, digest_size=16).hexdigest()}")


def _tell(failure: Failure) -> None:
    _log.failure("meeting mail cannot be applied", failure)

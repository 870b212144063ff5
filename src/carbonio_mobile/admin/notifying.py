"""Telling administrators: a notice is kept in the list, then mailed to whoever wants such mails.

Spec: ../shared/carbonio/admin-panel.md 4 (carbonioNotificationRecipients, …From; "plus the server's
notification list").
"""

from collections.abc import Callable

from twisted.logger import Logger
from zope.interface import implementer

from carbonio_mobile.directory.accounts import Account
from carbonio_mobile.directory.configuration import Scope
from carbonio_mobile.errors import NotFound, StoreError
from carbonio_mobile.ids import AccountId, OperationId
from carbonio_mobile.interfaces import (
    IAccounts,
    IConfiguration,
    INoticeList,
    INotices,
    ISubmission,
)
from carbonio_mobile.mime.noticemail import notice_mail
from carbonio_mobile.policy.notices import Notice, NoticeKind

RECIPIENTS = "carbonioNotificationRecipients"
SENDER = "carbonioNotificationFrom"

NOBODY = AccountId("notices")
"""Stands for the account of a mail that is sent in no account's name."""

_log = Logger()


@implementer(INotices)
class Notices:
    """Keeps notices and mails them. ``clock`` gives the time of day in seconds UTC.

    Where nobody is configured to get mails, a notice is kept all the same.
    """

    def __init__(
        self,
        *,
        kept: INoticeList,
        configuration: IConfiguration,
        accounts: IAccounts,
        submission: ISubmission,
        clock: Callable[[], float],
    ) -> None:
        self._kept = kept
        self._configuration = configuration
        self._accounts = accounts
        self._submission = submission
        self._clock = clock

    async def notify(self, kind: NoticeKind, subject: str, text: str, *, domain: str = "") -> None:
        """See :meth:`INotices.notify`."""
        notice: Notice = await self._kept.add(kind, subject, text, domain=domain, at=self._clock())
        try:
            await self._mail(notice)
        except StoreError as exc:
            _log.error("notice {number} could not be mailed: {why}", number=notice.id, why=str(exc))

    async def _mail(self, notice: Notice) -> None:
        recipients = await self._values(notice.domain, RECIPIENTS)
        if not recipients:
            return
        named = await self._values(notice.domain, SENDER)
        # Without a configured sender the mail comes from where its first reader is.
        sender = named[0] if named else f"postmaster@{recipients[0].rpartition('@')[2]}"
        owner: Account | None = await self._accounts.find(sender)
        mark = f"notice-{notice.id}-{int(notice.at * 1000)}"
        message = notice_mail(
            sender=sender,
            recipients=recipients,
            subject=notice.subject,
            text=notice.text,
            message_id=f"{mark}@{sender.rpartition('@')[2]}",
            date=notice.at,
        )
        await self._submission.submit(
            NOBODY if owner is None else owner.id,
            message,
            # No report comes back where there is no mailbox for it.
            sender="" if owner is None else sender,
            recipients=recipients,
            sent_copy=None,
            operation=OperationId(mark),
        )

    async def _values(self, domain: str, attribute: str) -> tuple[str, ...]:
        scopes = [Scope(level="domain", name=domain)] if domain else []
        for scope in (*scopes, Scope(level="global")):
            try:
                found = (await self._configuration.get(scope, attribute)).values
            except NotFound:  # a domain that is gone
                continue
            if found:
                return tuple(found)
        return ()

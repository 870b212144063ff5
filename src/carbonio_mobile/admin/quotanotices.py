"""Telling administrators that a domain is nearly full, or full: once each, over restarts too.

Spec: ../shared/carbonio/admin-panel.md 4 ("quota per account and domain, warning").
"""

from carbonio_mobile.interfaces import IMarks, INotices
from carbonio_mobile.policy.domainquota import DomainQuota, Fullness, quota_notice
from carbonio_mobile.policy.notices import NoticeKind


class QuotaNotices:
    """Learns what domains hold, and tells of what became worse."""

    def __init__(self, *, marks: IMarks, notices: INotices) -> None:
        self._marks = marks
        self._notices = notices

    async def measured(self, domain: str, quota: DomainQuota, used_bytes: int) -> None:
        """Take notice of what the mailboxes of a domain hold."""
        mark = f"quota.{domain}"
        before, now = _level(await self._marks.mark(mark)), quota.fullness(used_bytes)
        if now > before:
            subject, text = quota_notice(domain, quota, used_bytes)
            await self._notices.notify(NoticeKind.SERVER, subject, text, domain=domain)
        if now is not before:
            await self._marks.set_mark(mark, str(int(now)) if now else "")


def _level(text: str) -> Fullness:
    return Fullness(int(text)) if text in ("1", "2") else Fullness.ROOMY

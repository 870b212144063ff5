"""What administrators decide about devices, and what they are told."""

from collections.abc import Awaitable, Collection, Sequence

from zope.interface import Interface

from carbonio_mobile.directory.loggers import AccountLogger, LoggerWish
from carbonio_mobile.ids import DeviceId
from carbonio_mobile.policy.abq import AbqEntry, AbqRule, AbqStatus
from carbonio_mobile.policy.abqmessages import AbqMessage, MessageKey
from carbonio_mobile.policy.notices import Notice, NoticeKind
from carbonio_mobile.policy.versionfilters import EasFilter


class IAbq(Interface):
    """The Device Control List, the rules and the messages of ABQ. Ids of devices are in lower case.

    Every method that writes does all or nothing.
    """

    def entries(
        after: tuple[str, str] | None, *, status: AbqStatus | None, limit: int
    ) -> Awaitable[Sequence[AbqEntry]]:
        """Give a page of entries by (device, account), those behind ``after``, of one status."""

    def entries_of(device: DeviceId) -> Awaitable[Sequence[AbqEntry]]:
        """Give a device's entries by account; that for any account comes first."""

    def set_entries(
        entries: Collection[AbqEntry], *, drop: Sequence[tuple[str, str]] = ()
    ) -> Awaitable[None]:
        """Store entries, replacing those of the same device and account, and remove others."""

    def add_entries(entries: Sequence[AbqEntry]) -> Awaitable[None]:
        """Store those entries of whose device and account there is none."""

    def count(status: AbqStatus | None) -> Awaitable[int]:
        """Count the entries, of one status or all."""

    def rules() -> Awaitable[Sequence[AbqRule]]:
        """Give all rules, by order, domain and pattern."""

    def set_rule(rule: AbqRule) -> Awaitable[None]:
        """Store a rule, replacing the one of the same pattern and domain."""

    def delete_rule(pattern: str, domain: str) -> Awaitable[bool]:
        """Remove a rule; tells whether there was one."""

    def messages() -> Awaitable[Sequence[AbqMessage]]:
        """Give all messages, by scope, kind and locale."""

    def set_messages(messages: Sequence[AbqMessage]) -> Awaitable[None]:
        """Store messages, replacing those of the same key."""

    def delete_messages(keys: Sequence[MessageKey]) -> Awaitable[None]:
        """Remove messages."""


class IEasFilters(Interface):
    """The version filters in their order; a filter's id is its place. All change or none."""

    def filters() -> Awaitable[Sequence[EasFilter]]:
        """Give all filters in their order."""

    def add(new: EasFilter) -> Awaitable[Sequence[EasFilter]]:
        """Put a filter at the end; gives all as they are then. Raises: TooLarge (too many)."""

    def delete(place: int) -> Awaitable[Sequence[EasFilter]]:
        """Remove the filter with that id; gives all as they are then. Raises: NotFound."""

    def move(place: int, to: int) -> Awaitable[Sequence[EasFilter]]:
        """Give the filter with an id another one, the end where ``to`` is past it; gives all as
        they are then. Raises: NotFound.
        """

    def replace(filters: Sequence[EasFilter]) -> Awaitable[Sequence[EasFilter]]:
        """Put these in the place of all. Raises: TooLarge (too many)."""


class INoticeList(Interface):
    """What administrators were told, the newest ``NOTICES_COUNT`` of it."""

    def add(
        kind: NoticeKind, subject: str, text: str, *, domain: str, at: float
    ) -> Awaitable[Notice]:
        """Keep a notice; the oldest one goes where there are too many. Long texts are cut."""

    def notices(*, limit: int) -> Awaitable[Sequence[Notice]]:
        """Give the newest notices, newest first."""

    def delete(notice: int) -> Awaitable[None]:
        """Remove one. Raises: NotFound."""

    def delete_all() -> Awaitable[int]:
        """Remove all; gives how many there were."""


class IMarks(Interface):
    """Single facts that a restart must not lose, by name."""

    def mark(name: str) -> Awaitable[str]:
        """Give what was set under a name; empty where nothing was."""

    def set_mark(name: str, value: str) -> Awaitable[None]:
        """Set it, durably when the awaitable fires; an empty text takes it away."""


class INotices(Interface):
    """Telling administrators what they should know."""

    def notify(kind: NoticeKind, subject: str, text: str, *, domain: str = "") -> Awaitable[None]:
        """Keep a notice, and mail it to the recipients of the domain, else of the whole server.

        Durable when the awaitable fires. That it cannot be mailed is logged and no error.
        """


class IAccountLoggers(Interface):
    """Loggers of the traffic of single accounts; they are gone when the process ends."""

    def add(wish: LoggerWish) -> Awaitable[AccountLogger]:
        """Open the file and begin to write.

        Raises: NotAllowed for a file that may not be written or one logger too many, Conflict where
        another logger writes to it.
        """

    def remove(logger: int) -> Awaitable[AccountLogger]:
        """End one, by its id; its file stays. Raises: NotFound."""

    def remove_all() -> Awaitable[int]:
        """End all; tells how many there were."""

    def loggers() -> Awaitable[Sequence[AccountLogger]]:
        """Give those at work, by id."""

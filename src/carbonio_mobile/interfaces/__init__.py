"""Every interface between rooms. Backends implement them; commands and the pipeline use nothing
else.

All methods return awaitables. A backend wraps its library's exceptions in those of ``errors.py``:
beside the ones named with a method, any may raise :class:`~carbonio_mobile.errors.Unavailable` (try
later) and :class:`~carbonio_mobile.errors.Corrupt`. When an awaitable of a writing method fires,
its effect is durable (on disk, fsynced) unless the docstring says otherwise.
"""

from carbonio_mobile.interfaces.accounts import (
    IAccounts,
    IConfiguration,
    ICredentials,
    IDirectory,
    IMailingLists,
    IOwnContacts,
    IPeopleFeed,
    IProvisioning,
)
from carbonio_mobile.interfaces.control import (
    IAbq,
    IAccountLoggers,
    IEasFilters,
    IMarks,
    INoticeList,
    INotices,
)
from carbonio_mobile.interfaces.mailbox import (
    IBusy,
    IDocuments,
    IFolders,
    IItems,
    IItemWrites,
    IMailbox,
    IMailboxes,
    IMailSearch,
    IObjects,
    IOutOfOffice,
)
from carbonio_mobile.interfaces.sending import IIntents, IRights, ISubmission
from carbonio_mobile.interfaces.showing import IAddressBooks, IExposures, ISharing
from carbonio_mobile.interfaces.state import IDevices, ISyncStates
from carbonio_mobile.interfaces.waking import (
    IChangeHub,
    IChangeSink,
    IInterest,
    ITurn,
    ITurns,
    IWatch,
)

__all__ = [
    "IAbq",
    "IAccountLoggers",
    "IAccounts",
    "IAddressBooks",
    "IBusy",
    "IChangeHub",
    "IChangeSink",
    "IConfiguration",
    "ICredentials",
    "IDevices",
    "IDirectory",
    "IDocuments",
    "IEasFilters",
    "IExposures",
    "IFolders",
    "IIntents",
    "IInterest",
    "IItemWrites",
    "IItems",
    "IMailSearch",
    "IMailbox",
    "IMailboxes",
    "IMailingLists",
    "IMarks",
    "INoticeList",
    "INotices",
    "IObjects",
    "IOutOfOffice",
    "IOwnContacts",
    "IPeopleFeed",
    "IProvisioning",
    "IRights",
    "ISharing",
    "ISubmission",
    "ISyncStates",
    "ITurn",
    "ITurns",
    "IWatch",
]

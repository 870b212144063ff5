"""How the gateway deals with mail."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from carbonio_mobile.sync.folders import FolderKind


@dataclass(frozen=True, slots=True, kw_only=True)
class MailOptions:
    """What is configured, and how much may be kept. Times are in seconds.

    - ``roles``: names of mailboxes that are the standard folders, where the server's SPECIAL-USE
      shall not count.
    - ``shared``: which of others' and shared mailboxes are shown, as patterns of whole names.
    - ``makes_standard``: whether missing standard folders are made.
    - ``has_notes``: notes are messages of the mailbox of that role; else there are none here.
    - ``fresh_s``: how long what was just looked at counts as seen.
    - ``hierarchy_s``: how old the folders may be for a device that did not ask for them;
      ``watched_hierarchy_s`` while a watch lives, which hears of most that happens to them.
    - ``flags_s``: how often all flags of a mailbox are read, on a server that keeps no MODSEQ.
    - ``doubt_s``: how long a server may go on with what it was told to store or copy after the
      connection is lost. So long nothing is stored again that may yet be stored.
    - ``search_s``: when a search is answered with what was found so far.
    - ``cache_bytes``: what is kept of what an account's messages say.
    """

    roles: Mapping[FolderKind, str] = field(default_factory=dict)
    shared: tuple[str, ...] = ()
    makes_standard: bool = True
    has_notes: bool = False
    fresh_s: float = 0.01
    hierarchy_s: float = 300.0
    watched_hierarchy_s: float = 1800.0
    flags_s: float = 60.0
    doubt_s: float = 10.0
    search_s: float = 20.0
    cache_bytes: int = 256 << 20
    message_limit_bytes: int = 50 << 20

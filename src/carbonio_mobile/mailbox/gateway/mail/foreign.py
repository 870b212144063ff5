"""Mailboxes of others, and those that all share: where they stand, and what may be done in them.

They are shown only where the administrator asked for them, each below its owner: a mailbox
``shared/ann/Garden`` is folder Garden in folder ann, whether or not ann is a mailbox, too.

What only may be read is so for every change: a device that marks a message as read there sees it
unread again. So is one in which messages may be stored and not deleted: Dovecot answers such a
deletion with OK, and does nothing.

Spec: RFC 2342 (NAMESPACE), RFC 4314 (ACL).
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from twisted.internet.defer import Deferred, DeferredList
from twisted.python.failure import Failure

from carbonio_mobile.errors import NotAllowed, NotFound
from carbonio_mobile.imap.names import decode
from carbonio_mobile.imap.responses import Namespaces
from carbonio_mobile.mailbox.imapclient.connection import ImapConnection
from carbonio_mobile.mailbox.imapclient.mailboxes import Mailbox
from carbonio_mobile.mailbox.mirror.links import RemoteFolder

_READS = frozenset("r")
_WRITES = frozenset("ite")
_OLD_DELETE = "d"
"""RFC 2086: one right for what are now ``t``, ``e`` and ``x``."""
_ASKED_AT_ONCE = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Spaces:
    """The namespaces: prefix and separator of the account's own mailboxes, prefixes of others'."""

    prefix: str = ""
    separator: str = ""
    foreign: tuple[str, ...] = ()

    def is_foreign(self, name: str) -> bool:
        """Tell whether a mailbox is another's, or everybody's."""
        return bool(self.foreign_prefix(name))

    def foreign_prefix(self, name: str) -> str:
        """Give the prefix of the namespace of others' in which a mailbox stands, empty for none."""
        found = (prefix for prefix in self.foreign if name.startswith(prefix))
        return max(found, key=len, default="")


def spaces_of(told: Namespaces, *, utf8: bool) -> Spaces:
    """Read what a server tells of its namespaces."""
    prefix, separator = b"", ""
    if told.personal:
        prefix, separator = told.personal[0]
    foreign = [decode(one, utf8=utf8) for one, _ in (*told.others, *told.shared) if one]
    return Spaces(prefix=decode(prefix, utf8=utf8), separator=separator, foreign=tuple(foreign))


def matches(one: Mailbox, pattern: str) -> bool:
    """Tell whether a mailbox is one of a pattern: ``*`` is anything, ``%`` without a separator."""
    within = f"[^{re.escape(one.separator)}]*" if one.separator else ".*"
    wild = {"*": ".*", "%": within}
    regex = "".join(wild.get(each) or re.escape(each) for each in pattern)
    return re.fullmatch(regex, one.name, re.DOTALL) is not None


def with_owners(listed: Sequence[Mailbox], spaces: Spaces) -> list[Mailbox]:
    """Add what stands above others' mailboxes and is not listed itself, as able to hold folders."""
    found = {one.name: one for one in listed}
    for one in listed:
        prefix = spaces.foreign_prefix(one.name)
        if not prefix or not one.separator:
            continue
        for above in _above(one, prefix):
            found.setdefault(
                above,
                Mailbox(name=above, separator=one.separator, attributes=frozenset(("\\noselect",))),
            )
    return list(found.values())


def _above(one: Mailbox, prefix: str) -> Iterable[str]:
    at = one.name.rfind(one.separator)
    while at > len(prefix):
        yield one.name[:at]
        at = one.name.rfind(one.separator, 0, at)


async def with_rights(
    connection: ImapConnection, folders: Sequence[RemoteFolder], spaces: Spaces
) -> list[RemoteFolder]:
    """Mark what the account may only read; others' mailboxes alone are asked about.

    What it may not read can only hold folders; what went meanwhile is left out. Raises: StoreError.
    """
    asked = [one for one in folders if spaces.is_foreign(one.place) and not one.container]
    judged: dict[str, RemoteFolder | None] = {}
    for start in range(0, len(asked), _ASKED_AT_ONCE):
        some = asked[start : start + _ASKED_AT_ONCE]
        doing = [Deferred.fromCoroutine(connection.my_rights(one.place)) for one in some]
        results = await DeferredList(doing, consumeErrors=True)
        for one, (_, outcome) in zip(some, results, strict=True):
            judged[one.place] = _judged(one, outcome)
    marked = (judged.get(one.place, one) for one in folders)
    return [one for one in marked if one is not None]


def _judged(one: RemoteFolder, rights: frozenset[str] | Failure | None) -> RemoteFolder | None:
    if isinstance(rights, Failure):
        rights.trap(NotFound, NotAllowed)
        return None
    if rights is None:  # the server has no ACL: it says so when something is tried
        return one
    if _OLD_DELETE in rights:
        rights = rights | {"t", "e"}
    return replace(one, read_only=not rights >= _WRITES, container=not rights >= _READS)

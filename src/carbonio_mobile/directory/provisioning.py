"""What provisioning speaks of: entries of the directory, changes of them, rights granted.

Spec: ../shared/carbonio/cli.md 5; ../shared/carbonio/admin-panel.md 4 (delegates).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

Change = tuple[str, Sequence[str]]
"""An attribute's new values, none to remove it; ``+name`` adds some, ``-name`` takes some away."""


class EntryKind(Enum):
    """The kinds of entries; a resource is an account that stands for a room or a thing."""

    ACCOUNT = "account"
    RESOURCE = "resource"
    COS = "cos"
    DOMAIN = "domain"
    LIST = "dl"
    GLOBAL = "global"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry of the directory as shown: ``own`` and ``inherited`` by name as spelt, sorted."""

    id: str
    name: str
    own: Mapping[str, tuple[str, ...]]
    inherited: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


EVERYBODY = "all"
"""The kind of grantee that is every account of this server."""

RIGHTS = ("sendAs", "sendOnBehalf", "sendAsDistList", "sendOnBehalfDistList", "sendToDistList")
"""The rights that may be granted; those on folders are shares of the mailbox."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """A right on a target, held by a grantee; each by the value of its kind and its name or id.

    ``grantee_kind`` is one of account, dl, domain, cos and all.
    """

    target_kind: str
    target: str
    grantee_kind: str
    grantee: str
    right: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedPeople:
    """What became of the entries of a file: numbers of them.

    ``passed_over`` are those that are no people and no groups, ``at_home`` people who have an
    account here. ``kept`` are entries of earlier files that this one does not name, and that stay.
    """

    added: int = 0
    changed: int = 0
    removed: int = 0
    unchanged: int = 0
    kept: int = 0
    passed_over: int = 0
    at_home: int = 0

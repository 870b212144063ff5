"""What a feed of people tells: entries of address lists that came, changed or went."""

from collections.abc import Sequence
from dataclasses import dataclass

from carbonio_mobile.addressbook.card import Card
from carbonio_mobile.directory.people import PersonKind


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainCard:
    """An entry of a domain's address list.

    ``is_external``: it stands for somebody who has no account here; the id is then not an
    account's, as that of a group is not.
    """

    domain: str
    card: Card
    kind: PersonKind = PersonKind.PERSON
    is_external: bool = False


@dataclass(frozen=True, slots=True)
class PeoplePosition:
    """How far a reader is: all up to a change is known, or ``after`` how much of everything."""

    change: int
    after: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleNews:
    """A page of news; the next one is had from its ``position``.

    - ``changed`` are entries as they are now, ``gone`` the ids of what is no entry (any more; many
      never were one).
    - ``is_whole``: the page belongs to a reading of everything, which ``is_first`` begins; what
      has not come when it ends is no more.
    - ``is_last``: there is nothing more now.
    """

    position: PeoplePosition
    changed: Sequence[DomainCard] = ()
    gone: Sequence[str] = ()
    is_whole: bool = False
    is_first: bool = False
    is_last: bool = True

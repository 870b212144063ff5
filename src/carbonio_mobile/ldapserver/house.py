"""What all connections of the listener share."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from twisted.internet.interfaces import IReactorTime, ITransport

from carbonio_mobile.addressbook.encoding import Bodies
from carbonio_mobile.addressbook.shelf import Hits
from carbonio_mobile.interfaces import IAccounts, IAddressBooks
from carbonio_mobile.ldapserver.journal import Journal
from carbonio_mobile.ldapserver.limits import LdapLimits
from carbonio_mobile.ldapserver.paging import Pages
from carbonio_mobile.ldapserver.session import Doorkeeper
from carbonio_mobile.ldapserver.turns import Turns


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """The other end: the client's address; ``is_private`` where nobody can listen in between."""

    address: str
    is_private: bool


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class House:
    """The collaborators of the connections.

    ``peer_of`` tells whose a connection is, also behind a proxy; None where a stranger told the
    address of another. ``timer`` gives seconds for the log.
    ``bodies`` keeps entries that were encoded.
    """

    accounts: IAccounts
    books: IAddressBooks
    doorkeeper: Doorkeeper
    peer_of: Callable[[ITransport], Peer | None]
    limits: LdapLimits
    clock: IReactorTime
    timer: Callable[[], float]
    turns: Turns
    pages: Pages[Hits, Any]
    bodies: Bodies
    journal: Journal

"""The entries that tell of the server itself: the root (rootDSE) and the schema.

Spec: RFC 4512 4.2, 5.1.
"""

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Final

from carbonio_mobile import __version__
from carbonio_mobile.addressbook.card import Card
from carbonio_mobile.addressbook.index import Index
from carbonio_mobile.addressbook.planning import find
from carbonio_mobile.addressbook.suffix import SUFFIX
from carbonio_mobile.ldap.filters import Filter
from carbonio_mobile.ldap.names import Dn, parse_dn
from carbonio_mobile.ldap.requests import Search
from carbonio_mobile.ldap.rootdse import root_dse, root_selection
from carbonio_mobile.ldap.schema import SUBSCHEMA_DN, subschema
from carbonio_mobile.ldap.selection import Selection, select, show

_CLASS: Final = ("objectClass", "top")


class ServerEntry:
    """An entry whose values, by key, are known when the program starts.

    ``select`` gives what is shown of it for a list of attributes.
    """

    def __init__(
        self,
        dn: Dn,
        values: Mapping[str, tuple[str, ...]],
        *,
        select: Callable[..., Selection] = select,
    ) -> None:
        self.dn = dn
        self._values = values
        self._select = select

    def matches(self, wanted: Filter) -> bool:
        """Tell whether a filter is true of it."""
        return any(len(rows) for rows in find(self._index, wanted))

    def body(self, search: Search) -> bytes:
        """Give it encoded, with the attributes that were asked for."""
        selection = self._select(search.attributes, types_only=search.types_only)
        return show(str(self.dn), self._values, selection)

    @cached_property
    def _index(self) -> Index:
        index = Index()
        rdn = self.dn.rdns[0][0] if self.dn.rdns else _CLASS
        index.put(Card(id="server", rdn=rdn, values=self._values))
        return index


ROOT: Final = ServerEntry(Dn(), root_dse((SUFFIX,), version=__version__), select=root_selection)
SCHEMA: Final = ServerEntry(parse_dn(SUBSCHEMA_DN), subschema())

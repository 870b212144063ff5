"""The rootDSE: what the server says of itself.

Spec: RFC 4512 5.1, RFC 3045 (vendor); ../shared/ldap/outlook-and-peers.md 2.3: nothing that looks
like Active Directory or Exchange.
"""

from collections.abc import Sequence
from typing import Final

from carbonio_mobile.ldap import oids
from carbonio_mobile.ldap.schema import SUBSCHEMA_DN
from carbonio_mobile.ldap.selection import ALL_OPERATIONAL, ALL_USER, Selection, select

CONTROLS: Final = (oids.PAGED_RESULTS, oids.SORT, oids.VIEW, oids.MANAGE_DSA_IT)
EXTENSIONS: Final = (oids.WHO_AM_I,)
FEATURES: Final = (oids.ALL_OPERATIONAL, oids.TRUE_AND_FALSE)
VENDOR: Final = "Carbonio Mobile"


def root_dse(contexts: Sequence[str], *, version: str) -> dict[str, tuple[str, ...]]:
    """Give the values of the rootDSE, by key, for a server with these naming contexts."""
    return {
        "objectclass": ("top",),
        "namingcontexts": tuple(contexts),
        "defaultnamingcontext": tuple(contexts[:1]),
        "supportedldapversion": ("3",),
        "supportedcontrol": CONTROLS,
        "supportedextension": EXTENSIONS,
        "supportedfeatures": FEATURES,
        "subschemasubentry": (SUBSCHEMA_DN,),
        "vendorname": (VENDOR,),
        "vendorversion": (version,),
    }


def root_selection(asked: tuple[str, ...], *, types_only: bool = False) -> Selection:
    """Give what is shown of the rootDSE: all of it where no name is asked, or ``*``."""
    if not asked or ALL_USER in asked:
        asked = (*asked, ALL_USER, ALL_OPERATIONAL)
    return select(asked, types_only=types_only)

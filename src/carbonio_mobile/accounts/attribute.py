"""What is known of one attribute of the directory, and how the tables of attributes say it.

Spec: ../shared/carbonio/attributes.md, head.
"""

from dataclasses import dataclass
from enum import Enum

from carbonio_mobile.accounts.values import Kind


class Level(Enum):
    """Where in the chain of inheritance an attribute may be set.

    ``LIST`` stands beside the chain: nobody inherits from a distribution list.
    """

    ACCOUNT = "account"
    COS = "cos"
    DOMAIN = "domain"
    SERVER = "server"
    GLOBAL = "global"
    LIST = "list"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribute:
    """What is known of one attribute.

    A read-only one is set by its own command, named in ``set_by``. One that is not ``inherited``
    means the entry it stands on and nothing below it. ``note`` is one line for people.
    """

    name: str
    kind: Kind
    levels: frozenset[Level]
    default: tuple[str, ...] = ()
    multiple: bool = False
    inherited: bool = True
    set_by: str = ""
    note: str = ""


def known(
    name: str,
    kind: Kind,
    levels: str,
    *default: str,
    multiple: bool = False,
    inherited: bool = True,
    set_by: str = "",
    note: str = "",
) -> Attribute:
    """Make a row of a table; ``levels`` are words with blanks between."""
    return Attribute(
        name=name,
        kind=kind,
        levels=frozenset(Level(level) for level in levels.split()),
        default=default,
        multiple=multiple,
        inherited=inherited,
        set_by=set_by,
        note=note,
    )

"""``Tree``: where accounts stand in a directory, how they are found, what their attributes mean.

There is one for Carbonio and Zimbra, and one for inetOrgPerson.

Spec: ../shared/carbonio/attributes.md 3, 4, 7, 8; RFC 2798 (inetOrgPerson), RFC 4530 (entryUUID).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from carbonio_mobile.accounts.attributes import CATALOGUE
from carbonio_mobile.accounts.ldapdirectory.filters import Template
from carbonio_mobile.addressbook.peoplecards import BLOB_SOURCES, FORWARDING, PEOPLE_ATTRIBUTES

REVISIONS = ("entrycsn", "modifytimestamp")
"""What differs after each change of an entry; of OpenLDAP, and of all directories."""

_PASSWORD_STAMPS = ("userpassword", "pwdchangedtime", "pwdlastset")
_CARBONIO_CLASSES = "(|(objectClass=zimbraAccount)(objectClass=zimbraCalendarResource))"
_NOT_READ = frozenset({"userpassword", "zimbrasslprivatekey", *BLOB_SOURCES})


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """How a directory says what accounts are.

    ``by_address`` has the place ``{address}``, ``by_user`` ``{user}`` (None: a login without a
    domain is completed, and that is all), ``by_id`` ``{id}``. ``id`` is the attribute with the
    identity that never changes. ``addresses`` are the attributes with addresses, the first value of
    the first of them being the account's name. ``attributes`` maps attributes of the directory
    to the product's, all in lower case. ``password_stamps`` are those that differ after each change
    of the password, as far as our account may read them. Entries of which one of ``no_accounts``
    is TRUE are no accounts of people. ``people`` finds what address lists show. With
    ``has_surroundings`` domains, COS and global attributes are in the directory as well.
    """

    base: str
    by_address: Template
    by_user: Template | None
    by_id: Template
    people: Template
    id: str
    addresses: tuple[str, ...]
    attributes: Mapping[str, str]
    people_attributes: Mapping[str, str] = field(
        default_factory=lambda: MappingProxyType({name: name for name in PEOPLE_ATTRIBUTES})
    )
    password_stamps: tuple[str, ...] = _PASSWORD_STAMPS
    no_accounts: tuple[str, ...] = ()
    has_surroundings: bool = False

    @property
    def account_names(self) -> tuple[str, ...]:
        """Give the names of what is read of an account."""
        return _once(
            (
                *(self.id, *self.addresses, *self.attributes),
                *(*self.no_accounts, *self.password_stamps, *REVISIONS),
            )
        )

    @property
    def person_names(self) -> tuple[str, ...]:
        """Give the names of what is read of an entry of the address list."""
        return _once((self.id, *self.addresses, *self.people_attributes, *REVISIONS))


def carbonio(base: str = "", **changes: Template) -> Tree:
    """Give the tree of Carbonio and Zimbra, filters changed where given. Raises: ConfigError."""
    filters: dict[str, Template | None] = {
        "by_address": Template(
            f"(&{_CARBONIO_CLASSES}(|(zimbraMailDeliveryAddress={{address}})"
            "(zimbraMailAlias={address})))",
            "address",
        ),
        "by_user": None,
        "by_id": Template(f"(&{_CARBONIO_CLASSES}(zimbraId={{id}}))", "id"),
        "people": Template(
            "(|(objectClass=zimbraAccount)(objectClass=zimbraCalendarResource)"
            "(objectClass=zimbraDistributionList)(objectClass=zimbraGroup))"
        ),
        **changes,
    }
    return Tree(
        base=base,
        id="zimbraid",
        addresses=("zimbramaildeliveryaddress", "zimbramailalias"),
        attributes=MappingProxyType(
            {name: name for name in shared_names() if name not in _NOT_READ}
        ),
        password_stamps=(*_PASSWORD_STAMPS, "zimbrapasswordmodifiedtime"),
        no_accounts=(
            "zimbraisexternalvirtualaccount",
            "zimbraissystemaccount",
            "zimbraissystemresource",
        ),
        has_surroundings=True,
        **filters,  # type: ignore[arg-type]  # by their names
    )


def inetorgperson(
    base: str, *, attributes: Mapping[str, str] = MappingProxyType({}), **changes: Template
) -> Tree:
    """Give the tree of inetOrgPerson entries with ``mail`` and ``uid``.

    ``attributes`` are further ones of the directory with the product's names for them. Raises:
    ConfigError.
    """
    filters: dict[str, Template | None] = {
        "by_address": Template("(&(objectClass=inetOrgPerson)(mail={address}))", "address"),
        "by_user": Template("(&(objectClass=inetOrgPerson)(uid={user}))", "user"),
        "by_id": Template("(&(objectClass=inetOrgPerson)(entryUUID={id}))", "id"),
        "people": Template("(&(objectClass=inetOrgPerson)(mail=*))"),
        **changes,
    }
    further = {name.lower(): meaning.lower() for name, meaning in attributes.items()}
    names = ("displayname", "cn", "givenname", "sn", "telephonenumber", "homephone", "mobile")
    own = {name: name for name in (*names, "physicaldeliveryofficename", "title")}
    people = {name: name for name in PEOPLE_ATTRIBUTES if not name.startswith("zimbra")}
    return Tree(
        base=base,
        id="entryuuid",
        addresses=("mail",),
        attributes=MappingProxyType({**own, "o": "company", **further}),
        people_attributes=MappingProxyType({**people, "o": "company", **further}),
        **filters,  # type: ignore[arg-type]  # by their names
    )


def shared_names() -> tuple[str, ...]:
    """Give the names of all attributes that mean something to this product, as LDAP may have."""
    return tuple(name for name in CATALOGUE if name.replace("-", "").isalnum())


def blob_names() -> tuple[str, ...]:
    """Give the names of attributes with large values; certificates have them with an option too."""
    return _once((*BLOB_SOURCES, "userCertificate;binary", FORWARDING))


def _once(names: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))

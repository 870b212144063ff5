"""Who is this, who is in the address list, and who may change what stands there."""

from collections.abc import AsyncIterator, Awaitable, Collection, Mapping, Sequence

from zope.interface import Interface

from carbonio_mobile.addressbook.news import PeopleNews, PeoplePosition
from carbonio_mobile.directory.accounts import Account, LoginFault
from carbonio_mobile.directory.configuration import (
    AttributeFacts,
    Configuration,
    Leftover,
    Scope,
    Setting,
)
from carbonio_mobile.directory.credentials import (
    Credential,
    CredentialChange,
    CredentialWish,
    Issued,
)
from carbonio_mobile.directory.people import People, Person, PersonWish
from carbonio_mobile.directory.provisioning import Change, Entry, EntryKind, Grant, ImportedPeople
from carbonio_mobile.ids import AccountId


class IAccounts(Interface):
    """Who is this, may they log in, what are their attributes."""

    def log_in(
        login: str, password: str, *, host: str, peer: str, service: str = "EAS"
    ) -> Awaitable[Account | LoginFault]:
        """Check credentials for a service.

        Once an account has a password that was made for the service, its own one is wrong there;
        that made for another service always is. Where a second factor is demanded, the account's
        own password is enough only from an address that is trusted.

        ``login`` is an e-mail address, an alias, ``DOMAIN\\user`` or a bare user, completed from
        ``host`` (the name the client connected to) or the default domain. A fault counts towards
        lockout as the account's attributes say; the same wrong password repeated counts once.
        """

    def account(account: AccountId) -> Awaitable[Account]:
        """Give an account as it is now. Raises: NotFound."""

    def find(address: str) -> Awaitable[Account | None]:
        """Give the account that receives mail for an address (name or alias), or None."""


class IDirectory(Interface):
    """The address list: people, groups and resources, as far as an account may see them."""

    def search(
        viewer: Account, text: str, *, offset: int, limit: int, wish: PersonWish
    ) -> Awaitable[People]:
        """Give entries of which each word of ``text`` begins a name, alias or address.

        Case and accents do not count. The entries from ``offset`` on come by display name, at most
        ``limit``. A text without a word finds nobody.
        """

    def at(
        viewer: Account, addresses: Sequence[str], *, wish: PersonWish
    ) -> Awaitable[Mapping[str, Person]]:
        """Give the entries that have these addresses, by the address as it was asked for.

        Addresses that no entry has are left out.
        """

    def in_domain(domain: str, text: str | None, *, offset: int, limit: int) -> Awaitable[People]:
        """Look in one domain's list as administrators do, whatever its accounts may see of it.

        As :meth:`search`; without a text everybody is found. Of a domain that is not there nobody
        is.
        """


class IOwnContacts(Interface):
    """The people in an account's own contact folders, those with an address."""

    def at(
        account: AccountId, addresses: Sequence[str], *, wish: PersonWish
    ) -> Awaitable[Mapping[str, Person]]:
        """Give the contacts that have these addresses, by the address as it was asked for."""

    def search(account: AccountId, text: str, *, limit: int, wish: PersonWish) -> Awaitable[People]:
        """Give contacts of which each word of ``text`` begins a name or address.

        They come by display name, at most ``limit``; the total counts all.
        """


class IPeopleFeed(Interface):
    """All people, groups and resources that address lists show, and what changes of them."""

    def version() -> int | None:
        """Give a number that differs after each change, at once; None where it cannot be told."""

    def people_since(position: PeoplePosition | None) -> Awaitable[PeopleNews]:
        """Give a page of what changed since; of everything, where there is no telling any more."""

    def blobs(
        owners: Collection[str], names: Collection[str]
    ) -> Awaitable[Mapping[str, Mapping[str, Sequence[bytes]]]]:
        """Give large values of entries by their ids, and by the names of a card's attributes.

        What an entry does not have is left out. The members of a group are addresses in UTF-8,
        with those of the lists in it.
        """


class IConfiguration(Interface):
    """What is configured: attributes of accounts, COS, domains, the server, the installation.

    Names of attributes are compared without case.
    """

    def values() -> Awaitable[Configuration]:
        """Give the server's attributes over the global ones over the defaults.

        Costs no thread while the directory does not change; ask each time, do not keep it.
        """

    def get(scope: Scope, attribute: str) -> Awaitable[Setting]:
        """Give an attribute as it holds for a scope. Raises: NotFound, InvalidArgument."""

    def set(scope: Scope, attribute: str, values: Sequence[str]) -> Awaitable[Setting]:
        """Set an attribute at a scope. Raises: NotFound, InvalidArgument; then nothing changed."""

    def unset(scope: Scope, attribute: str) -> Awaitable[Setting]:
        """Remove an attribute from a scope; gives what holds there now. Raises: as set."""

    def dump(scope: Scope, *, inherited: bool) -> Awaitable[Sequence[Setting]]:
        """Give all that is set at a scope, with all that holds there if asked, by name.

        Raises: NotFound, InvalidArgument.
        """

    def clean(*, dry_run: bool) -> Awaitable[Sequence[Leftover]]:
        """Remove values that mean nothing where they stand, all in one; gives what it removed.

        At most 10,000 at once. With ``dry_run`` nothing is removed.
        """

    def about(attribute: str) -> Awaitable[AttributeFacts]:
        """Tell what is known of an attribute. Raises: InvalidArgument."""


class ICredentials(Interface):
    """Passwords that accounts have for some services."""

    def of(account: AccountId) -> Awaitable[Sequence[Credential]]:
        """Give an account's passwords in the order in which they were added. Raises: NotFound."""

    def add(account: AccountId, wishes: Sequence[CredentialWish]) -> Awaitable[Sequence[Issued]]:
        """Add passwords, all or none.

        Raises: NotFound, InvalidArgument, NotAllowed (the account has too many).
        """

    def update(
        account: AccountId, credential: str, change: CredentialChange
    ) -> Awaitable[Credential]:
        """Change one; gives it as it is now. Raises: NotFound, InvalidArgument."""

    def delete(account: AccountId, credential: str) -> Awaitable[None]:
        """Remove one. Raises: NotFound."""


class IMailingLists(Interface):
    """Distribution lists as mail is delivered to them."""

    def expansions(addresses: Sequence[str]) -> Awaitable[Mapping[str, Sequence[str]]]:
        """Give the addresses behind those of ``addresses`` that are lists, by the one asked for.

        Lists within lists are looked into, each once, and rules of dynamic ones followed; a list
        without members has none. Raises: TooLarge (a list comes to too many addresses).
        """


class IProvisioning(Interface):
    """Domains, classes of service, accounts, resources, distribution lists, rights.

    Entries are named by name, address or id. Every change is one transaction, in force for the
    next request, and beside what is named may raise InvalidArgument with nothing changed.
    """

    def create(
        kind: EntryKind, name: str, *, password: str | None = None, changes: Sequence[Change] = ()
    ) -> Awaitable[str]:
        """Make an entry; gives its id. Nobody can log in to an account without a password.

        Raises: NotFound (domain), Conflict (taken), NotAllowed (the domain is full).
        """

    def modify(kind: EntryKind, name: str, changes: Sequence[Change]) -> Awaitable[None]:
        """Change attributes, all or none. Raises: NotFound."""

    def entry(kind: EntryKind, name: str) -> Awaitable[Entry]:
        """Give an entry. Raises: NotFound."""

    def names(
        kind: EntryKind, *, domain: str | None, after: str, limit: int
    ) -> Awaitable[Sequence[tuple[str, str]]]:
        """Give (name, id) of at most ``limit`` entries whose names come after ``after``, in order.

        ``domain`` leaves accounts, resources and lists of others out; resources are no accounts
        here. Raises: NotFound (domain).
        """

    def entries(
        kind: EntryKind, *, domain: str | None, after: str, limit: int
    ) -> Awaitable[Sequence[Entry]]:
        """Give a page of :meth:`names` with what the entries hold."""

    def rename(kind: EntryKind, name: str, new_name: str) -> Awaitable[None]:
        """Give an account, COS or list another name. Raises: NotFound, Conflict, NotAllowed."""

    def delete(kind: EntryKind, name: str) -> Awaitable[str]:
        """Remove an entry; gives its id. An account's mailbox stays where it is.

        Raises: NotFound, NotAllowed (a domain or COS that is in use).
        """

    def set_password(account: str, password: str) -> Awaitable[None]:
        """Give an account another password; lockout and must-change end. Raises: NotFound."""

    def add_alias(kind: EntryKind, name: str, alias: str) -> Awaitable[None]:
        """Give an account or a list one more address. Raises: NotFound, Conflict."""

    def remove_alias(kind: EntryKind, name: str, alias: str) -> Awaitable[None]:
        """Take an address away. Raises: NotFound, NotAllowed (the name itself)."""

    def add_members(name: str, addresses: Sequence[str]) -> Awaitable[int]:
        """Put addresses into a list, all or none; gives how many are new. Raises: NotFound."""

    def remove_members(name: str, addresses: Sequence[str]) -> Awaitable[None]:
        """Take addresses out of a list, all or none. Raises: NotFound (list, a member)."""

    def grant(grant: Grant) -> Awaitable[None]:
        """Give a right; nothing happens where it is held already. Raises: NotFound."""

    def revoke(grant: Grant) -> Awaitable[None]:
        """Take a right away. Raises: NotFound."""

    def grants(target_kind: str, target: str) -> Awaitable[Sequence[Grant]]:
        """Give the rights that are held on an entry, with names for ids. Raises: NotFound."""

    def has_right(grantee: str, target: str, right: str) -> Awaitable[bool]:
        """Tell whether an account holds a right on an account or a list.

        It may hold it by itself, its domain, its COS, a list or as everybody; on the target, its
        domain or on all. Raises: NotFound (the grantee).
        """

    def import_people(
        domain: str, source: AsyncIterator[bytes], *, remove_missing: bool, dry_run: bool
    ) -> Awaitable[ImportedPeople]:
        """Put the people of an LDIF file into a domain's address list, all or none.

        Those that an earlier import brought are changed or left as they are, and removed where
        the file does not name them, if asked. With ``dry_run`` nothing is changed. Raises:
        NotFound; InvalidArgument that names the line.
        """

    def generation() -> Awaitable[int]:
        """Give the number that every visible change of the directory raises."""

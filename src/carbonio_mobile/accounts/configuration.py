"""What is configured, read from and written to the embedded directory.

Spec: ../shared/carbonio/cli.md 3.1 (inheritance: account, COS, domain, server, global).
"""

from collections.abc import Iterator, Sequence
from functools import partial

from sqlalchemy import Connection, select
from zope.interface import implementer

from carbonio_mobile.accounts import entries
from carbonio_mobile.accounts.attributes import (
    CATALOGUE,
    DEFAULTS,
    Attribute,
    Level,
    found,
    is_inherited,
    key_of,
)
from carbonio_mobile.accounts.edits import apply_changes, normal_target
from carbonio_mobile.accounts.entries import Target
from carbonio_mobile.accounts.generation import ChangeWatch
from carbonio_mobile.accounts.inheritance import Values, inherited_values
from carbonio_mobile.accounts.invalid import InvalidArgument
from carbonio_mobile.accounts.lanes import Lane
from carbonio_mobile.accounts.leftovers import remove_leftovers
from carbonio_mobile.accounts.schema import ACCOUNTS, GLOBAL_OWNER, SERVER_OWNER
from carbonio_mobile.accounts.transactions import Transactions
from carbonio_mobile.directory.configuration import (
    BUILT_IN,
    LEVELS,
    LIST_LEVEL,
    AttributeFacts,
    Configuration,
    Leftover,
    Scope,
    Setting,
)
from carbonio_mobile.directory.people import BLOB_ATTRIBUTES
from carbonio_mobile.interfaces import IConfiguration

# Not for a list of settings: pictures, certificates, and what has commands of its own.
_HIDDEN = frozenset(BLOB_ATTRIBUTES) | {"userpassword"}

_Layer = tuple[str, Values]


class ConfigurationStore:
    """Settings in the directory's database. Every method is one transaction and blocks.

    Beside what is named, any may raise Unavailable and Corrupt.
    """

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions

    def values(self) -> Configuration:
        """Give the server's attributes over the global ones over the defaults."""
        with self._transactions.reading() as connection:
            return Configuration(
                attributes=inherited_values(
                    cos={},
                    domain={},
                    server=entries.own_values(connection, SERVER_OWNER),
                    everywhere=entries.own_values(connection, GLOBAL_OWNER),
                )
            )

    def get(self, scope: Scope, attribute: str) -> Setting:
        """Give one attribute as it holds. Raises: NotFound, InvalidArgument."""
        row = found(attribute)
        with self._transactions.reading() as connection:
            return _holding(row.name, list(_layers(connection, scope)))

    def set(self, scope: Scope, attribute: str, values: Sequence[str]) -> Setting:
        """Set one attribute, or remove it where there are no values.

        Raises: NotFound, InvalidArgument.
        """
        row, target = found(attribute), _target(scope)
        with self._transactions.changing() as connection:
            owner = entries.owner_id(connection, target)
            apply_changes(connection, owner, target.level, [(row.name, _separate(row, values))])
            return _holding(row.name, list(_layers(connection, scope)))

    def dump(self, scope: Scope, *, inherited: bool) -> Sequence[Setting]:
        """Give all that is set at a scope or holds there. Raises: NotFound, InvalidArgument."""
        with self._transactions.reading() as connection:
            layers = list(_layers(connection, scope))
        shown = layers if inherited else layers[:1]
        keys = {key for _, values in shown for key in values} - _HIDDEN
        settings = (_holding(_name(key), shown) for key in keys)
        return sorted(settings, key=lambda each: each.name.lower())

    def clean(self, *, dry_run: bool) -> Sequence[Leftover]:
        """See :func:`remove_leftovers`."""
        return remove_leftovers(self._transactions, dry_run=dry_run)


def _target(scope: Scope) -> Target:
    if scope.level == LIST_LEVEL:
        return normal_target(Target(level=Level.LIST, name=scope.name))
    if scope.level not in LEVELS:
        raise InvalidArgument("level", f"expected one of {', '.join((*LEVELS, LIST_LEVEL))}")
    return normal_target(Target(level=Level(scope.level), name=scope.name))


def _layers(connection: Connection, scope: Scope) -> Iterator[_Layer]:
    """Give what stands on a scope itself, then all that it inherits from, the nearest first."""
    target = _target(scope)
    owner = entries.owner_id(connection, target)
    yield scope.level, entries.own_values(connection, owner)
    for level, above in _above(connection, target.level, owner):
        yield level, _inheritable(entries.own_values(connection, above), target.level)
    yield BUILT_IN, _inheritable(DEFAULTS, target.level)


def _inheritable(values: Values, level: Level) -> Values:
    """Leave out what has no meaning at a level; of a domain, say, what is for accounts alone."""
    if level is Level.ACCOUNT:
        return {key: each for key, each in values.items() if is_inherited(key)}
    return {
        key: each
        for key, each in values.items()
        if is_inherited(key) and (key not in CATALOGUE or level in CATALOGUE[key].levels)
    }


def _above(connection: Connection, level: Level, owner: str) -> Iterator[tuple[str, str]]:
    """Give the ids of what an entry inherits from, the nearest first."""
    if level is Level.ACCOUNT:
        domain = str(
            connection.execute(
                select(ACCOUNTS.c.domain_id).where(ACCOUNTS.c.id == owner)
            ).scalar_one()
        )
        own_cos = entries.own_values(connection, owner).get("zimbracosid", (None,))[0]
        cos = entries.cos_of(connection, entries.own_values(connection, domain), own_cos)
        if cos is not None:
            yield "cos", cos
        yield "domain", domain
    if level is Level.LIST:
        return
    if level not in {Level.SERVER, Level.GLOBAL}:
        yield "server", SERVER_OWNER
    if level is not Level.GLOBAL:
        yield "global", GLOBAL_OWNER


def _holding(name: str, layers: Sequence[_Layer]) -> Setting:
    key = key_of(name)
    row = CATALOGUE.get(key)
    origin, values = next(
        ((level, values[key]) for level, values in layers if key in values), (BUILT_IN, ())
    )
    return Setting(
        name=name, values=values, origin=origin, multiple=row is not None and row.multiple
    )


def _name(key: str) -> str:
    row = CATALOGUE.get(key)
    return row.name if row else key


def _separate(row: Attribute, values: Sequence[str]) -> Sequence[str]:
    """Take a list with commas apart, where the one value that it would be is none."""
    if not row.multiple or len(values) != 1 or "," not in values[0]:
        return values
    try:
        row.kind.normal(values[0])
    except ValueError:
        return tuple(part.strip() for part in values[0].split(",") if part.strip())
    return values


@implementer(IConfiguration)
class EmbeddedConfiguration:
    """The embedded directory behind ``IConfiguration``; lives in the reactor thread."""

    def __init__(self, *, store: ConfigurationStore, watch: ChangeWatch, lane: Lane) -> None:
        self._store = store
        self._watch = watch
        self._lane = lane
        self._version: int | None = None
        self._kept = Configuration()

    async def values(self) -> Configuration:
        """Give the installation's attributes, from memory unless the directory changed."""
        # Read before the values are: a change in between shows at the next look.
        version = self._watch.version()
        if version is None or version != self._version:
            self._kept = await self._lane.run(self._store.values)
            self._version = version
        return self._kept

    async def get(self, scope: Scope, attribute: str) -> Setting:
        """Give an attribute as it holds."""
        return await self._lane.run(partial(self._store.get, scope, attribute))

    async def set(self, scope: Scope, attribute: str, values: Sequence[str]) -> Setting:
        """Set an attribute."""
        if not [each for each in values if each]:
            raise InvalidArgument(attribute, "expected a value; to remove it there is unset")
        return await self._lane.run(partial(self._store.set, scope, attribute, values))

    async def unset(self, scope: Scope, attribute: str) -> Setting:
        """Remove an attribute."""
        return await self._lane.run(partial(self._store.set, scope, attribute, ()))

    async def dump(self, scope: Scope, *, inherited: bool) -> Sequence[Setting]:
        """Give all that is set or holds."""
        return await self._lane.run(partial(self._store.dump, scope, inherited=inherited))

    async def clean(self, *, dry_run: bool) -> Sequence[Leftover]:
        """Remove what means nothing where it stands, or tell what that would be."""
        return await self._lane.run(partial(self._store.clean, dry_run=dry_run))

    async def about(self, attribute: str) -> AttributeFacts:
        """Tell what the catalogue says."""
        return facts(found(attribute))


def facts(row: Attribute) -> AttributeFacts:
    """Put what is known of an attribute in words; levels stand in the order of inheritance."""
    at = {LIST_LEVEL if level is Level.LIST else level.value for level in row.levels}
    return AttributeFacts(
        name=row.name,
        expected=row.kind.expected,
        levels=tuple(level for level in (*LEVELS, LIST_LEVEL) if level in at),
        default=row.default,
        multiple=row.multiple,
        inherited=row.inherited,
        note=row.note,
        set_by=row.set_by,
    )

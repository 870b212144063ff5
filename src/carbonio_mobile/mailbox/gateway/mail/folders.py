"""An account's mailboxes as folders: which are the standard ones, which are shown, what they hold.

Spec: RFC 6154 (SPECIAL-USE), RFC 2342 (NAMESPACE), RFC 4314 (ACL); MS-ASCMD 2.2.3.186.
"""

from collections.abc import Iterable, Mapping, Sequence

from carbonio_mobile.errors import Conflict, NotAllowed
from carbonio_mobile.mailbox.gateway.mail.access import MailAccess
from carbonio_mobile.mailbox.gateway.mail.foreign import (
    Spaces,
    matches,
    spaces_of,
    with_owners,
    with_rights,
)
from carbonio_mobile.mailbox.gateway.mail.options import MailOptions
from carbonio_mobile.mailbox.gateway.notes.folders import with_notes
from carbonio_mobile.mailbox.imapclient.connection import ImapConnection
from carbonio_mobile.mailbox.imapclient.mailboxes import Mailbox
from carbonio_mobile.mailbox.mirror.links import Protocol, RemoteFolder
from carbonio_mobile.mailbox.standard import MAX_NAME_CHARS
from carbonio_mobile.sync.folders import FolderKind

_USES = {
    "\\drafts": FolderKind.DRAFTS,
    "\\sent": FolderKind.SENT,
    "\\trash": FolderKind.TRASH,
    "\\junk": FolderKind.JUNK,
}
_VIRTUAL = frozenset(("\\all", "\\flagged", "\\important"))
"""Mailboxes that show messages of others: on a phone each message would stand twice."""

WELL_KNOWN = {
    FolderKind.DRAFTS: ("drafts", "draft", "entwürfe", "bozze", "brouillons", "borradores"),
    FolderKind.SENT: (
        "sent", "sent items", "sent messages", "sent mail", "gesendet", "gesendete objekte",
        "posta inviata", "inviati", "envoyés", "enviados",
    ),
    FolderKind.TRASH: (
        "trash", "deleted items", "deleted messages", "bin", "papierkorb", "cestino", "corbeille",
        "papelera",
    ),
    FolderKind.JUNK: ("junk", "spam", "junk e-mail", "junk email", "bulk mail", "unerwünscht"),
    FolderKind.NOTES: ("notes", "notizen", "note", "notas"),
}  # fmt: skip
"""What clients call the standard folders on servers that do not say which they are."""

_MADE = {
    FolderKind.DRAFTS: "Drafts",
    FolderKind.SENT: "Sent",
    FolderKind.TRASH: "Trash",
    FolderKind.JUNK: "Junk",
    FolderKind.NOTES: "Notes",
}


class MailFolders:
    """Lists the mailboxes of one account as folders."""

    def __init__(self, access: MailAccess, options: MailOptions) -> None:
        self._access = access
        self._options = options
        self._spaces: Spaces | None = None

    @property
    def has_notes(self) -> bool:
        """Whether a mailbox, and those below it, are for notes."""
        return self._options.has_notes

    def _is_had(self, kind: FolderKind) -> bool:
        return self.has_notes or kind is not FolderKind.NOTES

    def _may_be_well_known(self, kind: FolderKind) -> bool:
        """Tell whether a name is enough; notes would change mail, so a configured one counts."""
        return self._is_had(kind) and not (kind is FolderKind.NOTES and kind in self._options.roles)

    async def folders(self) -> list[RemoteFolder]:
        """Give all that are shown, parents before children; makes the standard ones that miss.

        Raises: StoreError.
        """
        async with self._access.connection() as connection:
            # Of a selected mailbox Dovecot tells the numbers even if another has its name by now.
            await connection.unselect()
            spaces = await self._known_spaces(connection)
            listed = await self._listed(connection, spaces)
            roles = self._roles(listed, spaces)
            missing = [one for one in _MADE if self._is_had(one) and one not in roles.values()]
            if missing and self._options.makes_standard:
                await self._make(connection, missing, spaces)
                listed = await self._listed(connection, spaces)
                roles = self._roles(listed, spaces)
            found = _as_folders(with_owners(listed, spaces), roles, spaces)
            return with_notes(_with_children(await with_rights(connection, found, spaces)))

    async def spaces(self) -> Spaces:
        """Give the namespaces. Raises: StoreError."""
        async with self._access.connection() as connection:
            return await self._known_spaces(connection)

    async def _known_spaces(self, connection: ImapConnection) -> Spaces:
        if self._spaces is None:
            told = await connection.namespaces()
            self._spaces = spaces_of(told, utf8=connection.utf8)
        return self._spaces

    async def _listed(self, connection: ImapConnection, spaces: Spaces) -> list[Mailbox]:
        everything = await connection.mailboxes()
        return [one for one in everything if self._is_shown(one, spaces)]

    def _is_shown(self, one: Mailbox, spaces: Spaces) -> bool:
        if one.attributes & _VIRTUAL:
            return False
        if f"{one.name}{one.separator}" in spaces.foreign and not one.is_selectable:
            return False  # what is below it stands at the top
        if spaces.is_foreign(one.name):
            return any(matches(one, pattern) for pattern in self._options.shared)
        return True

    def _roles(self, listed: Sequence[Mailbox], spaces: Spaces) -> dict[str, FolderKind]:
        """Tell which mailboxes are the standard folders: one for each, by name."""
        names = {one.name: one for one in listed if not spaces.is_foreign(one.name)}
        found = {name: FolderKind.INBOX for name in names if name.upper() == "INBOX"}
        for kind, name in self._options.roles.items():
            if name in names and self._is_had(kind):
                found.setdefault(name, kind)
        for name, one in names.items():
            for use, kind in _USES.items():
                if use in one.attributes and kind not in found.values():
                    found.setdefault(name, kind)
        for kind, known in WELL_KNOWN.items():
            if self._may_be_well_known(kind) and kind not in found.values():
                likely = _well_known(names.values(), known, spaces)
                if likely is not None:
                    found.setdefault(likely, kind)
        return found

    async def _make(
        self, connection: ImapConnection, kinds: Iterable[FolderKind], spaces: Spaces
    ) -> None:
        for kind in kinds:
            name = self._options.roles.get(kind) or spaces.prefix + _MADE[kind]
            try:
                await connection.create(name)
                await connection.subscribe(name)
            except Conflict:
                continue
            except NotAllowed:
                return  # it lets nobody make mailboxes: there is none then


def _well_known(listed: Iterable[Mailbox], known: Sequence[str], spaces: Spaces) -> str | None:
    """Give the mailbox at the top, or below the Inbox, that has the first of the known names."""
    tops: dict[str, str] = {}
    for one in listed:
        bare = one.name.removeprefix(spaces.prefix)
        inbox, separator, rest = bare.partition(one.separator) if one.separator else (bare, "", "")
        name = rest if separator and inbox.upper() == "INBOX" else bare
        if one.is_selectable and name.upper() != "INBOX":
            tops.setdefault(name.lower(), one.name)
    return next((tops[name] for name in known if name in tops), None)


def _as_folders(
    listed: Sequence[Mailbox], roles: dict[str, FolderKind], spaces: Spaces
) -> list[RemoteFolder]:
    places = {one.name for one in listed}
    found = [_as_folder(one, roles, places, spaces) for one in listed]
    parents = {one.place: one.parent for one in found}
    return sorted(
        found,
        key=lambda one: (_depth(one.place, parents), one.kind is FolderKind.MAIL),
    )


def _as_folder(
    one: Mailbox, roles: dict[str, FolderKind], places: set[str], spaces: Spaces
) -> RemoteFolder:
    kind = roles.get(one.name, FolderKind.MAIL)
    above, name = _above(one, places, spaces)
    if kind is FolderKind.INBOX:
        name = "Inbox"
    return RemoteFolder(
        protocol=Protocol.IMAP,
        place=one.name,
        kind=kind,
        name=_shown_name(name),
        parent=None if kind is not FolderKind.MAIL else above,
        remote_id=one.status.mailbox_id if one.status else "",
        epoch=str(one.status.numbers.get("UIDVALIDITY", "")) if one.status else "",
        container=not one.is_selectable,
    )


def _above(one: Mailbox, places: set[str], spaces: Spaces) -> tuple[str | None, str]:
    """Give the nearest mailbox above one that is shown, and the name below it."""
    name = one.name
    if not one.separator:
        return None, name
    at = name.rfind(one.separator)
    while at > 0:
        above = name[:at]
        is_prefix = f"{above}{one.separator}" in (spaces.prefix, *spaces.foreign)
        if above in places and not is_prefix:
            return above, name[at + 1 :]
        at = name.rfind(one.separator, 0, at)
    return None, name.removeprefix(spaces.foreign_prefix(name) or spaces.prefix) or name


def _with_children(found: Sequence[RemoteFolder]) -> list[RemoteFolder]:
    """Leave out what can hold only folders and holds none; parents stand before children."""
    parents: set[str | None] = set()
    for one in reversed(found):
        if not one.container or one.place in parents:
            parents.add(one.parent)
    return [one for one in found if not one.container or one.place in parents]


def _depth(place: str, parents: Mapping[str, str | None]) -> int:
    depth, above = 0, parents[place]
    while above is not None:
        depth, above = depth + 1, parents[above]
    return depth


def _shown_name(name: str) -> str:
    """Give a name as devices may see it: no slash, no control character, not too long."""
    clean = "".join("_" if c == "/" or not c.isprintable() else c for c in name).strip()
    return clean[:MAX_NAME_CHARS] or "_"

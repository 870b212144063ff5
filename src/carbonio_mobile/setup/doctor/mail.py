"""The account's mail: login, capabilities, folders, a first page."""

from collections.abc import Callable, Iterable, Sequence
from typing import Final

from carbonio_mobile.errors import NotAllowed, NotFound, StoreError
from carbonio_mobile.imap.responses import Fetch
from carbonio_mobile.imap.uidsets import UidSet
from carbonio_mobile.mailbox.gateway.logins.keychain import LoginPlan, Way, named
from carbonio_mobile.mailbox.gateway.mail.access import MailAccess
from carbonio_mobile.mailbox.gateway.mail.folders import MailFolders
from carbonio_mobile.mailbox.gateway.mail.options import MailOptions
from carbonio_mobile.mailbox.imapclient.connection import ImapConnection
from carbonio_mobile.mailbox.imapclient.mailboxes import Mailbox
from carbonio_mobile.mailbox.mirror.links import RemoteFolder
from carbonio_mobile.service.gateway import GatewayClients
from carbonio_mobile.setup.doctor.capabilities import tell_capabilities
from carbonio_mobile.setup.doctor.findings import Feature, Level, Part
from carbonio_mobile.setup.doctor.subject import Subject
from carbonio_mobile.sync.folders import FolderKind

PAGE: Final = 100
"""How many messages a first page has."""

_PAGE_ITEMS = ("FLAGS", "INTERNALDATE", "RFC822.SIZE", "BODYSTRUCTURE", "BODY.PEEK[HEADER]")
_STANDARD = (FolderKind.DRAFTS, FolderKind.SENT, FolderKind.TRASH, FolderKind.JUNK)
_SLOW_S: Final = 2.0
_NEARLY_FULL: Final = 0.95

_REFUSED: Final = {
    Way.OWN: "Is the password right, and is {user} what the server calls the account (imap.user)?",
    Way.PROXY: "May imap.proxy_user log in for others (Dovecot: a passdb with master = yes; Cyrus: "
    "proxyservers), is its password in imap.proxy_password_file, and is there an account {user} "
    "(imap.user)?",
    Way.MASTER: "May imap.proxy_user log in for others (Dovecot: a passdb with master = yes), is "
    "its password in imap.proxy_password_file, is imap.master_separator the server's "
    "(auth_master_user_separator), and is there an account {user} (imap.user)?",
    Way.TOKEN: "Does imap.token_command write a token for {user}, and does the server take "
    "XOAUTH2 with it?",
}
_WITHOUT = "The password is asked for without --as-proxy, or read from --password-file."


async def log_in(
    part: Part, clients: GatewayClients, subject: Subject, *, seconds: Callable[[], float]
) -> ImapConnection | None:
    """Log the account in as it is configured; gives the connection, None where that fails."""
    plan = clients.settings.logins
    user = named(plan.user, subject.address)
    if plan.way is Way.OWN and subject.password is None:
        part.fails("imap.login = own needs the account's password", _WITHOUT)
        return None
    began = seconds()
    try:
        connection = await clients.imap_connection(subject.account)
    except NotAllowed as exc:
        part.fails(f"the login of {_as(plan, user)} is refused ({exc})", _remedy(plan, user))
        return None
    except StoreError as exc:
        part.fails(f"no login: {exc}", "See the lines above, and the server's own log.")
        return None
    who = " ".join(filter(None, map(connection.server.get, ("name", "version"))))
    part.works(
        f"logged in as {_as(plan, user)} in {seconds() - began:.2f} s"
        + (f"; the server is {who}" if who else "")
    )
    tell_capabilities(part, connection.capabilities)
    return connection


def _as(plan: LoginPlan, user: str) -> str:
    """Say who logs in for whom."""
    match plan.way:
        case Way.PROXY:
            return f"{plan.proxy} for {user}"
        case Way.MASTER:
            return f"{user}{plan.separator}{plan.proxy}"
        case Way.TOKEN:
            return f"{user}, with a token"
    return user


def _remedy(plan: LoginPlan, user: str) -> str:
    return _REFUSED[plan.way].format(user=user)


# Folders


def mail_options(clients: GatewayClients) -> MailOptions:
    """Give the options of mail as they are configured, but that nothing is made."""
    imap = clients.settings.imap
    roles = {
        FolderKind[role.upper()]: name
        for role, name in imap.roles.items()
        if role.upper() in FolderKind.__members__
    }
    return MailOptions(
        roles=roles,
        shared=imap.shared,
        has_notes=clients.settings.notes == "imap",
        makes_standard=False,
    )


async def look_at_folders(
    part: Part, clients: GatewayClients, subject: Subject, connection: ImapConnection
) -> dict[FolderKind, str]:
    """Look at the mailboxes; gives the names of those that are standard folders, by kind.

    Raises: StoreError.
    """
    options = mail_options(clients)
    listed = {one.name: one for one in await connection.mailboxes()}
    folders = await MailFolders(MailAccess(subject.account, clients.pool), options).folders()
    found = {one.kind: one for one in folders if one.kind.standard}
    _tell_size(part, [listed[one.place] for one in folders if one.place in listed])
    if FolderKind.INBOX not in found:
        part.fails("there is no Inbox", "Has the account ever got mail? Deliver it a message.")
    for kind in _STANDARD:
        _tell_standard(part, kind, found.get(kind), options, listed)
    shared = [one for one in folders if one.read_only]
    if shared:
        part.works(f"{len(shared)} shared mailboxes may be read only; changes are undone on phones")
    return {kind: one.place for kind, one in found.items()}


def _tell_size(part: Part, shown: Sequence[Mailbox]) -> None:
    counts = {one.name: one.status.numbers.get("MESSAGES", 0) for one in shown if one.status}
    text = f"mailboxes: {len(shown)}, messages: {sum(counts.values()):,}"
    if any(counts.values()):
        largest = max(counts, key=lambda name: counts[name])
        text += f"; the largest is {largest} with {counts[largest]:,}"
    part.works(text)


def _tell_standard(
    part: Part,
    kind: FolderKind,
    one: RemoteFolder | None,
    options: MailOptions,
    listed: dict[str, Mailbox],
) -> None:
    role, wished = kind.value, options.roles.get(kind, "")
    if wished and (one is None or one.place != wished):
        part.degrades(
            f"imap.{role} names {wished}, and there is none",
            "It is made when the first phone comes; or is it called otherwise?",
        )
    elif one is None:
        part.degrades(
            f"there is no mailbox for {role}; it is made when the first phone comes",
            f"Where there is one of another name, name it in imap.{role}.",
        )
    else:
        part.works(f"{role} is {one.place}, {_why(one, wished, listed.get(one.place))}")


def _why(one: RemoteFolder, wished: str, listed: Mailbox | None) -> str:
    if one.place == wished:
        return f"as imap.{one.kind.value} says"
    if listed is not None and f"\\{one.kind.value}" in listed.attributes:
        return "as the server says (SPECIAL-USE)"
    return "by its name"


async def look_at_quota(part: Part, connection: ImapConnection, inbox: str) -> None:
    """See whether there is room in the mailbox. Raises: StoreError."""
    for quota in await connection.quota(inbox):
        used, limit = quota.resources.get("STORAGE", (0, 0))
        if not limit:
            continue
        text = f"{used / 1024:,.1f} of {limit / 1024:,.1f} MiB are used"
        if used >= limit:
            part.fails(f"{text}: nothing can be stored", "Give the account more room.")
        elif used >= _NEARLY_FULL * limit:
            part.degrades(text, "Soon nothing can be stored any more.")
        else:
            part.works(text)


# A page of messages


async def read_page(
    part: Part, connection: ImapConnection, place: str, *, seconds: Callable[[], float]
) -> None:
    """Read what a phone sees first, the newest messages of the Inbox. Raises: StoreError."""
    began = seconds()
    try:
        chosen = await connection.select(place, read_only=True)
    except NotFound:
        return
    uids = await connection.search()
    newest = newest_of(uids, PAGE)
    faults: list[str] = []

    def take(fetch: Fetch) -> None:
        faults.extend(fetch.faults)

    if newest:
        await connection.fetch(UidSet.of(newest), _PAGE_ITEMS, take)
    took_s = seconds() - began
    if not newest:
        part.works(f"{place} is empty")
        part.gives(Feature.MAIL, Level.WORKS, "the Inbox is empty")
        return
    text = f"the newest {len(newest)} of {chosen.exists:,} messages of {place}: {took_s:.2f} s"
    if faults:
        part.degrades(f"{text}; the server gives some of them brokenly", "See the server's log.")
    elif took_s > _SLOW_S:
        part.degrades(text, "That is slow: are the server's indexes there, and its disks free?")
    else:
        part.works(text)
    part.gives(Feature.MAIL, Level.WORKS, f"{chosen.exists:,} messages in the Inbox")


def newest_of(uids: UidSet, count: int) -> list[int]:
    """Give the highest of some UIDs."""
    found: list[int] = []
    for first, last in sorted(uids.ranges, reverse=True):
        found += _highest(first, last, count - len(found))
        if len(found) >= count:
            break
    return found


def _highest(first: int, last: int, count: int) -> Iterable[int]:
    return range(last, max(first, last - count + 1) - 1, -1)

"""The demo: settings, certificate, accounts and what is in their mailboxes.

All of it is made at the first start and then kept.
"""

import json
import os
import time
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred, gatherResults
from twisted.internet.interfaces import IReactorFromThreads
from twisted.internet.threads import deferToThreadPool
from twisted.python.threadpool import ThreadPool

from carbonio_mobile.accounts.store import DirectoryStore
from carbonio_mobile.errors import ConfigError
from carbonio_mobile.ids import AccountId, FolderId, OperationId
from carbonio_mobile.interfaces import IMailbox, IMailboxes
from carbonio_mobile.mime.mailitem import FollowUp, MailState
from carbonio_mobile.service.demomail import OWN_FOLDERS, DemoMessage, demo_mail
from carbonio_mobile.service.demoobjects import DemoObject, demo_objects
from carbonio_mobile.service.demotext import OWNERS, STAFF
from carbonio_mobile.service.tls import self_signed
from carbonio_mobile.sync.folders import Folder, FolderKind, Hierarchy

DEMO_DATA = "carbonio-mobile-demo"
DEMO_DOMAIN = "example.com"
DEMO_ENDPOINTS = ("tls:8443:interface=127.0.0.1", "tcp:8080:interface=127.0.0.1")
DEMO_LDAP = "ssl:8636:interface=127.0.0.1"

_HOSTS = ("localhost", "127.0.0.1", "::1", DEMO_DOMAIN, f"autodiscover.{DEMO_DOMAIN}")
_WRITES_AT_ONCE = 50


def demo_document(data: Path) -> Mapping[str, Any]:
    """Give what a configuration file for the demo would say."""
    certificate, key = _certificate_files(data)
    return {
        "server": {"data": str(data), "eas": list(DEMO_ENDPOINTS), "ldap": [DEMO_LDAP]},
        "tls": {"certificates": [{"certificate": str(certificate), "key": str(key)}]},
    }


def demo_password(address: str) -> str:
    """Give the password of a demo account, which everybody knows."""
    return f"demo-{address.partition('@')[0]}"


def _certificate_files(data: Path) -> tuple[Path, Path]:
    return data / "demo-certificate.pem", data / "demo-key.pem"


def make_certificate(data: Path) -> None:
    """Make the certificate and its key where they are missing. Raises: ConfigError."""
    certificate, key = _certificate_files(data)
    if certificate.exists() and key.exists():
        return
    made, secret = self_signed(_HOSTS, now=datetime.now(UTC))
    try:
        with open(os.open(key, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(secret)
        certificate.write_bytes(made)
    except OSError as exc:
        raise ConfigError("--data", f"cannot write {exc.filename}: {exc.strerror}") from exc


def make_accounts(store: DirectoryStore) -> None:
    """Make the domain and its accounts where they are missing; blocks."""
    if DEMO_DOMAIN not in store.domains():
        store.create_domain(DEMO_DOMAIN)
    present = {name for name, _account in store.accounts(DEMO_DOMAIN)}
    for address, name in OWNERS.items():
        if address not in present:
            changes = [("displayName", (name,))]
            changes += [(key, (value,)) for key, value in STAFF[address].items()]
            store.create_account(address, demo_password(address), changes=changes)


class DemoContent:
    """Fills the mailboxes once. What a kill leaves half-filled, the next start completes."""

    def __init__(
        self,
        data: Path,
        mailboxes: IMailboxes,
        *,
        reactor: IReactorFromThreads,
        pool: ThreadPool,
    ) -> None:
        self._progress = data / "demo-mail.json"
        self._mailboxes = mailboxes
        self._reactor = reactor
        self._pool = pool

    async def fill(self, accounts: Iterable[tuple[str, AccountId]]) -> int:
        """Fill the mailboxes of the demo's accounts; gives how many items were written."""
        progress = self._read_progress()
        if progress["complete"]:
            return 0
        written = 0
        for address, account in accounts:
            if address in OWNERS:
                anchor = progress["anchor"]
                mail: list[DemoMessage] = await self._in_thread(partial(demo_mail, address, anchor))
                made: list[DemoObject] = await self._in_thread(
                    partial(demo_objects, address, anchor)
                )
                mailbox = await self._mailboxes.open(account)
                await self._fill_one(mailbox, address, mail, made)
                written += len(mail) + len(made)
        self._write_progress({**progress, "complete": True})
        return written

    def _in_thread(self, work: Callable[[], Any]) -> Deferred[Any]:
        return deferToThreadPool(self._reactor, self._pool, work)

    async def _fill_one(
        self,
        mailbox: IMailbox,
        address: str,
        mail: Sequence[DemoMessage],
        made: Sequence[DemoObject],
    ) -> None:
        folders = await _make_folders(mailbox, address)
        await _in_groups(
            _append(mailbox, address, number, each, folders) for number, each in enumerate(mail)
        )
        hierarchy = await mailbox.hierarchy()
        await _in_groups(
            _add(mailbox, address, number, each, hierarchy) for number, each in enumerate(made)
        )

    def _read_progress(self) -> dict[str, Any]:
        """Give how far an earlier start came; the anchor of all dates is the time of the first."""
        try:
            progress: dict[str, Any] = json.loads(self._progress.read_text())
        except FileNotFoundError:
            progress = {"anchor": time.time() // 60 * 60, "complete": False}
            self._write_progress(progress)
        return progress

    def _write_progress(self, progress: Mapping[str, Any]) -> None:
        unfinished = self._progress.with_suffix(".new")
        unfinished.write_text(json.dumps(progress))
        unfinished.replace(self._progress)


async def _make_folders(mailbox: IMailbox, address: str) -> dict[str, FolderId]:
    """Give the mailbox's folders by path, with those of the demo made."""
    folders = {
        folder.name: folder.id
        for folder in (await mailbox.hierarchy()).folders
        if not folder.parent
    }
    for path in OWN_FOLDERS:
        above, _, name = path.rpartition("/")
        made: Folder = await mailbox.create_folder(
            folders.get(above), name, FolderKind.MAIL,
            operation=OperationId(f"demo-{address}-{path}"[:64]),
        )  # fmt: skip
        folders[path] = made.id
    return folders


async def _in_groups(writes: Iterable[Coroutine[Any, Any, object]]) -> None:
    """Wait for writes in groups: their commits share the disk's time, and their order is kept."""
    left = iter(writes)
    while group := list(islice(left, _WRITES_AT_ONCE)):
        waiting = [Deferred.fromCoroutine(each) for each in group]
        await gatherResults(waiting, consumeErrors=True)


async def _append(
    mailbox: IMailbox,
    address: str,
    number: int,
    message: DemoMessage,
    folders: Mapping[str, FolderId],
) -> None:
    state = MailState(
        read=message.read,
        follow_up=FollowUp(status=2) if message.flagged else None,
        categories=message.categories,
        verb=message.verb,
        verb_at=message.received + 60 if message.verb else 0.0,
    )
    await mailbox.append(
        folders[message.folder],
        message.source,
        state,
        received=message.received,
        operation=OperationId(f"demo-{address}-{number}"[:64]),
    )


async def _add(
    mailbox: IMailbox, address: str, number: int, made: DemoObject, hierarchy: Hierarchy
) -> None:
    folder = hierarchy.standard(made.folder)
    assert folder is not None, "the embedded mailbox has every standard folder of objects"
    operation = OperationId(f"demo-{address}-object-{number}"[:64])
    await mailbox.add_object(folder.id, made.source, operation=operation)


def greeting(data: Path, urls: Iterable[str], ldap: Sequence[str] = ()) -> str:
    """Give what the demo says once it serves: where, who, and what to try next."""
    addresses = list(urls)
    shown = next((url for url in addresses if url.startswith("https:")), addresses[0])
    insecure = " --insecure" if shown.startswith("https:") else ""
    width = max(map(len, OWNERS))
    accounts = "\n".join(f"    {address:{width}}   {demo_password(address)}" for address in OWNERS)
    first = next(iter(OWNERS))
    book, look_up = "", ""
    if ldap:
        book = f"  address book at  {'  and  '.join(ldap)}\n"
        look_up = (
            "  and in the address book, as a mail program does:\n"
            f"    LDAPTLS_REQCERT=never ldapsearch -x -H {ldap[0]} -D {first} \\\n"
            f"      -w {demo_password(first)} -b '' '(cn=j*)' cn mail\n\n"
        )
    return (
        f"\ncarbonio-mobile demo, data in {data}\n\n"
        f"  ActiveSync at  {'  and  '.join(addresses)}\n{book}"
        f"  accounts and passwords:\n{accounts}\n\n"
        "  Try, in another terminal:\n"
        f"    carbonio-mobile-client --url {shown} --user {first} \\\n"
        f"      --password {demo_password(first)}{insecure} sync\n\n"
        "  and as its administrator:\n"
        f"    carbonio --socket {data / 'admin.sock'} mobile getAllDevices\n\n"
        f"{look_up}"
        "  Ctrl-C stops it; started again, it keeps its data.\n"
    )

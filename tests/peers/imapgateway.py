"""Gateway mailboxes on a server of IMAP alone, in clear on the loopback: Dovecot or Cyrus."""

import random
from collections.abc import Sequence
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import Any

from twisted.internet import reactor as _reactor
from twisted.internet.task import deferLater
from twisted.internet.tcp import Client

from carbonio_mobile.ids import AccountId, FolderId, OperationId
from carbonio_mobile.interfaces import IMailbox
from carbonio_mobile.mailbox.embedded import Tuning
from carbonio_mobile.mailbox.gateway.mail.options import MailOptions
from carbonio_mobile.mailbox.gateway.mailbox import GatewayMailbox
from carbonio_mobile.mailbox.gateway.mailboxes import GatewayMailboxes, GatewayServers
from carbonio_mobile.mailbox.gateway.objects.parts import ObjectOptions
from carbonio_mobile.mailbox.imapclient.connection import ImapConnection
from carbonio_mobile.mailbox.imapclient.login import (
    Encryption,
    ImapReach,
    ImapServer,
    PasswordLogin,
)
from carbonio_mobile.mailbox.imapclient.pool import ImapPool, PoolLimits
from carbonio_mobile.mailbox.memory import no_quota
from carbonio_mobile.mime.mailitem import MailState
from carbonio_mobile.sync.changes import NEWEST, OLDEST, ItemHead
from carbonio_mobile.sync.folders import Folder
from carbonio_mobile.testing.contracts.mailbox_fixture import RecordingSink
from tests.peers.dovecot import PASSWORD

reactor: Any = _reactor


class ImapGateway:
    """One; ``commands`` are the names of all commands that it sent, in order."""

    def __init__(self, port: int, *, fresh_s: float = 0.0, **options: Any) -> None:
        self.commands: list[str] = []
        self.sink = RecordingSink()
        self.data = Path(mkdtemp(prefix="imapgateway-"))
        server = ImapServer(host="127.0.0.1", port=port, encryption=Encryption.OFF)
        self.reach = ImapReach(server, reactor=reactor, identity=("carbonio-mobile", "test"))
        self.pool = ImapPool(
            reach=self._open, clock=reactor, chance=random.random, limits=PoolLimits()
        )
        self.mailboxes = GatewayMailboxes(
            self.data,
            GatewayServers(pool=self.pool, dav=None, replies=_no_replies),
            reactor=reactor,
            clock=reactor.seconds,
            sink=self.sink,
            quota_of=no_quota,
            mail=MailOptions(fresh_s=fresh_s, hierarchy_s=fresh_s, **options),
            objects=ObjectOptions(),
            tuning=Tuning(thread_count=2, durable=False),
        )

    async def connect(self, user: str) -> ImapConnection:
        """Log somebody in, beside the pool."""
        return await self.reach.open(PasswordLogin(user=user, password=PASSWORD))

    async def _open(self, account: AccountId) -> ImapConnection:
        connection = await self.connect(account)
        run = connection.wire.run

        def counting(command: Any, **manner: Any) -> Any:
            self.commands.append(command.name)
            return run(command, **manner)

        connection.wire.run = counting  # type: ignore[method-assign]  # to count
        return connection

    async def open(self, user: str) -> GatewayMailbox:
        """Give somebody's mailbox."""
        return await self.mailboxes.open(AccountId(user))

    async def stop(self) -> None:
        """Close all; no other connections may be open."""
        await self.mailboxes.stop()
        await self.pool.stop()
        while any(isinstance(one, Client) for one in reactor.getReaders()):
            await deferLater(reactor, 0.01)
        rmtree(self.data, ignore_errors=True)


def _no_replies(account: AccountId) -> Any:
    return None


async def names(box: GatewayMailbox) -> dict[str, Folder]:
    """Give the folders by their names with those above them: ``Projects/Garden``."""
    box.tree.stale()  # they may have been looked at a moment ago
    folders = (await box.hierarchy()).folders
    by_id = {one.id: one for one in folders}

    def path(one: Folder) -> str:
        return one.name if one.parent is None else f"{path(by_id[one.parent])}/{one.name}"

    return {path(one): one for one in folders}


async def heads(box: IMailbox, folder: FolderId) -> Sequence[ItemHead]:
    """Give what a folder holds, the newest first."""
    page = await box.listing(folder, below=NEWEST, down_to=OLDEST, limit=10_000)
    return page.heads


async def store(box: IMailbox, folder: FolderId, source: bytes, name: str) -> ItemHead:
    """Store a message."""
    head: ItemHead = await box.append(
        folder, source, MailState(), received=1e9, operation=OperationId(name)
    )
    return head

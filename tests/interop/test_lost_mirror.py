"""What docs/operations.md says of mirrors: they can be deleted, and phones synchronise anew."""

import json
import os
import shutil
import sys
from typing import Any

from twisted.internet.utils import getProcessOutputAndValue
from twisted.trial.unittest import TestCase

from carbonio_mobile.mailbox.mirror.files import MIRRORS
from tests.peers.dovecot import requires_dovecot
from tests.peers.gatewaydaemon import PASSWORD, USERS, GatewayDaemon, begin
from tests.peers.postfix import requires_postfix
from tests.peers.radicale import requires_radicale

JOHN = USERS[0]
FOLDERS = ("inbox", "contacts", "calendar", "tasks", "notes")


@requires_postfix
@requires_dovecot
@requires_radicale
class LostMirrorTests(TestCase):
    """A daemon that finds its mirrors gone."""

    timeout = 120

    def setUp(self) -> None:
        """Start the servers."""
        self.servers = GatewayDaemon.started()
        self.addCleanup(self.servers.remove)

    async def client(self, url: str, *words: str) -> Any:
        """Run the phone; gives what it printed."""
        access = ["--url", url, "--user", JOHN, "--password", PASSWORD, "--json"]
        output, errors, status = await getProcessOutputAndValue(
            sys.executable,
            ["-m", "carbonio_mobile.client.main", *access, *words],
            env={**os.environ, "XDG_STATE_HOME": str(self.servers.place)},
        )
        self.assertEqual(0, status, errors.decode() + output.decode())
        return json.loads(output)

    async def held(self, url: str) -> dict[str, int]:
        """Synchronise all; gives how many items the phone has in each folder."""
        return {one["folder"]: one["held"] for one in await self.client(url, "sync", *FOLDERS)}

    async def test_phones_synchronise_anew(self) -> None:
        """The phone ends with what the servers have, each thing once."""
        for number in range(3):
            self.servers.dovecot.deliver(f"Subject: {number}\r\n\r\nhello\r\n".encode())
        file = self.servers.configured()
        daemon, url = await begin(file)
        await self.client(url, "sync", *FOLDERS)
        await self.client(url, "add-contact", "--first", "Ada", "--last", "Lovelace")
        before = await self.held(url)
        await daemon.end()
        self.assertEqual((3, 1), (before["Inbox"], before["Contacts"]))
        shutil.rmtree(self.servers.place / "data" / MIRRORS)
        self.servers.dovecot.deliver(b"Subject: new\r\n\r\nhello\r\n")
        daemon, url = await begin(file)
        try:
            await self.held(url)
            self.assertEqual({**before, "Inbox": 4}, await self.held(url))
        finally:
            await daemon.end()

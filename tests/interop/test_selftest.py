"""The client's self-test against a whole daemon on loopback: every class, in every version.

Proved of all versions together, from request to stored item and back: the commands of MS-ASCMD
2.2.1 are answered, by elements that the version has.
"""

import json
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.utils import getProcessOutputAndValue
from twisted.trial.unittest import TestCase

from carbonio_mobile.accounts.opening import open_store
from carbonio_mobile.accounts.passwords import FULL_COST
from carbonio_mobile.eas.version import OFFERED
from carbonio_mobile.service.prepare import prepare
from carbonio_mobile.service.source import SettingsSource
from carbonio_mobile.service.wiring import Daemon

ACCOUNTS = ("john@example.com", "mary@example.com")
PASSWORD = "secret-enough"
VERSIONS = [version.text for version in OFFERED]


class SelftestTests(TestCase):
    """A daemon with two accounts, and the client as a program of its own."""

    timeout = 240

    def setUp(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)
        data = self.folder / "data"
        data.mkdir(mode=0o700)
        self.file = self.folder / "a.toml"
        self.file.write_text(
            f'[server]\ndata = "{data}"\neas = ["tcp:0:interface=127.0.0.1"]\n'
            "[process]\nrelease_spread_s = 0\n"
        )
        store = open_store(data, FULL_COST)
        store.create_domain("example.com")
        for address in ACCOUNTS:
            store.create_account(address, PASSWORD)
        store.close()

    async def start(self) -> str:
        """Start the daemon; gives its URL."""
        source = SettingsSource(file=self.file, demo=False, overrides={})
        settings = source.read()
        prepared = prepare(settings, reactor, with_demo=False)
        daemon = Daemon(source=source, settings=settings, prepared=prepared, reactor=reactor)
        self.addCleanup(lambda: Deferred.fromCoroutine(daemon.end()))
        await daemon.begin()
        return f"http://127.0.0.1:{prepared.ports[0].getHost().port}"

    async def client(self, url: str, *words: str) -> tuple[int, Any]:
        """Run the client as john; gives its exit status and what it printed as JSON."""
        access = ["--url", url, "--user", ACCOUNTS[0], "--password", PASSWORD]
        output, errors, status = await getProcessOutputAndValue(
            sys.executable,
            ["-m", "carbonio_mobile.client.main", *access, "--json", *words],
            env={**os.environ, "XDG_STATE_HOME": str(self.folder)},
        )
        self.assertTrue(output, errors.decode())
        return status, json.loads(output)

    async def test_everything_works_in_every_version(self) -> None:
        """Nothing fails, nothing is refused or skipped; afterwards the mailbox is as it was."""
        url = await self.start()
        before = await self.client(url, "folders")
        other = ("--other", ACCOUNTS[1], "--other-password", PASSWORD)
        status, report = await self.client(url, "selftest", *other)
        found = [
            (feature["feature"], version, one)
            for feature in report["features"]
            for version, one in feature["results"].items()
        ]
        bad = [one for one in found if one[2]["outcome"] not in ("works", "absent")]
        self.assertEqual([], bad)
        self.assertEqual(0, status)
        self.assertEqual(VERSIONS, report["versions"])
        self.assertGreater(report["counts"]["works"], 250)
        self.assertEqual(before, await self.client(url, "folders"))
        _, synced = await self.client(
            url, "sync", "inbox", "sent", "trash", "contacts", "calendar", "tasks", "notes"
        )
        self.assertEqual([0] * 7, [one["held"] for one in synced])

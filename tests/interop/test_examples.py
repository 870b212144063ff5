"""The files of etc/examples, each with a daemon before the servers that it is for."""

import json
import os
import shutil
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from twisted.internet.defer import Deferred
from twisted.internet.utils import getProcessOutputAndValue
from twisted.trial.unittest import TestCase

from tests.peers.cyrusimap import CyrusImap, requires_cyrus_imap
from tests.peers.davserver import DavServer
from tests.peers.directories import CarbonioUnderTest, InetOrgPersonUnderTest
from tests.peers.dovecot import HOST, MASTER, MASTER_PASSWORD, requires_dovecot
from tests.peers.examples import example, give
from tests.peers.gatewaydaemon import PASSWORD, USERS, GatewayDaemon, begin
from tests.peers.postfix import requires_postfix
from tests.peers.radicale import Radicale, requires_radicale
from tests.peers.slapd import CARBONIO, INETORGPERSON, READER_PASSWORD, Slapd, requires_slapd

JOHN = USERS[0]
FOLDERS = ("inbox", "contacts", "calendar", "tasks", "notes")
EMPTY = {name.capitalize(): 0 for name in FOLDERS}
MESSAGE = b"Subject: hello\r\n\r\nhello\r\n"


class ExampleCase(TestCase):
    """One example, and the servers that it is for."""

    timeout = 120
    name: ClassVar[str]
    dav_server: ClassVar[type[DavServer]] = Radicale
    servers: GatewayDaemon

    @classmethod
    def setUpClass(cls) -> None:
        cls.servers = GatewayDaemon.started(cls.dav_server)

    @classmethod
    def tearDownClass(cls) -> None:
        cls.servers.remove()

    def setUp(self) -> None:
        """Make a directory for the daemon."""
        self.place = Path(tempfile.mkdtemp(prefix="example-"))
        self.addCleanup(shutil.rmtree, self.place, ignore_errors=True)

    def sections(self) -> dict[str, Mapping[str, Any]]:
        """Give what stands elsewhere in a test: ports, names and authorities."""
        dovecot, dav = self.servers.dovecot, self.servers.dav
        assert dav is not None
        here = {"host": HOST, "authority": str(dovecot.authority)}
        authority = getattr(dav, "authority", "")
        return {
            "server": {"eas": ["tcp:0:interface=127.0.0.1"], "ldap": []},
            "imap": {**here, "port": dovecot.imaps_port},
            "submission": {**here, "port": self.servers.postfix.port},
            "sieve": {**here, "port": dovecot.sieve_port},
            "dav": {"url": dav.url, "authority": str(authority)},
            "process": {"release_spread_s": 0},
        }

    async def synced(self, *folders: str, **more: Mapping[str, Any]) -> dict[str, int]:
        """Have a phone synchronise all; gives how many items it has in each folder."""
        changes = self.sections()
        for section, values in more.items():
            changes[section] = {**changes.get(section, {}), **values}
        daemon, url = await begin(example(self.name, self.place, **changes))
        self.addCleanup(lambda: Deferred.fromCoroutine(daemon.end()))
        access = ["--url", url, "--user", JOHN, "--password", PASSWORD]
        output, errors, status = await getProcessOutputAndValue(
            sys.executable,
            ["-m", "carbonio_mobile.client.main", *access, "--json", "sync", *(folders or FOLDERS)],
            env={**os.environ, "XDG_STATE_HOME": str(self.place)},
        )
        self.assertEqual(0, status, errors.decode() + output.decode())
        return {one["folder"]: one["held"] for one in json.loads(output)}


@requires_postfix
@requires_dovecot
@requires_radicale
class DovecotPostfixRadicaleTests(ExampleCase):
    """dovecot-postfix-radicale.toml"""

    name = "dovecot-postfix-radicale.toml"

    async def test_a_phone_synchronises(self) -> None:
        """Mail that arrived at Dovecot is on the phone, beside a folder of each other class."""
        self.servers.dovecot.deliver(MESSAGE)
        self.assertEqual({**EMPTY, "Inbox": 1}, await self.synced())


@requires_postfix
@requires_dovecot
@requires_cyrus_imap
class CyrusTests(ExampleCase):
    """cyrus.toml"""

    name = "cyrus.toml"
    dav_server = CyrusImap

    async def test_a_phone_synchronises(self) -> None:
        """So with Cyrus, whose mailbox began with a message."""
        cyrus: Any = self.servers.dav
        imap = {"port": cyrus.imap_port, "tls": "off", "authority": ""}
        self.assertEqual({**EMPTY, "Inbox": 1}, await self.synced(imap=imap))


@requires_postfix
@requires_dovecot
@requires_radicale
@requires_slapd
class DovecotLdapTests(ExampleCase):
    """dovecot-ldap.toml"""

    name = "dovecot-ldap.toml"

    async def test_a_phone_synchronises(self) -> None:
        """The login is checked by the directory, the mailbox opened by the proxy."""
        peer = Slapd.started(INETORGPERSON)
        self.addCleanup(peer.remove)
        InetOrgPersonUnderTest(peer).add(JOHN, PASSWORD, displayName="John Doe")
        give(self.place, "ldap.password", READER_PASSWORD)
        give(self.place, "imap.password", MASTER_PASSWORD)
        directory = {
            "urls": [f"ldaps://{HOST}:{peer.ldaps}"],
            "authority": str(peer.certificate),
            "base": peer.plan.suffix,
            "bind_dn": peer.plan.reader,
        }
        held = await self.synced(directory=directory, imap={"proxy_user": MASTER})
        self.assertEqual(EMPTY, held)


@requires_postfix
@requires_dovecot
@requires_radicale
@requires_slapd
class CarbonioTests(ExampleCase):
    """carbonio-ce.toml, other servers standing for Carbonio's; the directory has its schema."""

    name = "carbonio-ce.toml"

    async def test_a_phone_synchronises(self) -> None:
        """The login is checked by the directory, and opens mailbox and calendars."""
        peer = Slapd.started(CARBONIO)
        self.addCleanup(peer.remove)
        CarbonioUnderTest(peer).add(JOHN, PASSWORD, displayName="John Doe")
        give(self.place, "ldap.password", READER_PASSWORD)
        directory = {
            "urls": [f"ldap://{HOST}:{peer.ldap}"],
            "authority": str(peer.certificate),
            "bind_dn": peer.plan.reader,
        }
        nothing = {"host": None, "port": None, "authority": None}
        held = await self.synced(*FOLDERS[:-1], directory=directory, sieve=nothing)
        self.assertEqual({name: 0 for name in EMPTY if name != "Notes"}, held)

"""Every command line of the manual, typed into the client, over the socket of a whole daemon.

Spec: ../shared/carbonio/cli.md.
"""

import os
import re
import shlex
import shutil
import sys
import tempfile
from pathlib import Path

from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.utils import getProcessOutputAndValue
from twisted.trial.unittest import TestCase

from carbonio_mobile.accounts.opening import open_store
from carbonio_mobile.accounts.passwords import FULL_COST
from carbonio_mobile.ids import DeviceId, DeviceKey
from carbonio_mobile.service.prepare import prepare
from carbonio_mobile.service.source import SettingsSource
from carbonio_mobile.service.wiring import Daemon
from carbonio_mobile.sync.device import Device, PolicyState
from tests.unit.admin.manual_lines import LINES, Line

IMPORTED = "androidc133785981\nandroidc1024711770\nSAMSUNG1239862958/john@example.com,\n"


class ManualTests(TestCase):
    """A daemon with two accounts and a device of one."""

    timeout = 240

    def setUp(self) -> None:
        """Make the accounts."""
        self.folder = Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)
        self.data = self.folder / "data"
        self.data.mkdir(mode=0o700)
        self.file = self.folder / "a.toml"
        self.file.write_text(
            f'[server]\ndata = "{self.data}"\neas = ["tcp:0:interface=127.0.0.1"]\n'
            "[process]\nrelease_spread_s = 0\n"
        )
        (self.folder / "import").write_text(IMPORTED)
        store = open_store(self.data, FULL_COST)
        store.create_domain("example.com")
        for name in ("john", "mary"):
            self.account = store.create_account(f"{name}@example.com", "secret-enough")
            if name == "john":
                self.john = self.account
        store.close()

    async def start(self) -> None:
        """Start the daemon, which knows a phone of john's."""
        source = SettingsSource(file=self.file, demo=False, overrides={})
        settings = source.read()
        prepared = prepare(settings, reactor, with_demo=False)
        daemon = Daemon(source=source, settings=settings, prepared=prepared, reactor=reactor)
        self.addCleanup(lambda: Deferred.fromCoroutine(daemon.end()))
        await daemon.begin()
        assert daemon._parts is not None
        key = DeviceKey(self.john, DeviceId("phone1"))
        known = Device(
            key=key,
            sent_id="phone1",
            kind="iPhone",
            version="14.1",
            first_seen=1.0,
            policy=PolicyState(key=7),
        )
        await daemon._parts.services.devices.save_device(known)

    async def typed(self, line: Line) -> str:
        """Type a line; gives what is wrong with its outcome, mostly nothing."""
        text = line.typed.replace("IMPORT", str(self.folder / "import"))
        text = text.replace("LOGFILE2", "two.log").replace("LOGFILE", "one.log")
        words = shlex.split(text.replace("DEVICE", "phone1"))[1:]
        out, errors, status = await getProcessOutputAndValue(
            sys.executable,
            ["-m", "carbonio_mobile.cli.main", "--socket", str(self.data / "admin.sock"), *words],
            env={**os.environ, "XDG_STATE_HOME": str(self.folder)},
        )
        if line.fails:
            right = status == 1 and errors.startswith(b"carbonio: ")
        else:
            right = status == 0 and re.search(line.output, out.decode(), re.MULTILINE) is not None
        return "" if right else f"{text}\n{status} {out.decode()[:400]}\n{errors.decode()[:400]}"

    async def test_every_line_does_what_the_manual_says(self) -> None:
        """One after the other, as they stand there."""
        await self.start()
        wrong = [fault for line in LINES if (fault := await self.typed(line))]
        self.assertEqual("", "\n".join(wrong))

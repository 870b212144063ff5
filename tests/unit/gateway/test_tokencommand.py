"""Tokens from a program: cached, shared, bounded, and never shown."""

import stat
import tempfile
from pathlib import Path
from typing import Any

from twisted.internet import reactor
from twisted.internet.defer import Deferred, gatherResults
from twisted.trial.unittest import TestCase

from carbonio_mobile.errors import NotAllowed, Unavailable
from carbonio_mobile.ids import AccountId
from carbonio_mobile.mailbox.gateway.logins.keychain import Keychain, LoginPlan, Service, Way
from carbonio_mobile.mailbox.gateway.logins.tokencommand import TokenCommand, TokenTerms
from carbonio_mobile.mailbox.imapclient.login import TokenLogin


class TokenCommandTests(TestCase):
    """A shell script in the place of the administrator's program; it counts its runs."""

    timeout = 30

    def setUp(self) -> None:
        """Make the place."""
        room = tempfile.TemporaryDirectory()
        self.addCleanup(room.cleanup)
        self.place = Path(room.name)

    def command(self, script: str, *arguments: str, **terms: Any) -> TokenCommand:
        """Make a command whose program is a script."""
        program = self.place / "program"
        program.write_text(f"#!/bin/sh\necho >> {self.place}/runs\n{script}\n")
        program.chmod(stat.S_IRWXU)
        given = {"lifetime_s": 60.0, "timeout_s": 10.0, **terms}
        made = TokenCommand(
            TokenTerms(command=(str(program), *arguments), **given), reactor=reactor
        )
        self.addCleanup(made.stop)
        return made

    def runs(self) -> int:
        """Tell how often it ran."""
        file = self.place / "runs"
        return len(file.read_text().splitlines()) if file.exists() else 0

    async def why(self, command: TokenCommand, user: str = "john") -> str:
        """Give the text with which there is no token."""
        try:
            await command.token(user, "john@example.com")
        except Unavailable as exc:
            return str(exc)
        raise AssertionError("there is a token")

    async def test_one_run_serves_many(self) -> None:
        """Who asks meanwhile waits, who asks later gets the same, another user another one."""
        command = self.command('echo "token-$1-$2"', "{user}", "{address}")

        def asked(user: str) -> "Deferred[str]":
            return Deferred.fromCoroutine(command.token(user, "john@example.com"))

        found = await gatherResults([asked("john"), asked("john"), asked("mary")])
        assert found[0] == found[1] == "token-john-john@example.com"
        assert found[2] == "token-mary-john@example.com"
        assert await command.token("john", "john@example.com") == found[0]
        assert self.runs() == 2
        command.forget("john")
        await command.token("john", "john@example.com")
        assert self.runs() == 3

    async def test_no_lifetime_asks_each_time(self) -> None:
        """With a lifetime of nothing every login has a token of its own."""
        command = self.command("echo t", lifetime_s=0.0)
        for _ in range(2):
            await command.token("john", "john@example.com")
        assert self.runs() == 2

    async def test_failures_do_not_show_what_was_written(self) -> None:
        """They say how the program ended; the next one asks again."""
        failing = self.command("echo SECRET; echo SECRET >&2; exit 3")
        assert await self.why(failing) == "the token command ends with status 3"
        assert await self.why(self.command("true")) == "the token command writes no token"
        assert await self.why(self.command("echo a b")) == "the token command writes no token"
        endless = self.command("while :; do echo 1234567890123456789012345678901234567890; done")
        assert await self.why(endless) == "the token command writes too much"
        slow = self.command("exec sleep 20", timeout_s=0.2)
        assert await self.why(slow) == "the token command takes longer than 0.2 s"

    async def test_a_name_is_no_option_of_the_program(self) -> None:
        """An account cannot be called as something that the program obeys."""
        command = self.command("echo t", "{user}", "--for={user}")
        with self.assertRaises(NotAllowed):
            await command.token("--all", "x@example.com")
        assert self.runs() == 0

    async def test_the_keychain_hands_tokens_out(self) -> None:
        """A refused one is not used again."""
        command = self.command('echo "t-$1"', "{user}")

        async def address_of(_account: AccountId) -> str:
            return "john@example.com"

        plan = LoginPlan(way=Way.TOKEN, dav_way=Way.MASTER)
        keys = Keychain(
            plan, address_of=address_of, clock=reactor, secret=b"k" * 32, tokens=command
        )  # type: ignore[arg-type]  # the reactor is a clock
        login = await keys.imap(AccountId("j"))
        assert isinstance(login, TokenLogin)
        assert await login.token() == "t-john@example.com"
        keys.refused(AccountId("j"), Service.IMAP, login)
        await login.token()
        assert self.runs() == 2
        with self.assertRaises(NotAllowed):
            await keys.sieve(AccountId("j"))
        keys.stop()

"""Where our script stands beside the user's, and where it cannot; see tests/interop for Dovecot."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from carbonio_mobile.errors import Conflict, NotAllowed, NotFound, OverQuota, Unavailable
from carbonio_mobile.interfaces import IOutOfOffice
from carbonio_mobile.mailbox.delivery.relay import Login
from carbonio_mobile.mailbox.sieveclient.managesieve import Scripts
from carbonio_mobile.mailbox.sieveclient.outofoffice import NoSieve, SieveReplies
from carbonio_mobile.sieve.awayrule import Person
from carbonio_mobile.sieve.awayscript import AWAY, BOTH, COPY
from carbonio_mobile.sieve.language import included_by
from carbonio_mobile.sieve.offers import Offers
from carbonio_mobile.sync.outofoffice import Audience, OofMessage, OofState, OutOfOffice

MESSAGES = ((Audience.INTERNAL, OofMessage(enabled=True, text="away")),)
ON = OutOfOffice(state=OofState.ON, messages=MESSAGES)
OFF = OutOfOffice(messages=MESSAGES)
ALL = frozenset({"vacation", "include", "date", "relational", "envelope"})


class Server:
    """The scripts of one account; counts the sessions that are open."""

    def __init__(self, extensions: frozenset[str] = ALL) -> None:
        self.offers = Offers(extensions=extensions)
        self.held: dict[str, str] = {}
        self.active = ""
        self.failing = ""
        self.open_count = 0
        self.writes: list[str] = []
        self.own: set[str] = set()

    async def check(self, script: str) -> bool:
        if self.failing == "check":
            raise NotAllowed("unknown command")
        return not self.own & set(included_by(script))

    async def open(self, login: Login) -> "Server":
        self.open_count += 1
        return self

    def close(self) -> None:
        self.open_count -= 1

    def step(self, what: str) -> None:
        if self.failing == what:
            raise OverQuota(what)

    async def scripts(self) -> Scripts:
        return Scripts(names=tuple(self.held), active=self.active)

    async def script(self, name: str) -> str:
        if name not in self.held:
            raise NotFound(name)
        return self.held[name]

    async def store(self, name: str, script: str) -> None:
        self.step(f"store {name}")
        self.writes.append(f"store {name}")
        self.held[name] = script

    async def activate(self, name: str) -> None:
        self.step("activate")
        assert not name or name in self.held
        self.writes.append(f"activate {name}")
        self.active = name

    async def delete(self, name: str) -> None:
        assert name != self.active
        del self.held[name]


class RepliesCase(SynchronousTestCase):
    """One account and its server."""

    def setUp(self) -> None:
        self.serve(Server())

    def serve(self, server: Server, **held: str) -> None:
        self.server = server
        server.held.update(held)
        server.active = next(iter(held), "")
        self.replies: Any = SieveReplies(server, login=self.login, person=self.person)  # type: ignore[arg-type]

    async def login(self) -> Login:
        return Login(user="john", password="x")

    async def person(self) -> Person:
        return Person(addresses=("john@example.com",), domains=("example.com",))

    def set(self, settings: OutOfOffice) -> None:
        self.successResultOf(Deferred.fromCoroutine(self.replies.set_out_of_office(settings)))
        self.assertEqual(0, self.server.open_count)

    def get(self) -> OutOfOffice:
        found = self.successResultOf(Deferred.fromCoroutine(self.replies.out_of_office()))
        self.assertEqual(0, self.server.open_count)
        return found

    def refused(self, settings: OutOfOffice, kind: type[Exception] = NotAllowed) -> str:
        """Give why a setting was refused; nothing was changed."""
        held, active = dict(self.server.held), self.server.active
        setting = Deferred.fromCoroutine(self.replies.set_out_of_office(settings))
        text = str(self.failureResultOf(setting, kind).value)
        self.assertEqual(
            (held, active, 0), (self.server.held, self.server.active, self.server.open_count)
        )
        return text


class PlaceTests(RepliesCase):
    """Which script is active."""

    def test_alone(self) -> None:
        """With no other script ours is the active one, without any include."""
        self.serve(Server(ALL - {"include"}))
        verifyObject(IOutOfOffice, self.replies)
        self.assertEqual(OutOfOffice(), self.get())
        self.set(ON)
        self.assertEqual((ON, AWAY), (self.get(), self.server.active))
        self.set(OFF)
        self.assertEqual((OFF, ""), (self.get(), self.server.active))

    def test_beside(self) -> None:
        """With one of the user's both run; off gives the user's back; inactive ones stay so."""
        self.serve(Server(), mine="keep;", other="stop;")
        self.set(ON)
        self.assertEqual((ON, BOTH), (self.get(), self.server.active))
        self.set(OFF)
        self.assertEqual((OFF, "mine"), (self.get(), self.server.active))
        self.assertEqual({"mine", "other", AWAY}, set(self.server.held))
        self.assertEqual(("keep;", "stop;"), (self.server.held["mine"], self.server.held["other"]))

    def test_server_that_cannot_check(self) -> None:
        """A server that knows no CHECKSCRIPT is taken at its word."""
        self.serve(Server(), mine="keep;")
        self.server.failing = "check"
        self.set(ON)
        self.assertEqual((ON, BOTH), (self.get(), self.server.active))

    def test_included_by_the_user(self) -> None:
        """A script of the user's that includes ours is left as it is."""
        mine = f'require "include"; include "{AWAY}"; keep;'
        self.serve(Server(), mine=mine)
        self.set(ON)
        self.assertEqual(
            (ON, "mine", {"mine", AWAY}), (self.get(), self.server.active, set(self.server.held))
        )

    def test_the_same_again(self) -> None:
        """It writes, and activates nothing anew."""
        self.set(ON)
        self.server.writes.clear()
        self.set(ON)
        self.assertEqual([f"store {AWAY}"], self.server.writes)

    def test_servers_own(self) -> None:
        """An active script that is the server's own runs on as a copy, as new as the setting."""
        self.serve(Server(), main="keep;")
        self.server.own = {"main"}
        for text in ("keep;", "stop;"):
            self.server.held["main"] = text
            self.set(ON)
            self.assertEqual((ON, BOTH), (self.get(), self.server.active))
            self.assertTrue(self.server.held[COPY].endswith(f"\r\n{text}"))
            self.assertEqual((AWAY, COPY), included_by(self.server.held[BOTH]))
        self.set(OFF)
        self.assertEqual((OFF, "main"), (self.get(), self.server.active))
        self.assertEqual({"main", AWAY}, set(self.server.held))

    def test_off_first(self) -> None:
        """What is switched off before it was ever on is kept, and nothing is made active."""
        self.serve(Server(), mine="keep;")
        self.set(OFF)
        self.assertEqual((OFF, "mine"), (self.get(), self.server.active))

    def test_changed_by_the_user(self) -> None:
        """Another script made active: it is off; put on again it stands beside that one."""
        self.serve(Server(), mine="keep;", other="stop;")
        self.set(ON)
        self.server.active = "other"
        self.assertEqual(OFF, self.get())
        self.set(ON)
        self.assertEqual((ON, BOTH), (self.get(), self.server.active))
        self.set(OFF)
        self.assertEqual("other", self.server.active)

    def test_users_script_gone(self) -> None:
        """The user's script is no more: ours runs alone."""
        self.serve(Server(), mine="keep;")
        self.set(ON)
        del self.server.held["mine"]
        self.set(ON)
        self.assertEqual((ON, AWAY), (self.get(), self.server.active))

    def test_failing_halfway(self) -> None:
        """A write that fails leaves a state that is told as it is, and can be gone on from."""
        for step, both in (("store " + AWAY, True), ("store " + BOTH, True), ("activate", False)):
            self.serve(Server(), **({"mine": "keep;"} if both else {}))
            self.server.failing = step
            setting = Deferred.fromCoroutine(self.replies.set_out_of_office(ON))
            self.failureResultOf(setting, OverQuota)
            self.assertIs(OofState.OFF, self.get().state)
            self.assertEqual("mine" if both else "", self.server.active)
            self.server.failing = ""
            self.set(ON)
            self.assertEqual(ON, self.get())

    @given(st.lists(st.sampled_from(["on", "off", "mine", "other", "none"]), max_size=8))
    def test_any_order(self, steps: list[str]) -> None:
        """Whatever the user does with scripts meanwhile: what is said is what runs."""
        self.serve(Server())
        self.server.held.update(mine="keep;", other="stop;")
        wanted = OutOfOffice()
        users = ""
        for step in steps:
            if step in ("on", "off"):
                wanted = ON if step == "on" else OFF
                self.set(wanted)
                is_ours = self.server.active in (AWAY, BOTH)
                assert is_ours is (step == "on")
                assert step == "on" or self.server.active == users
            else:
                users = self.server.active = "" if step == "none" else step
                wanted = OutOfOffice(messages=wanted.messages)
            assert self.get() == wanted
            assert self.server.held["mine"] == "keep;"


class RefusalTests(RepliesCase):
    """What is honestly not available; nothing is changed then."""

    def test_no_include(self) -> None:
        """Beside a script of the user's nothing goes without include."""
        self.serve(Server(ALL - {"include"}), mine="keep;")
        self.assertIn("cannot include", self.refused(ON))
        self.assertEqual(OutOfOffice(), self.get())

    def test_no_vacation_or_times(self) -> None:
        """Nor anything without vacation, nor times without dates."""
        self.serve(Server(ALL - {"vacation"}))
        self.assertIn("no vacation", self.refused(ON))
        self.serve(Server(ALL - {"date"}))
        timed = OutOfOffice(state=OofState.TIMED, start=1.0, end=2.0, messages=MESSAGES)
        self.assertIn("no date", self.refused(timed))

    def test_clashing(self) -> None:
        """A script that answers or refuses, itself or by what it includes, is left alone."""
        for script in (
            'require "vacation"; vacation "x";',
            'require "reject"; reject "x";',
            'require "ereject"; ereject "x";',
        ):
            self.serve(Server(), mine=script)
            self.assertIn("of its own", self.refused(ON))
            self.serve(
                Server(), mine='require "include"; include "deep"; include "gone";', deep=script
            )
            self.assertIn("of its own", self.refused(ON))

    def test_too_much_to_look_into(self) -> None:
        """Scripts without end are not looked into, nor run beside."""
        self.serve(Server(), mine="keep;\n" * 60_000)
        self.refused(ON)
        chain = {f"s{n}": f'require "include"; include "s{n + 1}";' for n in range(30)}
        self.serve(Server(), **chain)
        self.refused(ON)
        self.serve(Server(), a='include "b";', b='include "a";')
        self.set(ON)

    def test_names_of_ours_taken(self) -> None:
        """A script of the user's that has a name of ours is not written over."""
        self.serve(Server(), mine="keep;", **{COPY: "keep;"})
        self.refused(ON, Conflict)
        for name in (AWAY, BOTH):
            self.serve(Server(), mine="keep;", **{name: "keep;"})
            self.refused(ON, Conflict)
            self.assertEqual(OutOfOffice(), self.get())
            self.serve(Server(), **{name: "keep;"})
            self.refused(ON, Conflict)
        self.serve(Server(), **{BOTH: "keep;"})
        self.set(OFF)
        self.assertEqual(BOTH, self.server.active)

    def test_broken_state(self) -> None:
        """A script of ours that cannot be read counts as no setting, and is written anew."""
        self.set(ON)
        self.server.held[AWAY] = self.server.held[AWAY].replace("# state: ", "# state: x")
        self.assertEqual(OutOfOffice(), self.get())
        self.set(ON)
        self.assertEqual(ON, self.get())

    def test_no_login(self) -> None:
        """Without a login nothing is asked of the server."""

        async def login() -> Login:
            raise Unavailable("no login now")

        self.replies = SieveReplies(self.server, login=login, person=self.person)  # type: ignore[arg-type]
        self.assertIn("no login", self.refused(ON, Unavailable))

    def test_no_server(self) -> None:
        """Where there is no server, off is what it is and stays, and the reason is said."""
        self.replies = NoSieve("no ManageSieve server is configured")
        verifyObject(IOutOfOffice, self.replies)
        self.assertEqual(OutOfOffice(), self.get())
        self.set(OFF)
        self.assertIn("no ManageSieve server", self.refused(ON))

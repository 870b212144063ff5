"""ABQ from the typed line to the gate, as the manual has it."""

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field, replace

from twisted.internet.defer import Deferred
from twisted.trial.unittest import TestCase

from carbonio_mobile.accounts.memory import MemoryAccounts
from carbonio_mobile.admin.abqimport import MAX_LINE_BYTES, read_import
from carbonio_mobile.admin.abqservice import FIRST_CONTACTS_MAX, TOLD_UNTIL, AbqService
from carbonio_mobile.admin.answers import Listing, Said, Tree
from carbonio_mobile.admin.breathing import Breath
from carbonio_mobile.admin.calling import AdminCall, AdminFault
from carbonio_mobile.admin.catalogue.abq import COMMANDS
from carbonio_mobile.admin.declaring import Command, UsageFault, assign, read
from carbonio_mobile.admin.responders.abq import AbqResponders
from carbonio_mobile.admin.responders.abqmessages import MAX_BODY_BYTES, AbqMessageResponders
from carbonio_mobile.directory.accounts import Account
from carbonio_mobile.errors import NotFound
from carbonio_mobile.ids import AccountId, DeviceId, DeviceKey
from carbonio_mobile.policy.abq import AbqMode, AbqStatus
from carbonio_mobile.policy.abqrules import RuleBook
from carbonio_mobile.policy.notices import NoticeKind
from carbonio_mobile.store.memoryabq import MemoryAbq
from carbonio_mobile.store.memorymarks import MemoryMarks
from tests.unit.admin.calls import ROOT

JOHN, MARY = "john@example.com", "mary@example.com"
GONE = "11111111-2222-3333-4444-555555555555"


@dataclass(slots=True)
class Told:
    """Takes notices and keeps them."""

    notices: list[tuple[NoticeKind, str, str]] = field(default_factory=list)

    async def notify(self, kind: NoticeKind, subject: str, text: str, *, domain: str = "") -> None:
        """Keep it."""
        self.notices.append((kind, subject, text))


async def pieces(octets: bytes, size: int = 3) -> AsyncIterator[bytes]:
    """Give octets a few at a time."""
    for start in range(0, len(octets), size):
        yield octets[start : start + size]


class Abq(TestCase):
    """A service in memory with two accounts."""

    def setUp(self) -> Deferred[None]:
        self.at = 1_800_000_000.0
        self.accounts = MemoryAccounts(clock=lambda: self.at)
        self.store = MemoryAbq()
        self.marks = MemoryMarks()
        self.told = Told()
        self.resets: list[tuple[str, str | None]] = []
        self.globals: dict[str, str] = {}
        self.known: list[DeviceKey] = []
        self.john = self.accounts.add(JOHN, "secret")
        self.mary = self.accounts.add(MARY, "secret")
        self.pauses = 0
        self.held: Deferred[None] | None = None  # what keeps pauses up once something is stored
        self.steps = 0.0
        self.compiling: list[Deferred[None]] | None = None
        self.abq = self.service()
        devices = AbqResponders(
            abq=self.abq,
            accounts=self.accounts,
            domain_named=self.domain_named,
            set_global=self.set_global,
            known=self.known_devices,
            breath=Breath(self.pause, self.elapsed, turn_s=3.0),
        )
        messages = AbqMessageResponders(
            abq=self.abq, domain_named=self.domain_named, clock=lambda: self.at
        )
        self.responders = {**devices.responders(), **messages.responders()}
        return Deferred.fromCoroutine(self.begin())

    async def begin(self) -> None:
        await self.abq.load()
        await self.abq.start(self.known_devices())

    def service(self) -> AbqService:
        return AbqService(
            store=self.store,
            accounts=self.accounts,
            notices=self.told,
            marks=self.marks,
            reset=self.reset,
            clock=lambda: self.at,
            background=Deferred.fromCoroutine,
            in_thread=self.in_thread,
        )

    async def in_thread(self, work: Callable[[], RuleBook]) -> RuleBook:
        """Do the work of another thread when the test lets it go on."""
        if self.compiling is not None:
            self.compiling.append(waited := Deferred())
            await waited
        return work()

    async def pause(self) -> None:
        self.pauses += 1
        if self.held is not None and await self.store.count(None):
            await self.held

    def elapsed(self) -> float:
        """Give a clock on which each look takes a second."""
        self.steps += 1.0
        return self.steps

    async def reset(self, device: DeviceId, account: AccountId | None) -> None:
        self.resets.append((device, account))

    async def set_global(self, name: str, value: str) -> None:
        self.globals[name] = value

    async def domain_named(self, text: str) -> str:
        if text.lower() not in ("example.com", "d-id"):
            raise NotFound(f"there is no domain {text}")
        return "example.com"

    async def known_devices(self) -> AsyncIterator[DeviceKey]:
        for key in self.known:
            yield key

    async def account(self, name: str, mode: str) -> Account:
        found = await self.accounts.find(name)
        assert found is not None
        return replace(found, attributes={**found.attributes, "abqmode": (mode,)})

    async def status(self, device: str, name: str = JOHN, mode: str = "Permissive") -> str:
        """Give what the gate would say, and leave no trace."""
        return self.abq.explain(DeviceId(device), await self.account(name, mode)).status.value

    async def typed(self, *words: str, upload: bytes = b"") -> object:
        """Type a line."""
        command, rest = _command(words)
        call = AdminCall(
            command=command,
            values=read(command, assign(command, rest)),
            caller=ROOT,
            upload=pieces(upload),
        )
        return await self.responders[command.name](call)

    async def said(self, *words: str, upload: bytes = b"") -> str:
        answer = await self.typed(*words, upload=upload)
        assert isinstance(answer, Said), answer
        return answer.text

    async def rows(self, *words: str) -> list[dict[str, object]]:
        answer = await self.typed(*words)
        assert isinstance(answer, Listing), answer
        return [dict(row) async for row in answer.rows]

    async def refused(self, *words: str, upload: bytes = b"") -> str:
        """Type a line that is refused; gives why. Nothing may have changed."""
        before = await self.everything()
        with self.assertRaises((AdminFault, NotFound, UsageFault)) as caught:
            answer = await self.typed(*words, upload=upload)
            if isinstance(answer, Listing):
                async for _ in answer.rows:
                    pass
        self.assertEqual(before, await self.everything())
        return str(caught.exception)

    async def everything(self) -> object:
        entries = await self.store.entries(None, status=None, limit=999)
        return entries, await self.store.rules(), await self.store.messages(), len(self.abq.table)


def _command(words: Sequence[str]) -> tuple[Command, Sequence[str]]:
    lowered = [word.lower() for word in words]
    for command in COMMANDS:
        count = len(command.words)
        if lowered[:count] == [word.lower() for word in command.words]:
            return command, words[count:]
    raise AssertionError(words)


class EntryTests(Abq):
    """The Device Control List."""

    def test_every_command_has_a_responder(self) -> None:
        """What is declared is answered, and nothing else."""
        self.assertEqual({each.name for each in COMMANDS}, set(self.responders))

    async def test_set_list_delete(self) -> None:
        """The keys of the manual's sample, and the device is what it was set to."""
        told = await self.said("ABQ", "set", "Android123", "Blocked")
        self.assertEqual("device android123 set to Blocked", told)
        self.assertEqual("Blocked", await self.status("android123"))
        await self.said("abq", "SET", "android123", "allowed", "account", JOHN)
        self.assertEqual("Allowed", await self.status("android123"))
        self.assertEqual("Blocked", await self.status("android123", MARY))
        self.assertEqual([("android123", None), ("android123", self.john)], self.resets)
        listed = await self.rows("ABQ", "list")
        self.assertEqual(
            [
                {"device_id": "android123", "status": "Blocked"},
                {"device_id": "android123", "status": "Allowed", "account": JOHN},
            ],
            listed,
        )
        self.assertEqual(1, len(await self.rows("ABQ", "list", "status", "Blocked")))
        told = await self.said("ABQ", "delete", "android123", "account", JOHN)
        self.assertIn("(1 entry)", told)
        self.assertEqual("Blocked", await self.status("android123"))
        await self.said("ABQ", "delete", "android123")
        self.assertEqual("Allowed", await self.status("android123"))
        self.assertIn("not on the list", await self.refused("ABQ", "delete", "android123"))

    async def test_setting_again_resets_nothing(self) -> None:
        """A device that has the status already goes on as it is."""
        for _ in range(2):
            await self.said("ABQ", "set", "x1", "Blocked")
        self.assertEqual(1, len(self.resets))

    async def test_allow_and_block_are_for_quarantined_devices(self) -> None:
        """Others are refused, and ABQ set is named."""
        why = await self.refused("ABQ", "allow", "x1")
        self.assertIn("carbonio mobile ABQ set x1 Allowed", why)
        await self.said("ABQ", "set", "x1", "Blocked")
        self.assertIn("not quarantined", await self.refused("ABQ", "allow", "x1"))
        self.assertIn("not quarantined", await self.refused("ABQ", "block", "x1", "account", JOHN))
        await self.said("ABQ", "set", "x1", "Quarantined")
        self.assertEqual("device x1 set to Allowed", await self.said("ABQ", "allow", "x1"))
        await self.said("ABQ", "set", "x1", "Quarantined", "account", MARY)
        await self.said("ABQ", "block", "x1", "account", MARY)
        self.assertEqual("Blocked", await self.status("x1", MARY))
        self.assertEqual("Allowed", await self.status("x1", JOHN))

    async def test_first_contact(self) -> None:
        """Interactive quarantines, Strict blocks; both are listed, told apart by account."""
        john, mary = await self.account(JOHN, "Interactive"), await self.account(MARY, "Strict")
        gate = self.abq.gate
        self.assertTrue(gate(DeviceId("x1"), john).unknown)
        again = gate(DeviceId("x1"), john)
        self.assertEqual((False, AbqStatus.QUARANTINED), (again.unknown, again.status))
        self.assertEqual(AbqStatus.BLOCKED, gate(DeviceId("x1"), mary).status)
        listed = [(row["status"], row["account"]) for row in await self.rows("ABQ", "list")]
        self.assertEqual({("Quarantined", JOHN), ("Blocked", MARY)}, set(listed))
        await self.said("ABQ", "allow", "x1")
        for account in (john, mary):
            self.assertTrue(gate(DeviceId("x1"), account).passes)
        self.assertEqual([{"device_id": "x1", "status": "Allowed"}], await self.rows("abq", "list"))

    async def test_permissive_writes_nothing_down(self) -> None:
        """Who is let in is not listed."""
        self.assertTrue(self.abq.gate(DeviceId("x1"), await self.account(JOHN, "")).passes)
        self.assertEqual([], await self.rows("ABQ", "list"))

    async def test_first_contacts_are_bounded(self) -> None:
        """An account that makes up ids fills no list, and gets in with none of them."""
        john = await self.account(JOHN, "Strict")
        for number in range(FIRST_CONTACTS_MAX + 20):
            self.assertFalse(self.abq.gate(DeviceId(f"x{number}"), john).passes)
        self.assertEqual(FIRST_CONTACTS_MAX, await self.store.count(None))

    async def test_an_account_that_is_gone(self) -> None:
        """Its entries are listed by its id and can be deleted by it; nothing else takes it."""
        await self.abq.set_status(DeviceId("x1"), AccountId(GONE), AbqStatus.BLOCKED)
        self.assertEqual(GONE, (await self.rows("ABQ", "list"))[0]["account"])
        await self.refused("ABQ", "set", "x1", "Allowed", "account", GONE)
        await self.refused("ABQ", "delete", "x1", "account", "nobody@example.com")
        await self.said("ABQ", "delete", "x1", "account", GONE)
        self.assertEqual([], await self.rows("ABQ", "list"))

    async def test_wrong_words(self) -> None:
        """Each is refused with what was expected."""
        for words, why in (
            (("ABQ", "set", "x1", "Alowed"), "did you mean Allowed"),
            (("ABQ", "set", "x 1", "Allowed"), "no id of a device"),
            (("ABQ", "set", "x1", "Allowed", "account", "no@example.com"), "no account"),
            (("ABQ", "list", "status", "x"), "expected one of"),
        ):
            self.assertIn(why, await self.refused(*words))

    async def test_explain(self) -> None:
        """It names the entry, the rule or the mode that decides."""

        async def because(*words: str) -> str:
            answer = await self.typed("ABQ", "explain", "x1", *words)
            assert isinstance(answer, Tree)
            return f"{answer.content['status']}: {answer.content['because']}"

        self.assertIn("unknown: no entry", await because())
        self.assertIn("Allowed: nothing lists the device", await because("account", JOHN))
        await self.said("ABQ", "setRule", "x.*", "Quarantined", "3")
        self.assertIn("Quarantined: rule x.* (order 3, of all", await because("account", JOHN))
        await self.said("ABQ", "set", "x1", "Blocked")
        self.assertIn("Blocked: the list says", await because())
        self.abq.stop()
        self.assertIn("does not run", await because("account", JOHN))


class ImportTests(Abq):
    """``ABQ import``."""

    async def test_the_sample_of_the_manual(self) -> None:
        """Two devices for every account, the third for one; the comma at the end is skipped."""
        text = f"androidc133785981\nandroidc1024711770\nSAMSUNG1239862958/{JOHN},".encode()
        told = await self.said("abq", "import", "/tmp/list", "Blocked", upload=text)
        self.assertEqual("3 devices imported as Blocked", told)
        self.assertEqual("Blocked", await self.status("androidc1024711770", MARY))
        self.assertEqual("Blocked", await self.status("samsung1239862958", JOHN))
        self.assertEqual("Allowed", await self.status("samsung1239862958", MARY))

    async def test_odd_files(self) -> None:
        """BOM, CRLF, CR, blanks, empty lines, the same device twice, pieces cut anywhere."""
        text = b"\xef\xbb\xbf a1 ,\r\n\r\n \t\n,\na2\rA1\r\na3/" + JOHN.encode() + b" , \n\n"
        for size in (1, 2, 3, 7, 1000):
            found = await read_import(pieces(text, size), self.accounts)
            self.assertEqual([("a1", ""), ("a2", ""), ("a3", self.john)], found)

    async def test_a_bad_line_changes_nothing(self) -> None:
        """Its number is named."""
        for text, why in (
            (b"a1\n\nb c\n", "line 3: expected DEVICE_ID"),
            (b"a1\r\na2/nobody@example.com", "line 2: there is no account"),
            (b"a1/", "line 1"),
            (b"a1\n\xff\xfe", "line 2: expected text in UTF-8"),
            (b"a1\n" + b"x" * (MAX_LINE_BYTES + 1), "line 2: longer"),
            (b"\n , \n", "names no device"),
        ):
            told = await self.refused("ABQ", "import", "f", "Allowed", upload=text)
            self.assertIn(why, told)

    async def test_an_endless_file(self) -> None:
        """Blanks and repetitions need no memory; a line without end is refused."""
        read_so_far = 0

        async def endless(piece: bytes) -> AsyncIterator[bytes]:
            nonlocal read_so_far
            for _ in range(300):
                read_so_far += len(piece)
                yield piece

        found = await read_import(endless(b"a1\n" + b"\n" * 9000), self.accounts)
        self.assertEqual([("a1", "")], found)
        read_so_far = 0
        with self.assertRaises(AdminFault):
            await read_import(endless(b" " * 65536), self.accounts)
        self.assertLess(read_so_far, 1 << 21)

    async def test_a_long_list_is_taken_in_turns(self) -> None:
        """Others have theirs meanwhile; what is known of the devices begins anew, once each."""
        self.known = [
            DeviceKey(self.john, DeviceId("a7")),
            DeviceKey(self.mary, DeviceId("a7")),
            DeviceKey(self.john, DeviceId("b7")),
            DeviceKey(self.mary, DeviceId("b7")),
            DeviceKey(self.john, DeviceId("c7")),
        ]
        lines = [f"a{number}" for number in range(1500)]
        lines += [f"b{number}/{JOHN}" for number in range(1500)]
        told = await self.said("ABQ", "import", "f", "Blocked", upload="\n".join(lines).encode())
        self.assertEqual("3000 devices imported as Blocked", told)
        self.assertEqual(3000, await self.store.count(AbqStatus.BLOCKED))
        self.assertGreater(self.pauses, 3000)
        self.assertEqual([("a7", self.john), ("a7", self.mary), ("b7", self.john)], self.resets)
        self.assertEqual("Blocked", await self.status("b7"))
        self.assertEqual("Allowed", await self.status("b7", MARY))

    async def test_changes_meanwhile_wait_for_their_turn(self) -> None:
        """What is in memory afterwards is what is stored: that of the later change."""
        self.held = held = Deferred()
        upload = b"\n".join(b"x%d" % number for number in range(2000))
        importing = Deferred.fromCoroutine(
            self.said("ABQ", "import", "f", "Blocked", upload=upload)
        )
        self.assertEqual(2000, await self.store.count(AbqStatus.BLOCKED))  # and half in force
        setting = Deferred.fromCoroutine(self.said("ABQ", "set", "x1999", "Allowed"))
        self.assertFalse(setting.called)
        self.held = None
        held.callback(None)
        await importing
        await setting
        (entry,) = await self.store.entries_of(DeviceId("x1999"))
        self.assertEqual(AbqStatus.ALLOWED, entry.status)
        self.assertEqual("Allowed", await self.status("x1999"))
        self.assertEqual("Blocked", await self.status("x1998"))


class RuleTests(Abq):
    """Rules."""

    async def test_set_list_delete(self) -> None:
        """The examples of the manual."""
        told = await self.said("ABQ", "setRule", "android.*", "Blocked", "10", "domain", "d-id")
        self.assertEqual("rule android.* for example.com set to Blocked", told)
        self.assertEqual("Blocked", await self.status("androidx"))
        await self.said("ABQ", "setRule", "andr.*", "Allowed", "-1")
        self.assertEqual("Allowed", await self.status("androidx"))
        listed = await self.rows("ABQ", "listRules", "domain", "example.com")
        self.assertEqual(
            [
                {"regex": "andr.*", "status": "Allowed", "order": -1},
                {
                    "regex": "android.*",
                    "status": "Blocked",
                    "order": 10,
                    "domain": "example.com",
                },
            ],
            listed,
        )
        self.assertIn("no rule", await self.refused("ABQ", "deleteRule", "android.*"))
        await self.said("ABQ", "deleteRule", "android.*", "domain", "example.com")
        await self.said("ABQ", "deleteRule", "andr.*")
        self.assertEqual([], await self.rows("ABQ", "listRules"))

    async def test_refused_patterns(self) -> None:
        """What has no meaning here is named, and where."""
        told = await self.refused("ABQ", "setRule", "a(?=b)", "Blocked", "1")
        self.assertIn("lookahead", told)
        self.assertIn("at character 2", told)
        self.assertIn(
            "no domain", await self.refused("ABQ", "setRule", "a", "Blocked", "1", "domain", "x")
        )

    async def test_dry_run(self) -> None:
        """It lists the known devices that would change, and changes nothing."""
        self.known = [
            DeviceKey(AccountId(account), DeviceId(device))
            for account in (self.john, self.mary, "gone")
            for device in ("android1", "iphone1")
        ]
        await self.said("ABQ", "set", "android1", "Allowed", "account", MARY)
        line = ("ABQ", "setRule", "android.*", "Blocked", "1", "dry_run")
        changed = await self.rows(*line, "true")
        self.assertEqual(
            [
                {
                    "device_id": "android1",
                    "account": JOHN,
                    "status": "Allowed",
                    "would_be": "Blocked",
                }
            ],
            changed,
        )
        self.assertEqual([], await self.rows("ABQ", "listRules"))
        await self.said(*line, "false")
        self.assertEqual(1, len(await self.rows("ABQ", "listRules")))

    async def test_interval(self) -> None:
        """Its documented values, also with the command's word repeated."""
        for text, ms in (("45m", "2700000"), ("6h", "21600000"), ("1d", "86400000"), ("0", "0")):
            await self.said("ABQ", "setNotificationInterval", text)
            self.assertEqual({"abqNotificationsInterval": ms}, self.globals)
        await self.said("ABQ", "setNotificationInterval", "setNotificationInterval", "45m")
        self.assertEqual("2700000", self.globals["abqNotificationsInterval"])
        await self.refused("ABQ", "setNotificationInterval", "soon")


class OverruledTests(Abq):
    """An entry for any account is told of those that come before it."""

    async def test_setting_a_device_tells_of_its_accounts(self) -> None:
        """As after the first start, which writes known devices down for their accounts."""
        await self.said("ABQ", "set", "x1", "Allowed", "account", JOHN)
        told = await self.said("ABQ", "set", "x1", "Blocked")
        self.assertEqual(
            "device x1 set to Blocked; for 1 of its accounts the list says otherwise, and that"
            " comes first",
            told,
        )
        self.assertEqual("device x1 set to Allowed", await self.said("ABQ", "set", "x1", "Allowed"))


class ServiceTests(Abq):
    """The service itself."""

    async def test_stopped_everybody_passes(self) -> None:
        """And once started again, the list counts again."""
        await self.said("ABQ", "set", "x1", "Blocked")
        self.abq.stop()
        self.assertTrue(self.abq.gate(DeviceId("x1"), await self.account(JOHN, "Strict")).passes)
        self.assertEqual(0, await self.abq.start(self.known_devices()))
        self.assertEqual("Blocked", await self.status("x1"))

    async def test_first_start_imports_known_devices(self) -> None:
        """Those that synchronise already stay in, whatever the mode; later starts import none."""
        self.known = [DeviceKey(self.john, DeviceId("x1")), DeviceKey(self.mary, DeviceId("x2"))]
        fresh = self.service()
        await fresh.load()
        self.assertEqual(2, await fresh.start(self.known_devices()))
        self.assertEqual(2, await self.store.count(AbqStatus.ALLOWED))
        strict = await self.account(JOHN, "Strict")
        self.assertTrue(fresh.gate(DeviceId("x1"), strict).passes)
        self.assertFalse(fresh.gate(DeviceId("x2"), strict).passes)
        self.assertEqual(0, await fresh.start(self.known_devices()))

    async def test_what_is_stored_is_loaded(self) -> None:
        """Another process decides alike."""
        await self.said("ABQ", "set", "x1", "Blocked")
        await self.said("ABQ", "setRule", "y.*", "Quarantined", "1")
        await self.said("setABQMessage", "global", "blocked", "default", "subject", "No")
        other = self.service()
        await other.load()
        await other.start(self.known_devices())
        john = await self.account(JOHN, "")
        self.assertEqual(AbqStatus.BLOCKED, other.explain(DeviceId("x1"), john).status)
        self.assertEqual(AbqStatus.QUARANTINED, other.explain(DeviceId("y1"), john).status)
        self.assertEqual("No", other.message_for(AbqStatus.BLOCKED, john).subject)

    async def test_mails_name_new_quarantined_devices_only(self) -> None:
        """Once each, after the interval, and none where nothing is new or the interval is 0."""
        await self.abq.notify_due(60)
        john = await self.account(JOHN, "Interactive")
        self.at += 30
        self.abq.gate(DeviceId("x1"), john)
        await self.said("ABQ", "set", "x2", "Quarantined")
        await self.abq.notify_due(60)
        self.assertEqual([], self.told.notices)
        self.at += 31
        await self.abq.notify_due(60)
        ((kind, subject, text),) = self.told.notices
        self.assertEqual(NoticeKind.QUARANTINE, kind)
        self.assertEqual("1 new device in quarantine", subject)
        self.assertIn(f"x1 of {JOHN}", text)
        self.assertNotIn("x2", text)
        self.at += 100
        await self.abq.notify_due(60)
        self.abq.gate(DeviceId("x3"), john)
        self.at += 100
        await self.abq.notify_due(0)
        self.at += 100
        await self.abq.notify_due(60)
        self.assertEqual(1, len(self.told.notices))

    async def test_a_restart_does_not_tell_again(self) -> None:
        """The time of the last notice is stored; off and on again begins anew."""
        john = await self.account(JOHN, "Interactive")
        await self.abq.notify_due(3600)
        self.at += 1
        self.abq.gate(DeviceId("x1"), john)
        self.at += 3600
        await self.abq.notify_due(3600)
        self.assertEqual(1, len(self.told.notices))
        self.at += 10
        self.abq.gate(DeviceId("x2"), john)
        other = self.service()
        await other.load()
        await other.notify_due(3600)
        self.assertEqual(1, len(self.told.notices))  # x2 waits for the interval as well
        self.at += 3590
        await other.notify_due(3600)
        self.assertEqual(2, len(self.told.notices))
        self.assertIn("x2", self.told.notices[1][2])
        self.assertNotIn("x1", self.told.notices[1][2])
        await other.notify_due(0)
        self.assertEqual("", await self.marks.mark(TOLD_UNTIL))

    async def test_a_clock_put_back_silences_nobody(self) -> None:
        """A time of the last notice that lies ahead counts as now."""
        await self.marks.set_mark(TOLD_UNTIL, repr(self.at + 1e6))
        await self.abq.notify_due(60)
        self.at += 60
        self.abq.gate(DeviceId("x1"), await self.account(JOHN, "Interactive"))
        self.at += 1
        await self.abq.notify_due(60)
        self.assertEqual(1, len(self.told.notices))

    async def test_old_rules_count_while_new_ones_are_compiled(self) -> None:
        """No request waits for that, and of two changes at once the later one stays."""
        await self.said("ABQ", "setRule", "x.*", "Blocked", "1")
        self.compiling = []
        first = Deferred.fromCoroutine(self.said("ABQ", "setRule", "y.*", "Blocked", "1"))
        self.compiling.pop().callback(None)  # it was looked at, and is stored
        second = Deferred.fromCoroutine(self.said("ABQ", "deleteRule", "x.*"))
        self.assertEqual("Blocked", await self.status("x1"))
        self.assertEqual("Allowed", await self.status("y1"))
        of_first, of_second = self.compiling
        of_second.callback(None)
        await second
        self.assertEqual("Allowed", await self.status("x1"))
        self.assertEqual("Blocked", await self.status("y1"))
        of_first.callback(None)
        await first
        self.assertEqual("Allowed", await self.status("x1"))
        self.compiling = None
        rules = await self.rows("ABQ", "listRules")
        self.assertEqual(["y.*"], [row["regex"] for row in rules])

    async def test_mode_of_a_decision(self) -> None:
        """The attribute of the account decides; Disabled looks at no list."""
        await self.said("ABQ", "set", "x1", "Blocked")
        self.assertEqual("Allowed", await self.status("x1", mode=AbqMode.DISABLED.value))


class MessageTests(Abq):
    """Messages."""

    async def test_default_comes_first(self) -> None:
        """No other locale without it."""
        why = await self.refused("setABQMessage", "global", "blocked", "it", "subject", "No")
        self.assertIn("must be there before any other", why)
        await self.said("setABQMessage", "global", "blocked", "default", "subject", "No")
        await self.said("setABQMessage", "global", "blocked", "IT", "subject", "Niente")
        told = await self.said("deleteABQMessage", "global", "blocked", "default")
        self.assertEqual("message global blocked default deleted; there are others yet: it", told)
        why = await self.refused("setABQMessage", "global", "blocked", "fr", "subject", "Non")
        self.assertIn("must be there before any other", why)
        told = await self.said("deleteABQMessage", "global", "blocked", "it")
        self.assertEqual("message global blocked it deleted", told)
        await self.refused("getABQMessage", "global", "blocked", "default")

    async def test_fields_and_files(self) -> None:
        """What is not given stays; a file is read whole, and bounded."""
        line = ("setABQMessage", "domain", "example.com", "quarantined", "default")
        told = await self.said(*line, "from", "IT <it@example.com>", "body_plain", "a\nb")
        self.assertEqual("message example.com quarantined default set", told)
        await self.said(*line, "body_html_file", "x.html", upload="\ufeff<p>è</p>".encode())
        (row,) = await self.rows("getABQMessage", "domain", "d-id", "quarantined", "all")
        self.assertEqual(
            {
                "locale": "default",
                "type": "quarantined",
                "domain": "example.com",
                "from": "IT <it@example.com>",
                "body_plain": "a\nb",
                "body_html": "<p>è</p>",
            },
            row,
        )
        for words, upload, why in (
            ((), b"", "nothing to set"),
            (("from", "nobody"), b"", "e-mail address"),
            (("subject", "a\nb"), b"", "one line"),
            (("body_plain_file", "a", "body_html_file", "b"), b"x", "one file at a time"),
            (("body_plain_file", "a", "body_plain", "b"), b"x", "either"),
            (("body_plain_file", "a"), b"\xff", "UTF-8"),
            (("body_plain_file", "a"), b"x" * (MAX_BODY_BYTES + 1), "256 KiB"),
        ):
            self.assertIn(why, await self.refused(*line, *words, upload=upload))

    async def test_init_and_duplicate(self) -> None:
        """Built-in texts become global messages where there are none yet."""
        await self.said("setABQMessage", "global", "blocked", "default", "subject", "No")
        told = await self.said("initABQMessage", "all")
        self.assertEqual("11 messages initialised, 1 were there already", told)
        (row,) = await self.rows("getABQMessage", "global", "blocked", "default")
        self.assertEqual("No", row["subject"])
        told = await self.said("duplicateABQMessage", "global", "blocked", "default", "en-uk")
        self.assertEqual("message global blocked default duplicated to en_UK", told)
        (row,) = await self.rows("getABQMessage", "global", "blocked", "en_UK")
        self.assertEqual("No", row["subject"])
        await self.refused("duplicateABQMessage", "global", "blocked", "xx", "it")
        await self.refused("duplicateABQMessage", "global", "blocked", "not a locale", "it")

    async def test_the_users_language(self) -> None:
        """zimbraPrefLocale chooses."""
        john = await self.account(JOHN, "")
        john = replace(john, attributes={**john.attributes, "zimbrapreflocale": ("de_AT",)})
        self.assertIn("Gerät", self.abq.message_for(AbqStatus.BLOCKED, john).subject)
        await self.said(
            "setABQMessage", "domain", "example.com", "blocked", "default", "subject", "D"
        )
        self.assertEqual("D", self.abq.message_for(AbqStatus.BLOCKED, john).subject)

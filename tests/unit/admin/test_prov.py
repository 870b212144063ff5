"""``carbonio prov`` against the embedded directory."""

from collections.abc import AsyncIterator
from pathlib import Path
from tempfile import TemporaryDirectory

from twisted.trial.unittest import TestCase
from zope.interface.verify import verifyObject

from carbonio_mobile.accounts.database import FILE_NAME, open_database
from carbonio_mobile.accounts.generation import SQLiteWatch
from carbonio_mobile.accounts.passwords import HashCost, Passwords
from carbonio_mobile.accounts.people import EmbeddedPeople, PeopleStore
from carbonio_mobile.accounts.provisioning import Administration, EmbeddedProvisioning
from carbonio_mobile.accounts.store import DirectoryStore
from carbonio_mobile.accounts.transactions import Transactions
from carbonio_mobile.admin.answers import Entries, Lines, Said
from carbonio_mobile.admin.calling import AdminCall, AdminFault, Progress
from carbonio_mobile.admin.catalogue.prov import COMMANDS
from carbonio_mobile.admin.declaring import UsageFault, assign, read
from carbonio_mobile.admin.responders import prov
from carbonio_mobile.admin.responders.prov import Provisioning
from carbonio_mobile.errors import CarbonioMobileError, Conflict, NotAllowed, NotFound, StoreError
from carbonio_mobile.ids import AccountId
from carbonio_mobile.interfaces import IMailingLists, IProvisioning
from carbonio_mobile.testing.lanes import InlineLane
from carbonio_mobile.testing.people import people_of
from tests.unit.admin.calls import ROOT


async def _pieces(octets: bytes) -> AsyncIterator[bytes]:
    """Give a file in pieces."""
    for first in range(0, len(octets), 10):
        yield octets[first : first + 10]


class ProvCase(TestCase):
    """A directory with a domain, and commands typed at it."""

    def setUp(self) -> None:
        room = TemporaryDirectory()
        self.addCleanup(room.cleanup)
        transactions = Transactions(open_database(Path(room.name)))
        self.addCleanup(transactions.close)
        store = DirectoryStore(transactions, Passwords(HashCost(memory_kib=8, rounds=1, lanes=1)))
        self.directory = EmbeddedProvisioning(
            work=Administration(transactions, store, lambda: 1_800_000_000.0),
            lane=InlineLane(),
            people_lane=InlineLane(),
        )
        store.create_domain("example.com")
        store.create_account("john@example.com", "demo-john")
        watch = SQLiteWatch(Path(room.name) / FILE_NAME)
        self.addCleanup(watch.close)
        feed = EmbeddedPeople(store=PeopleStore(transactions), watch=watch, lane=InlineLane())
        self.told: list[Progress] = []
        self.forgotten: list[AccountId] = []
        self.responders = Provisioning(
            provisioning=self.directory, people=people_of(feed), forget=self._forget
        ).responders()

    async def _forget(self, account: AccountId) -> None:
        self.forgotten.append(account)

    async def typed(self, *words: str, upload: bytes = b"") -> str:
        """Type a line after ``prov``; gives what is printed of the answer."""
        word, *left = words
        known = (one for one in COMMANDS if word.lower() in {one.words[0].lower(), one.short})
        command = next(known)
        values = read(command, assign(command, left))
        call = AdminCall(
            command=command,
            values=values,
            caller=ROOT,
            upload=_pieces(upload),
            tell=self.told.append,
        )
        answer = await self.responders[command.name](call)
        if isinstance(answer, Said):
            return answer.text
        if isinstance(answer, Lines):
            return "\n".join([line async for line in answer.rows])
        assert isinstance(answer, Entries)
        lines: list[str] = []
        async for entry in answer.rows:
            lines.append(f"# {entry.kind} {entry.name}")
            lines += [
                f"{name}: {value}" for name, found in entry.attributes.items() for value in found
            ]
        return "\n".join(lines)

    async def refused(
        self, kind: type[CarbonioMobileError], *words: str, upload: bytes = b""
    ) -> str:
        """Type a line that must be refused so; gives the reason."""
        with self.assertRaises(kind) as caught:
            await self.typed(*words, upload=upload)
        return str(caught.exception)


class ProvTests(ProvCase):
    """Every verb, long or short."""

    def test_every_command_has_a_responder(self) -> None:
        """Declarations and functions fit one another; long and short words name one command."""
        self.assertEqual({one.name for one in COMMANDS}, set(self.responders))
        words = [word.lower() for one in COMMANDS for word in (*one.words, one.short)]
        self.assertEqual(len(set(words)), len(words))
        verifyObject(IProvisioning, self.directory)
        verifyObject(IMailingLists, self.directory)

    async def test_people_from_a_file(self) -> None:
        """importGal: who has no account here is in the address list; a wrong line is named."""
        ann = b"dn: cn=ann,o=x\nobjectClass: person\ncn: Ann\nmail: ann@x.example\n\n"
        self.assertEqual(
            await self.typed("importGal", "example.com", "f.ldif", "dry_run", "true", upload=ann),
            "nothing was changed; would be: 1 added",
        )
        self.assertEqual("", await self.typed("sg", "example.com", "ann"))
        unit = b"dn: o=x\nobjectClass: organization\no: x\n\n"
        here = ann.replace(b"ann", b"jo").replace(b"jo@x.example", b"john@example.com")
        self.assertEqual(
            await self.typed("ig", "example.com", "f.ldif", upload=unit + ann + here),
            "1 added, 1 left out, who have an address of this server, 1 passed over, which are no "
            "people and no groups",
        )
        self.assertEqual(self.told[-1].done, len(unit + ann + here))
        shown = await self.typed("sg", "example.com", "ann")
        self.assertIn("# name ann@x.example\n", shown)
        self.assertNotIn("zimbraId", shown)
        self.assertIn("Ann", await self.typed("acg", "example.com", "an"))
        bob = ann.replace(b"ann", b"bob").replace(b"Ann", b"Bob")
        wrong = await self.refused(StoreError, "ig", "example.com", "f", upload=bob + b"cn: x\n")
        self.assertEqual(wrong, "line 6: expected the name of an entry (dn:); nothing was changed")
        told = await self.typed("ig", "example.com", "f", "removeMissing", "false", upload=bob)
        self.assertEqual(told, "1 added, 1 of earlier files kept")
        told = await self.typed("ig", "example.com", "f", upload=bob)
        self.assertEqual(told, "1 removed, 1 unchanged")
        self.assertEqual("", await self.typed("sg", "example.com", "ann"))
        await self.refused(NotFound, "ig", "nowhere.example", "f", upload=bob)

    def test_examples_can_be_read(self) -> None:
        """Each example of the help means its own command."""
        for command in COMMANDS:
            for example in command.examples:
                _, module, word, *left = example.replace("'", "").split()
                self.assertIn(word, (command.words[0], command.short))
                self.assertEqual("prov", module)
                if "''" not in example:
                    read(command, assign(command, left))

    async def test_accounts(self) -> None:
        """An account is made, shown, changed, renamed, put into a COS and removed."""
        said = await self.typed("ca", "ann@example.com", "a-pass-word", "displayName", "Ann")
        self.assertRegex(said, r"^account ann@example\.com created, id [0-9a-f-]{36}$")
        shown = await self.typed("ga", "ann@example.com")
        self.assertTrue(shown.startswith("# name ann@example.com\n"))
        self.assertIn("\ndisplayName: Ann\n", shown)
        self.assertIn("\nzimbraFeatureMobileSyncEnabled: TRUE\n", shown, "of the default COS")
        own = await self.typed("getaccount", "-e", "ann@example.com")
        self.assertNotIn("MobileSync", own)
        await self.typed("ma", "ann@example.com", "zimbraFeatureMobileSyncEnabled", "false")
        flag = ("ga", "ann@example.com", "ZIMBRAFEATUREMOBILESYNCENABLED")
        wanted = "# name ann@example.com\nzimbraFeatureMobileSyncEnabled: FALSE"
        self.assertEqual(wanted, await self.typed(*flag))
        await self.typed("aaa", "ann@example.com", "a@example.com")
        await self.typed("ra", "a@example.com", "anna@example.com")
        await self.typed("raa", "anna@example.com", "a@example.com")
        await self.typed("cc", "phones", "zimbraSyncWindowSize", "50")
        await self.typed("sac", "anna@example.com", "phones")
        self.assertIn(
            "Size: 50", await self.typed("ga", "anna@example.com", "zimbraSyncWindowSize")
        )
        self.assertIn("changed", await self.typed("sp", "anna@example.com", "another-word"))
        await self.typed("da", "anna@example.com")
        self.assertEqual("john@example.com", await self.typed("gaa"))

    async def test_several_values(self) -> None:
        """Repeated names, + and - change some values; an empty one removes all."""
        name = "zimbraAllowFromAddress"
        for words, left in (
            ((name, "a@example.com", name, "b@example.com"), ["a@", "b@"]),
            ((f"+{name}", "c@example.com"), ["a@", "b@", "c@"]),
            ((f"-{name}", "a@example.com", "sn", "Doe"), ["b@", "c@"]),
            ((name, ""), []),
        ):
            await self.typed("ma", "john@example.com", *words)
            shown = (await self.typed("ga", "john@example.com", name)).splitlines()[1:]
            self.assertEqual([f"{name}: {each}example.com" for each in left], shown)

    async def test_long_listings_come_in_pages(self) -> None:
        """More entries than a page are all listed, once, in order; -v prints what they hold."""
        self.patch(prov, "_PAGE", 3)
        self.patch(prov, "_NAMES_PAGE", 3)
        names = ["john@example.com", *(f"u{number}@example.com" for number in range(6))]
        for name in names[1:]:
            await self.typed("ca", name, "a-pass-word")
        await self.typed("cd", "example.org")
        await self.typed("ca", "ann@example.org", "a-pass-word")
        self.assertEqual(["ann@example.org", *names], (await self.typed("gaa")).splitlines())
        words = ("gaa", "-v", "-e", "-s", "mail.example.com", "example.com")
        shown = await self.typed(*words)
        heads = [line for line in shown.splitlines() if line.startswith("#")]
        self.assertEqual([f"# name {name}" for name in names], heads)
        await self.refused(NotFound, "gaa", "nowhere.example")

    async def test_domains_and_classes(self) -> None:
        """Domains and COS are made, changed, shown, listed; what is in use stays."""
        await self.typed("cd", "Example.net", "description", "Branch")
        self.assertIn("zimbraDomainName: example.net", await self.typed("gd", "example.net"))
        await self.typed("md", "example.net", "zimbraDomainStatus", "locked")
        self.assertIn("Status: locked", await self.typed("gd", "example.net", "zimbraDomainStatus"))
        self.assertEqual("example.com\nexample.net", await self.typed("gad"))
        self.assertEqual("domain example.net deleted", await self.typed("dd", "example.net"))
        self.assertIn("in use", await self.refused(NotAllowed, "dd", "example.com"))
        await self.typed("cc", "phones")
        await self.typed("mc", "phones", "zimbraFeatureMobileSyncEnabled", "TRUE")
        await self.typed("rc", "phones", "mobiles")
        self.assertEqual("default\nmobiles", await self.typed("gac"))
        shown = await self.typed("gac", "-v")
        self.assertIn("# name default\n", shown)
        self.assertIn("\nzimbraPasswordMinLength: 6\n", shown, "a built-in default")
        await self.typed("dc", "mobiles")
        self.assertEqual("default", await self.typed("getAllCos"))

    async def test_lists(self) -> None:
        """A list is made, filled, shown, renamed and removed."""
        await self.typed("cdl", "team@example.com", "displayName", "The Team")
        said = await self.typed("adlm", "team@example.com", "john@example.com", "x@example.org")
        self.assertEqual("2 members of team@example.com added", said)
        await self.typed("adla", "team@example.com", "crew@example.com")
        shown = await self.typed("gdl", "crew@example.com")
        self.assertIn("zimbraMailForwardingAddress: x@example.org", shown)
        await self.typed("rdlm", "team@example.com", "x@example.org")
        await self.typed("rdl", "team@example.com", "all@example.com")
        await self.typed("rdla", "all@example.com", "crew@example.com")
        await self.typed("mdl", "all@example.com", "zimbraHideInGal", "TRUE")
        self.assertEqual("all@example.com", await self.typed("gadl", "example.com"))
        found = await self.directory.expansions(["All@example.com", "john@example.com", "?"])
        self.assertEqual({"All@example.com": ("john@example.com",)}, found)
        await self.typed("ddl", "all@example.com")
        self.assertEqual("", await self.typed("gadl"))

    async def test_resources(self) -> None:
        """A room is an account of its own kind, without a login."""
        await self.typed("ccr", "blue@example.com", "", "displayName", "Blue Room")
        self.assertIn("Type: Location", await self.typed("gcr", "blue@example.com"))
        await self.typed("mcr", "blue@example.com", "zimbraCalResType", "equipment")
        self.assertEqual("blue@example.com", await self.typed("gacr"))
        self.assertEqual("john@example.com", await self.typed("gaa"))
        self.assertIn("type: resource", await self.typed("sg", "example.com", "blue"))
        await self.refused(NotFound, "dcr", "john@example.com")
        await self.typed("rcr", "blue@example.com", "red@example.com")
        await self.typed("dcr", "red@example.com")
        self.assertEqual("", await self.typed("gacr", "-v"))

    async def test_address_list(self) -> None:
        """The address list is searched, completed, and printed whole with a token."""
        await self.typed("ma", "john@example.com", "displayName", "John Doe", "mobile", "+1 5")
        shown = await self.typed("sg", "example.com", "jo", "limit", "5", "offset", "0")
        self.assertTrue(shown.startswith("# name john@example.com\nfullName: John Doe\n"), shown)
        self.assertIn("mobilePhone: +1 5", shown)
        self.assertEqual("", await self.typed("sg", "example.com", "jo", "offset", "1"))
        complete = await self.typed("acg", "example.com", "doe")
        self.assertEqual("John Doe <john@example.com>", complete)
        head, *entries = (await self.typed("syg", "example.com")).splitlines()
        self.assertIn("# name john@example.com", entries)
        self.assertEqual(head, await self.typed("syg", "example.com", head.split()[-1]))
        await self.refused(NotFound, "sg", "nowhere.example", "jo")

    async def test_rights(self) -> None:
        """A right is given, listed and taken; a wrong line says what was expected."""
        await self.typed("ca", "ann@example.com", "a-pass-word")
        line = ("account", "ann@example.com", "usr", "john@example.com", "sendAs")
        self.assertEqual("right sendAs granted", await self.typed("grr", *line))
        self.assertEqual(" ".join(line), await self.typed("gg", "account", "ann@example.com"))
        self.assertTrue(await self.directory.has_right("john@example.com", line[1], "sendAs"))
        self.assertEqual("right sendAs revoked", await self.typed("rvr", *line))
        await self.typed("grr", "global", "all", "sendOnBehalf")
        self.assertEqual("global all sendOnBehalf", await self.typed("gg", "global"))
        for words, reason in (
            (("acount",), "did you mean account?"),
            (("account", "ann@example.com"), "type of grantee is missing"),
            ((*line[:4], "sendAz"), "did you mean sendAs?"),
            ((*line, "more"), "nothing more was expected, got 'more'"),
        ):
            self.assertIn(reason, await self.refused(AdminFault, "grr", *words))

    async def test_whole_installation(self) -> None:
        """Global attributes are set and printed; there is nothing to flush, and it says so."""
        await self.typed("mcf", "zimbraDefaultDomainName", "example.com")
        shown = "zimbraDefaultDomainName: example.com"
        self.assertEqual(shown, await self.typed("gcf", "zimbradefaultdomainname"))
        self.assertIn(shown, (await self.typed("gacf")).splitlines())
        self.assertIn(
            "MaxMessageSize: 10240000", await self.typed("gcf", "zimbraMtaMaxMessageSize")
        )
        self.assertIn("nothing had to be flushed", await self.typed("fc", "-a", "all"))
        await self.typed("fc", "domain", "example.com")
        await self.refused(NotFound, "fc", "domain", "nowhere.example")

    async def test_refusals_change_nothing(self) -> None:
        """Each wrong line says why, and leaves the directory as it was."""
        before = await self.directory.generation()
        for kind, words in (
            (AdminFault, ("ma", "john@example.com", "displayName")),
            (AdminFault, ("cd", "example.net", "description")),
            (StoreError, ("ma", "john@example.com", "displayName", "x", "zimbraMailQuota", "y")),
            (StoreError, ("ma", "john@example.com", "userPassword", "x")),
            (Conflict, ("ca", "john@example.com", "a-pass-word")),
            (NotFound, ("ca", "john@nowhere.example", "a-pass-word")),
            (StoreError, ("ca", "ann@example.com", "x")),
            (NotFound, ("sac", "john@example.com", "none")),
            (NotFound, ("ga", "ann@example.com")),
            (UsageFault, ("da",)),
            (UsageFault, ("dd", "example.com", "now")),
        ):
            await self.refused(kind, *words)
        self.assertEqual(before, await self.directory.generation())

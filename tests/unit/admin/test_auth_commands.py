"""``carbonio auth``: mobile passwords, policies, and what ActiveSync has none of.

Spec: ../shared/carbonio/cli.md 4.
"""

import json
from pathlib import Path
from tempfile import TemporaryDirectory

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock

from carbonio_mobile.accounts.configuration import ConfigurationStore, EmbeddedConfiguration
from carbonio_mobile.accounts.database import FILE_NAME
from carbonio_mobile.accounts.generation import SQLiteWatch
from carbonio_mobile.accounts.invalid import InvalidArgument
from carbonio_mobile.accounts.memory import MemoryAccounts
from carbonio_mobile.accounts.opening import open_store
from carbonio_mobile.accounts.passwords import HashCost
from carbonio_mobile.admin.calling import AdminFault
from carbonio_mobile.admin.catalogue import auth
from carbonio_mobile.admin.declaring import UsageFault
from carbonio_mobile.admin.responders.auth import IMPORT_MAX_BYTES, AuthCommands
from carbonio_mobile.admin.responders.authpolicy import AuthPolicyCommands
from carbonio_mobile.directory.accounts import Account, LoginFault
from carbonio_mobile.errors import NotAllowed, NotFound
from carbonio_mobile.testing.contracts.credentials import product_hash
from carbonio_mobile.testing.lanes import InlineLane
from tests.unit.admin.typed import AskingTestCase

CHEAP = HashCost(memory_kib=8, rounds=1, lanes=1)


class AuthCommandsTests(AskingTestCase):
    """One account, ``john@example.com``."""

    commands = auth.COMMANDS

    def setUp(self) -> None:
        clock = Clock()
        clock.advance(1_700_000_000)
        self.accounts = MemoryAccounts(clock=clock.seconds)
        self.john = self.accounts.add("john@example.com", "demo-john")
        room = TemporaryDirectory()
        self.addCleanup(room.cleanup)
        store = open_store(Path(room.name), CHEAP)
        self.addCleanup(store.close)
        store.create_domain("example.com")
        watch = SQLiteWatch(Path(room.name) / FILE_NAME)
        self.addCleanup(watch.close)
        configuration = EmbeddedConfiguration(
            store=ConfigurationStore(store._transactions), watch=watch, lane=InlineLane()
        )
        self.table = {
            **AuthCommands(
                accounts=self.accounts, credentials=self.accounts.credentials
            ).responders(),
            **AuthPolicyCommands(configuration=configuration).responders(),
        }

    def log_in(self, password: str) -> Account | LoginFault:
        """Log in to ActiveSync."""
        return self.successResultOf(
            Deferred.fromCoroutine(
                self.accounts.log_in("john@example.com", password, host="h", peer="p")
            )
        )

    def listed(self) -> list[dict[str, object]]:
        """Give the rows that ``credential list`` shows."""
        heading, rows = self.ask(f"auth credential list {self.john}")  # type: ignore[misc]
        assert heading == "list"
        return list(rows)

    def test_every_command_has_its_responder(self) -> None:
        """What is declared is answered, and nothing else."""
        assert {each.name for each in self.commands} == set(self.table)

    def test_shape_of_add_and_list(self) -> None:
        """cli.md 4.1: the keys in their order; the clear password in the answer of add alone."""
        text, details = self.ask("auth credential add john@example.com label phone")  # type: ignore[misc]
        assert text == "Credential correctly added"
        keys = ["generated", "created", "label", "id", "services", "hash", "enabled", "algorithm"]
        assert list(details) == ["list", "text_data"]
        assert list(details["list"]) == keys
        assert details["list"]["created"] == 1_700_000_000_000
        assert details["list"]["services"] == "EAS"
        given = details["text_data"]
        assert list(given) == ["auth_method", "password", "user"]
        assert (given["auth_method"], given["user"]) == ("password", "john@example.com")
        assert isinstance(self.log_in(given["password"]), Account)
        assert self.log_in("demo-john") is LoginFault.WRONG_PASSWORD
        (row,) = self.listed()
        assert list(row) == keys
        assert given["password"] not in repr(row)

    def test_chosen_password_and_code(self) -> None:
        """With qrcode true the answer has the text for the code; services ignore case."""
        _, details = self.ask(  # type: ignore[misc]
            "auth credential add john@example.com password easpass-1 qrcode TRUE service eas,DAV"
        )
        assert json.loads(details["qrcode_data"]) == details["text_data"]
        assert details["text_data"]["password"] == "easpass-1"
        assert details["list"]["services"] == "EAS, Dav"
        assert details["list"]["generated"] is False

    def test_update_and_delete(self) -> None:
        """cli.md 4.1: update answers with its values; the password itself cannot be changed."""
        self.ask("auth credential add john@example.com password easpass-1")
        (row,) = self.listed()
        change = f"auth credential update john@example.com {row['id']}"
        text, details = self.ask(f"{change} enabled false label old service Dav")  # type: ignore[misc]
        assert text == f"Credential {row['id']} updated"
        assert list(details) == ["values"]
        assert [details["values"][key] for key in ("enabled", "label", "services")] == [
            False, "old", "Dav",
        ]  # fmt: skip
        self.refused(change, AdminFault)
        self.refused(f"{change} password another", UsageFault)
        self.ask(f"auth credential delete john@example.com {row['id']}")
        assert self.listed() == []
        self.refused(f"{change} enabled true", NotFound)

    def test_password_is_secret(self) -> None:
        """What logs must not hold is marked."""
        (adding,) = (each for each in self.commands if each.name == "auth credential add")
        assert {each.name for each in adding.parameters if each.secret} == {"password", "hash"}

    def test_hash_of_the_product(self) -> None:
        """cli.md 4.1: the documented hash of ``easpass`` is taken, and then opens."""
        _, details = self.ask(  # type: ignore[misc]
            f"auth credential add john@example.com hash {product_hash('easpass')}"
        )
        assert "text_data" not in details
        assert details["list"]["algorithm"] == "SHA256"
        assert isinstance(self.log_in("easpass"), Account)
        self.refused("auth credential add john@example.com hash abc", InvalidArgument)
        code = f"auth credential add john@example.com hash {product_hash('x')} qrcode true"
        self.refused(code, AdminFault)

    def test_import(self) -> None:
        """Records of the product, as its list prints them in JSON; or lines of hash and label."""
        record = {"hash": product_hash("easpass"), "algorithm": "SHA256", "label": "phone"}
        listed = {"response": {"list": [record | {"services": ["eas", "Dav"], "enabled": False}]}}
        forms = (
            (json.dumps(listed), ("phone", "EAS, Dav", False)),
            (json.dumps([record]), ("phone", "EAS", True)),
            (json.dumps(record | {"services": "EAS"}), ("phone", "EAS", True)),
            ("\ufeff" + json.dumps(record), ("phone", "EAS", True)),
            (f"\r\n{product_hash('easpass')} my phone \r\n", ("my phone", "EAS", True)),
        )
        line = "auth credential import john@example.com /tmp/some"
        for text, expected in forms:
            answer, _ = self.ask(line, upload=text.encode())  # type: ignore[misc]
            assert answer == "1 credentials of john@example.com imported"
            row = self.listed()[-1]
            assert (row["label"], row["services"], row["enabled"]) == expected
        assert isinstance(self.log_in("easpass"), Account)

    def test_bad_imports_add_nothing(self) -> None:
        """Each is refused whole, with what was expected."""
        good = {"hash": product_hash("easpass")}
        for octets in (
            b"", b"\xff\xfe", b"{", b"[]", b"{}", b"[" * 100_000, b"\x00",
            json.dumps([good, {"hash": "x", "algorithm": "MD5"}]).encode(),
            json.dumps([good, {"hash": "no base64"}]).encode(),
            json.dumps([good | {"services": ["FTP"]}]).encode(),
            json.dumps([good | {"services": [["EAS"]]}]).encode(),
            json.dumps([good] * 21).encode(),
            b"x" * (IMPORT_MAX_BYTES + 1),
        ):  # fmt: skip
            self.refused(
                "auth credential import john@example.com /tmp/some",
                AdminFault, InvalidArgument, NotAllowed, upload=octets,
            )  # fmt: skip
        assert self.listed() == []

    def test_nobody(self) -> None:
        """An account that there is not is named."""
        for line in ("credential add", "credential list", "token list", "trustedDevice list"):
            assert "mary" in self.refused(f"auth {line} mary@example.com", NotFound)

    def test_what_activesync_has_none_of(self) -> None:
        """cli.md 4.2: tokens and trusted devices are empty lists; ending them says why."""
        for line in (
            "auth token list john@example.com credential_label phone",
            "auth trustedDevice list john@example.com",
        ):
            assert self.ask(line) == ("list", [])
        for line in (
            "auth token invalidate john@example.com all",
            "auth trustedDevice delete john@example.com deviceId x ip 10.0.0.1",
        ):
            assert "nothing changed" in str(self.ask(line))

    def test_policies(self) -> None:
        """cli.md 4.2: set per service, at a domain or globally; a domain has what is global."""
        unset = {
            "service": "EAS", "ip_can_change": True, "trusted_ip_range": "", "2fa_policy": None,
        }  # fmt: skip
        domain = "auth policy list domain example.com service EAS"
        assert self.ask(domain) == ("policies", [unset])
        text, _ = self.ask(  # type: ignore[misc]
            "auth policy set EAS global 2fa_policy 1 ip_can_change true "
            "trusted_ip_range 192.168.0.1/16,192.168.100.14/24"
        )
        assert text == "policy of EAS for global set"
        shown = unset | {
            "trusted_ip_range": "192.168.0.0/16,192.168.100.0/24",
            "2fa_policy": 1,
        }
        assert self.ask(domain) == ("policies", [shown])
        self.ask("auth policy set eas domain example.com 2fa_policy 0")
        assert self.ask(domain) == ("policies", [shown | {"2fa_policy": 0}])
        self.ask("auth policy set EAS global trusted_ip_range none")
        _, rows = self.ask("auth policy list global")  # type: ignore[misc]
        assert len(rows) == 11
        assert rows[0] == shown | {"trusted_ip_range": ""}

    def test_bad_policies_change_nothing(self) -> None:
        """A wrong word beside right ones: none is set."""
        for line, error in (
            ("EAS global ip_can_change true trusted_ip_range 192.168.0.0/99", AdminFault),
            ("EAS global 2fa_policy 3", UsageFault),
            ("EAS global", AdminFault),
            ("EAS global ip_can_change false 2fa_policy 1", AdminFault),
            ("EAS domain nowhere.example ip_can_change true", NotFound),
            ("EAS domain nowhere.example 2fa_policy 1", NotFound),
        ):
            self.refused(f"auth policy set {line}", error)
        _, rows = self.ask("auth policy list global service EAS")  # type: ignore[misc]
        assert rows[0]["2fa_policy"] is None

    def test_addresses_of_sessions(self) -> None:
        """cli.md 4.2: a phone may come from anywhere each time; to forbid it is refused."""
        text, _ = self.ask("auth policy set EAS domain example.com ip_can_change true")  # type: ignore[misc]
        assert text == "policy of EAS for domain example.com set"
        typed = "auth policy set EAS domain example.com ip_can_change false"
        assert "not supported: ip_can_change false" in self.refused(typed, AdminFault)

    def test_expiration(self) -> None:
        """cli.md 4.2: no phone is ever trusted for its own sake, and no such setting is kept."""
        expiration = "auth policy trustedDevice"
        for scope in ("global", "domain example.com"):
            shown = self.ask(f"{expiration} getExpiration {scope}")
            assert isinstance(shown, dict)
            assert (shown["days"], "mobile passwords" in str(shown["note"])) == (0, True)
            self.ask(f"{expiration} setExpiration {scope} 0")
            text = self.refused(f"{expiration} setExpiration {scope} 30", AdminFault)
            assert text.startswith("not supported: ")
            self.refused(f"{expiration} setExpiration {scope} -1", UsageFault)
        self.refused(f"{expiration} getExpiration domain nowhere.example", NotFound)
        self.refused(f"{expiration} setExpiration domain nowhere.example 0", NotFound)

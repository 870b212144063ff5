"""``carbonio config``, and the commands about policies and properties, on the directory's database.

Spec: ../shared/carbonio/cli.md 2.8, 2.10, 3.
"""

from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import insert
from twisted.internet.defer import Deferred

from carbonio_mobile.accounts import entries
from carbonio_mobile.accounts.configuration import ConfigurationStore, EmbeddedConfiguration
from carbonio_mobile.accounts.database import FILE_NAME
from carbonio_mobile.accounts.generation import SQLiteWatch
from carbonio_mobile.accounts.invalid import InvalidArgument
from carbonio_mobile.accounts.lists import ListStore
from carbonio_mobile.accounts.opening import open_store
from carbonio_mobile.accounts.passwords import HashCost
from carbonio_mobile.accounts.schema import ATTRIBUTE_VALUES
from carbonio_mobile.admin.calling import AdminFault
from carbonio_mobile.admin.catalogue import config, provisioning
from carbonio_mobile.admin.declaring import UsageFault
from carbonio_mobile.admin.responders.config import ConfigCommands
from carbonio_mobile.admin.responders.provisioning import ProvisioningCommands
from carbonio_mobile.errors import NotFound
from carbonio_mobile.testing.lanes import InlineLane
from tests.unit.admin.typed import AskingTestCase

CHEAP = HashCost(memory_kib=8, rounds=1, lanes=1)


class ConfigurationTestCase(AskingTestCase):
    """One domain, one account, nothing configured."""

    commands = (*config.COMMANDS, *provisioning.COMMANDS)

    def setUp(self) -> None:
        room = TemporaryDirectory()
        self.addCleanup(room.cleanup)
        data_dir = Path(room.name)
        store = open_store(data_dir, CHEAP)
        self.addCleanup(store.close)
        self.transactions = store._transactions
        self.domain = store.create_domain("example.com")
        self.john = store.create_account("john@example.com", "demo-john")
        watch = SQLiteWatch(data_dir / FILE_NAME)
        self.addCleanup(watch.close)
        self.lane = InlineLane()
        self.configuration = EmbeddedConfiguration(
            store=ConfigurationStore(store._transactions), watch=watch, lane=self.lane
        )
        self.table = {
            **ConfigCommands(
                configuration=self.configuration, servers=["mail.example.com"]
            ).responders(),
            **ProvisioningCommands(configuration=self.configuration).responders(),
        }

    def value(self, line: str) -> tuple[object, object]:
        """Give value and origin of what a line shows."""
        shown = self.ask(line)
        assert isinstance(shown, dict)
        return shown["value"], shown["inheritedFrom"]


class ConfigCommandsTests(ConfigurationTestCase):
    """Both grammars, inheritance, checks."""

    def test_every_command_has_its_responder(self) -> None:
        """What is declared is answered, and nothing else."""
        assert {each.name for each in self.commands} == set(self.table)

    def test_documented_attributes(self) -> None:
        """cli.md 3.2: each has its documented default, or none where none is printed."""
        for name, default in (
            ("mobileAntiDosServiceEnabled", "FALSE"),
            ("mobileAntiDosServiceJailDuration", "600000"),
            ("mobileAntiDosServiceTimeWindow", "30000"),
            ("mobileAntiDosServiceMaxRequests", "150"),
            ("mobileAntiDosMaxRequests", "150"),
            ("mobileAntiDosJailDuration", "600000"),
            ("abqMode", "Permissive"),
            ("abqNotificationsInterval", "0"),
            ("abq_enabled_at_startup", "TRUE"),
            ("ZxMobile_NotificationsLatency", ""),
            ("ZxMobile_UseInstantNotficiations", ""),
            ("ZxMobile_UseInstantNotifications", ""),
            ("ZxMobile_MaxPingHeartbeat", ""),
        ):
            assert self.value(f"config get global {name}") == (default, "default"), name

    def test_set_and_unset_in_both_grammars(self) -> None:
        """cli.md 3.1: what one sets, the other shows; unset, empty and clear are the same."""
        sets = (
            "config set global abqMode strict",
            "config global set attribute abqMode value Strict",
            "config global set abqMode STRICT",
        )
        removes = ("unset global", "empty global", "clear global")
        olds = ("global empty attribute", "global clear attribute", "global unset")
        for typed in sets:
            for removing in (*removes, *olds):
                text, details = self.ask(typed)  # type: ignore[misc]
                assert text == "abqMode of global set to Strict"
                assert details["value"] == "Strict"
                assert self.value("config global get attribute abqMode") == ("Strict", "global")
                self.ask(f"config {removing} abqMode")
                assert self.value("config get global ABQMODE") == ("Permissive", "default")

    def test_inheritance(self) -> None:
        """cli.md 3.1: account, then COS, domain, server, global, default."""
        shown = "config get account john@example.com zimbraMobileMetadataMaxSizeEnabled"
        assert self.value(shown) == ("FALSE", "default")
        for level in ("global", "domain example.com", "cos default", f"account {self.john}"):
            self.ask(f"config set {level} zimbraMobileMetadataMaxSizeEnabled true")
            assert self.value(shown) == ("TRUE", level.partition(" ")[0])
        name = "ZxMobile_MaxPingHeartbeat"
        self.ask(f"config set global {name} 900")
        assert self.value(f"config get server MAIL.example.com {name}") == ("900", "global")
        self.ask(f"config set server localhost {name} 1200")
        assert self.value(f"config get server mail.example.com {name}") == ("1200", "server")
        assert self.value(f"config get account john@example.com {name}") == ("1200", "server")
        assert self.value(f"config get global {name}") == ("900", "global")

    def test_bad_input_changes_nothing(self) -> None:
        """What was expected is said, the nearest name where one is like it."""
        for typed, expected in (
            ("config set global abqMode Lenient", "Permissive, Interactive, Strict, Disabled"),
            ("config set global mobileAntiDosServiceMaxRequests many", "whole number"),
            ("config set global mobileAntiDosServiceMaxRequests -1", "0 to 100000"),
            ("config set global mobileAntiDosServiceEnable TRUE", "mobileAntiDosServiceEnabled"),
            ("config set account john@example.com mobileAntiDosServiceEnabled TRUE", "global"),
            ("config set global zimbraFeatureMobileSyncEnabled TRUE", "account"),
            ("config set global carbonioNotificationFrom nobody", "e-mail address"),
            ("config set global abqMode Strict Disabled", "one value"),
            ("config set global abqMode ''", "expected a value"),
        ):
            self.assertIn(expected, self.refused(typed, InvalidArgument), typed)
        for typed in (
            "config get account mary@example.com abqMode",
            "config set cos none abqMode Strict",
            "config get server elsewhere abqMode",
        ):
            self.refused(typed, NotFound)
        for typed in ("config set global abqMode", "config get global"):
            self.refused(typed, UsageFault)
        for typed in ("config global set attribute abqMode", "config info", "config global empty"):
            self.refused(typed, AdminFault)
        assert self.ask("config dump global show-inherited false") == ("values", [])

    def test_several_values(self) -> None:
        """Several words, or one list with commas, where an attribute takes several."""
        both = "a@example.com, b@example.com"
        for typed in ("a@example.com,b@example.com", "a@example.com b@example.com"):
            self.ask(f"config set global carbonioNotificationRecipients {typed}")
            shown = self.value("config get global carbonioNotificationRecipients")
            assert shown == (both, "global")

    def test_dump(self) -> None:
        """cli.md 3.1: with what is inherited by default; what means nothing there is left out."""
        self.ask("config set domain example.com carbonioNotificationFrom admin@example.com")
        own = self.ask("config dump domain example.com show-inherited false")
        assert own == (
            "values",
            [
                {
                    "attribute": "carbonioNotificationFrom",
                    "value": "admin@example.com",
                    "inheritedFrom": "domain",
                }
            ],
        )
        _, rows = self.ask("config dump domain example.com")  # type: ignore[misc]
        names = [row["attribute"] for row in rows]
        assert names == sorted(names, key=str.lower)
        assert {"zimbraGalMaxResults", "carbonioNotificationFrom"} <= set(names)
        assert not {"mobileAntiDosServiceEnabled", "zimbraMailQuota"} & set(names)
        _, everything = self.ask("config dump account john@example.com")  # type: ignore[misc]
        assert {"abqMode", "zimbraMailQuota"} <= {row["attribute"] for row in everything}
        assert "argon2" not in repr(everything)

    def test_info(self) -> None:
        """cli.md 3.1: with the word attribute, and without."""
        bare = self.ask("config info abq_enabled_at_startup")
        assert bare == self.ask("config info attribute abq_enabled_at_startup")
        assert isinstance(bare, dict)
        assert bare["levels"] == "global"
        assert bare["default"] == "TRUE"
        assert "next" in str(bare["note"])
        assert "set by" in str(self.ask("config info userPassword"))

    def test_distribution_lists(self) -> None:
        """cli.md 3.1: the old grammar has a level of lists; nothing is inherited there."""
        ListStore(self.transactions).create("staff@example.com")
        level = "distributionList staff@example.com"
        text, _ = self.ask("config distributionList set staff@example.com attribute displayName "
                           "value Everybody")  # type: ignore[misc]  # fmt: skip
        assert text == f"displayName of {level} set to Everybody"
        for typed in (
            "config distributionlist get staff@example.com attribute displayName",
            f"config get {level} displayName",
        ):
            assert self.value(typed) == ("Everybody", "distributionList")
        self.ask("config set global carbonioNotificationFrom admin@example.com")
        _, rows = self.ask(f"config dump {level}")  # type: ignore[misc]
        assert [row["attribute"] for row in rows] == ["displayName"]
        assert "level list" in self.refused(f"config set {level} abqMode Strict", InvalidArgument)
        self.ask("config distributionList empty staff@example.com attribute displayName")
        assert self.value(f"config get {level} displayName") == ("", "default")
        self.refused("config get distributionList none@example.com displayName", NotFound)
        assert "distributionList" in str(self.ask("config info displayName"))

    def test_clean(self) -> None:
        """cli.md 3.1: what means nothing where it stands goes, in one; all else stays."""
        self.ask("config set account john@example.com zimbraMailQuota 5")
        self.ask("config set domain example.com zimbraPublicServicePort 443")
        self.ask("config set global abqMode Strict")
        with self.transactions.changing() as connection:
            for owner, name, values in (
                (str(self.john), "mobileAntiDosServiceEnabled", ("TRUE",)),
                (self.domain, "zimbraMailTrashLifetime", ("30d",)),
                ("global", "abqNotificationsInterval", ("often",)),
                ("global", "mobileAntiDosServiceTimeWindow", ("1000", "2000")),
                ("long-gone", "displayName", ("Nobody",)),
                ("global", "somebodyElsesAttribute", ("kept",)),
            ):
                for position, value in enumerate(values):
                    connection.execute(
                        insert(ATTRIBUTE_VALUES).values(
                            owner_id=owner, name_key=name.lower(), position=position,
                            name=name, value=value,
                        )
                    )  # fmt: skip
        text, tried = self.ask("config clean dry_run true")  # type: ignore[misc]
        assert text == "5 attributes would be removed"
        text, done = self.ask("config clean")  # type: ignore[misc]
        assert (text, done) == ("5 attributes removed", tried)
        assert {(row["attribute"], row["level"], row["target"]) for row in done["values"]} == {
            ("mobileAntiDosServiceEnabled", "account", "john@example.com"),
            ("zimbraMailTrashLifetime", "domain", "example.com"),
            ("abqNotificationsInterval", "global", "global"),
            ("mobileAntiDosServiceTimeWindow", "global", "global"),
            ("displayName", "nothing", "long-gone"),
        }
        assert self.ask("config clean") == ("0 attributes removed", {"values": []})
        assert self.value("config get account john@example.com zimbraMailQuota")[0] == "5"
        assert self.value("config get domain example.com zimbraPublicServicePort")[0] == "443"
        assert self.value("config get global abqNotificationsInterval") == ("0", "default")
        with self.transactions.reading() as connection:
            assert entries.own_values(connection, "global")["somebodyelsesattribute"] == ("kept",)

    def test_values_come_from_memory_until_a_change(self) -> None:
        """The daemon asks for each request: no thread has work unless something changed."""
        for expected in (150, 20, 20):
            if expected == 20:
                self.ask("config set global mobileAntiDosMaxRequests 20")
            done = self.lane.count
            for _ in range(3):
                held = self.successResultOf(Deferred.fromCoroutine(self.configuration.values()))
                assert held.number("mobileAntiDosServiceMaxRequests", 0) == expected
            assert self.lane.count == done + 1
        assert held.value("abqMode") == "Permissive"
        assert held.flag("abq_enabled_at_startup", default=False)
        assert held.values("carbonioNotificationRecipients") == ()


class ProvisioningCommandsTests(ConfigurationTestCase):
    """Policies of devices and properties of the module."""

    def test_both_forms_of_a_key(self) -> None:
        """cli.md 2.8: with the prefix and without; true means 1 where a number is meant."""
        self.ask("mobile setProvisioning account john@example.com AllowDesktopSync true")
        shown = self.ask(
            "mobile getProvisioning account john@example.com key zimbraMobilePolicyAllowDesktopSync"
        )
        assert shown == {"zimbraMobilePolicyAllowDesktopSync": "1"}
        self.ask("mobile setProvisioning cos default zimbraMobilePolicyAllowCamera FALSE")
        self.ask("mobile setProvisioning cos default devicepasswordenabled 1")
        shown = self.ask("mobile getProvisioning account john@example.com")
        assert isinstance(shown, dict)
        assert shown["zimbraMobilePolicyAllowCamera"] == "0"
        assert shown["zimbraMobilePolicyDevicePasswordEnabled"] == "TRUE"
        assert shown["zimbraMobilePolicyAllowDesktopSync"] == "1"
        assert shown["zimbraMobilePolicyAllowBrowser"] is None
        assert shown["zimbraFeatureMobilePolicyEnabled"] == "TRUE"

    def test_lists_and_removing(self) -> None:
        """Several names stand side by side; an empty value removes."""
        self.ask(
            "mobile setProvisioning cos default UnapprovedInROMApplication game.exe 'a, b.exe'"
        )
        key = "mobile getProvisioning cos default key UnapprovedInROMApplication"
        assert self.ask(key) == {
            "zimbraMobilePolicyUnapprovedInROMApplication": "game.exe, a, b.exe"
        }
        self.ask("mobile setProvisioning cos default UnapprovedInROMApplication ''")
        assert self.ask(key) == {"zimbraMobilePolicyUnapprovedInROMApplication": None}

    def test_refusals(self) -> None:
        """An unknown key names the nearest; a value out of range says the range."""
        text = self.refused("mobile setProvisioning cos default AllowCamra 1", AdminFault)
        assert "zimbraMobilePolicyAllowCamera" in text
        text = self.refused("mobile setProvisioning cos default AllowCamera 7", InvalidArgument)
        assert "-1 to 1" in text
        self.refused("mobile setProvisioning domain example.com AllowCamera 1", UsageFault)
        self.refused("mobile getProvisioning cos none", NotFound)

    def test_properties(self) -> None:
        """cli.md 2.10: the old names reach the same attributes, at the server where it has them."""
        heading, rows = self.ask("mobile getProperty")  # type: ignore[misc]
        assert heading == "properties"
        assert [row["name"] for row in rows] == list(provisioning.PROPERTIES)
        self.ask("mobile setProperty ZxMobile_UseInstantNotifications true")
        self.ask("mobile setProperty abqMode interactive")
        listed = self.ask(
            "mobile getProperty property_name abqmode,ZxMobile_UseInstantNotficiations verbose true"
        )
        _, rows = listed  # type: ignore[misc]
        assert [(row["value"], row["inheritedFrom"]) for row in rows] == [
            ("Interactive", "global"),
            ("TRUE", "server"),
        ]
        assert "abqMode" in self.refused("mobile getProperty property_name abqMod", AdminFault)

"""The pipeline: from the octets of a request to those of its answer, over memory backends."""

from base64 import b64encode

import pytest
from twisted.trial.unittest import SynchronousTestCase

from carbonio_mobile.commands.acquaintance import PROBE_DEVICE, SEEN_EVERY_S
from carbonio_mobile.commands.table import COMMANDS
from carbonio_mobile.eas import refusal
from carbonio_mobile.eas.http import HttpRequest, HttpResponse
from carbonio_mobile.eas.refusal import Reason
from carbonio_mobile.errors import Corrupt, OverQuota, Unavailable
from carbonio_mobile.ids import DeviceId, DeviceKey
from carbonio_mobile.pipeline import ProvisioningRules
from carbonio_mobile.sync.device import Device
from carbonio_mobile.testing.rig import Rig, basic, now
from carbonio_mobile.wbxml import Element, decode, encode
from carbonio_mobile.wbxml.codepages import FolderHierarchy, Provision, Settings
from tests.unit.commands import asking
from tests.unit.commands.checked import ALL_VERSIONS, VERSIONS, check

WBXML = "application/vnd.ms-sync.wbxml"
FIRST = encode(asking.folder_sync("0"))
OLD = ("2.5", "12.0", "12.1")
STRICT = ProvisioningRules(required=True, refresh_s=0.0)


class PipelineTests(SynchronousTestCase):
    """Gates, refusals, credentials, devices."""

    def setUp(self) -> None:
        self.rig = Rig()

    def ask(
        self,
        command: str = "FolderSync",
        body: bytes = FIRST,
        *,
        version: str | None = "14.1",
        login: str | None = None,
        device: str = "Phone1",
        method: str = "POST",
        query: bytes | None = None,
        host: str = "example.com",
        **headers: str,
    ) -> HttpResponse:
        line = f"Cmd={command}&User=john&DeviceId={device}&DeviceType=Rig".encode()
        request = HttpRequest(
            method=method,
            path="/Microsoft-Server-ActiveSync",
            query=line if query is None else query,
            headers={
                "authorization": login or basic(Rig.ADDRESS, Rig.PASSWORD),
                "content-type": WBXML,
                "user-agent": "Rig/1",
                **({} if version is None else {"ms-asprotocolversion": version}),
                **{name.replace("_", "-"): value for name, value in headers.items()},
            },
            body=body,
            peer="127.0.0.1",
            host=host,
            secure=True,
        )
        response: HttpResponse = now(self.rig.pipeline.respond(request))
        return response

    def status(self, response: HttpResponse, version: str, command: str = "FolderSync") -> str:
        """The code of HTTP, or the status of a document sent with 200."""
        if response.code != 200:
            return str(response.code)
        answer = decode(response.body)
        check(answer, command, version)
        return next(one.string for one in answer if one.tag.name == "Status")

    def device(self, name: str = "phone1") -> Device | None:
        found: Device | None = now(
            self.rig.store.device(DeviceKey(self.rig.account, DeviceId(name)))
        )
        return found

    # OPTIONS

    def test_options_tells_versions_and_commands(self) -> None:
        """MS-ASHTTP 2.2.4: the offer, and only what is really there."""
        response = self.ask(method="OPTIONS", body=b"", query=b"")
        headers = dict(response.headers)
        self.assertEqual((response.code, response.body), (200, b""))
        self.assertEqual(headers["MS-ASProtocolVersions"], "2.5,12.0,12.1,14.0,14.1,16.0,16.1")
        self.assertEqual(set(headers["MS-ASProtocolCommands"].split(",")), set(COMMANDS))
        self.assertTrue(headers["MS-Server-ActiveSync"])

    def test_options_needs_credentials(self) -> None:
        """http.md: 401 with the realm, as for commands."""
        response = self.ask(method="OPTIONS", login="Basic x", query=b"")
        self.assertEqual(response.code, 401)
        self.assertIn("realm", dict(response.headers)["WWW-Authenticate"])

    def test_options_is_refused_to_accounts_that_may_not_sync(self) -> None:
        """A client learns at once that there is nothing here for it."""
        self.rig.accounts.set_attributes(self.rig.account, zimbraFeatureMobileSyncEnabled="FALSE")
        self.assertEqual(self.ask(method="OPTIONS", body=b"", query=b"").code, 403)

    def test_the_first_folder_sync_repeats_the_offer(self) -> None:
        """MS-ASCMD R1104: a device learns of new versions without asking again."""
        self.assertIn("MS-ASProtocolVersions", dict(self.ask().headers))
        later = self.ask(body=encode(asking.folder_sync("x")))
        self.assertNotIn("MS-ASProtocolVersions", dict(later.headers))

    # Credentials

    def test_the_forms_of_a_login(self) -> None:
        """Issue 2, 3: address, DOMAIN\\user, bare user with the host's domain, alias."""
        self.rig.accounts.add("ann@example.com", "pä55:word", aliases=["a@example.com"])
        for login in (
            "ann@example.com",
            "ANN@EXAMPLE.COM",
            "EXAMPLE.COM\\ann",
            "ann",
            "a@example.com",
        ):
            response = self.ask(login=basic(login, "pä55:word"))
            self.assertEqual(response.code, 200, login)

    def test_passwords_in_latin_1_are_read_too(self) -> None:
        """http.md: old clients send ISO 8859-1."""
        self.rig.accounts.add("ann@example.com", "pässword")
        latin = "Basic " + b64encode("ann@example.com:pässword".encode("latin-1")).decode()
        self.assertEqual(self.ask(login=latin).code, 200)

    def test_what_is_no_credential_is_401(self) -> None:
        """No header, another scheme, no base64, no colon, a wrong password, an unknown name."""
        for login in (
            "x",
            "Bearer abc",
            "Basic !!!",
            "Basic " + b64encode(b"nocolon").decode(),
            basic(Rig.ADDRESS, "wrong"),
            basic("nobody@example.com", Rig.PASSWORD),
        ):
            response = self.ask(login=login)
            self.assertEqual((response.code, response.body), (401, b""), login)
        self.assertIsNone(self.device())

    def test_no_secret_is_told_to_the_log(self) -> None:
        """What was served is told by names and numbers."""
        self.ask()
        self.ask(login=basic(Rig.ADDRESS, "wrong-guess"))
        told = repr(self.rig.served)
        self.assertNotIn(Rig.PASSWORD, told)
        self.assertNotIn("wrong-guess", told)
        self.assertEqual(self.rig.served[0].account, Rig.ADDRESS)
        self.assertEqual(self.rig.served[0].command, "FolderSync")

    # Gates

    def test_accounts_that_may_not_sync(self) -> None:
        """MS-ASCMD 2.2.2: HTTP codes up to 12.1, a status with 200 from 14.0 on."""
        for name, value, code, status in (
            ("zimbraFeatureMobileSyncEnabled", "FALSE", "403", "126"),
            ("zimbraAccountStatus", "locked", "403", "131"),
            ("zimbraAccountStatus", "closed", "403", "131"),
            ("zimbraAccountStatus", "maintenance", "503", "111"),
        ):
            self.setUp()
            self.rig.accounts.set_attributes(self.rig.account, **{name: value})
            for version in ALL_VERSIONS:
                expected = code if version in OLD else status
                found = self.status(self.ask(version=version), version)
                self.assertEqual(found, expected, (name, value, version))

    def test_unknown_commands_are_501(self) -> None:
        """http.md: what has no document of its own is refused by code in every version."""
        for version in ALL_VERSIONS:
            self.assertEqual(self.ask("Dance", version=version).code, 501)

    def test_get_attachment_ends_with_12_1(self) -> None:
        """MS-ASCMD: the command does not exist from 14.0 on."""
        self.assertEqual(self.ask("GetAttachment", b"", version="14.0").code, 400)

    def test_versions_that_are_not_offered(self) -> None:
        """A version between or beyond the known ones is refused; one that is none at all too."""
        for version in ("1.0", "12.2", "15.0", "99.9", "banana"):
            response = self.ask(version=version)
            self.assertNotEqual(self.status(response, "14.1"), "1", version)

    def test_a_request_without_a_version_is_read_as_the_devices_last(self) -> None:
        """client-quirks.md 1.6."""
        self.ask(version="16.1")
        self.assertEqual(self.status(self.ask(version=None), "16.1"), "1")
        self.assertEqual(self.status(self.ask(version=None, device="Other"), "2.5"), "1")
        other = self.device("other")
        assert other is not None
        self.assertEqual(other.version, "2.5")

    def test_devices_must_provision_where_that_is_required(self) -> None:
        """MS-ASPROV 3.1.5.1: 449 up to 12.1, 142 from 14.0 (141 without a key)."""
        for version in VERSIONS:
            self.rig = Rig(rules=STRICT)
            for headers, status in (({}, "141"), ({"x_ms_policykey": "0"}, "142")):
                expected = "449" if version in OLD else status
                found = self.ask(version=version, **headers)
                self.assertEqual(self.status(found, version), expected)
            kind = Element(Provision.PolicyType, "MS-EAS-Provisioning-WBXML")
            policies = Element(Provision.Policies, [Element(Provision.Policy, [kind])])
            model = Element(Settings.Set, [Element(Settings.Model, "x")])
            told = Element(Settings.DeviceInformation, [model]) if version > "14.0" else None
            document = Element(Provision.Provision, [told, policies])
            found = self.ask("Provision", encode(document), version=version)
            self.assertEqual(self.status(found, version, "Provision"), "1")

    def test_a_policy_key_that_is_not_in_force_is_refused(self) -> None:
        """MS-ASPROV: 144 where the device was provisioned and names another key."""
        self.rig = Rig(rules=STRICT)
        key = self.provision()
        self.assertEqual(self.status(self.ask(x_ms_policykey=key), "14.1"), "1")
        self.assertEqual(self.status(self.ask(x_ms_policykey="1"), "14.1"), "144")

    def provision(self) -> str:
        """Go through both phases; gives the key in force."""
        key = "0"
        for confirm in (False, True):
            kind = Element(Provision.PolicyType, "MS-EAS-Provisioning-WBXML")
            rest = [Element(Provision.PolicyKey, key), Element(Provision.Status, "1")]
            policy = Element(Provision.Policy, [kind, *(rest if confirm else [])])
            model = Element(Settings.Set, [Element(Settings.Model, "x")])
            told = None if confirm else Element(Settings.DeviceInformation, [model])
            document = Element(Provision.Provision, [told, Element(Provision.Policies, [policy])])
            answer = decode(self.ask("Provision", encode(document)).body)
            policies = answer.find(Provision.Policies)
            assert policies is not None
            key = policies.children[0].value(Provision.PolicyKey, "")
        return key

    # Bodies

    def test_a_request_line_that_cannot_be_read_is_400(self) -> None:
        """MS-ASHTTP: no query, no command, not base64, cut short."""
        for query in (b"", b"x", b"User=john", b"%%%", b"jAkJ", b"\xff\xfe"):
            self.assertEqual(self.ask(query=query).code, 400, query)

    def test_a_body_that_is_no_wbxml(self) -> None:
        """MS-ASCMD: 400 up to 12.1, then status 102."""
        for body in (b"hello", b"\x03", FIRST[:-1], FIRST[:7] + b"\xff" * 40):
            for version in ALL_VERSIONS:
                expected = "400" if version in OLD else "102"
                found = self.status(self.ask(body=body, version=version), version)
                self.assertEqual(found, expected)

    def test_a_body_of_another_content_type_is_101(self) -> None:
        """MS-ASCMD R7545: 400 up to 12.1."""
        for version in ALL_VERSIONS:
            expected = "400" if version in OLD else "101"
            response = self.ask(version=version, content_type="text/html")
            self.assertEqual(self.status(response, version), expected)

    def test_both_names_of_the_content_type_are_known(self) -> None:
        """http.md: the short name, parameters, upper case; and none at all."""
        for kind in ("application/vnd.ms-sync", "APPLICATION/VND.MS-SYNC.WBXML; charset=x", ""):
            self.assertEqual(self.status(self.ask(content_type=kind), "14.1"), "1", kind)

    def test_a_document_of_another_command_is_refused(self) -> None:
        """The command's own word for a malformed request, or the common one."""
        for command, status in (("Ping", "4"), ("Sync", "4"), ("MoveItems", "103")):
            found = self.status(self.ask(command), "14.1", command)
            self.assertEqual(found, status)

    # Faults

    def test_what_the_stores_raise_becomes_what_devices_are_told(self) -> None:
        """The one error table: try later, full, and broken, per version and command."""
        for error, code, status in (
            (Unavailable("x"), "503", "111"),
            (OverQuota("x"), "507", "113"),
            (Corrupt("x"), "500", "110"),
        ):
            for version in ("12.1", "16.1"):
                self.setUp()

                async def failing(*_: object, error: Exception = error) -> None:
                    raise error

                self.patch(type(self.rig.mailbox()), "hierarchy", failing)
                expected = code if version in OLD else status
                response = self.ask(version=version)
                self.assertEqual(self.status(response, version), expected)
                if response.code == 503:
                    self.assertIn("Retry-After", dict(response.headers))
                self.assertIn(type(error).__name__, self.rig.served[-1].fault)

    def test_a_directory_that_cannot_answer_is_503(self) -> None:
        """Before anybody is known there is no version to speak."""

        async def gone(*_: object, **__: object) -> None:
            raise Unavailable("no directory")

        self.patch(self.rig.accounts, "log_in", gone)
        response = self.ask(version="12.1")
        self.assertEqual(response.code, 503)
        self.assertIn("Retry-After", dict(response.headers))

    def test_a_refused_request_gives_its_turn_back(self) -> None:
        """The next request of the device is answered."""
        self.ask("Dance")
        self.ask(body=b"hello")
        self.assertEqual(self.status(self.ask(), "14.1"), "1")

    # Devices

    def test_a_device_is_written_down_as_it_names_itself(self) -> None:
        """Ids are folded to lower case, and kept as sent beside that."""
        self.ask(user_agent="Fon/7")
        device = self.device()
        assert device is not None
        self.assertEqual((device.sent_id, device.kind), ("Phone1", "Rig"))
        self.assertEqual((device.user_agent, device.version), ("Fon/7", "14.1"))
        self.ask(device="PHONE1")
        self.assertEqual(len(now(self.rig.store.devices(self.rig.account))), 1)

    def test_what_is_new_of_a_device_is_written_down(self) -> None:
        """Another version or agent at once, its last sight from time to time."""
        self.ask()
        first = self.device()
        assert first is not None
        self.ask(version="16.1")
        changed = self.device()
        assert changed is not None
        self.assertEqual(changed.version, "16.1")
        self.rig.clock.advance(SEEN_EVERY_S - 1)
        self.ask(version="16.1")
        self.assertEqual(self.device(), changed)
        self.rig.clock.advance(1)
        self.ask(version="16.1")
        later = self.device()
        assert later is not None
        self.assertEqual(later.last_seen, first.last_seen + SEEN_EVERY_S)
        self.assertEqual(later.first_seen, first.first_seen)

    def test_the_probe_of_old_android_leaves_no_device(self) -> None:
        """client-quirks.md 1.2: DeviceId "validate" only tests the login."""
        response = self.ask(device=PROBE_DEVICE)
        self.assertEqual(response.code, 200)
        self.assertIsNone(self.device(PROBE_DEVICE))

    def test_the_base64_form_of_the_query_is_read(self) -> None:
        """MS-ASHTTP 2.2.1.1.1.1: version 14.1, FolderSync, locale, device id, policy key, type."""
        octets = bytes([141, 9]) + b"\x09\x04" + b"\x04dev9" + b"\x00" + b"\x03Rig"
        response = self.ask(query=b64encode(octets), version=None)
        self.assertEqual(self.status(response, "14.1"), "1")
        self.assertIsNotNone(self.device("dev9"))


@pytest.mark.parametrize("reason", [r for r in Reason if r is not Reason.BAD_REQUEST])
@pytest.mark.parametrize("version", ALL_VERSIONS)
def test_every_refusal_can_be_written_in_every_version(reason: Reason, version: str) -> None:
    """Whatever the reason, there is an answer; documents hold tags of the version only."""
    from carbonio_mobile.eas.version import Version

    for command in ("FolderSync", "Sync", "Ping", "SendMail", "GetAttachment", "Dance"):
        found = refusal.answer(reason, Version.parse(version), command)
        if isinstance(found, refusal.StatusRefusal):
            assert version not in OLD
            check(refusal.document(command, found.status), command, version)
        else:
            assert 400 <= found.code < 600


def test_answers_name_their_type_and_are_private() -> None:
    """http.md: what a cache between must know."""
    rig = Rig()
    response = now(rig.send("FolderSync", asking.folder_sync("0")))
    headers = dict(response.headers)
    assert headers["Content-Type"] == WBXML
    assert headers["Cache-Control"] == "private"
    assert decode(response.body).tag is FolderHierarchy.FolderSync

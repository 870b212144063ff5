"""Version filters as a device meets them: through the whole pipeline."""

from twisted.trial.unittest import SynchronousTestCase

from carbonio_mobile.changes.turns import DeviceTurns
from carbonio_mobile.eas.http import HttpRequest, HttpResponse
from carbonio_mobile.eas.version import Version
from carbonio_mobile.pipeline import Pipeline, ProvisioningRules
from carbonio_mobile.policy.offers import Offers
from carbonio_mobile.policy.versionfilters import EasFilter, Mode
from carbonio_mobile.policy.versionrules import RuleKind, parse_rule
from carbonio_mobile.testing.rig import Rig, basic, now
from carbonio_mobile.wbxml import Limits, decode
from carbonio_mobile.wbxml.codepages import FolderHierarchy
from tests.unit.commands import asking

LIMITED = EasFilter(
    rule=parse_rule(RuleKind.CONTAINS, "rig"), mode=Mode.LIMIT, versions=(Version.V14_1,)
)
UP_TO_141 = "2.5,12.0,12.1,14.0,14.1"
ALL = f"{UP_TO_141},16.0,16.1"


class VersionOfferTests(SynchronousTestCase):
    """One phone, whose versions an administrator changes."""

    def setUp(self) -> None:
        self.rig = Rig()
        self.offers = Offers()
        self.rig.pipeline = Pipeline(
            accounts=self.rig.accounts,
            services=self.rig.services,
            turns=DeviceTurns(queue_limit=10),
            rules=ProvisioningRules(required=False, refresh_s=0.0),
            limits=Limits(),
            observe=self.rig.served.append,
            offer=self.offers,
        )

    def options(self) -> HttpResponse:
        """Ask which versions there are, as the phone that is known does."""
        request = HttpRequest(
            method="OPTIONS",
            path="/Microsoft-Server-ActiveSync",
            query=b"Cmd=OPTIONS&DeviceId=phone1&DeviceType=Rig",
            headers={
                "authorization": basic(self.rig.ADDRESS, self.rig.PASSWORD),
                "user-agent": "Rig/1",
            },
            body=b"",
            peer="127.0.0.1",
            host="example.com",
            secure=True,
        )
        return now(self.rig.pipeline.respond(request))

    def folders(self, version: str, key: str = "0") -> HttpResponse:
        """Sync the folders."""
        return now(self.rig.send("FolderSync", asking.folder_sync(key), version=version))

    def told(self, response: HttpResponse, header: str) -> str:
        """Give a header of an answer, empty where it has none."""
        return dict(response.headers).get(header, "")

    def test_a_narrower_offer_holds_at_once(self) -> None:
        """A version that is no longer for the device is refused (cli.md 2.4, client-quirks.md 2);
        OPTIONS lists what is, and in that the phone goes on.
        """
        self.assertEqual(ALL, self.told(self.folders("16.1"), "X-MS-RP"))
        self.offers.use([LIMITED])
        refused = self.folders("16.1", "1")
        self.assertEqual("138", decode(refused.body).value(FolderHierarchy.Status, ""))
        self.assertEqual(UP_TO_141, self.told(self.options(), "MS-ASProtocolVersions"))
        self.assertEqual(200, self.folders("14.1").code)

    def test_a_wider_offer_is_told_once(self) -> None:
        """MS-ASHTTP_R1105: the next answer has X-MS-RP, those after it have not."""
        self.offers.use([LIMITED])
        self.folders("14.1")
        self.offers.use([])
        answers = [self.told(self.folders("14.1", "1"), "X-MS-RP") for _ in range(3)]
        self.assertEqual([ALL, "", ""], answers)

    def test_another_agent_has_another_offer(self) -> None:
        """What the filter does not match stays as it is."""
        self.offers.use([LIMITED])
        headers = {"user-agent": "Other/1"}
        response = now(
            self.rig.send(
                "FolderSync", asking.folder_sync("0"), version="16.1", device="p2", headers=headers
            )
        )
        self.assertEqual(ALL, self.told(response, "X-MS-RP"))

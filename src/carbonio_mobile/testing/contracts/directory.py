"""What every implementation of IDirectory must do.

Spec: ../shared/carbonio/attributes.md 7; MS-ASCMD 2.2.1.16 and 2.2.3.142.2 (who is found).
"""

from base64 import b64encode
from collections.abc import Awaitable
from typing import TypeVar

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from carbonio_mobile.directory.accounts import Account
from carbonio_mobile.directory.people import People, Person, PersonKind, PersonWish
from carbonio_mobile.interfaces import IAccounts, IDirectory
from carbonio_mobile.testing.contracts.accounts import DirectoryUnderTest

T = TypeVar("T")

_TEXTS_ALONE = PersonWish()
_HIDING = (
    {"zimbraHideInGal": "TRUE"},
    {"zimbraAccountStatus": "closed"},
    {"zimbraAccountStatus": "locked"},
    {"zimbraAccountStatus": "pending"},
    {"zimbraAccountStatus": "maintenance"},
    {"zimbraIsSystemResource": "TRUE"},
    {"zimbraIsSystemAccount": "TRUE"},
    {"zimbraIsExternalVirtualAccount": "TRUE"},
)


class DirectoryContract(SynchronousTestCase):
    """Subclasses set ``__test__`` and implement :meth:`make`."""

    __test__ = False

    def make(self) -> tuple[IDirectory, IAccounts, DirectoryUnderTest]:
        """Make an empty directory: its address list, its accounts, and how it is changed."""
        raise NotImplementedError("a backend's tests make its directory here")

    def setUp(self) -> None:
        """Make a directory with a few people."""
        self.people, self.accounts, self.directory = self.make()
        self.john = self.directory.add(
            "john@example.com",
            "demo-john",
            aliases=("j.doe@example.com",),
            displayName="John Doe",
            givenName="John",
            sn="Doe",
            telephoneNumber="+1 1",
            homePhone="+1 2",
            mobile="+1 3",
            physicalDeliveryOfficeName="Room 4",
            title="Manager",
            company="ACME",
        )
        self.directory.add("zoe@example.com", "demo-zoe", displayName="Zoë Johnson")
        self.directory.add("anna@example.com", "demo-anna", displayName="Ångström, Anna-Marie")
        self.directory.add("mary@example.net", "demo-mary", displayName="Mary Doe")

    def result(self, awaitable: Awaitable[T]) -> T:
        """Give what an awaitable gives; it must have it already."""
        return self.successResultOf(_deferred(awaitable))

    def viewer(self, address: str = "john@example.com") -> Account:
        """Give who looks, as he is now."""
        found = self.result(self.accounts.find(address))
        assert found is not None
        return found

    def search(
        self,
        text: str,
        *,
        offset: int = 0,
        limit: int = 100,
        wish: PersonWish = _TEXTS_ALONE,
        address: str = "john@example.com",
    ) -> People:
        """Search as somebody."""
        viewer = self.viewer(address)
        return self.result(self.people.search(viewer, text, offset=offset, limit=limit, wish=wish))

    def names(self, text: str, *, address: str = "john@example.com") -> list[str]:
        """Give the display names that a search finds."""
        return [each.display_name for each in self.search(text, address=address).found]

    def at(self, *addresses: str, wish: PersonWish = _TEXTS_ALONE) -> dict[str, Person]:
        """Look addresses up as john."""
        return dict(self.result(self.people.at(self.viewer(), addresses, wish=wish)))

    def test_interface(self) -> None:
        """The backend has every method with its signature."""
        verifyObject(IDirectory, self.people)

    def test_all_texts_are_given(self) -> None:
        """MS-ASCMD R417, R10031997: every property that the directory knows."""
        (shown,) = self.search("doe").found
        self.assertEqual(
            shown,
            Person(
                display_name="John Doe",
                addresses=("john@example.com", "j.doe@example.com"),
                account=self.john,
                alias="john",
                first_name="John",
                last_name="Doe",
                phone="+1 1",
                home_phone="+1 2",
                mobile_phone="+1 3",
                office="Room 4",
                title="Manager",
                company="ACME",
            ),
        )

    def test_beginnings_of_words_are_found(self) -> None:
        """MS-ASCMD R3698, R3699, R132000: each ANR property, whatever the case, from its start."""
        for text, found in (
            ("john", ["John Doe", "Zoë Johnson"]),
            ("JOHN D", ["John Doe"]),
            ("Doe, John", ["John Doe"]),
            ("doe j.", ["John Doe"]),
            ("j.doe@exam", ["John Doe"]),
            ("zoe", ["Zoë Johnson"]),
            ("zoé", ["Zoë Johnson"]),
            ("angstrom", ["Ångström, Anna-Marie"]),
            ("marie", ["Ångström, Anna-Marie"]),
            ("anna-m", ["Ångström, Anna-Marie"]),
            ("ohn", []),
            ("john x", []),
            ("example", []),
            ("", []),
            (" .,", []),
        ):
            self.assertEqual(self.names(text), found, text)

    def test_people_come_by_display_name(self) -> None:
        """MS-ASCMD R426, R132004: in the order of display names, a page at a time, all counted."""
        for name in ("b Bob", "A Bob", "é Bob", "C Bob"):
            local = name[0].lower() if name[0].isascii() else "e"
            self.directory.add(f"{local}x@example.com", "demo-xx", displayName=name)
        self.assertEqual(self.names("bob"), ["A Bob", "b Bob", "C Bob", "é Bob"])
        page = self.search("bob", offset=1, limit=2)
        self.assertEqual([each.display_name for each in page.found], ["b Bob", "C Bob"])
        self.assertEqual(page.total, 4)
        beyond = self.search("bob", offset=9, limit=2)
        self.assertEqual((beyond.found, beyond.total), ((), 4))

    def test_hidden_entries_are_not_shown(self) -> None:
        """Who hides, is not active or is no person is found neither by name nor by address."""
        for number, attributes in enumerate(_HIDING):
            name = f"ghost{number}@example.com"
            self.directory.add(name, "demo-ghost", displayName="Ghost", **attributes)
            self.assertEqual(self.at(name), {}, attributes)
        self.directory.add("host@example.com", "demo-host", displayName="Ghost Host")
        self.assertEqual(self.names("ghost"), ["Ghost Host"])

    def test_other_domains_are_not_seen(self) -> None:
        """An account sees its own domain, or what its domain says it sees."""
        self.directory.add("sub@sub.example.com", "demo-sub", displayName="Doe Sub")
        self.assertEqual(self.names("doe"), ["John Doe"])
        self.assertEqual(self.names("doe", address="mary@example.net"), ["Mary Doe"])
        self.assertEqual(self.at("mary@example.net"), {})
        for base, found in (
            ("ROOT", ["Doe Sub", "John Doe", "Mary Doe"]),
            ("SUBDOMAINS", ["Doe Sub", "John Doe"]),
            ("DOMAIN", ["John Doe"]),
        ):
            self.directory.set_domain_attributes("example.com", zimbraGalInternalSearchBase=base)
            self.assertEqual(self.names("doe"), found)

    def test_who_may_not_look_sees_nobody(self) -> None:
        """zimbraFeatureGalEnabled FALSE, and a domain whose list is elsewhere, are empty lists."""
        self.directory.set_attributes(self.john, zimbraFeatureGalEnabled="FALSE")
        self.assertEqual(self.search("doe"), People())
        self.assertEqual(self.at("zoe@example.com"), {})
        self.directory.set_attributes(self.john, zimbraFeatureGalEnabled="TRUE")
        self.assertEqual(self.names("doe"), ["John Doe"])
        self.directory.set_domain_attributes("example.com", zimbraGalMode="ldap")
        self.assertEqual(self.names("doe"), [])

    def test_results_are_bounded_by_the_domain(self) -> None:
        """zimbraGalMaxResults bounds what is given, not what is counted."""
        self.directory.set_domain_attributes("example.com", zimbraGalMaxResults="1")
        shown = self.search("john")
        self.assertEqual((len(shown.found), shown.total), (1, 2))
        self.assertEqual(self.search("john", offset=1).found, ())

    def test_addresses_are_looked_up(self) -> None:
        """By name and alias, whatever the case, under the address asked for."""
        met = self.at("JOHN@example.com", "j.doe@example.com", "nobody@example.com", "no address")
        self.assertEqual(set(met), {"JOHN@example.com", "j.doe@example.com"})
        self.assertEqual({each.account for each in met.values()}, {self.john})
        self.assertEqual(self.at(), {})

    def test_pictures_and_certificates_come_where_wished(self) -> None:
        """They are large, and read only then."""
        photo, certificate = b"\xff\xd8photo", b"\x30\x82der"
        self.directory.set_attributes(
            self.john,
            jpegPhoto=b64encode(photo).decode(),
            userCertificate=[b64encode(certificate).decode()],
            userSMIMECertificate=[b64encode(one).decode() for one in (certificate, b"\x30other")],
        )
        for wish, picture, certificates in (
            (PersonWish(), b"", ()),
            (PersonWish(picture=True), photo, ()),
            (PersonWish(certificates=True), b"", (certificate, b"\x30other")),
        ):
            (shown,) = self.search("doe", wish=wish).found
            self.assertEqual((shown.picture, shown.certificates), (picture, certificates))
            by_address = self.at("john@example.com", wish=wish)
            self.assertEqual(by_address["john@example.com"], shown)

    def test_groups_and_resources_are_told_apart(self) -> None:
        """A distribution list has members; a room is a resource."""
        self.directory.add(
            "team@example.com",
            "demo-team",
            objectClass="zimbraDistributionList",
            zimbraMailForwardingAddress=["john@example.com", "zoe@example.com"],
        )
        self.directory.add("room@example.com", "demo-room", zimbraCalResType="Location")
        team, room = self.at("team@example.com", "room@example.com").values()
        self.assertEqual(team.kind, PersonKind.GROUP)
        self.assertEqual(team.members, ("john@example.com", "zoe@example.com"))
        self.assertEqual((room.kind, room.members), (PersonKind.RESOURCE, ()))
        self.assertEqual(room.display_name, "room")

    def test_changes_are_seen_at_once(self) -> None:
        """The next search knows of accounts that came, changed or went."""
        self.assertEqual(self.names("zoe"), ["Zoë Johnson"])
        self.directory.set_attributes(self.john, displayName="Zoe Doe")
        self.assertEqual(self.names("zoe"), ["Zoe Doe", "Zoë Johnson"])
        gone = self.directory.add("zoe2@example.com", "demo-zoe", displayName="Zoe Two")
        self.assertIn("Zoe Two", self.names("zoe"))
        self.directory.remove(gone)
        self.assertEqual(self.names("zoe"), ["Zoe Doe", "Zoë Johnson"])


def _deferred(awaitable: Awaitable[T]) -> "Deferred[T]":
    async def wait() -> T:
        return await awaitable

    return Deferred.fromCoroutine(wait())

"""A real directory server keeps the contracts of accounts, people and mobile passwords: with the
product's attributes, and with inetOrgPerson entries.
"""

from base64 import b64encode
from collections.abc import Awaitable
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, ClassVar, TypeVar

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from twisted.internet.task import Clock
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from carbonio_mobile.accounts.database import FILE_NAME, open_database
from carbonio_mobile.accounts.generation import SQLiteWatch
from carbonio_mobile.accounts.ldapdirectory.mobile import LdapCredentials, MobilePasswords
from carbonio_mobile.accounts.ldapdirectory.opening import LdapDirectory
from carbonio_mobile.accounts.passwords import Passwords
from carbonio_mobile.accounts.transactions import Transactions
from carbonio_mobile.directory.credentials import ARGON2ID, SHA256
from carbonio_mobile.directory.people import People, Person, PersonKind, PersonWish
from carbonio_mobile.interfaces import IAccounts, ICredentials, IDirectory
from carbonio_mobile.service.tls import self_signed
from carbonio_mobile.testing.contracts.accounts import AccountsContract, DirectoryUnderTest
from carbonio_mobile.testing.contracts.credentials import CredentialsContract, product_hash
from carbonio_mobile.testing.contracts.directory import DirectoryContract
from carbonio_mobile.testing.lanes import InlineLane
from carbonio_mobile.testing.people import people_of
from tests.contract.test_accounts import CHEAP
from tests.peers.directories import (
    CarbonioUnderTest,
    InetOrgPersonUnderTest,
    directory_of,
)
from tests.peers.slapd import CARBONIO, INETORGPERSON, Slapd, TreePlan, requires_slapd
from tests.peers.spinning import rest, spin

T = TypeVar("T")


class OnSlapd(SynchronousTestCase):
    """Runs a contract against one server for all tests of a class, emptied before each."""

    plan: ClassVar[TreePlan]
    under_test: ClassVar[type[CarbonioUnderTest] | type[InetOrgPersonUnderTest]]
    peer: ClassVar[Slapd]

    @classmethod
    def setUpClass(cls) -> None:
        cls.peer = Slapd.started(cls.plan)

    @classmethod
    def tearDownClass(cls) -> None:
        cls.peer.remove()
        rest()

    def opened(self, clock: Clock) -> tuple[LdapDirectory, Any]:
        """Give ours before an empty tree, and what changes that."""
        self.peer.clear()
        directory = self.under_test(self.peer)
        ours = directory_of(self.peer, directory, clock=clock.seconds)
        self.addCleanup(ours.stop)
        return ours, directory

    def result(self, awaitable: Awaitable[T]) -> T:
        """Give what an awaitable gives in the end."""
        return spin(awaitable)

    def failureResultOf(self, given: Any, *kinds: Any) -> Failure:
        """Give what an awaitable fails with in the end."""
        with self.assertRaises(*kinds) as caught:
            spin(given)
        return Failure(caught.exception)


class _Accounts(OnSlapd, AccountsContract):
    __test__ = False

    def make(self, clock: Clock) -> tuple[IAccounts, DirectoryUnderTest]:
        ours, directory = self.opened(clock)
        return ours.accounts, directory


@requires_slapd
class CarbonioAccountsTests(_Accounts):
    """The product's directory keeps the contract."""

    __test__ = True
    plan = CARBONIO
    under_test = CarbonioUnderTest


@requires_slapd
class InetOrgPersonAccountsTests(_Accounts):
    """A directory of inetOrgPerson entries keeps the contract."""

    __test__ = True
    plan = INETORGPERSON
    under_test = InetOrgPersonUnderTest


class _People(OnSlapd, DirectoryContract):
    __test__ = False
    ours: LdapDirectory

    def make(self) -> tuple[IDirectory, IAccounts, DirectoryUnderTest]:
        self.ours, directory = self.opened(Clock())
        return people_of(self.ours.people), self.ours.accounts, directory

    def search(self, text: str, **options: Any) -> People:
        """Look for changes first, as the daemon does from time to time."""
        spin(self.ours.people.refresh(whole=True))
        return super().search(text, **options)

    def at(self, *addresses: str, **options: Any) -> dict[str, Person]:
        """Look for changes first."""
        spin(self.ours.people.refresh(whole=True))
        return super().at(*addresses, **options)

    def test_pictures_and_certificates_come_where_wished(self) -> None:
        """They are large, and read only then; the server takes real certificates only."""
        pem = (self_signed([name], now=datetime.now(UTC))[0] for name in ("a.test", "b.test"))
        first, other = (
            x509.load_pem_x509_certificate(each).public_bytes(Encoding.DER) for each in pem
        )
        photo = b"\xff\xd8photo"
        self.directory.set_attributes(
            self.john,
            jpegPhoto=b64encode(photo).decode(),
            userSMIMECertificate=[b64encode(each).decode() for each in (first, other)],
        )
        self.directory.set_attributes(
            self.john, **{"userCertificate;binary": [b64encode(first).decode()]}
        )
        for wish, picture, certificates in (
            (PersonWish(), b"", ()),
            (PersonWish(picture=True), photo, ()),
            (PersonWish(certificates=True), b"", (first, other)),
        ):
            (shown,) = self.search("doe", wish=wish).found
            self.assertEqual((shown.picture, shown.certificates), (picture, certificates))


@requires_slapd
class CarbonioPeopleTests(_People):
    """The address list of the product's directory keeps the contract."""

    __test__ = True
    plan = CARBONIO
    under_test = CarbonioUnderTest

    def test_lists_in_lists_are_looked_into(self) -> None:
        """Members of a list are those of the lists in it too, also where they hold each other."""
        kind = {"objectClass": "zimbraDistributionList"}
        for name, members in (
            ("all", ["sales@example.com", "john@example.com"]),
            ("sales", ["zoe@example.com", "all@example.com", "x@elsewhere.test"]),
        ):
            address = f"{name}@example.com"
            self.directory.add(address, "demo-x", zimbraMailForwardingAddress=members, **kind)
        (everyone,) = self.at("all@example.com").values()
        self.assertEqual(everyone.kind, PersonKind.GROUP)
        self.assertEqual(
            everyone.members, ("john@example.com", "x@elsewhere.test", "zoe@example.com")
        )

    def test_a_large_list_has_all_its_members(self) -> None:
        """Fifteen hundred addresses are looked into, fifty at a time."""
        many = [f"M{number:04}@elsewhere.test" for number in range(1500)]
        kind = {"objectClass": "zimbraDistributionList"}
        self.directory.add("all@example.com", "x", zimbraMailForwardingAddress=many, **kind)
        (everyone,) = self.at("all@example.com").values()
        self.assertEqual(everyone.members, tuple(each.lower() for each in many))

    def test_where_people_forward_their_mail_is_private(self) -> None:
        """An account with a picture and forwarding shows the picture alone."""
        self.directory.set_attributes(
            self.john,
            jpegPhoto=b64encode(b"\xff\xd8x").decode(),
            zimbraMailForwardingAddress="private@elsewhere.test",
        )
        (john,) = self.at("john@example.com", wish=PersonWish(picture=True)).values()
        self.assertEqual((john.picture, john.members), (b"\xff\xd8x", ()))


@requires_slapd
class InetOrgPersonPeopleTests(_People):
    """The address list of inetOrgPerson entries keeps the contract."""

    __test__ = True
    plan = INETORGPERSON
    under_test = InetOrgPersonUnderTest

    def test_groups_and_resources_are_told_apart(self) -> None:
        """What is a room is what the site's attribute says; lists are the product's alone."""
        self.directory.add("room@example.com", "demo-room", zimbraCalResType="Location")
        (room,) = self.at("room@example.com").values()
        self.assertEqual((room.kind, room.members), (PersonKind.RESOURCE, ()))


class _Credentials(OnSlapd, CredentialsContract):
    __test__ = False
    is_watched = True

    def make(self, clock: Clock) -> tuple[IAccounts, ICredentials, DirectoryUnderTest]:
        self.peer.clear()
        directory = self.under_test(self.peer)
        room = TemporaryDirectory()
        self.addCleanup(room.cleanup)
        data_dir = Path(room.name)
        transactions, passwords = Transactions(open_database(data_dir)), Passwords(CHEAP)
        watch = SQLiteWatch(data_dir / FILE_NAME)
        self.addCleanup(transactions.close)
        self.addCleanup(watch.close)
        self.password_lane = InlineLane()
        mobile = MobilePasswords(
            transactions,
            passwords,
            version=lambda: watch.version() if self.is_watched else None,
            lane=InlineLane(),
            slow_lane=self.password_lane,
        )
        ours = directory_of(self.peer, directory, clock=clock.seconds, mobile=mobile)
        self.addCleanup(ours.stop)
        credentials = LdapCredentials(
            accounts=ours.accounts,
            transactions=transactions,
            passwords=passwords,
            clock=clock.seconds,
            lane=InlineLane(),
        )
        return ours.accounts, credentials, directory

    def test_hash_of_the_product_is_made_anew(self) -> None:
        """The first good login turns an unsalted hash into argon2id; the login stays known."""
        self.add(hash=product_hash("easpass"), algorithm=SHA256)
        assert not self.opens("guess")
        assert self.opens("easpass")
        (after,) = self.result(self.credentials.of(self.john))
        assert after.algorithm == ARGON2ID
        done = self.password_lane.count
        assert self.opens("easpass")
        assert self.password_lane.count == done

    def test_a_change_is_seen_though_nobody_tells_of_it(self) -> None:
        """Where changes of the database cannot be noticed, it is asked each time."""
        self.is_watched = False
        issued = self.add()
        assert self.opens(issued.password)
        gone = self.credentials.delete(self.john, issued.credential.id)
        self.result(gone)
        assert not self.opens(issued.password)

    def test_a_device_never_needs_the_directory_to_check_it(self) -> None:
        """With a mobile password nothing is bound as the account."""
        mobile = self.add().password
        self.directory.set_password(self.john, "another one")
        assert self.opens(mobile)
        assert not self.opens("another one")
        assert self.opens("another one", "Dav")


@requires_slapd
class CarbonioCredentialsTests(_Credentials):
    """Mobile passwords of the product's accounts keep the contract."""

    __test__ = True
    plan = CARBONIO
    under_test = CarbonioUnderTest


@requires_slapd
class InetOrgPersonCredentialsTests(_Credentials):
    """Mobile passwords of inetOrgPerson entries keep the contract."""

    __test__ = True
    plan = INETORGPERSON
    under_test = InetOrgPersonUnderTest

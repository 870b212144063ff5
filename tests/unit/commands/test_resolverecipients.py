"""ResolveRecipients, at every version."""

from base64 import b64decode, b64encode
from dataclasses import dataclass, replace
from itertools import count

import pytest
from twisted.trial.unittest import SynchronousTestCase

from carbonio_mobile.directory.certificates import Certificate
from carbonio_mobile.eas.times import format_compact, format_datetime
from carbonio_mobile.errors import Corrupt, Unavailable
from carbonio_mobile.ids import AccountId, OperationId
from carbonio_mobile.pim.contact import Contact
from carbonio_mobile.pim.event import Details, Event
from carbonio_mobile.pim.events import write_event
from carbonio_mobile.pim.vcards import write_contact
from carbonio_mobile.sync.folders import FolderKind
from carbonio_mobile.testing.rig import BOUNDS, NOW, Rig, now
from carbonio_mobile.wbxml import Element
from carbonio_mobile.wbxml.codepages import AirSync
from carbonio_mobile.wbxml.codepages import ResolveRecipients as Page
from tests.unit.commands.checked import CheckedPhone, checked_phone
from tests.unit.directory.authority import SIGNING, Holder, issue

ALL_VERSIONS = ("2.5", "12.0", "12.1", "14.0", "14.1", "16.0", "16.1")
HOUR = 3600.0
DAY = 86_400.0


def number(tag: object, value: int | None) -> Element | None:
    return None if value is None else Element(tag, str(value))  # type: ignore[arg-type]


def ask(*to: str, options: tuple[Element | None, ...] = ()) -> Element:
    chosen = Element(Page.Options, list(options)) if any(options) else None
    return Element(Page.ResolveRecipients, [*(Element(Page.To, each) for each in to), chosen])


def availability(start: str | None, end: str | None) -> Element:
    children = [
        None if start is None else Element(Page.StartTime, start),
        None if end is None else Element(Page.EndTime, end),
    ]
    return Element(Page.Availability, children)


def span(hours: float = 2.0) -> Element:
    """Ask when people are busy from now on."""
    return availability(format_datetime(NOW), format_datetime(NOW + hours * HOUR))


def retrieval(value: int) -> Element:
    return Element(Page.CertificateRetrieval, str(value))


def picture(size: int | None = None, most: int | None = None) -> Element:
    return Element(Page.Picture, [number(Page.MaxSize, size), number(Page.MaxPictures, most)])


@dataclass(frozen=True)
class Shown:
    """A Recipient as the device reads it."""

    kind: str
    name: str
    address: str


class RecipientTests(SynchronousTestCase):
    """One account, its colleagues, its contacts."""

    def setUp(self) -> None:
        self.rig = Rig()
        self.operations = count()
        self.rig.accounts.set_attributes(self.rig.account, displayName="John Doe")
        self.mary = self.rig.accounts.add(
            "mary@example.com", "demo-mary", aliases=("m.doe@example.com",), displayName="Mary Doe"
        )

    def phone(self, version: str = "16.1") -> CheckedPhone:
        return checked_phone(self.rig, version)

    def responses(self, document: Element, version: str = "16.1") -> list[Element]:
        """Give the Responses of an answer that succeeded."""
        answer = self.phone(version).ask("ResolveRecipients", document)
        self.assertEqual(answer.value(Page.Status), "1")
        return answer.find_all(Page.Response)

    def response(self, document: Element, version: str = "16.1") -> Element:
        (found,) = self.responses(document, version)
        return found

    def recipient(self, document: Element, version: str = "16.1") -> Element:
        """Give the Recipient of a To that was resolved."""
        response = self.response(document, version)
        self.assertEqual(response.value(Page.Status), "1")
        self.assertEqual(response.value(Page.RecipientCount), "1")
        (found,) = response.find_all(Page.Recipient)
        return found

    def shown(self, response: Element) -> list[Shown]:
        return [
            Shown(
                each.value(Page.Type, ""),
                each.value(Page.DisplayName, ""),
                each.value(Page.EmailAddress, ""),
            )
            for each in response.find_all(Page.Recipient)
        ]

    def contact(self, kind: FolderKind = FolderKind.CONTACTS, **fields: object) -> None:
        """Put a contact into john's mailbox."""
        record = Contact(uid=f"c{next(self.operations)}", **fields)  # type: ignore[arg-type]
        self.store(self.rig.account, kind, write_contact(None, record, now=NOW))

    def event(self, account: AccountId, start_h: float, end_h: float, **details: object) -> None:
        """Put an event into a calendar, so many hours from now."""
        given = Details(start=NOW + start_h * HOUR, end=NOW + end_h * HOUR, **details)  # type: ignore[arg-type]
        record = Event(uid=f"e{next(self.operations)}", details=given, tzid="UTC")
        self.store(account, FolderKind.CALENDAR, write_event(None, record, now=NOW))

    def store(self, account: AccountId, kind: FolderKind, source: bytes) -> None:
        mailbox = now(self.rig.mailboxes.open(account))
        folder = now(mailbox.hierarchy()).standard(kind)
        assert folder is not None
        operation = OperationId(f"o{next(self.operations)}")
        now(mailbox.add_object(folder.id, source, operation=operation))


class ResolvingTests(RecipientTests):
    """Who is meant."""

    def test_an_entry_of_the_directory(self) -> None:
        """MS-ASCMD R343, R2199, R2431, R2432, R2434, R2497, R2850, R2878, R3767, R3825, R4264,
        R4268, R4275, R4609, R4686, R5309, R5314, R2475, R2476, R2478, R1546: by address, alias and
        name, at every version.
        """
        for version in ALL_VERSIONS:
            for to in (
                "mary@example.com",
                "MARY@example.com",
                "m.doe@example.com",
                '"Mary" <mary@example.com>',
                "mary",
                "Mary Doe",
                "doe, mary",
            ):
                response = self.response(ask(to), version)
                self.assertEqual(response.value(Page.To), to)
                self.assertEqual(response.value(Page.Status), "1")
                self.assertEqual(response.value(Page.RecipientCount), "1")
                self.assertEqual(self.shown(response), [Shown("1", "Mary Doe", "mary@example.com")])
                (only,) = response.find_all(Page.Recipient)
                self.assertEqual(len(only.children), 3)

    def test_a_contact(self) -> None:
        """MS-ASCMD R4686: Type 2 is one of the account's own contacts, by any of its addresses."""
        self.contact(
            first_name="Ann",
            last_name="Lee",
            email1_address='"Ann" <ann@example.net>',
            email2_address="lee@example.org",
        )
        for version in ALL_VERSIONS:
            for to, address in (
                ("ann@example.net", "ann@example.net"),
                ("lee@example.org", "lee@example.org"),
                ("ann l", "ann@example.net"),
            ):
                response = self.response(ask(to), version)
                self.assertEqual(self.shown(response), [Shown("2", "Ann Lee", address)])

    def test_contacts_without_an_address_are_nobody_to_write_to(self) -> None:
        """Nor are those of the recipient cache, which is no address book."""
        self.contact(first_name="Silent", last_name="Jim")
        self.contact(
            FolderKind.RECIPIENT_CACHE, first_name="Silent", email1_address="jim@example.net"
        )
        self.assertEqual(self.response(ask("silent")).value(Page.Status), "4")

    def test_nobody(self) -> None:
        """MS-ASCMD R4273, R4274, R4287, R3765: status 4, and no Recipient."""
        options = (retrieval(2), span())
        response = self.response(ask("nobody@example.com", options=options))
        self.assertEqual(response.value(Page.Status), "4")
        self.assertEqual(response.value(Page.RecipientCount), "0")
        self.assertFalse(response.has(Page.Recipient))
        self.assertEqual(self.response(ask("")).value(Page.Status), "4")

    def test_responses_are_in_the_order_of_the_request(self) -> None:
        """MS-ASCMD R4620: a Response for each To, also for one that comes twice."""
        asked = ("mary@example.com", "nobody", "john@example.com", "mary@example.com")
        responses = self.responses(ask(*asked))
        self.assertEqual([each.value(Page.To) for each in responses], list(asked))
        self.assertEqual([each.value(Page.Status) for each in responses], ["1", "4", "1", "1"])

    def test_an_ambiguous_name(self) -> None:
        """MS-ASCMD R4279, R4284, R4617, R4618, R4623, R3246, R3249: suggestions alone, as many as
        are wanted, and their count.
        """
        self.contact(first_name="Doe", last_name="Deer", email1_address="deer@example.net")
        everyone = [
            Shown("1", "John Doe", "john@example.com"),
            Shown("1", "Mary Doe", "mary@example.com"),
            Shown("2", "Doe Deer", "deer@example.net"),
        ]
        for limit, status, found in (
            (None, "2", everyone),
            (3, "2", everyone),
            (9999, "2", everyone),
            (2, "3", everyone[:2]),
            (1, "3", everyone[:1]),
            (0, "3", []),
        ):
            ambiguous = number(Page.MaxAmbiguousRecipients, limit)
            response = self.response(ask("doe", options=(ambiguous, retrieval(2), span())))
            self.assertEqual(response.value(Page.Status), status)
            self.assertEqual(response.value(Page.RecipientCount), "3")
            self.assertEqual(self.shown(response), found)
            for each in response.find_all(Page.Recipient):
                self.assertFalse(each.has(Page.Certificates) or each.has(Page.Availability))
        response = self.response(ask("mary", options=(number(Page.MaxAmbiguousRecipients, 0),)))
        self.assertEqual(response.value(Page.Status), "1")

    def test_many_suggestions(self) -> None:
        """Where nothing is said twenty come, and the count tells of all."""
        for n in range(30):
            self.rig.accounts.add(f"c{n}@example.com", "demo-crowd", displayName=f"Crowd {n}")
        response = self.response(ask("crowd"))
        self.assertEqual(response.value(Page.Status), "3")
        self.assertEqual(response.value(Page.RecipientCount), "30")
        self.assertEqual(len(self.shown(response)), 20)

    def test_a_contact_that_stands_for_a_colleague_is_no_second_person(self) -> None:
        """The entry of the directory goes before it."""
        self.contact(first_name="Mary", last_name="Contact", email1_address="Mary@example.com")
        response = self.response(ask("mary"))
        self.assertEqual(self.shown(response), [Shown("1", "Mary Doe", "mary@example.com")])

    def test_many_contacts_are_looked_through(self) -> None:
        """Beyond one page of the listing."""
        for n in range(260):
            self.contact(first_name="Ann", last_name=f"N{n}", email1_address=f"a{n}@example.net")
        for n in (0, 130, 259):
            response = self.response(ask(f"a{n}@example.net"))
            self.assertEqual(len(self.shown(response)), 1)

    def test_who_may_not_see_the_directory_has_contacts(self) -> None:
        """zimbraFeatureGalEnabled bounds the directory alone."""
        self.rig.accounts.set_attributes(self.rig.account, zimbraFeatureGalEnabled="FALSE")
        self.contact(first_name="Mary", last_name="Own", email1_address="mary@example.net")
        response = self.response(ask("mary"))
        self.assertEqual(self.shown(response), [Shown("2", "Mary Own", "mary@example.net")])

    def test_limits(self) -> None:
        """MS-ASCMD R4267, R4269, R4270, R4611, R4614, R5656, R5873: status 5."""
        self.assertEqual(len(self.responses(ask(*["x"] * 100))), 100)
        self.assertEqual(self.response(ask("x" * 256)).value(Page.Status), "4")
        for document in (
            ask(),
            ask(*["x"] * 101),
            ask("x" * 257),
            ask("x", options=(retrieval(0),)),
            ask("x", options=(retrieval(4),)),
            ask("x", options=(number(Page.MaxCertificates, 10_000),)),
            ask("x", options=(number(Page.MaxAmbiguousRecipients, 10_000),)),
            Element(AirSync.Sync),
            None,
        ):
            for version in ("2.5", "12.1", "14.1", "16.1"):
                answer = self.phone(version).ask("ResolveRecipients", document)
                self.assertEqual(answer.value(Page.Status), "5", repr(document))
                self.assertFalse(answer.has(Page.Response))
        answer = self.phone().ask("ResolveRecipients", ask("x", options=(picture(-1),)))
        self.assertEqual(answer.value(Page.Status), "5")

    def test_a_directory_that_fails(self) -> None:
        """MS-ASCMD R4271: status 6."""

        async def failing(*_: object, **__: object) -> object:
            raise Unavailable("busy")

        for method, to in (("at", "x@example.com"), ("search", "x")):
            self.patch(self.rig.services.directory, method, failing)
            answer = self.phone().ask("ResolveRecipients", ask(to))
            self.assertEqual(answer.value(Page.Status), "6")


class AvailabilityTests(RecipientTests):
    """When people are busy."""

    def digits(self, to: str, asked: Element | None = None) -> tuple[str, str]:
        """Give status and digits of the one who is meant."""
        recipient = self.recipient(ask(to, options=(asked or span(),)))
        found = recipient.find(Page.Availability)
        assert found is not None
        return found.value(Page.Status, ""), found.value(Page.MergedFreeBusy, "")

    def test_busy_times_of_a_colleague(self) -> None:
        """MS-ASCMD R819, R1091, R1092, R1094, R1892, R1895, R3315, R3319, R3320, R3321, R3327,
        R3332, R3338, R3339, R4290, R4291, R4624: digits, and nothing else of what it is.
        """
        self.assertEqual(self.digits("mary"), ("1", "0000"))
        self.event(self.mary, 0.5, 1, subject="Secret", busy_status=1)
        self.event(self.mary, 1.75, 5, subject="Secret", busy_status=3, sensitivity=2)
        self.assertEqual(self.digits("mary@example.com"), ("1", "0103"))
        for version in ("14.0", "14.1", "16.0", "16.1"):
            response = self.response(ask("mary", options=(span(),)), version)
            (recipient,) = response.find_all(Page.Recipient)
            found = recipient.find(Page.Availability)
            assert found is not None
            self.assertEqual(
                [(child.tag, child.string) for child in found],
                [(Page.Status, "1"), (Page.MergedFreeBusy, "0103")],
            )

    def test_not_in_older_versions(self) -> None:
        """MS-ASCMD R6085, R6193, R6794, R7206, R7262, R7511, R7512: Availability begins with
        14.0.
        """
        for version in ("2.5", "12.0", "12.1"):
            recipient = self.recipient(ask("mary", options=(span(),)), version)
            self.assertFalse(recipient.has(Page.Availability))

    def test_all_day_events_are_days_of_their_owner(self) -> None:
        """MS-ASCMD R3319: New York's day begins at 05:00 UTC."""
        self.rig.accounts.set_attributes(self.mary, zimbraPrefTimeZoneId="America/New_York")
        day = NOW - 8 * HOUR  # 2027-01-15T00:00Z
        self.event(self.mary, -8, 16, all_day=True)
        asked = availability(format_datetime(day + 4 * HOUR), format_datetime(day + 6 * HOUR))
        self.assertEqual(self.digits("mary", asked), ("1", "0022"))

    def test_the_number_of_digits(self) -> None:
        """MS-ASCMD R3329, R3330, R2265, R5175: rounded up; a week where no end is said."""
        for start, end, length in (
            (format_datetime(NOW), format_datetime(NOW + 1800), 1),
            (format_datetime(NOW), format_datetime(NOW + 1801), 2),
            (format_compact(NOW), format_compact(NOW + DAY), 48),
            (format_datetime(NOW), None, 7 * 48),
            (format_datetime(NOW), format_datetime(NOW + 42 * DAY), 42 * 48),
        ):
            self.assertEqual(self.digits("mary", availability(start, end)), ("1", "0" * length))

    def test_invalid_times(self) -> None:
        """MS-ASCMD R2264, R2266, R3986, R5175, R5430: status 5."""
        fine = format_datetime(NOW)
        for start, end in (
            (None, fine),
            ("", fine),
            ("yesterday", fine),
            (fine, "tomorrow"),
            (fine, ""),
            (fine, fine),
            (fine, format_datetime(NOW + 1799)),
            (fine, format_datetime(NOW - DAY)),
            (fine, format_datetime(NOW + 42 * DAY + 1)),
        ):
            document = ask("mary", options=(availability(start, end),))
            answer = self.phone().ask("ResolveRecipients", document)
            self.assertEqual(answer.value(Page.Status), "5", (start, end))

    def group(self, *members: str) -> None:
        self.rig.accounts.add(
            "team@example.com",
            "demo-team",
            displayName="Team",
            objectClass="zimbraDistributionList",
            zimbraMailForwardingAddress=members,
        )

    def test_a_group_has_one_string(self) -> None:
        """MS-ASCMD R4625: the members' digits merged, whoever is unknown left out."""
        self.event(self.mary, 0, 0.5, busy_status=1)
        self.event(self.rig.account, 0, 1)
        self.group("mary@example.com", "john@example.com", "stranger@example.net")
        self.assertEqual(self.digits("team"), ("1", "2200"))

    def test_members_beyond_the_address_list_are_strangers(self) -> None:
        """Nobody learns by way of a group of whom the account may not find."""
        other = self.rig.accounts.add("ann@elsewhere.com", "demo-ann", displayName="Ann")
        self.event(other, 0, 1)
        self.group("mary@example.com", "ann@elsewhere.com")
        self.assertEqual(self.digits("team"), ("1", "0000"))
        self.event(self.mary, 1, 2)
        self.assertEqual(self.digits("team"), ("1", "0022"))

    def test_a_calendar_is_read_once_for_a_request(self) -> None:
        """However often somebody is asked about, and by whatever name."""
        mailbox = now(self.rig.mailboxes.open(self.mary))
        read = []
        events = mailbox.events

        async def counted(start: float, end: float, *, limit: int) -> object:
            read.append(start)
            return await events(start, end, limit=limit)

        self.patch(mailbox, "events", counted)
        self.group(*["mary@example.com"] * 20)
        asked = ["mary", "mary@example.com", "m.doe@example.com", "team"] * 4
        self.assertEqual(len(self.responses(ask(*asked, options=(span(),)))), 16)
        self.assertEqual(len(read), 1)

    def test_a_large_group(self) -> None:
        """MS-ASCMD R4294, R4626: of more than 20 members nothing is said."""
        self.group(*["mary@example.com"] * 20)
        self.assertEqual(self.digits("team"), ("1", "0000"))
        group = now(self.rig.accounts.find("team@example.com"))
        assert group is not None
        self.rig.accounts.set_attributes(
            group.id, zimbraMailForwardingAddress=["mary@example.com"] * 21
        )
        self.assertEqual(self.digits("team"), ("161", ""))

    def test_too_many_people(self) -> None:
        """MS-ASCMD R4293, R4622: the members of groups count."""
        self.group(*["mary@example.com"] * 20)
        document = ask(*["team@example.com"] * 5, "mary@example.com", options=(span(),))
        told = []
        for response in self.responses(document):
            (recipient,) = response.find_all(Page.Recipient)
            found = recipient.find(Page.Availability)
            assert found is not None
            told.append(found.value(Page.Status))
        self.assertEqual(told, ["1"] * 5 + ["160"])

    def test_nothing_is_known_of_a_contact(self) -> None:
        """MS-ASCMD R4298, R5411: a calendar that is elsewhere cannot be asked."""
        self.contact(first_name="Ann", email1_address="ann@example.net")
        self.assertEqual(self.digits("ann@example.net"), ("163", ""))

    def test_who_has_no_calendar(self) -> None:
        """MS-ASCMD R3320: digit 4 is no data."""
        self.rig.accounts.set_attributes(self.mary, zimbraFeatureCalendarEnabled="FALSE")
        self.assertEqual(self.digits("mary"), ("1", "4444"))

    def test_mailboxes_that_fail(self) -> None:
        """MS-ASCMD R4295, R4298, R4948, R5411: for a while, or for good; the others are told."""
        mailbox = now(self.rig.mailboxes.open(self.mary))
        for fault, status in ((Unavailable("busy"), "162"), (Corrupt("broken"), "163")):

            async def failing(*_: object, fault: Exception = fault, **__: object) -> object:
                raise fault

            self.patch(mailbox, "events", failing)
            self.assertEqual(self.digits("mary"), (status, ""))
            self.assertEqual(self.digits("john@example.com"), ("1", "0000"))


class CertificateTests(RecipientTests):
    """Certificates to encrypt for."""

    def give(self, account: AccountId, *holders: Holder) -> None:
        texts = [b64encode(each.der).decode() for each in holders]
        self.rig.accounts.set_attributes(account, userCertificate=texts)

    def certificates(self, to: str, *options: Element | None, version: str = "16.1") -> Element:
        recipient = self.recipient(ask(to, options=options), version)
        (found,) = recipient.find_all(Page.Certificates)
        return found

    def counts(self, found: Element) -> tuple[str, str, str]:
        tags = (Page.Status, Page.CertificateCount, Page.RecipientCount)
        return tuple(found.value(tag, "") for tag in tags)  # type: ignore[return-value]

    def test_no_certificates_unless_asked_for(self) -> None:
        """MS-ASCMD R843, R856: 1 is the default."""
        self.give(self.mary, issue("Mary"))
        for options in ((), (retrieval(1),)):
            self.assertFalse(self.recipient(ask("mary", options=options)).has(Page.Certificates))

    def test_full_certificates(self) -> None:
        """MS-ASCMD R857, R864, R1111, R1113, R1114, R1127, R1130, R1135, R1136, R1138, R2435,
        R2438, R3768, R4301, R4302: all that are valid, at every version.
        """
        good, other = issue("Mary"), issue("Mary 2")
        bad = (issue("Old", begins=-9, ends=-1), issue("Signs", uses=SIGNING))
        self.give(self.mary, good, *bad, other)
        for version in ALL_VERSIONS:
            found = self.certificates("mary", retrieval(2), version=version)
            self.assertEqual(self.counts(found), ("1", "2", "1"))
            given = [b64decode(each.string) for each in found.find_all(Page.Certificate)]
            self.assertEqual(given, [good.der, other.der])
            self.assertFalse(found.has(Page.MiniCertificate))

    def test_mini_certificates(self) -> None:
        """MS-ASCMD R858, R1939, R1941, R1942, R3435: one, which names the certificate."""
        good = issue("Mary")
        self.give(self.mary, issue("Old", begins=-9, ends=-1), good, issue("Mary 2"))
        for version in ALL_VERSIONS:
            found = self.certificates("mary", retrieval(3), version=version)
            self.assertEqual(self.counts(found), ("1", "1", "1"))
            mini = b64decode(found.value(Page.MiniCertificate, ""))
            self.assertEqual(mini, Certificate(good.der).issuer_and_serial_number())
            self.assertFalse(found.has(Page.Certificate))

    def test_nobody_has_one(self) -> None:
        """MS-ASCMD R4304, R3435: status 7, of a colleague, a contact, with invalid ones."""
        self.contact(first_name="Ann", email1_address="ann@example.net")
        self.rig.accounts.set_attributes(self.mary, userCertificate=["MAUGAyoDBA=="])
        for to in ("john@example.com", "ann@example.net", "mary"):
            for form in (2, 3):
                found = self.certificates(to, retrieval(form))
                self.assertEqual(self.counts(found), ("7", "0", "1"))
                self.assertFalse(found.has(Page.Certificate) or found.has(Page.MiniCertificate))

    def test_the_limit_is_over_all_people(self) -> None:
        """MS-ASCMD R851, R3254, R3255, R4306: all of somebody's or none."""
        self.give(self.mary, issue("Mary"), issue("Mary 2"))
        self.give(self.rig.account, issue("John"))
        for limit, expected in (
            (0, [("8", "2", "1"), ("8", "1", "1"), ("8", "2", "1")]),
            (1, [("8", "2", "1"), ("1", "1", "1"), ("8", "2", "1")]),
            (3, [("1", "2", "1"), ("1", "1", "1"), ("8", "2", "1")]),
            (5, [("1", "2", "1"), ("1", "1", "1"), ("1", "2", "1")]),
            (None, [("1", "2", "1"), ("1", "1", "1"), ("1", "2", "1")]),
        ):
            options = (retrieval(2), number(Page.MaxCertificates, limit))
            asked = ask("mary", "john@example.com", "mary@example.com", options=options)
            told = []
            for response in self.responses(asked):
                (recipient,) = response.find_all(Page.Recipient)
                (found,) = recipient.find_all(Page.Certificates)
                told.append(self.counts(found))
                count_given = len(found.find_all(Page.Certificate))
                self.assertEqual(count_given, int(told[-1][1]) if told[-1][0] == "1" else 0)
            self.assertEqual(told, expected)

    def test_groups(self) -> None:
        """MS-ASCMD R3768, R3255: those of the members, with the number of members."""
        self.give(self.mary, issue("Mary"))
        self.give(self.rig.account, issue("John"))
        self.rig.accounts.add(
            "team@example.com",
            "demo-team",
            objectClass="zimbraGroup",
            zimbraMailForwardingAddress=["mary@example.com", "john@example.com", "x@example.net"],
        )
        found = self.certificates("team", retrieval(2))
        self.assertEqual(self.counts(found), ("1", "2", "3"))
        self.assertEqual(len(found.find_all(Page.Certificate)), 2)
        found = self.certificates("team", retrieval(2), number(Page.MaxCertificates, 1))
        self.assertEqual(self.counts(found), ("8", "2", "3"))
        team = now(self.rig.accounts.find("team@example.com"))
        assert team is not None
        self.rig.accounts.set_attributes(
            team.id, zimbraMailForwardingAddress=[f"u{n}@example.com" for n in range(201)]
        )
        found = self.certificates("team", retrieval(2))
        self.assertEqual(self.counts(found), ("8", "0", "201"))


class PictureTests(RecipientTests):
    """Photos of recipients."""

    def setUp(self) -> None:
        super().setUp()
        for n, photo in enumerate((b"", b"one", b"much too large", b"two", b"six")):
            given = {"thumbnailPhoto": b64encode(photo).decode()} if photo else {}
            name = f"Photo {n}"
            self.rig.accounts.add(f"p{n}@example.com", "demo-photo", displayName=name, **given)

    def test_as_many_and_as_large_as_wanted(self) -> None:
        """MS-ASCMD R1466, R1469, R2133, R2372, R2373, R2375, R3286, R3287, R3288, R3289, R4309,
        R4310, R4311, R4312, R4313, R5350, R5351: over all people, suggestions included.
        """
        to = [f"p{n}@example.com" for n in range(5)]
        for version in ("14.1", "16.0", "16.1"):
            for asked in (ask(*to, options=(picture(5, 2),)), ask("ph", options=(picture(5, 2),))):
                told = []
                for response in self.responses(asked, version):
                    for each in response.find_all(Page.Recipient):
                        (found,) = each.find_all(Page.Picture)
                        data = found.find(Page.Data)
                        octets = None if data is None else data.octets
                        told.append((found.value(Page.Status), octets))
                self.assertEqual(
                    told,
                    [("173", None), ("1", b"one"), ("174", None), ("1", b"two"), ("175", None)],
                )

    def test_not_in_older_versions(self) -> None:
        """MS-ASCMD R6388, R6389, R6774, R6775, R6782, R6783, R6967, R6968, R7265: Picture begins
        with 14.1.
        """
        for version in ("2.5", "12.0", "12.1", "14.0"):
            recipient = self.recipient(ask("p1@example.com", options=(picture(),)), version)
            self.assertFalse(recipient.has(Page.Picture))

    def test_the_picture_of_a_contact(self) -> None:
        """MS-ASCMD R2133: the one that the contact holds."""
        self.contact(first_name="Ann", email1_address="ann@example.net", picture=b"\xff\xd8ann")
        recipient = self.recipient(ask("ann@example.net", options=(picture(),)))
        (found,) = recipient.find_all(Page.Picture)
        data = found.find(Page.Data)
        assert data is not None
        self.assertEqual((found.value(Page.Status), data.octets), ("1", b"\xff\xd8ann"))


@pytest.mark.parametrize("size", [1, 5])
def test_responses_have_a_size(size: int) -> None:
    """Pictures that do not fit into the answer are told as a limit that was reached."""
    rig = Rig(bounds=replace(BOUNDS, response_bytes=400_000 * size))
    for n in range(6):
        text = b64encode(bytes(300_000)).decode()
        rig.accounts.add(f"p{n}@example.com", "demo-photo", displayName="P", jpegPhoto=text)
    document = ask(*[f"p{n}@example.com" for n in range(6)], options=(picture(),))
    answer = checked_phone(rig, "16.1").ask("ResolveRecipients", document)
    told = []
    for response in answer.find_all(Page.Response):
        (recipient,) = response.find_all(Page.Recipient)
        (found,) = recipient.find_all(Page.Picture)
        told.append(found.value(Page.Status))
    given = 400_000 * size // 300_000
    assert told == ["1"] * given + ["175"] * (6 - given)

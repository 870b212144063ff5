"""Text messages: uploaded by a phone, shown to devices that want them, and to no others."""

import pytest
from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from carbonio_mobile.eas.http import HttpResponse
from carbonio_mobile.ids import FolderId
from carbonio_mobile.sync.changes import NEWEST, OLDEST
from carbonio_mobile.sync.folders import FolderKind
from carbonio_mobile.testing.rig import Rig, now
from carbonio_mobile.wbxml import Element
from carbonio_mobile.wbxml.codepages import (
    AirSync,
    AirSyncBase,
    Email,
    Find,
    GetItemEstimate,
    ItemOperations,
    Search,
)
from tests.unit.commands import asking
from tests.unit.commands.checked import CheckedPhone
from tests.unit.commands.phone import change, commands, delete

VERSIONS = ("14.0", "14.1", "16.0", "16.1")
PLAIN = [Element(AirSyncBase.Type, "1"), Element(AirSyncBase.TruncationSize, "1000")]
FROM = Element(Email.From, '"Mary Poppins" [MOBILE:+15551234567]')
TO = Element(Email.To, "[MOBILE:+15557654321]")


def block(item_class: str = "") -> Element:
    """One Options block."""
    named = Element(AirSync.Class, item_class) if item_class else None
    return Element(
        AirSync.Options,
        [
            Element(AirSync.FilterType, "0") if item_class != "SMS" else None,
            named,
            Element(AirSyncBase.BodyPreference, PLAIN),
        ],
    )


BOTH = (block("Email"), block("SMS"))
MAIL_ONLY = (block(),)


def body(text: str) -> Element:
    return Element(
        AirSyncBase.Body, [Element(AirSyncBase.Type, "1"), Element(AirSyncBase.Data, text)]
    )


def text_message(client_id: str, text: str = "Hello there", *more: Element) -> Element:
    """An Add with Class SMS."""
    content = [
        TO,
        FROM,
        Element(Email.DateReceived, "2027-01-15T07:30:00.000Z"),
        Element(Email.Importance, "1"),
        Element(Email.Read, "0"),
        body(text),
        *more,
    ]
    return Element(
        AirSync.Add,
        [
            Element(AirSync.Class, "SMS"),
            Element(AirSync.ClientId, client_id),
            Element(AirSync.ApplicationData, content),
        ],
    )


def told(phone: CheckedPhone) -> list[Element]:
    """Give the Commands of the last answer."""
    if phone.answer is None:
        return []
    collections = phone.answer.find(AirSync.Collections)
    assert collections is not None
    return [one for each in collections for one in each.find(AirSync.Commands) or ()]


class TextMessageTests(SynchronousTestCase):
    """A phone with text messages, and one without."""

    def setUp(self) -> None:
        self.rig = Rig()
        self.inbox = self.rig.folder(FolderKind.INBOX)

    def phone(self, version: str, *options: Element, device: str = "texts") -> CheckedPhone:
        """Give a phone that has synced the inbox."""
        phone = CheckedPhone(self.rig, version=version, device=device + version.replace(".", ""))
        phone.prime(self.inbox, *options)
        return phone

    def add(
        self, phone: CheckedPhone, *wanted: Element, folder: FolderId | None = None
    ) -> list[Element]:
        """Send commands; gives the Responses."""
        collection = phone.sync(folder or self.inbox, *BOTH, commands(*wanted))
        assert collection is not None
        return list(collection.find(AirSync.Responses) or ())

    def count(self) -> int:
        box = self.rig.mailbox()
        return now(box.count(self.inbox, below=NEWEST, down_to=OLDEST))

    def hello(self, version: str = "14.1") -> tuple[CheckedPhone, str]:
        """Upload a text message; gives the phone and the server id."""
        phone = self.phone(version, *BOTH)
        (response,) = self.add(phone, text_message("c1"))
        self.assertEqual(response.value(AirSync.Status), "1")
        name = response.value(AirSync.ServerId, "")
        phone.items[self.inbox][name] = Element(AirSync.ApplicationData, [FROM])
        return phone, name

    # Up and down

    def test_an_upload_in_every_version(self) -> None:
        """MS-ASEMAIL R42, MS-ASCMD_R934, MS-ASCMD R944, MS-ASCMD_R6298, MS-ASCMD_R941: the answer
        says the class; the phone gets no echo, another that wants text messages gets it.
        """
        for version in VERSIONS:
            self.rig = Rig()
            other = self.phone(version, *BOTH, device="other")
            phone = self.phone(version, *BOTH)
            (response,) = self.add(phone, text_message("c1"))
            self.assertEqual(response.tag, AirSync.Add)
            self.assertEqual(response.value(AirSync.Class), "SMS")
            self.assertEqual(response.value(AirSync.ClientId), "c1")
            self.assertEqual(response.value(AirSync.Status), "1")
            name = response.value(AirSync.ServerId, "")
            self.assertIsNone(phone.sync(self.inbox))
            other.sync(self.inbox)
            (added,) = told(other)
            self.assertEqual(added.tag, AirSync.Add)
            self.assertEqual(added.value(AirSync.Class), "SMS")
            self.assertEqual(added.value(AirSync.ServerId), name)
            content = other.items[self.inbox][name]
            self.assertEqual(content.value(Email.From), FROM.text)
            self.assertEqual(content.value(Email.To), TO.text)
            self.assertEqual(content.value(Email.DateReceived), "2027-01-15T07:30:00.000Z")
            self.assertEqual(content.value(Email.Read), "0")
            self.assertEqual(content.value(Email.MessageClass), "IPM.Note.Mobile.SMS")
            shown = content.find(AirSyncBase.Body)
            assert shown is not None
            self.assertEqual((shown.value(AirSyncBase.Data) or "").strip(), "Hello there")

    def test_mail_beside_it_has_no_class(self) -> None:
        """MS-ASCMD_R942: the class of the collection goes without saying."""
        phone = self.phone("14.1", *BOTH)
        self.rig.deliver()
        self.add(self.phone("14.1", *BOTH, device="other"), text_message("c1"))
        phone.sync(self.inbox)
        self.assertEqual({one.value(AirSync.Class) for one in told(phone)}, {None, "SMS"})
        for one in told(phone):
            content = one.find(AirSync.ApplicationData)
            assert content is not None
            is_text = content.value(Email.MessageClass) == "IPM.Note.Mobile.SMS"
            self.assertEqual(one.has(AirSync.Class), is_text)

    def test_other_mail_folders(self) -> None:
        """What was sent is put where the phone keeps it: any folder of mail; no other folder."""
        phone = self.phone("14.1", *BOTH)
        for kind in (FolderKind.SENT, FolderKind.TRASH):
            folder = self.rig.folder(kind)
            phone.prime(folder, *BOTH)
            (response,) = self.add(phone, text_message("c1"), folder=folder)
            self.assertEqual(response.value(AirSync.Status), "1", kind)

    def test_repeats(self) -> None:
        """P1: a lost answer, and a phone that starts over, make no second message."""
        phone = self.phone("14.1", *BOTH)
        request = commands(text_message("c1"))
        first = phone.sync(self.inbox, request, lose=True)
        again = phone.sync(self.inbox, request)
        assert first is not None
        assert again is not None
        self.assertEqual(first.find(AirSync.Responses), again.find(AirSync.Responses))
        fresh = self.phone("14.1", *BOTH)
        (response,) = self.add(fresh, text_message("c1"))
        self.assertIn(response.value(AirSync.ServerId), fresh.items[self.inbox])
        self.assertEqual(self.count(), 1)
        (other,) = self.add(fresh, text_message("c2", "Something else"))
        self.assertEqual(other.value(AirSync.Status), "1")
        self.assertEqual(self.count(), 2)

    def test_changes_and_deletes(self) -> None:
        """MS-ASCMD_R940, MS-ASCMD_R6419, MS-ASCMD_R6300: Read comes through both ways, with the
        class; a Delete that worked is not answered.
        """
        for version in VERSIONS:
            self.rig = Rig()
            other = self.phone(version, *BOTH, device="other")
            phone, name = self.hello(version)
            other.settle(self.inbox)
            self.assertEqual(self.add(phone, change(name, Element(Email.Read, "1"))), [])
            other.sync(self.inbox)
            (changed,) = told(other)
            self.assertEqual(changed.tag, AirSync.Change)
            self.assertEqual(changed.value(AirSync.Class), "SMS")
            self.assertEqual(other.items[self.inbox][name].value(Email.Read), "1")
            self.assertEqual(self.add(phone, delete(name)), [])
            other.sync(self.inbox)
            (gone,) = told(other)
            self.assertEqual((gone.tag, gone.value(AirSync.ServerId)), (AirSync.Delete, name))
            self.assertFalse(gone.has(AirSync.Class) and version == "14.0")
            self.assertEqual(other.items[self.inbox], {})

    def test_a_change_that_names_the_class(self) -> None:
        """Phones name the class in Change and Delete too."""
        phone, name = self.hello()
        named = change(name, Element(Email.Read, "1"))
        named = Element(
            named.tag, [named.children[0], Element(AirSync.Class, "SMS"), *named.children[1:]]
        )
        self.assertEqual(self.add(phone, named), [])
        gone = Element(AirSync.Delete, [Element(AirSync.Class, "SMS"), *delete(name).children])
        self.assertEqual(self.add(phone, gone), [])
        (missing,) = self.add(phone, change("2:999", Element(Email.Read, "1")))
        self.assertEqual(missing.value(AirSync.Status), "8")

    # Who does not want them

    def test_a_device_without_them_sees_none(self) -> None:
        """No Add, no Change, no Delete; its mail comes as ever."""
        for version in ("12.1", *VERSIONS):
            self.rig = Rig()
            plain = self.phone(version, *MAIL_ONLY, device="plain")
            phone, name = self.hello()
            self.assertIsNone(plain.sync(self.inbox))
            self.rig.deliver()
            plain.sync(self.inbox)
            (mail,) = plain.items[self.inbox]
            self.assertNotEqual(mail, name)
            self.add(phone, change(name, Element(Email.Read, "1")))
            self.assertIsNone(plain.sync(self.inbox))
            self.add(phone, delete(name))
            self.assertIsNone(plain.sync(self.inbox))
            late = self.phone(version, *MAIL_ONLY, device="late")
            self.assertEqual(list(late.items[self.inbox]), [mail])

    def test_text_messages_that_are_there_before(self) -> None:
        """A device without them that starts from nothing is told of mail only."""
        phone, _ = self.hello()
        self.rig.deliver()
        for number in range(5):
            self.add(phone, text_message(f"n{number}", f"Number {number}"))
        self.rig.deliver()
        late = self.phone("14.1", *MAIL_ONLY, device="late")
        self.assertEqual(len(late.items[self.inbox]), 2)
        wanting = self.phone("14.1", *BOTH, device="wanting")
        self.assertEqual(len(wanting.items[self.inbox]), 8)

    def test_a_device_that_asks_for_them_later(self) -> None:
        """Options may change between two requests: those that come from then on are shown."""
        phone, _ = self.hello()
        late = self.phone("14.1", *MAIL_ONLY, device="late")
        late.settle(self.inbox, *BOTH)
        self.add(phone, text_message("c2", "Later"))
        late.settle(self.inbox)
        shown = [one.find(AirSyncBase.Body) for one in late.items[self.inbox].values()]
        texts = [(one.value(AirSyncBase.Data) or "").strip() for one in shown if one is not None]
        self.assertIn("Later", texts)

    def estimated(self, phone: CheckedPhone) -> int:
        named = [
            Element(AirSync.SyncKey, phone.keys[self.inbox]),
            Element(GetItemEstimate.CollectionId, self.inbox),
        ]
        collection = Element(GetItemEstimate.Collection, named)
        document = Element(
            GetItemEstimate.GetItemEstimate, [Element(GetItemEstimate.Collections, [collection])]
        )
        (response,) = phone.ask("GetItemEstimate", document).children
        self.assertEqual(response.value(GetItemEstimate.Status), "1")
        inner = response.find(GetItemEstimate.Collection)
        assert inner is not None
        return int(inner.value(GetItemEstimate.Estimate, ""))

    def test_estimates_and_pings(self) -> None:
        """MS-ASCMD_R907: counted for who wants them; for others they wake once at the most."""
        plain = self.phone("14.1", *MAIL_ONLY, device="plain")
        other = self.phone("14.1", *BOTH, device="other")
        self.hello()
        self.assertEqual(self.estimated(other), 1)
        self.assertLessEqual(self.estimated(plain), 1)
        plain.sync(self.inbox)
        self.assertEqual(self.estimated(plain), 0)
        waiting: Deferred[HttpResponse] = self.rig.send(
            "Ping", asking.ping(60, self.inbox), version="14.1", device=plain.device
        )
        self.assertNoResult(waiting)
        self.rig.clock.advance(61)
        self.assertEqual(self.successResultOf(waiting).code, 200)

    def search(self, phone: CheckedPhone, *classes: str) -> list[str | None]:
        """Search for a word; gives the classes of what was found."""
        query = Element(
            Search.And,
            [
                *(Element(AirSync.Class, one) for one in classes),
                Element(Search.FreeText, "hello"),
            ],
        )
        document = Element(
            Search.Search,
            [
                Element(
                    Search.Store,
                    [
                        Element(Search.Name, "Mailbox"),
                        Element(Search.Query, [query]),
                        Element(Search.Options, [Element(Search.Range, "0-9")]),
                    ],
                )
            ],
        )
        answer = phone.ask("Search", document)
        found = [one for one in _walk(answer) if one.tag is Search.Result]
        return sorted(one.value(AirSync.Class, "") for one in found if one.has(Search.LongId))

    def test_search(self) -> None:
        """MS-ASCMD_R920, MS-ASCMD_R6092, MS-ASCMD_R7532, MS-ASCMD_R7533, MS-ASCMD_R6288: found
        where they are asked for by their class, and only there.
        """
        self.rig.deliver()
        self.hello()
        for version in VERSIONS:
            phone = CheckedPhone(self.rig, version=version, device="search")
            self.assertEqual(self.search(phone, "Email"), ["Email"], version)
            self.assertEqual(self.search(phone, "SMS"), ["SMS"], version)
            self.assertEqual(self.search(phone, "Email", "SMS"), ["Email", "SMS"], version)
            self.assertNotIn("SMS", self.search(phone), version)
        old = CheckedPhone(self.rig, version="12.1", device="search")
        self.assertEqual(self.search(old, "Email"), ["Email"])
        self.assertEqual(self.search(old, "SMS"), [])

    def test_find_leaves_them_out(self) -> None:
        """Find is for mail: pages and totals know nothing of text messages."""
        phone, _ = self.hello("16.1")
        for number in range(4):
            self.add(phone, text_message(f"h{number}", f"hello {number}"))
            self.rig.deliver()
        document = Element(
            Find.Find,
            [
                Element(Find.SearchId, "7a3f1b1e-0000-4000-8000-000000000001"),
                Element(
                    Find.ExecuteSearch,
                    [
                        Element(
                            Find.MailBoxSearchCriterion,
                            [
                                Element(
                                    Find.Query,
                                    [
                                        Element(AirSync.Class, "Email"),
                                        Element(Find.FreeText, "hello"),
                                    ],
                                ),
                                Element(Find.Options, [Element(Find.Range, "0-2")]),
                            ],
                        )
                    ],
                ),
            ],
        )
        answer = phone.ask("Find", document)
        results = [one for one in _walk(answer) if one.tag is Find.Result]
        self.assertEqual(len(results), 3)
        (total,) = [one.text for one in _walk(answer) if one.tag is Find.Total]
        self.assertEqual(total, "4")

    def test_fetch(self) -> None:
        """MS-ASCMD_R913, MS-ASCMD_R6269, MS-ASCMD_R6274: ItemOperations gives it with its class."""
        _, name = self.hello()
        for version in VERSIONS:
            phone = CheckedPhone(self.rig, version=version, device="fetch")
            fetch = Element(
                ItemOperations.Fetch,
                [
                    Element(ItemOperations.Store, "Mailbox"),
                    Element(AirSync.CollectionId, self.inbox),
                    Element(AirSync.ServerId, name),
                ],
            )
            document = Element(ItemOperations.ItemOperations, [fetch])
            answer = phone.ask("ItemOperations", document)
            (fetched,) = [one for one in _walk(answer) if one.tag is ItemOperations.Fetch]
            self.assertEqual(fetched.value(ItemOperations.Status), "1")
            self.assertEqual(fetched.value(AirSync.Class), "SMS")

    # What is refused

    def status(
        self, phone: CheckedPhone, *content: Element | None
    ) -> tuple[str | None, str | None]:
        """Sync the inbox; gives the status of the whole and of the collection."""
        collection = phone.sync(self.inbox, *content)
        assert phone.answer is not None
        told = None if collection is None else collection.value(AirSync.Status)
        return phone.answer.value(AirSync.Status), told

    def test_options_that_cannot_be(self) -> None:
        """MS-ASCMD_R930, MS-ASCMD_R935: one class twice, or other classes together, status 4."""
        for version in VERSIONS:
            phone = self.phone(version, *BOTH)
            for blocks in (
                (block("Email"), block("Email")),
                (block("SMS"), block("SMS")),
                (block("Email"), block("Calendar")),
                (block("Email"), block("SMS"), block("Notes")),
            ):
                self.assertEqual(self.status(phone, *blocks), ("4", None))
            self.assertIsNone(phone.sync(self.inbox))

    def test_only_text_messages_in_one_block(self) -> None:
        """A single block with Class SMS asks for them beside the folder's own class."""
        other, name = self.hello()
        self.rig.deliver()
        phone = self.phone("14.1", block("SMS"), device="one")
        self.assertIn(name, phone.items[self.inbox])
        self.assertEqual(len(phone.items[self.inbox]), 2)
        self.assertEqual(other.version, "14.1")

    def test_with_other_classes(self) -> None:
        """MS-ASCMD_R934, MS-ASCMD_R935: no text messages among contacts."""
        contacts = self.rig.folder(FolderKind.CONTACTS)
        phone = self.phone("14.1")
        phone.prime(contacts)
        collection = phone.sync(contacts, block("Contacts"), block("SMS"))
        assert phone.answer is not None
        self.assertIsNone(collection)
        self.assertEqual(phone.answer.value(AirSync.Status), "4")

    def test_before_14_0(self) -> None:
        """MS-ASCMD_R6298: 12.1 knows no text messages: none is taken, none is shown."""
        self.hello()
        phone = self.phone("12.1", *MAIL_ONLY, device="old")
        before = self.count()
        collection = phone.sync(self.inbox, commands(text_message("c9")))
        assert collection is not None
        (response,) = collection.find(AirSync.Responses) or ()
        self.assertEqual(response.value(AirSync.Status), "6")
        self.assertEqual(self.count(), before)
        self.assertEqual(self.status(phone, block("SMS")), ("4", None))
        self.assertEqual(self.status(phone, *BOTH), ("4", None))
        self.assertEqual(phone.items[self.inbox], {})

    def test_messages_that_cannot_be(self) -> None:
        """Status 6 for it alone; the others come."""
        phone = self.phone("14.1", *BOTH)
        nobody = Element(
            AirSync.Add,
            [
                Element(AirSync.Class, "SMS"),
                Element(AirSync.ClientId, "bad"),
                Element(AirSync.ApplicationData, [body("x")]),
            ],
        )
        broken = text_message("date", "x", Element(Email.DateReceived, "yesterday"))
        good = text_message("good")
        statuses = {
            one.value(AirSync.ClientId): one.value(AirSync.Status)
            for one in self.add(phone, nobody, good, broken)
        }
        self.assertEqual(statuses["good"], "1")
        self.assertEqual(statuses["bad"], "6")
        self.assertEqual(self.count(), 1 if statuses["date"] == "6" else 2)


def _walk(element: Element) -> list[Element]:
    return [element, *(inner for child in element for inner in _walk(child))]


@pytest.mark.parametrize("version", VERSIONS)
def test_a_long_text(version: str) -> None:
    """A body is cut at the size that the device asks for, like that of a mail."""
    rig = Rig()
    inbox = rig.folder(FolderKind.INBOX)
    other = CheckedPhone(rig, version=version, device="other")
    other.prime(inbox, *BOTH)
    phone = CheckedPhone(rig, version=version)
    phone.prime(inbox, *BOTH)
    phone.sync(inbox, *BOTH, commands(text_message("c1", "x" * 5000)))
    other.sync(inbox)
    (held,) = other.items[inbox].values()
    shown = held.find(AirSyncBase.Body)
    assert shown is not None
    assert shown.value(AirSyncBase.Truncated) == "1"
    assert len(shown.value(AirSyncBase.Data, "")) <= 1000

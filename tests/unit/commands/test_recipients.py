"""The recipient information cache: fed by what is sent, synced by rank, changed by nobody else."""

from collections.abc import Sequence

import pytest
from twisted.trial.unittest import SynchronousTestCase

from carbonio_mobile.commands import recipients
from carbonio_mobile.commands.recipients import HALF_LIFE_S, raised
from carbonio_mobile.errors import OverQuota
from carbonio_mobile.ids import FolderId, OperationId, ServerId
from carbonio_mobile.pim.contact import Contact
from carbonio_mobile.pim.objects import write_object
from carbonio_mobile.sync.changes import NEWEST, OLDEST
from carbonio_mobile.sync.folders import FolderKind
from carbonio_mobile.testing.rig import NOW, Rig, now
from carbonio_mobile.wbxml import Element
from carbonio_mobile.wbxml.codepages import (
    AirSync,
    ComposeMail,
    Contacts,
    Email,
    Email2,
    FolderHierarchy,
    GetItemEstimate,
    ItemOperations,
    Move,
    Search,
)
from tests.unit.commands import asking
from tests.unit.commands.checked import CheckedPhone
from tests.unit.commands.phone import change, commands, delete

RI = FolderId("RI")
SINCE_14 = ("14.0", "14.1", "16.0", "16.1")


def mail(to: str, *, cc: str = "", bcc: str = "", subject: str = "x") -> bytes:
    """Give a message to some people."""
    more = "".join(f"{name}: {value}\r\n" for name, value in (("Cc", cc), ("Bcc", bcc)) if value)
    return f"To: {to}\r\n{more}Subject: {subject}\r\n\r\nHello\r\n".encode()


def max_items(count: int) -> Element:
    """Options with MaxItems."""
    return Element(AirSync.Options, [Element(AirSync.MaxItems, str(count))])


class RecipientTests(SynchronousTestCase):
    """John writes to people."""

    def setUp(self) -> None:
        self.rig = Rig()
        self.sent = 0

    def phone(self, version: str = "14.1", device: str = "phone1") -> CheckedPhone:
        return CheckedPhone(self.rig, version=version, device=device.replace(".", ""))

    def send(self, message: bytes, phone: CheckedPhone | None = None, client_id: str = "") -> None:
        """Send a message with SendMail."""
        self.sent += 1
        document = Element(
            ComposeMail.SendMail,
            [
                Element(ComposeMail.ClientId, client_id or f"c{self.sent}"),
                Element(ComposeMail.Mime, message),
            ],
        )
        self.assertIsNone((phone or self.phone()).post("SendMail", document))

    def entries(self) -> dict[str, Contact]:
        """Give the entries by their addresses, the highest rank first."""
        box = self.rig.mailbox()
        page = now(box.listing(RI, below=NEWEST, down_to=OLDEST, limit=1000))
        found = now(box.objects(RI, [head.item for head in page.heads]))
        records = [found[head.item].record for head in page.heads]
        assert all(isinstance(one, Contact) for one in records)
        return {one.email1_address: one for one in records if isinstance(one, Contact)}

    def ranks(self) -> list[int]:
        return [one.weighted_rank or 0 for one in self.entries().values()]

    def held(self, phone: CheckedPhone) -> dict[str, Element]:
        """Give what a phone holds of the cache, by address."""
        return {
            one.value(Contacts.Email1Address, ""): one for one in phone.items.get(RI, {}).values()
        }

    # What feeds it

    def test_whom_a_message_is_sent_to(self) -> None:
        """MS-ASCMD R2037: To, Cc and Bcc, each once, without the account itself."""
        self.send(
            mail(
                "Mary <mary@example.org>, john@example.com",
                cc="MARY@example.org, bob@example.org",
                bcc="Secret Sam <sam@example.net>",
            )
        )
        entries = self.entries()
        self.assertEqual(
            {one.lower() for one in entries},
            {"mary@example.org", "bob@example.org", "sam@example.net"},
        )
        bob = entries["bob@example.org"]
        self.assertEqual((bob.file_as, bob.alias), ("bob@example.org", "bob"))
        self.assertEqual(entries["sam@example.net"].file_as, "Secret Sam")

    def test_a_repeat_counts_once(self) -> None:
        """P1: the same request again, and the same entry."""
        message = mail("mary@example.org")
        self.send(message, client_id="same")
        first = self.ranks()
        self.send(message, client_id="same")
        self.assertEqual(self.ranks(), first)
        self.send(message, client_id="other")
        self.assertGreater(self.ranks(), first)

    def test_before_14_too(self) -> None:
        """What a device of 12.1 sends is noted, though only others are shown it."""
        line = "&SaveInSent=T"
        response = self.phone("12.1").send(
            "SendMail",
            body=mail("mary@example.org"),
            query=line,
            headers={"content-type": "message/rfc822"},
        )
        self.assertEqual(response.code, 200)
        self.assertEqual(list(self.entries()), ["mary@example.org"])

    def test_replies_and_forwards(self) -> None:
        """SmartReply and SmartForward count as messages."""
        head = self.rig.deliver()
        name = str(ServerId(self.rig.folder(FolderKind.INBOX), head.item))
        folder, _, _ = name.partition(":")
        for number, command in enumerate((ComposeMail.SmartReply, ComposeMail.SmartForward)):
            document = Element(
                command,
                [
                    Element(ComposeMail.ClientId, f"s{number}"),
                    Element(
                        ComposeMail.Source,
                        [
                            Element(ComposeMail.FolderId, folder),
                            Element(ComposeMail.ItemId, name),
                        ],
                    ),
                    Element(ComposeMail.Mime, mail(f"to{number}@example.org")),
                ],
            )
            self.assertIsNone(self.phone().post(command.name, document))
        self.assertEqual(set(self.entries()), {"to0@example.org", "to1@example.org"})

    def test_drafts(self) -> None:
        """A draft counts when it is sent, and not before."""
        phone = self.phone("16.1")
        drafts = self.rig.folder(FolderKind.DRAFTS)
        phone.prime(drafts)
        content = (Element(Email.To, "mary@example.org"), Element(Email.Subject, "x"))
        phone.sync(drafts, commands(asking.add("d1", *content)))
        self.assertEqual(self.entries(), {})
        phone.sync(drafts, commands(asking.add("d2", *content, send=Element(Email2.Send))))
        self.assertEqual(list(self.entries()), ["mary@example.org"])

    def test_circulars_and_a_full_mailbox(self) -> None:
        """Of a circular the first twenty are noted; where nothing fits, the mail goes out."""
        self.send(mail(", ".join(f"p{number}@example.org" for number in range(40))))
        self.assertEqual(len(self.entries()), recipients.NOTED_MAX)

        async def full(*_: object, **__: object) -> None:
            raise OverQuota("full")

        self.patch(type(self.rig.mailbox()), "add_object", full)
        self.send(mail("new@example.org"))
        self.assertEqual(len(self.rig.submission.taken), 2)
        self.assertEqual(len(self.entries()), recipients.NOTED_MAX)

    def test_names_are_kept_up_to_date(self) -> None:
        """The newest name stands; a message without one leaves it."""
        for to in ("mary@example.org", "Mary <mary@example.org>", "mary@example.org"):
            self.send(mail(to))
        (one,) = self.entries().values()
        self.assertEqual(one.file_as, "Mary")

    # Ranks

    def test_the_most_used_come_first(self) -> None:
        """MS-ASCNTC R414: a higher rank is more relevant."""
        for to in ("a@example.org", "b@example.org", "b@example.org", "c@example.org"):
            self.send(mail(to))
            self.rig.clock.advance(10)
        self.assertEqual(next(iter(self.entries())), "b@example.org")
        self.assertEqual(self.ranks(), sorted(self.ranks(), reverse=True))

    def test_old_messages_weigh_less(self) -> None:
        """Many messages of last year count less than one of today."""
        for _ in range(10):
            self.send(mail("old@example.org"))
        self.rig.clock.advance(12 * HALF_LIFE_S)
        self.send(mail("new@example.org"))
        self.assertEqual(list(self.entries()), ["new@example.org", "old@example.org"])

    def test_the_least_ones_are_cut_off(self) -> None:
        """The cache is bounded; what goes is what is used least."""
        self.patch(recipients, "ENTRIES_MAX", 3)
        self.patch(recipients, "SPARE", 2)
        for number in range(5):
            for _ in range(2 if number else 1):
                self.send(mail(f"p{number}@example.org"))
        self.assertEqual(len(self.entries()), 5)
        self.send(mail("p9@example.org"))
        self.assertEqual(len(self.entries()), 3)
        self.assertNotIn("p0@example.org", self.entries())

    # What devices see

    def test_listed_since_14_0(self) -> None:
        """MS-ASCNTC_R2261, MS-ASCNTC_R2262, MS-ASCMD R2037: type 19, id RI, none before 14.0."""
        for version in ("2.5", "12.0", "12.1"):
            phone = self.phone(version, "old" + version)
            phone.folder_sync()
            self.assertNotIn(RI, phone.folders)
        for version in SINCE_14:
            phone = self.phone(version, "new" + version)
            answer = phone.folder_sync()
            changes = answer.find(FolderHierarchy.Changes)
            assert changes is not None
            types = {
                one.value(FolderHierarchy.ServerId): one.value(FolderHierarchy.Type)
                for one in changes.children[1:]
            }
            self.assertEqual(types[RI], "19")

    def test_old_versions_cannot_sync_it(self) -> None:
        """MS-ASCNTC_R2262: a device of 12.1 that asks all the same is told of nothing."""
        self.send(mail("mary@example.org"))
        phone = self.phone("12.1")
        phone.prime(RI)
        self.assertEqual(phone.items[RI], {})

    def test_what_is_shown_of_an_entry(self) -> None:
        """MS-ASCNTC_R514, MS-ASCNTC_R219, MS-ASCNTC_R231, MS-ASCNTC_R236, MS-ASCNTC_R410,
        MS-ASCNTC_R412, MS-ASCNTC_R2246, MS-ASCNTC_R2247, MS-ASCNTC_R2248, MS-ASCNTC_R2248001,
        MS-ASCNTC_R105: these properties and no others.
        """
        self.send(mail("Mary <mary@example.org>"))
        for version in SINCE_14:
            phone = self.phone(version, "p" + version)
            phone.prime(RI)
            (entry,) = self.held(phone).values()
            self.assertLessEqual(
                {child.tag for child in entry},
                {Contacts.Email1Address, Contacts.FileAs, Contacts.Alias, Contacts.WeightedRank},
            )
            self.assertEqual(entry.value(Contacts.FileAs), "Mary")
            self.assertEqual(entry.value(Contacts.Email1Address), "mary@example.org")
            self.assertGreater(int(entry.value(Contacts.WeightedRank, "")), 0)

    def test_ranks_are_shown_here_alone(self) -> None:
        """MS-ASCNTC_R415: a contact that has a rank in the store shows none in a book."""
        contacts = self.rig.folder(FolderKind.CONTACTS)
        entry = Contact(uid="u", file_as="Ann", weighted_rank=9, alias="ann")
        source = write_object(None, entry, now=NOW)
        now(self.rig.mailbox().add_object(contacts, source, operation=OperationId("a")))
        phone = self.phone()
        phone.prime(contacts)
        (shown,) = phone.items[contacts].values()
        self.assertFalse(shown.has(Contacts.WeightedRank))
        self.assertFalse(shown.has(Contacts.Alias))

    def test_a_device_keeps_the_top_n(self) -> None:
        """MS-ASCMD_R3273, MS-ASCMD_R3275, MS-ASCMD_R6771, MS-ASCMD_R6772, MS-ASCMD_R6773,
        MS-ASCMD_R6773101601: the most used ones, and their replacement as others overtake them.
        """
        for number in range(5):
            for _ in range(number + 1):
                self.send(mail(f"p{number}@example.org"))
        phones = {version: self.phone(version, "p" + version) for version in SINCE_14}
        for phone in phones.values():
            phone.prime(RI, max_items(2))
            self.assertEqual(set(self.held(phone)), {"p3@example.org", "p4@example.org"})
        for _ in range(9):
            self.send(mail("p0@example.org"))
        for phone in phones.values():
            phone.settle(RI)
            self.assertEqual(set(self.held(phone)), {"p0@example.org", "p4@example.org"})
            phone.settle(RI, max_items(4))
            self.assertEqual(len(self.held(phone)), 4)
            phone.settle(RI, max_items(1))
            self.assertEqual(set(self.held(phone)), {"p0@example.org"})

    def test_a_rank_that_grows_is_told(self) -> None:
        """An entry that is known comes as a Change with its new rank."""
        self.send(mail("mary@example.org"))
        phone = self.phone()
        phone.prime(RI)
        before = int(self.held(phone)["mary@example.org"].value(Contacts.WeightedRank, ""))
        self.send(mail("mary@example.org"))
        phone.settle(RI)
        (after,) = self.held(phone).values()
        self.assertGreater(int(after.value(Contacts.WeightedRank, "")), before)

    def estimate(self, phone: CheckedPhone, folder: FolderId, count: int | None) -> Element:
        """Ask GetItemEstimate; gives the Response."""
        limit = None if count is None else max_items(count)
        named = [
            Element(AirSync.SyncKey, phone.keys[folder]),
            Element(GetItemEstimate.CollectionId, folder),
            limit,
        ]
        document = Element(
            GetItemEstimate.GetItemEstimate,
            [Element(GetItemEstimate.Collections, [Element(GetItemEstimate.Collection, named)])],
        )
        (response,) = phone.ask("GetItemEstimate", document).children
        return response

    def test_estimates(self) -> None:
        """MS-ASCMD_R3263, MS-ASCMD_R3264: no more than MaxItems are counted."""
        for number in range(5):
            self.send(mail(f"p{number}@example.org"))
        phone = self.phone()
        phone.keys[RI] = "0"
        phone.sync(RI)
        for count, told in ((None, "5"), (3, "3"), (9, "5")):
            response = self.estimate(phone, RI, count)
            self.assertEqual(response.value(GetItemEstimate.Status), "1")
            collection = response.find(GetItemEstimate.Collection)
            assert collection is not None
            self.assertEqual(collection.value(GetItemEstimate.Estimate), told)

    def test_estimates_with_max_items_elsewhere(self) -> None:
        """MS-ASCMD_R3265, MS-ASCMD_R3269: status 2 for any other folder."""
        inbox = self.rig.folder(FolderKind.INBOX)
        phone = self.phone()
        phone.prime(inbox)
        response = self.estimate(phone, inbox, 3)
        self.assertEqual(response.value(GetItemEstimate.Status), "2")

    # What devices cannot do

    def statuses(self, phone: CheckedPhone, *wanted: Element) -> tuple[str | None, str | None]:
        """Sync commands up; gives the status of the whole and of the collection."""
        collection = phone.sync(RI, commands(*wanted))
        answer = phone.answer
        assert answer is not None
        told = None if collection is None else collection.value(AirSync.Status)
        return answer.value(AirSync.Status), told

    def test_nobody_else_changes_it(self) -> None:
        """MS-ASCMD_R756 (MS-ASCMD R754): status 4 for Add; Change and Delete fare the same."""
        self.send(mail("mary@example.org"))
        for version in SINCE_14:
            phone = self.phone(version, "p" + version)
            phone.prime(RI)
            (name,) = phone.items[RI]
            email = Element(Contacts.Email1Address, "x@example.org")
            for command in (asking.add("c", email), change(name, email), delete(name)):
                self.assertEqual(self.statuses(phone, command), ("4", None))
        self.assertEqual(list(self.entries()), ["mary@example.org"])

    def folder_command(self, phone: CheckedPhone, document: Element) -> str | None:
        """Post a command that changes folders; gives its status."""
        return phone.ask(document.tag.name, document).value(FolderHierarchy.Status)

    def test_folders(self) -> None:
        """MS-ASCMD_R81, MS-ASCMD_R5769, MS-ASCMD_R4016, MS-ASCMD_R100, MS-ASCMD_R101,
        MS-ASCMD_R4046, MS-ASCMD_R141, MS-ASCMD_R142, MS-ASCMD_R143, MS-ASCMD_R4103, MS-ASCMD_R4104:
        no second one, nothing below it, no change of it.
        """
        for version in SINCE_14:
            phone = self.phone(version, "p" + version)
            phone.folder_sync()
            key = phone.folder_key
            made = asking.folder_create(key, f"Mine {version}")
            own = phone.ask("FolderCreate", made)
            key, name = (
                own.value(FolderHierarchy.SyncKey, ""),
                own.value(FolderHierarchy.ServerId, ""),
            )
            self.assertNotEqual(
                self.folder_command(phone, asking.folder_create(key, "x", kind="19")), "1"
            )
            for document in (
                asking.folder_create(key, "x", parent=RI),
                asking.folder_create(key, "x", parent=RI, kind="14"),
                asking.folder_delete(key, RI),
                asking.folder_update(key, RI, "New name"),
                asking.folder_update(key, name, f"Mine {version}", parent=RI),
            ):
                self.assertEqual(self.folder_command(phone, document), "3", document)
        known = now(self.rig.mailbox().hierarchy()).standard(FolderKind.RECIPIENT_CACHE)
        assert known is not None
        self.assertEqual(known.name, "Recipient information")

    def operations(self, phone: CheckedPhone, operation: Element) -> Sequence[Element]:
        document = Element(ItemOperations.ItemOperations, [operation])
        answer = phone.ask("ItemOperations", document)
        response = answer.find(ItemOperations.Response)
        assert response is not None
        return response.children

    def test_item_operations_and_moves(self) -> None:
        """MS-ASCMD_R196: no Fetch, no EmptyFolderContents; nothing is moved out of it or in."""
        self.send(mail("mary@example.org"))
        phone = self.phone()
        phone.prime(RI)
        (name,) = phone.items[RI]
        fetch = Element(
            ItemOperations.Fetch,
            [
                Element(ItemOperations.Store, "Mailbox"),
                Element(AirSync.CollectionId, RI),
                Element(AirSync.ServerId, name),
            ],
        )
        empty = Element(ItemOperations.EmptyFolderContents, [Element(AirSync.CollectionId, RI)])
        for operation in (fetch, empty):
            (told,) = self.operations(phone, operation)
            self.assertNotEqual(told.value(ItemOperations.Status), "1", operation)
        contacts = self.rig.folder(FolderKind.CONTACTS)
        answer = phone.ask("MoveItems", asking.moves((name, RI, contacts)))
        self.assertNotEqual(answer.children[0].value(Move.Status), "3")
        self.assertEqual(list(self.entries()), ["mary@example.org"])

    def test_search_does_not_find_it(self) -> None:
        """MS-ASCMD R196: a search of the mailbox shows contacts, none of the cache."""
        self.send(mail("Mary <mary@example.org>"))
        query = Element(
            Search.And, [Element(AirSync.Class, "Contacts"), Element(Search.FreeText, "mary")]
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
        answer = self.phone().ask("Search", document)
        names = [one for one in _walk(answer) if one.tag is Search.LongId]
        self.assertEqual(names, [])


def _walk(element: Element) -> list[Element]:
    return [element, *(inner for child in element for inner in _walk(child))]


@pytest.mark.parametrize("age", [0.0, 1.0, 12.0])
def test_each_message_raises_a_rank(age: float) -> None:
    """Rank is the logarithm of a count that halves each month: two at once are one doubling."""
    first = raised(None, NOW)
    second = raised(first, NOW + age * HALF_LIFE_S)
    assert second > first
    assert second >= raised(None, NOW + age * HALF_LIFE_S)
    assert raised(first, NOW) - first == 1000
    assert raised(None, NOW + HALF_LIFE_S) - first == 1000
    assert -(2**31) < raised(second, 4e9) < 2**31

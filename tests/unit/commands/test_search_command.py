"""Search as devices use it, at every version."""

from dataclasses import replace

from carbonio_mobile.commands import search
from carbonio_mobile.eas.longid import LongId
from carbonio_mobile.eas.times import format_datetime
from carbonio_mobile.eas.version import OFFERED, Version
from carbonio_mobile.errors import ProtocolError, Unavailable
from carbonio_mobile.ids import FolderId, ItemId
from carbonio_mobile.wbxml import Element
from carbonio_mobile.wbxml.codepages import AirSync, AirSyncBase, Email
from carbonio_mobile.wbxml.codepages import Search as Page
from tests.unit.commands.calls import HTML_MAIL, INBOX, NOW, TRASH, CommandTests, text_mail


def words(text: str) -> Element:
    return Element(Page.FreeText, text)


def folder(folder_id: str) -> Element:
    return Element(AirSync.CollectionId, folder_id)


def request(
    *criteria: Element, options: tuple[Element, ...] = (), store: str = "Mailbox"
) -> Element:
    query = Element(Page.Query, [Element(Page.And, list(criteria))])
    children = [Element(Page.Name, store), query]
    if options:
        children.append(Element(Page.Options, list(options)))
    return Element(Page.Search, [Element(Page.Store, children)])


def bound(tag: str, seconds: float) -> Element:
    children = [Element(Email.DateReceived), Element(Page.Value, format_datetime(seconds))]
    return Element(Page.GreaterThan if tag == ">" else Page.LessThan, children)


class SearchTests(CommandTests):
    """Queries, folders, pages, faults."""

    def store(self, document: Element, version: Version = Version.V14_1) -> Element:
        answer = self.ask(search.respond, self.rig.call("Search", document, version))
        assert answer.document is not None
        self.assertEqual(answer.document.value(Page.Status), "1")
        response = answer.document.find(Page.Response)
        assert response is not None
        store = response.find(Page.Store)
        assert store is not None
        return store

    def found(self, document: Element, version: Version = Version.V14_1) -> list[str]:
        """Give the subjects of the results in their order."""
        store = self.store(document, version)
        self.assertEqual(store.value(Page.Status), "1")
        subjects = []
        for result in store.find_all(Page.Result):
            properties = result.find(Page.Properties)
            if properties is not None:
                subjects.append(properties.value(Email.Subject, ""))
        self.assertEqual(store.value(Page.Total), str(len(subjects)))
        return subjects

    def status(self, document: Element, version: Version = Version.V14_1) -> str | None:
        store = self.store(document, version)
        self.assertEqual(store.find_all(Page.Result), [])
        return store.value(Page.Status)

    def fill(self, count: int) -> list[ItemId]:
        return [
            self.rig.add(text_mail(f"apple {n}", "fruit"), received=NOW + n) for n in range(count)
        ]

    def test_words_are_found_at_every_version(self) -> None:
        """MS-ASCMD R3849, R5849: one Result for each match, newest first, with the item's data."""
        self.fill(2)
        for version in OFFERED[1:]:
            store = self.store(request(words("fruit apple")), version)
            results = store.find_all(Page.Result)
            self.assertEqual(len(results), 2)
            self.assertEqual(results[0].value(AirSync.Class), "Email")
            self.assertEqual(results[0].value(AirSync.CollectionId), INBOX)
            self.assertEqual(LongId.parse(results[0].value(Page.LongId, "")).folder, INBOX)
            self.assertEqual(store.value(Page.Range), "0-1")
            self.assertEqual(store.value(Page.Total), "2")
        self.assertEqual(self.found(request(words("fruit"))), ["apple 1", "apple 0"])

    def test_nothing_found(self) -> None:
        """MS-ASCMD R3850, R4319: success, an empty Result, a total of 0."""
        store = self.store(request(words("nothing")))
        self.assertEqual(store.value(Page.Status), "1")
        self.assertEqual(store.value(Page.Total), "0")
        (result,) = store.find_all(Page.Result)
        self.assertEqual(result.children, [])

    def test_bodies_come_as_asked(self) -> None:
        """Results honour body preferences as Sync does."""
        self.rig.add(HTML_MAIL)
        preference = Element(AirSyncBase.BodyPreference, [Element(AirSyncBase.Type, "2")])
        store = self.store(request(words("wine"), options=(preference,)))
        properties = store.find_all(Page.Result)[0].find(Page.Properties)
        assert properties is not None
        body = properties.find(AirSyncBase.Body)
        assert body is not None
        self.assertIn("<p>Wine and cheese</p>", body.value(AirSyncBase.Data, ""))

    def test_folders_and_deep_traversal(self) -> None:
        """MS-ASCMD R2031, R2146: the folders named, their subfolders only with DeepTraversal."""
        sub = self.rig.folder("Sub", parent=INBOX)
        deeper = self.rig.folder("Deeper", parent=sub)
        for name, where in (("in", INBOX), ("sub", sub), ("deeper", deeper), ("trash", TRASH)):
            self.rig.add(text_mail(name, "fruit"), where)
        deep = (Element(Page.DeepTraversal),)
        self.assertEqual(self.found(request(words("fruit"), folder(INBOX))), ["in"])
        found = self.found(request(words("fruit"), folder(INBOX), options=deep))
        self.assertEqual(set(found), {"in", "sub", "deeper"})
        both = request(words("fruit"), folder(sub), folder(TRASH))
        self.assertEqual(set(self.found(both)), {"sub", "trash"})
        for everywhere in (request(words("fruit")), request(words("fruit"), folder("0"))):
            self.assertEqual(len(self.found(everywhere)), 4)

    def test_folders_that_are_gone_or_hold_no_mail(self) -> None:
        """Status 11 sends the device to FolderSync; a calendar holds no mail to find."""
        self.assertEqual(self.status(request(words("x"), folder("4711"))), "11")
        self.assertEqual(self.found(request(words("x"), folder("10"))), [])

    def test_dates_bound_the_search(self) -> None:
        """GreaterThan and LessThan bound the time of receipt."""
        self.fill(4)
        between = request(words("fruit"), bound(">", NOW), bound("<", NOW + 3))
        self.assertEqual(self.found(between), ["apple 2", "apple 1"])
        self.assertEqual(self.found(request(bound(">", NOW + 2))), ["apple 3"])

    def test_conversation(self) -> None:
        """MS-ASCMD R2086: the messages of one conversation, from 14.0 on."""
        item = self.rig.add(HTML_MAIL)
        self.fill(1)
        mail = self.rig.read(INBOX, item)
        assert mail is not None
        asked = request(Element(Page.ConversationId, mail.record.conversation_id))
        for version in OFFERED[3:]:
            self.assertEqual(self.found(asked, version), ["Plans"])
        self.assertEqual(self.status(asked, Version.V12_1), "2")

    def test_pages(self) -> None:
        """MS-ASCMD R3725, R3737: the rows asked for, told in Range, of Total."""
        self.fill(5)

        def page(rows: str) -> tuple[str | None, str | None, int]:
            store = self.store(request(words("fruit"), options=(Element(Page.Range, rows),)))
            results = len(store.find_all(Page.Result))
            return store.value(Page.Range), store.value(Page.Total), results

        self.assertEqual(page("0-1"), ("0-1", "5", 2))
        self.assertEqual(page("3-9"), ("3-4", "5", 2))
        self.assertEqual(page("0-0"), ("0-0", "5", 1))

    def test_pages_beyond_the_end(self) -> None:
        """MS-ASCMD R3736: Status 12 beyond the limit and past the last match."""
        self.fill(1)
        for rows in ("0-100", "100-101", "5-6"):
            asked = request(words("fruit"), options=(Element(Page.Range, rows),))
            self.assertEqual(self.status(asked), "12")

    def test_an_answer_has_its_size(self) -> None:
        """Rows that would burst the answer wait for the next page; at least one comes."""
        self.fill(4)
        self.rig.bounds = replace(self.rig.bounds, response_bytes=1)
        store = self.store(request(words("fruit")))
        self.assertEqual(store.value(Page.Range), "0-0")
        self.assertEqual(store.value(Page.Total), "4")

    def test_classes(self) -> None:
        """MS-ASCMD R920, R922: mail is found where mail is asked for or nothing said."""
        self.fill(1)
        self.assertEqual(
            len(self.found(request(words("fruit"), Element(AirSync.Class, "Email")))), 1
        )
        self.assertEqual(self.found(request(words("fruit"), Element(AirSync.Class, "Tasks"))), [])
        self.assertEqual(self.status(request(words("x"), Element(AirSync.Class, "Cats"))), "2")

    def test_criteria_outside_of_and(self) -> None:
        """MS-ASCMD R923, R2032, R2086, R3105: Status 8, too complex."""
        for tag in (Page.FreeText, AirSync.Class, AirSync.CollectionId, Page.ConversationId):
            query = Element(Page.Query, [Element(Page.And, [words("x")]), Element(tag, "Email")])
            store = Element(Page.Store, [Element(Page.Name, "Mailbox"), query])
            self.assertEqual(self.status(Element(Page.Search, [store])), "8")
        self.assertEqual(self.status(request(Element(Page.Or, [words("x")]))), "8")

    def test_invalid_queries(self) -> None:
        """Status 2: properties of a class (MS-ASEMAIL R68), bad bounds and ranges, no criterion."""
        part = Element(
            AirSyncBase.BodyPartPreference,
            [Element(AirSyncBase.Type, "2"), Element(AirSyncBase.TruncationSize, "9")],
        )
        subject = Element(Email.Subject, "x")
        bad_time = Element(
            Page.LessThan, [Element(Email.DateReceived), Element(Page.Value, "yesterday")]
        )
        no_property = Element(Page.LessThan, [Element(Page.Value, format_datetime(NOW))])
        for asked in (
            request(),
            request(words("   ")),
            request(words("x"), subject),
            request(words("x"), options=(subject,)),
            request(words("x"), bad_time),
            request(words("x"), no_property),
            request(words("x"), options=(Element(Page.Range, "5-1"),)),
            request(words("x"), options=(Element(Page.Range, "all"),)),
            request(words("x"), options=(part,)),  # MS-ASAIRS R10011
            Element(Page.Search, [Element(Page.Store, [Element(Page.Name, "Mailbox")])]),
            request(words("x"), store="Attic"),
        ):
            self.assertEqual(self.status(asked), "2")

    def test_stores_that_do_not_exist_here(self) -> None:
        """Document libraries are refused, not answered as if they were empty."""
        self.assertEqual(self.status(request(words("x"), store="DocumentLibrary")), "13")

    def test_a_store_that_fails(self) -> None:
        """MS-ASCMD R4321: the command's own status is 1 or 3."""

        async def failing(*_: object, **__: object) -> object:
            raise Unavailable("busy")

        self.patch(self.rig.mailbox, "search", failing)
        answer = self.ask(search.respond, self.rig.call("Search", request(words("x"))))
        assert answer.document is not None
        self.assertEqual(answer.document.value(Page.Status), "3")

    def test_no_search_at_all(self) -> None:
        """What names no store is outside of the protocol."""
        for document in (None, Element(Page.Search), Element(AirSync.Sync)):
            self.fails(search.respond, self.rig.call("Search", document), ProtocolError)

    def test_hits_that_vanish_are_left_out(self) -> None:
        """A message deleted between search and reading does not spoil the answer."""
        self.fill(2)
        mailbox = self.rig.mailbox
        before = mailbox.search

        async def racing(query: object, *, offset: int, limit: int) -> object:
            hits = await before(query, offset=offset, limit=limit)  # type: ignore[arg-type]
            return replace(hits, hits=(*hits.hits, (FolderId(INBOX), ItemId(999))))

        self.patch(mailbox, "search", racing)
        store = self.store(request(words("fruit")))
        self.assertEqual(len(store.find_all(Page.Result)), 2)

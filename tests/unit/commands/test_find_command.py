"""Find, and the query language it takes."""

import pytest

from carbonio_mobile.commands import find, kql
from carbonio_mobile.commands.kql import Term
from carbonio_mobile.eas.version import OFFERED, Version
from carbonio_mobile.errors import ProtocolError
from carbonio_mobile.ids import ServerId
from carbonio_mobile.mime.record import MessageRecord
from carbonio_mobile.wbxml import Element
from carbonio_mobile.wbxml.codepages import AirSync, Email, Email2
from carbonio_mobile.wbxml.codepages import Find as Page
from tests.unit.commands.calls import HTML_MAIL, INBOX, NOW, TRASH, CommandTests, text_mail


def request(
    text: str,
    *query: Element,
    rows: str = "",
    search_id: str = "s1",
    options: tuple[Element, ...] = (),
) -> Element:
    children = [Element(Page.FreeText, text), *query]
    chosen = [*([Element(Page.Range, rows)] if rows else []), *options]
    criterion = Element(
        Page.MailBoxSearchCriterion,
        [
            Element(Page.Query, children),
            Element(Page.Options, chosen) if chosen else None,
        ],
    )
    return Element(
        Page.Find,
        [Element(Page.SearchId, search_id), Element(Page.ExecuteSearch, [criterion])],
    )


class FindTests(CommandTests):
    """Searches, pages, faults."""

    def response(self, document: Element, version: Version = Version.V16_1) -> Element:
        call = self.rig.call("Find", document, version)
        answer = self.ask(find.respond, call, checked=version is Version.V16_1)
        assert answer.document is not None
        self.assertEqual(answer.document.value(Page.Status), "1")
        response = answer.document.find(Page.Response)
        assert response is not None
        return response

    def found(self, document: Element, version: Version = Version.V16_1) -> list[str]:
        response = self.response(document, version)
        self.assertEqual(response.value(Page.Status), "1")
        subjects = []
        for result in response.find_all(Page.Result):
            properties = result.find(Page.Properties)
            assert properties is not None
            subjects.append(properties.value(Email.Subject, ""))
        return subjects

    def fill(self, count: int) -> None:
        for n in range(count):
            self.rig.add(text_mail(f"apple {n}", "fruit"), received=NOW + n)

    def test_found_in_the_whole_mailbox_at_any_version(self) -> None:
        """Client quirk: iOS asks Find at 14.1 too, and without a folder; each hit names its own."""
        item = self.rig.add(HTML_MAIL, TRASH)
        for version in OFFERED:
            response = self.response(request("wine cheese"), version)
            (result,) = response.find_all(Page.Result)
            self.assertEqual(result.value(AirSync.ServerId), str(ServerId(TRASH, item)))
            self.assertEqual(result.value(AirSync.CollectionId), TRASH)
            self.assertEqual(response.value(Page.Range), "0-0")
            self.assertEqual(response.value(Page.Total), "1")
            properties = result.find(Page.Properties)
            assert properties is not None
            self.assertEqual(properties.value(Page.HasAttachments), "1")
            self.assertEqual(properties.value(Page.DisplayCc), "Bob")
            self.assertEqual(properties.has(Email2.IsDraft), version >= Version.V16_0)

    def test_nothing_found(self) -> None:
        """MS-ASCMD R38391805: no Result, no Range."""
        response = self.response(request("nothing"))
        self.assertEqual(response.value(Page.Status), "1")
        self.assertEqual(response.value(Page.Total), "0")
        self.assertFalse(response.has(Page.Result))
        self.assertFalse(response.has(Page.Range))

    def test_words_in_certain_properties(self) -> None:
        """``subject:`` and ``from:`` find what stands there, not elsewhere."""
        self.rig.add(text_mail("Pears", "apples"))
        self.rig.add(text_mail("Apples", "pears", "From: Peary <p@example.net>"))
        self.assertEqual(self.found(request("subject:pears")), ["Pears"])
        self.assertEqual(self.found(request("from:peary")), ["Apples"])
        self.assertEqual(self.found(request('subject:"apples" from:mary')), [])

    def test_alternatives_are_joined_newest_first(self) -> None:
        """Either side of OR matches; a message that meets both comes once."""
        for n, subject in enumerate(("red", "green", "blue", "red green")):
            self.rig.add(text_mail(subject, "x"), received=NOW + n)
        self.assertEqual(self.found(request("red OR green")), ["red green", "green", "red"])
        self.assertEqual(
            self.found(request("subject:blue OR subject:red")), ["red green", "blue", "red"]
        )
        self.assertEqual(self.found(request("red OR green", rows="0-1")), ["red green", "green"])

    def test_folders(self) -> None:
        """The folder named, its subfolders with DeepTraversal."""
        sub = self.rig.folder("Sub", parent=INBOX)
        self.rig.add(text_mail("in", "fruit"))
        self.rig.add(text_mail("sub", "fruit"), sub)
        inbox = Element(AirSync.CollectionId, INBOX)
        self.assertEqual(self.found(request("fruit", inbox)), ["in"])
        deep = (Element(Page.DeepTraversal),)
        self.assertEqual(set(self.found(request("fruit", inbox, options=deep))), {"in", "sub"})

    def test_a_folder_that_is_gone(self) -> None:
        """Find Status 3 sends the device to FolderSync."""
        call = self.rig.call(
            "Find", request("x", Element(AirSync.CollectionId, "4711")), Version.V16_1
        )
        answer = self.ask(find.respond, call)
        assert answer.document is not None
        self.assertEqual(answer.document.value(Page.Status), "3")

    def test_other_classes_hold_nothing(self) -> None:
        """Mail alone is searched."""
        self.fill(1)
        self.assertEqual(self.found(request("fruit", Element(AirSync.Class, "Calendar"))), [])
        self.assertEqual(self.found(request("fruit", Element(AirSync.Class, "Email"))), ["apple 0"])

    def test_paging_starts_at_row_0(self) -> None:
        """MS-ASCMD R3707101814: later rows only under the id of the search that began at 0."""
        self.fill(5)
        self.assertEqual(self.response(request("fruit", rows="2-3")).value(Page.Status), "4")
        first = self.response(request("fruit", rows="0-1"))
        self.assertEqual((first.value(Page.Range), first.value(Page.Total)), ("0-1", "5"))
        self.assertEqual(self.found(request("fruit", rows="2-3")), ["apple 2", "apple 1"])
        other = request("fruit", rows="2-3", search_id="s2")
        self.assertEqual(self.response(other).value(Page.Status), "4")
        past = self.response(request("fruit", rows="50-60"))
        self.assertEqual((past.value(Page.Status), past.value(Page.Total)), ("1", "5"))

    def test_invalid_requests(self) -> None:
        """Status 2 under Response: no words, bad range or class, no query."""
        bare = Element(Page.ExecuteSearch, [Element(Page.MailBoxSearchCriterion)])
        for document in (
            request(""),
            request('""'),
            request("x", rows="3-1"),
            request("x", rows="0-1000"),
            request("x", Element(AirSync.Class, "Cats")),
            Element(Page.Find, [Element(Page.SearchId, "s"), bare]),
        ):
            self.assertEqual(self.response(document).value(Page.Status), "2")

    def test_no_search_at_all(self) -> None:
        """What does not say what to search is outside of the protocol."""
        for document in (
            None,
            Element(AirSync.Sync),
            Element(Page.Find),
            Element(Page.Find, [Element(Page.SearchId, "s")]),
            Element(Page.Find, [Element(Page.SearchId, "s"), Element(Page.ExecuteSearch)]),
        ):
            self.fails(find.respond, self.rig.call("Find", document), ProtocolError)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("red wine", ((Term("red"), Term("wine")),)),
        ('"red wine"', ((Term("red wine"),),)),
        ('subject:"red wine" x', ((Term("red wine", "subject"), Term("x")),)),
        ("From:mary", ((Term("mary", "from_"),),)),
        ("kind:email", ((Term("email"),),)),
        ("a subject:b OR to:c", ((Term("a"), Term("b", "subject")), (Term("c", "to"),))),
        ("(a OR b) AND c*", ((Term("a"),), (Term("b"), Term("c")))),
        ("OR OR", ()),
        ('"unfinished', ((Term("unfinished"),),)),
        ("http://x/y", ((Term("//x/y"),),)),
        ("", ()),
    ],
)
def test_kql(text: str, expected: tuple[tuple[Term, ...], ...]) -> None:
    """Words, phrases, properties and alternatives are read, all else is words."""
    assert kql.parse(text) == expected


def test_alternatives_are_bounded() -> None:
    """A query cannot make more searches than a few."""
    assert len(kql.parse(" OR ".join("abcdefghijkl"))) == kql.ALTERNATIVES_MAX


def test_terms_match_without_case() -> None:
    """A term with a property looks into that property alone."""
    record = MessageRecord(subject="Red Wine", from_='"Mary" <m@x>')
    assert Term("red wine", "subject").met_by(record)
    assert not Term("mary", "subject").met_by(record)
    assert Term("anything").met_by(record)

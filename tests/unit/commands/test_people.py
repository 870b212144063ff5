"""People in Search and Find, at every version."""

from base64 import b64encode
from collections.abc import Iterator

import pytest
from twisted.trial.unittest import SynchronousTestCase

from carbonio_mobile.errors import Unavailable
from carbonio_mobile.testing.rig import Rig
from carbonio_mobile.wbxml import Element
from carbonio_mobile.wbxml.codepages import GAL, AirSync, Find, ItemOperations, Search
from tests.unit.commands.checked import CheckedPhone, checked_phone

ALL_VERSIONS = ("2.5", "12.0", "12.1", "14.0", "14.1", "16.0", "16.1")
WITH_PICTURES = ("14.1", "16.0", "16.1")
MARY = {
    "displayName": "Mary Doe",
    "givenName": "Mary",
    "sn": "Doe",
    "telephoneNumber": "+1 1",
    "homePhone": "+1 2",
    "mobile": "+1 3",
    "physicalDeliveryOfficeName": "Room 4",
    "title": "Manager",
    "company": "ACME",
}
SHOWN = {
    GAL.DisplayName: "Mary Doe",
    GAL.Phone: "+1 1",
    GAL.Office: "Room 4",
    GAL.Title: "Manager",
    GAL.Company: "ACME",
    GAL.Alias: "mary",
    GAL.FirstName: "Mary",
    GAL.LastName: "Doe",
    GAL.HomePhone: "+1 2",
    GAL.MobilePhone: "+1 3",
    GAL.EmailAddress: "mary@example.com",
}


def options(page: type, rows: str, picture: tuple[int | None, int | None] | None) -> Element | None:
    """Options of a search: a range, and MaxSize and MaxPictures of pictures."""
    wanted = None
    if picture is not None:
        size, count = picture
        wanted = Element(
            page.Picture,  # type: ignore[attr-defined]
            [
                Element(page.MaxSize, str(size)) if size is not None else None,  # type: ignore[attr-defined]
                Element(page.MaxPictures, str(count)) if count is not None else None,  # type: ignore[attr-defined]
            ],
        )
    chosen = [Element(page.Range, rows) if rows else None, wanted]  # type: ignore[attr-defined]
    return Element(page.Options, chosen) if any(chosen) else None  # type: ignore[attr-defined]


def search(
    text: str | None, *, rows: str = "", picture: tuple[int | None, int | None] | None = None
) -> Element:
    """Search the GAL."""
    store = [
        Element(Search.Name, "GAL"),
        None if text is None else Element(Search.Query, text),
        options(Search, rows, picture),
    ]
    return Element(Search.Search, [Element(Search.Store, store)])


def find(
    text: str,
    *,
    rows: str = "",
    picture: tuple[int | None, int | None] | None = None,
    search_id: str = "s1",
) -> Element:
    """Find people."""
    criterion = Element(
        Find.GalSearchCriterion, [Element(Find.Query, text), options(Find, rows, picture)]
    )
    execute = Element(Find.ExecuteSearch, [criterion])
    return Element(Find.Find, [Element(Find.SearchId, search_id), execute])


def store_of(phone: CheckedPhone, document: Element, status: str = "1") -> Element:
    """Give the Store of an answer to Search."""
    answer = phone.ask("Search", document)
    assert answer.value(Search.Status) == ("3" if status == "3" else "1")
    response = answer.find(Search.Response)
    assert response is not None
    store = response.find(Search.Store)
    assert store is not None
    assert store.value(Search.Status) == status
    return store


def response_of(phone: CheckedPhone, document: Element, status: str = "1") -> Element:
    """Give the Response of an answer to Find; tags below 16.1 are not looked at, see quirks."""
    answer = phone.ask("Find", document) if phone.version == "16.1" else _unchecked(phone, document)
    assert answer.value(Find.Status) == "1"
    response = answer.find(Find.Response)
    assert response is not None
    assert response.value(Find.Status) == status
    assert response.value(ItemOperations.Store) == "Mailbox"
    return response


def _unchecked(phone: CheckedPhone, document: Element) -> Element:
    answer = phone.rig.post("Find", document, version=phone.version, device=phone.device)
    assert answer is not None
    return answer


def properties(parent: Element, page: type) -> Iterator[Element]:
    """Give the properties of each result that has some."""
    for result in parent.find_all(page.Result):  # type: ignore[attr-defined]
        found = result.find(page.Properties)  # type: ignore[attr-defined]
        if found is not None:
            yield found


def names(parent: Element, page: type) -> list[str]:
    return [each.value(GAL.DisplayName, "") for each in properties(parent, page)]


def pictures(parent: Element, page: type) -> list[tuple[str, bytes]]:
    """Give status and octets of each picture."""
    found = []
    for each in properties(parent, page):
        picture = each.find(GAL.Picture)
        assert picture is not None
        data = picture.find(GAL.Data)
        found.append((picture.value(GAL.Status, ""), b"" if data is None else data.octets))
    return found


class PeopleTests(SynchronousTestCase):
    """Who is found, with what, in which order."""

    def setUp(self) -> None:
        self.rig = Rig()
        self.rig.accounts.set_attributes(self.rig.account, displayName="John Doe")
        self.mary = self.rig.accounts.add("mary@example.com", "demo-mary", **MARY)

    def phone(self, version: str = "16.1") -> CheckedPhone:
        return checked_phone(self.rig, version)

    def fill(self, count: int) -> None:
        for n in range(count):
            name = f"Crowd {n:03}"
            self.rig.accounts.add(f"c{n}@example.com", "demo-crowd", displayName=name)

    def photos(self, *photos: bytes) -> None:
        """Make people with these photos, in their order."""
        for n, photo in enumerate(photos):
            given = {"jpegPhoto": b64encode(photo).decode()} if photo else {}
            self.rig.accounts.add(
                f"p{n}@example.com", "demo-photo", displayName=f"Photo {n}", **given
            )

    def test_search_gives_all_that_is_known_and_nothing_empty(self) -> None:
        """MS-ASCMD R417, R5711, R3691, R3692, R5286, R5287, R5293, R5300, R5316, R5323, R5330,
        R5337, R5353, R5360, R5361, R5368, R5391: in every version.
        """
        for version in ALL_VERSIONS:
            store = store_of(self.phone(version), search("doe"))
            john, mary = properties(store, Search)
            self.assertEqual({child.tag: child.string for child in mary}, SHOWN)
            self.assertEqual(
                {child.tag for child in john}, {GAL.DisplayName, GAL.Alias, GAL.EmailAddress}
            )
            (first, _) = store.find_all(Search.Result)
            self.assertEqual([child.tag for child in first], [Search.Properties])

    def test_find_gives_all_that_is_known(self) -> None:
        """MS-ASCMD R10031997, R1002501, R61641061, R61641062, R63510605, R65590806, R6865101723,
        R69581706, R45251807, R70481805; client quirk: iOS asks at 14.x too.
        """
        for version in ("14.0", "14.1", "16.0", "16.1"):
            response = response_of(self.phone(version), find("mary"))
            (mary,) = properties(response, Find)
            self.assertEqual({child.tag: child.string for child in mary}, SHOWN)
            (result,) = response.find_all(Find.Result)
            self.assertFalse(result.has(AirSync.ServerId))

    def test_search_matches_beginnings(self) -> None:
        """MS-ASCMD R3698, R3699: each property of ambiguous name resolution, whatever the case."""
        phone = self.phone()
        for text, found in (
            ("MARY", ["Mary Doe"]),
            ("mary@ex", ["Mary Doe"]),
            ("do", ["John Doe", "Mary Doe"]),
            ("oe", []),
            ("ACME", []),
        ):
            self.assertEqual(names(store_of(phone, search(text)), Search), found)
            self.assertEqual(names(response_of(phone, find(text)), Find), found)

    def test_nobody_found(self) -> None:
        """MS-ASCMD R3850, R38391805: an empty Result in Search, none in Find."""
        for version in ALL_VERSIONS:
            store = store_of(self.phone(version), search("nobody"))
            self.assertEqual([list(each) for each in store.find_all(Search.Result)], [[]])
            self.assertEqual(store.value(Search.Total), "0")
            self.assertFalse(store.has(Search.Range))
        response = response_of(self.phone(), find("nobody"))
        self.assertFalse(response.has(Find.Result))
        self.assertEqual(response.value(Find.Total), "0")

    def test_pages_of_search(self) -> None:
        """MS-ASCMD R416, R426, R431, R3725, R3729, R3735, R3736, R4531, R4636, R4638: by display
        name, at most 100.
        """
        self.fill(120)
        phone = self.phone()
        self.rig.accounts.set_domain_attributes("example.com", zimbraGalMaxResults="1000")
        crowd = [f"Crowd {n:03}" for n in range(120)]
        for rows, shown, told in (
            ("", crowd[:100], "0-99"),
            ("0-99", crowd[:100], "0-99"),
            ("0-0", crowd[:1], "0-0"),
            ("10-19", crowd[10:20], "10-19"),
        ):
            store = store_of(phone, search("crowd", rows=rows))
            self.assertEqual(names(store, Search), shown)
            self.assertEqual(store.value(Search.Range), told)
            self.assertEqual(store.value(Search.Total), "120")
        store = store_of(phone, search("mary", rows="0-9"))
        self.assertEqual((store.value(Search.Range), store.value(Search.Total)), ("0-0", "1"))
        for rows in ("0-100", "100-199"):
            store_of(phone, search("crowd", rows=rows), status="12")
        store_of(phone, search("mary", rows="5-9"), status="12")

    def test_pages_of_find(self) -> None:
        """MS-ASCMD R10031995, R10031996, R131999, R132000, R132004, R37071811, R37071812,
        R37071816, R3707101814: rows 0 to 999, under one id, beginning with 0.
        """
        self.fill(120)
        self.rig.accounts.set_domain_attributes("example.com", zimbraGalMaxResults="1000")
        phone = self.phone()
        response_of(phone, find("crowd", rows="100-199"), status="4")
        response = response_of(phone, find("crowd"))
        self.assertEqual(response.value(Find.Range), "0-99")
        self.assertEqual(response.value(Find.Total), "120")
        self.assertEqual(names(response, Find), [f"Crowd {n:03}" for n in range(100)])
        response = response_of(phone, find("crowd", rows="100-199"))
        self.assertEqual(response.value(Find.Range), "100-119")
        self.assertEqual(names(response, Find), [f"Crowd {n:03}" for n in range(100, 120)])
        response_of(phone, find("crowd", rows="5-9", search_id="s2"), status="4")
        for rows in ("0-1000", "9-5", "all"):
            response_of(phone, find("crowd", rows=rows), status="2")
        response = response_of(phone, find("crowd", rows="0-999"))
        self.assertEqual(response.value(Find.Range), "0-99")

    def test_pictures_of_search(self) -> None:
        """MS-ASCMD R3294, R3295, R3296, R3297, R3311, R2135, R3674, R4315, R4371, R4375, R1470,
        R2380, R2381, R2383: as many, and as large, as the device wants.
        """
        self.photos(b"", b"one", b"much too large", b"two", b"six")
        self.both(
            ((None, None), ["173", "1", "1", "1", "1"]),
            ((5, None), ["173", "1", "174", "1", "1"]),
            ((None, 1), ["173", "1", "175", "175", "175"]),
            ((5, 2), ["173", "1", "174", "1", "175"]),
            ((5, 0), ["173", "175", "174", "175", "175"]),
            ((0, None), ["173", "174", "174", "174", "174"]),
        )

    def both(self, *rows: tuple[tuple[int | None, int | None], list[str]]) -> None:
        """MS-ASCMD R32831607 to R32831610, R33001609, R33001610, R36691708, R36691709, R36691711,
        R21270702: Find as Search.
        """
        photos = (b"", b"one", b"much too large", b"two", b"six")
        for picture, expected in rows:
            shown = [photo if s == "1" else b"" for s, photo in zip(expected, photos, strict=True)]
            wanted = list(zip(expected, shown, strict=True))
            for version in WITH_PICTURES:
                store = store_of(self.phone(version), search("photo", picture=picture))
                self.assertEqual(pictures(store, Search), wanted)
            for version in ("14.1", "16.1"):
                response = response_of(self.phone(version), find("photo", picture=picture))
                self.assertEqual(pictures(response, Find), wanted)

    def test_pictures_of_find(self) -> None:
        """MS-ASCMD R32831607, R32831608, R32831609, R32831610, R33001609, R33001610, R36691708,
        R36691709, R36691711, R21270702: the first that have one, one here.
        """
        self.photos(b"", b"one", b"much too large", b"two", b"six")
        self.both(((5, 1), ["173", "1", "174", "175", "175"]))

    def test_pictures_are_not_asked_for_in_older_versions(self) -> None:
        """MS-ASCMD R6778, R6779, R6971, R6972, R7273: no Picture below 14.1, nor without asking."""
        self.photos(b"one")
        for version in ("2.5", "12.0", "12.1", "14.0"):
            store = store_of(self.phone(version), search("photo", picture=(None, None)))
            self.assertFalse(next(properties(store, Search)).has(GAL.Picture))
        response = response_of(self.phone("14.0"), find("photo", picture=(None, None)))
        self.assertFalse(next(properties(response, Find)).has(GAL.Picture))
        store = store_of(self.phone(), search("photo"))
        self.assertFalse(next(properties(store, Search)).has(GAL.Picture))

    def test_all_pictures_together_have_a_bound(self) -> None:
        """What does not fit into an answer is answered as a limit that was reached."""
        self.photos(b"x" * 900_000, *[b"y" * 900_000] * 4)
        store = store_of(self.phone(), search("photo", picture=(None, None)))
        given = [status for status, _ in pictures(store, Search)]
        self.assertEqual(given, ["1"] * 4 + ["175"])

    def test_invalid_searches(self) -> None:
        """MS-ASCMD status 2 of Search and Find: nothing to look for, unusable numbers."""
        phone = self.phone()
        for document in (
            search(None),
            search(""),
            search("  "),
            search("x", rows="9-5"),
            search("x", rows="all"),
            search("x", picture=(-1, None)),
        ):
            store_of(phone, document, status="2")
        for document in (find(""), find(" "), find("x", picture=(None, -1))):
            response_of(phone, document, status="2")

    def test_a_text_wrapped_as_for_mail_is_understood(self) -> None:
        """The Query of Find holds a text; one in FreeText is no less a text."""
        wrapped = Element(Find.Query, [Element(Find.FreeText, "mary")])
        execute = Element(Find.ExecuteSearch, [Element(Find.GalSearchCriterion, [wrapped])])
        document = Element(Find.Find, [Element(Find.SearchId, "s"), execute])
        self.assertEqual(names(response_of(self.phone(), document), Find), ["Mary Doe"])

    def test_who_may_not_look_finds_nobody(self) -> None:
        """zimbraFeatureGalEnabled of the account decides."""
        self.rig.accounts.set_attributes(self.rig.account, zimbraFeatureGalEnabled="FALSE")
        self.assertEqual(names(store_of(self.phone(), search("mary")), Search), [])
        self.assertEqual(names(response_of(self.phone(), find("mary")), Find), [])

    def test_a_directory_that_fails(self) -> None:
        """MS-ASCMD R4321: Search says it in both places."""

        async def failing(*_: object, **__: object) -> object:
            raise Unavailable("busy")

        self.patch(self.rig.services.directory, "search", failing)
        store_of(self.phone(), search("mary"), status="3")


@pytest.mark.parametrize("version", ALL_VERSIONS)
def test_foreign_folders_stay_out(version: str) -> None:
    """People of other domains are not found."""
    rig = Rig()
    rig.accounts.add("mary@example.net", "demo-mary", displayName="Mary")
    store = store_of(checked_phone(rig, version), search("mary"))
    assert names(store, Search) == []

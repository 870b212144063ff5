"""Searches over a whole connection: what clients really send, limits, pages, order, views.

The answers are read by another codec than the one that wrote them (ldaptor).
Spec: ../shared/ldap/outlook-and-peers.md 2.3, 3, 4, 6; RFC 2696, 2891, virtual list view draft 9.
"""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from ldaptor.protocols import pureldap

from carbonio_mobile.errors import Unavailable
from carbonio_mobile.ldap import controls as written
from carbonio_mobile.ldap import oids
from carbonio_mobile.ldap.requests import Control
from carbonio_mobile.ldap.results import Result
from carbonio_mobile.ldapserver.limits import DEFAULT_LIMITS
from tests.unit.ldapserver.rig import GAL, PICTURE, Client, Rig, person, search

Given = tuple[str, bool, bytes]

OUTLOOK = "(&(mail=*)(|(mail={0}*)(|(cn={0}*)(|(sn={0}*)(givenName={0}*)))))"
OUTLOOK_ASKS = [
    b"cn", b"commonName", b"mail", b"roleOccupant", b"display-name", b"displayname", b"sn",
    b"surname", b"co", b"organizationName", b"o", b"givenName", b"legacyExchangeDN",
    b"objectClass", b"uid", b"mailNickname", b"title", b"company", b"physicalDeliveryOfficeName",
    b"telephoneNumber",
]  # fmt: skip
THUNDERBIRD = "(&(objectClass=*)(|(cn={0}*)(mail={0}*)(sn={0}*)))"
WINDOW = (
    "(&(objectClass=*)(&(|(cn=*{0}*)(givenName=*{0}*)(sn=*{0}*)(mozillaNickname=*{0}*)"
    "(mail=*{0}*)(mozillaSecondEmail=*{0}*)(&(description=*{0}*))(o=*{0}*)(ou=*{0}*)"
    "(title=*{0}*))))"
)
APPLE = "(|(givenname={0})(sn={0})(cn={0})(mail={0}))"


def given(*controls: Control) -> list[Given]:
    """Write controls as ldaptor takes them."""
    return [(each.oid, each.critical, each.value or b"") for each in controls]


def names(entries: Sequence[pureldap.LDAPSearchResultEntry]) -> list[str]:
    """Give the first part of each entry's name."""
    return [bytes(each.objectName).decode().partition(",")[0] for each in entries]


def values(entry: pureldap.LDAPSearchResultEntry) -> dict[str, list[bytes]]:
    """Give an entry's attributes."""
    return {name.decode(): list(held) for name, held in entry.attributes}


@pytest.mark.parametrize(
    ("filter_text", "count"),
    [
        (OUTLOOK.format("joh"), 10),
        (OUTLOOK.format("JOH1"), 3),
        (OUTLOOK.format("mar1@example.com"), 1),
        ("(&(|(mail=z*)(cn=z*)(sn=z*)(givenName=z*)(displayName=z*)))", 10),
        ("(anr=joh)", 10),
        ("(anr=zo ex)", 10),
        (THUNDERBIRD.format("mar"), 10),
        (WINDOW.format("mple 0001"), 1),
        ("(&(objectClass=*)(|(cn=joh*0003*)(mail=joh*0003*)(sn=joh*0003*)))", 1),
        (APPLE.format("Zo"), 10),
        ("(|(cn=*x*)(sn=*x*)(telephoneNumber=*0012*))", 30),
        ("(telephoneNumber=*4000012*)", 1),
        ("(objectclass=*)", 32),
        ("(!(cn=*))", 2),
        ("(unknownAttribute=x)", 0),
        ("(!(unknownAttribute=x))", 0),
        ("(cn~=joh example 0000)", 1),
        ("(cn:caseIgnoreMatch:=JOH  EXAMPLE 0000)", 1),
        ("(cn>=zo)", 10),
        ("(sn<=example 0004)", 5),
        ("(jpegPhoto=*)", 3),
    ],
)
def test_filters(filter_text: str, count: int) -> None:
    """From the empty base everything is reached that is shown, containers and suffix as well."""
    client = Rig().bound()
    entries, done = client.search(filter_text)
    assert done.code == 0
    assert len(entries) == count


@pytest.mark.parametrize(
    ("made", "count"), [(pureldap.LDAPFilter_and, 32), (pureldap.LDAPFilter_or, 0)]
)
def test_true_and_false(made: type, count: int) -> None:
    """A filter without parts (RFC 4526)."""
    client = Rig().bound()
    request = search()
    request.filter = made([])
    number = client.send(request)
    told = [each for each in client.all_answers() if each.number == number]
    assert (len(told) - 1, told[-1].code) == (count, 0)


@pytest.mark.parametrize(
    ("base", "scope", "count"),
    [
        ("", 1, 32), ("", 2, 32), ("o=addressbook", 2, 32), ("O=AddressBook", 1, 31), (GAL, 2, 31),
        (GAL, 1, 30), (GAL, 0, 1), (f"uid=u0001,{GAL}", 0, 1), (f"uid=u0001,{GAL}", 2, 1),
        (f"uid=u0001,{GAL}", 1, 0), ("o=addressbook", 0, 1),
    ],
)  # fmt: skip
def test_bases_and_scopes(base: str, scope: int, count: int) -> None:
    """One level below the empty base or the suffix are people as well: Outlook browses so."""
    rig = Rig()
    entries, done = rig.bound().search(baseObject=base.encode(), scope=scope)
    assert done.code == 0
    assert len(entries) == count


@pytest.mark.parametrize(
    ("base", "code", "matched"),
    [
        (b"dc=unknown", 32, b""),
        (b"ou=unknown,o=addressbook", 32, b"o=addressbook"),
        (f"uid=unknown,{GAL}".encode(), 32, GAL.encode()),
        (b"no name", 34, b""),
    ],
)
def test_bases_that_are_none(base: bytes, code: int, matched: bytes) -> None:
    """With the name of what there is above it."""
    entries, done = Rig().bound().search(baseObject=base)
    assert (entries, done.code) == ([], code)
    assert done.value.matchedDN == matched  # type: ignore[attr-defined]


def test_what_outlook_asks_for() -> None:
    """Is given under the names that it was asked for; what is not known is passed over."""
    (entry,), _ = Rig().bound().search(OUTLOOK.format("mar1@"), attributes=OUTLOOK_ASKS)
    shown = values(entry)
    assert shown["mail"] == [b"mar1@example.com"]
    assert shown["cn"] == [b"Mar Example 0001"]
    assert shown["uid"] == [b"u0001"]
    assert "legacyExchangeDN" not in shown
    assert all(shown.values())


@pytest.mark.parametrize(
    ("asked", "shown"),
    [
        ([b"1.1"], set()),
        ([b"CN"], {"CN"}),
        ([b"commonName"], {"commonName"}),
        ([b"nothing"], set()),
        ([b"+"], {"entryDN", "entryUUID", "modifyTimestamp", "structuralObjectClass",
                  "hasSubordinates", "subschemaSubentry"}),
        ([b"jpegPhoto"], {"jpegPhoto"}),
        ([b"cn", b"jpegPhoto"], {"cn", "jpegPhoto"}),
    ],
)  # fmt: skip
def test_selection(asked: list[bytes], shown: set[str]) -> None:
    """What was asked for and no more."""
    (entry,), _ = Rig().bound().search("(uid=u0010)", attributes=asked)
    assert set(values(entry)) == shown


def test_pictures() -> None:
    """Are read where they are asked for, and there is one."""
    entries, _ = Rig().bound().search("(uid=u001*)", attributes=[b"jpegPhoto"])
    found = {name: values(entry) for name, entry in zip(names(entries), entries, strict=True)}
    assert found["uid=u0010"] == {"jpegPhoto": [PICTURE]}
    assert found["uid=u0011"] == {}
    (entry,), _ = Rig().bound().search("(uid=u0010)")
    assert values(entry)["jpegPhoto"] == [PICTURE]


def test_types_only() -> None:
    """Names without values, of pictures too."""
    (entry,), _ = Rig().bound().search("(uid=u0010)", typesOnly=True)
    shown = values(entry)
    assert {"cn", "jpegPhoto"} <= set(shown)
    assert not any(shown.values())


# The server's own entries


@pytest.mark.parametrize("filter_text", ["(objectClass=*)", "(objectclass=*)", "(objectClass=top)"])
@pytest.mark.parametrize("asked", [[], [b"*"], [b"+"], [b"supportedcontrol", b"namingContexts"]])
def test_root(filter_text: str, asked: list[bytes]) -> None:
    """To everybody, whatever case the filter is written in."""
    (entry,), done = Rig().connect().search(filter_text, scope=0, attributes=asked)
    assert done.code == 0
    shown = {name.lower(): held for name, held in values(entry).items()}
    assert shown["namingcontexts"] == [b"o=addressbook"]
    wanted = {oids.SORT, oids.VIEW, oids.PAGED_RESULTS, oids.MANAGE_DSA_IT}
    assert wanted == {each.decode() for each in shown["supportedcontrol"]}
    assert "configurationnamingcontext" not in shown


def test_root_by_a_filter_that_is_not_true_of_it() -> None:
    """Is not found, which is no fault."""
    entries, done = Rig().connect().search("(objectClass=person)", scope=0)
    assert (entries, done.code) == ([], 0)


def test_schema() -> None:
    """Is read at the name that the root gives."""
    (entry,), _ = Rig().connect().search(
        "(objectClass=subschema)", baseObject=b"cn=subschema", scope=0,
        attributes=[b"attributeTypes", b"objectClasses"],
    )  # fmt: skip
    assert any(b"'mozillaAbPersonAlpha'" in each for each in values(entry)["objectClasses"])


def test_nobody_sees_anything() -> None:
    """Without a login only the server's own entries."""
    client = Rig().connect()
    for more in ({}, {"scope": 1}, {"baseObject": GAL.encode(), "scope": 0}):
        entries, done = client.search(**more)  # type: ignore[arg-type]
        assert (entries, done.code) == ([], 50)


# Limits


@pytest.mark.parametrize(
    ("asked", "own", "found", "code"),
    [(0, 1000, 30, 0), (30, 1000, 30, 0), (29, 1000, 29, 4), (1, 1000, 1, 4), (0, 20, 20, 4),
     (100, 20, 20, 4), (5, 20, 5, 4), (70, 65, 30, 0)],
)  # fmt: skip
def test_size_limit(asked: int, own: int, found: int, code: int) -> None:
    """The client's, or ours where that is less: so many entries, and then the code for it."""
    client = Rig(limits=replace(DEFAULT_LIMITS, entries=own)).bound()
    entries, done = client.search("(mail=*)", sizeLimit=asked)
    assert (len(entries), done.code) == (found, code)
    assert len(set(names(entries))) == found


@pytest.mark.parametrize(("asked", "own"), [(2, 60), (0, 2), (60, 2)])
def test_time_limit(asked: int, own: float) -> None:
    """What was found until then, and the code for it."""
    rig = Rig(limits=replace(DEFAULT_LIMITS, search_s=own, in_flight=1000), entries=3000)
    client = rig.bound()
    client.send(search("(cn=*p*)", timeLimit=asked))
    rig.clock.advance(2)
    assert client.all_answers()[-1].code == 3


def test_books_that_cannot_be_read() -> None:
    """Say so without saying why; the connection stays."""
    rig = Rig()
    client = rig.bound()
    rig.books.fault = Unavailable("disk /var/secret is full")
    entries, done = client.search()
    assert (entries, done.code, done.text) == ([], 52, "try again later")
    rig.books.fault = None
    assert client.search()[1].code == 0


def test_a_fault_of_ours() -> None:
    """Ends the connection with the notice that something is wrong, and no word about what."""
    rig = Rig()
    client = rig.bound()
    rig.books.made = None  # type: ignore[assignment]
    client.send(search())
    (notice,) = client.all_answers()
    assert (notice.number, notice.code, notice.text) == (0, 80, "")
    assert client.wire.disconnecting
    assert len(rig.log.failures) == 1


# Pages


def page_of(
    client: Client, size: int, cookie: bytes = b"", **more: object
) -> tuple[list[str], bytes, int]:
    """Ask for a page; gives names, the next cookie and the code."""
    control = written.paging_control(written.Paging(size, cookie))
    entries, done = client.search(controls=given(control), **{"filter_text": "(mail=*)", **more})  # type: ignore[arg-type]
    held = done.controls.get(oids.PAGED_RESULTS)
    return names(entries), b"" if held is None else written.read_paging(held).cookie, done.code


@pytest.mark.parametrize("size", [1, 7, 10, 29, 30, 64, 65, 500])
@pytest.mark.parametrize("entries", [30, 200])
@pytest.mark.parametrize("kept", [True, False])
def test_pages(size: int, entries: int, kept: bool) -> None:
    """Together they hold each entry once, whether or not the search is kept in between."""
    rig = Rig(entries=entries)
    client = rig.bound()
    found, cookie = [], b""
    while True:
        page, cookie, code = page_of(client, size, cookie)
        assert code == 0
        assert len(page) <= size
        found += page
        if not cookie:
            break
        assert len(page) == size
        if not kept:
            rig.house.pages._kept.clear()
    assert len(found) == len(set(found)) == entries


def test_pages_in_an_order() -> None:
    """Go on where they ended."""
    client = Rig().bound()
    sort = written.sort_control((written.SortKey("sn", reverse=True),))
    found: list[str] = []
    cookie = b""
    for _ in range(3):
        control = written.paging_control(written.Paging(10, cookie))
        entries, done = client.search("(mail=*)", controls=given(sort, control))
        found += names(entries)
        cookie = written.read_paging(done.controls[oids.PAGED_RESULTS]).cookie
    assert found == [f"uid=u{number:04}" for number in reversed(range(30))]
    assert cookie == b""


def test_size_limit_over_pages() -> None:
    """Holds for all of them together; that of ours for each."""
    client = Rig(limits=replace(DEFAULT_LIMITS, entries=8)).bound()
    first, cookie, code = page_of(client, 10, sizeLimit=12)
    assert (len(first), code) == (8, 0)
    rest, cookie, code = page_of(client, 10, cookie, sizeLimit=12)
    assert (len(rest), cookie, code) == (4, b"", 4)


def test_cookies_of_others() -> None:
    """Of another search, another login, or made up: refused."""
    rig = Rig()
    rig.accounts.add("mary@example.com", "right-2")
    client = rig.bound()
    _, cookie, _ = page_of(client, 5)
    assert page_of(client, 5, cookie, filter_text="(cn=*)")[2] == 53
    assert page_of(client, 5, b"made up")[2] == 53
    client.bind("mary@example.com", "right-2")
    assert page_of(client, 5, cookie)[2] == 53


def test_a_cookie_is_good_on_another_connection() -> None:
    """It is the login's, not the connection's."""
    rig = Rig()
    first, cookie, _ = page_of(rig.bound(), 20)
    rest, cookie, _ = page_of(rig.bound(), 20, cookie)
    assert len({*first, *rest}) == 30
    assert cookie == b""


def test_giving_up_pages() -> None:
    """Size 0 with a cookie ends them; without one it asks how many there are."""
    rig = Rig()
    client = rig.bound()
    _, cookie, _ = page_of(client, 5)
    assert rig.house.pages.kept_count == 1
    assert page_of(client, 0, cookie) == ([], b"", 0)
    assert rig.house.pages.kept_count == 0
    control = written.paging_control(written.Paging(0))
    entries, done = client.search("(mail=*)", controls=given(control))
    assert (entries, done.code) == ([], 0)
    assert written.read_paging(done.controls[oids.PAGED_RESULTS]).size == 30


def test_changes_between_pages() -> None:
    """What is removed is not given; nothing else is lost, and nothing fails."""
    rig = Rig(entries=100)
    client = rig.bound()
    first, cookie, _ = page_of(client, 10)
    for number in range(50, 60):
        rig.books.index.remove(f"p{number}")
    rig.books.index.put(person(5000))
    found = first
    while cookie:
        page, cookie, code = page_of(client, 10, cookie)
        assert code == 0
        found += page
    assert len(found) == len(set(found))
    assert {f"uid=u{number:04}" for number in (*range(50), *range(60, 100))} <= {*found}


# Order and views


@pytest.mark.parametrize("rule", ["", "2.5.13.3", "2.5.13.15", "caseIgnoreOrderingMatch"])
def test_sorting(rule: str) -> None:
    """By any rule that is named, or none; the answer says that it went well."""
    sort = written.sort_control((written.SortKey("surname", rule),), critical=True)
    entries, done = Rig().bound().search("(mail=*)", controls=given(sort), sizeLimit=5)
    assert names(entries) == [f"uid=u{number:04}" for number in range(5)]
    assert done.code == 4
    assert done.controls[oids.SORTED] == written.sorted_control(Result.SUCCESS).value


def test_sort_control_of_windows() -> None:
    """Long lengths, and the order as a universal boolean ([MS-OXLDAP])."""
    from base64 import b64decode

    value = b64decode("MIQAAAAPMIQAAAAJBARuYW1lAQEA").replace(b"\x04name", b"\x04mail")
    entries, done = Rig().bound().search("(mail=*)", controls=[(oids.SORT, True, value)])
    assert done.code == 0
    assert names(entries)[:2] == ["uid=u0000", "uid=u0012"]


@pytest.mark.parametrize(("name", "code"), [("colour", 16), ("jpegPhoto", 18), ("entryDN", 18)])
def test_what_nothing_is_sorted_by(name: str, code: int) -> None:
    """Is refused where it is critical; else all comes as it is found, and the answer says so."""
    for critical in (False, True):
        sort = written.sort_control((written.SortKey(name),), critical=critical)
        entries, done = Rig().bound().search("(mail=*)", controls=given(sort))
        assert (len(entries), done.code) == ((0, 12) if critical else (30, 0))
        told = written.sorted_control(Result(code), name).value
        assert done.controls[oids.SORTED] == told


def view_of(
    client: Client, view: written.View, **more: object
) -> tuple[list[str], tuple[int, ...]]:
    """Ask for a part of the list by surname; gives names, and position, count and result."""
    sort = written.sort_control((written.SortKey("sn"),))
    control = written.view_control(view, critical=True)
    entries, done = client.search("(mail=*)", controls=given(sort, control), **more)  # type: ignore[arg-type]
    assert oids.SORTED in done.controls
    held = done.controls[oids.VIEWED]
    at, numbers = 2, []
    for _ in range(3):
        size = held[at + 1]
        numbers.append(int.from_bytes(held[at + 2 : at + 2 + size], "big"))
        at += 2 + size
    return names(entries), tuple(numbers)


@pytest.mark.parametrize(
    ("view", "first", "count", "position"),
    [
        (written.View(before=0, after=4, offset=1), 0, 5, 1),
        (written.View(before=2, after=2, offset=10, count=30), 7, 5, 10),
        (written.View(before=2, after=2, offset=1), 0, 3, 1),
        (written.View(before=2, after=9, offset=30, count=30), 27, 3, 30),
        (written.View(before=1, after=1, offset=99, count=30), 28, 2, 30),
        (written.View(before=0, after=0, offset=50, count=100), 14, 1, 15),
        (written.View(before=0, after=2, value=b"example 0005"), 5, 3, 6),
        (written.View(before=1, after=1, value=b"EXAMPLE 00055"), 5, 3, 7),
        (written.View(before=0, after=2, value=b"a"), 0, 3, 1),
        (written.View(before=2, after=2, value=b"zzz"), 28, 2, 31),
    ],
)
def test_views(view: written.View, first: int, count: int, position: int) -> None:
    """By offset, scaled where the client is mistaken about the number, or by what is typed in."""
    found, told = view_of(Rig().bound(), view)
    assert found == [f"uid=u{number:04}" for number in range(first, first + count)]
    assert told == (position, 30, 0)


def test_views_within_limits() -> None:
    """Never more entries than a search may have."""
    client = Rig(limits=replace(DEFAULT_LIMITS, entries=5)).bound()
    found, _ = view_of(client, written.View(before=100, after=100, offset=15))
    assert found == [f"uid=u{number:04}" for number in range(10, 15)]
    found, _ = view_of(client, written.View(before=0, after=100, offset=15), sizeLimit=2)
    assert found == ["uid=u0014", "uid=u0015"]


def test_view_without_order() -> None:
    """Is refused with the codes for it."""
    control = written.view_control(written.View(before=0, after=5, offset=1))
    entries, done = Rig().bound().search("(mail=*)", controls=given(control))
    assert (entries, done.code) == ([], 76)
    told = written.viewed_control(0, 0, Result.SORT_CONTROL_MISSING).value
    assert done.controls[oids.VIEWED] == told


@pytest.mark.parametrize("oid", [oids.PAGED_RESULTS, oids.SORT, oids.VIEW])
@pytest.mark.parametrize("value", [b"", b"\x30", b"\x30\x03\x02\x01", b"\xff" * 20])
def test_broken_controls(oid: str, value: bytes) -> None:
    """Protocol error, and the connection stays."""
    client = Rig().bound()
    assert client.search(controls=[(oid, False, value)])[1].code == 2
    assert client.search()[1].code == 0


def test_controls_that_are_not_known() -> None:
    """Are refused where critical, else passed over; ManageDsaIT means nothing here."""
    client = Rig().bound()
    assert client.search(controls=[("1.2.3", True, b"")])[1].code == 12
    assert client.search(controls=[("1.2.3", False, b"")])[1].code == 0
    assert client.search(controls=[(oids.MANAGE_DSA_IT, True, b"")])[1].code == 0
    request = pureldap.LDAPExtendedRequest(requestName=oids.WHO_AM_I.encode())
    assert client.ask(request, controls=[(oids.SORT, True, b"")]).code == 12


def test_rows_that_get_other_entries() -> None:
    """What a page left over is not given for another entry that has come into its row."""
    rig = Rig(entries=100)
    client = rig.bound()
    found, cookie, _ = page_of(client, 10)
    for number in range(10, 100):
        rig.books.index.remove(f"p{number}")
    for number in range(1000, 1090):
        rig.books.index.put(person(number))
    while cookie:
        page, cookie, code = page_of(client, 10, cookie)
        assert code == 0
        found += page
    assert len(found) == len(set(found))
    assert {f"uid=u{number:04}" for number in range(10)} <= {*found}

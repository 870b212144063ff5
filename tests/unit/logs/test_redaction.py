"""What never reaches a log, and what a log for others does not hold."""

from email import message_from_bytes

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carbonio_mobile.logs import redaction
from carbonio_mobile.logs.redaction import KEPT, SECRET_TAGS, Plain, Redactor, secret_header
from carbonio_mobile.wbxml import Element, Tag, codepages, decode, dump, encode
from carbonio_mobile.wbxml.codepages import (
    AirSync,
    AirSyncBase,
    Calendar,
    ComposeMail,
    Contacts,
    Email,
    FolderHierarchy,
    Settings,
)

REDACTOR = Redactor(b"key")
TAGS = [
    tag
    for page in vars(codepages).values()
    if isinstance(page, type)
    for tag in vars(page).values()
    if isinstance(tag, Tag)
]


@pytest.mark.parametrize("tag", sorted(SECRET_TAGS, key=repr), ids=repr)
@pytest.mark.parametrize("shown", [Plain(), REDACTOR], ids=["plain", "redacted"])
@pytest.mark.parametrize(
    "content", ["pa55word", b"pa55word", [Element(AirSync.ServerId, "pa55word")]]
)
def test_passwords_are_never_shown(
    tag: Tag, shown: redaction.Shown, content: str | bytes | list[Element]
) -> None:
    """MS-ASCMD 2.2.3.121: a recovery password, those of documents."""
    tree = shown.tree(Element(Settings.Settings, [Element(tag, content)]))
    assert b"pa55" not in encode(tree)


def test_every_element_called_a_password_is_secret() -> None:
    """A new code page cannot bring one unseen."""
    assert {tag for tag in TAGS if tag.name == "Password"} == SECRET_TAGS


@pytest.mark.parametrize(
    ("name", "secret"),
    [
        ("Authorization", True),
        ("proxy-authorization", True),
        ("Cookie", True),
        ("set-cookie", True),
        ("X-Auth-Token", True),
        ("WWW-Authenticate", True),
        ("X-MS-PolicyKey", False),
        ("User-Agent", False),
        ("Content-Type", False),
    ],
)
def test_headers_that_prove_who_one_is_are_secret(name: str, secret: bool) -> None:
    """Authorization and cookies are in no log, whatever its level."""
    assert secret_header(name) is secret


def test_all_kept_names_exist() -> None:
    """A name that no page has would keep nothing, and nobody would see."""
    for page, names in redaction._KEPT_NAMES.items():
        assert not [name for name in names if not isinstance(getattr(page, name, None), Tag)]


def test_what_somebody_wrote_is_hidden_and_what_the_protocol_says_is_kept() -> None:
    """Structure, ids, keys and statuses stay."""
    tree = Element(
        AirSync.Collection,
        [
            Element(AirSync.SyncKey, "{1}7"),
            Element(AirSync.CollectionId, "5"),
            Element(AirSync.Status, "1"),
            Element(
                AirSync.ApplicationData,
                [
                    Element(Email.Subject, "the merger"),
                    Element(Email.To, '"Mary Major" <mary@example.com>, JOE@example.com'),
                    Element(Email.Read, "1"),
                    Element(Email.DateReceived, "2027-01-15T08:00:00.000Z"),
                    Element(Calendar.Location, "room 7"),
                    Element(Contacts.MobilePhoneNumber, "+49 30 1234"),
                    Element(Contacts.Birthday, "1980-02-03T00:00:00.000Z"),
                    Element(FolderHierarchy.DisplayName, "Divorce"),
                ],
            ),
        ],
    )
    text = dump(REDACTOR.tree(tree), width=1000)
    for gone in ("merger", "Mary", "mary", "JOE", "example.com", "room 7", "1234", "1980", "Div"):
        assert gone not in text
    for kept in ("{1}7", ">5<", "<Status>1<", "Read>1<", "2027-01-15T08:00:00.000Z"):
        assert kept in text
    assert text.count("@") == 2


def test_the_same_text_has_the_same_placeholder_under_one_key() -> None:
    """So that a reader sees what is one thing; with another key nobody can compare."""
    assert REDACTOR.text("Mary") == REDACTOR.text("Mary") != Redactor(b"other").text("Mary")
    assert REDACTOR.address("Mary@Example.com") == REDACTOR.address("mary@example.com")
    assert len(REDACTOR.text("x" * 1000)) == 1024


def test_a_message_keeps_its_fields_and_loses_what_they_say() -> None:
    """SendMail can still be run: the recipients are as many as they were."""
    source = (
        b"From: Mary <mary@example.com>\r\nTo: a@example.com,\r\n b@example.com\r\n"
        b"Subject: the merger\r\nContent-Type: text/plain\r\nDate: Fri, 15 Jan 2027 08:00:00 +0000"
        b"\r\n\r\nthe body\r\n"
    )
    message = message_from_bytes(REDACTOR.mime(source))
    assert message.keys() == ["From", "To", "Subject", "Date"]
    assert str(message["To"]).count("@") == 2
    assert message["Date"] == "Fri, 15 Jan 2027 08:00:00 +0000"
    for gone in (b"mary", b"Mary", b"merger", b"the body", b"example"):
        assert gone not in REDACTOR.mime(source)


def test_messages_within_documents_are_hidden_as_messages() -> None:
    """ComposeMail:Mime, and airsyncbase:Data of type 4."""
    source = b"To: mary@example.com\r\n\r\nthe body"
    body = [Element(AirSyncBase.Type, "4"), Element(AirSyncBase.Data, source)]
    for tree in (Element(AirSyncBase.Body, body), Element(ComposeMail.SendMail, [
        Element(ComposeMail.Mime, source)])):  # fmt: skip
        octets = encode(REDACTOR.tree(tree))
        assert b"To: p" in octets
        assert b"mary" not in octets


trees = st.recursive(
    st.builds(
        Element,
        st.sampled_from(TAGS),
        st.one_of(st.none(), st.text(min_size=1).map(lambda t: t.replace("\0", "")),
                  st.binary(min_size=1)),
    ),
    lambda below: st.builds(Element, st.sampled_from(TAGS), st.lists(below, max_size=4)),
    max_leaves=8,
)  # fmt: skip


@given(trees)
def test_any_tree_can_be_shown(tree: Element) -> None:
    """Nothing that a phone sends breaks the log; the shape stays."""

    def shape(element: Element) -> object:
        inner = [] if element.tag in SECRET_TAGS else [shape(each) for each in element.children]
        return element.tag.name, inner

    for shown in (Plain(), REDACTOR):
        found = shown.tree(tree)
        assert shape(found) == shape(tree)
        decode(encode(found))


@given(st.sampled_from(TAGS), st.text(alphabet="QZ", min_size=6, max_size=30))
def test_what_is_not_known_to_be_nobodys_is_hidden(tag: Tag, text: str) -> None:
    """In pages of content an element shows its text only where the table says so."""
    shown = REDACTOR.tree(Element(tag, text)).string
    assert (shown == text) is redaction._stays(tag) if tag not in SECRET_TAGS else shown != text
    if tag in KEPT:
        assert shown == text


@given(st.binary(max_size=300))
def test_any_octets_pass_as_a_message(octets: bytes) -> None:
    """A body that is no message at all is shown as one all the same."""
    assert b"\r\n\r\n" in REDACTOR.mime(octets) or REDACTOR.mime(octets).startswith(b"\r\n")


@given(st.text())
def test_any_text_passes_as_a_list_of_addresses(text: str) -> None:
    """What is no address is a text."""
    assert REDACTOR.addresses(text) != text or not text

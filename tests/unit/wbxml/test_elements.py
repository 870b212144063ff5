"""What an element is made of and how it is asked."""

import pytest

from carbonio_mobile.wbxml import Element
from carbonio_mobile.wbxml.codepages import AirSync, AirSyncBase, ComposeMail, Email

SECRET = "correct horse battery staple"


def test_text_octets_and_children_are_kept_as_given():
    """str, bytes and children stay what they are; the other slot is empty."""
    text = Element(Email.Subject, "x")
    opaque = Element(ComposeMail.Mime, b"\x00")
    parent = Element(AirSyncBase.Body, (text, None, opaque))
    assert (text.text, text.children) == ("x", [])
    assert (opaque.text, opaque.children) == (b"\x00", [])
    assert (parent.text, parent.children) == (None, [text, opaque])


@pytest.mark.parametrize("content", [None, "", [], [None]])
def test_nothing_is_an_empty_element(content):
    """Empty text and no children are the same thing on the wire, so here too."""
    assert Element(AirSync.GetChanges, content) == Element(AirSync.GetChanges)
    assert Element(AirSync.GetChanges, content).text is None


def test_find_takes_the_first_direct_child():
    """find, find_all, has and value look at direct children only, in order."""
    first, second = Element(AirSync.Status, "1"), Element(AirSync.Status, "2")
    root = Element(AirSync.Sync, [Element(AirSync.Limit), first, second])
    outer = Element(AirSync.Collections, [root])
    assert root.find(AirSync.Status) is first
    assert root.find_all(AirSync.Status) == [first, second]
    assert root.value(AirSync.Status) == "1"
    assert root.has(AirSync.Limit)
    assert list(root) == root.children
    assert outer.find(AirSync.Status) is None
    assert outer.find_all(AirSync.Status) == []
    assert not outer.has(AirSync.Status)


def test_value_tells_an_absent_child_from_an_empty_one():
    """The default is for absence; an empty child has the value ''."""
    root = Element(AirSync.Sync, [Element(AirSync.Status), Element(Email.Subject, b"\xc3\xa9\xff")])
    assert root.value(AirSync.Status, "7") == ""
    assert root.value(AirSync.Class) is None
    assert root.value(AirSync.Class, "Email") == "Email"
    assert root.value(Email.Subject) == "é\ufffd"


@pytest.mark.parametrize(
    ("content", "string", "octets"),
    [
        (None, "", b""),
        ("é", "é", b"\xc3\xa9"),
        (b"\xc3\xa9", "é", b"\xc3\xa9"),
        (b"", "", b""),
        ("\ud800", "\ud800", b"?"),
        ([Element(AirSync.Status, "1")], "", b""),
    ],
)
def test_own_text_as_string_and_octets(content, string, octets):
    """Either kind of text can be had either way; no text is empty."""
    element = Element(Email.Subject, content)
    assert element.string == string
    assert element.octets == octets


def test_equality_is_by_structure():
    """Tag, kind of text, text and children in order make the difference."""

    def tree(text="1", tag=AirSync.Status, extra=()):
        return Element(AirSync.Sync, [Element(AirSync.Limit), Element(tag, text), *extra])

    assert tree() == tree()
    assert tree() != tree("2")
    assert tree() != tree(b"1")
    assert tree() != tree(tag=AirSync.Class)
    assert tree() != tree(extra=[Element(AirSync.Limit)])
    assert tree() != "tree"
    with pytest.raises(TypeError):
        hash(tree())


def test_deep_trees_compare_without_recursion():
    """A tree of any depth can be compared."""

    def deep():
        element = Element(AirSync.Add)
        for _ in range(5000):
            element = Element(AirSync.Add, [element])
        return element

    left, right = deep(), deep()
    assert left == right


@pytest.mark.parametrize(
    ("element", "shown"),
    [
        (Element(Email.Subject, SECRET), "<Email:Subject str[28]>"),
        (Element(ComposeMail.Mime, SECRET.encode()), "<ComposeMail:Mime bytes[28]>"),
        (Element(AirSync.GetChanges), "<AirSync:GetChanges empty>"),
        (Element(AirSync.Add, [Element(Email.Subject, SECRET)]), "<AirSync:Add 1 children>"),
    ],
)
def test_repr_tells_size_but_never_text(element, shown):
    """Bodies and passwords do not leak through repr."""
    assert repr(element) == shown

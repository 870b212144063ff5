"""The dump for logs: readable, bounded, discreet."""

from carbonio_mobile.wbxml import Element, dump
from carbonio_mobile.wbxml.codepages import AirSync, AirSyncBase, ComposeMail, Email, Settings


def test_tree_is_indented_and_names_namespaces_where_they_change():
    """One line an element; the prefix shows where the code page differs from the parent's."""
    body = Element(AirSyncBase.Body, [Element(AirSyncBase.Type, "2")])
    tree = Element(AirSync.Sync, [Element(AirSync.Status, "1"), body, Element(AirSync.Limit)])
    assert dump(tree).split("\n") == [
        "<AirSync:Sync>",
        "  <Status>1</Status>",
        "  <AirSyncBase:Body>",
        "    <Type>2</Type>",
        "  </AirSyncBase:Body>",
        "  <Limit/>",
        "</AirSync:Sync>",
    ]


def test_long_text_is_cut_and_measured():
    """Text past the width is cut and its length stated."""
    assert dump(Element(Email.Subject, "abcdef"), width=6).count("abcdef") == 1
    assert dump(Element(Email.Subject, "abcdefg"), width=3) == (
        "<Email:Subject>abc… [7 characters]</Email:Subject>"
    )


def test_line_ends_cannot_forge_lines():
    """Controls are escaped; non-Latin text is not."""
    text = "à 日本\r\n\x1b[2J\ud800"
    assert dump(Element(Email.Subject, text)) == (
        r"<Email:Subject>à 日本\r\n\x1b[2J\ud800</Email:Subject>"
    )


def test_octets_show_number_and_beginning():
    """OPAQUE values appear as length and hex."""
    assert dump(Element(ComposeMail.Mime, b"\x00\xff")) == (
        "<ComposeMail:Mime>opaque[2] 00ff</ComposeMail:Mime>"
    )
    assert "opaque[17] " + "61" * 16 + "…" in dump(Element(ComposeMail.Mime, b"a" * 17))


def test_redacted_elements_show_sizes_only():
    """Of a redacted element neither text nor descendants are seen."""
    secret = {Settings.Password, AirSyncBase.Body, ComposeMail.Mime}
    tree = Element(
        AirSync.Add,
        [
            Element(Settings.Password, "pässword"),
            Element(AirSyncBase.Body, [Element(AirSyncBase.Data, "private")]),
            Element(ComposeMail.Mime, b"private"),
            Element(Email.Subject, "public"),
        ],
    )
    text = dump(tree, redact=secret.__contains__)
    assert "pässword" not in text
    assert "private" not in text
    assert "<Settings:Password>[9 bytes]</Settings:Password>" in text
    assert "<AirSyncBase:Body>[1 elements]</AirSyncBase:Body>" in text
    assert "<ComposeMail:Mime>[7 bytes]</ComposeMail:Mime>" in text
    assert "public" in text

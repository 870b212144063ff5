"""Answers have the form of cli.md 1.4, octet for octet where no terminal is; JSON stays JSON."""

import json
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carbonio_mobile.cli import rendering
from carbonio_mobile.cli.faults import CommandFault
from carbonio_mobile.cli.rendering import Plain, visible

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda one: st.lists(one) | st.dictionaries(st.text(), one),
    max_leaves=8,
)


def text(head: dict[str, object], *rows: object) -> str:
    """Give an answer as text."""
    written: list[str] = []
    rendering.write_text(head, rows, written.append, Plain())
    return "".join(written)


def as_json(head: dict[str, object], *rows: object) -> object:
    """Give an answer as JSON, read again."""
    written: list[str] = []
    rendering.write_json(head, rows, written.append)
    return json.loads("".join(written))


def test_the_sample_of_the_filters() -> None:
    """Heading, blocks, keys padded to 60 characters from their indent."""
    head: dict[str, object] = {"listing": True, "heading": "filters", "width": 60}
    row = {"ID": 0, "mode": "fixed", "easversions": ["14.0", "14.1"], "blocking": True}
    assert text(head, row, {"ID": 1, "rule": ""}) == (
        "filters\n\n"
        f"    {'ID':60}0\n"
        f"    {'mode':60}fixed\n"
        f"    {'easversions':60}14.0,14.1\n"
        f"    {'blocking':60}true\n\n"
        f"    {'ID':60}1\n"
        "    rule\n"
    )


def test_the_sample_of_abq_is_narrower() -> None:
    """Its keys are padded to 12 characters."""
    head: dict[str, object] = {"listing": True, "heading": "devices", "width": 12}
    assert text(head, {"device_id": "android1", "status": "Allowed"}) == (
        "devices\n\n    device_id   android1\n    status      Allowed\n"
    )


def test_an_empty_listing_is_its_heading() -> None:
    """Nothing follows."""
    assert text({"listing": True, "heading": "devices", "width": 12}) == "devices\n"


def test_a_tree_has_blocks_below_its_keys() -> None:
    """A mapping is one block, a list of them several."""
    content = {
        "services": {"anti-dos": {"running": False}},
        "name": "x",
        "loggers": [{"id": 7}, {"id": 8}],
    }
    assert text({"tree": True, "content": content, "width": 10}) == (
        "services\n\n    anti-dos\n\n        running   false\n\n"
        "name      x\n\nloggers\n\n    id        7\n\n    id        8\n"
    )


def test_a_sentence_and_its_details() -> None:
    """The details are a block below."""
    assert text({"said": True, "text": "service stopped", "details": {}}) == "service stopped\n"
    head: dict[str, object] = {
        "said": True,
        "text": "Credential added",
        "details": {"list": {"id": "aKc"}},
    }
    assert text(head) == f"Credential added\n\n    list\n\n        {'id':60}aKc\n"


def test_entries_look_like_those_of_prov() -> None:
    """``# name NAME``, then a line for each value (cli.md 5)."""
    entry = {"kind": "account", "name": "a@b", "attributes": {"mail": ["a@b", "c@b"], "sn": []}}
    assert text({"entries": True}, entry, entry) == "\n".join(
        ["# name a@b\nmail: a@b\nmail: c@b\n"] * 2
    )


def test_lines_are_lines() -> None:
    """As they come."""
    assert text({"lines": True}, "a", "b") == "a\nb\n"


def test_a_long_key_and_a_value_of_several_lines() -> None:
    """A blank stands between at least; further lines stand below the first."""
    assert text({"tree": True, "content": {"longer": "1\n2"}, "width": 3}) == "longer 1\n       2\n"


@pytest.mark.parametrize(
    ("head", "rows", "response"),
    [
        ({"said": True, "text": "done", "details": {"id": 7}}, [], {"message": "done", "id": 7}),
        ({"tree": True, "content": {"a": [1, None]}}, [], {"a": [1, None]}),
        (
            {"listing": True, "heading": "devices"},
            [{"a": 1}, {"a": 2}],
            {"devices": [{"a": 1}, {"a": 2}]},
        ),
        ({"listing": True, "heading": "devices"}, [], {"devices": []}),
        ({"lines": True}, ["x"], {"lines": ["x"]}),
        ({"entries": True}, [{"name": "x"}], {"entries": [{"name": "x"}]}),
    ],
)
def test_json_has_the_form_of_the_panel(
    head: dict[str, object], rows: list[object], response: object
) -> None:
    """``{"ok": true, "response": …}`` (admin-panel.md)."""
    assert as_json(head, *rows) == {"ok": True, "response": response}


def test_json_that_breaks_off_is_json() -> None:
    """The error is told within."""

    def rows() -> Iterator[object]:
        yield {"a": 1}
        raise CommandFault('no "b"')

    written: list[str] = []
    with pytest.raises(CommandFault):
        rendering.write_json({"listing": True, "heading": "h"}, rows(), written.append)
    told = json.loads("".join(written))
    assert told == {"response": {"h": [{"a": 1}]}, "ok": False, "error": {"message": 'no "b"'}}


def test_rows_are_written_as_they_come() -> None:
    """No row is held back, as text or as JSON."""
    for write in (
        lambda head, rows, out: rendering.write_text(head, rows, out, Plain()),
        rendering.write_json,
    ):
        written: list[str] = []
        seen: list[int] = []

        def rows(written: list[str] = written, seen: list[int] = seen) -> Iterator[object]:
            for number in range(3):
                seen.append("".join(written).count("row"))
                yield {"key": f"row{number}"}

        write({"listing": True, "heading": "h", "width": 5}, rows(), written.append)
        assert seen == [0, 1, 2]


@given(st.text())
def test_nothing_controls_a_terminal(value: str) -> None:
    """What is visible has no control character, and is what it was where there was none."""
    shown = visible(value)
    assert not any(ord(each) < 32 or 127 <= ord(each) < 160 for each in shown)
    assert shown.isprintable() or any(not each.isprintable() for each in value)
    if value.isascii() and value.isprintable():
        assert shown == value


@given(JSON)
def test_json_text_reads_as_what_it_was(value: object) -> None:
    """With whatever is escaped in it."""
    told = rendering.json_text(value)
    assert json.loads(told) == value
    assert "\x7f" not in told
    assert "\u202e" not in told


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ({"tree": True, "content": {"a": 1}}, ""),
        ({"tree": True, "content": {"a": {"b": [{"qrcode_data": "x"}]}}}, "x"),
        ({"said": True, "details": {"qrcode_data": "y"}}, "y"),
        ({"listing": True}, ""),
    ],
)
def test_the_qr_code_is_found(head: dict[str, object], expected: str) -> None:
    """Wherever it stands in the answer."""
    assert rendering.qr_text(head) == expected

"""The generated code pages: current, complete, and looked up both ways."""

import copy
import importlib.util
import json
import pickle
from pathlib import Path

import pytest

from carbonio_mobile.wbxml import Tag
from carbonio_mobile.wbxml.codepages import (
    ALIASES,
    BY_NAME,
    BY_TOKEN,
    PAGES,
    VERSIONS,
    AirSync,
    AirSyncBase,
    ComposeMail,
    Ping,
)
from carbonio_mobile.wbxml.pages import tag_of, tags_of_page

PROJECT = Path(__file__).resolve().parents[3]
SOURCE = (PROJECT / "../shared/protocol/codepages.json").resolve()
needs_source = pytest.mark.skipif(not SOURCE.exists(), reason=f"{SOURCE} is absent")


def generator():
    path = PROJECT / "tools" / "generate_codepages.py"
    spec = importlib.util.spec_from_file_location("generate_codepages", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@needs_source
def test_module_is_what_the_generator_gives():
    """The checked-in code pages are those of the protocol folder."""
    tool = generator()
    assert tool.TARGET.read_text("utf-8") == tool.generate(SOURCE)
    assert tool.main(["--check"]) == 0


@needs_source
def test_generator_writes_and_notices_differences(tmp_path, capsys):
    """--check tells a stale file by its exit status; a run without it repairs the file."""
    tool = generator()
    target = tmp_path / "codepages.py"
    target.write_text("stale", "utf-8")
    assert tool.main(["--check", "--target", str(target)]) == 1
    assert str(target) in capsys.readouterr().out
    assert tool.main(["--target", str(target)]) == 0
    assert tool.main(["--check", "--target", str(target)]) == 0


@needs_source
def test_every_token_of_the_source_is_there():
    """Each (page, token) of the table has its tag, versions and aliases (MS-ASWBXML 2.1.2.1)."""
    tokens = 0
    for page in json.loads(SOURCE.read_text("utf-8")):
        for entry in page["tokens"]:
            tag = BY_TOKEN[page["page"], entry["token"]]
            assert (tag.namespace, tag.name) == (page["namespace"], entry["tag"])
            assert BY_NAME[tag.namespace, tag.name] is tag
            assert VERSIONS[tag] == frozenset(entry["versions"])
            assert getattr(PAGES[tag.page], tag.name) is tag
            for alias in entry.get("aliases", ()):
                assert BY_NAME[tag.namespace, alias] is tag
            tokens += 1
    assert tokens == len(BY_TOKEN) == len(VERSIONS) == len(BY_NAME) - len(ALIASES)


def test_pages_stand_at_their_number():
    """PAGES[n] is code page n, for all 26."""
    assert len(PAGES) == 26
    for number, page in enumerate(PAGES):
        tags = [tag for tag in vars(page).values() if isinstance(tag, Tag)]
        assert tags
        assert {(tag.page, tag.namespace) for tag in tags} == {(number, page.__name__)}


def test_aliases_find_the_current_name():
    """The names of the ComposeMail schema lead to the tokens of the current specification."""
    assert BY_NAME["ComposeMail", "ForwardeeName"] is ComposeMail.Name
    assert BY_NAME["ComposeMail", "ForwardeeEmail"] is ComposeMail.Email


def test_tag_is_immutable_and_itself_when_copied():
    """A tag cannot be changed; copies of a tree share its tags; pickling one fails at once."""
    tag = AirSync.Sync
    with pytest.raises(AttributeError, match="AirSync:Sync is immutable"):
        tag.page = 3
    with pytest.raises(AttributeError):
        del tag.name
    assert copy.copy(tag) is tag
    assert copy.deepcopy([tag])[0] is tag
    with pytest.raises(AttributeError):
        pickle.loads(pickle.dumps(tag))


def test_tag_shows_namespace_and_name():
    """The repr is what logs and assertion messages need."""
    assert repr(AirSyncBase.Body) == "AirSyncBase:Body"
    assert (Ping.Ping.page, Ping.Ping.token) == (13, 5)


def test_page_table_is_indexed_by_the_byte_on_the_wire():
    """A token is found with and without the content bit; no other byte is a tag."""
    tags = tags_of_page(0)
    assert tags[0x05] is tags[0x45] is AirSync.Sync
    assert {byte for byte in range(256) if tags[byte] is None} == {
        byte for byte in range(256) if byte >= 0x80 or byte & 0x3F < 5
    }


def test_unknown_tokens_get_one_placeholder_each():
    """Placeholders name page and token, and are the same object each time."""
    assert repr(tag_of(0, 0x3F)) == "AirSync:0x3F"
    assert repr(tag_of(99, 5)) == "page99:0x05"
    assert tag_of(99, 5) is tag_of(99, 5)
    assert tag_of(99, 5) not in VERSIONS


@pytest.mark.parametrize(("page", "token"), [(-1, 5), (256, 5), (0, 4), (0, 0x40)])
def test_no_tag_outside_pages_and_tokens(page, token):
    """The number of tags is bounded: 256 pages of 59 tokens."""
    with pytest.raises(ValueError, match="is no"):
        tag_of(page, token)

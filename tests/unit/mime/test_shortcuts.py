"""What is done the short way gives what the long way gives."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carbonio_mobile.ids import PartId
from carbonio_mobile.mime.bodies import preview
from carbonio_mobile.mime.content import decoded, decoded_size
from carbonio_mobile.mime.selection import Selection, is_read, select
from carbonio_mobile.mime.structure import Part, scan
from tests.unit.mime.corpus import ROOT, mails

PIECES = ("http://x/", "word ", "> quoted", "\r\n", "\n", "-----", "[image: ", "]", "\t", "\u200b")
HEADER = b"Content-Transfer-Encoding: base64\r\n\r\n"


@given(st.lists(st.sampled_from(PIECES), max_size=100).map("".join), st.sampled_from([1, 9, 255]))
def test_preview(text: str, limit: int) -> None:
    """The first lines are enough where they are long enough: more of them changes nothing."""
    whole = preview(text, 4000)
    assert preview(text, limit) == whole[:limit].rstrip()


def leaves(part: Part) -> list[Part]:
    """Give the parts that have octets."""
    return [one for child in part.children for one in leaves(child)] if part.children else [part]


@given(st.binary(max_size=60) | st.text("AZaz09+/=\r\n -", max_size=60).map(str.encode))
def test_size_of_base64(body: bytes) -> None:
    """Whatever stands there: padding in the middle, other octets, letters too many."""
    source = HEADER + body
    part = scan(source).root
    assert decoded_size(source, part) == len(decoded(source, part))


@pytest.mark.skipif(not ROOT.exists(), reason="the corpus is not here")
def test_corpus() -> None:
    """Sizes are those of the octets; what is not to be read is not looked into."""
    for name, source in mails(core=True):
        root = scan(source).root
        for part in leaves(root):
            assert decoded_size(source, part) == len(decoded(source, part)), name
        unread = {one.id for one in leaves(root) if not is_read(one)}
        selection = Selection(source, [])
        select(selection, root)
        kept = {PartId(one.part) for one in selection.attachments}
        assert unread <= kept, name

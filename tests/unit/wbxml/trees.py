"""Generated element trees for the property tests of the codec."""

from hypothesis import strategies as st

from carbonio_mobile.wbxml import Element
from carbonio_mobile.wbxml.codepages import BY_TOKEN
from carbonio_mobile.wbxml.pages import tag_of

known_tags = st.sampled_from(sorted(BY_TOKEN.values(), key=lambda tag: (tag.page, tag.token)))
any_tags = known_tags | st.builds(tag_of, st.integers(0, 255), st.integers(0x05, 0x3F))
any_text = st.text(st.characters(exclude_categories=()))


def trees(texts: st.SearchStrategy[str] = any_text) -> st.SearchStrategy[Element]:
    """Trees over all code pages and placeholders, with those texts and with octets."""
    leaves = st.builds(Element, any_tags, st.none() | texts | st.binary())
    return st.recursive(
        leaves,
        lambda children: st.builds(Element, any_tags, st.lists(children, max_size=5)),
        max_leaves=25,
    )

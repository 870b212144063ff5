"""What people may write where one line is wanted: names, labels, subjects."""

import unicodedata

_BREAKS = frozenset({"Cc", "Cs", "Zl", "Zp"})
"""Control characters, halves of pairs, separators of lines and paragraphs."""


def is_one_line(text: str) -> bool:
    """Tell whether a text is one line in any script.

    Blanks of every width pass, and the joiners that Persian, the scripts of India and emoji need,
    which are no printable characters to Python.
    """
    return text.isprintable() or not any(unicodedata.category(each) in _BREAKS for each in text)

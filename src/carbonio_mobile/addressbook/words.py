"""Under which words an entry is found by somebody who types a name.

Spec: MS-ASCMD 2.2.1.16 and 2.2.3.142.2 (ambiguous name resolution: display name, alias, first and
last name, address; a prefix of a word, whatever its case); ../shared/carbonio/attributes.md 7.1.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from carbonio_mobile.addressbook.folding import fold

MAX_QUERY_CHARS: Final = 256
MAX_WORDS: Final = 16

NAMES: Final = ("displayname", "cn", "givenname", "sn", "mozillanickname", "uid")
ADDRESSES: Final = ("mail", "mozillasecondemail")

_WORD = re.compile(r"\w+")
_EDGES = ".,;:'\"()<>[]-_"


def asked(text: str) -> Sequence[str]:
    """Split what was asked for; a point after an initial means nothing."""
    words = (word.strip(_EDGES) for word in fold(text[:MAX_QUERY_CHARS]).split())
    return [word for word in words if word][:MAX_WORDS]


def words(values: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Give every beginning under which an entry is found, of its folded values.

    None begins another: who finds the longer one by a prefix finds the shorter.
    """
    found = sorted({word for word in _all(values) if word})
    pairs = zip(found, [*found[1:], ""], strict=False)
    return tuple(word for word, after in pairs if not after.startswith(word))


def _all(values: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
    for key in NAMES:
        yield from _split(values.get(key, ()))
    for key in ADDRESSES:
        addresses = values.get(key, ())
        yield from addresses
        yield from _split(address.partition("@")[0] for address in addresses)


def _split(names: Iterable[str]) -> Iterator[str]:
    """Give the words of names, and the parts of those joined by signs (Anne-Marie, O'Neill)."""
    for name in names:
        for word in name.split():
            yield word.strip(_EDGES) or word
        yield from _WORD.findall(name)

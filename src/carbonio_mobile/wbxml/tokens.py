"""The global token bytes of WBXML, and ``Tag``: the identity of an element on the wire.

Spec: WBXML 1.3, 5.8 and 7.1; MS-ASWBXML 1.6.
"""

from typing import Final, NoReturn

SWITCH_PAGE: Final = 0x00  # MS-ASWBXML R801
END: Final = 0x01  # R802
ENTITY: Final = 0x02  # R803
STR_I: Final = 0x03  # R804
STR_T: Final = 0x83  # R814
OPAQUE: Final = 0xC3  # R819

FIRST_TAG: Final = 0x05
LAST_TAG: Final = 0x3F
HAS_CONTENT: Final = 0x40
HAS_ATTRIBUTES: Final = 0x80
PAGE_COUNT: Final = 256

# Everything else that WBXML defines and ActiveSync never uses (MS-ASWBXML R656), for messages.
UNUSED_TOKENS: Final = {
    0x04: "LITERAL",
    0x40: "EXT_I_0",
    0x41: "EXT_I_1",
    0x42: "EXT_I_2",
    0x43: "PI",
    0x44: "LITERAL_C",
    0x80: "EXT_T_0",
    0x81: "EXT_T_1",
    0x82: "EXT_T_2",
    0x84: "LITERAL_A",
    0xC0: "EXT_0",
    0xC1: "EXT_1",
    0xC2: "EXT_2",
    0xC4: "LITERAL_AC",
}


class Tag:
    """What an element is: one token of one code page. One object per token, compared by identity.

    ``token`` is the six-bit identity, 0x05 to 0x3F. The ``bytes`` attributes are what the encoder
    writes: ``bare`` for an empty element, ``opening`` before children or OPAQUE,
    ``opening_string`` before an inline string, ``switch`` to reach the tag's code page.
    """

    __slots__ = (
        "bare",
        "name",
        "namespace",
        "opening",
        "opening_string",
        "page",
        "switch",
        "token",
    )

    namespace: str
    name: str
    page: int
    token: int
    bare: bytes
    opening: bytes
    opening_string: bytes
    switch: bytes

    def __init__(self, namespace: str, name: str, page: int, token: int) -> None:
        put = object.__setattr__
        put(self, "namespace", namespace)
        put(self, "name", name)
        put(self, "page", page)
        put(self, "token", token)
        put(self, "bare", bytes((token,)))
        put(self, "opening", bytes((token | HAS_CONTENT,)))
        put(self, "opening_string", bytes((token | HAS_CONTENT, STR_I)))
        put(self, "switch", bytes((SWITCH_PAGE, page)))

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"{self!r} is immutable")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"{self!r} is immutable")

    def __copy__(self) -> "Tag":
        return self

    def __deepcopy__(self, memo: dict[int, object]) -> "Tag":
        return self

    def __repr__(self) -> str:
        return f"{self.namespace}:{self.name}"

"""WBXML octets to element tree and back: tokens and code pages, no meaning.

The tags stand in :mod:`carbonio_mobile.wbxml.codepages`, one class per namespace.

Spec: WBXML 1.3; MS-ASWBXML.
"""

from carbonio_mobile.wbxml.decoder import Limits, decode
from carbonio_mobile.wbxml.dump import dump
from carbonio_mobile.wbxml.elements import Element
from carbonio_mobile.wbxml.encoder import encode
from carbonio_mobile.wbxml.tokens import Tag

__all__ = ["Element", "Limits", "Tag", "decode", "dump", "encode"]

"""MoveItems.

Spec: MS-ASCMD 2.2.1.12; commands.md section 7.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from carbonio_mobile.errors import ProtocolError
from carbonio_mobile.wbxml import Element
from carbonio_mobile.wbxml.codepages import Move

MOVES_MAX = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveRequest:
    """One item to move; the ids are as sent, valid or not."""

    item: str
    source: str
    target: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveResult:
    """What became of a move; ``moved`` is the item's new server id."""

    item: str
    status: int
    moved: str | None = None


def parse(root: Element) -> tuple[MoveRequest, ...]:
    """Read a MoveItems; ids that cannot be are for each move's own status.

    Raises: ProtocolError.
    """
    if root.tag is not Move.MoveItems:
        raise ProtocolError(f"a document {root.tag.name}", expected="MoveItems")
    moves = root.find_all(Move.Move)
    if not 1 <= len(moves) <= MOVES_MAX:
        raise ProtocolError(f"{len(moves)} moves", expected=f"1 to {MOVES_MAX}")
    return tuple(
        MoveRequest(
            item=move.value(Move.SrcMsgId, ""),
            source=move.value(Move.SrcFldId, ""),
            target=move.value(Move.DstFldId, ""),
        )
        for move in moves
    )


def build(results: Iterable[MoveResult]) -> Element:
    """Write the answer, a Response for each move."""
    return Element(
        Move.MoveItems,
        [
            Element(
                Move.Response,
                [
                    Element(Move.SrcMsgId, result.item),
                    Element(Move.Status, str(int(result.status))),
                    None if result.moved is None else Element(Move.DstMsgId, result.moved),
                ],
            )
            for result in results
        ],
    )

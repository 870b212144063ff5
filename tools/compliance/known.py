"""Rows that are not done and of which the reason is known.

A row that a test cites meanwhile is proved, whatever stands here.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from tools.compliance.citations import named


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """One reason, and the rows that it keeps from being met."""

    why: str
    rows: str

    def ids(self) -> Iterator[str]:
        """Give the ids of the rows."""
        yield from named(self.rows, None)


KNOWN: Final[Mapping[str, Gap]] = {
    "retry-later": Gap(
        why="a back end that fails is status 111 of the common table (HTTP 503 up to 12.1) "
        "rather than a status of the command",
        rows="""
            MS-ASCMD R4024 R4052 R4076 R4089 R4112 R4195 R4225 R4261 R4435 R4467 R5383 R5384 R5771
            R5772 R5773 R5774
        """,
    ),
    "never-happens": Gap(
        why="the status is never sent, because what it speaks of does not happen here",
        rows="""
            MS-ASCMD R4168 R4169 R4222 R4354 R4367 R4855 R4858 R4871 R4932 R4936 R4938 R4946 R4958
            R4978 R5770; MS-ASCON R145 R262; MS-ASAIRS R272; MS-ASPROV R379 R381 R468 R473 R499
            R689 R691 R709
        """,
    ),
    "never-sent": Gap(
        why="the element is not sent: the specification leaves it optional, or the server has "
        "nothing to say with it",
        rows="""
            MS-ASCMD R66550801 R66550802 R6709 R6710 R64390707; MS-ASEMAIL R538 R539 R646;
            MS-ASCMD R5601
        """,
    ),
    "responses": Gap(
        why="the row speaks of Commands; an Add, Change or Delete in Responses has less "
        "(MS-ASCMD R1044, R4419)",
        rows="""
            MS-ASCMD R1062 R1066 R5848 R2605 R2608 R5572 R6408 R2767 R2770 R4411 R5256
        """,
    ),
    "contradicted": Gap(
        why="another row of the specifications says otherwise, and that one is met: an OPAQUE "
        "ConversationId (MS-ASCON R70), Commands and Collections mixed up, a Fetch with a "
        "FileReference, a Body beside a BodyPart (MS-ASAIRS R386), a ParentId where none is",
        rows="""
            MS-ASCMD R1439 R1415 R1416 R1652 R6931 R38971803 R2829 R2515 R2406 R3847 R5414;
            MS-ASCON R247; MS-ASAIRS R87; MS-ASCAL R204111
        """,
    ),
    "search-bodies": Gap(
        why="a search looks at the whole text, however bodies are wanted: AllOrNone bounds what "
        "is sent and not what is searched",
        rows="""
            MS-ASAIRS R53 R375 R380 R392 R409 R73 R422
        """,
    ),
    "tolerant": Gap(
        why="what clients in use send is taken: the order of children, elements at odd places, "
        "a request without a device type; other faults of a Sync are status 4 for the "
        "request",
        rows="""
            MS-ASAIRS R347 R348 R10022 R10023 R10025 R10026 R10027 R10028 R10029; MS-ASCMD R4830
        """,
    ),
    "http-instead": Gap(
        why="where no document can be told the refusal is one of HTTP in every version: 400 for "
        "a device id that is missing, 501 for a command that nobody knows",
        rows="""
            MS-ASCMD R4828 R4895
        """,
    ),
    "request-side": Gap(
        why="what a device puts into its requests, or does by itself",
        rows="""
            MS-ASAIRS R1325 R1331 R1333 R1000954; MS-ASEMAIL R14 R1074; MS-ASCAL R231
        """,
    ),
    "rtf": Gap(
        why="RTF is read and never written: a body or part of type 3 is answered with another type",
        rows="""
            MS-ASAIRS R187
        """,
    ),
}

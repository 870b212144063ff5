"""What the requirement rows say of the shape of answers, as claims that answers can be held to.

The tables of the specifications say of each element of an answer where it stands, of what type it
is and how often it may be there, a row each. :func:`claims_of` reads such a row; :class:`Answers`
holds what a server answered and tells whether a claim is true of all of it, and was put to the test
by it at all: an element that was never sent proves nothing.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from carbonio_mobile.wbxml import Element
from carbonio_mobile.wbxml.codepages import BY_NAME
from tools.compliance.requirements import Row

NAMESPACES: Final[dict[str, tuple[str, ...]]] = {
    "MS-ASAIRS": ("AirSyncBase",),
    "MS-ASCAL": ("Calendar",),
    "MS-ASCNTC": ("Contacts", "Contacts2"),
    "MS-ASDOC": ("DocumentLibrary",),
    "MS-ASEMAIL": ("Email", "Email2"),
    "MS-ASNOTE": ("Notes",),
    "MS-ASPROV": ("Provision",),
    "MS-ASRM": ("RightsManagement",),
    "MS-ASTASK": ("Tasks",),
}
"""Where a specification's own elements stand."""

COMMANDS: Final[dict[str, str]] = {
    "Sync": "AirSync",
    "FolderSync": "FolderHierarchy",
    "FolderCreate": "FolderHierarchy",
    "FolderDelete": "FolderHierarchy",
    "FolderUpdate": "FolderHierarchy",
    "GetHierarchy": "FolderHierarchy",
    "MoveItems": "Move",
    "SendMail": "ComposeMail",
    "SmartReply": "ComposeMail",
    "SmartForward": "ComposeMail",
}
"""The namespace of a command's own elements, where it is not called like the command."""

_NUMBER = r"(\d)\s*(?:(?:\.{2,3}|…)\s*(\d|N))?"
_OF_COMMAND = re.compile(
    r"(?:El)?ement (?P<element>\w+)\s*(?:\([^)]*\))? in (?P<command>\w+) command(?P<scope>[\w ]*?)"
    r"\s*(?:request and )?responses?\s*(?:\([^)]*\))?(?P<operation> \w+ operation)?\s*,\s*"
    r"(?:the )?(?P<what>parent elements? (?:is|are)|child elements? (?:is|are|contains)|"
    r"data type is|number allowed is|number allowed)\s*(?P<value>.*)",
    re.IGNORECASE,
)
_NONE_OF_COMMAND = re.compile(
    r"(?:El)?ement (?P<element>\w+)\s*(?:\([^)]*\))? in (?P<command>\w+) command(?P<scope>[\w ]*?)"
    r"\s*(?:request and )?responses?\s*(?:\([^)]*\))?(?P<operation> \w+ operation)?\s*,?\s*"
    r"has no (?P<what>child|parent)",
    re.IGNORECASE,
)
_CHILD = re.compile(
    r"(?:The |A |An |It ?\[)?(?P<element>[\w:]+)(?: element)?\]?(?: element)?(?:<\d+>)? "
    r"(?:element )?(?:is|MUST be) an? (?P<need>required|optional)?\s*"
    r"(?:container )?child (?:element )?(?:of type \w+ \([^)]*\) )?of (?:the )?"
    r"(?P<parent>[\w:]+)(?: element)?\b"
)
_CHILD_IN = re.compile(
    r"The (?P<element>[\w:]+) element is an? (?P<need>required|optional)?\s*child element of "
    r"(?:both )?(?:the )?(?P<parents>.+?) elements?,? in (?P<command>\w+) command (?:\w+ )?"
    r"(?:requests and (?:\w+ command )?(?:\w+ )?)?responses?"
)
_ROOT = re.compile(
    r"The (?P<element>\w+) element is a required element in (?P<command>\w+) command "
    r"(?:requests and (?:\w+ command )?)?responses"
)
_LENGTH = re.compile(
    r"The (?P<element>[\w:]+) element value (?:is not larger than|can be up to|is a string value "
    r"up to) (?P<most>\d+) characters"
)
_NEVER = re.compile(r"[Cc]ommand responses? MUST NOT include (?:a|the) (?P<element>\w+) element")
_AT_MOST = re.compile(
    r"[Cc]ommand responses? MUST have a maximum of one (?P<element>\w+) element "
    r"(?:per|within each returned) (?P<parent>\w+) element"
)
_TYPE = re.compile(
    r"The (?:value of (?:this|the)?\s*)?(?P<element>[\w:]+)?\s*element\s*(?:\[[^\]]*\])?\s*"
    r"(?:value )?is an? (?:required |optional )?(?P<type>[A-Za-z ]+?)(?: data type| value)?"
    r"\s*(?:\(|,|as specified)"
)
_LEAF = re.compile(r"The (?P<element>[\w:]+) element (?:cannot have|has no|MUST have no) child")
_MOST = re.compile(
    r"A command response (?P<how>has|MUST have) a (?P<bound>maximum|minimum) of one "
    r"(?P<element>[\w:]+) child element per (?P<parent>[\w:]+)(?: element)?\.?$"
)
_LISTED = re.compile(
    r"(?:\w+:)?(?P<element>[A-Z]\w+)\s*\((?:section|\S+ section) [\d.]+\)[.:]?"
    r"(?: (?:This element is (?:optional|(?P<need>required))|"
    r"One instance of this element is (?P<one>required))\.)?"
)
_ALLOWED = re.compile(
    r"A maximum of one (?P<element>[\w:]+) (?:child )?element is allowed per (?P<parent>\w+)"
)
_VALUES = re.compile(
    r"The value of (?:the |this )?(?P<element>[\w:]+)?\s*element\s*(?:\[[^\]]*\])?\s*"
    r"MUST be one of the values\s*\[(?P<values>[\d,\s]+)\]"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One row's claim about an element in the answers to a command, or to any.

    ``group`` is what rows that belong together share: they are about one element in one command;
    ``scope`` is the part of the command, if the row names one.
    """

    row: str
    kind: str
    element: str
    command: str | None
    group: tuple[str, ...]
    scope: str = ""
    names: frozenset[str] = frozenset()
    type: str = ""
    least: int = 0
    most: int | None = None


def claims_of(row: Row) -> Claim | None:
    """Read a row; None for one that does not speak of shape."""
    text = row.text
    place = row.place.partition("(")[0].strip()
    body = re.sub(r"^\s*\[[^\]]*\]\s*", "", text) if row.place else text
    if found := _OF_COMMAND.search(body):
        return _of_command(row, found)
    if found := _NONE_OF_COMMAND.search(text):
        return _none_of_command(row, found)
    if found := _CHILD_IN.search(body):
        return Claim(
            row=row.id,
            kind="needed",
            element=_local(found["element"]),
            command=found["command"],
            group=(row.section, found["command"]),
            names=frozenset(_local(one) for one in re.findall(r"[A-Z]\w+", found["parents"])),
            least=int(found["need"] == "required"),
        )
    if found := _ROOT.search(body):
        return Claim(
            row=row.id,
            kind="parent",
            element=found["element"],
            command=found["command"],
            group=(row.section, found["command"]),
            names=frozenset({""}),
        )
    if found := _LENGTH.search(body):
        command = re.search(r"\((\w+)\)", row.place)
        return Claim(
            row=row.id,
            kind="length",
            element=_local(found["element"]),
            command=None if command is None else command[1],
            group=(row.section,),
            most=int(found["most"]),
        )
    if place.startswith(("Appendix", "Product")):
        return None
    return _of_class(row, place, body)


def _of_command(row: Row, found: re.Match[str]) -> Claim | None:
    element, what, value = found["element"], found["what"].lower(), found["value"]
    scope = (found["scope"] or "") + (found["operation"] or "")
    common = {
        "row": row.id,
        "element": element,
        "command": found["command"],
        "group": (row.section, found["command"]),
        "scope": scope.strip().lower(),
    }
    bare = re.sub(r"\([^)]*\)|\[[^\]]*\]", "", value)
    names = frozenset(re.findall(r"\b(?:\w+:)?([A-Z]\w+)", bare))
    if what.startswith("parent"):
        return Claim(kind="parent", names=names or frozenset({""}), **common)
    if what.startswith("child"):
        return Claim(kind="children", names=names, **common)
    if what.startswith("data"):
        kind = re.match(r"[\w ]*", bare)[0].strip().lower()  # type: ignore[index]
        if kind == "none" or bare.strip().startswith("None"):
            kind = "empty"
        return Claim(kind="type", type=kind, **common)
    number = re.match(_NUMBER, value)
    if number is None:
        return None
    least, most = int(number[1]), number[2] or number[1]
    return Claim(kind="number", least=least, most=None if most == "N" else int(most), **common)


def _none_of_command(row: Row, found: re.Match[str]) -> Claim:
    scope = (found["scope"] or "") + (found["operation"] or "")
    root = found["what"].lower() == "parent"
    return Claim(
        row=row.id,
        kind="parent" if root else "leaf",
        element=found["element"],
        command=found["command"],
        group=(row.section, found["command"]),
        scope=scope.strip().lower(),
        names=frozenset({""}) if root else frozenset(),
    )


def _of_class(row: Row, place: str, body: str) -> Claim | None:
    if row.specification == "MS-ASCMD" or row.specification not in NAMESPACES:
        return None
    common = {"row": row.id, "command": None, "group": (row.section,)}
    if found := _VALUES.search(body):
        element = _local(found["element"] or "this")
        return Claim(
            kind="values",
            element=place if element == "this" else element,
            names=frozenset(re.findall(r"\d+", found["values"])),
            **common,
        )
    if found := _NEVER.search(body):
        return Claim(kind="never", element=found["element"], **common)
    if found := _AT_MOST.search(body) or _ALLOWED.match(body):
        return Claim(
            kind="count",
            element=_local(found["element"]),
            names=frozenset({found["parent"]}),
            most=1,
            **common,
        )
    if found := _MOST.search(body):
        least = found["bound"] == "minimum"
        return Claim(
            kind="count",
            element=_local(found["element"]),
            names=frozenset({_local(found["parent"])}),
            least=int(least),
            most=None if least else 1,
            **common,
        )
    if found := _LEAF.search(body):
        return Claim(kind="leaf", element=_local(found["element"]), **common)
    if "request" in body.lower() and "response" not in body.lower():
        return None
    if found := _CHILD.match(body):
        element = _local(found["element"])
        return Claim(
            kind="child",
            element=place if element == "It" else element,
            names=frozenset({_local(found["parent"])}),
            least=int(found["need"] == "required"),
            **common,
        )
    if found := _TYPE.match(body):
        element = _local(found["element"] or "") or place
        return Claim(
            kind="type",
            element=place if element == "this" else element,
            type=found["type"].strip().lower(),
            **common,
        )
    listed = re.sub(r"\[[^\]]*\]:?", "", body).strip()
    if found := _LISTED.fullmatch(listed):
        return Claim(
            kind="child",
            element=found["element"],
            names=frozenset({place}),
            least=int(found["need"] is not None or found["one"] is not None),
            most=1 if found["one"] else None,
            **common,
        )
    return None


def _local(name: str) -> str:
    return name.rpartition(":")[2]


def families(claims: Iterable[Claim]) -> dict[tuple[tuple[str, ...], str], list[Claim]]:
    """Put claims together that are about one element in one place: by group and element."""
    found: dict[tuple[tuple[str, ...], str], list[Claim]] = {}
    for claim in claims:
        found.setdefault((claim.group, claim.element), []).append(claim)
    return found


_DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z")
_COMPACT = re.compile(r"\d{8}T\d{6}Z")


def _text(value: object) -> bool:
    return value is None or isinstance(value, str)


def _matching(pattern: str) -> Callable[[object], bool]:
    return lambda value: isinstance(value, str) and re.fullmatch(pattern, value) is not None


def _within(least: int, most: int) -> Callable[[object], bool]:
    return lambda value: (
        isinstance(value, str)
        and re.fullmatch(r"-?\d+", value) is not None
        and least <= int(value) <= most
    )


TYPES: Final[dict[str, Callable[[object], bool]]] = {
    "string": _text,
    "empty": lambda value: value in {None, ""},
    "unsignedint": _within(0, 2**32 - 1),
    "unsignedshort": _within(0, 2**16 - 1),
    "unsigned integer": _within(0, 2**32 - 1),
    "integer": _within(-(2**31), 2**31 - 1),
    "unsignedbyte": _within(0, 255),
    "unsigned byte": _within(0, 255),
    "boolean": _matching("[01]"),
    "datetime": lambda value: (
        isinstance(value, str) and bool(_DATE.fullmatch(value) or _COMPACT.fullmatch(value))
    ),
    "compact datetime": lambda value: isinstance(value, str) and bool(_COMPACT.fullmatch(value)),
    "double": _matching(r"-?\d+(\.\d+)?([eE][+-]?\d+)?"),
    "byte array": lambda value: isinstance(value, bytes | str),
}
"""What a value of each type of MS-ASDTYPE looks like in a tree; a container has no value."""


@dataclass(frozen=True, slots=True)
class _Node:
    command: str
    element: Element
    parent: Element | None


class Answers:
    """What a server answered: (command, document) each."""

    def __init__(self, answers: Iterable[tuple[str, Element]]) -> None:
        self._nodes: dict[str, list[_Node]] = {}
        for command, tree in answers:
            for node in _walk(command, tree, None):
                self._nodes.setdefault(node.element.tag.name, []).append(node)

    def nodes(self, claim: Claim, name: str | None = None) -> list[_Node]:
        """Give where an element of the claim was sent, or another one in the same answers.

        A specification means its own element, unless it has none of that name.
        """
        specification = claim.row.partition("_")[0]
        found = self._nodes.get(claim.element if name is None else name, [])
        if claim.command is not None:
            found = [node for node in found if node.command == claim.command]
            own = (COMMANDS.get(claim.command, claim.command),)
        elif name is not None:
            return found
        else:
            own = NAMESPACES.get(specification, tuple({*COMMANDS.values(), *COMMANDS}))
        there = [node for node in found if node.element.tag.namespace in own]
        if there or claim.command is not None:
            return there or found
        return [] if any((space, claim.element) in BY_NAME for space in own) else found

    def why_not(self, claim: Claim, family: Iterable[Claim]) -> str | None:
        """Give None if the claim was put to the test and is true, else why it is not.

        ``family`` are all claims of its group about its element.
        """
        nodes = self.nodes(claim)
        if claim.kind == "never":
            return "sent" if nodes else None
        if not nodes:
            return "never sent"
        reason: str | None = getattr(self, f"_{claim.kind}")(claim, nodes, list(family))
        return reason

    def _parent(self, claim: Claim, nodes: list[_Node], family: list[Claim]) -> str | None:
        parents = {"" if n.parent is None else n.parent.tag.name for n in nodes}
        wanted = {"" if name in {"None", "N"} else name for name in claim.names}
        if missing := wanted - parents:
            return f"never below {sorted(missing)}"
        allowed = {
            "" if x in {"None", "N"} else x
            for one in family
            if one.kind == "parent"
            for x in one.names
        }
        extra = parents - allowed
        return f"also below {sorted(extra)}" if extra else None

    def _children(self, claim: Claim, nodes: list[_Node], family: list[Claim]) -> str | None:
        allowed = {x for one in family if one.kind == "children" for x in one.names}
        seen = {child.tag.name for node in nodes for child in node.element}
        if not seen & claim.names:
            return "no such child sent"
        extra = seen - allowed
        return f"also holds {sorted(extra)}" if extra else None

    def _type(self, claim: Claim, nodes: list[_Node], family: list[Claim]) -> str | None:
        if claim.type == "container":
            bad = [n for n in nodes if n.element.text not in {None, ""}]
            filled = any(n.element.children for n in nodes)
            return "has a value" if bad else None if filled else "never filled"
        check = TYPES.get(claim.type)
        if check is None:
            return f"type {claim.type}"
        bad = [n.element for n in nodes if n.element.children or not check(n.element.text)]
        return f"not {claim.type}: {bad[:1]}" if bad else None

    def _number(self, claim: Claim, nodes: list[_Node], family: list[Claim]) -> str | None:
        parents = {
            x
            for one in family
            if one.kind == "parent" and one.scope == claim.scope
            for x in one.names
        } & {"" if n.parent is None else n.parent.tag.name for n in nodes} or {
            "" if n.parent is None else n.parent.tag.name for n in nodes
        }
        return self._bounded(claim, nodes, parents)

    def _count(self, claim: Claim, nodes: list[_Node], family: list[Claim]) -> str | None:
        if not any(n.parent is not None and n.parent.tag.name in claim.names for n in nodes):
            return f"never below {sorted(claim.names)}"
        return self._bounded(claim, nodes, claim.names)

    def _child(self, claim: Claim, nodes: list[_Node], family: list[Claim]) -> str | None:
        return self._count(claim, nodes, family)

    def _values(self, claim: Claim, nodes: list[_Node], family: list[Claim]) -> str | None:
        foreign = {node.element.text for node in nodes} - claim.names
        return f"also {foreign}" if foreign else None

    def _needed(self, claim: Claim, nodes: list[_Node], family: list[Claim]) -> str | None:
        parents = {"" if n.parent is None else n.parent.tag.name for n in nodes}
        missing = claim.names - parents
        return f"never below {sorted(missing)}" if missing else self._count(claim, nodes, family)

    def _length(self, claim: Claim, nodes: list[_Node], family: list[Claim]) -> str | None:
        longest = max(len(node.element.string) for node in nodes)
        return f"{longest} characters" if longest > (claim.most or 0) else None

    def _leaf(self, claim: Claim, nodes: list[_Node], family: list[Claim]) -> str | None:
        return "has children" if any(n.element.children for n in nodes) else None

    def _bounded(self, claim: Claim, nodes: list[_Node], parents: Iterable[str]) -> str | None:
        tags = {node.element.tag for node in nodes}
        spaces = {n.parent.tag for n in nodes if n.parent is not None}
        for parent in parents:
            for holder in self.nodes(claim, parent) if parent else []:
                if holder.element.tag not in spaces:
                    continue
                number = max(
                    (Counter(c.tag for c in holder.element)[tag] for tag in tags), default=0
                )
                if number < claim.least or (claim.most is not None and number > claim.most):
                    return f"{number} in a {parent}"
        return None


def _walk(command: str, element: Element, parent: Element | None) -> Iterator[_Node]:
    yield _Node(command, element, parent)
    for child in element:
        yield from _walk(command, child, element)

"""The commands that read and set attributes, in their present and their old grammar.

Spec: ../shared/carbonio/cli.md 3.1.
"""

from carbonio_mobile.admin.declaring import Command, Parameter
from carbonio_mobile.admin.kinds import ACCOUNT, BOOLEAN, DOMAIN, FREE_TEXT, TEXT
from carbonio_mobile.directory.configuration import LEVELS, LIST_LEVEL

PLACES = (*LEVELS, LIST_LEVEL)
"""Every word that stands for a level in these commands."""

REMOVING = ("unset", "empty", "clear")
"""Three words for the same: the manual has one each in the present, the old and another text."""

_ATTRIBUTE = Parameter(name="attribute", kind=TEXT, help="the name of an attribute", required=True)
_VALUES = Parameter(
    name="value", kind=FREE_TEXT, required=True, rest=True,
    help="its value; several for an attribute that takes them, or one list with commas",
)  # fmt: skip
_OLD_ATTRIBUTE = Parameter(
    name="attribute", kind=TEXT, help="the name of an attribute", by_position=True
)
_OLD_VALUE = Parameter(name="value", kind=FREE_TEXT, help="its value", by_position=True)
_INHERITED = Parameter(
    name="show-inherited", kind=BOOLEAN, default="true",
    help="also what is set further up, and what is built in",
)  # fmt: skip

_TARGETS = {
    "account": (ACCOUNT, "an account"),
    "cos": (TEXT, "a class of service, by name or id"),
    "domain": (DOMAIN, "a domain"),
    LIST_LEVEL: (TEXT, "a distribution list, by address or id"),
    "server": (TEXT, "this server, by its name"),
}
_INHERITANCE = (
    "An account has what is set for itself, else for its COS, its domain, the server, or globally."
)
_NO_INHERITANCE = "A distribution list has what is set for itself; nobody inherits from it."


def target_of(level: str) -> tuple[Parameter, ...]:
    """Give the parameter that names an entry of a level; none where there is only one."""
    if level not in _TARGETS:
        return ()
    kind, words = _TARGETS[level]
    return (Parameter(name="target", kind=kind, help=words, required=True),)


def _example(level: str) -> str:
    return {
        "account": " john@example.com",
        "cos": " default",
        "domain": " example.com",
        "server": " localhost",
        LIST_LEVEL: " staff@example.com",
    }.get(level, "")


def _sample(level: str) -> tuple[str, str]:
    """Give an attribute that has a meaning at a level, and a value of it."""
    return ("displayName", "Staff") if level == LIST_LEVEL else ("abqMode", "Strict")


def _note(level: str) -> str:
    return _NO_INHERITANCE if level == LIST_LEVEL else _INHERITANCE


def _present(level: str) -> tuple[Command, ...]:
    target, example, (name, value) = target_of(level), _example(level), _sample(level)
    return (
        Command(
            module="config", words=("get", level),
            summary=f"Shows an attribute as it holds at the level {level}.",
            parameters=(*target, _ATTRIBUTE),
            examples=(f"carbonio config get {level}{example} {name}",), note=_note(level),
        ),
        Command(
            module="config", words=("set", level),
            summary=f"Sets an attribute at the level {level}.",
            parameters=(*target, _ATTRIBUTE, _VALUES),
            examples=(f"carbonio config set {level}{example} {name} {value}",), changes=True,
            note="An attribute can be set where it makes sense; `config info` says where.",
        ),
        *(
            Command(
                module="config", words=(word, level),
                summary=f"Removes an attribute from the level {level}.",
                parameters=(*target, _ATTRIBUTE),
                examples=(f"carbonio config {word} {level}{example} {name}",), changes=True,
            )
            for word in REMOVING
        ),
        Command(
            module="config", words=("dump", level),
            summary=f"Lists the attributes that hold at the level {level}.",
            parameters=(*target, _INHERITED),
            examples=(f"carbonio config dump {level}{example} show-inherited false",),
            note=_note(level),
        ),
    )  # fmt: skip


def _old(level: str) -> tuple[Command, ...]:
    target, example, (name, value) = target_of(level), _example(level), _sample(level)
    return (
        Command(
            module="config", words=(level, "get"),
            summary=f"Shows an attribute of the level {level}, or all.",
            parameters=(*target, _OLD_ATTRIBUTE),
            examples=(f"carbonio config {level} get{example} attribute {name}",),
            deprecated=f"config get {level}",
        ),
        Command(
            module="config", words=(level, "set"),
            summary=f"Sets an attribute at the level {level}.",
            parameters=(*target, _OLD_ATTRIBUTE, _OLD_VALUE),
            examples=(f"carbonio config {level} set{example} attribute {name} value {value}",),
            changes=True, deprecated=f"config set {level}",
        ),
        *(
            Command(
                module="config", words=(level, word),
                summary=f"Removes an attribute from the level {level}.",
                parameters=(*target, _OLD_ATTRIBUTE),
                examples=(f"carbonio config {level} {word}{example} attribute {name}",),
                changes=True, deprecated=f"config unset {level}",
            )
            for word in REMOVING
        ),
    )  # fmt: skip


COMMANDS: tuple[Command, ...] = (
    *(command for level in PLACES for command in _present(level)),
    *(command for level in PLACES for command in _old(level)),
    Command(
        module="config",
        words=("info",),
        summary="Tells what is known of an attribute: its values, levels and default.",
        parameters=(_OLD_ATTRIBUTE,),
        examples=("carbonio config info abqMode", "carbonio config info attribute abqMode"),
    ),
    Command(
        module="config",
        words=("clean",),
        summary="Removes values that mean nothing where they stand.",
        parameters=(
            Parameter(
                name="dry_run",
                kind=BOOLEAN,
                default="false",
                help="only tells what would be removed",
            ),
        ),
        examples=("carbonio config clean", "carbonio config clean dry_run true"),
        changes=True,
        note=(
            "These are values at a level where their attribute has no meaning, values that it does "
            "not take, and values of what is gone. Attributes that are not known stay."
        ),
    ),
)
